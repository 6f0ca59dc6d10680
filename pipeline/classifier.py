"""The topic classifier, one scikit-learn estimator: what labelled articles teach and what the taxonomy says."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
from sklearn.base import BaseEstimator, ClassifierMixin

from pipeline.hashing import COLUMNS, WORD_COLUMNS, hashed_counter, terms_by_column
from pipeline.taxonomy import NONE

if TYPE_CHECKING:
    from pipeline.embedding import Encoder
    from pipeline.streaming import CountedBatches

Floats = npt.NDArray[np.float64]

_MARKS = re.compile("[\u0300-\u036f]+")
# Likeness to a description runs from about 0 to 0.5, margins from about -1 to 1: brought to one scale.
LIKENESS_SCALE = 4.0
# A topic with so many labelled texts is told half by them and half by its description alone. docs/log.md: with 10 texts
# a machine finds 3% of `world`, the description 73%.
EVEN_TEXTS = 60
# Factors of the scores tried in calibration, and the one used without it.
SCALES = np.geomspace(0.5, 20, 75)
UNCALIBRATED_SCALE = 3.0
# Of texts that do not fit into memory the first ones tell how margins go with likeness.
LINE_TEXTS = 5_000


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

        labels = np.asarray(topics).astype(str)
        told = {topic: tuple(said) for topic, said in (self.descriptions or {}).items()}
        self.classes_ = np.array(sorted({*labels, *told} - {NONE}))
        embedded = self._embed(texts)
        self.center_ = embedded.mean(axis=0)
        self._fit_words(texts)
        self.descriptions_ = self._describe(told)
        words = self._words(texts)
        features = self._features(words, embedded)
        self.machine_ = LinearSVC(C=self.c, random_state=0).fit(features, labels, sample_weight=_balanced(labels))
        self.learnt_shares_ = self._learnt_shares(Counter(labels.tolist()))
        self.line_ = self._fit_line(features, self._likeness(words, embedded))
        self.scale_ = UNCALIBRATED_SCALE
        return self

    def fit_stream(
        self, batches: Iterable[tuple[Sequence[str], Sequence[str]]], folder: str | Path | None = None
    ) -> "TopicClassifier":
        """Learn from batches of texts and their topics, read once, in memory that does not grow with their number.

        Words and pairs have the columns that their hashes choose; those that share one count as one. Batches should mix
        the topics. Counted, they wait in a temporary folder within `folder`, some 8 KB for 400 words.

        >>> batches = [(["the match ended with two goals", "shares fell"], ["sport", "business"])]
        >>> model = TopicClassifier(least_articles=1).fit_stream(batches)
        >>> model.predict(["another match"]).tolist()
        ['sport']
        """
        from pipeline.streaming import CountedBatch, CountedBatches, learn

        self.counter_ = hashed_counter(pairs=bool(self.pair_weight))
        with TemporaryDirectory(dir=folder) as temporary:
            counted = CountedBatches(Path(temporary), COLUMNS)
            for texts, topics in batches:
                counted.add(CountedBatch(self._counts(texts), self._embed(texts), np.asarray(topics).astype(str)))
            told = {topic: tuple(said) for topic, said in (self.descriptions or {}).items()}
            self.classes_ = np.array(sorted({*counted.labels, *told} - {NONE}))
            self.center_ = counted.mean_embedding
            self._fit_hashed(counted)
            self.descriptions_ = self._describe(told)

            def features() -> Iterator[tuple[Any, npt.NDArray[np.str_]]]:
                for batch in counted:
                    yield self._features(self._weighted(batch.counts), batch.embedded), batch.labels

            self.machine_ = learn(features, counted.labels, self.c, COLUMNS + len(self.center_))
            self.learnt_shares_ = self._learnt_shares(counted.labels)
            first = counted.first(LINE_TEXTS)
            words = self._weighted(first.counts)
            self.line_ = self._fit_line(self._features(words, first.embedded), self._likeness(words, first.embedded))
        self.scale_ = UNCALIBRATED_SCALE
        return self

    def calibrate(self, texts: Sequence[str], topics: Sequence[str], folds: Sequence[int]) -> "TopicClassifier":
        """Choose the scale under which held-out topics are most likely (temperature scaling, Guo et al. 2017).

        `texts` are those it was fitted on. Articles of one of the `folds` are judged by machines that learnt from the
        others: with a fold for each source the probabilities are those of news from elsewhere.
        """
        known = set(self.classes_.tolist())
        found_in: dict[str, set[int]] = defaultdict(set)
        for topic, part in zip(topics, folds, strict=True):
            found_in[topic].add(part)
        judged = [number for number, topic in enumerate(topics) if topic in known and len(found_in[topic]) > 1]
        if judged:
            self._choose_scale(
                self.held_out_scores(texts, topics, folds)[judged], [topics[number] for number in judged]
            )
        return self

    def calibrate_on_others(self, texts: Sequence[str], topics: Sequence[str]) -> "TopicClassifier":
        """Choose the scale on texts that it was not fitted on, as it judges them itself: news of the same sources."""
        judged = [(text, topic) for text, topic in zip(texts, topics, strict=True) if topic in self.classes_]
        if judged:
            of_topics, labels = zip(*judged, strict=True)
            self._choose_scale(self.scores(of_topics)[0], labels)
        return self

    def _choose_scale(self, scores: Floats, topics: Sequence[str]) -> None:
        """The scale under which these topics are most likely, of all in `SCALES`."""
        at = np.array([self._column(topic) for topic in topics])
        losses = [-np.log(_softmax(scale * scores)[np.arange(len(at)), at] + 1e-12).mean() for scale in SCALES]
        self.scale_ = float(SCALES[int(np.argmin(losses))])

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
        words, embedded = self._words(texts), self._embed(texts)
        margins = _margins(self.machine_, self._features(words, embedded))
        likeness = self._likeness(words, embedded)
        return self._topic_scores(margins, likeness), margins.get(NONE, np.full(len(texts), -np.inf))

    def held_out_scores(self, texts: Sequence[str], topics: Sequence[str], folds: Sequence[int]) -> Floats:
        """Scores of the texts it was fitted on, by machines that did not see them, shape (texts, topics).

        `folds` gives each text a number; those of one number are held out together. Only the machines are taught anew:
        vocabulary, descriptions and how much a topic leans on them stay as they are fitted on all.
        """
        from sklearn.base import clone

        labels, parts = np.asarray(topics).astype(str), np.asarray(folds)
        words, embedded = self._words(texts), self._embed(texts)
        features, likeness = self._features(words, embedded), self._likeness(words, embedded)
        features = features[:, np.unique(features.indices)]  # columns that none of them has would take memory, no more
        scores = np.zeros((len(labels), len(self.classes_)))
        for part in np.unique(parts):
            held_out = parts == part
            seen = labels[~held_out]
            margins: dict[str, Floats] = {}
            if len(np.unique(seen)) > 1:
                machine = clone(self.machine_).fit(features[~held_out], seen, sample_weight=_balanced(seen))
                margins = _margins(machine, features[held_out])
            scores[held_out] = self._topic_scores(margins, likeness[held_out])
        return scores

    def held_out_proba(self, texts: Sequence[str], topics: Sequence[str], folds: Sequence[int]) -> Floats:
        """The probabilities that `held_out_scores` come to."""
        return _softmax(self.scale_ * self.held_out_scores(texts, topics, folds))

    def _topic_scores(self, margins: Mapping[str, Floats], likeness: Floats) -> Floats:
        """What was learnt and what the descriptions say, as one score for each topic."""
        slope, start = self.line_
        described = slope * likeness + start
        learnt = np.column_stack([margins.get(topic, described[:, at]) for at, topic in enumerate(self.classes_)])
        topics = self.learnt_shares_ * learnt + (1 - self.learnt_shares_) * described
        return np.asarray(topics + self.description_weight * likeness)

    def log_odds(self, texts: Sequence[str], topic: str, other: str) -> Floats:
        """The natural logarithm of the odds of one topic against another, shape (texts,)."""
        scores, _ = self.scores(texts)
        return np.asarray(self.scale_ * (scores[:, self._column(topic)] - scores[:, self._column(other)]))

    def word_shares(self, text: str, topic: str, other: str) -> list[tuple[str, float]]:
        """What each word and pair of words of a text adds to the log odds of one topic against another.

        Exact: with the shares of the embedding and the intercepts they add up to `log_odds`.
        """
        weights = self._word_weights(topic) - self._word_weights(other)
        words = sparse.hstack(self._words([text])).tocsr()
        terms = terms_by_column(self.counter_, _without_accents(text))
        columns = np.concatenate([columns for _, columns, _ in self.blocks_])
        return [
            (terms[columns[at]], float(self.scale_ * value * weights[at]))
            for at, value in zip(words.indices, words.data, strict=True)
        ]

    def _word_weights(self, topic: str) -> Floats:
        """The weight of each word and pair of words in the score of a topic, as `_topic_scores` adds them up."""
        labels, column = list(self.machine_.classes_), self._column(topic)
        weights = np.zeros(sum(len(columns) for _, columns, _ in self.blocks_))
        share = self.learnt_shares_[column] if topic in labels else 0.0
        if topic in labels:
            at = labels.index(topic)
            # of two labels scikit-learn has one machine, for the second
            row = self.machine_.coef_[at] if len(labels) > 2 else (1 if at else -1) * self.machine_.coef_[0]
            weights += share * row[: len(weights)]
        if self.encoder is None:  # then descriptions are compared by their words
            described = self.descriptions_[column]
            likeness = (1 - share) * self.line_[0] + self.description_weight
            weights[: len(described)] += likeness * LIKENESS_SCALE * described
        return weights

    def _column(self, topic: str) -> int:
        return int(np.flatnonzero(self.classes_ == topic)[0])

    def remember_embeddings(self) -> "TopicClassifier":
        """Embed each text once, however often it is read: for training, where the texts are few and read again."""
        if self.encoder is not None:
            self.loaded_encoder().remembered = {}
        return self

    def set_encoder(self, folder: str | Path | None) -> "TopicClassifier":
        """Read the encoder from another folder: a saved classifier has it beside itself."""
        self.encoder = folder
        self.__dict__.pop("_loaded", None)
        return self

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {key: value for key, value in state.items() if key != "_loaded"}

    def loaded_encoder(self) -> "Encoder":
        """The encoder, loaded when first asked for."""
        from pipeline.embedding import Encoder

        if "_loaded" not in self.__dict__:
            self._loaded = Encoder(str(self.encoder))
        return self._loaded

    def _embed(self, texts: Sequence[str]) -> Floats:
        """Embeddings, shape (texts, dimensions); none of them without an encoder."""
        if self.encoder is None:
            return np.zeros((len(texts), 0))
        return self.loaded_encoder().embed(texts).astype(np.float64)

    def _fit_words(self, texts: Sequence[str]) -> None:
        """Learn which words and pairs of words there are, and how rare each is."""
        self.counter_ = word_counter(self)
        counts = self.counter_.fit_transform(map(_without_accents, texts))
        self.blocks_ = blocks_of(self.counter_.get_feature_names_out(), self.pair_weight)
        for _, columns, rarity in self.blocks_:
            rarity.fit(counts[:, columns])

    def _fit_hashed(self, counted: "CountedBatches") -> None:
        """Keep the columns that enough texts have, and learn how rare each is, as TfidfTransformer does."""
        kept = np.flatnonzero(counted.texts_with >= self.least_articles)
        if not len(kept):
            raise ValueError(f"empty vocabulary: no word stands in {self.least_articles} texts")
        self.blocks_ = hashed_blocks(kept, self.pair_weight)
        for _, columns, rarity in self.blocks_:
            found = np.log((1 + counted.texts) / (1 + counted.texts_with[columns])) + 1
            rarity.idf_ = found.astype(np.float32)

    def _words(self, texts: Sequence[str]) -> list[Any]:
        """TF-IDF of the words, and of the pairs of words, each with its weight."""
        return self._weighted(self._counts(texts))

    def _counts(self, texts: Sequence[str]) -> Any:
        """How often each text has each word and pair of words, shape (texts, columns)."""
        return self.counter_.transform([_without_accents(text) for text in texts])

    def _weighted(self, counts: Any) -> list[Any]:
        return [weight * rarity.transform(counts[:, columns]) for weight, columns, rarity in self.blocks_]

    def _features(self, words: list[Any], embedded: Floats) -> Any:
        """What describes the texts, side by side, shape (texts, features)."""
        if not embedded.shape[1]:
            return sparse.hstack(words).tocsr()
        centred = sparse.csr_matrix(self.embedding_weight * _unit(embedded - self.center_))
        return sparse.hstack([*words, centred]).tocsr()

    def _learnt_shares(self, labels: Counter[str]) -> Floats:
        """How far each topic is told by its own texts, 0-1; wholly where nothing is said of it."""
        counts = np.array([labels[topic] for topic in self.classes_])
        return np.where(self.descriptions_.any(axis=1), counts / (counts + EVEN_TEXTS), 1.0)

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
        return np.asarray(self._words(texts)[0].todense(), dtype=np.float64)

    def _likeness(self, words: list[Any], embedded: Floats) -> Floats:
        """How like each text is to what is said of each topic, scaled, shape (texts, topics)."""
        read = embedded if self.encoder is not None else words[0]
        return LIKENESS_SCALE * np.asarray(read @ self.descriptions_.T)

    def _fit_line(self, features: Any, likeness: Floats) -> Floats:
        """Slope and start of the line from likeness to margin, over all texts and learnt topics with a description.

        Topics weigh by how much their own texts say of them.
        """
        margins = _margins(self.machine_, features)
        told = [at for at, topic in enumerate(self.classes_) if topic in margins and self.descriptions_[at].any()]
        if not told:
            return np.zeros(2)
        x = np.concatenate([likeness[:, at] for at in told])
        y = np.concatenate([margins[str(self.classes_[at])] for at in told])
        weights = np.repeat(np.sqrt(self.learnt_shares_[told]), len(likeness))
        return np.asarray(np.polyfit(x, y, 1, w=weights))


def word_counter(settings: TopicClassifier) -> Any:
    """What counts the words of texts, and their pairs if they have a weight; not fitted."""
    from sklearn.feature_extraction.text import CountVectorizer

    longest = 2 if settings.pair_weight else 1
    return CountVectorizer(ngram_range=(1, longest), min_df=settings.least_articles, dtype=np.float32)


def blocks_of(names: Sequence[str], pair_weight: float) -> list[tuple[float, Any, Any]]:
    """The words, and the pairs, among features: weight, columns, and what weighs counts by rarity (not fitted)."""
    return _blocks(np.arange(len(names)), np.array([" " in name for name in names], dtype=bool), pair_weight)


def hashed_blocks(columns: npt.NDArray[np.int64], pair_weight: float) -> list[tuple[float, Any, Any]]:
    """`blocks_of`, for these columns of what a hashed counter counts."""
    return _blocks(columns, columns >= WORD_COLUMNS, pair_weight)


def _blocks(
    columns: npt.NDArray[np.int64], is_pair: npt.NDArray[np.bool_], pair_weight: float
) -> list[tuple[float, Any, Any]]:
    from sklearn.feature_extraction.text import TfidfTransformer

    parts = (1.0, columns[~is_pair]), (pair_weight, columns[is_pair])
    return [(weight, columns, TfidfTransformer(sublinear_tf=True)) for weight, columns in parts if len(columns)]


def _balanced(labels: npt.NDArray[np.str_]) -> Floats:
    """Weights of the texts under which every label counts the same."""
    from sklearn.utils.class_weight import compute_sample_weight

    return np.asarray(compute_sample_weight("balanced", labels))


def _without_accents(text: str) -> str:
    """A text without the accents of Latin, Greek and Cyrillic letters; scikit-learn's own looks at each character.

    >>> _without_accents("Café in São Paulo, 5°")
    'Cafe in Sao Paulo, 5°'
    """
    return text if text.isascii() else _MARKS.sub("", unicodedata.normalize("NFKD", text))


def _margins(machine: Any, features: Any) -> dict[str, Floats]:
    """The margin of each label that a machine has learnt, by label."""
    margins = machine.decision_function(features)
    if margins.ndim == 1:  # of two labels scikit-learn has one machine
        margins = np.column_stack([-margins, margins])
    return {str(label): margins[:, number] for number, label in enumerate(machine.classes_)}


def _softmax(scores: Floats) -> Floats:
    from scipy.special import softmax

    return np.asarray(softmax(scores, axis=1))


def _unit(rows: Floats) -> Floats:
    """Each row brought to length 1; a row of zeros stays."""
    from sklearn.preprocessing import normalize

    return np.asarray(normalize(rows))
