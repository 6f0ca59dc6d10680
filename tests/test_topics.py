"""The saved classifier: the same bytes, the same answers, and refusal of anything amiss."""

import json
import shutil
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sklearn.base import clone

from pipeline.articles import read_articles
from pipeline.cards import write_card
from pipeline.classifier import TopicClassifier
from pipeline.embedding import Encoder
from pipeline.records import Article, ModelError, StageError
from pipeline.taxonomy import NONE, read_topics
from pipeline.topic_weights import NUMBERS, WORDS
from pipeline.topics import load_topics, save_topics
from pipeline.training import TrainSettings, fit_topics, label_suspects

TOPICS = read_topics(Path("seeds/topics.yaml"))
SETTINGS = TrainSettings(
    taxonomy=Path("seeds/topics.yaml"),
    language="en",
    streaming=False,
    embeddings=NONE,
    c=1.0,
    least_articles=1,
    pair_weight=0.5,
    embedding_weight=0.3,
    description_weight=0.5,
    risk=0.1,
    refused_share=0.02,
    seed=0,
)


@pytest.fixture(scope="module")
def articles(workspace):
    return [
        article
        for name in ("articles", "own")
        for article in read_articles(workspace / "data" / "clean" / f"{name}.jsonl")
    ]


@pytest.fixture(scope="module")
def settings(workspace):
    return SETTINGS.model_copy(update={"embeddings": str(workspace / "data" / "fetched" / "all-MiniLM-L6-v2")})


@pytest.fixture(scope="module")
def model(articles, settings):
    return fit_topics(
        [[a for a in articles if a.split == "train"]], [a for a in articles if a.split != "train"], TOPICS, settings
    )


@pytest.fixture
def saved(model, tmp_path):
    folder = tmp_path / "topics"
    folder.mkdir()
    save_topics(model, folder, {})
    return folder


def test_what_is_loaded_answers_as_what_was_saved(model, saved, articles):
    pages = [article.article for article in articles][:60]
    assert load_topics(saved).decide(pages) == model.decide(pages)


def test_alone_and_among_others_an_article_gets_the_same_answer(model, articles):
    pages = [article.article for article in articles][:40]
    assert [model.decide([page])[0] for page in pages] == model.decide(pages)


def test_probabilities_add_up_and_the_best_comes_first(model, articles):
    for decision in model.decide([article.article for article in articles][:60]):
        shares = list(decision.probabilities.values())
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert decision.best[1] == max(shares)
        assert set(decision.probabilities) == {topic.name for topic in TOPICS}


def test_training_articles_are_told_right(model, articles):
    train = [article for article in articles if article.split == "train" and article.topic != NONE]
    decisions = model.decide([article.article for article in train])
    right = [decision.best[0] == article.topic for decision, article in zip(decisions, train, strict=True)]
    assert sum(right) / len(right) > 0.98


def test_of_the_answered_at_most_the_stated_share_is_wrong(model, articles):
    held_out = [article for article in articles if article.split != "train"]
    decisions = model.decide([article.article for article in held_out])
    right = [
        decision.best[0] == article.topic
        for decision, article in zip(decisions, held_out, strict=True)
        if decision.abstained is None
    ]
    assert len(right) > 20
    assert 1 - sum(right) / len(right) <= SETTINGS.risk


def test_what_is_no_news_is_abstained_on(model):
    recipe = Article("Lemon cake", "Cream butter and sugar. Fold in three eggs, flour and zest. Bake at 180C.", "en")
    (decision,) = model.decide([recipe])
    assert "unlike the news of any topic" in decision.abstained


def test_an_article_between_topics_is_abstained_on(model):
    (decision,) = model.decide([Article(None, "The minister, the striker and the singer met the bank's chairman.")])
    assert decision.abstained


def test_another_language_is_abstained_on(model):
    (decision,) = model.decide([Article("Fähre", "Die Fähre kostet ab Mai mehr, sagte der Rat.", "de")])
    assert decision.abstained == "in 'de'; the topics were learnt from 'en'"


