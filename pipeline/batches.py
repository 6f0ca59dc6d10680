"""Batches: a few items at a time, lazily."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def in_batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of up to `size` items.

    >>> list(in_batches("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    iterator = iter(items)
    return iter(lambda: list(islice(iterator, size)), [])


def in_weighed_batches(
    items: Iterable[T], size: int, weight: Callable[[T], int], most_weight: int
) -> Iterator[list[T]]:
    """Lists of up to `size` items, each closed by the item with which it weighs `most_weight` or more.

    >>> list(in_weighed_batches(["a", "b", "cccc", "d", "e", "f"], 3, len, 4))
    [['a', 'b', 'cccc'], ['d', 'e', 'f']]
    >>> list(in_weighed_batches(["a", "dddd", "e"], 3, len, 4))
    [['a', 'dddd'], ['e']]
    """
    batch: list[T] = []
    weighs = 0
    for item in items:
        batch.append(item)
        weighs += weight(item)
        if len(batch) == size or weighs >= most_weight:
            yield batch
            batch, weighs = [], 0
    if batch:
        yield batch
