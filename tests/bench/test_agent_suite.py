"""The frozen photo questions and what scores them, on tiny data."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facereason import resources
from facereason.bench import agent, collages
from facereason.types import (
    Answer,
    Box,
    Emotion,
    Face,
    FaceReasonError,
    HeadPose,
    Outcome,
    Person,
    Quality,
    Reading,
)
from tests.bench.aims import aims_of
from tests.data import parquet

FOLDER = resources.suites() / "agent"
KEYS = {"outcome", "people", "maybe", "ordered", "says", "never", "instead", "number", "polar", "first"}


def test_files_are_as_they_were_frozen() -> None:
    told = dict(re.findall(r"\| `(\S+\.gz)` \|.*\| `([0-9a-f]{64})` \|", (FOLDER / "README.md").read_text()))
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*.gz")}
    assert found == told


@pytest.mark.parametrize("name", agent.FILES)
def test_every_row_asks_and_expects_something_that_can_be(name: str) -> None:
    people = _people()
    ids = set()
    for key, rows in agent.load(name).items():
        for row in rows:
            expect = row["expect"]
            ids.add(row["id"])
            outcomes = [expect["outcome"]] if isinstance(expect["outcome"], str) else expect["outcome"]
            assert {Outcome(each) for each in outcomes}
            assert set(expect) <= KEYS
            assert row["question"].strip()
            assert "{" not in row["question"]
            named = {*expect.get("people", ()), *expect.get("maybe", ())}
            assert named <= set(range(1, people[key] + 1)), row["id"]
            assert all(word == word.lower() for words in expect.get("says", ()) for word in words)
            assert expect.get("polar", "yes") in ("yes", "no")
    assert len(ids) == sum(len(rows) for rows in agent.load(name).values())


def test_there_are_enough_questions_of_enough_kinds() -> None:
    rows = {name: [row for some in agent.load(name).values() for row in some] for name in agent.FILES}
    assert len(rows["work"]) >= 500
    assert len(rows["scored"]) >= 1000
    assert len(rows["who_work"]) >= 150
    assert len(rows["who"]) >= 500
    assert len({row["kind"] for row in rows["scored"]}) >= 14


def test_work_and_scored_share_neither_photos_nor_phrasings() -> None:
    work, scored = agent.load("work"), agent.load("scored")
    assert not set(work) & set(scored)
    assert not (set(work) | set(agent.load("who_work"))) & (set(scored) | set(agent.load("who")))
    forms = [{_bare(row["form"]) for rows in each.values() for row in rows} for each in (work, scored)]
    assert not forms[0] & forms[1]
    asked = [
        {_bare(row["question"]) for rows in agent.load(name).values() for row in rows if "after" not in row}
        for name in ("work", "scored")
    ]
    assert not asked[0] & asked[1]


def test_collages_keep_their_faces_apart_and_in_order() -> None:
    used: set[tuple[str, str]] = set()
    for collage in collages.frozen():
        boxes = [face.box for face in collage.faces]
        assert 2 <= len(boxes) <= 8
        assert [box.centre[0] for box in boxes] == sorted(box.centre[0] for box in boxes)
        assert all(a.iou(b) == 0 for i, a in enumerate(boxes) for b in boxes[:i])
        assert all(box.x >= 0 and box.right <= collage.width and box.bottom <= collage.height for box in boxes)
        faces = {(face.dataset, face.id) for face in collage.faces}
        assert not faces & used
        used |= faces


def test_a_collage_shows_its_faces_on_its_background(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    parquet.write(tmp_path / "ferplus-test.parquet", [parquet.ferplus("f", image=parquet.grey(200))])
    parquet.write(tmp_path / "fairface-val.parquet", [parquet.fairface("a", image=parquet.colour(20))])
    collage = _collage([("fairface", "a", 10), ("ferplus", "f", 150)])
    ((same, pixels),) = collages.pictures([collage], str(tmp_path))
    assert same is collage
    assert pixels.shape == (200, 300, 3)
    assert pixels[60, 60].tolist() == [20, 20, 20]
    assert pixels[60, 200].tolist() == [200, 200, 200]
    assert pixels[0, 0].tolist() == [0, 0, 100]
    assert pixels[-1, 0].tolist() == [100, 0, 100]


def test_a_collage_of_a_face_that_is_not_there_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    parquet.write(tmp_path / "ferplus-test.parquet", [parquet.ferplus("f")])
    with pytest.raises(FaceReasonError, match="lacks g"):
        list(collages.pictures([_collage([("ferplus", "g", 10)])], str(tmp_path)))


def _collage(faces: list[tuple[str, str, int]]) -> collages.Collage:
    placed = [{"dataset": kind, "id": name, "x": x, "y": 10, "size": 110} for kind, name, x in faces]
    told = {"id": "c", "width": 300, "height": 200, "background": [[0, 0, 100], [100, 0, 100]], "faces": placed}
    return collages.Collage.from_dict(told)


# ---------------------------------------------------------------------------------------------------------- scoring


@pytest.mark.parametrize(
    ("expect", "text", "people", "problem"),
    [
        ({"people": [7]}, "Here.", (1,), ""),
        ({"people": [7]}, "Here.", (2,), "people"),
        ({"people": [7]}, "Here.", (1, 2), "people"),
        ({"people": [7], "maybe": [8]}, "Here.", (1, 2), ""),
        ({"people": [7]}, "Here.", (1, 3), "people"),
        ({"people": [8, 7], "ordered": True}, "In order.", (1, 2), "order"),
        ({"says": [["happ", "joy"]]}, "She looks happy.", (), ""),
        ({"says": [["happ", "joy"]]}, "She looks unhappy.", (), "says none"),
        ({"says": [["male", "man"]]}, "A woman, female.", (), "says none"),
        ({"says": [["happ"]], "instead": ["sad"]}, "Happy, less likely sad.", (), ""),
        ({"says": [["happ"]], "instead": ["sad"]}, "Sad, less likely happy.", (), "says first"),
        ({"says": [["au4"]]}, "AU43 acts.", (), "says none"),
        ({"says": [["he"]]}, "The head is lowered.", (), "says none"),
        ({"says": [["intensity b"]]}, "At intensity below.", (), "says none"),
        ({"says": [["left"]], "instead": ["right"]}, "The man in red on the right looks to the left.", (), ""),
        ({"says": [["left"]], "instead": ["right"]}, "The man on the left looks to the right.", (), "says none"),
        ({"says": [["grey"]], "instead": ["red"]}, "The person in red has grey hair.", (), ""),
        ({"says": [["red"]], "instead": ["grey"]}, "The person in red has grey hair.", (), "says none"),
        ({"says": [["red"]], "instead": ["grey"]}, "She is dressed in red.", (), ""),
        ({"never": ["not happy"]}, "She is not happy.", (), "says 'not happy'"),
        ({"number": 3}, "Three: person 1, person 2 and person 5.", (), ""),
        ({"number": 3}, "There are 2: person 3 and person 4.", (), "counts"),
        ({"number": 0}, "Nobody is sad.", (), ""),
        ({"number": 0}, "One is sad.", (), "counts"),
        ({"number": 2}, "There are people 1, 2 and 3.", (), "counts"),
        ({"polar": "yes"}, "Yes, she is.", (), ""),
        ({"polar": "yes"}, "No, she is not.", (), "begins"),
        ({"polar": "no"}, "Nobody does.", (), ""),
        ({"polar": "no"}, "Probably not: she looks away.", (), ""),
        ({"polar": "yes"}, "Probably not: she looks away.", (), "begins"),
        ({"polar": "no"}, "Noticeably so.", (), "begins"),
        ({"people": [7], "maybe": [8], "first": 7}, "Person 1 is older than person 2.", (1, 2), ""),
        ({"people": [7], "maybe": [8], "first": 7}, "Person 2 is older than person 1.", (1, 2), "names"),
    ],
)
def test_an_answer_is_held_against_what_is_expected(
    expect: dict[str, Any], text: str, people: tuple[int, ...], problem: str
) -> None:
    found = _judged({"outcome": "answered", **expect}, text, people)
    assert problem in found.problem
    assert bool(problem) == bool(found.problem)


def test_what_is_said_counts_only_where_an_answer_is_claimed() -> None:
    expect = {"outcome": ["answered", "cannot tell"], "polar": "yes"}
    assert not _judged(expect, "I cannot tell.", outcome=Outcome.CANNOT_TELL).problem
    assert "instead of answered" in _judged(expect, "What?", outcome=Outcome.NOT_UNDERSTOOD).problem


def test_asking_back_is_right_among_those_who_fit() -> None:
    expect = {"outcome": ["several fit", "answered"], "people": [7, 8]}
    asked = {"outcome": Outcome.AMBIGUOUS}
    assert not _judged(expect, "Which?", (), **asked).problem
    assert not _judged(expect, "Which?", (1, 2), **asked).problem
    assert _judged(expect, "Which?", (1, 3), **asked).problem
    assert not _judged(expect, "Both.", (1, 2)).problem
    assert _judged(expect, "This one.", (1,)).problem


def test_a_wrong_answer_warns_by_its_outcome_or_a_low_confidence() -> None:
    expect = {"outcome": "answered", "people": [7]}
    assert _judged(expect, "There.", (2,), confidence=0.9).unwarned
    assert not _judged(expect, "There.", (2,), confidence=0.5).unwarned
    assert not _judged(expect, "?", (), outcome=Outcome.CANNOT_TELL).unwarned
    assert not _judged(expect, "There.", (1,), confidence=0.9).unwarned


def test_a_wrong_answer_about_somebody_not_found_is_told_apart() -> None:
    assert _judged({"outcome": "answered", "people": [9]}, "There.", (1,)).missed
    assert not _judged({"outcome": "answered", "people": [8]}, "There.", (1,)).missed
    assert _judged({"outcome": "answered", "number": 3}, "2 people.").missed


def test_people_are_matched_by_head_or_face_each_once() -> None:
    people = [_person(1, Box(100, 100, 40, 40)), _person(2, Box(300, 100, 40, 40)), _person(3, Box(500, 400, 40, 40))]
    truth = {7: (Box(90, 80, 60, 70), Box(100, 100, 42, 40)), 8: (Box(290, 60, 120, 130),), 9: ()}
    assert agent.matched(people, truth) == {1: 7, 2: 8, 3: None}
    twice = [_person(1, Box(100, 100, 40, 40)), _person(2, Box(105, 100, 40, 40))]
    assert sorted(agent.matched(twice, {7: (Box(100, 100, 40, 40),)}).items()) == [(1, 7), (2, None)]


def test_figures_have_the_names_that_targets_use() -> None:
    asked = [_judged({"outcome": "answered", "people": [7]}, "There.", (1,))]
    names = {figure.name for name in agent.FILES for figure in agent._figures(name, asked)}
    assert aims_of("agent") <= names


def _judged(
    expect: dict[str, Any],
    text: str,
    people: tuple[int, ...] = (),
    outcome: Outcome = Outcome.ANSWERED,
    confidence: float | None = None,
) -> agent.Asked:
    about = tuple(_person(number, Box(0, 0, 10, 10)) for number in people)
    answer = Answer(question="?", text=text, outcome=outcome, people=about, confidence=confidence)
    row = {"id": "r", "kind": "unique", "photo": {"set": "groups", "id": "p"}, "question": "?", "expect": expect}
    return agent.judged(row, answer, {1: 7, 2: 8, 3: None}, {7, 8, None}, {7, 8, 9})


def _person(number: int, box: Box) -> Person:
    unknown: dict[str, Any] = {"value": None, "confidence": 0.0}
    face = Face(
        box=box,
        score=0.9,
        points=(),
        quality=Quality(face_pixels=box.width, sharpness=0.3, brightness=0.5, inside=1.0),
        pose=HeadPose(yaw=0.0, pitch=0.0, roll=0.0, confidence=0.9),
        emotion=Emotion(**unknown),
    )
    return Person(
        number=number,
        face=face,
        gender=Reading(**unknown),
        age_group=Reading(**unknown),
        hair_colour=Reading(**unknown),
        clothing_colour=Reading(**unknown),
    )


def _people() -> dict[tuple[str, str], int]:
    """How many people each photo has that may be asked about."""
    import gzip
    import json

    content = gzip.decompress((resources.suites() / "studio" / "groups.jsonl.gz").read_bytes()).decode()
    scenes = [json.loads(line) for line in content.splitlines()]
    out = {("groups", scene["id"]): len(scene["spec"]["people"]) for scene in scenes}
    return out | {("collages", each.id): len(each.faces) for each in collages.frozen()}


def _bare(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


def test_renders_of_groups_are_asked_about_by_their_ids() -> None:
    assert len(agent._scenes()) == len(set(agent._scenes())) == 200
    assert np.isin([key[1] for key in agent.load("scored") if key[0] == "groups"], agent._scenes()).all()
