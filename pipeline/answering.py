"""The command line of `predict`: answers on stdout, or as shards in a folder."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from textwrap import indent
from typing import Any

import click

import pipeline
from pipeline.files import naming
from pipeline.manifest import Manifest, ShardError
from pipeline.predicting import Predictor, answer_pages, answer_row
from pipeline.progress import is_watched, track
from pipeline.reading import Page, count_pages, read_pages
from pipeline.records import Prediction
from pipeline.shard_formats import FORMATS
from pipeline.sharding import SHARD_ROWS, Target, opened, write_shards
from pipeline.stopping import Stopped, stop_when_asked
from pipeline.summary_cache import default_cache
from pipeline.summary_settings import EngineName, Style, Wanted

# What the shell has for a command that Ctrl-C ended.
STOPPED_STATUS = 130


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the models, and for which pages."""

    paths: tuple[str, ...]
    summarise: bool
    explain: bool
    wanted: Wanted

    @property
    def pages(self) -> Iterator[Page]:
        """The pages, read as they are asked for."""
        return chain.from_iterable(map(read_pages, self.paths))

    def settings(self, predictor: Predictor) -> dict[str, Any]:
        """All that the answers follow from, but for the pages themselves: what a run must share to be resumed."""
        from pipeline.cards import CARD
        from pipeline.summaries import code_sha256

        cards = [predictor.models / name / CARD for name in ("topics", "summariser")[: 1 + self.summarise]]
        return {
            "paths": list(self.paths),
            "options": {"summarise": self.summarise, "explain": self.explain, **asdict(self.wanted)},
            "models": {path.parent.name: json.loads(path.read_bytes())["card_sha256"] for path in cards},
            "engine": predictor.summariser.engine.name if self.summarise else None,
            "package": {"version": pipeline.__version__, "sha256": code_sha256("*")},
        }


@click.command()
@click.argument("paths", nargs=-1)
@click.option(
    "--models", default="models", show_default=True, type=click.Path(path_type=Path), help="What `make repro` made."
)
@click.option("--no-summary", is_flag=True, help="Topics only: no summariser is loaded.")
@click.option("--sentences", type=click.IntRange(1, 5), help="The longest summary; as saved if not given.")
@click.option("--words", type=click.IntRange(5), help="The longest summary, in words; goes with the sentences.")
@click.option("--style", type=click.Choice(["brief", "headline"]), help="Sentences, or one line.")
@click.option("--engine", type=click.Choice(["auto", "openvino", "torch"]), help="What runs the summariser.")
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
    engine: EngineName | None,
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

    Exit status: 0 all answered; 1 some inputs got no answer, each is named on stderr with its cause; 2 wrong usage;
    130 stopped.

    \b
    Examples:
      python -m pipeline predict my-pages/ > answers.jsonl
      python -m pipeline predict page.html --format text
      python -m pipeline predict news.csv --no-summary
      python -m pipeline predict 'news/*.jsonl.zst' --into answers --shards parquet --resume
      cat page.html | python -m pipeline predict --style headline
    """
    question = Question(
        paths or ("-",), not no_summary, explain or form == "text", Wanted(sentences, words, style, engine)
    )
    if into:
        _check_usage(question.paths, into, form)
    elif resume:
        raise click.UsageError("--resume goes with --into: answers on stdout cannot be gone on with")
    cache = None if no_cache or no_summary else default_cache()
    predictor = Predictor(models, question.wanted, cache, summarise=question.summarise)
    if into:
        context.exit(_into_folder(predictor, question, Target(into, shards, shard_rows), resume))
    context.exit(_to_stdout(predictor, question, form))


def _check_usage(paths: Sequence[str], into: Path, form: str) -> None:
    if form == "text":
        raise click.UsageError("--format text is for stdout: leave it out, or --into")
    for path in paths:
        if path != "-" and Path(path).is_dir() and into.resolve().is_relative_to(Path(path).resolve()):
            raise click.UsageError(f"--into {into} lies in {path}, whose files are read: name a folder outside of it")


def _to_stdout(predictor: Predictor, question: Question, form: str) -> int:
    """Answer, and give the exit status."""
    answered = _answers(predictor, question, question.pages)
    if is_watched(answers_on_stdout=True):
        answered = track(answered, "pages", count_pages(question.paths))
    failed = 0
    for page, prediction in answered:
        failed += _named_if_failed(page, prediction)
        told = f"{page.source}\n{indent(str(prediction), '  ')}\n"
        with naming(Path("<stdout>")):
            click.echo(json.dumps(answer_row(page, prediction), ensure_ascii=False) if form == "json" else told)
    return 1 if failed else 0


def _into_folder(predictor: Predictor, question: Question, target: Target, resume: bool) -> int:
    """Answer into shards, say how that ended, and give the exit status."""
    settings, manifest = question.settings(predictor), None
    try:
        with opened(target, settings, resume) as manifest:
            _answer_rest(predictor, question, target, manifest)
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


def _answer_rest(predictor: Predictor, question: Question, target: Target, manifest: Manifest) -> None:
    """Write the shards that are not there yet; Stopped if the user asked for that."""
    with stop_when_asked() as passing:
        if manifest.rows:
            click.echo(f"{target.folder}: {manifest.rows:,} rows are done", err=True)
        answered = write_shards(manifest, target, passing(question.pages), partial(_answers, predictor, question))
        if is_watched():
            total = count_pages(question.paths)
            answered = track(answered, "pages", total and total - manifest.rows)
        for page, prediction in answered:
            _named_if_failed(page, prediction)


def _answers(predictor: Predictor, question: Question, pages: Iterable[Page]) -> Iterator[tuple[Page, Prediction]]:
    return answer_pages(predictor, pages, question.summarise, question.explain)


def _named_if_failed(page: Page, prediction: Prediction) -> bool:
    """Whether a page has no answer, which is then said on stderr."""
    if prediction.error:
        click.echo(f"{page.source}: {prediction.error}", err=True)
    return prediction.error is not None
