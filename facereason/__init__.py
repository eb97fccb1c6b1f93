"""Ask questions about the faces in a photo, and see what in each face the answer rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facereason.agent import FaceReason

__version__ = "0.1.0"
__all__ = ["FaceReason", "__version__"]


def __getattr__(name: str) -> Any:
    """`FaceReason` is loaded when it is first asked for: importing the package stays cheap."""
    if name == "FaceReason":
        from facereason.agent import FaceReason

        return FaceReason
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
