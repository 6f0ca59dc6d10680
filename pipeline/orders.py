"""Orders to whoever summarises, told by what they mean: like known orders, and unlike the article around them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.resources import files
from math import isfinite
from pathlib import Path

import numpy as np

from pipeline.embedding import ENCODER_WEIGHTS, Encoder
from pipeline.evidence import MOST_CHARACTERS
from pipeline.files import sha256_of
from pipeline.likeness import described
from pipeline.records import Article, ModelError
from pipeline.sentences import split_sentences

WEIGHTS = "orders.json"
# Where a summary took up an order, so many sentences of its article are looked at.
MOST_SENTENCES = 60
_AGAIN = "run `make screen`"


@dataclass(frozen=True, slots=True)
class OrderWeights:
    """A logistic regression over the embedding of a sentence and its likeness to its article: above 0 is an order."""

    encoder: str  # SHA-256 of the encoder that the embeddings are of
    intercept: float
    likeness: float
    embedding: tuple[float, ...]


@lru_cache(maxsize=1)
def packaged_weights() -> OrderWeights:
    """The weights that come with the package, made by stage `screen`."""
    return weights_from(files("pipeline").joinpath(WEIGHTS).read_text(encoding="utf-8"))


def weights_from(text: str) -> OrderWeights:
    """The weights in the text of a file; ModelError where they are not what stage `screen` writes."""
    try:
        saved = json.loads(text)
        intercept, likeness = float(saved["intercept"]), float(saved["likeness"])
        weights = OrderWeights(str(saved["encoder"]), intercept, likeness, tuple(map(float, saved["embedding"])))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"pipeline/{WEIGHTS} is not as stage screen writes it ({error!r}): {_AGAIN}") from error
    if not weights.embedding or not all(map(isfinite, (intercept, likeness, *weights.embedding))):
        raise ModelError(f"pipeline/{WEIGHTS} holds no weights, or no finite numbers: {_AGAIN}")
    return weights


class Orders:
    """What finds orders among the sentences of an article."""

    def __init__(self, encoder: Callable[[], Encoder], weights: OrderWeights) -> None:
        """`encoder` gives the one whose embeddings the weights are for; it is asked when first needed."""
        self.encoder = encoder
        self.weights = weights

    def taken_up(self, article: Article, summary: str) -> frozenset[str]:
        """The orders in an article of which a summary took up any; none if it took up none, or is not English."""
        if article.language not in (None, "en"):
            return frozenset()
        sentences = split_sentences(article.whole[:MOST_CHARACTERS])
        sources = [source_of(sentence, sentences) for sentence in split_sentences(summary)]
        found = self.among(sources, sentences)
        return found | self.among(sentences[:MOST_SENTENCES], sentences) if found else found

    def among(self, texts: Sequence[str], sentences: Sequence[str]) -> frozenset[str]:
        """Those of some sentences of an article that are orders; `sentences` are all of it, title first."""
        rows, likeness = described(self.encoder(), texts, sentences)
        logits = rows @ np.array(self.weights.embedding) + self.weights.likeness * likeness + self.weights.intercept
        return frozenset(text for text, logit in zip(texts, logits, strict=True) if logit > 0)


def orders_of(topics: Path, encoder: Callable[[], Encoder] | None = None) -> Orders | None:
    """What finds orders by the encoder that saved topics come with; None where they come with another, or none.

    `encoder` gives it where it is loaded already.
    """
    weights = packaged_weights()
    if not (topics / ENCODER_WEIGHTS).is_file() or sha256_of(topics / ENCODER_WEIGHTS) != weights.encoder:
        return None
    return Orders(encoder or lru_cache(maxsize=1)(partial(Encoder, topics)), weights)


def source_of(sentence: str, sentences: Sequence[str]) -> str:
    """The sentence of an article that shares most words with one of its summary: summaries choose and shorten.

    >>> source_of("The ferry sank.", ["It rained.", "The ferry, built in 1960, sank."])
    'The ferry, built in 1960, sank.'
    """
    wanted = _words(sentence)
    return max(sentences, key=lambda other: len(wanted & _words(other)), default=sentence)


def _words(sentence: str) -> frozenset[str]:
    return frozenset(word.strip(".,;:!?\"“”'’()").casefold() for word in sentence.split())
