"""What carried a topic: words exactly, sentences by occlusion."""

import numpy as np
import pytest

from pipeline.classifier import TopicClassifier
from pipeline.explaining import TRIED_SENTENCES
from pipeline.records import Article
from pipeline.topics import Thresholds, TopicModel

TEXTS = [
    "The striker scored a goal in the cup match.",
    "A late goal won the match for the team.",
    "Shares fell as the bank cut its profit forecast.",
    "The bank said profit and shares would rise.",
    "The minister lost a vote in parliament.",
    "Parliament will vote on the bill, the minister said.",
]
LABELS = ["sport", "sport", "business", "business", "politics", "politics"]


SAID = {
    "sport": ["a match, a goal"],
    "politics": ["a vote in parliament"],
    "health": ["the bank of blood", "a late cure"],
}


@pytest.fixture(scope="module")
def classifier():
    return TopicClassifier(least_articles=1).fit(TEXTS, LABELS)


@pytest.mark.parametrize("said", [{}, SAID])
@pytest.mark.parametrize(("topic", "other"), [("sport", "business"), ("politics", "sport"), ("health", "sport")])
def test_word_shares_add_up_to_the_log_odds(said, topic, other):
    """Without embeddings nothing is left but what an empty text has: the intercepts."""
    classifier = TopicClassifier(SAID if topic == "health" else said, least_articles=1).fit(TEXTS, LABELS)
    (start,) = classifier.log_odds([""], topic, other)
    for text in (*TEXTS, "The bank match was a late goal."):
        shares = sum(share for _, share in classifier.word_shares(text, topic, other))
        assert start + shares == pytest.approx(classifier.log_odds([text], topic, other)[0], abs=1e-4)


def test_log_odds_are_those_of_the_probabilities(classifier):
    rows = classifier.predict_proba(TEXTS)
    business, sport = (list(classifier.classes_).index(topic) for topic in ("business", "sport"))
    assert classifier.log_odds(TEXTS, "sport", "business") == pytest.approx(
        np.log(rows[:, sport] / rows[:, business]), abs=1e-6
    )


def test_of_two_topics_the_shares_of_one_are_those_of_the_other_reversed():
    two = TopicClassifier(least_articles=1).fit(TEXTS[:4], LABELS[:4])
    forwards, backwards = two.word_shares(TEXTS[0], "sport", "business"), two.word_shares(TEXTS[0], "business", "sport")
    assert [(word, -share) for word, share in backwards] == forwards
    assert dict(forwards)["goal"] > 0


def test_the_sentence_that_carries_the_topic_is_told_and_what_speaks_against_it_is_not(classifier):
    model = TopicModel(classifier, Thresholds(0.0, float("-inf"), "en"))
    article = Article("Weather", "It rained on Sunday. A late goal won the match.\n\nThe bank was closed.")
    (decision,) = model.decide([article])
    evidence = model.explain(article, decision)
    assert (evidence.topic, evidence.against) == ("sport", "business")
    assert evidence.sentences[0].text == "A late goal won the match."
    assert {"goal", "match"} <= {word.text for word in evidence.words}
    assert all(weight.log_odds > 0 for weight in (*evidence.words, *evidence.sentences))
    assert "The bank was closed." not in {sentence.text for sentence in evidence.sentences}


def test_an_only_sentence_has_nothing_to_be_compared_with(classifier):
    model = TopicModel(classifier, Thresholds(0.0, float("-inf"), "en"))
    article = Article(None, "A late goal won the match.")
    assert model.explain(article, model.decide([article])[0]).sentences == ()


def test_predictions_are_explained_when_asked(predictor):
    page = "A late goal won the match.\n\nThe team will play in the cup final on Sunday, its coach said."
    plain, explained = (predictor.predict(page, summarise=False, explain=asked) for asked in (False, True))
    assert plain.evidence is None
    assert explained.evidence.topic == max(explained.probabilities, key=explained.probabilities.get)
    told = explained.to_dict()
    assert told["evidence"]["sentences"]
    assert told["evidence"]["sentences"][0].keys() == {"text", "log_odds"}
    assert f"why {explained.evidence.topic} and not {explained.evidence.against}" in str(explained)
    assert "why" not in str(plain)


def test_of_a_long_article_the_first_sentences_are_tried(classifier):
    model = TopicModel(classifier, Thresholds(0.0, float("-inf"), "en"))
    long = " ".join(["It rained again on that day."] * TRIED_SENTENCES + ["A late goal won the match."])
    article = Article(None, long)
    told = model.explain(article, model.decide([article])[0]).sentences
    assert "A late goal won the match." not in {sentence.text for sentence in told}
