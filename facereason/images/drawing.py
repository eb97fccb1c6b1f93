"""A scene drawn on its photo: numbered boxes, and beside each what was read, kept legible for forty faces."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from facereason.images.geometry import upright
from facereason.images.photo import Photo, Pixels
from facereason.types import Box, Gender, Person, Scene

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont


# Light and far apart, so that each reads on the dark plate and differs from its neighbours' (after Okabe and Ito 2008)
COLOURS = ("#56b4e9", "#ffb000", "#f0e442", "#ff8fc7", "#5fd39f", "#ff8a65", "#ffffff", "#b8a1ff")
BLACK = (0, 0, 0, 255)
PLATE = (0, 0, 0, 180)

# A label may hide this share of its face; where it would hide more, a shorter one is tried.
HIDDEN_SHARE = 0.12


def draw(photo: Photo, scene: Scene, numbers_only: bool = False, marked: Collection[int] = ()) -> Pixels:
    """A copy of the photo's pixels with every person's box, number, emotion, and gender and age where known; or with
    numbers only, for who is to look without being told what was read. `marked`: numbers of people whose box is drawn
    twice as thick.

    Where there is no room for a label between the others it gets shorter, down to the number alone. ValueError where
    the scene is not of this photo's size. A photo that was set upright before it was measured is drawn upright.
    """
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    photo = upright(photo, scene.turned)
    if (photo.width, photo.height) != (scene.width, scene.height):
        raise ValueError(f"a scene of {scene.width} x {scene.height} on a photo of {photo.width} x {photo.height}")
    image = Image.fromarray(photo.pixels).copy()
    canvas = ImageDraw.Draw(image, "RGBA")
    for size in _font_sizes(photo, scene.people):
        font = ImageFont.load_default(size)
        assert isinstance(font, ImageFont.FreeTypeFont)  # Pillow draws scalable text in every wheel
        pen = _Pen(canvas, font, line=max(1, round(size / 8)), padding=max(1, round(size / 8)))
        labels = _lay_out(scene, pen, numbers_only)
        if numbers_only or all(
            label.text != str(person.number) for person, label in zip(scene.people, labels, strict=True)
        ):
            break
    for person in scene.people:
        pen.frame(person.box, _colour(person), marked=person.number in marked)
    for person, label in zip(scene.people, labels, strict=True):
        pen.write(label, _colour(person))
    return np.array(image)


@dataclass(frozen=True, slots=True)
class _Label:
    text: str
    place: Box


@dataclass(frozen=True, slots=True)
class _Pen:
    """Draws in one size: everything in it is pixels."""

    canvas: ImageDraw
    font: FreeTypeFont
    line: int
    padding: int

    def frame(self, box: Box, colour: str, marked: bool = False) -> None:
        """A box between two dark lines, so that it shows on any background; `marked`: twice as thick."""
        line = 2 * self.line if marked else self.line
        edge = max(1, self.line // 2)
        for grow, ink, width in ((line + edge, BLACK, line + 2 * edge), (line, colour, line)):
            corners = (box.x - grow, box.y - grow, box.right + grow - 1, box.bottom + grow - 1)
            self.canvas.rectangle(corners, outline=ink, width=width)

    def measure(self, text: str) -> tuple[float, float]:
        """Width and height of a label with its plate."""
        lines = text.split("\n")
        width = max(self.font.getlength(line) for line in lines)
        return width + 2 * self.padding, len(lines) * self._line_height() + 2 * self.padding

    def write(self, label: _Label, colour: str) -> None:
        place = label.place
        self.canvas.rectangle((place.x, place.y, place.right, place.bottom), fill=PLATE)
        baseline = place.y + self.padding + self.font.getmetrics()[0]
        for number, line in enumerate(label.text.split("\n")):
            self.canvas.text(
                (place.x + self.padding, baseline + number * self._line_height()),
                line,
                fill=colour,
                font=self.font,
                anchor="ls",
                stroke_width=max(1, self.line // 2),
                stroke_fill=BLACK,
            )

    def _line_height(self) -> int:
        return sum(self.font.getmetrics())


def _font_sizes(photo: Photo, people: Sequence[Person]) -> tuple[float, ...]:
    """Sizes to try: from a quarter of the usual face down to what can just be read in the whole photo."""
    longer = max(photo.width, photo.height)
    smallest, largest = max(10.0, longer / 95), max(12.0, longer / 45)
    usual = median(person.box.height for person in people) if people else 0.0
    first = min(max(usual / 4, smallest), largest)
    return first, (first + smallest) / 2, smallest


def _colour(person: Person) -> str:
    return COLOURS[(person.number - 1) % len(COLOURS)]


def _texts(person: Person) -> tuple[str, ...]:
    """What may stand beside a face, longest first."""
    emotion = person.face.emotion
    number = str(person.number)
    if emotion.value is None:
        felt = sure = f"{number} unknown"
    else:
        felt = f"{number} {emotion.value}"
        sure = f"{felt} {emotion.confidence:.0%}"
    gender = person.gender.value if person.gender.value is not Gender.UNCLEAR else None
    who = ", ".join(value for value in (gender, person.age_group.value) if value)
    return tuple(dict.fromkeys(text for text in (f"{sure}\n{who}" if who else sure, sure, felt, number)))


def _lay_out(scene: Scene, pen: _Pen, numbers_only: bool) -> list[_Label]:
    """One label a person, in the order of the scene: the longest text that touches no label and hides hardly a face."""
    taken: list[Box] = []
    labels: list[_Label] = []
    for person in scene.people:
        others = [other.box for other in scene.people if other is not person]
        found: tuple[float, _Label] | None = None
        for text in (str(person.number),) if numbers_only else _texts(person):
            for place in _places(person.box, pen.measure(text), scene, gap=2 * pen.line):
                harm = _harm(place, person.box, others, taken)
                if found is None or harm < found[0]:
                    found = harm, _Label(text, place)
            if found is not None and found[0] <= HIDDEN_SHARE:
                break
        assert found is not None
        taken.append(found[1].place)
        labels.append(found[1])
    return labels


def _harm(place: Box, own: Box, others: Sequence[Box], labels: Sequence[Box]) -> float:
    """What a label here would spoil: the share of its own face that it hides, four times that of another face, which it
    would seem to name, and more than 1 for touching a label."""
    hidden = _hidden(place, own) + 4 * max((_hidden(place, other) for other in others), default=0.0)
    touched = sum(_shared(place, label) / place.area for label in labels)
    return hidden + 1 + touched if touched else hidden


def _hidden(place: Box, face: Box) -> float:
    return _shared(place, face) / face.area if face.area else 0.0


def _shared(one: Box, other: Box) -> float:
    width = min(one.right, other.right) - max(one.x, other.x)
    height = min(one.bottom, other.bottom) - max(one.y, other.y)
    return max(0.0, width) * max(0.0, height)


def _places(face: Box, size: tuple[float, float], scene: Scene, gap: float) -> Iterator[Box]:
    """Where a label can stand, best first: above, below, beside, inside; always pushed into the photo."""
    width, height = size
    across = (face.x, face.x + (face.width - width) / 2, face.right - width)
    above, below = face.y - gap - height, face.bottom + gap
    beside = (face.y, face.y + (face.height - height) / 2, face.bottom - height)
    corners = [
        *((x, above) for x in across),
        *((x, below) for x in across),
        *((x, y) for y in beside for x in (face.right + gap, face.x - gap - width)),
        *((x, y) for y in (face.y, face.bottom - height) for x in across),
    ]
    for x, y in corners:
        yield Box(max(0.0, min(x, scene.width - 1 - width)), max(0.0, min(y, scene.height - 1 - height)), width, height)
