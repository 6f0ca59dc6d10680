"""The cache: what was kept comes back, whatever else happens to its file."""

import sqlite3
import subprocess
import sys

import pytest
from click.testing import CliRunner

from pipeline.summary_cache import SummaryCache, command


@pytest.fixture
def cache(tmp_path):
    return SummaryCache(tmp_path / "cache" / "summaries.sqlite")


def test_values_come_back(cache):
    cache.put({"a": {"text": "naïve – 東京 \ud800"}, "b": None})
    assert cache.get(["a", "b", "c"]) == {"a": {"text": "naïve – 東京 \ud800"}, "b": None}
    cache.put({"a": 2})
    assert cache.get(["a"]) == {"a": 2}


def test_an_entry_that_was_changed_is_not_given_out(cache):
    cache.put({"a": [1], "b": [2]})
    with sqlite3.connect(cache.path) as database:
        database.execute("UPDATE entries SET value = '[3]' WHERE key = 'a'")
    assert cache.get(["a", "b"]) == {"b": [2]}
    assert cache.info().entries == 1
    cache.put({"a": [4]})
    assert cache.get(["a"]) == {"a": [4]}


def test_a_file_that_is_no_database_is_put_aside(cache):
    cache.path.parent.mkdir()
    cache.path.write_bytes(b"no database at all" * 100)
    cache.put({"a": 1})
    assert cache.get(["a"]) == {"a": 1}
    assert cache.path.with_name("summaries.sqlite.broken").read_bytes().startswith(b"no database")


def test_a_damaged_database_is_begun_anew(cache):
    cache.put({str(number): "x" * 500 for number in range(500)})
    whole = cache.path.read_bytes()
    cache.path.write_bytes(whole[:5000] + b"\xff" * (len(whole) - 9000) + whole[-4000:])
    with pytest.warns(UserWarning, match="was damaged"):
        cache.get([str(number) for number in range(500)])
    cache.put({"a": 1})
    assert cache.get(["a"]) == {"a": 1}


def test_a_cache_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    cache = SummaryCache(tmp_path / "file" / "summaries.sqlite")
    with pytest.warns(UserWarning, match="summaries are not kept") as said:
        cache.put({"a": 1})
        assert cache.get(["a"]) == {}
    assert len(said) == 1


def test_a_full_disk_is_said_once_and_what_was_kept_is_given_out(cache, monkeypatch):
    cache.put({"a": 1})
    real = cache._ready

    def full():
        database = real()
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        database.execute(f"PRAGMA max_page_count = {pages}")
        return database

    monkeypatch.setattr(cache, "_ready", full)
    with pytest.warns(UserWarning, match="database or disk is full.*some summaries are not kept") as said:
        for key in "bcd":
            cache.put({key: "x" * 100_000})
            assert cache.get(["a", key]) == {"a": 1}
    assert len(said) == 1


def test_it_stays_within_its_bound_and_gives_up_what_is_oldest(tmp_path):
    cache = SummaryCache(tmp_path / "summaries.sqlite", most_bytes=300_000)
    cache.put({"old": "x" * 1000})
    with sqlite3.connect(cache.path) as database:
        database.execute("UPDATE entries SET used_day = used_day - 3")
    for number in range(60):
        cache.put({f"{number}-{part}": "x" * 1000 for part in range(10)})
    assert cache.info().size_bytes <= 300_000 * 1.1
    assert cache.get(["old"]) == {}
    assert cache.get(["59-9"]) == {"59-9": "x" * 1000}


def test_what_is_used_is_kept(tmp_path):
    cache = SummaryCache(tmp_path / "summaries.sqlite", most_bytes=300_000)
    cache.put({"used": 1} | {f"old-{number}": "x" * 1000 for number in range(200)})
    with sqlite3.connect(cache.path) as database:
        database.execute("UPDATE entries SET used_day = used_day - 3")
    assert cache.get(["used"]) == {"used": 1}
    cache.put({f"new-{number}": "x" * 1000 for number in range(100)})
    assert cache.get(["used", "old-0"]) == {"used": 1}


def test_several_processes_write_at_once(cache):
    program = (
        "import sys; from pathlib import Path; from pipeline.summary_cache import SummaryCache\n"
        "cache = SummaryCache(Path(sys.argv[1]))\n"
        "for n in range(40): cache.put({f'{sys.argv[2]}-{n}': n}); assert cache.get([f'{sys.argv[2]}-{n}'])"
    )
    runs = [subprocess.Popen([sys.executable, "-c", program, str(cache.path), str(run)]) for run in range(4)]
    assert [run.wait() for run in runs] == [0, 0, 0, 0]
    assert cache.info().entries == 160


def test_the_command_says_what_it_holds_and_empties_it(cache):
    cache.put({"a": 1, "b": 2})
    shown = CliRunner().invoke(command, ["info", "--path", str(cache.path)])
    assert f"{cache.path}: 2 entries" in shown.output
    cleared = CliRunner().invoke(command, ["clear", "--path", str(cache.path)])
    assert ": 0 entries" in cleared.output
    assert cache.get(["a"]) == {}
