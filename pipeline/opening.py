"""The title of a story, and its standfirst, among the lines above it."""

import re
from collections.abc import Sequence

from pipeline.lines import PROSE_WORDS, Line
from pipeline.stretch import Stretch, content_of

# A lead-in that ends in a colon, a line of scores or figures.
_NO_TITLE = re.compile(r":$|(?:\d+\D+){4}")
# Titles of the BBC corpus have 2 to 9 words; headlines elsewhere up to about 25.
MOST_TITLE_WORDS = 25
# A title is looked for in so many lines above the story, and compared with so many lines of it.
TITLE_LINES, STORY_LINES = 40, 30
# Words shared with the story beyond which a longer line is no better a title.
ENOUGH_SHARED = 6
# A line this long right under a shorter one is the standfirst, and that one the title.
STANDFIRST_WORDS = 14
LEAST_SHARED = 2
# Lines of the opening of a page in which a title without a word of the story is believed.
BELIEVED_LINES = 3
# Further down, a date or an author's name is looked for in so many lines above the story, and a title above that.
DATE_LINES, ABOVE_DATE_LINES = 12, 4


def find_title(lines: Sequence[Line], story: Stretch) -> int | None:
    """Where the title stands: the line above the story that shares most words with it, the latest of equals."""
    words = content_of(lines[story.start : min(story.end, story.start + STORY_LINES)])
    headings = {line.text.casefold() for line in lines[story.start : story.end]}
    best, title = 0.0, None
    for position in range(max(0, story.start - TITLE_LINES), story.start):
        line = lines[position]
        content = line.content
        shouted = line.reason == "teaser" and line.text.isupper()
        if (line.reason and not shouted) or line.is_bullet or not 1 < line.words <= MOST_TITLE_WORDS or not content:
            continue
        if line.text.casefold() in headings or not _is_plain_title(line):
            continue
        shared = len(content & words)
        score = min(shared, ENOUGH_SHARED) * shared / len(content)
        # A standfirst right under a title shares as many words: the first of two neighbours is the title.
        under = title is not None and position - title <= 2 and line.words > lines[title].words
        margin = 2.0 if under else 1.0
        if shared and score >= best * margin:
            best, title = score, position
    if title is not None:
        return _above_standfirst(lines, title, words)
    return _above_date(lines, story.start) if story.start > BELIEVED_LINES else _believed(lines, story.start)


def standfirst_after(lines: Sequence[Line], title: int, start: int) -> int | None:
    """The first line between title and story that is long enough to be the standfirst."""
    for position in range(title + 1, start):
        plain = lines[position].reason is None and not _NO_TITLE.search(lines[position].text[:300])
        if plain and lines[position].words >= PROSE_WORDS:
            return position
    return None


def could_be_title(text: str) -> bool:
    """Whether the first line of a text is its title: no longer than titles are, and no sentence with a full stop.

    >>> could_be_title("Ferry fares rise"), could_be_title("Fares rise."), could_be_title("Ahoy")
    (True, False, True)
    """
    return text.count(" ") < MOST_TITLE_WORDS and not text.rstrip("\"'”’»)]").endswith((".", ":", "。"))


def _above_standfirst(lines: Sequence[Line], title: int, words: set[str]) -> int:
    """The line above what was taken for the title, if this is a standfirst and that one is about the story too."""
    above = lines[title - 1] if title else None
    if above is None or lines[title].words < STANDFIRST_WORDS or above.reason or above.is_bullet:
        return title
    shared = len(above.content & words)
    is_title = 2 < above.words < STANDFIRST_WORDS and shared >= LEAST_SHARED and could_be_title(above.text)
    return title - 1 if is_title else title


def _above_date(lines: Sequence[Line], start: int) -> int | None:
    """Where no line speaks of the story: the first above a date or an author's name, if it is as long as titles."""
    above = range(max(0, start - DATE_LINES), start)
    dated = next((position for position in above if lines[position].reason in ("byline", "timestamp")), None)
    if dated is None:
        return None
    near = range(max(0, dated - ABOVE_DATE_LINES), dated)
    return next(
        (
            at
            for at in near
            if lines[at].reason is None and _is_plain_title(lines[at]) and 2 < lines[at].words <= MOST_TITLE_WORDS
        ),
        None,
    )


def _believed(lines: Sequence[Line], start: int) -> int | None:
    """A title on top of the page that shares no word with its story."""
    plain = (
        at for at in range(start) if lines[at].reason is None and _is_plain_title(lines[at]) and lines[at].words > 1
    )
    title = next(plain, None)
    if title is None and start == 1 and lines[0].reason == "teaser" and could_be_title(lines[0].text):
        return 0  # "Analysis: no pain, no gain" on top of its own story
    return title


def _is_plain_title(line: Line) -> bool:
    return could_be_title(line.text) and not _NO_TITLE.search(line.text[:300])
