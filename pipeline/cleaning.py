"""Cleaning: from a saved page, HTML or flattened text, to the article, with a reason for each dropped line."""

from collections import Counter
from collections.abc import Callable, Sequence

from pipeline.ending import without_ending
from pipeline.labelling import label_lines
from pipeline.language import language_of
from pipeline.line_rules import KEPT, has_date, is_byline, reason_for
from pipeline.lines import is_prose, word_count
from pipeline.opening import could_be_title
from pipeline.page import PageLine, caption_lines, is_html, page_lines, read_lines, readable
from pipeline.records import Article, Dropped
from pipeline.second_opinion import with_second_opinion

# A story with this share of all the page's sentences is no matter of doubt.
CLEAR_SHARE = 0.8
# A byline and a date are looked for in so many lines above the story's first, and in fewer below it.
FIELD_LINES_ABOVE, FIELD_LINES_BELOW = 25, 5


def clean(raw: str) -> Article:
    """The article in a saved page, HTML or flattened text; never raises on a string.

    What is kept stays as written, but for repaired characters and spacing. A page without an article gives an
    empty text.

    >>> page = '''Skip to main content
    ... Ferry fares rise
    ... By Ines Okafor
    ... Harbour ferries will cost more from May, the council has said.
    ... Read More »'''
    >>> article = clean(page)
    >>> article.text, article.byline
    ('Harbour ferries will cost more from May, the council has said.', 'By Ines Okafor')
    >>> [(dropped.line, dropped.reason) for dropped in article.dropped]
    [(1, 'navigation'), (3, 'byline'), (5, 'teaser')]
    """
    raw = readable(raw)
    page = read_lines(raw)
    labels = label_lines(page)
    if is_html(raw) and _is_doubtful(page, labels):
        labels = with_second_opinion(raw, page, labels)
    if is_html(raw):
        labels = _without_captions(page, labels, caption_lines(raw))
    return _article(page, without_ending(page, _titled(page, labels)))


def _is_doubtful(page: Sequence[PageLine], labels: Sequence[str]) -> bool:
    """Whether so many of the page's sentences stand apart from the story that another might be the story."""
    story = sum(word_count(line.text) for line, label in zip(page, labels, strict=True) if label in KEPT)
    dropped = (line.text for line, label in zip(page, labels, strict=True) if label not in KEPT)
    apart = sum(word_count(text) for text in dropped if is_prose(text, english=False) and not reason_for(text))
    return story < CLEAR_SHARE * (story + apart)


def _without_captions(page: Sequence[PageLine], labels: Sequence[str], captions: frozenset[str]) -> list[str]:
    """The labels, without the captions of pictures among the story's paragraphs, unless they are most of it."""
    captioned = [
        "caption" if label in KEPT and label != "title" and line.text in captions else label
        for line, label in zip(page, labels, strict=True)
    ]
    words = Counter[str]()
    for line, before, label in zip(page, labels, captioned, strict=True):
        words[label] += word_count(line.text) * (before in KEPT and before != "title")
    return captioned if words["text"] and words["text"] >= words["caption"] else [*labels]


def _titled(page: Sequence[PageLine], labels: Sequence[str]) -> list[str]:
    """The labels, with the first line as the title where none was found and it has the form of one."""
    kept = [position for position, label in enumerate(labels) if label in KEPT]
    titled = [*labels]
    if len(kept) > 1 and "title" not in labels and could_be_title(page[kept[0]].text):
        titled[kept[0]] = "title"
    return titled


def _article(page: Sequence[PageLine], labels: Sequence[str]) -> Article:
    labelled = list(zip(page, labels, strict=True))
    text = "\n\n".join(line.text for line, label in labelled if label in KEPT and label != "title")
    return Article(
        title=next((line.text for line, label in labelled if label == "title"), None),
        standfirst=next((line.text for line, label in labelled if label == "standfirst"), None),
        byline=_nearest(page, labels, "byline", is_byline),
        date=_nearest(page, labels, "timestamp", has_date),
        text=text,
        language=language_of(text),
        dropped=tuple(Dropped(line.number, line.text, label) for line, label in labelled if label not in KEPT),
    )


def _nearest(
    page: Sequence[PageLine], labels: Sequence[str], reason: str, is_wanted: Callable[[str], bool]
) -> str | None:
    """Of the wanted lines dropped for a reason the nearest above the story's first line, or right below it."""
    story = next((position for position, label in enumerate(labels) if label == "text"), None)
    if story is None:
        return None
    near = (*range(story - 1, max(-1, story - 1 - FIELD_LINES_ABOVE), -1), *range(story, story + FIELD_LINES_BELOW))
    of_reason = (page[at].text for at in near if at < len(labels) and labels[at] == reason)
    return next(filter(is_wanted, of_reason), None)


def explanation(raw: str) -> str:
    """Every line of a page that is not blank, with "kept" or the reason it was dropped, parted by a tab.

    >>> print(explanation("Menu\\nHarbour ferries will cost more from May, the council has said."))
    navigation	Menu
    kept	Harbour ferries will cost more from May, the council has said.
    """
    reasons = {dropped.line: dropped.reason for dropped in clean(raw).dropped}
    lines = enumerate(page_lines(raw), start=1)
    return "\n".join(f"{reasons.get(number, 'kept')}\t{line}" for number, line in lines if line)
