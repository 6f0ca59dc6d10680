"""Stopping when asked: Ctrl-C or SIGTERM is noted, and what is in hand is finished first."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):  # noqa: N818 - it is no error
    """The user asked to stop, and nothing is in hand any more."""


@contextmanager
def stop_when_asked() -> Iterator[Callable[[Iterable[T]], Iterator[T]]]:
    """A passage for items, which raises Stopped for the next one once a signal came; a second signal ends at once.

    >>> with stop_when_asked() as passing:
    ...     list(passing("ab"))
    ['a', 'b']
    """
    asked: list[int] = []
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def note(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        for each in SIGNALS:
            signal.signal(each, before[each])
        os.write(2, b"Finishing the batch in hand; once more stops at once.\n")  # stderr itself may be in use

    def passing(items: Iterable[T]) -> Iterator[T]:
        for item in items:
            if asked:
                raise Stopped
            yield item

    try:
        for number in SIGNALS:
            signal.signal(number, note)
        yield passing
    finally:
        for number in SIGNALS:
            signal.signal(number, before[number])
