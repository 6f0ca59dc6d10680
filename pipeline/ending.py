"""What stands at the end of a story and is about those who wrote or sent it."""

import re
from collections.abc import Sequence

from pipeline.line_rules import KEPT
from pipeline.page import PageLine

# A heading "About ..." and what stands under it take at most so many lines at the end.
ABOUT_LINES = 4
_NAME = r"[A-Z\u00c0-\u024f][\w.&'’-]*"
_ABOUT_WRITER = re.compile(r"about the (?:author|writer)s?:?", re.IGNORECASE)
_ABOUT_NAME = re.compile(rf"(?:About|Über|Sobre|Acerca de|À propos d[eu]) ({_NAME}(?: {_NAME}){{0,4}}):?")
# "Ines Okafor is a reporter for the Quay Post."
_WRITER = re.compile(
    rf"(?!(?:It|This|That|He|She|The|There|What|Who) )(?:{_NAME} ){{1,4}}(?:is|was) (?:an?|the|our) "
    r"(?:[\w'’-]+ ){0,4}"
    r"(?:reporter|writer|journalist|editor|columnist|correspondent|curator|contributor|freelancer?|producer|blogger)"
    r"(?:,? (?:for|at|with|based|of|on|in|who|covering)\b|\W*$)"
)
MOST_WRITER_WORDS = 60


def without_ending(page: Sequence[PageLine], labels: Sequence[str]) -> list[str]:
    """The labels, with what a story's last lines say of its author or sender dropped.

    >>> from pipeline.page import read_lines
    >>> page = read_lines("It rained all day.\\n\\nInes Okafor is a reporter for the Quay Post.")
    >>> without_ending(page, ["text", "text"])
    ['text', 'byline']
    """
    shorter = [*labels]
    kept = [position for position, label in enumerate(labels) if label in KEPT and label != "title"]
    for position in kept[1:][-ABOUT_LINES:]:
        after = [page[at].text for at in kept if at > position]
        if _opens_about(page[position].text, after):
            for at in kept[kept.index(position) :]:
                shorter[at] = "footer"
            kept = kept[: kept.index(position)]
            break
    while len(kept) > 1 and _is_of_the_writer(page[kept[-1]].text):
        shorter[kept.pop()] = "byline"
    return shorter if shorter == [*labels] else without_ending(page, shorter)


def _opens_about(text: str, after: Sequence[str]) -> bool:
    """Whether a line is the heading of what is said about the author, or about the sender who is named under it."""
    if _ABOUT_WRITER.fullmatch(text):
        return True
    named = _ABOUT_NAME.fullmatch(text)
    return named is not None and any(named[1] in line for line in after)


def _is_of_the_writer(text: str) -> bool:
    return text.count(" ") < MOST_WRITER_WORDS and bool(_WRITER.match(text))
