"""Stage `clean`: a labelled corpus to clean articles without duplicates, each in its split."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

import click
import numpy as np
import numpy.typing as npt
from pydantic import Field

from pipeline.articles import LabelledArticle, Split
from pipeline.cleaning import clean, explanation
from pipeline.files import sha256_of, write_json, write_jsonl
from pipeline.page import page_lines
from pipeline.params import Settings, read_settings
from pipeline.progress import track
from pipeline.reading import TABLE_SUFFIXES, Page, read_page, read_pages
from pipeline.records import Article, ArticleError, StageError
from pipeline.sources import CorpusSettings, Layout
from pipeline.taxonomy import names_by_label, read_topics

# MinHash: 128 permutations estimate a similarity within about 0.09 (1 / sqrt(128)); each pair that it proposes
# is then measured exactly.
PERMUTATIONS = 128
# Two articles are compared by their runs of this many words.
SHINGLE_WORDS = 5
# So many of the rows that a user should mend are shown.
SHOWN = 10


class CleanSettings(Settings):
    """Block `clean` of params.yaml."""

    taxonomy: Path
    validation_share: float = Field(gt=0, lt=1)
    test_share: float = Field(gt=0, lt=1)
    near_duplicate_similarity: float = Field(gt=0, le=1, description="Jaccard, 0-1, from which two are one")
    least_words: int = Field(ge=1, description="articles with fewer words are dropped")
    own_least_words: int = Field(ge=1, description="likewise, of one's own labelled articles")


@dataclass(frozen=True, slots=True)
class Rejected:
    """An article of the corpus that was left out, and why."""

    id: str
    source: str  # the file, or file:line
    reason: str  # "unreadable", "unknown topic", "too short", "id used twice", "exact duplicate", "near duplicate"
    detail: str
    of: str | None = None  # the article that stays, of a duplicate
    similarity: float | None = None  # Jaccard, of runs of words, of a duplicate to the article that stays
    split: Split | None = None  # where a split that leaves duplicates in would have put this one
    split_of_other: Split | None = None


@dataclass(frozen=True, slots=True)
class Corpus:
    """What came of cleaning a labelled corpus."""

    articles: list[LabelledArticle]
    rejected: list[Rejected]
    dropped_lines: list[dict[str, object]]
    languages: Counter[str]


def split_of(article_id: str, validation_share: float, test_share: float) -> Split:
    """The split of an article, from the hash of its id alone, so that adding articles moves none.

    >>> split_of("business/001", 0.15, 0.15)
    'train'
    """
    position = int.from_bytes(hashlib.sha256(article_id.encode()).digest()[:8], "big") / 2**64
    if position < test_share:
        return "test"
    return "validation" if position < test_share + validation_share else "train"


def make_corpus(
    pages: Iterable[tuple[str, Page]], names: dict[str, str], settings: CleanSettings, layout: Layout
) -> Corpus:
    """Clean (id, page) pairs, leave out what is no article or stands twice, and assign the splits.

    `names` gives the topic for each label in small letters. Duplicates go before the split, so that no article is in
    two splits; of equals the smallest id stays.
    """
    cleaned: dict[str, LabelledArticle] = {}
    texts: dict[str, str] = {}
    sources: dict[str, str] = {}
    rejected: list[Rejected] = []
    lines: dict[str, list[dict[str, object]]] = {}
    languages: dict[str, str] = {}
    for article_id, page in track(sorted(pages, key=lambda pair: pair[0]), "clean"):
        topic = names.get((page.topic or "").casefold())
        article = clean_in_layout(page.text, layout)
        if texts.setdefault(article_id, page.text) != page.text:
            rejected.append(
                Rejected(article_id, page.source, "id used twice", f"another article has {article_id!r} too")
            )
        elif article_id in cleaned:
            rejected.append(Rejected(article_id, page.source, "exact duplicate", "it stands there twice", article_id))
        elif page.error:
            rejected.append(Rejected(article_id, page.source, "unreadable", page.error))
        elif topic is None:
            known = ", ".join(sorted(set(names.values())))
            label = (
                f"topic is {page.topic!r}" if page.topic else "it has no label, in the column that corpus.label names"
            )
            detail = f"{label}; known topics: {known}. Add it to the taxonomy, or say in corpus.map what it counts as"
            rejected.append(Rejected(article_id, page.source, "unknown topic", detail))
        elif len(article.text.split()) < settings.least_words:
            detail = f"{len(article.text.split())} words, fewer than {settings.least_words}"
            rejected.append(Rejected(article_id, page.source, "too short", detail))
        else:
            split = split_of(article_id, settings.validation_share, settings.test_share)
            cleaned[article_id] = LabelledArticle(article_id, topic, split, article.title, article.paragraphs)
            lines[article_id] = [{"id": article_id, **line} for line in placed(page.text, article)]
            languages[article_id] = article.language or "too little text to tell"
            sources[article_id] = page.source
    duplicates = [
        replace(duplicate, source=sources[duplicate.id])
        for duplicate in find_duplicates(list(cleaned.values()), settings.near_duplicate_similarity)
    ]
    for duplicate in duplicates:
        del cleaned[duplicate.id]
    kept_lines = [line for article_id in cleaned for line in lines[article_id]]
    return Corpus(
        list(cleaned.values()),
        sorted(rejected + duplicates, key=lambda found: found.id),
        kept_lines,
        Counter(languages[article_id] for article_id in cleaned),
    )


def placed(page: str, article: Article) -> Iterator[dict[str, object]]:
    """The lines dropped from a page, each with how many paragraphs of its article stand before it.

    >>> page = '''Menu
    ... Harbour ferries will cost more from May, the council has said.
    ... Read More »
    ... Passengers said that it had promised in March to raise no fares this year.'''
    >>> [(line["text"], line["paragraphs_before"]) for line in placed(page, clean(page))]
    [('Menu', 0), ('Read More »', 1)]
    """
    dropped = {line.line: line for line in article.dropped}
    paragraphs, before = article.paragraphs, 0
    for number, line in enumerate(page_lines(page), start=1):
        if number in dropped:
            yield {**asdict(dropped[number]), "paragraphs_before": before}
        elif before < len(paragraphs) and line == paragraphs[before]:
            before += 1


def clean_in_layout(text: str, layout: Layout) -> Article:
    """A clean article; in layout "article" the first two paragraphs are title and lede, whatever they look like.

    >>> page = "Team news\\n\\nTen changes\\n\\nThe coach has made ten changes, he said on Friday."
    >>> clean_in_layout(page, "article").text
    'Ten changes\\n\\nThe coach has made ten changes, he said on Friday.'
    """
    article = clean(text)
    lines = [line for line in page_lines(text) if line]
    if layout == "page" or len(lines) < 2:
        return article
    title, lede = lines[:2]
    rest = [line for line in [article.title, *article.paragraphs] if line and line not in (title, lede)]
    dropped = tuple(line for line in article.dropped if line.text not in (title, lede))
    return replace(article, title=title, text="\n\n".join([lede, *rest]), dropped=dropped)


def find_duplicates(articles: Sequence[LabelledArticle], similarity: float) -> list[Rejected]:
    """The articles that stand in the corpus already, word for word or nearly (MinHash, then exact Jaccard)."""
    from datasketch import MinHash, MinHashLSH

    found: list[Rejected] = []
    exact: dict[str, LabelledArticle] = {}
    index = MinHashLSH(threshold=max(0.05, similarity - 0.1), num_perm=PERMUTATIONS)
    seen: dict[str, tuple[LabelledArticle, npt.NDArray[np.uint64]]] = {}
    for article in track(articles, "look for duplicates"):
        same = exact.setdefault(article.article.whole, article)
        if same is not article:
            found.append(_duplicate(article, "exact duplicate", same, 1.0))
            continue
        runs = sorted(_word_runs(article.article.whole))
        sketch = MinHash(num_perm=PERMUTATIONS, seed=1)
        sketch.update_batch(run.encode() for run in runs)
        hashes = _hashes(runs)
        near = [(_jaccard(hashes, seen[other][1]), other) for other in index.query(sketch)]
        closest, other = max(near, default=(0.0, ""))
        if closest >= similarity:
            found.append(_duplicate(article, "near duplicate", seen[other][0], closest))
            continue
        index.insert(article.id, sketch)
        seen[article.id] = article, hashes
    return found


def _hashes(runs: Sequence[str]) -> npt.NDArray[np.uint64]:
    """A number for each run, 8 bytes in place of the hundred or so that the text takes."""
    return np.frombuffer(b"".join(hashlib.blake2b(run.encode(), digest_size=8).digest() for run in runs), np.uint64)


def _jaccard(some: npt.NDArray[np.uint64], others: npt.NDArray[np.uint64]) -> float:
    """The share that two sets have in common of all that is in either, 0-1."""
    common = len(np.intersect1d(some, others, assume_unique=True))
    return common / (len(some) + len(others) - common)


def _word_runs(text: str) -> frozenset[str]:
    """Every run of `SHINGLE_WORDS` words, or the whole of a shorter text."""
    words = re.findall(r"\w+", text.lower())
    return frozenset(" ".join(words[i : i + SHINGLE_WORDS]) for i in range(max(1, len(words) - SHINGLE_WORDS + 1)))


def _duplicate(article: LabelledArticle, kind: str, other: LabelledArticle, similarity: float) -> Rejected:
    detail = f"of {other.id} (similarity {similarity:.2f})"
    return Rejected(article.id, "", kind, detail, other.id, round(similarity, 3), article.split, other.split)


def article_id(page: Page, root: Path) -> str:
    """What an article is called in every later file: its own id, its path in the corpus, or its content's hash.

    >>> article_id(Page("corpus/sport/001.txt"), Path("corpus"))
    'sport/001'
    """
    if page.id:
        return page.id
    path = Path(page.source)
    if path.is_relative_to(root) and path != root and path.suffix not in TABLE_SUFFIXES:
        relative = path.relative_to(root)
        if ":" not in relative.name:
            return relative.with_suffix("").as_posix()
    return hashlib.sha256(page.text.encode("utf-8", "replace")).hexdigest()[:16]


def counts(corpus: Corpus, read: int) -> dict[str, object]:
    """The stage's metrics: how many articles and lines went, and why; how many of each topic are in each split."""
    reasons = Counter(rejected.reason for rejected in corpus.rejected)
    duplicates = [rejected for rejected in corpus.rejected if rejected.split_of_other]
    splits = Counter((article.split, article.topic) for article in corpus.articles)
    topics = sorted({article.topic for article in corpus.articles})
    return {
        "articles_read": read,
        "articles_kept": len(corpus.articles),
        "articles_dropped": dict(sorted(reasons.items())),
        "near_duplicates": [
            {"id": found.id, "of": found.of, "similarity": found.similarity}
            for found in corpus.rejected
            if found.reason == "near duplicate"
        ],
        "duplicates_that_would_stand_in_two_splits": sum(r.split != r.split_of_other for r in duplicates),
        "lines_dropped": dict(sorted(Counter(str(line["reason"]) for line in corpus.dropped_lines).items())),
        "languages": dict(sorted(corpus.languages.items())),
        "words": _spread([len(article.article.whole.split()) for article in corpus.articles]),
        "splits": {
            split: {topic: splits[split, topic] for topic in topics} for split in ("train", "validation", "test")
        },
    }


