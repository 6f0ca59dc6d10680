"""dvc.yaml is the table of contents, and it is checked."""

import csv
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import click
import pytest
import vl_convert
import yaml
from import_graph import needed_files
from small_run import ROOT, bring_committed_reports, offline, repro

from pipeline.__main__ import VERBS, Verbs
from pipeline.evaluating import TEST_SPLIT
from pipeline.headline import headline

PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
GRAPH = (ROOT / "dvc.yaml").read_text(encoding="utf-8").replace("${corpus.path}", PARAMS["corpus"]["path"])
STAGES = yaml.safe_load(GRAPH)["stages"]


# What `dvc plots` draws: of each plot its settings, its file and the columns of it.
PLOTS = {name: plot for entry in yaml.safe_load(GRAPH)["plots"] for name, plot in entry.items()}


def outs(stage: str) -> list[str]:
    return [next(iter(out)) if isinstance(out, dict) else out for kind in ("outs", "metrics", "plots")
            for out in STAGES[stage].get(kind, [])]  # fmt: skip


def words(stage: str) -> list[str]:
    return shlex.split(STAGES[stage]["cmd"])


@pytest.mark.parametrize("stage", STAGES)
def test_deps_are_what_the_stage_imports(stage):
    named = {dep for dep in STAGES[stage]["deps"] if dep.startswith("pipeline/") and "/templates/" not in dep}
    assert named == needed_files(VERBS[stage].module)


@pytest.mark.parametrize("stage", STAGES)
def test_stage_is_described_and_its_command_parses(stage):
    assert STAGES[stage]["desc"]
    assert words(stage)[:4] == ["python", "-m", "pipeline", stage]
    command = Verbs().get_command(click.Context(click.Command("x")), stage)
    context = command.make_context(stage, words(stage)[4:])
    assert context.params


@pytest.mark.parametrize("stage", STAGES)
def test_files_of_the_command_are_deps_or_outs(stage):
    declared = [*STAGES[stage]["deps"], *outs(stage)]
    paths = [word for word in words(stage)[4:] if "/" in word]
    assert paths
    for path in paths:
        within = (f"{name}/".startswith(f"{path}/") or f"{path}/".startswith(f"{name}/") for name in declared)
        assert any(within), f"{stage}: {path} is not declared"


@pytest.mark.parametrize("stage", STAGES)
def test_params_exist(stage):
    for param in STAGES[stage].get("params", []):
        block, *key = param.split(".")
        assert set(key) <= set(PARAMS[block]), param


def test_every_params_block_is_some_stages():
    used = {key.split(".")[0] for stage in STAGES.values() for key in stage.get("params", [])}
    assert used == set(PARAMS)


def test_second_repro_does_nothing(workspace):
    before = time.monotonic()
    said = repro(workspace, offline(workspace / "wheels"))
    assert "Running stage" not in said
    assert "up to date" in said
    assert time.monotonic() - before < 5


