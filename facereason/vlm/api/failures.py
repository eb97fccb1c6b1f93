"""What went wrong on the way to a server and back, said in one line and without the key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from facereason.images import printable
from facereason.vlm.api.retrying import Passing, retry_after
from facereason.vlm.errors import ContextError, ModelError, ReplyError, UnavailableError

PASSING = {408, 409, 429}
TOO_LONG = re.compile(
    r"context[ _]length|context[ _]window|maximum model length|max_model_len|prompt is too long|too many tokens"
)
NO_IMAGES = re.compile(
    r"not support (?:\w+ )?(?:image|vision)|not a multimodal|multi-?modal|image_url|image inputs? (?:is|are) not|"
    r"(?:no|without) (?:vision|image)|at most 0 image"
)


class BrokenStreamError(Exception):
    """A stream ended without saying why the reply ended."""


class Failures:
    """Explains the openai client's errors for the model `name`. `secrets` never get into what is said; `key_name`: the
    environment variable that holds the key."""

    def __init__(self, name: str, where: str, key_name: str, secrets: tuple[str, ...]) -> None:
        self._name = name
        self._where = where
        self._key_name = key_name
        self._secrets = tuple(secret for secret in secrets if secret)

    def explain(self, error: Exception) -> Passing:
        """What may pass of `error`; what will not is raised as an error of `vlm.errors`."""
        import openai

        if isinstance(error, openai.APITimeoutError):
            return Passing(why=f"{self._where} did not answer in time")
        if isinstance(error, openai.APIConnectionError):
            return Passing(why=f"no connection to {self._where}, or it broke{self._cause(error)}")
        if isinstance(error, openai.APIStatusError):
            return self._status(error)
        if isinstance(error, BrokenStreamError):
            return Passing(why=f"the stream from {self._where} broke")
        if isinstance(error, openai.APIResponseValidationError | ValueError):
            raise ReplyError(f"{self._name}: {self._where} answered with what is no chat completion") from None
        return Passing(why=f"{self._where} says: {self.clean(str(error))}")

    def clean(self, text: str) -> str:
        """`text` on one line, printable, shortened, and without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "[key]")
        return printable(text.strip(), 300)

    def _status(self, error: Any) -> Passing:
        status: int = error.status_code
        text = _server_text(error)
        if status == 429 and "insufficient_quota" in (error.code, error.type):
            raise UnavailableError(f"{self._name}: the account's quota is used up: {self.clean(text)}") from None
        if status in PASSING or status >= 500:
            after = retry_after(error.response.headers.get("retry-after", ""))
            what = "too many requests" if status == 429 else self.clean(text) or "it says no more"
            return Passing(why=f"{self._where} answered {status}: {what}", after=after)
        if status in (401, 403):
            raise UnavailableError(
                f"{self._name}: {self._where} refused the key ({status}); check {self._key_name}"
            ) from None
        if status == 404:
            raise UnavailableError(f"{self._name}: no such model at {self._where}; check its name") from None
        self._bad_request(status, text, error.code)

    def _bad_request(self, status: int, text: str, code: str | None) -> NoReturn:
        said = f"{code or ''} {text}".lower()
        if TOO_LONG.search(said):
            raise ContextError(f"{self._name}: the messages are too long: {self.clean(text)}") from None
        if NO_IMAGES.search(said):
            raise ModelError(f"{self._name}: server takes no images: {self.clean(text)}") from None
        hint = (
            "; for a model that takes none, write +temperature=default behind its name" if "temperature" in said else ""
        )
        raise ModelError(f"{self._name}: {self._where} answered {status}: {self.clean(text)}{hint}") from None

    def _cause(self, error: Exception) -> str:
        cause = self.clean(str(error.__cause__ or ""))
        return f" ({cause})" if cause else ""


def _server_text(error: Any) -> str:
    """The server's own words: its `error.message`, or what it sent instead."""
    body = error.body
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        said = inner.get("message") if isinstance(inner, Mapping) else inner
        if isinstance(said, str):
            return said
    return body if isinstance(body, str) else str(error.message)
