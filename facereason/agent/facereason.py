"""The public face of the project: open a photo, measure it, answer questions about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facereason.agent.chat import Chat
from facereason.types import Answer, Scene, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facereason.agent.tools.loop import Budget
    from facereason.faces import Explanation, Instrument
    from facereason.images import Source
    from facereason.vlm.routing import Router, Routes


class FaceReason:
    """Answers questions about the faces in photos. `race` switches the reading of perceived race on.

    `model`: the language model to ask as well, by name ("openai/gpt-4o"), or a table of them by job
    (`vlm.routing.from_line`, `from_file`). Without one nano, which ships, puts into words what a face shows where it is
    asked why (docs/nano.md); with "none" the instrument answers alone. Both work offline.

    `upright`: photos that lie on their side or stand on their head are set upright first, and the first answer says so;
    else they are taken as they are. `again`: where readings speak against what a model says of an emotion, it is told
    so and asked once more (docs/claims.md: when that helps). `tools`: the model routed for the chat works with tools,
    within a budget of steps and tokens (docs/tools.md); every call is in the answer's `trace`.

    The instrument is loaded with the first photo. `source` is a path, bytes, a URL, a PIL image or an array; what
    cannot be opened raises `images.ImageError`, and an empty question `UsageError`.
    """

    def __init__(
        self,
        race: bool = False,
        model: str | Routes | Router | None = None,
        *,
        upright: bool = True,
        again: bool = False,
        tools: bool | Budget = False,
    ) -> None:
        self.race, self.upright, self.again = race, upright, again
        self.tools = _budget(tools)
        self.router, self.words = _router(model), model is None
        self._instrument: Instrument | None = None

    def look(self, source: Source) -> Scene:
        """Measurements only."""
        return self.chat(source).scene

    def ask(self, source: Source, question: str) -> Answer:
        """Answer one question about one photo; for several, `chat` measures only once."""
        return self.chat(source).ask(question)

    def chat(self, source: Source) -> Chat:
        """A conversation about one photo."""
        from facereason import images

        photo = images.open(source)
        return Chat(
            photo,
            self.instrument.look(photo),
            self.instrument,
            self.router,
            again=self.again,
            tools=self.tools,
            words=self.words,
        )

    def explain(self, source: Source, person: int = 1, units: Sequence[int] | None = None) -> Explanation:
        """What the emotion read off a person rests on (`faces.explaining`). `units`: the action units that are claimed,
        else those read as present that are typical of the emotion. UsageError where there is no such person,
        FaceReasonError where no face of theirs is in view."""
        chat = self.chat(source)
        try:
            whom = chat.scene.person(person)
        except KeyError:
            there = f"people are 1 to {len(chat.scene.people)}" if chat.scene.people else "nobody was found"
            raise UsageError(f"no person {person}: {there}") from None
        return self.instrument.explain(chat.photo, whom, units)

    def use_model(self, model: str | Routes | Router | None) -> None:
        """Ask this model from now on, as the argument of the same name says. Chats that are open keep theirs."""
        self.router, self.words = _router(model), model is None

    @property
    def instrument(self) -> Instrument:
        """What measures, made on first use."""
        if self._instrument is None:
            from facereason.faces import Instrument

            self._instrument = Instrument(race=self.race, upright=self.upright)
        return self._instrument


def _budget(tools: bool | Budget) -> Budget | None:
    if not tools:
        return None
    from facereason.agent.tools.loop import Budget

    return Budget() if tools is True else tools


def _router(model: str | Routes | Router | None) -> Router | None:
    if model is None or model == "none":
        return None
    from facereason.vlm import routing

    if isinstance(model, routing.Router):
        return model
    routes = routing.from_line(model) if isinstance(model, str) else model
    return routing.Router(routes) if routes else None
