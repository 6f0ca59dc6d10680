"""The saved classifier: the same bytes, the same answers, and refusal of anything amiss."""

import json
import shutil

import pytest

from pipeline.articles import read_articles
from pipeline.cards import write_card
from pipeline.records import Article, ModelError, StageError
from pipeline.topics import TRUSTED_TYPES, WEIGHTS, canonical, load_topics, save_topics
from pipeline.training import TrainSettings, fit_topics

SETTINGS = TrainSettings(language="en", c=1.0, ngrams=2, least_articles=1, folds=2, answered_share=0.8, seed=0)


@pytest.fixture(scope="module")
def articles(workspace):
    return read_articles(workspace / "data" / "clean" / "articles.jsonl")


@pytest.fixture(scope="module")
def model(articles):
    return fit_topics(
        [a for a in articles if a.split == "train"], [a for a in articles if a.split != "train"], SETTINGS
    )


@pytest.fixture
def saved(model, tmp_path):
    folder = tmp_path / "topics"
    folder.mkdir()
    save_topics(model, folder, {})
    return folder


def test_what_is_loaded_answers_as_what_was_saved(model, saved, articles):
    pages = [article.article for article in articles]
    assert load_topics(saved).decide(pages) == model.decide(pages)


def test_probabilities_add_up_and_the_best_comes_first(model, articles):
    for decision in model.decide([article.article for article in articles]):
        shares = list(decision.probabilities.values())
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert decision.best[1] == max(shares)


def test_training_articles_are_told_right(model, articles):
    train = [article for article in articles if article.split == "train"]
    decisions = model.decide([article.article for article in train])
    assert [decision.best[0] for decision in decisions] == [article.topic for article in train]


def test_the_wanted_share_is_answered(model, articles):
    held_out = [article.article for article in articles if article.split != "train"]
    answered = sum(decision.abstained is None for decision in model.decide(held_out))
    assert answered / len(held_out) == pytest.approx(SETTINGS.answered_share, abs=1 / len(held_out))


def test_an_article_of_no_topic_is_abstained_on(model):
    recipe = Article("Lemon cake", "Cream butter and sugar. Fold in three eggs, flour and zest. Bake at 180C.", "en")
    (decision,) = model.decide([recipe])
    assert "unlike the training articles" in decision.abstained


def test_another_language_is_abstained_on(model):
    (decision,) = model.decide([Article("Fähre", "Die Fähre kostet ab Mai mehr, sagte der Rat.", "de")])
    assert decision.abstained == "in 'de'; the topics were learnt from 'en'"


def test_too_few_articles_are_refused_by_name(articles):
    with pytest.raises(StageError, match="too few training articles: sport"):
        fit_topics(
            [next(a for a in articles if a.topic == "sport"), *[a for a in articles if a.topic != "sport"]],
            [],
            SETTINGS,
        )


def test_canonical_skops_has_no_addresses(model):
    import skops.io

    once, again = canonical(skops.io.dumps(model.pipeline)), canonical(skops.io.dumps(model.pipeline))
    assert once == again
    assert skops.io.get_untrusted_types(data=once) == sorted(TRUSTED_TYPES)


def test_a_changed_byte_is_refused(saved):
    data = bytearray((saved / WEIGHTS).read_bytes())
    data[len(data) // 2] ^= 1
    (saved / WEIGHTS).write_bytes(data)
    with pytest.raises(ModelError, match=r"model\.skops is not as it was saved"):
        load_topics(saved)


def test_a_type_beyond_the_allowlist_is_refused(saved):
    import skops.io
    from sklearn.ensemble import IsolationForest

    card = json.loads((saved / "model.json").read_text())
    (saved / "model.json").unlink()
    forest = IsolationForest(n_estimators=2).fit([[0.0], [1.0]])
    (saved / WEIGHTS).write_bytes(skops.io.dumps({"model": forest, "types": [print]}))
    write_card(saved, "topics", {key: card[key] for key in ("language", "least_claim", "versions")})
    with pytest.raises(ModelError, match="holds types that no classifier of this project has"):
        load_topics(saved)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda folder: shutil.rmtree(folder), "no such folder"),
        (lambda folder: (folder / "model.json").unlink(), r"it has no model\.json"),
        (lambda folder: (folder / WEIGHTS).unlink(), r"model\.skops is missing"),
        (lambda folder: (folder / "model.json").write_text("{"), "is not JSON"),
        (lambda folder: (folder / "extra.pkl").write_bytes(b"x"), r"extra\.pkl is not part of the saved model"),
        (lambda folder: change_card(folder, least_claim=-99), "is not as it was saved"),
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


def test_another_version_of_scikit_learn_is_refused_by_name(saved):
    (saved / "model.json").unlink()
    write_card(saved, "topics", {"language": "en", "least_claim": 0, "versions": {"scikit-learn": "0.1.0"}})
    with pytest.raises(ModelError, match=r"was trained with scikit-learn 0\.1\.0"):
        load_topics(saved)


def change_card(folder, **changes):
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**card, **changes}))


def link_weights(folder):
    elsewhere = folder.parent / WEIGHTS
    (folder / WEIGHTS).rename(elsewhere)
    (folder / WEIGHTS).symlink_to(elsewhere)
