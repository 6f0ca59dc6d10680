"""Bring about what goes wrong on real machines, and count what is lost; writes reports/benchmarks/faults.json.

    python benchmarks/faults.py                                     # all kinds, under a quarter of an hour on two cores
    python benchmarks/faults.py --kind "kill predict" --kills 3     # one kind, shorter

`dvc repro` is that of the small project of tests/small_run.py, `predict` has the real models and articles of the
corpus, each made another one by a number in it. A try is

- answered, if it ended, or was gone on with by the same command, and what is there is byte for byte what an undisturbed
  run of the same articles writes;
- refused, if it said in one line what is wrong, without a traceback, and once that was mended ended as above;
- unclear, if neither.

Lost rows and torn files are counted at the end of each try: rows of the undisturbed run that are in no file, and files
that differ from its files, are missing, or were left over. A disk is a tmpfs, full or read-only, which root alone can
mount: as another user those tries are left out, and the table says so. It runs on Linux.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import click

from pipeline.articles import read_articles
from pipeline.files import write_json, write_jsonl, write_text
from pipeline.manifest import NAME
from pipeline.run_facts import processor

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests"))
from small_run import bring_committed_reports, prepare, remove_empty_lock  # noqa: E402

OUT = ROOT / "reports" / "benchmarks" / "faults.json"
ARTICLES = 5000
SHARD_ROWS = 250
# Of the other tries; with summaries, fewer.
FEW_ARTICLES, FEW_SUMMARIES = 240, 48
# Kills fall into so much of the time that an undisturbed run takes: the next run goes on from there.
PREDICT_SHARE, SUMMARIES_SHARE, REPRO_SHARE = 0.12, 0.5, 0.35
# Address space in MB under which summaries are tried; below some 2,500 the models themselves do not fit.
LIMITS_MB = (4500, 3500, 2500)
# A clock that goes back by ten seconds whenever it is read; the modules of a run are loaded after it.
BACKWARDS = """
import time
_now = time.time()
def _earlier():
    global _now
    _now -= 10
    return _now
time.time, time.time_ns = _earlier, lambda: int(_earlier() * 1e9)
"""

COLUMNS = ("tried", "answered", "refused", "unclear", "lost_rows", "torn_files")

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended."""

    status: int
    stderr: str

    @property
    def message(self) -> str | None:
        """What it said, in a line that tells an error; None after a traceback, or where there is no such line."""
        lines = [line for line in self.stderr.splitlines() if line.startswith(("Error: ", "ERROR: "))]
        return None if "Traceback" in self.stderr or not lines else lines[0]


@dataclass(frozen=True, slots=True)
class Try:
    """What became of one try: `refusal` is its message, or "" if it was answered, None if it is unclear."""

    refusal: str | None
    lost_rows: int
    torn_files: int


def tried(first: Ended, expected: Files, found: Files, allowed: Iterable[int] = (0, 1)) -> Try:
    """A try from how its first run ended, and what is there in the end; a row without an answer makes status 1."""
    lost, torn = harm(expected, found)
    if first.message:
        return Try(first.message, lost, torn)
    is_answered = first.status in allowed and "Traceback" not in first.stderr and not (lost or torn)
    return Try("" if is_answered else None, lost, torn)


def harm(expected: Files, found: Files) -> tuple[int, int]:
    """How many rows of the expected files are in no file that was found, and how many files are not as expected.

    >>> harm({"a": b"1\\n2\\n", "b": b"3\\n"}, {"a": b"1\\n", "b": b"3\\n", "left": b""})
    (1, 2)
    """
    rows = Counter(line for content in expected.values() for line in content.splitlines())
    rows.subtract(Counter(line for content in found.values() for line in content.splitlines()))
    torn = [name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)]
    return sum(count for count in rows.values() if count > 0), len(torn)


def contents(*paths: Path) -> Files:
    """Every file of some folders, by its path from the folder that holds them."""
    files = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*")))]
    return {str(file.relative_to(paths[0].parent)): file.read_bytes() for file in files if file.is_file()}


