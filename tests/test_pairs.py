"""Summaries in pieces: put together with the corpus, refused without it, and holding nothing of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.pairs import LEAST_RUN_WORDS, joined, pieces_of, read_pairs
from pipeline.records import StageError

WORDS = st.lists(st.sampled_from(["the", "ferry", "sank", "late", "in", "May."]), max_size=30).map(" ".join)


@given(WORDS, WORDS)
def test_pieces_come_together_again(summary, source):
    pieces = pieces_of(summary, source)
    assert joined(pieces, source) == summary
    for piece in pieces:
        if isinstance(piece, str):
            words = piece.split()
            runs = [" ".join(words[at : at + LEAST_RUN_WORDS]) for at in range(len(words) - LEAST_RUN_WORDS + 1)]
            assert not any(f" {run} " in f" {source} " for run in runs)


def test_a_file_of_both_kinds_is_read(tmp_path):
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "1.txt").write_text("Title\r\n\r\nThe ferry\u00a0sank late in May.\n", encoding="utf-8")
    rows = [{"id": "news/1", "pieces": [[6, 20], "soon."]}, {"id": "x", "summary": "One.", "second_summary": "Two."}]
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    first, second = read_pairs(path, tmp_path)
    assert (first.id, first.summary) == ("news/1", "The ferry sank soon.")
    assert (second.summary, second.second_summary) == ("One.", "Two.")
    with pytest.raises(StageError, match="'news/1' is asked for, and no corpus is named"):
        list(read_pairs(path))
    (tmp_path / "news" / "1.txt").write_text("Short.", encoding="utf-8")
    with pytest.raises(StageError, match=r"'news/1' points beyond the end of .*1\.txt"):
        list(read_pairs(path, tmp_path))
    (tmp_path / "news" / "1.txt").unlink()
    with pytest.raises(StageError, match="run `dvc repro fetch`"):
        list(read_pairs(path, tmp_path))
