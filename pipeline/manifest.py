"""What a folder of shards is made of: the run's settings, and which pages gave which shard; a line each."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.durable import append, new_file, truncate
from pipeline.reading import Page
from pipeline.records import StageError

NAME = "manifest.jsonl"
# Raised when a folder that was begun can no longer be resumed by the code that comes after.
FORMAT = 1
# What stands behind the path of a table in the source of its rows.
_ROW = re.compile(r":\d+$")


class ShardError(StageError):
    """A folder of shards cannot be written or resumed; the message names it, what was found, and the next step."""


@dataclass(frozen=True, slots=True)
class Input:
    """The pages of one file that are in a shard."""

    path: str
    first: str  # the source of the first of them, as its row has it
    last: str
    pages: int
    sha256: str  # of what was read of them


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard that is whole, and what it was made from."""

    name: str
    rows: int
    failed: int  # rows that have an error and no answer
    sha256: str
    inputs: tuple[Input, ...]


def inputs_of(pages: Iterable[Page]) -> tuple[Input, ...]:
    """The files that pages were read from, in their order.

    >>> pages = [Page("a.csv:2", "It rained."), Page("a.csv:3", "It snowed."), Page("b.txt", "Fog.")]
    >>> [(each.path, each.first, each.last, each.pages) for each in inputs_of(pages)]
    [('a.csv', 'a.csv:2', 'a.csv:3', 2), ('b.txt', 'b.txt', 'b.txt', 1)]
    """
    log = InputLog()
    for page in pages:
        log.note(page)
    return log.inputs


class InputLog:
    """Which files pages come from, noted page by page."""

    def __init__(self) -> None:
        self._closed: list[Input] = []
        self._open: Input | None = None
        self._hash = hashlib.sha256()

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The files so far."""
        return (*self._closed, self._open) if self._open else ()

    def note(self, page: Page) -> None:
        """Note a page, which comes behind those before it."""
        path = _ROW.sub("", page.source)
        before = self._open
        if before is None or before.path != path:
            if before:
                self._closed.append(before)
            self._hash = hashlib.sha256()
            before = Input(path, page.source, page.source, 0, "")
        self._hash.update(json.dumps(asdict(page)).encode())
        self._open = Input(path, before.first, page.source, before.pages + 1, self._hash.hexdigest())


class Manifest:
    """The file `manifest.jsonl`: settings first, then a line for each shard, and a last one when all is done.

    Each line has a hash of itself and all before it: one that was changed, lost or moved is found.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self.path = path
        self.settings = settings
        self.shards: list[Shard] = []
        self.complete = False
        self._chain = ""

    @classmethod
    def begin(cls, path: Path, settings: dict[str, Any]) -> "Manifest":
        """The manifest of a new folder, on the disk."""
        manifest = cls(path, settings)
        with new_file(path) as unfinished:
            unfinished.write_bytes(manifest._line({"format": FORMAT, "settings": settings}))
        return manifest

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """The manifest of a folder that was begun; a last line that a kill cut off is given up."""
        whole, torn = _lines(path)
        records = [_record(path, number, line) for number, line in enumerate(whole, start=1)]
        if not records or records[0].get("format") != FORMAT:
            raise ShardError(f"{path} is of another version, or holds nothing: write into another folder")
        manifest = cls(path, records[0].get("settings", {}))
        for number, record in enumerate(records, start=1):
            chain = record.pop("chain", None)
            manifest._line(record)
            if chain != manifest._chain:
                raise _damaged(path, number, "its hash differs")
            if "shard" in record:
                manifest.shards.append(_shard(path, number, record["shard"]))
        manifest.complete = "complete" in records[-1]
        if torn:
            truncate(path, path.stat().st_size - len(torn))
        return manifest

    @property
    def rows(self) -> int:
        """How many rows are done."""
        return sum(shard.rows for shard in self.shards)

    @property
    def failed(self) -> int:
        """How many of them have no answer."""
        return sum(shard.failed for shard in self.shards)

    def add(self, shard: Shard) -> None:
        """Note a shard that is whole and in its place."""
        append(self.path, self._line({"shard": asdict(shard)}))
        self.shards.append(shard)

    def finish(self) -> None:
        """Note that there is no further page."""
        append(self.path, self._line({"complete": {"shards": len(self.shards), "rows": self.rows}}))
        self.complete = True

    def _line(self, record: dict[str, Any]) -> bytes:
        """The next line, which the lines after it depend on."""
        self._chain = hashlib.sha256((self._chain + json.dumps(record)).encode()).hexdigest()
        return (json.dumps({**record, "chain": self._chain}) + "\n").encode()


def _lines(path: Path) -> tuple[list[bytes], bytes]:
    """The whole lines of a file, and what stands behind the last of them."""
    *whole, torn = path.read_bytes().split(b"\n")
    return whole, torn


def _record(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, number, f"not JSON: {error}") from error
    if not isinstance(record, dict):
        raise _damaged(path, number, f"found {type(record).__name__}")
    return record


def _shard(path: Path, number: int, noted: Any) -> Shard:
    try:
        return Shard(**noted | {"inputs": tuple(Input(**each) for each in noted["inputs"])})
    except (KeyError, TypeError) as error:
        raise _damaged(path, number, f"not a shard: {error}") from error


def _damaged(path: Path, number: int, found: str) -> ShardError:
    return ShardError(f"{path} line {number} is not as it was written ({found}): write into another folder")
