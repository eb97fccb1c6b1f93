"""From a name to the model behind it. Nothing is loaded or connected before the first question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facereason.vlm.model import Model
from facereason.vlm.names import ModelName, parse

if TYPE_CHECKING:
    from facereason.vlm.api import Settings


def open_model(name: str | ModelName, settings: Settings | None = None) -> Model:
    """The model of this name; `settings` are for API models. UsageError where the name is wrong."""
    name = parse(name) if isinstance(name, str) else name
    if name.provider == "hf":
        from facereason.vlm.local import LocalModel

        return LocalModel(name)
    if name.provider == "vllm-offline":
        from facereason.vlm.offline import OfflineModel

        return OfflineModel(name)
    if name.provider in ("openai", "vllm"):
        from facereason.vlm.api import ApiModel, Settings

        return ApiModel(name, settings or Settings())
    if name.provider == "nano":
        from facereason.vlm.nano import NanoModel

        return NanoModel(name)
    from facereason.vlm.fake import FakeModel

    return FakeModel(name)
