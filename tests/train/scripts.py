"""Scripts of `training/` as modules."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType


def loaded(name: str) -> ModuleType:
    """`training/NAME.py`, run up to its functions."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[2] / "training" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
