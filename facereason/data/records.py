"""The record of a labelled face, whatever data set it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from facereason.types import AgeGroup, Box, EmotionLabel, Gender, Race


@dataclass(frozen=True, slots=True)
class Pose:
    """How a head is turned, degrees by the signs of `types.HeadPose`: a label, not a reading."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One face with what is known of it; a field that is not known is None.

    `image`: the encoded file. `photo`: its name where several records are of one image. `precropped`: the whole image
    is the face, so where a detector finds none that is still so. `person`: the box of whom the labels are about, `body`
    that of the whole person; `reference`: words that fit this person and nobody else in the photo.

    `labels`: the emotions it is labelled with; None where the label is none of the eight. `votes`: how many
    annotators chose each emotion; `other_votes`: how many chose each thing that is no emotion (FER+: unknown, not a
    face). `action_units`: number to intensity in [0, 1], None where a unit is only known to act; an empty one says that
    none acts. `body_orientation`: degrees, 0 faces the camera, 90 the image's right. `attributes`: what else is
    labelled, in the words of the data set. `question` with `options` and the right `answer` among them;
    `description`: reference text. `meta`: what the data set says that is no label.
    """

    id: str
    dataset: str
    split: str
    license: str
    image: bytes
    photo: str | None = None
    precropped: bool = False
    person: Box | None = None
    body: Box | None = None
    reference: str | None = None
    labels: tuple[EmotionLabel, ...] | None = None
    votes: Mapping[EmotionLabel, int] | None = None
    other_votes: tuple[int, ...] = ()
    action_units: Mapping[int, float | None] | None = None
    gender: Gender | None = None
    age_group: AgeGroup | None = None
    race: Race | None = None
    pose: Pose | None = None
    body_orientation: float | None = None
    attributes: Mapping[str, str | float | bool] = field(default_factory=dict)
    question: str | None = None
    options: tuple[str, ...] | None = None
    answer: str | None = None
    description: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
