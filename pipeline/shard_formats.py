"""Answers as files: JSON Lines, CSV or Parquet, written row by row and read back as they were."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from pipeline.reading import MAX_BYTES, open_unpacked

if TYPE_CHECKING:
    import pyarrow

FORMATS = ("jsonl", "jsonl.gz", "jsonl.zst", "csv", "csv.gz", "csv.zst", "parquet")
# The columns of CSV and Parquet: what an answer holds, those of its article beside the others.
OF_ANSWER = (
    "source", "id", "topic", "probability", "abstained", "summary", "error", "summary_method", "draft", "engine",
    "probabilities", "unsupported", "notes", "evidence",
)  # fmt: skip
OF_ARTICLE = ("title", "text", "language", "standfirst", "byline", "date", "dropped")
COLUMNS = OF_ANSWER + OF_ARTICLE
AS_JSON = {"probabilities", "unsupported", "notes", "evidence", "dropped"}
NUMBER = "probability"
# A spreadsheet takes a cell that begins with one of these for a formula, or leaves the sign out.
FORMULA_SIGNS = tuple("=+-@\t\r\n")
ESCAPE = "'"
# Rows of a Parquet file that are held in memory, and read together.
GROUP_ROWS = 500

Row = dict[str, Any]


@contextmanager
def row_writer(path: Path, form: str) -> Iterator[Callable[[Row], None]]:
    """What takes the rows of a file one by one; the file is whole when the block has ended."""
    if form == "parquet":
        with _parquet_writer(path) as write:
            yield write
        return
    as_line = _json_line if form.startswith("jsonl") else _csv_line
    with _packed(path, form) as file:
        if as_line is _csv_line:
            file.write((",".join(COLUMNS) + "\n").encode())
        yield lambda row: cast("None", file.write(as_line(row)))


def read_rows(path: str | Path) -> Iterator[Row]:
    """The rows of a shard, as `predict` writes them to stdout, whatever its format."""
    path = Path(path)
    if path.suffix == ".parquet":
        import pyarrow.parquet as parquet

        with parquet.ParquetFile(path) as table:
            for batch in table.iter_batches(batch_size=GROUP_ROWS):
                yield from map(nested, batch.to_pylist())
        return
    with open_unpacked(path) as file:
        if ".jsonl" in path.suffixes:
            yield from map(json.loads, file)
        else:
            csv.field_size_limit(10 * MAX_BYTES)
            for cells in csv.DictReader(io.TextIOWrapper(file, encoding="utf-8", newline="")):
                yield nested({name: _value(name, cell) for name, cell in cells.items()})


def flat(row: Row) -> Row:
    """A row of one level: the article's parts beside the answer's, lists and objects as JSON.

    >>> flat({"topic": "sport", "notes": ["cut"], "article": {"title": "Cup", "text": ""}})["notes"]
    '["cut"]'
    """
    found = row | row["article"]
    values = {name: found.get(name) for name in COLUMNS}
    values["text"] = values["text"] or None
    return {name: _as_json(value) if name in AS_JSON else value for name, value in values.items()}


def nested(values: Row) -> Row:
    """What `flat` was given."""
    found = {name: json.loads(value) if name in AS_JSON and value else value for name, value in values.items()}
    article = {name: found[name] for name in OF_ARTICLE} | {"text": found["text"] or ""}
    return {name: found[name] for name in OF_ANSWER} | {"article": article}


def neutral(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: one that begins like it gets an apostrophe before it.

    So does one that begins with an apostrophe, and an empty text, which an empty cell (nothing) is not; so whoever
    takes one apostrophe from the front of each cell that has it has the text again.

    >>> neutral("=1+1"), neutral("'tis so"), neutral("It rained.")
    ("'=1+1", "''tis so", 'It rained.')
    """
    return ESCAPE + text if not text or text.startswith((*FORMULA_SIGNS, ESCAPE)) else text


def _as_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _json_line(row: Row) -> bytes:
    return (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _csv_line(row: Row) -> bytes:
    out = io.StringIO()
    cells = [neutral(value) if isinstance(value, str) else value for value in flat(row).values()]
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC).writerow(cells)  # "\r", too
    return out.getvalue().encode("utf-8", "backslashreplace")


def _value(name: str, cell: str) -> Any:
    """What a cell of CSV stands for."""
    if name == NUMBER:
        return float(cell)
    return cell.removeprefix(ESCAPE) if cell else None


@contextmanager
def _parquet_writer(path: Path) -> Iterator[Callable[[Row], None]]:
    import pyarrow
    import pyarrow.parquet as parquet

    held: list[Row] = []
    with parquet.ParquetWriter(path, _schema(), compression="zstd") as file:

        def write_group() -> None:
            file.write_table(pyarrow.Table.from_pylist(held, schema=_schema()))
            held.clear()

        def write(row: Row) -> None:
            held.append({name: _sound(value) for name, value in flat(row).items()})
            if len(held) == GROUP_ROWS:
                write_group()

        yield write
        if held:
            write_group()


def _sound(value: Any) -> Any:
    """A text that UTF-8 can hold: half a pair, as names of files can have, as an escape."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


@cache
def _schema() -> "pyarrow.Schema":
    import pyarrow

    return pyarrow.schema([(name, pyarrow.float64() if name == NUMBER else pyarrow.string()) for name in COLUMNS])


@contextmanager
def _packed(path: Path, form: str) -> Iterator[IO[bytes]]:
    """A file to write, compressed as its format says; the same bytes for the same rows."""
    if form.endswith(".zst"):
        import pyarrow

        with pyarrow.CompressedOutputStream(str(path), "zstd") as file:
            yield file
    elif form.endswith(".gz"):
        with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
            yield cast("IO[bytes]", file)
    else:
        with path.open("wb") as file:
            yield file
