"""What each line of a page tells of itself: a reason to be dropped, its shape, its weight as a part of a story."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from pipeline.language import FUNCTION_WORDS
from pipeline.line_rules import marks_in, reason_for
from pipeline.page import PageLine
from pipeline.sentences import is_closed

LISTED = re.compile(r"[-–—] ?\w")
_CONTENT = re.compile(r"[^\W\d_]{3,}")
_LETTER, _LATIN = re.compile(r"[^\W\d_]"), re.compile("[A-Za-z\u00c0-\u024f]")
# A line's beginning, in characters, tells what it is about.
CONTENT_CHARACTERS = 600
# Letters of scripts that part no words; two make about a word.
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_UNSPACED_OR_CONTENT = re.compile(rf"{_UNSPACED.pattern}{{2,}}|(?:(?!{_UNSPACED.pattern})[^\W\d_]){{3,}}")
LETTERS_PER_WORD = 2
# The longer lines of an English page have this share of function words; of other languages, less than half.
ENGLISH_PAGE_SHARE = 0.15
# A page's language is told from the beginnings of so many longer lines.
SAMPLES, SAMPLE_CHARACTERS = 40, 200
# A line of at least this many words that closes like a sentence is prose; longer ones need no full stop,
# but some punctuation, which a cloud of tags lacks (Thai and Lao have none).
PROSE_WORDS = 8
LONG_WORDS = 30
_PUNCTUATION = re.compile("[,;:.!?،。、，\u0e00-\u0eff]")
# Of a longer line nothing is read but its beginning.
READ_CHARACTERS = 2000
BULLET = re.compile(r"(?:[*+•·»]|o|\d+\.) ")

# The weight of a paragraph is its words, up to this many.
MOST_WEIGHT = 100
# What other prose weighs against a paragraph of the story: terms of use, list items, a headline glued to its summary.
TERMS_WEIGHT, BULLET_WEIGHT, GLUED_WEIGHT = 0.2, 0.4, 0.35
_TERMS = frozenset(
    (
        "trademark trademarks terms registered website websites site cookie cookies privacy subscriber "
        "subscribers liable responsible permission reserved policy advertising advertisements "
        "advertisers provided license licensed licence purposes informational third-party affiliate affiliates "
        "affiliated consent"
    ).split()
)
LEAST_TERMS, TERMS_SHARE = 3, 0.06
_GLUED = re.compile(r"[A-Z](?:(?<=[a-z0-9)]{3}[A-Z])|(?<=[a-z?!.][?!.][A-Z]))[a-z]")
# Names are written with a capital inside; a headline's last word is not.
_INNER_CAPITALS = re.compile(
    r"\b(?:YouTube|LinkedIn|WhatsApp|TikTok|PlayStation|JavaScript|FaceTime|SoundCloud|PayPal|MasterCard)\b"
)
# "Read more", "See all the pictures": so many words lead on to the story named in the line above.
LEAD_ON_WORDS = 4
MOST_TEASER_WORDS = 25


@dataclass(slots=True)
class Line:
    """A line of a page, and what it tells of itself."""

    text: str
    indent: int
    stands_apart: bool  # between blank lines
    words: int
    reason: str | None
    is_prose: bool
    is_bullet: bool
    weight: float  # in words; 0 for what is no paragraph of a story
    _content: frozenset[str] | None = None

    @property
    def content(self) -> frozenset[str]:
        """The words of the line's beginning that carry meaning, in small letters."""
        if self._content is None:
            self._content = content_words(self.text)
        return self._content


def described(page: Sequence[PageLine]) -> list[Line]:
    """Each line with what it tells of itself; of equal lines only the first has weight."""
    words_of = [word_count(line.text) for line in page]
    english = _in_english(page, words_of)
    marks = marks_in("\n".join(line.text for line in page))
    seen: dict[str, Line] = {}
    lines = []
    for position, line in enumerate(page):
        apart = line.after_blank and (position + 1 == len(page) or page[position + 1].after_blank)
        same = seen.get(line.text)
        if same is not None:
            lines.append(
                Line(line.text, line.indent, apart, same.words, same.reason, same.is_prose, same.is_bullet, 0.0)
            )
            continue
        reason, words = reason_for(line.text, marks), words_of[position]
        prose, bullet = is_prose(line.text, english), bool(BULLET.match(line.text))
        weight = _weight(line.text, words, bullet) if prose and not reason else 0.0
        seen[line.text] = Line(line.text, line.indent, apart, words, reason, prose, bullet, weight)
        lines.append(seen[line.text])
    _mark_teased(lines)
    return lines


