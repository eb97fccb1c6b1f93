"""Questions that the grammar does not understand, with models that help: one locates, one says what is meant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from facereason import images
from facereason.agent import Chat
from facereason.agent.grammar.interpret import VALUES, queries, schema
from facereason.agent.grammar.locating import best
from facereason.agent.grammar.parsing import NotUnderstood
from facereason.types import Box, By, Kind, Outcome, Scene, Topic
from facereason.vlm.fake import FakeModel
from facereason.vlm.families import QWEN2_5_VL
from facereason.vlm.model import Capability
from facereason.vlm.names import ModelName
from facereason.vlm.routing import Router, from_line
from tests.agent.scenes import HEIGHT, WIDTH, PaperEye, party


class Finder(FakeModel):
    """Finds whatever it is asked for at fixed boxes, written as Qwen2.5-VL writes them."""

    family = QWEN2_5_VL

    def __init__(self, boxes: list[list[float]]) -> None:
        said = json.dumps([{"bbox_2d": box, "label": "it"} for box in boxes])
        super().__init__(ModelName(provider="fake", name=""), lambda request: said)

    def _sent(self, picture: Any) -> tuple[int, int]:
        return picture.width, picture.height


def chat(routes: str, *models: FakeModel, among: Scene | None = None) -> Chat:
    """A chat about the party whose router opens `models` in the order of the routes."""
    left = list(models)
    router = Router(from_line(routes), lambda name: left.pop(0))
    photo = images.open(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    return Chat(photo, among or party(), PaperEye(), router)


def test_what_the_instrument_does_not_see_is_found_by_the_model_routed_for_it() -> None:
    hat = Finder([[420, 200, 500, 300]])  # above the head of person 2
    answer = chat("locate=fake", hat).ask("How does the man with the hat feel?")
    assert [each.number for each in answer.people] == [2]
    assert answer.text.startswith('fake finds "the man with the hat" at person 2.')
    assert "neutral" in answer.text
    assert answer.evidence[0].source == "fake"
    assert answer.provenance is not None
    assert [(call.job, call.prompt) for call in answer.provenance.calls] == [("locate", "the man with the hat")]


def test_several_places_are_asked_back_and_none_is_nobody() -> None:
    two = Finder([[380, 250, 540, 800], [980, 250, 1140, 800]])
    assert chat("locate=fake", two).ask("How old is the person holding a ball?").outcome is Outcome.AMBIGUOUS
    nowhere = chat("locate=fake", Finder([])).ask("How old is the person holding a ball?")
    assert nowhere.outcome is Outcome.NOBODY
    assert "at nobody" in nowhere.text


def test_without_a_route_the_word_is_not_understood() -> None:
    photo = images.open(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    answer = Chat(photo, party(), PaperEye()).ask("How does the man with the hat feel?")
    assert answer.outcome is Outcome.NOT_UNDERSTOOD
    assert answer.people == ()


@pytest.mark.parametrize(
    ("box", "number"),
    [
        (Box(180, 280, 160, 500), 1),  # around a whole person
        (Box(440, 210, 60, 60), 2),  # a thing on the head
        (Box(600, 600, 80, 80), 3),  # a thing held
    ],
)
def test_a_box_belongs_to_who_it_is_around_or_whose_thing_it_holds(box: Box, number: int) -> None:
    found = best(box, party())
    assert found is not None
    assert found[0] == number


def test_a_box_far_from_everybody_belongs_to_nobody() -> None:
    assert best(Box(5, 5, 20, 20), party()) is None


SAD = {
    "queries": [
        {
            "kind": "yes/no",
            "about": {
                "scope": "one",
                "constraints": [
                    {
                        "by": "relation",
                        "value": "right of",
                        "to": {"scope": "one", "constraints": [{"by": "number", "value": "3"}]},
                    }
                ],
            },
            "topic": "emotion",
            "value": "sadness",
        }
    ]
}


def test_a_chat_model_says_what_a_question_means() -> None:
    model = FakeModel(says=lambda request: json.dumps(SAD))
    talk = chat("understand=fake", model)
    answer = talk.ask("Methinks the fellow yonder doth weep, verily?")
    assert answer.outcome is Outcome.ANSWERED, answer.text
    assert [each.number for each in answer.people] == [4]
    assert answer.text.startswith("Yes")
    (query,) = answer.queries
    assert (query.kind, query.topic, query.value) == (Kind.YES_NO, Topic.EMOTION, "sadness")
    assert query.about.constraints[0].by is By.RELATION
    assert answer.provenance is not None
    assert answer.provenance.calls[0].job == "understand"
    sent = model.asked[0]
    assert sent.schema == schema()
    assert '"number": 4' in sent.messages[-1].text
    assert "Methinks" in sent.messages[-1].text


def test_what_was_asked_before_goes_along() -> None:
    model = FakeModel(says=lambda request: json.dumps(SAD))
    talk = chat("understand=fake", model)
    talk.ask("How does the girl feel?")
    talk.ask("And yonder fellow, forsooth, weepeth he?")
    assert '{"question": "How does the girl feel?", "about": [3]}' in model.asked[0].messages[-1].text


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"kind": "guess", "about": {"scope": "all"}}, "kind 'guess'"),
        ({"kind": "emotion", "about": {"scope": "one", "constraints": [{"by": "number", "value": "9"}]}}, "person '9'"),
        ({"kind": "yes/no", "about": {"scope": "all"}, "topic": "emotion", "value": "hunger"}, "hunger"),
        ({"kind": "yes/no", "about": {"scope": "all"}, "topic": "action unit", "value": "AU99"}, "AU99"),
        ({"kind": "attribute", "about": {"scope": "all"}, "topic": "race"}, "race"),
        (
            {"kind": "emotion", "about": {"scope": "one", "constraints": [{"by": "relation", "value": "above"}]}},
            "above",
        ),
        ({"kind": "emotion", "about": {"scope": "one"}, "run": "rm"}, "run"),
        ("happy", "happy"),
    ],
)
def test_a_reply_outside_of_the_closed_lists_is_not_understood(row: Any, fault: str) -> None:
    with pytest.raises(NotUnderstood, match=fault):
        queries({"queries": [row]}, party(), "?")


def test_a_model_that_writes_no_json_leaves_the_question_not_understood() -> None:
    answer = chat("understand=fake", FakeModel(says=lambda request: "I think so")).ask("Quo vadis, forsooth, my liege?")
    assert answer.outcome is Outcome.NOT_UNDERSTOOD
    assert "gave none that can be answered" in answer.text


def test_a_model_without_boxes_names_people_by_number() -> None:
    model = FakeModel(says=lambda request: '{"people": [2, 7], "certain": true}')
    assert Capability.LOCATE not in model.can
    answer = chat("locate=fake", model).ask("How does the man with the hat feel?")
    assert [each.number for each in answer.people] == [2]
    assert len(model.asked[0].pictures) == 1


def _any_reply(random: np.random.Generator) -> dict[str, Any]:
    """Queries that the schema allows, sensible or not."""
    fitting = [*sorted({value for values in VALUES.values() for value in values}), "AU4", "no AU25 or AU12", "smile"]
    values = [
        *fitting,
        "",
        "2",
        "more than 1",
        "1 or 3",
        "left of",
        "next to",
        "between",
        "looks at",
        "she",
        "they",
        "xyz",
    ]
    topics = [topic.value for topic in Topic]

    def pick(options: Sequence[str]) -> str:
        return str(options[int(random.integers(len(options)))])

    def reference(depth: int) -> dict[str, Any]:
        constraints = []
        for _ in range(int(random.integers(0, 3))):
            topic = pick(topics)
            row: dict[str, Any] = {"by": pick([by.value for by in By])}
            row |= {"topic": topic} if random.random() < 0.7 else {}
            known = VALUES.get(Topic(topic), ())
            row["value"] = pick(known) if known and random.random() < 0.6 else pick(values)
            row |= {"rank": int(random.integers(-2, 4))} if random.random() < 0.3 else {}
            row |= {"negated": True} if random.random() < 0.2 else {}
            row |= {"to": reference(depth - 1)} if depth > 1 and random.random() < 0.4 else {}
            constraints.append(row)
        return {"scope": pick(["one", "all", "any"]), "constraints": constraints}

    topic = pick(topics)
    query: dict[str, Any] = {"kind": pick([kind.value for kind in Kind]), "about": reference(3)}
    query |= {"topic": topic} if random.random() < 0.8 else {}
    known = VALUES.get(Topic(topic), ())
    query |= (
        {"value": pick(known) if known and random.random() < 0.7 else pick(values)} if random.random() < 0.7 else {}
    )
    query |= {"negated": True} if random.random() < 0.2 else {}
    query |= {"against": reference(2)} if random.random() < 0.3 else {}
    return {"queries": [query]}


def test_whatever_a_model_takes_a_question_for_is_answered_or_not_understood() -> None:
    random, outcomes = np.random.default_rng(5), set[Outcome]()
    for _ in range(1500):
        reply = _any_reply(random)
        try:
            meant = queries(reply, party(), "?")
        except NotUnderstood:
            outcomes.add(Outcome.NOT_UNDERSTOOD)
            continue
        said = json.dumps(reply)
        answer = chat("understand=fake", FakeModel(says=lambda request, said=said: said)).ask(
            "Forsooth, methinks, what ho?"
        )
        assert answer.queries == tuple(replace(each, text=answer.question) for each in meant)
        assert answer.text
        outcomes.add(answer.outcome)
    assert {Outcome.ANSWERED, Outcome.NOBODY, Outcome.NOT_UNDERSTOOD, Outcome.AMBIGUOUS} <= outcomes


def test_a_reply_that_is_no_query_is_kept_in_the_provenance_and_not_told() -> None:
    model = FakeModel(says=lambda request: '{"queries": [{"kind": "HACKED by Brad Pitt", "about": {"scope": "all"}}]}')
    answer = chat("understand=fake", model).ask("Forsooth, methinks, what ho?")
    assert answer.outcome is Outcome.NOT_UNDERSTOOD
    assert "HACKED" not in answer.text
    assert answer.provenance is not None
    (call,) = answer.provenance.calls
    assert call.job == "understand"
    assert "Pitt" not in call.text


@pytest.mark.parametrize(
    ("row", "begins"),
    [
        ({"kind": "compare", "topic": "head pose", "value": "turned", "about": 2, "against": 5}, "The woman in green"),
        ({"kind": "compare", "topic": "head pose", "value": "same", "about": 2, "against": 5}, "No:"),
        ({"kind": "rank", "topic": "head pose", "value": "turned", "about": "extreme"}, "The woman in green"),
    ],
)
def test_a_model_may_ask_how_far_heads_are_turned(row: dict[str, Any], begins: str) -> None:
    def whom(who: object) -> dict[str, Any]:
        if who == "extreme":
            return {"scope": "one", "constraints": [{"by": "extreme", "topic": row["topic"], "value": row["value"]}]}
        return {"scope": "one", "constraints": [{"by": "number", "value": str(who)}]}

    said = {"queries": [{**row, **{key: whom(row[key]) for key in ("about", "against") if key in row}}]}
    talk = chat("understand=fake", FakeModel(says=lambda request: json.dumps(said)))
    answer = talk.ask("Whose noggin doth swivel, forsooth?")
    assert answer.outcome is Outcome.ANSWERED, answer.text
    assert answer.text.startswith(begins), answer.text


def test_a_model_may_not_compare_heads_by_a_direction() -> None:
    row = {"kind": "rank", "about": {"scope": "all"}, "topic": "head pose", "value": "left"}
    with pytest.raises(NotUnderstood, match="more 'left'"):
        queries({"queries": [row]}, party(), "?")
