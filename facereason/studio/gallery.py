"""The page that shows what the studio can do, its pictures made from words and specs on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from facereason.studio import profile as profiles
from facereason.studio import sheet, sweep, words
from facereason.studio.profile import Profile
from facereason.studio.scene import render
from facereason.studio.spec import Ancestry, CameraSpec, Clothes, Hair, LightSpec, Person, SceneSpec

WORDS = (
    "a worried old man looking left",
    "a smiling girl in a blue coat and a frightened old man with a beard",
    "a very surprised young asian woman with a red bob in a park",
    "an angry bald dark-skinned man with glasses in the evening",
    "two children looking at each other in a room",
    "a sad woman with long black hair, head tilted to the left, by a window",
)
SWEEPS = (("AU12", 7), ("AU4", 7), ("yaw", 9), ("skin_tone", 9), ("age", 7), ("hair", 7), ("light", 7), ("gaze_yaw", 7))
UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 18, 20, 22, 23, 24, 25, 26, 27, 28, 43)


@dataclass(frozen=True, slots=True)
class _Shot:
    file: str
    title: str
    told: str
    pictures: tuple[tuple[str, SceneSpec], ...]
    columns: int


def made(folder: str | Path, step: Callable[[int, int], None] = lambda done, total: None) -> Path:
    """Render the pictures and write `README.md` into `folder`; its path."""
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    shots = list(_shots())
    total, done = sum(len(shot.pictures) for shot in shots), 0
    parts = ["# Gallery\n\nMade by `facereason studio gallery --out docs/gallery`. Nobody here exists.\n"]
    for shot in shots:
        drawn: list[tuple[str, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]] = []
        for label, spec in shot.pictures:
            drawn.append((label, render(spec).image))
            done += 1
            step(done, total)
        joined = Image.fromarray(drawn[0][1]) if len(drawn) == 1 else sheet.joined(drawn, shot.columns)
        joined.save(out / shot.file, quality=84)
        parts.append(f"## {shot.title}\n\n{shot.told}\n\n![{shot.title}]({shot.file})\n")
    page = out / "README.md"
    page.write_text("\n".join(parts), encoding="utf-8")
    return page


def _shots() -> Iterator[_Shot]:
    said = tuple((text if len(text) < 44 else "", words.parsed(text, 4, width=400, height=400)) for text in WORDS)
    listed = "\n".join(f"{i + 1}. `{text}`" for i, text in enumerate(WORDS))
    yield _Shot(
        "words.jpg",
        "Words",
        f"`facereason studio render WORDS`, from the left, row by row:\n\n{listed}",
        tuple(("", spec) for _, spec in said),
        3,
    )
    crowd = Profile(
        name="gallery", seed=12, width=900, height=600, people=(5, 5), yaw=(-40, 40), sitting=1, away=0.15,
        looks={"camera": 0.4, "other": 0.5, "free": 0.1}, framings={"half": 1}, backgrounds={"park": 1},
        lights={"overcast": 1},
    )  # fmt: skip
    yield _Shot(
        "group.jpg", "A group", "One scene of five, sitting and standing.", (("", profiles.drawn(crowd, 0)),), 1
    )
    many = Profile(name="gallery", seed=7, yaw=(-50, 50), framings={"face": 0.6, "bust": 0.4}, width=200, height=200)
    faces = tuple(("", spec) for spec in profiles.scenes(many, 24))
    yield _Shot("faces.jpg", "Faces", "Drawn at random, as `facereason studio sheet` draws them.", faces, 8)
    base = _plain()
    acting = tuple((f"AU{unit}", replace(base, people=(replace(base.people[0], units={unit: 1.0}),))) for unit in UNITS)
    yield _Shot("units.jpg", "Action units", "Each of the 23 alone, at full strength.", (("none", base), *acting), 8)
    for vary, steps in SWEEPS:
        told = f"`facereason studio sweep --vary {vary}`: one thing changes, and nothing else."
        strip = tuple((variant.label, variant.spec) for variant in sweep.variants(base, vary, steps))
        yield _Shot(f"{vary.lower()}.jpg", f"Sweep of {vary}", told, strip, steps)


def _plain() -> SceneSpec:
    person = Person(
        identity=21, years=32, gender=0.1, ancestry=Ancestry(african=0.4, asian=0.4, caucasian=0.5), skin=4.5,
        hair=Hair(style="bun", colour="brown"), eyes="green", clothes=Clothes(top="jumper", colour="turquoise"),
    )  # fmt: skip
    return SceneSpec(
        people=(person,), width=200, height=200, camera=CameraSpec(framing="face"), light=LightSpec(kind="window")
    )
