"""Stage `convert`: the pretrained summariser, from wherever it comes, into one folder that is safe to load."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cards import read_card, write_card
from pipeline.files import new_folder
from pipeline.params import read_settings
from pipeline.progress import working
from pipeline.records import ModelError, StageError
from pipeline.summary_settings import SummariseSettings

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")


def convert(settings: SummariseSettings, folder: Path) -> None:
    """Write weights as safetensors in half precision, tokenizer, and `model.json`, into an empty folder."""
    import torch
    import transformers

    from pipeline.exporting import export

    transformers.utils.logging.disable_progress_bar()
    tokenizer, model = load_pretrained(settings.model)
    if settings.adapter:
        model = with_adapter(model, Path(settings.adapter))
    # Half the size of float32; of the two half precisions the one with more bits, 11 against 8 of bfloat16.
    model.to(torch.float16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    with working("graphs for OpenVINO"):
        fault = export(folder)
    facts = {
        "causal": not model.config.is_encoder_decoder,
        "end_tokens": end_tokens(model),
        "openvino": fault,  # None, or why it cannot run it
        "source": settings.model,
        "adapter": settings.adapter,
        "architecture": type(model).__name__,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "settings": settings.model_dump(),
        "versions": {"transformers": transformers.__version__},
    }
    write_card(folder, "summariser", facts)


def end_tokens(model: "PreTrainedModel") -> list[int]:
    """The tokens that end a text."""
    own = model.generation_config.eos_token_id if model.generation_config else None
    ends = own if own is not None else model.config.eos_token_id
    return [ends] if isinstance(ends, int) else list(ends or [])


def load_pretrained(source: str) -> "tuple[PreTrainedTokenizerBase, PreTrainedModel]":
    """Tokenizer and model of a GGUF file, a local folder or a hub id, in full precision; no code of a model's is run.

    Raises StageError that names the source and the cause.
    """
    from safetensors import SafetensorError

    try:
        return _load_gguf(Path(source)) if source.endswith(".gguf") else _load(source)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise StageError(
            f"summarise.model '{source}' could not be loaded: {error}. "
            "Name a GGUF file, a folder with safetensors, or a hub id (which this stage downloads)"
        ) from error


def _load(source: str) -> "tuple[PreTrainedTokenizerBase, PreTrainedModel]":
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

    safe: dict[str, Any] = {"trust_remote_code": False}
    config = AutoConfig.from_pretrained(source, **safe)
    family = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    model = family.from_pretrained(source, use_safetensors=True, dtype="float32", **safe)
    return AutoTokenizer.from_pretrained(source, **safe), model


def fingerprint(model: "PreTrainedModel") -> str:
    """The SHA-256 of a model's weights, in the order of their names."""
    digest = hashlib.sha256()
    for name, weights in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weights.detach().contiguous().numpy().tobytes())
    return digest.hexdigest()


def with_adapter(model: "PreTrainedModel", folder: Path) -> "PreTrainedModel":
    """The model with an adapter laid into its weights; StageError where it was made for other ones."""
    from peft import PeftModel

    try:
        card = read_card(folder, "adapter", "adapt", needs=("base", "base_sha256"))
    except ModelError as error:  # its stage is frozen: `dvc repro` would leave it as it is
        raise StageError(str(error).replace("`dvc repro adapt`", "`make adapt`")) from error
    lacking = [name for name in ADAPTER_FILES if name not in card["files"]]
    if lacking:  # peft would look for pickled weights, and on a hub
        raise StageError(f"summarise.adapter {folder} lacks {', '.join(lacking)}: run `make adapt`")
    if card["base_sha256"] != fingerprint(model):
        raise StageError(
            f"summarise.adapter {folder} was made for {card['base']}, and this is another model: set summarise.adapter "
            "to null, or run `make adapt` to train one for this model"
        )
    merged: PreTrainedModel = PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
    return merged


def _load_gguf(file: Path) -> "tuple[PreTrainedTokenizerBase, PreTrainedModel]":
    """De-quantise a GGUF file; what transformers loads from one refuses to be saved, so a fresh model takes it."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    if not file.is_file():
        raise StageError(f"{file} not found: run `dvc repro fetch`, or name another summarise.model")
    named: dict[str, Any] = {"pretrained_model_name_or_path": file.parent, "gguf_file": file.name}
    tokenizer = AutoTokenizer.from_pretrained(**named)
    loaded = AutoModelForCausalLM.from_pretrained(**named, dtype=torch.float32)
    plain = {key: value for key, value in loaded.config.to_dict().items() if key != "quantization_config"}
    config = AutoConfig.for_model(**plain)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(loaded.state_dict())
    model.generation_config = loaded.generation_config
    return tokenizer, model


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the converted model.")
@click.option(
    "--params",
    default="params.yaml",
    type=click.Path(path_type=Path),
    show_default=True,
    help="Settings: block summarise.",
)
def command(out: Path, params: Path) -> None:
    """Bring the pretrained summariser into one folder that is safe to load.

    `summarise.model` names a GGUF file, a folder with safetensors, or a hub id, which this stage downloads; the adapter
    is laid into its weights, and graphs for OpenVINO are written beside them.

    \b
    Example:
      python -m pipeline convert --out models/summariser
    """
    settings = read_settings(params, "summarise", SummariseSettings)
    with new_folder(out) as folder:
        convert(settings, folder)
