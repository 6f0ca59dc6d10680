"""The topic of an article: a saved classifier, its calibrated probabilities, and when it abstains."""

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cards import read_card, write_card
from pipeline.records import Article, ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from sklearn.pipeline import Pipeline

WEIGHTS = "model.skops"
# What a saved classifier may hold beyond the types that skops trusts by itself, and nothing else.
TRUSTED_TYPES = ("sklearn.calibration._CalibratedClassifier", "sklearn.calibration._TemperatureScaling")


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
    """A fitted scikit-learn pipeline from raw text to calibrated probabilities, and the claim it asks for.

    The linear classifier scores each topic against the rest (one-vs-rest), so an article of none of the topics
    gets low scores from all, while its probabilities still add up to one. `least_claim` is the score that the best
    topic must reach for an answer.
    """

    def __init__(self, pipeline: "Pipeline", least_claim: float, language: str) -> None:
        self.pipeline = pipeline
        self.least_claim = least_claim
        self.language = language

    def decide(self, articles: "Sequence[Article]") -> list[TopicDecision]:
        """A decision for each cleaned article, from its title and text."""
        if not articles:
            return []
        features = self.pipeline[:-1].transform([article.whole for article in articles])
        rows, claims = self.pipeline[-1].predict_proba(features), self._claims(features)
        return [
            self._decision(row, float(claim), article.language)
            for row, claim, article in zip(rows, claims, articles, strict=True)
        ]

    def claims(self, texts: "Sequence[str]") -> "np.ndarray[Any, Any]":
        """The best one-vs-rest score of each text, shape (texts,)."""
        return self._claims(self.pipeline[:-1].transform(texts))

    def _claims(self, features: Any) -> "np.ndarray[Any, Any]":
        scores = self.pipeline[-1].calibrated_classifiers_[0].estimator.decision_function(features)
        return abs(scores) if scores.ndim == 1 else scores.max(axis=1)

    def _decision(self, row: "np.ndarray[Any, Any]", claim: float, language: str | None) -> TopicDecision:
        ranked = sorted(zip(self.pipeline.classes_, row, strict=True), key=lambda pair: (-pair[1], pair[0]))
        probabilities = {str(topic): round(float(probability), 6) for topic, probability in ranked}
        if language not in (None, self.language):
            return TopicDecision(probabilities, f"in '{language}'; the topics were learnt from '{self.language}'")
        if claim >= self.least_claim:
            return TopicDecision(probabilities, None)
        closest = next(iter(probabilities))
        reason = (
            f"unlike the training articles: the closest topic, {closest}, claims it with {claim:.2f}, "
            f"below {self.least_claim:.2f}"
        )
        return TopicDecision(probabilities, reason)


def save_topics(model: TopicModel, folder: Path, facts: dict[str, Any]) -> None:
    """Save the classifier as skops, the same bytes for the same model, and its card."""
    import sklearn
    import skops.io

    vars(model.pipeline[0]).pop("_stop_words_id", None)  # a memory address: another one in each run
    folder.joinpath(WEIGHTS).write_bytes(canonical(skops.io.dumps(model.pipeline)))
    versions = {"scikit-learn": sklearn.__version__}
    told = {"language": model.language, "least_claim": model.least_claim}
    write_card(folder, "topics", {**told, **facts, "versions": versions})


def load_topics(folder: Path) -> TopicModel:
    """Load a saved classifier, under the exact allowlist of types; ModelError where anything is amiss."""
    import sklearn
    import skops.io

    card = read_card(folder, "topics", "train", needs=("language", "least_claim", "versions"))
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
    pipeline = skops.io.loads(data, trusted=list(TRUSTED_TYPES))
    return TopicModel(pipeline, float(card["least_claim"]), card["language"])


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
