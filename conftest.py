"""Fixtures of all tests and doctests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "tests"))


@pytest.fixture(scope="session", autouse=True)
def user_cache(tmp_path_factory):
    """The cache of summaries is not that of the user who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    """A folder in which the whole pipeline has run once, small."""
    from small_run import prepare, repro

    folder = tmp_path_factory.mktemp("workspace")
    repro(folder, prepare(folder))
    return folder


@pytest.fixture(scope="session")
def predictor(workspace):
    """The models of the small run."""
    from pipeline import load

    return load(workspace / "models")


@pytest.fixture(autouse=True)
def doctest_models(request, doctest_namespace):
    """`MODELS` in the examples of the road: the models of the small run."""
    if isinstance(request.node, pytest.DoctestItem) and "predicting" in request.node.name:
        doctest_namespace["MODELS"] = request.getfixturevalue("workspace") / "models"
