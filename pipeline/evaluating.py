"""Stage `evaluate`: how good topics and summaries are on the test split, by the road that `predict` takes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from pipeline.articles import LabelledArticle, SummarisedArticle, read_articles, read_summaries
from pipeline.extracting import extract
from pipeline.files import as_csv, sha256_of, write_json, write_jsonl, write_text
from pipeline.grounding import Grounder
from pipeline.params import Settings, read_settings
from pipeline.predicting import load
from pipeline.readings import read_readings, reading_scores
from pipeline.records import Article, Prediction, StageError
from pipeline.scores import (
    ROUGES,
    SYSTEMS,
    Rouge,
    as_dict,
    brier,
    expected_calibration_error,
    interval,
    mean_interval,
    novel_pair_share,
    reliability,
    risk_coverage,
    rouge_signature,
    share_interval,
)
from pipeline.sentences import split_sentences
from pipeline.summary_settings import SummariseSettings, saved_settings
from pipeline.transfer import TransferSettings, own_scores, transfer_scores


class EvaluateSettings(Settings):
    """Block `evaluate` of params.yaml."""

    transfer: tuple[TransferSettings, ...] = ()
    seed: int


@dataclass(frozen=True, slots=True)
class TopicEvaluation:
    """Topic scores, the points of the plots, and a row per article."""

    metrics: dict[str, Any]
    reliability: list[dict[str, float]]
    risk_coverage: list[dict[str, float]]
    rows: list[dict[str, Any]]


def evaluate_topics(
    articles: Sequence[LabelledArticle], predictions: Sequence[Prediction], train: Sequence[str], seed: int
) -> TopicEvaluation:
    """Scores of the best topic, also where the classifier abstains, beside the largest training topic."""
    from sklearn.metrics import f1_score

    if not articles:
        raise StageError("the test split holds no article: raise clean.test_share, or add articles")
    topics = sorted({*predictions[0].probabilities, *(article.topic for article in articles)})
    number = {topic: position for position, topic in enumerate(topics)}
    table = np.array([[prediction.probabilities.get(topic, 0.0) for topic in topics] for prediction in predictions])
    actual = np.array([number[article.topic] for article in articles])
    present = sorted(set(actual.tolist()))
    best = table.argmax(axis=1)
    confidence, right = table.max(axis=1), (best == actual).astype(float)
    answered = np.array([prediction.abstained is None for prediction in predictions])
    majority = number[Counter(sorted(train)).most_common(1)[0][0]]

    def macro_f1(chosen: Any) -> float:
        return float(f1_score(actual[chosen], best[chosen], labels=present, average="macro", zero_division=0))

    def calibration(chosen: Any) -> float:
        return expected_calibration_error(confidence[chosen], right[chosen])

    metrics = {
        "accuracy": as_dict(mean_interval(right.tolist(), seed)),
        "macro_f1": as_dict(interval(macro_f1, len(articles), seed)),
        "majority_accuracy": as_dict(mean_interval((actual == majority).astype(float).tolist(), seed)),
        "expected_calibration_error": as_dict(interval(calibration, len(articles), seed)),
        "brier": as_dict(mean_interval(brier(table, actual).tolist(), seed)),
        "answered_share": as_dict(mean_interval(answered.astype(float).tolist(), seed)),
        "accuracy_of_answered": as_dict(mean_interval(right[answered].tolist() or [0.0], seed)),
        "by_topic": {
            topic: {
                "precision": share_interval(best == at, right, seed),
                "recall": share_interval(actual == at, right, seed),
                "articles": int((actual == at).sum()),
            }
            for topic, at in number.items()
            if at in present
        },
        "articles": len(articles),
    }
    rows = [
        {
            "id": article.id,
            "topic": article.topic,
            "predicted": topics[best[position]],
            "probability": round(float(confidence[position]), 4),
            "abstained": predictions[position].abstained,
            "probabilities": predictions[position].probabilities,
        }
        for position, article in enumerate(articles)
    ]
    return TopicEvaluation(metrics, reliability(confidence, right), risk_coverage(confidence, right), rows)


def evaluate_summaries(
    rows: Sequence[SummarisedArticle], settings: SummariseSettings, seed: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Scores of each of `SYSTEMS` against the references, for whole articles and for bodies, and a row per summary.

    `settings` are those that the summaries were written with: the extractive ones are made as long.
    """
    if not rows:
        raise StageError("no article of the test split has a reference summary: there is no summary to score")
    rouge = Rouge()
    scored = [{"id": row.id, "shown": row.shown, **_score_article(rouge, row, settings)} for row in rows]
    metrics: dict[str, Any] = {"rouge_signature": rouge_signature(), "agreement": agreement(rouge, rows, seed)}
    for shown in ("whole", "body"):
        of = [(row, article) for row, article in zip(rows, scored, strict=True) if row.shown == shown]
        if of:
            metrics[shown] = _summary_scores([row for row, _ in of], [article for _, article in of], seed)
    return metrics, scored


def _summary_scores(rows: Sequence[SummarisedArticle], scored: Sequence[dict[str, Any]], seed: int) -> dict[str, Any]:
    abstractive = [float(row.summary_method == "abstractive") for row in rows]
    found: dict[str, Any] = {
        "articles": len(rows),
        "abstractive_share": as_dict(mean_interval(abstractive, seed)),
        "systems": {
            system: {
                name: as_dict(mean_interval([article[system][name] for article in scored], seed))
                for name in scored[0][system]
                if name != "text"
            }
            for system in SYSTEMS
        },
    }
    for lead in ("lead_1", "lead_2"):
        differences = [article["shipped"]["rouge1"] - article[lead]["rouge1"] for article in scored]
        found[f"rouge1_above_{lead}"] = as_dict(mean_interval(differences, seed))
    return found