def dvc(folder, environment, *arguments: str) -> str:
    done = subprocess.run(["dvc", *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def leaves(node: dict, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], object]:
    """The values of nested dicts, each with the keys that lead to it."""
    found = {}
    for key, value in node.items():
        found |= leaves(value, (*path, key)) if isinstance(value, dict) else {(*path, key): value}
    return found


def test_dvc_shows_the_numbers_of_the_reports(workspace):
    environment = offline(workspace / "wheels")
    measured = json.loads((workspace / "reports" / "metrics.json").read_text())
    shown = json.loads(dvc(workspace, environment, "metrics", "show", "--json"))[""]["data"]
    assert set(shown) == {"reports/scores.json"}
    scores = shown["reports/scores.json"]["data"]
    assert scores == headline(measured)
    assert len(leaves(scores)) > 30


def test_the_committed_scores_are_those_of_the_readme():
    """The README's tables are made from metrics.json: tests/test_docs.py."""
    measured, scores = (json.loads((ROOT / "reports" / name).read_text()) for name in ("metrics.json", "scores.json"))
    assert scores == headline(measured)


def columns(path: Path) -> set[str]:
    return set(path.read_text(encoding="utf-8").split("\n", 1)[0].split(","))


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_of_a_stages_file_and_says_what_is_on_its_axes(name):
    plot = PLOTS[name]
    ((path, drawn),) = plot["y"].items()
    assert path in [out for stage in STAGES for out in outs(stage)]
    assert {plot["x"], *([drawn] if isinstance(drawn, str) else drawn)} <= columns(ROOT / path)
    assert all(plot[key] for key in ("title", "template", "x_label", "y_label"))


def test_every_file_of_plots_is_drawn(workspace):
    made = {out for stage in STAGES for out in outs(stage) if out.startswith("reports/plots/")}
    assert made == {f"reports/plots/{path.name}" for path in (ROOT / "reports" / "plots").iterdir()}
    # all points of risk_coverage.csv stand in transfer.csv, too, beside those of other articles
    assert made == {path for plot in PLOTS.values() for path in plot["y"]} | {"reports/plots/risk_coverage.csv"}
    curve, curves = ((workspace / f"reports/plots/{name}.csv").read_text() for name in ("risk_coverage", "transfer"))
    assert {f"{TEST_SPLIT},{point}" for point in curve.splitlines()[1:]} <= set(curves.splitlines())


def test_plots_can_be_drawn(workspace, tmp_path):
    dvc(workspace, offline(workspace / "wheels"), "plots", "show", "-o", str(tmp_path))
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    drawn = dict(re.findall(r'<div id = "(\w+)">.*?var spec = (.*?);\n', page, re.DOTALL))
    assert drawn.keys() == PLOTS.keys()
    for name, spec in drawn.items():
        svg = vl_convert.vegalite_to_svg(json.loads(spec))
        assert all(PLOTS[name][key] in svg for key in ("title", "x_label", "y_label"))
        assert not re.search(r"DVC_METRIC|NaN|undefined", svg)


def test_the_graph_is_shown(workspace):
    assert "summarise" in dvc(workspace, offline(workspace / "wheels"), "dag")


def test_an_experiment_runs_and_is_compared(workspace, tmp_path):
    environment = offline(workspace / "wheels")
    copy = shutil.copytree(workspace, tmp_path / "copy", symlinks=True)
    (copy / ".gitignore").write_text("/tiny/\n/wheels/\n")
    for command in (
        ["git", "add", "-A"],
        ["git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "-qm", "small run"],
        ["dvc", "exp", "run", "-S", "train.c=0.25"],
        ["dvc", "metrics", "diff"],
        ["dvc", "params", "diff"],
    ):
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "train.c" in done.stdout
    assert "0.25" in done.stdout
    table = dvc(copy, environment, "exp", "show", "--csv", "--drop", ".*(low|high)")
    rows = list(csv.DictReader(io.StringIO(table)))
    scores = json.loads((copy / "reports" / "scores.json").read_text())
    assert float(rows[0]["topics.brier.value"]) == scores["topics"]["brier"]["value"]
    assert "topics.brier.low" not in rows[0]
    assert {row["train.c"] for row in rows} >= {"0.25", str(PARAMS["train"]["c"])}


def test_stage_outputs_are_the_same_bytes_again(workspace, tmp_path):
    environment = offline(workspace / "wheels")
    for stage, made in (("train", "models/topics"), ("convert", "models/summariser"), ("clean", "data/clean")):
        before = {path.name: path.read_bytes() for path in (workspace / made).iterdir()}
        subprocess.run(words(stage), cwd=workspace, env=environment, check=True, capture_output=True)
        assert {path.name: path.read_bytes() for path in (workspace / made).iterdir()} == before


def test_killed_runs_leave_nothing_behind(workspace, tmp_path):
    """Killed at several moments and run again, the outputs are those of an undisturbed run."""
    copy = tmp_path / "copy"
    environment = offline(workspace / "wheels")
    shutil.copytree(workspace, copy, ignore=shutil.ignore_patterns("data", "reports", "topics", "summariser", "cache"))
    bring_committed_reports(copy)
    (copy / "dvc.lock").unlink()
    for seconds in (2.5, 6, 11):
        running = subprocess.Popen(
            ["dvc", "repro"], cwd=copy, env=environment, start_new_session=True, stdout=subprocess.DEVNULL
        )
        time.sleep(seconds)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    repro(copy, environment)
    assert not [
        path
        for folder in ("data", "models", "reports")
        for path in (copy / folder).rglob(".*")
        if path.name != ".gitignore"
    ]
    for path in ("dvc.lock", "reports/metrics.json", "reports/index.html", "data/summaries.jsonl"):
        assert (copy / path).read_bytes() == (workspace / path).read_bytes(), path
