"""Files between stages: JSON and JSON Lines, hashes, and writing that is never seen half done."""

import csv
import errno
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# What safetensors and OpenVINO say of it.
FULL_DISK = ("No space left on device", "iostream error")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    write_parts(path, (text,))


def write_parts(path: Path, parts: Iterable[str]) -> None:
    """Write a file of parts as they come: to a temporary name beside it, then into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_left(path)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.{os.getpid()}-")
    try:
        with naming(path), os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(parts)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _remove_left(path: Path) -> None:
    """Remove what runs that were killed while they wrote this file have left beside it."""
    named = re.compile(rf"\.{re.escape(path.name)}\.(\d{{1,9}})-\w+")
    for name in os.listdir(path.parent):
        if (found := named.fullmatch(name)) and not _is_another_run(int(found[1])):
            path.with_name(name).unlink(missing_ok=True)


def _is_another_run(process: int) -> bool:
    """Whether a process of that number runs, and is not this one."""
    try:
        os.kill(process, 0)  # asks only
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, for another user
        return True
    return process != os.getpid()


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Give an error of the system the path that was written: writing itself names none, as opening does.

    >>> with naming(Path("a.txt")):
    ...     raise OSError(28, "No space left on device")
    Traceback (most recent call last):
    OSError: [Errno 28] No space left on device: 'a.txt'
    """
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise


def write_json(path: Path, record: Any) -> None:
    """Write one JSON document, keys in the order given, for people to read."""
    write_text(path, json.dumps(record, ensure_ascii=False, indent=2) + "\n")


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object a line."""
    write_parts(path, (json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def as_csv(rows: Sequence[dict[str, Any]], columns: Sequence[str] = ()) -> str:
    """Rows for a plot, figures rounded to four places; `columns` must be named where there may be no row."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns or list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()})
    return out.getvalue()


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSON Lines file that a stage wrote."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of `path` once it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{path.name}.*"):
        shutil.rmtree(left, ignore_errors=True)  # by a run that was killed
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        os.chmod(temporary, 0o755)  # noqa: S103 - as any new folder: mkdtemp hides its own from others
        with naming(path), _telling_a_full_disk():
            yield temporary
        if path.exists():
            shutil.rmtree(path)
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _telling_a_full_disk() -> Iterator[None]:
    """Raise OSError where a library could not write on, which each tells in its own words."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, OSError) and any(said in str(error) for said in FULL_DISK):
            raise OSError(errno.ENOSPC, f"Not written whole: is the disk full? ({error})") from error
        raise
