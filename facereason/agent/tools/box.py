"""The tools themselves: each a step that the agent takes on its own, on one photo that is already measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from facereason.agent.answers import wording
from facereason.agent.care import naming
from facereason.agent.grammar.parsing import NotUnderstood
from facereason.agent.grammar.understand import understand
from facereason.agent.replies.readings import readings
from facereason.agent.tools.schema import ArgumentError, tool_of
from facereason.agent.whom.memory import Memory
from facereason.agent.whom.select import select
from facereason.types import Box, Kind, Outcome, Person, Scene, UsageError
from facereason.vlm.errors import ModelError
from facereason.vlm.messages import Picture, Tool
from facereason.vlm.model import Capability
from facereason.vlm.routing import Job

if TYPE_CHECKING:
    from facereason.images import Photo
    from facereason.vlm.routing import Router

SIDE = 448
"""Longer side, in pixels, to which a small crop is enlarged and a large one made smaller."""


LONGEST_PHRASE = 300


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool gives: plain data, and pictures."""

    data: Any
    pictures: tuple[Picture, ...] = ()


class Toolbox:
    """Tools for one photo. `router`: for `locate`, where a model is routed for that job."""

    def __init__(self, photo: Photo, scene: Scene, router: Router | None = None) -> None:
        self.photo, self.scene, self.router = photo, scene, router

    @property
    def functions(self) -> Mapping[str, Callable[..., Result]]:
        """Every tool by name."""
        steps: tuple[Callable[..., Result], ...] = (
            self.look,
            self.find_person,
            self.measure,
            self.crop,
            self.rotate,
            self.compare,
            self.locate,
        )
        return {step.__name__: step for step in steps}

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Their schemas, for a request."""
        return tuple(tool_of(function) for function in self.functions.values())

    # ----------------------------------------------------------------------------------------------------------- tools

    def look(self) -> Result:
        """Who is in the photo: every person by number, with a short description, and the photo with numbered boxes."""
        from facereason import images

        people = [{"number": each.number, "looks": wording.name(each, self.scene)} for each in self.scene.people]
        data = {"width": self.scene.width, "height": self.scene.height, "people": people}
        drawn = images.draw(self.photo, self.scene, numbers_only=True) if people else self.photo.pixels
        return Result(data, (_sized(drawn, "photo with numbered people"),))

    def find_person(
        self, description: Annotated[str, "whom to find, such as 'the woman left of the girl in blue'"]
    ) -> Result:
        """Find people by a description: position, order, relation to others, clothing and hair colour, age, gender,
        expression, gaze, posture. One person, several that fit, or nobody."""
        _nobody_named(description)
        try:
            queries = understand(f"Where is {description.strip().rstrip('.?!')}?")
        except NotUnderstood as error:
            raise ArgumentError(f"the description is not understood: {error.hint}") from None
        except UsageError as error:
            raise ArgumentError(str(error)) from None
        if len(queries) != 1 or queries[0].kind not in (Kind.LOCATE, Kind.SELECT):
            raise ArgumentError("describe one person or one group of people, and nothing else")
        found = select(queries[0].about, self.scene, Memory())
        ends = {Outcome.ANSWERED: "found", Outcome.AMBIGUOUS: "several fit", Outcome.NOBODY: "nobody fits"}
        people = [{"number": each.number, "looks": wording.name(each, self.scene)} for each in found.people]
        return Result({"outcome": ends.get(found.outcome, found.outcome.value), "people": people})

    def measure(
        self,
        person: Annotated[int, "number of the person"],
        what: Annotated[
            Literal["everything", "emotion", "action units", "head and gaze", "attributes"], "which readings"
        ] = "everything",
    ) -> Result:
        """What the instrument reads of one person: emotion with probabilities, FACS action units with reliability, head
        pose and gaze in degrees, perceived attributes. What could not be read is left out."""
        found = readings(self._person(person))
        keys = {
            "emotion": {"emotion"},
            "action units": {"action_units"},
            "head and gaze": {"head", "gaze"},
            "attributes": {"perceived_gender", "age_group", "hair_colour", "clothing_colour"},
        }.get(what)
        if keys is None:
            return Result(found)
        return Result({key: value for key, value in found.items() if key in keys | {"number", "photo"}})

    def crop(
        self,
        person: Annotated[int, "number of the person"],
        part: Annotated[Literal["face", "head", "body", "eyes", "mouth"], "which part"] = "face",
    ) -> Result:
        """A picture of one person: the face, the head with some room, the body, or the region of the eyes or the
        mouth."""
        from facereason import images

        one = self._person(person)
        box = _part(one, part)
        pixels = images.crop(self.photo.pixels, box, margin=0.35 if part == "head" else 0.15)
        placed = {"person": person, "part": part, "box": [round(v) for v in (box.x, box.y, box.width, box.height)]}
        return Result(placed, (_sized(pixels, f"person {person}: {part}"),))

    def rotate(self, degrees: Annotated[Literal[90, 180, 270], "clockwise"]) -> Result:
        """The whole photo, turned clockwise. The numbers of people stay."""
        from facereason import images

        return Result({"turned": degrees}, (_sized(images.rotate(self.photo.pixels, -degrees), f"turned {degrees}"),))

    def compare(
        self, first: Annotated[int, "number of a person"], second: Annotated[int, "number of another"]
    ) -> Result:
        """The readings of two people side by side, with the action units that only one of them shows."""
        pair = self._person(first), self._person(second)
        if first == second:
            raise ArgumentError("compare two different people")
        shown = [{unit.unit for unit in each.face.action_units if unit.state.value == "present"} for each in pair]
        data = {
            "people": [readings(each) for each in pair],
            f"only_{first}": [f"AU{unit}" for unit in sorted(shown[0] - shown[1])],
            f"only_{second}": [f"AU{unit}" for unit in sorted(shown[1] - shown[0])],
        }
        return Result(data)

    def locate(self, phrase: Annotated[str, "what to find in the photo, such as 'a red umbrella'"]) -> Result:
        """Find a thing or a person by what the instrument does not see (objects, hats, glasses), with the model routed
        for it: boxes in pixels."""
        if self.router is None or not self.router.able(Job.LOCATE, Capability.LOCATE):
            raise ArgumentError("no model is routed for locating; use find_person, or look at the picture")
        if not phrase.strip() or len(phrase) > LONGEST_PHRASE:
            raise ArgumentError(f"the phrase is empty, or longer than {LONGEST_PHRASE} characters")
        _nobody_named(phrase)
        regions: list[Any] = []
        picture = Picture(self.photo.pixels)

        def call(model: Any) -> Any:
            from facereason.vlm.messages import Reply

            regions.extend(model.locate(picture, phrase))
            return Reply(text="located")

        try:
            self.router.use(Job.LOCATE, call, [Capability.LOCATE])
        except ModelError as error:
            raise ArgumentError(f"the model that locates failed: {error}") from None
        boxes = [[round(v) for v in (r.box.x, r.box.y, r.box.width, r.box.height)] for r in regions]
        return Result({"phrase": phrase, "boxes": boxes})

    # --------------------------------------------------------------------------------------------------------- helpers

    def _person(self, number: int) -> Person:
        for person in self.scene.people:
            if person.number == number:
                return person
        count = len(self.scene.people)
        there = "the photo shows nobody" if not count else f"people are numbered 1 to {count}"
        raise ArgumentError(f"there is no person {number}: {there}")


def _nobody_named(phrase: str) -> None:
    if naming.strike(phrase).names:
        raise ArgumentError("nobody is looked for by name: describe how they look")


def _part(person: Person, part: str) -> Box:
    face = person.face.box
    if part == "body":
        if person.body is None:
            raise ArgumentError(f"the body of person {person.number} was not found; ask for the head")
        return person.body.box
    if part == "head":
        return person.head or face
    if part == "eyes":
        return Box(face.x, face.y + 0.15 * face.height, face.width, 0.4 * face.height)
    if part == "mouth":
        return Box(face.x + 0.15 * face.width, face.y + 0.6 * face.height, 0.7 * face.width, 0.4 * face.height)
    return face


def _sized(pixels: Any, label: str) -> Picture:
    from facereason import images

    longest = max(pixels.shape[:2])
    if longest <= 0 or SIDE / 2 <= longest <= 2 * SIDE:
        return Picture(pixels, label)
    scale = (SIDE if longest < SIDE else 2 * SIDE) / longest
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    return Picture(images.resize(pixels, width, height), label)
