"""Which engine runs the summariser."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.generation import GRAPH, PRECISE_GRAPH, Engine
from pipeline.records import ModelError
from pipeline.summary_settings import SummariseSettings


def engine_of(folder: Path, card: dict[str, Any], settings: SummariseSettings) -> Engine:
    """The engine that the settings name, or the fastest that there is for the model.

    Raises ModelError where the one that is named cannot run it.
    """
    is_precise = settings.precision == "float32"
    if settings.engine != "torch":
        fault = card["openvino"] or (None if find_spec("openvino") else "openvino is not installed")
        if fault is None:
            from pipeline.openvino_engine import OpenVINOEngine

            graph = folder / (PRECISE_GRAPH if is_precise else GRAPH)
            text_tokens = settings.prompt_tokens + settings.write_tokens
            return OpenVINOEngine(graph, frozenset(card["end_tokens"]), text_tokens, is_precise)
        if settings.engine == "openvino":
            raise ModelError(f"{folder} cannot run on openvino ({fault}): set summarise.engine to auto or torch")
    from pipeline.torch_engine import TorchEngine

    return TorchEngine(folder, card["end_tokens"], settings.prompt_tokens, is_precise)
