"""Opening photos: every format, mode and way of being broken, with files that Pillow writes here."""

import io
import struct
import sys
import threading
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facereason import images
from facereason.images import ImageError
from facereason.types import FaceReasonError

RED, GREEN, BLUE, GREY = (200, 30, 40), (20, 180, 60), (30, 60, 210), (120, 120, 120)


def quarters() -> Image.Image:
    """64 x 48, a colour in each quarter: red, green; blue, grey."""
    picture = Image.new("RGB", (64, 48), RED)
    picture.paste(GREEN, (32, 0, 64, 24))
    picture.paste(BLUE, (0, 24, 32, 48))
    picture.paste(GREY, (32, 24, 64, 48))
    return picture


def encoded(picture: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def corners(pixels: np.ndarray) -> list[tuple[int, ...]]:
    """Colours in the middle of the quarters: top left, top right, bottom left, bottom right."""
    height, width = pixels.shape[:2]
    places = [(y, x) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]
    return [tuple(int(v) for v in pixels[place]) for place in places]


def assert_colours(pixels: np.ndarray, *expected: tuple[int, int, int], tolerance: int = 6) -> None:
    np.testing.assert_allclose(corners(pixels), expected, atol=tolerance)


# ------------------------------------------------------------------------------------------------------- formats


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("JPEG", {"quality": 95, "progressive": True}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"quality": 95}),
        ("GIF", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("BMP", {}),
        ("AVIF", {"quality": 95}),
    ],
)
def test_a_photo_opens_with_its_colours_in_their_places(format: str, options: dict[str, object]) -> None:
    photo = images.open(encoded(quarters(), format, **options))
    assert (photo.width, photo.height) == (64, 48)
    assert photo.pixels.dtype == np.uint8
    assert_colours(photo.pixels, RED, GREEN, BLUE, GREY, tolerance=12)


def test_of_a_jpeg_with_several_pictures_the_first_is_opened() -> None:
    second = Image.new("RGB", (64, 48))
    photo = images.open(encoded(quarters(), "MPO", save_all=True, append_images=[second], quality=95))
    assert_colours(photo.pixels, RED, GREEN, BLUE, GREY, tolerance=12)


def test_heic_opens_where_pillow_heif_is_installed() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(quarters()).save(buffer, quality=95)
    assert_colours(images.open(buffer.getvalue()).pixels, RED, GREEN, BLUE, GREY, tolerance=12)


def test_heic_without_pillow_heif_is_an_error_with_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageError, match=r'pip install "facereason\[heic\]"'):
        images.open(b"\0\0\0\x18ftypheic" + bytes(100))


def test_of_an_animated_gif_the_first_frame_is_opened() -> None:
    first, second = Image.new("RGB", (20, 10), RED), Image.new("RGB", (20, 10), BLUE)
    photo = images.open(encoded(first, "GIF", save_all=True, append_images=[second]))
    assert_colours(photo.pixels, RED, RED, RED, RED)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "YCbCr", "La", "RGBa", "RGBX", "HSV", "LAB"]
)
def test_a_pil_image_of_any_colour_mode_opens_as_rgb(mode: str) -> None:
    between = {"La": "LA", "RGBa": "RGBA", "PA": "P"}.get(mode)
    picture = Image.new("RGB", (8, 8), "white")
    picture = picture.convert(between).convert(mode) if between else picture.convert(mode)
    pixels = images.open(picture).pixels
    assert pixels.shape == (8, 8, 3)
    assert pixels.min() >= 250


def test_grey_stays_grey() -> None:
    photo = images.open(encoded(Image.new("L", (5, 4), 77), "PNG"))
    assert photo.pixels.shape == (4, 5, 3)
    assert (photo.pixels == 77).all()


def test_a_cmyk_jpeg_opens_in_its_colours_not_in_their_opposites() -> None:
    photo = images.open(encoded(quarters().convert("CMYK"), "JPEG", quality=95))
    assert_colours(photo.pixels, RED, GREEN, BLUE, GREY, tolerance=15)


