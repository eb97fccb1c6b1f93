"""Which units the landmark teacher takes for one another: for each slot the unit whose faces, without it, rank highest
by its strength, as 2 AUC - 1 of faces with it against them; by the ridge alone, and after units were told apart.

    python training/rivals.py out/studio-slack out/studio-slack-more --taught out --out teacher-rivals.json
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

TAUGHT = ("studio-units", "studio-slack", "studio-slack-more", "studio-faces", "studio-heads")
FEWEST = 40  # faces on either side


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", type=Path, nargs="+", help="folders of renders to rank")
    parser.add_argument(
        "--taught", type=Path, required=True, help="folder of the renders that the teacher is fitted on"
    )
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    guide = teacher.fit([at for name in TAUGHT if (at := given.taught / name).is_dir()])
    pairs = [pair for folder in given.sets for pair in teacher._rendered(folder)]
    told = guide.label(np.stack([mesh for mesh, _ in pairs]))
    rows = np.isfinite(told.strength).all(1)
    upright, _ = teacher._upright(np.stack([mesh for mesh, _ in pairs])[rows], guide.mean, guide.rigid)
    ridge = teacher._with_one(upright - guide.mean) @ guide.units
    acting = np.stack([intensity(person) for _, person in pairs])[rows] >= PRESENT
    found = {
        slot_name(i): {
            "ridge": _worst(ridge[:, i], acting, i),
            "told apart": _worst(told.strength[rows, i], acting, i),
        }
        for i in range(len(SLOTS))
    }
    what = "2 AUC - 1 of the teacher's strength of a unit: over all faces, and against its worst rival"
    command = "python training/rivals.py out/studio-slack out/studio-slack-more --taught out --out FILE"
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
