"""What a face says of the way up its photo lies: fits the weights of `faces/turned.py`.

    python training/turned.py DATA GROUPS OUT       # OUT/votes.npz keeps what was seen, for another fit

On photos of fairface-train and the renders of `studio-groups.yaml` in GROUPS, all upright: every face as it is seen in
four turns, the first of which is right. Three quarters of the photos are fitted; of the others it is told how many are
then recognised. OUT/turned.jsonl gets a line with what goes into the code, and one with how well that does.
"""

import io
import itertools
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from facereason import resources
from facereason.bench import renders
from facereason.data import read
from facereason.faces import turned
from facereason.faces.detect import SCORE, Detector

PHOTOS, EVERY = 800, 34  # every 34th of fairface-train
SIZES = (128, 224)  # pixels of both sides, in turn: as they are, and as large as those of fairface-val
UPRIGHT = 0.9  # share of all photos
STEPS = 50
KEEP_SMALL = 1e-3  # weight of the squares of what is fitted

Array = npt.NDArray[np.float64]


def main(data: str, groups: Path, out: Path) -> None:
    if not (out / "votes.npz").is_file():
        np.savez(out / "votes.npz", *_seen(data, groups))
    with np.load(out / "votes.npz") as kept:
        seen = list(kept.values())
    fitted = [said for i, said in enumerate(seen) if i % 4]
    held = [said for i, said in enumerate(seen) if i % 4 == 0]
    weights = softmax_fit(np.concatenate(fitted))
    first, right = _first_looks(fitted, weights)
    # most photos are upright, far more even than of those that the first look does not settle
    slope, shift = logistic_fit(first, right, np.where(right, UPRIGHT, (1 - UPRIGHT) / 3))
    names = ("scored", "mouth below")
    rows = [
        {**dict(zip(names, np.round(weights, 2), strict=True)), "first slope": slope, "first middle": -shift / slope},
        _told(held, weights, slope, -shift / slope),
    ]
    with (out / "turned.jsonl").open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps({key: round(float(value), 4) for key, value in row.items()}) + "\n" for row in rows)


def _seen(data: str, groups: Path) -> list[Array]:
    """The votes of each photo with a face."""
    detector = Detector(resources.weights("detector.onnx"))
    photos = itertools.chain(_photos(data), (pixels for _, pixels in renders.scenes(str(groups.parent), groups.name)))
    return [said for said in (turned.votes(pixels, detector) for pixels in photos) if len(said)]


def _photos(data: str) -> Iterator[npt.NDArray[np.uint8]]:
    records = itertools.islice(read("fairface", "train", data), 0, PHOTOS * EVERY, EVERY)
    for record, size in zip(records, itertools.cycle(SIZES), strict=False):
        with Image.open(io.BytesIO(record.image)) as image:
            yield np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.BICUBIC))


def softmax_fit(said: Array) -> Array:
    """Weights `(2,)` under which, of the turns of a face `(n, 4, 2)`, the first is most probable, by Newton's steps."""
    weights = np.zeros(said.shape[2])
    for _ in range(STEPS):
        chance = np.exp(said @ weights - (said @ weights).max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        mean = np.einsum("nt,ntf->nf", chance, said)
        slope = (mean - said[:, 0]).mean(axis=0) + KEEP_SMALL * weights
        apart = said - mean[:, None]
        bend = np.einsum("nt,ntf,ntg->fg", chance, apart, apart) / len(said) + KEEP_SMALL * np.eye(len(weights))
        weights = weights - np.linalg.solve(bend, slope)
    return weights


def logistic_fit(said: Array, right: npt.NDArray[np.bool_], counts: Array) -> tuple[float, float]:
    """Slope and shift of the chance that what is said is right, by Newton's steps."""
    x, w = np.stack([said, np.ones(len(said))], axis=1), np.zeros(2)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-(x @ w)))
        slope = x.T @ (counts * (chance - right)) / counts.sum() + 1e-5 * w
        bend = (x * (counts * chance * (1 - chance))[:, None]).T @ x / counts.sum() + 1e-5 * np.eye(2)
        w = w - np.linalg.solve(bend, slope)
    return float(w[0]), float(w[1])


def _first_looks(seen: list[Array], weights: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """What the faces of each photo say on average, as it lies in each turn that shows some whose heads are not tilted
    much, and whether it is upright there."""
    said, right = [], []
    for faces in seen:
        for turn in range(4):
            sure = faces[faces[:, turn, 0] >= math.log(SCORE / (1 - SCORE)), turn]
            if len(sure) and sure[:, 1].mean() >= turned.NOT_TILTED:
                said.append(float((sure @ weights).mean()))
                right.append(turn == 0)
    return np.array(said), np.array(right)


def _told(held: list[Array], weights: Array, slope: float, middle: float) -> dict[str, float]:
    said, right = _first_looks(held, weights)
    enough = 1 / (1 + np.exp(-slope * (said - middle))) >= turned.AT_ONCE
    told: dict[str, float] = {"held out photos": len(held)}
    for i, turn in enumerate(turned.TURNS):
        # a photo that lies so shows at its own place what the upright one shows at 0
        order = [(other - i) % 4 for other in range(4)]
        chances = [turned.chances(faces[:, order], weights) for faces in held]
        told[f"right at {turn}"] = float(np.mean([c.argmax() == i and c.max() >= turned.SURE for c in chances]))
    told["first look enough, upright"] = float(enough[right].sum() / len(held))
    told["first look enough, turned"] = float(enough[~right].sum() / len(held) / 3)
    return told


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
