"""Workers of Ray: what they answer is what one process answers, whatever happens to them."""

import json
import os
import signal
import subprocess
import sys
from itertools import cycle
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_run import ROOT

from pipeline import openvino_engine, ray_workers
from pipeline.answering import command
from pipeline.answers import Answerer, Asked
from pipeline.manifest import NAME
from pipeline.ray_workers import ALONE, QUIET, RayError, Worker, crew
from pipeline.reading import Page, read_pages
from pipeline.records import ModelError, StageError
from pipeline.sharding import Target, opened, write_shards
from pipeline.stopping import Stopped
from pipeline.threads import openvino_core

ARTICLES = list(read_pages("seeds/articles"))[:80]


class Stumbling(Worker):
    """Dies of a page once, if its text names a file that is not there yet; each time, if it says so."""

    def answer(self, batch):
        for page in batch:
            mark = Path(page.text.removeprefix("dies once: "))
            if page.text == "dies" or (page.text.startswith("dies once: ") and not mark.exists()):
                if page.text != "dies":
                    mark.touch()
                os._exit(1)
        return super().answer(batch)


class Unlucky(Worker):
    """Fails, as its first page says, on the machine that its last page names."""

    def answer(self, batch):
        import ray

        if batch[-1].text == ray.get_runtime_context().get_node_id():
            if batch[0].text == "dies":
                os._exit(1)
            raise ModelError("a model could not be run: free memory")
        return super().answer(batch)


class Refusing(Worker):
    def answer(self, batch):
        raise StageError("the disk of this worker is full: make room")


@pytest.fixture(scope="module")
def cluster():
    """A cluster of Ray with one node, on this machine alone."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (QUIET | ALONE).items():
            patch.setenv(name, value)
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]))
        from ray.cluster_utils import Cluster

        started = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        yield started
        started.shutdown()


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Articles as a table, with rows that cannot be read and one that is no article among them."""
    path = tmp_path_factory.mktemp("collection") / "news.jsonl"
    rows = [json.dumps({"id": page.source, "text": page.text}) for page in ARTICLES * 5]
    rows[1:1], rows[100:100] = ['{"id": "none"}', '{"text": "Menu"}'], ["broken"]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def words(workspace, path, folder, *more):
    models = str(workspace / "models")
    return [path, "--models", models, "--no-summary", "--into", str(folder), "--shard-rows", "70", "--resume", *more]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def expected(workspace, collection, tmp_path_factory):
    folder = tmp_path_factory.mktemp("expected") / "answers"
    done = CliRunner().invoke(command, words(workspace, collection, folder))
    assert "403 rows in 6 shards, 8 of them without an answer" in done.stderr
    return contents(folder)


def written(folder, workers, pages, settings) -> dict[str, bytes]:
    with opened(Target(folder, most_rows=150), settings) as manifest:
        for _ in write_shards(manifest, Target(folder, most_rows=150), pages, workers.answered):
            pass
    return contents(folder)


def test_begun_here_and_gone_on_with_on_ray_the_folder_is_that_of_an_undisturbed_run(
    workspace, collection, expected, cluster, tmp_path
):
    folder = tmp_path / "answers"
    folder.mkdir()
    for name, content in expected.items():
        (folder / name).write_bytes(content)
    lines = expected[NAME].splitlines(keepends=True)
    (folder / NAME).write_bytes(b"".join(lines[:2]) + lines[2][:40])  # as a kill in the second shard leaves it
    on_ray = words(workspace, collection, folder, "--engine", "ray", "--address", cluster.address)
    done = CliRunner().invoke(command, on_ray)
    assert done.exit_code == 1, done.output
    assert done.stderr.startswith(f"{folder}: 70 rows are done\n")
    assert contents(folder) == expected


