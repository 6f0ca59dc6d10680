"""What the road hands out: small frozen records that explain themselves, and the errors it raises."""

from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any, Literal


class ArticleError(ValueError):
    """The input is no article: empty, only clutter, or binary."""


class ModelError(RuntimeError):
    """A model folder is missing, half-written, of another version, or changed since it was saved."""


class StageError(RuntimeError):
    """A stage cannot go on; the message names the thing, what was found, and the next step."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A line of the page that is not part of the article, and why."""

    line: int  # 1-based
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Article:
    """What a reader should be left with."""

    title: str | None
    text: str  # paragraphs parted by a blank line
    language: str | None = None  # ISO 639-1; None when there is too little text to tell
    dropped: tuple[Dropped, ...] = ()
    standfirst: str | None = None  # also the paragraph of `text` under the title
    byline: str | None = None  # as the page has it
    date: str | None = None  # as the page has it

    @property
    def paragraphs(self) -> list[str]:
        """The paragraphs of `text`.

        >>> Article(None, "One.\\n\\nTwo.").paragraphs
        ['One.', 'Two.']
        """
        return [paragraph for paragraph in self.text.split("\n\n") if paragraph]

    @property
    def whole(self) -> str:
        """Title and text as one string: what the models read, and a page that cleans to itself.

        >>> Article("Title", "One.").whole
        'Title\\n\\nOne.'
        """
        return f"{self.title}\n\n{self.text}" if self.title else self.text

    def __str__(self) -> str:
        """Title and text: what `print` shows."""
        return self.whole

    def _repr_html_(self) -> str:
        """What a notebook shows, with the lines that were cut."""
        return _shown("article_html", self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython shows in a terminal."""
        printer.text(str(self))


NO_ARTICLE = Article(title=None, text="")


@dataclass(frozen=True, slots=True)
class Weight:
    """A word, a pair of words or a sentence, and what it adds to the odds of the topic."""

    text: str
    log_odds: float  # natural logarithm, of the topic against the next best


@dataclass(frozen=True, slots=True)
class Evidence:
    """What carried the topic of an article, the strongest first; only what speaks for it."""

    topic: str  # the most probable, whether given or not
    against: str  # the next best
    words: tuple[Weight, ...]  # exact: what each adds through the linear part
    sentences: tuple[Weight, ...]  # by occlusion: what is lost when the sentence is left out


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer for one article, with what it rests on and what it does not know."""

    topic: str | None = None  # None: abstained, or not answered
    probability: float = 0.0  # calibrated, of the best topic, also when abstained
    probabilities: dict[str, float] = field(default_factory=dict)
    abstained: str | None = None  # why there is no topic
    evidence: Evidence | None = None  # what carried the topic, where it was asked for
    summary: str | None = None
    summary_method: Literal["abstractive", "extractive"] | None = None
    draft: str | None = None  # what the model wrote, before unsupported sentences were taken out
    engine: str | None = None  # what ran the model, with version and precision
    unsupported: tuple[str, ...] = ()  # names and numbers in the summary that the article lacks
    article: Article = NO_ARTICLE
    notes: tuple[str, ...] = ()
    error: str | None = None  # why there are no answers at all (`predict_many` only)

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists and strings, ready for `json.dumps`.

        >>> Prediction(topic="sport", probability=0.9).to_dict()["topic"]
        'sport'
        """
        return {key: _plain(value) for key, value in asdict(self).items()}

    def __str__(self) -> str:
        """What `print` and `--format text` show."""
        return _shown("prediction_text", self)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return _shown("prediction_html", self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython shows in a terminal."""
        printer.text(str(self))


def _shown(form: str, record: Article | Prediction) -> str:
    """A record in a form for people: imported when asked for, as the public names are, and never by a stage."""
    shown: str = getattr(import_module("pipeline.showing"), form)(record)
    return shown


def _plain(value: Any) -> Any:
    """Tuples as lists, at any depth."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
