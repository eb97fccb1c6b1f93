"""The bytes of a photo from a file or an address, never more than allowed."""

from __future__ import annotations

import base64
import binascii
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from facereason.images.photo import ImageError, printable

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.request import OpenerDirector

CHUNK = 1 << 16


def is_address(text: str) -> bool:
    """Whether `text` is an address (`data:...` or `scheme://...`), not a path."""
    return re.match(r"data:|[a-z][a-z0-9+.-]*://", text, re.IGNORECASE) is not None


def read_file(path: Path, max_bytes: int) -> bytes:
    """The file's bytes. ImageError where there is no such file, it cannot be read, or it is larger than `max_bytes`."""
    where = printable(str(path))
    try:
        if path.is_dir():
            raise ImageError(f"{where}: a folder, not a photo; name the files in it")
        with path.open("rb") as file:
            # pipes have no size: reading one byte more than allowed tells for all of them
            data = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise ImageError(f"{where}: no such file; check the path") from None
    except PermissionError:
        raise ImageError(f"{where}: permission denied; check who may read it") from None
    except OSError as error:
        raise ImageError(f"{where}: cannot be read ({error.strerror}); check the path") from None
    except ValueError:  # a null character
        raise ImageError(f"{where}: not a possible path; check it") from None
    if len(data) > max_bytes:
        raise ImageError(f"{where}: larger than {_mebibytes(max_bytes)}; save it smaller")
    return data


def read_address(address: str, max_bytes: int, timeout: float) -> bytes:
    """The bytes behind a `data:`, `http:` or `https:` URL. ImageError where there are none, or more than `max_bytes`.

    `timeout`, seconds, holds for connecting, for each wait, and once more for the transfer as a whole.
    """
    scheme = address.partition(":")[0].lower()
    if scheme == "data":
        return _data(address, max_bytes)
    if scheme in ("http", "https"):
        return _download(address, max_bytes, timeout)
    raise ImageError(f"{_public(address)}: only http, https and data URLs are opened; for a file give its path")


def _data(address: str, max_bytes: int) -> bytes:
    from urllib.parse import unquote_to_bytes

    head, comma, payload = address.partition(",")
    if not comma:
        raise ImageError("data URL: there is no comma before the data; check that it is complete")
    data = unquote_to_bytes(payload)
    if head.lower().endswith(";base64"):
        try:
            data = base64.b64decode(b"".join(data.split()), validate=True)
        except binascii.Error:
            raise ImageError("data URL: not valid base64; check that it is complete") from None
    if len(data) > max_bytes:
        raise ImageError(f"data URL: larger than {_mebibytes(max_bytes)}; save the photo smaller")
    return data


def _download(address: str, max_bytes: int, timeout: float) -> bytes:
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import Request

    where = _public(address)
    too_slow = ImageError(f"{where}: no complete answer within {timeout:g} s; try again or download it first")
    deadline = time.monotonic() + timeout
    try:
        request = Request(address, headers={"User-Agent": "facereason", "Accept": "image/*,*/*;q=0.5"})
        with _opener().open(request, timeout=timeout) as response:
            kind = response.headers.get_content_type()
            # a server that does not know a photo's type says octet-stream or text/plain: those are tried
            if kind in ("text/html", "application/xhtml+xml", "application/json"):
                raise ImageError(f"{where}: {kind}, not a photo; give the address of the image itself")
            data = _body(response, max_bytes, deadline)
    except HTTPError as error:
        raise ImageError(
            f"{where}: the server answered {error.code} {printable(str(error.reason))}; check it"
        ) from None
    except TimeoutError:
        raise too_slow from None
    except URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise too_slow from None
        raise ImageError(f"{where}: cannot be reached ({printable(str(error.reason))}); check the address") from None
    except (OSError, HTTPException, ValueError) as error:
        why = printable(str(error)) or type(error).__name__
        raise ImageError(f"{where}: cannot be read ({why}); check the address") from None
    if len(data) > max_bytes:
        raise ImageError(f"{where}: larger than {_mebibytes(max_bytes)}; download it and save it smaller")
    return data


def _body(response: HTTPResponse, max_bytes: int, deadline: float) -> bytes:
    """The body, or its beginning where that is larger than allowed. TimeoutError where it is not done by `deadline`."""
    parts: list[bytes] = []
    size = 0
    while size <= max_bytes and (part := response.read1(CHUNK)):
        parts.append(part)
        size += len(part)
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(parts)


def _opener() -> OpenerDirector:
    """An opener that knows http and https and nothing else: no redirect leads it to a file."""
    import urllib.request as web

    opener = web.OpenerDirector()
    for handler in (
        web.ProxyHandler(),
        web.UnknownHandler(),
        web.HTTPHandler(),
        web.HTTPSHandler(),
        web.HTTPDefaultErrorHandler(),
        web.HTTPRedirectHandler(),
        web.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _public(address: str) -> str:
    """The address without what may be secret: user, password, query."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(address)
    except ValueError:
        return printable(address.partition("?")[0])
    return printable(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:g} MiB"
