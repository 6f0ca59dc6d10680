"""The seam between the summariser and what runs the model: token ids in, token ids out."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

# Articles that write at the same time. Measured on 2 cores in bfloat16: 8 write 1.1 articles a second, 16 write 1.0,
# one alone 0.28.
WIDTH = 8


class TorchEngine:
    """A transformers model on torch, greedy, which answers a prompt alike whatever else is in its batch.

    Batched generation usually changes the text: padding shifts where sums are split, and in bfloat16 only 4 of 24
    summaries of one run stood again when the articles were asked for one by one. Here each prompt is read alone,
    its keys and values are laid into a cache of one fixed shape, and the batch that writes always has `WIDTH` rows;
    attention is computed by plain matrix products ("eager"), which treat rows alike. A test holds this.
    """

    name = "torch"

    def __init__(self, folder: Path, prompt_tokens: int, write_tokens: int) -> None:
        self.prompt_tokens = prompt_tokens
        self.write_tokens = write_tokens
        self.model = _load_model(folder)
        self.settings = _greedy(self.model, write_tokens)

    def generate(self, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
        """The tokens written after each prompt of at most `prompt_tokens` ids, without the end token."""
        import torch

        with torch.inference_mode():
            if self.model.config.is_encoder_decoder:
                return [self._answer_one(prompt) for prompt in prompts]
            starts = range(0, len(prompts), WIDTH)
            return [written for start in starts for written in self._answer_rows(prompts[start : start + WIDTH])]

    def _answer_one(self, prompt: Sequence[int]) -> list[int]:
        """Sequence to sequence: encoder and decoder run for one prompt at a time."""
        import torch

        output = self.model.generate(input_ids=torch.tensor([prompt]), generation_config=self.settings)
        return self._written(output[0, 1:])

    def _answer_rows(self, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
        """Causal: read each prompt alone, write for all at once; rows to spare repeat the first."""
        import torch

        rows = [*prompts, *[prompts[0]] * (WIDTH - len(prompts))]
        start = self.prompt_tokens
        ids = torch.full((WIDTH, start), self.settings.pad_token_id)
        mask = torch.zeros((WIDTH, start), dtype=torch.long)
        for row, prompt in enumerate(rows):
            ids[row, start - len(prompt) :] = torch.tensor(prompt)
            mask[row, start - len(prompt) :] = 1
        output = self.model.generate(
            input_ids=ids,
            attention_mask=mask,
            past_key_values=self._cache(prompts),
            generation_config=self.settings,
        )
        return [self._written(row) for row in output[: len(prompts), start:]]

    def _cache(self, prompts: Sequence[Sequence[int]]) -> Any:
        """Keys and values of every prompt but for its last token, aligned at the end of `prompt_tokens` places."""
        import torch
        from transformers import DynamicCache, StaticCache

        read = []
        for prompt in prompts:
            alone = DynamicCache(config=self.model.config)
            self.model.base_model(torch.tensor([prompt[:-1]]), past_key_values=alone, use_cache=True)
            read.append(alone)
        cache = StaticCache(config=self.model.config, max_cache_len=self.prompt_tokens + self.write_tokens)
        for number, layer in enumerate(cache.layers):
            layers = [alone.layers[number] for alone in read]
            layer.update(
                self._aligned([layer.keys for layer in layers]), self._aligned([layer.values for layer in layers])
            )
        return cache

    def _aligned(self, states: "list[torch.Tensor]") -> "torch.Tensor":
        """(1, heads, tokens, size) of each prompt to (WIDTH, heads, prompt_tokens - 1, size), zeros first."""
        _, heads, _, size = states[0].shape
        rows = states[0].new_zeros((WIDTH, heads, self.prompt_tokens - 1, size))
        for row in range(WIDTH):
            state = states[row] if row < len(states) else states[0]
            rows[row, :, rows.shape[2] - state.shape[2] :] = state[0]
        return rows

    def _written(self, row: "torch.Tensor") -> list[int]:
        ends = self.settings.eos_token_id
        ids: list[int] = row.tolist()
        stop = next((position for position, token in enumerate(ids) if token in ends), len(ids))
        return ids[:stop]


def _load_model(folder: Path) -> "PreTrainedModel":
    """The model of a converted folder, in bfloat16 where the processor computes in it, else in float32."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    family = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    fast = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    fast = fast and not config.is_encoder_decoder
    return family.from_pretrained(
        folder,
        dtype=torch.bfloat16 if fast else torch.float32,
        attn_implementation="eager",
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
