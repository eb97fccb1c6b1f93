"""Models behind an address: OpenAI's, and whatever speaks its chat completions (vLLM, llama.cpp, Ollama)."""

from facereason.vlm.api.budget import Budget, Price
from facereason.vlm.api.model import ApiModel
from facereason.vlm.api.settings import Settings

__all__ = ["ApiModel", "Budget", "Price", "Settings"]
