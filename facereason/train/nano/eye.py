"""The reader as a vision tower of transformers: an aligned crop becomes 30 tokens.

Twenty-five are the cells of the class trunk's last map, five what the heads of the reader hold of the whole face: the
mean of that map, the hidden units behind landmarks and pose, behind action units, behind gaze, and the raw outputs of
the heads themselves (race left out). Each token carries one value that says which of these it is: LLaVA's projector is
the same for all. The tower is frozen: nano and the reader share one eye (docs/decisions.md).
"""

from __future__ import annotations

import json
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling

from facereason import resources
from facereason.faces import align
from facereason.train.reader_begin import exported
from facereason.train.reader_model import GROUPS, HEADS, SHAPE_HEADS, Model, ReaderNet

CELLS = 5
"""Cells along a side of the class trunk's last map."""
READ = ("emotion", "age", "gender")
"""Heads of classes whose outputs the tower gives; race is not among them."""
SPOKEN = ("present", "intensity", "rotation", "gaze")
"""Heads of shapes, likewise."""
KINDS = ("cell", "face", *GROUPS, "heads")
TOKENS = CELLS * CELLS + len(KINDS) - 1
MODEL_TYPE = "face_eye"


class FaceEyeConfig(PreTrainedConfig):  # type: ignore[no-untyped-call]
    """Sizes of the two trunks, as in the reader's recipe: stem, widths, depths, side; of the heads of shapes; and of
    close-ups, where the reader takes any."""

    model_type = MODEL_TYPE

    def __init__(
        self,
        classes: dict[str, Any] | None = None,
        shapes: dict[str, Any] | None = None,
        thin: list[int] | None = None,
        spots: list[int] | None = None,
        hidden: list[int] | None = None,
        closeups: dict[str, Any] | None = None,
        **rest: Any,
    ) -> None:
        self.classes = classes or {"stem": 32, "widths": [64, 128, 192], "depths": [1, 1, 3], "side": 80}
        self.shapes = shapes or {"stem": 24, "widths": [48, 96, 160], "depths": [1, 1, 1], "side": 96}
        self.thin, self.spots, self.hidden = thin or [16, 32], spots or [24, 24, 16], hidden or [256, 256, 96]
        self.closeups = closeups
        self.image_size, self.patch_size = align.SIZE, align.SIZE // CELLS
        rest.pop("hidden_size", None)
        super().__init__(**rest)
        heads = sum(HEADS[name] for name in READ) + sum(SHAPE_HEADS[name] for name in SPOKEN)
        self.hidden_size = max(self.classes["widths"][-1], *self.hidden, heads) + len(KINDS)

    def model(self) -> Model:
        """The reader's sizes as its own record."""
        sizes = {name: getattr(self, name) for name in ("classes", "shapes", "thin", "spots", "hidden", "closeups")}
        return Model.stored({**sizes, "dropout": 0.0})


class FaceEye(PreTrainedModel):
    """Crops `(n, 3, 112, 112)`, scaled to [-1, 1], to `last_hidden_state` `(n, 30, hidden_size)`."""

    config_class = FaceEyeConfig
    main_input_name = "pixel_values"
    base_model_prefix = "eye"
    input_modalities = "image"

    def __init__(self, config: FaceEyeConfig) -> None:
        super().__init__(config)
        self.net = _folded(ReaderNet(config.model()))
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        """Weights are the reader's, and loaded."""

    def forward(self, pixel_values: Tensor, **rest: Any) -> BaseModelOutputWithPooling:
        crops = (pixel_values.to(self.dtype) + 1) / 2
        what, how = self.net.sides
        values, logits = self.net.classes.seen(crops, what)
        said, hidden = self.net.shapes.seen(crops, how)
        cells = values.flatten(2).transpose(1, 2)
        heads = torch.cat([*(logits[name] for name in READ), *(said[name] for name in SPOKEN)], dim=1)
        face = values.mean(dim=(2, 3))
        tokens = [cells, *(part[:, None] for part in (face, *(hidden[group] for group in GROUPS), heads))]
        marked = [self._marked(part, kind) for kind, part in enumerate(tokens)]
        whole = torch.cat(marked, dim=1)
        return BaseModelOutputWithPooling(last_hidden_state=whole, pooler_output=whole.mean(1), hidden_states=(whole,))

    def _marked(self, values: Tensor, kind: int) -> Tensor:
        """Tokens `(n, k, c)` filled up to the tower's width, their kind marked at the end."""
        n, k, c = values.shape
        filled = values.new_zeros(n, k, self.config.hidden_size)
        filled[:, :, :c] = values
        filled[:, :, self.config.hidden_size - len(KINDS) + kind] = 1.0
        return filled


def _folded(net: ReaderNet) -> ReaderNet:
    """The network as it is exported: norms folded into the convolutions before them, which gain a bias."""
    for module in list(net.modules()):
        if isinstance(module, nn.Sequential) and len(module) == 2 and isinstance(module[1], nn.BatchNorm2d):
            old = cast(nn.Conv2d, module[0])
            kernel, stride, padding = cast(Any, (old.kernel_size, old.stride, old.padding))
            module[0] = nn.Conv2d(old.in_channels, old.out_channels, kernel, stride, padding)
            module[1] = nn.Identity()
    # where the heads look is kept with the weights: a checkpoint is opened without running what computes it
    net.shapes.register_buffer("where", cast(Tensor, net.shapes.where), persistent=True)
    return net


def config() -> FaceEyeConfig:
    """The sizes of the reader that ships."""
    import onnx

    resources.verify("reader.onnx")
    told = {each.key: each.value for each in onnx.load(resources.weights("reader.onnx")).metadata_props}
    sizes = json.loads(told["recipe"])["model"]
    return FaceEyeConfig(**{name: value for name, value in sizes.items() if name != "dropout"})


def shipped() -> FaceEye:
    """The eye with the weights of the reader that ships."""
    eye = FaceEye(config())
    found = exported(resources.weights("reader.onnx"))
    own = eye.net.state_dict()
    missing = [name for name in own if name not in found]
    if missing:
        raise RuntimeError(f"reader.onnx is of another shape than the eye: it lacks {missing[0]}")
    eye.net.load_state_dict({name: found[name] for name in own})
    eye.requires_grad_(False)
    return eye


def register() -> None:
    """Make the eye known to transformers: `AutoModel.from_pretrained` opens a checkpoint that has one."""
    AutoConfig.register(MODEL_TYPE, FaceEyeConfig, exist_ok=True)
    AutoModel.register(FaceEyeConfig, FaceEye, exist_ok=True)