def agreement(rouge: Rouge, rows: Sequence[SummarisedArticle], seed: int) -> dict[str, Any]:
    """How much two independent summaries of an article agree: the most that a system can be expected to reach."""
    both = [
        rouge.score(split_sentences(row.reference), split_sentences(row.second_reference))
        for row in rows
        if row.second_reference
    ]
    return {"articles": len(both)} | {
        name: as_dict(mean_interval([found[name] for found in both] or [0.0], seed)) for name in ROUGES
    }


def _score_article(rouge: Rouge, row: SummarisedArticle, settings: SummariseSettings) -> dict[str, dict[str, Any]]:
    sentences = split_sentences(row.text)
    reference = split_sentences(row.reference)
    grounder = Grounder(row.document)
    texts = {
        "shipped": split_sentences(row.summary or ""),
        "draft": split_sentences(row.draft or ""),
        "extractive": split_sentences(
            extract(Article(row.title, row.text), settings.sentences, settings.most_words) or ""
        ),
        "lead_1": sentences[:1],
        "lead_2": sentences[:2],
        "lead_3": sentences[:3],
        "oracle": [rouge.best_sentence(row.reference, sentences)],
    }
    return {system: _score_text(rouge, grounder, row.document, reference, texts[system]) for system in SYSTEMS}


def _score_text(
    rouge: Rouge, grounder: Grounder, document: str, reference: Sequence[str], sentences: Sequence[str]
) -> dict[str, Any]:
    text = " ".join(sentences)
    grounding = grounder.check(text)
    return {
        **rouge.score(reference, sentences),
        "words": len(text.split()),
        "novel_pair_share": novel_pair_share(document, text),
        "grounding": grounding.score,
        "unsupported_share": float(bool(grounding.unsupported)),
        "text": text,
    }


def rouge_rows(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """ROUGE of each system, a row each, for the plot and the tables."""
    return [
        {"bar": f"{name} {system}", "system": system, "measure": name, **scores[name]}
        for name in ROUGES
        for system, scores in metrics["whole"]["systems"].items()
    ]


def grounding_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """How likely each summary of a whole article is supported, as written and as shipped, for the plot."""
    return [
        {"system": system, "id": row["id"], "grounding": row[system]["grounding"]}
        for system in ("draft", "shipped")
        for row in rows
        if row["shown"] == "whole"
    ]


@click.command()
@click.argument("articles", type=click.Path(path_type=Path))
@click.argument("summaries", type=click.Path(path_type=Path))
@click.option("--own", required=True, type=click.Path(path_type=Path), help="Labelled articles of your own, cleaned.")
@click.option("--models", required=True, type=click.Path(path_type=Path))
@click.option("--reading", required=True, type=click.Path(path_type=Path), help="What readers found in summaries.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A row per article, for the report.")
@click.option("--metrics", required=True, type=click.Path(path_type=Path))
@click.option("--plots", required=True, type=click.Path(path_type=Path), help="Folder for the plots' data.")
@click.option("--params", default="params.yaml", type=click.Path(path_type=Path), show_default=True)
def command(
    articles: Path,
    summaries: Path,
    own: Path,
    models: Path,
    reading: Path,
    out: Path,
    metrics: Path,
    plots: Path,
    params: Path,
) -> None:
    """Evaluate topics and summaries on the test split."""
    asked = read_settings(params, "evaluate", EvaluateSettings)
    seed = asked.seed
    test = read_articles(articles, "test")
    predictor = load(models)
    predictions = list(predictor.predict_many((article.article.whole for article in test), summarise=False))
    trained_on = [article.topic for article in read_articles(articles, "train")]
    topics = evaluate_topics(test, predictions, trained_on, seed)
    others = {
        "own": {"data_sha256": sha256_of(own), **own_scores(predictor, read_articles(own, "test"), seed)},
        **{str(transfer.path): transfer_scores(predictor, transfer, seed) for transfer in asked.transfer},
    }
    settings = saved_settings(models / "summariser")
    summarised = read_summaries(summaries)
    written, by_summary = evaluate_summaries(summarised, settings, seed)
    written["reading"] = reading_scores(read_readings(reading), summarised, seed)
    write_json(
        metrics,
        {"data_sha256": sha256_of(articles), "topics": topics.metrics, "transfer": others, "summaries": written},
    )
    confusion = [{"actual": row["topic"], "predicted": row["predicted"]} for row in topics.rows]
    write_text(plots / "confusion.csv", as_csv(confusion))
    write_text(plots / "reliability.csv", as_csv(topics.reliability))
    write_text(plots / "risk_coverage.csv", as_csv(topics.risk_coverage))
    write_text(plots / "rouge.csv", as_csv(rouge_rows(written)))
    write_text(plots / "grounding.csv", as_csv(grounding_rows(by_summary)))
    scores = {(row["id"], row["shown"]): row for row in by_summary}
    write_jsonl(
        out,
        (
            {**row, "summaries": {shown: scores.get((row["id"], shown)) for shown in ("whole", "body")}}
            for row in topics.rows
        ),
    )
