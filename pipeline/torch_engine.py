"""The summariser on torch: the reference, and whatever OpenVINO has no graph of."""

from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.copying import Copying, Ids
from pipeline.generation import Drafting
from pipeline.memory import loading
from pipeline.precision import computes_in_bfloat16

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

# Drafts that are written at the same time. Measured on 2 cores, see docs/log.md.
WIDTH = 32


class TorchEngine:
    """A transformers model on torch, which answers a prompt alike whatever else is in its batch.

    Batched generation usually changes the text: padding shifts where sums are split, and in bfloat16 only 4 of 24
    summaries of one run stood again when the articles were asked for one by one. Here each prompt is read alone,
    its keys and values are laid into a cache of one fixed shape, and the batch that writes always has `WIDTH` rows;
    attention is computed by plain matrix products, which treat rows alike. A test holds this. So memory for `WIDTH`
    rows is the least that it takes: fewer prompts need no less.
    """

    def __init__(self, folder: Path, ends: list[int], prompt_tokens: int, precise: bool = False) -> None:
        import torch

        self.prompt_tokens = prompt_tokens
        with loading(folder):
            self.model = _load_model(folder, precise)
        self.settings = _greedy(self.model, ends)
        self.name = f"torch {torch.__version__}, {str(self.model.dtype).removeprefix('torch.')}"

    def prepare(self) -> None:
        """As Engine says; here it is loaded with the engine."""

    def load(self) -> None:
        """As Engine says; likewise."""

    def generate(self, prompts: Sequence[Ids], drafting: Drafting) -> list[list[list[int]]]:
        """As Engine says."""
        import torch

        causal = not self.model.config.is_encoder_decoder
        at_once = WIDTH if causal else 1
        drafts: list[list[list[int]]] = [[] for _ in prompts]
        with torch.inference_mode():
            for start in range(0, len(prompts), at_once):
                part = list(range(start, min(start + at_once, len(prompts))))
                read = {number: self._read(prompts[number]) for number in part} if causal else {}
                for draft, penalty in enumerate(drafting.copy_penalties):
                    asked = [n for n in part if not draft or not drafting.settles(n, drafts[n][-1])]
                    if not asked:
                        break
                    part_prompts = [prompts[number] for number in asked]
                    if causal:
                        found = self._write(part_prompts, [read[number] for number in asked], penalty, drafting)
                    else:
                        found = self._transduce(part_prompts, penalty, drafting)
                    for number, ids in zip(asked, found, strict=True):
                        drafts[number].append(ids)
                    part = asked
        return drafts

    def _transduce(self, prompts: Sequence[Ids], penalty: float, drafting: Drafting) -> list[list[int]]:
        """Sequence to sequence: encoder and decoder run for one prompt."""
        import torch

        output = self.model.generate(
            input_ids=torch.tensor([list(prompts[0])], device=self.model.device),
            generation_config=self._limited(drafting),
            logits_processor=[_Dearer(prompts, penalty, 1)],
            stopping_criteria=[_Enough(drafting, 1)],
        )
        return [self._written(row, drafting) for row in output[:, 1:]]

    def _write(
        self, prompts: Sequence[Ids], read: Sequence[Any], penalty: float, drafting: Drafting
    ) -> list[list[int]]:
        """Causal: write for all prompts at once; rows to spare repeat the first one."""
        import torch

        start, spare = self.prompt_tokens, WIDTH - len(prompts)
        filled = [*prompts, *[prompts[0]] * spare]
        ids = torch.full((WIDTH, start), self.settings.pad_token_id)
        mask = torch.zeros((WIDTH, start), dtype=torch.long)
        for row, prompt in enumerate(filled):
            ids[row, start - len(prompt) :] = torch.tensor(prompt)
            mask[row, start - len(prompt) :] = 1
        output = self.model.generate(
            input_ids=ids.to(self.model.device),
            attention_mask=mask.to(self.model.device),
            past_key_values=self._cache([*read, *[read[0]] * spare], drafting.write_tokens),
            generation_config=self._limited(drafting),
            logits_processor=[_Dearer(filled, penalty, start)],
            stopping_criteria=[_Enough(drafting, start)],
        )
        return [self._written(row, drafting) for row in output[: len(prompts), start:]]

    def _limited(self, drafting: Drafting) -> Any:
        settings = copy(self.settings)
        settings.max_new_tokens = drafting.write_tokens
        return settings

    def _read(self, prompt: Ids) -> Any:
        """Keys and values of a prompt but for its last token."""
        import torch
        from transformers import DynamicCache

        alone = DynamicCache(config=self.model.config)
        ids = torch.tensor([list(prompt[:-1])], device=self.model.device)
        self.model.base_model(ids, past_key_values=alone, use_cache=True)
        return alone

    def _cache(self, read: Sequence[Any], write_tokens: int) -> Any:
        """Keys and values of every prompt, aligned at the end of `prompt_tokens` places."""
        from transformers import StaticCache

        cache = StaticCache(config=self.model.config, max_cache_len=self.prompt_tokens + write_tokens)
        for number, layer in enumerate(cache.layers):
            layers = [alone.layers[number] for alone in read]
            layer.update(
                self._aligned([layer.keys for layer in layers]), self._aligned([layer.values for layer in layers])
            )
        return cache

    def _aligned(self, states: "list[torch.Tensor]") -> "torch.Tensor":
        """(1, heads, tokens, size) of each prompt to (rows, heads, prompt_tokens - 1, size), zeros first."""
        _, heads, _, size = states[0].shape
        rows = states[0].new_zeros((len(states), heads, self.prompt_tokens - 1, size))
        for row, state in enumerate(states):
            rows[row, :, rows.shape[2] - state.shape[2] :] = state[0]
        return rows

    def _written(self, row: "torch.Tensor", drafting: Drafting) -> list[int]:
        """The tokens of a row up to its end, or to where it was enough."""
        ids: list[int] = []
        for token in row.tolist():
            if token in self.settings.eos_token_id:
                break
            ids.append(token)
            if drafting.is_enough(ids):
                break
        return ids


