"""What is asked of the models, and their answers, batch by batch: in this process, or in a worker of Ray."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.batches import in_weighed_batches
from pipeline.cards import CARD
from pipeline.predicting import BATCH, Predictor
from pipeline.reading import Page
from pipeline.records import Article, Prediction
from pipeline.summary_cache import default_cache
from pipeline.summary_settings import Wanted

# A batch is closed early once it has so many characters, which 64 pages of usual HTML do not reach: a batch of pages
# made to be large is neither held in memory nor sent to another machine at once.
BATCH_CHARACTERS = 8_000_000

Batches = Iterable[list[Page]]
Answered = Iterator[tuple[Page, Prediction]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which models are asked, and for what."""

    models: Path
    summarise: bool = True
    explain: bool = False
    wanted: Wanted = field(default_factory=Wanted)
    cached: bool = False  # whether this user's cache of summaries is used


class Answerer:
    """The models, loaded once, that answer what is asked."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        cache = default_cache() if asked.cached else None
        self.predictor = Predictor(asked.models, asked.wanted, cache, summarise=asked.summarise)

    def made_by(self) -> dict[str, Any]:
        """What the answers follow from, beside the pages and what is asked: models, engine and package."""
        names = ("topics", "summariser")[: 1 + self.asked.summarise]
        cards = {name: json.loads((self.asked.models / name / CARD).read_bytes()) for name in names}
        return {
            "models": {name: card["card_sha256"] for name, card in cards.items()},
            "engine": self.predictor.summariser.engine.name if self.asked.summarise else None,
            "package": package(),
        }

    def load(self) -> None:
        """Load now what is else loaded when it is first needed; ModelError where that fails."""
        self.predictor.topics.decide([Article(None, "The boats left on Monday.", "en")])
        if self.asked.summarise:
            self.predictor.summariser.engine.load()

    def answer(self, batch: list[Page]) -> list[Prediction]:
        """An answer for each page; one that could not be read keeps its place, with its error."""
        readable = [page.text for page in batch if page.error is None]
        answers = self.predictor.predict_many(readable, self.asked.summarise, explain=self.asked.explain)
        found = [Prediction(error=page.error) if page.error else next(answers) for page in batch]
        return [replace(answer, notes=page.notes + answer.notes) for page, answer in zip(batch, found, strict=True)]

    def answered(self, batches: Batches) -> Answered:
        """Each page of the batches with its answer, in order."""
        for batch in batches:
            yield from zip(batch, self.answer(batch), strict=True)


def package() -> dict[str, str]:
    """This package's version, and the hash of its code."""
    from pipeline.summaries import code_sha256

    return {"version": __version__, "sha256": code_sha256("*")}


def page_batches(pages: Iterable[Page]) -> Iterator[list[Page]]:
    """Pages as they are answered together.

    >>> [len(batch) for batch in page_batches([Page("a.txt", "Fog. " * 1_000_000)] * 3)]
    [2, 1]
    """
    return in_weighed_batches(pages, BATCH, lambda page: len(page.text), BATCH_CHARACTERS)
