"""Labelled news from a model hub, through `datasets`: streamed into one file, by stage `fetch` alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field

from pipeline.files import write_jsonl
from pipeline.params import Settings
from pipeline.progress import track
from pipeline.records import StageError

Row = dict[str, Any]
# Where a data set goes in the output of stage `fetch`.
HUB_FILE = "hub.jsonl"


class HubDataset(Settings):
    """A data set of a model hub, or a local folder laid out like one."""

    name: str
    config: str | None = None
    split: str = "train"
    revision: str | None = Field(None, description="the commit that is read; name one, or the data may change")
    rows: int | None = Field(None, gt=0, description="so many of the first rows; null for all")


class CorpusHub(Settings):
    """What stage `fetch` reads of block `corpus`."""

    model_config = ConfigDict(extra="ignore")

    hub: HubDataset | None = None


def fetch_dataset(wanted: HubDataset, to: Path) -> None:
    """Stream a data set into a JSON Lines file, its classes by their names.

    Raises StageError that names the data set and the cause.
    """
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    try:
        rows = load_dataset(wanted.name, wanted.config, split=wanted.split, revision=wanted.revision, streaming=True)
        taken = rows.take(wanted.rows) if wanted.rows else rows
        write_jsonl(to, map(_plain(rows.features or {}), track(taken, "rows", wanted.rows)))
    except (OSError, ValueError, RuntimeError, DatasetsError, HTTPError) as error:
        raise StageError(
            f"corpus.hub: {wanted.name!r}, split {wanted.split!r}, could not be fetched: {error}. Check its name, "
            "config, split and revision, and the network"
        ) from error


def _plain(features: Any) -> Callable[[Row], Row]:
    """A function from a row to its texts and numbers, classes by their names."""
    from datasets import ClassLabel

    names = {column: dict(enumerate(kind.names)) for column, kind in features.items() if isinstance(kind, ClassLabel)}

    def plain(row: Row) -> Row:
        named = {column: names[column].get(value) if column in names else value for column, value in row.items()}
        return {column: value for column, value in named.items() if isinstance(value, str | int | float | None)}

    return plain
