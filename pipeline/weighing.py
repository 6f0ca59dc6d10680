"""Stage `ground`: what each figure of a sentence weighs, learnt from sentences known to be true or false."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic import Field

from pipeline.articles import LabelledArticle, read_articles
from pipeline.corrupting import FOREIGN, corruptions
from pipeline.evidence import Evidence
from pipeline.figures import FIGURES, Weights, figures
from pipeline.files import as_csv, read_jsonl, sha256_of, write_json, write_text
from pipeline.mending import mended
from pipeline.pairs import read_pairs, text_of
from pipeline.params import Settings, read_settings
from pipeline.progress import track
from pipeline.readings import Verdict
from pipeline.records import StageError
from pipeline.scores import as_dict, interval
from pipeline.sentences import split_sentences

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# A word is common if a corpus writes it small this often, and this many times as often as large.
COMMON_TIMES, COMMON_RATIO = 5, 9


class GroundSettings(Settings):
    """Block `ground` of params.yaml."""

    regularisation: float = Field(gt=0, description="L2, in units of the standardised weights")
    foreign_weight: float = Field(
        ge=0, description="of what tells foreign sentences, beside 1 of what tells wrong drafts"
    )
    corrupted_articles: int = Field(ge=2, description="whose summaries are corrupted")
    folds: int = Field(ge=2, description="of the cross-validation, by article")
    seed: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence about an article, and whether the article supports it."""

    id: str
    text: str
    verdict: Verdict
    source: str  # "draft": by the summariser; "written": for this purpose; or the kind of corruption


def read_judged(path: Path, corpus: Path) -> list[Judged]:
    """The sentences of a file of verdicts, put together from their pieces."""
    return [Judged(row["id"], text_of(row, path, corpus), row["verdict"], row["source"]) for row in read_jsonl(path)]


def corrupted(articles: Sequence[LabelledArticle], summaries: dict[str, list[str]], seed: int) -> Iterable[Judged]:
    """The sentences of each article's summaries as true ones, and every false one that can be made of them."""
    if len(articles) < 2:
        raise StageError(
            "to corrupt summaries, those of two training articles are needed: raise ground.corrupted_articles"
        )
    for position, article in enumerate(articles):
        rng = random.Random(f"{seed} {article.id}")  # noqa: S311 - no secret
        other = articles[position - 1].article.whole
        for text in (sentence for summary in summaries[article.id] for sentence in split_sentences(summary)):
            yield Judged(article.id, text, "ok", "summary")
            for kind, false in corruptions(text, article.article.whole, other, rng):
                yield Judged(article.id, false, "grave", kind)


def common_words(articles: Iterable[LabelledArticle]) -> list[str]:
    """The words that the articles write small within their sentences, in order of the alphabet: no names."""
    small: Counter[str] = Counter()
    large: Counter[str] = Counter()
    for article in articles:
        for word in re.findall(r"(?<=[a-z,] )[A-Za-z][a-z]+\b", article.article.text):
            (large if word[0].isupper() else small)[word.lower()] += 1
    return sorted(word for word, n in small.items() if n >= COMMON_TIMES and n >= COMMON_RATIO * large[word])


@dataclass(frozen=True)
class Table:
    """Sentences as figures: a row each."""

    ids: list[str]
    sources: list[str]
    figures: "npt.NDArray[np.float64]"  # (rows, figures)
    supported: "npt.NDArray[np.float64]"  # (rows,), 1 or 0

    def where(self, chosen: Sequence[bool]) -> "Table":
        """The rows that are chosen."""
        import numpy as np

        mask = np.array(chosen, dtype=bool)
        ids, sources = (list(compress(column, chosen)) for column in (self.ids, self.sources))
        return Table(ids, sources, self.figures[mask], self.supported[mask])

    def of(self, *sources: str) -> "Table":
        """The rows of some sources."""
        return self.where([source in sources for source in self.sources])


def laid_out(rows: Sequence[Judged], articles: dict[str, str], common: frozenset[str]) -> Table:
    """The figures of each sentence; rows come article by article."""
    import numpy as np

    evidence: dict[str, Evidence] = {}
    found = []
    for row in track(rows, "weigh sentences"):
        if row.id not in evidence:
            evidence = {row.id: Evidence(articles[row.id], common)}
        found.append(list(figures(evidence[row.id], row.text).values()))
    supported = np.array([float(row.verdict == "ok") for row in rows])
    return Table([row.id for row in rows], [row.source for row in rows], np.array(found), supported)


