"""What a sentence leaves to the one before it, without which it says little or something else."""

import re
from collections.abc import Sequence, Set
from itertools import pairwise

from pipeline.cuts import is_inflected
from pipeline.evidence import stem
from pipeline.figures import OPENERS
from pipeline.names import is_place, plain, words
from pipeline.quantities import MONTHS
from pipeline.sentences import asks, is_whole

# A shorter sentence says little by itself, and may be a heading.
LEAST_WORDS = 4
# A sentence that opens with one of these goes on from the one before it.
_OPENING = frozenset(
    "he she it they we i you his hers her its their our my your this that these those such but and so yet or nor "
    "however also then meanwhile instead there here both neither either another other others later thus hence "
    "therefore moreover furthermore additionally besides similarly likewise consequently nevertheless nonetheless "
    "elsewhere otherwise again indeed afterwards too rather still secondly thirdly finally lastly previously "
    "yes".split()
)
_TIMES = "day|morning|afternoon|evening|week|weekend|month|year|season|summer|autumn|winter|spring"
_BE = "is|are|was|were|has|have|had"
_CONNECTIVES = (
    "as a result|by contrast|in contrast|for example|for instance|in addition|in response|in return|in turn|in fact|"
    "in particular|at the same time|at the time|at that time|by the time|on the other hand|even so|if so|since then|"
    "by then|until then|from then|among them|after all|in the meantime|a (?:day|week|month|year) (?:later|earlier)|"
    "the (?:next|following|previous) (?:day|week|month|year)"
)
# ... or with these: "As a result", "Two others were", "A second man was", "All were"
_GOING_ON = re.compile(
    rf"(?:(?:{_CONNECTIVES}),? |earlier, |(?:\w+ )?(?:others|more|further|second|third) (?:\w+ )?(?:{_BE}) "
    rf"|(?:several|some|many|most|all|none|one|two|three|four) (?:{_BE}|said) )",
    re.IGNORECASE,
)
# ... and with these it does not: "Instead of fares", "Later this week", "There were 300 ferries".
_COMPLETE = re.compile(
    rf"(?:instead of|rather than|those who|(?:later )?this (?:{_TIMES})|so far|too many|too much|there (?:{_BE})"
    r"|(?:both|neither|either) (?:\S+ ){1,6}(?:and|or|nor)) ",
    re.IGNORECASE,
)
# What points back behind "in" or "of", unless the calendar follows: "in that case", "one of those".
_POINTING = re.compile(
    rf"(?:\w+ )?(?:{'|'.join(sorted(OPENERS))}) (?:this|that|these|those|them|such)\b(?! (?:{_TIMES})\b)",
    re.IGNORECASE,
)
# The writer, or a speaker whose marks of quotation are lost; no World War I.
_SPEAKING = re.compile(r"(?:^|(?<![\w'’])[a-z'’]+[,;:]? )(?:I\b|(?:[Ww]e|[Mm]e|[Mm]y|[Oo]ur|us)\b)")
_QUOTATION = re.compile(r'"[^"]*"?|“[^”]*”?')
_QUOTED_OPENING = re.compile(r'["“](?:he|she|it|they|that|this)\b', re.IGNORECASE)
_PERSONS = frozenset("he she him her his".split())
_PEOPLE = frozenset("police officials officers critics prosecutors detectives experts lawyers analysts".split())
_CALENDAR = re.compile(rf"{MONTHS}|.+day", re.IGNORECASE)
# What everyone knows without having been told of it, and words that do not tell of a thing.
_KNOWN = frozenset(
    "government prime president police economy dollar pound euro world internet sun public poor elderly queen "
    "pope".split()
)
_EMPTY = frozenset("say will would could year week month day last next new old first".split())


def stands(sentence: str, follows: bool, said: Set[str] = frozenset()) -> bool:
    """Whether a sentence can be said in a summary.

    It is whole, asks nothing, and either `follows` the sentence that stands before it in the article, or leans on none.
    `said` are the stems of what the summary says before it, empty for its first sentence.

    >>> stands("He left.", True), stands("He left.", False), stands("Why did he?", True), stands("Fares ro", True)
    (True, False, False, False)
    """
    return is_whole(sentence) and not asks(sentence) and (follows or not leans(sentence, said))


def leans(sentence: str, said: Set[str] = frozenset()) -> bool:
    """Whether a sentence needs the one before it: to tell what is meant, what it goes on from, or whose words it is.

    >>> [leans(text) for text in ("He said so in May.", "But fares rose in May.", "In that case fares fall.")]
    [True, True, True]
    >>> leans('"We won the match."'), leans("We won the match."), leans('"We won," said Anna Lee.')
    (True, True, False)
    >>> leans("After the match he left."), leans("After the match Lee said he left."), leans("A man said he left.")
    (True, False, False)
    >>> [leans("The harbour reopens in May.", said) for said in ({"fare"}, {"harbour"}, set())]
    [True, False, False]
    """
    outside = " ".join(_QUOTATION.sub(" ", sentence).split())  # the writer's own words
    written = words(outside)
    return (
        len(words(sentence)) < LEAST_WORDS
        or len(written) < 2
        or (outside.startswith("(") and outside.endswith(")"))
        or _QUOTED_OPENING.match(sentence) is not None
        or _SPEAKING.search(outside) is not None
        or _goes_on(outside, _bare(written[0]))
        or _POINTING.match(outside) is not None
        or _is_unnamed(written, outside)
        or _is_unknown(written, said)
    )


def _goes_on(outside: str, first: str) -> bool:
    return _GOING_ON.match(outside) is not None or (first in _OPENING and not _COMPLETE.match(outside))


def _bare(word: str) -> str:
    """A word without what it is contracted with: they're."""
    return plain(word).partition("'")[0]


def _is_unnamed(written: Sequence[str], outside: str) -> bool:
    """Whether "he", "her" and the like come before anyone who may be meant, behind an opening that names nobody."""
    found = [_bare(word) for word in written]
    at = next((number for number, word in enumerate(found) if number and word in _PERSONS), None)
    if at is None:
        return False
    apposed = re.match(rf"(?:an?|the) [^,]*, {written[at]}\b", outside, re.IGNORECASE) is not None
    is_time = found[at - 1] == "ago" or found[:2] == ["last", "year"]
    is_phrase = found[0] in OPENERS | _PEOPLE or (is_inflected(found[0]) and found[0].endswith(("ing", "ed")))
    return (apposed or is_time or is_phrase) and not any(_may_be_meant(written, number) for number in range(1, at))


def _may_be_meant(written: Sequence[str], at: int) -> bool:
    """Whether a word may name a person: written large, and no place, day or thing in or at which something was."""
    word = written[at]
    behind_place = plain(written[at - 1]) in {"in", "at", "to", "from", "the", "on"}
    return word[0].isupper() and not (behind_place or is_place(word) or _CALENDAR.fullmatch(plain(word)))


def _is_unknown(written: Sequence[str], said: Set[str]) -> bool:
    """Whether a sentence opens with a thing that should be known, "the jets", and something else was told of.

    What opens a summary is read as the news, in which things are new: there "the jets" is no worse than "jets".
    """
    found = [plain(word) for word in written[:5]]
    if not said or found[0] != "the" or found[1] in _KNOWN:
        return False
    large = [word for word in written[1:4] if word[0].isupper() and not _CALENDAR.fullmatch(plain(word))]
    named = any(word.isupper() or not is_place(word) for word in large)
    of_a_known = any(one == "of" and two != "the" for one, two in pairwise(found))
    return not (named or of_a_known) and (said - _EMPTY).isdisjoint(map(stem, found[1:3]))
