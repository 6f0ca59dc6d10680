"""Grounding: how far an article alone supports a summary, and what the summary says that the article does not."""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import isfinite

from pipeline.evidence import Evidence, Sentence
from pipeline.figures import FIGURES, Weights, figures
from pipeline.records import ModelError
from pipeline.sentences import split_sentences

WEIGHTS = "grounding.json"
_AGAIN = "run `dvc repro ground`"


@dataclass(frozen=True, slots=True)
class SentenceGrounding:
    """One sentence of a summary against its article."""

    text: str
    support: tuple[str, ...]  # the sentences of the article that hold most of what it says
    unsupported: tuple[str, ...]  # names, numbers and quotations that the article does not carry
    score: float  # 0-1, how likely the article supports it


@dataclass(frozen=True, slots=True)
class Grounding:
    """A summary against its article, sentence by sentence."""

    sentences: tuple[SentenceGrounding, ...]

    @property
    def score(self) -> float:
        """How likely the article supports its least supported sentence, 0-1; 0 for no sentence."""
        return min((sentence.score for sentence in self.sentences), default=0.0)

    @property
    def unsupported(self) -> tuple[str, ...]:
        """The unsupported names, numbers and quotations of all sentences, each once."""
        return tuple(dict.fromkeys(span for sentence in self.sentences for span in sentence.unsupported))


@lru_cache(maxsize=1)
def packaged_weights() -> Weights:
    """The weights that come with the package, made by stage `ground`."""
    return weights_from(files("pipeline").joinpath(WEIGHTS).read_text(encoding="utf-8"))


def weights_from(text: str) -> Weights:
    """The weights in the text of a file; ModelError where they are not what stage `ground` writes."""
    try:
        saved = json.loads(text)
        intercept, coefficients, words = float(saved["intercept"]), saved["coefficients"], saved["common_words"]
        numbers = [intercept, *(float(coefficients[name]) for name in FIGURES)]
        sound = set(coefficients) == set(FIGURES) and all(isinstance(word, str) for word in words)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"pipeline/{WEIGHTS} is not as stage ground writes it ({error!r}): {_AGAIN}") from error
    if not sound or not all(map(isfinite, numbers)):
        raise ModelError(f"pipeline/{WEIGHTS} holds other figures, or no finite numbers: {_AGAIN}")
    return Weights(intercept, coefficients, frozenset(words))


class Grounder:
    """An article, laid out to check many sentences against it."""

    def __init__(self, article: str, weights: Weights | None = None) -> None:
        self.weights = weights or packaged_weights()
        self.evidence = Evidence(article, self.weights.common)

    def check(self, summary: str) -> Grounding:
        """The grounding of each sentence of a summary."""
        return Grounding(tuple(self.sentence(text) for text in split_sentences(summary)))

    def sentence(self, text: str) -> SentenceGrounding:
        """The grounding of one sentence."""
        evidence = self.evidence
        support = tuple(evidence.sentences[number].text for number in sorted(evidence.support(Sentence.of(text))))
        found = figures(evidence, text)
        return SentenceGrounding(text, support, evidence.unsupported(text), self.weights.score(found))


def check(article: str, summary: str) -> Grounding:
    """What in an article supports each sentence of a summary, what is unsupported, and a score.

    >>> grounding = check("The ferry sank on Sunday. Forty people were saved.", "The ferry sank. It carried 90 people.")
    >>> [sentence.unsupported for sentence in grounding.sentences]
    [(), ('90',)]
    >>> grounding.sentences[0].support
    ('The ferry sank on Sunday.',)
    """
    return Grounder(article).check(summary)


def grounding_score(article: str, summary: str) -> float:
    """How likely an article alone supports the least supported sentence of a summary, 0-1; an empty one scores 0.

    >>> article = "The ferry sank on Sunday. Forty people were saved by fishermen."
    >>> grounding_score(article, "The ferry sank on Sunday.") > grounding_score(article, "A bus burned on Sunday.")
    True
    >>> grounding_score(article, "")
    0.0
    """
    return check(article, summary).score


def unsupported_spans(article: str, summary: str) -> tuple[str, ...]:
    """The names, numbers and quotations in a summary that its article does not carry, in order, each once.

    >>> unsupported_spans("Forty-seven people met Mr Blair.", "Tony Blair's 47 guests left in May.")
    ('Tony', 'May')
    >>> unsupported_spans("The club paid £2,500.", "The club paid £2500 for 3 players.")
    ('3',)
    """
    return check(article, summary).unsupported
