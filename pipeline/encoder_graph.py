"""The sentence encoder as an OpenVINO graph."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.graphs import graph_of, half, replace, weights_of
from pipeline.precision import HIDDEN
from pipeline.records import ModelError

# By how much numbers of graph and model may differ in float32, the graph's weights of 16 bits.
MOST_DIFFERENCE = 0.05


class _States(torch.nn.Module):  # type: ignore[misc]  # torch's types are not read
    """Token ids and mask, each of shape (texts, tokens), to the states of the last layer."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states: torch.Tensor = self.model(ids, attention_mask=mask[:, None, None, :]).last_hidden_state
        return states


def export_encoder(folder: Path, path: Path) -> None:
    """Write the encoder of a folder as a graph, compared with it on two texts; ModelError where they differ."""
    import openvino
    from transformers import AutoModel

    model = AutoModel.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True, trust_remote_code=False, use_safetensors=True
    )
    module, example = _States(model).eval(), _example(model.config.vocab_size)
    graph = graph_of(module, example, [[-1, -1], [-1, -1]])
    replace(weights_of(graph), half)
    openvino.save_model(graph, path, compress_to_fp16=False)
    compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    with torch.inference_mode():
        difference = float(np.abs(compiled(list(example))[0] - module(*example).numpy()).max())
    if not difference <= MOST_DIFFERENCE:
        raise ModelError(f"the graph of {folder} differs from the model by up to {difference:.3f}")


def _example(words: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Two texts of 40 tokens, ten of one of them hidden."""
    ids, mask = torch.arange(80).reshape(2, 40) * 37 % words, torch.zeros(2, 40)
    mask[1, 30:] = HIDDEN
    return ids, mask
