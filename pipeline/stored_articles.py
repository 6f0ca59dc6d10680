"""Labelled articles that stay on disk, read one by one in an order that mixes their topics."""

import hashlib
import heapq
import json
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from pipeline.articles import LabelledArticle, Split


class StoredArticles:
    """The articles of a split in a file that stage `clean` wrote, in the order of their ids' hashes.

    Of each article 8 bytes are held: where it stands. In which order they stand in the file makes no difference.
    """

    def __init__(self, path: Path, split: Split) -> None:
        self.topics: Counter[str] = Counter()
        self._path = path
        hashes, places, place = array("Q"), array("Q"), 0
        with path.open("rb") as file:
            for line in file:
                row = json.loads(line)
                if row["split"] == split:
                    self.topics[row["topic"]] += 1
                    hashes.append(order_of(row["id"]))
                    places.append(place)
                place += len(line)
        self._places = np.array(places)[np.argsort(np.array(hashes))]

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[LabelledArticle]:
        with self._path.open("rb") as file:
            for place in self._places:
                file.seek(int(place))
                yield LabelledArticle(**json.loads(file.readline()))

    def first(self, most: int) -> list[LabelledArticle]:
        """The first articles: a sample, since the order is that of hashes."""
        return list(islice(self, most))


def order_of(article_id: str) -> int:
    """Where an article stands among others, 0 to 2**64 - 1, by bytes of its id's hash that do not choose its split.

    >>> order_of("business/001") < order_of("sport/001")
    True
    """
    return int.from_bytes(hashlib.sha256(article_id.encode()).digest()[8:16], "big")


def mixed(sources: Sequence[StoredArticles]) -> Iterator[LabelledArticle]:
    """The articles of all sources in one order, read as they are asked for."""
    return heapq.merge(*sources, key=lambda article: order_of(article.id))
