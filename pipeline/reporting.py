"""Stage `report`: one self-contained HTML page from what the other stages wrote."""

import base64
import csv
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

import click

from pipeline.articles import read_articles, read_summaries
from pipeline.charts import NAMES, drawn
from pipeline.files import read_jsonl, write_text
from pipeline.line_rules import REASONS
from pipeline.readings import VERDICTS, Reading, readings_in_markdown, readings_of
from pipeline.report_tables import confusion, coverage, low_grounding, mark_chosen, with_chosen
from pipeline.run_facts import run_facts
from pipeline.scores import SYSTEMS
from pipeline.shown_articles import PROBLEMS, article_rows
from pipeline.summary_settings import saved_settings

Row = dict[str, Any]

TEMPLATES = resources.files("pipeline") / "templates" / "report"
# What of the stages' outputs the page names by its hash.
HASHED = ("clean/articles.jsonl", "clean/own.jsonl", "summaries.jsonl", "evaluation.jsonl")
# So many of the most confident mistakes are named.
NAMED_MISTAKES = 10


@dataclass(frozen=True, slots=True)
class Findings:
    """What the report shows, as the other stages wrote it."""

    metrics: Row
    clean: Row
    plots: Mapping[str, Sequence[Row]]  # by name, the rows of each chart
    articles: Sequence[Row]  # as `article_rows` gives them
    mistakes: Sequence[Row]  # on other news
    suspects: Sequence[Row]  # labels in doubt
    run: Mapping[str, Mapping[str, str]]
    readings: Sequence[Reading]  # of shipped summaries, by people
    timing: Row | None = None  # seconds of each stage, where benchmarks/stages.py measured them


def render(findings: Findings) -> str:
    """The page; whatever an article holds is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("pipeline"), autoescape=True, undefined=StrictUndefined)
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    script = (TEMPLATES / "script.js").read_text(encoding="utf-8")
    plots, articles = findings.plots, findings.articles
    chosen = next(point for point in plots["trade"] if point["chosen"])
    wrong = [row for row in articles if row["predicted"] != row["topic"]]
    return environment.get_template("report/page.html.j2").render(
        **{field.name: getattr(findings, field.name) for field in fields(findings)},
        charts={name: drawn(name, plots[name]) for name in NAMES},
        confusion=confusion(articles),
        coverage=coverage(plots["transfer"]),
        low_grounding=low_grounding(plots["grounding"], chosen["least_support"]),
        chosen=chosen,
        mistaken=sorted(wrong, key=lambda row: (-row["probability"], row["id"]))[:NAMED_MISTAKES],
        problems=PROBLEMS,
        counts=Counter(problem for row in articles for problem in row["problems"]),
        reasons=REASONS,
        systems=SYSTEMS,
        verdicts=VERDICTS,
        script=script,
        script_hash=f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
        templates_sha256=templates_sha256(),
    )


def templates_sha256() -> str:
    """The hash of all templates: a page says by which it was written."""
    digest = hashlib.sha256()
    for part in sorted(TEMPLATES.iterdir(), key=lambda part: part.name):
        digest.update(f"{part.name}\n{part.read_text(encoding='utf-8')}".encode())
    return digest.hexdigest()


def read_plots(folder: Path) -> dict[str, list[Row]]:
    """The rows of each plot by its name, figures as numbers."""
    plots = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            plots[path.stem] = [{key: _figure(value) for key, value in row.items()} for row in csv.DictReader(file)]
    return plots


def _figure(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


def read_findings(
    data: Path,
    models: Path,
    metrics: Path,
    clean_metrics: Path,
    plots: Path,
    reading: Path,
    params: Path,
    timing: Path | None,
) -> Findings:
    """What the stages wrote: tables in `data`, scores, plots, and what readers found."""
    summaries = read_summaries(data / "summaries.jsonl")
    articles = read_articles(data / "clean" / "articles.jsonl")
    scores = json.loads(metrics.read_text(encoding="utf-8"))
    points = read_plots(plots)
    mark_chosen(points["trade"], saved_settings(models / "summariser").least_support)
    points["risk_coverage"] = with_chosen(points["risk_coverage"], scores["topics"])
    readings = readings_of(summaries, reading)
    points["lengths"] = [{"words": len(article.article.whole.split())} for article in articles]
    return Findings(
        metrics=scores,
        clean=json.loads(clean_metrics.read_text(encoding="utf-8")),
        plots=points,
        articles=article_rows(
            articles,
            list(read_jsonl(data / "evaluation.jsonl")),
            summaries,
            list(read_jsonl(data / "clean" / "lines.jsonl")),
            readings,
        ),
        readings=readings,
        mistakes=list(read_jsonl(data / "mistakes.jsonl")),
        suspects=list(read_jsonl(data / "suspects.jsonl")),
        timing=json.loads(timing.read_text(encoding="utf-8")) if timing else None,
        run=run_facts([params, *(data / name for name in HASHED)], models, summaries),
    )


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--models", required=True, type=click.Path(path_type=Path))
@click.option("--metrics", required=True, type=click.Path(path_type=Path))
@click.option("--clean-metrics", required=True, type=click.Path(path_type=Path))
@click.option("--plots", required=True, type=click.Path(path_type=Path))
@click.option("--reading", required=True, type=click.Path(path_type=Path), help="What readers found in summaries.")
@click.option("--reading-page", required=True, type=click.Path(path_type=Path), help="The same, for people.")
@click.option(
    "--timing", type=click.Path(path_type=Path), help="Seconds of each stage, as benchmarks/stages.py wrote them."
)
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--params", default="params.yaml", type=click.Path(path_type=Path), show_default=True)
def command(
    data: Path,
    models: Path,
    metrics: Path,
    clean_metrics: Path,
    plots: Path,
    reading: Path,
    reading_page: Path,
    timing: Path | None,
    out: Path,
    params: Path,
) -> None:
    """Write the report from the stage outputs in folder DATA."""
    findings = read_findings(data, models, metrics, clean_metrics, plots, reading, params, timing)
    write_text(reading_page, readings_in_markdown(findings.readings, findings.metrics["summaries"]["reading"]))
    write_text(out, render(findings))
    click.echo(f"report: {out.resolve()}")
