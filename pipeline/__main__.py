"""The command line: `python -m pipeline VERB`, one verb a stage, and those that answer for pages."""

import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import NamedTuple

import click

from pipeline.records import ArticleError, ModelError, StageError


class Verb(NamedTuple):
    """What a verb does, and the module that holds its click command as `command`."""

    module: str
    does: str  # the first sentence of the command's own help: a test holds this


# Only the module of the verb that is asked for is imported.
FOR_PAGES = {
    "predict": Verb("answering", "Answer for news pages: the article, its topic and a summary, one JSON line each."),
    "clean": Verb("corpus", "Print the article in one page, or clean a whole labelled corpus (a stage)."),
    "cache": Verb("summary_cache", "Say what the cache of summaries holds, or empty it."),
}
STAGES = {
    "fetch": Verb("fetching", "Download the pinned corpus and models, check their hashes, unpack their data."),
    "train": Verb("training", "Train the topic classifier, and choose when it abstains."),
    "ground": Verb("weighing", "Weigh what tells true summary sentences from false ones."),
    "screen": Verb("screening", "Learn what tells orders to whoever summarises from news."),
    "adapt": Verb("adapting", "Teach the summariser to shorten what articles say, as a small adapter."),
    "convert": Verb("converting", "Bring the pretrained summariser into one folder that is safe to load."),
    "summarise": Verb("summarising", "Summarise the test articles that the report is about."),
    "evaluate": Verb("evaluating", "Score topics and summaries on the test split, with intervals."),
    "report": Verb("reporting", "Write the report from the stage outputs in folder DATA."),
}
VERBS = FOR_PAGES | STAGES


class Verbs(click.Group):
    """The verbs, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"pipeline.{VERBS[cmd_name].module}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What each verb does, without importing it."""
        for heading, verbs in (("For pages", FOR_PAGES), ("Stages, as `dvc repro` runs them", STAGES)):
            with formatter.section(heading):
                formatter.write_dl([(name, verb.does) for name, verb in verbs.items()])


@click.command(cls=Verbs)
def main() -> None:
    """From saved news pages to clean articles, topics, summaries, and a report on how good they are.

    `make repro` sets up everything and makes the models; then:

    \b
      python -m pipeline predict my-pages/ > answers.jsonl
      python -m pipeline predict page.html --format text
      python -m pipeline clean page.html --explain

    `python -m pipeline VERB --help` has more of each.
    """


if __name__ == "__main__":
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_DISABLE", "1")  # bars of libraries, as ours, are for terminals
    try:
        main(prog_name="python -m pipeline")
    except (ArticleError, ModelError, StageError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    except OSError as error:  # no room, no permission, a file that went away
        click.echo(f"Error: {error}: mend that, then run the same command again", err=True)
        with suppress(OSError):
            sys.stdout.close()  # else what it could not take is tried again at the end, with a second error
        sys.exit(1)
