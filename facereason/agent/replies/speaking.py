"""With a language model: what it is shown and asked, and its words beside what was measured.

The instrument answers first, as it does alone, and says whom a question is about. The model then sees the crop of that
person, in a photo of several people also the whole photo with numbered boxes, the readings as data, and the question.
What only the instrument can answer (how many, where, who most) stays its answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from facereason import prompts
from facereason.agent.answers import wording
from facereason.agent.care import naming, passing
from facereason.agent.replies import agreement, holding
from facereason.agent.replies.calls import record
from facereason.agent.replies.holding import Held
from facereason.agent.replies.matching import claims_about
from facereason.agent.replies.readings import readings
from facereason.agent.replies.telling import Tell, Telling, without_thoughts
from facereason.facs import adjective
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
    UsageError,
)
from facereason.vlm.messages import Message, Picture, Reply, Request
from facereason.vlm.model import Capability, Model
from facereason.vlm.routing import Job

if TYPE_CHECKING:
    from facereason.images import Photo
    from facereason.vlm.routing import Router

MOST_PEOPLE = 6
CAPTION_WORDS = 60
CROP_MARGIN = 0.35

_ATTRIBUTES = {
    Topic.AGE: (Job.AGE, "age group"),
    Topic.GENDER: (Job.GENDER, "gender"),
    Topic.RACE: (Job.RACE, "race"),
    Topic.HAIR_COLOUR: (Job.HAIR, "hair colour"),
    Topic.CLOTHING_COLOUR: (Job.CLOTHING, "clothing colour"),
}


@dataclass(frozen=True, slots=True)
class Task:
    """One question to a model: the job, the template, whom it is about, and the bare words for models without chat.
    `place`: send the whole photo beside a crop; of several people who are asked about one by one it would cost many
    times the crops (docs/decisions.md)."""

    job: Job
    template: str
    people: tuple[Person, ...]
    plain: str
    place: bool = True


@dataclass(frozen=True, slots=True)
class Said:
    """What one model said to one task, held against the readings. `words`: what of it is passed on, `notes`: what is
    told of the rest; `again`: to the disagreements, not the question; `talks`: the model takes several turns."""

    task: Task
    call: Call
    request: Request
    words: str
    notes: tuple[str, ...] = ()
    held: tuple[Held, ...] = ()
    left_out: tuple[Evidence, ...] = ()
    again: bool = False
    talks: bool = False

    @property
    def against(self) -> tuple[tuple[Claim, Evidence], ...]:
        return tuple((each.claim, each.against) for each in self.held if each.against is not None)

    @property
    def label(self) -> set[str]:
        """The emotions that it says of the one person whom the task is about."""
        number = self.task.people[0].number
        claims = (each.claim for each in self.held)
        return {
            claim.value
            for claim in claims
            if claim.topic is Topic.EMOTION and claim.person == number and claim.stance is Stance.ASSERTED
        }


class Speaker:
    """Asks the models of a router about one photo. `again`: where readings speak against what a model says of an
    emotion, put that to it, once. `tell`: is told the first reply as it comes."""

    def __init__(
        self, router: Router, photo: Photo, scene: Scene, *, again: bool = False, tell: Tell | None = None
    ) -> None:
        self.router, self.photo, self.scene, self.again, self.tell = router, photo, scene, again, tell

    def answer(self, question: str, queries: Sequence[Query], measured: Answer) -> Answer:
        """`measured` with the model's words put before it, where the question is one for a model and one is routed.

        Raises the errors of `vlm.errors`: a model that cannot be asked is never left out in silence.
        """
        tasks = [task for task in self._tasks(question, queries, measured) if self.router.has(task.job)]
        tasks = [each for task in tasks for each in self._face_by_face(task, measured)]
        if not tasks:
            return measured
        if len(tasks) > 1:
            self.tell = None  # whose words they are is put before each, once all are there
        calls: list[Call] = []
        told: list[Said] = []
        refused: list[Call] = []
        for task in tasks:
            said = self.said(task, question)
            calls.append(said.call)
            if said.call.refused:
                refused.append(said.call)
                continue
            second = self._ask_again(said, question) if self.again else None
            if second is not None:
                calls.append(second.call)
            told.append(said if second is None or second.call.refused else second)
        outcome = measured.outcome
        if outcome is Outcome.NOT_UNDERSTOOD and any(said.words for said in told):
            outcome = Outcome.ANSWERED
        sure = self._confidence(told, measured)
        before = measured.provenance or self.scene.provenance
        return replace(
            measured,
            text=self._text(told, refused, measured, sure),
            outcome=outcome if told else Outcome.REFUSED,
            claims=tuple(each.claim for said in told for each in said.held),
            disagreements=tuple(Disagreement(claim=c, evidence=e) for said in told for c, e in said.against),
            unmentioned=tuple(each for said in told for each in said.left_out),
            confidence=sure,
            provenance=replace(before, calls=(*before.calls, *calls)),
        )

    # ---------------------------------------------------------------------------------------------- what to ask whom

    def _tasks(self, question: str, queries: Sequence[Query], measured: Answer) -> list[Task]:
        everybody = self.scene.people
        if measured.outcome is Outcome.NOT_UNDERSTOOD:
            return [Task(Job.CHAT, "describe", everybody, question)]
        if measured.outcome not in (Outcome.ANSWERED, Outcome.CANNOT_TELL) or not measured.people:
            return []
        kinds = {query.kind for query in queries}
        people = measured.people[:MOST_PEOPLE]
        if kinds <= {Kind.EMOTION, Kind.WHY}:
            words = "what is the emotion of the person in the image?"
            return [Task(Job.EMOTION, "emotion", (person,), words, len(people) == 1) for person in people]
        if kinds == {Kind.DESCRIBE}:
            everybody_asked = not any(query.about.constraints for query in queries)
            if everybody_asked and Job.CAPTION in self.router.routes.table:
                return [Task(Job.CAPTION, "caption", people, "describe the image")]
            return [Task(Job.CHAT, "describe", people, "describe the person in the image")]
        topics = {query.topic for query in queries}
        if topics == {Topic.ACTION_UNIT} and kinds <= {Kind.YES_NO, Kind.ATTRIBUTE}:
            return [Task(Job.ACTION_UNITS, "describe", (person,), question, len(people) == 1) for person in people]
        if kinds == {Kind.ATTRIBUTE} and len(topics) == 1 and (asked := _ATTRIBUTES.get(topics.pop() or Topic.PEOPLE)):
            job, thing = asked
            words = f"what is the {thing} of the person in the image?"
            return [Task(job, "describe", (person,), words, len(people) == 1) for person in people]
        return []

    def _face_by_face(self, task: Task, measured: Answer) -> list[Task]:
        """The task once for each person where its model looks at one face only (nano), and not at all where the
        question was not understood: such a model knows its own questions alone."""
        names = self.router.routes.of(task.job)
        if not names or names[0].provider != "nano":
            return [task]
        if measured.outcome is Outcome.NOT_UNDERSTOOD:
            return []
        return [replace(task, people=(person,)) for person in task.people]

    def said(self, task: Task, question: str) -> Said:
        """What the model of a task says to the question, held against the readings."""
        return self._said(task, question, lambda model: self._request(task, question, model))

    def _ask_again(self, said: Said, question: str) -> Said | None:
        """The same model's reply to what was read otherwise; None where nothing was, or it is no model to talk with."""
        if said.task.template != "emotion" or not said.talks or not (said.against or said.left_out):
            return None
        inputs = {
            "disagreements": [
                {"you_said": claim.value, "stance": claim.stance.value, "instrument": evidence.statement}
                for claim, evidence in said.against
            ],
            "unmentioned": [evidence.statement for evidence in said.left_out],
        }
        filled = prompts.load("again").fill(**inputs)
        asked = (*said.request.messages, Message.assistant(said.call.text), Message.user(filled.text))
        name = f"{filled.name} v{filled.version} {filled.sha256[:12]}"
        return self._said(said.task, question, lambda model: (replace(said.request, messages=asked), name), again=True)

    def _said(
        self, task: Task, question: str, ask: Callable[[Model], tuple[Request, str]], *, again: bool = False
    ) -> Said:
        """The reply of a model. Names are struck before it is kept anywhere; claims are those of what is passed on."""
        sent: list[tuple[Request, str]] = []
        talks = False

        def call(model: Model) -> Reply:
            nonlocal talks
            talks = model.family.flat is None and Capability.HISTORY in model.can
            sent.append(ask(model))
            telling = None if again else self._telling(task, question)
            streams = Capability.STREAM in model.can and sent[-1][0].schema is None
            if telling is None or not streams:
                return model.generate(sent[-1][0])
            stream = model.stream(sent[-1][0])
            for piece in stream:
                telling.take(piece)
            return stream.reply

        said = self.router.use(task.job, call, [Capability.IMAGES])
        request, prompt = sent[-1]
        race = any(person.race is not None for person in self.scene.people)  # switched on
        struck = naming.strike(said.reply.text, question, race)
        numbers = [person.number for person in task.people]
        call_ = record(task.job, said, numbers, prompt, len(request.pictures), struck.text)
        if call_.refused:
            return Said(task, call_, request, struck.text, struck.notes, again=again, talks=talks)
        passed = passing.passable(without_thoughts(struck.text), question, people=len(self.scene.people))
        claims = claims_about(passed.text, task.people, self.scene)
        counted = len(task.people) == len(self.scene.people)
        held = tuple(holding.hold(claim, self.scene, counted) for claim in claims)
        left_out = holding.unmentioned(claims, task.people[0]) if task.template == "emotion" else ()
        notes = (*struck.notes, *passed.notes)
        return Said(task, call_, request, passed.text, notes, held, left_out, again, talks)

    def _telling(self, task: Task, question: str) -> Telling | None:
        """What tells the reply to this task as it comes; None where nobody listens, or it is not the first."""
        tell, self.tell = self.tell, None
        if tell is None or task.template == "caption":
            return None
        race = any(person.race is not None for person in self.scene.people)

        def clean(text: str) -> str:
            struck = naming.strike(text, question, race)
            passed = passing.passable(struck.text, question, people=len(self.scene.people))
            return _on_a_line(passed.text)

        return Telling(tell, clean, "The model says: ")

    def _request(self, task: Task, question: str, model: Model) -> tuple[Request, str]:
        """What is sent, and the prompt's name for the provenance."""
        family = model.family
        crops = [self.aligned(person) if family.aligned else self.crop(person) for person in task.people]
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
        # Nor is who is asked for action units told those: they would come back as its own.
        hidden = {"emotion": ("emotion",)}.get(task.template, ())
        hidden = ("action_units",) if task.job is Job.ACTION_UNITS else hidden
        people: list[dict[str, Any]] = [readings(person, without=hidden) for person in task.people]
        inputs: dict[str, Any] = {"person": people[0]} if task.template == "emotion" else {"people": people}
        if task.template == "caption":
            inputs["words"] = CAPTION_WORDS
        else:
            inputs["question"] = question
        filled = prompts.load(task.template).fill(**inputs)
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

    def aligned(self, person: Person) -> Picture:
        """The person's face as the reader sees it; where no face is in view, what is there."""
        from facereason.faces import align

        if not person.face.points:
            return self.crop(person)
        return Picture(align.aligned(self.photo.pixels, person.face.points), f"person {person.number}")

    def numbered(self) -> Picture:
        """The whole photo with a numbered box around every face; bare where there is nobody."""
        from facereason import images

        pixels = images.draw(self.photo, self.scene, numbers_only=True) if self.scene.people else self.photo.pixels
        return Picture(pixels, "photo with numbered faces")

    # ------------------------------------------------------------------------------------------- words beside readings

    def _confidence(self, told: Sequence[Said], measured: Answer) -> float | None:
        """The measured answer's, with what a model adds or takes that was asked for the emotion and not told it."""
        asked = [each for each in told if each.task.template == "emotion"]
        known = [each for each in asked if each.task.people[0].face.emotion.known]
        if measured.confidence is None or not known:
            return measured.confidence
        alone = min(each.task.people[0].face.emotion.confidence for each in known)
        together = min(agreement.confidence(each.task.people[0].face.emotion, each.label) for each in known)
        return min(1.0, measured.confidence * together / alone)

    def _text(self, told: Sequence[Said], refused: Sequence[Call], measured: Answer, sure: float | None) -> str:
        parts = []
        for said in told:
            words = readable(said.words)
            name = wording.name(said.task.people[0], self.scene) if len(said.task.people) == 1 else ""
            if words.startswith(_APPEARS):
                words = f"{name} {words}"
            elif len(told) > 1:
                words = f"of {name}: {words}"
            if said.words:
                parts.append(f"{'Asked again, the' if said.again else 'The'} model says: {words}")
            if said.task.template == "emotion" and not _names_emotion(said):
                parts.append("Its reply names none of the eight emotions.")
        parts += dict.fromkeys(note for said in told for note in said.notes)
        parts += [f"The model declined: {readable(call.text) or 'it gave no reason'}" for call in refused]
        if measured.outcome is Outcome.NOT_UNDERSTOOD:
            return " ".join([*parts, self._both_sides(told) or "I have no measurement to hold this against."])
        if (asked := len(told) + len(refused)) == MOST_PEOPLE < len(measured.people):
            parts.append(f"I asked it about the first {asked} of {len(measured.people)} people.")
        if told and all(_agrees(said) for said in told):
            parts.append("The instrument and the model agree on the emotion.")
        parts += [both] if (both := self._both_sides(told)) else []
        parts.append(f"Measured: {measured.text}")
        parts += self._not_sure(told, sure)
        return " ".join(parts)

    def _both_sides(self, told: Sequence[Said]) -> str:
        against = [pair for said in told for pair in said.against]
        left_out = [each for said in told for each in said.left_out]
        return holding.both_sides(against, left_out, several=len(self.scene.people) > 1)

    def _not_sure(self, told: Sequence[Said], sure: float | None) -> list[str]:
        """That reader and model together leave the emotion open, and what would help."""
        asked = [said.task.people[0] for said in told if said.task.template == "emotion"]
        if sure is None or sure >= agreement.UNSURE or not asked:
            return []
        least = min(asked, key=lambda person: person.face.emotion.confidence)
        help_ = agreement.would_help(least)
        return [f"Taken together this is not sure ({wording.chance(sure)}); {help_} would help."]


