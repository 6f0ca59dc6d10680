"""The benchmark of faults: what it counts as lost, torn or unclear, so that it can fail."""

import sys

import pytest
from small_run import ROOT

sys.path.append(str(ROOT / "benchmarks"))
from faults import KINDS, Bench, Ended, Try, chain, contents, harm, row, tried

WHOLE = {"shard-1": b"a\nb\n", "shard-2": b"c\nc\n", "manifest": b"m\n"}
UNTOUCHED = Ended(0, "")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, (0, 0)),
        ({"shard-1": b"a\n"}, (1, 1)),  # a row dropped
        ({"shard-2": b"c\n"}, (1, 1)),  # one of two equal rows
        ({"shard-2": b"c\nc"}, (0, 1)),  # cut at its end
        ({"shard-1": None}, (2, 1)),  # a shard missing
        ({"shard-3.unfinished": b"a\n"}, (0, 1)),  # a file left over
        ({"shard-1": b"a\nB\n"}, (1, 1)),  # a row changed
    ],
)
def test_what_is_lost_or_torn_is_counted(tmp_path, change, expected):
    for name, content in (WHOLE | change).items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
    found = {name.partition("/")[2]: content for name, content in contents(tmp_path).items()}
    assert harm(WHOLE, found) == expected
    assert (tried(UNTOUCHED, WHOLE, found).refusal == "") == (expected == (0, 0))


def test_a_refusal_is_a_line_without_a_traceback():
    assert tried(Ended(1, "Error: disk full: make room\n"), WHOLE, WHOLE).refusal == "Error: disk full: make room"
    for unclear in (Ended(1, "Traceback (most recent call last):\nOSError"), Ended(-9, ""), Ended(1, "Killed\n")):
        assert tried(unclear, WHOLE, WHOLE, allowed=(0,)).refusal is None
    assert tried(UNTOUCHED, WHOLE, WHOLE, allowed=()).refusal is None  # what should have been refused was not


def test_kills_of_a_run_share_what_became_of_it(tmp_path):
    ends = iter([True, True, False, True, True])
    places = iter("ab")
    harmed = {"a": Try("", 0, 0), "b": Try(None, 2, 1)}
    tries = chain(4, lambda: next(places), lambda place: next(ends), harmed.__getitem__)
    assert tries == [Try("", 0, 0), Try("", 0, 0), Try(None, 2, 1), Try(None, 0, 0)]


def test_without_root_disks_are_not_tried(tmp_path, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert row(KINDS["full disk"], Bench(tmp_path, tmp_path, tmp_path, 1, 0))["tried"] == 0
