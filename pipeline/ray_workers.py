"""Answers from many processes, on one machine or on many: workers of Ray that hold the models, and one driver.

The driver alone reads pages and writes answers, so that order, shards and resuming are those of a run without Ray;
Ray Data would write files of its own, which such a run could not go on with. Batches go to whichever worker is free.
What a lost worker had in hand goes to others: nothing waits for its place to be filled.
"""

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from textwrap import shorten
from typing import Any

from pipeline.answers import Answered, Answerer, Asked, Batches, package
from pipeline.reading import Page
from pipeline.records import ModelError, Prediction, StageError
from pipeline.stopping import Stopped

# What a worker is given of its machine: the two processors that the speeds in the README are of, and the memory that
# the default models take, 1.5 GB, with room for a batch.
CPUS = 2
MEMORY_BYTES = 2_000_000_000
# Batches that a worker has in hand: one is on its way while the other is answered.
IN_HAND = 2
# Batches, for each worker, that are not yet handed on: those that are done wait for slower ones before them.
AHEAD = 4
# After so many losses in a row a machine is left alone; a batch is given up if no other worker could try it.
MOST_LOSSES = 3
# How often machines that have come are looked for.
LOOK_SECONDS = 2.0
# Without a worker for so long, the user is told.
PATIENCE_SECONDS = 60.0
# Read by Ray when it is imported, or starts.
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # its makers are told nothing
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # what its processes say is not written to stdout, among the answers
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # what will change in it is not told either
}
# A Ray of one machine is reached from this machine alone, on Linux as on the systems that the variable is named after.
ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


class RayError(StageError):
    """Ray cannot answer; the message names the machine or the pages, what was found, and the next step."""


class Worker:
    """What runs in a process of Ray: the models, loaded once."""

    def begin(self, asked: Asked) -> dict[str, Any]:
        """Load the models, and say what answers will follow from."""
        self.answerer = Answerer(asked)
        self.answerer.load()
        return self.answerer.made_by()

    def answer(self, batch: list[Page]) -> list[Prediction]:
        """An answer for each page."""
        return self.answerer.answer(batch)


@dataclass(frozen=True, slots=True)
class _Machine:
    """A machine that is alive, as Ray lists it."""

    id: str
    address: str
    workers: int  # that it has room for
    cpus: int  # of each


@dataclass(eq=False, slots=True)
class _Batch:
    """Pages that are answered together."""

    pages: list[Page]
    answers: list[Prediction] | None = None
    lost_on: list[str] = field(default_factory=list)  # machines whose workers were lost over it


@dataclass(eq=False, slots=True)
class _Hand:
    """A worker, and what it has in hand, in the order in which it answers."""

    machine: _Machine
    actor: Any
    is_ready: bool = False
    batches: list[_Batch] = field(default_factory=list)


