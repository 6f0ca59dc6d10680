"""Reading pages from files, tables and folders: what cannot be read is named, and the rest goes on."""

import codecs
import csv
import glob
import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, cast

from pipeline.bounded import CsvLines, Utf16AsUtf8, files_under, lines_within, refuse_link_out, shown
from pipeline.records import ArticleError
from pipeline.repairing import MAX_CHARACTERS, decode, line_ends

PAGE_SUFFIXES = (".txt", ".html", ".htm", ".md")
TABLE_SUFFIXES = (".jsonl", ".csv", ".parquet")
PACKED_SUFFIXES = (".gz", ".zst")
# A file of one page is read this far; characters take up to four bytes.
MAX_BYTES = 4 * MAX_CHARACTERS
# A Parquet file within .gz or .zst is unpacked in memory, up to so many bytes.
MAX_UNPACKED_BYTES = 400_000_000
# News in Parquet unpacks to 2 to 10 times its size; what unpacks to far more, and to gigabytes, is no news.
MOST_UNPACKED_SHARE = 200
# More columns than any table of articles has; each costs time in each row.
MOST_COLUMNS = 10_000
# Longer front matter, in characters, is none.
MAX_FRONT_MATTER = 20_000
# So many pages are counted beforehand, to say how long answering takes: a few seconds, of an hour's work.
MOST_COUNTED = 20_000


