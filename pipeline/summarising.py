"""Stage `summarise`: summaries of test articles, by the road that `predict` takes."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import click

from pipeline.articles import LabelledArticle, SummarisedArticle, read_articles
from pipeline.files import write_jsonl
from pipeline.pairs import Pair, read_pairs
from pipeline.predicting import Predictor, load
from pipeline.records import Article


def summarise_articles(
    predictor: Predictor, articles: Sequence[LabelledArticle], references: dict[str, Pair]
) -> Iterator[SummarisedArticle]:
    """Two summaries of each article that has a reference: of the whole of it, and of what follows its lede."""
    cases = [case for article in articles if article.id in references for case in _cases(article, references)]
    predictions = predictor.predict_many(Article(case.title, case.text).whole for case in cases)
    for case, answer in zip(cases, predictions, strict=True):
        yield replace(
            case,
            summary=answer.summary,
            summary_method=answer.summary_method,
            draft=answer.draft,
            notes=list(answer.notes),
        )


def _cases(article: LabelledArticle, references: dict[str, Pair]) -> Iterator[SummarisedArticle]:
    pair, whole, body = references[article.id], article.article, article.document
    unwritten: tuple[None, None, None, list[str]] = (None, None, None, [])
    yield SummarisedArticle(article.id, "whole", whole.title, whole.text, pair.summary, pair.second_summary, *unwritten)
    if article.lede:
        yield SummarisedArticle(article.id, "body", body.title, body.text, article.lede, None, *unwritten)


@click.command()
@click.argument("articles", type=click.Path(path_type=Path))
@click.argument("references", type=click.Path(path_type=Path))
@click.option("--models", required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path))
def command(articles: Path, references: Path, models: Path, out: Path) -> None:
    """Summarise the articles of the test split that have a reference summary."""
    written = {pair.id: pair for pair in read_pairs(references)}
    chosen = [article for article in read_articles(articles, "test") if article.id in written]
    rows = _progress(summarise_articles(load(models), chosen, written), 2 * len(chosen))
    write_jsonl(out, (asdict(row) for row in rows))


def _progress(rows: Iterator[SummarisedArticle], total: int) -> Iterator[SummarisedArticle]:
    """The rows, with progress on stderr where that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return iter(track(rows, "summaries", total=total, console=console, disable=not sys.stderr.isatty()))
