"""A trained nano as it ships: one safetensors file in 16 bits that transformers opens, and beside it a graph of a few
hundred kilobytes by which the torch-free base install reads the same file."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from facereason.faces import align
from facereason.train import exporting
from facereason.train.nano import eye
from facereason.types import FaceReasonError

if TYPE_CHECKING:
    import onnx

WEIGHTS, GRAPH = "model.safetensors", "eye.onnx"
TOWER = "vision_tower"


class _Seen(nn.Module):
    """`(n, 112, 112, 3)` uint8 RGB crops to the tower's tokens `(n, 30, width)`."""

    def __init__(self, tower: nn.Module) -> None:
        super().__init__()
        self.vision_tower = tower

    def forward(self, crops: Tensor) -> tuple[Tensor]:
        pixels = crops.permute(0, 3, 1, 2).float() / 127.5 - 1
        return (self.vision_tower(pixels).last_hidden_state,)


def ship(trained: str | Path, out: Path) -> Path:
    """Write what ships of the nano in the folder `trained` into `out`, which is given back. FaceReasonError where the
    graph does not say what the network says."""
    from transformers import AutoModelForImageTextToText, AutoProcessor

    eye.register()
    model = AutoModelForImageTextToText.from_pretrained(str(trained))
    model.train(False)
    if getattr(model.config.vision_config, "model_type", "") != eye.MODEL_TYPE:
        raise FaceReasonError(f"{trained}: is no nano: its vision tower is not the reader's eye")
    out.mkdir(parents=True, exist_ok=True)
    model.to(dtype=torch.float16).save_pretrained(str(out))  # type: ignore[call-arg]
    AutoProcessor.from_pretrained(str(trained)).save_pretrained(str(out))  # type: ignore[no-untyped-call]
    tower = model.to(dtype=torch.float32).model.vision_tower  # type: ignore[call-arg]
    example = torch.from_numpy(_example())
    exporting.export(
        _Seen(tower),
        example,
        out / GRAPH,
        names=("crops", ["tokens"]),
        dynamic={0: torch.export.Dim("n", min=1, max=512)},
        metadata={"weights": WEIGHTS},
        tolerances={"tokens": 2e-2},
    )
    _point(out / GRAPH, out / WEIGHTS)
    _compare(out / GRAPH, tower, example)
    return out


def _example() -> Any:
    import numpy as np

    return np.random.default_rng(0).integers(0, 256, (2, align.SIZE, align.SIZE, 3), dtype=np.uint8)


def _point(graph: Path, weights: Path) -> None:
    """Have the graph's 16-bit weights lie in the safetensors file: external data, at the offset of each there."""
    import onnx

    header, begin = _header(weights)
    model = onnx.load(graph)
    for value in model.graph.initializer:
        name = value.name.removesuffix(exporting.HALF)
        if name == value.name or not name.startswith(f"{TOWER}."):
            continue
        first, last = header[name]["data_offsets"]
        if header[name]["dtype"] != "F16" or list(value.dims) != header[name]["shape"]:
            raise FaceReasonError(f"{weights}: {name} is stored otherwise than the graph reads it")
        _external(value, weights.name, begin + first, last - first)
    onnx.save(model, graph)


def _external(value: onnx.TensorProto, file: str, offset: int, length: int) -> None:
    import onnx

    value.ClearField("raw_data")
    value.data_location = onnx.TensorProto.EXTERNAL
    for key, told in (("location", file), ("offset", offset), ("length", length)):
        entry = value.external_data.add()
        entry.key, entry.value = key, str(told)


def _header(path: Path) -> tuple[dict[str, Any], int]:
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return json.loads(file.read(length)), 8 + length


def _compare(graph: Path, tower: nn.Module, example: Tensor) -> None:
    import onnxruntime

    (found,) = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"]).run(
        ["tokens"], {"crops": example.numpy()}
    )
    with torch.no_grad():
        (wanted,) = _Seen(tower)(example)
    off = float((torch.from_numpy(found) - wanted).abs().max())
    if not off < 2e-2:
        raise FaceReasonError(f"{graph}: differs from the network by {off:.3g}")
