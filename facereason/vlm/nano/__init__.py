"""The nano model as it ships: read from safetensors and run with NumPy and onnxruntime, without torch."""

from facereason.vlm.nano.model import NanoModel

__all__ = ["NanoModel"]
