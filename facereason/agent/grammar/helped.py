"""A question that the grammar does not understand, understood with the help of models: one that finds what the
instrument does not see ("the man with the hat"), and one that says what the question means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from facereason.agent.answers import wording
from facereason.agent.grammar.asked import Asked
from facereason.agent.grammar.interpret import interpret
from facereason.agent.grammar.locating import Located, locate, phrases_in, readings_of, settled
from facereason.agent.grammar.parsing import NotUnderstood, parsed
from facereason.types import Query, Scene
from facereason.vlm.model import Capability
from facereason.vlm.routing import Job

if TYPE_CHECKING:
    from facereason.images import Photo
    from facereason.vlm.routing import Router


def understood(
    question: str, turns: Sequence[Mapping[str, Any]], photo: Photo, scene: Scene, router: Router
) -> Asked | NotUnderstood | None:
    """What is asked; why a model that was asked does not know it either; None where no model is routed for either."""
    if not scene.people:
        return None
    by_number = (Capability.SCHEMA, Capability.SYSTEM, Capability.IMAGES)
    if router.able(Job.LOCATE, Capability.LOCATE) or router.able(Job.LOCATE, *by_number):
        queries = _with_a_phrase(question)
        if queries:
            found = [locate(phrase, photo, scene, router) for phrase in phrases_in(queries)]
            return Asked(
                settled(queries, found),
                calls=tuple(each.call for each in found),
                evidence=tuple(told for each in found for told in each.evidence()),
                said=" ".join(_said(each) for each in found),
                sure=min((fit for each in found for _, fit in each.people), default=1.0),
            )
    if router.able(Job.UNDERSTAND, Capability.SCHEMA, Capability.SYSTEM):
        try:
            meant, call = interpret(question, turns, scene, router)
        except NotUnderstood as error:
            return error
        return Asked(meant, calls=(call,))
    return None


def _with_a_phrase(question: str) -> tuple[Query, ...]:
    for words in readings_of(question):
        try:
            return parsed(words, question)
        except NotUnderstood:
            continue
    return ()


def _said(found: Located) -> str:
    """Who says whom a phrase means: it is the model's word, and no measurement."""
    where = wording.joined([f"person {number}" for number, _ in found.people]) if found.people else "nobody"
    stray = "" if found.people or not found.strays else ": what it finds lies at none of the people"
    return f'{found.call.model} finds "{found.phrase}" at {where}{stray}.'
