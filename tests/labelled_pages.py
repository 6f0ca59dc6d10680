"""Pages of seeds/labelled_pages: HTML in which `data-label` says of each visible text what it is."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from inscriptis import get_text
from lxml import html

from pipeline.line_rules import KEPT, REASONS

LABELS = sorted(KEPT | set(REASONS))
# Before each text a character of the private use area that stands for its label goes through the flattening with it.
FIRST_MARK = 0xE000
INVISIBLE = {"script", "style", "noscript", "template"}


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page as a site serves it, and what each line of its flattened text is."""

    html: str
    lines: tuple[tuple[str, str], ...]  # label, line

    @property
    def text(self) -> str:
        """The page without its HTML, clutter and all."""
        return str(get_text(self.html))


def read_labelled_page(path: Path) -> LabelledPage:
    """A page and its labels; raises ValueError for a text without one, an unknown one, and a line of several kinds."""
    raw = path.read_text(encoding="utf-8")
    lines = [_labelled(line) for line in get_text(_marked(raw)).split("\n") if line.strip()]
    return LabelledPage(re.sub(r'\s+data-label="[^"]*"', "", raw), tuple(lines))


def _marked(raw: str) -> str:
    tree = html.document_fromstring(raw)
    for element in tree.find("body").iter():
        if not isinstance(element.tag, str):
            continue
        hidden = element.tag in INVISIBLE
        element.text = element.text if hidden else _mark(element.text, element)
        if element.tag != "body":
            element.tail = _mark(element.tail, element.getparent())
    return str(html.tostring(tree, encoding="unicode"))


def _mark(text: str | None, element: html.HtmlElement) -> str | None:
    if not text or not text.strip():
        return text
    label = next(iter(element.xpath("ancestor-or-self::*[@data-label][1]/@data-label")), None)
    if label not in LABELS:
        raise ValueError(f"'{text.strip()[:60]}' has label {label!r}; known labels: {', '.join(LABELS)}")
    rest = text.lstrip()
    return text[: len(text) - len(rest)] + chr(FIRST_MARK + LABELS.index(label)) + rest


def _labelled(line: str) -> tuple[str, str]:
    """Most of a line has this label; all of it is either kept or not."""
    letters: Counter[str] = Counter()
    label, text = "", ""
    for character in line:
        if 0 <= ord(character) - FIRST_MARK < len(LABELS):
            label = LABELS[ord(character) - FIRST_MARK]
        else:
            text += character
            letters[label] += not character.isspace()
    kinds = {label in KEPT for label, count in letters.items() if count and label}
    if len(kinds) > 1:
        raise ValueError(f"'{text.strip()[:60]}' is kept in part")
    best = next((label for label, _ in letters.most_common() if label), "navigation")  # a bullet without a text
    return best, " ".join(text.split())
