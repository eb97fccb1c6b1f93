"""Models on this machine, with transformers."""

from facereason.vlm.local.merging import Parity, merge
from facereason.vlm.local.model import LocalModel

__all__ = ["LocalModel", "Parity", "merge"]
