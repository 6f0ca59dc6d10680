"""What speaks for and against a sentence about an article, in figures: what the grounding model weighs."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise

from pipeline.evidence import Evidence, Sentence, stem, triples
from pipeline.names import names, plain
from pipeline.quantities import quantities

NEGATIONS = "not no never none nobody nothing neither nor without cannot fail deny refuse reject unable unlikely lack"
_HEDGES = (
    "may might could would should will can plan expect hope likely possible possibly allegedly allege claim reportedly "
    "consider propose seek aim believe suggest want say warn threaten if"
)
_DEGREES = (
    "first last only all every best worst most least biggest largest highest lowest record more less fewer higher "
    "lower than better worse up down rise fall increase decrease gain lose win second third main top leading half "
    "part rest some many far almost nearly mostly about around average"
)
# What makes of a thing another, or less than it is called: a former minister, a terror suspect, a prize of a kind.
_CAVEATS = (
    "former old ex shadow deputy acting vice potential preferred prospective proposed suspect suspected alleged "
    "reported reportedly accused according type style kind like similar so yet still rival own probably perhaps maybe "
    "apparently largely partly hardly barely"
)
# A cut before one of these leaves off a part of the sentence that can be missed, more often than any other cut does.
OPENERS = frozenset(
    "in on at for from by with of to into onto over under after before since until during between through against "
    "about as and but or nor so yet because although though while when where who which whose that if unless despite "
    "amid following including such than".split()
)
# Neighbours are looked for this far from a name or number, at so many of the places where it stands.
NEAR_WORDS = 6
MOST_PLACES = 50

# What each figure of a sentence says of it, and whether more of it speaks for the sentence (1), or against it (-1):
# the signs that weights may have.
FIGURES: dict[str, tuple[int, str]] = {
    "pairs": (1, "share of its word pairs that the article holds"),
    "triples": (1, "share of its runs of three words that the article holds"),
    "content": (1, "share of its content that the article holds"),
    "best": (1, "... that one sentence of the article holds"),
    "best_two": (1, "... that two sentences of the article hold"),
    "order": (1, "share of its words that stand in the same order in one sentence"),
    "relations": (1, "share of its neighbouring content words that stand in one sentence of the article"),
    "ordered_relations": (1, "... in the same order"),
    "near_relations": (1, "... and close to each other"),
    "novel_words": (-1, "content words that the article lacks"),
    "novel_rare_words": (-1, "... that are not among the common ones"),
    "novel_run": (-1, "longest run of words that its closest sentences lack"),
    "names": (-1, "names that the article lacks"),
    "numbers": (-1, "numbers that the article lacks"),
    "quotations": (-1, "quotations that the article lacks"),
    "number_context": (1, "lowest share of a number's neighbours that stand near it in the article"),
    "name_context": (1, "mean share of a name's neighbours that stand near it in the article"),
    "negation": (-1, "whether it is negated and its closest sentences are not, or the other way round"),
    "hedges": (-1, "words of planning, claiming and possibility that its closest sentences have and it lacks"),
    "distance": (-1, "how far apart its two closest sentences stand"),
    "copied": (1, "whether its words stand in a row in the closest sentence"),
    "seams": (-1, "places where words of the closest sentence were left out"),
    "rough_seams": (-1, "... other than between two stops"),
    "rough_start": (-1, "whether it begins in the middle of a clause"),
    "rough_end": (-1, "whether it ends in the middle of a clause"),
    "open_end": (-1, "whether it ends where the closest sentence goes on without a stop"),
    "left_out": (-1, "words left out at seams"),
    "lost": (-1, "places where a number, negation, hedge, caveat or word of rank was left out"),
    "put_in": (-1, "words that the closest sentence lacks, or has in another order"),
}


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic regression over `FIGURES`, and the words that are no names though they may be capitalised."""

    intercept: float
    coefficients: dict[str, float]
    common: frozenset[str]

    def score(self, found: dict[str, float]) -> float:
        """How likely a sentence with these figures is supported, 0-1."""
        total = self.intercept + sum(self.coefficients[name] * found[name] for name in FIGURES)
        return round(1 / (1 + math.exp(-total)), 6)


