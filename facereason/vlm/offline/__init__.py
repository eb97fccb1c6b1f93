"""Models on this machine with vLLM's offline engine: for jobs of many questions."""

from facereason.vlm.offline.model import OfflineModel

__all__ = ["OfflineModel"]
