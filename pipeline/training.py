"""Stage `train`: the topic classifier from the training splits; when it abstains, from the validation splits."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
import numpy.typing as npt
from pydantic import Field

from pipeline.articles import LabelledArticle, read_articles
from pipeline.batches import in_batches
from pipeline.files import new_folder, sha256_of, write_json, write_jsonl
from pipeline.label_noise import fold_of, suspects
from pipeline.params import Settings, read_settings
from pipeline.records import StageError
from pipeline.scores import as_dict, mean_interval
from pipeline.stored_articles import StoredArticles, mixed
from pipeline.taxonomy import NONE, Topic, read_topics
from pipeline.topics import Thresholds, TopicModel, save_topics

if TYPE_CHECKING:
    from pipeline.classifier import TopicClassifier

# Below so many articles a scale or threshold chosen on them says nothing.
LEAST_HELD_OUT = 20
# With `streaming`, so many articles are counted at a time, and so many of each file and split are held in memory, for
# all that is chosen on articles: scale, thresholds, labels in doubt.
TOGETHER, SAMPLE = 2_048, 2_000


class TrainSettings(Settings):
    """Block `train` of params.yaml."""

    taxonomy: Path
    language: str = Field(description="ISO 639-1, of the articles")
    streaming: bool = Field(description="learn from articles on disk, more of them than memory holds")
    embeddings: str = Field(description="folder of a sentence encoder, or none")
    c: float = Field(gt=0, description="inverse strength of regularisation of the linear machines")
    least_articles: int = Field(ge=1, description="words of fewer articles are no features")
    pair_weight: float = Field(ge=0, description="of pairs of words, beside 1 for words")
    embedding_weight: float = Field(ge=0, description="of the embedding, beside 1 for words")
    description_weight: float = Field(ge=0, description="of the likeness to the description, beside 1 for the margin")
    risk: float = Field(gt=0, lt=1, description="share of the answered validation articles that may be wrong")
    refused_share: float = Field(ge=0, lt=1, description="share of validation articles with a topic taken for none")
    seed: int


def fit_topics(
    sources: Sequence[Sequence[LabelledArticle]],
    validation: Sequence[LabelledArticle],
    topics: Sequence[Topic],
    settings: TrainSettings,
) -> TopicModel:
    """Fit on the training articles of all sources, calibrate on each as seen by the others, and choose thresholds.

    What an article must reach for an answer is chosen on the validation articles.
    """
    train = [article for source in sources for article in source]
    classifier = _new_classifier(topics, Counter(article.topic for article in train), settings)
    with _too_little_text(settings):
        classifier.remember_embeddings().fit(_texts(train), _topics(train))
    if len(train) >= LEAST_HELD_OUT:
        classifier.calibrate(_texts(train), _topics(train), _folds(sources))
    return _with_thresholds(classifier, validation, settings)


def fit_topics_streaming(
    sources: Sequence[StoredArticles],
    validation: Sequence[LabelledArticle],
    topics: Sequence[Topic],
    settings: TrainSettings,
    folder: Path,
) -> TopicModel:
    """`fit_topics` for articles that do not fit into memory; `folder` has room for their counts, some 8 KB each.

    All of them teach the classifier. Several sources calibrate it on the first `SAMPLE` of each, as seen by machines
    that learnt from those of the others; one source on the validation articles, as seen by the classifier itself:
    machines of a sample have smaller margins than those of all articles (docs/log.md).
    """
    classifier = _new_classifier(topics, sum((source.topics for source in sources), Counter()), settings)
    batches = in_batches(mixed(sources), TOGETHER)
    with _too_little_text(settings):
        classifier.fit_stream(((_texts(batch), _topics(batch)) for batch in batches), folder)
    classifier.remember_embeddings()
    samples = [source.first(SAMPLE) for source in sources]
    sample = [article for articles in samples for article in articles]
    if sum(map(bool, samples)) > 1 and len(sample) >= LEAST_HELD_OUT:
        classifier.calibrate(_texts(sample), _topics(sample), _folds(samples))
    elif len(validation) >= LEAST_HELD_OUT:
        classifier.calibrate_on_others(_texts(validation), _topics(validation))
    return _with_thresholds(classifier, validation, settings)


def _new_classifier(topics: Sequence[Topic], labels: Counter[str], settings: TrainSettings) -> "TopicClassifier":
    """A classifier as the settings ask; StageError where topics and labels leave it nothing to choose."""
    from pipeline.classifier import TopicClassifier

    if len(topics) < 2:
        raise StageError(f"{settings.taxonomy}: one topic leaves nothing to choose: add another")
    if len(labels.keys() - {NONE}) < 2:
        raise StageError("too few training articles: at least two topics need some: add labelled articles")
    return TopicClassifier(
        {topic.name: topic.said for topic in topics},
        None if settings.embeddings == NONE else settings.embeddings,
        settings.c,
        settings.least_articles,
        settings.pair_weight,
        settings.embedding_weight,
        settings.description_weight,
    )


@contextmanager
def _too_little_text(settings: TrainSettings) -> Iterator[None]:
    """What scikit-learn says of too little text, in terms of the settings."""
    try:
        yield
    except ValueError as error:
        if "vocabulary" not in str(error) and "terms remain" not in str(error) and "max_df" not in str(error):
            raise
        raise StageError(
            f"too little text to learn from: no word or no pair of words stands in {settings.least_articles} articles: "
            "add labelled articles, or lower train.least_articles"
        ) from error


def _with_thresholds(
    classifier: "TopicClassifier", validation: Sequence[LabelledArticle], settings: TrainSettings
) -> TopicModel:
    """A calibrated classifier with what the validation articles say an article must reach for an answer."""
    if len(validation) < LEAST_HELD_OUT:
        return TopicModel(classifier, Thresholds(0.0, float("-inf"), settings.language))
    actual = np.array([article.topic for article in validation])
    probabilities, leads = classifier.decide(_texts(validation))
    of_topic = actual != NONE
    least_lead = float(np.quantile(leads[of_topic], settings.refused_share)) if np.isfinite(leads).all() else -np.inf
    right = classifier.classes_[probabilities.argmax(axis=1)] == actual
    taken = leads >= least_lead
    least = least_probability(probabilities.max(axis=1)[taken], right[taken], settings.risk)
    return TopicModel(classifier, Thresholds(least, round(least_lead, 4), settings.language))


def _texts(articles: Sequence[LabelledArticle]) -> list[str]:
    return [article.article.whole for article in articles]


def _topics(articles: Sequence[LabelledArticle]) -> list[str]:
    return [article.topic for article in articles]


def _folds(sources: Sequence[Sequence[LabelledArticle]]) -> list[int]:
    """A fold for each source; of one source alone, folds by hash of the id."""
    filled = [source for source in sources if source]
    if len(filled) > 1:
        return [number for number, source in enumerate(filled) for _ in source]
    return [fold_of(article.id) for source in filled for article in source]


def least_probability(confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], risk: float) -> float:
    """The lowest probability from which at most the share `risk` of the answers is wrong, in whole percents.

    >>> least_probability(np.array([0.9, 0.8, 0.6, 0.4]), np.array([True, True, False, False]), risk=0.1)
    0.61
    """
    for percent in range(101):
        answered = confidence >= percent / 100
        if not answered.any() or (1 - right[answered].mean()) <= risk:
            return percent / 100
    return 1.0


@click.command()
@click.argument("articles", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the model.")
@click.option("--suspects", "suspects_file", required=True, type=click.Path(path_type=Path), help="Labels in doubt.")
@click.option("--metrics", required=True, type=click.Path(path_type=Path), help="Scores on the validation splits.")
@click.option(
    "--params", default="params.yaml", type=click.Path(path_type=Path), show_default=True, help="Settings: block train."
)
def command(articles: tuple[Path, ...], out: Path, suspects_file: Path, metrics: Path, params: Path) -> None:
    """Train the topic classifier, and choose when it abstains.

    Learns from the training splits of ARTICLES, one file or more as stage clean writes them, and from the taxonomy;
    takes a few minutes, most of them for embeddings (`train.embeddings: none` does without).

    \b
    Example:
      dvc repro train
    """
    settings = read_settings(params, "train", TrainSettings)
    topics = read_topics(settings.taxonomy)
    sources: Sequence[Sequence[LabelledArticle]]
    with new_folder(out) as folder:  # a stream's counts wait in it; what a killed run leaves goes with the next
        if settings.streaming:
            stored = [StoredArticles(path, "train") for path in articles]
            held_out = {path.stem: StoredArticles(path, "validation").first(SAMPLE) for path in articles}
            validation = [article for split in held_out.values() for article in split]
            model = fit_topics_streaming(stored, validation, topics, settings, folder)
            sources = [source.first(SAMPLE) for source in stored]
            counted = sum((source.topics for source in stored), Counter[str]())
        else:
            sources = [read_articles(path, "train") for path in articles]
            held_out = {path.stem: read_articles(path, "validation") for path in articles}
            validation = [article for split in held_out.values() for article in split]
            model = fit_topics(sources, validation, topics, settings)
            counted = Counter(article.topic for source in sources for article in source)
        scores = {
            "data_sha256": {path.stem: sha256_of(path) for path in articles},
            "validation": {name: _scores(model, split, settings.seed) for name, split in held_out.items()},
            "features": int(model.classifier.machine_.coef_.shape[1]),
            "least_probability": model.thresholds.least_probability,
            "least_lead": model.thresholds.least_lead,
        }
        facts = {
            "labels": [str(label) for label in model.classifier.classes_],
            "training_articles": {topic: counted[topic] for topic in sorted({*counted, *model.classifier.classes_})},
            "settings": settings.model_dump(mode="json"),
            "scores": scores,
        }
        save_topics(model, folder, facts)
    train = [article for source in sources for article in source]
    write_jsonl(suspects_file, label_suspects(model.classifier, train))
    write_json(metrics, scores)


def label_suspects(classifier: "TopicClassifier", train: Sequence[LabelledArticle]) -> list[dict[str, object]]:
    """The training articles whose topic may be wrong, the clearest first, with the one they seem to be of.

    Articles labelled "none" are not judged.
    """
    texts, topics = [article.article.whole for article in train], [article.topic for article in train]
    probabilities = classifier.held_out_proba(texts, topics, [fold_of(article.id) for article in train])
    column = {str(topic): at for at, topic in enumerate(classifier.classes_)}
    known = [number for number, topic in enumerate(topics) if topic in column]
    found = suspects(probabilities[known], [column[topics[number]] for number in known])
    return [
        {
            "id": train[known[at]].id,
            "topic": train[known[at]].topic,
            "seems": str(classifier.classes_[best]),
            "probability": round(float(probabilities[known[at], best]), 4),
            "title": train[known[at]].title,
        }
        for at, best in found
    ]


def _scores(model: TopicModel, articles: Sequence[LabelledArticle], seed: int) -> dict[str, object]:
    """Of the articles of a topic: how many are told right, and how many of those that got an answer."""
    of_topic = [article for article in articles if article.topic != NONE]
    decisions = model.decide([article.article for article in of_topic])
    right = [float(decision.best[0] == article.topic) for decision, article in zip(decisions, of_topic, strict=True)]
    answered = [ok for ok, decision in zip(right, decisions, strict=True) if decision.abstained is None]
    return {
        "articles": len(of_topic),
        "accuracy": as_dict(mean_interval(right or [0.0], seed)),
        "answered": len(answered),
        "accuracy_of_answered": as_dict(mean_interval(answered or [0.0], seed)),
    }