class _Dearer:
    """A logits processor that makes it less likely to copy on."""

    def __init__(self, prompts: Sequence[Ids], penalty: float, start: int) -> None:
        self.copying = [Copying(prompt) for prompt in prompts] if penalty else []
        self.penalty = penalty
        self.start = start

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        for row, copying in enumerate(self.copying):
            dear = list(copying.continuations(input_ids[row, self.start :].tolist()))
            if dear:
                scores[row, dear] -= self.penalty
        return scores


class _Enough:
    """A stopping criterion: whether nothing more of a row is of use."""

    def __init__(self, drafting: Drafting, start: int) -> None:
        self.drafting = drafting
        self.start = start

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        import torch

        enough = [self.drafting.is_enough(row[self.start :].tolist()) for row in input_ids]
        return torch.tensor(enough, device=input_ids.device)


def grouped_attention(
    module: Any,
    query: "torch.Tensor",
    key: "torch.Tensor",
    value: "torch.Tensor",
    attention_mask: "torch.Tensor | None",
    scaling: float,
    **_: Any,
) -> "tuple[torch.Tensor, None]":
    """Attention as plain matrix products, without a copy of keys and values for each query head that shares them.

    Shapes (rows, heads, tokens, size); the query has `groups` times the heads of key and value. Rows are computed
    alike whatever the other rows hold.
    """
    import torch

    rows, heads, tokens, size = query.shape
    shared = key.shape[1]
    grouped = query.reshape(rows, shared, heads // shared * tokens, size)
    weights = torch.matmul(grouped, key.transpose(2, 3)) * scaling
    if attention_mask is not None:
        weights = weights.view(rows, heads, tokens, -1) + attention_mask
    weights = torch.softmax(weights, dim=-1, dtype=torch.float32).to(query.dtype)
    output = torch.matmul(weights.view(rows, shared, heads // shared * tokens, -1), value)
    return output.view(rows, heads, tokens, size).transpose(1, 2).contiguous(), None


def _load_model(folder: Path, precise: bool) -> "PreTrainedModel":
    """The model of a converted folder, on a GPU if there is one, in bfloat16 where that or the processor has it.

    On a GPU it has not been run.
    """
    import torch
    from transformers import (
        AttentionInterface,
        AttentionMaskInterface,
        AutoConfig,
        AutoModelForCausalLM,
        AutoModelForSeq2SeqLM,
    )
    from transformers.masking_utils import eager_mask
    from transformers.utils import logging

    logging.disable_progress_bar()
    AttentionInterface.register("grouped", grouped_attention)
    AttentionMaskInterface.register("grouped", eager_mask)
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    causal = not config.is_encoder_decoder
    gpu = torch.cuda.is_available()
    has_bfloat16 = torch.cuda.is_bf16_supported() if gpu else computes_in_bfloat16()
    family = AutoModelForCausalLM if causal else AutoModelForSeq2SeqLM
    return (
        family.from_pretrained(
            folder,
            dtype=torch.bfloat16 if causal and not precise and has_bfloat16 else torch.float32,
            attn_implementation="grouped" if causal else "eager",
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
        )
        .to("cuda" if gpu else "cpu")
        .eval()
    )


def _greedy(model: "PreTrainedModel", ends: list[int]) -> Any:
    """Greedy decoding; of the model's own generation settings nothing but its token ids is taken over."""
    from transformers import GenerationConfig

    own = model.generation_config
    pad = own.pad_token_id if own.pad_token_id is not None else [*ends, 0][0]
    settings = GenerationConfig(
        do_sample=False,
        num_beams=1,
        eos_token_id=ends,
        pad_token_id=pad,
        bos_token_id=own.bos_token_id,
        decoder_start_token_id=own.decoder_start_token_id,
        forced_bos_token_id=own.forced_bos_token_id,
        disable_compile=True,
    )
    model.generation_config = settings
    return settings
