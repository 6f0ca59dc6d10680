"""The one road: library, command line and stages say the same."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from labelled_pages import PATHS, read_labelled_page
from small_run import ROOT

from pipeline.answering import command
from pipeline.articles import read_articles, read_summaries
from pipeline.predicting import BATCH
from pipeline.records import ArticleError
from pipeline.repairing import MAX_CHARACTERS

# Every sixth page in both forms: some with layout, some without, in several languages.
PAGES = [page for path in PATHS[::6] for page in (read_labelled_page(path).html, read_labelled_page(path).text) if page]
BELLS = Path("seeds/pages/the-woman-who-listens-to-bells.txt").read_text(encoding="utf-8")


def test_one_by_one_equals_many_in_any_order(predictor):
    together = list(predictor.predict_many(PAGES))
    assert [predictor.predict(page) for page in PAGES] == together
    assert list(predictor.predict_many(PAGES[::-1])) == together[::-1]


def test_the_summarise_stage_wrote_what_predict_says(workspace, predictor):
    rows = read_summaries(workspace / "data" / "summaries.jsonl")
    assert rows
    for row in rows:
        prediction = predictor.predict(row.document)
        told = (prediction.summary, prediction.summary_method, prediction.draft, list(prediction.notes))
        assert told == (row.summary, row.summary_method, row.draft, row.notes)


def test_the_evaluate_stage_wrote_what_predict_says(workspace, predictor):
    rows = {row["id"]: row for row in map(json.loads, (workspace / "data/evaluation.jsonl").read_text().splitlines())}
    for article in read_articles(workspace / "data" / "clean" / "articles.jsonl", "test"):
        prediction = predictor.predict(article.article.whole, summarise=False)
        assert prediction.probabilities == rows[article.id]["probabilities"]
        assert prediction.abstained == rows[article.id]["abstained"]


def test_predictions_are_lazy_and_order_is_kept(predictor):
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield (BELLS, PAGES[0])[len(taken) % 2]

    answers = predictor.predict_many(endless(), summarise=False)
    first, second = next(answers), next(answers)
    assert first != second
    assert len(taken) == BATCH


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("", "the input is empty"),
        (" \n\t ", "the input is empty"),
        ("Menu\nRead More »\nShare", "nothing is left but clutter"),
        ("word", "nothing is left but clutter"),
        ("\x00\x01\x02PK" * 50, "the input is binary"),
    ],
)
def test_input_that_is_no_article(predictor, page, said):
    with pytest.raises(ArticleError, match=said):
        predictor.predict(page)
    good, bad, also_good = predictor.predict_many([PAGES[0], page, PAGES[1]], summarise=False)
    assert said in bad.error
    assert bad.topic is bad.summary is None
    assert good.error is also_good.error is None


def test_large_input_is_answered_in_time(predictor):
    long_line = "It rained on the quay and the ferry left late. " * 430_000  # 20 MB
    many = "\n".join(f"It rained on day {number} and the ferry left late, said the council." for number in range(5000))
    before = time.monotonic()
    for page in (long_line, many, "word " * 4_000_000):
        answer = next(predictor.predict_many([page]))
        assert answer.error or answer.notes
        assert len(page) <= MAX_CHARACTERS or "only the first 5,000,000 of" in answer.notes[0]
    assert time.monotonic() - before < 90


def test_a_prediction_is_plain_json(predictor):
    row = predictor.predict(PAGES[0]).to_dict()
    assert json.loads(json.dumps(row)) == row


def run(workspace, *arguments, stdin=None):
    return CliRunner().invoke(command, [*arguments, "--models", str(workspace / "models")], input=stdin)


def test_command_line_answers_in_order_and_names_what_fails(workspace, tmp_path):
    (tmp_path / "a.txt").write_text(PAGES[0])
    (tmp_path / "b.txt").write_bytes(b"\x00\xff" * 400)
    (tmp_path / "c.jsonl").write_text(json.dumps({"text": PAGES[1]}) + "\n{broken\n")
    result = run(workspace, str(tmp_path), "--no-summary")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [Path(row["source"]).name for row in rows] == ["a.txt", "b.txt", "c.jsonl:1", "c.jsonl:2"]
    assert [bool(row["error"]) for row in rows] == [False, True, False, True]
    assert "b.txt: no article: the input is binary" in result.stderr
    assert "c.jsonl:2: not a JSON object" in result.stderr
    assert result.exit_code == 1


def test_command_line_reads_stdin_and_speaks_to_people(workspace):
    result = run(workspace, "--format", "text", stdin=BELLS)
    assert result.exit_code == 0
    assert "  title:   The woman who listens to bells" in result.stdout
    assert "  summary: " in result.stdout


def test_wrong_usage_is_status_two(workspace):
    assert run(workspace, "--format", "xml").exit_code == 2


def test_a_missing_model_is_named(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "predict", "--models", str(tmp_path), "seeds/pages"],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == f"Error: {tmp_path}/summariser is no saved model (no such folder): run `dvc repro convert`\n"


def test_prediction_needs_no_network(workspace):
    script = (
        "import socket\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from pipeline import predict\n"
        f"assert predict(open('seeds/pages/library-roof-work-paused-for-bats.txt').read(), {str(workspace / 'models')!r}).summary\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


def test_import_is_instant_and_light():
    script = (
        "import sys, time; t = time.perf_counter(); import pipeline; print(time.perf_counter() - t, len(sys.modules))"
    )
    fastest = min(
        float(
            subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT).stdout.split()[0]
        )
        for _ in range(3)
    )
    assert fastest < 0.3


def test_public_names_are_there():
    import pipeline

    assert set(pipeline.__all__) <= set(dir(pipeline))
    assert all(getattr(pipeline, name) for name in pipeline.__all__)
