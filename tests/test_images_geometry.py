"""Cropping, scaling, turning, encoding, saving."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facereason import images
from facereason.images import ImageError
from facereason.types import Box


def ramp() -> np.ndarray:
    """6 x 8: red is the column, green the row."""
    pixels = np.zeros((6, 8, 3), dtype=np.uint8)
    pixels[..., 0] = np.arange(8)
    pixels[..., 1] = np.arange(6)[:, None]
    return pixels


def test_a_crop_is_the_part_inside_the_box() -> None:
    part = images.crop(ramp(), Box(2, 1, 3, 4))
    assert part.shape == (4, 3, 3)
    assert part[0, 0].tolist() == [2, 1, 0]
    assert part[-1, -1].tolist() == [4, 4, 0]


def test_a_margin_widens_the_box_on_every_side() -> None:
    part = images.crop(ramp(), Box(2, 2, 2, 2), margin=0.5)
    np.testing.assert_array_equal(part, ramp()[1:5, 1:5])


def test_outside_the_photo_its_border_is_repeated() -> None:
    part = images.crop(ramp(), Box(-2, 4, 4, 4))
    assert part.shape == (4, 4, 3)
    assert part[:, :, 0].tolist() == [[0, 0, 0, 1]] * 4
    assert part[:, 0, 1].tolist() == [4, 5, 5, 5]


def test_a_box_far_outside_gives_the_nearest_corner() -> None:
    assert (images.crop(ramp(), Box(100, 100, 3, 3)) == (7, 5, 0)).all()


def test_a_crop_has_at_least_one_pixel() -> None:
    assert images.crop(ramp(), Box(3.2, 2.2, 0.1, 0.1)).shape == (1, 1, 3)


@pytest.mark.parametrize("box", [Box(0, 0, 0, 5), Box(0, 0, -2, -2), Box(float("nan"), 0, 1, 1), Box(0, 0, 1e999, 1)])
def test_a_box_without_area_or_end_is_no_crop(box: Box) -> None:
    with pytest.raises(ValueError, match="cannot crop"):
        images.crop(ramp(), box)


def test_shrinking_averages_instead_of_dropping_pixels() -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    small = images.resize(stripes, 8, 16)
    assert small.shape == (16, 8, 3)
    assert abs(small.astype(int) - 128).max() <= 6


def test_a_quarter_turn_is_counter_clockwise() -> None:
    turned = images.rotate(ramp(), 90)
    assert turned.shape == (8, 6, 3)
    assert turned[0, 0].tolist() == [7, 0, 0], "what was top right is now top left"
    np.testing.assert_array_equal(images.rotate(images.rotate(ramp(), 90), 270), ramp())
    np.testing.assert_array_equal(images.rotate(ramp(), -90), images.rotate(ramp(), 270))
    np.testing.assert_array_equal(images.rotate(ramp(), 0), ramp())
    with pytest.raises(ValueError, match="quarter turns"):
        images.rotate(ramp(), 45)


def test_png_keeps_every_pixel_and_jpeg_quality_sets_the_size() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    np.testing.assert_array_equal(images.open(images.encode(noise)).pixels, noise)
    fine, coarse = (images.encode(noise, "jpeg", quality=quality) for quality in (95, 30))
    assert Image.open(io.BytesIO(fine)).format == "JPEG"
    assert len(fine) > 2 * len(coarse)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.JPEG"])
def test_saving_writes_the_format_of_the_name_and_leaves_nothing_else(tmp_path: Path, name: str) -> None:
    images.save(ramp(), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert Image.open(tmp_path / name).format == ("PNG" if name.endswith("png") else "JPEG")


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_comment_is_kept_in_the_file(tmp_path: Path, name: str) -> None:
    images.save(ramp(), tmp_path / name, comment="of Ærø")
    assert images.comment(tmp_path / name) == "of Ærø"
    images.save(ramp(), tmp_path / name)
    assert images.comment(tmp_path / name) == ""
    (tmp_path / name).write_bytes(b"something else")
    assert images.comment(tmp_path / name) == ""


def test_a_failed_save_is_one_line_and_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ImageError, match="No space left on device"):
        images.save(ramp(), path)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a.png", b"old")]


def test_saving_to_nowhere_or_as_something_else_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="cannot be written"):
        images.save(ramp(), tmp_path / "no" / "a.png")
    with pytest.raises(ImageError, match=r"as \.png, \.jpg or \.jpeg"):
        images.save(ramp(), tmp_path / "a.txt")


def test_a_photo_is_set_upright_once() -> None:
    photo = images.open(ramp())
    lies = images.Photo(pixels=images.rotate(photo.pixels, -90), name=photo.name)
    upright = images.upright(lies, 90)
    np.testing.assert_array_equal(upright.pixels, photo.pixels)
    assert (upright.turned, upright.name) == (90, photo.name)
    assert not upright.pixels.flags.writeable
    assert images.upright(upright, 90) is upright
    assert images.upright(lies, 0) is lies
    np.testing.assert_array_equal(images.upright(upright, 0).pixels, lies.pixels)
