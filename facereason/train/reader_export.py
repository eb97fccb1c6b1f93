"""From a checkpoint to the ONNX file that the torch-free base install reads."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from facereason.faces import align
from facereason.faces.geometry import slot_name
from facereason.train.reader import load_checkpoint
from facereason.train.reader_model import HALF, HEADS, SHAPE_HEADS, Exported
from facereason.types import FaceReasonError, UsageError

if TYPE_CHECKING:
    import onnx

TOLERANCE = 5e-4  # of outputs whose size is about 1; of landmarks in shares of the crop
SMALLEST_HALVED = 1024  # values: below it nothing is gained
OUTPUTS = [*HEADS, *SHAPE_HEADS]


def export(checkpoint: str | Path, path: str | Path) -> Path:
    """Write `path`: `crops` `(n, 112, 112, 3)` uint8 RGB to what `reader_model.Exported` says, one output a head.

    The file's metadata holds the recipe, the temperatures and the thresholds of the units. It is compared with the
    network on random crops before it is put in place; UsageError where the run has not ended, FaceReasonError where the
    two differ by more than `TOLERANCE`.
    """
    net, state = load_checkpoint(checkpoint)
    if not state["temperatures"]:
        raise UsageError(f"{checkpoint}: epoch {state['epoch']}, the run has not ended: call train again to go on")
    model = Exported(net, state["temperatures"], state["unit_scale"], state["recipe"]["stages"][-1]["side"]).eval()
    with torch.no_grad():
        for weights in model.parameters():  # what is stored is halves; the comparison below is with these
            weights.copy_(weights.half())
    crops = torch.randint(0, 256, (2, align.SIZE, align.SIZE, 3), dtype=torch.uint8)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "reader.onnx"
        torch.onnx.export(
            model,
            (crops,),
            file,
            input_names=["crops"],
            output_names=OUTPUTS,
            dynamic_shapes={"crops": {0: torch.export.Dim("n", min=1)}},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        thresholds = {slot_name(i): round(float(value), 3) for i, value in enumerate(state["unit_threshold"])}
        told = {key: state[key] for key in ("recipe", "temperatures", "reliability")}
        _describe(file, {**told, "unit_thresholds": thresholds})
        _compare(file, model, crops)
        path = Path(path)
        part = path.with_suffix(".part")
        part.write_bytes(file.read_bytes())
        part.replace(path)
    return path


def _describe(file: Path, metadata: dict[str, object]) -> None:
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


def _compare(file: Path, model: Exported, crops: torch.Tensor) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    with torch.no_grad():
        wanted = model(crops)
    for name, expected, found in zip(OUTPUTS, wanted, session.run(None, {"crops": crops.numpy()}), strict=True):
        apart = float(np.abs(expected.numpy() - found).max()) / (align.SIZE if name == "landmarks" else 1)
        if apart > TOLERANCE:
            raise FaceReasonError(f"{file.name}: {name} differs from the network by {apart:.2g}, more than {TOLERANCE}")
