"""Questions that leave out their verb, where nothing was asked before that they could go on from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from facereason.types import By, Constraint, Kind, Query, Scope, Topic

_STATES = (Topic.EMOTION, Topic.ACTION_UNIT, Topic.GAZE, Topic.HEAD_POSE, Topic.BODY, Topic.POSTURE)


def completed(queries: Sequence[Query]) -> tuple[Query, ...]:
    """ "Any woman looking at a man?" asks whether one does. Other queries as they are: "the boy looking at her?" may
    as well only name him."""
    if len(queries) != 1 or queries[0].kind is not Kind.AGAIN or queries[0].topic is not None or queries[0].value:
        return tuple(queries)
    (query,), about = queries, queries[0].about
    if about.scope is not Scope.ANY or not any(map(_is_state, about.constraints)):
        return tuple(queries)
    return (replace(query, kind=Kind.YES_NO, topic=Topic.PEOPLE),)


def _is_state(constraint: Constraint) -> bool:
    """What changes from one moment to the next, and so is asked rather than used to name somebody."""
    if constraint.by is By.RELATION:
        return constraint.value == "looks at"
    return constraint.by is By.TOPIC and constraint.topic in _STATES
