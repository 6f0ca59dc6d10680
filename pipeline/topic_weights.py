"""A fitted topic classifier as numbers and words: safetensors and lines of text, in which no code can hide."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.classifier import TopicClassifier, blocks_of, word_counter
from pipeline.records import ModelError

NUMBERS = "topics.safetensors"
# The vocabulary, a line a word or pair, in the order of the columns.
WORDS = "words.txt"
PARAMETERS = ("c", "least_articles", "pair_weight", "embedding_weight", "description_weight")

Array = npt.NDArray[Any]


def save_weights(classifier: TopicClassifier, folder: Path) -> dict[str, Any]:
    """Write what a classifier has learnt, the same bytes for the same classifier; returns what its card must say."""
    from safetensors.numpy import save

    words = sorted(classifier.counter_.vocabulary_, key=classifier.counter_.vocabulary_.__getitem__)
    folder.joinpath(WORDS).write_text("".join(f"{word}\n" for word in words), encoding="utf-8", newline="\n")
    folder.joinpath(NUMBERS).write_bytes(save(_numbers(classifier, len(words))))
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
    words = (folder / WORDS).read_text(encoding="utf-8").split("\n")[:-1]
    try:
        return _classifier(told, words, load_file(path))
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} is no saved topic classifier ({error}): run `dvc repro train`") from error


def _numbers(classifier: TopicClassifier, features: int) -> dict[str, Array]:
    rarities = np.zeros(features, dtype=classifier.counter_.dtype)
    for _, columns, rarity in classifier.blocks_:
        rarities[columns] = rarity.idf_
    found = {
        "coefficients": classifier.machine_.coef_,
        "intercepts": classifier.machine_.intercept_,
        "rarities": rarities,
        "center": classifier.center_,
        "descriptions": classifier.descriptions_,
        "learnt_shares": classifier.learnt_shares_,
        "line": classifier.line_,
        "scale": np.array([classifier.scale_]),
    }
    return {name: np.ascontiguousarray(values) for name, values in found.items()}


def _classifier(told: dict[str, Any], words: list[str], numbers: dict[str, Array]) -> TopicClassifier:
    from sklearn.svm import LinearSVC

    _check(told, words, numbers)
    classifier = TopicClassifier(told["descriptions"], None, **told["parameters"])
    classifier.classes_ = np.array(told["topics"])
    classifier.center_ = numbers["center"]
    classifier.descriptions_ = numbers["descriptions"]
    classifier.learnt_shares_ = numbers["learnt_shares"]
    classifier.line_ = numbers["line"]
    classifier.scale_ = float(numbers["scale"][0])
    classifier.counter_ = word_counter(classifier)
    classifier.counter_.vocabulary_ = {word: number for number, word in enumerate(words)}
    classifier.blocks_ = blocks_of(words, classifier.pair_weight)
    for _, columns, rarity in classifier.blocks_:
        rarity.idf_ = numbers["rarities"][columns]
    classifier.machine_ = LinearSVC(C=classifier.c, random_state=0)
    classifier.machine_.classes_ = np.array(told["learnt"])
    classifier.machine_.coef_ = numbers["coefficients"]
    classifier.machine_.intercept_ = numbers["intercepts"]
    return classifier


def _check(told: dict[str, Any], words: list[str], numbers: dict[str, Array]) -> None:
    """ValueError where the parts do not fit together."""
    topics, learnt = len(told["topics"]), len(told["learnt"])
    machines = 1 if learnt == 2 else learnt  # of two labels scikit-learn has one machine
    dimensions = len(numbers["center"])
    asked = {
        "coefficients": (machines, len(words) + dimensions),
        "intercepts": (machines,),
        "rarities": (len(words),),
        "learnt_shares": (topics,),
        "line": (2,),
        "scale": (1,),
    }
    for name, shape in asked.items():
        if numbers[name].shape != shape:
            raise ValueError(f"{name} has shape {numbers[name].shape}, expected {shape}")
    if len(numbers["descriptions"]) != topics:
        raise ValueError(f"descriptions of {len(numbers['descriptions'])} topics, expected {topics}")
    for name, values in numbers.items():
        if not np.isfinite(values).all():
            raise ValueError(f"{name} holds a number that is not finite")
