"""Cleaning: from a saved page, HTML or flattened text, to the article, with a reason for each dropped line."""

import re
from collections.abc import Sequence
from typing import Any

from pipeline.language import language_of
from pipeline.line_rules import KEPT, REASONS
from pipeline.lines import label_lines
from pipeline.records import Article, Dropped
from pipeline.repairing import MAX_CHARACTERS, repair

# A line of the flattened page this long that stands inside a paragraph of the story is a part of it.
LEAST_PART_LETTERS = 20
# Each pass over what the last one kept drops less; pages seen so far settle after one to three.
MOST_PASSES = 10

_HTML_OPENING = re.compile(r"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body|\?xml)\b", re.I | re.S)
_HTML_CLOSING = re.compile(r"</(?:p|div|html|body|article|td|span|li|h[1-6])\s*>", re.I)


def clean(raw: str) -> Article:
    """The article in a saved page, HTML or flattened text; never raises on a string.

    What is kept stays as written, but for repaired characters and spacing. A page without an article gives an
    empty text.

    >>> page = '''Skip to main content
    ... Ferry fares rise
    ... Harbour ferries will cost more from May, the council has said.
    ... Read More »'''
    >>> article = clean(page)
    >>> article.text
    'Harbour ferries will cost more from May, the council has said.'
    >>> [(dropped.line, dropped.reason) for dropped in article.dropped]
    [(1, 'navigation'), (4, 'teaser')]
    """
    raw = raw[:MAX_CHARACTERS]
    return _clean_html(raw) if is_html(raw) else _clean_text(raw)


def is_html(raw: str) -> bool:
    """Whether a page is HTML: it opens like a document, or closes several elements.

    >>> is_html("<html><body>Hello"), is_html("Use <p> for a paragraph."), is_html("a < b > c")
    (True, False, False)
    """
    return bool(_HTML_OPENING.match(raw)) or len(_HTML_CLOSING.findall(raw[:200_000])) >= 2


def page_lines(raw: str) -> list[str]:
    """The lines of a page as `Dropped.line` counts them: of the text itself, or of the HTML flattened."""
    raw = raw[:MAX_CHARACTERS]
    return repair(_flatten(raw) if is_html(raw) else raw).split("\n")


def _clean_text(raw: str) -> Article:
    lines = page_lines(raw)
    numbers = [number for number, line in enumerate(lines, start=1) if line]
    labels = _settled_labels([lines[number - 1] for number in numbers])
    labelled = [(number, lines[number - 1], label) for number, label in zip(numbers, labels, strict=True)]
    return _article(labelled)


def _settled_labels(lines: Sequence[str]) -> list[str]:
    """Labels that stay the same when what was kept is cleaned again: passes until nothing more is dropped."""
    labels = label_lines(lines)
    for _ in range(MOST_PASSES):
        kept = [position for position, label in enumerate(labels) if label in KEPT]
        again = label_lines([lines[position] for position in kept])
        for position, label in zip(kept, again, strict=True):
            labels[position] = label
        if all(label in KEPT for label in again):
            break
    return labels


def _article(labelled: Sequence[tuple[int, str, str]]) -> Article:
    """An article from (line number, line, label)."""
    title = next((line for _, line, label in labelled if label == "title"), None)
    text = "\n\n".join(line for _, line, label in labelled if label in KEPT and label != "title")
    dropped = tuple(Dropped(number, line, label) for number, line, label in labelled if label not in KEPT)
    return Article(title=title, text=text, language=language_of(text), dropped=dropped)


def _clean_html(raw: str) -> Article:
    """trafilatura finds the story; the line rules remove what it leaves and name what the page had besides."""
    title, paragraphs = _extract(raw)
    story = [line for line in repair("\n".join(paragraphs)).split("\n") if line]
    if title and (not story or story[0].casefold() != title.casefold()):
        story = [title, *(line for line in story if line.casefold() != title.casefold())]
    labels = _settled_labels(story)
    kept = _article([(0, line, label) for line, label in zip(story, labels, strict=True) if label in KEPT])
    in_story = {_key(line): label for line, label in zip(story, labels, strict=True)}
    whole_story = _key(kept.whole)
    lines = page_lines(raw)
    numbers = [number for number, line in enumerate(lines, start=1) if line]
    by_rules = label_lines([lines[number - 1] for number in numbers])
    dropped = []
    for number, rule in zip(numbers, by_rules, strict=True):
        key = _key(lines[number - 1])
        part = len(key) >= LEAST_PART_LETTERS and key in whole_story
        label = in_story.get(key) or ("text" if part else rule if rule in REASONS else "outside")
        if label not in KEPT:
            dropped.append(Dropped(number, lines[number - 1], label))
    return Article(kept.title, kept.text, kept.language, tuple(dropped))


def _extract(raw: str) -> tuple[str | None, list[str]]:
    """Title and paragraphs that trafilatura finds; none for a page it cannot read."""
    from trafilatura import bare_extraction

    found: Any = bare_extraction(raw, include_comments=False, include_tables=False)
    if found is None:
        return None, []
    title = " ".join(repair(found.title or "").split()) or None
    return title, (found.text or "").split("\n")


def _flatten(raw: str) -> str:
    """The visible text of a page, line by line (inscriptis)."""
    from inscriptis import get_text

    return str(get_text(raw))


def _key(line: str) -> str:
    """A line without the spacing and bullets in which two renderings of a page differ."""
    return "".join(character for character in line.casefold() if character.isalnum())


def explanation(raw: str) -> str:
    """Every line of a page that is not blank, with "kept" or the reason it was dropped, parted by a tab.

    >>> print(explanation("Menu\\nHarbour ferries will cost more from May, the council has said."))
    navigation	Menu
    kept	Harbour ferries will cost more from May, the council has said.
    """
    reasons = {dropped.line: dropped.reason for dropped in clean(raw).dropped}
    lines = enumerate(page_lines(raw), start=1)
    return "\n".join(f"{reasons.get(number, 'kept')}\t{line}" for number, line in lines if line)
