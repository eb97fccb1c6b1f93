"""Tiny models, each built once a test session however many workers it has."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

Tiny = Callable[[str], Path]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """The folder of the tiny model of a family."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    source = Path(__file__).with_name("tiny.py")

    def folder(family: str) -> Path:
        place = shared / f"tiny-{family}"
        if not place.exists():
            spec = importlib.util.spec_from_file_location("tiny_models", source)
            assert spec is not None
            assert spec.loader is not None
            builders = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(builders)
            made = builders.build(family, Path(tempfile.mkdtemp(dir=shared)))
            try:
                made.rename(place)
            except OSError:  # another worker was faster
                assert place.exists()
        return place

    return folder
