"""Reading pages from files, tables and folders: what cannot be read is named, and the rest goes on."""

import codecs
import csv
import glob
import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import IO, Any, cast

from pipeline.records import ArticleError
from pipeline.repairing import MAX_CHARACTERS, decode

PAGE_SUFFIXES = (".txt", ".html", ".htm", ".md")
TABLE_SUFFIXES = (".jsonl", ".csv", ".parquet")
PACKED_SUFFIXES = (".gz", ".zst")
# A file of one page is read this far; characters take up to four bytes.
MAX_BYTES = 4 * MAX_CHARACTERS
# A Parquet file within .gz or .zst is held in memory.
MAX_PACKED_BYTES = 500_000_000
# So many pages are counted beforehand, to say how long answering takes: a few seconds, of an hour's work.
MOST_COUNTED = 20_000


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table are called; of several for the topic the first that is there counts."""

    text: str = "text"
    title: str = "title"
    topic: tuple[str, ...] = ("topic", "label")
    id: str = "id"


USUAL_COLUMNS = Columns()


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it was found, or the reason it could not be read."""

    source: str  # the path, or path:line for a row of a table
    text: str = ""
    topic: str | None = None
    id: str | None = None  # what the input itself calls it
    notes: tuple[str, ...] = ()
    error: str | None = None


def read_page(path: str) -> Page:
    """The one page in a file, or on stdin for "-".

    Raises ArticleError that names the file and the cause.
    """
    page, *others = islice(read_pages(path), 2)
    if page.error:
        raise ArticleError(f"{path}: {page.error}")
    if others:
        raise ArticleError(f"{path} holds more than one page: name one, or use `predict`")
    return page


def read_pages(path: str, columns: Columns = USUAL_COLUMNS) -> Iterator[Page]:
    """Every page of a file, a table, a folder of these, or stdin for "-"; folders in the order of their names.

    A path that is none, such as "news/*.csv" or "news/**/*.html", stands for all that it matches.
    """
    if path == "-":
        yield _page("-", sys.stdin.buffer.read(MAX_BYTES + 1))
        return
    root = Path(path)
    if root.is_dir():
        kinds = PAGE_SUFFIXES + TABLE_SUFFIXES
        files = [file for file in root.rglob("*") if _suffix(file) in kinds and not file.is_dir()]
        if not files:
            yield Page(path, error=f"holds no page: no file in it is one of {', '.join(kinds)}")
        for file in sorted(files, key=lambda file: file.relative_to(root).parts):
            topic = file.relative_to(root).parts[0] if file.parent != root else None
            yield from _read_file(file, topic, columns)
    elif matches := _matches(root):
        for match in matches:
            yield from read_pages(match, columns)
    else:
        yield from _read_file(root, None, columns)


def _matches(path: Path) -> list[str]:
    """What a path with wildcards stands for, in the order of names; "**" is for files in folders at any depth."""
    if path.exists() or not glob.has_magic(str(path)):
        return []
    matches = glob.glob(str(path), recursive=True)  # noqa: PTH207 - the pattern may be absolute
    found = sorted(matches, key=lambda match: Path(match).parts)
    return [match for match in found if "**" not in path.parts or Path(match).is_file()]


def count_pages(paths: Sequence[str]) -> int | None:
    """How many pages there are; None where that is not known beforehand: stdin, or more than `MOST_COUNTED`."""
    if "-" in paths:
        return None
    counted = sum(1 for _ in islice(chain.from_iterable(map(read_pages, paths)), MOST_COUNTED + 1))
    return counted if counted <= MOST_COUNTED else None


def _suffix(path: Path) -> str:
    """The suffix that says what a file is, without a trailing .gz or .zst."""
    return Path(path.stem).suffix.lower() if path.suffix.lower() in PACKED_SUFFIXES else path.suffix.lower()


def _read_file(path: Path, topic: str | None, columns: Columns) -> Iterator[Page]:
    suffix = _suffix(path)
    readers = {".jsonl": _read_jsonl, ".csv": _read_csv, ".parquet": _read_parquet}
    try:
        if not path.exists():
            raise ArticleError("no such file")
        if not path.is_file():
            raise ArticleError("not a regular file")
        with open_unpacked(path) as file:
            if suffix in readers:
                yield from readers[suffix](
                    str(path), file if suffix == ".parquet" else io.BufferedReader(_Utf8(file)), columns
                )
            elif suffix in PAGE_SUFFIXES:
                yield _page(str(path), file.read(MAX_BYTES + 1), topic, markdown=suffix == ".md")
            else:
                known = ", ".join(PAGE_SUFFIXES + TABLE_SUFFIXES)
                raise ArticleError(f"'{suffix}' is not a kind of file this reads: give it as one of {known}")
    except (OSError, EOFError, ValueError, csv.Error, zlib.error) as error:
        yield Page(str(path), topic=topic, error=f"could not be read: {error}")


def open_unpacked(path: Path) -> IO[bytes]:
    """A file to read, unpacked as it is read where its name ends in .gz or .zst."""
    if path.suffix.lower() == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if path.suffix.lower() == ".zst":
        import pyarrow

        return io.BufferedReader(pyarrow.input_stream(str(path), compression="zstd"))
    return path.open("rb")