class Crew:
    """Workers on all machines of a cluster; machines that come later take part."""

    def __init__(self, asked: Asked, say: Callable[[str], None]) -> None:
        """`say` is for people: what was lost, and what is not used."""
        self.asked = asked
        self.say = say
        self._facts: dict[str, Any] | None = None  # what the first worker said that answers follow from
        self._hands: list[_Hand] = []
        # By reference of Ray who does it, and for which batch; without one it loads the models.
        self._tasks: dict[Any, tuple[_Hand, _Batch | None]] = {}
        self._again: deque[_Batch] = deque()  # lost with their workers
        self._losses: Counter[str] = Counter()  # in a row, by machine
        self._unfit: dict[str, str] = {}  # machines that are not used, and why
        self._room: dict[str, int] = {}  # workers that a machine turned out to have room for
        self._looked = self._ready = time.monotonic() - LOOK_SECONDS

    def made_by(self) -> dict[str, Any]:
        """As Answerer says, of all workers alike; waits for the first of them."""
        while self._facts is None:
            self._go_on()
        return self._facts

    def answered(self, batches: Batches) -> Answered:
        """Each page of the batches with its answer, in order.

        Raises RayError where no machine can answer, or where several workers were lost over the same batch; and
        Stopped, if reading the batches does, once those in hand are answered.
        """
        stopped: list[Stopped] = []
        rest = _until_stopped(batches, stopped)
        open_batches: deque[_Batch] = deque()  # in input order, from the first that is not yet handed on
        while not self._hand_out(rest, open_batches) or open_batches:
            self._go_on()
            while open_batches and (answers := open_batches[0].answers) is not None:
                yield from zip(open_batches.popleft().pages, answers, strict=True)
        if stopped:
            raise stopped[0]

    @property
    def ready(self) -> int:
        """How many workers take part."""
        return sum(hand.is_ready for hand in self._hands)

    def _free(self) -> _Hand | None:
        """The worker that has least in hand, if it can take more; for what was lost rather one of another machine."""
        lost_on = self._again[0].lost_on if self._again else []
        ready = [hand for hand in self._hands if hand.is_ready and len(hand.batches) < IN_HAND]
        return min(ready, key=lambda hand: (hand.machine.id in lost_on, len(hand.batches)), default=None)

    def _hand_out(self, rest: Iterator[list[Page]], open_batches: deque[_Batch]) -> bool:
        """Give workers what they can take, first what was lost; whether nothing is left to give."""
        while hand := self._free():
            if self._again:
                batch = self._again.popleft()
            elif len(open_batches) >= AHEAD * self.ready:
                return False
            elif (pages := next(rest, None)) is None:
                return True
            else:
                batch = _Batch(pages)
                open_batches.append(batch)
            self._tasks[hand.actor.answer.remote(batch.pages)] = hand, batch
            hand.batches.append(batch)
        return False

    def _go_on(self) -> None:
        """Start workers on machines that have come, and wait until one is done with something, but not for ever."""
        import ray

        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = time.monotonic()
            self._hire()
        if not self._tasks:
            time.sleep(LOOK_SECONDS)
            return
        done, _ = ray.wait(list(self._tasks), timeout=LOOK_SECONDS)
        for task in done:
            self._settle(task, *self._tasks.pop(task))

    def _hire(self) -> None:
        """Start the workers that machines have room for."""
        machines = _machines()
        fit = [machine for machine in machines if machine.id not in self._unfit]
        if machines and not fit:
            raise RayError(f"no machine of the cluster can answer: {'; '.join(self._unfit.values())}")
        at_work = Counter(hand.machine.id for hand in self._hands)
        for machine in fit:
            for _ in range(self._room.get(machine.id, machine.workers) - at_work[machine.id]):
                hand = _Hand(machine, _started(machine))
                self._hands.append(hand)
                self._tasks[hand.actor.begin.remote(self.asked)] = hand, None
        if self.ready:
            self._ready = time.monotonic()
        elif time.monotonic() - self._ready > PATIENCE_SECONDS:
            self._ready = time.monotonic()
            self.say("no worker is ready yet: `ray status` says what the cluster has, and what else runs there")

    def _settle(self, task: Any, hand: _Hand, batch: _Batch | None) -> None:
        """Take what a worker brought, or note that it was lost."""
        import ray

        try:
            brought = ray.get(task)
        except ray.exceptions.RayTaskError as error:
            if not batch:
                self._leave_out(hand, str(error.cause))
            elif isinstance(error.cause, ModelError):  # of this machine, which may lack memory
                self._lose(hand, batch, error.cause)
            elif isinstance(error.cause, StageError):
                raise error.cause from None
            else:  # an error in the code, which would come without Ray, too
                raise
        except ray.exceptions.RayError as error:
            self._lose(hand, batch, error)
        else:
            if batch:
                batch.answers = brought
                hand.batches.remove(batch)
                self._losses[hand.machine.id] = 0
            else:
                self._welcome(hand, brought)

    def _welcome(self, hand: _Hand, facts: dict[str, Any]) -> None:
        """Let a worker take part, if its answers follow from the same as those of the others."""
        if self._facts is None and facts["package"] == package():
            self._facts = facts
        expected = self._facts or {"package": package()}
        differing = [name for name in expected if facts[name] != expected[name]]
        if differing:
            found = "; ".join(f"{name} {facts[name]!r}, where this run has {expected[name]!r}" for name in differing)
            self._leave_alone(hand.machine, f"it has {found}: give all machines the same")
        else:
            hand.is_ready = True

    def _lose(self, hand: _Hand, batch: _Batch | None, error: Exception) -> None:
        """Give up a worker, and have what it had in hand done by others."""
        if batch:
            self._again.append(batch)
        if hand not in self._hands:  # known from another batch that it had in hand
            return
        self._dismiss(hand)
        if hand.batches:
            self._blame(hand.batches[0], hand.machine, error)
        self._losses[hand.machine.id] += 1
        if self._losses[hand.machine.id] == MOST_LOSSES:
            self._leave_alone(hand.machine, f"{MOST_LOSSES} workers were lost in a row, the last one: {_brief(error)}")
        else:
            self.say(f"{hand.machine.address}: a worker was lost, others go on ({_brief(error)})")

    def _blame(self, batch: _Batch, machine: _Machine, error: Exception) -> None:
        """Note what a worker was lost over; raise RayError where no worker is left that might answer it."""
        batch.lost_on.append(machine.id)
        untried = {hand.machine.id for hand in self._hands} - {*batch.lost_on}
        if len(batch.lost_on) >= MOST_LOSSES and not untried:
            raise RayError(
                f"{len(batch.lost_on)} workers were lost with the pages {batch.pages[0].source} to "
                f"{batch.pages[-1].source} in hand ({_brief(error)}): answer these alone without Ray, to see why"
            ) from error

    def _leave_out(self, hand: _Hand, why: str) -> None:
        """Go on without a worker that could not begin; without its machine, if it was the only one there."""
        others = sum(other.machine.id == hand.machine.id for other in self._hands) - 1
        if others < 1:
            self._leave_alone(hand.machine, why)
        else:
            self._dismiss(hand)
            self._room[hand.machine.id] = others
            self.say(f"{hand.machine.address}: one worker less, {others} are left ({why})")

    def _leave_alone(self, machine: _Machine, why: str) -> None:
        """Use a machine no more."""
        for hand in [hand for hand in self._hands if hand.machine.id == machine.id]:
            self._dismiss(hand)
        if machine.id not in self._unfit:
            self._unfit[machine.id] = f"{machine.address}: {why}"
            self.say(f"{machine.address} is not used: {why}")
        self._looked = float("-inf")  # it may have been the last one

    def _dismiss(self, hand: _Hand) -> None:
        import ray

        self._hands.remove(hand)
        ray.kill(hand.actor)


