"""A question as it was understood, in words: "yes/no: emotion is sadness; of one: gender female"."""

from __future__ import annotations

from collections.abc import Sequence

from facereason.types import By, Constraint, Query, Reference


def explained(queries: Sequence[Query], question: str = "") -> tuple[str, ...]:
    """One line a query; nothing where the question was not understood. `question`: as it was typed; where it was put
    into plainer words, these stand behind."""
    typed = " ".join(question.casefold().split())
    return tuple(_query(query) + _plainer(query, typed) for query in queries)


def _plainer(query: Query, typed: str) -> str:
    return f'; taken for "{query.text}"' if typed and query.text and query.text.casefold() not in typed else ""


def _query(query: Query) -> str:
    asked = f"{query.topic}" if query.topic is not None else ""
    if query.value:
        asked += f" {'is not' if query.negated else 'is'} {query.value}" if asked else query.value
    parts = [f"{query.kind}{f': {asked}' if asked else ''}", f"of {_people(query.about)}"]
    if query.against is not None:
        parts.append(f"against {_people(query.against)}")
    return "; ".join(parts)


def _people(reference: Reference) -> str:
    if not reference.constraints:
        return {"all": "everybody", "any": "anybody", "one": "somebody"}[reference.scope.value]
    return f"{reference.scope}: {', '.join(_constraint(each) for each in reference.constraints)}"


def _constraint(constraint: Constraint) -> str:
    to = f" ({_people(constraint.to)})" if constraint.to is not None else ""
    no = "not " if constraint.negated else ""
    match constraint.by:
        case By.NUMBER:
            return f"{no}person {constraint.value or 'none'}"
        case By.ORDER:
            return f"{no}number {constraint.rank} from the {constraint.value}"
        case By.MIDDLE:
            return f"{no}in the middle"
        case By.TOPIC:
            return f"{constraint.topic} {no}{constraint.value}"
        case By.EXTREME:
            rank = f"number {constraint.rank} by " if constraint.rank != 1 else ""
            least = "least" if constraint.negated else "most"
            return f"{rank}{least} {constraint.value} ({constraint.topic})"
        case By.RELATION if constraint.topic is not None:
            return f"{'less' if constraint.negated else 'more'} {constraint.value} ({constraint.topic}) than{to}"
        case By.PRONOUN:
            return f'{no}"{constraint.value}" of those spoken of'
    return f"{no}{constraint.value}{to}"
