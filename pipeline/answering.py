"""The command line of `predict`: answers on stdout, or as shards in a folder."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any, Literal

import click

from pipeline.answers import Answerer, Asked, page_batches
from pipeline.files import naming
from pipeline.manifest import Manifest, ShardError
from pipeline.predicting import answer_row
from pipeline.progress import is_watched, track
from pipeline.reading import Page, count_pages, read_pages
from pipeline.records import Prediction
from pipeline.shard_formats import FORMATS
from pipeline.sharding import SHARD_ROWS, Target, opened, write_shards
from pipeline.stopping import Stopped, stop_when_asked
from pipeline.summary_settings import EngineName, Style, Wanted

if TYPE_CHECKING:
    from pipeline.ray_workers import Crew

# What the shell has for a command that Ctrl-C ended.
STOPPED_STATUS = 130


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the models, and for which pages."""

    paths: tuple[str, ...]
    asked: Asked

    @property
    def pages(self) -> Iterator[Page]:
        """The pages, read as they are asked for."""
        return chain.from_iterable(map(read_pages, self.paths))

    def settings(self, made_by: dict[str, Any]) -> dict[str, Any]:
        """All that the answers follow from, but for the pages themselves: what a run must share to be resumed."""
        options = {"summarise": self.asked.summarise, "explain": self.asked.explain, **asdict(self.asked.wanted)}
        return {"paths": list(self.paths), "options": options, **made_by}


@click.command()
@click.argument("paths", nargs=-1)
@click.option(
    "--models", default="models", show_default=True, type=click.Path(path_type=Path), help="What `make repro` made."
)
@click.option("--no-summary", is_flag=True, help="Topics only: no summariser is loaded.")
@click.option("--sentences", type=click.IntRange(1, 5), help="The longest summary; as saved if not given.")
@click.option("--words", type=click.IntRange(5), help="The longest summary, in words; goes with the sentences.")
@click.option("--style", type=click.Choice(["brief", "headline"]), help="Sentences, or one line.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "openvino", "torch", "ray"]),
    help="What runs the summariser; ray: as if not given, in workers of Ray.",
)
@click.option("--address", help="The Ray cluster, such as 10.0.0.1:6379; not given: one on this machine.")
@click.option("--no-cache", is_flag=True, help="Summarise anew what was summarised before, and do not keep it.")
@click.option(
    "--explain", is_flag=True, help="Also the words and sentences that carried the topic; text has them always."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "text"]),
    default="json",
    show_default=True,
    help="JSON lines, or text for people; on stdout.",
)
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), help="Write shards into this folder.")
@click.option("--shards", type=click.Choice(FORMATS), default="jsonl", show_default=True, help="What shards are.")
@click.option(
    "--shard-rows", type=click.IntRange(1), default=SHARD_ROWS, show_default=True, help="The most rows of a shard."
)
@click.option("--resume", is_flag=True, help="Go on in a folder where a run was stopped or killed; begin in a new one.")
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[str, ...],
    models: Path,
    no_summary: bool,
    sentences: int | None,
    words: int | None,
    style: Style | None,
    engine: EngineName | Literal["ray"] | None,
    address: str | None,
    no_cache: bool,
    explain: bool,
    form: str,
    into: Path | None,
    shards: str,
    shard_rows: int,
    resume: bool,
) -> None:
    """Answer for news pages: the article, its topic and a summary, one JSON line each.

    PATHS are pages (.txt .html .md), tables with a column text (.jsonl .csv .parquet), any of these as .gz or .zst,
    folders of them, patterns such as 'news/*.csv', or - for stdin (the default). Answers go to stdout in input order,
    progress to stderr.

    With --into they go into a folder, as shards beside manifest.jsonl, which says what each was made from. Stopped or
    killed, the same command with --resume goes on: what ends up there is, byte for byte, what an undisturbed run
    writes.

    With --engine ray all processors of this machine, or with --address those of a cluster, answer side by side: the
    same answers in the same order, and a run may go over from one way to the other. Each machine needs this package
    and the models, in a folder of the same path.

    Exit status: 0 all answered; 1 some inputs got no answer, each is named on stderr with its cause; 2 wrong usage;
    130 stopped.

    \b
    Examples:
      python -m pipeline predict my-pages/ > answers.jsonl
      python -m pipeline predict page.html --format text
      python -m pipeline predict news.csv --no-summary
      python -m pipeline predict 'news/*.jsonl.zst' --into answers --shards parquet --resume
      python -m pipeline predict news.parquet --into answers --resume --engine ray --address 10.0.0.1:6379
      cat page.html | python -m pipeline predict --style headline
    """
    on_ray = engine == "ray"
    if address and not on_ray:
        raise click.UsageError("--address goes with --engine ray")
    wanted = Wanted(sentences, words, style, None if engine == "ray" else engine)
    # On other machines caches would find little, and their users' folders may be one over a network, unfit for SQLite.
    cached = not (no_cache or no_summary or address)
    asked = Asked(models.resolve() if on_ray else models, not no_summary, explain or form == "text", wanted, cached)
    question = Question(paths or ("-",), asked)
    if into:
        _check_usage(question.paths, into, form)
    elif resume:
        raise click.UsageError("--resume goes with --into: answers on stdout cannot be gone on with")
    with _models(asked, on_ray, address) as answerer:
        if into:
            context.exit(_into_folder(answerer, question, Target(into, shards, shard_rows), resume))
        context.exit(_to_stdout(answerer, question, form))


