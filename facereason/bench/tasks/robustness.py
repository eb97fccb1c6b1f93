"""How perceived gender and emotion are told of photos that were made worse: accuracy against strength."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from PIL import Image, ImageFilter

from facereason import images
from facereason.bench.runs.figures import Measure, share
from facereason.bench.runs.rows import Row, by_group
from facereason.bench.tasks import asking, attributes
from facereason.bench.tasks.task import Question, Source, Task
from facereason.data import BadRow
from facereason.images import ImageError, Pixels

PHOTOS = 200
"""Photos that are changed, where no limit is given: each is asked about once for every change."""
CLEAN = "none"

Change = Callable[[Pixels, float, np.random.Generator], Pixels]


def _blur(pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """Gaussian; strength is sigma as a share of the height."""
    radius = strength * pixels.shape[0]
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def _dark(pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """Strength is the share of light that is taken away."""
    return np.asarray(np.round(pixels * (1 - strength)), np.uint8)


def _noise(pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """Gaussian, of each channel; strength is its deviation as a share of 255."""
    noisy = pixels + rng.normal(0, strength * 255, pixels.shape)
    return np.asarray(np.clip(np.round(noisy), 0, 255), np.uint8)


def _jpeg(pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """Strength 0 is quality 95, 1 is quality 1."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "jpeg", quality=max(1, round(95 * (1 - strength))))
    with Image.open(buffer) as image:
        return np.asarray(image.convert("RGB"))


def _scale(pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """Scaled down to the share 1 - strength of its sides, and up again."""
    height, width = pixels.shape[:2]
    small = images.resize(pixels, max(2, round(width * (1 - strength))), max(2, round(height * (1 - strength))))
    return images.resize(small, width, height)


def _turn(pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """Turned counter-clockwise about the middle; strength 1 is 180 degrees."""
    return np.asarray(Image.fromarray(pixels).rotate(180 * strength, Image.Resampling.BILINEAR))


def _occlude(pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """A grey square of this share of the area, wherever it falls."""
    height, width = pixels.shape[:2]
    tall, wide = (max(1, round(side * strength**0.5)) for side in (height, width))
    top, left = int(rng.integers(0, height - tall + 1)), int(rng.integers(0, width - wide + 1))
    covered = pixels.copy()
    covered[top : top + tall, left : left + wide] = 127
    return covered


def _crop(pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """The middle, without this share of each side's length."""
    height, width = pixels.shape[:2]
    top, left = (min((side - 2) // 2, round(side * strength / 2)) for side in (height, width))
    return np.ascontiguousarray(pixels[top : height - top, left : width - left])


CHANGES: Mapping[str, tuple[Change, tuple[float, ...]]] = {
    "blur": (_blur, (0.01, 0.03, 0.06)),
    "dark": (_dark, (0.5, 0.75, 0.9)),
    "noise": (_noise, (0.05, 0.15, 0.3)),
    "jpeg": (_jpeg, (0.5, 0.8, 0.95)),
    "scale": (_scale, (0.5, 0.75, 0.9)),
    "rotation": (_turn, (15 / 180, 0.25, 0.5)),
    "occlusion": (_occlude, (0.1, 0.25, 0.5)),
    "crop": (_crop, (0.2, 0.4, 0.6)),
}
"""Each change with its strengths."""


def changed(pixels: Pixels, change: str, strength: float, seed: int) -> Pixels:
    """The photo made worse; the same seed makes the same."""
    return CHANGES[change][0](pixels, strength, np.random.default_rng(seed))


def _questions(name: str, split: str, what: str) -> Callable[[Source], Iterator[Question | BadRow]]:
    def questions(source: Source) -> Iterator[Question | BadRow]:
        limited = Source(folder=source.folder, limit=source.limit or PHOTOS, seed=source.seed)
        for number, found in enumerate(asking.records(name, split, limited, attributes.labelled(what))):
            if isinstance(found, BadRow):
                yield found
                continue
            plain = attributes.question(what, found, published=False)
            try:
                pixels = images.open(found.image).pixels
            except ImageError as error:
                yield BadRow(name, split, found.id, "image", f"{found.id}: {error}")
                continue
            yield _of(plain, CLEAN, 0.0, found.image)
            for change, (_, strengths) in CHANGES.items():
                for strength in strengths:
                    shown = images.encode(changed(pixels, change, strength, source.seed * 100_000 + number))
                    yield _of(plain, change, strength, shown)

    return questions


def _of(plain: Question, change: str, strength: float, file: bytes) -> Question:
    import dataclasses

    at = f"{change} {strength:.2g}" if change != CLEAN else CLEAN
    return dataclasses.replace(plain, id=f"{plain.id}/{at}", pictures=(file,), photo=plain.photo, groups={"change": at})


def curve_figures(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """How much less is right at the greatest strength of each change, than of the photos as they are."""
    of = by_group(rows, "change")
    clean = {row.photo: row.right for row in of.get(CLEAN, ())}
    for change, (_, strengths) in CHANGES.items():
        worst = [row for row in of.get(f"{change} {strengths[-1]:.2g}", ()) if row.photo in clean]
        if worst:
            lost = [clean[row.photo] and not row.right for row in worst]
            yield share(f"right as it is, not right with {change} {strengths[-1]:.2g}", worst, lost, seed)


TASKS = (
    Task(
        name="robustness/gender",
        says="perceived gender of photos made worse in eight ways",
        data=("fairface:val",),
        scorer="choice",
        questions=_questions("fairface", "val", "gender"),
        prompt="choice",
        protocol=f"the first {PHOTOS} photos, each as it is and with every change at three strengths",
        extras=(curve_figures,),
        learnt=("fairface",),
    ),
)
