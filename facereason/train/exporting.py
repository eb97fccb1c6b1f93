"""From a trained network to an ONNX file that the torch-free base install reads."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from facereason.types import FaceReasonError

if TYPE_CHECKING:
    import onnx

HALF = ".half"  # ends the name of an exported weight that is stored in 16 bits
SMALLEST_HALVED = 1024  # values: below it nothing is gained
BYTES, SCALE = ".bytes", ".scale"  # end the names of a linear layer's weight in 8 bits, and of its rows' scales
SMALLEST_IN_BYTES = 65536  # values: hidden layers, not heads, whose outputs are the readings


def export(
    model: nn.Module,
    example: Tensor,
    path: str | Path,
    *,
    names: tuple[str, Sequence[str]],
    dynamic: Mapping[int, Any],
    metadata: Mapping[str, object],
    tolerances: Mapping[str, float],
    in_bytes: bool = False,
) -> Path:
    """Write `path`. `names`: of the input and the outputs; `dynamic`: axes of the input that may vary; `metadata`: kept
    in the file as JSON. Weights are stored in 16 bits; with `in_bytes`, those of large linear layers in 8, each row
    with a scale of its own. The file is compared with the network on `example` before it is put in place;
    FaceReasonError where an output is off by more than its tolerance."""
    model = model.eval()
    linear = linear_weights(model) if in_bytes else set()
    with torch.no_grad():
        for label, weights in model.named_parameters():  # what is stored is coarser; the comparison below is with it
            weights.copy_(rounded(weights) if label in linear else weights.half())
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
        _describe(file, metadata, linear)
        _compare(file, model, example, name, tolerances)
        path = Path(path)
        part = path.with_suffix(".part")
        part.write_bytes(file.read_bytes())
        part.replace(path)
    return path


def linear_weights(model: nn.Module) -> set[str]:
    """Names of the weights of linear layers that are large enough to be stored in 8 bits."""
    layers = ((name, module) for name, module in model.named_modules() if isinstance(module, nn.Linear))
    return {f"{name}.weight" for name, layer in layers if layer.weight.numel() >= SMALLEST_IN_BYTES}


def rounded(weight: Tensor) -> Tensor:
    """A weight `(out, in)` as 8 bits a value can hold it: whole numbers up to 127 times a scale a row."""
    scale = scale_of(weight)
    return (weight / scale).round() * scale


def scale_of(weight: Tensor) -> Tensor:
    """`(out, 1)`: what one step of a weight `(out, in)` in 8 bits is worth, by row."""
    return weight.abs().amax(1, keepdim=True).clamp_min(1e-12) / 127


def _describe(file: Path, metadata: Mapping[str, object], linear: Collection[str]) -> None:
    import onnx

    graph = onnx.load(file)
    for key, value in metadata.items():
        graph.metadata_props.add(key=key, value=json.dumps(value))
    _in_bytes(graph.graph, linear)
    _halve(graph.graph)
    for node in graph.graph.node:  # the exporter's notes on where each step came from name files of this machine
        del node.metadata_props[:]
        node.doc_string = ""
    onnx.save(graph, file)


def _in_bytes(graph: onnx.GraphProto, names: Collection[str]) -> None:
    """Store these weights `(out, in)` as 8-bit integers, brought back by a cast and a product, which onnxruntime does
    once, on loading: the arithmetic stays that of floats. FaceReasonError where one of them is not in the graph."""
    import onnx
    from onnx import helper, numpy_helper

    stored = {value.name: value for value in graph.initializer}
    nodes = []
    for name in sorted(names):
        if name not in stored:
            raise FaceReasonError(f"{name} is not in the exported graph under its name: export without in_bytes")
        weight = numpy_helper.to_array(stored[name])
        scale = scale_of(torch.from_numpy(weight.copy())).numpy()
        whole = np.rint(weight / scale).astype(np.int8)
        stored[name].CopyFrom(numpy_helper.from_array(whole, name + BYTES))
        graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), name + SCALE))
        nodes.append(helper.make_node("Cast", [name + BYTES], [name + ".whole"], to=onnx.TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [name + ".whole", name + SCALE], [name]))
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *rest])


def stored_weights(graph: onnx.GraphProto) -> dict[str, npt.NDArray[np.float32]]:
    """The floating weights of an exported graph by the names they have in the network's graph."""
    import onnx
    from onnx import numpy_helper

    arrays = {value.name: numpy_helper.to_array(value) for value in graph.initializer}
    floats = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    names = [value.name for value in graph.initializer if value.data_type in floats]
    out = {name.removesuffix(HALF): arrays[name].astype(np.float32) for name in names}
    for name in (each.removesuffix(BYTES) for each in arrays if each.endswith(BYTES)):
        out[name] = arrays[name + BYTES].astype(np.float32) * out.pop(name + SCALE)
    return out


def _halve(graph: onnx.GraphProto) -> None:
    """Store weights as 16-bit floats, each brought back to 32 bits by a cast, which onnxruntime does once, on loading:
    half the size, and the same arithmetic."""
    import onnx
    from onnx import helper, numpy_helper

    casts = []
    for value in graph.initializer:
        name, plain = value.name, value.data_type == onnx.TensorProto.FLOAT and not value.name.endswith(SCALE)
        if plain and numpy_helper.to_array(value).size >= SMALLEST_HALVED:
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
