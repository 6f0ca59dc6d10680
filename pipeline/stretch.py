"""Where on a page the story stands: the stretch of lines, told from weights, reasons and layout."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.lines import LISTED, Line
from pipeline.sentences import is_closed

# What a line inside costs a stretch that reaches over it, in words.
REASON_COST = 5.0
CAPTION_COST = 1.0  # captions and advertisements stand in any story
LISTED_COST = 1.0  # items with a dash; menus have none
PLAIN_COST = 3.0
PLAIN_COST_FLAT = 9.0  # with neither layout nor blank lines, menus stand as near to the story as its own headings
CLOSED_COST = 1.0  # a short sentence
DEEPER_COST, DEEPER_MOST = 2.0, 24.0  # boxes in the story; all lines of one cost no more than the second
OUTER_COST, OUTER_MOST = 12.0, 60.0  # chapters' headings stand outside the element of the chapters' text
# A paragraph that has none beside it counts for less: feeds have one to a headline.
ALONE = 0.35
# A paragraph of the story can stand this many columns further in or out, if it has so many words.
DRIFT_COLUMNS, DRIFT_WORDS, DRIFT = 2, 60, 0.9
# After a heading of comments, behind this much prose, all prose counts for less.
COMMENTS_AFTER_WORDS, COMMENTED = 80, 0.25
# What speaks for a stretch: a date or an author's name in so many lines above it, and a headline in its words.
DATED, DATED_LINES = 60.0, 25
HEADED, HEADLINE_LINES, HEADLINE_WORDS = 60.0, 30, (3, 25)
HEADED_BY_LINES = 15
SHORT_STRETCH = 60.0
# The page's own story comes before the others: a later stretch counts for less beside one of this share before it.
COMPARABLE, LATER = 0.6, 0.75
COMPARED = 5
# Depths of a page that are looked at, those with the most prose; the time grows with them.
MOST_DEPTHS = 5


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines [start, end) of a page, whose paragraphs stand at one depth."""

    start: int
    end: int
    indent: int


def has_layout(lines: Sequence[Line]) -> bool:
    """Whether the page's lines are indented by their depth, as flattened HTML is."""
    return len({line.indent for line in lines}) >= 3


def story_stretch(lines: Sequence[Line]) -> Stretch | None:
    """The stretch that is the story: the most prose at one depth for the least between, dated, headed, and first.

    None for a page without a paragraph.
    """
    found = sorted(_candidates(lines), key=lambda candidate: (-candidate[0], candidate[1].start))[:COMPARED]
    scored = [(value + min(1.0, value / SHORT_STRETCH) * _standing(lines, at), at) for value, at in found]
    best, chosen = 0.0, None
    for value, at in scored:
        if any(other >= COMPARABLE * value and before.start < at.start for other, before in scored):
            value *= LATER
        if value > best:
            best, chosen = value, at
    return chosen


def _candidates(lines: Sequence[Line]) -> Iterator[tuple[float, Stretch]]:
    """(value, stretch) of each stretch that could be the story."""
    prose: dict[int, float] = {}
    for line in lines:
        if line.weight:
            prose[line.indent] = prose.get(line.indent, 0.0) + line.weight
    layout = has_layout(lines)
    for indent in sorted(prose, key=lambda depth: (-prose[depth], depth))[:MOST_DEPTHS]:
        yield from _at_depth(lines, indent, layout)


def _at_depth(lines: Sequence[Line], indent: int, layout: bool) -> Iterator[tuple[float, Stretch]]:
    """The best stretch at one depth from each point where nothing before is worth keeping (Kadane's algorithm)."""
    value = pending = aside = peak = 0.0
    start = end = prose_words = 0
    beside = commented = False
    for position, line in enumerate(lines):
        heads = position + 1 < len(lines) and bool(lines[position + 1].weight)
        if line.weight:
            prose_words += line.words
        commented = commented or (line.reason == "comments" and prose_words >= COMMENTS_AFTER_WORDS)
        if value + pending <= 0:
            if peak:
                yield peak, Stretch(start, end, indent)
            value = pending = aside = peak = 0.0
            start, beside = position, False
        if line.weight and (line.indent == indent or _drifts(line, indent)):
            weight = line.weight * (1.0 if line.indent == indent else DRIFT) * (COMMENTED if commented else 1.0)
            value += weight + pending if beside else weight * ALONE
            pending = 0.0 if beside else weight * (1 - ALONE)
            beside, aside = True, 0.0
            if value > peak:
                peak, end = value, position + 1
        elif line.indent == indent:
            value -= _cost(line, layout or heads)
            if line.reason in (None, "timestamp", "byline", "comments"):
                beside, pending = False, 0.0
        elif line.indent > indent:
            cost = max(0.0, min(DEEPER_COST, DEEPER_MOST - aside))
            value, aside = value - cost, aside + cost
        else:
            cost = max(0.0, min(OUTER_COST, OUTER_MOST - aside))
            value, aside = value - cost, aside + cost
            beside, pending = False, 0.0
    if peak:
        yield peak, Stretch(start, end, indent)


def _drifts(line: Line, indent: int) -> bool:
    return abs(line.indent - indent) <= DRIFT_COLUMNS and not line.is_bullet and line.words >= DRIFT_WORDS


def _cost(line: Line, cheap: bool) -> float:
    """What a line at the story's own depth that is no paragraph of it costs."""
    if line.reason is None:
        if LISTED.match(line.text):
            return LISTED_COST
        if is_closed(line.text):
            return CLOSED_COST
        return PLAIN_COST if cheap or line.stands_apart else PLAIN_COST_FLAT
    return CAPTION_COST if line.reason in ("caption", "advertisement") else REASON_COST


def _standing(lines: Sequence[Line], at: Stretch) -> float:
    """What the lines above say for a stretch."""
    above = lines[max(0, at.start - DATED_LINES) : at.start]
    dated = DATED if any(line.reason in ("timestamp", "byline") for line in above) else 0.0
    story = content_of(lines[at.start : min(at.end, at.start + HEADED_BY_LINES)])
    shared = 0.0
    for line in lines[max(0, at.start - HEADLINE_LINES) : at.start]:
        words = line.content if HEADLINE_WORDS[0] <= line.words <= HEADLINE_WORDS[1] else ()
        if len(words) > 1:
            common = len(story.intersection(words))
            shared = max(shared, common / len(words) * min(1.0, common / 3))
    return dated + HEADED * shared


def content_of(lines: Sequence[Line]) -> set[str]:
    """The words of some lines that carry meaning."""
    return set[str]().union(*(line.content for line in lines))
