"""How results look: people as a table, or as blocks where the terminal is narrow; answers; JSON.

Rich is loaded where stdout is a terminal or a table is drawn. Piped text has no colours and is not wrapped.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from facereason.cli.terminal import Flow, is_terminal, say
from facereason.types import (
    ActionUnit,
    Answer,
    Body,
    Evidence,
    Gaze,
    Gender,
    Outcome,
    Person,
    Reading,
    UnitState,
    to_dict,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.padding import Padding

UNWRAPPED = 10_000


def as_json(record: Any, *, one_line: bool = False) -> None:
    """Print a record, or plain lists and dicts of them, as JSON."""
    typer.echo(json.dumps(to_dict(record), indent=None if one_line else 2, allow_nan=False))


def answer(
    answer: Answer, *, full_evidence: bool, explain: bool = False, told: str = "", flow: Flow | None = None
) -> None:
    """Print the text of an answer, and below it, dimmed, what it rests on and what speaks against it; `explain`: how
    the question was understood; `told`: what of the text stands there already, through `flow`."""
    lines = _understood(answer) if explain else []
    lines += _not_sure(answer)
    lines += [_evidence_line(evidence, full_evidence) for evidence in answer.evidence]
    lines += [
        f"but: {d.claim.words!r} is not what was measured: {_evidence_line(d.evidence, full_evidence)}"
        for d in answer.disagreements
    ]
    if not is_terminal(sys.stdout):
        typer.echo("\n".join([answer.text, *(f"  {line}" for line in lines)]))
        return
    from rich.text import Text

    out = console()
    if told and flow is not None and answer.text.startswith(told):
        flow.add(answer.text[len(told) :])
        flow.end()
    else:
        if told and flow is not None:
            flow.end()
            typer.echo("(the whole reply reads differently:)")
        out.print(Text(answer.text))
    for line in lines:
        out.print(_indented(line, style="dim"))


def evidence(answer: Answer) -> None:
    """Print the measurements that an answer rests on, a line each, with what they are worth."""
    for each in answer.evidence:
        say(_evidence_line(each, full=True))
    if not answer.evidence:
        typer.echo("Nothing was measured for that answer.")


def dim(piece: str) -> None:
    """Print a piece of a line, dimmed at a terminal."""
    from rich.text import Text

    console().print(Text(piece, style="dim"), end="", soft_wrap=True)


def _not_sure(answer: Answer) -> list[str]:
    """That an answer as a whole is not sure, where its text may sound so: each reading of it can be."""
    from facereason.agent.answers.wording import chance
    from facereason.agent.replies.agreement import UNSURE

    if answer.outcome is not Outcome.ANSWERED or answer.confidence is None or answer.confidence >= UNSURE:
        return []
    return [f"taken together this is not sure ({chance(answer.confidence)})"]


def _understood(answer: Answer) -> list[str]:
    from facereason.agent.grammar.explain import explained

    return [f"understood as {line}" for line in explained(answer.queries, answer.question)] or [
        "understood as no question"
    ]


def people(people: Sequence[Person]) -> None:
    """Print a row a person, or a block a person where the terminal is too narrow for the rows."""
    if not people:
        typer.echo("Nobody.")
        return
    names = ["person", *_cells(people[0])]
    rows = [[str(person.number), *_cells(person).values()] for person in people]
    rows_or_blocks(names, rows, right=("person",), width=24)


def rows_or_blocks(
    names: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = (), width: int | None = None
) -> None:
    """Print a table, or a block a row where the terminal is too narrow for its words: the first cell, and below it the
    others by name. `right`: columns that are set to the right; `width`: the widest that one gets, the first apart."""
    from rich import box
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    out = console()
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in names:
        first = name == names[0]
        table.add_column(
            name, justify="right" if name in right else "left", max_width=None if first else width, no_wrap=first
        )
    for row in rows:
        table.add_row(Text(row[0], style="bold"), *(Text(cell) for cell in row[1:]))
    # Rich measures no wider than its console: ask what the longest words need, not what they get
    if Measurement.get(out, out.options.update(max_width=UNWRAPPED), table).minimum <= out.width:
        out.print(table)
        return
    for row in rows:
        out.print(Text(f"{names[0]} {row[0]}".strip(), style="bold"))
        for name, cell in zip(names[1:], row[1:], strict=True):
            if cell:
                out.print(_indented(f"{name}: {', '.join(cell.splitlines())}"))


def console() -> Console:
    """A console on stdout that prints what it is given, without markup; it wraps at the terminal's width alone."""
    from rich.console import Console

    width = None if is_terminal(sys.stdout) else UNWRAPPED
    return Console(markup=False, emoji=False, highlight=False, width=width)


def reading(reading: Reading[Any]) -> str:
    """`female 97%`, or `unknown` and why; `unclear` is no group whose probability could be told."""
    if reading.value is None:
        return f"unknown ({reading.unknown_because})" if reading.unknown_because else "unknown"
    if reading.value is Gender.UNCLEAR:
        return str(reading.value)
    return f"{reading.value} {reading.confidence:.0%}"


def _cells(person: Person) -> dict[str, str]:
    """What is shown of a person: column to text of one or more lines."""
    face = person.face
    emotion = reading(face.emotion)
    if face.emotion.known and face.emotion.runner_up is not None:
        name, probability = face.emotion.runner_up
        emotion += f"\nthen {name} {probability:.0%}"
    perceived = [reading(person.gender), reading(person.age_group)]
    if person.race is not None:
        perceived.append(reading(person.race))
    if person.staged is not None:
        perceived.append(f"{reading(person.staged)} by the figure")
    return {
        "emotion": emotion,
        "perceived": "\n".join(dict.fromkeys(perceived)),  # one reason makes both unknown
        "hair, clothing": f"{reading(person.hair_colour)}\n{reading(person.clothing_colour)}",
        "action units": _units(face.action_units),
        "yaw/pitch/roll": f"{face.pose.yaw:+.0f}/{face.pose.pitch:+.0f}/{face.pose.roll:+.0f}{_gaze(face.gaze)}",
        "body": _body(person.body),
        "box": f"{face.box.x:.0f},{face.box.y:.0f}\n{face.box.width:.0f} x {face.box.height:.0f}",
        "flags": "\n".join(face.quality.flags) or "-",
    }


def _units(units: Sequence[ActionUnit]) -> str:
    """The units that are present, the strongest first, with their intensities, and how many cannot be told."""
    present = sorted((u for u in units if u.state is UnitState.PRESENT), key=lambda u: -u.intensity)
    lines = [f"AU{unit.unit} {unit.intensity:.1f}".replace(" 0.", " .") for unit in present]
    unknown = sum(unit.state is UnitState.UNKNOWN for unit in units)
    return "\n".join([*lines, *([f"{unknown} unknown"] if unknown else [])]) or "-"


def _body(body: Body | None) -> str:
    return "-" if body is None else f"{body.orientation:+.0f}\n{body.posture.value}"


def _gaze(gaze: Gaze | None) -> str:
    return "" if gaze is None or gaze.yaw is None or gaze.pitch is None else f"\ngaze {gaze.yaw:+.0f}/{gaze.pitch:+.0f}"


def _indented(text: str, style: str = "") -> Padding:
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(text, style=style), (0, 0, 0, 2), expand=False)


def _evidence_line(evidence: Evidence, full: bool) -> str:
    person = f"person {evidence.person}"
    line = evidence.statement if person in evidence.statement else f"{person}: {evidence.statement}"
    if not full:
        return line
    return f"{line} [{evidence.topic}: {evidence.value}, {evidence.confidence:.0%}, {evidence.source}]"
