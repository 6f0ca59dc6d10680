"""Words and pairs of words in the columns that their hashes choose, so that no vocabulary has to be held."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.pipeline import FeatureUnion

# Columns in all, and of these for words; the others are for pairs. docs/log.md says what sharing them costs.
COLUMNS, WORD_COLUMNS = 2**20, 2**18


def hashed_counter(pairs: bool) -> "FeatureUnion":
    """What counts the words of texts, and their pairs behind them, by column: scikit-learn's own, with nothing to fit.

    >>> hashed_counter(pairs=True).transform(["the ferry, the ferry"]).data.tolist()
    [2.0, 2.0, 2.0, 1.0]
    """
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.pipeline import FeatureUnion

    sizes = [("words", 1, WORD_COLUMNS), ("pairs", 2, COLUMNS - WORD_COLUMNS)]
    return FeatureUnion(
        [
            (
                name,
                HashingVectorizer(
                    ngram_range=(length, length), n_features=size, norm=None, alternate_sign=False, dtype=np.float32
                ),
            )
            for name, length, size in sizes[: 2 if pairs else 1]
        ]
    )


def terms_by_column(counter: "CountVectorizer | FeatureUnion", text: str) -> dict[int, str]:
    """The words and pairs of a text by their columns; of a hashed counter those that share one stand together.

    >>> sorted(terms_by_column(hashed_counter(pairs=True), "the ferry").values())
    ['ferry', 'the', 'the ferry']
    """
    if hasattr(counter, "vocabulary_"):
        known = counter.vocabulary_
        return {known[term]: term for term in counter.build_analyzer()(text) if term in known}
    found: dict[int, list[str]] = defaultdict(list)
    start = 0
    for _, hashed in counter.transformer_list:
        terms = sorted(set(hashed.build_analyzer()(text)))
        for term, column in zip(terms, _columns(terms, hashed.n_features), strict=True):
            found[start + column].append(term)
        start += hashed.n_features
    return {column: " / ".join(terms) for column, terms in found.items()}


def _columns(terms: list[str], size: int) -> list[int]:
    """The column of each term, as HashingVectorizer chooses it."""
    from sklearn.feature_extraction import FeatureHasher

    if not terms:
        return []
    one_each: Any = FeatureHasher(size, input_type="string", alternate_sign=False).transform([term] for term in terms)
    return [int(column) for column in one_each.indices]
