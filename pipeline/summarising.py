"""Stage `summarise`: summaries of the test split, by the road that `predict` takes."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from pipeline.articles import LabelledArticle, SummarisedArticle, read_articles
from pipeline.files import write_jsonl
from pipeline.predicting import Predictor, load


def summarise_articles(predictor: Predictor, articles: Sequence[LabelledArticle]) -> Iterator[SummarisedArticle]:
    """A summary of each article that has a lede to compare it with; the lede itself is not shown."""
    compared = [(article.id, article.document, article.lede) for article in articles if article.lede]
    predictions = predictor.predict_many(document.whole for _, document, _ in compared)
    for (article_id, document, lede), answer in zip(compared, predictions, strict=True):
        yield SummarisedArticle(
            article_id,
            document.title,
            document.text,
            str(lede),
            answer.summary,
            answer.summary_method,
            answer.draft,
            list(answer.notes),
        )


@click.command()
@click.argument("articles", type=click.Path(path_type=Path))
@click.option("--models", required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path))
def command(articles: Path, models: Path, out: Path) -> None:
    """Summarise the test split."""
    chosen = read_articles(articles, "test")
    rows = _shown(summarise_articles(load(models), chosen), len(chosen))
    write_jsonl(out, (asdict(row) for row in rows))


def _shown(rows: Iterator[SummarisedArticle], total: int) -> Iterator[SummarisedArticle]:
    """The rows, with progress on stderr where that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return iter(track(rows, "summaries", total=total, console=console, disable=not sys.stderr.isatty()))
