"""Where a reader's training begins: a checkpoint of another run, or an exported reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from facereason.faces.geometry import SLOTS, slot_name
from facereason.train.exporting import stored_weights
from facereason.train.loop import stored
from facereason.train.reader_model import CLOSEUPS, ReaderNet
from facereason.types import UsageError


def parts(net: ReaderNet) -> tuple[str, ...]:
    """The parts of this network that are taken over each by itself; "shapes" is meant without its close-ups."""
    return ("classes", "shapes", CLOSEUPS) if hasattr(net.shapes, "closeups") else ("classes", "shapes")


def begin(net: ReaderNet, path: str | Path) -> tuple[str, ...]:
    """Take over into `net` the parts that `path` has whole, of the same names and shapes, and say which: "classes", or
    it is refused, and perhaps others of `parts`.

    `path`: a `last.pt`, or a `reader.onnx`, whose norms are folded into its convolutions: they begin as the identity,
    until `settle` has seen what they norm.

    UsageError where there is no such file, or it holds another trunk of classes.
    """
    if not Path(path).is_file():
        raise UsageError(f"begin: no checkpoint {path}: train it first")
    if Path(path).suffix == ".onnx":
        found = exported(path)
        for name in _norms(net):
            bias = found.pop(f"{name}.0.bias", None)
            if bias is not None:
                found[f"{name}.1.weight"], found[f"{name}.1.bias"] = torch.ones_like(bias), bias
    else:
        found = cast("dict[str, Tensor]", stored(path, "cpu")["mean"])
    begun = []
    for part in parts(net):
        own = net.get_submodule(part)
        there = {name.removeprefix(part + "."): value for name, value in found.items() if name.startswith(part + ".")}
        if part == "shapes":
            there = {name: value for name, value in there.items() if not name.startswith("closeups.")}
        names = [n for n, _ in own.named_parameters() if part != "shapes" or not n.startswith("closeups.")]
        odd = [n for n in names if n not in there or there[n].shape != own.get_parameter(n).shape]
        if odd and part == "classes":
            raise UsageError(f"begin: {path} has another trunk of classes ({odd[0]} does not fit)")
        if not odd and not (part == CLOSEUPS and "shapes" not in begun):
            own.load_state_dict({n: there[n] for n in own.state_dict() if n in there}, strict=False)
            begun.append(part)
    return tuple(begun)


def calibration(path: str | Path) -> dict[str, Any]:
    """The scale, thresholds and reliability of units that an ended checkpoint or an exported reader holds; nothing of
    one that has not ended, or was exported before files told the scale."""
    if Path(path).suffix != ".onnx":
        state = stored(path, "cpu")
        return {key: state[key] for key in ("unit_scale", "unit_threshold", "reliability") if key in state}
    import onnx

    told = {each.key: json.loads(each.value) for each in onnx.load(path).metadata_props}
    if "unit_scale" not in told:
        return {}
    scale, threshold = (
        torch.tensor([told[key][slot_name(i)] for i in range(len(SLOTS))]) for key in ("unit_scale", "unit_thresholds")
    )
    return {"unit_scale": scale, "unit_threshold": threshold, "reliability": told["reliability"]}


@torch.no_grad()
def settle(net: ReaderNet, part: str, crops: Tensor, sides: tuple[int, int], fresh: str | None = None) -> None:
    """Give every norm of a part, but for what in it is `fresh`, the mean and variance of what reaches it from `crops`
    `(n, 3, h, h)`, and the scale and offset that make up for them: the same function in inference, and nearly the same
    where batches bring statistics of their own, as in training."""
    norms = {name: norm for name, norm in _norms(net).items() if name.startswith(part + ".")}
    norms = {name: norm for name, norm in norms.items() if not (fresh and name.startswith(fresh + "."))}
    seen = {}

    def note(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            seen[name] = torch.var_mean(inputs[0].float(), dim=(0, 2, 3), correction=0)

        return hook

    hooks = [norm.register_forward_pre_hook(note(name)) for name, norm in norms.items()]
    net.eval()
    net(crops, sides)
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


def exported(path: str | Path) -> dict[str, Tensor]:
    """The weights of an exported reader by name, norms folded in. UsageError where it is no ONNX file."""
    import onnx

    try:
        onnx.checker.check_model(str(path))
    except onnx.checker.ValidationError:
        raise UsageError(f"begin: {path} is no ONNX file") from None
    weights = stored_weights(onnx.load(path).graph)
    return {name.removeprefix("net."): torch.from_numpy(value.copy()) for name, value in weights.items()}
