"""Measure training from a stream beside training in memory on 20 Newsgroups, and memory with ten copies of it.

    python benchmarks/streaming.py

Fetches the data as `benchmarks/topics.py` does; writes reports/benchmarks/streaming.json. The configuration is that of
params.yaml, without descriptions. Every model learns in a process of its own, from a file on disk; with a stream its
sample is also judged by held-out machines, as stage `train` does. Peak memory is the process's, when that is done.
"""

import multiprocessing
import resource
from collections import Counter
from pathlib import Path
from typing import Any

import click
from topics import SEED, SOURCE, read_tab

from pipeline.articles import read_articles
from pipeline.batches import in_batches
from pipeline.classifier import TopicClassifier
from pipeline.fetching import fetch
from pipeline.files import sha256_of, write_json, write_jsonl
from pipeline.label_noise import fold_of
from pipeline.params import read_settings
from pipeline.scores import as_dict, mean_interval
from pipeline.stored_articles import StoredArticles
from pipeline.training import SAMPLE, TOGETHER, TrainSettings

NAME = "20newsgroups"
COPIES = 10


def write_copies(tab: Path, path: Path, copies: int) -> None:
    """A file as stage `clean` writes it, with so many copies of each training article under ids of their own."""
    labels, texts = read_tab(tab)
    write_jsonl(
        path,
        (
            {"id": f"{label}/{number}-{copy}", "topic": label, "split": "train", "title": None, "paragraphs": [text]}
            for copy in range(copies)
            for number, (label, text) in enumerate(zip(labels, texts, strict=True))
        ),
    )


def learnt_in_memory(path: Path, model: TopicClassifier) -> TopicClassifier:
    """What `streaming: false` learns."""
    articles = read_articles(path)
    return model.fit([article.article.whole for article in articles], [article.topic for article in articles])


def learnt_from_stream(path: Path, model: TopicClassifier) -> TopicClassifier:
    """What `streaming: true` learns; what it holds of a sample is held here, too."""
    stored = StoredArticles(path, "train")
    batches = (
        ([article.article.whole for article in batch], [article.topic for article in batch])
        for batch in in_batches(stored, TOGETHER)
    )
    model.fit_stream(batches, path.parent)
    sample = stored.first(SAMPLE)
    texts, topics = [article.article.whole for article in sample], [article.topic for article in sample]
    model.held_out_scores(texts, topics, [fold_of(article.id) for article in sample])
    return model


WAYS = {"in memory": learnt_in_memory, "streaming": learnt_from_stream}


def run(way: str, path: Path, test: Path, encoder: str | None) -> tuple[dict[str, Any], list[float]]:
    """The figures of one way to learn, and for each test article whether it was told right."""
    asked = read_settings(Path("params.yaml"), "train", TrainSettings)
    weights = (asked.pair_weight, asked.embedding_weight, asked.description_weight)
    model = WAYS[way](path, TopicClassifier(None, encoder, asked.c, asked.least_articles, *weights))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    actual, texts = read_tab(test)
    right = [float(a == b) for a, b in zip(actual, model.predict(texts), strict=True)]
    figures = {
        "accuracy": as_dict(mean_interval(right, SEED)),
        "features": int(model.machine_.coef_.shape[1]),
        "peak_memory_mb": round(peak),
    }
    return figures, right


@click.command()
@click.option("--data", default="data/benchmarks", show_default=True, type=click.Path(path_type=Path))
@click.option("--out", default="reports/benchmarks", show_default=True, type=click.Path(path_type=Path))
@click.option("--embeddings", is_flag=True, help="Measure with embeddings, too: minutes more.")
def main(data: Path, out: Path, embeddings: bool) -> None:
    """Measure, and write streaming.json."""
    folder = data / SOURCE.to
    if not folder.is_dir():
        data.mkdir(parents=True, exist_ok=True)
        fetch(SOURCE, data)
    train, test = (folder / f"{NAME}-{part}.tab" for part in ("train", "test"))
    stored = {copies: data / f"{NAME}-{copies}.jsonl" for copies in (1, COPIES)}
    for copies, path in stored.items():
        write_copies(train, path, copies)
    labels = Counter(read_tab(train)[0])
    results: dict[str, Any] = {
        "set": NAME,
        "train": labels.total(),
        "topics": len(labels),
        "test": len(read_tab(test)[0]),
        "sha256": {"train": sha256_of(train), "test": sha256_of(test)},
    }
    runs: list[tuple[str, str | None, tuple[int, ...]]] = [("embeddings: none", None, (1, COPIES))]
    if embeddings:
        runs.append(("embeddings", read_settings(Path("params.yaml"), "train", TrainSettings).embeddings, (1,)))
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for title, used, counts in runs:
            asked = [("in memory", 1), *(("streaming", copies) for copies in counts)]
            found = {}
            for way, copies in asked:
                found[way, copies] = pool.apply(run, (way, stored[copies], test, used))
                click.echo(f"{title}: {way}, {copies} copies: {found[way, copies][0]}", err=True)
            pairs = zip(found["streaming", 1][1], found["in memory", 1][1], strict=True)
            results[title] = {
                **{f"{way}, {copies} copies": figures for (way, copies), (figures, _) in found.items()},
                "streaming_less_in_memory": as_dict(mean_interval([a - b for a, b in pairs], SEED)),
            }
            write_json(out / "streaming.json", results)


if __name__ == "__main__":
    main()
