"""Input that was made to do harm: answered or refused, soon, within memory, and never at the cost of other input.

SECURITY.md states the bounds that are held here.
"""

import json
import subprocess
import sys
import time

import pytest
from hostile_pages import FILES, OTHER_PAGES, PAGES_WITH_STORY, STORY, harmful_folder
from small_run import ROOT

from pipeline import clean
from pipeline.reading import read_pages

# SECURITY.md says 30 s for cleaning a page and 1 GB beside the models; a shared machine may take twice as long.
MOST_SECONDS = 60
MOST_BYTES = 1_000_000_000
# Runs in a process of its own, which may not have more memory than it has once the package is warm.
BOUNDED = """
import resource, sys
sys.path.insert(0, "tests")
from hostile_pages import FILES, OTHER_PAGES, PAGES_WITH_STORY, STORY
from pipeline import clean
from pipeline.reading import read_pages
import pyarrow.parquet
clean(STORY)
what, path = sys.argv[1:]
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
made = (PAGES_WITH_STORY | OTHER_PAGES)[what]() if not path else None
resource.setrlimit(resource.RLIMIT_AS, (used + {most},) * 2)
if path:
    errors = [bool(page.error) for page in read_pages(path)]
    print(errors.count(False), errors.count(True))
else:
    print("Harbour ferries will cost more" in clean(made).text)
""".replace("{most}", str(MOST_BYTES))


def bounded(what: str, path: object = "") -> str:
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED, what, str(path)],
        capture_output=True, text=True, cwd=ROOT, timeout=MOST_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.mark.parametrize("what", PAGES_WITH_STORY)
def test_the_story_is_found_beside_what_would_do_harm(what):
    assert bounded(what) == "True"


@pytest.mark.parametrize("what", OTHER_PAGES)
def test_any_page_is_cleaned_within_bounds(what):
    assert bounded(what) in ("True", "False")


@pytest.mark.parametrize("what", FILES)
def test_files_are_read_or_refused_row_by_row_within_bounds(what, tmp_path):
    name, content, read, refused = FILES[what]
    (tmp_path / name).write_bytes(content())
    assert bounded(what, tmp_path / name) == f"{read} {refused}"


def test_a_parquet_bomb_is_refused_before_it_is_unpacked(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    values = pa.array(["a " * 10_000_000] * 60)
    pq.write_table(pa.table({"text": values}), tmp_path / "a.parquet", compression="zstd", use_dictionary=False)
    assert (tmp_path / "a.parquet").stat().st_size < 1_000_000
    assert bounded("Parquet", tmp_path / "a.parquet") == "0 1"


def test_a_value_in_many_rows_of_parquet_is_held_once(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    value = pa.array(["It rained. " * 500_000])
    many = pa.DictionaryArray.from_arrays(pa.array([0] * 2000, pa.int32()), value)
    pq.write_table(pa.table({"text": many}), tmp_path / "a.parquet")
    assert bounded("Parquet", tmp_path / "a.parquet") == "2000 0"


def test_paths_lead_nowhere_else(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    harmful_folder(folder, tmp_path / "secret.txt")
    before = time.monotonic()
    found = {page.source.rsplit("/", 1)[-1]: page for page in read_pages(str(folder))}
    assert time.monotonic() - before < MOST_SECONDS
    assert {name for name, page in found.items() if not page.error} == {"a.txt", "link.txt", "inner.txt"}
    for name in ("out.txt", "up.txt", "zero.txt"):
        assert "a link that leads out of the folder" in found[name].error
    for name in ("fifo.txt", "socket.txt", "self.txt"):
        assert found[name].error
    for named in ("fifo.txt", "socket.txt", "zero.txt", "self.txt"):
        (page,) = read_pages(str(folder / named))
        assert page.error


def test_a_name_that_is_no_text_is_printed_escaped(tmp_path):
    with open(bytes(tmp_path) + b"/\xff\x1b[2J.txt", "w") as file:
        file.write(STORY)
    (page,) = read_pages(str(tmp_path))
    assert page.source.endswith(r"\udcff\x1b[2J.txt")
    assert page.text == STORY


def test_the_command_answers_what_stands_beside_it(workspace, tmp_path):
    """One road for all: each file its row, in order, none that stops the others."""
    folder = tmp_path / "in"
    folder.mkdir()
    harmful_folder(folder, tmp_path / "secret.txt")
    with open(bytes(folder) + b"/\xff.txt", "w") as file:
        file.write(STORY)
    for what in ("JSON 100,000 levels deep", "a field of CSV of 50 MB", "YAML 15,000 levels deep"):
        name, content, *_ = FILES[what]
        (folder / f"z-{name}").write_bytes(content())
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "predict", str(folder), "--no-summary", "--models", workspace / "models"],
        capture_output=True, text=True, cwd=ROOT, timeout=2 * MOST_SECONDS,
    )  # fmt: skip
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    answered = [row["source"].rsplit("/", 1)[-1] for row in rows if not row["error"]]
    assert answered == ["a.txt", "link.txt", "inner.txt", "z-a.jsonl:2", r"\udcff.txt"]
    assert len(rows) == 16


@pytest.mark.parametrize("what", ["special tokens", "zero-width spaces between all letters", "zalgo in HTML"])
def test_harmful_pages_are_answered_in_their_place(predictor, what):
    before = time.monotonic()
    first, answer, last = predictor.predict_many([STORY, PAGES_WITH_STORY[what](), STORY])
    assert time.monotonic() - before < MOST_SECONDS
    assert first == last
    assert answer.summary
    assert "Harbour ferries will cost more" in answer.article.text


@pytest.mark.parametrize("what", OTHER_PAGES)
def test_pages_that_are_no_news_are_answered_too(predictor, what):
    before = time.monotonic()
    (answer,) = predictor.predict_many([OTHER_PAGES[what]()])
    assert time.monotonic() - before < MOST_SECONDS
    assert answer.error or answer.article.text


def test_nothing_outside_is_asked_for():
    """Neither a file that a page names nor an address."""
    script = (
        "import socket, sys; sys.path.insert(0, 'tests')\n"
        "from hostile_pages import PAGES_WITH_STORY, STORY\n"
        "from pipeline import clean\n"
        "clean('<html><body>' + STORY)\n"
        "def watch(event, args):\n"
        "    if event.startswith(('socket.', 'subprocess.', 'os.exec', 'os.system')): raise SystemExit(event)\n"
        "    if event == 'open' and 'passwd' in str(args[0]): raise SystemExit(event)\n"
        "sys.addaudithook(watch)\n"
        "page = PAGES_WITH_STORY['entities that name a file and an address']()\n"
        "text = clean(page + '<img src=http://127.0.0.1:1/x><script src=http://127.0.0.1:1/y></script>').text\n"
        "assert 'root:' not in text and 'Harbour' in text\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


def test_marks_stay_where_they_are_few():
    vietnamese = "Tối nay trời mưa ở Hà Nội, theo đài khí tượng thủy văn; người dân được khuyên ở trong nhà."
    assert clean(vietnamese).text == vietnamese
