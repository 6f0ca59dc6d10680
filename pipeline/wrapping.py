"""Paragraphs that were wrapped at a column, made whole again."""

import re
from collections.abc import Iterator, Sequence

# Plain text is wrapped at 60 to 80 columns; narrower and wider wraps are seen in mails and editors.
LEAST_COLUMNS, MOST_COLUMNS = 45, 110
# Two full lines can be chance; from three on, the column of a page is told, and pairs are held against it.
LEAST_LINES = 3
_LISTED = re.compile(r"^(?:[*+•·>|#-]|\d+[.)]) ")
_BROKEN_WORD = re.compile(r"[^\W\d_]{2,}-$")


def unwrapped(lines: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """(text, indent) of each line, with each wrapped paragraph whole in its first line and the rest of it empty.

    A run of lines without a blank one between is a wrapped paragraph if no line but the last could have held the
    next one's first word, and half of the lines or more go on in small letters. A word broken by a hyphen at the
    line's end is joined, unless the page has it with the hyphen elsewhere.

    >>> text = [
    ...     "The council has said that harbour ferries will cost more",
    ...     "from May, and that the last boat will leave at nine, an hour",
    ...     "earlier than it has left since the old pier was closed.",
    ... ]
    >>> [len(line) for line, _ in unwrapped([(line, 0) for line in text])]
    [173, 0, 0]
    """
    blocks = [(first, [text for text, _ in lines[first:after]]) for first, after in _blocks(lines)]
    columns = [
        _columns(block) for _, block in blocks if len(block) >= LEAST_LINES and _is_wrapped(block, _columns(block))
    ]
    if not columns:
        return list(lines)
    page = "\n".join(text for text, _ in lines)
    joined = list(lines)
    for first, block in blocks:
        if _is_wrapped(block, _columns(block) if len(block) >= LEAST_LINES else max(columns)):
            joined[first : first + len(block)] = [(_join(block, page), lines[first][1])] + [("", 0)] * (len(block) - 1)
    return joined


def _blocks(lines: Sequence[tuple[str, int]]) -> Iterator[tuple[int, int]]:
    """Each run [first, after) of two lines or more that are not blank."""
    first = 0
    for position in range(len(lines) + 1):
        if position == len(lines) or not lines[position][0]:
            if position - first > 1:
                yield first, position
            first = position + 1


def _columns(block: Sequence[str]) -> int:
    return max(map(len, block))


def _is_wrapped(block: Sequence[str], columns: int) -> bool:
    if not LEAST_COLUMNS <= columns <= MOST_COLUMNS or any(_LISTED.match(line) for line in block):
        return False
    small = sum(line[0].islower() for line in block[1:])
    following = (line.split(maxsplit=1)[0] for line in block[1:])
    full = (columns >= len(line) > columns - 1 - len(word) for line, word in zip(block, following, strict=False))
    return 2 * small >= len(block) - 1 and all(full)


def _join(block: Sequence[str], page: str) -> str:
    parts = [block[0]]
    for line in block[1:]:
        broken = _BROKEN_WORD.search(parts[-1])
        if not broken or not line[0].islower():
            parts += [" ", line]
            continue
        rest = re.match(r"\w*", line)
        hyphenated = broken[0] + (rest[0] if rest else "")
        parts[-1] = parts[-1] if hyphenated in page else parts[-1][:-1]
        parts.append(line)
    return "".join(parts)
