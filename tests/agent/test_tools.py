"""Tools for models that call them, on a loopback server: called well, badly, in parallel and without end."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from facereason import images, resources
from facereason.agent import FaceReason
from facereason.agent.tools import Budget, Toolbox, replay
from facereason.agent.tools.schema import tool_of
from facereason.types import Answer, FaceReasonError, Outcome, to_dict
from tests.vlm.loopback import Loopback, Says


@pytest.fixture(scope="module")
def faces() -> FaceReason:
    return FaceReason()


@pytest.fixture(scope="module")
def photo() -> images.Photo:
    return images.example()


@pytest.fixture(scope="module")
def box(faces: FaceReason, photo: images.Photo) -> Toolbox:
    return Toolbox(photo, faces.look(photo))


@contextmanager
def asked(
    faces: FaceReason,
    photo: images.Photo,
    script: Sequence[Says],
    question: str,
    budget: Budget = Budget(),  # noqa: B008
) -> Iterator[tuple[Answer, Loopback]]:
    with Loopback(script) as server:
        own = FaceReason(model=f"vllm/m+url={server.url}", tools=budget)
        own._instrument = faces.instrument
        yield own.ask(photo, question), server


def call(name: str, **arguments: Any) -> tuple[str, str]:
    return name, json.dumps(arguments)


def test_schemas_come_from_signatures(box: Toolbox) -> None:
    tools = {tool.name: tool for tool in box.tools}
    assert set(tools) == {"look", "find_person", "measure", "crop", "rotate", "compare", "locate"}
    crop = tools["crop"].parameters
    assert crop["required"] == ["person"]
    assert crop["properties"]["person"] == {"type": "integer", "description": "number of the person"}
    assert crop["properties"]["part"]["enum"] == ["face", "head", "body", "eyes", "mouth"]
    assert crop["additionalProperties"] is False
    assert tools["rotate"].parameters["properties"]["degrees"]["enum"] == [90, 180, 270]
    assert all(tool.description for tool in tools.values())


def test_a_type_without_a_schema_is_no_tool() -> None:
    def odd(what: bytes) -> None:
        """Odd."""

    with pytest.raises(TypeError, match="parameter what"):
        tool_of(odd)


def test_a_model_that_calls_tools_well_is_held_to_its_words(faces: FaceReason, photo: images.Photo) -> None:
    script = [
        Says("", calls=(call("measure", person=1, what="action units"), call("crop", person=1, part="mouth"))),
        Says("The person appears happy: lip corners pulled up (AU12)."),
    ]
    with asked(faces, photo, script, "How does she feel, and why?") as (answer, server):
        assert answer.outcome is Outcome.ANSWERED
        assert answer.text.startswith("The model says: The person appears happy")
        assert "It called tools 2 times." in answer.text
        assert {claim.value for claim in answer.claims} >= {"happiness", "AU12"}
        assert [use.name for use in answer.trace[0].uses] == ["measure", "crop"]
        assert len(answer.trace[0].uses[1].pictures) == 1
        first, second = server.requests
        assert first["tools"][0]["function"]["name"] == "look"
        roles = [message["role"] for message in second["messages"]]
        assert roles == ["system", "user", "assistant", "tool", "tool", "user"]
        assert json.loads(second["messages"][3]["content"])["action_units"]
        shown = second["messages"][-1]["content"]
        assert shown[0]["text"] == "person 1: mouth:"
        assert shown[1]["image_url"]["url"].startswith("data:image/")


def test_a_model_that_calls_badly_is_told_and_does_no_harm(faces: FaceReason, photo: images.Photo) -> None:
    script = [
        Says(
            "",
            calls=(
                call("delete_photo"),
                call("measure", person=7),
                call("measure"),
                call("measure", person=1, what="salary"),
                call("measure", person=1, colour="red"),
                ("crop", "{person: 1"),
                ("crop", "[1]"),
                call("find_person", description="qwertz uiop"),
            ),
        ),
        Says("I could not measure anything."),
    ]
    with asked(faces, photo, script, "How does she feel?") as (answer, _):
        uses = answer.trace[0].uses
        assert all(use.failed for use in uses)
        said = [json.loads(use.result)["error"] for use in uses]
        assert said[0].startswith("there is no such tool; there are: look, find_person")
        assert said[1] == "there is no person 7: people are numbered 1 to 1"
        assert said[2] == "the argument person is missing; it takes: person, what"
        assert said[3].startswith("what must be one of everything, emotion")
        assert said[4] == "there is no argument colour; it takes: person, what"
        assert said[5].startswith("the arguments are not JSON")
        assert said[6] == "the arguments must be a JSON object"
        assert said[7].startswith("the description is not understood")
        assert "8 of them in vain" in answer.text
        assert "Measured: " in answer.text


def test_an_endless_loop_is_ended_by_the_budget_and_still_answers(faces: FaceReason, photo: images.Photo) -> None:
    def script(body: dict[str, Any]) -> Says:
        return Says("", calls=(call("look"),)) if "tools" in body else Says("The person appears happy.")

    with Loopback(script) as server:
        own = FaceReason(model=f"vllm/m+url={server.url}", tools=Budget(steps=5))
        own._instrument = faces.instrument
        answer = own.ask(photo, "How does she feel?")
        assert server.calls == 6
    assert "used its budget up" in answer.text
    assert "The person appears happy" in answer.text
    assert [step.uses[0].failed for step in answer.trace[:-1]] == [False, False, True, True, True]


def test_tokens_are_a_budget_too(faces: FaceReason, photo: images.Photo) -> None:
    def script(body: dict[str, Any]) -> Says:
        if "tools" in body:
            return Says("", calls=(call("measure", person=1),), input_tokens=900, output_tokens=200)
        return Says("Happy.")

    with Loopback(script) as server:
        own = FaceReason(model=f"vllm/m+url={server.url}", tools=Budget(tokens=2000))
        own._instrument = faces.instrument
        answer = own.ask(photo, "How does she feel?")
        assert server.calls == 3
    assert answer.trace[0].tokens == 1100


def test_too_many_calls_at_once_are_cut(faces: FaceReason, photo: images.Photo) -> None:
    many = tuple(call("crop", person=1, part=part) for part in ("face", "head", "eyes", "mouth")) * 3
    with asked(faces, photo, [Says("", calls=many), Says("Happy.")], "How does she feel?") as (answer, _):
        uses = answer.trace[0].uses
        assert len(uses) == 12
        assert [use.failed for use in uses[8:]] == [True] * 4


def test_names_a_model_volunteers_are_struck_from_answer_and_trace(faces: FaceReason, photo: images.Photo) -> None:
    with asked(faces, photo, [Says("This is Eileen Collins, smiling (AU12).")], "How does she feel?") as (answer, _):
        assert "Collins" not in answer.text
        assert "Collins" not in answer.trace[-1].text


def test_a_question_for_a_name_is_declined_before_a_model_is_asked(faces: FaceReason, photo: images.Photo) -> None:
    with asked(faces, photo, [Says("Eileen Collins.")], "Who is she?") as (answer, server):
        assert answer.outcome is Outcome.DECLINED
        assert server.calls == 0


def test_a_trace_is_taken_again_without_the_model(faces: FaceReason, photo: images.Photo) -> None:
    script = [
        Says("Let me measure.", calls=(call("measure", person=1), call("nonsense"))),
        Says("", calls=(call("crop", person=1),)),
        Says("The person appears happy (AU12)."),
    ]
    with asked(faces, photo, script, "How does she feel?") as (answer, server):
        calls = server.calls
        again = replay(answer, faces.chat(photo))
        assert server.calls == calls
    assert (again.text, again.trace, again.claims) == (answer.text, answer.trace, answer.claims)
    mirrored = images.open(photo.pixels[:, ::-1].copy())
    with pytest.raises(FaceReasonError, match="step 1: measure gives something else now"):
        replay(answer, faces.chat(mirrored))
    with pytest.raises(FaceReasonError, match="has no trace"):
        replay(faces.ask(photo, "How does she feel?"), faces.chat(photo))


def test_every_tool_does_what_it_says(box: Toolbox) -> None:
    assert [each["number"] for each in box.look().data["people"]] == [1]
    assert box.find_person("the person in orange").data["outcome"] == "found"
    assert box.find_person("the man in purple").data["outcome"] == "nobody fits"
    assert set(box.measure(1, "emotion").data) == {"number", "emotion"}
    assert {"emotion", "action_units", "head"} <= set(box.measure(1).data)
    (face,) = box.crop(1).pictures
    assert 224 <= max(face.width, face.height) <= 896
    (turned,) = box.rotate(90).pictures
    assert (turned.width, turned.height) == (box.photo.height, box.photo.width)
    # clockwise: the top left corner comes to the top right
    assert (turned.pixels[0, -1] == box.photo.pixels[0, 0]).all()
    assert resources.weights("astronaut.png").is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        *('{"person": "\u00b2"}', '{"person": "--5"}', '{"person": "' + "9" * 5000 + '"}'),
        *("[" * 200_000, '{"\\ud83d": 1}', '{"person": 1e400}'),
    ],
)
def test_odd_arguments_are_refused_and_never_crash(faces: FaceReason, photo: images.Photo, arguments: str) -> None:
    script = [Says("", calls=(("measure", arguments),)), Says("Happy.")]
    with asked(faces, photo, script, "How does she feel?") as (answer, _):
        assert answer.trace[0].uses[0].failed


def test_names_in_calls_are_kept_nowhere_and_nobody_is_looked_for_by_name(
    faces: FaceReason, photo: images.Photo
) -> None:
    calls = (call("find_person", description="Eileen Collins"), call("locate", phrase="Eileen Collins"))
    calls += (("Eileen Collins", "{}"),)
    with asked(faces, photo, [Says("", calls=calls), Says("Happy.")], "How does she feel?") as (answer, _):
        assert "Eileen" not in json.dumps(to_dict(answer))
        assert [use.failed for use in answer.trace[0].uses] == [True] * 3


def test_a_trace_of_another_question_is_not_taken_again(faces: FaceReason, photo: images.Photo) -> None:
    script = [Says("", calls=(call("look"),)), Says("Happy.")]
    with asked(faces, photo, script, "How does she feel?") as (answer, _):
        other = dataclasses.replace(answer, question="Who is she?")
    with pytest.raises(FaceReasonError, match="means something else here"):
        replay(other, faces.chat(photo))
    assert replay(answer, faces.chat(photo)).text == answer.text