def _names_emotion(said: Said) -> bool:
    return any(each.claim.topic is Topic.EMOTION for each in said.held)


def _agrees(said: Said) -> bool:
    """Whether a model that was not told the emotion came to the one that was read, and nothing speaks against it. One
    that was asked again was told."""
    read = said.task.people[0].face.emotion.value
    told = said.task.template != "emotion" or said.again or said.against
    return not told and read is not None and said.label == {read.value}


_APPEARS = "appears "
_THINK = re.compile(r"<think>(.*?)</think>", re.DOTALL)
_ANSWER = re.compile(r"<answer>(.*?)(?:</answer>|$)", re.DOTALL)


def _on_a_line(text: str) -> str:
    from facereason.images import printable

    return printable(" ".join(text.split()), limit=4000)


def readable(text: str) -> str:
    """A reply in the think-and-answer format as prose, anything else on one line; harmless to a terminal."""

    think, label = _THINK.search(text), _ANSWER.search(text)
    if label:
        said = label.group(1).strip()
        text = f"{_APPEARS}{adjective(SPELLINGS[said.casefold()])}" if said.casefold() in SPELLINGS else said
        if think and think.group(1).strip():
            text += f": {think.group(1).strip().rstrip('.')}"
    line = _on_a_line(text)
    return line if not line or line[-1] in ".!?" else f"{line}."
