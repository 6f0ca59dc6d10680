"""The topics: what they are called here, and what labelled data calls them elsewhere."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from pipeline.records import StageError


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of the taxonomy."""

    name: str
    description: str
    also_called: tuple[str, ...] = ()


def read_topics(path: Path) -> tuple[Topic, ...]:
    """The topics of a taxonomy file such as seeds/topics.yaml, in its order.

    Raises StageError that names the file, the entry and what is wrong with it.
    """
    if not path.is_file():
        raise StageError(f"{path} not found: the taxonomy is a YAML list of topics with name and description")
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise StageError(f"{path} is not YAML: {error}") from error
    if not isinstance(entries, list) or not entries:
        raise StageError(f"{path}: expected a list of topics, found {type(entries).__name__}")
    topics = tuple(_topic(path, number, entry) for number, entry in enumerate(entries, start=1))
    names = [name for topic in topics for name in (topic.name, *topic.also_called)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise StageError(f"{path}: {', '.join(twice)} stands for more than one topic: leave it in one place")
    return topics


def _topic(path: Path, number: int, entry: object) -> Topic:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise StageError(f"{path}, topic {number}: no name")
    unknown = sorted(set(entry) - {"name", "description", "also_called"})
    if unknown:
        raise StageError(f"{path}, topic {number}: unknown key {unknown[0]!r}; known: name, description, also_called")
    also_called = entry.get("also_called", [])
    if not isinstance(also_called, list):
        raise StageError(f"{path}, topic {number}: also_called is {also_called!r}, expected a list of names")
    return Topic(entry["name"], entry.get("description", ""), tuple(map(str, also_called)))


def names_by_label(topics: tuple[Topic, ...]) -> dict[str, str]:
    """Every name a topic goes by, to its own.

    >>> names_by_label((Topic("sport", "Games", also_called=("sports",)),))
    {'sport': 'sport', 'sports': 'sport'}
    """
    return {label: topic.name for topic in topics for label in (topic.name, *topic.also_called)}
