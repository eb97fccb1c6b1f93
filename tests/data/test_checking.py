"""Leaks between splits, copies, unreadable images and the spread of labels."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from facereason import images
from facereason.data import BadRow, DataError, Pose, Record, checking, hashing
from facereason.data.sheet import sheet
from facereason.types import EmotionLabel


def encoded(pixels: np.ndarray, kind: str = "PNG", **how: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **how)
    return out.getvalue()


def picture(seed: int) -> np.ndarray:
    """A smooth picture of its own."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((64, 64), Image.Resampling.BICUBIC))


def record(id_: str, image: bytes, split: str = "train", **more: object) -> Record:
    return Record(id=id_, dataset="made", split=split, license="none", image=image, **more)  # type: ignore[arg-type]


def test_the_same_pixels_leak_whatever_file_they_came_in() -> None:
    pixels = picture(1)
    found = checking.check(
        [
            record("a", encoded(pixels)),
            record("b", encoded(pixels, "TIFF"), "test"),
            record("c", encoded(picture(2)), "test"),
        ]
    )
    (leak,) = found.leaks
    assert (str(leak.first), str(leak.second), leak.exact) == ("made train a", "made test b", True)


@pytest.mark.parametrize("copy", ["compressed", "scaled", "brighter"])
def test_a_copy_that_was_changed_a_little_leaks_by_its_looks(copy: str) -> None:
    pixels = images.example().pixels
    changed = {
        "compressed": encoded(pixels, "JPEG", quality=40),
        "scaled": encoded(np.asarray(Image.fromarray(pixels).resize((200, 200), Image.Resampling.LANCZOS))),
        "brighter": encoded(np.clip(pixels.astype(int) + 12, 0, 255).astype(np.uint8)),
    }[copy]
    found = checking.check([record("a", encoded(pixels)), record("b", changed, "test")])
    assert [(each.exact, each.leaks) for each in found.copies] == [(False, True)]


def test_different_pictures_are_no_copies() -> None:
    found = checking.check(record(str(n), encoded(picture(n)), "train" if n % 2 else "test") for n in range(300))
    assert found.copies == []
    assert sum(found.records.values()) == 300


def test_copies_within_a_split_are_no_leaks() -> None:
    found = checking.check([record("a", encoded(picture(1))), record("b", encoded(picture(1)))])
    assert len(found.copies) == 1
    assert found.leaks == []


def test_what_cannot_be_read_is_blank_or_named_twice_is_told() -> None:
    plain = np.full((20, 20, 3), 90, np.uint8)
    found = checking.check(
        [
            record("a", b"no image"),
            record("b", encoded(picture(1))[:300]),
            record("c", encoded(plain)),
            record("d", encoded(plain + 1), "test"),
            record("d", encoded(picture(3)), "test"),
        ]
    )
    assert [name.id for name, _ in found.unreadable] == ["a", "b"]
    assert [name.id for name in found.blank] == ["c", "d"]
    assert [name.id for name in found.twice] == ["d"]
    assert found.copies == [], "blank images all look alike"


def test_training_refuses_what_evaluation_holds() -> None:
    held = [record("x", encoded(picture(5)), "test")]
    checking.refuse_leaks([record("a", encoded(picture(1)))], held)
    with pytest.raises(DataError, match="made train a is made test x: take it out of the training data"):
        checking.refuse_leaks([record("a", encoded(picture(5)))], held)
    copies = [record(str(n), encoded(picture(5), "JPEG", quality=80 + n)) for n in range(2)]
    with pytest.raises(DataError, match=r"looks like made test x \(2 such images\)"):
        checking.refuse_leaks(copies, held)


def test_near_hashes_are_exactly_those_within_three_bits() -> None:
    rng = np.random.default_rng(0)
    index = hashing.NearIndex()
    values = [int(value) for value in rng.integers(0, 2**63, 200)]
    for value in values:
        index.add(value)
    for number, value in enumerate(values):
        for bits in range(6):
            flipped = value
            for place in rng.choice(63, bits, replace=False):
                flipped ^= 1 << int(place)
            assert (number in set(index.near(flipped))) is (bits <= hashing.NEAR)


def test_labels_are_counted_by_kind_with_the_unknown_apart() -> None:
    rows = [
        record("a", encoded(picture(1)), labels=(EmotionLabel.SADNESS, EmotionLabel.ANGER)),
        record("b", encoded(picture(2)), labels=(EmotionLabel.FEAR,)),
        record("c", encoded(picture(3)), votes={EmotionLabel.FEAR: 1}),
        record("d", encoded(picture(4))),
    ]
    found = checking.check(rows)
    assert found.labels["made", "train", "emotion"] == {"sadness+anger": 1, "fear": 1, "-": 1}
    assert checking.balance({"a": 1, "b": 3}) == [("b", 3, 0.75), ("a", 1, 0.25)]
    assert checking.balance({}) == []


def test_memory_does_not_grow_with_the_images() -> None:
    def many() -> Iterator[Record]:
        noise = np.random.default_rng(0)
        for number in range(60):
            yield record(str(number), encoded(noise.integers(0, 256, (256, 256, 3), dtype=np.uint8)))

    tracemalloc.start()
    checking.check(many())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000, "one image is 200 kB, all are 12 MB"


def test_a_contact_sheet_shows_every_image_and_says_what_cannot_be_read() -> None:
    page = sheet([record("a", encoded(picture(1))), record("b", b"no image")], columns=2)
    assert page.shape == (6 + 128 + 34 + 6, 2 * 134 + 6, 3)
    left, right = page[6:134, 6:134].astype(int), page[6:134, 140:268].astype(int)
    assert left.std() > 20
    red = (right[..., 0] > 200) & (right[..., 1] < 100)
    assert red.any()


def test_rows_that_are_no_records_are_counted_and_do_not_stop_it() -> None:
    bad = [BadRow("made", "train", str(n), "label", f"row {n}: bored") for n in range(checking.KEPT + 20)]
    lost = BadRow("made", "test", "z", "image", "row z: no image")
    found = checking.check([record("a", encoded(picture(1))), *bad, lost, record("b", encoded(picture(2)))])
    assert found.bad == {("made", "train", "label"): checking.KEPT + 20, ("made", "test", "image"): 1}
    assert len(found.bad_rows) == checking.KEPT
    assert found.records == {("made", "train"): 2}


def test_an_image_of_several_people_is_no_copy_of_itself() -> None:
    image = encoded(picture(1))
    same = [record(f"p/{n}", image, photo="p") for n in range(3)]
    found = checking.check([*same, record("q", image, photo="q")])
    assert [(copy.first.id, copy.second.id) for copy in found.copies] == [("p/0", "q")]


def test_units_poses_and_answers_are_counted_too() -> None:
    image = encoded(picture(1))
    rows = [
        record("a", image, action_units={1: None, 12: 0.5}, pose=Pose(-176.0, 0, 0), body_orientation=40.0),
        record("b", image, action_units={}, pose=Pose(176.0, 0, 0), answer="90"),
    ]
    counted = {kind: counts for (_, _, kind), counts in checking.check(rows).labels.items()}
    assert counted == {
        "action unit": {"AU1": 1, "AU12": 1, "none": 1},
        "yaw": {"+180\N{DEGREE SIGN}": 2},
        "body orientation": {"+30\N{DEGREE SIGN}": 1},
        "answer": {"90": 1},
    }
