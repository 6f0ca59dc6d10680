"""What must hold for any bytes that others wrote: a target for cleaning, each reader, grounding and saved files.

A target raises whatever goes wrong: AssertionError where a law is broken, else what the code under it let through.
"""

import csv
import gzip
import hashlib
import io
import json
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from pipeline.cards import read_card
from pipeline.cleaning import clean, explanation
from pipeline.grounding import check, weights_from
from pipeline.line_rules import REASONS
from pipeline.manifest import Manifest, ShardError
from pipeline.page import page_lines
from pipeline.predicting import answer_row
from pipeline.reading import Page, read_pages
from pipeline.records import ModelError, Prediction
from pipeline.repairing import decode

# What parts an article from its summary in the bytes that `grounding` is given.
PARTING = "\f"
# Names that `packed` gives its bytes, by the first of them.
PACKED_NAMES = ("a.txt.gz", "a.jsonl.gz", "a.csv.gz", "a.parquet.gz", "a.html.zst", "a.jsonl.zst", "a.csv.zst")


def text(raw: bytes) -> None:
    """Cleaning, of a page as text."""
    _clean(decode(raw)[0])


def html(raw: bytes) -> None:
    """Cleaning, of a page as HTML."""
    _clean("<html><body>" + decode(raw)[0])


def _clean(page: str) -> None:
    article = clean(page)
    lines = {number: line for number, line in enumerate(page_lines(page), start=1) if line}
    dropped = {line.line: line for line in article.dropped}
    assert all(line.reason in REASONS and lines[number] == line.text for number, line in dropped.items())
    kept = [line for number, line in lines.items() if number not in dropped]
    assert sorted(kept) == sorted(filter(None, [article.title, *article.paragraphs])), (
        "kept and dropped are no partition"
    )
    fields = [article.whole, article.byline, article.date, *lines.values()]
    assert not any(_controls(field or "") for field in fields), "control characters are printed"
    assert len(explanation(page).splitlines()) == len(lines)
    again = clean(article.whole)
    assert (again.title, again.text, again.dropped) == (article.title, article.text, ()), "cleaning is not idempotent"


def pages_txt(raw: bytes) -> None:
    """A page in a .txt: one page, or one error."""
    (page,) = _read("a.txt", raw)
    assert page.error is None


def pages_html(raw: bytes) -> None:
    """A page in a .html, likewise."""
    (page,) = _read("a.html", raw)
    assert page.error is None


def pages_md(raw: bytes) -> None:
    """A page in a .md; without front matter it is what a .txt would be."""
    (page,) = _read("a.md", raw)
    if not decode(raw)[0].startswith("---"):
        (same,) = _read("a.txt", raw)
        assert replace(page, source="") == replace(same, source="")


def rows_jsonl(raw: bytes) -> None:
    """A .jsonl: each line that is not blank is a page or an error, in its place."""
    lines = _in_utf8(raw).split(b"\n")
    expected = [number for number, line in enumerate(lines, start=1) if line.strip()]
    assert _numbers(_read("a.jsonl", raw)) == expected, "a row is lost"


def rows_csv(raw: bytes) -> None:
    """A .csv: each row is a page or an error, named by the line it begins on; or the file is refused by name."""
    pages = _read("a.csv", raw)
    if not _refused(pages):
        assert _numbers(pages) == _lines_of_rows(_in_utf8(raw).decode("utf-8-sig", "surrogateescape")), "a row is lost"


def rows_parquet(raw: bytes) -> None:
    """A .parquet: each row is a page or an error; or the file is refused by name, from some row on."""
    pages = _read("a.parquet", raw)
    if not _refused(pages):
        told = pyarrow.parquet.ParquetFile(io.BytesIO(raw)).metadata
        rows = max(told.num_rows, sum(told.row_group(group).num_rows for group in range(told.num_row_groups)))
        assert _numbers(pages) == list(range(1, rows + 1)), "a row is lost"


def packed(raw: bytes) -> None:
    """Bytes that may or may not be a file of gzip or Zstandard."""
    name = PACKED_NAMES[raw[0] % len(PACKED_NAMES)] if raw else PACKED_NAMES[0]
    _pages(name, raw[1:])


def manifest(raw: bytes) -> None:
    """A manifest: refused by name, or read the same again; nothing but a torn last line is taken from the file."""
    for content in (raw, _chained(raw)):
        with tempfile.TemporaryDirectory() as folder, suppress(ShardError):
            path = Path(folder) / "manifest.jsonl"
            path.write_bytes(content)
            once = Manifest.read(path)
            assert path.read_bytes() == content[: content.rindex(b"\n") + 1]
            again = Manifest.read(path)
            assert (once.settings, once.shards, once.complete) == (again.settings, again.shards, again.complete)


def card(raw: bytes) -> None:
    """The card of a saved model: refused by name, or as it was saved."""
    for content in (raw, _signed(raw)):
        with tempfile.TemporaryDirectory() as folder, suppress(ModelError):
            path = Path(folder) / "model.json"
            path.write_bytes(content)
            found = read_card(Path(folder), "topics", "train", ("labels",))
            assert found["kind"] == "topics"
            assert not found["files"], "files that are not there"


