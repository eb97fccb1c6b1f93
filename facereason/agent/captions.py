"""Factual captions: of each face and of the group, from the readings alone, or by a model and held against them.

    caption = captions.caption(FaceReason().chat("party.jpg"), Style.LONG)
    caption.text, caption.tags, caption.people[0].text

Nothing is said that was not read with some certainty, and how somebody appears is said as that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from facereason import prompts
from facereason.agent.answers import wording
from facereason.agent.answers.wording import SURE
from facereason.agent.replies.calls import record
from facereason.agent.replies.looked_over import look_over
from facereason.agent.replies.readings import readings
from facereason.agent.replies.speaking import readable
from facereason.agent.whom import traits
from facereason.facs import adjective
from facereason.types import Call, Claim, Disagreement, Gender, Person, Scene, UnitState
from facereason.vlm.messages import Message, Picture, Request
from facereason.vlm.model import Capability, Model
from facereason.vlm.routing import Job

if TYPE_CHECKING:
    from facereason.agent.chat import Chat
    from facereason.vlm.messages import Reply

WORDS = {"short": 25, "long": 90}
"""The most words that a model is asked for."""
MOST_UNITS = 4


class Style(StrEnum):
    """How much is said: one sentence, everything that was read, or a list of tags."""

    SHORT = "short"
    LONG = "long"
    TAGS = "tags"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCaption:
    """What is said of one person; `box` of the face: x, y, width, height in pixels."""

    number: int
    text: str
    tags: tuple[str, ...]
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """A caption. `by`: "readings", or the model's name; `claims` and `disagreements` are those of a model's words;
    `notes`: what of them was struck or left out."""

    source: str
    style: Style
    text: str
    tags: tuple[str, ...]
    people: tuple[PersonCaption, ...]
    by: str = "readings"
    claims: tuple[Claim, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    notes: tuple[str, ...] = ()
    call: Call | None = None


def caption(chat: Chat, style: Style = Style.SHORT) -> Caption:
    """The caption of an opened photo: the group's by the model routed for captions, where one is routed, and everything
    else from the readings. Raises the errors of `vlm.errors`."""
    scene = chat.scene
    people = tuple(_of_person(person, scene, style) for person in scene.people)
    tags = tuple(dict.fromkeys((_counted(scene), *(tag for person in people for tag in person.tags))))
    text = ", ".join(tags) if style is Style.TAGS else _of_group(scene, style)
    measured = Caption(source=scene.source, style=style, text=text, tags=tags, people=people)
    if style is Style.TAGS or chat.router is None or not chat.router.has(Job.CAPTION):
        return measured
    return _by_model(chat, measured)


# ----------------------------------------------------------------------------------------------------- from readings


def _of_person(person: Person, scene: Scene, style: Style) -> PersonCaption:
    box = person.box
    text = _sentence(person, scene, style)
    placed = (round(box.x), round(box.y), round(box.width), round(box.height))
    return PersonCaption(number=person.number, text=text, tags=tuple(_tags(person)), box=placed)


def _of_group(scene: Scene, style: Style) -> str:
    count = len(scene.people)
    if not count:
        return "A photo in which no person was found."
    if count == 1:
        return _sentence(scene.people[0], scene, style)
    if style is Style.LONG:
        opening = f"{wording.sentence(wording.people(count))[:-1]}, from left to right. "
        return opening + " ".join(_sentence(person, scene, style) for person in scene.people)
    return wording.sentence(f"{wording.people(count)}: {'; '.join(_phrase(person, scene) for person in scene.people)}")


def _phrase(person: Person, scene: Scene) -> str:
    """ "a woman in red on the left, who appears happy"."""
    noun, mark = wording.noun(person), wording.mark(person)
    place = f" {wording.where(person, scene)}" if len(scene.people) > 1 else ""
    emotion = person.face.emotion
    words: list[str] = []
    if emotion.known and emotion.confidence >= SURE and emotion.value is not None:
        words.append(f"appears {adjective(emotion.value)}")
    if traits.faces(person, "away"):
        words.append("is turned away from the camera")
    if words:
        return f"{_article(noun)} {noun}{mark}{place}, who {' and '.join(words)}"
    unread = "" if emotion.known else ", whose expression could not be read"
    return f"{_article(noun)} {noun}{mark}{place}{unread}"


def _sentence(person: Person, scene: Scene, style: Style) -> str:
    if style is not Style.LONG:
        return wording.sentence(_phrase(person, scene))
    parts = [_phrase(person, scene)]
    age = person.age_group
    if age.known and age.confidence >= SURE:
        parts.append(f"aged about {age.value}")
    hair = person.hair_colour
    if hair.known and hair.confidence >= SURE and f"{hair.value} hair" not in parts[0]:
        parts.append(f"with {hair.value} hair")
    parts.append(wording.pose(person.face.pose))
    if units := wording.units(person, MOST_UNITS):
        parts.append(f"showing {wording.joined(units)}")
    posture = person.body.posture if person.body else None
    if posture is not None and posture.known and posture.confidence >= 0.8:
        parts.append(str(posture.value))
    return wording.sentence(", ".join(parts))


def _tags(person: Person) -> list[str]:
    face = person.face
    found = [wording.noun(person)]
    for reading, form in (
        (person.age_group, "age {}"),
        (person.hair_colour, "{} hair"),
        (person.clothing_colour, "{} clothing"),
    ):
        if reading.known and reading.confidence >= SURE:
            found.append(form.format(reading.value))
    if person.gender.known and person.gender.value is not Gender.UNCLEAR and person.gender.confidence >= SURE:
        found.append(f"perceived {person.gender.value}")
    if face.emotion.known and face.emotion.confidence >= SURE and face.emotion.value is not None:
        found.append(adjective(face.emotion.value))
    found += [f"AU{unit.unit}" for unit in face.action_units if unit.state is UnitState.PRESENT]
    found += [f"looking {way}" for way in ("left", "right", "up", "down") if traits.gazes(person, way)]
    found += ["looking at the camera"] if traits.gazes(person, "camera") else []
    found += ["facing away"] if traits.faces(person, "away") else []
    if person.body is not None and person.body.posture.known and person.body.posture.confidence >= 0.8:
        found.append(str(person.body.posture.value))
    return list(dict.fromkeys(found))


def _counted(scene: Scene) -> str:
    count = len(scene.people)
    return "no people" if not count else f"{count} {'person' if count == 1 else 'people'}"


def _article(noun: str) -> str:
    return "an" if noun[:1] in "aeiou" else "a"


# --------------------------------------------------------------------------------------------------------- by a model


def _by_model(chat: Chat, measured: Caption) -> Caption:
    scene, router = chat.scene, chat.router
    assert router is not None
    filled = prompts.load("caption").fill(
        people=[readings(person) for person in scene.people], words=WORDS[measured.style.value]
    )
    sent: list[int] = []

    def call(model: Model) -> Reply:
        picture = Picture(chat.photo.pixels)
        if model.family.flat is not None:
            words = model.family.tasks.get("caption", "describe the image")
            sent.append(1)
            return model.generate(Request(messages=(Message.user(picture, words),), max_tokens=200))
        text = filled.text if Capability.SYSTEM in model.can else f"{filled.system}\n\n{filled.text}"
        system = (Message.system(filled.system),) if Capability.SYSTEM in model.can else ()
        sent.append(1)
        return model.generate(Request(messages=(*system, Message.user(picture, text)), max_tokens=300))

    said = router.use(Job.CAPTION, call, [Capability.IMAGES])
    over = look_over(said.reply.text, "Describe the people in this photo.", scene.people, scene)
    name = f"{filled.name} v{filled.version} {filled.sha256[:12]}"
    kept = record(Job.CAPTION, said, [person.number for person in scene.people], name, len(sent), over.struck)
    if said.reply.refused or not over.text:
        why = "the model declined" if said.reply.refused else "nothing of the model's reply could be passed on"
        return replace(measured, notes=(*over.notes, f"{why}; the caption is from the readings"), call=kept)
    return replace(
        measured,
        text=readable(over.text),
        by=said.identity.name,
        claims=over.claims,
        disagreements=over.disagreements,
        notes=over.notes,
        call=kept,
    )


def supported(claims: Sequence[Claim]) -> int:
    """How many claims the readings bear out."""
    return sum(claim.status.value == "supported" for claim in claims)
