"""Emotion labels: spellings, adjectives, derived valence and arousal."""

import pytest

from facereason.facs import adjective, derived_valence_arousal, emotion
from facereason.facs.emotions import ORDER, SPELLINGS, VALENCE_AROUSAL
from facereason.types import EmotionLabel, FaceReasonError


def test_the_order_is_that_of_the_conventions():
    assert [str(label) for label in ORDER] == [
        "neutral",
        "happiness",
        "surprise",
        "sadness",
        "anger",
        "disgust",
        "fear",
        "contempt",
    ]


@pytest.mark.parametrize("label", list(EmotionLabel))
def test_a_label_and_its_adjective_stand_for_the_label(label):
    assert emotion(label) is label
    assert emotion(adjective(label)) is label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("angry", EmotionLabel.ANGER),
        ("Happy", EmotionLabel.HAPPINESS),
        (" SAD. ", EmotionLabel.SADNESS),
        ("joy", EmotionLabel.HAPPINESS),
        ("scared", EmotionLabel.FEAR),
        ("Fearful", EmotionLabel.FEAR),
        ("disgusted", EmotionLabel.DISGUST),
        ("contemptuous", EmotionLabel.CONTEMPT),
        ("calm", EmotionLabel.NEUTRAL),
        ("Surprised", EmotionLabel.SURPRISE),
    ],
)
def test_other_spellings_are_known(text, label):
    assert emotion(text) is label


@pytest.mark.parametrize(
    "names",
    [
        ("Neutral", "Happy", "Sad", "Surprise", "Fear", "Disgust", "Anger", "Contempt"),
        ("Surprise", "Fear", "Disgust", "Happiness", "Sadness", "Anger", "Neutral"),
        ("Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise", "Neutral"),
        ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"),
    ],
    ids=["AffectNet", "RAF-DB", "FER2013", "FER+"],
)
def test_the_spellings_of_the_data_sets_are_known_and_kept_apart(names):
    assert len({emotion(name) for name in names}) == len(names)


@pytest.mark.parametrize("text", ["", "bored", "happy and sad", "unknown", "x" * 10_000])
def test_what_is_no_emotion_is_refused_in_one_line_that_lists_the_eight(text):
    with pytest.raises(FaceReasonError) as caught:
        emotion(text)
    assert str(caught.value).endswith("neutral, happiness, surprise, sadness, anger, disgust, fear, contempt")
    assert len(str(caught.value)) < 200


def test_every_spelling_can_be_found():
    assert all(emotion(spelling) is label for spelling, label in SPELLINGS.items())


def test_coordinates_lie_in_range_with_neutral_at_the_origin():
    assert set(VALENCE_AROUSAL) == set(EmotionLabel)
    assert all(-1 <= value <= 1 for pair in VALENCE_AROUSAL.values() for value in pair)
    assert VALENCE_AROUSAL[EmotionLabel.NEUTRAL] == (0, 0)


def test_a_certain_emotion_has_its_own_coordinates():
    for label in EmotionLabel:
        assert derived_valence_arousal({label: 1.0}) == pytest.approx(VALENCE_AROUSAL[label])


def test_a_mixture_lies_between_and_need_not_sum_to_one():
    valence, arousal = derived_valence_arousal({"happy": 3, "neutral": 1})
    assert (valence, arousal) == pytest.approx((0.81 * 0.75, 0.51 * 0.75))


def test_only_happiness_and_surprise_are_pleasant_and_only_sadness_and_contempt_are_quiet():
    assert {label for label, (valence, _) in VALENCE_AROUSAL.items() if valence > 0} == {"happiness", "surprise"}
    assert {label for label, (_, arousal) in VALENCE_AROUSAL.items() if arousal < 0} == {"sadness", "contempt"}


@pytest.mark.parametrize("distribution", [{}, {"anger": 0.0}, {"anger": 1.0, "fear": -0.5}, {"anger": float("nan")}])
def test_what_is_no_distribution_is_refused(distribution):
    with pytest.raises(FaceReasonError, match="emotion distribution"):
        derived_valence_arousal(distribution)
