"""The landmark teacher: fitted on renders, it labels meshes of photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facereason import scoring
from facereason.data import DataError
from facereason.faces import geometry, pose
from facereason.facs import Side
from tests.train import renders

pytest.importorskip("torch")
pytest.importorskip("pyarrow")

from facereason.train import teacher


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return renders.made_up(400, tmp_path_factory.mktemp("renders"))


@pytest.fixture(scope="module")
def guide(folder: Path) -> teacher.Teacher:
    return teacher.fit([folder])


def test_it_reads_pose_and_landmarks_off_a_mesh(folder: Path, guide: teacher.Teacher) -> None:
    pairs = teacher._rendered(folder)[:60]
    told = guide.label(np.stack([mesh for mesh, _ in pairs]))
    truth = np.stack([pose.matrix(*(p["head_pose"][a] for a in ("yaw", "pitch", "roll"))) for _, p in pairs])
    assert float(geometry.geodesic(told.rotation, truth).max()) < 1.5
    places = np.stack([np.array(p["landmarks"]) for _, p in pairs])
    assert float(np.linalg.norm(told.landmarks - places, axis=2).max()) < 4  # of a face of 80 pixels
    assert (guide.landmarks == np.arange(68)).mean() > 0.9
    assert np.isnan(told.intensity).all()
    assert np.isnan(told.present).all()


def test_it_ranks_units_that_show_in_the_mesh_and_trusts_no_other(folder: Path, guide: teacher.Teacher) -> None:
    trust = {geometry.SLOTS[i]: value for i, value in enumerate(guide.trust)}
    assert trust[(12, Side.LEFT)] > 0.9
    assert trust[(26, None)] > 0.9
    assert trust[(4, None)] == 0  # nobody frowned: it cannot be known
    pairs = teacher._rendered(folder)
    told = guide.label(np.stack([mesh for mesh, _ in pairs])).strength
    smiles = np.array([next(u["left"] for u in p["AUs"] if u["unit"] == 12) for _, p in pairs])
    assert np.corrcoef(told[:, geometry.SLOTS.index((12, Side.LEFT))], smiles)[0, 1] > 0.95


def test_a_smile_is_not_taken_for_a_unit_that_looks_like_one() -> None:
    """A ridge sees AU14 in every smile, more than in AU14 itself; told apart, it no longer does."""
    draw = np.random.default_rng(0)
    smile, dimple = (geometry.SLOTS.index((unit, Side.LEFT)) for unit in (12, 14))
    truth = np.zeros((4000, len(geometry.SLOTS)))
    for slot in (smile, dimple):
        truth[:, slot] = draw.uniform(0.3, 1, 4000) * (draw.random(4000) < 0.3)
    strengths = truth + draw.normal(0, 0.15, truth.shape)
    strengths[:, dimple] += 1.5 * truth[:, smile]
    usual, apart = teacher._told_apart(strengths, truth)
    told = teacher._products(strengths, usual) @ apart
    with_it, smiling = truth[:, dimple] > 0, (truth[:, smile] > 0) & (truth[:, dimple] == 0)
    rows = with_it | smiling
    before, after = (scoring.auc(each[rows, dimple], with_it[rows]) for each in (strengths, told))
    assert before < 0.5
    assert after > 0.85


def test_a_photo_without_a_mesh_and_a_profile_teach_no_units(guide: teacher.Teacher, folder: Path) -> None:
    mesh = teacher._rendered(folder)[0][0]
    around = guide.mean @ pose.matrix(70, 0, 0).T * 40
    told = guide.label(np.stack([np.full_like(mesh, np.nan), around]))
    assert np.isnan(told.rotation[0]).all()
    assert np.isnan(told.strength).all()
    assert pose.angles(told.rotation[1])[0] == pytest.approx(70, abs=0.5)


def test_missing_damaged_and_too_few_meshes_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no .*landmarks\.jsonl: run training/landmarker\.py on that folder"):
        teacher.fit([tmp_path])
    few = renders.made_up(20, tmp_path / "few")
    with pytest.raises(DataError, match="20 faces with a mesh; a teacher needs 100"):
        teacher.fit([few])
    (few / "landmarks.jsonl").write_text('{"id": "r0", "points": [[1, 2, 3]]}\n')
    with pytest.raises(DataError, match=r"landmarks\.jsonl, line 1: no line of a landmarker"):
        teacher.fit([few])
