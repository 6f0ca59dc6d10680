"""Embeddings of texts: what a small pretrained sentence encoder makes of them, read from a local folder."""

import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.memory import running
from pipeline.precision import HIDDEN, computes_in_bfloat16
from pipeline.progress import track
from pipeline.records import ModelError
from pipeline.threads import openvino_core

# All that an encoder needs, as sentence-transformers publishes it; and the same as a graph of OpenVINO.
ENCODER_WEIGHTS = "model.safetensors"
FILES = ("config.json", ENCODER_WEIGHTS, "tokenizer.json", "tokenizer_config.json")
GRAPH = ("encoder.xml", "encoder.bin")
# Read of a text at most.
TOKENS = 192
# A text is read as so many tokens or a multiple, with the rest hidden, and in one of these numbers together: each other
# size costs OpenVINO a plan of its own. Measured on 2 cores: 5.2 ms a text in eights, 5.5 in fours, 20 alone.
READ_TOKENS = 32
TOGETHER = (8, 4, 2, 1)
# More texts than `predict` asks for at a time show a bar: they take longer than seconds.
MANY_TEXTS = 400
# Characters of a text that can hold so many tokens: a token of English news has 4.5 on average.
CHARACTERS = 20 * TOKENS

# From token ids and mask, each of shape (texts, tokens), to the states of the last layer, (texts, tokens, dimensions).
Read = Callable[[NDArray[np.int64], NDArray[np.float32]], NDArray[np.float32]]


class Encoder:
    """An encoder of the BERT family: mean over the last layer's tokens, brought to length 1 (Reimers 2019).

    It runs on OpenVINO where that is installed, else on torch.
    """

    def __init__(self, folder: str | Path) -> None:
        """Raises ModelError where the folder lacks a file or holds another kind of model."""
        from tokenizers import Tokenizer

        self.folder = Path(folder)
        self.remembered: dict[str, NDArray[np.float32]] | None = None  # by text; None: each is embedded anew
        lacking = [name for name in FILES if not (self.folder / name).is_file()]
        if lacking:
            raise ModelError(f"{folder} is no sentence encoder: it lacks {', '.join(lacking)}; run `dvc repro`")
        self._new_graph: TemporaryDirectory[str] | None = None
        try:
            self.dimensions = int(json.loads((self.folder / "config.json").read_text(encoding="utf-8"))["hidden_size"])
            self._tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
            self._read = self._on_openvino() if find_spec("openvino") else self._on_torch()
        except Exception as error:  # tokenizers and OpenVINO raise nothing more exact
            raise ModelError(f"{folder} cannot be read as a sentence encoder: {error}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(TOKENS)

    def embed(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """An embedding of length 1 for each text, float32, shape (texts, dimensions), from its first `TOKENS` tokens.

        A text is read with as many tokens hidden behind it whatever it stands beside: it has the same embedding alone
        and among others.
        """
        if self.remembered is None:
            return self._embed(texts)
        asked = list(texts)
        new = [text for text in dict.fromkeys(asked) if text not in self.remembered]
        self.remembered.update(zip(new, self._embed(new), strict=True))
        return np.array([self.remembered[text] for text in asked])

    def _embed(self, texts: Iterable[str]) -> NDArray[np.float32]:
        ids = [self._tokenizer.encode(text[:CHARACTERS]).ids for text in texts]
        by_length: dict[int, list[int]] = defaultdict(list)
        for number, tokens in enumerate(ids):
            by_length[-(-len(tokens) // READ_TOKENS) * READ_TOKENS].append(number)
        by_length.pop(0, None)  # a text without a token has no embedding: zeros
        parts = [(length, part) for length, numbers in by_length.items() for part in _parts(numbers)]
        rows = np.zeros((len(ids), self.dimensions), dtype=np.float32)
        for length, part in track(parts, f"embed, {TOGETHER[0]} at a time") if len(ids) > MANY_TEXTS else parts:
            padded = np.zeros((len(part), length), dtype=np.int64)
            mask = np.full(padded.shape, HIDDEN, dtype=np.float32)
            for row, number in enumerate(part):
                padded[row, : len(ids[number])], mask[row, : len(ids[number])] = ids[number], 0
            for number, states in zip(part, self._read(padded, mask), strict=True):
                mean = states[: len(ids[number])].mean(axis=0)
                rows[number] = mean / np.linalg.norm(mean)
        return rows

    def copy_to(self, folder: Path) -> None:
        """Lay the encoder's files into the folder of a model that uses it."""
        for name in FILES:
            shutil.copyfile(self.folder / name, folder / name)
        for name in GRAPH if find_spec("openvino") else ():
            shutil.copyfile(self._graph_folder / name, folder / name)

    @property
    def _graph_folder(self) -> Path:
        return Path(self._new_graph.name) if self._new_graph else self.folder

    def _on_openvino(self) -> Read:
        if not all((self.folder / name).is_file() for name in GRAPH):
            from pipeline.encoder_graph import export_encoder

            self._new_graph = TemporaryDirectory()
            export_encoder(self.folder, self._graph_folder / GRAPH[0])
        core = openvino_core()
        half = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "bf16" if half else "f32"}
        request = core.compile_model(self._graph_folder / GRAPH[0], "CPU", settings).create_infer_request()

        def read(ids: NDArray[np.int64], mask: NDArray[np.float32]) -> NDArray[np.float32]:
            with running(self.folder):
                request.infer([ids, mask])
            states: NDArray[np.float32] = request.get_output_tensor(0).data
            return states

        return read

    def _on_torch(self) -> Read:
        import torch
        from transformers import AutoModel

        dtype = torch.bfloat16 if computes_in_bfloat16() else torch.float32
        safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True}
        model = AutoModel.from_pretrained(self.folder, dtype=dtype, **safe).eval()

        def read(ids: NDArray[np.int64], mask: NDArray[np.float32]) -> NDArray[np.float32]:
            hidden = torch.from_numpy(mask)[:, None, None, :].to(dtype)
            with torch.inference_mode():
                states = model(torch.from_numpy(ids), attention_mask=hidden).last_hidden_state
            found: NDArray[np.float32] = states.float().numpy()
            return found

        return read


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """Numbers in parts of the sizes that are read together.

    >>> [len(part) for part in _parts(range(13))]
    [8, 4, 1]
    """
    start = 0
    while start < len(numbers):
        size = next(size for size in TOGETHER if size <= len(numbers) - start)
        yield numbers[start : start + size]
        start += size
