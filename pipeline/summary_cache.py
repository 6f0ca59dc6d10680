"""What was generated before, by content: an SQLite file, safe for several processes and bounded in size."""

import hashlib
import json
import sqlite3
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

# Some 200,000 summaries with their drafts.
MOST_BYTES = 500_000_000
# Of a cache that has grown beyond its bound so much is given up at once, what was used longest ago.
GIVEN_UP_SHARE = 0.2
# When an entry was last used is noted by the day, so that reading seldom writes.
DAY_SECONDS = 86_400
WAIT_SECONDS = 30
_TABLE = "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT, sha256 TEXT, used_day INTEGER)"


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """How much a cache holds."""

    path: Path
    entries: int
    size_bytes: int
    most_bytes: int


class SummaryCache:
    """JSON values by key. A cache that cannot be used says so once and holds nothing: it never stops a run.

    An entry whose hash differs from its content is not given out. A file that is no database is put aside.

    >>> import tempfile
    >>> cache = SummaryCache(Path(tempfile.mkdtemp()) / "cache.sqlite")
    >>> cache.put({"a": [1, 2]})
    >>> cache.get(["a", "b"])
    {'a': [1, 2]}
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self.path = path
        self.most_bytes = most_bytes
        self._has_warned = False

    def get(self, keys: Sequence[str]) -> dict[str, Any]:
        """The values of those of the keys that are known."""
        found: dict[str, Any] = {}
        today = int(time.time()) // DAY_SECONDS
        with self._opened() as database:
            if database is None:
                return found
            query = "SELECT value, sha256, used_day FROM entries WHERE key = ?"
            stale, broken = [], []
            for key in keys:
                row = database.execute(query, (key,)).fetchone()
                if row is None:
                    continue
                value, sha256, used_day = row
                if _digest(key, value) != sha256:
                    broken.append((key,))
                    continue
                found[key] = json.loads(value)
                if used_day < today:
                    stale.append((today, key))
            if stale or broken:
                database.executemany("UPDATE entries SET used_day = ? WHERE key = ?", stale)
                database.executemany("DELETE FROM entries WHERE key = ?", broken)
                database.commit()
        return found

    def put(self, values: dict[str, Any]) -> None:
        """Keep values, all or none; where the cache is full, what was used longest ago goes."""
        if not values:
            return
        today = int(time.time()) // DAY_SECONDS
        texts = {key: json.dumps(value) for key, value in values.items()}
        with self._opened() as database:
            if database is None:
                return
            rows = [(key, text, _digest(key, text), today) for key, text in texts.items()]
            database.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", rows)
            database.commit()
            if _size_bytes(database) > self.most_bytes:
                (entries,) = database.execute("SELECT count(*) FROM entries").fetchone()
                oldest = "SELECT key FROM entries ORDER BY used_day, rowid LIMIT ?"
                given_up = max(1, int(entries * GIVEN_UP_SHARE))
                database.execute(f"DELETE FROM entries WHERE key IN ({oldest})", (given_up,))  # noqa: S608 - a constant
                database.commit()

    def info(self) -> CacheInfo:
        """How much the cache holds."""
        with self._opened() as database:
            if database is None:
                return CacheInfo(self.path, 0, 0, self.most_bytes)
            (entries,) = database.execute("SELECT count(*) FROM entries").fetchone()
            return CacheInfo(self.path, entries, _size_bytes(database), self.most_bytes)

    def clear(self) -> None:
        """Forget everything."""
        with self._opened() as database:
            if database is not None:
                database.execute("DELETE FROM entries")
                database.commit()
                database.execute("VACUUM")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection | None]:
        """The database, or None, with a warning, where there can be none."""
        try:
            database = self._connected()
        except (OSError, sqlite3.Error) as error:
            self._warn(f"{self.path} cannot be used ({error}): summaries are not kept")
            yield None
            return
        with closing(database):
            try:
                yield database
            except sqlite3.OperationalError as error:  # locked for too long, disk full
                self._warn(f"{self.path} failed ({error}): some summaries are not kept")
            except sqlite3.DatabaseError as error:
                self._put_aside()
                self._warn(f"{self.path} was damaged ({error}) and is begun anew")

    def _warn(self, said: str) -> None:
        """Say the first thing that went wrong; a full disk would be said of each batch."""
        if not self._has_warned:
            warnings.warn(said, stacklevel=5)
        self._has_warned = True

    def _connected(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return self._ready()
        except sqlite3.OperationalError:  # locked, or not to be written
            raise
        except sqlite3.DatabaseError:  # not a database
            self._put_aside()
            return self._ready()

    def _put_aside(self) -> None:
        with suppress(FileNotFoundError):  # another process was first
            self.path.replace(self.path.with_name(f"{self.path.name}.broken"))
        for part in ("-wal", "-shm"):  # of what was damaged; a new file must not take them for its own
            self.path.with_name(self.path.name + part).unlink(missing_ok=True)

    def _ready(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=WAIT_SECONDS)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute(_TABLE)
        except sqlite3.Error:
            database.close()
            raise
        return database


def default_cache() -> SummaryCache:
    """The cache of this user, in the folder that the system has for such."""
    from platformdirs import user_cache_path

    return SummaryCache(user_cache_path("news-pipeline") / "summaries.sqlite")


def content_key(*parts: object) -> str:
    """A key that is the same for the same content.

    >>> content_key("a", 1) == content_key("a", 1), content_key("a", 1) == content_key("a1")
    (True, False)
    """
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _digest(key: str, value: str) -> str:
    """The hash of an entry: a value under another's key is broken, too."""
    return hashlib.sha256(f"{key}\n{value}".encode()).hexdigest()


def _size_bytes(database: sqlite3.Connection) -> int:
    """Bytes in use: pages that were given up are filled again first."""
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    (free,) = database.execute("PRAGMA freelist_count").fetchone()
    (size,) = database.execute("PRAGMA page_size").fetchone()
    return int((pages - free) * size)


@click.command()
@click.argument("action", type=click.Choice(["info", "clear"]))
@click.option("--path", type=click.Path(path_type=Path), help="The cache; that of this user if not given.")
def command(action: str, path: Path | None) -> None:
    """Say what the cache of summaries holds, or empty it.

    `predict` and stage summarise keep there what they wrote; `--no-cache` does without.

    \b
    Examples:
      python -m pipeline cache info
      python -m pipeline cache clear
    """
    cache = SummaryCache(path) if path else default_cache()
    if action == "clear":
        cache.clear()
    info = cache.info()
    click.echo(f"{info.path}: {info.entries:,} entries, {info.size_bytes:,} of at most {info.most_bytes:,} bytes")