@pytest.mark.parametrize("embeddings", [True, False])
def test_a_topic_without_an_article_is_found_by_its_description(articles, settings, embeddings):
    if not embeddings:
        settings = settings.model_copy(update={"embeddings": NONE})
    train = [a for a in articles if a.split == "train" and a.topic != "sport"]
    model = fit_topics([train], [], TOPICS, settings)
    assert "sport" in model.classifier.classes_
    sport, others = (
        [
            d.probabilities["sport"]
            for d in model.decide([a.article for a in articles if (a.topic == "sport") == wanted])
        ]
        for wanted in (True, False)
    )
    assert sum(sport) / len(sport) > sum(others) / len(others)


def test_one_topic_or_none_that_was_labelled_is_refused(articles, settings):
    sport = [article for article in articles if article.topic == "sport"]
    with pytest.raises(StageError, match="at least two topics need some"):
        fit_topics([sport], [], TOPICS, settings)
    with pytest.raises(StageError, match="one topic leaves nothing to choose"):
        fit_topics([articles], [], TOPICS[:1], settings)


def test_too_little_text_is_refused_by_name(articles, settings):
    few = [next(a for a in articles if a.topic == topic) for topic in ("sport", "business")]
    with pytest.raises(
        StageError, match="too little text to learn from: no word or no pair of words stands in 9 articles"
    ):
        fit_topics([few], [], TOPICS, settings.model_copy(update={"least_articles": 9}))


def test_the_classifier_is_an_estimator_of_scikit_learn(articles, settings):
    texts, topics = [a.article.whole for a in articles], [a.topic for a in articles]
    model = TopicClassifier({"rare": ["a rare thing"]}, settings.embeddings, c=0.5, least_articles=1)
    assert clone(model).get_params() == model.get_params()
    model.fit(texts, topics)
    assert list(model.classes_) == sorted({*topics, "rare"} - {NONE})
    assert model.predict_proba(texts[:5]).shape == (5, len(model.classes_))
    assert list(model.predict(texts[:5])) == [
        model.classes_[at] for at in model.predict_proba(texts[:5]).argmax(axis=1)
    ]
    assert list(model.predict(texts[:5])) == list(deepcopy(model).predict(texts[:5]))


def test_without_an_encoder_no_torch_is_loaded():
    code = (
        "import sys; from pipeline.classifier import TopicClassifier;"
        "m = TopicClassifier(least_articles=1).fit(['one late goal', 'shares fell again'], ['sport', 'business']); m.predict(['a goal']);"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_folder_that_is_no_encoder_is_refused_by_name(tmp_path):
    with pytest.raises(ModelError, match=r"is no sentence encoder: it lacks config\.json"):
        Encoder(tmp_path)


def test_a_text_has_the_same_embedding_alone_and_among_others(settings, articles):
    encoder = Encoder(settings.embeddings)
    texts = ["", *(article.article.whole for article in articles[:13]), "One late goal."]
    together = encoder.embed(texts)
    assert not together[0].any()  # no token
    assert np.allclose(np.linalg.norm(together[1:], axis=1), 1)
    assert all((encoder.embed([text])[0] == row).all() for text, row in zip(texts, together, strict=True))


def test_openvino_and_torch_embed_alike(settings, articles):
    encoder = Encoder(settings.embeddings)
    texts = [article.article.whole for article in articles[:9]]
    graph = encoder.embed(texts)
    encoder._read = encoder._on_torch()
    assert (graph * encoder.embed(texts)).sum(axis=1).min() > 0.999


def test_the_same_classifier_is_saved_as_the_same_bytes(model, saved, tmp_path):
    again = tmp_path / "again"
    again.mkdir()
    save_topics(load_topics(saved), again, {})
    assert {path.name: path.read_bytes() for path in again.iterdir()} == {
        path.name: path.read_bytes() for path in saved.iterdir()
    }


def test_a_changed_byte_is_refused(saved):
    data = bytearray((saved / NUMBERS).read_bytes())
    data[len(data) // 2] ^= 1
    (saved / NUMBERS).write_bytes(data)
    with pytest.raises(ModelError, match=r"topics\.safetensors is not as it was saved"):
        load_topics(saved)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda numbers: numbers.pop("line"), "'line'"),
        (lambda numbers: numbers.update(scale=np.array([np.nan])), "scale holds a number that is not finite"),
        (lambda numbers: numbers.update(intercepts=np.zeros(2)), r"intercepts has shape \(2,\), expected"),
        (lambda numbers: numbers.update(descriptions=np.zeros((1, 1))), "descriptions of 1 topics, expected"),
    ],
)
def test_numbers_that_do_not_fit_are_refused_even_under_a_card_that_does(saved, harm, said):
    numbers = load_file(saved / NUMBERS)
    harm(numbers)
    save_file(numbers, saved / NUMBERS)
    write_anew(saved)
    with pytest.raises(ModelError, match=said):
        load_topics(saved)


