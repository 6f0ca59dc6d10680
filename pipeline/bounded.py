"""Files read within bounds: however long a line is, however far a file unpacks, wherever a link leads."""

import codecs
import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TextIO

from pipeline.records import ArticleError

# Of a line that is too long so many times its bound is passed over to find the next one; beyond, the file is given up.
PASSED_OVER = 10
# A row of a CSV file may go over several lines, which together may be so many times as long as one.
ROW_LINES = 2
_CHUNK_BYTES = 1 << 16


def files_under(root: Path) -> Iterator[Path]:
    """Every file below a folder, at any depth, in no order; links to folders are not followed."""
    folders = [root]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(Path(entry.path))
                    elif not Path(entry.path).is_dir():  # entry.is_dir() raises for a link to itself
                        yield Path(entry.path)
        except OSError:  # not ours to read, or gone
            continue


def refuse_link_out(file: Path, root: Path) -> None:
    """Raise ArticleError for a link in a folder that leads out of it."""
    if file.is_symlink() and not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(root)):
        raise ArticleError("a link that leads out of the folder: name the file itself to have it read")


def shown(found: object) -> str:
    r"""A path, or what else others named, as it can be printed: what is no text, and control characters, stand escaped.

    >>> shown(Path("a\x1b[2J.txt"))
    'a\\x1b[2J.txt'
    """
    text = str(found).encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def lines_within(file: IO[bytes], most_bytes: int) -> Iterator[bytes]:
    """The lines of a file; of one that is too long, its beginning, one byte longer than the bound.

    >>> [*lines_within(io.BytesIO(b"ab\\nabcdefg\\nc"), 3)]
    [b'ab\\n', b'abcd', b'c']
    """
    while line := file.readline(most_bytes + 1):
        if len(line) > most_bytes:
            _pass_over(file, line[-1:] == b"\n", most_bytes)
        yield line


class CsvLines:
    """The lines of a CSV file for `csv.reader`; one that is too long raises csv.Error, and the next call goes on."""

    def __init__(self, file: TextIO, most_characters: int) -> None:
        self.file = file
        self.most = most_characters
        self.number = 0  # of the line read last, 1-based
        self._row = 0  # characters of the row so far

    def begin_row(self) -> None:
        """To be called before each row: what is bounded is the row, whatever lines it goes over."""
        self._row = 0

    def __iter__(self) -> "CsvLines":
        return self

    def __next__(self) -> str:
        line = self.file.readline(self.most + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self._row += len(line)
        if len(line) > self.most:
            _pass_over(self.file, line[-1:] == "\n", self.most)
            raise csv.Error(f"a line is longer than {self.most:,} characters")
        if self._row > ROW_LINES * self.most:
            raise csv.Error(f"a row is longer than {ROW_LINES * self.most:,} characters")
        return line


def _pass_over(file: IO[bytes] | TextIO, is_ended: bool, piece: int) -> None:
    """Read to the end of a line; ValueError where that is too far."""
    for _ in range(PASSED_OVER):
        if is_ended:
            return
        rest = file.readline(piece)
        is_ended = not rest or rest[-1:] in ("\n", b"\n")
    raise ValueError(f"a line is longer than {PASSED_OVER * piece:,} bytes")


class Utf16AsUtf8(io.RawIOBase):
    """A file in UTF-16 as one in UTF-8, read piece by piece; what is no character becomes U+FFFD."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")
        self._left = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # any buffer of bytes
        """As the class above has it."""
        raw = b"."
        while raw and not self._left:
            raw = self._file.read(_CHUNK_BYTES)
            self._left = self._decoder.decode(raw, final=not raw).encode()
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count
