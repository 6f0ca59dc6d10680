"""What another extractor, which sees the elements of the HTML, says of the lines of a page (trafilatura)."""

from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.line_rules import KEPT, reason_for
from pipeline.lines import BULLET, described, is_prose, word_count
from pipeline.opening import could_be_title
from pipeline.page import PageLine

# The two are of one mind about where the story stands if so much of what either keeps is kept by both (F1, in words).
OF_ONE_MIND = 0.5
# A story of fewer words is given up for one of more that the other found.
SHORT_WORDS = 60
# Lines of the other's story are taken up to this many lines outside our own.
LINES_AROUND = 5
# A line this long is found in the other's text wherever it stands; shorter ones must be a line of it.
LEAST_PART_LETTERS = 20


def with_second_opinion(raw: str, page: Sequence[PageLine], labels: Sequence[str]) -> list[str]:
    """The labels, with what trafilatura keeps of the same story kept too.

    Where the two found different stories, ours stays, unless it is short and theirs is not; so it does where nothing of
    both is a full sentence, for that is no story by itself. Lines that a rule gives a reason for stay dropped.
    """
    agreed = _agreed(raw, page, labels)
    kept = [line for line, label in zip(page, agreed, strict=True) if label in KEPT]
    return agreed if any(line.is_prose for line in described(kept)) else [*labels]


def _agreed(raw: str, page: Sequence[PageLine], labels: Sequence[str]) -> list[str]:
    """The labels, with what trafilatura keeps of the same story, or of a longer one, kept too."""
    theirs = _kept_by_trafilatura(raw, page)
    ours = [label in KEPT and label != "title" for label in labels]
    sizes = [word_count(line.text) for line in page]
    both, our_words, their_words = (
        sum(size for size, keep in zip(sizes, kept, strict=True) if keep)
        for kept in ([a and b for a, b in zip(ours, theirs, strict=True)], ours, theirs)
    )
    if 2 * both >= OF_ONE_MIND * (our_words + their_words):
        kept = [position for position, our in enumerate(ours) if our]
        around = range(max(0, kept[0] - LINES_AROUND), min(len(page), kept[-1] + 1 + LINES_AROUND)) if kept else ()
        return _with_theirs(page, labels, theirs, around)
    if our_words < SHORT_WORDS <= their_words:
        none_ours = ["outside" if label in KEPT else label for label in labels]
        return _with_theirs(page, none_ours, theirs, range(len(page)))
    return [*labels]


def _with_theirs(
    page: Sequence[PageLine], labels: Sequence[str], theirs: Sequence[bool], where: Iterable[int]
) -> list[str]:
    """The labels, with the lines that trafilatura keeps in some part of the page kept, if no rule speaks against."""
    agreed = [*labels]
    for position in where:
        text = page[position].text
        if not theirs[position] or agreed[position] in KEPT or reason_for(text) is not None:
            continue
        listed = bool(BULLET.match(text)) and not is_prose(text, english=False)
        if not listed or (position and agreed[position - 1] in KEPT and _goes_on(page[position - 1].text)):
            agreed[position] = "heading" if could_be_title(text) else "text"
    return agreed


def _goes_on(text: str) -> bool:
    """Whether a list, or the next item of it, can follow."""
    return text.endswith(":") or bool(BULLET.match(text))


def _kept_by_trafilatura(raw: str, page: Sequence[PageLine]) -> list[bool]:
    """Whether each line of the page stands in what trafilatura extracts; all False for a page it cannot read."""
    from trafilatura import bare_extraction

    found: Any = bare_extraction(raw, fast=True, include_comments=False)
    paragraphs = [_letters(line) for line in (found.text or "").split("\n")] if found is not None else []
    whole, lines = "\n".join(paragraphs), set(paragraphs)
    keys = [_letters(line.text) for line in page]
    return [bool(key) and (key in lines or (len(key) >= LEAST_PART_LETTERS and key in whole)) for key in keys]


def _letters(line: str) -> str:
    """A line without the spacing and bullets in which two renderings of a page differ."""
    return "".join(filter(str.isalnum, line.casefold()))
