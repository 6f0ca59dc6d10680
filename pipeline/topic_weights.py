"""A fitted topic classifier as numbers and words: safetensors and lines of text, in which no code can hide."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.classifier import TopicClassifier, blocks_of, hashed_blocks, word_counter
from pipeline.hashing import COLUMNS, hashed_counter
from pipeline.records import ModelError

NUMBERS = "topics.safetensors"
# The vocabulary, a line a word or pair, in the order of the columns; a classifier that learnt from a stream has none,
# but the columns of its hashed words among its numbers.
WORDS = "words.txt"
PARAMETERS = ("c", "least_articles", "pair_weight", "embedding_weight", "description_weight")

Array = npt.NDArray[Any]


def save_weights(classifier: TopicClassifier, folder: Path) -> dict[str, Any]:
    """Write what a classifier has learnt, the same bytes for the same classifier; returns what its card must say."""
    from safetensors.numpy import save

    if hasattr(classifier.counter_, "vocabulary_"):
        words = sorted(classifier.counter_.vocabulary_, key=classifier.counter_.vocabulary_.__getitem__)
        folder.joinpath(WORDS).write_text("".join(f"{word}\n" for word in words), encoding="utf-8", newline="\n")
    folder.joinpath(NUMBERS).write_bytes(save(_numbers(classifier)))
    return {
        "topics": classifier.classes_.tolist(),
        "learnt": classifier.machine_.classes_.tolist(),
        "descriptions": {topic: list(said) for topic, said in (classifier.descriptions or {}).items()},
        "parameters": {name: getattr(classifier, name) for name in PARAMETERS},
    }


def load_weights(folder: Path, told: dict[str, Any]) -> TopicClassifier:
    """The classifier that was saved, from its card and files; ModelError where they do not hold one."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    path = folder / NUMBERS
    written = folder / WORDS
    words = written.read_text(encoding="utf-8").split("\n")[:-1] if written.is_file() else None
    try:
        return _classifier(told, words, load_file(path))
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} is no saved topic classifier ({error}): run `dvc repro train`") from error


def _numbers(classifier: TopicClassifier) -> dict[str, Array]:
    columns = np.concatenate([columns for _, columns, _ in classifier.blocks_])
    rarities = np.concatenate([rarity.idf_ for _, _, rarity in classifier.blocks_])
    order = np.argsort(columns)
    hashed = {} if hasattr(classifier.counter_, "vocabulary_") else {"columns": columns[order]}
    found = {
        **hashed,
        "coefficients": classifier.machine_.coef_,
        "intercepts": classifier.machine_.intercept_,
        "rarities": rarities[order],
        "center": classifier.center_,
        "descriptions": classifier.descriptions_,
        "learnt_shares": classifier.learnt_shares_,
        "line": classifier.line_,
        "scale": np.array([classifier.scale_]),
    }
    return {name: np.ascontiguousarray(values) for name, values in found.items()}


def _classifier(told: dict[str, Any], words: list[str] | None, numbers: dict[str, Array]) -> TopicClassifier:
    from sklearn.svm import LinearSVC

    _check(told, words, numbers)
    classifier = TopicClassifier(told["descriptions"], None, **told["parameters"])
    classifier.classes_ = np.array(told["topics"])
    classifier.center_ = numbers["center"]
    classifier.descriptions_ = numbers["descriptions"]
    classifier.learnt_shares_ = numbers["learnt_shares"]
    classifier.line_ = numbers["line"]
    classifier.scale_ = float(numbers["scale"][0])
    if words is None:
        known = numbers["columns"]
        classifier.counter_ = hashed_counter(pairs=bool(classifier.pair_weight))
        classifier.blocks_ = hashed_blocks(known, classifier.pair_weight)
    else:
        known = np.arange(len(words))
        classifier.counter_ = word_counter(classifier)
        classifier.counter_.vocabulary_ = {word: number for number, word in enumerate(words)}
        classifier.blocks_ = blocks_of(words, classifier.pair_weight)
    for _, columns, rarity in classifier.blocks_:
        rarity.idf_ = numbers["rarities"][np.searchsorted(known, columns)]
    classifier.machine_ = LinearSVC(C=classifier.c, random_state=0)
    classifier.machine_.classes_ = np.array(told["learnt"])
    classifier.machine_.coef_ = numbers["coefficients"]
    classifier.machine_.intercept_ = numbers["intercepts"]
    return classifier


def _check(told: dict[str, Any], words: list[str] | None, numbers: dict[str, Array]) -> None:
    """ValueError where the parts do not fit together."""
    features = len(numbers["columns"] if words is None else words)
    topics, learnt = len(told["topics"]), len(told["learnt"])
    machines = 1 if learnt == 2 else learnt  # of two labels scikit-learn has one machine
    dimensions = len(numbers["center"])
    asked = {
        "coefficients": (machines, features + dimensions),
        "intercepts": (machines,),
        "rarities": (features,),
        "learnt_shares": (topics,),
        "line": (2,),
        "scale": (1,),
    }
    for name, shape in asked.items():
        if numbers[name].shape != shape:
            raise ValueError(f"{name} has shape {numbers[name].shape}, expected {shape}")
    if words is None and not _is_of_table(numbers["columns"]):
        raise ValueError(f"columns are no rising numbers below {COLUMNS}")
    if len(numbers["descriptions"]) != topics:
        raise ValueError(f"descriptions of {len(numbers['descriptions'])} topics, expected {topics}")
    for name, values in numbers.items():
        if not np.isfinite(values).all():
            raise ValueError(f"{name} holds a number that is not finite")


def _is_of_table(columns: Array) -> bool:
    """Whether these are columns of hashed words, each once and in order."""
    in_order = columns.ndim == 1 and columns.dtype == np.int64 and bool((np.diff(columns) > 0).all())
    return in_order and (not len(columns) or bool(columns[0] >= 0 and columns[-1] < COLUMNS))
