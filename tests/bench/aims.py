"""What a suite aims at."""

from __future__ import annotations

import yaml

from facereason import resources


def aims_of(suite: str) -> set[str]:
    """Names of the figures that a suite has targets for."""
    path = resources.suites() / "suites" / f"{suite}.yaml"
    return set(yaml.safe_load(path.read_text(encoding="utf-8"))["targets"])
