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
    """A summary of each article that has a reference, and of every second one without its lede, too."""
    known = [article for article in articles if article.id in references]
    cases = [_whole(article, references[article.id]) for article in known]
    cases += [_body(article, article.lede) for article in known[::2] if article.lede]
    predictions = predictor.predict_many(Article(case.title, case.text).whole for case in cases)
    for case, answer in zip(cases, predictions, strict=True):
        yield replace(
            case,
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
    """Summarise the articles of the test split that have a reference summary."""
    written = {pair.id: pair for pair in read_pairs(references)}
    chosen = [article for article in read_articles(articles, "test") if article.id in written]
    rows = _progress(summarise_articles(load(models), chosen, written))
    write_jsonl(out, (asdict(row) for row in rows))


def _progress(rows: Iterator[SummarisedArticle]) -> Iterator[SummarisedArticle]:
    """The rows, with progress on stderr where that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return iter(track(rows, "summaries", total=None, console=console, disable=not sys.stderr.isatty()))
