"""Shards: what a killed run leaves is gone on with, and what comes out is what an undisturbed run writes."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import chain, count
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_run import ROOT

from pipeline.answering import command
from pipeline.manifest import NAME, ShardError
from pipeline.predicting import BATCH, answer_row
from pipeline.reading import Page, read_pages
from pipeline.records import Article, Dropped, Prediction
from pipeline.shard_formats import FORMATS, neutral, read_rows
from pipeline.sharding import Target, opened, write_shards

SETTINGS = {"options": {"summarise": False, "words": None}}
PAGES = [Page(f"news.jsonl:{row}", f"It rained on day {row}.", id=str(row)) for row in range(1, 11)]
# Cells that CSV and spreadsheets stumble on.
HARD = [
    "=1+1",
    "'tis so",
    "",
    "+1",
    "-1",
    "@x",
    "\ttab",
    "\rline",
    "a,b",
    'say "no"',
    "two\nlines",
    "caf\u00e9 \u2028",
    "'",
]


class Killed(BaseException):
    """What no handler of the code outlives: all that touches the disk fails from then on."""


def answer(batches):
    """What stands for the models: each page's own text, one page in four without an answer."""
    for page in chain.from_iterable(batches):
        failed = int(page.id or 0) % 4 == 0
        told = Prediction(error="no article") if failed else Prediction("sport", 0.25, summary=page.text)
        yield page, told


def run(folder, pages=PAGES, resume=False, settings=SETTINGS, answer=answer, **target):
    where = Target(folder, **{"most_rows": 3} | target)
    with opened(where, settings, resume) as manifest:
        return list(write_shards(manifest, where, pages, answer))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows_of(folder: Path) -> list[dict]:
    return [row for path in sorted(folder.glob("shard-*")) for row in read_rows(path)]


