"""README, recipes, cards and notebooks: current, working as printed, and calling instead of defining."""

import ast
import doctest
import io
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from itertools import pairwise
from pathlib import Path

import click
import nbformat
import pandas as pd
import pytest
import yaml
from huggingface_hub import DatasetCard, ModelCard
from small_run import offline, script

from pipeline.__main__ import Verbs
from pipeline.evaluating import EvaluateSettings
from pipeline.params import read_settings
from pipeline.sources import CorpusSettings
from pipeline.taxonomy import read_topics

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


PAGES = [
    "README.md",
    "docs/recipes.md",
    "docs/troubleshooting.md",
    "models/README.md",
    "seeds/README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
]


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", read(page), re.DOTALL)


def commands(page: str) -> list[list[str]]:
    """The command lines of a page as words, without comments, redirections and what is piped to them."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    return [shlex.split(re.split(r" [<>] ", line)[0].split(" | ")[-1], comments=True) for line in lines]


@pytest.mark.parametrize("page", script("write_readme").PARTS)
def test_generated_parts_are_current(page):
    assert script("write_readme").written(page, read(page)) == read(page)


@pytest.mark.parametrize("page", PAGES)
def test_what_pages_link_to_is_there(page):
    targets = re.findall(r"^([a-z ]+):", read("Makefile"), re.MULTILINE)
    assert set(re.findall(r"^(?:.*`)?make ([a-z]+)", read(page), re.MULTILINE)) <= set(" ".join(targets).split())
    for target in re.findall(r"\]\(([^):]+)\)", read(page)):
        path, _, anchor = target.partition("#")
        linked = (ROOT / page).parent / path if path else ROOT / page
        assert linked.exists(), target
        headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        assert not anchor or anchor in {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in headings}


@pytest.mark.parametrize("page", ["README.md", "docs/recipes.md"])
def test_command_lines_of_pages_are_understood(page):
    params = yaml.safe_load(read("params.yaml"))
    for words in commands(page):
        if words[:3] == ["python", "-m", "pipeline"]:
            command = Verbs().get_command(click.Context(click.Command("x")), words[3])
            command.make_context(words[3], words[4:])
        for setting in (word for flag, word in pairwise(words) if flag == "-S"):
            block, key = setting.split("=")[0].split(".")
            assert key in params[block], setting


def test_settings_of_the_recipes_are_settings(tmp_path):
    corpus, topic, evaluate = blocks("docs/recipes.md", "yaml")
    (tmp_path / "topics.yaml").write_text(topic, encoding="utf-8")
    assert [entry.name for entry in read_topics(tmp_path / "topics.yaml")] == ["education"]
    (tmp_path / "params.yaml").write_text(
        corpus + evaluate.rstrip() + "\n  taxonomy: seeds/topics.yaml\n  seed: 0\n", encoding="utf-8"
    )
    assert read_settings(tmp_path / "params.yaml", "corpus", CorpusSettings).map["4"] == "science-and-technology"
    assert read_settings(tmp_path / "params.yaml", "evaluate", EvaluateSettings).transfer[0].label == "section"


def test_examples_of_the_recipes_are_what_comes_out(workspace, monkeypatch):
    monkeypatch.chdir(workspace)
    failed, tried = doctest.testfile(str(ROOT / "docs" / "recipes.md"), module_relative=False)
    assert tried > 10
    assert failed == 0


def test_the_web_service_answers(workspace, tmp_path):
    (code,) = (block for block in blocks("docs/recipes.md", "python") if block.startswith("# serve.py"))
    (tmp_path / "serve.py").write_text(code, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(tmp_path / "serve.py"), str(port)]
    serving = subprocess.Popen(command, cwd=workspace, env=environment, stderr=subprocess.DEVNULL)
    try:
        page = (ROOT / "seeds/pages/library-roof-work-paused-for-bats.txt").read_bytes()
        status, answer = posted(port, page)
        assert (status, answer["article"]["title"]) == (200, "Library roof work paused as bats move in")
        assert posted(port, b"Menu")[0] == 422
    finally:
        serving.kill()
        serving.wait()


def posted(port: int, page: bytes):
    """Status and answer of the service, once it is up."""
    for _ in range(120):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}", page) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except urllib.error.URLError:
            time.sleep(0.5)
    raise AssertionError("the service did not start")


def test_outputs_go_to_a_remote_and_come_back(workspace, tmp_path):
    environment = offline(workspace / "wheels")
    copy = shutil.copytree(workspace, tmp_path / "copy", symlinks=True)
    (copy / ".gitignore").write_text("/tiny/\n/wheels/\n")
    model = (copy / "models" / "topics" / "model.json").read_bytes()
    add, push, pull = [words for words in commands("docs/recipes.md") if words[:2] in (["dvc", "remote"], ["dvc", "push"], ["dvc", "pull"])]  # fmt: skip
    for command in ([*add[:-1], str(tmp_path / "store")], push):
        subprocess.run(command, cwd=copy, env=environment, check=True, capture_output=True)
    shutil.rmtree(copy / "models" / "topics")
    shutil.rmtree(copy / ".dvc" / "cache")
    subprocess.run(pull, cwd=copy, env=environment, check=True, capture_output=True)
    assert (copy / "models" / "topics" / "model.json").read_bytes() == model


def test_a_sweep_waits_in_the_queue(workspace, tmp_path):
    environment = offline(workspace / "wheels")
    copy = shutil.copytree(workspace, tmp_path / "copy", symlinks=True)
    (copy / ".gitignore").write_text("/tiny/\n/wheels/\n")
    (sweep,) = [words for words in commands("docs/recipes.md") if words[:4] == ["dvc", "exp", "run", "--queue"]]
    for command in (
        ["git", "add", "-A"],
        ["git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "-qm", "small run"],
        sweep,
        ["dvc", "queue", "status"],
    ):
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Queued") == 6


def test_messages_of_the_troubleshooting_are_those_of_the_code():
    rows = re.findall(r"^\| ``(.+?)`` \|", read("docs/troubleshooting.md"), re.MULTILINE)
    assert len(rows) > 30
    said = {text for path in (ROOT / "pipeline").glob("*.py") for text in texts(path)}
    for row in rows:
        assert any(row.strip() in text for text in said), row


def texts(path: Path):
    """The texts of a module, what is filled in as an ellipsis."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize(("page", "kind"), [("models/README.md", ModelCard), ("seeds/README.md", DatasetCard)])
