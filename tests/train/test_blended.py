"""Two readers blended weight by weight."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import pytest

torch = pytest.importorskip("torch")

from facereason.train import reader_model  # noqa: E402
from tests.train import scripts  # noqa: E402

TRUNK = reader_model.Trunk(stem=8, widths=(8, 16, 16), depths=(1, 1, 1), side=112)
MODEL = reader_model.Model(classes=TRUNK, shapes=TRUNK)


@pytest.fixture(scope="module")
def blended() -> ModuleType:
    return scripts.loaded("blended")


def checkpoint(path: Path, seed: int) -> Path:
    """A reader of random weights whose norms have seen something."""
    torch.manual_seed(seed)
    net = reader_model.ReaderNet(MODEL).train()
    net(torch.rand(8, 3, 112, 112))
    torch.save({"recipe": {"model": asdict(MODEL)}, "mean": net.state_dict()}, path)
    return path


def test_all_of_either_is_that_one_and_shapes_are_the_firsts(blended: ModuleType, tmp_path: Path) -> None:
    one, other = checkpoint(tmp_path / "one.pt", 1), checkpoint(tmp_path / "other.pt", 2)
    crops = torch.rand(2, 3, 112, 112)
    nets = {path: blended.load_checkpoint(path)[0] for path in (one, other)}
    for share, path in ((1.0, one), (0.0, other)):
        mixed = blended.blended(one, other, share)
        found, wanted = (net.classes(crops, 112) for net in (mixed, nets[path]))
        assert all(torch.allclose(found[head], wanted[head], atol=1e-4) for head in wanted)
        shapes = zip(mixed.shapes.state_dict().values(), nets[one].shapes.state_dict().values(), strict=True)
        assert all(torch.equal(a, b) for a, b in shapes)
    half = blended.blended(one, other, 0.5).classes(crops, 112)["age"]
    assert not torch.allclose(half, nets[one].classes(crops, 112)["age"], atol=1e-3)
    assert not torch.allclose(half, nets[other].classes(crops, 112)["age"], atol=1e-3)
