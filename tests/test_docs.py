"""README and notebooks: current, and calling instead of defining."""

import importlib.util
import io
import json
import re
import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import yaml

from pipeline.evaluating import EvaluateSettings
from pipeline.params import read_settings
from pipeline.sources import CorpusSettings
from pipeline.taxonomy import read_topics

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def script(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_parts_of_the_readme_are_current():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert script("write_readme").written(readme) == readme


def test_commands_of_the_readme_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z ]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"`?make ([a-z]+)", readme)) <= set(" ".join(targets).split())
    for path in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (ROOT / path).exists(), path


def test_settings_of_the_readme_are_settings(tmp_path):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    corpus, topic, evaluate = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "topics.yaml").write_text(topic, encoding="utf-8")
    assert [entry.name for entry in read_topics(tmp_path / "topics.yaml")] == ["education"]
    (tmp_path / "params.yaml").write_text(
        corpus + evaluate.rstrip() + "\n  taxonomy: seeds/topics.yaml\n  seed: 0\n", encoding="utf-8"
    )
    assert read_settings(tmp_path / "params.yaml", "corpus", CorpusSettings).map["4"] == "science-and-technology"
    assert read_settings(tmp_path / "params.yaml", "evaluate", EvaluateSettings).transfer[0].label == "section"


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
