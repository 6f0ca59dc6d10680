"""The whole pipeline, small: the real dvc.yaml on a corpus of the project's own articles and a tiny model."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import frontmatter
import yaml
from tiny_models import save_bert, save_llama

from pipeline.embedding import FILES
from pipeline.files import read_jsonl, write_jsonl

ROOT = Path(__file__).parent.parent
# The corpus: so many articles of each topic; and of the short labelled items every so-manieth.
TOPICS = ("business", "entertainment", "politics", "science-and-technology", "sport")
ARTICLES = 5
EVERY_BRIEF = 12


def script(name: str) -> ModuleType:
    """A script of docs/, as a module."""
    spec = spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def small_corpus() -> list[frontmatter.Post]:
    """Five seed articles of each topic of the BBC corpus, in the order of their names."""
    found: dict[str, list[frontmatter.Post]] = {topic: [] for topic in TOPICS}
    for path in sorted((ROOT / "seeds" / "articles").glob("*.md")):
        article = frontmatter.load(str(path))
        if len(found.get(article["topic"], range(ARTICLES))) < ARTICLES:
            found[article["topic"]].append(article)
    return [article for articles in found.values() for article in articles]


def corpus_files() -> Iterator[tuple[str, str]]:
    """(path, text) of each article in the layout of the BBC corpus: the whole, and its second half."""
    for number, article in enumerate(small_corpus(), start=1):
        paragraphs = article.content.split("\n\n")
        half = len(paragraphs) // 2
        text = "\n\n".join([article["title"], *paragraphs])
        yield f"{article['topic']}/{number:03}.txt", text
        yield f"{article['topic']}/{number + 100:03}.txt", "\n\n".join([article["title"], *paragraphs[half:]])
    yield f"{article['topic']}/900.txt", text  # an exact duplicate
    yield f"{article['topic']}/901.txt", text.replace("the", "this", 1)  # a near one


def summaries() -> Iterator[dict[str, str]]:
    """A summary of each article of the small corpus, as the seed article has it."""
    for number, article in enumerate(small_corpus(), start=1):
        for twin in (number, number + 100):
            yield {"id": f"{article['topic']}/{twin:03}", "summary": article["summary"]}


def judged() -> Iterator[dict[str, object]]:
    """Sentences with verdicts, in pieces: what the summaries say, and what those of the next article say."""
    rows = list(summaries())
    for row, other in zip(rows, rows[2:] + rows[:2], strict=True):
        for text, verdict in ((row["summary"], "ok"), (other["summary"], "grave")):
            yield {"id": row["id"], "pieces": [text.split(". ")[0] + "."], "verdict": verdict, "source": "draft"}


def make_wheel(folder: Path, name: str, files: Mapping[str, str | bytes]) -> Path:
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
    briefs = list(read_jsonl(ROOT / "seeds" / "briefs.jsonl"))[::EVERY_BRIEF]
    write_jsonl(folder / "seeds" / "briefs.jsonl", briefs)
    corpus = {f"data/{path}": text for path, text in corpus_files()}
    tiny = save_bert(folder / "tiny-encoder")
    encoder = {f"model/{name}": (tiny / name).read_bytes() for name in FILES}
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["fetch"] = {
        "distributions": [
            _distribution(folder, "smallcorpus", corpus, "data", "corpus"),
            _distribution(folder, "smallencoder", encoder, "model", Path(params["train"]["embeddings"]).name),
        ]
    }
    params["clean"] |= {"validation_share": 0.2, "test_share": 0.2}
    params["train"] |= {"least_articles": 1}
    params["adapt"] |= {"rank": 2, "passes": 0.2, "headlines": 2, "validation_articles": 1, "checks": 1}
    params["summarise"] |= {"model": str(save_llama(folder / "tiny")), "prompt_tokens": 200, "write_tokens": 24}
    params["summarise"] |= {"copy_penalties": [0, 2], "least_support": 0.0}
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    environment = offline(folder / "wheels")
    for command in (["git", "init", "-q"], ["dvc", "init", "-q"], ["dvc", "config", "core.analytics", "false"]):
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    shutil.copytree(ROOT / ".dvc" / "plots", folder / ".dvc" / "plots")
    return environment


def _distribution(folder: Path, name: str, files: Mapping[str, str | bytes], take: str, to: str) -> dict[str, str]:
    """A wheel made in `folder`, as params.yaml names it."""
    wheel = make_wheel(folder / "wheels", name, files)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return {"name": name, "version": "1.0.0", "sha256": digest, "take": take, "to": to}


def bring_committed_reports(folder: Path) -> None:
    """What stages `ground` and `screen`, which stay frozen, have written."""
    for name in ("reports/grounding.json", "reports/orders.json", "reports/plots/trade.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)


def remove_empty_lock(folder: Path) -> None:
    """What `make repro` does before it calls DVC, which may have been killed while it wrote that file."""
    lock = folder / ".dvc" / "tmp" / "rwlock"
    if lock.exists() and not lock.stat().st_size:
        lock.unlink()


def repro(folder: Path, environment: dict[str, str]) -> str:
    """What `dvc repro` says."""
    remove_empty_lock(folder)
    done = subprocess.run(["dvc", "repro"], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
