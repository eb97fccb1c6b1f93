"""Whether lies about a face are caught, and how often the truth is spoken against; whether asking a model again helps;
how sure an answer with a model is.

Reads `faces/` below the data folder, the frozen set of that name, for lies about action units and head pose, whose
truth is exact there; FER+ test for emotions and for asking again; FairFace val for perceived gender and age. The model
is a `fake` one (`lies`). Labels of renders are left out: nobody says what a rendered face feels.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from PIL import Image

from facereason import facs, resources, scoring
from facereason.agent import Chat
from facereason.agent.replies import agreement
from facereason.agent.replies.holding import LIMITS, Limits, hold, unmentioned
from facereason.agent.replies.matching import claims_about
from facereason.bench import renders
from facereason.bench.lies import Liar, Lie, Told
from facereason.bench.results import Figure, share
from facereason.data import Record, read
from facereason.faces import Instrument, align, quality, units
from facereason.faces.reader import Reader
from facereason.faces.reliability import Detail, Reliability, View, name
from facereason.images import Photo
from facereason.types import AgeGroup, Box, Claim, ClaimStatus, EmotionLabel, Gender, Scene, Stance, Topic
from facereason.vlm import Request, routing
from facereason.vlm.fake import FakeModel

RENDERS, PHOTOS, PORTRAITS = 512, 1200, 300
PRESENT, ABSENT = 0.3, 0.05  # intensity from which a unit is there, and up to which it is not
YAW = 45.0  # degrees
NEAR = 0.25  # least overlap of the face that was found with the true one
AGREED = 0.7  # share of votes from which a label counts as true
SEED = 1
TRUSTED_ALL = "were every unit trusted"


@dataclass(frozen=True, slots=True)
class Face:
    """One rendered face: what is true of it, and the scene as read; `trusted`: as read, were every unit trusted."""

    told: Mapping[str, Any]
    scene: Scene
    trusted: Scene

    @property
    def present(self) -> list[int]:
        return [unit for unit in facs.UNITS if self.level(unit) >= PRESENT]

    @property
    def absent(self) -> list[int]:
        return [unit for unit in facs.UNITS if self.level(unit) <= ABSENT]

    def level(self, unit: int) -> float:
        acts = [*self.told["AUs"], *self.told["implied"]]
        return max((max(act["left"], act["right"]) for act in acts if act["unit"] == unit), default=0.0)


@dataclass(frozen=True, slots=True)
class Labelled:
    """One photo: the label with most votes, whether enough voters agree on it, and the scene as read."""

    record: Record
    label: EmotionLabel
    agreed: bool
    scene: Scene


@dataclass(frozen=True, slots=True)
class Judged:
    """What holding says to one reply: units whose claim was read, those spoken against, and those told as left out."""

    read: frozenset[int]
    against: frozenset[int]
    left_out: frozenset[int]


def figures(data: str | None, say: Callable[[str], None]) -> list[Figure]:
    """All figures of the suite; `data`: the folder of the data sets, else `FACEREASON_DATA`."""
    eye = Instrument(upright=False)  # everybody stands upright in these sets
    say("renders")
    faces = list(rendered(data, "faces", RENDERS, eye))
    say("photos")
    photos = list(labelled(data, "test", PHOTOS, eye))
    agreed = [photo for photo in photos if photo.agreed]
    say("portraits")
    return [*_units(faces), *_poses(faces), *_labels(agreed), *_again(agreed), *_sure(photos), *_portraits(data, eye)]


# ------------------------------------------------------------------------------------------------------------- reading


def rendered(data: str | None, folder: str, most: int, eye: Instrument) -> Iterator[Face]:
    """Faces of a set of renders, up to `YAW`, that were found; of its first `most` pictures."""
    reader = Reader(resources.weights("reader.onnx"))
    every = {facs.code(unit): 1.0 for unit in facs.UNITS}
    trust = Reliability({name(view, detail): every for view in View for detail in Detail})
    for told, pixels in islice(renders.people(data, folder), most):
        if not told["face"] or abs(told["head_pose"]["yaw"]) > YAW:
            continue
        scene = eye.look(Photo(pixels=pixels, name=folder))
        box = Box(*told["face"])
        found = max(scene.people, key=lambda person: person.box.iou(box), default=None)
        if found is None or found.box.iou(box) < NEAR:
            continue
        person = replace(found, number=1)
        face = person.face
        shapes = reader.read([align.aligned(pixels, np.array(face.points, np.float32))]).shapes
        seen, why = face.quality.kind, quality.why_unknown(face.quality.flags)
        acting = units.read(shapes.present[0], shapes.intensity[0], reader.thresholds, trust, seen, why)
        trusted = replace(person, face=replace(face, action_units=acting))
        yield Face(told, replace(scene, people=(person,)), replace(scene, people=(trusted,)))


def labelled(data: str | None, split: str, most: int, eye: Instrument) -> Iterator[Labelled]:
    """Photos of FER+ in which a face is found, among the first `most` with votes for an emotion."""
    rows = (record for record in read("ferplus", split, data) if record.votes and max(record.votes.values()) > 0)
    for record in islice(rows, most):
        votes = record.votes or {}
        label = max(votes, key=lambda each: votes[each])
        total = sum(votes.values()) + sum(record.other_votes)
        scene = _alone(record, eye)
        if scene is not None:
            yield Labelled(record, label, votes[label] >= AGREED * total, scene)


def _alone(record: Record, eye: Instrument) -> Scene | None:
    """The scene of a picture that is one face, with the person nearest to its middle alone."""
    with Image.open(io.BytesIO(record.image)) as image:
        pixels = np.asarray(image.convert("RGB"))
    scene = eye.look(Photo(pixels=pixels, name=record.id))
    middle = np.array([pixels.shape[1], pixels.shape[0]]) / 2
    if not scene.people:
        return None
    person = min(scene.people, key=lambda each: float(np.linalg.norm(np.array(each.box.centre) - middle)))
    return replace(scene, people=(replace(person, number=1),))


# ------------------------------------------------------------------------------------------------------- action units


def _units(faces: Sequence[Face]) -> Iterator[Figure]:
    replies = told(faces)
    on = f"frozen set faces, first {RENDERS}, yaw to {YAW:.0f}"
    yield from _parsed(replies, on)
    for trusted in (False, True):
        scenes = [face.trusted if trusted else face.scene for face, _, _ in replies]
        judged = [judge(reply, scene) for (_, _, reply), scene in zip(replies, scenes, strict=True)]
        suffix = f", {TRUSTED_ALL}" if trusted else ""
        kinds = [lie for _, lie, _ in replies if lie is not Lie.NONE]
        caught = [is_caught(*each) for each in zip(replies, judged, strict=True) if each[0][1] is not Lie.NONE]
        yield share(f"lies caught{suffix}", on, caught, {"lie": [kind.value for kind in kinds]})
        alarms = [wrong for each in zip(replies, judged, strict=True) for wrong in false_alarms(*each)]
        yield share(f"true claims of units spoken against{suffix}", on, alarms)
        extra = [bool(more - set(face.present)) for (face, _, _), more in _left(replies, judged)]
        yield share(f"replies with a unit told as left out that is not there{suffix}", on, extra)


Reply = tuple[Face, Lie, Told]


def told(faces: Sequence[Face], half: str = "scored") -> list[Reply]:
    """A reply of every kind about every face."""
    liar = Liar(SEED, half)
    made = ((face, lie, liar.about(face.present, face.absent, lie)) for face in faces for lie in Lie)
    return [(face, lie, reply) for face, lie, reply in made if reply is not None]


def judge(reply: Told, scene: Scene) -> Judged:
    """What the product says to a reply about the one person of a scene."""
    return _judged(claims_about(reply.text, scene.people, scene), scene, LIMITS)


def _judged(claims: Sequence[Claim], scene: Scene, limits: Limits) -> Judged:
    held = [hold(claim, scene, True, limits) for claim in claims]
    against = [each.claim for each in held if each.against is not None]
    more = unmentioned(claims, scene.people[0], limits)
    return Judged(
        read=_numbers([claim for claim in claims if claim.stance is Stance.ASSERTED]),
        against=_numbers(against),
        left_out=frozenset(int(each.statement.split()[0].removeprefix("AU")) for each in more),
    )


def is_caught(reply: Reply, judged: Judged) -> bool:
    """Whether something false in a reply is spoken against, or something that it drops is told."""
    _, _, said = reply
    return bool(judged.against & set(said.false) or judged.left_out & set(said.left_out))


def false_alarms(reply: Reply, judged: Judged) -> list[bool]:
    """For each true claim of a reply that was read, whether it is spoken against."""
    face, _, said = reply
    return [unit in judged.against for unit in said.units if unit in face.present and unit in judged.read]


def _left(replies: Sequence[Reply], judged: Sequence[Judged]) -> list[tuple[Reply, frozenset[int]]]:
    return [(reply, each.left_out) for reply, each in zip(replies, judged, strict=True)]


def _numbers(claims: Sequence[Claim]) -> frozenset[int]:
    return frozenset(int(c.value.removeprefix("AU")) for c in claims if c.topic is Topic.ACTION_UNIT)


def _parsed(replies: Sequence[Reply], on: str) -> Iterator[Figure]:
    """How much of what the replies claim the parser reads, and how much of what it reads they claim."""
    read_ = [judge(said, face.scene).read for face, _, said in replies]
    pairs = list(zip(replies, read_, strict=True))
    found = [unit in got for (_, _, said), got in pairs for unit in said.units]
    meant = [unit in facs.implied(said.units) for (_, _, said), got in pairs for unit in got]
    yield share("claims of units read in replies, scored phrasings", on, found)
    yield share("claims read that the reply makes, scored phrasings", on, meant)


# ---------------------------------------------------------------------------------------------------------- head pose


def _poses(faces: Sequence[Face]) -> Iterator[Figure]:
    """Claims of a clearly turned, raised, lowered or tilted head, and of the opposite."""
    on = f"frozen set faces, first {RENDERS}, yaw to {YAW:.0f}"
    true, false = [], []
    for face in faces:
        angles = face.told["head_pose"]
        says = [
            (angles["yaw"], "turned to the {} of the photo", "left", "right"),
            (angles["pitch"], "{}", "lowered", "raised"),
        ]
        for angle, words, low, high in says:
            if abs(angle) >= _CLEAR:
                right, wrong = (low, high) if angle < 0 else (high, low)
                true.append(_against(f"The head is {words.format(right)}.", face.scene))
                false.append(_against(f"The head is {words.format(wrong)}.", face.scene))
    yield share("true claims of head pose spoken against", on, true)
    yield share("claims of the opposite head pose caught", on, false)


_CLEAR = 15.0  # degrees


def _against(text: str, scene: Scene) -> bool:
    claims = claims_about(text, scene.people, scene)
    return any(hold(claim, scene).claim.status is ClaimStatus.READ_OTHERWISE for claim in claims)


# ----------------------------------------------------------------------------------------------------------- emotions


def _labels(photos: Sequence[Labelled]) -> Iterator[Figure]:
    """Labels on which voters agree, with AU12 for happiness, the one unit that photos bear out for an emotion; and
    another label with its prototype for reasons."""
    on = f"ferplus-test, first {PHOTOS:,}, where {AGREED:.0%} of votes agree"
    liar, true, units_true, false, second = Liar(SEED), [], [], [], []
    for photo in photos:
        record, label, scene = photo.record, photo.label, photo.scene
        reasons = [12] if label is EmotionLabel.HAPPINESS else []
        against = _topics(liar.of_label(label, reasons), scene)
        true.append(label.value in against)
        units_true += ["AU12" in against] if reasons else []
        other = wrong_label(record, label, liar)
        false.append(bool(_topics(liar.of_label(other, facs.PROTOTYPES[other].units), scene)))
        second.append(other.value in _topics(liar.of_label(other, ()), scene))
    yield share("true emotions spoken against", on, true, {"emotion": [photo.label.value for photo in photos]})
    yield share("true claims of AU12 on happy faces spoken against", on, units_true)
    yield share("claims of photos that their labels support, spoken against", on, [*true, *units_true])
    yield share("wrong label with fitting reasons caught", on, false)
    yield share("wrong label without reasons caught", on, second)


def _topics(text: str, scene: Scene) -> set[str]:
    claims = claims_about(text, scene.people, scene)
    return {claim.value for claim in claims if hold(claim, scene).against is not None}


def wrong_label(record: Record, label: EmotionLabel, liar: Liar) -> EmotionLabel:
    """The label with the second most votes, else any other but the right one."""
    others = {other: votes for other, votes in (record.votes or {}).items() if other is not label}
    most = max(others.values(), default=0)
    return liar.pick([other for other in EmotionLabel if other is not label and others.get(other, 0) == most])


# -------------------------------------------------------------------------------------------------------- asking again

_RIGHT = 0.7  # share of photos that the fake model labels rightly before it is asked again


def _again(photos: Sequence[Labelled]) -> Iterator[Figure]:
    """Right and wrong labels before and after a model is asked again: one that yields to the instrument, and one that
    stays with what it said."""
    on = f"ferplus-test, first {PHOTOS:,}, where {AGREED:.0%} of votes agree; {_RIGHT:.0%} right before"
    for manner, yields in (("yields", True), ("stays", False)):
        random, liar = np.random.default_rng(SEED), Liar(SEED)
        before, after = [], []
        for photo in photos:
            first = photo.label if random.random() < _RIGHT else wrong_label(photo.record, photo.label, liar)
            said = asked_again(photo.scene, first, yields)
            before.append(first is photo.label)
            after.append(said == photo.label.value)
        pairs = list(zip(before, after, strict=True))
        spoilt, mended = [not now for was, now in pairs if was], [now for was, now in pairs if not was]
        yield share(f"right answers made wrong by asking again, a model that {manner}", on, spoilt)
        yield share(f"wrong answers made right by asking again, a model that {manner}", on, mended)


def asked_again(scene: Scene, first: EmotionLabel, yields: bool) -> str:
    """The label of a whole answer, by a model that first says `first`, with asking again switched on."""
    read_ = scene.people[0].face.emotion.value

    def says(request: Request) -> str:
        second = len(request.messages) > 2
        label = read_ if second and yields and read_ is not None else first
        return f"<think>It shows.</think><answer>{label.value}</answer>"

    model = FakeModel(says=says)
    router = routing.Router(routing.from_line("fake"), lambda name: model)
    photo = Photo(pixels=np.zeros((scene.height, scene.width, 3), np.uint8), name="photo")
    answer = Chat(photo, scene, _Blind(), router, again=True).ask("How does person 1 feel?")
    labels = [claim.value for claim in answer.claims if claim.topic is Topic.EMOTION]
    return labels[-1] if labels else ""


class _Blind:
    """An eye for answers that need none."""

    def look(self, photo: Photo) -> Scene:
        raise NotImplementedError

    def cover(self, photo: Photo, person: Any) -> Sequence[Any]:
        return ()


# ----------------------------------------------------------------------------------------------------------- how sure


def _sure(photos: Sequence[Labelled]) -> Iterator[Figure]:
    """The confidence of an answer with a model, checked as a probability, for models that are right more or less often;
    on all photos, agreed on or not."""
    on = f"ferplus-test, first {PHOTOS:,}"
    read_ = [(photo, photo.scene.people[0].face.emotion) for photo in photos]
    known = [(photo, emotion) for photo, emotion in read_ if emotion.value is not None]
    right = [emotion.value is photo.label for photo, emotion in known]
    kinds = [photo.scene.people[0].face.quality.kind for photo, _ in known]
    apart = _gap_by_kind(kinds, [emotion.confidence for _, emotion in known], right)
    yield Figure(
        name="confidence against share right, largest gap over kinds of photo", on=on, value=apart, n=len(known)
    )
    for accuracy in (0.4, 0.6, 0.8):
        random, liar = np.random.default_rng(SEED), Liar(SEED)
        sure = []
        for photo, emotion in known:
            said = photo.label if random.random() < accuracy else wrong_label(photo.record, photo.label, liar)
            sure.append(agreement.confidence(emotion, {said.value}))
        error = scoring.calibration_error(sure, right)
        yield Figure(name=f"confidence with a model right {accuracy:.0%}, ECE", on=on, value=error, n=len(sure))
        if accuracy == agreement.MODEL_RIGHT:
            low = [is_right for value, is_right in zip(sure, right, strict=True) if value < agreement.UNSURE]
            high = [is_right for value, is_right in zip(sure, right, strict=True) if value >= agreement.UNSURE]
            yield share("readings that are right, where the answer says it is not sure", on, low)
            yield share("readings that are right, where it does not", on, high)


def _gap_by_kind(kinds: Sequence[str], sure: Sequence[float], right: Sequence[bool]) -> float:
    """How far mean confidence and share of right readings lie apart within a kind of photo ("turned, small"), at most:
    what quality takes from a reading, its confidence has to take too. Kinds with fewer than 30 photos tell nothing."""
    rows = list(zip(kinds, sure, right, strict=True))
    groups = ([(value, hit) for kind, value, hit in rows if kind == each] for each in dict.fromkeys(kinds))
    return max(
        (
            abs(sum(v for v, _ in group) - sum(hit for _, hit in group)) / len(group)
            for group in groups
            if len(group) >= 30
        ),
        default=0.0,
    )


# ---------------------------------------------------------------------------------------------------- gender and age


def _portraits(data: str | None, eye: Instrument) -> Iterator[Figure]:
    on = f"fairface-val, first {PORTRAITS}"
    gender: tuple[list[bool], list[bool]] = ([], [])
    age: tuple[list[bool], list[bool]] = ([], [])
    nouns = {Gender.FEMALE: "woman", Gender.MALE: "man"}
    order = list(AgeGroup)
    for record in islice(read("fairface", "val", data), PORTRAITS):
        scene = _alone(record, eye)
        if scene is None or record.gender not in nouns or record.age_group is None:
            continue
        for out, one in zip(gender, (record.gender, *(set(nouns) - {record.gender})), strict=True):
            out.append(_against(f"This is a {nouns[one]}.", scene))
        at = order.index(record.age_group)
        far = order[at + 4] if at + 4 < len(order) else order[at - 4]
        for out_, group in zip(age, (record.age_group, far), strict=True):
            out_.append(_against(f"Age group: {group.value.replace('70+', '70-90')}.", scene))
    yield share("true claims of perceived gender spoken against", on, gender[0])
    yield share("claims of the other gender caught", on, gender[1])
    yield share("true claims of an age group spoken against", on, age[0])
    yield share("claims of an age four groups off caught", on, age[1])


# -------------------------------------------------------------------------------------------------------------- curve


def curve(faces: Sequence[Face]) -> Iterator[dict[str, Any]]:
    """Lies caught and false alarms on action units, by the probability up to which a reading speaks against a claim."""
    replies = told(faces)
    claims = [claims_about(said.text, face.scene.people, face.scene) for face, _, said in replies]
    for trusted in (False, True):
        for absent, present in _STEPS:
            limits = replace(LIMITS, absent=absent, present=present)
            scenes = [face.trusted if trusted else face.scene for face, _, _ in replies]
            judged = [_judged(each, scene, limits) for each, scene in zip(claims, scenes, strict=True)]
            pairs = list(zip(replies, judged, strict=True))
            row: dict[str, Any] = {"every unit trusted": trusted, "absent": absent, "present": present}
            for lie in Lie:
                hits = [is_caught(*pair) for pair in pairs if pair[0][1] is lie]
                if lie is not Lie.NONE and hits:
                    row[f"caught, {lie.value}"] = round(sum(hits) / len(hits), 4)
            hits = [is_caught(*pair) for pair in pairs if pair[0][1] is not Lie.NONE]
            alarms = [wrong for pair in pairs for wrong in false_alarms(*pair)]
            extra = [bool(each.left_out - set(face.present)) for (face, _, _), each in pairs]
            row |= {
                "caught": round(sum(hits) / len(hits), 4),
                "true claims spoken against": round(sum(alarms) / len(alarms), 4),
                "replies with a false omission": round(sum(extra) / len(extra), 4),
                "lies": len(hits),
                "true claims": len(alarms),
            }
            yield row


_STEPS = ((0.01, 0.95), (0.02, 0.9), (0.03, 0.8), (0.05, 0.7), (0.07, 0.65), (0.1, 0.6), (0.2, 0.5))
