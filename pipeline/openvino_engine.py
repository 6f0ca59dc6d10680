"""The summariser on OpenVINO: prompts are read one by one, drafts written side by side, several tokens a step."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from pipeline.copying import Copying, Ids
from pipeline.generation import Drafting
from pipeline.memory import loading, running
from pipeline.precision import HIDDEN
from pipeline.threads import openvino_core

# Drafts that are written at the same time, unless they have more tokens together, and tokens of each that a step
# checks; docs/log.md has the times of others.
ROWS = 64
BATCH_TOKENS = 16_384
STEP_TOKENS = 4
# Room for a text is a multiple of so many tokens: vectors are full then.
ROOM_TOKENS = 64
# A prompt is read as so many tokens or a multiple, and drafts are written in one of these numbers of rows: each other
# number costs OpenVINO a plan of its own, whose memory it keeps. One row is none of them: on a processor with AMX it
# came out otherwise than among others.
READ_TOKENS = 32
ROW_COUNTS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, ROWS)
# Weights of 8 bits meet inputs of 8 bits, scaled in groups of so many. With 96 the default model is a little faster,
# and a model whose rows are no multiple of it no longer comes out the same in any batch.
GROUP = 64


class OpenVINOEngine:
    """A causal model as the graph that exporting.py wrote.

    Where there are two rows or more, the rows of the graph are computed alike, bit by bit, whatever the others are and
    however many: a test holds this, for heads of 16 numbers or more. So drafts that are done give up
    their rows, and a prompt alone does not wait for others. How much room a row has can change bits: all have the
    same, that of the longest text that the settings allow.
    """

    def __init__(self, graph: Path, ends: frozenset[int], text_tokens: int, precise: bool = False) -> None:
        """For texts of so many tokens, prompt and draft together; longer ones are written apart."""
        self.path = graph
        self.ends = ends
        self.text_tokens = text_tokens + STEP_TOKENS
        self.core = openvino_core()
        self.precise = precise
        self.half = not precise and "BF16" in self.core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        precision = "float32" if precise else f"int8 and {'bfloat16' if self.half else 'float32'}"
        self._compiled: Future[_Graph] | None = None
        self.name = f"openvino {openvino.__version__.split('-')[0]}, {precision}"

    @property
    def graph(self) -> "_Graph":
        """The graph, compiled when it is first used, which takes two seconds; ModelError where it cannot be."""
        with loading(self.path):
            try:
                return self._loading().result()
            except BaseException:
                self._compiled = None  # with memory free again, the next one may succeed
                raise

    def prepare(self) -> None:
        """As Engine says."""
        self._loading()

    def load(self) -> None:
        """As Engine says."""
        _ = self.graph

    def _loading(self) -> "Future[_Graph]":
        if self._compiled is None:
            self._compiled = ThreadPoolExecutor(1).submit(_Graph, self.core, self.path, self.half, self.precise)
        return self._compiled

    def generate(self, prompts: Sequence[Ids], drafting: Drafting) -> list[list[list[int]]]:
        """As Engine says."""
        drafts: list[list[list[int]]] = [[] for _ in prompts]
        tokens = [max(len(prompt) + drafting.write_tokens + STEP_TOKENS, self.text_tokens) for prompt in prompts]
        for numbers, room in _batches(tokens):
            rows = [_Row(number, Copying(prompts[number])) for number in numbers]
            places = [*rows, *(_Row(-1, Copying([0])) for _ in range(_row_count(len(rows)) - len(rows)))]
            self.graph.make_room(len(places), room)
            self._read([row.copying.prompt for row in rows], drafting)
            for draft in range(len(drafting.copy_penalties)):
                asked = [row for row in rows if not draft or not drafting.settles(row.number, drafts[row.number][-1])]
                penalties = drafting.copy_penalties[draft:]
                for row in asked:
                    row.begin(penalties[0], drafting, self.ends)
                self._write(places, penalties, drafting)
                for row in asked:
                    drafts[row.number].append(list(row.ids))
        return drafts

    def _read(self, prompts: Sequence[Ids], drafting: Drafting) -> None:
        """Read each prompt alone but for its last token, behind the head if it begins with that."""
        head = [state.copy() for state in self._new(drafting.head, 0, self.graph.nothing)] if drafting.head else []
        for row, prompt in enumerate(prompts):
            first = len(drafting.head) if tuple(prompt[: len(drafting.head)]) == drafting.head else 0
            known = head if first else self.graph.nothing
            for state, before, new in zip(
                self.graph.states, known, self._new(prompt[first:-1], first, known), strict=True
            ):
                state[row, :, :first] = before[0, :, :first]
                state[row, :, first : len(prompt) - 1] = new[0]

    def _new(self, ids: Ids, first: int, known: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Keys and values of tokens of one text that stand behind `first` known ones."""
        padded = np.zeros((1, _up(len(ids), READ_TOKENS)), dtype=np.int64)
        padded[0, : len(ids)] = ids
        positions = np.arange(first, first + padded.shape[1])[None]
        mask = np.full((1, max(first, 1)), 0 if first else HIDDEN, dtype=np.float32)
        _, new = self.graph.step(padded, positions, np.zeros(1, dtype=np.int64), mask, known)
        return [state[:, :, : len(ids)] for state in new]

    def _write(self, rows: "list[_Row]", penalties: Sequence[float], drafting: Drafting) -> None:
        """Write the drafts of the rows that are open to their ends; rows change places, with their states.

        Rows that are closed, or stand in for none, are computed along where there is a place too many.
        """
        slots, ahead = np.arange(self.graph.states[0].shape[2]), np.arange(STEP_TOKENS)
        count = _open_first(rows, self.graph.states)
        while count:
            writing = rows[:count]
            past = [state[:count] for state in self.graph.states]
            guesses = [[row.last, *row.copying.guess(row.ids, STEP_TOKENS - 1)] for row in writing]
            known = np.array([len(row.copying.prompt) - 1 + len(row.ids) for row in writing])
            mask = np.where(slots < known[:, None], 0, HIDDEN).astype(np.float32)
            places = known[:, None] + ahead
            scores, new = self.graph.step(np.array(guesses), places, ahead, mask, past)
            likeliest = scores.argmax(axis=2).tolist()
            for number, row in enumerate(writing):
                if row.is_open:
                    row.write(guesses[number][1:], likeliest[number], scores[number], penalties, drafting, self.ends)
            for state, found in zip(past, new, strict=True):
                state[np.arange(count)[:, None], :, places] = found.transpose(0, 2, 1, 3)
            if _row_count(sum(row.is_open for row in writing)) < count:  # what is done gives up its place
                count = _open_first(rows, self.graph.states)


