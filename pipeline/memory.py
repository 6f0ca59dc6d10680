"""Out of memory: what counts as that, and how a batch that did not fit is tried again in halves."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pipeline.records import ModelError, StageError

T = TypeVar("T")
R = TypeVar("R")
# What torch and OpenVINO say, each in a RuntimeError, where Python and numpy raise MemoryError.
SAID = (
    "out of memory", "bad_alloc", "not enough memory", "can't alloc", "cannot allocate memory",
    "could not allocate memory", "failed to allocate",
)  # fmt: skip


def in_halves(
    answer: Callable[[Sequence[T]], Sequence[R]], items: Sequence[T], alone: Callable[[T, Exception], R]
) -> list[R]:
    """The answers to items, asked for together; where memory ends, to each half, and so on.

    `alone` gives the answer for one item that does not even fit by itself. What is no want of memory is raised.

    >>> def double(numbers):
    ...     if len(numbers) > 2 or 13 in numbers:
    ...         raise MemoryError
    ...     return [2 * number for number in numbers]
    >>> in_halves(double, [1, 2, 13, 4, 5], lambda number, error: -1)
    [2, 4, -1, 8, 10]
    """
    try:
        return list(answer(items))
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        if len(items) == 1:
            return [alone(items[0], error)]
    # Behind the block, where the error no longer holds what the attempt had in hand.
    middle = len(items) // 2
    return in_halves(answer, items[:middle], alone) + in_halves(answer, items[middle:], alone)


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory ended; a model that could not be loaded for it is no matter of one batch.

    >>> is_out_of_memory(RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"))
    True
    >>> is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    False
    """
    if isinstance(error, (ModelError, StageError)):
        return False
    said = str(error).lower()
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(text in said for text in SAID))


@contextmanager
def loading(path: Path) -> Iterator[None]:
    """What loads a model: where it is gone, or memory does not suffice for it, ModelError says which and why."""
    try:
        yield
    except (MemoryError, OSError, RuntimeError) as error:  # OpenVINO and torch raise nothing more exact
        raise ModelError(
            f"{path} could not be loaded ({in_one_line(error)}): free memory, or run `dvc repro convert`"
        ) from error


@contextmanager
def running(path: Path) -> Iterator[None]:
    """What runs a model: where that fails for no stated want of memory, ModelError says which model and why.

    Without any memory left OpenVINO speaks of broken promises.
    """
    try:
        yield
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        raise ModelError(
            f"{path} could not be run ({in_one_line(error)}): free memory, then run the same command again"
        ) from error


def in_one_line(error: Exception) -> str:
    """What an error says, for a message.

    >>> in_one_line(MemoryError()), in_one_line(RuntimeError("Check failed:\\n  bad_alloc\\n"))
    ('MemoryError', 'Check failed: bad_alloc')
    """
    return " ".join(str(error).split()) or type(error).__name__
