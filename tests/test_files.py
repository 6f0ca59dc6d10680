"""Files of the stages: whole or not at all, and what stops the writing is named."""

import errno

import pytest

from pipeline.files import new_folder, write_parts, write_text


def test_what_a_killed_run_left_goes_with_the_next(tmp_path):
    (tmp_path / ".a.jsonl.x1y2z3").write_text("half a li")
    (tmp_path / ".b.jsonl.x1y2z3").write_text("another's")
    write_text(tmp_path / "a.jsonl", "whole\n")
    assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl", ".b.jsonl.x1y2z3"}


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
