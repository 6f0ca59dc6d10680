"""A torch module as an OpenVINO graph, its matrices in fewer bits."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch


def graph_of(module: torch.nn.Module, example: tuple[torch.Tensor, ...], shapes: Sequence[Sequence[int]]) -> Any:
    """The graph of a module, traced on an example, for inputs of these shapes; -1 is any length."""
    import openvino
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing: what it might get wrong is for the caller to compare
        decoder = TorchScriptPythonDecoder(module.eval(), example_input=example)
    frontend = FrontEndManager().load_by_framework("pytorch")
    graph = frontend.convert(frontend.load(decoder))
    asked = [openvino.PartialShape(list(shape)) for shape in shapes]
    graph.reshape(dict(zip(graph.inputs, asked, strict=True)))
    return graph


def weights_of(graph: Any) -> list[tuple[Any, list[Any]]]:
    """The matrices of weights, each with the places where it is used: words can be read and written by the same one."""
    found: dict[str, tuple[Any, list[Any]]] = {}
    for node in graph.get_ops():
        if node.get_type_name() in ("MatMul", "Gather"):
            for place in node.inputs():
                matrix = place.get_source_output().get_node()
                if matrix.get_type_name() == "Constant" and len(matrix.shape) == 2:
                    found.setdefault(matrix.get_friendly_name(), (matrix.data.copy(), []))[1].append(place)
    return list(found.values())


def replace(weights: list[tuple[Any, list[Any]]], smaller: Callable[[Any], Any]) -> None:
    """Put something smaller in the place of each matrix; of 16 bits, other constants would blur far positions."""
    for matrix, places in weights:
        node = smaller(matrix)
        for place in places:
            place.replace_source_output(node.output(0))


def half(matrix: Any) -> Any:
    """The matrix in 16 bits."""
    from openvino import opset15

    return opset15.convert(opset15.constant(matrix.astype(np.float16)), "f32")
