"""The whole pipeline, small: the real dvc.yaml on a corpus of the project's own articles and a tiny model."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import frontmatter
import yaml
from tiny_models import save_llama

from pipeline.files import write_jsonl
from pipeline.reading import read_pages

ROOT = Path(__file__).parent.parent


def corpus_files() -> Iterator[tuple[str, str]]:
    """(path, text) of each article in the layout of the BBC corpus: every seed article, and its second half."""
    for number, page in enumerate(read_pages(str(ROOT / "seeds" / "articles")), start=1):
        title, *paragraphs = page.text.split("\n\n")
        half = len(paragraphs) // 2
        yield f"{page.topic}/{number:03}.txt", "\n\n".join([title, *paragraphs])
        yield f"{page.topic}/{number + 100:03}.txt", "\n\n".join([title, *paragraphs[half:]])
    yield f"{page.topic}/900.txt", page.text  # an exact duplicate
    yield f"{page.topic}/901.txt", page.text.replace("the", "this", 1)  # a near one


def summaries() -> Iterator[dict[str, str]]:
    """A summary of each article of the small corpus, as the seed article has it."""
    for number, path in enumerate(sorted((ROOT / "seeds" / "articles").glob("*.md")), start=1):
        article = frontmatter.load(str(path))
        for twin in (number, number + 100):
            yield {"id": f"{article['topic']}/{twin:03}", "summary": article["summary"]}


def judged() -> Iterator[dict[str, object]]:
    """Sentences with verdicts, in pieces: what the summaries say, and what those of the next article say."""
    rows = list(summaries())
    for row, other in zip(rows, rows[2:] + rows[:2], strict=True):
        for text, verdict in ((row["summary"], "ok"), (other["summary"], "grave")):
            yield {"id": row["id"], "pieces": [text.split(". ")[0] + "."], "verdict": verdict, "source": "draft"}


def make_wheel(folder: Path, name: str, files: dict[str, str]) -> Path:
    """A distribution that pip can download from a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-1.0.0-py3-none-any.whl"
    info = f"{name}-1.0.0.dist-info"
    meta = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as wheel:
        for member, text in {**files, **meta}.items():
            wheel.writestr(zipfile.ZipInfo(member), text)
    return path


def offline(wheels: Path) -> dict[str, str]:
    """The environment of a machine whose only package registry is a folder."""
    own = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": os.devnull, "HF_HUB_OFFLINE": "1"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **own, "PATH": path, "PYTHONPATH": ""}


def prepare(folder: Path) -> dict[str, str]:
    """A checkout of the project in `folder`, set to the small corpus and model; the environment to run it in."""
    for name in ("pipeline", "seeds", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    bring_committed_reports(folder)
    graph = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    before, adapt, after = re.split(r"(\n  adapt:\n.*?)(?=\n  \w+:\n)", graph, maxsplit=1, flags=re.DOTALL)
    (folder / "dvc.yaml").write_text(before + adapt.replace("    frozen: true\n", "") + after, encoding="utf-8")
    write_jsonl(folder / "seeds" / "summaries.jsonl", summaries())
    write_jsonl(folder / "seeds" / "close_summaries.jsonl", summaries())
    (folder / "seeds" / "reading.jsonl").write_text("", encoding="utf-8")
    wheel = make_wheel(folder / "wheels", "smallcorpus", {f"data/{path}": text for path, text in corpus_files()})
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    small = {"name": "smallcorpus", "version": "1.0.0", "sha256": digest, "take": "data", "to": "corpus"}
    params["fetch"] = {"distributions": [small]}
    params["clean"] |= {"validation_share": 0.2, "test_share": 0.2}
    params["train"] |= {"folds": 2, "least_articles": 1}
    params["adapt"] |= {"rank": 2, "passes": 0.2, "headlines": 2, "validation_articles": 1, "checks": 1}
    params["summarise"] |= {"model": str(save_llama(folder / "tiny")), "prompt_tokens": 200, "write_tokens": 24}
    params["summarise"] |= {"candidates": 2, "least_support": 0.0}
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    environment = offline(folder / "wheels")
    for command in (["git", "init", "-q"], ["dvc", "init", "-q"], ["dvc", "config", "core.analytics", "false"]):
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return environment


def bring_committed_reports(folder: Path) -> None:
    """What stage `ground`, which stays frozen, has written."""
    for name in ("reports/grounding.json", "reports/plots/trade.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)


def repro(folder: Path, environment: dict[str, str]) -> str:
    """What `dvc repro` says."""
    done = subprocess.run(["dvc", "repro"], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
