"""Paragraphs that were wrapped at a column, made whole again."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from pipeline.sentences import is_closed

# Plain text is wrapped at 60 to 80 columns; newspaper columns and wide editors lie at the two ends.
LEAST_COLUMNS, MOST_COLUMNS = 30, 160
# Two full lines can be chance; from three on, the column of a page is told, and pairs are held against it.
LEAST_LINES = 3
# Where there are only pairs, so many of them tell it.
LEAST_PAIRS = 2
_LISTED = re.compile(r"^(?:[*+•·>|#-]|\d+[.)]) ")
_HYPHENATED = re.compile(r"\w+(?:-\w+)+")
_BROKEN_WORD = re.compile(r"[^\W\d_]{2,}-$")


def unwrapped(lines: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """(text, indent) of each line, with each wrapped paragraph whole in its first line and the rest of it empty.

    A run of lines, parted from others by a blank one or by the indent of its first line, is a wrapped paragraph if
    no line but the last could have held the next one's first word, and half of the lines or more go on in small
    letters. A page with more text in longer lines is not wrapped, whatever some of its lines look like. A word
    broken by a hyphen at the line's end is joined, unless the page has it with the hyphen elsewhere.

    >>> text = [
    ...     "The council has said that harbour ferries will cost more",
    ...     "from May, and that the last boat will leave at nine, an hour",
    ...     "earlier than it has left since the old pier was closed.",
    ... ]
    >>> [len(line) for line, _ in unwrapped([(line, 0) for line in text])]
    [173, 0, 0]
    """
    if sum(text[:1].islower() for text, _ in lines) < LEAST_PAIRS:
        return list(lines)
    blocks = [block for first, after in _blocks(lines) for block in _paragraphs(lines[first:after], first)]
    wrapped = [block for block in blocks if _is_wrapped(block.lines, block.columns)]
    sure = [block.columns for block in wrapped if len(block.lines) >= LEAST_LINES]
    if not sure and len(wrapped) >= LEAST_PAIRS:
        sure = [block.columns for block in wrapped]
    column = max(sure, default=0)
    beyond = sum(len(text) for text, indent in lines if indent + len(text) > column)
    if beyond >= sum(len(text) for block in wrapped for text, _ in block.lines):
        return list(lines)
    hyphenated = _hyphenated_words(lines)
    joined = list(lines)
    for block in blocks:
        if _is_wrapped(block.lines, block.columns if len(block.lines) >= LEAST_LINES else column):
            whole = (_join([text for text, _ in block.lines], hyphenated), block.lines[0][1])
            joined[block.first : block.first + len(block.lines)] = [whole] + [("", 0)] * (len(block.lines) - 1)
    return joined


class _Block(NamedTuple):
    """Lines, as (text, indent), that may be a wrapped paragraph."""

    first: int
    lines: Sequence[tuple[str, int]]

    @property
    def columns(self) -> int:
        return max(indent + len(text) for text, indent in self.lines)


def _blocks(lines: Sequence[tuple[str, int]]) -> Iterator[tuple[int, int]]:
    """Each run [first, after) of lines that are not blank, and of which none but the first is indented."""
    first = 0
    for position in range(len(lines) + 1):
        ended = position == len(lines) or not lines[position][0]
        if ended or (position > first and lines[position][1] > lines[position - 1][1]):
            if position > first:
                yield first, position
            first = position + 1 if ended else position


def _paragraphs(run: Sequence[tuple[str, int]], first: int) -> Iterator[_Block]:
    """The run without a title above it, parted where a sentence ends in a line that had room for more."""
    columns = max(indent + len(text) for text, indent in run)
    start = 0
    for position in range(1, len(run) + 1):
        ended = position == len(run)
        if ended or (not _is_full(run[position - 1], run[position][0], columns) and _ends(run, position)):
            if position - start > 1:
                yield _Block(first + start, run[start:position])
            start = position


def _ends(run: Sequence[tuple[str, int]], position: int) -> bool:
    """Whether a paragraph or, at the top of the run, a title can end before this line."""
    return position == 1 or is_closed(run[position - 1][0])


def _is_full(line: tuple[str, int], following: str, columns: int) -> bool:
    """Whether a line had no room for the first word of the one below it."""
    text, indent = line
    return columns >= indent + len(text) > columns - 1 - len(following.split(maxsplit=1)[0])


def _hyphenated_words(lines: Sequence[tuple[str, int]]) -> frozenset[str]:
    """Each two parts of a word that a hyphen joins within a line."""
    words = (word for line, _ in lines if "-" in line for word in _HYPHENATED.findall(line))
    return frozenset(f"{left}-{right}" for word in words for left, right in pairwise(word.split("-")))


def _is_wrapped(block: Sequence[tuple[str, int]], columns: int) -> bool:
    if not LEAST_COLUMNS <= columns <= MOST_COLUMNS or any(_LISTED.match(text) for text, _ in block):
        return False
    small = sum(text[0].islower() for text, _ in block[1:])
    return 2 * small >= len(block) - 1 and all(
        _is_full(line, following, columns) for line, (following, _) in pairwise(block)
    )


def _join(block: Sequence[str], hyphenated: frozenset[str]) -> str:
    parts = [block[0]]
    for line in block[1:]:
        broken = _BROKEN_WORD.search(parts[-1])
        if not broken or not line[0].islower():
            parts += [" ", line]
            continue
        rest = re.match(r"\w*", line)
        as_written = broken[0] + (rest[0] if rest else "")
        parts[-1] = parts[-1] if as_written in hyphenated else parts[-1][:-1]
        parts.append(line)
    return "".join(parts)
