"""What a report was made from: data, models, parameters, versions, engine and machine."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pipeline.articles import SummarisedArticle
from pipeline.cards import CARD
from pipeline.files import sha256_of

PACKAGES = ("scikit-learn", "torch", "openvino", "transformers", "trafilatura", "sentencex", "rouge-score")


def run_facts(files: Sequence[Path], models: Path, summaries: Sequence[SummarisedArticle]) -> dict[str, dict[str, str]]:
    """Facts by group, for people: the hashes of some `files`, the saved models, what wrote the summaries and where."""
    facts = {"Files (SHA-256)": {path.name: sha256_of(path) for path in files}}
    for name in ("topics", "summariser"):
        card = json.loads((models / name / CARD).read_text(encoding="utf-8"))
        facts[f"Model: {name}"] = _model(card)
    engines = sorted({summary.engine for summary in summaries if summary.engine})
    facts["Software and machine"] = {
        "engine of the summariser": "; ".join(engines) or "not recorded",
        "versions": ", ".join(
            [f"Python {platform.python_version()}", *(f"{name} {_version(name)}" for name in PACKAGES)]
        ),
        "machine": f"{processor()}, {os.cpu_count()} processors, {platform.system()} {platform.machine()}",
    }
    return facts


def _model(card: Mapping[str, Any]) -> dict[str, str]:
    """Hashes of the weights and the settings that a model was saved with."""
    weights = {f"{file} (SHA-256)": digest for file, digest in card["files"].items() if file.endswith(".safetensors")}
    settings = {
        f"settings: {key}": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in card["settings"].items()
    }
    return weights | settings


def _version(package: str) -> str:
    """The installed version; OpenVINO may be left out."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def processor() -> str:
    """What the processor is called, as far as the system tells."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unnamed processor")
