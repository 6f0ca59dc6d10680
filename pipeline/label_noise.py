"""Labels that may be wrong: where a model that did not see an article is sure of another topic."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

# In so many parts, by hash of the id, articles are held out from the machines that judge their labels.
FOLDS = 5


def fold_of(article_id: str) -> int:
    """The part that an article is held out with, by the hash of its id, apart from the bytes that choose its split.

    >>> fold_of("business/001")
    0
    """
    return int.from_bytes(hashlib.sha256(article_id.encode()).digest()[8:], "big") % FOLDS


def suspects(probabilities: npt.NDArray[np.float64], labels: Sequence[int]) -> list[tuple[int, int]]:
    """The articles whose label is in doubt and the topic that they seem to be of, the clearest first.

    Confident learning (Northcutt, Jiang and Chuang 2021): a topic is claimed for an article when its probability
    reaches what articles with that label have on average; a label is in doubt when another topic is claimed, and more
    probable. `probabilities` has shape (articles, topics) and comes from models that did not see the article.

    >>> suspects(np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8], [0.87, 0.13]]), [0, 0, 1, 1, 1])
    [(4, 0)]
    """
    given = np.asarray(labels)
    topics = range(probabilities.shape[1])
    usual = [probabilities[given == topic, topic].mean() if (given == topic).any() else np.inf for topic in topics]
    claimed = np.where(probabilities >= usual, probabilities, 0.0)
    best = claimed.argmax(axis=1)
    own = probabilities[np.arange(len(given)), given]
    lead = claimed.max(axis=1) - own
    found = np.flatnonzero((best != given) & (lead > 0))
    return [(int(at), int(best[at])) for at in found[np.argsort(-lead[found], kind="stable")]]
