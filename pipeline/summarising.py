"""Stage `summarise`: summaries of test articles, by the road that `predict` takes."""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import click

from pipeline.articles import LabelledArticle, SummarisedArticle, read_articles, text_sha256
from pipeline.files import write_jsonl
from pipeline.pairs import Pair, read_pairs
from pipeline.predicting import Predictor, load
from pipeline.records import Article
from pipeline.taxonomy import NONE

# Of a corpus without reference summaries so many articles are summarised.
SAMPLE = 60


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


def summarised(predictor: Predictor, rows: Sequence[SummarisedArticle]) -> Iterator[SummarisedArticle]:
    """The rows with their summaries."""
    predictions = predictor.predict_many(Article(row.title, row.text).whole for row in rows)
    for row, answer in zip(rows, predictions, strict=True):
        yield replace(
            row,
            summary=answer.summary,
            summary_method=answer.summary_method,
            draft=answer.draft,
            notes=list(answer.notes),
        )


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
@click.option("--models", required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path))
def command(articles: Path, references: Path, models: Path, out: Path) -> None:
    """Summarise the articles of the test split that have a reference summary, or without any a sample of it."""
    written = {pair.id: pair for pair in read_pairs(references)}
    chosen = cases(read_articles(articles, "test"), written)
    rows = _progress(summarised(load(models), chosen), len(chosen))
    write_jsonl(out, (asdict(row) for row in rows))


def _progress(rows: Iterator[SummarisedArticle], total: int) -> Iterator[SummarisedArticle]:
    """The rows, with progress on stderr where that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return iter(track(rows, "summaries", total=total, console=console, disable=not sys.stderr.isatty()))