class _Graph:
    """The compiled graph, with room for what is known of each row's text."""

    def __init__(self, core: Any, path: Path, half: bool, precise: bool) -> None:
        self.path = path
        self.type = openvino.Type.bf16 if half else openvino.Type.f32
        self.dtype = np.dtype(np.uint16 if half else np.float32)  # numpy has no bfloat16: its bits are moved about
        model = core.read_model(path)
        _, self.heads, _, self.size = (length.get_max_length() for length in model.inputs[4].get_partial_shape())
        # Of each layer the keys, then the values: (texts, heads, tokens, size).
        self.nothing = [np.zeros((1, self.heads, 1, self.size), self.dtype)] * (len(model.inputs) - 4)
        self.states = self.nothing
        tensors = openvino.preprocess.PrePostProcessor(model)
        for number in range(len(self.nothing)):
            tensors.input(4 + number).tensor().set_element_type(self.type)
            tensors.output(1 + number).tensor().set_element_type(self.type)
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "bf16" if half else "f32",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0" if precise else str(GROUP),
        }
        self.request = core.compile_model(tensors.build(), "CPU", settings).create_infer_request()

    def make_room(self, rows: int, tokens: int) -> None:
        """Room for so many texts of so many tokens.

        It stays, since memory that is new to the process costs 12 milliseconds an article; what a row held before is
        hidden, not cleared.
        """
        if self.states[0].shape[0] < rows or self.states[0].shape[2] != tokens:
            self.states = [np.zeros((rows, self.heads, tokens, self.size), self.dtype) for _ in self.nothing]

    def step(
        self,
        ids: NDArray[np.int64],
        positions: NDArray[np.int64],
        wanted: NDArray[np.int64],
        mask: NDArray[np.float32],
        states: Sequence[NDArray[Any]],
    ) -> tuple[NDArray[np.float32], list[NDArray[Any]]]:
        """One run of the graph; exporting.py tells its inputs and outputs. What it returns is valid until the next."""
        inputs = [openvino.Tensor(np.ascontiguousarray(array)) for array in (ids, positions, wanted, mask)]
        inputs += [openvino.Tensor(state, openvino.Shape(state.shape), self.type) for state in states]
        for number, tensor in enumerate(inputs):
            self.request.set_input_tensor(number, tensor)
        with running(self.path):
            self.request.infer()
        outputs = [self.request.get_output_tensor(number).data for number in range(1 + len(self.nothing))]
        return outputs[0], [state.view(self.dtype) for state in outputs[1:]]


