"""The topic of an article: a saved classifier, its calibrated probabilities, and when it abstains."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cards import read_card, write_card
from pipeline.explaining import explain
from pipeline.records import Article, Evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from pipeline.classifier import TopicClassifier


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
    """Save the classifier, the same bytes for the same model, its encoder beside it, and its card."""
    import sklearn

    from pipeline.embedding import Encoder
    from pipeline.topic_weights import save_weights

    encoder = model.classifier.encoder
    told = {
        "thresholds": asdict(model.thresholds),
        "embeddings": encoder is not None,
        "classifier": save_weights(model.classifier, folder),
    }
    if encoder is not None:
        Encoder(encoder).copy_to(folder)
    write_card(folder, "topics", {**told, **facts, "versions": {"scikit-learn": sklearn.__version__}})


def load_topics(folder: Path) -> TopicModel:
    """Load a saved classifier; ModelError where anything is amiss."""
    from pipeline.topic_weights import load_weights

    card = read_card(folder, "topics", "train", needs=("thresholds", "embeddings", "classifier"))
    classifier = load_weights(folder, card["classifier"])
    if card["embeddings"]:
        classifier.set_encoder(str(folder))
    return TopicModel(classifier, Thresholds(**card["thresholds"]))
