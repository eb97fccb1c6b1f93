"""From a trained network to an ONNX file that the torch-free base install reads."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from facereason.types import FaceReasonError

if TYPE_CHECKING:
    import onnx

HALF = ".half"  # ends the name of an exported weight that is stored in 16 bits
SMALLEST_HALVED = 1024  # values: below it nothing is gained


def export(
    model: nn.Module,
    example: Tensor,
    path: str | Path,
    *,
    names: tuple[str, Sequence[str]],
    dynamic: Mapping[int, Any],
    metadata: Mapping[str, object],
    tolerances: Mapping[str, float],
) -> Path:
    """Write `path`. `names`: of the input and the outputs; `dynamic`: axes of the input that may vary; `metadata`: kept
    in the file as JSON. Weights are stored in 16 bits. The file is compared with the network on `example` before it is
    put in place; FaceReasonError where an output is off by more than its tolerance."""
    model = model.eval()
    with torch.no_grad():
        for weights in model.parameters():  # what is stored is halves; the comparison below is with these
            weights.copy_(weights.half())
    name, outputs = names
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / Path(path).name
        torch.onnx.export(
            model,
            (example,),
            file,
            input_names=[name],
            output_names=list(outputs),
            dynamic_shapes=(dict(dynamic),),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        _describe(file, metadata)
        _compare(file, model, example, name, tolerances)
        path = Path(path)
        part = path.with_suffix(".part")
        part.write_bytes(file.read_bytes())
        part.replace(path)
    return path


def _describe(file: Path, metadata: Mapping[str, object]) -> None:
    import onnx

    graph = onnx.load(file)
    for key, value in metadata.items():
        graph.metadata_props.add(key=key, value=json.dumps(value))
    _halve(graph.graph)
    for node in graph.graph.node:  # the exporter's notes on where each step came from name files of this machine
        del node.metadata_props[:]
        node.doc_string = ""
    onnx.save(graph, file)


def _halve(graph: onnx.GraphProto) -> None:
    """Store weights as 16-bit floats, each brought back to 32 bits by a cast, which onnxruntime does once, on loading:
    half the size, and the same arithmetic."""
    import onnx
    from onnx import helper, numpy_helper

    casts = []
    for value in graph.initializer:
        if value.data_type == onnx.TensorProto.FLOAT and numpy_helper.to_array(value).size >= SMALLEST_HALVED:
            name = value.name
            value.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(value).astype(np.float16), name + HALF))
            casts.append(helper.make_node("Cast", [name + HALF], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _compare(file: Path, model: nn.Module, example: Tensor, name: str, tolerances: Mapping[str, float]) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    with torch.no_grad():
        wanted = model(example)
    found = session.run(list(tolerances), {name: example.numpy()})
    for (output, most), expected, values in zip(tolerances.items(), wanted, found, strict=True):
        apart = float(np.abs(expected.numpy() - values).max())
        if apart > most:
            raise FaceReasonError(
                f"{file.name}: {output} differs from the network by {apart:.2g}, more than {most:.2g}"
            )
