"""People named by what the instrument does not see: "the man with the hat". A model routed for `locate` says where that
is in the photo, and its boxes are matched to the people that were found; one that writes no boxes names them by number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from facereason import prompts
from facereason.agent.care import naming
from facereason.agent.grammar.words import LOCATED, UNKNOWN, Word, sentences
from facereason.agent.replies.calls import record
from facereason.agent.replies.readings import readings
from facereason.types import Box, By, Call, Constraint, Evidence, Person, Query, Reference, Scene, Topic
from facereason.vlm.errors import FormatError
from facereason.vlm.messages import Message, Picture, Region, Reply, Request, Role
from facereason.vlm.model import Capability, Model
from facereason.vlm.routing import Job

if TYPE_CHECKING:
    from facereason.images import Photo
    from facereason.vlm.routing import Router

MATCHES = 0.3  # how sure a match is at least, where box and person overlap little
TOLD = 0.7  # how sure people are that a model names by number: it draws no box that could be held against them
_STARTS = ("THE", "A", "THIS", "THESE")
_NOUNS = ("PERSON", "PEOPLE", "GENDER", "ONE")
_LONGEST = 12  # words of a phrase that is looked for


@dataclass(frozen=True, slots=True)
class Located:
    """Where a phrase was found: people's numbers with how well the boxes fit them, the call, and how many boxes fit
    nobody."""

    phrase: str
    people: tuple[tuple[int, float], ...]
    call: Call
    strays: int = 0

    def evidence(self) -> tuple[Evidence, ...]:
        """One for each person: the model that found the phrase there."""
        return tuple(
            Evidence(
                person=number,
                topic=Topic.PEOPLE,
                statement=f'{self.call.model} finds "{self.phrase}" at person {number}',
                source=self.call.model,
                value=self.phrase,
                confidence=round(fit, 2),
            )
            for number, fit in self.people
        )


def readings_of(question: str) -> Iterator[list[list[Word]]]:
    """The sentences of a question with one phrase that holds unknown words taken as somebody to be located, the
    shortest phrase first; nothing where no unknown word stands behind a noun for people."""
    asked = sentences(question)
    for at, words in enumerate(asked):
        unknown = [i for i, word in enumerate(words) if word.type == UNKNOWN]
        if not unknown:
            continue
        nouns = [i for i in range(unknown[0]) if words[i].type in _NOUNS]
        if not nouns:
            continue
        start = nouns[-1]
        while start > 0 and words[start - 1].type not in _STARTS and start > nouns[-1] - 3:
            start -= 1
        first = start - 1 if start > 0 and words[start - 1].type in _STARTS else start
        for end in range(unknown[-1] + 1, min(len(words), first + _LONGEST) + 1):
            phrase = _words_of(question, words[first], words[end - 1])
            found = Word(LOCATED, phrase, phrase, words[first].start, words[end - 1].end)
            yield [*asked[:at], [*words[:first], found, *words[end:]], *asked[at + 1 :]]


def phrases_in(queries: Sequence[Query]) -> tuple[str, ...]:
    """The phrases to be located in queries, each once."""
    found: list[str] = []
    for query in queries:
        for about in (query.about, query.against):
            found += _phrases(about)
    return tuple(dict.fromkeys(found))


def locate(phrase: str, photo: Photo, scene: Scene, router: Router) -> Located:
    """Where the model routed for `locate` finds a phrase, matched to people. Errors of `vlm.errors` where it cannot be
    asked; a reply without a readable place has found nothing."""
    found: list[Region] = []
    told: list[int] = []

    def call(model: Model) -> Reply:
        if Capability.LOCATE not in model.can:
            reply = model.generate(_referring(phrase, photo, scene, model))
            told.extend(_numbers(reply.data, scene))
            return reply
        try:
            found.extend(model.locate(Picture(photo.pixels, "photo"), phrase))
        except FormatError as error:
            return Reply(text=error.text)
        return Reply(text="; ".join(_written(region) for region in found) or "nothing")

    said = router.use(Job.LOCATE, call, [Capability.IMAGES])
    matched, strays = dict.fromkeys(told, TOLD), 0
    for region in found:
        match = best(region.box, scene)
        if match is None:
            strays += 1
            continue
        matched[match[0]] = max(match[1], matched.get(match[0], 0.0))
    made = record(Job.LOCATE, said, sorted(matched), phrase, 1, naming.strike(said.reply.text, phrase).text)
    return Located(phrase=phrase, people=tuple(sorted(matched.items())), call=made, strays=strays)


def _referring(phrase: str, photo: Photo, scene: Scene, model: Model) -> Request:
    """Which of the numbered people a phrase means, asked of a model that writes no boxes."""
    from facereason import images

    model.need(Capability.SCHEMA, Capability.SYSTEM)
    filled = prompts.load("refer").fill(phrase=phrase, people=[readings(person) for person in scene.people])
    numbered = Picture(images.draw(photo, scene, numbers_only=True), "photo with numbered faces")
    messages = (Message(Role.SYSTEM, (filled.system,)), Message(Role.USER, (numbered, filled.text)))
    return Request(messages=messages, schema=filled.schema)


def _numbers(data: Any, scene: Scene) -> list[int]:
    known = {person.number for person in scene.people}
    listed = data.get("people", []) if isinstance(data, dict) else []
    return [number for number in listed if number in known]


def best(box: Box, scene: Scene) -> tuple[int, float] | None:
    """The person that a box is around, or that a thing in it belongs to, with how well it fits, in [0, 1]; None where
    it is far from everybody."""
    inside = [person for person in scene.people if _within(person.box.centre, box)]
    if inside:
        fits = {person.number: _fit(person, box) for person in inside}
        number = max(fits, key=lambda each: fits[each])
        return number, max(fits[number], MATCHES)
    around = [person for person in scene.people if _within(box.centre, _whole(person))]
    if around:
        nearest = min(around, key=lambda person: _distance(person, box))
        return nearest.number, MATCHES + 0.2
    close = [each for each in scene.people if _distance(each, box) < 1.5 * max(each.box.width, each.box.height)]
    if close:
        return min(close, key=lambda person: _distance(person, box)).number, MATCHES
    return None


def settled(queries: Sequence[Query], located: Sequence[Located]) -> tuple[Query, ...]:
    """Queries whose located people are given by number; nobody where the phrase was found nowhere."""
    numbers = {each.phrase: " or ".join(str(number) for number, _ in each.people) for each in located}
    return tuple(
        replace(
            query,
            about=_settled(query.about, numbers),
            against=None if query.against is None else _settled(query.against, numbers),
        )
        for query in queries
    )


def _settled(about: Reference, numbers: dict[str, str]) -> Reference:
    constraints = []
    for constraint in about.constraints:
        if constraint.by is By.LOCATED:
            constraint = Constraint(by=By.NUMBER, value=numbers.get(constraint.value, ""))
        elif constraint.to is not None:
            constraint = replace(constraint, to=_settled(constraint.to, numbers))
        constraints.append(constraint)
    return replace(about, constraints=tuple(constraints))


def _phrases(about: Reference | None) -> list[str]:
    found: list[str] = []
    for constraint in about.constraints if about is not None else ():
        if constraint.by is By.LOCATED:
            found.append(constraint.value)
        found += _phrases(constraint.to)
    return found


def _words_of(question: str, first: Word, last: Word) -> str:
    return " ".join(question[first.start : last.end].split())


def _written(region: Region) -> str:
    box = region.box
    return f"{region.text} [{box.x:.0f}, {box.y:.0f}, {box.right:.0f}, {box.bottom:.0f}]".strip()


def _within(point: tuple[float, float], box: Box) -> bool:
    return box.x <= point[0] <= box.right and box.y <= point[1] <= box.bottom


def _whole(person: Person) -> Box:
    """The body's box, or where it would be below a face: three faces wide and seven high."""
    if person.body is not None:
        return person.body.box
    face = person.box
    width = 3 * face.width
    return Box(face.centre[0] - width / 2, face.y - 0.6 * face.height, width, 7 * face.height)


def _fit(person: Person, box: Box) -> float:
    return max(_whole(person).iou(box), person.box.iou(box), (person.head or person.box).iou(box))


def _distance(person: Person, box: Box) -> float:
    (x, y), (u, v) = person.box.centre, box.centre
    return float(((x - u) ** 2 + (y - v) ** 2) ** 0.5)
