"""An answer of a model that works with tools: its last words held against the readings, like those of any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from facereason import prompts
from facereason.agent.answers import wording
from facereason.agent.care import naming
from facereason.agent.replies import holding
from facereason.agent.replies.calls import record
from facereason.agent.replies.looked_over import look_over
from facereason.agent.replies.speaking import readable
from facereason.agent.tools.box import Toolbox
from facereason.agent.tools.loop import Budget, Worked, work
from facereason.types import Answer, Kind, Outcome, Query, Step
from facereason.vlm.messages import Message, Request
from facereason.vlm.routing import Job, Router

if TYPE_CHECKING:
    from facereason.images import Photo
    from facereason.types import Scene


def answer(
    question: str,
    queries: Sequence[Query],
    measured: Answer,
    photo: Photo,
    scene: Scene,
    router: Router,
    budget: Budget,
) -> Answer:
    """`measured` with the model's words put before it, its steps as the trace. A question for a name stays declined.

    Raises the errors of `vlm.errors`.
    """
    if measured.outcome is Outcome.DECLINED or any(query.kind is Kind.IDENTITY for query in queries):
        return measured
    box = Toolbox(photo, scene, router)
    people = [{"number": each.number, "looks": wording.name(each, scene)} for each in scene.people]
    filled = prompts.load("tools").fill(question=question, people=people)
    shown = box.look().pictures
    request = Request(messages=(Message.system(filled.system), Message.user(*shown, filled.text)), max_tokens=700)
    worked = work(router, request, box, budget)
    name = f"{filled.name} v{filled.version} {filled.sha256[:12]}"
    return _told(question, measured, scene, worked, name)


def _told(question: str, measured: Answer, scene: Scene, worked: Worked, prompt: str) -> Answer:
    race = any(person.race is not None for person in scene.people)
    spoken_of = measured.people or scene.people
    over = look_over(worked.said.reply.text, question, spoken_of, scene)
    pictures = sum(len(message.pictures) for message in worked.request.messages)
    call = record(Job.CHAT, worked.said, [each.number for each in spoken_of], prompt, pictures, over.struck)
    before = measured.provenance or scene.provenance
    kept = replace(before, calls=(*before.calls, call))
    trace = tuple(_without_names(step, question, race) for step in worked.steps)
    if call.refused:
        text = f"The model declined: {readable(call.text) or 'it gave no reason'} Measured: {measured.text}"
        return replace(measured, text=text, outcome=Outcome.REFUSED, provenance=kept, trace=trace)
    parts = [f"The model says: {readable(over.text)}"] if over.text else ["The model gave no answer in words."]
    parts += [*over.notes, _effort(worked.steps)]
    both = holding.both_sides(over.against, (), several=len(scene.people) > 1)
    parts += [both] if both else []
    outcome = measured.outcome
    if outcome is Outcome.NOT_UNDERSTOOD:
        outcome = Outcome.ANSWERED if over.text else outcome
        parts += [] if over.text else [measured.text]
    else:
        parts.append(f"Measured: {measured.text}")
    return replace(
        measured,
        text=" ".join(parts),
        outcome=outcome,
        claims=over.claims,
        disagreements=over.disagreements,
        provenance=kept,
        trace=trace,
    )


def _without_names(step: Step, question: str, race: bool) -> Step:
    """A step as it is kept: whom a model named is named nowhere."""

    def struck(text: str) -> str:
        return naming.strike(text, question, race).text

    uses = (
        replace(use, name=struck(use.name), arguments=struck(use.arguments), result=struck(use.result))
        for use in step.uses
    )
    return replace(step, text=struck(step.text), uses=tuple(uses))


def _effort(steps: Sequence[Step]) -> str:
    calls = sum(len(step.uses) for step in steps)
    refused = sum(use.failed for step in steps for use in step.uses)
    text = f"It called tools {calls} time{'' if calls == 1 else 's'}"
    text += f", {refused} of them in vain" if refused else ""
    return f"{text}{' and used its budget up' if steps[-1].forced else ''}."
