"""Measure the product: suites, figures with their intervals, and the table made of them."""

from facereason.bench.results import Figure, Group, Result, group_table, published, table, write
from facereason.bench.suites import SUITES, check, run, targets

__all__ = [
    "SUITES",
    "Figure",
    "Group",
    "Result",
    "check",
    "group_table",
    "published",
    "run",
    "table",
    "targets",
    "write",
]
