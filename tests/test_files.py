"""Files of the stages: whole or not at all, and what stops the writing is named."""

import errno
import os
import subprocess
import sys

import pytest

from pipeline.files import new_folder, write_parts, write_text


def test_what_a_killed_run_left_goes_with_the_next(tmp_path):
    ended = subprocess.Popen(["true"])
    ended.wait()
    others = {f".a.jsonl.{os.getppid()}-x1y2z3", f".b.jsonl.{ended.pid}-x1y2z3", ".a.jsonl.swp"}
    for name in {*others, f".a.jsonl.{ended.pid}-x1y2z3"}:
        (tmp_path / name).write_text("half a li")
    write_text(tmp_path / "a.jsonl", "whole\n")
    assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl", *others}


def test_two_may_write_one_file(tmp_path):
    path = tmp_path / "a.jsonl"

    def parts():
        yield "first"
        script = (
            "import sys, pathlib; from pipeline.files import write_text; write_text(pathlib.Path(sys.argv[1]), 'b')"
        )
        subprocess.run([sys.executable, "-c", script, path], check=True)

    write_parts(path, parts())
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("a.jsonl", "first")]


def test_a_full_disk_names_the_file_and_leaves_the_one_before(tmp_path):
    def parts():
        yield "half"
        raise OSError(errno.ENOSPC, "No space left on device")

    write_text(tmp_path / "a.json", "before")
    with pytest.raises(OSError, match=f"No space left on device: '{tmp_path / 'a.json'}'"):
        write_parts(tmp_path / "a.json", parts())
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.json", "before")]


@pytest.mark.parametrize(
    ("said", "raised"),
    [
        ("basic_ios::clear: iostream error", OSError),
        ("Error while serializing: I/O error: No space left on device (os error 28)", OSError),
        ("shapes do not fit", RuntimeError),
    ],
)
def test_a_full_disk_is_told_whatever_a_library_says(tmp_path, said, raised):
    told = r"is the disk full\?.*model" if raised is OSError else said
    with pytest.raises(raised, match=told), new_folder(tmp_path / "model"):
        raise RuntimeError(said)
    assert not list(tmp_path.iterdir())
