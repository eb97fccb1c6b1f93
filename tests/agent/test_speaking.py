"""With a language model: what it is shown, when it is asked, and its words beside what was measured."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from facereason import images
from facereason.agent import Chat
from facereason.faces import Instrument
from facereason.images import Photo
from facereason.types import ActionUnit, Answer, Outcome, Scene, UnitState, UsageError, to_dict
from facereason.vlm import Capability, Reply, Request, families, routing
from facereason.vlm.errors import UnavailableError
from facereason.vlm.fake import FakeModel
from facereason.vlm.messages import Finish, Message, Role
from facereason.vlm.model import Identity, Model
from facereason.vlm.names import ModelName
from tests.agent.scenes import HEIGHT, WIDTH, PaperEye, emotion, nobody, party, person, portrait, scene

HAPPY = "<think>lip corners pulled up (AU12)</think><answer>happiness</answer>"
RNG = np.random.default_rng(1)
PIXELS = RNG.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)


def ask(question: str, says: str | Reply, of: Scene | None = None, line: str = "fake") -> tuple[Answer, FakeModel]:
    """The answer with a model that says this, and the model with what it was asked."""
    model = FakeModel(says=lambda request: says)
    photo = Photo(pixels=PIXELS, name="brad_pitt.jpg")
    router = routing.Router(routing.from_line(line), lambda name: model)
    chat = Chat(photo, of or portrait(), PaperEye(of or portrait()), router)
    return chat.ask(question), model


def with_unit(state: UnitState, reliability: float) -> Scene:
    unit = ActionUnit(unit=4, state=state, intensity=0.1, confidence=0.97, reliability=reliability)
    return scene(person(1, units=[unit], x=500, size=300))


# --------------------------------------------------------------------------------------------------- what it is shown


def test_of_one_person_the_model_sees_the_crop_the_readings_and_the_question() -> None:
    _, model = ask("How does she feel?", HAPPY)
    (request,) = model.asked
    system, said = request.messages
    assert system.role is Role.SYSTEM
    assert "How does she feel?" in said.text
    assert '"hair_colour": {"value": "brown"' in said.text
    (crop,) = request.pictures
    assert (crop.width, crop.height) == (510, 510)


def test_of_several_people_it_sees_the_numbered_photo_too() -> None:
    _, model = ask("How does the man in blue feel?", HAPPY, party())
    crop, whole = model.asked[0].pictures
    assert crop.label == "person 2"
    assert (whole.width, whole.height) == (WIDTH, HEIGHT)
    assert not np.array_equal(whole.pixels, PIXELS)


def test_numbered_boxes_do_not_tell_what_was_read() -> None:
    photo = Photo(pixels=PIXELS, name="p")
    sad = scene(person(1, feels="sadness", x=500))
    happy = scene(person(1, feels="happiness", x=500))
    assert np.array_equal(images.draw(photo, sad, True), images.draw(photo, happy, True))
    assert not np.array_equal(images.draw(photo, sad), images.draw(photo, happy))


def test_who_is_asked_for_an_emotion_is_not_told_the_one_that_was_read() -> None:
    _, model = ask("How does she feel?", HAPPY)
    assert '"emotion"' not in model.asked[0].messages[1].text
    _, model = ask("Describe her", "A woman in orange.")
    assert '"emotion": {"happiness": 0.98' in model.asked[0].messages[1].text


def test_the_name_of_the_file_reaches_no_model() -> None:
    _, model = ask("How does she feel?", HAPPY)
    assert "brad" not in " ".join(message.text for message in model.asked[0].messages).lower()


def test_every_person_meant_is_asked_about_with_an_own_crop() -> None:
    answer, model = ask("How do the women feel?", HAPPY, party())
    shown = [[picture.label for picture in request.pictures] for request in model.asked]
    assert shown == [["person 1"], ["person 5"]]  # the whole photo each time would cost many times as much
    assert answer.provenance is not None
    assert [call.people for call in answer.provenance.calls] == [(1,), (5,)]


# ----------------------------------------------------------------------------------------------------- when it is asked


@pytest.mark.parametrize("question", ["How many people are there?", "Where is she?", "Who looks happiest?"])
def test_what_only_the_instrument_can_answer_stays_its_answer(question: str) -> None:
    answer, model = ask(question, "Nineteen.", party())
    assert model.asked == []
    assert answer.outcome in (Outcome.ANSWERED, Outcome.AMBIGUOUS)


def test_nobody_is_identified_by_a_model_either() -> None:
    answer, model = ask("Who is she? What is her name?", "That is Eileen Collins.")
    assert model.asked == []
    assert answer.outcome is Outcome.DECLINED


def test_a_question_that_the_grammar_does_not_know_goes_to_the_chat_model() -> None:
    answer, model = ask("Is the light behind her warm?", "Yes, it is warm.")
    assert answer.outcome is Outcome.ANSWERED
    assert answer.text == "The model says: Yes, it is warm. I have no measurement to hold this against."
    assert "Is the light behind her warm?" in model.asked[0].messages[1].text


def test_a_photo_without_people_can_be_asked_about_too() -> None:
    _, model = ask("Is the light warm?", "Yes.", nobody())
    assert np.array_equal(model.asked[0].pictures[0].pixels, PIXELS)


def test_a_job_that_is_not_routed_leaves_the_first_form() -> None:
    answer, model = ask("What is her hair colour?", "green", line="emotion=fake")
    assert model.asked == []
    assert answer.text.startswith("The woman in orange appears to have brown hair")


# ---------------------------------------------------------------------------------------------- words beside readings


def test_agreement_is_told() -> None:
    answer, _ = ask("How does she feel?", HAPPY)
    assert answer.text == (
        "The model says: the woman in orange appears happy: lip corners pulled up (AU12). The instrument and the model "
        "agree on the emotion. Measured: The woman in orange appears happy (.98)."
    )
    assert [claim.value for claim in answer.claims] == ["AU12", "happiness"]
    assert answer.disagreements == ()


def test_both_sides_are_told_where_a_label_is_read_otherwise() -> None:
    answer, _ = ask("How does she feel?", "<think>corners down (AU15)</think><answer>sadness</answer>")
    assert 'The model says "sadness"; the instrument reads otherwise: appears happy (.98).' in answer.text
    (against,) = answer.disagreements
    assert (against.claim.value, against.evidence.value) == ("sadness", "happiness")


@pytest.mark.parametrize(
    ("state", "reliability", "disagrees"),
    [
        (UnitState.ABSENT, 0.9, True),
        (UnitState.ABSENT, 0.3, False),
        (UnitState.PRESENT, 0.9, False),
        (UnitState.UNKNOWN, 0.9, False),
    ],
)
def test_only_reliable_readings_speak_against_a_unit(state: UnitState, reliability: float, disagrees: bool) -> None:
    text = "<think>brows lowered (AU4)</think><answer>neutral</answer>"
    answer, _ = ask("How does she feel?", text, with_unit(state, reliability))
    assert [d.claim.value for d in answer.disagreements] == (["AU4"] if disagrees else [])


def test_a_refusal_is_an_outcome_and_what_was_measured_is_still_told() -> None:
    answer, _ = ask("How does she feel?", Reply(text="I cannot help with faces.", finish=Finish.REFUSED))
    assert answer.outcome is Outcome.REFUSED
    assert answer.text.startswith("The model declined: I cannot help with faces. Measured: The woman in orange")


def test_a_reply_without_a_label_is_said_to_have_none() -> None:
    answer, _ = ask("How does she feel?", "Das Bild zeigt eine Frau.")
    assert "Its reply names none of the eight emotions." in answer.text


def test_a_reply_cannot_write_to_the_terminal() -> None:
    answer, _ = ask("How does she feel?", "<answer>happiness</answer>\x1b[2J\x1b]0;x")
    assert "\x1b" not in answer.text


def test_who_said_what_is_in_the_provenance() -> None:
    answer, _ = ask("How does she feel?", HAPPY)
    assert answer.provenance is not None
    (call,) = answer.provenance.calls
    assert (call.job, call.model, call.people, call.pictures, call.text) == ("emotion", "fake", (1,), 1, HAPPY)
    assert call.prompt.startswith("emotion v1 ")
    json.dumps(dataclasses.asdict(call))


def test_a_model_that_cannot_be_reached_is_an_error_and_not_left_out_in_silence() -> None:
    class Gone(FakeModel):
        def _generate(self, request: Request) -> Reply:
            raise UnavailableError("fake: nobody there")

    router = routing.Router(routing.from_line("fake"), lambda name: Gone())
    chat = Chat(Photo(pixels=PIXELS, name="p"), portrait(), PaperEye(portrait()), router)
    with pytest.raises(UnavailableError, match="nobody there"):
        chat.ask("How does she feel?")


# ------------------------------------------------------------------------------------------- models without a chat


class Flat(FakeModel):
    """A model of a family without turns, with or without an adapter."""

    def __init__(self, family: families.Family, adapter: str = "") -> None:
        super().__init__(ModelName(provider="fake", name=""), says=lambda request: "happiness")
        self.family, self._adapter = family, adapter  # type: ignore[misc]

    @property
    def identity(self) -> Identity:
        return Identity(name="flat", family=self.family.name, adapter=self._adapter)


def flat_request(model: Model, question: str = "How does she feel?") -> tuple[Answer, Message]:
    router = routing.Router(routing.from_line("fake"), lambda name: model)
    answer = Chat(Photo(pixels=PIXELS, name="p"), party(), PaperEye(party()), router).ask(question)
    return answer, model.asked[-1].messages[0]  # type: ignore[attr-defined]


def test_paligemma_is_given_the_crop_and_a_prefix_of_its_own() -> None:
    _, message = flat_request(Flat(families.PALIGEMMA), "How does the man in blue feel?")
    assert message.text == "answer en How does the man in blue feel?"
    assert [picture.label for picture in message.pictures] == ["person 2"]


def test_an_adapter_of_paligemma_is_given_the_words_that_such_adapters_are_trained_with() -> None:
    answer, message = flat_request(Flat(families.PALIGEMMA, "out/emotion"), "How does the woman in red feel?")
    assert message.text == "what is the emotion of the person in the image?"
    assert "The instrument and the model agree on the emotion." in answer.text


def test_florence_is_refused_for_what_it_does_not_understand() -> None:
    with pytest.raises(UsageError, match="Florence-2 does not do the job emotion"):
        flat_request(Flat(families.FLORENCE2), "How does the woman in red feel?")


def test_a_model_without_pictures_is_refused_by_name() -> None:
    class Blind(FakeModel):
        @property
        def can(self) -> frozenset[Capability]:
            return frozenset({Capability.TEXT})

    with pytest.raises(UsageError, match="does not do images"):
        flat_request(Blind(), "How does the woman in red feel?")


def test_a_flat_model_that_is_asked_about_several_people_at_once_sees_the_whole_photo() -> None:
    _, message = flat_request(Flat(families.PALIGEMMA), "Describe everybody")
    (shown,) = message.pictures
    assert np.array_equal(shown.pixels, PIXELS)


def test_braces_in_a_question_stay_what_they_are() -> None:
    _, message = flat_request(Flat(families.PALIGEMMA, "out/chat"), "Is the {sky} blue?")
    assert message.text == "Is the {sky} blue?"


def test_a_model_that_was_told_the_emotion_does_not_count_as_agreeing() -> None:
    answer, _ = ask("Describe her", "She appears happy.")
    assert "agree" not in answer.text


def test_an_emotion_that_is_hardly_read_speaks_against_nothing() -> None:
    unsure = scene(person(1, feels=emotion("sadness", 0.4, happiness=0.35), x=500))
    answer, _ = ask("How does she feel?", HAPPY, unsure)
    assert answer.disagreements == ()
    assert "agree" not in answer.text


def test_of_many_people_it_is_told_how_many_the_model_was_asked_about() -> None:
    eight = scene(*(person(number) for number in range(1, 9)))
    answer, model = ask("How does everybody feel?", "<answer>neutral</answer>", eight)
    assert len(model.asked) == 6
    assert "I asked it about the first 6 of 8 people." in answer.text


# ------------------------------------------------------------------------------------------------- claims and people


def test_claims_made_and_claims_supported_are_both_there() -> None:
    answer, _ = ask("How does she feel?", "<think>corners down (AU15)</think><answer>happiness</answer>")
    assert [claim.value for claim in answer.claims] == ["AU15", "happiness"]
    assert [claim.value for claim in answer.claims_supported] == ["happiness"]
    told = to_dict(answer)["claims"]
    assert [claim["status"] for claim in told] == ["not measurable", "supported"]
    assert told[0]["because"] == "AU15 was not read"


def test_a_reply_about_several_people_is_matched_to_each_of_them() -> None:
    says = "There are five people. The woman in red is happy, the man in blue is angry."
    answer, _ = ask("Describe everybody", says, party())
    assert [(claim.person, claim.value, claim.status.value) for claim in answer.claims] == [
        (None, "5", "supported"),
        (1, "happiness", "supported"),
        (2, "anger", "read otherwise"),
    ]
    assert 'Of person 2 the model says "angry"; the instrument reads otherwise: appears neutral (.80).' in answer.text


def test_what_a_model_leaves_out_is_told() -> None:
    smile = ActionUnit(unit=12, state=UnitState.PRESENT, intensity=0.8, confidence=0.93, reliability=0.8)
    of = scene(person(1, feels="happiness", units=[smile], x=500, size=300))
    answer, _ = ask("How does she feel?", "<think>cheeks raised (AU6)</think><answer>happiness</answer>", of)
    assert "The model does not mention AU12; the instrument reads it (.93, reliability .80)." in answer.text
    assert [told.statement for told in answer.unmentioned] == ["AU12 is read as present (.93, reliability .80)"]
    answer, _ = ask("How does she feel?", HAPPY, of)
    assert answer.unmentioned == ()


# ------------------------------------------------------------------------------------------------------- asking again


def asked_again(
    second: str | Reply, again: bool = True, first: str = "<answer>sadness</answer>"
) -> tuple[Answer, FakeModel]:
    model = FakeModel(says=lambda request: first if len(request.messages) == 2 else second)
    router = routing.Router(routing.from_line("fake"), lambda name: model)
    chat = Chat(Photo(pixels=PIXELS, name="p"), portrait(), PaperEye(portrait()), router, again=again)
    return chat.ask("How does she feel?"), model


def test_a_model_is_told_once_what_was_read_otherwise_and_both_replies_are_kept() -> None:
    answer, model = asked_again(HAPPY)
    assert len(model.asked) == 2
    *_, said, told = model.asked[1].messages
    assert (said.role, said.text) == (Role.ASSISTANT, "<answer>sadness</answer>")
    assert '"you_said": "sadness"' in told.text
    assert "appears happy (.98)" in told.text
    assert answer.text.startswith("Asked again, the model says: the woman in orange appears happy")
    assert [claim.value for claim in answer.claims] == ["AU12", "happiness"]
    assert answer.disagreements == ()
    assert answer.provenance is not None
    assert [call.prompt.split()[0] for call in answer.provenance.calls] == ["emotion", "again"]


def test_a_model_that_was_told_what_was_read_does_not_count_as_agreeing() -> None:
    answer, _ = asked_again(HAPPY)
    assert "agree" not in answer.text


def test_a_model_that_stays_with_what_it_said_is_not_asked_a_third_time() -> None:
    answer, model = asked_again("<answer>sadness</answer>")
    assert len(model.asked) == 2
    assert [against.claim.value for against in answer.disagreements] == ["sadness"]


def test_nobody_is_asked_again_unless_that_is_switched_on_and_there_is_a_reason() -> None:
    assert len(asked_again(HAPPY, again=False)[1].asked) == 1
    assert len(asked_again(HAPPY, first=HAPPY)[1].asked) == 1


def test_a_refusal_of_the_second_question_leaves_the_first_reply() -> None:
    answer, model = asked_again(Reply(text="No.", finish=Finish.REFUSED))
    assert len(model.asked) == 2
    assert answer.text.startswith("The model says: the woman in orange appears sad")


# ----------------------------------------------------------------------------------------------------------- how sure


def test_an_answer_that_is_not_sure_says_so_and_what_would_help() -> None:
    unsure = scene(person(1, feels=emotion("sadness", 0.5, anger=0.4), x=500, size=60))
    answer, _ = ask("How does she feel?", "<answer>anger</answer>", unsure)
    assert answer.confidence is not None
    assert answer.confidence < 0.4
    assert answer.text.endswith("Taken together this is not sure (.33); a larger face would help.")
    surer, _ = ask("How does she feel?", "<answer>sadness</answer>", unsure)
    assert surer.confidence is not None
    assert surer.confidence > 0.6
    assert "not sure" not in surer.text


# -------------------------------------------------------------------------------------------------------- real pixels


def test_a_lie_about_the_example_photo_is_caught_by_what_the_instrument_reads() -> None:
    eye = Instrument()
    photo = images.open(images.example())
    text = "<think>She wears a green dress, and her lips are pressed. No smile (AU12).</think><answer>anger</answer>"
    router = routing.Router(routing.from_line("fake"), lambda name: FakeModel(says=lambda request: text))
    answer = Chat(photo, eye.look(photo), eye, router).ask("How does she feel?")
    caught = {against.claim.value for against in answer.disagreements}
    assert {"AU12", "anger"} <= caught
    assert "the model denies AU12 (lip corner puller); the instrument reads otherwise" in answer.text.lower().replace(
        "au12", "AU12"
    )


def test_who_is_asked_for_action_units_is_not_told_them_and_is_held_to_them() -> None:
    of = with_unit(UnitState.ABSENT, 0.9)
    answer, model = ask("Does she show AU4?", "AU4 is present, the brows are lowered.", of, "au=fake")
    assert answer.text.startswith("The model says: AU4 is present")
    assert [each.claim.value for each in answer.disagreements] == ["AU4"]
    assert '"action_units"' not in model.asked[0].messages[-1].text
    assert answer.provenance is not None
    assert [call.job for call in answer.provenance.calls] == ["au"]


def test_a_photo_is_described_by_the_model_routed_for_captions() -> None:
    answer, model = ask("Describe the photo.", "Two people stand side by side.", party(), "caption=fake")
    assert answer.text.startswith("The model says: Two people")
    assert answer.provenance is not None
    assert [call.job for call in answer.provenance.calls] == ["caption"]
    assert "at most 60 words" in model.asked[0].messages[-1].text
