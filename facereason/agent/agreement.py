"""How sure an answer is when a model was asked too: the reader's calibrated probability, and whether the model, which
was not told it, says the same.

Both are taken as independent witnesses of one label (Bayes' rule). A model's own accuracy is not known for somebody's
photos, so one figure stands for it: `MODEL_RIGHT`. The result is a probability and is checked as one (suite `words`).
Quality comes in before: a face too small, blurred, dark, cut off or turned too far has no reading at all.
"""

from __future__ import annotations

from collections.abc import Collection

from facereason.agent.fits import chance_of
from facereason.types import Emotion, EmotionLabel, Person, QualityFlag

MODEL_RIGHT = 0.6
"""How often a model's label is taken to be right, and else to be any other with equal chance. Published models lie
between .24 and .93 (FER2013, RAF-DB; facereason is told of none which): six in ten is a cautious middle."""

UNSURE = 0.6
"""Below this an answer says that it is not sure, and what would help."""


def confidence(emotion: Emotion, said: Collection[str]) -> float:
    """Probability that the label which was read is right, after a model said `said`: one label, or none or several,
    which tell nothing. `emotion` must be known."""
    assert emotion.value is not None
    read = emotion.confidence
    if len(said) != 1:
        return read
    (label,) = said
    other = (1 - MODEL_RIGHT) / (len(EmotionLabel) - 1)
    if label == emotion.value:
        return read * MODEL_RIGHT / (read * MODEL_RIGHT + (1 - read) * other)
    theirs = min(chance_of(emotion, [label]), 1 - read)
    rest = max(0.0, 1 - read - theirs)
    return read * other / (read * other + theirs * MODEL_RIGHT + rest * other)


def would_help(person: Person) -> str:
    """What a surer answer would need: what the photo lacks, else what faces are read best from."""
    face = person.face
    lacks = [words for flag, words in _HELPS.items() if flag in face.quality.flags]
    if not lacks:
        lacks = [_HELPS[QualityFlag.SMALL]] if face.quality.face_pixels < _LARGE else []
        lacks += [_HELPS[QualityFlag.PROFILE]] if abs(face.pose.yaw) > _TURNED else []
    return " and ".join(lacks or ["another photo of the same moment"])


_LARGE, _TURNED = 96.0, 20.0  # pixels of the face's longer side; degrees of yaw
_HELPS = {
    QualityFlag.NO_FACE: "a view of the face",
    QualityFlag.SMALL: "a larger face",
    QualityFlag.BLURRED: "a sharper photo",
    QualityFlag.DARK: "more light",
    QualityFlag.CUT_OFF: "a face wholly inside the photo",
    QualityFlag.PROFILE: "a frontal view",
}
