"""What to expect on other news: scores on labelled articles from elsewhere, by the road that `predict` takes."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from pipeline.articles import LabelledArticle
from pipeline.files import sha256_of
from pipeline.params import Settings
from pipeline.predicting import Predictor
from pipeline.reading import Columns, read_pages
from pipeline.records import Prediction, StageError
from pipeline.scores import as_dict, expected_calibration_error, interval, mean_interval, share_interval
from pipeline.taxonomy import NONE


class TransferSettings(Settings):
    """A labelled file of other news: what a user may expect on it."""

    path: Path
    text: str = "text"
    title: str = "title"
    label: str = "label"
    map: dict[str, str] = Field({}, description="what a label of the file, or a topic, counts as; else as itself")


# Of the articles this share is answered, the surest first, where the risk of answering is compared.
COVERAGE = 0.8


def evaluate_transfer(
    labels: Sequence[str], predictions: Sequence[Prediction], counts_as: dict[str, str], seed: int
) -> dict[str, Any]:
    """Scores on other labelled articles: the best topic counts as right if it counts as the same as the label.

    What is no article for the pipeline counts as wrong, and as not answered.
    """
    best = [max(p.probabilities, key=lambda topic: p.probabilities[topic], default="") for p in predictions]
    right = np.array(
        [float(counts_as.get(b, b) == counts_as.get(label, label)) for b, label in zip(best, labels, strict=True)]
    )
    confidence = np.array([prediction.probability for prediction in predictions])
    answered = np.array([prediction.topic is not None for prediction in predictions])
    surest = np.argsort(-confidence, kind="stable")[: max(1, round(COVERAGE * len(right)))]
    wrong = Counter((label, b) for label, b, ok in zip(labels, best, right, strict=True) if not ok)

    def calibration(chosen: Any) -> float:
        return expected_calibration_error(confidence[chosen], right[chosen])

    return {
        "articles": len(right),
        "accuracy": as_dict(mean_interval(right.tolist(), seed)),
        "recall": {
            label: share_interval(np.array([other == label for other in labels]), right, seed)
            for label in sorted(set(labels))
        },
        "expected_calibration_error": as_dict(interval(calibration, len(right), seed)),
        f"wrong_at_{round(100 * COVERAGE)}_percent_coverage": as_dict(
            mean_interval((1 - right[surest]).tolist(), seed)
        ),
        "answered_share": as_dict(mean_interval(answered.astype(float).tolist(), seed)),
        "wrong_of_answered": as_dict(mean_interval((1 - right[answered]).tolist() or [0.0], seed)),
        "mistakes": [{"label": label, "best": b, "articles": n} for (label, b), n in wrong.most_common(10)],
    }


def transfer_scores(predictor: Predictor, transfer: TransferSettings, seed: int) -> dict[str, Any]:
    """Scores on a labelled file; rows without text or label are listed with what is wrong with them."""
    columns = Columns(transfer.text, transfer.title, (transfer.label,))
    if not transfer.path.is_file():
        raise StageError(f"evaluate.transfer: {transfer.path} is no file: name a .jsonl, .csv or .parquet")
    pages = list(read_pages(str(transfer.path), columns))
    good = [page for page in pages if page.error is None and page.topic is not None]
    bad = [
        f"{page.source}: {page.error or f'no label in column {transfer.label!r}'}"
        for page in pages
        if page.error or page.topic is None
    ]
    if not good:
        raise StageError(f"evaluate.transfer: {'; '.join(bad[:3]) or f'{transfer.path} holds no row'}")
    predictions = list(predictor.predict_many((page.text for page in good), summarise=False))
    scores = evaluate_transfer([str(page.topic) for page in good], predictions, transfer.map, seed)
    return {"data_sha256": sha256_of(transfer.path), **scores, "bad_rows": bad}


def own_scores(predictor: Predictor, articles: Sequence[LabelledArticle], seed: int) -> dict[str, Any]:
    """Scores on the held-out articles written for the project; of those without a topic, how many got none."""
    of_topic = [article for article in articles if article.topic != NONE]
    of_none = [article for article in articles if article.topic == NONE]

    def predicted(chosen: Sequence[LabelledArticle]) -> list[Prediction]:
        return list(predictor.predict_many((article.article.whole for article in chosen), summarise=False))

    refused = [float(prediction.topic is None) for prediction in predicted(of_none)]
    scores = evaluate_transfer([article.topic for article in of_topic], predicted(of_topic), {}, seed)
    return {
        **scores,
        "none": {"articles": len(refused), "refused_share": as_dict(mean_interval(refused or [0.0], seed))},
    }
