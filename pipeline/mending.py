"""What a shortened sentence left out at its peril, put back: what remains is the article's sentence without ballast.

A small model shortens by leaving words out. Where readers found its sentences wrong, it had mostly put words in, or
left out what the rest depends on (docs/log.md has the counts). So of what it left out only the kinds that seldom do
harm stay out, and where it put words in, the article's stand.
"""

import re
from functools import lru_cache
from itertools import islice, pairwise

from pipeline.asides import goes_on, is_aside
from pipeline.evidence import FUNCTION_WORDS, Sentence, stem
from pipeline.figures import NEGATIONS, OPENERS, alignment, is_weighty
from pipeline.names import WORD

# A sentence with a smaller share of its words in its source, in this order, was not made by shortening it.
SHORTENED_SHARE = 0.75
# Joining words, which may be left out at the start.
_JOINING = frozenset("but and however also meanwhile so yet then now".split())
# Words whose loss leaves a claim without its claimant.
_ATTRIBUTING = (
    "say tell show claim report believe accord announce reveal add call describe state argue warn insist admit explain "
    "think estimate suggest"
)
_TURNING = "if unless until except provided but although though despite only"
# What a sentence may open with whose main part comes behind a stop.
_SUBORDINATING = frozenset("when while after before until since because although though if unless as once".split())
# A part that opens with one of these says something of what stands before it.
_HANGING = frozenset("a an the who whom whose which where".split())
# What belongs to a verb or to a number of things.
_LINKS = frozenset("nor than off down away back both".split())


def mended(text: str, source: str) -> str:
    """A sentence that was made from another by shortening it, without the cuts that may do harm.

    A sentence that was not made so, or that needs no mending, is given back as it is.

    >>> source = "But the Tories' first Budget, in spring, will cut the current basic rate to 20%."
    >>> mended("The Tories' Budget will cut the rate to 20%.", source)
    "The Tories' first Budget will cut the rate to 20%."
    >>> mended("Labour's first Budget, in spring, will cut the current basic rate.", source)
    "The Tories' first Budget, in spring, will cut the current basic rate to 20%."
    """
    short, long = Sentence.of(text), Sentence.of(source)
    aligned = alignment(short.stems, long.stems)
    if not aligned or len(aligned) < SHORTENED_SHARE * len(short.stems):
        return text
    in_short, in_long = ([match.span() for match in WORD.finditer(one)] for one in (text, source))
    joining = next((number for number, word in enumerate(long.words) if word not in _JOINING), 0)
    start = min(joining, aligned[0][1])
    parts = [source[in_long[start][0] if start else 0 : in_long[aligned[0][1]][1]]]
    for (here, there), (next_here, next_there) in pairwise(aligned):
        left_out = source[in_long[there][1] : in_long[next_there][0]]
        word, next_word = source[slice(*in_long[there])], source[slice(*in_long[next_there])]
        as_written = short.words[here] == long.words[there] and short.words[next_here] == long.words[next_there]
        shortened = as_written and next_here == here + 1 and next_there > there + 1
        belongs = goes_on(word, left_out) or _names_or_owns(left_out + next_word[0])
        goes = shortened and (is_aside(word, left_out) or (not belongs and _may_go(long, there + 1, next_there)))
        parts += [text[in_short[here][1] : in_short[next_here][0]] if goes else left_out, next_word]
    here, there = aligned[-1]
    rest = source[in_long[there][1] :]
    shortened = here == len(short.words) - 1 and there < len(long.words) - 1
    ends = shortened and (is_aside(source[slice(*in_long[there])], rest) or _may_end(long, there + 1))
    parts.append(text[in_short[here][1] :] if ends else rest)
    mend = "".join(parts)
    return mend[:1].upper() + mend[1:] if mend.count('"') % 2 == source.count('"') % 2 else source


def _may_go(source: Sentence, start: int, end: int) -> bool:
    """Whether words in the middle of a sentence may be left out: a part between stops, or what describes a noun."""
    inside, stops = source.words[start:end], source.stops & set(range(start - 1, end))
    if {start - 1, end - 1} <= _part_ends(source):
        return source.words[end] not in _HANGING and not _turns(source, start, end)
    describes = inside[0] not in OPENERS and source.words[end] not in FUNCTION_WORDS | OPENERS
    bound = any(word in FUNCTION_WORDS | _LINKS or word.endswith("ly") for word in inside)
    return describes and not (stops or bound or is_weighty(source, start - 1, end + 1) or _turns(source, start, end))


def _may_end(source: Sentence, start: int) -> bool:
    """Whether a sentence may end before a place: at a stop, behind which comes one part only, and not the main one."""
    last = len(source.words)
    opening = next((word for word in source.words if word not in _JOINING), "")
    hangs = source.words[start] in _HANGING | OPENERS or source.words[start].endswith("ing")
    one_part = start - 1 in _part_ends(source) and source.stops & set(range(start, last)) == {last - 1}
    return opening not in _SUBORDINATING and hangs and one_part and not _turns(source, start, last)


def _part_ends(source: Sentence) -> frozenset[int]:
    """The words of a sentence behind which one of its parts ends: before a comma, a bracket or a dash."""
    found = list(islice(WORD.finditer(source.text), len(source.words)))
    between = (source.text[one.end() : two.start()] for one, two in pairwise(found))
    return frozenset(at for at, text in enumerate(between) if re.search(r"[,;()–—]|-", text))


def _names_or_owns(left_out: str) -> bool:
    """Whether the words before another, of which the first letter is there, are part of a name with it, or own it.

    >>> _names_or_owns(" Parliamentary L"), _names_or_owns(" tycoon D"), _names_or_owns(" country's b")
    (True, False, True)
    """
    return re.search(r"\b[A-Z][\w.-]* [A-Z]$|['’]s? ", left_out) is not None


def _turns(source: Sentence, start: int, end: int) -> bool:
    """Whether a part turns what the rest says, bounds it or tells whose claim it is, or is a score or a sum."""
    inside = source.words[start:end]
    return not _turning().isdisjoint(source.stems[start:end]) or not any(map(str.isalpha, inside))


@lru_cache(maxsize=1)
def _turning() -> frozenset[str]:
    return frozenset(map(stem, f"{_TURNING} {_ATTRIBUTING} {NEGATIONS}".split()))
