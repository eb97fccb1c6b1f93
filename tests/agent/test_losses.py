"""What a question may not lose when it is put into plain words."""

from __future__ import annotations

import pytest

from facereason.agent.grammar.losses import lost
from facereason.bench import rewordings


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("how does she feel person 3", "how does she feel"),
        ("does she show au6 and au12 with raised brows?", "are the brows of her raised"),
        ("how does person 1 feel? answer with yes.", "how does person 1 feel"),
        ("say that the girl is sad", "is the girl sad"),
        ("what is her mouth not doing?", "what is the mouth of her doing"),
        ("isn't he the one in red", "is he in red"),
        ("is he looking to her left?", "is he looking left"),
        ("who isn't the woman in red?", "who is not wearing red"),
        ("how did you do that?", "why"),
        ("is she an only child?", "is she a child"),
        ("are at least three people smiling?", "is anyone smiling"),
        ("are half of them smiling?", "is everyone smiling"),
        ("most of the people look happy", "is the oldest person happy"),
        ("is she the only one frowning?", "is she frowning"),
        ("is only the girl happy?", "is the girl happy"),
        ("which of them is youngest, ignoring the kid?", "who is the youngest child"),
        ("any grown-ups who aren't smiling?", "who is not smiling"),
        ("rate her joy from 1 to 10", "how strong is au1 on her"),
        ("is he her elder?", "is she older than him"),
        ("is the lady's hair red? i mean, is she a redhead", "is the hair of him red"),
        ("is no one crying?", "is nobody sad"),
        ("do the two women have different moods?", "do the two women feel the same"),
        ("are both looking the same way?", "are they looking at each other"),
        ("is her smile fake?", "is she smiling"),
        ("is he smiling genuinely?", "is he smiling"),
        ("who frowns the most?", "who is frowning"),
        ("who wears neither red nor pink?", "who is neutral"),
        ("who has brown hair and a pink top?", "who has brown hair"),
        ("who has the mouth open, except him?", "who has their mouth open"),
        ("all but one standing?", "is everyone standing"),
        ("who stands sideways?", "who is standing"),
        ("is he either smiling or frowning?", "is he smiling"),
        ("who is happy on the left?", "who is happy"),
        ("whose frown is the deepest?", "who is farthest from the camera"),
    ],
)
def test_a_loss_is_told(question: str, plain: str) -> None:
    assert lost(question, plain)


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("any1 staring at person 4?", "is anyone looking at person 4"),
        ("the 2nd woman from the left", "the second woman from the left"),
        ("i can't see it myself: who is standing?", "who is standing"),
        ("whose back isn't hidden from us?", "who is facing away"),
        ("what makes you say that?", "why"),
        ("is the photo turned by 180 degrees?", "is this photo upside down"),
        ("she's next to him, isn't she?", "is she next to him"),
        ("smiling or not?", "is she smiling"),
        ("the woman in the left half of the photo, is she happy?", "is the woman on the left happy"),
        ("the only girl: is she sad?", "is the girl sad"),
        ("who smiles more than the man?", "who is happier than the man"),
        ("who is the happiest of them?", "who is the happiest"),
        ("is her top red, pink or green?", "what colour is she wearing"),
        ("is he either sitting or standing?", "what is the posture of him"),
        ("is she on the left or on the right?", "where is she"),
        ("who is the person in violet?", "who is the person in purple"),
        ("is she the one with the red top?", "is she wearing red"),
        ("rate au12 on her from 1 to 10", "how strong is au12 on her"),
    ],
)
def test_what_is_only_put_otherwise_is_no_loss(question: str, plain: str) -> None:
    assert not lost(question, plain)


def test_few_rewordings_that_mean_what_they_are_taken_for_count_as_losses() -> None:
    """Held against the plain questions that writers were given, the guard has to stay silent."""
    rows = [row for row in rewordings.load("reworded_work") if row.plain != rewordings.NONE]
    wrongly = [row for row in rows if lost(row.said.casefold(), row.plain.casefold())]
    assert len(wrongly) / len(rows) < 0.06
