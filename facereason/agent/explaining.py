"""What a model's emotion rests on: the same question again and again, each time with another part of the face covered.

It costs a call for the face as it is and one for each region, which `calls` tells beforehand. Where the model gives
log-probabilities of answers, the probability of its label is compared; else only whether the label changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from facereason.faces import align, regions
from facereason.faces.explaining import Cover, Effect, Explanation, covers, explanation, typical
from facereason.facs import parse_claims
from facereason.facs.emotions import emotion
from facereason.types import EmotionLabel, FaceReasonError, Person, QualityFlag, Stance, Topic, UnitState
from facereason.vlm.errors import FormatError, UnavailableError
from facereason.vlm.messages import Message, Picture, Reply, Request
from facereason.vlm.model import Capability, Model
from facereason.vlm.routing import Job

if TYPE_CHECKING:
    from facereason.agent.chat import Chat
    from facereason.faces.reader import CropArray

SIZE = 336  # pixels of the crop that a model is shown
ASKS = (
    "Which emotion does this face show? Answer with one of these words and nothing else: "
    f"{', '.join(label.value for label in EmotionLabel)}."
)


def calls() -> int:
    """How often a model is asked for one face."""
    return 1 + len(regions.NAMES)


def by_model(
    chat: Chat, person: Person, units: Sequence[int] | None = None, step: Callable[[], None] = lambda: None
) -> Explanation:
    """What the model routed for emotions rests its label on. `step` is called after each call.

    FaceReasonError where no face is in view; FormatError where the first reply names no emotion, and the other errors
    of `vlm.errors`.
    """
    if QualityFlag.NO_FACE in person.face.quality.flags or not person.face.landmarks:
        raise FaceReasonError(f"person {person.number}: no face is in view, so there is nothing to explain")
    router = chat.router
    assert router is not None
    scale = SIZE / align.SIZE
    forward = align.similarity(person.face.points) * scale
    crop = align.warped(chat.photo.pixels, forward, SIZE)
    landmarks = np.asarray(person.face.landmarks) @ forward[:, :2].T + forward[:, 2]
    shown = covers(crop, landmarks, person.face.pose.yaw)
    best = Cover.NEUTRAL if any(cover is Cover.NEUTRAL for _, cover, _ in shown) else Cover.BLUR
    asked, name = 0, ""

    def ask(pixels: CropArray) -> dict[EmotionLabel, float]:
        nonlocal asked, name
        found: dict[EmotionLabel, float] = {}

        def call(model: Model) -> Reply:
            picture = Picture(pixels, f"person {person.number}")
            reply, told = _label(model, picture)
            found.update(told)
            return reply

        said = router.use(Job.EMOTION, call, [Capability.IMAGES])
        if name and said.identity.name != name:
            raise UnavailableError(f"{name} went away and {said.identity.name} answered: they cannot be compared")
        name = said.identity.name
        asked += 1
        step()
        return found

    first = ask(crop)
    if not first:
        raise FormatError(f"{name}: its reply names none of the eight emotions, so nothing can be compared", "")
    label = max(first, key=lambda each: first[each])
    effects: list[Effect] = []
    unanswered: list[str] = []
    for region, cover, pixels in shown:
        if cover is not best:
            continue
        told = ask(pixels)
        if not told:
            unanswered.append(region)
            continue
        after = told.get(label, 0.0)
        instead = max(told, key=lambda each: told[each])
        effects.append(
            Effect(region=region, cover=cover, emotion=label, before=first[label], after=after, instead=instead)
        )
    present = [unit.unit for unit in person.face.action_units if unit.state is UnitState.PRESENT]
    heat = _heat(effects, landmarks)
    claimed = tuple(units) if units is not None else typical(label, present)
    return explanation(effects, crop, heat, landmarks, claimed, name, asked, unanswered, label)


def _label(model: Model, picture: Picture) -> tuple[Reply, dict[EmotionLabel, float]]:
    """The reply, and the probabilities of the labels it gives; none where it names no emotion."""
    message = Message.user(picture, ASKS)
    if Capability.CHOICES in model.can and model.family.flat is None:
        choice = model.choose((message,), [each.value for each in EmotionLabel])
        return Reply(text=choice.answer), {EmotionLabel(each): p for each, p in choice.probabilities.items()}
    words = ASKS if model.family.flat is None else "what is the emotion of the person in the image?"
    reply = model.generate(Request(messages=(Message.user(picture, words),), max_tokens=60))
    claims = [each for each in parse_claims(reply.text) if each.topic is Topic.EMOTION]
    named = [emotion(each.value) for each in claims if each.stance is not Stance.DENIED]
    bare = reply.text.strip().strip(".").casefold()
    if not named and bare in {each.value for each in EmotionLabel}:
        named = [EmotionLabel(bare)]
    return reply, {named[0]: 1.0} if named else {}


def _heat(effects: Sequence[Effect], landmarks: object) -> np.ndarray:
    """Mean loss over the regions that hold a pixel."""
    total, times = np.zeros((SIZE, SIZE), np.float32), np.zeros((SIZE, SIZE), np.float32)
    for effect in effects:
        here = regions.mask(effect.region, np.asarray(landmarks), (SIZE, SIZE))
        total[here] += effect.drop
        times[here] += 1
    return np.asarray(total / np.maximum(times, 1), np.float32)
