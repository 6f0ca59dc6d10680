"""Stage `evaluate`: how good topics and summaries are on the test split, by the road that `predict` takes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from pydantic import Field, field_validator

from pipeline.articles import LabelledArticle, SummarisedArticle, read_articles, read_summaries
from pipeline.extracting import extract
from pipeline.files import as_csv, sha256_of, write_json, write_jsonl, write_text
from pipeline.grounding import Grounder
from pipeline.headline import headline
from pipeline.params import Settings, read_settings
from pipeline.predicting import Predictor, load
from pipeline.progress import track
from pipeline.readings import reading_scores, readings_of
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
from pipeline.sources import LabelledSource
from pipeline.summary_settings import SummariseSettings, saved_settings
from pipeline.taxonomy import NONE, names_by_label, read_topics
from pipeline.transfer import evaluate_own, evaluate_source

ROUGE_COLUMNS = ("bar", "system", "measure", "value", "low", "high")
# What an article counts as predicted that is none for `predict`.
NO_ARTICLE_LABEL = "no article"
# What the sets are called that topics are scored on, beside those of `evaluate.transfer`.
OWN, TEST_SPLIT = "own", "test split"
GROUNDING_COLUMNS = ("system", "id", "grounding")


class EvaluateSettings(Settings):
    """Block `evaluate` of params.yaml."""

    taxonomy: Path
    transfer: tuple[LabelledSource, ...] = Field(
        (), description="other labelled news; map: what a label or topic counts as"
    )
    seed: int

    @field_validator("transfer")
    @classmethod
    def _named_once(cls, sources: tuple[LabelledSource, ...]) -> tuple[LabelledSource, ...]:
        names = [str(source.path) for source in sources]
        twice = sorted({name for name in names if names.count(name) > 1 or name in (OWN, TEST_SPLIT)})
        if twice:
            raise ValueError(f"{twice[0]} is named twice, or has the name of another set: give it another path")
        return sources


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
    offered = {topic for prediction in predictions for topic in prediction.probabilities}
    topics = sorted({*offered, *train, *(article.topic for article in articles)})
    number = {topic: position for position, topic in enumerate(topics)}
    table = np.array([[prediction.probabilities.get(topic, 0.0) for topic in topics] for prediction in predictions])
    actual = np.array([number[article.topic] for article in articles])
    present = sorted(set(actual.tolist()))
    best = table.argmax(axis=1)
    read = np.array([bool(prediction.probabilities) for prediction in predictions])  # else it is no article: wrong
    confidence, right = table.max(axis=1), ((best == actual) & read).astype(float)
    answered = np.array([prediction.topic is not None for prediction in predictions])
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
            "predicted": topics[best[position]] if read[position] else NO_ARTICLE_LABEL,
            "probability": round(float(confidence[position]), 4),
            "abstained": predictions[position].abstained or predictions[position].error,
            "probabilities": predictions[position].probabilities,
            "evidence": asdict(evidence) if evidence else None,
        }
        for position, article in enumerate(articles)
        for evidence in [predictions[position].evidence]
    ]
    return TopicEvaluation(metrics, reliability(confidence, right), risk_coverage(confidence, right), rows)


def evaluate_summaries(
    rows: Sequence[SummarisedArticle], settings: SummariseSettings, seed: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Scores of each of `SYSTEMS` against the references, for whole articles and for bodies, and a row per summary.

    Either may be missing: a corpus without reference summaries has bodies alone, one without ledes neither. `settings`
    are those that the summaries were written with: the extractive ones are made as long.
    """
    rouge = Rouge()
    scored = [
        {"id": row.id, "shown": row.shown, **_score_article(rouge, row, settings)}
        for row in track(rows, "score summaries")
    ]
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
    """ROUGE of each system, a row each, for the plot and the tables; of bodies where no article is scored whole."""
    scored = metrics.get("whole") or metrics.get("body") or {"systems": {}}
    return [
        {"bar": f"{name} {system}", "system": system, "measure": name, **scores[name]}
        for name in ROUGES
        for system, scores in scored["systems"].items()
    ]


def grounding_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """How likely each summary is supported, as written and as shipped, for the plot: those that `rouge_rows` has."""
    shown = "whole" if any(row["shown"] == "whole" for row in rows) else "body"
    return [
        {"system": system, "id": row["id"], "grounding": row[system]["grounding"]}
        for system in ("draft", "shipped")
        for row in rows
        if row["shown"] == shown
    ]


