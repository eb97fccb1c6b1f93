"""An answer of a model that works with tools: its last words held against the readings, like those of any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from facereason import prompts
from facereason.agent.answers import wording
from facereason.agent.care import naming, passing
from facereason.agent.replies import holding
from facereason.agent.replies.calls import record
from facereason.agent.replies.matching import claims_about
from facereason.agent.replies.speaking import readable
from facereason.agent.tools.box import Toolbox
from facereason.agent.tools.loop import Budget, Worked, work
from facereason.types import Answer, Disagreement, Kind, Outcome, Person, Query, Step
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
    """`measured` with the model's words put before it, and its steps as the trace. A question for a name stays declined.

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
    struck = naming.strike(worked.said.reply.text, question, race)
    spoken_of = _people(worked, measured, scene)
    pictures = sum(len(message.pictures) for message in worked.request.messages)
    call = record(Job.CHAT, worked.said, [each.number for each in spoken_of], prompt, pictures, struck.text)
    before = measured.provenance or scene.provenance
    kept = replace(before, calls=(*before.calls, call))
    trace = tuple(replace(step, text=naming.strike(step.text, question, race).text) for step in worked.steps)
    if call.refused:
        text = f"The model declined: {readable(call.text) or 'it gave no reason'} Measured: {measured.text}"
        return replace(measured, text=text, outcome=Outcome.REFUSED, provenance=kept, trace=trace)
    passed = passing.passable(struck.text, question, people=len(scene.people))
    claims = claims_about(passed.text, spoken_of, scene)
    held = tuple(holding.hold(claim, scene, True) for claim in claims)
    against = [(each.claim, each.against) for each in held if each.against is not None]
    parts = [f"The model says: {readable(passed.text)}"] if passed.text else []
    parts += dict.fromkeys((*struck.notes, *passed.notes))
    parts.append(_effort(worked.steps))
    both = holding.both_sides(against, (), several=len(scene.people) > 1)
    parts += [both] if both else []
    outcome = measured.outcome
    if outcome is Outcome.NOT_UNDERSTOOD:
        outcome = Outcome.ANSWERED if passed.text else outcome
    else:
        parts.append(f"Measured: {measured.text}")
    return replace(
        measured,
        text=" ".join(parts),
        outcome=outcome,
        claims=tuple(each.claim for each in held),
        disagreements=tuple(Disagreement(claim=claim, evidence=evidence) for claim, evidence in against),
        provenance=kept,
        trace=trace,
    )


def _people(worked: Worked, measured: Answer, scene: Scene) -> tuple[Person, ...]:
    """Whom the answer is about: those that the instrument found are meant, else everybody."""
    return measured.people or scene.people


def _effort(steps: Sequence[Step]) -> str:
    calls = sum(len(step.uses) for step in steps)
    refused = sum(use.failed for step in steps for use in step.uses)
    text = f"It called {calls} tool{'' if calls == 1 else 's'}"
    text += f", {refused} of them in vain" if refused else ""
    return f"{text}{' and used its budget up' if steps[-1].forced else ''}."
