"""The articles of a labelled corpus, and what was written for them, as the stages hand them on."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.files import read_jsonl
from pipeline.records import Article

Split = Literal["train", "validation", "test"]
# What of an article is summarised: all of it, as `predict` does, or what follows the lede, to compare with the lede.
Shown = Literal["whole", "body"]


@dataclass(frozen=True, slots=True)
class LabelledArticle:
    """One clean article of the corpus."""

    id: str
    topic: str
    split: Split
    title: str | None
    paragraphs: list[str]

    @property
    def article(self) -> Article:
        """Title and all paragraphs: what topics are told from."""
        return Article(self.title, "\n\n".join(self.paragraphs))

    @property
    def lede(self) -> str | None:
        """The one-sentence summary that BBC style puts first (Narayan et al. 2018); None without a body."""
        return self.paragraphs[0] if len(self.paragraphs) > 1 else None

    @property
    def document(self) -> Article:
        """Title and what follows the lede: what summaries are written from."""
        return Article(self.title, "\n\n".join(self.paragraphs[1:]))


@dataclass(frozen=True, slots=True)
class SummarisedArticle:
    """What was written for one article of the test split, beside what it is compared with."""

    id: str
    shown: Shown
    title: str | None
    text: str
    reference: str  # of the whole article a summary written for this project, of the body the article's lede
    second_reference: str | None  # by another writer, where there is one
    summary: str | None
    summary_method: str | None
    draft: str | None
    notes: list[str]
    engine: str | None = None  # what ran the model, with version and precision

    @property
    def document(self) -> str:
        """What the model was given: title and text."""
        return Article(self.title, self.text).whole


def read_articles(path: Path, split: Split | None = None) -> list[LabelledArticle]:
    """The clean articles of a corpus, or those of one split, in the order of their ids."""
    rows = (LabelledArticle(**row) for row in read_jsonl(path))
    return [article for article in rows if split is None or article.split == split]


def read_summaries(path: Path) -> list[SummarisedArticle]:
    """What the stage wrote."""
    return [SummarisedArticle(**row) for row in read_jsonl(path)]


def text_sha256(text: str) -> str:
    """How readings and references name a text: the first digits of its SHA-256.

    >>> text_sha256("The ferry sank.")
    'de1d7fb49d9d'
    """
    return hashlib.sha256(text.encode()).hexdigest()[:12]
