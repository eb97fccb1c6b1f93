"""With a language model: what it is shown and asked, and its words beside what was measured.

The instrument answers first, as it does alone, and says whom a question is about. The model then sees the crop of that
person, in a photo of several people also the whole photo with numbered boxes, the readings as data, and the question.
What only the instrument can answer (how many, where, who most) stays its answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from facereason import prompts
from facereason.agent import wording
from facereason.agent.readings import readings
from facereason.facs import adjective, parse_claims
from facereason.facs.emotions import SPELLINGS
from facereason.types import (
    Answer,
    Call,
    Claim,
    Disagreement,
    Evidence,
    Kind,
    Outcome,
    Person,
    Query,
    Scene,
    Stance,
    Topic,
    UnitState,
    UsageError,
)
from facereason.vlm.messages import Message, Picture, Reply, Request
from facereason.vlm.model import Capability, Model
from facereason.vlm.routing import Job

if TYPE_CHECKING:
    from facereason.images import Photo
    from facereason.vlm.routing import Router

MOST_PEOPLE = 6
CROP_MARGIN = 0.35
RELIABLE = 0.6
"""Units whose readings are trusted less than this on such photos, and emotions less sure, speak against nothing."""

_ATTRIBUTES = {
    Topic.AGE: (Job.AGE, "age group"),
    Topic.GENDER: (Job.GENDER, "gender"),
    Topic.RACE: (Job.RACE, "race"),
    Topic.HAIR_COLOUR: (Job.HAIR, "hair colour"),
    Topic.CLOTHING_COLOUR: (Job.CLOTHING, "clothing colour"),
}


@dataclass(frozen=True, slots=True)
class _Task:
    """One question to a model: the job, the template, whom it is about, and the bare words for models without chat.
    `place`: send the whole photo beside a crop; of several people who are asked about one by one it would cost many
    times the crops (docs/decisions.md)."""

    job: Job
    template: str
    people: tuple[Person, ...]
    plain: str
    place: bool = True


class Speaker:
    """Asks the models of a router about one photo."""

    def __init__(self, router: Router, photo: Photo, scene: Scene) -> None:
        self.router, self.photo, self.scene = router, photo, scene

    def answer(self, question: str, queries: Sequence[Query], measured: Answer) -> Answer:
        """`measured` with the model's words put before it, where the question is one for a model and one is routed.

        Raises the errors of `vlm.errors`: a model that cannot be asked is never left out in silence.
        """
        tasks = [task for task in self._tasks(question, queries, measured) if self.router.has(task.job)]
        if not tasks:
            return measured
        calls: list[Call] = []
        told: list[tuple[_Task, Call]] = []
        refused: list[tuple[_Task, Call]] = []
        for task in tasks:
            call = self._ask(task, question)
            calls.append(call)
            (refused if call.refused else told).append((task, call))
        claims = [claim for task, call in told for claim in _claims(task, call)]
        against = tuple(found for claim in claims if (found := self._speaks_against(claim)))
        outcome = measured.outcome if measured.outcome is not Outcome.NOT_UNDERSTOOD else Outcome.ANSWERED
        return replace(
            measured,
            text=self._text(told, refused, claims, against, measured),
            outcome=outcome if told else Outcome.REFUSED,
            claims=tuple(claims),
            disagreements=against,
            provenance=replace(self.scene.provenance, calls=tuple(calls)),
        )

    # ---------------------------------------------------------------------------------------------- what to ask whom

    def _tasks(self, question: str, queries: Sequence[Query], measured: Answer) -> list[_Task]:
        everybody = self.scene.people
        if measured.outcome is Outcome.NOT_UNDERSTOOD:
            return [_Task(Job.CHAT, "describe", everybody, question)]
        if measured.outcome not in (Outcome.ANSWERED, Outcome.CANNOT_TELL) or not measured.people:
            return []
        kinds = {query.kind for query in queries}
        people = measured.people[:MOST_PEOPLE]
        if kinds <= {Kind.EMOTION, Kind.WHY}:
            words = "what is the emotion of the person in the image?"
            return [_Task(Job.EMOTION, "emotion", (person,), words, len(people) == 1) for person in people]
        if kinds == {Kind.DESCRIBE}:
            return [_Task(Job.CHAT, "describe", people, "describe the person in the image")]
        topics = {query.topic for query in queries}
        if kinds == {Kind.ATTRIBUTE} and len(topics) == 1 and (asked := _ATTRIBUTES.get(topics.pop() or Topic.PEOPLE)):
            job, thing = asked
            words = f"what is the {thing} of the person in the image?"
            return [_Task(job, "describe", (person,), words, len(people) == 1) for person in people]
        return []

    def _ask(self, task: _Task, question: str) -> Call:
        sent: list[tuple[Request, str]] = []

        def call(model: Model) -> Reply:
            sent.append(self._request(task, question, model))
            return model.generate(sent[-1][0])

        said = self.router.use(task.job, call, [Capability.IMAGES])
        request, prompt = sent[-1]
        usage, who = said.reply.usage, said.identity
        return Call(
            job=task.job.value,
            model=who.name,
            family=who.family,
            revision=who.revision,
            adapter=who.adapter,
            adapter_revision=who.adapter_revision,
            people=tuple(person.number for person in task.people),
            prompt=prompt,
            text=said.reply.text,
            refused=said.reply.refused,
            pictures=len(request.pictures),
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost=usage.cost,
            seconds=round(usage.seconds, 3),
            cached=usage.cached,
            passed=said.passed,
        )

    def _request(self, task: _Task, question: str, model: Model) -> tuple[Request, str]:
        """What is sent, and the prompt's name for the provenance."""
        family = model.family
        crops = [self.crop(person) for person in task.people]
        if family.flat is not None:
            words = task.plain if model.identity.adapter else family.tasks.get(task.job.value.partition(".")[0], "")
            if not words and family.only_tasks:
                raise UsageError(
                    f"{model.name}: {family.title} does not do the job {task.job}; it does captions and locating"
                )
            words = (words or "{question}").replace("{question}", question)
            shown = crops[0] if len(crops) == 1 else Picture(self.photo.pixels)
            return Request(messages=(Message.user(shown, words),), max_tokens=200), words
        # Who is asked for the emotion is not told the one that was read: agreeing would then mean nothing.
        hidden = ("emotion",) if task.template == "emotion" else ()
        people: list[dict[str, Any]] = [readings(person, without=hidden) for person in task.people]
        inputs = {"person": people[0]} if task.template == "emotion" else {"people": people}
        filled = prompts.load(task.template).fill(question=question, **inputs)
        pictures = self._pictures(crops, model, task.place)
        if Capability.SYSTEM in model.can:
            messages: tuple[Message, ...] = (Message.system(filled.system), Message.user(*pictures, filled.text))
        else:
            messages = (Message.user(*pictures, f"{filled.system}\n\n{filled.text}"),)
        name = f"{filled.name} v{filled.version} {filled.sha256[:12]}"
        return Request(messages=messages, schema=filled.schema, max_tokens=500), name

    def _pictures(self, crops: Sequence[Picture], model: Model, place: bool) -> list[Picture]:
        """The crop of the one person meant, with the numbered photo where it shows others too; that alone for several
        people at once, or nobody."""
        alone = len(self.scene.people) == 1 or not place
        if len(crops) == 1 and (alone or Capability.SEVERAL_IMAGES not in model.can):
            return [crops[0]]
        whole = self.numbered()
        return [crops[0], whole] if len(crops) == 1 else [whole]

    def crop(self, person: Person) -> Picture:
        """The person's face with some room around it."""
        from facereason import images

        return Picture(images.crop(self.photo.pixels, person.box, margin=CROP_MARGIN), f"person {person.number}")

    def numbered(self) -> Picture:
        """The whole photo with a numbered box around every face; bare where there is nobody."""
        from facereason import images

        pixels = images.draw(self.photo, self.scene, numbers_only=True) if self.scene.people else self.photo.pixels
        return Picture(pixels, "photo with numbered faces")

    # ------------------------------------------------------------------------------------------- words beside readings

    def _speaks_against(self, claim: Claim) -> Disagreement | None:
        """A reading that can be trusted and says the opposite of a claim."""
        if claim.person is None or claim.stance is Stance.HEDGED:
            return None
        person = self.scene.person(claim.person)
        asserted = claim.stance is Stance.ASSERTED
        if claim.topic is Topic.EMOTION:
            read = person.face.emotion
            if read.value is None or read.confidence < RELIABLE or (read.value.value == claim.value) is asserted:
                return None
            return Disagreement(claim=claim, evidence=wording.evidence(person, Topic.EMOTION))
        unit = next((each for each in person.face.action_units if f"AU{each.unit}" == claim.value), None)
        if unit is None or unit.state is UnitState.UNKNOWN or unit.reliability < RELIABLE:
            return None
        if (unit.state is UnitState.PRESENT) is asserted:
            return None
        evidence = Evidence(
            person=person.number,
            topic=Topic.ACTION_UNIT,
            statement=f"{claim.value} is read as {unit.state.value} (reliability {wording.chance(unit.reliability)})",
            source="reader",
            value=unit.state.value,
            confidence=unit.confidence,
        )
        return Disagreement(claim=claim, evidence=evidence)

    def _text(
        self,
        told: Sequence[tuple[_Task, Call]],
        refused: Sequence[tuple[_Task, Call]],
        claims: Sequence[Claim],
        against: Sequence[Disagreement],
        measured: Answer,
    ) -> str:
        parts = []
        for task, call in told:
            said = _readable(call.text)
            name = wording.name(task.people[0], self.scene) if len(task.people) == 1 else ""
            if said.startswith(_APPEARS):
                said = f"{name} {said}"
            elif len(told) > 1:
                said = f"of {name}: {said}"
            parts.append(f"The model says: {said}")
            if task.template == "emotion" and not any(_is_label(claim, task) for claim in claims):
                parts.append("Its reply names none of the eight emotions.")
        parts += [f"The model declined: {_readable(call.text) or 'it gave no reason'}" for _, call in refused]
        if measured.outcome is Outcome.NOT_UNDERSTOOD:
            return " ".join([*parts, "I have no measurement to hold this against."])
        if (asked := len(told) + len(refused)) == MOST_PEOPLE < len(measured.people):
            parts.append(f"I asked it about the first {asked} of {len(measured.people)} people.")
        numbers = {d.claim.person for d in against}
        agree = not against and bool(told) and all(self._agrees(task, claims) for task, _ in told)
        told_both = " The instrument and the model agree on the emotion." if agree else ""
        who = f" on person {wording.joined([str(n) for n in sorted(n for n in numbers if n)])}" if numbers else ""
        apart = f" The instrument reads otherwise{who}." if against else ""
        return f"{' '.join(parts)}{told_both}{apart} Measured: {measured.text}"

    def _agrees(self, task: _Task, claims: Sequence[Claim]) -> bool:
        """Whether a model that was not told the emotion came to the one that was read."""
        if task.template != "emotion":
            return False
        read = task.people[0].face.emotion.value
        said = {each.value for each in claims if _is_label(each, task) and each.stance is Stance.ASSERTED}
        return read is not None and said == {read.value}


def _is_label(claim: Claim, task: _Task) -> bool:
    return claim.topic is Topic.EMOTION and claim.person == task.people[0].number


_APPEARS = "appears "
_THINK = re.compile(r"<think>(.*?)</think>", re.DOTALL)
_ANSWER = re.compile(r"<answer>(.*?)(?:</answer>|$)", re.DOTALL)


def _readable(text: str) -> str:
    """A reply in the think-and-answer format as prose, anything else on one line; harmless to a terminal."""
    from facereason.images import printable

    think, label = _THINK.search(text), _ANSWER.search(text)
    if label:
        said = label.group(1).strip()
        text = f"{_APPEARS}{adjective(SPELLINGS[said.casefold()])}" if said.casefold() in SPELLINGS else said
        if think and think.group(1).strip():
            text += f": {think.group(1).strip().rstrip('.')}"
    line = printable(" ".join(text.split()), limit=4000)
    return line if not line or line[-1] in ".!?" else f"{line}."


def _claims(task: _Task, call: Call) -> list[Claim]:
    """What a reply about one person claims; of several people at once nothing is matched yet."""
    if len(task.people) != 1:
        return []
    return [replace(claim, person=task.people[0].number) for claim in parse_claims(call.text)]
