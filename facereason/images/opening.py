"""From whatever a caller has to an upright RGB photo, or one line that says why not."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import os
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from facereason.images import fetching
from facereason.images.photo import ImageError, Photo, Pixels, printable

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    Source: TypeAlias = str | os.PathLike[str] | bytes | Image | NDArray[Any] | Photo
else:
    Source: TypeAlias = Any

MAX_BYTES = 64 * 2**20
MAX_PIXELS = 150_000_000

# Formats of photos. What can run programs or read other files (EPS, and whatever plugins add) is left out.
FORMATS = {
    "JPEG": "PIL.JpegImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
    "GIF": "PIL.GifImagePlugin",
    "TIFF": "PIL.TiffImagePlugin",
    "BMP": "PIL.BmpImagePlugin",
    "AVIF": "PIL.AvifImagePlugin",
}
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")

# EXIF orientation to the turn that makes it upright (EXIF 2.32, 4.6.4.A), as names of PIL.Image.Transpose
UPRIGHT = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}

_warnings_lock = threading.Lock()


def open(source: Source, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS, timeout: float = 20.0) -> Photo:
    """Open a photo: a path, bytes, a data or http(s) URL, a PIL image, or an array.

    Reads JPEG, PNG, WebP, GIF (first frame), TIFF, BMP, AVIF, and HEIC where pillow-heif is installed; what a file is
    is read from its content, not its name. Arrays are `(h, w)` grey, `(h, w, 3)` RGB or `(h, w, 4)` RGBA: uint8,
    uint16, or floats in [0, 1]. Transparency is laid on white, 16 bit is scaled to 8, EXIF orientation applied.

    ImageError where there is no photo, and, before it is decoded, where it has more than `max_bytes` or `max_pixels`.
    `timeout` in seconds is for URLs.
    """
    if isinstance(source, Photo):
        return source
    if isinstance(source, (bytes, bytearray, memoryview)):
        return Photo(pixels=_decode(bytes(source), "photo", max_bytes, max_pixels), name="bytes")
    if isinstance(source, str) and fetching.is_address(source):
        data = fetching.read_address(source, max_bytes, timeout)
        return Photo(pixels=_decode(data, "the photo behind the URL", max_bytes, max_pixels), name="url")
    if isinstance(source, (str, os.PathLike)):
        if not os.fspath(source):
            raise ImageError("photo: the path is empty; name a file")
        path = Path(source)
        data = fetching.read_file(path, max_bytes)
        return Photo(pixels=_decode(data, printable(str(path)), max_bytes, max_pixels), name=path.name)
    return _from_memory(source, max_pixels)


def example() -> Photo:
    """The astronaut portrait of scikit-image (NASA, public domain), 512 x 512."""
    from facereason import resources

    return open(resources.weights("astronaut.png"))


def _from_memory(source: Any, max_pixels: int) -> Photo:
    import numpy as np
    from PIL import Image

    if isinstance(source, Image.Image):
        _check_size(source.size, "PIL image", max_pixels)
        return Photo(pixels=_upright(source, "PIL image"), name="image")
    if isinstance(source, np.ndarray):
        if source.ndim in (2, 3):
            _check_size((source.shape[1], source.shape[0]), "array", max_pixels)
        return Photo(pixels=_array_to_rgb(source, "array"), name="array")
    raise ImageError(
        f"photo: a {type(source).__name__} cannot be opened; give a path, bytes, a URL, a PIL image or an array"
    )


def _decode(data: bytes, where: str, max_bytes: int, max_pixels: int) -> Pixels:
    if not data:
        raise ImageError(f"{where}: empty (0 bytes); check the file")
    if len(data) > max_bytes:
        raise ImageError(f"{where}: larger than {max_bytes / 2**20:g} MiB; save it smaller")
    with _header(data, where, max_pixels) as image:
        _check_size(image.size, where, max_pixels)
        return _upright(image, where)


def _header(data: bytes, where: str, max_pixels: int) -> Image:
    """The image behind `data`, its size known, its pixels not decoded."""
    from PIL import Image, UnidentifiedImageError

    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS and b"avif" not in data[12:64]:
        return _heif_header(data, where)
    with _quiet():
        try:
            return Image.open(io.BytesIO(data), formats=_readable_formats())
        except UnidentifiedImageError:
            raise ImageError(
                f"{where}: not a photo, or damaged; JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC can be opened"
            ) from None
        except Image.DecompressionBombError:
            # Pillow's own limit, which a larger one of ours cannot lift
            raise _too_many_pixels(where, min(max_pixels, 2 * (Image.MAX_IMAGE_PIXELS or max_pixels))) from None
        except Exception as error:
            # decoders raise whatever they trip over in damaged files: OSError, ValueError, struct.error, KeyError...
            raise _damaged(where) from error


@functools.cache
def _readable_formats() -> tuple[str, ...]:
    """Names of the formats that this Pillow knows: AVIF since 11.3."""
    for module in FORMATS.values():
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    from PIL import Image

    return tuple(name for name in FORMATS if name in Image.OPEN)


def _heif_header(data: bytes, where: str) -> Image:
    try:
        from pillow_heif import HeifImageFile
    except ImportError:
        raise ImageError(
            f'{where}: HEIC needs one more package; pip install "facereason[heic]", or save it as JPEG'
        ) from None
    try:
        image: Image = HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]
    except Exception as error:
        raise _damaged(where) from error
    return image


def _upright(image: Image, where: str) -> Pixels:
    """RGB pixels of a PIL image, turned as its EXIF says. ImageError where they cannot be decoded."""
    from PIL import Image as PilImage

    _check_shape(image.size, where)
    try:
        # of all formats TIFF warns of its size again while it is decoded
        with _quiet() if image.format == "TIFF" else contextlib.nullcontext():
            image.load()
    except Exception as error:
        raise _damaged(where) from error
    # after loading: TIFF turns itself upright then, and drops the tag
    turn = UPRIGHT.get(_orientation(image))
    rgb = _to_rgb(image, where)
    if turn:
        rgb = rgb.transpose(PilImage.Transpose[turn])
    return _frozen(rgb)


def _orientation(image: Image) -> int:
    """EXIF orientation; 1, upright, where the EXIF block is missing or damaged, as viewers do."""
    with _quiet():
        try:
            value = image.getexif().get(0x0112, 1)
        except Exception:  # noqa: BLE001 -- a block of foreign bytes; nothing of the photo depends on it
            return 1
    return value if isinstance(value, int) else 1


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without Pillow's warnings: our limits say the same. Warning filters are the whole process's, hence the lock."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _to_rgb(image: Image, where: str) -> Image:
    from PIL import Image as PilImage

    if image.mode == "I" or image.mode == "F" or image.mode.startswith("I;16"):
        return PilImage.fromarray(_array_to_rgb(_deep_grey(image, where), where))
    if image.mode not in ("RGBA", "RGBa", "LA", "La", "PA") and "transparency" not in image.info:
        return image.convert("RGB")
    # La, grey with premultiplied alpha, has no direct way to RGBA
    image = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
    white = PilImage.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _deep_grey(image: Image, where: str) -> NDArray[Any]:
    """The values of a grey image of 16 bits or more: uint16, or floats."""
    import numpy as np

    values = np.asarray(image)
    if image.mode == "F":
        return values
    # mode I has 32 bits, and is used for files of 16
    if values.min() < 0 or values.max() > 65535:
        raise ImageError(f"{where}: grey values beyond 65535; save it with 8 or 16 bits")
    values = values.astype(np.uint16)
    if isinstance(transparent := image.info.get("transparency"), int):
        values[values == transparent] = 65535
    return values


def _array_to_rgb(array: NDArray[Any], where: str) -> Pixels:
    """`(h, w)`, `(h, w, 1 | 3 | 4)` of uint8, uint16 or floats in [0, 1] to `(h, w, 3)` uint8."""
    import numpy as np

    grey_or_colour = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))
    if not grey_or_colour:
        raise ImageError(
            f"{where}: {array.shape} is no image's shape; give (height, width), (height, width, 3) or (..., 4)"
        )
    _check_shape((array.shape[1], array.shape[0]), where)
    if array.ndim == 2:
        array = array[:, :, None]
    channels = _to_8_bit(array, where)
    if channels.shape[2] == 4:
        alpha = channels[:, :, 3:].astype(np.uint16)
        blended = channels[:, :, :3] * alpha + 255 * (255 - alpha)
        channels = ((blended + 127) // 255).astype(np.uint8)
    return _frozen(np.broadcast_to(channels, (*channels.shape[:2], 3)))


def _to_8_bit(array: NDArray[Any], where: str) -> Pixels:
    import numpy as np

    if array.dtype == np.uint8:
        return array
    if array.dtype == np.uint16:
        return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)  # 65535 / 255 = 257, rounded
    if array.dtype.kind == "f":
        if not (array.min() >= 0 and array.max() <= 1):  # also false where a value is not a number
            raise ImageError(f"{where}: float values outside [0, 1]; scale them, or give uint8")
        return np.round(array * 255).astype(np.uint8)
    raise ImageError(f"{where}: values of type {array.dtype}; give uint8, uint16, or floats in [0, 1]")


def _frozen(pixels: Any) -> Pixels:
    """A read-only, contiguous copy that nobody else holds."""
    import numpy as np

    copy = np.array(pixels, dtype=np.uint8, order="C")
    copy.flags.writeable = False
    return copy


def _check_size(size: tuple[int, int], where: str, max_pixels: int) -> None:
    if size[0] * size[1] > max_pixels:
        raise _too_many_pixels(where, max_pixels)


def _check_shape(size: tuple[int, int], where: str) -> None:
    if min(size) < 1:
        raise ImageError(f"{where}: {size[0]} x {size[1]} pixels, so there is nothing to see; check it")


def _too_many_pixels(where: str, max_pixels: int) -> ImageError:
    return ImageError(f"{where}: more than {max_pixels / 1e6:,.10g} million pixels; scale it down")


def _damaged(where: str) -> ImageError:
    return ImageError(f"{where}: damaged or cut short, it cannot be decoded; get a complete copy of it")
