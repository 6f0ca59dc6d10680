"""What stands at the end of a story and is about those who wrote or sent it."""

import re
from collections.abc import Sequence

from pipeline.line_rules import KEPT
from pipeline.page import PageLine

# What is about the author or the company is looked for in so many lines at the end.
ENDING_LINES = 8
_NAME = r"[A-Z\u00c0-\u024f][\w.&'’-]*"
_ABOUT = re.compile(
    rf"(?:About|Über|Sobre|Acerca de|À propos d[eu]|Over) (?:the (?:author|writer)|{_NAME}(?: {_NAME}){{0,4}}):?"
)
_WRITER = re.compile(
    rf"{_NAME}(?: {_NAME}){{0,3}} (?:is|was) (?:an?|the|our) .{{0,80}}?\b(?:reporter|writer|journalist|editor|columnist"
    r"|correspondent|curator|contributor|freelancer?|producer|blogger)\b"
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
    while True:
        kept = [position for position, label in enumerate(shorter) if label in KEPT and label != "title"]
        about = [at for at in kept[1:][-ENDING_LINES:] if _ABOUT.fullmatch(page[at].text)]
        if about:
            for position in kept[kept.index(about[0]) :]:
                shorter[position] = "footer"
        elif len(kept) > 1 and _is_of_the_writer(page[kept[-1]].text):
            shorter[kept[-1]] = "byline"
        else:
            return shorter


def _is_of_the_writer(text: str) -> bool:
    return text.count(" ") < MOST_WRITER_WORDS and bool(_WRITER.match(text))
