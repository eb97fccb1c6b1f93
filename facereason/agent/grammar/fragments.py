"""Whether there is somebody, asked without a verb, where nothing was asked before that it could go on from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from facereason.types import By, Constraint, Kind, Query, Scope, Topic

STATES = (Topic.EMOTION, Topic.ACTION_UNIT, Topic.GAZE, Topic.HEAD_POSE, Topic.BODY, Topic.POSTURE)
"""What changes from one moment to the next, and so is asked rather than used to name somebody."""

_NOBODY = re.compile(r"(?:no|nobody|none)\b", re.IGNORECASE)


def completed(queries: Sequence[Query]) -> tuple[Query, ...]:
    """ "Any woman looking at a man?" asks whether one does. Other queries as they are: "the boy looking at her?" may
    as well only name him."""
    if len(queries) != 1 or queries[0].kind is not Kind.AGAIN or queries[0].topic is not None or queries[0].value:
        return tuple(queries)
    (query,), about = queries, queries[0].about
    if about.scope is not Scope.ANY or not any(map(_is_state, about.constraints)):
        return tuple(queries)
    nobody = bool(_NOBODY.match(query.text))
    return (replace(query, kind=Kind.YES_NO, topic=Topic.PEOPLE, negated=nobody),)


def _is_state(constraint: Constraint) -> bool:
    if constraint.by is By.RELATION:
        return constraint.value in ("looks at", "meets")
    return constraint.by is By.TOPIC and constraint.topic in STATES