def _spread(values: Sequence[int]) -> dict[str, float]:
    return {"least": min(values), "median": median(values), "most": max(values)} if values else {}


def clean_corpus(path: Path, own: Sequence[Path], into: Path, metrics: Path, params: Path) -> list[Rejected]:
    """Read the labelled corpus at `path`; write articles.jsonl, rejected.jsonl, lines.jsonl and the counts.

    What its columns and labels are called is said in block `corpus` of the params. Labelled articles of one's `own` are
    cleaned alike and written to own.jsonl. Returns what was left out of both, as rejected.jsonl has it.
    """
    settings = read_settings(params, "clean", CleanSettings)
    source = read_settings(params, "corpus", CorpusSettings).model_copy(update={"path": path})
    names = names_by_label(read_topics(settings.taxonomy))
    pages = [(article_id(page, path), page) for page in source.pages()]
    corpus = make_corpus(pages, source.counts_as(names), settings, source.layout)
    if not corpus.articles:
        first = f"; the first: {corpus.rejected[0].source}: {corpus.rejected[0].detail}" if corpus.rejected else ""
        raise StageError(
            f"{path}: no article left of {len(pages)} read{first}. Check blocks corpus and clean of {params}"
        )
    own_pages = [(article_id(page, own_path), page) for own_path in own for page in read_pages(str(own_path))]
    lenient = settings.model_copy(update={"least_words": settings.own_least_words})
    written = make_corpus(own_pages, names, lenient, "article")
    write_jsonl(into / "articles.jsonl", (asdict(article) for article in corpus.articles))
    write_jsonl(into / "own.jsonl", (asdict(article) for article in written.articles))
    rejected = corpus.rejected + written.rejected
    write_jsonl(into / "rejected.jsonl", map(asdict, rejected))
    write_jsonl(into / "lines.jsonl", corpus.dropped_lines)
    found = {"about": source.about, **counts(corpus, len(pages)), "data_sha256": sha256_of(into / "articles.jsonl")}
    write_json(
        metrics,
        {**found, "own": {**counts(written, len(own_pages)), "data_sha256": sha256_of(into / "own.jsonl")}},
    )
    return rejected


