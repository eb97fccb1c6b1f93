"""Ways to refer to somebody in a photo, with whom each fits."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import truth
from truth import One, Photo, Tri

Test = Callable[[One], Tri]
COLOURS = ("black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")
HAIRS = ("black", "brown", "blond", "red", "grey", "white")
ADJECTIVES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "work": {
        "happiness": ("happy",), "sadness": ("sad",), "anger": ("angry",), "surprise": ("surprised",),
        "fear": ("afraid",), "neutral": ("neutral",),
    },
    "scored": {
        "happiness": ("happy", "cheerful", "happy"), "sadness": ("sad", "unhappy", "sad"),
        "anger": ("angry", "mad", "angry"), "surprise": ("surprised", "astonished", "surprised"),
        "fear": ("scared", "frightened"), "neutral": ("neutral",),
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ref:
    """`fits`: numbers; `maybe`: those it may fit; `tags`: what it tells already."""

    text: str
    fits: frozenset[int]
    maybe: frozenset[int]
    tags: frozenset[str]
    size: int

    def means(self, number: int) -> bool:
        return self.fits == {number} and not self.maybe


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    test: Test
    tag: str
    before: bool = False


def all_of(*tests: Test) -> Test:
    def test(one: One) -> Tri:
        found = [each(one) for each in tests]
        return False if False in found else (None if None in found else True)

    return test


def found(photo: Photo, test: Test) -> tuple[frozenset[int], frozenset[int]]:
    """Whom it fits, and whom it may."""
    told = {one.number: test(one) for one in photo.seen}
    unsure = {one.number for one in photo.seen if one.there is None}
    fits = frozenset(n for n, value in told.items() if value and n not in unsure)
    return fits, frozenset(n for n, value in told.items() if value is None or (value and n in unsure))


def is_man(one: One) -> Tri:
    return all_of(lambda o: truth.gender(o, "male"), truth.adult)(one)


def is_woman(one: One) -> Tri:
    return all_of(lambda o: truth.gender(o, "female"), truth.adult)(one)


def nouns(photo: Photo, split: str) -> list[Part]:
    work = split == "work"
    if photo.kind in ("ferplus", "mixed"):
        words = ("person", "face") if work else ("person", "one", "face", "individual")
        return [Part(word, lambda o: True, "") for word in words]
    out = [Part(word, lambda o: True, "") for word in (("person",) if work else ("person", "one"))]
    out += [Part(word, is_man, "gender") for word in (("man",) if work else ("man", "guy", "gentleman"))]
    out += [Part(word, is_woman, "gender") for word in (("woman",) if work else ("woman", "lady"))]
    out += [Part(word, truth.child, "age") for word in (("child",) if work else ("kid", "little one"))]
    aged = ("old",) if work else ("elderly",)
    out += [Part(f"{a} man", all_of(is_man, truth.old), "gender age") for a in aged]
    out += [Part(f"{a} woman", all_of(is_woman, truth.old), "gender age") for a in aged]
    return out


def parts(photo: Photo, split: str) -> list[Part]:
    """What may be said of somebody beside the noun."""
    work = split == "work"
    out: list[Part] = []

    def add(test: Test, tag: str, *texts: str, before: tuple[str, ...] = ()) -> None:
        out.extend(Part(text, test, tag) for text in texts)
        out.extend(Part(text, test, tag, True) for text in before)

    if photo.kind == "groups":
        for c in COLOURS:
            texts = (f"in {c}",) if work else (f"wearing {c}", f"in the {c} top", f"dressed in {c}")
            add(lambda o, c=c: truth.top(o, c), f"top {c}", *texts)
        for c in HAIRS:
            if work:
                add(lambda o, c=c: truth.hair(o, c), f"hair {c}", f"with {c} hair")
            else:
                add(lambda o, c=c: truth.hair(o, c), f"hair {c}", f"whose hair is {c}", before=(f"{c}-haired",))
        for way, before in (("sitting", "seated"), ("standing", "")):
            test = lambda o, way=way: truth.posture(o, way)  # noqa: E731
            if work:
                add(test, "posture", f"who is {way}")
            else:
                add(
                    test,
                    "posture",
                    f"that {way[:-4] if way == 'sitting' else 'stand'}s",
                    before=(before,) * bool(before),
                )
        texts = ("looking at the camera",) if work else ("who looks into the camera", "with eyes on the camera")
        add(truth.to_camera, "gaze", *texts)
        add(truth.away, "away", *(("facing away",) if work else ("with the back to us", "turned away from the camera")))
        if work:
            add(truth.smiles, "smile", "who is smiling")
        else:
            add(truth.smiles, "smile", "who smiles", before=("smiling",))
    if photo.kind == "ferplus":
        for label, words in ADJECTIVES[split].items():
            for word in dict.fromkeys(words):
                test = lambda o, label=label: truth.emotion(o, label)  # noqa: E731
                if work:
                    add(test, "emotion", before=(word,) if word != "afraid" else ("scared-looking",))
                else:
                    add(test, "emotion", f"who looks {word}", before=(f"{word}-looking",))
    return out + places(photo, split)


def places(photo: Photo, split: str) -> list[Part]:
    """Places in the order from left to right, or in two rows."""
    work = split == "work"
    at = sorted(photo.seen, key=lambda one: one.x)
    count = len(at)
    out: list[Part] = []

    def add(number: int, *texts: str, before: bool = False) -> None:
        out.extend(Part(text, lambda o: o.number == number, "place", before) for text in texts)

    if photo.layout == "rows":
        middle = (min(o.y for o in at) + max(o.y for o in at)) / 2
        for name, row in (("top", [o for o in at if o.y < middle]), ("bottom", [o for o in at if o.y >= middle])):
            if len(row) >= 2:
                for side, one in (("left", row[0]), ("right", row[-1])):
                    add(one.number, *((f"at the {name} {side}",) if work else (f"in the {name} {side} corner",)))
            if len(row) == 3:
                add(row[1].number, f"in the middle of the {name} row" if work else f"at the centre of the {name} row")
        return out
    if not photo.plain or count < 2 or photo.layout != "row":
        return out
    first, last = at[0].number, at[-1].number
    if work:
        add(first, "on the far left")
        add(last, "on the far right")
    else:
        add(first, "furthest to the left", "at the left edge")
        add(last, "furthest to the right", "at the right edge")
        add(first, "leftmost", before=True)
        add(last, "rightmost", before=True)
    words = ("", "", "second", "third", "fourth", "fifth")
    for n in range(2, min(count, 6)):
        if work:
            add(at[n - 1].number, f"who is {words[n]} from the left")
        else:
            add(at[n - 1].number, f"counted {words[n]} from the left")
            add(at[-n].number, f"who comes {words[n]} from the right")
    if count % 2 and count >= 3:
        add(at[count // 2].number, *(("in the middle",) if work else ("in the centre", "right in the middle")))
    return out


def simple(photo: Photo, split: str) -> list[Ref]:
    """A noun with up to two things said of them; a place goes with a noun that fits everybody."""
    said = parts(photo, split)
    out = []
    for noun in nouns(photo, split):
        out.append(_ref(photo, noun, ()))
        for part in said:
            if part.tag == "place" and noun.tag and not _agrees(photo, noun, part):
                continue
            out.append(_ref(photo, noun, (part,)))
        if photo.kind == "groups":
            free = [part for part in said if part.tag != "place" and found(photo, part.test)[0]]
            for a, b in itertools.combinations(free, 2):
                if a.tag.split()[0] != b.tag.split()[0] and not (a.before and b.before):
                    out.append(_ref(photo, noun, (a, b)))
    return out


def _agrees(photo: Photo, noun: Part, part: Part) -> bool:
    """The leftmost man is the leftmost person too."""
    return any(part.test(one) and noun.test(one) for one in photo.seen) and len(found(photo, noun.test)[0]) == 1


def _ref(photo: Photo, noun: Part, said: tuple[Part, ...]) -> Ref:
    fits, maybe = found(photo, all_of(noun.test, *(part.test for part in said)))
    before = " ".join(part.text for part in said if part.before)
    after = [part.text for part in said if not part.before]
    words = " ".join(word for word in ("the", before, noun.text) if word)
    text = " ".join([words, *after]).replace("face who ", "face that ")
    tags = frozenset(tag for part in (noun, *said) for tag in part.tag.split())
    return Ref(text, fits, maybe, tags, len(said))


def ordinal(photo: Photo, split: str) -> Iterator[Ref]:
    """First and second of a kind of people from a side; the oldest and youngest."""
    if photo.layout != "row" or not photo.plain:
        return
    words = ("first", "second", "third", "fourth")
    for noun in nouns(photo, split):
        if "gender" not in noun.tag and "age" not in noun.tag:
            continue
        fits, maybe = found(photo, noun.test)
        if maybe or not 2 <= len(fits) <= 4:
            continue
        at = sorted((one for one in photo.seen if one.number in fits), key=lambda one: one.x)
        for n, one in enumerate(at):
            if split == "work":
                text = f"the {words[n]} {noun.text} from the left"
            else:
                text = f"the {words[len(at) - 1 - n]} {noun.text} from the right"
            yield Ref(text, frozenset({one.number}), frozenset(), frozenset({*noun.tag.split(), "place"}), 1)
        beyond = words[len(at)] if len(at) < 4 else "fifth"
        side = "left" if split == "work" else "right"
        yield Ref(f"the {beyond} {noun.text} from the {side}", frozenset(), frozenset(), frozenset({"place"}), 1)


def related(photo: Photo, split: str, rng: random.Random) -> Iterator[Ref]:
    """Somebody by where they are to somebody else."""
    anchors = [ref for ref in simple(photo, split) if len(ref.fits) == 1 and not ref.maybe and ref.size == 1]
    rng.shuffle(anchors)
    people = {one.number: one for one in photo.seen}
    heads = nouns(photo, split)
    sits = [Part(f"{n.text} sitting" if split == "work" else f"seated {n.text}",
                 all_of(n.test, lambda o: truth.posture(o, "sitting")), n.tag + " posture") for n in heads]  # fmt: skip
    for anchor in anchors[:6]:
        (number,) = anchor.fits
        other = people[number]
        for text, test in relations(photo, other, split):
            for noun in [*heads, *(sits if photo.kind == "groups" else [])]:
                fits, maybe = found(photo, all_of(noun.test, test))
                way = "side" if text.endswith(("left of", "right of")) else "relation"
                tags = anchor.tags | frozenset(noun.tag.split()) | {way}
                yield Ref(f"the {noun.text} {text} {anchor.text}", fits - {number}, maybe - {number}, tags, 2)


def relations(photo: Photo, other: One, split: str) -> Iterator[tuple[str, Test]]:
    work = split == "work"
    if photo.layout == "row":
        yield "next to" if work else "beside", lambda o: beside(photo, o, other)
        yield "left of" if work else "to the left of", lambda o: left_of(o, other)
        yield "right of" if work else "to the right of", lambda o: left_of(other, o)
    if photo.kind == "groups":
        yield "behind" if work else "at the back of", lambda o: behind(o, other)


def left_of(one: One, other: One) -> Tri:
    apart = other.x - one.x
    return None if abs(apart) < 0.5 * (one.size + other.size) / 2 else apart > 0


def beside(photo: Photo, one: One, other: One) -> Tri:
    """Neighbours from left to right; where one is much further back or far off, it is left open."""
    if one is other or photo.layout != "row" or not photo.plain:
        return False if one is other else None
    at = [each.number for each in sorted(photo.seen, key=lambda each: each.x)]
    if abs(at.index(one.number) - at.index(other.number)) > 1:
        near = abs(one.x - other.x) < 2 * (one.size + other.size) / 2
        return None if near else False
    far = abs(one.x - other.x) > 3.5 * (one.size + other.size) / 2
    deep = one.depth is not None and other.depth is not None and abs(one.depth - other.depth) > 0.45
    return None if far or deep else True


def behind(one: One, other: One) -> Tri:
    if one is other or one.depth is None or other.depth is None:
        return False if one is other else None
    beyond = one.depth - other.depth
    near = abs(one.x - other.x) < 1.3 * other.size
    if beyond >= 0.3 and near:
        return True
    return False if beyond <= 0 or abs(one.x - other.x) > 3 * other.size else None