@pytest.fixture(scope="module", params=["jsonl", "csv.gz", "parquet"])
def undisturbed(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "answers"
    run(folder, form=request.param)
    return request.param, contents(folder)


def kill_at(monkeypatch, moment: int) -> None:
    """Fail at the so-manieth step on the disk, before or half-way through it, and at all that follow."""
    steps = count()

    def failing(real, *arguments, **named):
        if next(steps) >= moment:
            raise Killed
        return real(*arguments, **named)

    for name in ("open", "fsync", "replace", "unlink", "truncate"):
        monkeypatch.setattr(os, name, partial(failing, getattr(os, name)))


def test_killed_at_any_step_and_resumed_the_folder_is_that_of_an_undisturbed_run(undisturbed, tmp_path):
    form, expected = undisturbed
    killed = 0
    for moment in range(1000):
        folder = tmp_path / str(moment)
        with pytest.MonkeyPatch.context() as patch:
            kill_at(patch, moment)
            try:
                run(folder, form=form)
                break
            except Killed:
                killed += 1
        run(folder, form=form, resume=True)
        assert contents(folder) == expected, moment
    assert killed > 20


def test_killed_at_any_row_again_and_again(undisturbed, tmp_path):
    form, expected = undisturbed
    folder = tmp_path / "answers"
    asked = []

    def dying(row, batches):
        for page, prediction in answer(batches):
            if page.id == str(row):
                raise Killed
            asked.append(page.id)
            yield page, prediction

    for row in range(1, 11):
        with pytest.raises(Killed):
            run(folder, form=form, resume=True, answer=partial(dying, row))
    assert [page.id for page, _ in run(folder, form=form, resume=True)] == ["10"]
    assert contents(folder) == expected
    assert asked.count("1") == 3  # killed at rows 2, 3 and 4; from then on it is done


def test_a_manifest_cut_off_at_any_byte_of_its_last_line_is_gone_on_with(undisturbed, tmp_path):
    form, expected = undisturbed
    lines = expected[NAME].splitlines(keepends=True)
    for line in (-1, -2, 1):  # the end; the last shard; the first one
        before = b"".join(lines[:line])
        for cut in range(0, len(lines[line]), 97):
            folder = tmp_path / f"{line}-{cut}"
            folder.mkdir()
            for name, content in expected.items():
                (folder / name).write_bytes(content)
            (folder / NAME).write_bytes(before + lines[line][:cut])
            run(folder, form=form, resume=True)
            assert contents(folder) == expected


def test_a_complete_folder_is_left_as_it_is(undisturbed, tmp_path):
    form, expected = undisturbed
    run(tmp_path / "a", form=form)
    assert run(tmp_path / "a", form=form, resume=True) == []
    assert contents(tmp_path / "a") == expected


@pytest.mark.parametrize("name", ["shard-000002.jsonl", NAME])
@pytest.mark.parametrize("change", ["flip", "cut", "drop"])
def test_a_torn_file_is_found(tmp_path, name, change):
    run(tmp_path / "a")
    path = tmp_path / "a" / name
    lines = path.read_bytes().splitlines(keepends=True)
    changed = {"flip": path.read_bytes().replace(b"0.25" if name != NAME else b'"rows": 3', b"0.26", 1),
               "cut": lines[0][:-9] + b"\n" + b"".join(lines[1:]), "drop": b"".join(lines[:1] + lines[2:])}  # fmt: skip
    path.write_bytes(changed[change])
    with pytest.raises(ShardError, match=rf"{name}( line \d+)? is not as it was written"):
        run(tmp_path / "a", resume=True)


def test_a_shard_that_is_gone_is_found(tmp_path):
    run(tmp_path / "a")
    (tmp_path / "a" / "shard-000001.jsonl").unlink()
    with pytest.raises(ShardError, match="it is missing"):
        run(tmp_path / "a", resume=True)


@pytest.mark.parametrize(
    "pages",
    [
        [*PAGES[:4], Page("news.jsonl:5", "Another text.", id="5"), *PAGES[5:]],
        [*PAGES[:4], *PAGES[5:]],
        PAGES[:4],
        [PAGES[1], PAGES[0], *PAGES[2:]],
    ],
)
def test_changed_input_is_refused_by_name(tmp_path, pages):
    run(tmp_path / "a")
    with pytest.raises(ShardError, match=r"was made from news.jsonl:\d+ to news.jsonl:\d+, which now reads otherwise"):
        run(tmp_path / "a", pages, resume=True)


def test_pages_behind_the_end_are_refused(tmp_path):
    run(tmp_path / "a")
    with pytest.raises(ShardError, match="news.jsonl:11 was not there then"):
        run(tmp_path / "a", [*PAGES, Page("news.jsonl:11", "More.")], resume=True)


def test_changed_settings_are_refused_by_name(tmp_path):
    run(tmp_path / "a")
    with pytest.raises(ShardError, match="was begun with options.words None, this run has 20"):
        run(tmp_path / "a", settings={"options": {"summarise": False, "words": 20}}, resume=True)
    with pytest.raises(ShardError, match="was begun with shards.rows 3, this run has 4"):
        run(tmp_path / "a", most_rows=4, resume=True)


def test_a_folder_that_is_not_empty_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    for resume in (False, True):
        with pytest.raises(ShardError, match="thesis.txt is in it"):
            run(tmp_path, resume=resume)
    run(tmp_path / "a")
    with pytest.raises(ShardError, match="go on with --resume"):
        run(tmp_path / "a")


def test_one_run_at_a_time(tmp_path):
    with opened(Target(tmp_path / "a"), SETTINGS), pytest.raises(ShardError, match="another run writes into it"):
        run(tmp_path / "a", resume=True)


def hard_answers(batches):
    for page in chain.from_iterable(batches):
        article = Article(page.id, page.text, "en", (Dropped(1, page.text, "menu"),))
        told = Prediction("sport", 0.1, {"sport": 0.1}, draft=page.id, summary=page.text or None, article=article)
        yield page, told


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_holds_what_stdout_has_in_its_order(tmp_path, form):
    pages = [Page(f"a.csv:{row}", text, id=text or None) for row, text in enumerate(HARD)]
    run(tmp_path / "a", pages, form=form, answer=hard_answers)
    assert rows_of(tmp_path / "a") == [answer_row(*each) for each in hard_answers([pages])]
    run(tmp_path / "b", pages, form=form, answer=hard_answers)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.parametrize("form", FORMATS)
def test_names_that_are_no_utf_8_are_written(tmp_path, form):
    pages = [Page("caf\udce9.txt", "It rained.")]
    run(tmp_path / "a", pages, form=form)
    assert [row["source"].replace("\udce9", "\\udce9") for row in rows_of(tmp_path / "a")] == ["caf\\udce9.txt"]
    assert run(tmp_path / "a", pages, form=form, resume=True) == []


def test_no_cell_is_a_formula(tmp_path):
    import csv

    pages = [Page(text, text, id=text) for text in HARD]
    run(tmp_path / "a", pages, form="csv", answer=hard_answers)
    for path in (tmp_path / "a").glob("*.csv"):
        with path.open(newline="") as file:
            assert not [cell for cells in csv.reader(file) for cell in cells if cell.startswith(tuple("=+-@\t\r"))]
    assert all(neutral(text) == text or neutral(text) == f"'{text}" for text in HARD)


def test_the_manifest_says_what_a_shard_was_made_from(tmp_path):
    pages = [*PAGES[:2], Page("a.txt", "It snowed.")]
    run(tmp_path / "a", pages)
    settings, shard, end = map(json.loads, (tmp_path / "a" / NAME).read_text().splitlines())
    assert settings["settings"]["shards"] == {"format": "jsonl", "rows": 3}
    told = [(each["path"], each["first"], each["last"], each["pages"]) for each in shard["shard"]["inputs"]]
    assert told == [("news.jsonl", "news.jsonl:1", "news.jsonl:2", 2), ("a.txt", "a.txt", "a.txt", 1)]
    assert end["complete"] == {"shards": 1, "rows": 3}


def test_memory_is_bounded_by_a_batch_not_by_the_collection(tmp_path):
    """No page is asked for before those of the batches before it are written."""
    ahead = []

    def pages():
        for row in range(400):
            ahead.append(row)
            yield Page(f"a.jsonl:{row}", "It rained.")

    with opened(Target(tmp_path / "a", most_rows=150), SETTINGS) as manifest:
        for number, _ in enumerate(write_shards(manifest, Target(tmp_path / "a", most_rows=150), pages(), answer)):
            assert len(ahead) <= number + 1 + BATCH


# The command line, on the models of the small run.


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """300 articles of the seeds as a packed table, with ids, and a row that has no text."""
    import gzip

    folder = tmp_path_factory.mktemp("collection")
    articles = list(read_pages("seeds/articles"))
    rows = [{"id": row, "text": articles[row % len(articles)].text} for row in range(300)] + [{"id": "none"}]
    with gzip.open(folder / "news.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return str(folder / "news.jsonl.gz")


def words(workspace, path, folder, *more):
    models = str(workspace / "models")
    return [path, "--models", models, "--no-summary", "--into", str(folder), "--shard-rows", "70", *more]


@pytest.fixture(scope="module")
def expected(workspace, collection, tmp_path_factory):
    folder = tmp_path_factory.mktemp("expected") / "answers"
    done = CliRunner().invoke(command, words(workspace, collection, folder))
    assert done.exit_code == 1  # one row has no text, four are clutter to the rules
    assert "301 rows in 5 shards, 5 of them without an answer" in done.stderr
    assert done.stdout == ""
    return contents(folder)


def test_shards_hold_what_stdout_has(workspace, collection, expected):
    done = CliRunner().invoke(command, [collection, "--models", str(workspace / "models"), "--no-summary"])
    shards = [content for name, content in sorted(expected.items()) if name != NAME]
    assert b"".join(shards).decode() == done.stdout
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [*map(str, range(300)), "none"]


def start(workspace, collection, folder):
    command_line = [sys.executable, "-m", "pipeline", "predict", *words(workspace, collection, folder, "--resume")]
    return subprocess.Popen(command_line, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def kill_after(shard: int, running, folder: Path) -> None:
    """Kill a run some time after a shard is in its place."""
    while running.poll() is None and not (folder / f"shard-{shard:06}.jsonl").exists():
        time.sleep(0.01)
    running.kill()
    running.communicate()


def stop(number: int, running) -> None:
    """Stop a run that has begun to answer."""
    assert "rows are done" in running.stderr.readline()
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "Finishing the batch in hand" in said
    assert "the same command with --resume goes on" in said


def test_killed_and_stopped_and_resumed_the_folder_is_that_of_an_undisturbed_run(
    workspace, collection, expected, tmp_path
):
    folder = tmp_path / "answers"
    for shard, number in ((1, signal.SIGINT), (2, signal.SIGTERM)):
        kill_after(shard, start(workspace, collection, folder), folder)
        stop(number, start(workspace, collection, folder))
        assert not list(folder.glob("*.unfinished"))
    done = CliRunner().invoke(command, words(workspace, collection, folder, "--resume"))
    assert done.exit_code == 1  # as the undisturbed run: rows without an answer that were done before count
    assert contents(folder) == expected


def test_a_run_with_summaries_is_resumed(workspace, tmp_path):
    """Two shards, the second taken away as a kill would: what is written again is the same."""
    folder = tmp_path / "answers"
    asked = [
        "seeds/pages/*bats.[ht]*ml",
        "seeds/pages/*bats.txt",
        "seeds/pages/*kettle*.txt",
        "--models",
        str(workspace / "models"),
        "--no-cache",
    ]
    asked += ["--into", str(folder), "--shard-rows", "2", "--resume", "--shards", "csv"]
    assert CliRunner().invoke(command, asked).exit_code == 0
    before = contents(folder)
    lines = before[NAME].splitlines(keepends=True)
    (folder / NAME).write_bytes(b"".join(lines[:2]) + lines[2][:40])
    assert CliRunner().invoke(command, asked).exit_code == 0
    assert contents(folder) == before
    assert all(row["summary"] for row in rows_of(folder))


def test_a_full_disk_is_said_and_gone_on_from(workspace, collection, expected, tmp_path, monkeypatch):
    folder = tmp_path / "answers"
    steps = count()

    def full(descriptor):
        if next(steps) == 8:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        done = CliRunner().invoke(command, words(workspace, collection, folder))
    assert "stopped with 140 rows done ([Errno 28] No space left on device)" in str(done.exception)
    CliRunner().invoke(command, words(workspace, collection, folder, "--resume"))
    assert contents(folder) == expected


def test_a_disk_that_takes_half_a_line_is_an_error(tmp_path):
    """A write that is cut short raises nothing by itself: the next line would stand behind half a one."""
    program = (
        "import resource, sys; from pathlib import Path; from pipeline.durable import append\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)); append(Path(sys.argv[1]), b'more than ten bytes')"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "a"], cwd=ROOT, capture_output=True, text=True)
    assert f"File too large: '{tmp_path / 'a'}'" in done.stderr


def test_a_folder_that_cannot_be_made_is_named(workspace, tmp_path):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "answers"
    asked = ["seeds/pages/*bats.txt", "--no-summary", "--models", str(workspace / "models")]
    done = CliRunner().invoke(command, [*asked, "--into", str(folder)])
    assert f"{folder}: stopped with nothing new done ([Errno 20] Not a directory" in str(done.exception)


def test_a_full_stdout_is_said_in_one_line(workspace):
    asked = ["seeds/pages/*bats.txt", "--no-summary", "--models", str(workspace / "models")]
    with Path("/dev/full").open("w") as full:
        command_line = [sys.executable, "-m", "pipeline", "predict", *asked]
        done = subprocess.run(command_line, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    cause = "[Errno 28] No space left on device: '<stdout>'"
    assert done.stderr == f"Error: {cause}: mend that, then run the same command again\n"


@pytest.mark.parametrize("more", [["--resume"], ["--into", "a", "--format", "text"], ["--into", "seeds/pages/a"]])
def test_wrong_usage_is_status_two(more):
    assert CliRunner().invoke(command, ["seeds/pages", "--no-summary", *more]).exit_code == 2


def test_shards_are_input(workspace, collection, tmp_path):
    """What is written packed is read packed: a shard's own rows have no column 'text', which is said of each."""
    shutil.copy(collection, tmp_path / "news.jsonl.gz")
    run(tmp_path / "a", form="jsonl.zst")
    pages = list(read_pages(str(tmp_path / "a" / "shard-000001.jsonl.zst")))
    assert len(pages) == 3
    assert "no column 'text'" in pages[0].error
