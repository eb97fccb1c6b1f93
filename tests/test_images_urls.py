"""Photos behind addresses: data URLs, and a real web server on the loopback interface."""

import base64
import contextlib
import io
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from facereason import images
from facereason.images import ImageError


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (12, 8), (10, 200, 30)).save(buffer, "PNG")
    return buffer.getvalue()


class Handler(BaseHTTPRequestHandler):
    """Answers by path; `/to?URL` redirects there."""

    secret: Path

    def do_GET(self) -> None:
        match self.path.split("?")[0]:
            case "/photo.png":
                self.answer(png(), "image/png")
            case "/untyped":
                self.answer(png(), "application/octet-stream")
            case "/page":
                self.answer(b"<!doctype html><title>hello</title>", "text/html; charset=utf-8")
            case "/text-called-png":
                self.answer(b"hello", "image/png")
            case "/large":
                self.answer(bytes(200_000), "image/png")
            case "/endless":
                self.send_response(200)
                self.end_headers()
                for _ in range(1000):
                    self.wfile.write(bytes(1000))
            case "/cut":
                self.send_response(200)
                self.send_header("Content-Length", str(len(png())))
                self.end_headers()
                self.wfile.write(png()[:40])
            case "/slow":
                time.sleep(3)
            case "/drip":
                self.send_response(200)
                self.end_headers()
                for _ in range(30):
                    self.wfile.write(b"x")
                    time.sleep(0.1)
            case "/to":
                self.send_response(302)
                self.send_header("Location", self.path.split("?", 1)[1])
                self.end_headers()
            case "/loop":
                self.send_response(302)
                self.send_header("Location", "/loop")
                self.end_headers()
            case _:
                self.send_error(404, "Not Found\x1b[31m")

    def answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def handle(self) -> None:
        # the client hangs up, as it should, on too large or too slow answers
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            super().handle()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


def message_of(address: str, **limits: float) -> str:
    with pytest.raises(ImageError) as caught:
        images.open(address, **limits)  # type: ignore[arg-type]
    message = str(caught.value)
    assert message.isprintable()
    assert "; " in message, "says what to do"
    return message


def test_an_http_address_opens(server: str) -> None:
    photo = images.open(f"{server}/photo.png")
    assert (photo.width, photo.height, photo.name) == (12, 8, "url")
    assert photo.pixels[0, 0].tolist() == [10, 200, 30]


def test_a_server_that_does_not_know_the_type_is_no_hindrance(server: str) -> None:
    assert images.open(f"{server}/untyped").width == 12


def test_a_redirect_to_another_http_address_is_followed(server: str) -> None:
    assert images.open(f"{server}/to?{server}/photo.png").width == 12


def test_a_redirect_to_a_file_is_not_followed(server: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png())
    assert "is not allowed" in message_of(f"{server}/to?{secret.as_uri()}")


def test_a_redirect_in_a_circle_ends(server: str) -> None:
    assert "302" in message_of(f"{server}/loop")


def test_404_is_named(server: str) -> None:
    assert "the server answered 404" in message_of(f"{server}/nothing.png")


def test_a_page_is_not_a_photo(server: str) -> None:
    assert "text/html, not a photo" in message_of(f"{server}/page")


def test_a_text_called_an_image_is_not_a_photo(server: str) -> None:
    assert message_of(f"{server}/text-called-png").startswith("the photo behind the URL: not a photo")


@pytest.mark.parametrize("path", ["/large", "/endless"])
def test_a_large_answer_is_not_read_to_its_end(server: str, path: str) -> None:
    assert "larger than" in message_of(f"{server}{path}", max_bytes=100_000)


def test_an_answer_cut_short_is_an_error(server: str) -> None:
    message_of(f"{server}/cut")


@pytest.mark.parametrize("path", ["/slow", "/drip"])
def test_a_slow_server_is_given_up(server: str, path: str) -> None:
    start = time.monotonic()
    assert "within 0.5 s" in message_of(f"{server}{path}", timeout=0.5)
    assert time.monotonic() - start < 2.5


def test_a_refused_connection_is_an_error() -> None:
    assert "cannot be reached" in message_of("http://127.0.0.1:9/photo.png", timeout=2)


@pytest.mark.parametrize("address", ["ftp://example.org/a.png", "file:///etc/hostname", "gopher://x/1", "s3://b/a.png"])
def test_other_schemes_are_refused(address: str) -> None:
    assert "only http, https and data URLs" in message_of(address)


@pytest.mark.parametrize("address", ["http://", "http://[::1/photo.png", "http://127.0.0.1:99999/a.png", "https:// /"])
def test_what_is_no_address_is_an_error(address: str) -> None:
    message_of(address, timeout=2)


def test_secrets_in_an_address_stay_out_of_the_message(server: str) -> None:
    address = server.replace("http://", "http://user:hunter2@") + "/nothing.png?token=abc123"
    message = message_of(address)
    assert "hunter2" not in message
    assert "abc123" not in message
    assert "/nothing.png" in message


def test_a_data_url_opens_base64_or_not() -> None:
    packed = base64.b64encode(png()).decode()
    quoted = "".join(f"%{byte:02x}" for byte in png())
    for address in (f"data:image/png;base64,{packed}", f"DATA:;base64,{packed[:9]}%0A{packed[9:]}", f"data:,{quoted}"):
        photo = images.open(address)
        assert (photo.width, photo.name) == (12, "url")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("data:image/png;base64", "no comma"),
        ("data:image/png;base64,%%%", "not valid base64"),
        ("data:image/png;base64,iVBORw0K", "not a photo, or damaged"),
        ("data:image/png;base64,", "empty"),
        ("data:text/plain,hello", "not a photo"),
    ],
)
def test_a_broken_data_url_is_an_error_that_does_not_repeat_the_data(address: str, message: str) -> None:
    assert message in message_of(address)
    assert "iVBOR" not in message_of(address)


def test_a_large_data_url_is_refused() -> None:
    packed = base64.b64encode(png()).decode()
    assert "larger than" in message_of(f"data:image/png;base64,{packed}", max_bytes=20)
