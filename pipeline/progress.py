"""Progress for whoever waits: what is done, how fast, how long it still takes; on stderr, and only on a terminal."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

T = TypeVar("T")


class RateColumn(ProgressColumn):
    """Items a second since the start, and how long the others take at that rate.

    What is answered in batches comes in bursts: the rate of the last moments, as rich has it, would say little.
    """

    def render(self, task: Task) -> Text:
        """Nothing before the first item is done."""
        if not task.completed or not task.elapsed:
            return Text("")
        rate = task.completed / task.elapsed
        left = timedelta(seconds=round(task.remaining / rate)) if task.remaining else None
        return Text(f"{rate:.1f}/s" + (f", {left} left" if left else ""))


def is_watched(answers_on_stdout: bool = False) -> bool:
    """Whether a bar is seen; `answers_on_stdout`: one that would stand among answers on the same terminal is not."""
    return sys.stderr.isatty() and not (answers_on_stdout and sys.stdout.isatty())


def track(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """The items one by one, with a bar that says how many are done, how fast, and how long the others take.

    Without a terminal on stderr nothing is written. `total` is needed where the items have no length; where it is
    None, the time left stays open.

    >>> list(track(["a", "b"], "letters"))
    ['a', 'b']
    """
    if not is_watched():
        yield from items
        return
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        RateColumn(),
        console=Console(stderr=True),
        redirect_stdout=False,  # answers go where the caller sends them
    )
    with bars:
        yield from bars.track(items, total, description=what)


@contextmanager
def working(what: str) -> Iterator[None]:
    """A spinner with the time it took, for one step whose end cannot be foreseen.

    >>> with working("counting"):
    ...     sum(range(10))
    45
    """
    if not is_watched():
        yield
        return
    spinner = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        redirect_stdout=False,
    )
    with spinner:
        spinner.add_task(what, total=None)
        yield