def weigh(drafts: Table, corrupted_ones: Table, settings: GroundSettings) -> Weights:
    """Weights that tell whether a sentence comes from the article, and whether it was put together rightly.

    The first is learnt from sentences with something foreign in them, the second from drafts that readers judged;
    their logits are added, and scaled so that the score is the share of drafts with that sum which readers found
    right. Learnt from all sentences at once, either task spoils the other (docs/log.md).
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    judged, intercept = fit(drafts, settings.regularisation)
    foreign, foreign_intercept = fit(corrupted_ones, settings.regularisation)
    weights = judged + settings.foreign_weight * foreign
    intercept += settings.foreign_weight * foreign_intercept
    total = (drafts.figures @ weights + intercept)[:, np.newaxis]
    scale = LogisticRegression(C=1e6).fit(total, drafts.supported)
    slope, offset = float(scale.coef_[0, 0]), float(scale.intercept_[0])
    named = {name: round(float(slope * weight), 6) for name, weight in zip(FIGURES, weights, strict=True)}
    return Weights(round(slope * intercept + offset, 6), named, frozenset())


def fit(table: Table, regularisation: float) -> "tuple[npt.NDArray[np.float64], float]":
    """Weights and intercept of a logistic regression, classes balanced, each weight with the sign of its figure.

    Without the signs, figures that say nearly the same take opposite weights, and what holds for one writer's
    sentences fails for another's.
    """
    import numpy as np
    from scipy.optimize import minimize

    mean, spread = table.figures.mean(axis=0), table.figures.std(axis=0) + 1e-9
    standard, side = (table.figures - mean) / spread, 2 * table.supported - 1
    share = table.supported.mean()
    counts = np.where(table.supported == 1, 0.5 / share, 0.5 / (1 - share))

    def loss(point: Any) -> tuple[float, Any]:
        margin = side * (standard @ point[:-1] + point[-1])
        slope = -counts * side / (1 + np.exp(margin))
        value = (counts * np.logaddexp(0, -margin)).sum() + regularisation / 2 * (point[:-1] ** 2).sum()
        return float(value), np.append(standard.T @ slope + regularisation * point[:-1], slope.sum())

    signs = [sign for sign, _ in FIGURES.values()]
    bounds = [(0 if sign > 0 else None, 0 if sign < 0 else None) for sign in signs] + [(None, None)]
    best = minimize(loss, np.zeros(len(signs) + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = best[:-1] / spread
    return weights, float(best[-1] - weights @ mean)


def out_of_fold(judged: Table, corrupted_ones: Table, settings: GroundSettings) -> "tuple[Any, Any]":
    """The scores of judged and of corrupted sentences by weights learnt without any sentence of their articles."""
    import numpy as np

    articles = sorted({*judged.ids, *corrupted_ones.ids})
    fold_of = {article: number % settings.folds for number, article in enumerate(articles)}
    scores = []
    learnt = {}
    for table in (judged, corrupted_ones):
        folds = np.array([fold_of[article] for article in table.ids])
        found = np.zeros(len(folds))
        for fold in range(settings.folds):
            if fold not in learnt:
                rest = [part.where([fold_of[a] != fold for a in part.ids]) for part in (judged, corrupted_ones)]
                learnt[fold] = weigh(rest[0].of("draft"), rest[1].of("summary", *FOREIGN), settings)
            for row in np.flatnonzero(folds == fold):
                found[row] = learnt[fold].score(dict(zip(FIGURES, table.figures[row], strict=True)))
        scores.append(found)
    return scores[0], scores[1]


def shortened(rows: Sequence[Judged], articles: dict[str, str]) -> list[bool]:
    """Which rows are sentences that a draft shortened and mending leaves as they are: they ship as readers saw them.

    Rows come article by article.
    """
    evidence: dict[str, Evidence] = {}
    found = []
    for row in rows:
        if row.id not in evidence:
            evidence = {row.id: Evidence(articles[row.id])}
        number = evidence[row.id].source(row.text)
        original = "" if number is None else evidence[row.id].sentences[number].text
        as_written = bool(original) and mended(row.text, original) == row.text
        found.append(row.source == "draft" and as_written and row.text not in evidence[row.id].text)
    return found


def trade(rows: Sequence[Judged], scores: Any, chosen: Sequence[bool]) -> list[dict[str, float]]:
    """For each score that might be asked for: the share of chosen sentences that reach it, and the wrong of these."""
    import numpy as np

    drafts = np.array(chosen)
    wrong = np.array([row.verdict != "ok" for row in rows])[drafts]
    grave = np.array([row.verdict == "grave" for row in rows])[drafts]
    reached = np.asarray(scores)[drafts]
    points = []
    for least in np.arange(0, 1, 0.02):
        kept = reached >= least
        if kept.any():
            found = {"least_support": least, "kept_share": kept.mean(), "wrong_share": wrong[kept].mean()}
            points.append({**found, "grave_share": grave[kept].mean()})
    return [{name: round(float(value), 4) for name, value in point.items()} for point in points]


def areas(table: Table, reached: Any, seed: int) -> dict[str, Any]:
    """How well scores part true from false sentences, by where these come from, true `summary` sentences with each."""
    import numpy as np

    sources = np.array(table.sources)
    found: dict[str, Any] = {}
    for source in sorted({*table.sources} - {"summary"}):
        chosen = np.flatnonzero((sources == source) | (sources == "summary"))
        right, score = table.supported[chosen], reached[chosen]
        if 0 < right.mean() < 1:
            area = interval(partial(_area, right, score), len(right), seed)
            found[source] = {"sentences": int((sources == source).sum()), "auc": as_dict(area)}
    return found


def _area(right: Any, score: Any, chosen: Any) -> float:
    """The area under the ROC curve of the chosen rows; a draw of one class alone says nothing, one half."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(right[chosen], score[chosen])) if 0 < right[chosen].mean() < 1 else 0.5


