"""What a question asks for, in the words of an answer: "women in red who appear happy"."""

from __future__ import annotations

from collections.abc import Sequence

from facereason.agent.answers import wording
from facereason.agent.grammar.words import lexicon
from facereason.types import By, Constraint, Reference, Scope, Topic


def kind_of(constraints: Sequence[Constraint], count: int) -> str:
    """People who meet constraints, as a noun for so many: "woman in red", "people who appear happy"."""
    gender, ages = _value(constraints, Topic.GENDER), [c.value for c in _about(constraints, Topic.AGE) if not c.negated]
    parts = [*_adjectives(constraints), *_adjectives_of_age(gender, ages), _noun(gender, ages, count)]
    mods = [mod for mod in (_mod(constraint, count) for constraint in constraints) if mod]
    for before, mod in zip(["", *mods], mods, strict=False):
        again = before.startswith("who ") and mod.startswith("who ")
        parts.append(f"and {mod.removeprefix('who ')}" if again else mod)
    return " ".join(part for part in parts if part)


def counted(constraints: Sequence[Constraint], count: int) -> str:
    """ "three women in red", "nobody who appears sad"."""
    return f"{wording.number(count)} {kind_of(constraints, count)}" if count else none_of(constraints)


def none_of(constraints: Sequence[Constraint]) -> str:
    """ "no woman in red", "nobody who appears sad"."""
    kind = kind_of(constraints, 1)
    return f"nobody{kind.removeprefix('person')}" if kind.startswith("person") else f"no {kind}"


def said_of(constraint: Constraint, count: int, *, denied: bool = False) -> str:
    """What is said of so many people, with its verb: "appears happy", "do not appear happy", "are next to the man"."""
    placed = constraint.by is By.RELATION and constraint.topic is None and constraint.value != "same as"
    one, denied = count == 1, denied is not (constraint.negated and (placed or constraint.by is By.TOPIC))
    match constraint.by:
        case By.TOPIC:
            assert constraint.topic is not None
            if constraint.topic is Topic.POSITION:
                return f"{_is(one, denied)} on the {constraint.value}"
            verb, _, rest = wording.would(constraint.topic, constraint.value).partition(" ")
            if denied:
                return f"{'does' if one else 'do'} not {verb} {rest}"
            return f"{verb}s {rest}" if one else f"{verb} {rest}"
        case By.RELATION if constraint.topic is not None and constraint.to is not None:
            verb = ("does not appear" if one else "do not appear") if denied else "appears" if one else "appear"
            return f"{verb} {_comparative(constraint)} than {constraint.to.text}"
        case By.RELATION if constraint.value == "same as" and constraint.to is not None:
            return f"{_is(one, denied)} {'not ' if constraint.negated else ''}{constraint.to.text}"
        case By.RELATION if constraint.value == "looks at" and constraint.to is not None:
            verb = ("does not look" if one else "do not look") if denied else "looks" if one else "look"
            return f"{verb} at {constraint.to.text}"
        case By.RELATION if constraint.value == "meets" and constraint.to is not None:
            return _meets(constraint.to, one, denied)
        case By.RELATION if constraint.to is not None:
            side = constraint.value.replace("left of", "to the left of").replace("right of", "to the right of")
            return f"{_is(one, denied)} {side} {constraint.to.text}"
        case By.ORDER:
            rank = "" if constraint.rank == 1 else f"number {constraint.rank} from "
            return f"{_is(one, denied)} {rank}{'on the far' if not rank else 'the'} {constraint.value}"
        case By.MIDDLE:
            return f"{_is(one, denied)} in the middle"
        case By.NUMBER:
            return f"{_is(one, denied)} person {constraint.value}"
    return f"{_is(one, denied)} that"


def _meets(to: Reference, one: bool, denied: bool) -> str:
    """ "Exchanges looks with the man"; of several among themselves "do not look at each other"."""
    if not one and to.scope is not Scope.ONE:
        return f"{'do not ' if denied else ''}look at each other"
    verb = ("does not exchange" if one else "do not exchange") if denied else "exchanges" if one else "exchange"
    whom = to.text if to.scope is Scope.ONE else "anybody" if denied else "somebody else"
    return f"{verb} looks with {whom}"


def all_said_of(constraints: Sequence[Constraint], count: int, *, denied: bool = False) -> str:
    """What is said of so many people where it takes several conditions: "are women", "is not a girl in red"."""
    if len(constraints) == 1:
        return said_of(constraints[0], count, denied=denied)
    kind = kind_of(constraints, count)
    article = ("an " if kind[0] in "aeiou" else "a ") if count == 1 else ""
    return f"{_is(count == 1, denied)} {article}{kind}"