def figures(evidence: Evidence, text: str) -> dict[str, float]:
    """`FIGURES` of a sentence: shares are 0-1, counts are logarithms of one more than the count."""
    sentence = Sentence.of(text)
    support = evidence.support(sentence)
    closest = [evidence.sentences[number] for number in support]
    wanted = frozenset(sentence.content)
    near = frozenset(s for other in closest for s in other.stems)
    relations = [_relation(evidence, one, two) for one, two in _neighbours(sentence.content)]
    aligned = max(((alignment(sentence.stems, other.stems), other) for other in closest), key=_length, default=None)
    return {
        "pairs": _share(pair in evidence.pairs for pair in pairwise(sentence.words)),
        "triples": _share(triple in evidence.triples for triple in triples(sentence.words)),
        "content": _share(s in evidence.stems for s in wanted),
        "best": _share(s in closest[0].stems for s in wanted) if closest else 0.0,
        "best_two": _share(s in near for s in wanted),
        "order": len(aligned[0]) / len(sentence.stems) if aligned else 0.0,
        "relations": _share(relation > 0 for relation in relations),
        "ordered_relations": _share(relation > 1 for relation in relations),
        "near_relations": _share(relation > 2 for relation in relations),
        "novel_words": math.log1p(sum(s not in evidence.stems for s in wanted)),
        "novel_rare_words": math.log1p(len(_novel_rare(evidence, sentence))),
        "novel_run": math.log1p(_longest_run(s not in near for s in sentence.stems)),
        "names": math.log1p(len(evidence.unsupported_names(text))),
        "numbers": math.log1p(len(evidence.unsupported_numbers(text))),
        "quotations": math.log1p(len(evidence.unsupported_quotations(text))),
        "number_context": min(_contexts(evidence, sentence, _numbers_in(sentence)), default=1.0),
        "name_context": _mean(_contexts(evidence, sentence, _names_in(evidence, sentence))),
        "negation": float(_negated(sentence) != any(map(_negated, closest))),
        "hedges": math.log1p(len((near & stems_of(_HEDGES)) - frozenset(sentence.stems))),
        "distance": abs(support[0] - support[-1]) / len(evidence.sentences) if support else 1.0,
        **(seams(aligned[0], sentence, aligned[1]) if aligned and aligned[0] else dict.fromkeys(_SEAMS, 0.0)),
    }


_SEAMS = tuple(FIGURES)[list(FIGURES).index("copied") :]


