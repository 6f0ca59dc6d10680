"""The one road from raw text to answer: clean, topic, summary. Library, command line and stages all take it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.batches import in_batches
from pipeline.cleaning import clean
from pipeline.memory import in_halves, in_one_line
from pipeline.reading import Page
from pipeline.records import Article, ArticleError, Prediction, StageError
from pipeline.repairing import MAX_CHARACTERS, is_binary
from pipeline.summary_cache import SummaryCache
from pipeline.summary_settings import EngineName, Precision, Style, Wanted, saved_settings
from pipeline.topics import TopicDecision, TopicModel, load_topics

if TYPE_CHECKING:
    from pipeline.summaries import Summariser, Summary

T = TypeVar("T")
# Articles cleaned, classified and summarised together: the engine writes for as many at the same time.
BATCH = 64
# Where pages shorter than that do not fit into memory, it is not for their length.
LARGE_CHARACTERS = 20_000


class Predictor:
    """The saved models, loaded once, and the road through them."""

    def __init__(
        self,
        models: str | Path,
        wanted: Wanted | None = None,
        cache: SummaryCache | None = None,
        summarise: bool = False,
    ) -> None:
        """With `summarise`, the summariser is loaded beside the topics, else when it is first asked for."""
        self.models = Path(models)
        self.wanted = wanted or Wanted()
        self.cache = cache
        if self.wanted != Wanted():  # what cannot be had is refused now, not at the first page
            self.wanted.applied(saved_settings(self.models / "summariser"))
        if summarise:
            self.summariser.engine.prepare()
        self.topics: TopicModel = load_topics(self.models / "topics")

    @cached_property
    def summariser(self) -> "Summariser":
        """The summariser, loaded when first asked for: topics alone never need it."""
        from pipeline.orders import orders_of
        from pipeline.summaries import Summariser

        # The summariser is loaded before the topics: their encoder is asked for once both are there.
        orders = orders_of(self.models / "topics", lambda: self.topics.classifier.loaded_encoder())
        return Summariser(self.models / "summariser", self.wanted, self.cache, orders)

    def predict(self, text: str, summarise: bool = True, guard: bool = True, explain: bool = False) -> Prediction:
        """The answer for one page, plain text or HTML.

        `explain` adds `evidence`, the words and sentences that carried the topic, for about 25 milliseconds a
        sentence, of which the first 40 are tried.
        `guard=False` gives the whole sentences of the model's first draft unchecked, and lists the names, numbers and
        quotations in them that the article lacks in `unsupported`. Raises ArticleError for input that is no article,
        or that memory does not suffice for.
        """
        prediction = next(self.predict_many([text], summarise, guard, explain))
        if prediction.error:
            raise ArticleError(prediction.error)
        return prediction

    def predict_many(
        self, pages: Iterable[str], summarise: bool = True, guard: bool = True, explain: bool = False
    ) -> Iterator[Prediction]:
        """An answer for each page, in order, lazily; a page that is no article gets `error` and no answers.

        A batch for which memory does not suffice is answered in halves; a page that does not fit alone gets `error`.
        Raises StageError where not one of several fits, and they are not all large: then it is not the pages.
        """
        answered = partial(self._answered, summarise=summarise, guard=guard)
        for batch in in_batches(pages, BATCH):
            lost: list[tuple[str, str]] = []
            answers = in_halves(answered, batch, partial(_not_fitting, lost))
            shortest = min((len(page) for page, _ in lost), default=0)
            if len(lost) > 1 and shortest < LARGE_CHARACTERS and all(answer.error for answer in answers):
                raise StageError(
                    f"not enough memory for any of {len(lost)} pages, even alone ({lost[0][1]}): "
                    "free some, or raise the limit of the process, then run the same command again"
                )
            for page, answer in zip(batch, answers, strict=True):
                (told,) = in_halves(self._explained, [answer], partial(_not_fitting, [])) if explain else (answer,)
                yield replace(told, notes=_cut(page) + told.notes)

    def _answered(self, pages: Sequence[str], summarise: bool, guard: bool) -> list[Prediction]:
        """The answers to a batch, without evidence."""
        read = [_article_of(page) for page in pages]
        articles = [article for article in read if isinstance(article, Article)]
        decisions = self.topics.decide(articles)
        summaries: Iterable[Summary | None] = repeat(None)
        if summarise and articles:
            clean_pages = [page for page, found in zip(pages, read, strict=True) if isinstance(found, Article)]
            summaries = self.summariser.of_pages(clean_pages, articles.__getitem__, guard)
        answers = map(_answer, articles, decisions, summaries)
        return [next(answers) if isinstance(found, Article) else Prediction(error=found) for found in read]

    def _explained(self, answers: Sequence[Prediction]) -> list[Prediction]:
        """The answers, each with its evidence if it is one."""
        return [answer if answer.error else self._with_evidence(answer) for answer in answers]

    def _with_evidence(self, answer: Prediction) -> Prediction:
        decision = TopicDecision(answer.probabilities, answer.abstained)
        return replace(answer, evidence=self.topics.explain(answer.article, decision))


def load(
    models: str | Path = "models",
    sentences: int | None = None,
    words: int | None = None,
    style: Style | None = None,
    engine: EngineName | None = None,
    precision: Precision | None = None,
    cache: SummaryCache | None = None,
) -> Predictor:
    """A predictor from a folder of saved models, for summaries of at most so many sentences and words in a style.

    What is not asked for is as the models were saved with; `style` is "brief" or "headline", `engine` "auto",
    "openvino" or "torch", `precision` "auto" or "float32". With a `cache`, such as `default_cache()`, what was
    summarised before is not summarised again. Raises ModelError if a model is missing, changed or of another version,
    ValueError for a length or style that there is none of.

    >>> predictor = load(MODELS, sentences=1)
    >>> page = "Menu\\nHarbour ferries will cost more from May, the council has said."
    >>> print(predictor.predict(page).article)
    Harbour ferries will cost more from May, the council has said.
    """
    return Predictor(models, Wanted(sentences, words, style, engine, precision), cache)


def predict(text: str, models: str | Path = "models", summarise: bool = True, explain: bool = False) -> Prediction:
    """Clean, classify and summarise one page; loads the models each time, so for several use `predict_many`.

    `explain` adds `evidence`: the words and sentences that carried the topic. Raises ArticleError for input that is no
    article: empty, only clutter, binary.

    >>> page = open("seeds/pages/library-roof-work-paused-for-bats.txt").read()
    >>> prediction = predict(page, models=MODELS)
    >>> prediction.article.title
    'Library roof work paused as bats move in'
    >>> predict("", models=MODELS)
    Traceback (most recent call last):
    pipeline.records.ArticleError: no article: the input is empty
    """
    return Predictor(models, summarise=summarise).predict(text, summarise, explain=explain)


def predict_many(
    pages: Iterable[str], models: str | Path = "models", summarise: bool = True, explain: bool = False
) -> Iterator[Prediction]:
    """An answer for each page, in order, lazily and in constant memory; never stops for a bad one.

    >>> [prediction.error for prediction in predict_many(["", "Menu"], models=MODELS)]
    ['no article: the input is empty', 'no article: nothing is left but clutter (1 lines dropped)']
    """
    return Predictor(models, summarise=summarise).predict_many(pages, summarise, explain=explain)


def _article_of(page: object) -> Article | str:
    """The article in a page, or why there is none."""
    if not isinstance(page, str):
        return f"no article: expected text, found {type(page).__name__}"
    if not page.strip():
        return "no article: the input is empty"
    if is_binary(page):
        return "no article: the input is binary, not text"
    article = clean(page)
    if not article.text:
        return f"no article: nothing is left but clutter ({len(article.dropped)} lines dropped)"
    return article


def _cut(page: object) -> tuple[str, ...]:
    if isinstance(page, str) and len(page) > MAX_CHARACTERS:
        return (f"only the first {MAX_CHARACTERS:,} of {len(page):,} characters were read",)
    return ()


def _not_fitting(lost: list[tuple[T, str]], page: T, error: Exception) -> Prediction:
    """What is said of a page, or its answer, that does not fit into memory even alone; noted in `lost`, with why."""
    cause = in_one_line(error)
    lost.append((page, cause))
    return Prediction(error=f"not enough memory for this page alone ({cause}): free some, or shorten it, and ask again")


def _answer(article: Article, decision: TopicDecision, summary: "Summary | None") -> Prediction:
    best, probability = decision.best
    prediction = Prediction(
        topic=None if decision.abstained else best,
        probability=probability,
        probabilities=decision.probabilities,
        abstained=decision.abstained,
        article=article,
    )
    if summary is None:
        return prediction
    return replace(
        prediction,
        summary=summary.text,
        summary_method=summary.method,
        draft=summary.draft,
        engine=summary.engine,
        unsupported=summary.unsupported,
        notes=prediction.notes + summary.notes,
    )


def answer_row(page: Page, prediction: Prediction) -> dict[str, Any]:
    """A page's answer as the command line writes it, to stdout and to files."""
    return {"source": page.source, "id": page.id, **prediction.to_dict()}