def test_stopped_on_ray_and_gone_on_with_here_the_folder_is_that_of_an_undisturbed_run(
    workspace, collection, expected, tmp_path
):
    """Ctrl-C reaches the driver and, as on a terminal, all that it has started on this machine."""
    folder = tmp_path / "answers"
    running = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "predict", *words(workspace, collection, folder, "--engine", "ray")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert "no column 'text'" in running.stderr.readline()  # the second row: the first batch is answered
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "Finishing the batch in hand" in said
    assert "Traceback" not in said
    CliRunner().invoke(command, words(workspace, collection, folder))
    assert contents(folder) == expected


def test_a_node_is_killed_half_way(workspace, cluster, tmp_path):
    """The run goes on without it: the same bytes as here, no row lost or doubled."""
    node = cluster.add_node(num_cpus=1)
    asked = Asked(workspace / "models", summarise=False)
    said, answered, both, killed_at = [], [], [], []

    def pages():
        for number, page in enumerate(cycle(ARTICLES)):
            if killed_at and number > killed_at[0] + 300:
                return
            yield Page(f"news.jsonl:{number}", page.text)

    with crew(asked, cluster.address, said.append) as workers, opened(Target(tmp_path / "a"), {}) as manifest:
        for number, (page, _) in enumerate(write_shards(manifest, Target(tmp_path / "a"), pages(), workers.answered)):
            answered.append(page)
            both += [number] * (workers.ready == 2)
            if len(both) == 200:  # the second one has pages in hand
                cluster.remove_node(node, allow_graceful=False)
                killed_at.append(number)
    assert any("a worker was lost, others go on" in line for line in said)
    assert [page.source for page in answered] == [f"news.jsonl:{number}" for number in range(len(answered))]
    with opened(Target(tmp_path / "b"), {}) as manifest:
        list(write_shards(manifest, Target(tmp_path / "b"), answered, Answerer(asked).answered))
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_worker_dies_and_its_pages_are_answered_by_another(workspace, cluster, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(ray_workers, "Worker", Stumbling)
    asked, said = Asked(workspace / "models", summarise=False), []
    pages = [Page(page.source, page.text) for page in ARTICLES]
    pages[70] = Page("b.txt", f"dies once: {tmp_path / 'mark'}")
    with crew(asked, cluster.address, said.append) as workers:
        found = written(tmp_path / "a", workers, pages, workers.made_by())
    assert found == written(tmp_path / "b", Answerer(asked), pages, Answerer(asked).made_by())
    assert any("a worker was lost, others go on" in line for line in said)
    assert capsys.readouterr().out == ""  # where answers go


def test_a_page_that_kills_each_worker_is_named(workspace, cluster, monkeypatch):
    monkeypatch.setattr(ray_workers, "Worker", Stumbling)
    monkeypatch.setattr(ray_workers, "MOST_LOSSES", 2)
    asked, pages = Asked(workspace / "models", summarise=False), [Page("a.txt", "dies"), *ARTICLES[:3]]
    with (
        crew(asked, cluster.address, str) as workers,
        pytest.raises(RayError, match=f"2 workers were lost with the pages a.txt to {ARTICLES[2].source} in hand"),
    ):
        list(workers.answered([pages]))


@pytest.mark.parametrize("what", ["dies", "lacks memory"])
def test_one_machine_that_fails_stops_no_run(workspace, cluster, monkeypatch, what):
    """It is left alone in the end, and named; every page is answered by another."""
    monkeypatch.setattr(ray_workers, "Worker", Unlucky)
    monkeypatch.setattr(ray_workers, "MOST_LOSSES", 1)
    node, said = cluster.add_node(num_cpus=1), []
    asked, batches = (
        Asked(workspace / "models", summarise=False),
        [[Page(f"{number}.txt", what), ARTICLES[number], Page("end.txt", node.node_id)] for number in range(40)],
    )
    try:
        with crew(asked, cluster.address, said.append) as workers:
            while workers.ready < 2:
                workers._go_on()
            found = list(workers.answered(batches))
    finally:
        cluster.remove_node(node)
    assert [page for page, _ in found] == [page for batch in batches for page in batch]
    assert all(answer.topic or answer.abstained for _, answer in found[1::3])
    assert any("is not used: 1 workers were lost in a row" in line for line in said), said


def test_what_a_worker_refuses_is_said_as_without_ray(workspace, cluster, monkeypatch):
    monkeypatch.setattr(ray_workers, "Worker", Refusing)
    asked = Asked(workspace / "models", summarise=False)
    with crew(asked, cluster.address, str) as workers, pytest.raises(StageError) as raised:
        list(workers.answered([ARTICLES[:3]]))
    assert str(raised.value) == "the disk of this worker is full: make room"


def test_what_is_in_hand_is_answered_before_a_run_is_stopped(workspace, cluster):
    def batches():
        yield from (ARTICLES[:3], ARTICLES[3:6])
        raise Stopped

    found = []
    asked = Asked(workspace / "models", summarise=False)
    with crew(asked, cluster.address, str) as workers, pytest.raises(Stopped):
        for page, _ in workers.answered(batches()):
            found.append(page)
    assert found == ARTICLES[:6]


def test_summaries_are_those_of_one_process(workspace, cluster, tmp_path):
    here, there = (Asked(workspace / "models", explain=True, cached=cached) for cached in (False, True))
    pages = list(read_pages("seeds/pages/*bats.*"))
    with crew(there, cluster.address, str) as workers:
        on_ray = written(tmp_path / "a", workers, pages, workers.made_by())
    assert on_ray == written(tmp_path / "b", Answerer(here), pages, Answerer(here).made_by())
    assert b'"evidence": {' in on_ray["shard-000001.jsonl"]


def test_a_machine_without_the_models_is_named(cluster, tmp_path):
    said = []
    with (
        crew(Asked(tmp_path / "none", summarise=False), cluster.address, said.append) as workers,
        pytest.raises(RayError, match=r"no machine of the cluster can answer: .*none/topics is no saved model"),
    ):
        workers.made_by()
    assert said[0].startswith("127.0.0.1 is not used: ")


def test_a_worker_begins_with_its_models_loaded(workspace, monkeypatch):
    """Else it would be called ready, and fail over pages that are not at fault."""

    def no_memory(*_):
        raise MemoryError

    monkeypatch.setattr(openvino_engine, "_Graph", no_memory)
    with pytest.raises(ModelError, match="could not be loaded"):
        Worker().begin(Asked(workspace / "models"))


def test_a_machine_with_another_version_is_named(workspace, cluster, monkeypatch):
    monkeypatch.setattr(ray_workers, "package", lambda: {"version": "9.9"})
    with (
        crew(Asked(workspace / "models", summarise=False), cluster.address, str) as workers,
        pytest.raises(RayError, match=r"it has package .* where this run has {'version': '9.9'}: give all machines"),
    ):
        workers.made_by()


def test_no_cluster_is_said():
    with pytest.raises(RayError, match="no Ray to be had at nonsense"), crew(Asked(Path("models")), "nonsense", str):
        pass


def test_without_ray_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(ray_workers, "find_spec", lambda name: None)
    done = CliRunner().invoke(command, ["seeds/pages", "--engine", "ray"])
    assert "run `pip install '.[ray]'`" in str(done.exception)


def test_an_address_goes_with_ray():
    assert CliRunner().invoke(command, ["seeds/pages", "--no-summary", "--address", "a:1"]).exit_code == 2


def test_ray_is_imported_only_where_it_is_asked_for():
    code = "import sys, pipeline.answering, pipeline.ray_workers; sys.exit('ray' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize(("asked", "threads"), [("1", 1), ("1,2", 1), ("many", 0)])
def test_openvino_takes_the_threads_that_a_worker_is_given(monkeypatch, asked, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    core = openvino_core()
    assert core.get_property("CPU", "INFERENCE_NUM_THREADS") == threads
    assert core.get_property("CPU", "ENABLE_CPU_PINNING") == (threads == 0)
