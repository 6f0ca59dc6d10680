"""Training beyond memory: what is learnt from a stream, batch by batch, in memory that does not grow."""

import json
import random
import shutil
import tracemalloc
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from safetensors.numpy import load_file, save_file
from sklearn.base import clone
from small_run import offline, repro

from pipeline.articles import read_articles
from pipeline.batches import in_batches
from pipeline.classifier import TopicClassifier
from pipeline.files import read_jsonl, write_jsonl
from pipeline.hashing import hashed_counter, terms_by_column
from pipeline.records import ModelError, StageError
from pipeline.stored_articles import StoredArticles, mixed, order_of
from pipeline.taxonomy import NONE, read_topics
from pipeline.topic_weights import NUMBERS, load_weights
from pipeline.topic_weights import WORDS as WORDS_FILE
from pipeline.topics import load_topics, save_topics
from pipeline.training import TrainSettings, command, fit_topics_streaming

TOPICS = ("sport", "business", "politics")
SAID = {"sport": ["a match, a goal"], "health": ["a late cure"]}
TAXONOMY = read_topics(Path("seeds/topics.yaml"))
SETTINGS = TrainSettings(
    taxonomy=Path("seeds/topics.yaml"), language="en", streaming=True, embeddings=NONE, c=1.0, least_articles=9_999,
    pair_weight=0.5, embedding_weight=0.3, description_weight=0.2, risk=0.1, refused_share=0.01, seed=0,
)  # fmt: skip
WORDS = {
    "sport": "match goal team striker cup league coach season".split(),
    "business": "shares profit bank market prices sales chairman forecast".split(),
    "politics": "minister vote parliament bill party election debate law".split(),
    NONE: "butter flour oven sugar stir bake lemon spoon".split(),
}


def labelled(number: int, labels: tuple[str, ...] = TOPICS) -> list[tuple[str, str]]:
    """Texts of words of their topics and of words that all have, with their topics, the same ones each time."""
    chosen = random.Random(0)
    common = [f"word{at}" for at in range(200)]
    return [
        (" ".join([*chosen.choices(WORDS[topic], k=4), *chosen.choices(common, k=12)]), topic)
        for topic in (labels[at % len(labels)] for at in range(number))
    ]


def stream(rows, size=50):
    return (tuple(zip(*batch, strict=True)) for batch in in_batches(rows, size))


@pytest.fixture(scope="module")
def streamed():
    return TopicClassifier(SAID, least_articles=1).fit_stream(stream(labelled(300)))


def test_what_is_streamed_is_learnt_as_in_memory(streamed):
    texts, topics = zip(*labelled(300), strict=True)
    in_memory = TopicClassifier(SAID, least_articles=1).fit(texts, topics)
    others, actual = zip(*labelled(420)[300:], strict=True)
    assert np.mean(streamed.predict(others) == np.array(actual)) > 0.95
    assert np.mean(streamed.predict(others) == in_memory.predict(others)) > 0.95
    assert streamed.classes_.tolist() == in_memory.classes_.tolist()
    assert np.corrcoef(streamed.scores(others)[0].ravel(), in_memory.scores(others)[0].ravel())[0, 1] > 0.98


def test_one_batch_and_many_teach_the_same(streamed):
    one = TopicClassifier(SAID, least_articles=1).fit_stream(stream(labelled(300), size=300))
    texts = [text for text, _ in labelled(60)]
    assert one.scores(texts)[0] == pytest.approx(streamed.scores(texts)[0], abs=1e-4)


def test_two_topics_and_none_are_learnt(streamed):
    rows = labelled(200, ("sport", "business", NONE))
    model = TopicClassifier(least_articles=1).fit_stream(stream(rows))
    leads = model.decide([text for text, _ in rows])[1]
    is_none = np.array([topic == NONE for _, topic in rows])
    assert model.classes_.tolist() == ["business", "sport"]
    assert leads[is_none].max() < leads[~is_none].min()
    two = TopicClassifier(least_articles=1).fit_stream(stream(labelled(60, ("sport", "business"))))
    assert two.predict(["a goal in the cup match", "profit of the bank"]).tolist() == ["sport", "business"]


def test_a_rare_topic_weighs_as_much_as_a_frequent_one():
    rows = [row for at, row in enumerate(labelled(600)) if row[1] != "politics" or at < 12]
    model = TopicClassifier(least_articles=1).fit_stream(stream(rows))
    assert Counter(topic for _, topic in rows)["politics"] == 4
    assert np.isfinite(model.machine_.coef_).all()
    assert model.predict(["The minister lost a vote in parliament."]).tolist() == ["politics"]


