"""A label for each line of a page: what of the story it is, or the reason it is dropped for."""

from collections.abc import Iterator, Sequence

from pipeline.language import english_share
from pipeline.line_rules import KEPT, is_quoted_post
from pipeline.lines import ENGLISH_PAGE_SHARE, LISTED, LONG_WORDS, PROSE_WORDS, Line, described, reads_like_terms
from pipeline.opening import find_title, standfirst_after
from pipeline.page import PageLine
from pipeline.sentences import is_closed
from pipeline.stretch import Stretch, has_layout, story_stretch

# inscriptis indents a list by four columns and a division, such as a quotation's, by two.
QUOTE_COLUMNS, LIST_COLUMNS = 2, 4
# A heading of a chapter has at most so many words, and stands as far out as a quotation stands in.
MOST_HEADING_WORDS = 12
# A paragraph that lost its full stop has at least so many words.
OPEN_PARAGRAPH_WORDS = 12
# A pull quote stands this near to the paragraph it is taken from, and has so many words.
PULL_QUOTE_LINES = 15
PULL_QUOTE_WORDS = (4, 60)
# What stands under a heading of these, no further out and within so many lines, is dropped for its reason.
HEADING_REASONS = frozenset({"teaser", "comments", "tags", "consent", "sign-up", "advertisement"})
HEADED_LINES = 20
# A text of at most so many lines is no page with clutter around a story; with so many words it is a headline and blurb.
BRIEF_LINES, BRIEF_WORDS = 3, 10
# The language of a story is told from so much of it, and a line's from its share of letters that English lacks.
STORY_CHARACTERS = 1000
FOREIGN_SHARE = 0.1


def label_lines(page: Sequence[PageLine]) -> list[str]:
    """A label for each line of a page: one of `KEPT`, or the reason from `REASONS` it is dropped for.

    1. each line is described by itself: its reason to be dropped, if a rule gives one, its shape, its weight;
    2. the story is the stretch of lines with the most prose at one depth of the page for the least between;
    3. its title is looked for above it, and the stretch is widened by what belongs to it at both ends;
    4. inside, what has a reason is dropped, and what stands deeper is looked at for lists, quotations and boxes;
    5. outside, lines keep their rule's reason or get one by where they stand.

    A text that shows no clutter, each line of it parted by a blank one, is kept whole; so is a headline with a blurb
    that has no full stop, as rows of tables hold them.

    >>> from pipeline.page import read_lines
    >>> label_lines(read_lines("Menu\\nFerry fares rise\\nHarbour ferries will cost more from May, the council said."))
    ['navigation', 'title', 'text']
    """
    lines = described(page)
    layout = has_layout(lines)
    if not layout:
        for line in lines:
            line.indent = 0
    if _is_clean(page, lines):
        return [_kept_label(line) for line in lines]
    stretch = story_stretch(lines)
    if stretch is None:
        return [_kept_label(line) if _is_brief(lines) else line.reason or "navigation" for line in lines]
    title = find_title(lines, stretch)
    start, end = _widened(lines, stretch, 0 if title is None else title + 1, layout)
    labels = _outside(lines, start, end)
    labels[start:end] = _inside(lines[start:end], stretch.indent, layout)
    if title is not None:
        labels[title] = "title"
        standfirst = standfirst_after(lines, title, start)
        if standfirst is not None:
            labels[standfirst] = "standfirst"
    _mark_repeated(lines, labels)
    _name_foreign(lines, labels)
    return labels


def _is_brief(lines: Sequence[Line]) -> bool:
    """Whether this is no page but a headline and a blurb: a few lines, words enough for a sentence, and no clutter.

    A headline may end as a caption does, with the agency in brackets.
    """
    few = len(lines) <= BRIEF_LINES and not any(line.reason for line in lines[1:])
    return few and lines[0].reason in (None, "caption") and sum(line.words for line in lines) >= BRIEF_WORDS


def _is_clean(page: Sequence[PageLine], lines: Sequence[Line]) -> bool:
    """Whether this is a text as cleaning leaves it: paragraphs, none of which has a reason to be dropped."""
    apart = all(line.after_blank and line.indent == 0 for line in page)
    return apart and any(line.is_prose for line in lines) and all(line.reason is None for line in lines[1:])


def _kept_label(line: Line) -> str:
    return "heading" if _is_open(line) and line.words <= MOST_HEADING_WORDS else "text"


def _widened(lines: Sequence[Line], stretch: Stretch, least_start: int, layout: bool) -> tuple[int, int]:
    """The stretch with the lines at both ends that belong to it though they are no paragraphs."""
    start, end, indent = stretch.start, stretch.end, stretch.indent
    while end < len(lines) and lines[end].reason is None and _continues(lines[end], indent, layout):
        end += 1
    while start > least_start and _precedes(lines[start - 1], indent, layout):
        start -= 1
    return start, end


def _continues(line: Line, indent: int, layout: bool) -> bool:
    if not layout:
        # A list that ends the story, or a short last word.
        return bool(LISTED.match(line.text)) or (line.words < PROSE_WORDS and is_closed(line.text))
    quoted = indent < line.indent <= indent + QUOTE_COLUMNS and bool(line.weight) and not line.is_bullet
    return line.indent == indent or quoted or is_quoted_post(line.text)


def _precedes(line: Line, indent: int, layout: bool) -> bool:
    if line.reason or line.is_bullet or abs(line.indent - indent) > QUOTE_COLUMNS:
        return False
    return bool(line.weight) or (layout and line.indent == indent and line.words >= OPEN_PARAGRAPH_WORDS)


