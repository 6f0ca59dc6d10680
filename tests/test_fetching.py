"""Fetching: checked, contained, and clear when it cannot be done."""

import hashlib

import pytest
from small_run import make_wheel, offline

from pipeline.fetching import Distribution, fetch
from pipeline.records import StageError


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """A folder that stands for the package registry."""
    for key, value in offline(tmp_path / "wheels").items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "wheels"


def distribution(wheel, **changes) -> Distribution:
    facts = {"name": "sample", "version": "1.0.0", "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()}
    return Distribution(**{**facts, "take": "data", "to": "corpus", **changes})


def test_only_the_data_is_unpacked(registry, tmp_path):
    wheel = make_wheel(registry, "sample", {"data/sport/1.txt": "It rained.", "data.py": "raise SystemExit"})
    into = tmp_path / "out"
    into.mkdir()
    fetch(distribution(wheel), into)
    assert [str(path.relative_to(into)) for path in into.rglob("*") if path.is_file()] == ["corpus/sport/1.txt"]


def test_a_wrong_hash_is_refused_by_name(registry, tmp_path):
    wheel = make_wheel(registry, "sample", {"data/1.txt": "It rained."})
    with pytest.raises(StageError, match=r"sample==1\.0\.0 could not be fetched in 3 attempts: its SHA-256 is"):
        fetch(distribution(wheel, sha256="0" * 64), tmp_path)


def test_a_registry_that_has_it_not_is_said(registry, tmp_path):
    wheel = make_wheel(registry, "sample", {"data/1.txt": "It rained."})
    with pytest.raises(StageError, match=r"(?s)sample==9\.9.*No matching distribution.*PIP_INDEX_URL.*PIP_FIND_LINKS"):
        fetch(distribution(wheel, version="9.9"), tmp_path)


def test_a_wheel_without_the_data_is_said(registry, tmp_path):
    wheel = make_wheel(registry, "sample", {"other/1.txt": "It rained."})
    with pytest.raises(StageError, match="holds nothing under 'data'"):
        fetch(distribution(wheel), tmp_path)


def test_a_path_that_leaves_the_folder_is_refused(registry, tmp_path):
    wheel = make_wheel(registry, "sample", {"data/../../../evil.txt": "It rained."})
    into = tmp_path / "deep" / "out"
    into.mkdir(parents=True)
    with pytest.raises(StageError, match="leads out of the folder: refused"):
        fetch(distribution(wheel), into)
    assert not (tmp_path / "evil.txt").exists()
