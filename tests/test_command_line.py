"""The command line: help that is true and quick, progress for whoever watches."""

import io
import json
import re
import shlex
import subprocess
import sys
import time

import click
import pytest
from small_run import ROOT

from pipeline import progress
from pipeline.__main__ import VERBS, Verbs, main
from pipeline.reading import count_pages

# What is run as it stands in dvc.yaml, without a choice to make, needs no example.
WITH_EXAMPLES = [verb for verb in VERBS if verb != "report"]


def command_of(verb: str) -> click.Command:
    return Verbs().get_command(click.Context(click.Command("x")), verb)


def shown(command: click.Command, name: str) -> str:
    return command.get_help(click.Context(command, info_name=name))


@pytest.mark.parametrize("verb", VERBS)
def test_the_list_of_verbs_says_what_their_help_says(verb):
    assert command_of(verb).help.split("\n\n")[0].replace("\n", " ") == VERBS[verb].does
    assert re.sub(r"\s+", " ", VERBS[verb].does) in re.sub(r"\s+", " ", shown(main, "pipeline"))


@pytest.mark.parametrize("verb", WITH_EXAMPLES)
def test_every_option_is_explained(verb):
    options = [option for option in command_of(verb).params if isinstance(option, click.Option)]
    assert all(option.help for option in options), [option.name for option in options if not option.help]


@pytest.mark.parametrize("verb", ["", *WITH_EXAMPLES])
def test_examples_of_the_help_are_understood(verb):
    text = shown(command_of(verb) if verb else main, "x")
    lines = re.findall(r"python -m pipeline ([a-z].*?)(?: > .*)?$", text, re.MULTILINE)
    assert lines or re.search(r"(dvc|make) \w+", text)
    for words in map(shlex.split, lines):
        command_of(words[0]).make_context(words[0], words[1:], ignore_unknown_options=False)


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_is_quick(verb):
    """Nothing heavy is imported for it; a limit in seconds would measure what else the machine does."""
    words = [sys.executable, "-X", "importtime", "-m", "pipeline", *([verb] if verb else []), "--help"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = ("torch", "transformers", "sklearn", "scipy", "datasets", "pandas", "pyarrow", "openvino", "altair")
    assert not re.findall(rf"\| +({'|'.join(heavy)})$", done.stderr, re.MULTILINE)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_is_written_where_nobody_watches(capsys):
    assert list(progress.track(range(3), "things")) == [0, 1, 2]
    with progress.working("a step"):
        pass
    assert capsys.readouterr() == ("", "")


def test_progress_shows_rate_and_time_left_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    assert progress.is_watched()
    for number in progress.track(iter(range(4)), "things", 4):
        time.sleep(0.3 if number < 3 else 0)
    said = re.sub(r"\x1b\[[\d;?]*\w", "", sys.stderr.getvalue())
    assert re.search(r"things .* 4/4", said)
    assert re.search(r"\d\.\d/s, 0:00:0\d left", said)


def test_answers_on_the_same_terminal_are_progress_enough(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert progress.is_watched()
    assert not progress.is_watched(answers_on_stdout=True)


def test_pages_are_counted_where_they_can_be(tmp_path):
    (tmp_path / "a.txt").write_text("A page.")
    (tmp_path / "b.jsonl").write_text(json.dumps({"text": "A page."}) + "\n{broken\n")
    assert count_pages([str(tmp_path), str(tmp_path / "a.txt")]) == 4
    assert count_pages([str(tmp_path), "-"]) is None
