"""Which suites ask a model, and the tasks of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from facereason.bench.tasks import (
    angles,
    attributes,
    celeba,
    crowd,
    dori,
    emotions,
    facet,
    faithfulness,
    multiperson,
    orientation,
    own_questions,
    robustness,
    rotation,
    sweeps,
)
from facereason.bench.tasks.task import Task
from facereason.data import own
from facereason.types import UsageError


@cache
def known() -> Mapping[str, Task]:
    """Every task by its name."""
    asking = (emotions, attributes, celeba, facet, rotation, dori, orientation, angles)
    rooms = (*asking, robustness, crowd, sweeps, multiperson, faithfulness)
    return {task.name: task for room in rooms for task in room.TASKS}


@cache
def suites() -> Mapping[str, tuple[str, ...]]:
    """Every suite with the names of its tasks."""
    found: dict[str, tuple[str, ...]] = {}
    for name in known():
        suite = name.partition("/")[0]
        found[suite] = (*found.get(suite, ()), name)
    return found | {"fairness": attributes.FAIRNESS}


def is_own(name: str) -> bool:
    """Whether a suite's name is the path of a file of questions."""
    return name.endswith(own.SUFFIXES)


def knows(name: str) -> bool:
    return name in suites() or name in known() or is_own(name)


def tasks(names: Iterable[str], scorer: str = "choice") -> tuple[Task, ...]:
    """The tasks of suites, tasks by name, and files of one's own; UsageError for a name that is none of these."""
    found: dict[str, Task] = {}
    for name in names:
        if is_own(name):
            found.setdefault(name, own_questions.task(name, scorer))
            continue
        if not knows(name):
            raise UsageError(
                f"no suite {name!r} that asks a model: there are {', '.join(suites())}; others measure the product and "
                "take no --model"
            )
        for task in suites().get(name, (name,)):
            found.setdefault(task, known()[task])
    return tuple(found.values())
