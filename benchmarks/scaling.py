"""Measure what workers of Ray add on this machine: articles a second with one and with two, beside one process.

    python benchmarks/scaling.py

A node of Ray stands for a machine: two of them with a processor each are as two machines of one, on a network that
costs nothing. Clocks run from when all workers have their models and have answered something, to when the last row is
on the disk. Articles are those of the cleaned corpus. Writes reports/benchmarks/scaling.json, from which
docs/recipes.md works out what a large collection takes.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

import click

from pipeline.answers import Answered, Answerer, Asked, Batches
from pipeline.articles import read_articles
from pipeline.files import write_json
from pipeline.predicting import BATCH
from pipeline.ray_workers import ALONE, QUIET, crew
from pipeline.reading import Page
from pipeline.run_facts import processor
from pipeline.sharding import Target, opened, write_shards

OUT = Path("reports/benchmarks/scaling.json")
# Batches of 64 for each worker: few of the summaries, of which each takes long.
BATCHES = {"topics": 8, "summaries": 2}
# Pages that each worker answers twice before the clock runs.
WARM_UP = 8
# By name: the processors of each node of Ray; none: one process without Ray, on all processors.
WAYS: dict[str, tuple[int, ...]] = {
    "one process, no Ray": (),
    "1 worker of 2 processors": (2,),
    "1 worker of 1 processor": (1,),
    "2 workers of 1 processor": (1, 1),
}

Answer = Callable[[Batches], Answered]


@contextmanager
def answering(asked: Asked, nodes: tuple[int, ...]) -> Iterator[Answer]:
    """What answers, warm."""
    if not nodes:
        answerer = Answerer(asked)
        list(answerer.answered([pages(WARM_UP)] * 2))
        yield answerer.answered
        return
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    for cpus in nodes:
        cluster.add_node(num_cpus=cpus, **({} if cluster.head_node else {"include_dashboard": False}))
    try:
        with crew(asked, cluster.address, lambda said: click.echo(said, err=True)) as workers:
            while workers.ready < len(nodes):
                list(workers.answered([pages(1)]))
            list(workers.answered([pages(WARM_UP)] * 2 * len(nodes)))
            yield workers.answered
    finally:
        cluster.shutdown()


def pages(count: int) -> list[Page]:
    """So many articles, from the first on again where there are too few."""
    articles = read_articles(Path("data/clean/articles.jsonl"))
    return [Page(f"{number}", found.article.whole) for number, found in enumerate(islice(cycle(articles), count))]


def measured(asked: Asked, nodes: tuple[int, ...], batches: int) -> dict[str, float]:
    """Articles a second, and what the driver takes of a processor for each; in one process that is all."""
    asked_pages = pages(batches * BATCH * max(1, len(nodes)))
    with answering(asked, nodes) as answer, tempfile.TemporaryDirectory() as folder:
        target = Target(Path(folder) / "answers")
        with opened(target, {}) as manifest:
            begun, used = time.monotonic(), time.process_time()
            rows = sum(1 for _ in write_shards(manifest, target, asked_pages, answer))
            seconds, driver = time.monotonic() - begun, time.process_time() - used
    return {
        "articles": rows,
        "articles_per_second": round(rows / seconds, 3),
        "driver_ms_per_article": round(1000 * driver / rows, 3),
    }


@click.command()
@click.option("--models", default="models", type=click.Path(path_type=Path))
@click.option("--out", default=OUT, type=click.Path(path_type=Path))
def main(models: Path, out: Path) -> None:
    """Measure topics alone, and with summaries that come from no cache."""
    os.environ.update(QUIET | ALONE)
    found = {
        "processor": processor(),
        "processors": os.cpu_count(),
        "load_at_the_start": round(os.getloadavg()[0], 1),
    }
    for kind, batches in BATCHES.items():
        asked = Asked(models.resolve(), summarise=kind == "summaries")
        found[kind] = {way: measured(asked, nodes, batches) for way, nodes in WAYS.items()}
        click.echo(f"{kind}: {found[kind]}", err=True)
    write_json(out, found)


if __name__ == "__main__":
    main()
