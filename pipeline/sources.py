"""Where labelled news lies, and what its columns and labels are called."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from pipeline.hub import HUB_FILE, HubDataset
from pipeline.params import Settings
from pipeline.reading import USUAL_COLUMNS, Columns, Page, read_pages
from pipeline.records import StageError

# article: title, lede, body, whatever they look like; page: saved, with clutter.
Layout = Literal["article", "page"]


class LabelledSource(Settings):
    """A file or folder of labelled articles."""

    model_config = ConfigDict(coerce_numbers_to_str=True)  # labels are often numbers

    path: Path = Field(description="a folder TOPIC/NAME.txt, or a .jsonl, .csv or .parquet, also .gz")
    text: str = USUAL_COLUMNS.text
    title: str = USUAL_COLUMNS.title
    label: str | None = Field(None, description=f"column; if null, the first of {', '.join(USUAL_COLUMNS.topic)}")
    id: str = USUAL_COLUMNS.id
    map: dict[str, str] = Field({}, description="what a label counts as; else as itself")

    @property
    def columns(self) -> Columns:
        """What the columns of a table are called."""
        return Columns(self.text, self.title, (self.label,) if self.label else USUAL_COLUMNS.topic, self.id)

    def counts_as(self, names: Mapping[str, str]) -> dict[str, str]:
        """What each label, or topic, in small letters counts as: by `names` of the taxonomy, and by the map.

        >>> source = LabelledSource(path="news.csv", map={4: "Tech", "politics": "world"})
        >>> source.counts_as({"tech": "science", "world": "world", "politics": "politics"})
        {'tech': 'science', 'world': 'world', 'politics': 'world', '4': 'science'}
        """
        strange = sorted(topic for topic in self.map.values() if topic.casefold() not in names)
        if strange:
            known = ", ".join(sorted(set(names.values())))
            raise StageError(
                f"map of {self.path} (label: topic): {strange[0]!r} is no topic; known topics: {known}. "
                "Add it to the taxonomy, or map to one of these"
            )
        return {**names, **{label.casefold(): names[topic.casefold()] for label, topic in self.map.items()}}

    def pages(self) -> Iterator[Page]:
        """Every row or file, in order; one that cannot be used has its `error`, with the place where it stands."""
        return read_pages(str(self.path), self.columns)


class CorpusSettings(LabelledSource):
    """Block `corpus` of params.yaml: the labelled news that everything is learnt from and measured on."""

    about: str = Field("", description="what it is and what its licence allows, for the report")
    layout: Layout = Field(description="article: title, lede, body; page: saved, with clutter")
    hub: HubDataset | None = Field(None, description="stage fetch writes it to data/fetched/hub.jsonl")

    @model_validator(mode="after")
    def _path_is_the_hubs(self) -> "CorpusSettings":
        if self.hub is not None and self.path.name != HUB_FILE:
            raise ValueError(f"with hub, path must be data/fetched/{HUB_FILE}, where stage fetch writes it")
        return self
