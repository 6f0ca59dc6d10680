"""Fuzz each target in turn, or repeat a find.

python -m fuzzing               all targets, for SECONDS in all (600)
python -m fuzzing TARGET FILE   what a target says of one input
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from fuzzing.seeds import dictionary_of, seeds_of
from fuzzing.targets import TARGETS

ROOT = Path(__file__).parent.parent
WORK = ROOT / "data" / "fuzz"
SECONDS = 600
# Of one input: a page of 5 MB may take 30 seconds (SECURITY.md), one of 20 kB none of that.
MOST_INPUT_BYTES = 20_000
MOST_INPUT_SECONDS = 10
MOST_MEMORY_MB = 2000
# What libFuzzer says of itself at the end: branches seen, their features, inputs kept.
_COUNTS = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")
_RUNS = re.compile(r"^Done (\d+) runs|^#(\d+)\s", re.MULTILINE)


def fuzz(target: str, seconds: int) -> list[Path]:
    """The inputs that broke a target, or took too long or too much memory; what was tried is printed."""
    corpus, finds = WORK / target / "corpus", WORK / target / "finds"
    for folder in (corpus, finds):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds_of(target)):
        (corpus / f"seed-{number:02}").write_bytes(seed)
    words, log = WORK / target / "words", WORK / target / "log"
    words.write_text(dictionary_of(target), encoding="ascii")
    before = _written(finds)
    options = {
        "max_total_time": seconds,
        "max_len": MOST_INPUT_BYTES,
        "timeout": MOST_INPUT_SECONDS,
        "rss_limit_mb": MOST_MEMORY_MB,
        "artifact_prefix": f"{finds}/",
        "dict": words,
        "seed": 1,
    }
    command = [sys.executable, "-m", "fuzzing.one", target, *(f"-{key}={value}" for key, value in options.items())]
    with log.open("wb") as out:
        ended = subprocess.run([*command, corpus], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, check=False)
    said = log.read_text(encoding="utf-8", errors="replace")
    print(f"{target}: {_told(said)}", flush=True)
    # A find that was not mended is written anew, under the name that it has.
    found = sorted(path for path, _ in _written(finds) - before)
    if ended.returncode and not found:
        sys.exit(f"{target} did not run; {log.relative_to(ROOT)} ends with:\n{said[-2000:]}")
    return found


def _written(folder: Path) -> set[tuple[Path, int]]:
    """The files of a folder, each with the time of its writing."""
    return {(path, path.stat().st_mtime_ns) for path in folder.iterdir()}


def _told(said: str) -> str:
    runs, counts = _RUNS.findall(said), _COUNTS.findall(said)
    if not counts:
        return "broken by an input that it began with"
    branches, features, kept = counts[-1]
    return f"{''.join(runs[-1])} inputs tried, {branches} branches, {features} features, {kept} inputs kept"


def main(arguments: list[str]) -> int:
    """Fuzz, or repeat a find; the exit status is 1 where something broke."""
    if arguments:
        target, path = arguments
        TARGETS[target](Path(path).read_bytes())
        return 0
    seconds = max(1, int(os.environ.get("SECONDS", SECONDS)) // len(TARGETS))
    finds = {find: target for target in TARGETS for find in fuzz(target, seconds)}
    for find, target in finds.items():
        path = find.relative_to(ROOT)
        print(f"{path}\n  repeat: python -m fuzzing {target} {path}\n  mend, then keep it: tests/finds/{target}/")
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
