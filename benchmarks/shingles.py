"""How much of an article an extractor finds, and how much else, in 4-gram word shingles."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

WORDS_PER_SHINGLE = 4


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Each run of four words with its count; the whole of a shorter text.

    >>> shingles("It rained all day.")
    Counter({('It', 'rained', 'all', 'day'): 1})
    """
    words = re.findall(r"\w+", text)
    size = min(WORDS_PER_SHINGLE, len(words))
    return Counter(tuple(words[at : at + size]) for at in range(len(words) - size + 1)) if words else Counter()


def precision_and_recall(found: str, wanted: str) -> tuple[float, float]:
    """Shares of the shingles found that are wanted, and of those wanted that are found; nothing found is no precision.

    >>> precision_and_recall("Menu It rained all day", "It rained all day")
    (0.5, 1.0)
    """
    ours, theirs = shingles(found), shingles(wanted)
    common = sum((ours & theirs).values())
    return common / max(1, sum(ours.values())), common / max(1, sum(theirs.values()))


def f1_of_means(scores: Sequence[tuple[float, float]], drawn: npt.NDArray[np.int64]) -> float:
    """F1 of the mean precision and the mean recall over the pages with these indices."""
    precision, recall = np.asarray(scores)[drawn].mean(axis=0)
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0
