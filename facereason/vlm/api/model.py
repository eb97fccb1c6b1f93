"""A model behind an address, with the chat completions of OpenAI, which vLLM and many others serve too."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from facereason.types import UsageError
from facereason.vlm.api import cache, structured, wire
from facereason.vlm.api.budget import Reservation
from facereason.vlm.api.client import Clients, errors, server_of
from facereason.vlm.api.failures import BrokenStreamError, Failures
from facereason.vlm.api.gate import Gate
from facereason.vlm.api.pictures import Encoder
from facereason.vlm.api.retrying import Pace, Retrying
from facereason.vlm.api.settings import Settings
from facereason.vlm.api.streaming import Streaming
from facereason.vlm.errors import ModelError
from facereason.vlm.families import of_name
from facereason.vlm.messages import Choice, Message, Picture, Reply, Request
from facereason.vlm.model import Capability, Identity, Model, choice
from facereason.vlm.names import ModelName

CAN = frozenset(Capability) - {Capability.SIMILARITY, Capability.LOCATE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request made ready: the body to send, and about the most tokens that its messages take."""

    request: Request
    body: dict[str, Any]
    most_input: int


class ApiModel(Model):
    """A model of the providers `openai` and `vllm`.

    The key comes from the environment only (OPENAI_API_KEY, VLLM_API_KEY) and is in no message and no file. Threads and
    event loops may share it. Raises UnavailableError where a key is missing, UsageError for an address that is none.
    """

    def __init__(self, name: ModelName, settings: Settings = Settings(), pace: Pace = Pace()) -> None:  # noqa: B008
        server = server_of(name)
        without_address = {key: value for key, value in name.options.items() if key != "url"}
        self.name = str(dataclasses.replace(name, options=without_address))
        self.family = of_name(name.name)
        self._model_name = name
        self._settings = settings
        self._clients = Clients(server, settings.timeout)
        self._failures = Failures(self.name, server.where, server.key_name, server.secrets)
        self._pace = pace
        self._gate = Gate(settings.in_flight)
        self._encoder = Encoder(name.provider, settings.image_side)
        self._writer = wire.Writer(
            model=name.adapter[0] or name.name,
            encoder=self._encoder,
            # OpenAI's newer models know the new name only, many other servers the old one only
            limit="max_completion_tokens" if server.is_openai else "max_tokens",
            detail=name.provider == "openai",
            temperature="temperature" not in name.options,
        )
        self._reader = wire.Reader(name=self.name, price=settings.price)
        self._cache = cache.ReplyCache(settings.cache_folder) if settings.cache_folder else None
        self._served = {
            "provider": name.provider,
            "url": server.url,
            "model": name.name,
            "revision": name.revision,
            "adapter": name.options.get("adapter", ""),
            "sizing": self._encoder.sizing,
            "temperature": name.options.get("temperature", ""),
        }

    @property
    def can(self) -> frozenset[Capability]:
        can = CAN | (self.family.can & {Capability.LOCATE})
        return can if self._writer.temperature else can - {Capability.TEMPERATURE, Capability.SEED, Capability.SAMPLES}

    @property
    def identity(self) -> Identity:
        adapter, adapter_revision = self._model_name.adapter
        return Identity(
            name=self.name,
            family=self.family.name,
            revision=self._model_name.revision,
            adapter=adapter,
            adapter_revision=adapter_revision,
        )

    def close(self) -> None:
        self._clients.close()

    # ----------------------------------------------------------------------------------------------------- generating

    def _generate(self, request: Request) -> Reply:
        if kept := self._kept(request):
            return kept
        rule = structured.validator(request.schema)
        first = self._once(self._asked(request))
        outcome = structured.reply_or_repair(self.name, request, first, rule)
        if isinstance(outcome, Request):
            second = self._once(self._asked(outcome))
            outcome = structured.checked(self.name, request, structured.repaired(first, second), rule)
        return self._keep(request, outcome)

    async def _agenerate(self, request: Request) -> Reply:
        if kept := self._kept(request):
            return kept
        rule = structured.validator(request.schema)
        first = await self._aonce(await self._aasked(request))
        outcome = structured.reply_or_repair(self.name, request, first, rule)
        if isinstance(outcome, Request):
            second = await self._aonce(await self._aasked(outcome))
            outcome = structured.checked(self.name, request, structured.repaired(first, second), rule)
        return self._keep(request, outcome)

    def _once(self, asked: Asked) -> Reply:
        """One call, tried again where that may help."""
        with self._reserve(asked) as reservation:
            return self._read(*self._retrying().call(self._sending(asked.body)), reservation)

    async def _aonce(self, asked: Asked) -> Reply:
        client = self._clients.here()

        async def send() -> tuple[Any, float]:
            async with self._gate.aplace():
                started = time.perf_counter()
                completion = await client.chat.completions.create(**asked.body)
                return completion, time.perf_counter() - started

        with self._reserve(asked) as reservation:
            return self._read(*await self._retrying().acall(send), reservation)

    def _read(self, completion: Any, seconds: float, reservation: Reservation) -> Reply:
        # settled before reading: an empty reply is paid for as well
        self._settle(reservation, getattr(completion, "usage", None))
        return self._reader.reply(completion, seconds)

    def _batch(self, requests: Sequence[Request]) -> list[Reply | ModelError]:
        """As many at the same time as `Settings.in_flight` allows."""
        with ThreadPoolExecutor(self._settings.in_flight) as pool:
            return self._each(requests, pool.map)

    # ------------------------------------------------------------------------------------------------------ streaming

    def _stream(self, request: Request) -> Iterator[str | Reply]:
        """As the protocol says. With a schema the whole reply is checked at the end, and not repaired: its pieces have
        been given out. ReplyError, with what came as its text, where the stream breaks after a first piece."""
        if kept := self._kept(request):
            yield kept.text
            yield kept
            return
        rule = structured.validator(request.schema)
        asked = self._asked(request)
        with self._reserve(asked) as reservation:
            streaming = Streaming(
                client=self._clients.sync(),
                body=asked.body,
                gate=self._gate,
                retrying=self._retrying(),
                failures=self._failures,
                reader=self._reader,
                settle=lambda counted: self._settle(reservation, counted),
            )
            reply = yield from streaming.run()
        yield self._keep(request, structured.checked(self.name, request, reply, rule))

    # ------------------------------------------------------------------------------------------------------- choosing

    def _choose(self, messages: tuple[Message, ...], answers: tuple[str, ...]) -> Choice:
        """The answers are listed under letters, the model is asked for one, and the log-probabilities are those of the
        letters as its first token (`wire.letter_logprobs`): of the answer's letter, not of its words. UnsupportedError
        where the server returns none."""
        if len(answers) > len(wire.LETTERS):
            raise UsageError(f"{self.name}: chooses among {len(wire.LETTERS)} answers at most, not {len(answers)}")
        asked = self._asked(wire.choosing(messages, answers))
        asked.body.update(logprobs=True, top_logprobs=len(wire.LETTERS))
        with self._reserve(asked) as reservation:
            completion, _ = self._retrying().call(self._sending(asked.body))
            self._settle(reservation, getattr(completion, "usage", None))
        return choice(wire.letter_logprobs(self.name, completion, answers))

    # -------------------------------------------------------------------------------------------------------- helpers

    def _sent(self, picture: Picture) -> tuple[int, int]:
        return self._encoder.size(picture)

    def _sending(self, body: dict[str, Any]) -> Callable[[], tuple[Any, float]]:
        """Sends once; the completion, and seconds that it took."""
        client = self._clients.sync()

        def send() -> tuple[Any, float]:
            with self._gate.place():
                started = time.perf_counter()
                completion = client.chat.completions.create(**body)
                return completion, time.perf_counter() - started

        return send

    def _asked(self, request: Request) -> Asked:
        return Asked(body=self._writer.body(request), most_input=self._writer.most_input(request), request=request)

    async def _aasked(self, request: Request) -> Asked:
        # encoding pictures takes long enough to hold up an event loop
        return await asyncio.to_thread(self._asked, request) if request.pictures else self._asked(request)

    def _reserve(self, asked: Asked) -> Reservation:
        """Room in the budget for the most that the call may take; BudgetError where there is none."""
        budget, price = self._settings.budget, self._settings.price
        if budget is None:
            return Reservation()
        output = asked.request.max_tokens * asked.request.samples
        cost = price.cost(asked.most_input, output) if price else None
        return budget.reserve(self.name, asked.most_input + output, cost)

    def _settle(self, reservation: Reservation, counted: Any) -> None:
        usage = self._reader.usage(counted, 0.0)
        known = usage.input_tokens is not None and usage.output_tokens is not None
        reservation.settle((usage.input_tokens or 0) + (usage.output_tokens or 0) if known else None, usage.cost)

    def _retrying(self) -> Retrying:
        return Retrying(
            name=self.name,
            errors=(*errors(), BrokenStreamError),
            explain=self._failures.explain,
            retries=self._settings.retries,
            pace=self._pace,
        )

    def _kept(self, request: Request) -> Reply | None:
        if self._cache is None or not cache.cacheable(request):
            return None
        return self._cache.get(cache.key(request, self._served))

    def _keep(self, request: Request, reply: Reply) -> Reply:
        if self._cache is not None and cache.cacheable(request):
            self._cache.put(cache.key(request, self._served), reply)
        return reply