@pytest.mark.parametrize("said", [{}, SAID])
@pytest.mark.parametrize(("topic", "other"), [("sport", "business"), ("politics", "sport")])
def test_word_shares_add_up_to_the_log_odds(said, topic, other):
    model = TopicClassifier(said, least_articles=1).fit_stream(stream(labelled(120)))
    (start,) = model.log_odds([""], topic, other)
    for text, _ in labelled(12):
        shares = model.word_shares(text, topic, other)
        assert start + sum(share for _, share in shares) == pytest.approx(
            model.log_odds([text], topic, other)[0], abs=1e-4
        )
        assert {word for word, _ in shares} <= set(terms_by_column(model.counter_, text).values())


def test_the_words_of_a_topic_are_told_by_name(streamed):
    shares = dict(streamed.word_shares("A goal in the match.", "sport", "business"))
    assert shares["goal"] > 0 < shares["match"]


def test_terms_have_the_columns_in_which_they_are_counted():
    text = "the ferry sank; the ferry was old"
    counter = hashed_counter(pairs=True)
    terms = terms_by_column(counter, text)
    assert set(terms) == set(counter.transform([text]).indices)
    assert set(" / ".join(terms.values()).split(" / ")) == {
        *"the ferry sank was old".split(), "the ferry", "ferry sank", "sank the", "ferry was", "was old",
    }  # fmt: skip


def test_a_text_without_words_has_no_terms():
    assert terms_by_column(hashed_counter(pairs=True), "") == {}


def test_it_stays_an_estimator_of_scikit_learn(streamed):
    assert clone(streamed).get_params() == streamed.get_params()
    assert clone(streamed).fit(*zip(*labelled(30), strict=True)).predict(["goal"]).tolist() == ["sport"]


def test_words_of_fewer_texts_than_asked_are_no_features():
    rows = [*labelled(60), ("zanzibar goal", "sport")]
    model = TopicClassifier(least_articles=2).fit_stream(stream(rows))
    assert "zanzibar" not in dict(model.word_shares("zanzibar goal", "sport", "business"))
    with pytest.raises(ValueError, match="no word stands in 99 texts"):
        TopicClassifier(least_articles=99).fit_stream(stream(rows))


def peak_bytes(texts: int) -> int:
    """The most that Python and NumPy held at once while so many long texts were learnt from, made as they are read."""
    filler = " ".join(f"filler{number}" for number in range(1_000))
    rows = ((f"{WORDS[TOPICS[at % 3]][at % 8]} {filler}", TOPICS[at % 3]) for at in range(texts))
    tracemalloc.start()
    try:
        TopicClassifier(least_articles=1).fit_stream(stream(rows, size=25))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_stream(monkeypatch):
    monkeypatch.setattr("pipeline.classifier.LINE_TEXTS", 25)
    monkeypatch.setattr("pipeline.streaming.MOST_PASSES", 2)
    few, many = peak_bytes(50), peak_bytes(500)
    assert many < 1.02 * few
    assert many - few < 450 * 10_000 / 4  # a quarter of what the texts take that were added


@pytest.fixture
def stored(workspace):
    return [workspace / "data" / "clean" / f"{name}.jsonl" for name in ("articles", "own")]


def test_stored_articles_are_those_of_their_split_in_an_order_by_hash(stored):
    found = StoredArticles(stored[1], "train")
    expected = sorted(read_articles(stored[1], "train"), key=lambda article: order_of(article.id))
    assert list(found) == expected
    assert len(found) == len(expected)
    assert found.topics == Counter(article.topic for article in expected)
    assert found.first(3) == expected[:3]
    assert found.first(10**6) == expected


def test_the_order_of_a_file_makes_no_difference(stored, tmp_path):
    rows = list(read_jsonl(stored[1]))
    random.Random(1).shuffle(rows)
    write_jsonl(tmp_path / "shuffled.jsonl", rows)
    assert list(StoredArticles(tmp_path / "shuffled.jsonl", "train")) == list(StoredArticles(stored[1], "train"))


def test_sources_are_mixed(stored):
    sources = [StoredArticles(path, "train") for path in stored]
    ids = [article.id for article in mixed(sources)]
    assert ids == sorted(ids, key=order_of)
    assert len(ids) == sum(map(len, sources))


def test_a_split_without_articles_is_empty(tmp_path):
    write_jsonl(tmp_path / "none.jsonl", [])
    assert list(StoredArticles(tmp_path / "none.jsonl", "train")) == []


@pytest.fixture(scope="module")
def graph(workspace, tmp_path_factory):
    """The small pipeline once more, from stage `train` on, with `streaming: true`."""
    folder = shutil.copytree(workspace, tmp_path_factory.mktemp("streamed") / "copy", symlinks=True)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["train"]["streaming"] = True
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    assert "Running stage 'train'" in repro(folder, offline(folder / "wheels"))
    return folder


