"""The record of one call of a model, for the provenance of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from facereason.types import Call

if TYPE_CHECKING:
    from facereason.vlm.routing import Job, Said


def record(job: Job, said: Said, people: Sequence[int], prompt: str, pictures: int, text: str) -> Call:
    """Who was asked for what, about whom (their numbers), and what came back. `prompt`: name, version and start of the
    hash of the template, or the bare words that a model without one was given; `text`: the reply with names struck."""
    usage, who = said.reply.usage, said.identity
    return Call(
        job=job.value,
        model=who.name,
        family=who.family,
        revision=who.revision,
        adapter=who.adapter,
        adapter_revision=who.adapter_revision,
        people=tuple(people),
        prompt=prompt,
        text=text,
        refused=said.reply.refused,
        pictures=pictures,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost=usage.cost,
        seconds=round(usage.seconds, 3),
        cached=usage.cached,
        passed=said.passed,
    )
