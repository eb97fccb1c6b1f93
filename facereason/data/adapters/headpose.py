"""300W-LP, AFLW2000-3D and BIWI: heads with their rotation.

300W-LP and AFLW2000-3D have a .mat file beside each image: `Pose_Para` (pitch, yaw, roll in radians, then translation
and scale) and landmarks, `pt2d` or `pt3d_68`, whose bounds are given as the box. BIWI has NN/frame_NNNNN_rgb.png with
frame_NNNNN_pose.txt: a rotation matrix and the head's centre. Layouts as public readers of these sets use them, not
tried on the original files; for the signs see `data.angles`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facereason.data import angles, tables
from facereason.data.declaring import IMAGE, DataError, DataSet, Layout, of
from facereason.data.records import Pose
from facereason.types import Box

_PARTS = ("AFW", "HELEN", "IBUG", "LFPW")


def _mat(path: Path) -> dict[str, Any]:
    """The row of an image with its .mat file; without one, it has neither pose nor landmarks."""
    row: dict[str, Any] = {"id": f"{path.parent.name}/{path.stem}", "image": path}
    file = path.with_suffix(".mat")
    if file.is_file():
        row |= _loaded(file)
    return row


def _loaded(file: Path) -> dict[str, Any]:
    try:
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError
    except ImportError:
        raise DataError('reading .mat files needs scipy: pip install "facereason[studio]"') from None
    try:
        held = loadmat(file)
    except (OSError, ValueError, NotImplementedError, MatReadError) as error:
        raise DataError(f"{file}: no .mat file, or damaged ({error}); fetch it again") from None
    points = held.get("pt3d_68", held.get("pt2d"))
    return {
        name: value for name, value in (("Pose_Para", held.get("Pose_Para")), ("points", points)) if value is not None
    }


def _pose(parameters: npt.NDArray[np.float64]) -> Pose:
    pitch, yaw, roll = (float(angle) for angle in np.ravel(parameters)[:3])
    return angles.from_3dmm(pitch, yaw, roll)


def _bounds(points: npt.NDArray[np.float64]) -> Box:
    """The bounds of landmarks, rows x and y first; those marked as missing, -1, are left out."""
    x, y = np.asarray(points[:2], float)
    there = (x >= 0) & (y >= 0)
    if not there.any():
        raise ValueError("no landmark is inside the image")
    x, y = x[there], y[there]
    return Box(float(x.min()), float(y.min()), float(np.ptp(x)), float(np.ptp(y)))


def _biwi(path: Path) -> dict[str, Any]:
    file = path.with_name(path.name.replace("_rgb.png", "_pose.txt"))
    row: dict[str, Any] = {"id": f"{path.parent.name}/{path.name.removesuffix('_rgb.png')}", "image": path}
    if file.is_file():
        row["pose"] = " ".join(tables.lines(file))
    return row


def _camera_pose(text: str) -> Pose:
    """The first nine of a pose file's numbers, row by row."""
    numbers = [float(number) for number in text.split()]
    if len(numbers) != 12:
        raise ValueError(f"{len(numbers)} numbers instead of a rotation (9) and a centre (3)")
    return angles.from_camera(np.array(numbers[:9]).reshape(3, 3))


_MAT = {"id": of("id"), "image": IMAGE, "pose": of("Pose_Para", to=_pose), "person": of("points", to=_bounds)}

SETS = (
    DataSet(
        name="300w-lp",
        layouts=(
            Layout(
                files={"train": tuple(f"{part}{end}/*.jpg" for part in _PARTS for end in ("", "_Flip"))},
                rows=tables.folder(_mat),
                fields=_MAT,
                says="300W_LP/ as unpacked: AFW/, AFW_Flip/, HELEN/ and so on, each with .jpg and .mat",
            ),
        ),
        license="research only",
        terms="For non-commercial research; the photos are those of 300-W, whose terms hold. Most are synthesised.",
        source="300W-LP (Zhu et al. 2016)",
        obtain="cbsr.ia.ac.cn/users/xiangyuzhu/projects/3DDFA/main.htm",
    ),
    DataSet(
        name="aflw2000",
        layouts=(
            Layout(
                files={"test": ("*.jpg",)},
                rows=tables.folder(_mat),
                fields=_MAT,
                says="AFLW2000/ as unpacked: image00002.jpg with image00002.mat and so on",
            ),
        ),
        license="research only",
        terms="For non-commercial research; the photos are AFLW's, whose terms hold.",
        source="AFLW2000-3D (Zhu et al. 2016)",
        obtain="cbsr.ia.ac.cn/users/xiangyuzhu/projects/3DDFA/main.htm",
        says="results are usually published without the images that are turned by more than 99 degrees",
    ),
    DataSet(
        name="biwi",
        layouts=(
            Layout(
                files={"all": ("[0-9][0-9]/frame_*_rgb.png",)},
                rows=tables.folder(_biwi),
                fields={"id": of("id"), "image": IMAGE, "pose": of("pose", to=_camera_pose)},
                says="hpdb/ as unpacked: 01/ to 24/, each with frame_NNNNN_rgb.png and frame_NNNNN_pose.txt",
            ),
        ),
        license="research only",
        terms="For non-commercial research.",
        source="BIWI Kinect Head Pose (Fanelli et al. 2013)",
        obtain="icu.ee.ethz.ch/research/datsets.html, or Kaggle's copy kmader/biwi-kinect-head-pose-database",
        says="the pose is relative to the depth camera's axis, as results on it are published",
    ),
)
