"""What a shortened sentence left out at its peril, put back: what remains is the article's sentence without ballast.

A small model shortens by leaving words out. Where readers found its sentences wrong, it had mostly put words in, or
left out what the rest depends on (docs/log.md has the counts). So of what it left out only the kinds that seldom do
harm stay out (`pipeline/cuts.py`), and where it put words in, the article's stand.
"""

from itertools import pairwise

from pipeline.cuts import Source, joining_words, may_end, may_go
from pipeline.figures import alignment

# A sentence with a smaller share of its words in its source, in this order, was not made by shortening it.
SHORTENED_SHARE = 0.75


def mended(text: str, source: str) -> str:
    """A sentence that was made from another by shortening it, without the cuts that may do harm.

    Where it has other words than its source, the source's stand. A sentence that was not made by shortening is given
    back as it is; where mending leaves half a bracket or quotation, the source is.

    >>> source = "But the Tories' first Budget, in spring, will cut the current basic rate to 20%."
    >>> mended("The Tories' Budget will cut the rate to 20%.", source)
    "The Tories' first Budget will cut the rate to 20%."
    >>> mended("Labour's first Budget, in spring, will cut the current basic rate.", source)
    "The Tories' first Budget, in spring, will cut the current basic rate to 20%."
    """
    short, long = Source.of(text), Source.of(source)
    aligned = alignment(short.sentence.stems, long.sentence.stems)
    if not aligned or len(aligned) < SHORTENED_SHARE * len(short.sentence.stems):
        return text
    (_, first), (last_here, last_there) = aligned[0], aligned[-1]
    start = 0 if long.spans[0][0] else min(joining_words(long), first)
    opening = source[long.spans[start][0] if start else 0 : long.spans[first][1]]
    middle = [_gap(short, long, one, two) + long.word(two[1]) for one, two in pairwise(aligned)]
    cut_off = last_here == len(short.spans) - 1 and last_there < len(long.spans) - 1
    ending = short if cut_off and may_end(long, last_there + 1) else long
    rest = ending.between(last_here if ending is short else last_there, len(ending.spans))
    mend = "".join([opening, *middle, rest])
    mend = mend[:1].upper() + mend[1:]
    return mend if _left_open(mend) == _left_open(source) else source


def _gap(short: Source, long: Source, one: tuple[int, int], two: tuple[int, int]) -> str:
    """What stands between two words that follow each other in a sentence and its source: as in the source, unless
    what was left out there may go."""
    (here, there), (next_here, next_there) = one, two
    as_written = all(short.sentence.words[a] == long.sentence.words[b] for a, b in (one, two))
    shortened = as_written and next_here == here + 1 and next_there > there + 1
    goes = shortened and may_go(long, there + 1, next_there)
    return short.between(here, next_here) if goes else long.between(there, next_there)


def _left_open(text: str) -> tuple[int, int, int]:
    """Quotations and brackets that open or end in a sentence and not both."""
    return text.count('"') % 2, text.count("“") - text.count("”"), text.count("(") - text.count(")")
