"""Whether an answer rests on the parts of the face that it names: which part is held against which.

A part that is claimed is covered, and the answer should change; another part of like size is covered, and it should
not (erasure tests of rationales: DeYoung et al. 2020, "ERASER"; of saliency maps: Petsiuk et al. 2018, "RISE").
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from facereason.scoring.outcomes import Disposition

LIKE = 2.0
"""Times that a part may be larger or smaller than the one it is held against."""
APART = 0.1
"""Share of a part that may lie in parts that are claimed."""


def matched(
    claimed: Collection[str], areas: Mapping[str, float], shared: Mapping[str, Mapping[str, float]]
) -> dict[str, str]:
    """For each claimed part the one that it is held against: not claimed, of at most `APART` in any claimed part, and
    of these the nearest in size, within `LIKE`. Parts without one are left out.

    `areas`: of each part of the face; `shared[one][other]`: the share of one that lies in the other, 0 where it is not
    there.

    >>> matched({"mouth"}, {"mouth": 100, "nose": 70, "lids": 120, "lips": 100}, {"lips": {"mouth": 0.9}})
    {'mouth': 'lids'}
    """
    there = [part for part in areas if part in claimed and areas[part] > 0]
    others = [
        part
        for part, area in areas.items()
        if part not in claimed and area > 0 and all(shared.get(part, {}).get(each, 0.0) <= APART for each in there)
    ]
    found: dict[str, str] = {}
    for part in there:
        times = {other: max(areas[other] / areas[part], areas[part] / areas[other]) for other in others}
        like = [other for other in others if times[other] <= LIKE]
        if like:
            found[part] = min(like, key=times.__getitem__)
    return found


def changed(before: str, after: str | None, outcome: Disposition) -> bool | None:
    """Whether an answer is another one with a part covered. To abstain then is a change; None where the reply cannot be
    read or declines, which says nothing.

    >>> changed("fear", "fear", Disposition.GRADED), changed("fear", None, Disposition.ABSTAINED)
    (False, True)
    """
    if after is None:
        return True if outcome is Disposition.ABSTAINED else None
    return after != before
