"""Scores, each with a seeded bootstrap interval."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import pairwise

import numpy as np
import numpy.typing as npt

ROUGES = ("rouge1", "rouge2", "rougeL", "rougeLsum")
# What each row of the score table is, in its order.
SYSTEMS = {
    "shipped": "the summary as `predict` gives it",
    "draft": "the model's own first text, before anything was checked",
    "extractive": "what takes a summary's place where no draft passes: the article's own best sentences",
    "lead_1": "the first sentence of the article",
    "lead_2": "its first two sentences",
    "lead_3": "its first three sentences",
    "oracle": "the sentence of the article closest to the reference",
}

# Intervals are percentiles of this many resamples (Efron and Tibshirani 1993: 1,000 for a 95% interval).
RESAMPLES = 1000
RELIABILITY_BINS = 10
# A curve is drawn with at most so many points.
CURVE_POINTS = 300

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Score:
    """A score with its 95% bootstrap interval."""

    value: float
    low: float
    high: float


def interval(statistic: Callable[[npt.NDArray[np.int64]], float], cases: int, seed: int) -> Score:
    """A statistic of the cases with these indices, and its 95% interval when cases are drawn with replacement."""
    from scipy.stats import bootstrap

    indices = np.arange(cases)
    if cases == 1:
        return Score(*[round(float(statistic(indices)), 4)] * 3)
    drawn = bootstrap(
        (indices,),
        statistic,
        n_resamples=RESAMPLES,
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    low, high = drawn.confidence_interval
    return Score(round(float(statistic(indices)), 4), round(float(low), 4), round(float(high), 4))


def mean_interval(values: Sequence[float], seed: int) -> Score:
    """The mean of some values, with its interval.

    Where all are 0 or all are 1 every resample is the same; the interval is then Wilson's (1927), which still knows
    how few cases there were.

    >>> mean_interval([1.0] * 20, seed=0)
    Score(value=1.0, low=0.8389, high=1.0)
    """
    array = np.asarray(values, dtype=float)
    if np.ptp(array) == 0:
        from scipy.stats import binomtest

        if array[0] not in (0, 1):
            return Score(*[round(float(array[0]), 4)] * 3)
        wilson = binomtest(int(array.sum()), len(array)).proportion_ci(method="wilson")
        return Score(float(array[0]), round(float(wilson.low), 4), round(float(wilson.high), 4))
    return interval(lambda chosen: float(array[chosen].mean()), len(array), seed)


def share_interval(among: npt.NDArray[np.bool_], right: Floats, seed: int) -> dict[str, float]:
    """The share that is right among some articles, for a metrics file; 0 where there are none.

    >>> share_interval(np.array([True, True, False]), np.array([1.0, 1.0, 0.0]), seed=0)
    {'value': 1.0, 'low': 0.3424, 'high': 1.0}
    """
    return as_dict(mean_interval(right[among].tolist() or [0.0], seed))


def expected_calibration_error(confidence: Floats, right: Floats) -> float:
    """The mean gap between confidence and accuracy over ten equal bins, weighted by size (Guo et al. 2017).

    >>> expected_calibration_error(np.array([0.95, 0.95]), np.array([1.0, 0.0]))
    0.45
    """
    bins = reliability(confidence, right)
    gaps = sum(row["articles"] * abs(row["confidence"] - row["accuracy"]) for row in bins)
    return round(gaps / max(1, len(confidence)), 6)


def reliability(confidence: Floats, right: Floats) -> list[dict[str, float]]:
    """For each bin of confidence that is not empty: mean confidence, accuracy, and how many articles."""
    place = np.clip((confidence * RELIABILITY_BINS).astype(int), 0, RELIABILITY_BINS - 1)
    return [
        {
            "confidence": float(confidence[place == number].mean()),
            "accuracy": float(right[place == number].mean()),
            "articles": int((place == number).sum()),
        }
        for number in range(RELIABILITY_BINS)
        if (place == number).any()
    ]


def brier(probabilities: Floats, actual: npt.NDArray[np.int64]) -> Floats:
    """The Brier score of each article: squared distance of its probabilities from the truth, 0-2 (Brier 1950).

    >>> brier(np.array([[0.5, 0.5]]), np.array([0])).tolist()
    [0.5]
    """
    truth = np.eye(probabilities.shape[1])[actual]
    return np.asarray(((probabilities - truth) ** 2).sum(axis=1))


def risk_coverage(confidence: Floats, right: Floats) -> list[dict[str, float]]:
    """How many of the answered are wrong, when only the most confident share is answered; evenly spaced points.

    >>> risk_coverage(np.array([0.9, 0.6]), np.array([1.0, 0.0]))
    [{'coverage': 0.5, 'risk': 0.0}, {'coverage': 1.0, 'risk': 0.5}]
    """
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(1 - right[order])
    answered = np.unique(np.linspace(1, len(order), min(len(order), CURVE_POINTS)).round().astype(int))
    return [{"coverage": round(float(n / len(order)), 4), "risk": round(float(wrong[n - 1] / n), 4)} for n in answered]


def rouge_signature() -> str:
    """What the ROUGE figures were computed with."""
    return f"rouge-score {version('rouge-score')}, F1, Porter stemmer, Lsum over sentencex sentences"


class Rouge:
    """ROUGE F1 of a summary against its reference (Lin 2004), by Google's rouge-score."""

    def __init__(self) -> None:
        from rouge_score.rouge_scorer import RougeScorer

        self._scorer = RougeScorer(list(ROUGES), use_stemmer=True)
        self._first = RougeScorer(["rouge1"], use_stemmer=True)

    def score(self, reference: Sequence[str], summary: Sequence[str]) -> dict[str, float]:
        """All four, from sentences."""
        found = self._scorer.score("\n".join(reference), "\n".join(summary))
        return {name: float(found[name].fmeasure) for name in ROUGES}

    def best_sentence(self, reference: str, sentences: Sequence[str]) -> str:
        """The sentence with the highest ROUGE-1: what an oracle would extract; the first of equals."""
        return max(
            sentences, key=lambda sentence: self._first.score(reference, sentence)["rouge1"].fmeasure, default=""
        )


def novel_pair_share(article: str, summary: str) -> float:
    """The share of a summary's word pairs that its article does not hold, 0-1: how abstractive it is.

    >>> novel_pair_share("the ferry sank on Sunday", "the ferry sank late")
    0.3333
    """
    from pipeline.names import plain, words

    held = set(pairwise(map(plain, words(article))))
    pairs = set(pairwise(map(plain, words(summary))))
    return round(len(pairs - held) / len(pairs), 4) if pairs else 0.0


def as_dict(score: Score) -> dict[str, float]:
    """A score for a metrics file."""
    return asdict(score)
