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
    while len(kept) > 1:
        window = kept[1:][-ABOUT_LINES:]
        about = next((at for at in window if _opens_about(page, at, window)), None)
        if about is not None:
            reason, cut = "footer", kept.index(about, len(kept) - len(window))
        elif _is_of_the_writer(page[kept[-1]].text):
            reason, cut = "byline", len(kept) - 1
        else:
            break
        for position in kept[cut:]:
            shorter[position] = reason
        del kept[cut:]
    return shorter


def _opens_about(page: Sequence[PageLine], position: int, window: Sequence[int]) -> bool:
    """Whether a line is the heading of what is said about the author, or about the sender who is named under it."""
    text = page[position].text
    if _ABOUT_WRITER.fullmatch(text):
        return True
    named = _ABOUT_NAME.fullmatch(text)
    return named is not None and any(named[1] in page[at].text for at in window if at > position)


def _is_of_the_writer(text: str) -> bool:
    return text.count(" ") < MOST_WRITER_WORDS and bool(_WRITER.match(text))
