"""The topic classifier, one scikit-learn estimator: what labelled articles teach and what the taxonomy says."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
from sklearn.base import BaseEstimator, ClassifierMixin

from pipeline.taxonomy import NONE

if TYPE_CHECKING:
    from pipeline.embedding import Encoder

Floats = npt.NDArray[np.float64]

# Likeness to a description runs from about 0 to 0.5, margins from about -1 to 1: brought to one scale.
LIKENESS_SCALE = 4.0
# A topic with so many labelled texts is told half by them and half by its description alone. docs/log.md: with 10 texts
# a machine finds 3% of `world`, the description 73%.
EVEN_TEXTS = 60
# Factors of the scores tried in calibration, and the one used without it.
SCALES = np.geomspace(0.5, 20, 75)
UNCALIBRATED_SCALE = 3.0


class TopicClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Probabilities of topics for texts.

    A text is described by its words, its pairs of words (both TF-IDF) and its embedding, laid side by side with fixed
    weights. A linear support vector machine for each topic (one against the rest, each topic with the same weight in
    all) gives a margin; the likeness of the embedding to what the taxonomy says of the topic is added. The fewer
    labelled texts a topic has, the more its margin gives way to the one that topics of the same likeness have on
    average; without any it is that alone. Scores times `scale_` go through a softmax; `calibrate` chooses the scale.

    Texts labelled "none" belong to no topic: they have their own machine, and `decide` says how far the best topic
    stands above it.

    Parameters: `descriptions` maps each topic to what is said of it (may be empty), `encoder` is the folder of a
    sentence encoder or None, `c` the inverse strength of regularisation, `least_articles` in how many texts a feature
    must stand, and the weights of pairs and embedding beside the words, and of the likeness beside the margin.

    >>> texts = ["the match ended with two goals", "shares fell and profits sank", "a goal in the last match"]
    >>> model = TopicClassifier(least_articles=1).fit(texts, ["sport", "business", "sport"])
    >>> model.predict(["another match, another goal"]).tolist()
    ['sport']
    """

    def __init__(
        self,
        descriptions: Mapping[str, Sequence[str]] | None = None,
        encoder: str | Path | None = None,
        c: float = 1.0,
        least_articles: int = 2,
        pair_weight: float = 0.5,
        embedding_weight: float = 0.3,
        description_weight: float = 0.5,
    ) -> None:
        self.descriptions = descriptions
        self.encoder = encoder
        self.c = c
        self.least_articles = least_articles
        self.pair_weight = pair_weight
        self.embedding_weight = embedding_weight
        self.description_weight = description_weight

    def fit(self, texts: Sequence[str], topics: Sequence[str]) -> "TopicClassifier":
        """Learn from texts and their topics, shape (texts,) each."""
        from sklearn.svm import LinearSVC
        from sklearn.utils.class_weight import compute_sample_weight

        labels = np.asarray(topics).astype(str)
        told = {topic: tuple(said) for topic, said in (self.descriptions or {}).items()}
        self.classes_ = np.array(sorted({*labels, *told} - {NONE}))
        embedded = self._embed(texts)
        self.center_ = embedded.mean(axis=0)
        self.vectorizers_ = [(weight, vectorizer.fit(texts)) for weight, vectorizer in self._vectorizers()]
        self.descriptions_ = self._describe(told)
        features = self._features(texts, embedded)
        weights = compute_sample_weight("balanced", labels)  # every label counts the same
        self.machine_ = LinearSVC(C=self.c, random_state=0).fit(features, labels, sample_weight=weights)
        counts = np.array([(labels == topic).sum() for topic in self.classes_])
        self.learnt_shares_ = np.where(self.descriptions_.any(axis=1), counts / (counts + EVEN_TEXTS), 1.0)
        self.line_ = self._fit_line(features, embedded, texts)
        self.scale_ = UNCALIBRATED_SCALE
        return self

    def calibrate(self, texts: Sequence[str], topics: Sequence[str]) -> "TopicClassifier":
        """Choose the scale under which held-out topics are most likely (temperature scaling, Guo et al. 2017)."""
        known = [position for position, topic in enumerate(topics) if topic in set(self.classes_)]
        if not known:
            return self
        scores, _ = self.scores([texts[position] for position in known])
        column = {topic: number for number, topic in enumerate(self.classes_)}
        at = np.array([column[topics[position]] for position in known])
        losses = [-np.log(_softmax(scale * scores)[np.arange(len(at)), at] + 1e-12).mean() for scale in SCALES]
        self.scale_ = float(SCALES[int(np.argmin(losses))])
        return self

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """The probability of each topic of `classes_`, shape (texts, topics), rows that add up to 1."""
        return self.decide(texts)[0]

    def predict(self, texts: Sequence[str]) -> npt.NDArray[np.str_]:
        """The most probable topic of each text."""
        chosen: npt.NDArray[np.str_] = self.classes_[self.predict_proba(texts).argmax(axis=1)]
        return chosen

    def decide(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """`predict_proba`, and by how much the best topic's score leads that of "none", shape (texts,).

        Without any text labelled "none" to learn from, the lead is infinite.
        """
        scores, none = self.scores(texts)
        return _softmax(self.scale_ * scores), scores.max(axis=1) - none

    def scores(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """The score of each topic, shape (texts, topics), and of "none", shape (texts,)."""
        embedded = self._embed(texts)
        margins = self._margins(self._features(texts, embedded))
        likeness = self._likeness(texts, embedded)
        slope, start = self.line_
        described = slope * likeness + start
        learnt = np.column_stack([margins.get(topic, described[:, at]) for at, topic in enumerate(self.classes_)])
        topics = self.learnt_shares_ * learnt + (1 - self.learnt_shares_) * described
        none = margins.get(NONE, np.full(len(texts), -np.inf))
        return topics + self.description_weight * likeness, none

    def set_encoder(self, folder: str | Path | None) -> "TopicClassifier":
        """Read the encoder from another folder: a saved classifier has it beside itself."""
        self.encoder = folder
        self.__dict__.pop("_loaded", None)
        return self

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {key: value for key, value in state.items() if key != "_loaded"}

    def _encoder(self) -> "Encoder":
        from pipeline.embedding import Encoder

        if "_loaded" not in self.__dict__:
            self._loaded = Encoder(str(self.encoder))
        return self._loaded

    def _embed(self, texts: Sequence[str]) -> Floats:
        """Embeddings, shape (texts, dimensions); none of them without an encoder."""
        if self.encoder is None:
            return np.zeros((len(texts), 0))
        return self._encoder().embed(texts).astype(np.float64)

    def _vectorizers(self) -> list[tuple[float, Any]]:
        """The blocks of words and of pairs of words, each with its weight."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        common = {
            "min_df": self.least_articles,
            "sublinear_tf": True,
            "strip_accents": "unicode",
            "dtype": np.float32,
        }
        words, pairs = TfidfVectorizer(**common), TfidfVectorizer(ngram_range=(2, 2), **common)
        return [(1.0, words), (self.pair_weight, pairs)] if self.pair_weight else [(1.0, words)]

    def _features(self, texts: Sequence[str], embedded: Floats) -> Any:
        blocks = [weight * vectorizer.transform(texts) for weight, vectorizer in self.vectorizers_]
        if embedded.shape[1]:
            blocks.append(sparse.csr_matrix(self.embedding_weight * _unit(embedded - self.center_)))
        return sparse.hstack(blocks).tocsr()

    def _describe(self, told: Mapping[str, Sequence[str]]) -> Any:
        """What is said of each topic as one unit vector, shape (topics, dimensions): of embeddings, or of words."""
        rows = []
        for topic in self.classes_:
            said = told.get(topic) or ()
            vectors = self._said(said) if said else np.zeros((1, self._said([""]).shape[1]))
            rows.append(_unit(vectors.mean(axis=0, keepdims=True)))
        return np.vstack(rows)

    def _said(self, texts: Sequence[str]) -> Floats:
        if self.encoder is not None:
            return self._embed(texts)
        return np.asarray(self.vectorizers_[0][1].transform(texts).todense(), dtype=np.float64)

    def _likeness(self, texts: Sequence[str], embedded: Floats) -> Floats:
        """How like each text is to what is said of each topic, scaled, shape (texts, topics)."""
        read = embedded if self.encoder is not None else self.vectorizers_[0][1].transform(texts)
        return LIKENESS_SCALE * np.asarray(read @ self.descriptions_.T)

    def _margins(self, features: Any) -> dict[str, Floats]:
        """The margin of each label that was learnt, by label."""
        margins = self.machine_.decision_function(features)
        labels = self.machine_.classes_
        if margins.ndim == 1:  # of two labels scikit-learn has one machine
            margins = np.column_stack([-margins, margins])
        return {str(label): margins[:, number] for number, label in enumerate(labels)}

    def _fit_line(self, features: Any, embedded: Floats, texts: Sequence[str]) -> Floats:
        """Slope and start of the line from likeness to margin, over all texts and learnt topics with a description.

        Topics weigh by how much their own texts say of them.
        """
        margins, likeness = self._margins(features), self._likeness(texts, embedded)
        told = [at for at, topic in enumerate(self.classes_) if topic in margins and self.descriptions_[at].any()]
        if not told:
            return np.zeros(2)
        x = np.concatenate([likeness[:, at] for at in told])
        y = np.concatenate([margins[str(self.classes_[at])] for at in told])
        weights = np.repeat(np.sqrt(self.learnt_shares_[told]), len(texts))
        return np.asarray(np.polyfit(x, y, 1, w=weights))


def _softmax(scores: Floats) -> Floats:
    from scipy.special import softmax

    return np.asarray(softmax(scores, axis=1))


def _unit(rows: Floats) -> Floats:
    """Each row brought to length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths, lengths, 1.0)
