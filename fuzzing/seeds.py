"""What a fuzzer begins with: the project's own pages as each target takes them, and the words of each format."""

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from fuzzing.targets import PACKED_NAMES, PARTING

PAGES = Path(__file__).parent.parent / "seeds" / "pages"
# Of each page so many characters: a fuzzer tries thousands of short inputs while it tries one long one.
SEED_CHARACTERS = 2000
SEED_PAGES = 40

TAGS = (
    "<p>", "</p>", "<div style='display:none'>", "</div>", "<h1>", "</h1>", "<ul><li>", "<table><tr><td>", "<br>",
    "<script>", "</script>", "<!--", "-->", "<!doctype html>", "<pre>", "<a href=''>", "&lt;", "&amp;", "&#0;",
    "&nbsp;", "<time>", "<article>", "<template>", "<![CDATA[",
)  # fmt: skip
CLUTTER = (
    "Menu\n", "Read More »", "By Ines Okafor", "3 May 2026", "©", "Advertisement", "\n\n", "# ", "    ", "- \n", "* ",
    "(CNN)", "\u200b", "\ufeff", "\u0301", "\u2028", "\u00ad", "Ã©", "&amp;lt;p>", "&#x1b;", "\x85", "\u0085",
)  # fmt: skip
JSON = (
    '{"text": ', '"title": ', '"topic": ', '"id": ', '"label": ', "null", "NaN", "1e999", "\\ud800", "\\u0000", "[",
    "]", "{", "}", '"', "\n", "\\u001b[2J",
)  # fmt: skip
CSV = ("text", "title", "topic", "id", ",", '"', '""', "\n", "\r", "\r\n", ";", "\x00", "=1", "text,topic\n")
FRONT = (
    "---\n",
    "title: ",
    "topic: ",
    "id: ",
    "[",
    "{",
    "!!binary ",
    "&a ",
    "*a",
    "0x",
    "2026-05-01",
    "|\n",
    "? ",
    "- ",
)
MANIFEST = (
    '{"format": 1, "settings": {}}', '{"shard": {', '"name": ', '"rows": ', '"failed": ', '"sha256": ', '"inputs": [',
    '"complete": ', '"chain": ', '"path": ', '"first": ', '"last": ', '"pages": ', "\n",
)  # fmt: skip
CARD = ('{"kind": "topics"', '"format": 1', '"files": {', '"labels": ', '"card_sha256": ', '"../a"', '"model.json"')
NEWS = (
    "£2.5m",
    "forty-seven",
    " per cent",
    "Mr ",
    "“",
    "”",
    '"',
    "'s",
    "5 May",
    "the",
    " not ",
    PARTING,
    "U.S.",
    "-",
    "1990s",
)

WORDS: dict[str, tuple[str, ...]] = {
    "text": CLUTTER,
    "html": TAGS + CLUTTER,
    "pages_txt": CLUTTER,
    "pages_html": TAGS,
    "pages_md": FRONT,
    "rows_jsonl": JSON,
    "rows_csv": CSV,
    "rows_parquet": ("PAR1", "text", "topic", "id"),
    "packed": ("\x1f",),
    "manifest": JSON + MANIFEST,
    "card": JSON + CARD,
    "weights": (*JSON, '"intercept"', '"coefficients"', '"common_words"'),
    "grounding": NEWS,
}


def seeds_of(target: str) -> Iterator[bytes]:
    """What a target is first tried with."""
    pages = [_cut(path) for path in sorted(PAGES.glob("*.html" if "html" in target else "*.txt"))[:SEED_PAGES]]
    made = {
        "pages_md": (f"---\ntitle: A\ntopic: sport\nid: 7\n---\n\n{page}".encode() for page in pages),
        "rows_jsonl": map(_jsonl, pages),
        "rows_csv": map(_csv, pages),
        "rows_parquet": map(_parquet, _columns()),
        "packed": _packed(pages),
        "manifest": [_manifest()],
        "card": [json.dumps({"kind": "topics", "format": 1, "labels": ["a"], "files": {}}).encode()],
        "weights": [_weights()],
        "grounding": (f"{page}{PARTING}{page[200:600]}".encode() for page in pages),
    }
    yield from made.get(target, (page.encode() for page in pages))
    yield b""


def dictionary_of(target: str) -> str:
    """The words of a target's format as libFuzzer reads them, one a line."""
    escaped = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in WORDS[target])
    return "".join(f'"{word}"\n' for word in escaped)


def _cut(path: Path) -> str:
    return path.read_text(encoding="utf-8")[:SEED_CHARACTERS]


def _rows(page: str) -> list[dict[str, Any]]:
    paragraphs = [line for line in page.split("\n") if line.strip()]
    return [
        {"text": line, "title": f"Title {number}", "topic": "sport", "id": number}
        for number, line in enumerate(paragraphs[:3])
    ]


def _jsonl(page: str) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in _rows(page)).encode()


def _csv(page: str) -> bytes:
    import csv

    out = io.StringIO()
    writer = csv.DictWriter(out, ["text", "title", "topic", "id"])
    writer.writeheader()
    writer.writerows(_rows(page))
    return out.getvalue().encode()


def _columns() -> Iterator[dict[str, Any]]:
    """Tables of each type that a column can have."""
    from datetime import UTC, datetime
    from decimal import Decimal

    for ids in (
        [1, None], [1.5, float("nan")], ["a", "b"], [b"a", b"\xff"], [[1], [2]], [{"a": 1}, None], [True, False],
        [Decimal("1.50"), None], [datetime(2026, 5, 1, tzinfo=UTC), None], [datetime(2026, 5, 1), None],
    ):  # fmt: skip
        yield {"text": ["It rained.", None], "id": ids}
    yield {"text": pyarrow.array([b"It rained.", None]), "topic": pyarrow.array(["a", "a"]).dictionary_encode()}
    yield {"text": pyarrow.array(["It rained."], pyarrow.large_string()), "title": ["A"], "other": [1]}


def _parquet(columns: dict[str, Any], compression: str = "none") -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), out, compression=compression, store_schema=False)
    return out.getvalue()


def _packed(pages: list[str]) -> Iterator[bytes]:
    for number, name in enumerate(PACKED_NAMES):
        content = {"jsonl": _jsonl(pages[0]), "csv": _csv(pages[0]), "parquet": _parquet({"text": ["It rained."]})}.get(
            name.split(".")[1], pages[0].encode()
        )
        squeezed = gzip.compress(content) if name.endswith(".gz") else pyarrow.compress(content, "zstd", asbytes=True)
        yield bytes([number]) + squeezed


def _manifest() -> bytes:
    each = {"path": "a.csv", "first": "a.csv:2", "last": "a.csv:3", "pages": 2, "sha256": "0"}
    shard = {"name": "00000.jsonl", "rows": 2, "failed": 0, "sha256": "0", "inputs": [each]}
    lines = ({"format": 1, "settings": {"a": 1}}, {"shard": shard}, {"complete": {"shards": 1, "rows": 2}})
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def _weights() -> bytes:
    from pipeline.figures import FIGURES

    return json.dumps({"intercept": 0.5, "coefficients": dict.fromkeys(FIGURES, 0.1), "common_words": ["the"]}).encode()
