"""Which lines of a page are the story, told from their rules, their shape and their neighbours."""

import re
from collections.abc import Iterator, Sequence

from pipeline.language import language_of
from pipeline.line_rules import reason_for
from pipeline.sentences import is_closed

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Letters of scripts that part no words; two make about a word.
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
LETTERS_PER_WORD = 2
# A lead-in that ends in a colon, a line of scores or figures.
_NO_TITLE = re.compile(r":$|(?:\d+\D+){4}")
_LISTED = re.compile(r"[-–—] ?\w")
_FUNCTION_WORDS = frozenset(
    (
        "a an the of to in on at by for from with and or but that which who as is are was were be been has have had "
        "will would can could may it its he she they we his her their this these not said says than after before"
    ).split()
)
# A line of at least this many words that closes like a sentence is prose; longer ones need no full stop.
PROSE_WORDS = 8
LONG_WORDS = 30
# What a line that is not prose costs a block that wants to reach over it, in words.
GAP_WORDS = 9
# Titles of the BBC corpus have 2 to 9 words; headlines elsewhere up to about 25.
MOST_TITLE_WORDS = 25
# Words shared with the story beyond which a longer line is no better a title.
ENOUGH_SHARED = 6
# A line this long right under a shorter one is the standfirst, and that one the title.
STANDFIRST_WORDS = 14
# Lines of the opening of a page in which a title without a word of the story is believed.
TITLE_LINES = 3


def is_prose(line: str, english: bool = True) -> bool:
    """Whether a line reads like a paragraph: enough words, in English small ones among them, closed like a sentence.

    >>> is_prose("The council has said that fares will rise in May."), is_prose("Fares to rise in May")
    (True, False)
    >>> is_prose("Der Rat hat gesagt, dass die Fähre ab Mai teurer wird.", english=False)
    True
    """
    words = [word.lower() for word in _WORD.findall(line[:2000])]
    count = len(words) + len(_UNSPACED.findall(line[:2000])) // LETTERS_PER_WORD
    if count < PROSE_WORDS or (english and not _FUNCTION_WORDS.intersection(words)):
        return False
    return is_closed(line[-20:]) or count >= LONG_WORDS


def _in_english(lines: Sequence[str]) -> bool:
    """Whether the lines that have the shape of prose are in English, or too few to tell."""
    return language_of(" ".join(line for line in lines if is_prose(line, english=False))) in (None, "en")


def label_lines(lines: Sequence[str]) -> list[str]:
    """A label for each line of a page: one of `KEPT`, or the reason from `REASONS` it is dropped for.

    1. each line is asked for a rule's reason and whether it is prose;
    2. the story is the stretch of lines with the most prose for the least clutter;
    3. its title is looked for among the lines before it;
    4. what is left inside the stretch is told apart: headings, short sentences, lists, teasers;
    5. lines outside keep their rule's reason, or count as navigation.

    `lines` are repaired, stripped and not blank.

    >>> label_lines(["Menu", "Ferry fares rise", "Harbour ferries will cost more from May, the council said."])
    ['navigation', 'title', 'text']
    """
    reasons = [reason_for(line) for line in lines]
    english = _in_english(lines)
    shaped = [is_prose(line, english) for line in lines]
    _mark_repeats(lines, reasons, shaped)
    _mark_teased(lines, reasons)
    prose = [reason is None and shape for reason, shape in zip(reasons, shaped, strict=True)]
    start, end = _story(lines, prose)
    while start < end < len(lines) and reasons[end] is None and _LISTED.match(lines[end]):
        end += 1  # a list that ends the story
    labels = [reason or "navigation" for reason in reasons]
    labels[start:end] = _inside(lines[start:end], reasons[start:end], prose[start:end])
    _name_opening(lines, reasons, labels, start, end)
    return labels


