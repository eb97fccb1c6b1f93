"""Who is told of a data set's licence and terms before its first record is read."""

from __future__ import annotations

from collections.abc import Callable

from facereason.data.declaring import DataSet

_listeners: list[Callable[[DataSet], None]] = []


def on_use(listener: Callable[[DataSet], None]) -> None:
    """Have `listener` called with each data set before it is read in this process."""
    if listener not in _listeners:
        _listeners.append(listener)


def used(dataset: DataSet) -> None:
    for listener in _listeners:
        listener(dataset)


def line(dataset: DataSet) -> str:
    """Licence and terms in one line."""
    return f"{dataset.name}: {dataset.license}. {dataset.terms} ({dataset.source})"
