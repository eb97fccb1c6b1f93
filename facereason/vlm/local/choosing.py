"""How probable each of fixed answers is as the whole reply: exact, from the model's own logits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from facereason.vlm.errors import ModelError
from facereason.vlm.local import encoding
from facereason.vlm.messages import Message

if TYPE_CHECKING:
    import torch

    from facereason.vlm.local.loading import Base

TOGETHER = 16
"""Answers in one pass."""


def logprobs(base: Base, name: str, messages: Sequence[Message], answers: Sequence[str]) -> dict[str, float]:
    """Natural logarithm of the probability of each answer, its end included, at temperature 1.

    The caller has made the right adapter active.
    """
    import torch

    prompt = encoding.encode(base, [messages])
    written = [base.tokenizer(answer, add_special_tokens=False)["input_ids"] for answer in answers]
    if empty := [answer for answer, ids in zip(answers, written, strict=True) if not ids]:
        raise ModelError(f"{name}: has no token for the answer {empty[0]!r}")
    encoding.check_length(base, prompt, max(map(len, written)) + 1, name)
    score = _decoder_scores if base.two_part else _continued_scores
    values: list[float] = []
    with torch.inference_mode():
        for start in range(0, len(written), TOGETHER):
            values += score(base, prompt, written[start : start + TOGETHER])
    return dict(zip(answers, values, strict=True))


def _continued_scores(base: Base, prompt: encoding.Inputs, answers: list[list[int]]) -> list[float]:
    """Prompt and answers in one row each, padded on the right, where causal attention does not see it."""
    import torch

    ids, mask = _padded(base, answers)
    rows = {key: torch.cat([value] * len(answers)) for key, value in prompt.items()}
    rows["input_ids"] = torch.cat([rows["input_ids"], ids], dim=1)
    rows["attention_mask"] = torch.cat([rows["attention_mask"], mask], dim=1)
    for key in ("token_type_ids", "mm_token_type_ids"):
        if key in rows:
            # PaliGemma attends in both directions wherever this is 0: answers would see what they should predict
            kind = 1 if base.family.flat is not None else 0
            rows[key] = torch.cat([rows[key], torch.full_like(ids, kind)], dim=1)
    logits = base.model(**rows, logits_to_keep=ids.shape[1] + 1, use_cache=False).logits
    return _summed(base, logits, answers)


def _decoder_scores(base: Base, prompt: encoding.Inputs, answers: list[list[int]]) -> list[float]:
    import torch

    settings = base.model.generation_config
    start = settings.decoder_start_token_id
    start = base.config.get_text_config().decoder_start_token_id if start is None else start
    forced = settings.forced_bos_token_id
    begin = [start] if forced is None else [start, forced]
    ids, mask = _padded(base, answers)
    front = torch.tensor([begin] * len(answers), device=base.device)
    rows = {key: torch.cat([value] * len(answers)) for key, value in prompt.items()}
    rows["decoder_input_ids"] = torch.cat([front, ids], dim=1)
    rows["decoder_attention_mask"] = torch.cat([torch.ones_like(front), mask], dim=1)
    logits = base.model(**rows, use_cache=False).logits
    return _summed(base, logits[:, len(begin) - 1 :], answers)


def _padded(base: Base, answers: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    longest = max(map(len, answers))
    fill = base.tokenizer.pad_token_id if base.tokenizer.pad_token_id is not None else base.ends[0]
    ids = [answer + [fill] * (longest - len(answer)) for answer in answers]
    mask = [[1] * len(answer) + [0] * (longest - len(answer)) for answer in answers]
    return torch.tensor(ids, device=base.device), torch.tensor(mask, device=base.device)


def _summed(base: Base, logits: torch.Tensor, answers: list[list[int]]) -> list[float]:
    """Sums over the tokens of each answer and any of the tokens that end a reply. `logits[:, i]` predict token `i`."""
    import torch

    each = torch.log_softmax(logits.float(), dim=-1)
    sums = []
    for row, answer in zip(each, answers, strict=True):
        places = torch.arange(len(answer), device=row.device)
        said = row[places, torch.tensor(answer, device=row.device)].double().sum()
        sums.append(float(said + torch.logsumexp(row[len(answer), base.ends].double(), dim=0)))
    return sums
