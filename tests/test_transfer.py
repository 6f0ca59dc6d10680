"""Scores on labelled files of other news."""

import json

import pytest

from pipeline.records import Prediction, StageError
from pipeline.transfer import TransferSettings, evaluate_transfer, transfer_scores


def answer(topic, probability, given=True):
    probabilities = {topic: probability, "world": 1 - probability}
    return Prediction(topic if given else None, probability, probabilities)


def test_best_topics_count_where_abstained_and_what_is_no_article_is_wrong():
    predictions = [
        answer("sport", 0.9),
        answer("politics", 0.8),
        answer("sport", 0.6, given=False),
        Prediction(error="x"),
    ]
    labels = ["Sports", "World", "Business", "Sports"]
    scores = evaluate_transfer(labels, predictions, {"Sports": "sport", "World": "world", "politics": "world"}, seed=0)
    assert scores["accuracy"]["value"] == 0.5
    assert scores["wrong_at_80_percent_coverage"]["value"] == pytest.approx(1 / 3, abs=1e-4)
    assert scores["answered_share"]["value"] == 0.5
    assert scores["wrong_of_answered"]["value"] == 0
    assert {label: score["value"] for label, score in scores["recall"].items()} == {
        "Business": 0,
        "Sports": 0.5,
        "World": 1,
    }
    assert scores["mistakes"] == [
        {"label": "Business", "best": "sport", "articles": 1},
        {"label": "Sports", "best": "", "articles": 1},
    ]


def test_a_file_with_its_own_columns_is_scored_and_bad_rows_are_listed(predictor, tmp_path):
    path = tmp_path / "mine.jsonl"
    rows = [
        {
            "headline": "Late goal",
            "body": "The striker scored a late goal in the cup match on Sunday.",
            "section": "Sports",
        },
        {"headline": "No section", "body": "The striker scored a late goal in the cup match on Sunday."},
        {"headline": "No body", "section": "Sports"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = TransferSettings(path=path, text="body", title="headline", label="section", map={"Sports": "sport"})
    scores = transfer_scores(predictor, asked, seed=0)
    assert scores["articles"] == 1
    assert [line.split(": ")[0] for line in scores["bad_rows"]] == [f"{path}:2", f"{path}:3"]
    assert "no label in column 'section'" in scores["bad_rows"][0]


def test_what_is_no_labelled_file_is_refused_by_name(predictor, tmp_path):
    with pytest.raises(StageError, match="is no file"):
        transfer_scores(predictor, TransferSettings(path=tmp_path), seed=0)
    (tmp_path / "a.csv").write_text("text\nThe striker scored a late goal on Sunday.\n")
    with pytest.raises(StageError, match="no label in column 'label'"):
        transfer_scores(predictor, TransferSettings(path=tmp_path / "a.csv"), seed=0)
