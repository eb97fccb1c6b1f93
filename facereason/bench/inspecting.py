"""The tasks offered to inspect-ai: `inspect eval facereason/fer-ferplus --model openai/gpt-4o -T data=data/`.

An adapter, not the engine: questions, words and scorers are those of `bench run`; inspect asks and keeps its own logs.
Give `--no-log-images`: pictures make its logs fifty times as large. Loaded by inspect through an entry point.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from facereason import scoring
from facereason.bench.tasks import catalogue
from facereason.bench.tasks.task import Question, Source, Task
from facereason.data import BadRow, DataError
from facereason.scoring import Disposition


def task(name: str, source: Source) -> Any:
    """The `inspect_ai.Task` of one of ours. DataError where a row of the data is no record."""
    from inspect_ai import Task as InspectTask
    from inspect_ai.dataset import MemoryDataset
    from inspect_ai.model import GenerateConfig
    from inspect_ai.solver import generate

    ours = catalogue.known()[name]
    questions = [_question(found) for found in ours.questions(source)]
    first = questions[0]
    return InspectTask(
        dataset=MemoryDataset([_sample(each) for each in questions], name=name),
        solver=generate(),
        scorer=_scorer(ours),
        config=GenerateConfig(max_tokens=first.max_tokens, temperature=first.temperature),
        metadata={"prompt_sha256": ours.prompt_sha256, "data": list(ours.data)},
    )


def _question(found: Question | BadRow) -> Question:
    if isinstance(found, BadRow):
        raise DataError(str(found))
    return found


def _sample(question: Question) -> Any:
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ChatMessageSystem, ChatMessageUser, ContentImage, ContentText

    shown = [ContentImage(image=_address(file)) for file in question.pictures]
    asked = [ChatMessageUser(content=[*shown, ContentText(text=question.text)])]
    return Sample(
        id=question.id,
        input=[*([ChatMessageSystem(content=question.system)] if question.system else []), *asked],
        target=str(question.truth.get("answer", "")),
        metadata={"truth": dict(question.truth), "groups": dict(question.groups), "photo": question.photo},
    )


def _address(file: bytes) -> str:
    kind = "png" if file.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(file).decode()}"


def _scorer(ours: Task) -> Any:
    """Right or not by our scorer; what became of the reply, and what was counted, in the score's metadata."""
    from inspect_ai.scorer import CORRECT, INCORRECT, Score, accuracy, scorer, stderr

    judge = scoring.scorer(ours.scorer)

    @scorer(name=f"facereason_{ours.scorer}", metrics=[accuracy(), stderr()])  # type: ignore[untyped-decorator]
    def made() -> Callable[[Any, Any], Any]:
        async def score(state: Any, target: Any) -> Any:
            refused = state.output.stop_reason == "content_filter"
            judged = judge(state.output.completion, state.metadata["truth"], refused=refused)
            return Score(
                value=CORRECT if judged.outcome is Disposition.RIGHT else INCORRECT,
                answer=judged.answer,
                metadata={"outcome": judged.outcome.value, "parts": dict(judged.parts)},
            )

        return score

    return made()


def register() -> None:
    """Make every task known to inspect, as SUITE-TASK, and a suite of one task by its own name too."""
    from inspect_ai import task as registered

    for suite, names in catalogue.suites().items():
        for name in names:
            called = name.replace("/", "-")
            for each in (called, suite) if len(names) == 1 and suite != called else (called,):
                registered(name=each)(_maker(name))


def _maker(name: str) -> Callable[..., Any]:
    def make(data: str | None = None, photos: str | None = None, first: int | None = None, seed: int = 0) -> Any:
        return task(name, Source(folder=data, photos=photos, limit=first, seed=seed))

    return make
