"""Emotion labels: other spellings of them, their adjectives, and the valence and arousal derived from them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from facereason.types import EmotionLabel, FaceReasonError

ORDER: tuple[EmotionLabel, ...] = tuple(EmotionLabel)


def emotion(text: str) -> EmotionLabel:
    """The label that a word or a data set's spelling stands for, in any case: "angry", "Happy", "FEARFUL", "calm".

    Knows the spellings of AffectNet, RAF-DB, FER2013 and FER+. Raises FaceReasonError, listing the eight, for others.
    """
    found = SPELLINGS.get(text.strip(" \t\r\n.!\"'").casefold())
    if found is None:
        raise FaceReasonError(f"{text[:40]!r} is no emotion that is read: use one of {', '.join(ORDER)}")
    return found


def adjective(label: EmotionLabel) -> str:
    """`adjective(EmotionLabel.HAPPINESS)` is "happy"."""
    return ADJECTIVES[label]


def derived_valence_arousal(distribution: Mapping[str, float]) -> tuple[float, float]:
    """Valence and arousal, each in [-1, 1], as the mean of `VALENCE_AROUSAL` weighted by an emotion distribution.

    Derived, not measured: a distribution over labels says nothing that the labels do not. Keys are labels or other
    spellings of them; weights need not sum to 1. Raises FaceReasonError for a negative weight or where all are 0.
    """
    weights = dict.fromkeys(ORDER, 0.0)
    for name, weight in distribution.items():
        weights[emotion(name)] += weight
    total = sum(weights.values())
    if not total > 0 or min(weights.values()) < 0:
        raise FaceReasonError("valence and arousal need an emotion distribution: weights of at least 0, not all 0")
    return (
        sum(weight * VALENCE_AROUSAL[label][0] for label, weight in weights.items()) / total,
        sum(weight * VALENCE_AROUSAL[label][1] for label, weight in weights.items()) / total,
    )


ADJECTIVES: Mapping[EmotionLabel, str] = MappingProxyType(
    {
        EmotionLabel.NEUTRAL: "neutral",
        EmotionLabel.HAPPINESS: "happy",
        EmotionLabel.SURPRISE: "surprised",
        EmotionLabel.SADNESS: "sad",
        EmotionLabel.ANGER: "angry",
        EmotionLabel.DISGUST: "disgusted",
        EmotionLabel.FEAR: "afraid",
        EmotionLabel.CONTEMPT: "contemptuous",
    }
)

VALENCE_AROUSAL: Mapping[EmotionLabel, tuple[float, float]] = MappingProxyType(
    {
        EmotionLabel.NEUTRAL: (0.0, 0.0),
        EmotionLabel.HAPPINESS: (0.81, 0.51),
        EmotionLabel.SURPRISE: (0.40, 0.67),
        EmotionLabel.SADNESS: (-0.63, -0.27),
        EmotionLabel.ANGER: (-0.51, 0.59),
        EmotionLabel.DISGUST: (-0.60, 0.35),
        EmotionLabel.FEAR: (-0.64, 0.60),
        EmotionLabel.CONTEMPT: (-0.30, -0.10),
    }
)
"""Pleasure and arousal of Russell and Mehrabian (1977, *Journal of Research in Personality* 11, 273-294), terms happy,
surprised, sad, angry, disgust, fearful; neutral is their origin. Their list has no contempt: its place is that of
reproach, the type which Ortony, Clore and Collins (1988) count contempt under, in Gebhard (2005, AAMAS, 29-36)."""

SPELLINGS: Mapping[str, EmotionLabel] = MappingProxyType(
    {label.value: label for label in ORDER}
    | {word: label for label, word in ADJECTIVES.items()}
    | {
        word: label
        for label, words in {
            EmotionLabel.NEUTRAL: ("calm", "neutrality", "expressionless"),
            EmotionLabel.HAPPINESS: ("happyness", "joy", "joyful", "smiling", "cheerful"),
            EmotionLabel.SURPRISE: ("suprise", "surprize", "astonished", "astonishment"),
            EmotionLabel.SADNESS: ("sorrow", "sorrowful", "unhappy"),
            EmotionLabel.ANGER: ("mad", "furious", "rage"),
            EmotionLabel.FEAR: ("scared", "fearful", "frightened", "terrified"),
            EmotionLabel.CONTEMPT: ("contemptous", "scorn", "scornful", "disdain", "disdainful"),
        }.items()
        for word in words
    }
)
