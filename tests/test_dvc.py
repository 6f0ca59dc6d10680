"""dvc.yaml is the table of contents, and it is checked."""

import os
import shlex
import shutil
import signal
import subprocess
import time

import click
import pytest
import yaml
from import_graph import needed_files
from small_run import ROOT, bring_committed_reports, offline, repro

from pipeline.__main__ import VERBS, Verbs

PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
GRAPH = (ROOT / "dvc.yaml").read_text(encoding="utf-8").replace("${corpus.path}", PARAMS["corpus"]["path"])
STAGES = yaml.safe_load(GRAPH)["stages"]


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
    outs = [next(iter(out)) if isinstance(out, dict) else out for kind in ("outs", "metrics", "plots")
            for out in STAGES[stage].get(kind, [])]  # fmt: skip
    declared = [*STAGES[stage]["deps"], *outs]
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


def test_metrics_and_plots_are_shown(workspace):
    environment = offline(workspace / "wheels")
    for command, expected in (
        (["dvc", "metrics", "show"], "reports/metrics.json"),
        (["dvc", "plots", "show"], "index.html"),
        (["dvc", "dag"], "summarise"),
    ):
        done = subprocess.run(command, cwd=workspace, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert expected in done.stdout


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
    for path in ("dvc.lock", "reports/metrics.json", "reports/index.html", "data/summaries.jsonl"):
        assert (copy / path).read_bytes() == (workspace / path).read_bytes(), path
