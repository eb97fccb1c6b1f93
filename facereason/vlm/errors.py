"""What can go wrong with a model: each error is one line that says what, where and what to do.

A refusal is none of them: a model that declines has answered (`messages.Finish.REFUSED`).
"""

from __future__ import annotations

from facereason.types import FaceReasonError, UsageError


class ModelError(FaceReasonError):
    """A model could not be used, or what it returned cannot be."""


class UnavailableError(ModelError):
    """This model cannot be reached or loaded now, another one may be: the error that a route's fallbacks are for."""


class UnsupportedError(UsageError):
    """The model was asked for what it does not declare (`Model.can`)."""


class BudgetError(ModelError):
    """The next call could overrun the budget; nothing was sent."""


class ContextError(ModelError):
    """Messages and pictures are longer than what the model takes."""


class ReplyError(ModelError):
    """The model replied, but not with what was asked for. `text`: its reply as it came."""

    def __init__(self, message: str, text: str = "") -> None:
        super().__init__(message)
        self.text = text


class EmptyReplyError(ReplyError):
    """The model replied with nothing."""


class FormatError(ReplyError):
    """The reply is not the JSON, or not in the format, that was asked for."""
