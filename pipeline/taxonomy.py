"""The topics: what they are called and about here, and what labelled data calls them elsewhere."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from pipeline.records import StageError

# Labels an article that is no news of any topic, such as a recipe; no topic can be called so.
NONE = "none"
_KEYS = ("name", "description", "phrases", "also_called")


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of the taxonomy."""

    name: str
    description: str
    phrases: tuple[str, ...] = ()
    also_called: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """All that is said of the topic: its description and its phrases; its name where there is neither."""
        return tuple(filter(None, (self.description, *self.phrases))) or (self.name,)


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
    names = [name for topic in topics for name in {name.casefold() for name in (topic.name, *topic.also_called)}]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise StageError(f"{path}: {', '.join(twice)} stands for more than one topic: leave it in one place")
    return topics


def _topic(path: Path, number: int, entry: object) -> Topic:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise StageError(f"{path}, topic {number}: no name")
    place = f"{path}, topic {number}"
    unknown = sorted(set(entry) - set(_KEYS), key=str)
    if unknown:
        raise StageError(f"{place}: unknown key {unknown[0]!r}; known: {', '.join(_KEYS)}")
    if entry["name"] == NONE:
        raise StageError(f"{place}: '{NONE}' labels what has no topic: give the topic another name")
    if not isinstance(entry.get("description", ""), str):
        raise StageError(f"{place}: description is {entry['description']!r}, expected a sentence")
    lists = {}
    for key in ("phrases", "also_called"):
        found = entry.get(key) or []
        if not isinstance(found, list) or any(isinstance(item, (list, dict)) for item in found):
            raise StageError(f"{place}: {key} is {found!r}, expected a list of names or phrases")
        lists[key] = tuple(map(str, found))
    return Topic(entry["name"], entry.get("description", ""), **lists)


def names_by_label(topics: tuple[Topic, ...]) -> dict[str, str]:
    """Every name a topic goes by, in small letters, to its own, and `NONE` to itself.

    >>> names_by_label((Topic("sport", "Games", also_called=("Sports",)),))
    {'none': 'none', 'sport': 'sport', 'sports': 'sport'}
    """
    labels = {label.casefold(): topic.name for topic in topics for label in (topic.name, *topic.also_called)}
    return {NONE: NONE} | labels
