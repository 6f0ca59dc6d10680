"""The weights of grounding: learnt small, with the signs they must have, the same again."""

import json
import shlex
import subprocess
import sys

import numpy as np
import yaml
from small_run import judged, offline

from pipeline.articles import LabelledArticle
from pipeline.figures import FIGURES
from pipeline.files import write_jsonl
from pipeline.weighing import Table, common_words, fit


def test_weights_keep_their_signs_and_tell_true_from_false():
    rng = np.random.default_rng(0)
    supported = rng.integers(0, 2, 400).astype(float)
    found = rng.normal(size=(400, len(FIGURES)))
    names = list(FIGURES)
    found[:, names.index("pairs")] += 2 * supported
    found[:, names.index("content")] -= 2 * supported  # the wrong way round: no weight may come of it
    weights, intercept = fit(Table(["x"] * 400, ["draft"] * 400, found, supported), 1.0)
    named = dict(zip(names, weights, strict=True))
    assert named["pairs"] > 0.5
    assert named["content"] == 0
    assert all(named[name] * sign >= 0 for name, (sign, _) in FIGURES.items())
    reached = intercept + found @ weights
    assert np.mean((reached > 0) == supported) > 0.8


def test_common_words_are_no_names():
    text = "In May the brown rival met Mr Brown, a rival of a rival, and the rival left the rival in May."
    article = LabelledArticle("x", "sport", "train", None, [text])
    assert "rival" in common_words([article])
    assert "brown" not in common_words([article])


def test_the_stage_runs_and_writes_the_same_again(workspace, tmp_path):
    stage = yaml.safe_load((workspace / "dvc.yaml").read_text())["stages"]["ground"]
    rows = tmp_path / "judged.jsonl"
    write_jsonl(rows, judged())
    written = []
    for number in range(2):
        out = tmp_path / str(number)
        command = stage["cmd"].replace("seeds/judged_sentences.jsonl", str(rows)).replace("reports", str(out))
        command = command.replace("pipeline/grounding.json", str(out / "weights.json"))
        words = [sys.executable, *shlex.split(command)[1:]]
        subprocess.run(words, cwd=workspace, env=offline(workspace / "wheels"), check=True, capture_output=True)
        written.append((out / "weights.json").read_bytes())
        metrics = json.loads((out / "grounding.json").read_text())
    assert written[0] == written[1]
    assert set(json.loads(written[0])["coefficients"]) == set(FIGURES)
    assert metrics["judged"]["draft"]["auc"]["value"] > 0.7
