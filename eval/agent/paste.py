"""Lays out the collages: which faces, where, on what."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from facereason.data import read

UNFIT = (
    "4240 4309 223 144 2274 2605 3178 2980 1763 3542 4203 3325 2736 3613 1522 4069 4354 4489 3300 323 2951 552 2067 "
    "704 636 3768 3908 4972 696 2421 2125 36 1782 4951"
)
"""FairFace crops with a second face, too dark or blurred for anybody, or with a label that does not look right."""
WANTED = {"0-2": 6, "3-9": 22, "10-19": 10, "20-29": 22, "30-39": 16, "40-49": 12, "50-59": 14, "60-69": 16, "70+": 8}
EMOTIONS = {"happiness": 0.27, "neutral": 0.2, "surprise": 0.18, "sadness": 0.17, "anger": 0.14, "fear": 0.04}


def collages(data: Path, rng: random.Random) -> list[dict[str, Any]]:
    """Eighty collages: 34 of FairFace, 34 of FER+, 12 of both."""
    by: dict[tuple[str, str], list[str]] = defaultdict(list)
    for record in read("fairface", "val", data):
        assert record.gender is not None
        assert record.age_group is not None
        by[record.gender.value, record.age_group.value].append(record.id)
    draw = random.Random(20)
    real: list[str] = []
    for gender in ("female", "male"):
        for group, count in WANTED.items():
            ids = sorted(by[gender, group])
            draw.shuffle(ids)
            real += ids[:count]
    real = [each for each in real if each.split("/")[1] not in UNFIT.split()]
    rng.shuffle(real)
    felt: dict[str, list[str]] = defaultdict(list)
    for record in read("ferplus", "test", data):
        assert record.votes is not None
        total = sum(record.votes.values()) + sum(record.other_votes)
        for label, votes in record.votes.items():
            if votes >= 0.7 * total and label.value in EMOTIONS:
                felt[label.value].append(record.id)
    for ids in felt.values():
        rng.shuffle(ids)
    out = []
    kinds = ["fairface"] * 34 + ["ferplus"] * 34 + ["mixed"] * 12
    rng.shuffle(kinds)
    for number, kind in enumerate(kinds):
        count = rng.choice((2, 3, 3, 4, 5, 6, 7, 8) if kind == "ferplus" else (2, 3, 3, 4, 4, 5, 6, 8))
        faces = []
        for i in range(count):
            dataset = kind if kind != "mixed" else ("fairface", "ferplus")[i % 2]
            if dataset == "fairface" and not real:
                dataset = "ferplus"
            if dataset == "fairface":
                faces.append((dataset, real.pop()))
            else:
                label = rng.choices(list(EMOTIONS), list(EMOTIONS.values()))[0]
                faces.append((dataset, felt[label].pop() if felt[label] else felt["happiness"].pop()))
        out.append(laid_out(number, faces, rng))
    return out


def laid_out(number: int, faces: Sequence[tuple[str, str]], rng: random.Random) -> dict[str, Any]:
    """In a row, in two rows, or scattered."""
    count = len(faces)
    way = (
        "row"
        if count <= 3 or (count == 4 and rng.random() < 0.6)
        else rng.choice(("rows", "scatter", "row" if count == 5 else "rows"))
    )
    sizes = [rng.randint(110, 200) for _ in faces]
    spots: list[tuple[int, int]] = []
    if way == "row":
        x = rng.randint(20, 60)
        for size in sizes:
            spots.append((x, rng.randint(60, 90) + (200 - size) // 2))
            x += size + rng.randint(20, 60)
        width, height = x + 10, 340
    elif way == "rows":
        per = -(-count // 2)
        x, width = [rng.randint(20, 50), rng.randint(80, 130)], 0
        for i, size in enumerate(sizes):
            row = int(i >= per)
            spots.append((x[row], 30 + 250 * row + (200 - size) // 2))
            x[row] += size + rng.randint(20, 50)
        width, height = max(x) + 10, 520
    else:
        width, height = 900, 620
        while len(spots) < count:
            size = sizes[len(spots)]
            spot = (rng.randint(10, width - size - 10), rng.randint(10, height - size - 10))
            if all(
                abs(spot[0] + size / 2 - s[0] - z / 2) > (size + z) / 2 + 12
                or abs(spot[1] + size / 2 - s[1] - z / 2) > (size + z) / 2 + 12
                for s, z in zip(spots, sizes, strict=False)
            ):
                spots.append(spot)
    shades = [[rng.randint(30, 230) for _ in range(3)] for _ in range(rng.choice((1, 2)))]
    placed = [
        {"dataset": d, "id": i, "x": s[0], "y": s[1], "size": z}
        for (d, i), s, z in zip(faces, spots, sizes, strict=True)
    ]
    placed.sort(key=lambda face: (face["x"] + face["size"] / 2, face["y"]))
    return {
        "id": f"collage-{way}-{number:03d}",
        "width": width,
        "height": height,
        "background": shades,
        "faces": placed,
    }
