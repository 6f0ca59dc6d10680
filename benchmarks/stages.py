"""Time each stage, all run anew one after the other: writes reports/benchmarks/stages.json, which the report shows.

Runs the commands of dvc.yaml in place, so that their outputs are made again (the same bytes); frozen stages are left
out. Seconds are those of the clock; processor seconds, of all processors together, tell less of what else ran.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import yaml

from pipeline.run_facts import processor

ROOT = Path(__file__).parent.parent
OUT = ROOT / "reports" / "benchmarks" / "stages.json"


def commands() -> dict[str, list[str]]:
    """What each stage that is not frozen runs, in the order of dvc.yaml."""
    corpus = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["corpus"]["path"]
    graph = (ROOT / "dvc.yaml").read_text(encoding="utf-8").replace("${corpus.path}", corpus)
    stages = yaml.safe_load(graph)["stages"]
    return {name: shlex.split(stage["cmd"]) for name, stage in stages.items() if not stage.get("frozen")}


def timed(command: list[str], environment: dict[str, str]) -> dict[str, float]:
    """How long a command takes."""
    before, begun = processor_seconds(), time.monotonic()
    subprocess.run([sys.executable, *command[1:]], cwd=ROOT, env=environment, check=True, stdout=sys.stderr)
    return {
        "seconds": round(time.monotonic() - begun, 1),
        "processor_seconds": round(processor_seconds() - before, 1),
    }


def processor_seconds() -> float:
    """What all commands so far have used."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Time every stage, with nothing in the cache of summaries."""
    found = {
        "processor": processor(),
        "processors": os.cpu_count(),
        "load_at_the_start": round(os.getloadavg()[0], 1),
    }
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "XDG_CACHE_HOME": cache}
        stages = {name: timed(command, environment) for name, command in commands().items()}
    OUT.write_text(json.dumps({**found, "stages": stages}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
