"""Which suites there are, what each aims at, and the call that runs one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from facereason import resources
from facereason.bench import (
    agent,
    care,
    chat,
    harness,
    judging,
    people,
    pose,
    questions,
    reader,
    results,
    speed,
    synth,
    turned,
    units,
    words,
)
from facereason.bench.tasks import catalogue
from facereason.types import UsageError

Say = Callable[[str], None]


def _studio(data: str | None, say: Say) -> list[results.Figure]:
    from facereason.bench import studio  # needs the extra

    return studio.figures(data, say)


SUITES: Mapping[str, Callable[[str | None, Say], list[results.Figure]]] = {
    "reader": reader.figures,
    "questions": questions.figures,
    "speed": speed.figures,
    "install": speed.install_figures,
    "studio": _studio,
    "units": units.figures,
    "pose": pose.figures,
    "people": people.figures,
    "turned": turned.figures,
    "agent": agent.figures,
    "care": care.figures,
    "words": words.figures,
    "judge": judging.figures,
    "chat": chat.figures,
    "synth": synth.figures,
    "harness": harness.figures,
}


def run(name: str, data: str | None, out: Path, say: Say = lambda text: None) -> results.Result:
    """Run one suite and write `out/NAME.json`. UsageError where there is no such suite."""
    check(name)
    result = results.result(name, f"facereason bench run {name}", SUITES[name](data, say))
    results.write(result, out)
    return result


def check(name: str) -> None:
    """UsageError where no suite of this name measures the product."""
    if name in SUITES:
        return
    if catalogue.knows(name):
        raise UsageError(f"{name} asks a model: name one with --model, such as --model nano")
    raise UsageError(f"no suite {name!r}: there are {', '.join(SUITES)}; with --model {', '.join(catalogue.suites())}")


def targets() -> dict[str, str]:
    """Figure name to what it aims at, over all suites in `eval/suites/`."""
    aims: dict[str, str] = {}
    for path in sorted((resources.suites() / "suites").glob("*.yaml")):
        aims |= yaml.safe_load(path.read_text(encoding="utf-8"))["targets"]
    return aims
