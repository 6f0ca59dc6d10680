"""Scores against worked cases."""

from dataclasses import asdict

import numpy as np
import pytest
from tiny_models import summarise_settings

from pipeline.articles import LabelledArticle, SummarisedArticle, text_sha256
from pipeline.evaluating import evaluate_summaries, evaluate_topics
from pipeline.files import write_jsonl
from pipeline.readings import Reading, reading_scores, readings_in_markdown, readings_of
from pipeline.records import Prediction
from pipeline.scores import Rouge, brier, expected_calibration_error, interval, mean_interval, risk_coverage


def test_intervals_hold_the_value_and_come_out_the_same_again():
    values = [0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0]
    score = mean_interval(values, seed=0)
    assert score.low < score.value == 0.75 < score.high
    assert score == mean_interval(values, seed=0)
    assert interval(lambda chosen: float(len(chosen)), 5, seed=0).value == 5


def test_interval_has_the_width_that_theory_gives():
    values = [0.0, 1.0] * 200
    score = mean_interval(values, seed=0)
    assert score.high - score.low == pytest.approx(2 * 1.96 * 0.5 / 20, rel=0.1)


def test_calibration_error_by_hand():
    confidence, right = np.array([0.95, 0.95, 0.55, 0.55]), np.array([1.0, 1.0, 1.0, 0.0])
    assert expected_calibration_error(confidence, right) == pytest.approx(0.5 * 0.05 + 0.5 * 0.05)


def test_brier_of_sure_and_wrong_is_two():
    assert brier(np.array([[1.0, 0.0]]), np.array([1])).tolist() == [2.0]


def test_risk_falls_with_coverage_where_confidence_is_right():
    rows = risk_coverage(np.array([0.9, 0.8, 0.7, 0.6]), np.array([1.0, 1.0, 0.0, 0.0]))
    assert [row["risk"] for row in rows] == [0.0, 0.0, 0.3333, 0.5]


def test_rouge_by_hand():
    score = Rouge().score(["the ferry sank"], ["the ferry burned"])
    assert score["rouge1"] == pytest.approx(2 / 3)
    assert score["rouge2"] == pytest.approx(1 / 2)
    assert Rouge().best_sentence("the ferry sank", ["It rained.", "A ferry sank."]) == "A ferry sank."


def test_topics_by_hand():
    articles = [LabelledArticle(str(n), topic, "test", None, ["x"]) for n, topic in enumerate("aabb")]
    shares = [(0.9, 0.1), (0.2, 0.8), (0.3, 0.7), (0.4, 0.6)]
    predictions = [
        Prediction(topic=("a" if a > b else "b") if n else None, probabilities={"a": a, "b": b})
        for n, (a, b) in enumerate(shares)
    ]
    found = evaluate_topics(articles, predictions, ["a", "a", "b"], seed=0)
    assert found.metrics["accuracy"]["value"] == 0.75
    assert found.metrics["majority_accuracy"]["value"] == 0.5
    assert found.metrics["by_topic"]["b"]["precision"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    assert found.metrics["by_topic"]["a"]["recall"]["value"] == 0.5
    assert found.metrics["answered_share"]["value"] == 0.75
    assert found.metrics["accuracy_of_answered"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    assert [row["predicted"] for row in found.rows] == ["a", "b", "b", "b"]


def test_summaries_by_hand():
    text = "The ferry sank on Sunday. It rained. Nobody was hurt."
    written = ("The ferry sank.", "abstractive", "The Paris ferry.", [])
    rows = [
        SummarisedArticle("x", "whole", None, text, "The ferry sank.", "The ferry went down.", *written),
        SummarisedArticle("x", "body", None, "It rained. Nobody was hurt.", "The ferry sank.", None, *written),
    ]
    metrics, by_summary = evaluate_summaries(rows, summarise_settings(sentences=1, most_words=20), seed=0)
    whole, body = metrics["whole"], metrics["body"]
    assert whole["systems"]["shipped"]["rouge1"]["value"] == 1.0
    assert whole["systems"]["draft"]["unsupported_share"]["value"] == 1.0
    assert whole["systems"]["shipped"]["unsupported_share"]["value"] == 0.0
    assert whole["systems"]["lead_1"]["words"]["value"] == 5
    assert whole["systems"]["lead_2"]["words"]["value"] == 7
    assert by_summary[0]["extractive"]["text"] == "The ferry sank on Sunday."
    assert by_summary[0]["oracle"]["text"] == "The ferry sank on Sunday."
    assert whole["rouge1_above_lead_1"]["value"] > 0
    assert body["systems"]["lead_1"]["rouge1"]["value"] == 0
    assert metrics["agreement"]["articles"] == 1
    assert metrics["agreement"]["rouge1"]["value"] == pytest.approx(4 / 7, abs=1e-4)


def test_what_is_no_article_counts_as_wrong_and_not_answered():
    articles = [LabelledArticle(topic, topic, "test", None, ["x"]) for topic in ("business", "politics", "sport")]
    predictions = [
        Prediction(error="no article"),
        Prediction("politics", 0.9, {"politics": 0.9, "sport": 0.1}),
        Prediction("sport", 0.8, {"sport": 0.8, "politics": 0.2}),
    ]
    found = evaluate_topics(articles, predictions, ["none", "business"], seed=0)
    assert (
        found.metrics["accuracy"]["value"] == found.metrics["answered_share"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    )
    assert found.rows[0]["predicted"] == "no article"


def test_readings_by_hand(tmp_path):
    rows = [
        SummarisedArticle(name, "whole", None, "", "", None, "The ferry sank.", "abstractive", None, [])
        for name in "xyz"
    ]
    readings = [
        Reading("x", text_sha256("The ferry sank."), "abstractive", "ok"),
        Reading("y", "0" * 12, "abstractive", "grave", "a few words", "it did not"),
        Reading("z", "0" * 12, "extractive", "ok"),
    ]
    write_jsonl(tmp_path / "readings.jsonl", map(asdict, [*readings, Reading("w", "0" * 12, "extractive", "grave")]))
    assert readings_of(rows, tmp_path / "readings.jsonl") == readings  # w is of another corpus
    scores = reading_scores(readings, rows, seed=0)
    assert (scores["summaries"], scores["of_this_run"]) == (3, 1)
    assert scores["wrong_share_of_all"]["value"] == pytest.approx(1 / 3, abs=1e-4)
    assert scores["grave_share_of_abstractive"]["value"] == 0.5
    page = readings_in_markdown(readings, scores)
    assert "| y | abstractive | grave | a few words | it did not |" in page
    assert reading_scores([], rows, seed=0) == {"summaries": 0, "of_this_run": 0}
