"""The topic of an article: a saved classifier, its calibrated probabilities, and when it abstains."""

import io
import json
import zipfile
from copy import copy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cards import read_card, write_card
from pipeline.explaining import explain
from pipeline.records import Article, Evidence, ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from pipeline.classifier import TopicClassifier

WEIGHTS = "model.skops"
# The vocabulary, a line a word or pair: skops would check each of its 100,000 entries, which takes four seconds.
WORDS = "words.txt"
# What a saved classifier may hold beyond the types that skops trusts by itself, and nothing else.
TRUSTED_TYPES = ("pipeline.classifier.TopicClassifier",)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What an article must be and reach for an answer; stage `train` chooses them on the validation splits."""

    least_probability: float  # of the best topic, 0-1
    least_lead: float  # of the best topic's score over that of "none"
    language: str  # ISO 639-1, of the articles the topics were learnt from


@dataclass(frozen=True, slots=True)
class TopicDecision:
    """The topics of one article, most probable first, and why none is given."""

    probabilities: dict[str, float]
    abstained: str | None

    @property
    def best(self) -> tuple[str, float]:
        """The most probable topic, whether given or not, and its probability."""
        return next(iter(self.probabilities.items()))


class TopicModel:
    """A fitted classifier from text to calibrated probabilities, and what it asks of an article for an answer."""

    def __init__(self, classifier: "TopicClassifier", thresholds: Thresholds) -> None:
        self.classifier = classifier
        self.thresholds = thresholds

    def decide(self, articles: "Sequence[Article]") -> list[TopicDecision]:
        """A decision for each cleaned article, from its title and text."""
        if not articles:
            return []
        rows, leads = self.classifier.decide([article.whole for article in articles])
        return [
            self._decision(row, float(lead), article.language)
            for row, lead, article in zip(rows, leads, articles, strict=True)
        ]

    def explain(self, article: Article, decision: TopicDecision) -> Evidence | None:
        """What carried the most probable topic against the next; None where there is only one."""
        topic, *others = decision.probabilities
        return explain(self.classifier, article, topic, others[0]) if others else None

    def _decision(self, row: "np.ndarray[Any, Any]", lead: float, language: str | None) -> TopicDecision:
        ranked = sorted(zip(self.classifier.classes_, row, strict=True), key=lambda pair: (-pair[1], pair[0]))
        probabilities = {str(topic): round(float(probability), 6) for topic, probability in ranked}
        return TopicDecision(probabilities, self._why_not(*next(iter(probabilities.items())), lead, language))

    def _why_not(self, best: str, probability: float, lead: float, language: str | None) -> str | None:
        """Why the best topic is not given, or None."""
        asked = self.thresholds
        if language not in (None, asked.language):
            return f"in '{language}'; the topics were learnt from '{asked.language}'"
        if lead < asked.least_lead:
            return f"unlike the news of any topic: {best} leads 'none' by {lead:.2f}, less than {asked.least_lead:.2f}"
        if probability < asked.least_probability:
            return f"below threshold {asked.least_probability:.2f}: the best topic, {best}, has {probability:.2f}"
        return None


def save_topics(model: TopicModel, folder: Path, facts: dict[str, Any]) -> None:
    """Save the classifier as skops, the same bytes for the same model, its encoder as safetensors, and its card."""
    import sklearn
    import skops.io

    from pipeline.embedding import Encoder

    encoder = model.classifier.encoder
    saved = copy(model.classifier).set_encoder(None)  # a folder that other machines do not have
    counter = saved.counter_ = copy(saved.counter_)
    vars(counter).pop("_stop_words_id", None)  # a memory address: another one in each run
    words = sorted(counter.vocabulary_, key=counter.vocabulary_.__getitem__)
    folder.joinpath(WORDS).write_text("".join(f"{word}\n" for word in words), encoding="utf-8", newline="\n")
    counter.vocabulary_ = {}
    folder.joinpath(WEIGHTS).write_bytes(canonical(skops.io.dumps(saved)))
    if encoder is not None:
        Encoder(encoder).copy_to(folder)
    versions = {"scikit-learn": sklearn.__version__}
    told = {"thresholds": asdict(model.thresholds), "embeddings": encoder is not None}
    write_card(folder, "topics", {**told, **facts, "versions": versions})


def load_topics(folder: Path) -> TopicModel:
    """Load a saved classifier, under the exact allowlist of types; ModelError where anything is amiss."""
    import sklearn
    import skops.io

    card = read_card(folder, "topics", "train", needs=("thresholds", "embeddings", "versions"))
    trained_with = card["versions"]["scikit-learn"]
    if trained_with.split(".")[:2] != sklearn.__version__.split(".")[:2]:
        raise ModelError(
            f"{folder} was trained with scikit-learn {trained_with}, this is {sklearn.__version__}: "
            "install requirements.lock, or run `dvc repro --force train`"
        )
    data = (folder / WEIGHTS).read_bytes()
    strange = sorted(set(skops.io.get_untrusted_types(data=data)) - set(TRUSTED_TYPES))
    if strange:
        raise ModelError(f"{folder / WEIGHTS} holds types that no classifier of this project has: {strange}")
    classifier = skops.io.loads(data, trusted=list(TRUSTED_TYPES))
    if not hasattr(classifier, "blocks_") or not (folder / WORDS).is_file():
        raise ModelError(f"{folder} was saved by an earlier version of this package: run `dvc repro train`")
    words = (folder / WORDS).read_text(encoding="utf-8").split("\n")[:-1]
    classifier.counter_.vocabulary_ = {word: number for number, word in enumerate(words)}
    if card["embeddings"]:
        classifier.set_encoder(str(folder))
    return TopicModel(classifier, Thresholds(**card["thresholds"]))


def canonical(skops_file: bytes) -> bytes:
    """The same skops file, with object ids numbered in order and no dates: equal models give equal bytes.

    skops names objects by their address in memory, which differs from run to run.
    """
    source = zipfile.ZipFile(io.BytesIO(skops_file))
    numbers: dict[int, int] = {}

    def renumber(node: Any) -> Any:
        if isinstance(node, list):
            return [renumber(item) for item in node]
        if not isinstance(node, dict):
            return node
        renamed = {key: renumber(value) for key, value in node.items()}
        if isinstance(node.get("__id__"), int):
            renamed["__id__"] = numbers.setdefault(node["__id__"], len(numbers))
        if isinstance(node.get("file"), str):
            old = int(Path(node["file"]).stem)
            renamed["file"] = f"{numbers.setdefault(old, len(numbers))}.npy"
        return renamed

    schema = renumber(json.loads(source.read("schema.json")))
    names = {name: f"{numbers[int(Path(name).stem)]}.npy" for name in source.namelist() if name != "schema.json"}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("schema.json"), json.dumps(schema), zipfile.ZIP_DEFLATED)
        for old, new in sorted(names.items(), key=lambda pair: int(Path(pair[1]).stem)):
            file.writestr(zipfile.ZipInfo(new), source.read(old), zipfile.ZIP_DEFLATED)
    return target.getvalue()
