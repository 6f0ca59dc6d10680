"""A saved page as lines: repaired, numbered, with what flattening leaves of its layout."""

import re
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from pipeline.deep_html import text_without_depth
from pipeline.repairing import MAX_CHARACTERS, line_ends, repair_line
from pipeline.wrapping import unwrapped

_HTML_OPENING = re.compile(r"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body|\?xml)\b", re.I | re.S)
_HTML_CLOSING = re.compile(r"</(?:p|div|html|body|article|td|span|li|h[1-6])\s*>", re.I)
# A page is HTML if it closes this many elements in its beginning.
CLOSED_ELEMENTS = 2
HTML_CHARACTERS = 200_000
# A tag with more attributes than this stands without any: libxml2 compares each with all before it, which takes 28
# seconds for 50,000. Pages of newsrooms have ten or so.
MOST_ATTRIBUTES = 1000
_VALUE = r"""\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'<>]++)"""
_OVERLOADED_TAG = re.compile(
    rf"""<([a-z][^\s<>/"'=]*+)(?:[\s/]++[^\s=<>/"']++(?:{_VALUE})?){{{MOST_ATTRIBUTES + 1},}}+""", re.IGNORECASE
)
# An element without others in it that its own style hides from readers; display: none is seen by inscriptis.
_HIDDEN = re.compile(
    r"""<(span|div|p|font|b|i|em|strong|small|li|td|section|aside)\b[^<>]{0,1000}?\bstyle\s*=\s*["'][^"'<>]{0,1000}?"""
    r"""(?:(?:font-size|opacity):\s*0(?![.\d])|visibility:\s*hidden|(?:left|top|text-indent):\s*-\d{3,})"""
    r"""[^<>]{0,1000}>[^<]*+</\1\s*>""",
    re.IGNORECASE,
)
_CAPTION_TAG = re.compile(r"<(/?)figcaption\b[^<>]{0,1000}>", re.IGNORECASE)
_TAG = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)
_NO_CHARACTER = re.compile("[\ud800-\udfff]")
# "## Fewer boats": a heading of Markdown.
_HEADING_MARKS = re.compile(r"^([ \t]*)#{1,6} +(?=\S)", re.MULTILINE)


class PageLine(NamedTuple):
    """A line of a page that is not blank."""

    number: int  # 1-based, in the page or, of HTML, in its flattened text
    text: str  # repaired
    indent: int  # columns before the text: in flattened HTML, the depth of the element
    after_blank: bool


def is_html(raw: str) -> bool:
    """Whether a page is HTML: it opens like a document, or closes several elements.

    >>> is_html("<html><body>Hello"), is_html("Use <p> for a paragraph."), is_html("a < b > c")
    (True, False, False)
    """
    if "<" not in raw:
        return False
    closed = islice(_HTML_CLOSING.finditer(raw[:HTML_CHARACTERS]), CLOSED_ELEMENTS)
    return bool(_HTML_OPENING.match(raw)) or len(list(closed)) == CLOSED_ELEMENTS


def readable(raw: str) -> str:
    r"""The part of a page that is read, without what no parser takes: NUL, halves of surrogates, overloaded tags.

    >>> readable("It rained\x00 all day\ud800.")
    'It rained all day.'
    """
    raw = raw[:MAX_CHARACTERS]
    try:
        raw.encode("utf-8")
    except UnicodeEncodeError:
        raw = _NO_CHARACTER.sub("", raw)
    raw = raw.replace("\x00", "")
    return _HIDDEN.sub("", _OVERLOADED_TAG.sub(r"<\1", raw)) if is_html(raw) else raw


def flattened(raw: str) -> str:
    r"""The visible text of an HTML page, line by line, indented by the depth of its elements (inscriptis).

    A page that is nested too deep for inscriptis, or for the parser below it, gives its text without depth.

    >>> flattened("<p>It rained.</p><ul><li>All day</li></ul>").split("\n")
    ['It rained.', '', '  * All day']
    """
    from inscriptis import get_text

    try:
        text = str(get_text(raw))
    except RecursionError:
        text = ""
    return text if text.strip() else text_without_depth(raw)


def page_lines(raw: str) -> list[str]:
    """The lines of a page as `Dropped.line` counts them: of the text itself, or of the HTML flattened.

    A paragraph that was wrapped over several lines stands whole in the first of them; the others are empty.
    """
    return [text for text, _ in _repaired(raw)]


def read_lines(raw: str) -> list[PageLine]:
    """The lines of a page that are not blank.

    >>> [(line.number, line.text, line.indent) for line in read_lines("Menu\\n\\n  It&nbsp;rained.")]
    [(1, 'Menu', 0), (3, 'It rained.', 2)]
    """
    found: list[PageLine] = []
    blank = True
    for number, (text, indent) in enumerate(_repaired(raw), start=1):
        if text:
            found.append(PageLine(number, text, indent, blank))
        blank = not text
    return found


def caption_lines(raw: str) -> frozenset[str]:
    """The lines of an HTML page that stand in captions of pictures (`figcaption`), as `read_lines` gives them.

    >>> figures = "<figcaption>The old pier</figcaption><figcaption>The new one</figcaption>"
    >>> sorted(caption_lines(f"<html>{figures}<p>It rained.</p></figcaption></html>"))
    ['The new one', 'The old pier']
    """
    parts = _CAPTION_TAG.split(raw)  # a text, then by turns whether the tag behind it closes and the next text
    between = zip(parts[1::2], parts[2::2], parts[3::2], strict=False)
    captions = "".join(f"<div>{text}</div>" for closed, text, closes in between if closes and not closed)
    return frozenset(line.text for line in read_lines(f"<html>{captions}</html>")) if captions else frozenset()


def _repaired(raw: str) -> list[tuple[str, int]]:
    """(text, indent) of each line; what of them reads like HTML is escaped, so that they are lines of text again."""
    raw = readable(raw)
    html = is_html(raw)
    text = _HEADING_MARKS.sub(r"\1", line_ends(flattened(raw) if html else raw))
    lines = [(repair_line(line), _indent(line)) if line else ("", 0) for line in text.split("\n")]
    if any("</" in line or "<!" in line or "<?" in line for line, _ in lines) and is_html(
        "\n".join(map(itemgetter(0), lines))
    ):
        lines = [(_with_escaped_tags(line), indent) for line, indent in lines]
    return lines if html else unwrapped(lines)


def _with_escaped_tags(line: str) -> str:
    """A line with its tags escaped, repaired again if it had any: other words may stand apart now."""
    escaped = _TAG.sub("&lt;", line)
    return line if escaped == line else repair_line(escaped)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t\xa0")) if line[:1].isspace() else 0
