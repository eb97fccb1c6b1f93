"""Measure the product: suites, figures with their intervals, and the table made of them."""

from facereason.bench.results import Figure, Group, Result, published, table, write
from facereason.bench.suites import SUITES, run, targets

__all__ = ["SUITES", "Figure", "Group", "Result", "published", "run", "table", "targets", "write"]
