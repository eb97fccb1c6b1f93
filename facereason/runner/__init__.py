"""One engine for work on many items: a journal to resume from, a budget, many in flight; with asyncio, in processes, or
on the machines of a Ray cluster.

    items = (Item(key=row.id, payload=row) for row in rows)
    report = run(items, ask, Journal(Path("out/run")), in_flight=64)       # `ask` is an async function of the payload
    for row in Journal(Path("out/run")).rows(): ...

Every result is in the journal before the next item is begun in its place, so that whatever kills the process costs at
most the items in flight. Running the same again does what is left. Memory does not grow with the payloads: items are
taken from an iterator as they are begun, and of those done only a hash of their key is kept.
"""

from facereason.runner.engine import run
from facereason.runner.items import Budget, Item, Report, Row
from facereason.runner.journal import Journal
from facereason.runner.on_ray import Ray

__all__ = ["Budget", "Item", "Journal", "Ray", "Report", "Row", "run"]
