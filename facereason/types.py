"""The records that flow through the house. This module imports nothing of it.

Lengths are pixels of the upright image, origin top left; angles are degrees by the signs of `docs/conventions.md`;
probabilities and confidences lie in [0, 1]. Everything is frozen: a later finding is a new record
(`dataclasses.replace`), never a change behind somebody's back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any, Generic, TypeVar

V = TypeVar("V")


# ------------------------------------------------------------------------------------------------ what can be read


class EmotionLabel(StrEnum):
    """The eight labels of FER+ and AffectNet, in the order of every distribution of this project."""

    NEUTRAL = "neutral"
    HAPPINESS = "happiness"
    SURPRISE = "surprise"
    SADNESS = "sadness"
    ANGER = "anger"
    DISGUST = "disgust"
    FEAR = "fear"
    CONTEMPT = "contempt"


class AgeGroup(StrEnum):
    """FairFace's nine groups (Karkkainen and Joo 2021), youngest first."""

    FROM_0 = "0-2"
    FROM_3 = "3-9"
    FROM_10 = "10-19"
    FROM_20 = "20-29"
    FROM_30 = "30-39"
    FROM_40 = "40-49"
    FROM_50 = "50-59"
    FROM_60 = "60-69"
    FROM_70 = "70+"


class Stage(StrEnum):
    """How old somebody appears by the figure, coarsely: a child of up to 11 years, or somebody of 17 or more; which of
    the two it tells of ages between was not learnt."""

    CHILD = "child"
    GROWN = "grown"


class Gender(StrEnum):
    """Perceived gender, as an onlooker would name it. `UNCLEAR` is a label of its own, not a missing reading."""

    FEMALE = "female"
    MALE = "male"
    UNCLEAR = "unclear"


class Race(StrEnum):
    """FairFace's seven perceived groups; read only where the caller switches it on."""

    WHITE = "white"
    BLACK = "black"
    LATINO = "latino/hispanic"
    EAST_ASIAN = "east asian"
    SOUTHEAST_ASIAN = "southeast asian"
    INDIAN = "indian"
    MIDDLE_EASTERN = "middle eastern"


class Colour(StrEnum):
    """Colour names for hair and clothing: the basic terms of Berlin and Kay (1969), and `blond` for hair."""

    BLACK = "black"
    GREY = "grey"
    WHITE = "white"
    BROWN = "brown"
    BLOND = "blond"
    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    PURPLE = "purple"
    PINK = "pink"


class QualityFlag(StrEnum):
    """What about a face in this photo makes readings of it unreliable."""

    SMALL = "small"
    BLURRED = "blurred"
    DARK = "dark"
    CUT_OFF = "cut off"
    PROFILE = "profile"
    NO_FACE = "no face in view"


class Posture(StrEnum):
    """How somebody holds the body, coarsely."""

    STANDING = "standing"
    SITTING = "sitting"