def _inside(lines: Sequence[Line], indent: int, layout: bool) -> list[str]:
    """Labels of the story's own stretch, which begins and ends with what is kept."""
    labels: list[str] = []
    for position, line in enumerate(lines):
        if line.reason:
            labels.append(line.reason)
        elif line.indent == indent or _belongs(lines, position, indent, labels):
            labels.append(_kept_label(line))
        else:
            labels.append("teaser" if line.is_bullet or not line.is_prose else "outside")
    if not layout:
        _drop_runs_of_headings(lines, labels)
    return labels


def _belongs(lines: Sequence[Line], position: int, indent: int, labels: Sequence[str]) -> bool:
    """Whether a line that stands further in or out than the story's paragraphs is a part of it."""
    line = lines[position]
    before = lines[position - 1] if position and labels[-1] in KEPT else None
    after = lines[position + 1] if position + 1 < len(lines) else None
    if line.indent < indent:
        heads = before is not None and line.words <= MOST_HEADING_WORDS and line.indent >= indent - QUOTE_COLUMNS
        return bool(line.weight) or heads
    if is_quoted_post(line.text):
        return True
    if line.is_bullet:
        announced = before is not None and (
            before.text.endswith(":") or (before.is_bullet and before.indent == line.indent)
        )
        return before is not None and line.indent <= indent + LIST_COLUMNS and (line.is_prose or announced)
    posted = after is not None and after.indent == line.indent and is_quoted_post(after.text)
    if line.indent <= indent + QUOTE_COLUMNS and (line.is_prose or posted):
        return True
    neighbours = (lines[position - 1] if position else None, after)
    return line.is_prose and any(
        near is not None and near.is_prose and near.indent == line.indent for near in neighbours
    )


def _drop_runs_of_headings(lines: Sequence[Line], labels: list[str]) -> None:
    """Without layout, short lines in a row are links to other stories, but for lists that a paragraph announces."""
    kinds = ["open" if label in KEPT and _is_open(line) else label for line, label in zip(lines, labels, strict=True)]
    for first, after in _runs_of(kinds, "open"):
        announced = first > 0 and labels[first - 1] == "text" and lines[first - 1].text.endswith(":")
        if announced:
            labels[first:after] = ["text"] * (after - first)
        elif after - first > 1 or after == len(labels) or labels[after] not in KEPT:
            labels[first:after] = ["teaser"] * (after - first)


def _is_open(line: Line) -> bool:
    """Whether a line is neither a paragraph, nor a sentence, nor a list's item or what announces one."""
    closed = is_closed(line.text) or line.text.endswith((":", "："))
    return not (line.is_prose or closed or line.is_bullet or LISTED.match(line.text))


def _runs_of(labels: Sequence[str], wanted: str) -> Iterator[tuple[int, int]]:
    """Each stretch [first, after) of one label."""
    position = 0
    while position < len(labels):
        after = position
        while after < len(labels) and labels[after] == wanted:
            after += 1
        if after > position:
            yield position, after
        position = after + 1


def _outside(lines: Sequence[Line], start: int, end: int) -> list[str]:
    """Reasons for all lines as if none were of the story: a rule's, else that of the heading they stand under."""
    labels: list[str] = []
    head: Line | None = None
    below = 0
    for position, line in enumerate(lines):
        below += 1
        if head is not None and (line.indent < head.indent or below > HEADED_LINES or position in (start, end)):
            head = None
        if line.reason in HEADING_REASONS:
            head, below = line, 0
        if line.reason:
            labels.append(line.reason)
        elif head is not None and head.reason is not None:
            labels.append(head.reason)
        elif line.is_prose or line.words >= LONG_WORDS:
            labels.append("footer" if reads_like_terms(line.text, line.words) else "outside")
        else:
            labels.append("navigation")
    return labels


def _mark_repeated(lines: Sequence[Line], labels: list[str]) -> None:
    """What is kept elsewhere is said twice; so is a line that stands word by word in a paragraph near it."""
    said = {line.text for line, label in zip(lines, labels, strict=True) if label in KEPT}
    for position, line in enumerate(lines):
        if labels[position] in ("navigation", "outside") and line.text in said:
            labels[position] = "repeated"
    kept = {at: lines[at].text.casefold() for at, label in enumerate(labels) if label == "text"}
    for position, text in kept.items():
        line = lines[position]
        if not PULL_QUOTE_WORDS[0] <= line.words <= PULL_QUOTE_WORDS[1]:
            continue
        wanted = text.strip("\"'“”‘’«» .…")
        for other in range(max(0, position - PULL_QUOTE_LINES), position + PULL_QUOTE_LINES + 1):
            if other == position or other not in kept or labels[other] != "text" or wanted not in kept[other]:
                continue
            if lines[other].words > line.words or (other < position and line.is_prose):
                labels[position] = "repeated"
                break


def _name_foreign(lines: Sequence[Line], labels: list[str]) -> None:
    """Around an English story, what has letters that English lacks is in another language."""
    story = " ".join(line.text for line, label in zip(lines, labels, strict=True) if label == "text")
    if english_share(story[:STORY_CHARACTERS]) < ENGLISH_PAGE_SHARE:
        return
    for position, line in enumerate(lines):
        if labels[position] in ("navigation", "outside") and not line.text.isascii():
            letters = [character for character in line.text if character.isalpha()]
            if sum(not letter.isascii() for letter in letters) > FOREIGN_SHARE * len(letters):
                labels[position] = "foreign"
