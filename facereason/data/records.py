"""The record of a labelled face, whatever data set it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from facereason.types import AgeGroup, EmotionLabel, Gender, Race


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One face with what is known of it; a field that is not known is None.

    `image`: the encoded file. `precropped`: the whole image is the face, so where a detector finds none that is still
    so. `labels`: the emotions it is labelled with; None where the label is none of the eight. `votes`: how many
    annotators chose each emotion; `other_votes`: how many chose each thing that is no emotion (FER+: unknown, not a
    face).
    """

    id: str
    dataset: str
    split: str
    license: str
    image: bytes
    precropped: bool = False
    labels: tuple[EmotionLabel, ...] | None = None
    votes: Mapping[EmotionLabel, int] | None = None
    other_votes: tuple[int, ...] = ()
    gender: Gender | None = None
    age_group: AgeGroup | None = None
    race: Race | None = None