@contextmanager
def crew(asked: Asked, address: str | None, say: Callable[[str], None]) -> Iterator[Crew]:
    """Workers on the Ray cluster at an address, or on a Ray of this machine's own, which ends with them.

    Raises RayError where Ray is not installed, or no cluster answers.
    """
    if not find_spec("ray"):
        raise RayError("Ray is not installed: run `pip install '.[ray]'`")
    os.environ.update(QUIET if address else QUIET | ALONE)
    import ray

    own: dict[str, Any] = {} if address else {"include_dashboard": False}
    try:
        ray.init(address or "local", log_to_driver=False, logging_level="ERROR", **own)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise RayError(f"no Ray to be had at {address or 'this machine'} ({error}): see `ray status`") from error
    try:
        yield Crew(asked, say)
    finally:
        ray.shutdown()


def _until_stopped(batches: Batches, stopped: list[Stopped]) -> Iterator[list[Page]]:
    """The batches; that they were stopped is noted, so that those in hand are answered first."""
    try:
        yield from batches
    except Stopped as error:
        stopped.append(error)


def _machines() -> list[_Machine]:
    """The machines that are alive and have a processor for this."""
    import ray

    found = []
    for node in ray.nodes():
        cpus, memory = (int(node["Resources"].get(name, 0)) for name in ("CPU", "memory"))
        if node["Alive"] and cpus:
            workers = max(1, min(cpus // CPUS, memory // MEMORY_BYTES))
            found.append(_Machine(node["NodeID"], node["NodeManagerAddress"], workers, min(cpus, CPUS)))
    return found


def _started(machine: _Machine) -> Any:
    """A worker on a machine, once there is room; Ray sets OMP_NUM_THREADS to the processors that it gives."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    there = NodeAffinitySchedulingStrategy(machine.id, soft=False)
    return ray.remote(Worker).options(num_cpus=machine.cpus, scheduling_strategy=there).remote()


def _brief(error: Exception) -> str:
    """The last line of an error that says anything."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return shorten(f"{type(error).__name__}: {lines[-1] if lines else ''}", 200)
