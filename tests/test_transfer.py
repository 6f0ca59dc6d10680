"""Scores on labelled news from elsewhere."""

import json
from pathlib import Path

import pytest

from pipeline.evaluating import EvaluateSettings
from pipeline.reading import Page
from pipeline.records import Article, Prediction, StageError
from pipeline.sources import LabelledSource
from pipeline.taxonomy import names_by_label, read_topics
from pipeline.transfer import MISTAKES, evaluate_source, evaluate_transfer

NAMES = names_by_label(read_topics(Path("seeds/topics.yaml")))
GOAL = "The striker scored a late goal in the cup match on Sunday."


def answer(topic, probability, given=True):
    probabilities = {topic: probability, "world": 1 - probability}
    return Prediction(topic if given else None, probability, probabilities, article=Article("Title", GOAL))


def pages(*labels):
    return [Page(f"news.csv:{line}", GOAL, label) for line, label in enumerate(labels, start=2)]


def test_best_topics_count_where_abstained_and_what_is_no_article_is_wrong():
    predictions = [
        answer("sport", 0.9),
        answer("politics", 0.8),
        answer("sport", 0.6, given=False),
        Prediction(error="x"),
    ]
    counts_as = {"sports": "sport", "world": "world", "politics": "world"}
    found = evaluate_transfer(pages("Sports", "World", "Business", "Sports"), predictions, counts_as, seed=0)
    scores = found.scores
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
    assert [point["risk"] for point in found.curve] == [0, 0, pytest.approx(1 / 3, abs=1e-4), 0.5]


def test_the_most_confident_mistakes_come_first_with_where_they_stand():
    predictions = [answer("sport", probability / 100) for probability in range(51, 66)]
    found = evaluate_transfer(pages(*["Business"] * 15), predictions, {}, seed=0)
    assert len(found.mistakes) == MISTAKES
    assert [row["probability"] for row in found.mistakes] == sorted(
        (row["probability"] for row in found.mistakes), reverse=True
    )
    first = {key: found.mistakes[0][key] for key in ("source", "label", "best", "title", "text")}
    assert first == {"source": "news.csv:16", "label": "Business", "best": "sport", "title": "Title", "text": GOAL}


def test_a_file_with_its_own_columns_is_scored_and_bad_rows_are_listed(predictor, tmp_path):
    path = tmp_path / "mine.jsonl"
    rows = [
        {"headline": "Late goal", "body": GOAL, "section": "Sports"},
        {"headline": "Late goal", "body": GOAL, "section": "Games"},
        {"headline": "No section", "body": GOAL},
        {"headline": "No body", "section": "Sports"},
        {"headline": "Another section", "body": GOAL, "section": "Travel"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = LabelledSource(path=path, text="body", title="headline", label="section", map={"Games": "sport"})
    scores = evaluate_source(predictor, asked, NAMES, seed=0).scores
    assert (scores["articles"], list(scores["recall"])) == (2, ["Games", "Sports"])
    assert scores["bad_rows"] == 3
    assert [line.split(": ", 1)[0] for line in scores["first_bad_rows"]] == [f"{path}:{line}" for line in (3, 4, 5)]
    assert ["no label in a column section" in line for line in scores["first_bad_rows"]] == [True, False, False]
    assert "label 'Travel' is no topic: say in map what it counts as" in scores["first_bad_rows"][2]


def test_what_is_labelled_none_is_told_apart(predictor, tmp_path):
    path = tmp_path / "mine.jsonl"
    rows = [{"text": GOAL, "topic": topic} for topic in ("sport", "none", "none")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    scores = evaluate_source(predictor, LabelledSource(path=path), NAMES, seed=0).scores
    assert (scores["articles"], scores["none"]["articles"]) == (1, 2)


def test_a_map_to_no_topic_is_refused_by_name(predictor, tmp_path):
    asked = LabelledSource(path=tmp_path, map={"Sports": "sprot"})
    with pytest.raises(StageError, match=r"\(label: topic\): 'sprot' is no topic; known topics: business"):
        evaluate_source(predictor, asked, NAMES, seed=0)


def test_a_set_is_named_once():
    for paths in (["a.csv", "a.csv"], ["own"]):
        with pytest.raises(ValueError, match="is named twice, or has the name of another set"):
            EvaluateSettings(taxonomy="x", transfer=[LabelledSource(path=path) for path in paths], seed=0)


def test_a_folder_of_pages_is_scored(predictor, tmp_path):
    (tmp_path / "sport").mkdir()
    (tmp_path / "sport" / "a.txt").write_text(GOAL)
    scores = evaluate_source(predictor, LabelledSource(path=tmp_path), NAMES, seed=0).scores
    assert (scores["articles"], list(scores["recall"])) == (1, ["sport"])


def test_what_holds_no_labelled_row_is_refused_by_name(predictor, tmp_path):
    with pytest.raises(StageError, match="nowhere.csv: could not be read: no such file"):
        evaluate_source(predictor, LabelledSource(path=tmp_path / "nowhere.csv"), NAMES, seed=0)
    (tmp_path / "a.csv").write_text(f"text\n{GOAL}\n")
    with pytest.raises(StageError, match="a.csv:2: no label in a column topic or label"):
        evaluate_source(predictor, LabelledSource(path=tmp_path / "a.csv"), NAMES, seed=0)
