"""Which units the landmark teacher takes for one another: for each slot the unit whose faces, without it, rank highest
by its strength, as 2 AUC - 1 of faces with it against them; by the ridge alone, and after units were told apart.

Measured on the fifth of the renders that the teacher is not fitted on, but for their mean and their way up.

    python training/rivals.py out/studio-units out/studio-slack out/studio-slack-more out/studio-faces \
        out/studio-heads --out teacher-rivals.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from facereason import scoring
from facereason.faces.geometry import SLOTS, slot_name
from facereason.train import teacher
from facereason.train.render_data import PRESENT, intensity

FEWEST = 25  # faces on either side


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", type=Path, nargs="+", help="folders of renders that the teacher is fitted on")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    guide = teacher.fit(given.sets)
    pairs = [pair for folder in given.sets for pair in teacher._rendered(folder)][:: teacher.HELD_BACK]
    pairs = [pair for pair in pairs if abs(pair[1]["head_pose"]["yaw"]) <= teacher.FITTED_YAW]
    upright, _ = teacher._upright(np.stack([mesh for mesh, _ in pairs]), guide.mean, guide.rigid)
    ridge = teacher._with_one(upright - guide.mean) @ guide.units
    apart = teacher._products(ridge, guide.usual) @ guide.apart
    acting = np.stack([intensity(person) for _, person in pairs]) >= PRESENT
    found = {
        slot_name(i): {
            "ridge": _worst(ridge[:, i], acting, i),
            "told apart": _worst(apart[:, i], acting, i),
        }
        for i in range(len(SLOTS))
    }
    what = "2 AUC - 1 of the teacher's strength of a unit: over all faces held back, and against its worst rival"
    command = f"python training/rivals.py {' '.join(folder.name for folder in given.sets)} --out FILE"
    given.out.write_text(json.dumps({"what": what, "command": command, "units": found}, indent=1) + "\n", "utf-8")


def _worst(strength: np.ndarray, acting: np.ndarray, slot: int) -> dict[str, object]:
    there, rivals = acting[:, slot], []
    for other, (unit, _) in enumerate(SLOTS):
        only = acting[:, other] & ~there
        if unit != SLOTS[slot][0] and min(only.sum(), there.sum()) >= FEWEST:
            both = there | only
            rivals.append((2 * scoring.auc(strength[both], there[both]) - 1, f"AU{unit}"))
    worst = min(rivals, default=(None, ""))
    return {"over all": _round(2 * scoring.auc(strength, there) - 1), "worst": _round(worst[0]), "rival": worst[1]}


def _round(value: float | None) -> float | None:
    return None if value is None else round(float(value), 3)


if __name__ == "__main__":
    main()
