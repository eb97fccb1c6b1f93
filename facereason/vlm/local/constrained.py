"""JSON by schema: at each token only what can still become a valid reply may be taken (llguidance)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from facereason.images import printable
from facereason.types import UsageError
from facereason.vlm.errors import ModelError, UnavailableError

if TYPE_CHECKING:
    import torch

    from facereason.vlm.local.loading import Base

MISSING = 'JSON from local models needs llguidance: pip install "facereason[local]"'


def grammar(schema: Mapping[str, Any]) -> str:
    """llguidance's grammar of a schema; UsageError where the schema is wrong."""
    try:
        from llguidance import LLMatcher
    except ImportError:
        raise UnavailableError(MISSING) from None
    try:
        # where whitespace is free, a model can fill max_tokens with it
        made = LLMatcher.grammar_from_json_schema(json.dumps(schema), overrides={"whitespace_flexible": False})
    except ValueError as error:
        raise UsageError(f"the schema cannot be used: {printable(str(error))}") from None
    return str(made)


class Constraint:
    """A logits processor for transformers; one matcher a row, since rows part from the first token on."""

    def __init__(self, base: Base, schema: Mapping[str, Any]) -> None:
        self._base = base
        self._grammar = grammar(schema)
        self._rows: list[Any] = []
        self._mask: Any = None

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        import llguidance.numpy as guide
        import numpy as np
        import torch

        if not self._rows:
            self._start(*scores.shape)
        else:
            for row, token in zip(self._rows, input_ids[:, -1].tolist(), strict=True):
                if not row.is_stopped():
                    self._took(row, token)
        for number, row in enumerate(self._rows):
            guide.fill_next_token_bitmask(row, self._mask, number)  # the end only, where the JSON is whole
        # llguidance.torch would do this by torch.compile, which takes half a minute on a CPU
        allowed = np.unpackbits(self._mask.view(np.uint8), axis=1, bitorder="little")[:, : scores.shape[1]]
        return scores.masked_fill(torch.from_numpy(allowed == 0).to(scores.device), -torch.inf)

    def _start(self, rows: int, vocabulary: int) -> None:
        import llguidance.hf
        import llguidance.numpy as guide

        words = self._base.tokenizer
        end = words.eos_token_id if words.eos_token_id in self._base.ends else self._base.ends[0]
        known = llguidance.hf.from_tokenizer(words, n_vocab=vocabulary, eos_token=end)
        self._rows = [llguidance.LLMatcher(known, self._grammar) for _ in range(rows)]
        if wrong := self._rows[0].get_error():
            raise UsageError(f"the schema cannot be used: {printable(wrong)}")
        self._mask = guide.allocate_token_bitmask(rows, vocabulary)

    def _took(self, row: Any, token: int) -> None:
        if not row.consume_token(token):
            raise ModelError(f"{self._base.name}: the schema's grammar failed: {printable(row.get_error())}")