@contextmanager
def _models(asked: Asked, on_ray: bool, address: str | None) -> "Iterator[Answerer | Crew]":
    """What answers: the models here, or workers that have them."""
    if not on_ray:
        yield Answerer(asked)
        return
    from pipeline.ray_workers import crew

    with crew(asked, address, partial(click.echo, err=True)) as workers:
        yield workers


def _check_usage(paths: Sequence[str], into: Path, form: str) -> None:
    if form == "text":
        raise click.UsageError("--format text is for stdout: leave it out, or --into")
    for path in paths:
        if path != "-" and Path(path).is_dir() and into.resolve().is_relative_to(Path(path).resolve()):
            raise click.UsageError(f"--into {into} lies in {path}, whose files are read: name a folder outside of it")


def _to_stdout(answerer: "Answerer | Crew", question: Question, form: str) -> int:
    """Answer, and give the exit status."""
    answered = answerer.answered(page_batches(question.pages))
    if is_watched(answers_on_stdout=True):
        answered = track(answered, "pages", count_pages(question.paths))
    failed = 0
    for page, prediction in answered:
        failed += _named_if_failed(page, prediction)
        told = f"{page.source}\n{indent(str(prediction), '  ')}\n"
        with naming(Path("<stdout>")):
            click.echo(json.dumps(answer_row(page, prediction), ensure_ascii=False) if form == "json" else told)
    return 1 if failed else 0


def _into_folder(answerer: "Answerer | Crew", question: Question, target: Target, resume: bool) -> int:
    """Answer into shards, say how that ended, and give the exit status."""
    settings, manifest = question.settings(answerer.made_by()), None
    try:
        with opened(target, settings, resume) as manifest:
            _answer_rest(answerer, question, target, manifest)
    except Stopped:
        click.echo(f"{target.folder}: stopped with {_done(manifest)}; the same command with --resume goes on", err=True)
        return STOPPED_STATUS
    except OSError as error:  # no room, no permission, an input that went away
        raise ShardError(
            f"{target.folder}: stopped with {_done(manifest)} ({error}): "
            "once that is mended, the same command with --resume goes on"
        ) from error
    told = f"{manifest.rows:,} rows in {len(manifest.shards):,} shards, {manifest.failed:,} of them without an answer"
    click.echo(f"{target.folder}: {told}", err=True)
    return 1 if manifest.failed else 0


def _done(manifest: Manifest | None) -> str:
    """How much of the folder is done; None if it could not even be opened."""
    return f"{manifest.rows:,} rows done" if manifest else "nothing new done"


def _answer_rest(answerer: "Answerer | Crew", question: Question, target: Target, manifest: Manifest) -> None:
    """Write the shards that are not there yet; Stopped if the user asked for that."""
    with stop_when_asked() as passing:
        if manifest.rows:
            click.echo(f"{target.folder}: {manifest.rows:,} rows are done", err=True)
        answered = write_shards(manifest, target, passing(question.pages), answerer.answered)
        if is_watched():
            total = count_pages(question.paths)
            answered = track(answered, "pages", total and total - manifest.rows)
        for page, prediction in answered:
            _named_if_failed(page, prediction)


def _named_if_failed(page: Page, prediction: Prediction) -> bool:
    """Whether a page has no answer, which is then said on stderr."""
    if prediction.error:
        click.echo(f"{page.source}: {prediction.error}", err=True)
    return prediction.error is not None