def more_of(topic: Topic, value: str, negated: bool = False) -> str:
    """ "older", "happier", "less surprised"."""
    if topic is Topic.AGE:
        return {"old": "older", "young": "younger"}[value]
    if topic is Topic.DISTANCE:
        return {"near": "closer to the camera", "far": "further from the camera"}[value]
    if topic is Topic.HEAD_POSE:
        return f"to have the head {value} {'less' if negated else 'further'}"
    if topic is Topic.ACTION_UNIT:
        return f"to show {'less' if negated else 'more'} of {wording.of(topic, value)}"
    if negated:
        return f"less {wording.adjective(value)}"
    return _COMPARATIVES.get(value) or f"more {wording.adjective(value)}"


def most_of(topic: Topic, value: str, rank: int = 1, negated: bool = False) -> str:
    """ "oldest", "second oldest", "least happy"."""
    place = "" if rank == 1 else f"{wording.ordinal(rank)} "
    if topic is Topic.AGE:
        return place + {"old": "oldest", "young": "youngest"}[value]
    if topic is Topic.DISTANCE:
        return place + {"near": "closest to the camera", "far": "furthest from the camera"}[value]
    if topic is Topic.HEAD_POSE:
        return f"{place}one with the head {value} {'least' if negated else 'furthest'}"
    if topic is Topic.ACTION_UNIT:
        return f"{place}one with the {'least' if negated else 'most'} {wording.of(topic, value)}"
    if negated:
        return f"{place}least {wording.adjective(value)}"
    comparative = _COMPARATIVES.get(value)
    return place + (comparative[:-1] + "st" if comparative else f"most {wording.adjective(value)}")


_COMPARATIVES = {"happiness": "happier", "sadness": "sadder", "anger": "angrier"}


def _comparative(constraint: Constraint) -> str:
    assert constraint.topic is not None
    return more_of(constraint.topic, constraint.value, constraint.negated)


def _is(one: bool, denied: bool) -> str:
    return f"{'is' if one else 'are'}{' not' if denied else ''}"


def _about(constraints: Sequence[Constraint], topic: Topic) -> list[Constraint]:
    return [constraint for constraint in constraints if constraint.by is By.TOPIC and constraint.topic is topic]


def _value(constraints: Sequence[Constraint], topic: Topic) -> str:
    return next((c.value for c in _about(constraints, topic) if not c.negated), "")


def _adjectives(constraints: Sequence[Constraint]) -> list[str]:
    return ["other" for c in constraints if c.by is By.PRONOUN and c.value == "other"]


def _adjectives_of_age(gender: str, ages: Sequence[str]) -> list[str]:
    words = {"old": "older", "young": "young", "middle-aged": "middle-aged"}
    if gender:
        words |= {"teenager": "teenage", "baby": "baby"}
    return [words[age] for age in ages if age in words]


def _noun(gender: str, ages: Sequence[str], count: int) -> str:
    if gender in ("female", "male"):
        young = {"minor", "child", "baby", "teenager"} & set(ages)
        noun = {"female": ("woman", "girl"), "male": ("man", "boy")}[gender][1 if young else 0]
    else:
        noun = next((age for age in ages if age in ("baby", "child", "teenager", "adult")), "person")
    return noun if count == 1 else lexicon().plurals[noun]


def _mod(constraint: Constraint, count: int) -> str:
    """What follows the noun for one constraint; what the noun and its adjectives say already is left out."""
    if constraint.by is By.PRONOUN or constraint.by is By.EXTREME:
        return ""
    if constraint.by is By.TOPIC and not constraint.negated:
        colours = wording.joined(constraint.value.split(" or "), "or")
        match constraint.topic:
            case Topic.GENDER:
                return ""
            case Topic.AGE if constraint.value in lexicon().ages:
                return ""
            case Topic.AGE:
                return f"aged {constraint.value}"
            case Topic.CLOTHING_COLOUR:
                return f"in {colours}"
            case Topic.HAIR_COLOUR:
                return f"with {colours} hair"
            case Topic.POSITION:
                return f"on the {constraint.value}"
    if constraint.value == "same as" and constraint.negated and constraint.to is not None:
        return f"apart from {constraint.to.text}"
    said = said_of(constraint, count)
    is_, _, rest = said.partition(" ")
    return rest if is_ in ("is", "are") and not constraint.negated else f"who {said}"
