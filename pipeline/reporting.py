"""Stage `report`: one self-contained HTML page from what the other stages wrote."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pipeline import charts
from pipeline.articles import LabelledArticle, SummarisedArticle, read_articles, read_summaries
from pipeline.cards import CARD
from pipeline.files import read_jsonl, write_text
from pipeline.grounding import check, unsupported_spans
from pipeline.line_rules import REASONS
from pipeline.readings import VERDICTS, Reading, readings_in_markdown, readings_of
from pipeline.scores import SYSTEMS
from pipeline.summary_settings import saved_settings


def render(
    metrics: dict[str, Any],
    clean: dict[str, Any],
    plots: dict[str, list[dict[str, Any]]],
    articles: Sequence[dict[str, Any]],
    mistakes: Sequence[dict[str, Any]],
    suspects: Sequence[dict[str, Any]],
    run: dict[str, str],
) -> str:
    """The page; whatever an article holds is escaped. `mistakes` are on other news, `suspects` labels in doubt."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("pipeline"), autoescape=True, undefined=StrictUndefined)
    drawn = {name: getattr(charts, name)(rows) if rows else "" for name, rows in plots.items()}
    return environment.get_template("report.html.j2").render(
        metrics=metrics,
        clean=clean,
        charts=drawn,
        articles=articles,
        mistakes=mistakes,
        suspects=suspects,
        run=run,
        reasons=REASONS,
        systems=SYSTEMS,
        verdicts=VERDICTS,
    )


def article_rows(
    articles: Sequence[LabelledArticle],
    evaluated: Sequence[dict[str, Any]],
    summaries: Sequence[SummarisedArticle],
    cut_lines: Sequence[dict[str, Any]],
    readings: Sequence[Reading],
) -> list[dict[str, Any]]:
    """What the page shows of each article, worst first: confident wrong topics, faulty summaries, then by ROUGE-1."""
    read = {reading.id: asdict(reading) for reading in readings}
    shown = "whole" if any(summary.shown == "whole" for summary in summaries) else "body"
    written = {summary.id: summary for summary in summaries if summary.shown == shown}
    text = {article.id: article for article in articles}
    cut: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in cut_lines:
        cut[line["id"]].append(line)
    rows = []
    for row in evaluated:
        article, summary = text[row["id"]], written.get(row["id"])
        rows.append(
            {
                **row,
                "scores": row["summaries"][shown],
                "title": article.title,
                "paragraphs": article.paragraphs,
                "summary": asdict(summary) if summary else None,
                "grounding": asdict(check(summary.document, summary.summary or "")) if summary else None,
                "draft_pieces": marked(summary.document, summary.draft or "") if summary else [],
                "reading": read.get(row["id"]),
                "cut": cut[row["id"]],
            }
        )
    return sorted(rows, key=_badness)


def _badness(row: dict[str, Any]) -> tuple[bool, bool, float, str]:
    wrong = row["predicted"] != row["topic"]
    faulty = bool(row["reading"]) and row["reading"]["verdict"] != "ok"
    rouge = row["scores"]["shipped"]["rouge1"] if row["scores"] else 1.0
    return (not wrong, not faulty, -row["probability"] if wrong else rouge, row["id"])


def marked(article: str, text: str) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether it is a name or number that the article lacks.

    >>> marked("Tony Blair left.", "Jacques Blair left.")
    [('Jacques', True), (' Blair left.', False)]
    """
    spans = unsupported_spans(article, text)
    if not spans:
        return [(text, False)]
    pattern = "|".join(re.escape(span) for span in sorted(spans, key=len, reverse=True))
    pieces = re.split(rf"(?<!\w)({pattern})(?!\w)", text)
    return [(piece, piece in spans) for piece in pieces if piece]


def mark_chosen(points: list[dict[str, Any]], least_support: float) -> None:
    """Mark the point of the trade between support and errors that the summariser is set to."""
    nearest = min(points, key=lambda point: abs(point["least_support"] - least_support))
    for point in points:
        point["chosen"] = point is nearest


def _rows(path: Path) -> list[dict[str, Any]]:
    """A plot's rows, figures as numbers."""
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: _figure(value) for key, value in row.items()} for row in csv.DictReader(file)]


def _figure(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


def _run_facts(metrics: dict[str, Any], models: Path) -> dict[str, str]:
    """What was run: hashes, models, versions."""
    from importlib.metadata import version
    from platform import python_version

    cards = {name: json.loads((models / name / CARD).read_text(encoding="utf-8")) for name in ("topics", "summariser")}
    facts = {"articles.jsonl (SHA-256)": metrics["data_sha256"]}
    for name, card in cards.items():
        facts |= {f"{name}: {file} (SHA-256)": digest for file, digest in card["files"].items() if "model." in file}
        facts[f"{name}: settings"] = json.dumps(card["settings"], ensure_ascii=False)
    packages = ("scikit-learn", "torch", "transformers", "trafilatura", "sentencex", "rouge-score")
    facts["versions"] = ", ".join([f"Python {python_version()}", *(f"{name} {version(name)}" for name in packages)])
    return facts


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--models", required=True, type=click.Path(path_type=Path))
@click.option("--metrics", required=True, type=click.Path(path_type=Path))
@click.option("--clean-metrics", required=True, type=click.Path(path_type=Path))
@click.option("--plots", required=True, type=click.Path(path_type=Path))
@click.option("--reading", required=True, type=click.Path(path_type=Path), help="What readers found in summaries.")
@click.option("--reading-page", required=True, type=click.Path(path_type=Path), help="The same, for people.")
@click.option("--out", required=True, type=click.Path(path_type=Path))
def command(
    data: Path,
    models: Path,
    metrics: Path,
    clean_metrics: Path,
    plots: Path,
    reading: Path,
    reading_page: Path,
    out: Path,
) -> None:
    """Write the report from the stage outputs in folder DATA."""
    summaries = read_summaries(data / "summaries.jsonl")
    readings = readings_of(summaries, reading)
    scores = json.loads(metrics.read_text(encoding="utf-8"))
    rows = article_rows(
        read_articles(data / "clean" / "articles.jsonl", "test"),
        list(read_jsonl(data / "evaluation.jsonl")),
        summaries,
        list(read_jsonl(data / "clean" / "lines.jsonl")),
        readings,
    )
    drawn = {path.stem: _rows(path) for path in sorted(plots.glob("*.csv"))}
    mark_chosen(drawn["trade"], saved_settings(models / "summariser").least_support)
    page = render(
        scores,
        json.loads(clean_metrics.read_text(encoding="utf-8")),
        drawn,
        rows,
        list(read_jsonl(data / "mistakes.jsonl")),
        list(read_jsonl(data / "suspects.jsonl")),
        _run_facts(scores, models),
    )
    write_text(reading_page, readings_in_markdown(readings, scores["summaries"]["reading"]))
    write_text(out, page)
    click.echo(f"report: {out.resolve()}")