def test_cards_have_the_form_of_the_hubs(page, kind):
    card = kind.load(ROOT / page)
    facts = card.data.to_dict()
    assert {"license", "language", "tags"} <= set(facts)
    for section in ("Intended use", "Data", "Scores", "Limits", "Licence"):
        assert re.search(rf"^#+ {section}$", card.text, re.MULTILINE), section


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_call_and_never_define(path):
    cells = nbformat.read(path, as_version=4).cells
    source = [cell.source for cell in cells if cell.cell_type == "code"]
    assert len(cells) < 25
    assert not [code for code in source if re.search(r"^\s*(def|class) |lambda", code, re.MULTILINE)]
    assert all(cell.outputs for cell in cells[2:] if cell.cell_type == "code")
    numbers = {str(value) for value in yaml_numbers(yaml.safe_load((ROOT / "params.yaml").read_text())) if value > 2}
    assert not [number for code in source for number in re.findall(r"=\s*([\d.]+)\b", code) if number in numbers]


def yaml_numbers(node):
    if isinstance(node, dict):
        return [number for value in node.values() for number in yaml_numbers(value)]
    if isinstance(node, list):
        return [number for value in node for number in yaml_numbers(value)]
    return [node] if isinstance(node, (int, float)) else []


def shape(output) -> tuple:
    """What kind of output it is, in which forms; of a table its columns too."""
    data = output.get("data", {})
    html = data.get("text/html", "")
    tables = pd.read_html(io.StringIO(html)) if "<table" in html else []
    return output.output_type, sorted(data), [[str(column) for column in table.columns] for table in tables]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run_on_the_small_pipeline_and_come_out_in_the_same_shape(path, workspace):
    copy = workspace / "notebooks" / path.name
    shutil.copy(path, copy)
    fresh = script("run_notebooks").execute(copy)
    stored = nbformat.read(path, as_version=4)
    for old, new in zip(stored.cells, fresh.cells, strict=True):
        if old.cell_type == "code":
            assert list(map(shape, old.outputs)) == list(map(shape, new.outputs)), old.source


def test_every_notebook_is_named_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\(notebooks/([\w-]+)\.ipynb\)", readme)) == {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_and_stored_outputs_of_notebooks_hold(path):
    """No output names a folder of the machine it ran on, or an object in its memory."""
    cells = nbformat.read(path, as_version=4).cells
    for link in re.findall(r"\]\(([^):#]+)\)", "".join(cell.source for cell in cells if cell.cell_type == "markdown")):
        assert (path.parent / link).exists(), link
    stored = json.dumps([cell.outputs for cell in cells if cell.cell_type == "code"])
    assert not re.search(r"/(?:home|root|tmp|Users|work)/|0x[0-9a-f]{8}", stored)
