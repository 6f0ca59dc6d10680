"""Real models of each family with random weights, small enough to make in a test."""

from pathlib import Path

from pipeline.reading import read_pages

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<pad>"]


def summarise_settings(**changes):
    """Settings for a tiny model."""
    from pipeline.summary_settings import SummariseSettings

    settings = {
        "model": "",
        "adapter": None,
        "language": "en",
        "style": "brief",
        "sentences": 2,
        "most_words": 60,
        "least_words": 20,
        "prompt_tokens": 150,
        "write_tokens": 16,
        "copy_penalties": [0, 2],
        "engine": "auto",
        "precision": "auto",
        "least_support": 0.0,
        "system": "You summarise.",
        "instructions": {"brief": "Summarise this in {sentences}.", "headline": "Write a headline."},
        "prefix": "summarize: ",
    }
    return SummariseSettings.model_validate(settings | changes)


def tiny_tokenizer(chat: bool = True):
    """A byte-level BPE tokenizer of 800 tokens, learnt from the project's own articles."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=800, special_tokens=SPECIAL, initial_alphabet=alphabet)
    tokenizer.train_from_iterator((page.text for page in read_pages("seeds/articles")), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|endoftext|>",  # noqa: S106 - a token of text
        eos_token="<|im_end|>",  # noqa: S106
        pad_token="<pad>",  # noqa: S106
        chat_template=CHAT_TEMPLATE if chat else None,
    )


def save_llama(folder: Path, chat: bool = True) -> Path:
    """A causal model."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.5,
    )
    return _save(LlamaForCausalLM, config, tiny_tokenizer(chat), folder)


def save_mistral(folder: Path) -> Path:
    """A causal model whose attention reaches back over a window only."""
    from transformers import MistralConfig, MistralForCausalLM

    config = MistralConfig(
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=1,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        sliding_window=64,
    )
    return _save(MistralForCausalLM, config, tiny_tokenizer(), folder)


def save_bert(folder: Path) -> Path:
    """A sentence encoder."""
    from transformers import BertConfig, BertModel

    config = BertConfig(hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=4)
    return _save(BertModel, config, tiny_tokenizer(chat=False), folder)


def save_bart(folder: Path) -> Path:
    """A sequence-to-sequence model of the BART family."""
    from transformers import BartConfig, BartForConditionalGeneration

    config = BartConfig(
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=512,
        init_std=0.5,
        decoder_start_token_id=2,
    )
    return _save(BartForConditionalGeneration, config, tiny_tokenizer(chat=False), folder)


def save_t5(folder: Path) -> Path:
    """A sequence-to-sequence model of the T5 family."""
    from transformers import T5Config, T5ForConditionalGeneration

    config = T5Config(d_model=32, d_kv=8, d_ff=64, num_layers=1, num_heads=2, decoder_start_token_id=3)
    return _save(T5ForConditionalGeneration, config, tiny_tokenizer(chat=False), folder)


def _save(family, config, tokenizer, folder: Path) -> Path:
    import torch

    torch.manual_seed(0)
    config.vocab_size = len(tokenizer)
    config.bos_token_id, config.eos_token_id, config.pad_token_id = 0, 2, 3
    family(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