@dataclass(slots=True)
class _Row:
    """A prompt that has been read, and the draft that is being written for it."""

    number: int
    copying: Copying
    ids: list[int] = field(default_factory=list)
    # How the drafts of greater penalties begin: as this one, up to where they would have gone on otherwise.
    forks: dict[float, list[int]] = field(default_factory=dict)
    is_open: bool = False

    @property
    def last(self) -> int:
        return self.ids[-1] if self.ids else self.copying.prompt[-1]

    def begin(self, penalty: float, drafting: Drafting, ends: frozenset[int]) -> None:
        """Begin the draft of a penalty where it parts from the one before; if it does not, it is the same."""
        fork = self.forks.pop(penalty, [])
        if self.ids and not fork:
            return
        self.forks = {other: ids for other, ids in self.forks.items() if ids != fork and len(ids) <= len(fork)}
        self.ids, self.is_open = [], True
        for token in fork:
            self._take(token, drafting, ends)

    def write(
        self,
        guesses: Ids,
        likeliest: Ids,
        scores: NDArray[np.float32],
        penalties: Sequence[float],
        drafting: Drafting,
        ends: frozenset[int],
    ) -> None:
        """Write by the first penalty, as long as what was guessed is what comes; note where others would part."""
        for place, guess in enumerate([*guesses, None]):
            dear = list(self.copying.continuations(self.ids))
            token, *others = (_choice(likeliest[place], scores[place], dear, penalty) for penalty in penalties)
            for penalty, other in zip(penalties[1:], others, strict=True):
                if other != token:
                    self.forks.setdefault(penalty, [*self.ids, other])
            self._take(token, drafting, ends)
            if token != guess or not self.is_open:
                return

    def _take(self, token: int, drafting: Drafting, ends: frozenset[int]) -> None:
        if token not in ends:
            self.ids.append(token)
        is_full = len(self.ids) == drafting.write_tokens
        self.is_open = not (token in ends or is_full or drafting.is_enough(self.ids))


def _choice(likeliest: int, scores: NDArray[np.float32], dear: list[int], penalty: float) -> int:
    """The likeliest token, once those that copy on have been made dearer."""
    if not penalty or likeliest not in dear:
        return likeliest
    dearer = scores.copy()
    dearer[dear] -= penalty
    return int(dearer.argmax())


def _batches(tokens: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """The numbers of texts of so many tokens, longest first, as many as are written together, with the room of each.

    >>> list(_batches([100, 8000, 130, 16000]))
    [([3], 16000), ([1, 2], 8000), ([0], 128)]
    """
    left = sorted(range(len(tokens)), key=lambda number: -tokens[number])
    while left:
        room = _up(tokens[left[0]], ROOM_TOKENS)
        most = min(ROWS, max(1, BATCH_TOKENS // room))
        yield left[:most], room
        left = left[most:]


def _up(tokens: int, step: int) -> int:
    return -(-tokens // step) * step


def _row_count(rows: int) -> int:
    """The number of rows in which so many are written.

    >>> _row_count(0), _row_count(5), _row_count(64)
    (0, 6, 64)
    """
    return next(count for count in (0, *ROW_COUNTS) if count >= rows)


def _open_first(rows: list[_Row], states: Sequence[NDArray[Any]]) -> int:
    """Bring the rows that are open to the front, each with its states; in how many rows they are written."""
    count = sum(row.is_open for row in rows)
    closed = [place for place in range(count) if not rows[place].is_open]
    waiting = [place for place in range(count, len(rows)) if rows[place].is_open]
    for one, other in zip(closed, waiting, strict=True):
        rows[one], rows[other] = rows[other], rows[one]
    if closed:
        for state in states:
            state[closed + waiting] = state[waiting + closed]
    return _row_count(count)
