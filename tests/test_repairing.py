"""Bytes and characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.repairing import decode, is_binary, repair

SENTENCE = "Der Bürgermeister zahlt £2,500 für das Café am Fluss, sagte die Behörde."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_encodings_are_read(encoding):
    text, notes = decode(SENTENCE.encode(encoding))
    assert text == SENTENCE
    assert bool(notes) == (encoding in ("latin-1", "cp1252"))


def test_mixed_encodings_are_mended_byte_by_byte():
    text, notes = decode("Café über naïve façade. ".encode() + b"It cost \xa3600m.")
    assert text.endswith("It cost £600m.")
    assert "1 bytes were not UTF-8" in notes[0]


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded(raw):
    assert isinstance(decode(raw)[0], str)


@given(st.text(max_size=100))
def test_repair_is_idempotent(text):
    assert repair(repair(text)) == repair(text)


def test_binary_is_told_from_text():
    assert is_binary(decode(bytes(range(256)) * 20)[0])
    assert not is_binary(SENTENCE * 10)
    assert not is_binary("a stray \x00 in a long text. " + SENTENCE)
