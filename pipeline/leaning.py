"""What a sentence leaves to the one before it, without which it says little or something else."""

import re
from collections.abc import Sequence, Set

from pipeline.evidence import stem, triples
from pipeline.figures import OPENERS
from pipeline.names import plain, words
from pipeline.quantities import MONTHS
from pipeline.sentences import is_whole

# A shorter sentence says little by itself, and may be a heading.
LEAST_WORDS = 4
# A sentence that opens with one of these goes on from the one before it.
_OPENING = frozenset(
    "he she it they we i you his hers her its their our my your this that these those such but and so yet or nor "
    "however also then meanwhile instead there here both neither either another other others later thus therefore "
    "hence moreover furthermore additionally besides similarly likewise consequently nevertheless nonetheless "
    "otherwise again indeed afterwards too rather still secondly thirdly finally lastly yes".split()
)
_POINTING = frozenset("this that these those them such".split())
# With one of these behind it, it points at the calendar or ahead: "Earlier this week", "Fees such as".
_AHEAD = frozenset(
    "day morning afternoon evening week weekend month year season summer autumn winter spring as".split()
)
_SPEAKING = re.compile(r"(?:^|\b[a-z'’]+[,;:]? )(?:I\b|(?:[Ww]e|[Mm]e|[Mm]y|[Oo]ur|us)\b)")
_QUOTATION = re.compile(r'"[^"]*"?|“[^”]*”?')


def stands(sentence: str, follows: bool, said: Set[str] = frozenset()) -> bool:
    """Whether a sentence can be said in a summary.

    It is whole, asks nothing, and either `follows` the sentence that stands before it in the article, or leans on none.
    `said` are the stems of what the summary says before it.

    >>> stands("He left.", True), stands("He left.", False), stands("Why did he?", True), stands("Fares ro", True)
    (True, False, False, False)
    """
    return is_whole(sentence) and not sentence.endswith("?") and (follows or not leans(sentence, said))


def leans(sentence: str, said: Set[str] = frozenset()) -> bool:
    """Whether a sentence needs the one before it: to tell what is meant, what it goes on from, or whose words it is.

    >>> [leans(text) for text in ("He said so in May.", "But fares rose in May.", "In that case fares fall.")]
    [True, True, True]
    >>> leans('"We won the match."'), leans("We won the match."), leans('"We won," said Anna Lee.')
    (True, True, False)
    >>> leans("After the match he left."), leans("After the match Lee said he left."), leans("A man said he left.")
    (True, False, False)
    >>> leans("The harbour reopens in May."), leans("The harbour reopens in May.", {"harbour"})
    (True, False)
    """
    outside = " ".join(_QUOTATION.sub(" ", sentence).split())  # the writer's own words
    written = words(outside)
    found = [plain(word) for word in written]
    return (
        len(words(sentence)) < LEAST_WORDS
        or len(found) < 2
        or found[0] in _OPENING
        or (outside.startswith("(") and outside.endswith(")"))
        or _SPEAKING.search(outside) is not None
        or _points(found)
        or _is_unnamed(written, found)
        or _is_unknown(written, found, said)
    )


def _points(found: Sequence[str]) -> bool:
    """Whether a sentence points back within its first words: "In that case", "One of them"."""
    return any(
        before in OPENERS and one in _POINTING and after not in _AHEAD
        for before, one, after in triples([*found[:4], ""])
    )


def _is_unnamed(written: Sequence[str], found: Sequence[str]) -> bool:
    """Whether "he" or "she" comes before anyone who may be meant: after an opening phrase without a name."""
    first = next((at for at, word in enumerate(found) if word in ("he", "she")), 0)
    names = [word for word in written[1:first] if word[0].isupper() and not re.fullmatch(f"{MONTHS}|.+day", word)]
    return bool(first) and found[0] in OPENERS and not names


def _is_unknown(written: Sequence[str], found: Sequence[str], said: Set[str]) -> bool:
    """Whether a sentence opens with a thing that should be known, "the jets", and was not told of."""
    told = any(word[0].isupper() for word in written[1:4]) or "of" in found[2:4]
    return found[0] == "the" and not told and said.isdisjoint(map(stem, found[1:4]))
