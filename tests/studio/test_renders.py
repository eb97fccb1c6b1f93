"""The committed renders are what their scenes give."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facereason.studio import spec
from facereason.studio.scene import render

RENDERS = Path(__file__).parents[1] / "renders"

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", [path.stem for path in sorted(RENDERS.glob("*.yaml"))])
def test_a_render_is_what_its_scene_gives(name: str) -> None:
    made = render(spec.load(RENDERS / f"{name}.yaml"))
    kept = np.asarray(Image.open(RENDERS / f"{name}.jpg"), int)
    assert np.abs(kept - made.image).mean() < 2.5  # JPEG, and processors differ in the last digits
    told = json.loads((RENDERS / f"{name}.json").read_text())
    assert told["spec"] == json.loads(json.dumps(made.spec.to_dict()))
    for truth, person in zip(told["people"], made.people, strict=True):
        assert np.allclose(truth["landmarks"], person.landmarks, atol=0.05)
        assert truth["visible"] == pytest.approx(person.visible, abs=0.01)
        assert truth["meets"] == person.meets