def ended(command: list[str], cwd: Path, environment: dict[str, str], stdout: Any = subprocess.DEVNULL) -> Ended:
    """Run a command to its end."""
    done = subprocess.run(command, cwd=cwd, env=environment, stdout=stdout, stderr=subprocess.PIPE, text=True)
    return Ended(done.returncode, done.stderr)


def killed(command: list[str], cwd: Path, environment: dict[str, str], seconds: float) -> bool:
    """Kill a command with all its children after so many seconds; False if it had ended by then."""
    quiet = subprocess.DEVNULL
    running = subprocess.Popen(command, cwd=cwd, env=environment, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        running.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        return True
    return False


@contextmanager
def disk(folder: Path, options: str) -> Iterator[None]:
    """A disk of its own at a folder: a tmpfs with these options, such as `size=64k` or `ro`."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=True, capture_output=True)  # noqa: S607
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S607


def remount(folder: Path, options: str) -> None:
    """Change a disk."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)  # noqa: S607


class Bench:
    """A folder to work in, and what undisturbed runs write."""

    def __init__(self, folder: Path, models: Path, articles: Path, kills: int, seed: int) -> None:
        self.folder, self.models, self.articles, self.kills = folder, models.resolve(), articles, kills
        self.random = random.Random(seed)  # noqa: S311 - moments, not secrets
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "TQDM_DISABLE": "1"}
        self.timed: dict[str, float] = {}

    def new(self, name: str) -> Path:
        """A path in the folder that there is nothing at."""
        return next(path for number in range(10_000) if not (path := self.folder / f"{name}-{number}").exists())

    def collection(self, number: int) -> Path:
        """A table of so many articles of the corpus, none twice."""
        path = self.folder / f"{number}.jsonl"
        if not path.exists():
            articles = list(read_articles(self.articles))
            rows = (
                {"id": row, "text": f"{articles[row % len(articles)].article.whole}\n\nThis is report {row}."}
                for row in range(number)
            )
            write_jsonl(path, rows)
        return path

    def predict(self, number: int, *more: str | Path, models: Path | None = None) -> list[str]:
        """The command that answers for so many articles."""
        words = [sys.executable, "-m", "pipeline", "predict", self.collection(number), "--models"]
        return [*map(str, [*words, models or self.models, *more])]

    def sharded(self, number: int, folder: Path, *more: str, models: Path | None = None) -> list[str]:
        """The same, into shards, gone on with."""
        rows = str(SHARD_ROWS if number == ARTICLES else max(8, number // 6))
        return self.predict(number, "--into", folder, "--resume", "--shard-rows", rows, *more, models=models)

    def run(self, command: list[str], **changes: str) -> Ended:
        """Run a command of the package to its end."""
        return ended(command, ROOT, self.environment | changes)

    def undisturbed(self, number: int, *more: str) -> Files:
        """The folder that a run writes with which nothing interferes."""
        name = " ".join(["undisturbed", str(number), *more])
        folder = self.folder / name / "answers"
        if name not in self.timed:
            begun = time.monotonic()
            done = self.run(self.sharded(number, folder, *more), XDG_CACHE_HOME=str(self.new("cache")))
            if done.status not in (0, 1):
                raise click.ClickException(f"an undisturbed run failed: {done.stderr}")
            self.timed[name] = time.monotonic() - begun
        return contents(folder)

    def seconds(self, number: int, *more: str) -> float:
        """How long that run took."""
        self.undisturbed(number, *more)
        return self.timed[" ".join(["undisturbed", str(number), *more])]

    @cached_property
    def copied_models(self) -> Path:
        """The models at another place, to be taken away."""
        for name in ("topics", "summariser"):
            shutil.copytree(self.models / name, self.folder / "models" / name)
        return self.folder / "models"

    # The small project, in which `dvc repro` runs.

    @cached_property
    def project(self) -> tuple[Path, dict[str, str]]:
        """A project before its first run; stage `adapt` has run and is frozen, as in the repository."""
        folder = self.folder / "project"
        folder.mkdir()
        environment = prepare(folder) | {"XDG_CACHE_HOME": str(self.folder / "cache of the project")}
        done = ended(["dvc", "repro", "adapt"], folder, environment)
        if done.status:
            raise click.ClickException(f"the small project cannot be run: {done.stderr}")
        shutil.copy(ROOT / "dvc.yaml", folder / "dvc.yaml")
        for path in (folder / "data", folder / "reports", folder / ".dvc" / "cache", folder / ".dvc" / "tmp"):
            shutil.rmtree(path)
        (folder / "dvc.lock").unlink()
        bring_committed_reports(folder)
        return folder, environment

    def copy(self, folder: Path) -> Path:
        """A copy of that project, at `folder`."""
        return Path(shutil.copytree(self.project[0], folder, symlinks=True, dirs_exist_ok=True))

    def repro(self, project: Path, **changes: str) -> Ended:
        """`dvc repro` to its end, as `make repro` calls it."""
        remove_empty_lock(project)
        return ended(["dvc", "repro"], project, self.project[1] | changes)

    @cached_property
    def reproduced(self) -> tuple[Files, float]:
        """What an undisturbed `dvc repro` makes, and how many seconds it takes."""
        project, begun = self.copy(self.new("undisturbed project")), time.monotonic()
        done = self.repro(project)
        if done.status:
            raise click.ClickException(f"an undisturbed `dvc repro` failed: {done.stderr}")
        return made(project), time.monotonic() - begun


def made(project: Path) -> Files:
    """All that `dvc repro` makes in a project, but for DVC's lists of what git is to ignore.

    From these it takes the outputs of stages that were done when a later one fails; a repository that lists its
    outputs itself, as this one does, needs none of them.
    """
    found = contents(project / "dvc.lock", project / "data", project / "models", project / "reports")
    return {name: content for name, content in found.items() if Path(name).name != ".gitignore"}


def chain(
    kills: int, new: Callable[[], Path], attempt: Callable[[Path], bool], finish: Callable[[Path], Try]
) -> list[Try]:
    """Begin, kill and go on until there were so many kills; a run that ends before is finished, and another begun.

    All kills of a run share what became of it; its lost rows and torn files count once.
    """
    tries: list[Try] = []
    while len(tries) < kills:
        place, since = new(), 0
        while len(tries) + since < kills and attempt(place):
            since += 1
        found = finish(place)
        tries += [found, *[Try(found.refusal, 0, 0)] * (since - 1)][:since]
    return tries


def kill_predict(bench: Bench) -> list[Try]:
    """5,000 articles, topics alone."""
    return _killed_predict(bench, bench.kills, ARTICLES, "--no-summary")


def kill_summaries(bench: Bench) -> list[Try]:
    """With summaries; all runs share one cache of summaries."""
    return _killed_predict(bench, max(1, bench.kills // 3), 2 * FEW_SUMMARIES)


def _killed_predict(bench: Bench, kills: int, number: int, *more: str) -> list[Try]:
    expected, share = bench.undisturbed(number, *more), PREDICT_SHARE if number == ARTICLES else SUMMARIES_SHARE
    seconds = share * bench.seconds(number, *more)

    def attempt(folder: Path) -> bool:
        command = bench.sharded(number, folder, *more)
        return killed(command, ROOT, bench.environment, bench.random.uniform(0, seconds))

    def finish(folder: Path) -> Try:
        return tried(bench.run(bench.sharded(number, folder, *more)), expected, contents(folder))

    return chain(kills, lambda: bench.new("killed") / "answers", attempt, finish)


def kill_repro(bench: Bench) -> list[Try]:
    """The process group of `dvc repro`, with the stage that runs."""
    (expected, seconds), environment = bench.reproduced, bench.project[1]

    def attempt(project: Path) -> bool:
        return killed(["dvc", "repro"], project, environment, bench.random.uniform(0, REPRO_SHARE * seconds))

    def finish(project: Path) -> Try:
        return tried(bench.repro(project), expected, made(project), allowed=(0,))

    return chain(bench.kills, lambda: bench.copy(bench.new("killed project")), attempt, finish)


def full_disk(bench: Bench) -> list[Try]:
    """Shards of three formats on a disk that is full before the end, then has room."""
    tries = []
    for form in ("jsonl", "csv.gz", "parquet"):
        more = ("--no-summary", "--shards", form)
        expected, place = bench.undisturbed(FEW_ARTICLES, *more), bench.new("disk")
        size = int(bench.random.uniform(0.2, 0.9) * sum(map(len, expected.values())))
        with disk(place, f"size={size}"):
            command = bench.sharded(FEW_ARTICLES, place / "answers", *more)
            first = bench.run(command)
            remount(place, "size=64m")
            bench.run(command)
            tries.append(tried(first, expected, contents(place / "answers"), allowed=()))
    return tries


def full_disk_repro(bench: Bench) -> list[Try]:
    """`dvc repro` on a disk that is full before the end, then has room."""
    expected, tries = bench.reproduced[0], []
    for share in (0.3, 1.2):  # DVC keeps each output a second time
        place = bench.new("disk")
        with disk(place, "size=1g"):
            bench.copy(place / "project")
            used = shutil.disk_usage(place).used
            remount(place, f"size={used + int(share * sum(map(len, expected.values())))}")
            first = bench.repro(place / "project")
            remount(place, "size=1g")
            bench.repro(place / "project")
            tries.append(tried(first, expected, made(place / "project"), allowed=()))
    return tries


def full_stdout(bench: Bench) -> list[Try]:
    """Answers on a stdout that takes nothing; the same command to a file then gives all."""
    shards = {name: content for name, content in bench.undisturbed(FEW_SUMMARIES).items() if "shard-" in name}
    expected = {"stdout": b"".join(content for _, content in sorted(shards.items()))}
    with Path("/dev/full").open("wb") as full:
        first = ended(bench.predict(FEW_SUMMARIES), ROOT, bench.environment, stdout=full)
    with (path := bench.new("stdout")).open("wb") as file:
        ended(bench.predict(FEW_SUMMARIES), ROOT, bench.environment, stdout=file)
    return [tried(first, expected, {"stdout": path.read_bytes()}, allowed=())]


def full_cache(bench: Bench) -> list[Try]:
    """A disk for the cache of summaries that is full from the start, or soon: the cache gives way, the run goes on."""
    expected, tries = bench.undisturbed(FEW_SUMMARIES), []
    for size in ("16k", "150k"):
        place = bench.new("disk")
        with disk(place, f"size={size}"):
            folder = bench.new("full cache") / "answers"
            first = bench.run(bench.sharded(FEW_SUMMARIES, folder), XDG_CACHE_HOME=str(place))
            tries.append(tried(first, expected, contents(folder)))
    return tries


def read_only(bench: Bench) -> list[Try]:
    """A new folder, and one that was begun, on a disk that is mounted read-only, then may be written."""
    more, tries = ("--no-summary",), []
    expected = bench.undisturbed(FEW_ARTICLES, *more)
    for is_begun in (False, True):
        place = bench.new("disk")
        with disk(place, "size=64m"):
            command = bench.sharded(FEW_ARTICLES, place / "answers", *more)
            if is_begun:
                begun(place, expected)
            remount(place, "ro")
            first = bench.run(command)
            remount(place, "rw")
            bench.run(command)
            tries.append(tried(first, expected, contents(place / "answers"), allowed=()))
    return tries


def begun(folder: Path, whole: Files) -> None:
    """A run that was killed behind its first shard: the manifest knows of no other."""
    for name, content in whole.items():
        known = b"".join(content.splitlines(keepends=True)[:2]) if Path(name).name == NAME else content
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(known)


def two_at_once(bench: Bench) -> list[Try]:
    """Two runs into one folder: the second is refused, the first undisturbed."""
    folder, more = bench.new("two") / "answers", ("--no-summary",)
    expected = bench.undisturbed(FEW_ARTICLES, *more)
    command = bench.sharded(FEW_ARTICLES, folder, *more)
    first, second = _beside(bench, command, command)
    return [tried(ending, expected, contents(folder)) for ending in (first, second)]


def two_share_a_cache(bench: Bench) -> list[Try]:
    """Two runs with summaries that share a cache which is new, each into its own folder."""
    expected, cache = bench.undisturbed(FEW_SUMMARIES), str(bench.new("shared cache"))
    folders = [bench.new(name) / "answers" for name in ("one", "other")]
    endings = _beside(bench, *(bench.sharded(FEW_SUMMARIES, folder) for folder in folders), XDG_CACHE_HOME=cache)
    return [tried(ending, expected, contents(folder)) for ending, folder in zip(endings, folders, strict=True)]


def two_repros(bench: Bench) -> list[Try]:
    """Two `dvc repro` of one project: one does not begin, or finds all done."""
    (expected, seconds), project = bench.reproduced, bench.copy(bench.new("two projects"))
    with _running(["dvc", "repro"], project, bench.project[1]) as first:
        time.sleep(0.2 * seconds)
        second = bench.repro(project)
    bench.repro(project)
    return [tried(ending, expected, made(project), allowed=(0,)) for ending in (first(), second)]


def clock_backwards(bench: Bench) -> list[Try]:
    """A clock that goes back by ten seconds whenever Python reads it: predict with and without summaries, dvc repro."""
    folder = bench.new("clock")
    write_text(folder / "sitecustomize.py", BACKWARDS)
    tries = []
    for number, more in ((FEW_ARTICLES, ("--no-summary",)), (FEW_SUMMARIES, ())):
        answers = bench.new("late") / "answers"
        done = bench.run(bench.sharded(number, answers, *more), PYTHONPATH=str(folder))
        tries.append(tried(done, bench.undisturbed(number, *more), contents(answers)))
    project = bench.copy(bench.new("late project"))
    done = bench.repro(project, PYTHONPATH=str(folder))
    return [*tries, tried(done, bench.reproduced[0], made(project), allowed=(0,))]


def model_removed(bench: Bench) -> list[Try]:
    """The folder of the models goes away at a random moment, then is put back; with and without summaries."""
    tries = []
    for number, more in ((FEW_ARTICLES, ("--no-summary",)), (FEW_SUMMARIES, ("--no-cache",))):
        expected, seconds = bench.undisturbed(number, *more), bench.seconds(number, *more)
        for _ in range(max(1, bench.kills // 15)):
            models, folder = bench.copied_models, bench.new("removed") / "answers"
            command = bench.sharded(number, folder, *more, models=models)
            with _running(command, ROOT, bench.environment) as first:
                time.sleep(bench.random.uniform(0, seconds))
                away = models.rename(models.with_name("away"))
            away.rename(models)
            bench.run(command)
            tries.append(tried(first(), expected, contents(folder)))
    return tries


def little_memory(bench: Bench) -> list[Try]:
    """Summaries under a limit of the process's memory (`ulimit -v`), then without it."""
    expected, tries = bench.undisturbed(FEW_SUMMARIES, "--no-cache"), []
    for limit in LIMITS_MB:
        folder = bench.new("little memory") / "answers"
        command = bench.sharded(FEW_SUMMARIES, folder, "--no-cache")
        first = bench.run(["prlimit", f"--as={limit * 1_000_000}", *command])
        bench.run(command)
        tries.append(tried(first, expected, contents(folder)))
    return tries


@contextmanager
def _running(command: list[str], cwd: Path, environment: dict[str, str]) -> Iterator[Callable[[], Ended]]:
    """A command that runs beside the block, which waits for its end; what is yielded then tells how it ended."""
    quiet = subprocess.DEVNULL
    with TemporaryFile("w+") as said:
        running = subprocess.Popen(command, cwd=cwd, env=environment, stdout=quiet, stderr=said)
        ends: list[Ended] = []
        yield lambda: ends[0]
        status = running.wait()
        said.seek(0)
        ends.append(Ended(status, said.read()))


def _beside(bench: Bench, one: list[str], other: list[str], **changes: str) -> tuple[Ended, Ended]:
    """Two commands at the same time, the second begun a moment later."""
    with _running(one, ROOT, bench.environment | changes) as first:
        time.sleep(1)
        second = bench.run(other, **changes)
    return first(), second


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault, and whether it takes a disk of its own."""

    fault: str
    run: Callable[[Bench], list[Try]]
    needs_disk: bool = False


KINDS = {
    "kill repro": Kind("`dvc repro` killed (`kill -9`)", kill_repro),
    "kill predict": Kind("`predict` of 5,000 articles killed", kill_predict),
    "kill summaries": Kind("`predict` with summaries killed", kill_summaries),
    "full disk": Kind("disk full, shards", full_disk, needs_disk=True),
    "full disk repro": Kind("disk full, `dvc repro`", full_disk_repro, needs_disk=True),
    "full stdout": Kind("disk full, stdout", full_stdout),
    "full cache": Kind("disk full, cache of summaries", full_cache, needs_disk=True),
    "read-only": Kind("folder read-only", read_only, needs_disk=True),
    "two runs": Kind("two runs into one folder", two_at_once),
    "shared cache": Kind("two runs with one cache of summaries", two_share_a_cache),
    "two repros": Kind("two `dvc repro` at once", two_repros),
    "clock": Kind("clock goes backwards", clock_backwards),
    "model": Kind("models removed while running", model_removed),
    "memory": Kind("too little memory", little_memory),
}


def row(kind: Kind, bench: Bench) -> dict[str, Any]:
    """What came of a kind of fault."""
    if kind.needs_disk and os.geteuid():
        return {"fault": kind.fault, "tried": 0, "why_not": "a disk can be mounted by root alone"}
    tries = kind.run(bench)
    return {
        "fault": kind.fault,
        "tried": len(tries),
        "answered": sum(each.refusal == "" for each in tries),
        "refused": sum(bool(each.refusal) for each in tries),
        "unclear": sum(each.refusal is None for each in tries),
        "lost_rows": sum(each.lost_rows for each in tries),
        "torn_files": sum(each.torn_files for each in tries),
        "messages": sorted({each.refusal.replace(str(bench.folder), "...") for each in tries if each.refusal}),
    }


def told(found: dict[str, Any]) -> str:
    """A row for the terminal."""
    if not found["tried"]:
        return f"{found['fault']:40} not tried: {found['why_not']}"
    figures = "  ".join(f"{found[key]:3} {key.replace('_', ' ')}" for key in COLUMNS)
    return f"{found['fault']:40} {figures}"


@click.command()
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(KINDS)), help="All, if none is named.")
@click.option("--kills", default=30, show_default=True, help="Of `dvc repro`, and of `predict`; other tries in ratio.")
@click.option("--models", default="models", show_default=True, type=click.Path(path_type=Path))
@click.option("--articles", default="data/clean/articles.jsonl", show_default=True, type=click.Path(path_type=Path))
@click.option("--seed", default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help=f"{OUT.relative_to(ROOT)}, where all kinds are run.")
def main(kinds: tuple[str, ...], kills: int, models: Path, articles: Path, seed: int, out: Path | None) -> None:
    """Bring about each kind of fault, and count what is answered, refused, lost and torn."""
    machine = {"processor": processor(), "processors": os.cpu_count(), "kills": kills, "seed": seed}
    found: list[dict[str, Any]] = []
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), models, articles, kills, seed)
        for name in kinds or KINDS:
            begun = time.monotonic()
            found.append(row(KINDS[name], bench))
            click.echo(f"{told(found[-1])}  {time.monotonic() - begun:4.0f} s")
            for message in found[-1].get("messages", ()):
                click.echo(f"    {message}")
            if out or not kinds:
                write_json(out or OUT, machine | {"faults": found})
    sys.exit(any(each.get("unclear") or each.get("lost_rows") or each.get("torn_files") for each in found))


if __name__ == "__main__":
    main()