def test_the_whole_graph_runs_on_a_stream(graph, workspace):
    assert not (graph / "models" / "topics" / WORDS_FILE).exists()
    assert {path.name for path in (graph / "models").iterdir()} == {
        path.name for path in (workspace / "models").iterdir()
    }
    streamed, usual = (json.loads((folder / "models/topics/model.json").read_text()) for folder in (graph, workspace))
    assert streamed["training_articles"] == usual["training_articles"]
    assert streamed["settings"]["streaming"]
    found, others = (json.loads((folder / "reports/metrics.json").read_text()) for folder in (graph, workspace))
    assert found["transfer"]["own"]["accuracy"]["value"] > others["transfer"]["own"]["accuracy"]["value"] - 0.1


def test_what_is_loaded_answers_again_and_says_why(graph):
    pages = [article.article for article in read_articles(graph / "data" / "clean" / "own.jsonl", "test")]
    model = load_topics(graph / "models" / "topics")
    decisions = model.decide(pages)
    assert load_topics(graph / "models" / "topics").decide(pages) == decisions
    assert [model.decide([page])[0] for page in pages[:20]] == decisions[:20]
    assert all(model.explain(page, decision).words for page, decision in zip(pages[:3], decisions, strict=False))


def test_what_is_saved_is_what_was_learnt(stored, tmp_path):
    settings = SETTINGS.model_copy(update={"least_articles": 1})
    model = fit_topics_streaming([StoredArticles(path, "train") for path in stored], [], TAXONOMY, settings, tmp_path)
    articles = read_articles(stored[1], "validation")
    (tmp_path / "topics").mkdir()
    save_topics(model, tmp_path / "topics", {})
    pages = [article.article for article in articles]
    assert load_topics(tmp_path / "topics").decide(pages) == model.decide(pages)


def test_from_a_shuffled_file_the_same_bytes_are_written(graph, tmp_path, monkeypatch):
    monkeypatch.chdir(graph)
    for name in ("articles", "own"):
        rows = list(read_jsonl(Path(f"data/clean/{name}.jsonl")))
        random.Random(2).shuffle(rows)
        write_jsonl(tmp_path / f"{name}.jsonl", rows)
    written = {option: str(tmp_path / name) for option, name in
               (("--out", "topics"), ("--suspects", "suspects.jsonl"), ("--metrics", "train.json"))}  # fmt: skip
    asked = [word for pair in written.items() for word in pair]
    CliRunner().invoke(
        command, [str(tmp_path / "articles.jsonl"), str(tmp_path / "own.jsonl"), *asked], catch_exceptions=False
    )
    for there, here in ((f"topics/{NUMBERS}", f"models/topics/{NUMBERS}"), ("suspects.jsonl", "data/suspects.jsonl")):
        assert (tmp_path / there).read_bytes() == (graph / here).read_bytes()


@pytest.mark.parametrize(
    "harm", [lambda columns: columns[::-1], lambda columns: columns + 2**20, lambda columns: columns[1:]]
)
def test_columns_that_are_none_are_refused_by_name(graph, tmp_path, harm):
    numbers = load_file(graph / "models" / "topics" / NUMBERS)
    save_file({**numbers, "columns": np.ascontiguousarray(harm(numbers["columns"]))}, tmp_path / NUMBERS)
    told = json.loads((graph / "models" / "topics" / "model.json").read_text())["classifier"]
    with pytest.raises(ModelError, match="is no saved topic classifier .*columns|is no saved topic classifier .*shape"):
        load_weights(tmp_path, told)


def test_one_source_is_calibrated_on_articles_that_were_not_learnt_from(stored, tmp_path):
    settings = SETTINGS.model_copy(update={"least_articles": 1})
    train, validation = StoredArticles(stored[1], "train"), read_articles(stored[1], "validation")
    model = fit_topics_streaming([train], validation, TAXONOMY, settings, tmp_path)
    topics = [article.topic for article in validation]
    wrong = [*topics[1:], topics[0]]
    others = fit_topics_streaming(
        [train], [replace(a, topic=t) for a, t in zip(validation, wrong, strict=True)], TAXONOMY, settings, tmp_path
    )
    assert others.classifier.scale_ < model.classifier.scale_
    assert (others.classifier.machine_.coef_ == model.classifier.machine_.coef_).all()


def test_one_topic_or_too_little_text_is_refused_by_name(stored, tmp_path):
    sources = [StoredArticles(path, "train") for path in stored]
    with pytest.raises(StageError, match="too little text to learn from: no word .* in 9999 articles"):
        fit_topics_streaming(sources, [], TAXONOMY, SETTINGS, tmp_path)
    with pytest.raises(StageError, match="one topic leaves nothing to choose"):
        fit_topics_streaming(sources, [], TAXONOMY[:1], SETTINGS, tmp_path)
    assert list(tmp_path.iterdir()) == []
