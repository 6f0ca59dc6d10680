"""Stage `summarise`: summaries of test articles, by the road that `predict` takes."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import click

from pipeline.articles import LabelledArticle, SummarisedArticle, read_articles, text_sha256
from pipeline.batches import in_batches
from pipeline.cleaning import clean
from pipeline.files import write_jsonl
from pipeline.memory import in_halves, in_one_line
from pipeline.orders import orders_of
from pipeline.pairs import Pair, read_pairs
from pipeline.progress import track
from pipeline.records import Article, StageError
from pipeline.summaries import Summariser, Summary
from pipeline.summary_cache import default_cache
from pipeline.taxonomy import NONE

# Of a corpus without reference summaries so many articles are summarised.
SAMPLE = 60
# So many are summarised at a time, as `predict_many` does; what is done is in the cache when a run is killed.
BATCH = 64


def cases(articles: Sequence[LabelledArticle], references: dict[str, Pair]) -> list[SummarisedArticle]:
    """What is to be summarised: each article that has a reference, and every fourth one without its lede, too.

    Where none has one, a sample of the articles without their ledes, against these.
    """
    articles = [article for article in articles if article.topic != NONE]
    known = [article for article in articles if article.id in references and is_of(references[article.id], article)]
    if not known:
        drawn = sorted(articles, key=lambda article: hashlib.sha256(f"summaries:{article.id}".encode()).digest())
        return [_body(article, article.lede) for article in drawn if article.lede][:SAMPLE]
    whole = [_whole(article, references[article.id]) for article in known]
    return whole + [_body(article, article.lede) for article in known[::4] if article.lede]


def is_of(pair: Pair, article: LabelledArticle) -> bool:
    """Whether a summary is of an article, as far as its title tells."""
    return pair.title_sha256 in (None, text_sha256(article.title or ""))


def summarised(summariser: Summariser, rows: Sequence[SummarisedArticle]) -> Iterator[SummarisedArticle]:
    """The rows with their summaries, by the road that `predict` takes: each row is a page that cleans to itself."""
    for batch in in_batches(rows, BATCH):
        summaries = in_halves(partial(_summaries, summariser), batch, _refuse)
        for row, summary in zip(batch, summaries, strict=True):
            yield replace(
                row,
                summary=summary.text,
                summary_method=summary.method,
                draft=summary.draft,
                notes=list(summary.notes),
                engine=summary.engine,
            )


def _summaries(summariser: Summariser, rows: Sequence[SummarisedArticle]) -> list[Summary]:
    pages = [Article(row.title, row.text).whole for row in rows]
    return summariser.of_pages(pages, partial(_cleaned, pages))


def _cleaned(pages: Sequence[str], number: int) -> Article:
    return clean(pages[number])


def _refuse(row: SummarisedArticle, error: Exception) -> Summary:
    raise StageError(
        f"{row.id}: not enough memory to summarise it alone ({in_one_line(error)}): free some, then `dvc repro`"
    ) from error


def _whole(article: LabelledArticle, pair: Pair) -> SummarisedArticle:
    shown = article.article
    return SummarisedArticle(
        article.id, "whole", shown.title, shown.text, pair.summary, pair.second_summary, None, None, None, []
    )


def _body(article: LabelledArticle, lede: str) -> SummarisedArticle:
    shown = article.document
    return SummarisedArticle(article.id, "body", shown.title, shown.text, lede, None, None, None, None, [])


@click.command()
@click.argument("articles", type=click.Path(path_type=Path))
@click.argument("references", type=click.Path(path_type=Path))
@click.option("--models", required=True, type=click.Path(path_type=Path), help="Folder of the saved models.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A row per summary.")
@click.option("--no-cache", is_flag=True, help="Summarise anew what was summarised before, and do not keep it.")
def command(articles: Path, references: Path, models: Path, out: Path, no_cache: bool) -> None:
    """Summarise the test articles that the report is about.

    Of ARTICLES, those of the test split that REFERENCES has a summary of; without any, a sample without ledes.

    \b
    Example:
      dvc repro summarise
    """
    written = {pair.id: pair for pair in read_pairs(references)}
    chosen = cases(read_articles(articles, "test"), written)
    summariser = Summariser(
        models / "summariser", cache=None if no_cache else default_cache(), orders=orders_of(models / "topics")
    )
    rows = track(summarised(summariser, chosen), "summaries", len(chosen))
    write_jsonl(out, (asdict(row) for row in rows))
