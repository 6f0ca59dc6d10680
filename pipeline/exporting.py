"""The summariser as an OpenVINO graph: one step that reads new tokens, given keys and values of what came before."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    AttentionInterface,
    AttentionMaskInterface,
    AutoConfig,
    AutoModelForCausalLM,
    PreTrainedModel,
)
from transformers.cache_utils import Cache

from pipeline.generation import GRAPH, PRECISE_GRAPH
from pipeline.graphs import graph_of, half, replace, weights_of
from pipeline.precision import HIDDEN
from pipeline.records import StageError

# By how much scores of graph and model may differ, both in float32, on a text of so many tokens.
MOST_DIFFERENCE = 0.01
PROBE_TOKENS = 256
# Below this a row of weights is nothing.
SMALLEST = 1e-6


def export(folder: Path) -> str | None:
    """Write the graph of a saved causal model beside it, with weights of 16 and of 8 bits; or say why there is none.

    The graph's inputs, for `rows` texts, each with what is known of it:

    - `ids` and `positions` (rows, tokens) of the new tokens, and `wanted`, those of them whose scores are asked for;
    - `mask` (rows, known tokens), 0 where there is one, else HIDDEN;
    - for each layer the keys, then the values, of what is known (rows, heads, known tokens, size).

    Its outputs: the scores of what follows the wanted tokens (rows, wanted, vocabulary), then for each layer the keys
    and the values of the new tokens (rows, heads, tokens, size).
    """
    if AutoConfig.from_pretrained(folder).is_encoder_decoder:
        return "the model has an encoder and a decoder"
    try:
        import openvino
    except ImportError:
        return "openvino is not installed"
    # As it is loaded for use: a model that was brought to 16 bits in memory has blurred the angles of positions.
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True).eval()
    try:
        graph = _traced(model)
        weights = weights_of(graph)
        replace(weights, half)
        openvino.save_model(graph, folder / PRECISE_GRAPH, compress_to_fp16=False)
        _compare(model, folder / PRECISE_GRAPH)
    except StageError as error:
        (folder / PRECISE_GRAPH).unlink(missing_ok=True)
        (folder / PRECISE_GRAPH).with_suffix(".bin").unlink(missing_ok=True)
        return str(error)
    replace(weights, _narrow)
    openvino.save_model(graph, folder / GRAPH, compress_to_fp16=False)
    return None


def _traced(model: PreTrainedModel) -> Any:
    """The graph in full precision; StageError where the model is none that can be exported."""
    AttentionInterface.register("stepwise", attend)
    AttentionMaskInterface.register("stepwise", _no_mask)
    usual = model.config._attn_implementation
    model.set_attn_implementation("stepwise")
    heads, size = _heads(model)
    states = [[-1, heads, -1, size]] * (2 * model.config.num_hidden_layers)
    try:
        return graph_of(_Step(model), _example(model), [[-1, -1], [-1, -1], [-1], [-1, -1], *states])
    except (RuntimeError, AttributeError) as error:  # no attention as others have it, or more than that
        raise StageError(f"the model cannot be traced: {error.__cause__ or error}") from error
    finally:
        model.set_attn_implementation(usual)


def _compare(model: PreTrainedModel, path: Path) -> None:
    """Compare graph and model on a text, read in two parts; StageError where they are not the same function."""
    import openvino

    tokens = min(PROBE_TOKENS, model.config.max_position_embeddings)
    probe, places = torch.arange(tokens)[None] * 37 % model.config.vocab_size, torch.arange(tokens)[None]
    first = tokens // 2
    with torch.inference_mode():
        scores = model(probe).logits[0, first:]
    compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    heads, size = _heads(model)
    nothing = [torch.full((1, 1), HIDDEN), *[torch.zeros(1, heads, 1, size)] * (2 * model.config.num_hidden_layers)]
    begun = compiled([probe[:, :first], places[:, :first], torch.tensor([0]), *nothing])
    states = [begun[1 + number] for number in range(2 * model.config.num_hidden_layers)]
    wanted = torch.arange(tokens - first)
    found = compiled([probe[:, first:], places[:, first:], wanted, torch.zeros(1, first), *states])
    difference = float(np.abs(found[0][0] - scores.numpy()).max())
    if not difference <= MOST_DIFFERENCE:
        raise StageError(f"the graph's scores differ from the model's by up to {difference:.3f}")


def _narrow(matrix: Any) -> Any:
    """The matrix in 8 bits, with a scale for each row.

    What nncf's `compress_weights` does in its symmetric mode; but nncf reports its use to its makers.
    """
    from openvino import opset15

    scales = np.maximum(np.abs(matrix).max(axis=1, keepdims=True), SMALLEST) / 127
    narrow = opset15.constant(np.round(matrix / scales).astype(np.int8))
    wide = opset15.multiply(opset15.convert(narrow, "f16"), opset15.constant(scales.astype(np.float16)))
    return opset15.convert(wide, "f32")


def _heads(model: PreTrainedModel) -> tuple[int, int]:
    """Heads of keys and values, and their size."""
    config = model.config
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    return heads, getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads


def _example(model: PreTrainedModel) -> tuple[torch.Tensor, ...]:
    """Inputs of the graph, no two dimensions alike."""
    heads, size = _heads(model)
    rows, known, tokens = 4, 7, 3
    ids, wanted = torch.ones(rows, tokens, dtype=torch.long), torch.tensor([1, 2])
    positions = torch.arange(known, known + tokens).repeat(rows, 1)
    states = [torch.randn(rows, heads, known, size) for _ in range(2 * model.config.num_hidden_layers)]
    return (ids, positions, wanted, torch.zeros(rows, known), *states)


class _Step(torch.nn.Module):  # type: ignore[misc]  # torch's types are not read
    """The model as the function that is exported."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.base = model.base_model
        self.head = model.get_output_embeddings()

    def forward(
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        wanted: torch.Tensor,
        mask: torch.Tensor,
        *states: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        past = _Past(states, mask)
        hidden = self.base(ids, position_ids=positions, past_key_values=past, use_cache=True).last_hidden_state
        return (self.head(torch.index_select(hidden, 1, wanted)), *past.new)


class _Past(Cache):  # type: ignore[misc]
    """In place of a model's cache: hands each layer's past on to `attend`, and keeps what is new."""

    def __init__(self, states: tuple[torch.Tensor, ...], mask: torch.Tensor) -> None:
        super().__init__(layers=[])
        self.states, self.mask = states, mask
        self.new: list[torch.Tensor] = []

    def update(self, keys: Any, values: Any, layer: int, *_: Any, **__: Any) -> tuple[Any, Any]:
        self.new += [keys, values]
        known_keys, known_values = self.states[2 * layer : 2 * layer + 2]
        return (known_keys, keys, self.mask), (known_values, values)

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return 0  # positions are given

    def get_mask_sizes(self, *_: Any, **__: Any) -> tuple[int, int]:
        return 1, 0  # of a mask that is not made


def _no_mask(*_: Any, **__: Any) -> None:
    """The masks come with the past."""


def attend(
    module: Any,
    query: torch.Tensor,
    key: Any,
    value: Any,
    attention_mask: None,
    scaling: float,
    dropout: float = 0.0,
    **more: Any,
) -> tuple[torch.Tensor, None]:
    """Attention to what is known of a text, and to the new tokens up to each of them.

    Keys and values are read once for all query heads that share them. Raises StageError where the model asks for more
    than that, such as a window.
    """
    wanted = sorted(name for name, setting in more.items() if setting is not None and name in _UNKNOWN)
    if wanted:
        raise StageError(f"its attention has {', '.join(wanted)}")
    known_keys, keys, mask = key
    known_values, values = value
    rows, heads, tokens, size = query.shape
    shared, known = known_keys.shape[1], known_keys.shape[2]
    query = (query * scaling).reshape(rows, shared, heads // shared * tokens, size)
    to_known = torch.matmul(query, known_keys.transpose(2, 3)) + mask[:, None, None, :]
    later = torch.full((tokens, tokens), HIDDEN).triu(1)
    to_new = torch.matmul(query, keys.transpose(2, 3)).reshape(rows, heads, tokens, tokens) + later
    scores = torch.cat([to_known, to_new.reshape(rows, shared, heads // shared * tokens, tokens)], dim=-1)
    shares = torch.softmax(scores, dim=-1)
    output = torch.matmul(shares[..., :known], known_values) + torch.matmul(shares[..., known:], values)
    return output.reshape(rows, heads, tokens, size).transpose(1, 2), None


_UNKNOWN = ("sliding_window", "softcap", "s_aux", "position_bias")
