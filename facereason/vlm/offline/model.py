"""A model in vLLM's offline engine, with or without an adapter."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from facereason.vlm.api.structured import validator
from facereason.vlm.errors import ModelError
from facereason.vlm.families import Family
from facereason.vlm.messages import Choice, Message, Reply, Request, Role
from facereason.vlm.model import Capability, Identity, Model, choice, reply_of
from facereason.vlm.names import ModelName
from facereason.vlm.offline import asking, engine


class OfflineModel(Model):
    """`vllm-offline/NAME`: a batch is one call of the engine, which packs it as it sees fit. The engine is started when
    first asked, and shared by models whose adapters on one base have similar ranks; the base without one has its own.

    Nothing is streamed; families that take no turns choose among no answers (`can`). `more`: further arguments of
    `vllm.LLM`, such as `enforce_eager=True`. Start it from a script whose work is under `if __name__ == "__main__":`,
    since vLLM may start its processes by running the script again.
    """

    def __init__(self, name: ModelName, **more: Any) -> None:
        self.name = str(name)
        self._parts = name
        self._more: Mapping[str, Any] = more
        self._engine: engine.Engine | None = None

    @functools.cached_property
    def family(self) -> Family:  # type: ignore[override]
        return engine.family(self._parts)

    @property
    def can(self) -> frozenset[Capability]:
        flat = self.family.flat is not None
        return self.family.can - {Capability.STREAM} - ({Capability.CHOICES} if flat else set())

    @property
    def identity(self) -> Identity:
        adapter, revision = self._parts.adapter
        return Identity(
            name=self.name,
            family=self.family.name,
            revision=engine.here(self._parts).revision or self._parts.revision,
            adapter=adapter,
            adapter_revision=revision,
        )

    def load(self) -> engine.Engine:
        """The started engine. UnavailableError, ModelError."""
        if self._engine is None:
            self._engine = engine.shared(self._parts, self._more)
        return self._engine

    def close(self) -> None:
        """Let go of the engine, which ends when no other model uses it."""
        self._engine = None

    def _generate(self, request: Request) -> Reply:
        return reply_of(self._batch([request])[0])

    def _batch(self, requests: Sequence[Request]) -> list[Reply | ModelError]:
        rules = [validator(request.schema, "vllm") for request in requests]
        own = self.load().llm.get_default_sampling_params()
        params = [asking.sampling(asking.settings(request, own)) for request in requests]
        outcomes: list[Reply | ModelError] = []
        began = time.perf_counter()
        made = self._together([request.messages for request in requests], params)
        seconds = time.perf_counter() - began
        for request, output, rule in zip(requests, made, rules, strict=True):
            if isinstance(output, ModelError):
                outcomes.append(output)
            else:
                outcomes.append(asking.outcome(self.name, request, asking.reply(output, seconds), rule))
        return outcomes

    def _choose(self, messages: tuple[Message, ...], answers: tuple[str, ...]) -> Choice:
        """Each answer is put behind the question as the beginning of the assistant's turn, and the engine asked how
        probable its tokens were, and then the end of the reply."""
        ends = self._ends
        one = {"max_tokens": 1, "temperature": 0.0}
        scored = asking.sampling({**one, "prompt_logprobs": 0, "logprobs": len(ends), "allowed_token_ids": ends})
        conversations = [messages, *((*messages, Message.assistant(answer)) for answer in answers)]
        made = self._together(conversations, [asking.sampling(one), *(scored for _ in answers)])
        for each in made:
            if isinstance(each, ModelError):
                raise each
        asked, *said = made
        found = zip(answers, said, strict=True)
        return choice({answer: asking.logprob(self.name, asked, each, answer, ends) for answer, each in found})

    @functools.cached_property
    def _ends(self) -> list[int]:
        """The tokens that end a reply."""
        file = engine.here(self._parts).folder / "generation_config.json"
        ends = json.loads(file.read_bytes()).get("eos_token_id") if file.is_file() else None
        ends = self.load().llm.get_tokenizer().eos_token_id if ends is None else ends
        return list(ends) if isinstance(ends, list) else [int(ends)]

    def _together(self, conversations: Sequence[Sequence[Message]], params: Sequence[Any]) -> list[Any]:
        """The engine's output for each, or the ModelError in its place. Where the engine refuses them all for one that
        it cannot take, they are halved until that one is alone."""
        try:
            return self._run(conversations, params)
        except ModelError as error:
            if len(conversations) == 1:
                return [error]
        half = len(conversations) // 2
        first, second = slice(None, half), slice(half, None)
        return [output for part in (first, second) for output in self._together(conversations[part], params[part])]

    def _run(self, conversations: Sequence[Sequence[Message]], params: Sequence[Any]) -> list[Any]:
        """One call of the engine, or two where some conversations end with words of the assistant to go on from."""
        running = self.load()
        how: dict[str, Any] = {"use_tqdm": False, "lora_request": running.adapter(engine.adapter_folder(self._parts))}
        outputs: dict[int, Any] = {}
        with running.lock, engine.told(self.name):
            for goes_on in (False, True):
                places = [
                    place
                    for place, messages in enumerate(conversations)
                    if (messages[-1].role is Role.ASSISTANT) == goes_on
                ]
                if not places:
                    continue
                asked = [params[place] for place in places]
                if self.family.flat is not None:
                    prompts = [asking.prompt(self.family, conversations[place]) for place in places]
                    made = running.llm.generate(prompts, asked, **how)
                else:
                    made = running.llm.chat(
                        [asking.turns(conversations[place]) for place in places],
                        asked,
                        add_generation_prompt=not goes_on,
                        continue_final_message=goes_on,
                        **how,
                    )
                outputs.update(zip(places, made, strict=True))
        return [outputs[place] for place in range(len(conversations))]
