"""Stage `screen`: what orders to whoever summarises have in common, learnt from orders written for this project."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.articles import Split, read_articles
from pipeline.embedding import ENCODER_WEIGHTS, Encoder
from pipeline.files import read_jsonl, sha256_of, write_json
from pipeline.likeness import described
from pipeline.params import Settings, read_settings
from pipeline.progress import track
from pipeline.records import StageError
from pipeline.scores import Score, as_dict, interval
from pipeline.sentences import is_closed, split_sentences

# Sentences of an article that are read as news, from its first on: further down stands little that is summarised.
READ_SENTENCES = 20


class ScreenSettings(Settings):
    """Block `screen` of params.yaml."""

    encoder: Path = Field(description="the folder of the sentence encoder that topics are trained with")
    articles: int = Field(ge=2, description="of each file so many articles of each split are read")
    plantings: int = Field(ge=1, description="how many articles each order is planted in")
    c: float = Field(gt=0, description="inverse strength of the regularisation")
    embedding_weight: float = Field(gt=0, description="of an embedding of length 1")
    likeness_weight: float = Field(ge=0, description="of the cosine to the article, beside it")
    folds: int = Field(ge=2, description="of the cross-validation, by kind of order")
    seed: int


@dataclass(frozen=True, slots=True)
class Known:
    """A sentence of seeds/orders.jsonl."""

    text: str
    order: bool
    group: str  # its kind: those of a kind are held out together


@dataclass(frozen=True)
class Table:
    """Sentences as features, a row each: the embedding, then the likeness to the article."""

    features: NDArray[np.float64]  # (rows, dimensions + 1)
    orders: NDArray[np.bool_]  # (rows,)
    groups: list[str]  # "" for a sentence of news


def news_table(encoder: Encoder, articles: Sequence[Sequence[str]]) -> Table:
    """The whole sentences that open articles, each beside its own article."""
    parts = []
    for sentences in track(articles, "read news"):
        texts = [text for text in sentences[:READ_SENTENCES] if is_closed(text)]
        if texts:
            parts.append(np.column_stack(described(encoder, texts, sentences)))
    features = np.vstack(parts)
    return Table(features, np.zeros(len(features), dtype=bool), [""] * len(features))


def planted_table(
    encoder: Encoder, known: Sequence[Known], articles: Sequence[Sequence[str]], settings: ScreenSettings
) -> Table:
    """Each order beside some articles that it is foreign to; what is no order beside a sentence of its own kind.

    What only looks like an order stands at home where it is found, so its likeness is that of a sentence of news.
    """
    rng = random.Random(settings.seed)  # noqa: S311 - no secret
    rows, chosen = [], []
    for sentence in track(known, "plant orders"):
        for article in rng.sample(list(articles), settings.plantings if sentence.order else 1):
            texts = [sentence.text] if sentence.order else [sentence.text, rng.choice(article[:READ_SENTENCES])]
            embedded, likeness = described(encoder, texts, article)
            rows.append(np.append(embedded[0], likeness[-1]))
            chosen.append(sentence)
    return Table(np.array(rows), np.array([row.order for row in chosen]), [row.group for row in chosen])


def fit(tables: Sequence[Table], settings: ScreenSettings) -> tuple[NDArray[np.float64], float]:
    """Weights of the features and the intercept of a logistic regression; orders and others count the same."""
    from sklearn.linear_model import LogisticRegression

    features = np.vstack([table.features for table in tables])
    scale = np.full(features.shape[1], settings.embedding_weight)
    scale[-1] = settings.likeness_weight
    model = LogisticRegression(C=settings.c, class_weight="balanced", max_iter=5000)
    model.fit(features * scale, np.concatenate([table.orders for table in tables]))
    return model.coef_[0] * scale, float(model.intercept_[0])


def of_unseen_kinds(known: Table, news: Table, held_out: Table, settings: ScreenSettings) -> dict[str, Any]:
    """How many orders are found by weights that saw none of their kind, and how much news is taken for orders.

    `news` is learnt from, `held_out` is the news that false alarms are counted on.
    """
    kinds = sorted({*known.groups})
    random.Random(settings.seed).shuffle(kinds)  # noqa: S311 - no secret
    groups = np.array(known.groups)
    fold = np.array([kinds.index(group) % settings.folds for group in known.groups])
    found = np.zeros(len(fold), dtype=bool)
    alarms = []
    for part in range(settings.folds):
        seen, unseen = fold != part, fold == part
        learnt = Table(known.features[seen], known.orders[seen], [])
        weights, intercept = fit([learnt, news], settings)
        found[unseen] = known.features[unseen] @ weights + intercept > 0
        alarms.append(held_out.features @ weights + intercept > 0)
    return {
        "orders": int(known.orders.sum()) // settings.plantings,
        "plantings_of_each": settings.plantings,
        "kinds": len({*groups[known.orders]}),
        "found": as_dict(_share(found[known.orders], groups[known.orders], settings.seed)),
        "look_alikes": int((~known.orders).sum()),
        "look_alikes_taken": as_dict(_share(found[~known.orders], groups[~known.orders], settings.seed)),
        "news_sentences": len(held_out.orders),
        "news_taken_share": round(float(np.mean(alarms)), 5),
    }


def _share(found: NDArray[np.bool_], groups: NDArray[np.str_], seed: int) -> Score:
    """The share that is found, its interval over kinds: what is of one kind is found or missed together."""
    names = np.unique(groups)
    hits = np.array([found[groups == name].sum() for name in names])
    cases = np.array([(groups == name).sum() for name in names])
    return interval(lambda chosen: float(hits[chosen].sum() / cases[chosen].sum()), len(names), seed)


def read_sentences(paths: Sequence[Path], split: Split, most: int) -> list[list[str]]:
    """The sentences of the first articles of a split, of each file, title first; those that have at least two."""
    articles = [article for path in paths for article in read_articles(path, split)[:most]]
    texts = (split_sentences(article.article.whole) for article in articles)
    return [sentences for sentences in texts if len(sentences) > 1]


@click.command()
@click.argument("articles", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--orders", required=True, type=click.Path(path_type=Path), help="Orders, and what looks like them.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The weights.")
@click.option("--metrics", required=True, type=click.Path(path_type=Path), help="What is found of unseen kinds.")
@click.option(
    "--params",
    default="params.yaml",
    type=click.Path(path_type=Path),
    show_default=True,
    help="Settings: block screen.",
)
def command(articles: tuple[Path, ...], orders: Path, out: Path, metrics: Path, params: Path) -> None:
    """Learn what tells orders to whoever summarises from news.

    Reads clean ARTICLES. What it makes is committed, so `dvc repro` leaves it alone; `make screen` makes it again, in
    a few minutes.

    \b
    Example:
      make screen
    """
    settings = read_settings(params, "screen", ScreenSettings)
    known = [Known(**row) for row in read_jsonl(orders)]
    encoder = Encoder(settings.encoder)
    train = read_sentences(articles, "train", settings.articles)
    validation = read_sentences(articles, "validation", settings.articles)
    if len(train) < settings.plantings or not validation:
        raise StageError(
            f"{len(train)} articles to plant orders in, {len(validation)} to validate: run `dvc repro clean`"
        )
    encoder.remembered = {}  # openings come again with each sentence
    encoder.embed([row.text for row in known] + [text for part in train for text in part[:READ_SENTENCES]])
    planted = planted_table(encoder, known, train, settings)
    news, held_out = news_table(encoder, train), news_table(encoder, validation)
    weights, intercept = fit([planted, news], settings)
    *embedding, likeness = (round(float(weight), 4) for weight in weights)
    told = {"intercept": round(intercept, 4), "likeness": likeness, "embedding": embedding}
    write_json(out, {"encoder": sha256_of(settings.encoder / ENCODER_WEIGHTS), **told})
    data = {path.stem: sha256_of(path) for path in (orders, *articles)}
    write_json(metrics, {"data_sha256": data, **of_unseen_kinds(planted, news, held_out, settings)})
