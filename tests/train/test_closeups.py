"""Close-ups: what the windows hold, that both eyes are read alike, and a reader begun from one without any."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from facereason.faces import align
from facereason.faces.geometry import LANDMARKS, MIRRORED_LANDMARKS, MIRRORED_SLOTS
from facereason.types import UsageError

onnx = pytest.importorskip("onnx")
torch = pytest.importorskip("torch")
pytest.importorskip("pyarrow")

from facereason.train import closeups, exporting, reader_begin, reader_model, reader_recipe  # noqa: E402

TRUNK = reader_model.Trunk(stem=8, widths=(8, 16, 16), depths=(1, 1, 1), side=48)
OLDER = reader_model.Model(classes=TRUNK, shapes=TRUNK)
WINDOWS = closeups.CloseUps(widths=(8, 8, 8), depths=(0, 1, 0), thin=4, eye=8, mouth=8)
MODEL = dataclasses.replace(OLDER, closeups=WINDOWS)


def test_a_window_holds_the_pixels_around_its_middle() -> None:
    down, across = torch.meshgrid(torch.arange(align.SIZE), torch.arange(align.SIZE), indexing="ij")
    crops = torch.stack([across, down, 0 * down]).float()[None]  # every pixel tells where it lies
    middle = torch.tensor([[(60.0 - 56) / 112, (50.0 - 56) / 112]])
    seen = closeups.cut(crops, middle, (40, 36), 3.0)[0]
    assert seen.shape == (3, 36, 40)
    assert seen[0, 0].tolist() == pytest.approx(np.arange(40, 80), abs=1e-3)
    assert seen[1, :, 0].tolist() == pytest.approx(np.arange(29, 65), abs=1e-3)
    turned = closeups.cut(crops, middle, (40, 36), 3.0, mirrored=True)[0]
    assert torch.allclose(turned, seen.flip(2), atol=1e-3)


def test_a_window_at_the_border_repeats_it() -> None:
    crops = torch.rand(1, 3, align.SIZE, align.SIZE)
    seen = closeups.cut(crops, torch.tensor([[-0.5, 0.0]]), (40, 36), 0.0)[0]
    assert torch.allclose(seen[:, :, :20], seen[:, :, 19:20].expand(-1, -1, 20), atol=1e-6)


def test_one_network_reads_both_eyes() -> None:
    torch.manual_seed(0)
    net = closeups.CloseUpNet(closeups.CloseUps(widths=(8, 8, 8), depths=(0, 0, 0)), 1, (16, 8), 0.0).eval()
    seen = []
    net.eyes.register_forward_hook(lambda module, given, out: seen.append(out))
    crops, landmarks = torch.rand(1, 3, align.SIZE, align.SIZE), torch.rand(1, LANDMARKS, 2) - 0.5
    mirrored = landmarks[:, list(MIRRORED_LANDMARKS)] * torch.tensor([-1.0, 1.0])
    with torch.no_grad():
        net(crops, landmarks, torch.zeros(1, 1), torch.zeros(1, 16))
        net(crops.flip(3), mirrored, torch.zeros(1, 1), torch.zeros(1, 16))
    one, other = seen
    assert torch.allclose(one[0], other[1], atol=1e-4)
    assert torch.allclose(one[1], other[0], atol=1e-4)
    assert not torch.allclose(one[0], one[1], atol=1e-3)


def test_close_ups_are_put_onto_a_reader_without_them(tmp_path: Path) -> None:
    torch.manual_seed(1)
    older, net = reader_model.ReaderNet(OLDER), reader_model.ReaderNet(MODEL)
    torch.save({"recipe": {}, "mean": older.state_dict()}, tmp_path / "last.pt")
    assert reader_begin.begin(net, tmp_path / "last.pt") == ("classes", "shapes")
    crops = torch.rand(2, 3, align.SIZE, align.SIZE)
    with torch.no_grad():
        before, after = older.eval()(crops), net.eval()(crops)
    assert list(before) == list(after)
    for name in ("emotion", "rotation", "landmarks", "present", "intensity"):
        assert torch.allclose(before[name], after[name], atol=1e-5)
    assert not torch.allclose(before["gaze"], after["gaze"], atol=1e-3)
    again = reader_model.ReaderNet(MODEL)
    torch.save({"recipe": {}, "mean": net.state_dict()}, tmp_path / "next.pt")
    assert reader_begin.begin(again, tmp_path / "next.pt") == reader_begin.parts(again)
    with torch.no_grad():
        assert torch.allclose(again.eval()(crops)["gaze"], after["gaze"], atol=1e-5)


@pytest.mark.slow
def test_an_exported_reader_with_close_ups_reads_alike_and_is_begun_from(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    torch.manual_seed(2)
    net = reader_model.ReaderNet(MODEL).train()
    for name, values in net.named_parameters():  # biases that are all 0 would be stored once for all
        if name.endswith("bias"):
            torch.nn.init.normal_(values, std=0.1)
    net(torch.rand(8, 3, align.SIZE, align.SIZE))
    net.eval()
    exported = reader_model.Exported(net, dict.fromkeys(reader_model.HEADS, 1.0), torch.tensor([[1.0, 0.0]] * 25))
    names = [*reader_model.HEADS, *reader_model.SHAPE_HEADS]
    crops = torch.randint(0, 256, (3, align.SIZE, align.SIZE, 3), dtype=torch.uint8)
    path = exporting.export(
        exported,
        crops,
        tmp_path / "reader.onnx",
        names=("crops", names),
        dynamic={0: torch.export.Dim("n", min=1)},
        metadata={},
        tolerances=dict.fromkeys(names, 0.06),
        in_bytes=True,
    )
    kept = {value.name for value in onnx.load(path).graph.initializer}
    assert "net.shapes.hidden.units.0.weight.bytes" in kept
    assert "net.shapes.trunk.0.0.0.weight.half" not in kept  # too small to gain anything
    assert "net.shapes.trunk.3.0.0.weight.half" in kept
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    crops = torch.cat([crops, crops[:2]])  # any number of faces
    with torch.no_grad():
        wanted = dict(zip(names, exported(crops), strict=True))
    for name, values in zip(names, session.run(names, {"crops": crops.numpy()}), strict=True):
        assert values == pytest.approx(wanted[name].numpy(), abs=0.06 if name == "landmarks" else 5e-3)
    again = reader_model.ReaderNet(MODEL)
    assert reader_begin.begin(again, path) == reader_begin.parts(again)
    with torch.no_grad():
        raw = crops.permute(0, 3, 1, 2).float() / 255
        assert torch.allclose(again.eval()(raw)["gaze"], net(raw)["gaze"], atol=2e-3)


def test_a_mirror_image_is_read_as_the_mirror_image_of_what_is_read() -> None:
    torch.manual_seed(3)
    net = reader_model.ReaderNet(MODEL).eval()
    crops = torch.rand(3, 3, align.SIZE, align.SIZE)
    with torch.no_grad():
        one, other = (reader_model.read_both(net.shapes, each, 48) for each in (crops, crops.flip(3)))
        alone = net.shapes(crops, 48)
    slots, points = list(MIRRORED_SLOTS), list(MIRRORED_LANDMARKS)
    assert torch.allclose(other["present"], one["present"][:, slots], atol=1e-5)
    assert torch.allclose(other["gaze"], one["gaze"] * torch.tensor([-1.0, 1.0, 1.0]), atol=1e-5)
    places, mirrored = (reader_model.places(each["landmarks"]) for each in (one, other))
    assert torch.allclose(
        mirrored, places[:, points] * torch.tensor([-1.0, 1.0]) + torch.tensor([112.0, 0.0]), atol=1e-3
    )
    turn, turned = (reader_model.rotation_of(each["rotation"]) for each in (one, other))
    mirror = torch.diag(torch.tensor([-1.0, 1.0, 1.0]))
    assert torch.allclose(turned, mirror @ turn @ mirror, atol=1e-4)
    assert set(one) == set(alone)
    assert not torch.allclose(one["gaze"], alone["gaze"], atol=1e-3)


def test_eight_bits_hold_a_row_by_its_largest_value() -> None:
    weight = torch.tensor([[1.27, -0.004, 0.5], [0.0, 0.0, 0.0]])
    held = exporting.rounded(weight)
    assert held[0].tolist() == pytest.approx([1.27, 0.0, 0.5])
    assert held[1].tolist() == [0.0, 0.0, 0.0]
    assert torch.equal(exporting.rounded(held), held)
    layer = torch.nn.Sequential(torch.nn.Linear(256, 256), torch.nn.Linear(256, 8), torch.nn.Conv2d(64, 64, 3))
    assert exporting.linear_weights(layer) == {"0.weight"}


def test_what_close_ups_want_is_said() -> None:
    settings = {
        "name": "tiny",
        "model": OLDER,
        "stages": (reader_recipe.Stage(epochs=1, side=48, strength=0.5),),
        "batch": reader_recipe.Batch(ferplus=8, fairface=8, renders=8),
        "learning_rate": 0.01,
        "weight_decay": 0.05,
        "seed": 3,
        "warmup_epochs": 0.5,
        "ema": 0.9,
        "age_blur": 0.5,
        "renders": ("studio-units",),
        "loss": dict.fromkeys(reader_recipe.OF_CLOSEUPS, 1.0),
        "only_closeups": True,
    }
    with pytest.raises(UsageError, match=r"only_closeups: wants renders, model\.closeups, and a reader to begin from"):
        reader_recipe.Recipe(**settings)
    sized = {
        **settings,
        "model": MODEL,
        "begin": "reader.onnx",
        "stages": (reader_recipe.Stage(epochs=1, side=40, strength=0.5),),
    }
    with pytest.raises(UsageError, match=r"only_closeups: stages must have the side of model\.shapes, 48"):
        reader_recipe.Recipe(**sized)
    full = reader_recipe.Recipe(**{**settings, "model": MODEL, "begin": "reader.onnx"})
    assert full.learns == "shapes.closeups"