def test_words_that_do_not_fit_the_numbers_are_refused(saved):
    (saved / WORDS).write_text("one\n")
    write_anew(saved)
    with pytest.raises(ModelError, match="coefficients has shape"):
        load_topics(saved)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda folder: shutil.rmtree(folder), "no such folder"),
        (lambda folder: (folder / "model.json").unlink(), r"it has no model\.json"),
        (lambda folder: (folder / NUMBERS).unlink(), r"topics\.safetensors is missing"),
        (lambda folder: (folder / "model.json").write_text("{"), "is not JSON"),
        (lambda folder: (folder / "extra.pkl").write_bytes(b"x"), r"extra\.pkl is not part of the saved model"),
        (lambda folder: change_card(folder, embeddings=False), "is not as it was saved"),
        (lambda folder: change_card(folder, format=99), "was saved in format 99"),
        (lambda folder: change_card(folder, kind="summariser"), "does not describe a topics model"),
        (lambda folder: link_weights(folder), "is not a regular file"),
    ],
)
def test_a_folder_that_is_not_whole_is_refused_by_name(saved, harm, said):
    harm(saved)
    with pytest.raises(ModelError, match=said) as caught:
        load_topics(saved)
    assert str(saved) in str(caught.value)
    assert "dvc repro" in str(caught.value)


def write_anew(folder):
    """The card of a folder whose files have changed."""
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").unlink()
    write_card(folder, "topics", {key: card[key] for key in ("thresholds", "embeddings", "classifier", "versions")})


def change_card(folder, **changes):
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**card, **changes}))


def link_weights(folder):
    elsewhere = folder.parent / NUMBERS
    (folder / NUMBERS).rename(elsewhere)
    (folder / NUMBERS).symlink_to(elsewhere)


def test_probabilities_are_those_of_news_from_elsewhere():
    """Two sources that call things by other names: each is hard for what the other taught, so the scale is low."""
    harbour = [
        "The ferry match ended with a goal.",
        "A goal in the last match.",
        "Shares of the ferry line fell.",
        "Profit fell again.",
    ]
    plains = [
        "The rider won the final race.",
        "A race for the young riders.",
        "Prices at the mill rose.",
        "The mill sold its prices.",
    ]
    texts, topics = [*harbour, *plains] * 3, ["sport", "sport", "business", "business"] * 6
    sources, mixed = [0, 0, 0, 0, 1, 1, 1, 1] * 3, [number // 8 for number in range(24)]
    model = TopicClassifier(least_articles=1).fit(texts, topics)
    assert model.calibrate(texts, topics, sources).scale_ < model.calibrate(texts, topics, mixed).scale_


def test_held_out_articles_are_not_seen():
    """Of words that stand in one text alone nothing is known once it is held out."""
    texts = ["a goal today", "another goal", "zanzibar zebra", "some profit", "more profit"]
    topics = ["sport", "sport", "sport", "business", "business"]
    model = TopicClassifier(least_articles=1, pair_weight=0).fit(texts, topics)
    sport = list(model.classes_).index("sport")
    seen, held_out = model.scores(texts)[0][2], model.held_out_scores(texts, topics, [0, 1, 2, 0, 1])[2]
    assert seen.argmax() == sport
    assert held_out[sport] < seen[sport]


def test_a_wrong_label_is_label_suspects(workspace, settings):
    own = read_articles(workspace / "data" / "clean" / "own.jsonl", "train")
    sure = next(a for a in own if a.topic == "sport" and "match" in a.article.text and "goal" in a.article.text)
    harmed = [replace(a, topic="health") if a is sure else a for a in own]
    without_encoder = settings.model_copy(update={"embeddings": NONE})
    classifier = fit_topics([harmed], [], TOPICS, without_encoder).classifier
    found = {row["id"]: row for row in label_suspects(classifier, harmed)}
    assert (found[sure.id]["topic"], found[sure.id]["seems"]) == ("health", "sport")
    assert len(found) < len(harmed) / 2