@click.command()
@click.argument("articles", type=click.Path(path_type=Path))
@click.argument("summaries", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--judged", required=True, type=click.Path(path_type=Path), help="Sentences with readers' verdicts.")
@click.option("--corpus", required=True, type=click.Path(path_type=Path), help="The articles' files, TOPIC/NAME.txt.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The weights.")
@click.option("--metrics", required=True, type=click.Path(path_type=Path), help="Areas under the ROC curve.")
@click.option("--plots", required=True, type=click.Path(path_type=Path), help="Folder for the plot's data.")
@click.option(
    "--params",
    default="params.yaml",
    type=click.Path(path_type=Path),
    show_default=True,
    help="Settings: block ground.",
)
def command(
    articles: Path,
    summaries: tuple[Path, ...],
    judged: Path,
    corpus: Path,
    out: Path,
    metrics: Path,
    plots: Path,
    params: Path,
) -> None:
    """Weigh what tells true summary sentences from false ones.

    Reads clean ARTICLES and SUMMARIES of them. What it makes is committed, so `dvc repro` leaves it alone; `make
    ground` makes it again, in a few minutes.

    \b
    Example:
      make ground
    """
    settings = read_settings(params, "ground", GroundSettings)
    everything = read_articles(articles)
    train = [article for article in everything if article.split == "train"]
    texts = {article.id: article.article.whole for article in everything}
    common = common_words(train)
    held_out = {article.id for article in everything if article.split == "test"}
    known = (row for row in read_judged(judged, corpus) if row.id in texts and row.id not in held_out)
    rows = sorted(known, key=lambda row: row.id)
    if not any(row.source == "draft" for row in rows):
        raise StageError(f"{judged} has no judged draft of an article outside the test split: nothing to weigh by")
    written: dict[str, list[str]] = defaultdict(list)
    for pair in (pair for path in summaries for pair in read_pairs(path, corpus)):
        written[pair.id].append(pair.summary)
    chosen = [article for article in train if article.id in written][: settings.corrupted_articles]
    false = list(corrupted(chosen, written, settings.seed))
    judged_ones, corrupted_ones = (laid_out(some, texts, frozenset(common)) for some in (rows, false))
    reached, reached_corrupted = out_of_fold(judged_ones, corrupted_ones, settings)
    weights = weigh(judged_ones.of("draft"), corrupted_ones.of("summary", *FOREIGN), settings)
    write_json(out, {"intercept": weights.intercept, "coefficients": weights.coefficients, "common_words": common})
    told = {
        "data_sha256": sha256_of(articles),
        "judged_sha256": sha256_of(judged),
        "judged": areas(judged_ones, reached, settings.seed),
        "corrupted": areas(corrupted_ones, reached_corrupted, settings.seed),
    }
    write_json(metrics, told)
    write_text(plots / "trade.csv", as_csv(trade(rows, reached, shortened(rows, texts))))