def _mark_teased(lines: Sequence[Line]) -> None:
    """A line without a full stop right before a "Read more" of few words is the story that it leads to."""
    for line, following in pairwise(lines):
        bare = following.reason == "teaser" and following.words <= LEAD_ON_WORDS
        open_ended = line.reason is None and not line.text.endswith((".", '."', ".”", ".’"))
        open_ended = open_ended and line.words <= MOST_TEASER_WORDS
        if bare and open_ended and following.text.casefold().startswith(("read ", "see ", "watch ")):
            line.reason, line.weight = "teaser", 0.0


def word_count(text: str) -> int:
    """The words of a line; in scripts that part none, about as many as it would have.

    >>> word_count("Ferry fares rise"), word_count("渡轮票价上涨")
    (3, 3)
    """
    spaced = text.count(" ") + 1
    return spaced if text.isascii() else max(spaced, len(_UNSPACED.findall(text)) // LETTERS_PER_WORD)


def parts_no_words(text: str) -> bool:
    """Whether a text has letters of a script that parts no words.

    >>> parts_no_words("渡轮票价"), parts_no_words("Fähre")
    (True, False)
    """
    return not text.isascii() and bool(_UNSPACED.search(text))


def is_prose(line: str, english: bool = True) -> bool:
    """Whether a line reads like a paragraph: enough words, in English small ones among them, closed like a sentence.

    >>> is_prose("The council has said that fares will rise in May."), is_prose("Fares to rise in May")
    (True, False)
    >>> is_prose("Der Rat hat gesagt, dass die Fähre ab Mai teurer wird.", english=False)
    True
    """
    count = word_count(line)
    if count < PROSE_WORDS:
        return False
    ends = is_closed(line[-20:]) or line.endswith(":")
    if not (ends or (count >= LONG_WORDS and _PUNCTUATION.search(line))):
        return False
    if not english or not FUNCTION_WORDS.isdisjoint(line[:READ_CHARACTERS].lower().split()):
        return True
    return not line.isascii() and _in_another_script(line[:READ_CHARACTERS])


def _in_another_script(text: str) -> bool:
    """Whether most letters of a text are not Latin: it has no small words of English to tell it by."""
    return 2 * len(_LATIN.findall(text)) < len(_LETTER.findall(text))


def _in_english(page: Sequence[PageLine], words_of: Sequence[int]) -> bool:
    """Whether the page's longer lines hold as many function words as English does."""
    longer = (line.text for line, words in zip(page, words_of, strict=True) if words >= PROSE_WORDS)
    sample = [text[:SAMPLE_CHARACTERS] for text in islice(longer, SAMPLES)]
    small_words = sum(word in FUNCTION_WORDS for text in sample for word in text.lower().split())
    return small_words > 0 and small_words >= ENGLISH_PAGE_SHARE * sum(map(word_count, sample))


def _weight(text: str, words: int, bullet: bool) -> float:
    """The words of a paragraph, less where it reads like something else."""
    weight = float(min(words, MOST_WEIGHT))
    if reads_like_terms(text, words):
        weight *= TERMS_WEIGHT
    if _GLUED.search(text) and _GLUED.search(_INNER_CAPITALS.sub("", text)):
        weight *= GLUED_WEIGHT
    return weight * BULLET_WEIGHT if bullet else weight


def reads_like_terms(text: str, words: int) -> bool:
    """Whether a line of so many words has as many of the words that terms of use are made of as those have.

    >>> reads_like_terms("By using this site you accept our terms, our privacy policy and our cookies.", 14)
    True
    """
    terms = sum(map(_TERMS.__contains__, text[:READ_CHARACTERS].lower().replace(",", "").split()))
    return terms >= max(LEAST_TERMS, words * TERMS_SHARE)


def content_words(text: str) -> frozenset[str]:
    """The words of a line's beginning that carry meaning, in small letters; pairs of letters where none are parted.

    >>> sorted(content_words("Ferry fares to rise in June")), sorted(content_words("渡轮票价"))
    (['fares', 'ferry', 'june', 'rise'], ['渡轮', '票价', '轮票'])
    """
    beginning = text[:CONTENT_CHARACTERS].lower()
    if not parts_no_words(beginning):
        return frozenset(_CONTENT.findall(beginning)) - FUNCTION_WORDS
    words = _UNSPACED_OR_CONTENT.findall(beginning)
    return frozenset(part for word in words for part in (_pairs(word) if _UNSPACED.match(word) else (word,)))


def _pairs(letters: str) -> list[str]:
    return ["".join(pair) for pair in pairwise(letters)]