class UnitState(StrEnum):
    """State of one action unit; `UNKNOWN` where it is hidden, cut off or too small to tell."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


# ---------------------------------------------------------------------------------------------------- measurements


@dataclass(frozen=True, slots=True)
class Box:
    """`x, y, width, height` in pixels of the upright image."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    def iou(self, other: Box) -> float:
        """Intersection over union with `other`, in [0, 1]."""
        width = min(self.right, other.right) - max(self.x, other.x)
        height = min(self.bottom, other.bottom) - max(self.y, other.y)
        shared = max(0.0, width) * max(0.0, height)
        return shared / (self.area + other.area - shared) if shared else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[V]):
    """One thing read off a face, with how sure the instrument is.

    `value` is None where the photo does not allow the reading: `unknown_because` then says why in a few words, and
    `distribution`, where there is one, is still what the instrument returned.
    """

    value: V | None
    confidence: float
    distribution: Mapping[str, float] = field(default_factory=dict)
    unknown_because: str = ""

    @property
    def known(self) -> bool:
        return self.value is not None

    @property
    def runner_up(self) -> tuple[str, float] | None:
        """The second most probable value with its probability, where there is a distribution."""
        ranked = sorted(self.distribution.items(), key=lambda item: -item[1])
        return ranked[1] if len(ranked) > 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Emotion(Reading[EmotionLabel]):
    """The perceived expression of a face; `distribution` runs over all eight labels and is temperature-calibrated.
    `derived_valence` and `derived_arousal`, -1 to 1: the distribution's mean of published coordinates of the labels
    (`facs.derived_valence_arousal`); they add nothing that it does not say."""

    derived_valence: float | None = None
    derived_arousal: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadPose:
    """Turn of the head relative to the line of sight, degrees. yaw > 0 faces the image's right, pitch > 0 looks up,
    roll > 0 tilts clockwise as seen in the image. `confidence`: how far such a reading is to be trusted on photos of
    this kind (`faces.reliability`)."""

    yaw: float
    pitch: float
    roll: float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaze:
    """Where the eyes look relative to the camera, degrees, by the signs of `HeadPose`; 0, 0 meets the camera.
    `confidence` as there. None of both where the eyes do not show it, and `unknown_because` why."""

    yaw: float | None
    pitch: float | None
    confidence: float
    unknown_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionUnit:
    """A FACS action unit as read: `intensity` in [0, 1], FACS letters A to E being steps of .2; `left` and `right`, the
    person's own sides, where they are read apart. `confidence`: probability of the state, as calibrated on renders.
    `reliability`, in [0, 1]: how far such a reading of this unit is to be trusted on photos of this kind, a clear one
    often more than others (`faces.reliability`); where it is low the state is unknown, and `unknown_because` says
    why."""

    unit: int
    state: UnitState
    intensity: float
    confidence: float
    reliability: float = 1.0
    left: float | None = None
    right: float | None = None
    unknown_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What the photo gives the reader to work with.

    `face_pixels`: the longer side of the face box; `sharpness`: share of fine detail, comparable between faces only;
    `brightness`: mean luma in [0, 1]; `inside`: share of the face inside the photo; `kind`: "frontal, clear" and the
    like, the kind of photo by which readings are trusted (`faces.reliability`).
    """

    face_pixels: float
    sharpness: float
    brightness: float
    inside: float
    flags: tuple[QualityFlag, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One detected face; of a head without a face in view (`QualityFlag.NO_FACE`) the head's box and pose, everything
    else being unknown. `points`: left eye, right eye, nose tip, left and right mouth corner, sides as seen in the
    image, `(x, y)` in pixels of the upright image. `score`: the detector's. `landmarks`: the 68 of iBUG 300-W, as the
    points; `landmarks_reliability` as that of an action unit."""

    box: Box
    score: float
    points: tuple[tuple[float, float], ...]
    quality: Quality
    pose: HeadPose
    emotion: Emotion
    action_units: tuple[ActionUnit, ...] = ()
    gaze: Gaze | None = None
    landmarks: tuple[tuple[float, float], ...] = ()
    landmarks_reliability: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body as far as the photo shows it. `orientation`: which way it is turned, degrees, by the signs of `HeadPose`,
    0 facing the camera; `score`: of the detector of people."""

    box: Box
    orientation: float
    posture: Reading[Posture]
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in the photo. Numbered 1..n from left to right by the centre of the face, or of the head where no face
    is in view, for as long as the photo is open. `head`, `body`, `stage`: none where the detector of people did not
    find them. `stage`: of life, by the whole figure from whichever side it is seen, more coarsely than a face tells it;
    learnt from renders and from photos of faces, and on photos of people seen from behind not measured."""

    number: int
    face: Face
    gender: Reading[Gender]
    age_group: Reading[AgeGroup]
    hair_colour: Reading[Colour]
    clothing_colour: Reading[Colour]
    race: Reading[Race] | None = None
    head: Box | None = None
    body: Body | None = None
    stage: Reading[Stage] | None = None

    @property
    def box(self) -> Box:
        return self.face.box

    @property
    def staged(self) -> Reading[Stage] | None:
        """The stage of life, where the face does not show the age and the figure tells it."""
        told = self.stage is not None and self.stage.known and not self.age_group.known
        return self.stage if told else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One question to a language model: who was asked for which job, about which people, and what came back as it came.

    `prompt`: name, version and start of the hash of the template, or the bare words that a model without one was given;
    `pictures`: how many were sent; tokens and `cost` (US dollars) where the model tells; `passed`: models routed before
    it and why they could not be asked; `refused`: it declined.
    """

    job: str
    model: str
    family: str
    people: tuple[int, ...]
    prompt: str
    text: str
    pictures: int
    seconds: float
    revision: str = ""
    adapter: str = ""
    adapter_revision: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    refused: bool = False
    cached: bool = False
    passed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What made a result: versions of packages, SHA-256 of weights, and the calls of language models."""

    versions: Mapping[str, str]
    weights: Mapping[str, str] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What was measured in one photo: the only thing that the rest of the house knows of it.

    `turn`: by how many degrees clockwise the photo lay turned, 0, 90, 180 or 270; a turned one was set upright before
    it was measured. Unknown, and left as it lies, where no face shows it; none where it was not to be set upright.
    """

    source: str
    width: int
    height: int
    people: tuple[Person, ...]
    provenance: Provenance
    turn: Reading[int] | None = None

    @property
    def turned(self) -> int:
        """Degrees clockwise by which the photo lay turned before it was set upright; 0 also where that is not known."""
        return (self.turn.value if self.turn else None) or 0

    def person(self, number: int) -> Person:
        """Person by number; KeyError where there is none."""
        for person in self.people:
            if person.number == number:
                return person
        raise KeyError(f"no person {number}: the photo has {len(self.people)}")


# ------------------------------------------------------------------------------------------------------- questions


class Kind(StrEnum):
    """What sort of answer a question asks for."""

    COUNT = "count"
    LIST = "list"
    DESCRIBE = "describe"
    EMOTION = "emotion"
    WHY = "why"
    ATTRIBUTE = "attribute"
    COMPARE = "compare"
    RANK = "rank"
    LOCATE = "locate"
    SELECT = "select"  # "who is smiling?": the answer is one or more people
    YES_NO = "yes/no"
    IDENTITY = "identity"  # "who is she?", "what is his name?": declined
    ROTATION = "rotation"  # "how is this photo turned?", of the photo, not of people
    AGAIN = "again"  # "and him?": the last question, now about somebody else; a chat puts that question in its place


class Topic(StrEnum):
    """What a question, a constraint, an evidence or a claim is about."""

    PEOPLE = "people"
    EMOTION = "emotion"
    ACTION_UNIT = "action unit"
    GENDER = "gender"
    AGE = "age"
    RACE = "race"
    HAIR_COLOUR = "hair colour"
    CLOTHING_COLOUR = "clothing colour"
    HEAD_POSE = "head pose"
    GAZE = "gaze"
    POSTURE = "posture"
    BODY = "body orientation"
    DISTANCE = "distance"  # from the camera, as far as the size of heads tells it
    POSITION = "position"
    QUALITY = "quality"
    FACE_REGION = "face region"


class By(StrEnum):
    """How a constraint picks people."""

    NUMBER = "number"  # value "2": person 2
    ORDER = "order"  # value "left" | "right", rank n: n-th from that side ("leftmost" is rank 1)
    MIDDLE = "middle"
    TOPIC = "topic"  # topic and value: "hair colour" "brown", "gender" "female", "age" "child", "emotion" "happiness"
    RELATION = "relation"  # value "left of" | "right of" | "next to" | "behind" | "in front of" | "nearest to" |
    # "farthest from" | "between" | "looks at" | "looked at by" | "meets" (both look at each other) | "same as", to: the
    # other; with a topic, "older than" and the like
    LOCATED = "located"  # value: a phrase that a model has to find in the photo, "the man with the hat"
    EXTREME = "extreme"  # topic and value: most of it: "emotion" "happiness", "age" "old" | "young"
    PRONOUN = "pronoun"  # value "she" | "he" | "they" | "other" | "same"


class Scope(StrEnum):
    """How many people a reference may mean."""

    ONE = "one"
    ALL = "all"
    ANY = "any"  # "a woman", "anyone", "who"


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """One condition on people; see `By` for which fields go with which way of picking."""

    by: By
    value: str = ""
    topic: Topic | None = None
    rank: int = 1
    to: Reference | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Whom a question means: the people that meet every constraint. No constraints and `ALL`: everybody."""

    scope: Scope = Scope.ALL
    constraints: tuple[Constraint, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question as understood. One per thing asked: "how does she feel, and why?" gives two.

    `topic` and `value` hold what is asked for or proposed ("is she sad?": topic emotion, value sadness, kind yes/no);
    `against` whom somebody is compared with. `polar`: a comparison asked for yes or no ("is she older than him?").
    """

    kind: Kind
    about: Reference = field(default_factory=Reference)
    topic: Topic | None = None
    value: str = ""
    negated: bool = False
    against: Reference | None = None
    polar: bool = False
    text: str = ""


# --------------------------------------------------------------------------------------------------------- answers


class Stance(StrEnum):
    """How a text puts a claim."""

    ASSERTED = "asserted"
    DENIED = "denied"
    HEDGED = "hedged"


class ClaimStatus(StrEnum):
    """What the readings say to a claim; only one that can be relied on may speak against it."""

    SUPPORTED = "supported"
    READ_OTHERWISE = "read otherwise"
    NOT_MEASURABLE = "not measurable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a text says about a face: `topic` ACTION_UNIT with value "AU12", EMOTION with a label, HEAD_POSE or GAZE
    with a direction ("left", "camera", "tilted"), GENDER, AGE with a group or a word ("30-39", "child"), HAIR_COLOUR,
    CLOTHING_COLOUR, or PEOPLE with a number of them.

    `start` and `end` are character offsets of the words in the text; `person` is filled in when the claim is matched,
    `status` and, where it is not measurable, `because` when it is held against the readings.
    """

    topic: Topic
    value: str
    stance: Stance
    words: str
    start: int
    end: int
    person: int | None = None
    status: ClaimStatus = ClaimStatus.NOT_MEASURABLE
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One measurement that an answer rests on. `source` names the instrument ("reader", "detector",
    "colours", "covering"; "figure" where an age is told as a `Stage`), `statement` says it in words."""

    person: int
    topic: Topic
    statement: str
    source: str
    value: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A claim of a model that a measurement speaks against: both sides, for the user to see."""

    claim: Claim
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """One call of a tool, as the model asked for it and what it gave. `arguments` and `result`: JSON; `pictures`:
    SHA-256 of the pixels of those that came back with it; `failed`: it was refused, and the result says why."""

    id: str
    name: str
    arguments: str
    result: str
    pictures: tuple[str, ...] = ()
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One reply of a model that works with tools: what it said, with names struck, and the tools that it had called.
    `forced`: its budget was used up, and it was asked to answer without tools."""

    text: str
    uses: tuple[ToolUse, ...] = ()
    tokens: int | None = None
    forced: bool = False


class Outcome(StrEnum):
    """How a question ended. Only `ANSWERED` claims to have answered it."""

    ANSWERED = "answered"
    CANNOT_TELL = "cannot tell"
    NOBODY = "nobody fits"
    AMBIGUOUS = "several fit"
    NOT_UNDERSTOOD = "not understood"
    DECLINED = "declined"
    REFUSED = "refused by the model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the user gets. `people` are those the answer is about; `confidence` is None where nothing was measured
    (a question that was not understood, or declined). `claims` are those that a model's words make, each with what the
    readings say to it; `unmentioned` what they leave out although it was clearly read. `trace`: the steps of a model
    that worked with tools, last the answer; `agent.tools.replay` takes them again without the model."""

    question: str
    text: str
    outcome: Outcome
    people: tuple[Person, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    claims: tuple[Claim, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    unmentioned: tuple[Evidence, ...] = ()
    confidence: float | None = None
    queries: tuple[Query, ...] = ()
    provenance: Provenance | None = None
    trace: tuple[Step, ...] = ()

    @property
    def claims_supported(self) -> tuple[Claim, ...]:
        """The claims that the readings bear out."""
        return tuple(claim for claim in self.claims if claim.status is ClaimStatus.SUPPORTED)


# ------------------------------------------------------------------------------------------------- errors and JSON


class FaceReasonError(Exception):
    """Base of every error meant for a user: one line that says what, where, and what to do."""


class UsageError(FaceReasonError):
    """The call itself is wrong (exit code 2): an unknown option value, an empty question."""


def to_dict(record: Any) -> Any:
    """Plain dicts, lists, strings and numbers of a record, for JSON: what is None is left out, floats have 4 digits."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        pairs = ((f.name, getattr(record, f.name)) for f in dataclasses.fields(record))
        return {name: to_dict(value) for name, value in pairs if value is not None}
    if isinstance(record, Mapping):
        return {str(to_dict(key)): to_dict(value) for key, value in record.items()}
    if isinstance(record, (list, tuple)):
        return [to_dict(item) for item in record]
    if isinstance(record, Enum):
        return record.value
    if isinstance(record, float):
        return round(record, 4)
    return record
