"""Frozen sets: scenes kept as they are, one JSON a line, gzipped, so that nothing that changes later changes them."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facereason import facs
from facereason.studio import profile as profiles
from facereason.studio import sweep
from facereason.studio import units as rig_units
from facereason.studio.profile import Profile
from facereason.studio.spec import SceneSpec
from facereason.types import UsageError

SUFFIX = ".jsonl.gz"
PRESENT = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`sweep`: for a controlled variant, its `base`, what varies and the value."""

    id: str
    spec: SceneSpec
    sweep: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeps:
    """Controlled variants of `bases` people drawn from a profile: every dial of `vary`, at `steps` values where it has
    numbers."""

    profile: Profile
    bases: int
    vary: tuple[str, ...]
    steps: int = 7


def drawn(profile: Profile, count: int) -> Iterator[Scene]:
    """The first scenes of a profile."""
    for number, spec in enumerate(profiles.scenes(profile, count)):
        yield Scene(id=f"{profile.name}-{number:07d}", spec=spec)


def swept(plan: Sweeps) -> Iterator[Scene]:
    """All variants of all bases."""
    for base, spec in enumerate(profiles.scenes(plan.profile, plan.bases)):
        for vary in plan.vary:
            for number, variant in enumerate(sweep.variants(spec, vary, plan.steps)):
                yield Scene(
                    id=f"{plan.profile.name}-{base:03d}-{vary}-{number:02d}",
                    spec=variant.spec,
                    sweep={"base": base, "vary": vary, "value": variant.label},
                )


def write(scenes: Iterable[Scene], path: str | Path) -> int:
    """Write them, the same bytes for the same scenes, and into `sets.json` beside them their hash, how many they are
    and how often each unit acts; returns how many."""
    kept = tuple(scenes)
    lines = [
        json.dumps(
            {"id": scene.id, "spec": scene.spec.to_dict(), **({"sweep": scene.sweep} if scene.sweep else {})},
            separators=(",", ":"),
        )
        for scene in kept
    ]
    file = Path(path)
    content = gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0)
    file.write_bytes(content)
    index = file.with_name("sets.json")
    sets = json.loads(index.read_text(encoding="utf-8")) if index.is_file() else {}
    sets[file.name.removesuffix(SUFFIX)] = {"sha256": hashlib.sha256(content).hexdigest(), **_counted(kept)}
    index.write_text(json.dumps(dict(sorted(sets.items())), indent=1) + "\n", encoding="utf-8")
    return len(kept)


def _counted(scenes: tuple[Scene, ...]) -> dict[str, Any]:
    people = [person for scene in scenes for person in scene.spec.people]
    acting: Counter[int] = Counter()
    for person in people:
        driven = person.driven()
        acting.update(u for u, sides in {**rig_units.implied(driven), **driven}.items() if max(sides) >= PRESENT)
    shares = {f"AU{unit}": round(acting[unit] / len(people), 4) for unit in facs.UNITS}
    return {"scenes": len(scenes), "people": len(people), f"prevalence (intensity >= {PRESENT})": shares}


def read(path: str | Path) -> tuple[Scene, ...]:
    """The scenes of a frozen set; UsageError where the file is none."""
    file = Path(path)
    try:
        lines = gzip.decompress(file.read_bytes()).decode().splitlines()
        return tuple(_scene(json.loads(line), f"{file.name} line {i + 1}") for i, line in enumerate(lines))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    except (EOFError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UsageError(f"{path}: not a frozen set of scenes ({error})") from None


def _scene(entry: Any, where: str) -> Scene:
    if not isinstance(entry, Mapping) or not {"id", "spec"} <= set(entry):
        raise UsageError(f"{where}: expected id and spec")
    return Scene(id=entry["id"], spec=SceneSpec.from_dict(entry["spec"], where), sweep=entry.get("sweep"))