def test_an_inverted_cmyk_jpeg_as_photoshop_writes_it_opens_in_its_colours() -> None:
    data = encoded(quarters().convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data[:40], "Pillow writes the Adobe marker, which says that the values are inverted"
    assert_colours(images.open(data).pixels, RED, GREEN, BLUE, GREY, tolerance=15)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_white(mode: str) -> None:
    picture = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 128), (0, 0, 2, 4))
    pixels = images.open(encoded(picture.convert(mode), "PNG")).pixels
    assert tuple(pixels[0, 3]) == (255, 255, 255)
    assert abs(int(pixels[0, 0, 0]) - 127) <= 1


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_a_transparent_colour_is_laid_on_white(mode: str) -> None:
    picture = Image.new("L", (4, 4), 0)
    picture.paste(90, (0, 0, 2, 4))
    value = (0, 0, 0) if mode == "RGB" else 0
    data = encoded(picture.convert(mode), "PNG", transparency=value)
    pixels = images.open(data).pixels
    assert tuple(pixels[0, 3]) == (255, 255, 255)
    assert tuple(pixels[0, 0]) == (90, 90, 90)


def test_16_bit_grey_is_scaled_not_clipped() -> None:
    values = np.array([[0, 257, 32768, 65535]], dtype=np.uint16)
    for format in ("PNG", "TIFF"):
        pixels = images.open(encoded(Image.fromarray(values), format)).pixels
        assert pixels[0, :, 0].tolist() == [0, 1, 128, 255]
    assert images.open(Image.fromarray(values.astype(np.int32))).pixels[0, :, 0].tolist() == [0, 1, 128, 255]


def test_a_transparent_16_bit_grey_is_laid_on_white() -> None:
    data = encoded(Image.fromarray(np.array([[1000, 60000]], dtype=np.uint16)), "PNG", transparency=1000)
    assert images.open(data).pixels[0, :, 0].tolist() == [255, 233]


def test_16_bit_colour_is_scaled() -> None:
    rows = b"".join(b"\0" + struct.pack(">3H", 65535, 32768, 0) * 2 for _ in range(2))
    assert images.open(png_of(2, 2, rows, depth=16)).pixels[0, 0].tolist() == [255, 128, 0]


def test_a_float_tiff_opens_where_its_values_lie_in_0_to_1() -> None:
    picture = Image.fromarray(np.array([[0.0, 0.5, 1.0]], dtype=np.float32))
    assert images.open(encoded(picture, "TIFF")).pixels[0, :, 0].tolist() == [0, 128, 255]


def test_grey_values_beyond_16_bits_are_an_error() -> None:
    with pytest.raises(ImageError, match="beyond 65535"):
        images.open(Image.fromarray(np.array([[70_000]], dtype=np.int32)))


# --------------------------------------------------------------------------------------------------- orientation


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(
    ("orientation", "undo"),
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_a_photo_is_turned_upright(format: str, orientation: int, undo: Image.Transpose | None) -> None:
    stored = quarters() if undo is None else quarters().transpose(undo)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"PNG": {}, "TIFF": {}}.get(format, {"quality": 95})
    photo = images.open(encoded(stored, format, exif=exif, **options))
    assert (photo.width, photo.height) == (64, 48)
    assert_colours(photo.pixels, RED, GREEN, BLUE, GREY, tolerance=12)