def left_out(rejected: Sequence[Rejected], least_words: int) -> list[str]:
    """What a user should know of the rejected: the first rows to mend, by file and line, and how many went and why."""
    bad = [row for row in rejected if row.reason in ("unreadable", "unknown topic", "id used twice")]
    lines = [f"{row.source}: {row.reason}: {row.detail}" for row in sorted(bad, key=_place)[:SHOWN]]
    if len(bad) > SHOWN:
        lines.append(f"and {len(bad) - SHOWN} more rows to mend")
    counted = Counter(row.reason for row in rejected)
    reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(counted.items()))
    return [*lines, f"{len(rejected)} left out: {reasons} (clean.least_words is {least_words})"] if rejected else []


def _place(row: Rejected) -> tuple[str, int]:
    """File and line of a row; a file alone has none."""
    path, _, line = row.source.rpartition(":")
    return (path, int(line)) if line.isdigit() else (row.source, 0)


@click.command()
@click.argument("path", default="-")
@click.option("--explain", is_flag=True, help="Print every line with 'kept', or the reason it was dropped.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    help="Clean a labelled corpus (PATH: a folder TOPIC/NAME.txt, or a table) into this folder.",
)
@click.option(
    "--own",
    multiple=True,
    type=click.Path(path_type=Path),
    help="With --into: labelled articles of your own (a folder or a table), beside the corpus.",
)
@click.option(
    "--params",
    "params_file",
    default="params.yaml",
    help="Settings for --into: blocks clean and corpus.",
    show_default=True,
)
@click.option("--metrics", type=click.Path(path_type=Path), help="With --into: where the counts go.")
def command(
    path: str, explain: bool, into: Path | None, own: tuple[Path, ...], params_file: str, metrics: Path | None
) -> None:
    """Print the article in one page, or clean a whole labelled corpus (a stage).

    PATH is one page (.txt .html .md), or - for stdin (the default); with --into, labelled news as block corpus of the
    params describes it.

    \b
    Examples:
      python -m pipeline clean page.html > article.txt
      python -m pipeline clean page.html --explain
      cat page.html | python -m pipeline clean
      python -m pipeline clean my-news.csv --into data/clean
    """
    if into is not None:
        rejected = clean_corpus(Path(path), own, into, metrics or into / "metrics.json", Path(params_file))
        for line in left_out(rejected, read_settings(Path(params_file), "clean", CleanSettings).least_words):
            click.echo(line, err=True)
        if rejected:
            click.echo(f"each with its reason: {into / 'rejected.jsonl'}", err=True)
        return
    text = read_page(path).text
    article = clean(text)
    if not article.text and not explain:
        raise ArticleError(f"{path}: no article is left; `--explain` says why each line went")
    click.echo(explanation(text) if explain else article.whole)
