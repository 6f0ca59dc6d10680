"""Answer a large collection twice, once killed three times and resumed: is memory flat, are the bytes the same?

    python benchmarks/scale.py --rows 100000 --no-summary
    python benchmarks/scale.py --rows 5000

The collection is the corpus of the pipeline over and over, each time with other figures in its texts. Memory is that of
the process (resident), read ten times a second while the undisturbed run writes. Adds to reports/benchmarks/scale.json.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np

from pipeline.articles import read_articles
from pipeline.files import sha256_of, write_json
from pipeline.manifest import NAME
from pipeline.run_facts import processor

SHARD_ROWS = 500
# Memory is compared with what it was once so many rows were answered.
SETTLED_ROWS = 1000
KILLS = 3
SEED = 0
DIGITS = "0123456789"


def changed(text: str, turn: int) -> str:
    """A text with other figures in it.

    >>> changed("In 2004 it had 19 boats.", 1)
    'In 3115 it had 20 boats.'
    """
    return text.translate(str.maketrans(DIGITS, DIGITS[turn % 10 :] + DIGITS[: turn % 10]))


def collection(articles: Path, rows: int) -> Iterator[dict[str, str]]:
    """So many rows of text, made from the articles in turn."""
    texts = [(article.id, article.article.whole) for article in read_articles(articles)]
    every = ({"id": f"{name}-{turn}", "text": changed(text, turn)} for turn in count() for name, text in texts)
    return islice(every, rows)


def started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """A run of the command line in a group of its own, so that all of it can be killed."""
    return subprocess.Popen([sys.executable, "-m", "pipeline", *command], start_new_session=True)


def undisturbed(command: Sequence[str], folder: Path) -> dict[str, Any]:
    """Run to the end: seconds, and the most memory in MB before and after so many rows were settled."""
    begun, process = time.monotonic(), started(command)
    most = {"settled": 0.0, "later": 0.0}
    at_rows: dict[int, float] = {}
    while process.poll() is None:
        rows, megabytes = rows_in(folder), resident_mb(process.pid)
        part = "later" if rows > SETTLED_ROWS else "settled"
        most[part] = max(most[part], megabytes)
        at_rows[rows] = max(at_rows.get(rows, 0.0), megabytes)
        time.sleep(0.1)
    if process.returncode:
        raise click.ClickException(f"predict ended with status {process.returncode}")
    return {
        "seconds": round(time.monotonic() - begun, 1),
        "most_mb_to_settled": round(most["settled"]),
        "most_mb_later": round(most["later"]),
        "growth_share": round(most["later"] / most["settled"] - 1, 4),
        "most_mb_by_rows_in_whole_shards": {str(rows): round(megabytes) for rows, megabytes in at_rows.items()},
    }


def killed(command: Sequence[str], folder: Path, seconds: float) -> list[int]:
    """Kill the run at random moments, spread over its whole length, and resume it to the end; rows done at each."""
    random = np.random.default_rng(SEED)
    rows_at: list[int] = []
    for _ in range(KILLS):
        process = started(command)
        try:
            process.wait(seconds / (KILLS + 1) * random.uniform(0.6, 1.4))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            rows_at.append(rows_in(folder))
    if started(command).wait():
        raise click.ClickException("the resumed run did not end well")
    return rows_at


def rows_in(folder: Path) -> int:
    """Rows of the shards that are whole."""
    path = folder / NAME
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)[1:] if path.is_file() else []
    records = [json.loads(line) for line in lines if line.endswith("\n")]
    return sum(record["shard"]["rows"] for record in records if "shard" in record)


def resident_mb(pid: int) -> float:
    """Memory of a process; 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except FileNotFoundError:
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


def bytes_of(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file."""
    return {path.name: sha256_of(path) for path in sorted(folder.iterdir())}


@click.command()
@click.option("--rows", default=5000, show_default=True)
@click.option("--no-summary", is_flag=True)
@click.option("--articles", default="data/clean/articles.jsonl", type=click.Path(path_type=Path))
@click.option("--models", default="models", show_default=True)
@click.option("--out", default="reports/benchmarks/scale.json", type=click.Path(path_type=Path))
def main(rows: int, no_summary: bool, articles: Path, models: str, out: Path) -> None:
    """Run twice, and compare."""
    with TemporaryDirectory() as folder:
        pages = Path(folder) / "pages.jsonl"
        with pages.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in collection(articles, rows))
        command = ["predict", str(pages), "--models", models, "--resume", "--shard-rows", str(SHARD_ROWS)]
        command.append("--no-summary" if no_summary else "--no-cache")
        whole, resumed = Path(folder) / "whole", Path(folder) / "resumed"
        found = undisturbed([*command, "--into", str(whole)], whole)
        rows_at = killed([*command, "--into", str(resumed)], resumed, found["seconds"])
        found |= {
            "rows": rows_in(whole),
            "rows_asked": rows,
            "articles_sha256": sha256_of(articles),
            "killed_with_rows_done": rows_at,
            "same_bytes": bytes_of(whole) == bytes_of(resumed),
            "processor": processor(),
        }
    before = json.loads(out.read_text(encoding="utf-8")) if out.is_file() else {}
    write_json(out, {**before, "topics" if no_summary else "summaries": found})
    told = f"memory {found['growth_share']:+.1%} after {SETTLED_ROWS} rows, killed at {rows_at}"
    click.echo(f"{found['rows']} rows, {told}: {'the same bytes' if found['same_bytes'] else 'OTHER BYTES'}")
    if not found["same_bytes"] or found["rows"] != rows:
        raise click.exceptions.Exit(1)


if __name__ == "__main__":
    main()