def weights(raw: bytes) -> None:
    """The weights of grounding: refused by name, or finite numbers."""
    with suppress(ModelError):
        found = weights_from(decode(raw)[0])
        assert all(map(isfinite, [found.intercept, *found.coefficients.values()])), "no finite numbers"


def grounding(raw: bytes) -> None:
    """A summary against its article: scores from 0 to 1, support from the article, which carries all of itself."""
    article, _, summary = decode(raw)[0].partition(PARTING)
    found = check(article, summary)
    assert 0 <= found.score <= 1
    assert _words(sentence.text for sentence in found.sentences) == _words([summary]), "a sentence is lost"
    for sentence in found.sentences:
        assert 0 <= sentence.score <= 1
        assert _words(sentence.support) in _words([article]) or len(sentence.support) > 1
        assert all(span in sentence.text for span in sentence.unsupported), "a span that the summary lacks"
    assert check(article, article).unsupported == (), "an article does not carry what it says"


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        text, html, pages_txt, pages_html, pages_md, rows_jsonl, rows_csv, rows_parquet, packed,
        manifest, card, weights, grounding,
    )
}  # fmt: skip


def _read(name: str, raw: bytes) -> list[Page]:
    """The pages of a file; packed, they are the same, and what is cut off is said."""
    pages = _pages(name, raw)
    for suffix, content in ((".gz", gzip.compress(raw)), (".zst", pyarrow.compress(raw, "zstd", asbytes=True))):
        assert _unplaced(_pages(name + suffix, content)) == _unplaced(pages), f"{suffix} is read otherwise"
        assert _refused(_pages(name + suffix, content[:-1])), f"a cut {suffix} is taken for whole"
    sound = [page for page in pages if page.error is None]
    rows = (json.dumps({"text": page.text, "topic": page.topic, "id": page.id}) + "\n" for page in sound)
    again = [(page.text, page.topic, page.id) for page in _pages("again.jsonl", "".join(rows).encode())]
    assert again == [(page.text, page.topic, page.id) for page in sound], "rows change when written and read again"
    return pages


def _pages(name: str, raw: bytes) -> list[Page]:
    """The pages of a file, each of which can be printed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(raw)
        pages = [replace(page, source=page.source.removeprefix(folder)) for page in read_pages(str(path))]
    for page in pages:
        assert page.source.startswith(f"/{name}")
        assert not (page.error and page.text)
        assert not _controls(page.error or ""), f"control characters are printed: {page.error!r}"
        json.dumps(answer_row(page, Prediction(error=page.error)), ensure_ascii=False).encode()
    return pages


def _unplaced(pages: Sequence[Page]) -> list[Page]:
    """The pages by their row alone: a packed file has another name."""
    return [replace(page, source=str(_numbers([page]))) for page in pages]


def _numbers(pages: Iterable[Page]) -> list[int]:
    """The row or line that each page is named by, where it is."""
    tails = (page.source.rpartition(":")[2] for page in pages)
    return [int(tail) for tail in tails if tail.isdigit()]


def _refused(pages: Sequence[Page]) -> bool:
    """Whether the file itself, and not one of its rows, is the last thing that could not be read."""
    return bool(pages) and pages[-1].error is not None and ":" not in pages[-1].source


def _in_utf8(raw: bytes) -> bytes:
    """The same lines in UTF-8, where a byte-order mark says UTF-16."""
    return raw.decode("utf-16", "replace").encode() if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else raw


def _lines_of_rows(table: str) -> list[int]:
    """The line on which each row of a table in CSV begins, blank ones and the header left out."""
    reader, found = csv.reader(io.StringIO(table, newline="")), []
    next(reader, None)
    while True:
        before = reader.line_num
        try:
            cells = next(reader, None)
        except csv.Error:
            cells = ["broken"]
        if cells is None:
            return found
        if cells:
            found.append(before + 1)


def _words(texts: Iterable[str]) -> str:
    """All characters but white space."""
    return "".join("".join(texts).split())


def _controls(printed: str) -> list[str]:
    """What would steer a terminal, or cannot be encoded."""
    return [c for c in printed if c != "\n" and unicodedata.category(c) in ("Cc", "Cs")]


def _objects(raw: bytes) -> list[dict[str, Any]]:
    found = []
    for line in raw.split(b"\n"):
        with suppress(ValueError, RecursionError):
            found.append(json.loads(line))
    return [record for record in found if isinstance(record, dict)]


def _chained(raw: bytes) -> bytes:
    """The lines that are objects as a manifest whose hashes hold, so that what they say is looked at, too."""
    chain, out = "", b""
    for record in _objects(raw):
        record.pop("chain", None)
        chain = hashlib.sha256((chain + json.dumps(record)).encode()).hexdigest()
        out += (json.dumps({**record, "chain": chain}) + "\n").encode()
    return out


def _signed(raw: bytes) -> bytes:
    """The first object as a card whose hash holds."""
    content = next(iter(_objects(raw.replace(b"\n", b" "))), {})
    content.pop("card_sha256", None)
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return json.dumps({**content, "card_sha256": digest}).encode()
