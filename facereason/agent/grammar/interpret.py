"""A question as typed queries, by a chat model: the same type that the grammar gives, made by schema-constrained
generation from the question, what was asked before and a table of the people.

The model is asked where the grammar does not understand. Its reply is data: kinds, topics, ways of picking and values
come from closed lists, numbers of people from the photo, and a reply that steps outside of them is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from facereason import prompts
from facereason.agent.care import naming
from facereason.agent.grammar.parsing import NotUnderstood
from facereason.agent.grammar.words import lexicon
from facereason.agent.replies.calls import record
from facereason.agent.replies.readings import readings
from facereason.agent.whom import traits
from facereason.facs.units import UNITS
from facereason.types import (
    AgeGroup,
    By,
    Call,
    Colour,
    Constraint,
    EmotionLabel,
    FaceReasonError,
    Gender,
    Kind,
    Query,
    Reference,
    Scene,
    Scope,
    Topic,
)
from facereason.vlm.errors import ReplyError
from facereason.vlm.messages import Message, Reply, Request, Role
from facereason.vlm.model import Capability, Model
from facereason.vlm.routing import Job, Router

DEEPEST = 3  # how deep references may be nested: "the man next to the girl left of the boy" is three
MOST = 6  # queries of one question

_COLOURS = tuple(colour.value for colour in Colour)
_DIRECTIONS = ("camera", "left", "right", "up", "down", "away")
VALUES: Mapping[Topic, tuple[str, ...]] = {
    Topic.EMOTION: tuple(label.value for label in EmotionLabel),
    Topic.GENDER: (Gender.FEMALE.value, Gender.MALE.value),
    Topic.AGE: (*(group.value for group in AgeGroup), *lexicon().ages),
    Topic.HAIR_COLOUR: _COLOURS,
    Topic.CLOTHING_COLOUR: _COLOURS,
    Topic.HEAD_POSE: (*_DIRECTIONS, "profile", "tilted", "tilted left", "tilted right"),
    Topic.GAZE: _DIRECTIONS,
    Topic.POSTURE: ("sitting", "standing"),
    Topic.BODY: ("camera", "left", "right", "away"),
    Topic.DISTANCE: ("near", "far"),
    Topic.POSITION: ("left", "right"),
}
"""What may be asked of each topic. Of action units see `traits`; race is not asked for by a model."""

_RELATIONS = (
    *(
        "left of",
        "right of",
        "next to",
        "behind",
        "in front of",
        "nearest to",
        "farthest from",
        "between",
        "looks at",
        "looked at by",
        "meets",
    ),
    *("same as", "directly left of", "directly right of"),
)
_WAYS = tuple(by for by in By if by is not By.LOCATED)
_PRONOUNS = ("she", "he", "they", "same", "other")
_TOPICS = (*VALUES, Topic.ACTION_UNIT, Topic.PEOPLE)
_MEASURED = (Topic.EMOTION, Topic.AGE, Topic.DISTANCE, Topic.ACTION_UNIT, Topic.HEAD_POSE)  # more and less
_COMPARED = {Topic.AGE: ("old", "young"), Topic.HEAD_POSE: ("turned", "tilted")}
_PICKED = (*(topic for topic in VALUES if topic is not Topic.DISTANCE), Topic.ACTION_UNIT)
_READ = tuple(topic for topic in _PICKED if topic is not Topic.POSITION)
_AMOUNT = re.compile(r"(?:more than |fewer than )?[0-9]{1,3}", re.ASCII)
_KINDS = tuple(kind for kind in Kind if kind is not Kind.AGAIN)


def interpret(
    question: str, history: Sequence[Mapping[str, Any]], scene: Scene, router: Router
) -> tuple[tuple[Query, ...], Call]:
    """The queries of a question by the model routed for `understand`, and the call that gave them.

    Raises NotUnderstood, with the reply's own fault, where it gives none that can be answered; errors of `vlm.errors`
    where the model cannot be asked.
    """
    filled = prompts.load("understand").fill(
        question=question,
        people=[readings(person) for person in scene.people],
        history=list(history),
        values={topic.value: list(values) for topic, values in VALUES.items()},
    )
    messages = (Message(Role.SYSTEM, (filled.system,)), Message(Role.USER, (filled.text,)))
    request = Request(messages=messages, schema=schema(), max_tokens=1024)

    def call(model: Model) -> Reply:
        return model.generate(request)

    try:
        said = router.use(Job.UNDERSTAND, call, [Capability.SCHEMA, Capability.SYSTEM])
    except ReplyError as error:
        raise NotUnderstood(_NO_QUERY) from error
    prompt = f"{filled.name} v{filled.version} {filled.sha256[:12]}"
    made = record(Job.UNDERSTAND, said, (), prompt, 0, naming.strike(said.reply.text, question).text)
    if said.reply.refused:
        raise NotUnderstood("The model that was asked what the question means declined.", calls=(made,))
    try:
        return queries(said.reply.data, scene, question), made
    except NotUnderstood as error:  # what is wrong may quote the model: it is told to who debugs, not to who asks
        raise NotUnderstood(_NO_QUERY, calls=(made,)) from error


_NO_QUERY = "The model that was asked what the question means gave none that can be answered."


def queries(data: Any, scene: Scene, question: str) -> tuple[Query, ...]:
    """The queries that a reply holds. NotUnderstood, saying what is wrong, where one of them is no query."""
    rows = data.get("queries") if isinstance(data, Mapping) else None
    if not isinstance(rows, list) or not rows:
        raise NotUnderstood("The model that was asked what the question means finds none that can be answered.")
    if len(rows) > MOST:
        raise NotUnderstood(f"That is too much at once: ask at most {MOST} things.")
    return tuple(_query(row, scene, question) for row in rows)


def schema() -> dict[str, Any]:
    """The JSON schema of a reply; references are nested `DEEPEST` deep, each in a definition of its own."""
    return {
        "type": "object",
        "properties": {"queries": {"type": "array", "items": _query_schema(), "maxItems": MOST}},
        "required": ["queries"],
        "additionalProperties": False,
        "$defs": {f"reference{depth}": _reference_schema(depth) for depth in range(1, DEEPEST + 1)},
    }


# ------------------------------------------------------------------------------------------------------------- schema


def _query_schema() -> dict[str, Any]:
    reference = {"$ref": f"#/$defs/reference{DEEPEST}"}
    return _object(
        {
            "kind": {"enum": [kind.value for kind in _KINDS]},
            "about": reference,
            "topic": {"enum": [topic.value for topic in _TOPICS]},
            "value": {"type": "string"},
            "negated": {"type": "boolean"},
            "against": reference,
        },
        ["kind", "about"],
    )


def _reference_schema(depth: int) -> dict[str, Any]:
    constraint: dict[str, Any] = {
        "by": {"enum": [by.value for by in _WAYS if depth > 1 or by is not By.RELATION]},
        "topic": {"enum": [topic.value for topic in _TOPICS]},
        "value": {"type": "string"},
        "rank": {"type": "integer"},
        "negated": {"type": "boolean"},
    }
    if depth > 1:
        constraint["to"] = {"$ref": f"#/$defs/reference{depth - 1}"}
    constraints = {"type": "array", "items": _object(constraint, ["by"]), "maxItems": 5}
    return _object({"scope": {"enum": [scope.value for scope in Scope]}, "constraints": constraints}, ["scope"])


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


# ---------------------------------------------------------------------------------------------------------- checking


def _query(row: Any, scene: Scene, question: str) -> Query:
    given = _fields(row, ("kind", "about", "topic", "value", "negated", "against"))
    kind = _one_of(Kind, given.get("kind"), "kind")
    topic = _one_of(Topic, given["topic"], "topic") if given.get("topic") else None
    value = _text(given.get("value", ""))
    if kind not in _KINDS:
        raise _fault(f"kind {kind.value!r}")
    about = _reference(given.get("about", {}), scene, DEEPEST)
    against = _reference(given["against"], scene, DEEPEST) if given.get("against") else None
    topic, value = _asked(kind, topic, value, about, against)
    return Query(
        kind=kind,
        about=about,
        topic=topic,
        value=value,
        negated=given.get("negated") is True,
        against=against,
        text=question,
    )


def _asked(
    kind: Kind, topic: Topic | None, value: str, about: Reference, against: Reference | None
) -> tuple[Topic | None, str]:
    """Topic and value as the answer of such a question needs them; NotUnderstood where they do not belong to it."""
    match kind:
        case Kind.EMOTION:
            topic = Topic.EMOTION
        case Kind.LOCATE:
            return Topic.POSITION, ""
        case Kind.COUNT | Kind.LIST:
            return Topic.PEOPLE, ""
        case Kind.DESCRIBE | Kind.IDENTITY | Kind.ROTATION:
            return None, ""
        case Kind.SELECT:
            return topic if topic in _PICKED else Topic.POSITION, ""
        case Kind.YES_NO if against is not None:
            if not against.constraints:
                raise _fault("whether somebody is somebody")
            return Topic.PEOPLE, ""
        case Kind.YES_NO if topic in (None, Topic.PEOPLE):
            if value and not _AMOUNT.fullmatch(value):
                raise _fault(f"a number of people {value!r}")
            return Topic.PEOPLE, value
        case Kind.COMPARE if not value or value == "same":
            if value and topic is None:
                raise _fault("alike in nothing")
            if topic is not None and topic not in _READ:
                raise _fault(f"a comparison in {topic}")
            return topic, value
        case Kind.RANK if about.scope is Scope.ONE:
            best = next((c for c in about.constraints if c.by is By.EXTREME), None)
            if best is None:
                raise _fault("a rank without what is ranked")
            return best.topic, best.value
        case Kind.WHY if topic is None:
            return None, ""
    wanted = _MEASURED if kind in (Kind.RANK, Kind.COMPARE) else _READ if kind is Kind.ATTRIBUTE else _PICKED
    if topic is None or topic not in (Topic.EMOTION, *wanted):
        raise _fault(f"{kind.value} about {topic}")
    if value or kind in (Kind.YES_NO, Kind.RANK, Kind.COMPARE):
        _check(topic, value, compared=kind in (Kind.RANK, Kind.COMPARE))
    return topic, value


def _reference(row: Any, scene: Scene, depth: int) -> Reference:
    given = _fields(row, ("scope", "constraints"))
    if depth == 0:
        raise _fault("people nested too deep")
    rows = given.get("constraints") or []
    if not isinstance(rows, list):
        raise _fault("constraints that are no list")
    constraints = tuple(_constraint(each, scene, depth) for each in rows)
    words = " ".join(_said(constraint) for constraint in constraints)
    return Reference(scope=_one_of(Scope, given.get("scope", "all"), "scope"), constraints=constraints, text=words)


def _constraint(row: Any, scene: Scene, depth: int) -> Constraint:
    given = _fields(row, ("by", "topic", "value", "rank", "negated", "to"))
    by = _one_of(By, given.get("by"), "by")
    topic = _one_of(Topic, given["topic"], "topic") if given.get("topic") else None
    value, rank = _text(given.get("value", "")), given.get("rank", 1)
    if not isinstance(rank, int) or isinstance(rank, bool) or rank == 0 or abs(rank) > 99:
        raise _fault(f"rank {rank!r}")
    to = _reference(given["to"], scene, depth - 1) if given.get("to") else None
    match by:
        case By.LOCATED:
            raise _fault("a phrase to locate")
        case By.NUMBER:
            numbers = {str(person.number) for person in scene.people}
            if not value or not set(value.split(" or ")) <= numbers:
                raise _fault(f"person {value!r}, where the photo has {len(numbers)}")
        case By.ORDER if value not in ("left", "right"):
            raise _fault(f"order from {value!r}")
        case By.TOPIC if topic is Topic.PEOPLE:
            if not (value.isascii() and value.isdigit()):
                raise _fault(f"a number of people {value!r}")
        case By.TOPIC | By.EXTREME:
            if topic is None or topic not in (_PICKED if by is By.TOPIC else _MEASURED):
                raise _fault(f"{by.value} by {topic}")
            _check(topic, value, compared=by is By.EXTREME)
        case By.RELATION if topic is None and (value not in _RELATIONS or to is None):
            raise _fault(f"relation {value!r}")
        case By.RELATION if topic is not None:
            if topic not in _MEASURED or to is None:
                raise _fault(f"a comparison in {topic}")
            _check(topic, value, compared=True)
        case By.PRONOUN if value not in _PRONOUNS:
            raise _fault(f"pronoun {value!r}")
    return Constraint(by=by, value=value, topic=topic, rank=rank, to=to, negated=given.get("negated") is True)


def _check(topic: Topic, value: str, compared: bool = False) -> None:
    """Whether a topic may have a value; `compared`: as what there may be more or less of."""
    if topic is Topic.ACTION_UNIT:
        try:
            known = bool(value) and set(traits.named_units(value)) <= set(UNITS)
        except FaceReasonError:
            known = False
        if not known:
            raise _fault(f"action unit {value!r}")
        return
    if compared and topic in _COMPARED:
        if value not in _COMPARED[topic]:
            raise _fault(f"more {value!r}")
        return
    if topic is Topic.AGE and value.partition(" ")[0] in ("over", "under") and value.partition(" ")[2].isdigit():
        return
    if not set(value.split(" or ")) <= set(VALUES[topic]):
        raise _fault(f"{topic} {value!r}")


def _fields(row: Any, known: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(row, Mapping) or not set(row) <= set(known):
        raise _fault(f"{str(row)[:60]!r}")
    return row


def _one_of(kind: Any, value: Any, what: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise _fault(f"{what} {str(value)[:40]!r}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 80:
        raise _fault(f"value {str(value)[:40]!r}")
    return value


def _said(constraint: Constraint) -> str:
    return " ".join(part for part in (constraint.value, constraint.to.text if constraint.to else "") if part)


def _fault(what: str) -> NotUnderstood:
    return NotUnderstood(f"The model that was asked what the question means gave none that can be answered ({what}).")