def alignment(one: Sequence[str], two: Sequence[str]) -> list[tuple[int, int]]:
    """The longest common subsequence of two sequences, as positions in both; the earliest of equals.

    >>> alignment("abcd", "xaxbd")
    [(0, 1), (1, 3), (3, 4)]
    """
    rest = [[0] * (len(two) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) - 1, -1, -1):
        for j in range(len(two) - 1, -1, -1):
            rest[i][j] = rest[i + 1][j + 1] + 1 if one[i] == two[j] else max(rest[i + 1][j], rest[i][j + 1])
    found, i, j = [], 0, 0
    while i < len(one) and j < len(two):
        if one[i] == two[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif rest[i + 1][j] >= rest[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


def seams(aligned: Sequence[tuple[int, int]], sentence: Sentence, source: Sentence) -> dict[str, float]:
    """What shortening did to a sentence of the article: where it was cut, and what of weight went with it.

    >>> source = Sentence.of("The band, which is from Leeds, will take part in the final on Sunday.")
    >>> cut = Sentence.of("The band will take the final.")
    >>> found = seams(alignment(cut.stems, source.stems), cut, source)
    >>> round(math.expm1(found["seams"])), round(math.expm1(found["rough_seams"])), found["open_end"]
    (2, 1, 1.0)
    """
    cuts = [(before, after) for (_, before), (_, after) in pairwise(aligned) if after - before > 1]
    rough = [cut for cut in cuts if not (cut[0] in source.stops and cut[1] - 1 in source.stops)]
    first, last = aligned[0][1], aligned[-1][1]
    clean_start = first == 0 or first - 1 in source.stops or source.words[first - 1] in OPENERS
    clean_end = last in source.stops or source.words[last + 1] in OPENERS
    left_out = [(0, first), *((before + 1, after) for before, after in cuts), (last + 1, len(source.words))]
    put_in = len(sentence.words) - len(aligned)
    return {
        "copied": float(not put_in and not cuts),
        "seams": math.log1p(len(cuts)),
        "rough_seams": math.log1p(len(rough)),
        "rough_start": float(not clean_start),
        "rough_end": float(not clean_end),
        "open_end": float(last not in source.stops),
        "left_out": math.log1p(sum(after - before - 1 for before, after in cuts)),
        "lost": math.log1p(sum(is_weighty(source, start, end) for start, end in left_out)),
        "put_in": math.log1p(put_in),
    }


def is_weighty(source: Sentence, start: int, end: int) -> bool:
    """Whether words of a sentence hold a number, or one that turns or limits what is said."""
    left_out = frozenset(source.stems[start:end])
    weighty = stems_of(NEGATIONS) | stems_of(_HEDGES) | stems_of(_DEGREES) | stems_of(_CAVEATS)
    return bool(left_out & weighty) or any(map(_is_number, source.words[start:end]))


def _relation(evidence: Evidence, one: str, two: str) -> int:
    """How two stems stand in the article: 0 apart, 1 in one sentence, 2 in this order, 3 in this order and near."""
    first, second = evidence.places.get(one, {}), evidence.places.get(two, {})
    found = 0
    for number in islice((number for number in first if number in second), MOST_PLACES):
        before, after = first[number], second[number]
        gaps = [gap for gap in (place - min(before) for place in after) if gap > 0]
        near = any(0 < b - a <= NEAR_WORDS for a in before[:MOST_PLACES] for b in after[:MOST_PLACES])
        found = max(found, 3 if near else 2 if gaps else 1)
    return found


def _neighbours(content: Sequence[str]) -> list[tuple[str, str]]:
    """Neighbouring content stems, and those with one between."""
    return [*pairwise(content), *zip(content, content[2:], strict=False)]


def _contexts(evidence: Evidence, sentence: Sentence, positions: Sequence[int]) -> list[float]:
    """For the word at each position: the best share of its neighbours that one place in the article has too."""
    return [_context(evidence, sentence, position) for position in positions]


def _context(evidence: Evidence, sentence: Sentence, position: int) -> float:
    reach = NEAR_WORDS - 2
    around = sentence.stems[max(0, position - reach) : position] + sentence.stems[position + 1 : position + reach + 1]
    wanted = frozenset(around) & frozenset(sentence.content)
    best = 0.0 if wanted else 1.0
    places = (
        (number, at) for number, found in evidence.places.get(sentence.stems[position], {}).items() for at in found
    )
    for number, at in islice(places, MOST_PLACES):
        stems = evidence.sentences[number].stems
        near = stems[max(0, at - 2 * NEAR_WORDS) : at + 2 * NEAR_WORDS]
        best = max(best, _share(s in near for s in wanted))
    return best


def _numbers_in(sentence: Sentence) -> list[int]:
    return [position for position, word in enumerate(sentence.words) if _is_number(word)]


def _is_number(word: str) -> bool:
    return next(quantities(word), None) is not None


def _novel_rare(evidence: Evidence, sentence: Sentence) -> set[str]:
    pairs = zip(sentence.words, sentence.stems, strict=True)
    return {
        word for word, s in pairs if s in sentence.content and s not in evidence.stems and word not in evidence.common
    }


def _names_in(evidence: Evidence, sentence: Sentence) -> list[int]:
    found = {plain(name) for name in names(sentence.text, evidence.common)}
    return [position for position, word in enumerate(sentence.words) if word in found]


def _negated(sentence: Sentence) -> bool:
    return not stems_of(NEGATIONS).isdisjoint(sentence.stems) or any(word.endswith("n't") for word in sentence.words)


@lru_cache(maxsize=8)
def stems_of(listed: str) -> frozenset[str]:
    """The stems of the words of a list.

    >>> sorted(stems_of("may might"))
    ['may', 'might']
    """
    return frozenset(map(stem, listed.split()))


def _length(aligned: tuple[list[tuple[int, int]], Sentence]) -> int:
    return len(aligned[0])


def _share(held: Iterable[bool]) -> float:
    found = [float(item) for item in held]
    return sum(found) / len(found) if found else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 1.0


def _longest_run(held: Iterable[bool]) -> int:
    longest = run = 0
    for item in held:
        run = run + 1 if item else 0
        longest = max(longest, run)
    return longest
