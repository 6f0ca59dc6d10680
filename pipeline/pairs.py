"""Summaries that were written for articles of a corpus, by article id, for learning and for comparison.

A summary in its writer's own words is stored as text. One that keeps close to its article cannot be: it would hold the
publisher's sentences. It is stored as `pieces`: what was written, and [start, end] for what stands in the article's own
text, in characters of its words parted by single spaces. Whoever has the corpus can put it together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.files import read_jsonl
from pipeline.reading import read_page
from pipeline.records import StageError
from pipeline.repairing import repair

# Shorter runs of an article's words are anybody's.
LEAST_RUN_WORDS = 3

Pieces = list[str | list[int]]


@dataclass(frozen=True, slots=True)
class Pair:
    """A summary and the id of its article."""

    id: str
    summary: str
    second_summary: str | None = None  # by a writer who had not seen the first
    title_sha256: str | None = None  # first digits, of the article's title: another corpus may use the same id


def read_pairs(path: Path, corpus: Path | None = None) -> Iterator[Pair]:
    """The summaries of a file; those in pieces need the folder of the articles they point into.

    Raises StageError that names the row whose article cannot be found or is shorter than its pieces say.
    """
    for row in read_jsonl(path):
        if "pieces" in row:
            yield Pair(row["id"], text_of(row, path, corpus))
        else:
            yield Pair(row["id"], row["summary"], row.get("second_summary"), row.get("title_sha256"))


def text_of(row: dict[str, Any], path: Path, corpus: Path | None) -> str:
    """The text of a row with `id` and `pieces`, from the file CORPUS/ID.txt; `path` is the row's own, for messages."""
    source = corpus / f"{row['id']}.txt" if corpus else None
    if source is None or not source.is_file():
        where = f"is not at {source}" if source else "is asked for, and no corpus is named"
        raise StageError(f"{path}: the article of '{row['id']}' {where}: run `dvc repro fetch`")
    text = source_text(source)
    if max((piece[1] for piece in row["pieces"] if not isinstance(piece, str)), default=0) > len(text):
        raise StageError(f"{path}: '{row['id']}' points beyond the end of {source}: is it another edition?")
    return joined(row["pieces"], text)


def source_text(path: Path) -> str:
    """The text of an article's file as `pieces` count it: repaired characters, words parted by single spaces."""
    return " ".join(repair(read_page(str(path)).text).split())


def joined(pieces: Pieces, source: str) -> str:
    """The summary that pieces stand for.

    >>> joined([[0, 9], "left", [20, 29]], "The ferry to Harrow sank late in May.")
    'The ferry left sank late'
    """
    return " ".join(piece if isinstance(piece, str) else source[piece[0] : piece[1]] for piece in pieces)


def pieces_of(summary: str, source: str) -> Pieces:
    """A summary as pieces: the longest runs of at least `LEAST_RUN_WORDS` words of the source, the rest as written.

    >>> source = "The ferry to Harrow sank late in May."
    >>> pieces_of("The ferry to Harrow was late in May.", source)
    [[0, 19], 'was', [25, 37]]
    """
    words = summary.split()
    pieces: Pieces = []
    at = 0
    while at < len(words):
        run = _longest_run(words[at:], source)
        if run:
            start = f" {source} ".index(f" {' '.join(words[at : at + run])} ")
            pieces.append([start, start + len(" ".join(words[at : at + run]))])
        elif pieces and isinstance(pieces[-1], str):
            pieces[-1] += f" {words[at]}"
        else:
            pieces.append(words[at])
        at += run or 1
    return pieces


def _longest_run(words: list[str], source: str) -> int:
    """How many of the first words stand in the source in a row; 0 for fewer than `LEAST_RUN_WORDS`."""
    run = 0
    while run < len(words) and f" {' '.join(words[: run + 1])} " in f" {source} ":
        run += 1
    return run if run >= LEAST_RUN_WORDS else 0
