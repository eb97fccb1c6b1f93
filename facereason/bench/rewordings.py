"""Questions in other words: how many are taken for the plain question that they mean.

No photo takes part: two questions are alike where they ask the same of the same people. `eval/agent/reworded.jsonl.gz`,
`named.jsonl.gz` and `kinds.jsonl.gz` are only scored, `reworded_work.jsonl.gz` was looked at. So was `free.jsonl.gz`:
questions for which nobody was given plain ones.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from facereason import resources
from facereason.agent.grammar.parsing import NotUnderstood
from facereason.agent.grammar.understand import Understood, understood
from facereason.bench.results import Figure, share
from facereason.rewording.words import NONE
from facereason.types import By, Kind, Query, Reference, Scope, Topic

FILES = {"reworded_work": " (tuned on)", "reworded": "", "named": ", people named in full", "kinds": ", of all kinds"}
FREE = "free"
SURE = 0.6
"""From which a question counts as taken without a warning."""


@dataclass(frozen=True, slots=True)
class Row:
    """`plain`: the question as the grammar knows it, or `NONE`; `said`: what somebody typed."""

    plain: str
    said: str


def figures(say: Callable[[str], None]) -> list[Figure]:
    """Of each file: the share understood, what was taken for something else, and what should not be understood."""
    out = []
    for name, tuned in FILES.items():
        say(name)
        on = f"agent/{name}.jsonl.gz"
        rows = load(name)
        found = {row: _understood(row.said) for row in rows}
        meant = [row for row in rows if row.plain != NONE]
        right = {row: (it := found[row]) is not None and alike(it.queries, _queries(row)) for row in meant}
        out.append(
            share(
                f"rewordings understood{tuned}",
                on,
                list(right.values()),
                {"way": [_way(found[row]) for row in meant]},
            )
        )
        sure = [(it := found[row]) is not None and it.sure >= SURE and not right[row] for row in meant]
        out.append(share(f"rewordings taken for something else, without a warning{tuned}", on, sure, {}))
        if refused := [found[row] is None for row in rows if row.plain == NONE]:
            out.append(share(f"what is no such question, refused{tuned}", on, refused, {}))
    return [*out, *_free(say)]


def _free(say: Callable[[str], None]) -> list[Figure]:
    """Of questions that were put freely: the share of meanings that have plain words at all, and of those that are
    understood."""
    say(FREE)
    rows = load(FREE)
    plain = {row: _queries(row) for row in rows}
    found = {row: _understood(row.said) for row in rows}
    on = f"agent/{FREE}.jsonl.gz"
    said = [bool(plain[row]) for row in rows]
    right = [bool(plain[row]) and (it := found[row]) is not None and alike(it.queries, plain[row]) for row in rows]
    return [
        share("free questions whose meaning the grammar can say (looked at)", on, said, {}),
        share("free questions understood (looked at)", on, right, {}),
    ]


def load(name: str) -> list[Row]:
    """The rows of `eval/agent/NAME.jsonl.gz`."""
    text = gzip.decompress((resources.suites() / "agent" / f"{name}.jsonl.gz").read_bytes()).decode()
    return [Row(**json.loads(line)) for line in text.splitlines()]


def alike(found: Sequence[Query], meant: Sequence[Query]) -> bool:
    """Whether queries ask the same of the same people: whatever the words and the order, also of two who are compared
    and of what may be chosen from; whether people are listed or selected; and whether somebody is "the one" or
    everybody "they", of whom nothing was said before; a pronoun means whom the question before it was about."""
    return sorted(map(_told, _resolved(found))) == sorted(map(_told, _resolved(meant)))


def _resolved(queries: Sequence[Query]) -> list[Query]:
    """ "How old is person 5, and are they happy?": who was just asked about, in place of a pronoun that means them."""
    out: list[Query] = []
    for query in queries:
        last = out[-1].about if out and out[-1].about.scope is Scope.ONE else None
        out.append(_by_name(query, last) if last is not None else query)
    return out


def _by_name(query: Query, last: Reference) -> Query:
    def named(reference: Reference) -> Reference:
        if reference.constraints and all(c.by is By.PRONOUN and c.value in _AGAIN for c in reference.constraints):
            return last
        told = tuple(replace(c, to=c.to and named(c.to)) for c in reference.constraints)
        return replace(reference, constraints=told)

    return replace(query, about=named(query.about), against=query.against and named(query.against))


_AGAIN = ("same", "she", "he", "they")


def _queries(row: Row) -> tuple[Query, ...]:
    """What the plain question of a row asks; nothing where that is not surely understood."""
    found = _understood(f"{row.plain}?")
    return found.queries if found is not None and found.sure == 1 else ()


def _understood(question: str) -> Understood | None:
    try:
        return understood(question)
    except NotUnderstood:
        return None


def _way(found: Understood | None) -> str:
    return "not understood" if found is None else str(found.way)


def _told(query: Query) -> str:
    about, topic, value = _whom(query.about), query.topic, query.value
    kind = Kind.SELECT if query.kind is Kind.LIST else query.kind
    only = query.about.constraints
    if kind is Kind.YES_NO and topic is Topic.PEOPLE and query.about.scope is Scope.ANY and len(only) == 1:
        about, topic, value = ("any", ()), only[0].topic, only[0].value  # "is anybody there who smiles?"
    if kind is Kind.SELECT:
        about, topic = ("", about[1]), topic if query.kind is Kind.SELECT else None
    against = _whom(query.against) if query.against else None
    if against and kind is Kind.COMPARE and (not query.polar or value == "same"):
        about, against = sorted((about, against), key=repr)  # "who is older, she or he?"
    value = " or ".join(sorted(value.split(" or ")))
    return repr((str(kind), about, str(topic), value, query.negated, against, query.polar))


def _whom(reference: Reference) -> tuple[str, tuple[str, ...]]:
    several = len(reference.constraints) > 1
    said = [
        repr((str(c.by), c.value, str(c.topic), c.rank, _whom(c.to) if c.to else None, c.negated))
        for c in reference.constraints
        if not (c.by is By.PRONOUN and (c.value in ("one", "they") or (several and c.value == "same")))
    ]
    return str(reference.scope), tuple(sorted(said))