def _mark_repeats(lines: Sequence[str], reasons: list[str | None], shaped: Sequence[bool]) -> None:
    """Of equal lines one stays: the first of prose, the last of others, since contents come before their headings."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for position, line in enumerate(lines):
        first.setdefault(line.casefold(), position)
        last[line.casefold()] = position
    for position, line in enumerate(lines):
        stays = (first if shaped[position] else last)[line.casefold()]
        if reasons[position] is None and stays != position and len(line.split()) > 1:
            reasons[position] = "repeated"


def _mark_teased(lines: Sequence[str], reasons: list[str | None]) -> None:
    """A line without a full stop right before a bare "Read more" is the story that it leads to."""
    for position in range(len(lines) - 1):
        following = lines[position + 1]
        bare = reasons[position + 1] == "teaser" and len(following.split()) <= 4
        open_ended = reasons[position] is None and not lines[position].endswith((".", '."', ".”", ".’"))
        if bare and open_ended and following.casefold().startswith(("read ", "see ", "watch ")):
            reasons[position] = "teaser"


def _story(lines: Sequence[str], prose: Sequence[bool]) -> tuple[int, int]:
    """The stretch [start, end) with the largest sum of prose words less gaps (Kadane's algorithm)."""
    best, best_range, running, start = 0, (0, 0), 0, 0
    for position, line in enumerate(lines):
        if running <= 0:
            running, start = 0, position
        running += min(len(line.split()), 100) if prose[position] else -GAP_WORDS
        if running > best:
            best, best_range = running, (start, position + 1)
    return best_range


def _inside(lines: Sequence[str], reasons: Sequence[str | None], prose: Sequence[bool]) -> list[str]:
    """Labels for the lines of the story's own stretch, which begins and ends with prose."""
    labels = ["text" if is_text else reason or "" for is_text, reason in zip(prose, reasons, strict=True)]
    for first, after in _runs_of(labels, ""):
        if labels[first - 1] == "text" and lines[first - 1].endswith(":"):
            labels[first:after] = ["text"] * (after - first)  # a list that the paragraph announces
            continue
        for position in range(first, after):
            if is_closed(lines[position][-20:]) or lines[position].endswith(":") or _LISTED.match(lines[position]):
                labels[position] = "text"
    for first, after in _runs_of(labels, ""):
        alone = after - first == 1 and labels[after] == "text"
        labels[first:after] = ["heading" if alone else "teaser"] * (after - first)
    return labels


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


def _name_opening(lines: Sequence[str], reasons: Sequence[str | None], labels: list[str], start: int, end: int) -> None:
    """Find the title before the story, and the standfirst between the two."""
    if start == end:
        return
    story = {word for line in lines[start:end][:30] for word in _parts(line[:2000])}
    headings = {line.casefold() for line in lines[start:end]}
    best, title = 0.0, None
    for position in range(max(0, start - 40), start):
        words = _parts(lines[position][:500])
        content = {word for word in words if word not in _FUNCTION_WORDS}
        if reasons[position] not in (None, "repeated") or not 1 < len(words) <= MOST_TITLE_WORDS:
            continue
        if not content or lines[position].casefold() in headings or _NO_TITLE.search(lines[position][:300]):
            continue
        shared = len(content & story)
        score = min(shared, ENOUGH_SHARED) * shared / len(content)
        # A standfirst right under a title shares as many words: the first of two neighbours is the title.
        margin = 2.0 if title is not None and position - title <= 2 else 1.0
        if shared and score >= best * margin:
            best, title = score, position
    if title and len(lines[title].split()) >= STANDFIRST_WORDS and reasons[title - 1] is None:
        above = lines[title - 1].split()
        title -= 1 if 2 < len(above) < STANDFIRST_WORDS else 0
    if title is None and start <= TITLE_LINES:
        plain = (i for i in range(start) if reasons[i] is None and not _NO_TITLE.search(lines[i][:300]))
        title = next((i for i in plain if len(lines[i].split()) > 1), None)
    if title is None and start == 1 and reasons[0] == "teaser":
        title = 0  # "Analysis: no pain, no gain" on top of its own story
    if title is None:
        return
    labels[title] = "title"
    for position in range(title + 1, start):
        plain_line = reasons[position] is None and not _NO_TITLE.search(lines[position][:300])
        if plain_line and len(lines[position].split()) >= PROSE_WORDS:
            labels[position] = "standfirst"
            return


def _parts(line: str) -> list[str]:
    """The words of a line with hyphens and possessives taken apart, without single letters."""
    return [part for part in re.split(r"[\W\d_]+", line.lower()) if len(part) > 1]