_FRONT_MATTER = re.compile(rf"---[ \t]*\n(?P<yaml>.{{0,{MAX_FRONT_MATTER}}}?)^---[ \t]*$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table are called; of several for the topic the first that is there counts."""

    text: str = "text"
    title: str = "title"
    topic: tuple[str, ...] = ("topic", "label")
    id: str = "id"

    def __contains__(self, name: object) -> bool:
        """Whether a column is one of these."""
        return name in (self.text, self.title, self.id, *self.topic)


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
        raise ArticleError(f"{page.source}: {page.error}")
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
        files = [file for file in files_under(root) if _suffix(file) in kinds]
        if not files:
            yield Page(shown(root), error=f"holds no page: no file in it is one of {', '.join(kinds)}")
        for file in sorted(files, key=lambda file: file.relative_to(root).parts):
            topic = file.relative_to(root).parts[0] if file.parent != root else None
            yield from _read_file(file, topic, columns, root)
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


def _read_file(path: Path, topic: str | None, columns: Columns, root: Path | None = None) -> Iterator[Page]:
    """The pages of a file, found in a folder `root` or named by itself."""
    suffix, source = _suffix(path), shown(path)
    readers = {".jsonl": _read_jsonl, ".csv": _read_csv, ".parquet": _read_parquet}
    try:
        if root:
            refuse_link_out(path, root)
        if not path.exists():
            raise ArticleError("no such file")
        if not path.is_file():
            raise ArticleError("not a regular file")
        with open_unpacked(path) as file:
            if suffix in readers:
                yield from readers[suffix](source, file if suffix == ".parquet" else _as_utf8(file), columns)
            elif suffix in PAGE_SUFFIXES:
                yield _page(source, file.read(MAX_BYTES + 1), topic, markdown=suffix == ".md")
            else:
                known = ", ".join(PAGE_SUFFIXES + TABLE_SUFFIXES)
                raise ArticleError(f"'{suffix}' is not a kind of file this reads: give it as one of {known}")
    except (OSError, EOFError, ValueError, csv.Error, zlib.error) as error:
        yield Page(source, topic=topic, error=f"could not be read: {_told(error)}")


def _told(error: Exception) -> str:
    """What an error says, in one line that can be printed."""
    return shown(" ".join(str(error).split()))


def open_unpacked(path: Path) -> IO[bytes]:
    """A file to read, unpacked as it is read where its name ends in .gz or .zst."""
    if path.suffix.lower() == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if path.suffix.lower() == ".zst":
        import pyarrow

        return io.BufferedReader(pyarrow.input_stream(str(path), compression="zstd"))
    return path.open("rb")


def _as_utf8(file: IO[bytes]) -> IO[bytes]:
    """The same lines in UTF-8, where a byte-order mark says that they are in UTF-16."""
    mark = cast("io.BufferedReader", file).peek(2)[:2]
    if mark not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return file
    return io.BufferedReader(Utf16AsUtf8(file))  # type: ignore[type-var]  # typeshed asks for more


def _page(source: str, raw: bytes, topic: str | None = None, markdown: bool = False) -> Page:
    text, notes = decode(raw[:MAX_BYTES])
    if len(raw) > MAX_BYTES:
        notes += (f"only the first {MAX_BYTES:,} bytes were read",)
    if markdown and text.startswith("---"):
        return _markdown_page(source, line_ends(text), topic, notes)
    return Page(source, text, topic, notes=notes)


def _markdown_page(source: str, text: str, topic: str | None, notes: tuple[str, ...]) -> Page:
    """A Markdown article: title and topic stand in its front matter."""
    import yaml

    found = _FRONT_MATTER.match(text)
    if not found:
        return Page(source, text, topic, notes=notes)
    try:
        # In Python: the loader in C ends the process where YAML is nested deep.
        fields = yaml.load(found["yaml"], Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Page(source, topic=topic, error=f"its front matter is not YAML: {_told(error)}")
    fields = fields if isinstance(fields, dict) else {}
    title, body = _label(fields.get("title")), text[found.end() :].strip()
    whole = f"{title}\n\n{body}" if title else body
    return Page(source, whole, _label(fields.get("topic")) or topic, _label(fields.get("id")), notes)


def _read_jsonl(source: str, file: IO[bytes], columns: Columns) -> Iterator[Page]:
    for number, line in enumerate(lines_within(file, MAX_BYTES), start=1):
        if not line.strip():
            continue
        place = f"{source}:{number}"
        if len(line) > MAX_BYTES:
            yield Page(place, error=f"longer than {MAX_BYTES:,} bytes")
            continue
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
    lines = CsvLines(io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline=""), MAX_BYTES)
    rows = csv.reader(lines)
    found = [_cell(cell) for cell in next(rows, [])]
    _check(columns, found)
    while True:
        before = lines.number
        lines.begin_row()
        try:
            cells = next(rows, None)
        except csv.Error as error:
            yield Page(f"{source}:{before + 1}", error=f"not a row of CSV: {error}")
            continue
        if cells is None:
            return
        if cells:  # a blank line is no row
            yield _row(f"{source}:{before + 1}", _wanted(found, cells, columns), columns)


def _wanted(found: list[str], cells: list[str], columns: Columns) -> dict[str, str | None]:
    """The cells of a row by their columns; only those that are wanted are decoded."""
    row: dict[str, str | None] = dict.fromkeys(found)
    for name, cell in zip(found, cells, strict=False):
        if name in columns:
            row[name] = _cell(cell)
    return row


def _cell(raw: str) -> str:
    return decode(raw.encode("utf-8", "surrogateescape"))[0]


def _read_parquet(source: str, file: IO[bytes], columns: Columns) -> Iterator[Page]:
    import pyarrow.parquet as parquet
    from pyarrow.types import is_large_string, is_string

    file = _seekable(file)
    table = parquet.ParquetFile(file)
    found = list(dict.fromkeys(table.schema_arrow.names))
    _check(columns, found)
    if columns.text not in found:
        raise ArticleError(_no_column(columns.text, found))
    wanted = [name for name in found if name in columns]
    if twice := [name for name in wanted if table.schema_arrow.names.count(name) > 1]:
        raise ArticleError(f"column '{twice[0]}' stands in it twice: rename one of them")
    _refuse_bomb(table.metadata, size_bytes=file.seek(0, io.SEEK_END))
    # A text that stands in many rows is held once, and a row is made when it is asked for.
    types = {field.name: field.type for field in table.schema_arrow}
    texts = [name for name in wanted if is_string(types[name]) or is_large_string(types[name])]
    table = parquet.ParquetFile(file, read_dictionary=texts)
    number = 0
    for batch in table.iter_batches(batch_size=256, columns=wanted):
        for place in range(batch.num_rows):
            number += 1
            try:
                row = {name: batch.column(name)[place].as_py() for name in wanted}
            except (OverflowError, LookupError, ValueError) as error:  # a date beyond Python's, an unknown time zone
                yield Page(f"{source}:{number}", error=f"a value of it is none in Python: {_told(error)}")
                continue
            yield _row(f"{source}:{number}", row, columns)
    told = table.metadata
    rows = max(told.num_rows, sum(told.row_group(group).num_rows for group in range(told.num_row_groups)))
    if number < rows:  # pyarrow passes over some damaged pages without a word
        raise ArticleError(f"only {number:,} of its {rows:,} rows are there")


def _seekable(file: IO[bytes]) -> IO[bytes]:
    """The file, whose end is read first: one that is unpacked as it is read is held in memory."""
    if file.seekable() and not isinstance(file, gzip.GzipFile):
        return file
    content = file.read(MAX_UNPACKED_BYTES + 1)
    if len(content) > MAX_UNPACKED_BYTES:
        raise ArticleError(
            f"it unpacks to more than {MAX_UNPACKED_BYTES:,} bytes: Parquet is packed in itself, unpack it"
        )
    return io.BytesIO(content)


def _refuse_bomb(metadata: Any, size_bytes: int) -> None:
    """Raise ArticleError for a Parquet file that unpacks to gigabytes of almost nothing.

    Its columns are not asked one by one: pyarrow ends the process where what is said of one is damaged.
    """
    for group in range(metadata.num_row_groups):
        unpacked = metadata.row_group(group).total_byte_size
        if unpacked > MAX_UNPACKED_BYTES and unpacked > MOST_UNPACKED_SHARE * size_bytes:
            raise ArticleError(f"its row group {group} unpacks to {unpacked:,} bytes, the file has {size_bytes:,}")


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
    """A label or id as text: 4.0, as tables have integers beside gaps, is 4; nothing, no number, and a list is none.

    A list can hold itself, or a thousand others that hold a thousand: it is not written out. Half a pair of
    surrogates, which no output can hold, stands escaped.
    """
    if isinstance(value, list | tuple | dict | set):
        return None
    if isinstance(value, float):
        value = None if value != value else int(value) if value.is_integer() else value
    return None if value is None else str(value).encode("utf-8", "backslashreplace").decode().strip()


def _check(columns: Columns, found: list[str]) -> None:
    """Refuse a table without its text, or without a column that has another name than usual."""
    if len(found) > MOST_COLUMNS:
        raise ArticleError(f"has {len(found):,} columns, more than the {MOST_COLUMNS:,} of any table of articles")
    named = {columns.text, columns.title, columns.id, *columns.topic}
    usual = {USUAL_COLUMNS.title, USUAL_COLUMNS.id, *USUAL_COLUMNS.topic}
    lacking = sorted(named - usual - set(found))
    if lacking:
        raise ArticleError(_no_column(lacking[0], found))


def _no_column(column: str, found: list[str]) -> str:
    names = shown(", ".join(map(str, found))) or "none"
    return f"no column '{column}'; found columns: {names}. Rename yours; for labelled news params.yaml can name it"
