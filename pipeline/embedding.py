"""Embeddings of texts: what a small pretrained sentence encoder makes of them, read from a local folder."""

import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.batches import in_batches
from pipeline.precision import computes_in_bfloat16
from pipeline.progress import track
from pipeline.records import ModelError

if TYPE_CHECKING:
    import numpy as np

# All that an encoder needs, as sentence-transformers publishes it.
FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
# Read of a text at most, and so many texts together: measured on 2 cores, 59 texts/s against 43 one by one.
TOKENS, TOGETHER = 192, 4
# More batches than `predict` asks for at a time show a bar: they take longer than seconds.
MANY_BATCHES = 100
# Characters of a text that can hold so many tokens: a token of English news has 4.5 on average.
CHARACTERS = 20 * TOKENS


class Encoder:
    """An encoder of the BERT family: mean over the last layer's tokens, brought to length 1 (Reimers 2019)."""

    def __init__(self, folder: str | Path) -> None:
        """Raises ModelError where the folder lacks a file or holds another kind of model."""
        import torch
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        self.folder = Path(folder)
        self.remembered: dict[str, np.ndarray[Any, Any]] | None = None  # by text; None: each is embedded anew
        lacking = [name for name in FILES if not (self.folder / name).is_file()]
        if lacking:
            raise ModelError(f"{folder} is no sentence encoder: it lacks {', '.join(lacking)}; run `dvc repro fetch`")
        local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        dtype = torch.bfloat16 if computes_in_bfloat16() else torch.float32
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(self.folder, **local)
            self._model = AutoModel.from_pretrained(self.folder, use_safetensors=True, dtype=dtype, **local).eval()
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{folder} cannot be read as a sentence encoder: {error}") from error

    def embed(self, texts: Iterable[str]) -> "np.ndarray[Any, Any]":
        """An embedding of length 1 for each text, float32, shape (texts, dimensions), from its first `TOKENS` tokens.

        Only texts of the same number of tokens are read together: nothing is padded, and a text has the same
        embedding alone and among others.
        """
        import numpy as np

        if self.remembered is None:
            return self._embed(texts)
        asked = list(texts)
        new = [text for text in dict.fromkeys(asked) if text not in self.remembered]
        self.remembered.update(zip(new, self._embed(new), strict=True))
        return np.array([self.remembered[text] for text in asked])

    def _embed(self, texts: Iterable[str]) -> "np.ndarray[Any, Any]":
        import numpy as np
        import torch

        cut = [self._tokenizer(text[:CHARACTERS], truncation=True, max_length=TOKENS)["input_ids"] for text in texts]
        rows = np.zeros((len(cut), self._model.config.hidden_size), dtype=np.float32)
        by_length: dict[int, list[int]] = defaultdict(list)
        for number, ids in enumerate(cut):
            by_length[len(ids)].append(number)
        by_length.pop(0, None)  # a text without a token has no embedding: zeros
        with torch.inference_mode():
            batches = [together for numbers in by_length.values() for together in in_batches(numbers, TOGETHER)]
            for together in track(batches, f"embed, {TOGETHER} at a time") if len(batches) > MANY_BATCHES else batches:
                states = self._model(torch.tensor([cut[number] for number in together])).last_hidden_state
                means = states.float().mean(dim=1)
                rows[together] = torch.nn.functional.normalize(means, dim=1).numpy()
        return rows

    def copy_to(self, folder: Path) -> None:
        """Lay the encoder's files into the folder of a model that uses it."""
        for name in FILES:
            shutil.copyfile(self.folder / name, folder / name)
