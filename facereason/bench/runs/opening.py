"""Who is asked, and who judges: what a plan names, opened."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from facereason.bench.runs import answers, instrument, pipeline
from facereason.bench.runs.contrastive import ContrastiveRespondent
from facereason.bench.runs.judges import Judge
from facereason.bench.runs.respondents import SERVERS, ModelRespondent, Respondent
from facereason.types import UsageError
from facereason.vlm import Capability, names

if TYPE_CHECKING:
    from facereason.bench.runs.running import Plan
    from facereason.vlm.api import Settings

IN_FLIGHT: Mapping[str, int] = {"openai": 64, "vllm": 64, "vllm-offline": 64, "hf": 16}
"""Calls at a time by provider; of others 4."""
OURS: Mapping[str, Callable[[], Respondent]] = {
    instrument.NAME: instrument.InstrumentRespondent,
    pipeline.NAME: pipeline.AgentRespondent,
}
"""Respondents that are no models."""


def is_model(name: str) -> bool:
    """Whether this is a model of `facereason.vlm`, and neither ours nor a file of answers."""
    return name not in OURS and not name.startswith(answers.PREFIX)


def together(plan: Plan, model: str) -> tuple[int, str]:
    """Calls at a time of a model, and its provider."""
    provider = names.parse(model).provider if model else ""
    return plan.in_flight or IN_FLIGHT.get(provider, 4), provider


def respondent(plan: Plan, provider: str, in_flight: int, settings: Settings | None) -> Respondent:
    from facereason.vlm.opening import open_model

    if not is_model(plan.model):
        return OURS[plan.model]() if plan.model in OURS else answers.AnswersRespondent(plan.model)
    model = open_model(plan.model, _within(provider, in_flight, settings))
    if Capability.SIMILARITY in model.can:
        return ContrastiveRespondent(model)
    return ModelRespondent(model, together=in_flight, served=provider in SERVERS, confidence=plan.confidence)


def judge(plan: Plan, settings: Settings | None) -> Judge | None:
    from facereason.vlm.opening import open_model

    if plan.judge is None:
        return None
    if not is_model(plan.judge):
        raise UsageError(f"--judge {plan.judge}: it reads faces, no words; name a language model")
    in_flight, provider = together(plan, plan.judge)
    model = open_model(plan.judge, _within(provider, in_flight, settings))
    return Judge(model, together=in_flight, served=provider in SERVERS)


def _within(provider: str, in_flight: int, settings: Settings | None) -> Settings | None:
    if provider not in SERVERS:
        return settings
    from facereason.vlm.api import Settings

    return dataclasses.replace(settings or Settings(timeout=300.0), in_flight=in_flight)
