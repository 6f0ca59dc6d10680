"""The seam between the summariser and what runs the model: token ids in, token ids out."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.precision import computes_in_bfloat16

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

# Rows that write at the same time: articles times candidates. Measured on 2 cores, see docs/log.md.
WIDTH = 32
# Samples are drawn from this many of the likeliest tokens, and of these from the likeliest that together have this
# share of the probability (Holtzman et al. 2020): what lies below is noise.
TOP_TOKENS = 50
TOP_SHARE = 0.9


class TorchEngine:
    """A transformers model on torch, which answers a prompt alike whatever else is in its batch.

    Batched generation usually changes the text: padding shifts where sums are split, and in bfloat16 only 4 of 24
    summaries of one run stood again when the articles were asked for one by one. Here each prompt is read alone,
    its keys and values are laid into a cache of one fixed shape, and the batch that writes always has `WIDTH` rows;
    attention is computed by plain matrix products, which treat rows alike. A test holds this.

    The first candidate of a prompt is greedy. The others are samples: greedy too, after noise that follows from the
    prompt and the candidate's number alone has been added to the scores (Gumbel 1954), so that they neither depend on
    the batch nor differ from run to run.
    """

    name = "torch"

    def __init__(
        self, folder: Path, prompt_tokens: int, write_tokens: int, candidates: int, temperature: float
    ) -> None:
        self.prompt_tokens = prompt_tokens
        self.write_tokens = write_tokens
        self.candidates = candidates
        self.temperature = temperature
        self.model = _load_model(folder)
        self.settings = _greedy(self.model, write_tokens)

    def generate(self, prompts: Sequence[Sequence[int]]) -> list[list[list[int]]]:
        """For each prompt of at most `prompt_tokens` ids, the tokens of each candidate, without the end token."""
        import torch

        at_once = 1 if self.model.config.is_encoder_decoder else max(1, WIDTH // self.candidates)
        answer = self._answer_one if self.model.config.is_encoder_decoder else self._answer_rows
        with torch.inference_mode():
            return [
                written
                for start in range(0, len(prompts), at_once)
                for written in answer(prompts[start : start + at_once])
            ]

    def _answer_one(self, prompts: Sequence[Sequence[int]]) -> list[list[list[int]]]:
        """Sequence to sequence: encoder and decoder run for one prompt at a time, its candidates together."""
        import torch

        output = self.model.generate(
            input_ids=torch.tensor([list(prompts[0])] * self.candidates),
            generation_config=self.settings,
            logits_processor=[_Noise(self._generators(prompts), self.temperature)],
        )
        return [[self._written(row) for row in output[:, 1:]]]

    def _answer_rows(self, prompts: Sequence[Sequence[int]]) -> list[list[list[int]]]:
        """Causal: read each prompt alone, write for all at once; rows to spare repeat the first prompt."""
        import torch

        places = -(-WIDTH // self.candidates)  # as many as fill the width, the last one's candidates perhaps in part
        filled = [*prompts, *[prompts[0]] * (places - len(prompts))]
        rows, start = max(WIDTH, self.candidates), self.prompt_tokens
        ids = torch.full((rows, start), self.settings.pad_token_id)
        mask = torch.zeros((rows, start), dtype=torch.long)
        for row in range(rows):
            prompt = filled[row // self.candidates]
            ids[row, start - len(prompt) :] = torch.tensor(prompt)
            mask[row, start - len(prompt) :] = 1
        output = self.model.generate(
            input_ids=ids,
            attention_mask=mask,
            past_key_values=self._cache(prompts, places, rows),
            generation_config=self.settings,
            logits_processor=[_Noise(self._generators(filled)[:rows], self.temperature)],
        )
        written = [self._written(row) for row in output[:, start:]]
        each = self.candidates
        return [written[number * each : (number + 1) * each] for number in range(len(prompts))]

    def _cache(self, prompts: Sequence[Sequence[int]], places: int, rows: int) -> Any:
        """Keys and values of every prompt but for its last token, aligned at the end of `prompt_tokens` places."""
        import torch
        from transformers import DynamicCache, StaticCache

        read = []
        for prompt in prompts:
            alone = DynamicCache(config=self.model.config)
            self.model.base_model(torch.tensor([prompt[:-1]]), past_key_values=alone, use_cache=True)
            read.append(alone)
        read += [read[0]] * (places - len(read))
        cache = StaticCache(config=self.model.config, max_cache_len=self.prompt_tokens + self.write_tokens)
        for number, layer in enumerate(cache.layers):
            layers = [alone.layers[number] for alone in read]
            layer.update(
                self._aligned([layer.keys for layer in layers])[:rows],
                self._aligned([layer.values for layer in layers])[:rows],
            )
        return cache

    def _aligned(self, states: "list[torch.Tensor]") -> "torch.Tensor":
        """(1, heads, tokens, size) of each prompt to (rows, heads, prompt_tokens - 1, size), zeros first."""
        _, heads, _, size = states[0].shape
        rows = states[0].new_zeros((len(states) * self.candidates, heads, self.prompt_tokens - 1, size))
        for number, state in enumerate(states):
            first = number * self.candidates
            rows[first : first + self.candidates, :, rows.shape[2] - state.shape[2] :] = state
        return rows

    def _generators(self, prompts: Sequence[Sequence[int]]) -> "list[torch.Generator | None]":
        """The source of noise of each row: none for the greedy candidate, else seeded by the prompt and its number."""
        import torch

        found: list[torch.Generator | None] = []
        for prompt in prompts:
            digest = hashlib.sha256(" ".join(map(str, prompt)).encode()).digest()
            seed = int.from_bytes(digest[:7], "big")
            found.append(None)
            found += [torch.Generator().manual_seed(seed + number) for number in range(1, self.candidates)]
        return found

    def _written(self, row: "torch.Tensor") -> list[int]:
        ends = self.settings.eos_token_id
        ids: list[int] = row.tolist()
        stop = next((position for position, token in enumerate(ids) if token in ends), len(ids))
        return ids[:stop]


class _Noise:
    """A logits processor under which the likeliest token is a sample, for each row that has a source of noise."""

    def __init__(self, generators: "list[torch.Generator | None]", temperature: float) -> None:
        self.generators = generators
        self.temperature = temperature

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        import torch

        rows = [row for row, generator in enumerate(self.generators) if generator is not None]
        sources = [generator for generator in self.generators if generator is not None]
        if not rows:
            return scores
        values, tokens = torch.topk(scores[rows].float() / self.temperature, min(TOP_TOKENS, scores.shape[1]))
        shares = torch.softmax(values, dim=-1)
        before = torch.cumsum(shares, dim=-1) - shares
        drawn = [torch.rand(values.shape[1], generator=source) for source in sources]
        uniform = torch.stack(drawn).clamp(1e-9, 1 - 1e-7)
        noisy = torch.where(before < TOP_SHARE, values - torch.log(-torch.log(uniform)), -torch.inf)
        sampled = torch.full_like(scores[rows], -torch.inf).scatter(1, tokens, noisy.to(scores.dtype))
        return scores.index_copy(0, torch.tensor(rows), sampled)


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


def _load_model(folder: Path) -> "PreTrainedModel":
    """The model of a converted folder, in bfloat16 where the processor computes in it, else in float32."""
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
    family = AutoModelForCausalLM if causal else AutoModelForSeq2SeqLM
    return family.from_pretrained(
        folder,
        dtype=torch.bfloat16 if causal and computes_in_bfloat16() else torch.float32,
        attn_implementation="grouped" if causal else "eager",
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
    ).eval()


def _greedy(model: "PreTrainedModel", write_tokens: int) -> Any:
    """Greedy decoding; of the model's own generation settings nothing but its token ids is taken over."""
    from transformers import GenerationConfig

    own, config = model.generation_config, model.config
    ends = own.eos_token_id if own.eos_token_id is not None else config.eos_token_id
    ends = [ends] if isinstance(ends, int) else list(ends or [])
    pad = own.pad_token_id if own.pad_token_id is not None else (ends or [0])[0]
    settings = GenerationConfig(
        do_sample=False,
        num_beams=1,
        max_new_tokens=write_tokens,
        eos_token_id=ends,
        pad_token_id=pad,
        bos_token_id=own.bos_token_id,
        decoder_start_token_id=own.decoder_start_token_id,
        forced_bos_token_id=own.forced_bos_token_id,
        disable_compile=True,
    )
    model.generation_config = settings
    return settings
