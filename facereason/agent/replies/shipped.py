"""nano, where no model was named: its words for what the face shows, behind what was measured.

nano and the reader share an eye. Its words are therefore no second opinion: they change neither the label nor how sure
it is, nothing is said of agreement, and where its label is another than the one read, that is told. Its claims are held
against the readings like any other model's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from facereason.agent.answers import wording
from facereason.agent.replies import holding
from facereason.agent.replies.speaking import MOST_PEOPLE, Speaker, Task, readable
from facereason.types import Answer, Disagreement, Kind, Outcome, Person, Query, Scene
from facereason.vlm.names import ModelName
from facereason.vlm.routing import Job, Router, Routes

if TYPE_CHECKING:
    from facereason.agent.replies.speaking import Said
    from facereason.agent.replies.telling import Tell
    from facereason.images import Photo

ROUTES = Routes({Job.EMOTION: (ModelName(provider="nano", name=""),)})
_THOUGHT = re.compile(r"<think>(.*?)</think>", re.DOTALL)


@cache
def router() -> Router:
    """One for the process: nano is opened once."""
    return Router(ROUTES)


def worded(
    question: str, queries: Sequence[Query], measured: Answer, photo: Photo, scene: Scene, tell: Tell | None = None
) -> Answer:
    """`measured` with nano's words behind it, where it was asked why somebody looks as they do, and faces are in view.
    `tell` is told the measured answer before nano begins."""
    people = [person for person in measured.people if person.face.points][:MOST_PEOPLE]
    if Kind.WHY not in {query.kind for query in queries} or not people or measured.outcome is not Outcome.ANSWERED:
        return measured
    if tell is not None:
        tell(measured.text, False)
    speaker = Speaker(router(), photo, scene)
    told = [speaker.said(Task(Job.EMOTION, "emotion", (person,), "", False), question) for person in people]
    against = [pair for said in told for pair in said.against]
    parts = [measured.text, *(_words(said, scene, len(told) > 1) for said in told)]
    parts.append(holding.both_sides(against, (), several=len(scene.people) > 1))
    before = measured.provenance or scene.provenance
    return replace(
        measured,
        text=" ".join(part for part in parts if part),
        claims=tuple(each.claim for said in told for each in said.held),
        disagreements=tuple(Disagreement(claim=claim, evidence=evidence) for claim, evidence in against),
        provenance=replace(before, calls=(*before.calls, *(said.call for said in told))),
    )


def _words(said: Said, scene: Scene, several: bool) -> str:
    """One sentence: the thought without the label, which is the reader's to give, unless nano's is another."""
    person = said.task.people[0]
    thought = _THOUGHT.search(said.words)
    words = readable(thought.group(1) if thought else said.words)
    whose = f"In nano's words, of {wording.name(person, scene)}:" if several else "In nano's words:"
    return f"{whose} {words[:1].lower()}{words[1:]}{_other(said, person)}" if words else ""


def _other(said: Said, person: Person) -> str:
    read = person.face.emotion.value
    others = said.label - ({read.value} if read is not None else said.label)
    return f" It would have called that {' or '.join(sorted(others))}." if others else ""