def predicted(predictor: Predictor, test: Sequence[LabelledArticle]) -> list[Prediction]:
    """A prediction for each article; where it is not the editors' topic, with its evidence, which takes a while."""
    pages = (article.article.whole for article in test)
    found = track(predictor.predict_many(pages, summarise=False), "topics", len(test))
    return [
        prediction
        if prediction.error or prediction.topic == article.topic
        else predictor.predict(article.article.whole, summarise=False, explain=True)
        for article, prediction in zip(test, found, strict=True)
    ]


@click.command()
@click.argument("articles", type=click.Path(path_type=Path))
@click.argument("summaries", type=click.Path(path_type=Path))
@click.option("--own", required=True, type=click.Path(path_type=Path), help="Labelled articles of your own, cleaned.")
@click.option("--models", required=True, type=click.Path(path_type=Path), help="Folder of the saved models.")
@click.option("--reading", required=True, type=click.Path(path_type=Path), help="What readers found in summaries.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A row per article, for the report.")
@click.option("--mistakes", required=True, type=click.Path(path_type=Path), help="On other news, for the report.")
@click.option("--metrics", required=True, type=click.Path(path_type=Path), help="All scores.")
@click.option("--scores", "watched", required=True, type=click.Path(path_type=Path), help="Of these the few to watch.")
@click.option("--plots", required=True, type=click.Path(path_type=Path), help="Folder for the plots' data.")
@click.option(
    "--params",
    default="params.yaml",
    type=click.Path(path_type=Path),
    show_default=True,
    help="Settings: block evaluate.",
)
def command(
    articles: Path,
    summaries: Path,
    own: Path,
    models: Path,
    reading: Path,
    out: Path,
    mistakes: Path,
    metrics: Path,
    watched: Path,
    plots: Path,
    params: Path,
) -> None:
    """Score topics and summaries on the test split, with intervals.

    Reads clean ARTICLES and SUMMARIES as stage summarise writes them; `evaluate.transfer` names other labelled news.

    \b
    Examples:
      dvc repro evaluate
      dvc metrics diff
    """
    asked = read_settings(params, "evaluate", EvaluateSettings)
    seed = asked.seed
    test = [article for article in read_articles(articles, "test") if article.topic != NONE]
    predictor = load(models)
    predictions = predicted(predictor, test)
    trained_on = [article.topic for article in read_articles(articles, "train")]
    topics = evaluate_topics(test, predictions, trained_on, seed)
    names = names_by_label(read_topics(asked.taxonomy))
    others = {
        OWN: evaluate_own(predictor, read_articles(own, "test"), seed),
        **{str(transfer.path): evaluate_source(predictor, transfer, names, seed) for transfer in asked.transfer},
    }
    transfer_scores = {name: other.scores for name, other in others.items()}
    transfer_scores[OWN] |= {"data_sha256": sha256_of(own)}
    settings = saved_settings(models / "summariser")
    summarised = read_summaries(summaries)
    written, by_summary = evaluate_summaries(summarised, settings, seed)
    written["reading"] = reading_scores(readings_of(summarised, reading), summarised, seed)
    measured = {
        "data_sha256": sha256_of(articles),
        "topics": topics.metrics,
        "transfer": transfer_scores,
        "summaries": written,
    }
    write_json(metrics, measured)
    write_json(watched, headline(measured))
    confusion = [{"actual": row["topic"], "predicted": row["predicted"]} for row in topics.rows]
    write_text(plots / "confusion.csv", as_csv(confusion))
    write_text(plots / "reliability.csv", as_csv(topics.reliability))
    write_text(plots / "risk_coverage.csv", as_csv(topics.risk_coverage))
    curves = {TEST_SPLIT: topics.risk_coverage} | {name: other.curve for name, other in others.items()}
    points = [{"articles": name, **point} for name, curve in curves.items() for point in curve]
    write_text(plots / "transfer.csv", as_csv(points))
    write_jsonl(mistakes, ({"articles": name, **row} for name, other in others.items() for row in other.mistakes))
    write_text(plots / "rouge.csv", as_csv(rouge_rows(written), ROUGE_COLUMNS))
    write_text(plots / "grounding.csv", as_csv(grounding_rows(by_summary), GROUNDING_COLUMNS))
    scores = {(row["id"], row["shown"]): row for row in by_summary}
    write_jsonl(
        out,
        (
            {**row, "summaries": {shown: scores.get((row["id"], shown)) for shown in ("whole", "body")}}
            for row in topics.rows
        ),
    )
