"""Files that a loss of power leaves whole: on the disk before they take their place, and one writer at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.files import naming

# What a file is called until it is whole.
UNFINISHED = ".unfinished"


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Where to write a file, which takes the place of `path` once it is whole and on the disk.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with new_file(path) as unfinished:
    ...     _ = unfinished.write_text("whole")
    ...     path.exists()
    False
    >>> path.read_text()
    'whole'
    """
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        with naming(path):
            yield unfinished
        _sync(unfinished)
        unfinished.replace(path)
        _sync(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def append(path: Path, line: bytes) -> None:
    """Add a line to a file that is there, and wait until it is on the disk."""
    with naming(path), path.open("ab", buffering=0) as file:
        while line:  # a disk that fills up takes a part, without an error
            line = line[file.write(line) :]
        os.fsync(file.fileno())


def truncate(path: Path, size_bytes: int) -> None:
    """Give up what a file holds beyond its first bytes."""
    os.truncate(path, size_bytes)
    _sync(path)


@contextmanager
def alone_in(folder: Path) -> Iterator[bool]:
    """Whether this process is the only one that holds the folder: it stays so until the block ends, or the process."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
