"""Where a reader's training begins: a checkpoint of another run, or an exported reader."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from facereason.train.reader_model import HALF, ReaderNet
from facereason.types import UsageError

TRUNK = ("early.", "late.")


def begin(net: ReaderNet, path: str | Path) -> None:
    """Take over into `net` what `path` has of the same name and shape, all of the trunk or it is refused.

    `path`: a `last.pt`, or a `reader.onnx`, whose norms are folded into its convolutions: they begin as the identity,
    until `settle` has seen what they norm.

    UsageError where there is no such file, or it holds another trunk.
    """
    if not Path(path).is_file():
        raise UsageError(f"begin: no checkpoint {path}: train it first")
    own = net.state_dict()
    if Path(path).suffix == ".onnx":
        found = _exported(path)
        for name in _norms(net):
            bias = found.pop(f"{name}.0.bias", None)
            if bias is not None:
                found[f"{name}.1.weight"], found[f"{name}.1.bias"] = torch.ones_like(bias), bias
    else:
        found = cast("dict[str, Tensor]", stored(path, "cpu")["mean"])
    fits = {name: value for name, value in found.items() if name in own and own[name].shape == value.shape}
    wanted = [name for name, _ in net.named_parameters() if name.startswith(TRUNK)]
    if missing := [name for name in wanted if name not in fits]:
        raise UsageError(f"begin: {path} has another trunk ({missing[0]} does not fit)")
    net.load_state_dict(fits, strict=False)


@torch.no_grad()
def settle(net: ReaderNet, crops: Tensor, side: int) -> None:
    """Give every norm the mean and variance of what reaches it from `crops` `(n, 3, h, h)`, and the scale and offset
    that make up for them: the same function in inference, and nearly the same where batches bring statistics of their
    own, as in training."""
    norms, seen = _norms(net), {}

    def note(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            seen[name] = torch.var_mean(inputs[0].float(), dim=(0, 2, 3), correction=0)

        return hook

    hooks = [norm.register_forward_pre_hook(note(name)) for name, norm in norms.items()]
    net.eval()
    net(crops, side)
    for hook in hooks:
        hook.remove()
    for name, norm in norms.items():
        variance, mean = seen[name]
        old = norm.weight / (cast(Tensor, norm.running_var) + norm.eps).sqrt()
        norm.bias.add_(old * (mean - cast(Tensor, norm.running_mean)))
        norm.weight.copy_(old * (variance + norm.eps).sqrt())
        cast(Tensor, norm.running_mean).copy_(mean)
        cast(Tensor, norm.running_var).copy_(variance)


def _norms(net: ReaderNet) -> dict[str, nn.BatchNorm2d]:
    """The norms by the name of the pair of convolution and norm they belong to."""
    pairs = (
        (name, module[1])
        for name, module in net.named_modules()
        if isinstance(module, nn.Sequential) and len(module) == 2
    )
    return {name: norm for name, norm in pairs if isinstance(norm, nn.BatchNorm2d)}


def stored(path: str | Path, device: torch.device | str) -> dict[str, Any]:
    """What a checkpoint of the reader holds; UsageError where it is none."""
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except (RuntimeError, EOFError, LookupError, ValueError, pickle.UnpicklingError):
        raise UsageError(f"{path} is damaged, or no checkpoint: remove it and train again") from None
    if not isinstance(state, dict) or "recipe" not in state:
        raise UsageError(f"{path} is no checkpoint of the reader (it holds no recipe)")
    return state


def _exported(path: str | Path) -> dict[str, Tensor]:
    import onnx
    from onnx import numpy_helper

    try:
        onnx.checker.check_model(str(path))
    except onnx.checker.ValidationError:
        raise UsageError(f"begin: {path} is no ONNX file") from None
    graph = onnx.load(path).graph
    return {
        value.name.removeprefix("net.").removesuffix(HALF): torch.from_numpy(
            numpy_helper.to_array(value).copy()
        ).float()
        for value in graph.initializer
        if value.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    }