class _Utf8(io.RawIOBase):
    """A table's bytes in UTF-8, where a byte-order mark says that they are in UTF-16; no line may be endless."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = file.read(2)
        utf16 = self._left in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace") if utf16 else None
        self._line_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a part of the buffer; in UTF-8 two bytes can become three."""
        raw = self._left or self._file.read(max(2, len(buffer) // 2))
        self._left = b""
        read = self._decoder.decode(raw, final=not raw).encode() if self._decoder else raw
        if raw and not read:
            return self.readinto(buffer)  # half a character
        end = max(read.rfind(b"\n"), read.rfind(b"\r"))
        self._line_bytes = len(read) - end - 1 + (self._line_bytes if end < 0 else 0)
        if self._line_bytes > MAX_BYTES:
            raise ArticleError(f"a line of it is longer than {MAX_BYTES:,} bytes: the rest is not read")
        buffer[: len(read)] = read
        return len(read)


def _page(source: str, raw: bytes, topic: str | None = None, markdown: bool = False) -> Page:
    text, notes = decode(raw[:MAX_BYTES])
    if len(raw) > MAX_BYTES:
        notes += (f"only the first {MAX_BYTES:,} bytes were read",)
    if markdown and text.startswith("---"):
        return _markdown_page(source, text, topic, notes)
    return Page(source, text, topic, notes=notes)


def _markdown_page(source: str, text: str, topic: str | None, notes: tuple[str, ...]) -> Page:
    """A Markdown article: title and topic stand in its front matter."""
    import frontmatter
    import yaml

    try:
        post = frontmatter.loads(text)
    except yaml.YAMLError as error:
        return Page(source, topic=topic, error=f"its front matter is not YAML: {error}")
    title = post.metadata.get("title")
    body = f"{title}\n\n{post.content}" if title else post.content
    return Page(source, body, _label(post.metadata.get("topic") or topic), _label(post.metadata.get("id")), notes)


def _read_jsonl(source: str, file: IO[bytes], columns: Columns) -> Iterator[Page]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        place = f"{source}:{number}"
        try:
            row = json.loads(decode(line)[0])
        except (ValueError, RecursionError) as error:
            yield Page(place, error=f"not a JSON object: {error}")
            continue
        if isinstance(row, dict):
            yield _row(place, row, columns)
        else:
            yield Page(place, error=f"not a JSON object: found {type(row).__name__}")


def _read_csv(source: str, file: IO[bytes], columns: Columns) -> Iterator[Page]:
    csv.field_size_limit(MAX_BYTES)
    # Bytes that are not UTF-8 pass through as surrogates; each cell is then decoded on its own.
    rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline=""))
    found = next(rows, [])
    _check(columns, found)
    before = rows.line_num
    for row in rows:
        cells = [decode(cell.encode("utf-8", "surrogateescape"))[0] for cell in row]
        if cells:  # a blank line is no row
            yield _row(f"{source}:{before + 1}", dict(zip_longest(found, cells[: len(found)])), columns)
        before = rows.line_num


def _read_parquet(source: str, file: IO[bytes], columns: Columns) -> Iterator[Page]:
    import pyarrow.parquet as parquet

    table = parquet.ParquetFile(_seekable(file))
    _check(columns, table.schema_arrow.names)
    number = 0
    for batch in table.iter_batches(batch_size=256):
        for row in batch.to_pylist():
            number += 1
            yield _row(f"{source}:{number}", row, columns)


def _seekable(file: IO[bytes]) -> IO[bytes]:
    """The file, whose end is read first: one that is unpacked as it is read is held in memory."""
    if file.seekable() and not isinstance(file, gzip.GzipFile):
        return file
    content = file.read(MAX_PACKED_BYTES + 1)
    if len(content) > MAX_PACKED_BYTES:
        raise ArticleError(
            f"it unpacks to more than {MAX_PACKED_BYTES:,} bytes: Parquet is packed in itself, unpack it"
        )
    return io.BytesIO(content)


def _row(place: str, row: dict[str, Any], columns: Columns) -> Page:
    """A page from a row: its text, and where present its title and topic."""
    text, title = row.get(columns.text), row.get(columns.title)
    if not isinstance(text, str):
        found = "nothing" if text is None else type(text).__name__
        in_column = f"no text in its column '{columns.text}': found {found}"
        error = in_column if columns.text in row else _no_column(columns.text, list(row))
        return Page(place, id=_label(row.get(columns.id)), error=error)
    topic = next((row[column] for column in columns.topic if row.get(column) is not None), None)
    whole = f"{title}\n\n{text}" if isinstance(title, str) and title.strip() else text
    notes: tuple[str, ...] = ()
    if len(whole) > MAX_CHARACTERS:
        notes = (f"only the first {MAX_CHARACTERS:,} characters were read",)
    return Page(place, whole[:MAX_CHARACTERS], _label(topic), _label(row.get(columns.id)), notes)


def _label(value: object) -> str | None:
    """A label or id as text: 4.0, as tables have integers beside gaps, is 4; nothing and no number is none."""
    if isinstance(value, float):
        value = None if value != value else int(value) if value.is_integer() else value
    return None if value is None else str(value).strip()


def _check(columns: Columns, found: list[str]) -> None:
    """Refuse a table without its text, or without a column that has another name than usual."""
    named = {columns.text, columns.title, columns.id, *columns.topic}
    usual = {USUAL_COLUMNS.title, USUAL_COLUMNS.id, *USUAL_COLUMNS.topic}
    lacking = sorted(named - usual - set(found))
    if lacking:
        raise ArticleError(_no_column(lacking[0], found))


def _no_column(column: str, found: list[str]) -> str:
    names = ", ".join(map(str, found)).encode("utf-8", "replace").decode() or "none"
    return f"no column '{column}'; found columns: {names}. Rename yours; for labelled news params.yaml can name it"
