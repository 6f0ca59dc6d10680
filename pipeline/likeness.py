"""How like a sentence is to the article that it stands in, by embeddings."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.embedding import Encoder

# A sentence is compared with so many that open its article, title first: they say what it is about.
OPENING_SENTENCES = 8


def described(
    encoder: Encoder, texts: Sequence[str], sentences: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Embeddings of some sentences, (texts, dimensions), and the cosine of each to the article's opening, (texts,).

    A sentence is not compared with itself.
    """
    opening = sentences[:OPENING_SENTENCES]
    rows = encoder.embed([*opening, *texts]).astype(np.float64)
    around, rows = rows[: len(opening)], rows[len(opening) :]
    itself = np.array([[text == other for other in opening] for text in texts], dtype=bool)
    rest = (~itself).astype(float).reshape(len(texts), len(opening)) @ around
    return rows, (rows * rest).sum(axis=1) / (np.linalg.norm(rest, axis=1) + 1e-9)
