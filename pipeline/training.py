"""Stage `train`: the topic classifier from the training split."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import Field

from pipeline.articles import LabelledArticle, read_articles
from pipeline.files import new_folder, sha256_of, write_json
from pipeline.params import Settings, read_settings
from pipeline.records import StageError
from pipeline.scores import as_dict, mean_interval
from pipeline.topics import TopicModel, save_topics

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


class TrainSettings(Settings):
    """Block `train` of params.yaml."""

    language: str = Field(description="ISO 639-1, of the articles")
    c: float = Field(gt=0, description="inverse regularisation strength of the linear SVM")
    ngrams: int = Field(ge=1, le=3, description="longest run of words that is a feature")
    least_articles: int = Field(ge=1, description="words of fewer articles are no features")
    folds: int = Field(ge=2, description="cross-validation folds for the calibration")
    answered_share: float = Field(gt=0, le=1, description="of the validation split, given a topic, 0-1")
    seed: int


def make_pipeline(settings: TrainSettings) -> "Pipeline":
    """TF-IDF of word runs, linear SVM, temperature scaling on cross-validated scores (Guo et al. 2017)."""
    import numpy as np
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import Pipeline
    from sklearn.svm import LinearSVC

    features = TfidfVectorizer(
        ngram_range=(1, settings.ngrams),
        min_df=settings.least_articles,
        sublinear_tf=True,
        strip_accents="unicode",
        dtype=np.float32,
    )
    svm = LinearSVC(C=settings.c, random_state=settings.seed)
    calibrated = CalibratedClassifierCV(svm, method="temperature", cv=settings.folds, ensemble=False)
    return Pipeline([("features", features), ("classifier", calibrated)])


def fit_topics(
    train: Sequence[LabelledArticle], validation: Sequence[LabelledArticle], settings: TrainSettings
) -> TopicModel:
    """Fit on one split; on the other choose the claim that the wanted share of articles reaches."""
    import numpy as np

    few = [topic for topic, n in Counter(article.topic for article in train).items() if n < settings.folds]
    if few or len({article.topic for article in train}) < 2:
        raise StageError(
            f"too few training articles: {', '.join(few) or 'only one topic'} "
            f"(two topics with at least {settings.folds} articles each are needed): add articles, or lower train.folds"
        )
    pipeline = make_pipeline(settings)
    pipeline.fit([article.article.whole for article in train], [article.topic for article in train])
    model = TopicModel(pipeline, least_claim=float("-inf"), language=settings.language)
    held_out = validation or train
    claims = model.claims([article.article.whole for article in held_out])
    model.least_claim = round(float(np.quantile(claims, 1 - settings.answered_share)), 4)
    return model


@click.command()
@click.argument("articles", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the model.")
@click.option("--metrics", required=True, type=click.Path(path_type=Path), help="Scores on the validation split.")
@click.option("--params", default="params.yaml", type=click.Path(path_type=Path), show_default=True)
def command(articles: Path, out: Path, metrics: Path, params: Path) -> None:
    """Train the topic classifier."""
    settings = read_settings(params, "train", TrainSettings)
    train, validation = read_articles(articles, "train"), read_articles(articles, "validation")
    model = fit_topics(train, validation, settings)
    decisions = model.decide([article.article for article in validation])
    right = [float(decision.best[0] == article.topic) for decision, article in zip(decisions, validation, strict=True)]
    answered = [ok for ok, decision in zip(right, decisions, strict=True) if decision.abstained is None]
    scores = {
        "data_sha256": sha256_of(articles),
        "validation_articles": len(validation),
        "validation_accuracy": as_dict(mean_interval(right or [0.0], settings.seed)),
        "validation_accuracy_of_answered": as_dict(mean_interval(answered or [0.0], settings.seed)),
        "features": len(model.pipeline[0].vocabulary_),
    }
    facts = {
        "labels": [str(label) for label in model.pipeline.classes_],
        "training_articles": dict(sorted(Counter(article.topic for article in train).items())),
        "settings": settings.model_dump(),
        "scores": scores,
    }
    with new_folder(out) as folder:
        save_topics(model, folder, facts)
    write_json(metrics, scores)
