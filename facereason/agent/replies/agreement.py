"""How sure an answer is when a model was asked too: the reader's calibrated probability, and whether the model, which
was not told it, says the same.

Both are taken as witnesses of one label (Bayes' rule). A model's own accuracy is not known for somebody's photos, so
one figure stands for it, `MODEL_RIGHT`; and where it is wrong, it is likely to take the face for what the face could be
taken for: its errors follow the reader's distribution, but for a part, `ASTRAY`, that may be anything. The result is a
probability and is checked as one (suite `words`). Quality comes in before: a face too small, blurred, dark, cut off or
turned too far has no reading at all, and what is read of the others is as right as it says, whatever kind of photo.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from facereason.agent.answers.wording import HELPS
from facereason.agent.whom.fits import chance_of
from facereason.types import Emotion, EmotionLabel, Person, QualityFlag

MODEL_RIGHT = 0.6
"""How often a model's label is taken to be right. Published models lie between .24 (Qwen2.5-VL, FER2013) and .92
(Facial-R1, RAF-DB): six in ten is a cautious middle."""

ASTRAY = 0.25
"""Share of a model's wrong labels that are any other label with equal chance. Chosen with `MODEL_RIGHT` on FER+ valid:
calibration errors of .02 to .05 for models that are right four, six or eight times in ten."""

UNSURE = 0.6
"""Below this an answer says that it is not sure, and what would help."""


def confidence(emotion: Emotion, said: Collection[str]) -> float:
    """Probability that the label which was read is right, after a model said `said`: one label, or none or several,
    which tell nothing. `emotion` must be known."""
    assert emotion.value is not None
    if len(said) != 1:
        return emotion.confidence
    (label,) = said
    shares = {each.value: chance_of(emotion, [each.value]) for each in EmotionLabel}
    weights = {true: share * _says(label, true, shares) for true, share in shares.items()}
    return weights[emotion.value.value] / sum(weights.values())


def _says(label: str, true: str, shares: Mapping[str, float]) -> float:
    """Probability that a model says `label` of a face whose label is `true`, which is read with these shares."""
    if label == true:
        return MODEL_RIGHT
    confused = shares[label] / max(_LEAST, 1 - shares[true])
    return (1 - MODEL_RIGHT) * ((1 - ASTRAY) * confused + ASTRAY / (len(shares) - 1))


_LEAST = 1e-6


def would_help(person: Person) -> str:
    """What a surer answer would need: what the photo lacks, else what faces are read best from."""
    face = person.face
    lacks = [words for flag, words in HELPS.items() if flag in face.quality.flags]
    if not lacks:
        lacks = [HELPS[QualityFlag.SMALL]] if face.quality.face_pixels < _LARGE else []
        lacks += [HELPS[QualityFlag.PROFILE]] if abs(face.pose.yaw) > _TURNED else []
    return " and ".join(lacks or ["another photo of the same moment"])


_LARGE, _TURNED = 96.0, 20.0  # pixels of the face's longer side; degrees of yaw
