"""Measure cleaning beside other extractors, on HTML and on text that has lost its HTML.

    python benchmarks/cleaning.py DATA

DATA is a folder of `*.jsonl.gz` with one page a line: `id`, `html`, and `gold_text`, what a reader should be left with.
Writes the table to reports/benchmarks/, and shows the pages that we get wrong most with what was lost and left in.
"""

import difflib
import gzip
import hashlib
import json
import logging
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from extractors import Extractor, everything, installed
from inscriptis import get_text
from shingles import f1_of_means, precision_and_recall

from pipeline.files import write_json
from pipeline.scores import as_dict, interval

SEED = 1
OURS = "news-pipeline"
# Each extractor runs over the pages this many times, in turn with the others; the median counts.
ROUNDS = 3
# Lines of a page's difference that are shown.
SHOWN_LINES = 25


@dataclass(frozen=True, slots=True)
class Case:
    """A page of the benchmark in both forms, and what a reader should be left with."""

    id: str
    html: str
    text: str
    gold: str

    def form(self, name: str) -> str:
        """The page as HTML or as flattened text."""
        return self.html if name == "html" else self.text


@dataclass(slots=True)
class Run:
    """What an extractor made of the pages of one set in one form."""

    scores: list[tuple[float, float]]
    seconds_per_page: list[float]  # one value a round
    failures: int  # pages on which it raised: counted as nothing found


def read_cases(path: Path) -> list[Case]:
    """The pages of a set, flattened too."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [Case(row["id"], row["html"], str(get_text(row["html"])), row["gold_text"]) for row in rows]


def measure(cases: Sequence[Case], extractors: dict[str, Extractor]) -> dict[str, dict[str, Run]]:
    """Every extractor on every page in both forms, `ROUNDS` times in turn, so that all see the same machine."""
    forms = {"html": extractors, "text": {**extractors, "(nothing cleaned)": everything}}
    runs = {form: {name: Run([], [], 0) for name in tools} for form, tools in forms.items()}
    for round_number in range(ROUNDS):
        for form, tools in forms.items():
            for name, extract in tools.items():
                _run(cases, form, extract, runs[form][name])
                sys.stderr.write(f"  round {round_number + 1} of {ROUNDS}, {form}: {name}\n")
    return runs


def _run(cases: Sequence[Case], form: str, extract: Extractor, run: Run) -> None:
    """One extractor over all pages of one form; scores are taken once, since all rounds find the same."""
    seconds, scored = 0.0, bool(run.scores)
    for case in cases:
        started = time.perf_counter()
        found = _attempt(extract, case.form(form))
        seconds += time.perf_counter() - started
        if not scored:
            run.failures += found is None
            run.scores.append(precision_and_recall(found or "", case.gold))
    run.seconds_per_page.append(seconds / len(cases))


def _attempt(extract: Extractor, page: str) -> str | None:
    """What an extractor finds, or None where it raises: other tools' errors are counted, and stop nothing."""
    try:
        return extract(page)
    except Exception:  # noqa: BLE001
        return None


def rows_of(runs: dict[str, Run], base: float) -> dict[str, Any]:
    """The figures of each extractor, in the order of their F1; `base` is trafilatura's pages a second on HTML."""
    speed = {name: 1 / statistics.median(run.seconds_per_page) for name, run in runs.items()}
    rows = {}
    for name, run in runs.items():
        precision, recall = np.asarray(run.scores).mean(axis=0)
        f1 = interval(lambda drawn, scores=run.scores: f1_of_means(scores, drawn), len(run.scores), SEED)
        rows[name] = {
            "f1": as_dict(f1),
            "precision": round(float(precision), 4),
            "recall": round(float(recall), 4),
            "failures": run.failures,
            "pages_per_second": round(speed[name], 1),
            "speed_to_trafilatura_on_html": round(speed[name] / base, 2),
        }
    return dict(sorted(rows.items(), key=lambda row: -row[1]["f1"]["value"]))


def as_table(results: dict[str, Any]) -> str:
    """The results as Markdown, one table a form, a column a set."""
    names = list(results["sets"])
    lines = []
    for form, title in (("html", "HTML"), ("text", "flattened text")):
        heads = " | ".join(f"{name} ({results['sets'][name]['pages']})" for name in names)
        lines += [f"| {title}: F1 (95% interval), precision / recall | {heads} | speed, trafilatura on HTML = 1 |"]
        lines += ["| --- |" + " --- |" * (len(names) + 1)]
        for extractor in results["sets"][names[0]][form]:
            rows = [results["sets"][name][form][extractor] for name in names]
            speed = statistics.mean(row["speed_to_trafilatura_on_html"] for row in rows)
            cells = [
                f"{row['f1']['value']:.3f} ({row['f1']['low']:.3f}-{row['f1']['high']:.3f}), "
                f"{row['precision']:.2f} / {row['recall']:.2f}"
                for row in rows
            ]
            lines.append(f"| {extractor} | {' | '.join(cells)} | {speed:.1f} |")
        lines.append("")
    return "\n".join(lines)


def show_worst(cases: Sequence[Case], form: str, run: Run, ours: Extractor, count: int) -> None:
    """The pages that we get wrong most: lines left in (+) and lost (-). Shown only: the texts are their publishers'."""
    worst = sorted(range(len(cases)), key=lambda at: sum(run.scores[at]))[:count]
    for at in worst:
        case, (precision, recall) = cases[at], run.scores[at]
        click.echo(f"\n== {case.id} as {form}: precision {precision:.2f}, recall {recall:.2f}")
        wanted, found = _lines(case.gold), _lines(ours(case.form(form)))
        changes = [line for line in difflib.ndiff(wanted, found) if line[0] in "+-"]
        for line in changes[:SHOWN_LINES]:
            click.echo(f"   {line[:140]}")
        if len(changes) > SHOWN_LINES:
            click.echo(f"   ... and {len(changes) - SHOWN_LINES} more lines")


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path), default=Path("reports/benchmarks"), show_default=True)
@click.option("--worst", default=10, show_default=True, help="Show so many of the pages that we get wrong most.")
@click.option("--only-ours", is_flag=True, help="Only this project and trafilatura; writes nothing.")
def main(data: Path, out: Path, worst: int, only_ours: bool) -> None:
    """Score cleaning beside other extractors on the labelled pages in DATA."""
    logging.disable(logging.CRITICAL)  # other tools complain of each page on stderr
    files = sorted(data.glob("*.jsonl.gz"))
    if not files:
        raise click.ClickException(f"{data}: no *.jsonl.gz in it; expected one page a line with id, html, gold_text")
    extractors = installed()
    if only_ours:
        extractors = {name: extract for name, extract in extractors.items() if name.startswith((OURS, "trafilatura"))}
    results: dict[str, Any] = {"sets": {}}
    for path in files:
        cases = read_cases(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        row: dict[str, Any] = {"pages": len(cases), "data_sha256": digest}
        runs = measure(cases, extractors)
        base = next(1 / statistics.median(runs["html"][name].seconds_per_page) for name in extractors if name != OURS)
        for form, of_form in runs.items():
            row[form] = rows_of(of_form, base)
            if worst:
                show_worst(cases, form, of_form[OURS], extractors[OURS], worst)
        results["sets"][path.name.removesuffix(".jsonl.gz")] = row
    table = as_table(results)
    click.echo(f"\n{table}")
    if not only_ours:
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / "cleaning.json", results)
        (out / "cleaning.md").write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
