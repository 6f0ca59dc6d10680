"""The command line: `python -m pipeline VERB`, one verb a stage, and `predict`."""

import sys
from importlib import import_module

import click

from pipeline.records import ArticleError, ModelError, StageError

# Each verb's module holds its click command as `command`; only the one asked for is imported.
VERBS = {
    "predict": "predicting",
    "fetch": "fetching",
    "clean": "corpus",
    "train": "training",
    "ground": "weighing",
    "adapt": "adapting",
    "convert": "converting",
    "summarise": "summarising",
    "evaluate": "evaluating",
    "report": "reporting",
    "cache": "summary_cache",
}


class Verbs(click.Group):
    """The verbs, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"pipeline.{VERBS[cmd_name]}").command
        return command


@click.command(cls=Verbs)
def main() -> None:
    """From saved news pages to clean articles, topics, summaries, and a report on how good they are."""


if __name__ == "__main__":
    try:
        main(prog_name="python -m pipeline")
    except (ArticleError, ModelError, StageError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