def test_a_damaged_exif_block_leaves_the_photo_as_it_is() -> None:
    photo = images.open(encoded(quarters(), "JPEG", quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\xffnonsense"))
    assert_colours(photo.pixels, RED, GREEN, BLUE, GREY)


# ------------------------------------------------------------------------------------------------------- sources


def test_a_path_bytes_a_pil_image_and_an_array_give_the_same_pixels(tmp_path: Path) -> None:
    path = tmp_path / "party.png"
    quarters().save(path)
    expected = np.asarray(quarters())
    sources = [path, str(path), path.read_bytes(), bytearray(path.read_bytes()), quarters(), expected]
    photos = [images.open(source) for source in sources]
    assert [photo.name for photo in photos] == ["party.png", "party.png", "bytes", "bytes", "image", "array"]
    for photo in photos:
        np.testing.assert_array_equal(photo.pixels, expected)


def test_an_opened_photo_is_passed_through() -> None:
    photo = images.open(quarters())
    assert images.open(photo) is photo


def test_pixels_are_a_copy_that_cannot_be_changed() -> None:
    array = np.zeros((4, 4, 3), dtype=np.uint8)
    photo = images.open(array)
    array[:] = 255
    assert (photo.pixels == 0).all()
    with pytest.raises(ValueError, match="read-only"):
        photo.pixels[0, 0, 0] = 1


def test_a_png_called_jpg_simply_opens(tmp_path: Path) -> None:
    path = tmp_path / "party.jpg"
    path.write_bytes(encoded(quarters(), "PNG"))
    assert_colours(images.open(path).pixels, RED, GREEN, BLUE, GREY)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.full((2, 3), 80, np.uint8), [80, 80, 80]),
        (np.full((2, 3, 1), 80, np.uint8), [80, 80, 80]),
        (np.full((2, 3, 3), 80, np.uint8), [80, 80, 80]),
        (np.full((2, 3, 4), (10, 20, 30, 255), np.uint8), [10, 20, 30]),
        (np.full((2, 3, 4), (10, 20, 30, 0), np.uint8), [255, 255, 255]),
        (np.full((2, 3), 65535, np.uint16), [255, 255, 255]),
        (np.full((2, 3, 3), (257, 128 * 257, 0), np.uint16), [1, 128, 0]),
        (np.full((2, 3), 0.5, np.float32), [128, 128, 128]),
        (np.full((2, 3, 3), (0.0, 1.0, 0.2), np.float64), [0, 255, 51]),
    ],
)
def test_arrays_are_grey_rgb_or_rgba_of_8_or_16_bits_or_floats(array: np.ndarray, expected: list[int]) -> None:
    photo = images.open(array)
    assert (photo.width, photo.height) == (3, 2)
    assert photo.pixels[0, 0].tolist() == expected
    assert photo.pixels.flags.c_contiguous


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 20, 20), np.uint8), r"\(3, 20, 20\) is no image's shape"),
        (np.zeros(12, np.uint8), r"\(12,\) is no image's shape"),
        (np.zeros((1, 2, 3, 4), np.uint8), "shape"),
        (np.zeros((0, 5, 3), np.uint8), "5 x 0 pixels"),
        (np.zeros((4, 4), np.int64), "int64"),
        (np.zeros((4, 4), bool), "bool"),
        (np.full((4, 4), 255.0), r"outside \[0, 1\]"),
        (np.full((4, 4), np.nan), r"outside \[0, 1\]"),
    ],
)
def test_other_arrays_are_errors(array: np.ndarray, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        images.open(array)


def test_what_is_no_photo_at_all_is_an_error() -> None:
    with pytest.raises(ImageError, match="int cannot be opened"):
        images.open(5)  # type: ignore[arg-type]


def test_the_example_is_the_astronaut() -> None:
    try:
        photo = images.example()
    except FaceReasonError as error:
        pytest.skip(str(error))
    assert (photo.width, photo.height, photo.name) == (512, 512, "astronaut.png")


# ----------------------------------------------------------------------------------------------------- bad files


def test_a_missing_file_is_named() -> None:
    assert message_of("no/such/photo.jpg") == "no/such/photo.jpg: no such file; check the path"


def test_a_folder_is_called_a_folder(tmp_path: Path) -> None:
    assert "a folder" in message_of(tmp_path)


def test_an_empty_file_an_empty_path_and_a_file_in_a_file_are_errors(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    assert "empty (0 bytes)" in message_of(tmp_path / "empty.jpg")
    assert "path is empty" in message_of("")
    assert "cannot be read" in message_of(tmp_path / "empty.jpg" / "photo.jpg")
    assert "empty" in message_of(b"")


def test_an_impossible_path_is_an_error() -> None:
    assert "not a possible path" in message_of("a\0b.jpg")
    long = message_of("x" * 5000 + ".jpg")
    assert "cannot be read" in long
    assert len(long) < 400


@pytest.mark.skipif(sys.platform == "win32", reason="needs file modes")
def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "permission denied" in message_of(tmp_path / "secret.jpg")


@pytest.mark.parametrize("data", [b"hello, this is text", b"%PDF-1.7 and so on", b"\0" * 5000, b"<svg></svg>", b"x"])
def test_what_is_not_an_image_is_called_so(data: bytes) -> None:
    assert "not a photo" in message_of(data)


def test_postscript_is_not_run() -> None:
    assert "not a photo" in message_of(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_a_file_cut_in_half_is_called_damaged(format: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), format)
    message = message_of(data[: len(data) // 2])
    assert "damaged" in message


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_random_damage_gives_a_photo_or_an_image_error_and_nothing_else(format: str) -> None:
    dice = np.random.default_rng(7)
    sound = np.frombuffer(encoded(quarters(), format), dtype=np.uint8)
    outcomes = set()
    for _ in range(150):
        data = sound.copy()
        hit = dice.integers(0, min(len(data), 400), size=dice.integers(1, 8))
        data[hit] = dice.integers(0, 256, size=len(hit))
        try:
            outcomes.add(images.open(data.tobytes()[: dice.integers(20, len(data) + 1)], max_pixels=10**6).pixels.ndim)
        except ImageError:
            outcomes.add(0)
    assert 0 in outcomes


def test_a_png_bomb_is_refused_by_its_header_and_without_a_warning() -> None:
    bomb = png_of(30_000, 30_000, b"")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert message_of(bomb) == "photo: more than 150 million pixels; scale it down"


@pytest.mark.parametrize("size", [(10_000, 10_000), (12_000, 14_000), (16_000, 16_000)])
def test_no_warning_of_pillow_comes_through_around_its_own_limits(size: tuple[int, int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ImageError, match="more than 50 million"):
            images.open(png_of(*size, b""), max_pixels=50_000_000)


def test_a_limit_beyond_that_of_pillow_says_which_one_holds() -> None:
    with pytest.raises(ImageError, match=r"more than 178\.\d+ million pixels"):
        images.open(png_of(30_000, 30_000, b""), max_pixels=10**10)


def test_too_many_pixels_are_refused_from_pil_images_and_arrays_too() -> None:
    with pytest.raises(ImageError, match="million pixels"):
        images.open(Image.new("L", (100, 100)), max_pixels=9_999)
    with pytest.raises(ImageError, match="million pixels"):
        images.open(np.zeros((100, 100), np.uint8), max_pixels=9_999)
    assert images.open(np.zeros((100, 100), np.uint8), max_pixels=10_000).width == 100


def test_a_file_beyond_the_size_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(encoded(quarters(), "PNG"))
    size = path.stat().st_size
    assert images.open(path, max_bytes=size).width == 64
    for source in (path, path.read_bytes()):
        with pytest.raises(ImageError, match="larger than"):
            images.open(source, max_bytes=size - 1)


def test_one_pixel_and_20_000_pixels_in_a_row_open() -> None:
    assert images.open(encoded(Image.new("RGB", (1, 1), RED), "PNG")).pixels.tolist() == [[list(RED)]]
    wide = images.open(encoded(Image.new("RGB", (20_000, 40), RED), "JPEG"))
    assert (wide.width, wide.height) == (20_000, 40)


def test_an_error_is_one_line_whatever_the_file_is_called() -> None:
    message = message_of("party\n\x1b[31mred\x07\u202egpj.\udcff.jpg")
    assert message.isprintable()
    assert message == "party\\n\\x1b[31mred\\x07\\u202egpj.\\udcff.jpg: no such file; check the path"


def test_photos_open_in_many_threads_at_once() -> None:
    data = [encoded(quarters(), format) for format in ("PNG", "TIFF", "BMP")] * 10
    widths: list[int] = []
    threads = [threading.Thread(target=lambda d=d: widths.append(images.open(d).width)) for d in data]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert widths == [64] * len(data)


# ------------------------------------------------------------------------------------------------------- helpers


def message_of(source: images.Source) -> str:
    """The message of the error that opening `source` must raise, checked to be one printable line."""
    with pytest.raises(ImageError) as caught:
        images.open(source)
    message = str(caught.value)
    assert message.isprintable()
    assert "; " in message, "says what to do"
    return message


def png_of(width: int, height: int, rows: bytes, depth: int = 8) -> bytes:
    """An RGB PNG with a header that says whatever it is told to say."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
