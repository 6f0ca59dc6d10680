"""Answers of a large collection as shards: files of bounded size in one folder, which a killed run goes on with."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

from pipeline.answers import Answered, Batches, page_batches
from pipeline.durable import UNFINISHED, alone_in, new_file
from pipeline.files import sha256_of
from pipeline.manifest import NAME, Input, InputLog, Manifest, Shard, ShardError, inputs_of
from pipeline.predicting import answer_row
from pipeline.reading import Page
from pipeline.shard_formats import row_writer

# With summaries some six minutes of work on two cores: what a kill can cost where no cache holds them.
SHARD_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Target:
    """Where shards go, and what they are like."""

    folder: Path
    form: str = "jsonl"  # one of shard_formats.FORMATS
    most_rows: int = SHARD_ROWS

    def name(self, number: int) -> str:
        """What the shard of a number, from 1, is called.

        >>> Target(Path("answers")).name(1)
        'shard-000001.jsonl'
        """
        return f"shard-{number:06}.{self.form}"


@contextmanager
def opened(target: Target, settings: dict[str, Any], resume: bool = False) -> Iterator[Manifest]:
    """The manifest of a folder that is new, or begun with the same settings and as it was left; held until the end.

    Raises ShardError for a folder that holds something else, that another run writes into, or that differs.
    """
    target.folder.mkdir(parents=True, exist_ok=True)
    settings = {**settings, "shards": {"format": target.form, "rows": target.most_rows}}
    with alone_in(target.folder) as alone:
        if not alone:
            raise ShardError(f"{target.folder}: another run writes into it: wait for its end, or name another folder")
        path = target.folder / NAME
        if not path.exists():
            _check_empty(target.folder, resume)
            yield Manifest.begin(path, settings)
            return
        if not resume:
            raise ShardError(f"{target.folder} holds the answers of a run: go on with --resume, or name another folder")
        manifest = Manifest.read(path)
        _check_settings(path, manifest.settings, settings)
        _check_shards(target, manifest)
        yield manifest


def write_shards(
    manifest: Manifest, target: Target, pages: Iterable[Page], answer: Callable[[Batches], Answered]
) -> Answered:
    """Write what is not yet written, and hand on each page with its answer; those of whole shards are only read.

    Batches end where shards do: so a run that was resumed answers the same pages together as one that was not.
    `answer` keeps their order, and may read ahead of what it has answered, into the next shards, too.
    """
    rest = iter(pages)
    for shard in manifest.shards:
        _check_inputs(target, shard, inputs_of(islice(rest, shard.rows)))
    answered = answer(_batches(manifest, target, rest))
    while (first := next(answered, None)) is not None:
        yield from _write_shard(manifest, target, chain([first], islice(answered, target.most_rows - 1)))
    if not manifest.complete:
        manifest.finish()


def _batches(manifest: Manifest, target: Target, pages: Iterator[Page]) -> Iterator[list[Page]]:
    """The pages of each shard in batches."""
    first = next(pages, None)
    if first is not None:
        _check_end(target, manifest, first)
    while first is not None:
        yield from page_batches(chain([first], islice(pages, target.most_rows - 1)))
        first = next(pages, None)


def _write_shard(manifest: Manifest, target: Target, answered: Answered) -> Answered:
    name = target.name(len(manifest.shards) + 1)
    log = InputLog()
    rows = failed = 0
    with new_file(target.folder / name) as unfinished:
        with row_writer(unfinished, target.form) as write:
            for page, prediction in answered:
                log.note(page)
                write(answer_row(page, prediction))
                rows += 1
                failed += prediction.error is not None
                yield page, prediction
        sha256 = sha256_of(unfinished)
    manifest.add(Shard(name, rows, failed, sha256, log.inputs))


def _check_empty(folder: Path, resume: bool) -> None:
    """Refuse a folder that is not ours to write into; what a run leaves that was killed at its start may be there."""
    for path in sorted(folder.iterdir()):
        if not (resume and path.name == NAME + UNFINISHED):
            raise ShardError(f"{folder} is not empty ({path.name} is in it): name a folder that is, or a new one")


def _check_settings(path: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name), now.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            _check_settings(path, _within(name, old), _within(name, new))
        elif old != new:
            raise ShardError(
                f"{path} was begun with {name} {old!r}, this run has {new!r}: "
                "resume as it was begun, or write into another folder"
            )


def _within(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}.{key}": value for key, value in settings.items()}


def _check_shards(target: Target, manifest: Manifest) -> None:
    """Refuse shards that are not as they were written, and remove what a killed run left."""
    for shard in manifest.shards:
        path = target.folder / shard.name
        if not path.is_file() or sha256_of(path) != shard.sha256:
            fault = "its SHA-256 differs" if path.is_file() else "it is missing"
            raise ShardError(f"{path} is not as it was written ({fault}): restore it, or write into another folder")
    known = {shard.name for shard in manifest.shards}
    for path in target.folder.glob(f"shard-*.{target.form}*"):
        if path.name not in known:
            path.unlink()


def _check_inputs(target: Target, shard: Shard, found: tuple[Input, ...]) -> None:
    for old, new in zip_longest(shard.inputs, found):
        if old != new:
            told = old or shard.inputs[-1]
            raise ShardError(
                f"{target.folder / shard.name} was made from {told.first} to {told.last}, which now reads otherwise: "
                "restore the input, or write into another folder"
            )


def _check_end(target: Target, manifest: Manifest, page: Page) -> None:
    """Refuse a page where there was none before: behind a short shard, or behind the end."""
    if manifest.complete or (manifest.shards and manifest.shards[-1].rows < target.most_rows):
        raise ShardError(
            f"{target.folder} is complete, and {page.source} was not there then: "
            "answer the new pages into another folder"
        )
