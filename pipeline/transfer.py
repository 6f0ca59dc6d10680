"""What to expect on other news: scores on labelled articles from elsewhere, by the road that `predict` takes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.articles import LabelledArticle
from pipeline.files import sha256_of
from pipeline.predicting import Predictor
from pipeline.progress import track
from pipeline.reading import Page
from pipeline.records import Prediction, StageError
from pipeline.scores import (
    as_dict,
    expected_calibration_error,
    interval,
    mean_interval,
    risk_coverage,
    share_interval,
)
from pipeline.sources import LabelledSource
from pipeline.taxonomy import NONE

# Of the articles this share is answered, the surest first, where the risk of answering is compared.
COVERAGE = 0.8
# So many of the mistakes are shown, the most confident first, each with so much of its text.
MISTAKES, CHARACTERS = 10, 600
# So many of the rows that cannot be used are listed.
LISTED = 10


@dataclass(frozen=True, slots=True)
class TransferEvaluation:
    """Scores on some labelled articles, the points of their risk-coverage curve, and their most confident mistakes."""

    scores: dict[str, Any]
    curve: list[dict[str, Any]]
    mistakes: list[dict[str, Any]]


def evaluate_transfer(
    pages: Sequence[Page], predictions: Sequence[Prediction], counts_as: Mapping[str, str], seed: int
) -> TransferEvaluation:
    """Scores on labelled pages: the best topic counts as right if it counts as the same as the label.

    `counts_as` says what a label or topic in small letters counts as; others count as themselves. What is no article
    for the pipeline counts as wrong, and as not answered.
    """
    labels = [str(page.topic) for page in pages]
    best = [max(p.probabilities, key=lambda topic: p.probabilities[topic], default="") for p in predictions]
    right = np.array(
        [float(counted(b, counts_as) == counted(label, counts_as)) for b, label in zip(best, labels, strict=True)]
    )
    confidence = np.array([prediction.probability for prediction in predictions])
    answered = np.array([prediction.topic is not None for prediction in predictions])
    surest = np.argsort(-confidence, kind="stable")
    chosen = surest[: max(1, round(COVERAGE * len(right)))]
    wrong = Counter((label, b) for label, b, ok in zip(labels, best, right, strict=True) if not ok)

    def calibration(drawn: Any) -> float:
        return expected_calibration_error(confidence[drawn], right[drawn])

    scores = {
        "articles": len(right),
        "accuracy": as_dict(mean_interval(right.tolist(), seed)),
        "recall": {
            label: share_interval(np.array([other == label for other in labels]), right, seed)
            for label in sorted(set(labels))
        },
        "expected_calibration_error": as_dict(interval(calibration, len(right), seed)),
        f"wrong_at_{round(100 * COVERAGE)}_percent_coverage": as_dict(
            mean_interval((1 - right[chosen]).tolist(), seed)
        ),
        "answered_share": as_dict(mean_interval(answered.astype(float).tolist(), seed)),
        "wrong_of_answered": as_dict(mean_interval((1 - right[answered]).tolist() or [0.0], seed)),
        "mistakes": [{"label": label, "best": b, "articles": n} for (label, b), n in wrong.most_common(10)],
    }
    mistakes = [
        {
            "source": pages[at].id or pages[at].source,
            "label": labels[at],
            "best": best[at] or None,
            "probability": predictions[at].probability,
            "abstained": predictions[at].abstained or predictions[at].error,
            "title": predictions[at].article.title,
            "text": (predictions[at].article.text or pages[at].text)[:CHARACTERS],
        }
        for at in surest.tolist()
        if not right[at]
    ][:MISTAKES]
    return TransferEvaluation(scores, risk_coverage(confidence, right), mistakes)


def counted(label: str, counts_as: Mapping[str, str]) -> str:
    """What a label or topic counts as."""
    return counts_as.get(label.casefold(), label)


def evaluate_source(
    predictor: Predictor, source: LabelledSource, names: Mapping[str, str], seed: int
) -> TransferEvaluation:
    """Scores on labelled news from elsewhere; rows that cannot be used are counted, the first listed with the cause."""
    counts_as = source.counts_as(names)
    good, bad = [], []
    for page in source.pages():
        fault = _fault(page, source, counts_as)
        if fault:
            bad.append(f"{page.source}: {fault}")
        else:
            good.append(page)
    if not good:
        raise StageError(f"evaluate.transfer: {'; '.join(bad[:3]) or f'{source.path} holds no row'}")
    found = evaluate_pages(predictor, good, counts_as, seed)
    digest = {"data_sha256": sha256_of(source.path)} if source.path.is_file() else {}
    told = {"bad_rows": len(bad), "first_bad_rows": bad[:LISTED]}
    return TransferEvaluation({**digest, **found.scores, **told}, found.curve, found.mistakes)


def evaluate_own(predictor: Predictor, articles: Sequence[LabelledArticle], seed: int) -> TransferEvaluation:
    """Scores on the held-out articles written for the project."""
    return evaluate_pages(predictor, [_page(article) for article in articles], {}, seed)


def evaluate_pages(
    predictor: Predictor, pages: Sequence[Page], counts_as: Mapping[str, str], seed: int
) -> TransferEvaluation:
    """Scores on pages with a topic; of those labelled "none", if there are any, how many got none."""
    of_topic = [page for page in pages if counted(str(page.topic), counts_as) != NONE]
    of_none = [page for page in pages if counted(str(page.topic), counts_as) == NONE]
    if not of_topic:
        raise StageError("evaluate.transfer: every article is labelled 'none': name some that have a topic")
    found = evaluate_transfer(of_topic, _predicted(predictor, of_topic), counts_as, seed)
    if not of_none:
        return found
    refused = [float(prediction.topic is None) for prediction in _predicted(predictor, of_none)]
    none = {"articles": len(refused), "refused_share": as_dict(mean_interval(refused, seed))}
    return TransferEvaluation({**found.scores, "none": none}, found.curve, found.mistakes)


def _fault(page: Page, source: LabelledSource, counts_as: Mapping[str, str]) -> str | None:
    """Why a row cannot be scored, or None."""
    if page.error:
        return page.error
    if not page.topic:
        return f"no label in a column {' or '.join(source.columns.topic)}"
    if page.topic.casefold() not in counts_as:
        return f"label {page.topic!r} is no topic: say in map what it counts as"
    return None


def _page(article: LabelledArticle) -> Page:
    return Page(article.id, article.article.whole, article.topic, article.id)


def _predicted(predictor: Predictor, pages: Sequence[Page]) -> list[Prediction]:
    answers = predictor.predict_many((page.text for page in pages), summarise=False)
    return list(track(answers, "topics", len(pages)))
