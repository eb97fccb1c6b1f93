"""Everything that can be asked about a photo, with the answer that is right."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import refer
import truth
from refer import Ref
from truth import One, Photo, Tri

from facereason.types import AgeGroup

FEELS: Mapping[str, tuple[str, ...]] = {
    "happiness": ("happ", "joy", "cheer", "smil", "glad", "pleased", "delight", "amuse"),
    "neutral": ("neutral", "calm", "expressionless", "relaxed", "no strong", "no clear", "no particular", "blank"),
    "surprise": ("surpris", "astonish", "amaze", "shock", "startl"),
    "sadness": ("sad", "unhapp", "sorrow", "upset", "deject", "grief", "gloom"),
    "anger": ("angr", "anger", "mad", "annoy", "furious", "irritat"),
    "fear": ("fear", "afraid", "scare", "scari", "scary", "fright", "anxi", "terrif", "worri"),
}
OTHER_FEELS = ("disgust", "contempt")
NONE = ["no", "none", "nobody", "no one", "zero", "not", "isn't", "aren't", "doesn't", "don't", "neither"]
SIGNS = [
    "au", "lip", "mouth", "brow", "eye", "cheek", "smil", "corner", "face", "expression", "jaw", "lid", "nose", "chin",
    "likel", "probab", "%", "reading", "reader",
]  # fmt: skip
NOUNS = ("person", "woman", "man", "child", "girl", "boy", "lady", "guy", "one")
SURE = ["sure", "confiden", "certain", "likel", "probab", "%", "reli", "0."]
NAMED = {"red": ("red", "ginger", "auburn"), "grey": ("grey", "gray", "silver"), "blond": ("blond",)}
AWAY_SAYS = {"left": ["left"], "right": ["right"], "camera": ["camera", "straight", "viewer", "you", "ahead", "front"]}
PICTURED = {"answered": "answered", "cannot": "cannot tell", "nobody": "nobody fits", "many": "several fit"}
UNKNOWN = ["not understood", "cannot tell", "declined"]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that can be asked with the phrasings of `form`. `value` keeps yes and no, and colours, in balance."""

    form: str
    photo: Photo
    slots: Mapping[str, str]
    expect: Mapping[str, Any]
    value: str = ""
    who: int = 0
    whose: str = ""


def answered(**more: Any) -> dict[str, Any]:
    return {"outcome": "answered", **more}


def about(*numbers: int, **more: Any) -> dict[str, Any]:
    return answered(people=list(numbers), **more)


def polar(yes: bool, *numbers: int, **more: Any) -> dict[str, Any]:
    people = {"people": list(numbers)} if numbers else {}
    return answered(**people, polar="yes" if yes else "no", **more)


def age_words(low: float, high: float) -> list[str]:
    """Ways to say an age group that the age, or the group, lies in or next to."""
    order = list(AgeGroup)
    spans = [truth.span(group) for group in order]
    hit = [i for i, (a, b) in enumerate(spans) if low <= b + 0.999 and high >= a]
    near = range(max(0, hit[0] - 1), min(len(order), hit[-1] + 2))
    extra = [
        ["baby", "toddler", "infant", "small child"], ["child", "kid"], ["teen", "adolescent"],
        ["twenties", "twenty", "20s", "young adult"], ["thirties", "thirty", "30s"], ["forties", "forty", "40s"],
        ["fifties", "fifty", "50s"], ["sixties", "sixty", "60s", "senior"],
        ["seventies", "seventy", "eighties", "eighty", "over 70", "70s", "80s", "elder"],
    ]  # fmt: skip
    out = []
    for i in near:
        a, b = (int(v) for v in spans[i])
        out += [order[i].value, f"{a} to {b}", f"{a}–{b}", f"{a} and {b}", *extra[i]]
    return out


def strength(unit: int, value: float) -> list[str]:
    """Ways to say an intensity, a FACS letter and a quarter of the scale to either side."""
    low, high = max(0.05, value - 0.25), min(1.0, value + 0.25)
    out = [f".{n}" for n in range(10) if low <= n / 10 + 0.05 and n / 10 <= high] + (["1.0"] if high == 1.0 else [])
    out += [f"{n} %" for n in range(101) if low <= n / 100 <= high] + [
        f"{n}%" for n in range(101) if low <= n / 100 <= high
    ]
    for i, letter in enumerate("abcde"):
        if low <= (i + 1) / 5 and i / 5 < high:
            out += [
                f"({letter})",
                f"level {letter}",
                f"intensity {letter}",
                f"letter {letter}",
                f"{letter} on",
                f"au{unit}{letter}",
            ]
    if low < 0.4:
        out += ["slight", "weak", "a little", "faint", "trace", "mild", "barely"]
    if low < 0.7 and high > 0.35:
        out += ["moderate", "medium", "clear", "noticeabl", "marked", "visibl", "half"]
    if high > 0.7:
        out += ["strong", "very", "intens", "full", "max", "extreme", "pronounced", "severe", "heav", "a lot"]
    return out


def feels(label: str) -> dict[str, Any]:
    wrong = [word for other, words in FEELS.items() if other != label for word in words] + list(OTHER_FEELS)
    return {"says": [list(FEELS[label])], "instead": wrong}


def colour(name: str, all_of_them: Iterable[str], ref: str) -> dict[str, Any]:
    right = list(NAMED.get(name, (name,)))
    wrong = [w for other in all_of_them if other != name for w in NAMED.get(other, (other,))]
    return {"says": [right], "instead": [w for w in wrong if w not in ref and w not in right]}


class Asked:
    """All that can be asked about a photo."""

    def __init__(self, photo: Photo, split: str, rng: random.Random) -> None:
        self.photo, self.split, self.rng = photo, split, rng
        self.refs = refer.simple(photo, split)
        self.people = photo.seen
        self.adjectives = refer.ADJECTIVES[split]

    def ref(self, one: One, *without: str) -> Ref | None:
        """A way to refer to somebody that says nothing of what is asked; short ones first."""
        fit = [r for r in self.refs if r.means(one.number) and not r.tags & set(without)]
        if not fit:
            return None
        least = min(r.size for r in fit)
        return self.rng.choice([r for r in fit if r.size == least or (r.size == least + 1 and least == 0)])

    def pair(self, a: One, b: One, *without: str) -> dict[str, str] | None:
        one, other = self.ref(a, *without), self.ref(b, *without)
        return {"who": one.text, "other": other.text} if one and other else None

    def adjective(self, label: str) -> str:
        return self.rng.choice(self.adjectives[label])

    def fact(
        self, form: str, expect: Mapping[str, Any], value: object = "", one: One | None = None, **slots: str
    ) -> Fact:
        whose = ""
        if one is not None and one.gender and self.photo.kind != "mixed":
            fits, maybe = refer.found(self.photo, refer.is_man if one.gender == "male" else refer.is_woman)
            whose = one.gender if fits == {one.number} and not maybe else ""
        return Fact(form, self.photo, slots, expect, str(value), one.number if one else 0, whose)

    # ---------------------------------------------------------------------------------------------------- everybody

    def doing(self) -> Iterator[tuple[str, str, Callable[[One], Tri]]]:
        """Topic, words and test of what several may do."""
        work = self.split == "work"
        if self.photo.kind == "groups":
            for way, words in (("sitting", ("sitting", "seated")), ("standing", ("standing", "standing up"))):
                yield "posture", words[not work], lambda o, way=way: truth.posture(o, way)
            yield "gaze", ("looking at the camera", "looking into the camera")[not work], truth.to_camera
            yield "away", ("facing away", "facing away from the camera")[not work], truth.away
            yield "smile", "smiling", truth.smiles
            for c in refer.COLOURS:
                yield "top", (f"wearing {c}", f"dressed in {c}")[not work], lambda o, c=c: truth.top(o, c)
        if self.photo.kind == "ferplus":
            for label in self.adjectives:
                yield "emotion", self.adjective(label), lambda o, label=label: truth.emotion(o, label)

    def classes(self) -> Iterator[tuple[str, Callable[[One], Tri]]]:
        if self.photo.kind in ("groups", "fairface"):
            yield "women", refer.is_woman
            yield "men", refer.is_man
            yield ("children" if self.split == "work" else "kids"), truth.child

    def crowd(self) -> Iterator[Fact]:
        people, plain = self.people, self.photo.plain
        everyone = [one.number for one in people]
        sure = [one.number for one in people if one.there]
        doubt = [one.number for one in people if not one.there]
        if plain:
            yield self.fact("count.all", answered(number=len(people)), len(people))
        yield self.fact("list.all", about(*sure, maybe=doubt))
        yield self.fact("describe.all", about(*sure, maybe=doubt))
        for plural, test in self.classes():
            fits, maybe = refer.found(self.photo, test)
            if plain and not maybe:
                outcome = "answered" if fits else ["answered", "nobody fits"]
                yield self.fact("count.class", {"outcome": outcome, "number": len(fits)}, plural, plural=plural)
                if fits:
                    yield self.fact("follow.count", {"outcome": outcome, "number": len(fits)}, plural, plural=plural)
            if fits and len(maybe) < 2:
                yield self.fact("list.class", about(*sorted(fits), maybe=sorted(maybe)), plural, plural=plural)
        for topic, ing, test in self.doing():
            fits, maybe = refer.found(self.photo, test)
            if not fits and (self.rng.random() < 0.85 or maybe):
                continue
            found = (
                about(*sorted(fits), maybe=sorted(maybe))
                if fits
                else {"outcome": ["answered", "nobody fits"], "says": [NONE]}
            )
            if plain and not maybe:
                number = {"outcome": found["outcome"], "number": len(fits)}
                yield self.fact("count.doing", number, topic + str(bool(fits)), ing=ing)
                if 0 < len(fits) < len(people):
                    others = about(*sorted(set(everyone) - fits))
                    yield self.fact("select.not", others, topic, ing=ing)
                    yield self.fact(
                        "several.count",
                        about(*everyone, maybe=everyone) | {"people": sorted(fits), "number": len(people)},
                        topic,
                        ing=ing,
                    )
            if len(maybe) < 2 and (fits or not maybe):
                yield self.fact("select", found, topic + str(bool(fits)), ing=ing)
                if fits:
                    yield self.fact("list.doing", found, topic, ing=ing)
                    yield self.fact("follow.who", found, topic, ing=ing)
                    if topic == "gaze":
                        yield self.fact("gaze.who", found)
                    if topic == "away":
                        yield self.fact("away.who", found)
        if self.photo.kind == "ferplus":
            for label in self.adjectives:
                yield from self.moods(label)
        if self.photo.kind == "groups":
            yield from self.moved()
            for way, words in (("sitting", ("sitting", "seated")), ("standing", ("standing", "on their feet"))):
                fits, maybe = refer.found(self.photo, lambda o, way=way: truth.posture(o, way))
                if fits or not maybe:
                    yield self.fact("posture.any", self.any(bool(fits)), bool(fits), ing=words[self.split != "work"])
            pairs = [
                (a, b)
                for a, b in itertools.combinations(people, 2)
                if a.meets == str(b.number) and b.meets == str(a.number)
            ]
            pairs = [(a, b) for a, b in pairs if a.eyes and b.eyes]
            if len(pairs) == 1 and plain:
                yield self.fact("gaze.each", about(pairs[0][0].number, pairs[0][1].number))

    def any(self, yes: bool) -> dict[str, Any]:
        return polar(True) if yes else {"outcome": ["answered", "nobody fits"], "polar": "no"}

    def moods(self, label: str) -> Iterator[Fact]:
        fits, maybe = refer.found(self.photo, lambda o: truth.emotion(o, label))
        adj = self.adjective(label)
        if fits or not maybe:
            yield self.fact("emotion.any", self.any(bool(fits)), f"{bool(fits)}{label if not fits else ''}", adj=adj)
        if fits and len(self.people) - len(fits) - len(maybe) > 0:
            yield self.fact("emotion.every", polar(False), "no", adj=adj)
        if len(fits) == len(self.people):
            yield self.fact("emotion.every", polar(True), "yes", adj=adj)
        if fits:
            yield self.fact("emotion.never", about(*sorted(fits), maybe=sorted(maybe)), "no", adj=adj)
        elif not maybe:
            yield self.fact(
                "emotion.never",
                {"outcome": ["answered", "nobody fits"], "says": [[*NONE, "yes", "right"]]},
                "yes",
                adj=adj,
            )

    def moved(self) -> Iterator[Fact]:
        for key, test in truth.MOVES.items():
            fits, maybe = refer.found(self.photo, test)
            hidden = {one.number for one in self.people if one.hidden}
            maybe = maybe - hidden
            unless = {"outcome": ["answered", "nobody fits", "cannot tell"], "polar": "no"}
            if fits or not maybe:
                for form in (f"au.any.{key}", "au.facs.any" if key.isdigit() else ""):
                    if form:
                        yield self.fact(
                            form, unless if hidden and not fits else self.any(bool(fits)), f"{bool(fits)}", n=key
                        )
            if fits and len(maybe) < 3:
                for form in (f"au.who.{key}", "au.who" if key.isdigit() else ""):
                    if form:
                        yield self.fact(form, about(*sorted(fits), maybe=sorted(maybe | hidden)), key, n=key)

    # ---------------------------------------------------------------------------------------------------- somebody

    def somebody(self, one: One) -> Iterator[Fact]:
        if not one.there:
            return
        number, plain = one.number, self.ref(one)
        if plain:
            yield self.fact("locate", about(number), one=one, who=plain.text)
            yield from self.described(one, plain)
        for ref in (self.ref(one, "emotion"),):
            if ref and self.photo.kind in ("ferplus", "mixed") and one.emotion in FEELS:
                yield from self.mood(one, ref)
        if one.years and self.photo.kind != "groups":
            yield from self.aged(one, truth.span(AgeGroup(one.group)))
        if one.years and self.photo.kind == "groups" and one.face and (one.years[0] <= 8 or one.years[0] >= 65):
            yield from self.aged(one, one.years)
        if one.gender:
            yield from self.gendered(one)
        if self.photo.kind == "groups":
            yield from self.coloured(one)
            yield from self.held(one)
            yield from self.looking(one)
            yield from self.turned(one)
            if one.face:
                yield from self.units(one)
            if one.hidden or one.covered in ("mouth", "lower face"):
                yield from self.hidden(one)

    def described(self, one: One, ref: Ref) -> Iterator[Fact]:
        says: list[list[str]] = []
        if one.gender:
            says.append(
                ["woman", "female", "girl", "lady", "she"]
                if one.gender == "female"
                else ["man", "male", "boy", "guy", "he"]
            )
        if one.emotion in FEELS and self.photo.kind in ("ferplus", "mixed") and "emotion" not in ref.tags:
            says.append(list(FEELS[one.emotion]))
        if one.top in refer.COLOURS and "top" not in ref.tags:
            says.append(list(NAMED.get(one.top, (one.top,))))
        if one.group and not says:
            says.append(age_words(*(one.years or (0, 0))))
        if says:
            yield self.fact("describe", about(one.number, says=says[:2]), one=one, who=ref.text)

    def mood(self, one: One, ref: Ref) -> Iterator[Fact]:
        n, label = one.number, one.emotion
        who = {"who": ref.text, "one": one}
        adj = self.adjective(label)
        absent = [other for other in self.adjectives if truth.emotion(one, other) is False]
        yield self.fact("emotion", about(n, **feels(label)), label, **who)
        yield self.fact("emotion.is", polar(True, n), "yes", **who, adj=adj)
        yield self.fact("emotion.neg", polar(True, n), "yes", **who, adj=adj)
        yield self.fact(
            "emotion.not",
            about(n, says=[list(FEELS[label])], never=["is not", "isn't", "does not", "doesn't"]),
            "not",
            **who,
            adj=adj,
        )
        if label != "neutral":
            yield self.fact("why", about(n, says=[SIGNS]), label, **who, adj=adj)
            yield self.fact("follow.why", about(n, says=[SIGNS]), label, **who, adj=adj)
        yield self.fact("follow.sure", about(n, says=[[*SURE, *FEELS[label]]]), label, **who)
        yield self.fact("follow.pronoun.emotion", about(n), label, **who, adj=adj)
        if len(absent) >= 2:
            wrong, other = self.rng.sample(absent, 2)
            no = self.adjective(wrong)
            yield self.fact("emotion.is", polar(False, n), "no" + wrong, **who, adj=no)
            yield self.fact("emotion.is", polar(False, n), "no", **who, adj=no)
            yield self.fact("emotion.neg", polar(False, n), "no", **who, adj=no)
            yield self.fact(
                "emotion.not",
                about(n, says=[[*FEELS[label], "not", "isn't", "doesn't", "right", "correct"]]),
                "is",
                **who,
                adj=no,
            )
            options = [adj, no, self.adjective(other)]
            self.rng.shuffle(options)
            yield self.fact(
                "choose.emotion", about(n, **feels(label)), label, **who, a=options[0], b=options[1], c=options[2]
            )
            two = [adj, no]
            self.rng.shuffle(two)
            yield self.fact("choose.two", about(n, **feels(label)), label, **who, a=two[0], b=two[1])
            yield self.fact(
                "follow.whynot", about(n, says=[[*FEELS[label], *SIGNS, *FEELS[wrong]]]), label, **who, adj=no
            )

    def aged(self, one: One, years: tuple[float, float]) -> Iterator[Fact]:
        ref, n = self.ref(one, "age"), one.number
        if not ref:
            return
        who = {"who": ref.text, "one": one}
        yield self.fact("age", about(n, says=[age_words(*years)]), one.group or int(years[0] / 10), **who)
        for word, test in (("a child", truth.child), ("elderly", truth.old), ("an adult", truth.adult)):
            value = test(one)
            if value is not None:
                yield self.fact("age.is", polar(value, n), f"{word}{value}", **who, agedj=word)
        value = truth.child(one)
        if value is not None:
            right, wrong = (
                (["child", "kid", "baby", "toddler", "boy", "girl", *age_words(*years)], ["adult", "grown"])
                if value
                else (["adult", "grown"], ["child", "kid"])
            )
            if not value:
                right += age_words(*years)
            yield self.fact("choose.age", about(n, says=[right], instead=wrong), value, **who)
        if one.gender and (two := self.ref(one, "age", "gender")):
            says = [age_words(*years), self.sexes(one)["says"][0]]
            yield self.fact("several.emotionage", about(n, says=says), one.gender, who=two.text, one=one)
        if one.gender and truth.adult(one):
            pro, pos = ("he", "his") if one.gender == "male" else ("she", "her")
            yield self.fact(
                "follow.pronoun.age", about(n, says=[age_words(*years)]), one.gender, **who, pro=pro, pos=pos
            )

    def sexes(self, one: One) -> dict[str, Any]:
        words = {"female": ["woman", "female", "girl", "lady", "she"], "male": ["man", "male", "boy", "guy", "he"]}
        other = "male" if one.gender == "female" else "female"
        return {"says": [words[one.gender]], "instead": words[other]}

    def gendered(self, one: One) -> Iterator[Fact]:
        ref = self.ref(one, "gender", "age")
        if not ref or not truth.adult(one) or (self.photo.kind == "groups" and not one.face):
            return
        who = {"who": ref.text, "one": None}
        yield self.fact("gender", about(one.number, **self.sexes(one)), one.gender, **who)
        for value in ("male", "female"):
            noun = {"male": "man", "female": "woman"}[value]
            yield self.fact(
                "gender.is", polar(one.gender == value, one.number), f"{value}{one.gender}", **who, noun=noun, fm=value
            )

    def coloured(self, one: One) -> Iterator[Fact]:
        n = one.number
        ref = self.ref(one, "hair")
        if ref and one.hair:
            who = {"who": ref.text, "one": one}
            yield self.fact("hair", about(n, **colour(one.hair, refer.HAIRS, ref.text)), one.hair, **who)
            for c in (one.hair, self.rng.choice(refer.HAIRS)):
                value = truth.hair(one, c)
                if value is not None:
                    yield self.fact("hair.is", polar(value, n), value, **who, colour=c)
            if one.gender:
                pro, pos = ("he", "his") if one.gender == "male" else ("she", "her")
                yield self.fact(
                    "follow.pronoun.hair",
                    about(n, **colour(one.hair, refer.HAIRS, ref.text)),
                    one.hair,
                    **who,
                    pro=pro,
                    pos=pos,
                )
        ref = self.ref(one, "top")
        if ref and one.top in refer.COLOURS:
            who = {"who": ref.text, "one": one}
            told = colour(one.top, refer.COLOURS, ref.text)
            yield self.fact("clothes", about(n, **told), one.top, **who)
            others = [c for c in refer.COLOURS if truth.top(one, c) is False]
            wrong = self.rng.sample(others, 2)
            yield self.fact("clothes.is", polar(True, n), "yes", **who, colour=one.top)
            yield self.fact("clothes.is", polar(False, n), "no", **who, colour=wrong[0])
            options = [one.top, wrong[0]]
            self.rng.shuffle(options)
            yield self.fact("choose.colour", about(n, **told), one.top, **who, a=options[0], b=options[1], c=wrong[1])
            if one.gender:
                pro, pos = ("he", "his") if one.gender == "male" else ("she", "her")
                yield self.fact("follow.pronoun.clothes", about(n, **told), one.top, **who, pro=pro, pos=pos)
            if one.posture and (both := self.ref(one, "top", "posture")):
                says = [self.poses(one)["says"][0], told["says"][0]]
                yield self.fact("several.posture", about(n, says=says), one.posture, who=both.text, one=one)
            if one.hair and (both := self.ref(one, "top", "hair")):
                says = [list(NAMED.get(one.hair, (one.hair,))), told["says"][0]]
                yield self.fact("several.colours", about(n, says=says), one.hair, who=both.text, one=one)

    def poses(self, one: One) -> dict[str, Any]:
        words = {"sitting": ["sit", "seat", "yes, sit"], "standing": ["stand", "not sit", "isn't sit"]}
        return {"says": [words[one.posture]]}

    def held(self, one: One) -> Iterator[Fact]:
        ref, n = self.ref(one, "posture"), one.number
        if not ref or not one.posture:
            return
        who = {"who": ref.text, "one": one}
        told = {
            "sitting": {"says": [["sit", "seat"]], "instead": ["stand"]},
            "standing": {"says": [["stand"]], "instead": ["sit", "seat"]},
        }
        yield self.fact("posture", about(n, **told[one.posture]), one.posture, **who)
        words = {"sitting": ("sitting", "seated"), "standing": ("standing", "standing up")}
        for way in words:
            yield self.fact(
                "posture.is",
                polar(way == one.posture, n),
                f"{way}{one.posture}",
                **who,
                ing=words[way][self.split != "work"],
            )
        if one.gender:
            yes = {"sitting": ["sit", "seat", "yes"], "standing": ["stand", "no"]}[one.posture]
            pro, pos = ("he", "his") if one.gender == "male" else ("she", "her")
            yield self.fact("follow.pronoun.posture", about(n, says=[yes]), one.posture, **who, pro=pro, pos=pos)

    def looking(self, one: One) -> Iterator[Fact]:
        ref, n, at = self.ref(one, "gaze"), one.number, truth.to_camera(one)
        if not ref or one.gaze is None:
            return
        who = {"who": ref.text, "one": one}
        if at is not None:
            yield self.fact("gaze.camera", polar(at, n), at, **who)
        if one.eyes and at is not None:
            away = ["away", "left", "right", "up", "down", "elsewhere", "not at the camera", "somewhere else"]
            told = (
                {"says": [["camera", "lens", "viewer"]], "instead": ["away", "not"]}
                if at
                else {"says": [away], "never": ["looks at the camera"]}
            )
            yield self.fact("choose.gaze", about(n, **told), at, **who)
        yaw = one.gaze[0]
        if one.eyes:
            met = next((other for other in self.people if one.meets == str(other.number)), None)
            if at:
                yield self.fact("gaze.where", about(n, says=[AWAY_SAYS["camera"]]), "camera", **who)
            elif abs(yaw) >= 22:
                side = "right" if yaw > 0 else "left"
                wrong = "left" if yaw > 0 else "right"
                expect = about(
                    n,
                    says=[[side, *([f"at the {noun}" for noun in NOUNS] + ["at person"] if met else [])]],
                    instead=[wrong, "at the camera"],
                )
                yield self.fact("gaze.where", expect | {"maybe": [met.number] if met else []}, side, **who)
            if met is not None and met.there:
                yield self.fact("gaze.whom", about(met.number, maybe=[n]), met.number, **who)
            for other in self.people:
                name = self.ref(other, "gaze")
                if other is one or not name or not other.there:
                    continue
                maybe = {"maybe": [other.number]}
                if met is other:
                    yield self.fact("gaze.at", polar(True, n, **maybe), "yes", **who, other=name.text)
                elif (met is not None or at) and self.beyond(one, other):
                    yield self.fact("gaze.at", polar(False, n, **maybe), "no", **who, other=name.text)

    def beyond(self, one: One, other: One) -> bool:
        """Whether somebody is plainly on another side than where one looks."""
        assert one.gaze is not None
        way = other.x - one.x
        return abs(way) > one.size and (one.gaze[0] * way < 0 or abs(one.gaze[0]) < 5)

    def turned(self, one: One) -> Iterator[Fact]:
        ref, n = self.ref(one, "away", "gaze"), one.number
        if not ref or one.yaw is None or one.body is None:
            return
        who = {"who": ref.text, "one": one}
        yaw, side = one.yaw, "right" if one.yaw > 0 else "left"
        wrong = "left" if yaw > 0 else "right"
        if 25 <= abs(yaw) <= 80:
            yield self.fact("head.where", about(n, says=[[side]], instead=[wrong]), side, **who)
            yield self.fact("head.is", polar(True, n), "yes", **who, side=side)
            yield self.fact("head.is", polar(False, n), "no", **who, side=wrong)
        elif max(abs(yaw), abs(one.pitch), abs(one.roll)) <= 8:
            yield self.fact("head.where", about(n, says=[AWAY_SAYS["camera"]]), "camera", **who)
        if one.face and abs(one.roll) >= 13:
            yield self.fact("head.tilt", polar(True, n), "yes", **who)
        elif one.face and abs(one.roll) <= 3:
            yield self.fact("head.tilt", polar(False, n), "no", **who)
        if abs(yaw) <= 60 and abs(one.pitch) >= 15:
            up = one.pitch > 0
            upward, downward = ["up", "upward", "upwards", "rais"], ["down", "downward", "downwards", "lower"]
            expect = about(
                n,
                says=[upward if up else downward],
                instead=downward if up else upward,
            )
            yield self.fact("head.updown", expect, up, **who)
        away = truth.away(one)
        if away is not None:
            yield self.fact("away.is", polar(away, n), away, **who)
        if abs(one.body) <= 12:
            yield self.fact("away.where", about(n, says=[AWAY_SAYS["camera"]]), "camera", **who)
        elif abs(one.body) >= 160:
            yield self.fact("away.where", about(n, says=[["away", "back"]]), "away", **who)
        elif 50 <= abs(one.body) <= 120:
            way = "right" if one.body > 0 else "left"
            yield self.fact(
                "away.where", about(n, says=[[way]], instead=[{"left": "right", "right": "left"}[way]]), way, **who
            )

    def units(self, one: One) -> Iterator[Fact]:
        ref, n = self.ref(one, "smile"), one.number
        if not ref or one.units is None:
            return
        who = {"who": ref.text, "one": one}
        for key, test in truth.MOVES.items():
            value = test(one)
            if value is not None:
                yield self.fact(f"au.is.{key}", polar(value, n), value, **who)
        for unit in truth.ALIKE:
            value = truth.unit(one, unit)
            if value is None or (unit == 25 and value != truth.parted(one)):
                continue
            yield self.fact("au.facs", polar(value, n), value, **who, n=str(unit))
            if value:
                left, right = one.units[unit]
                if abs(left - right) <= 0.12:
                    says = {"says": [strength(unit, (left + right) / 2)]}
                    yield self.fact("au.strength", about(n, **says), unit, **who, n=str(unit))
                    part = {4: "brow lowered", 9: "nose wrinkled", 17: "chin raised", 26: "jaw dropped"}.get(unit)
                    if part:
                        yield self.fact("au.strength.words", about(n, **says), unit, **who, part=part)
        strong = [u for u, sides in one.units.items() if min(sides) >= 0.7 and truth.unit(one, u)]
        if strong:
            yield self.fact(
                "au.open", about(n, says=[[f"au{u}", f"au {u}", str(u)] for u in strong[:1]]), strong[0], **who
            )

    def hidden(self, one: One) -> Iterator[Fact]:
        ref = self.ref(one, "smile", "gaze", "away")
        if not ref:
            return
        who = {"who": ref.text, "one": one}
        if one.hidden:
            for form in ("hidden.emotion", "hidden.mouth", "hidden.eyes"):
                yield self.fact(form, {"outcome": "cannot tell"}, one.number, **who)
        elif one.yaw is not None and abs(one.yaw) < 30:
            yield self.fact("hidden.mouth", {"outcome": "cannot tell"}, one.number, **who)

    # ------------------------------------------------------------------------------------------------------- several

    def between(self) -> Iterator[Fact]:
        """What is asked of two people or more."""
        people = [one for one in self.people if one.there]
        for a, b in itertools.permutations(people, 2):
            yield from self.two(a, b)
        if self.photo.layout == "row" and self.photo.plain:
            at = sorted(people, key=lambda one: one.x)
            for i, one in enumerate(at):
                yield from self.placed(at, i, one)
            numbers = [one.number for one in at]
            if 2 < len(at) <= 6:
                yield self.fact("rank.left", about(*numbers, ordered=True))
        yield from self.ranked(people)
        for one in people:
            if self.photo.kind == "groups" and self.photo.plain and (ref := self.ref(one)):
                fits, maybe = refer.found(self.photo, lambda o, one=one: refer.behind(o, one))
                if fits and len(maybe) < 2:
                    yield self.fact(
                        "relation.behind", about(*sorted(fits), maybe=sorted({*maybe, one.number})), who=ref.text
                    )

    def placed(self, at: Sequence[One], i: int, one: One) -> Iterator[Fact]:
        ref = self.ref(one)
        if not ref:
            return
        n = one.number
        told = {each.number: refer.beside(self.photo, each, one) for each in at if each is not one}
        next_to = [k for k, value in told.items() if value]
        maybe = [k for k, value in told.items() if value is None]
        if next_to and not maybe:
            yield self.fact("relation.next", about(*sorted(next_to), maybe=[n]), who=ref.text)
        for side, others in (("left", at[:i]), ("right", at[i + 1 :])):
            if len(others) == 1:
                yield self.fact("relation.side", about(others[0].number, maybe=[n]), side, who=ref.text, side=side)
        if 0 < i < len(at) - 1:
            one_side, other_side = self.ref(at[i - 1]), self.ref(at[i + 1])
            if one_side and other_side:
                expect = about(n, maybe=[at[i - 1].number, at[i + 1].number])
                yield self.fact("relation.between", expect, who=one_side.text, other=other_side.text)
                slots = {"who": ref.text, "other": one_side.text, "third": other_side.text}
                yield self.fact("relation.isbetween", polar(True), "yes", **slots)
                slots = {"who": one_side.text, "other": ref.text, "third": other_side.text}
                yield self.fact("relation.isbetween", polar(False), "no", **slots)

    def two(self, a: One, b: One) -> Iterator[Fact]:
        names = self.pair(a, b)
        n, m = a.number, b.number
        if names:
            left = refer.left_of(a, b)
            if left is not None:
                for side in ("left", "right"):
                    yield self.fact(
                        "relation.is", polar(left == (side == "left")), left == (side == "left"), **names, side=side
                    )
            beside = refer.beside(self.photo, a, b)
            if beside is not None:
                yield self.fact("relation.isnext", polar(beside), beside, **names)
            back = refer.behind(a, b)
            if (
                back is not None
                and self.photo.kind == "groups"
                and (back or abs(a.x - b.x) < 3 * b.size)
                and abs((a.depth or 0) - (b.depth or 0)) >= 0.3
            ):
                yield self.fact("relation.isbehind", polar(back), back, **names)
            if a.depth and b.depth and abs(a.depth - b.depth) >= 0.6:
                near = a.depth < b.depth
                yield self.fact("compare.near.is", polar(near), near, **names)
                if near:
                    yield self.fact("compare.near", about(n, maybe=[m], first=n), **self.either(names))
        faces = self.photo.kind != "groups" or (a.face and b.face)
        names = self.pair(a, b, "age")
        if names and a.years and b.years and faces:
            gap = 15 if self.photo.kind == "groups" else 8
            older = True if a.years[0] >= b.years[1] + gap else (False if b.years[0] >= a.years[1] + gap else None)
            if older is not None:
                yield self.fact("compare.age.is", polar(older), older, **names)
                yield self.fact("compare.young.is", polar(not older), not older, **names)
                winner, loser = (n, m) if older else (m, n)
                yield self.fact("compare.age", about(winner, maybe=[loser], first=winner), older, **names)
                yield self.fact("compare.young", about(loser, maybe=[winner], first=loser), older, **names)
            wide = {"says": [age_words(*b.years)]}
            if self.photo.kind != "groups":
                yield self.fact("follow.again.age", about(m, **wide), **names)
        names = self.pair(a, b, "emotion")
        if names and a.emotion and b.emotion in FEELS and a.emotion in FEELS:
            yield self.fact("follow.again.emotion", about(m, says=feels(b.emotion)["says"]), b.emotion, **names)
            if a.emotion != b.emotion:
                both = {"says": [list(FEELS[a.emotion]), list(FEELS[b.emotion])]}
                yield self.fact("several.emotion", about(*sorted((n, m)), **both), a.emotion, **names)
            for happy, other in ((a, b), (b, a)):
                if happy.emotion == "happiness" and truth.emotion(other, "happiness") is False:
                    won, lost = happy.number, other.number
                    yield self.fact("compare.happy", about(won, maybe=[lost], first=won), happy is a, **names)
                    yield self.fact("compare.happy.is", polar(happy is a), happy is a, **names)
            false = [label for label in self.adjectives if truth.emotion(b, label) is False]
            label = self.rng.choice([b.emotion, *false[:1]])
            adjectives = {"adj": self.adjective(a.emotion), "adj2": self.adjective(label)}
            truly = FEELS[b.emotion] if label == b.emotion else ("no", "not", "isn't", "doesn't", *FEELS[b.emotion])
            expect = answered(says=[["yes", *FEELS[a.emotion]], list(truly)], people=sorted((n, m)))
            yield self.fact("several.polar", expect, label == b.emotion, **names, **adjectives)
        names = self.pair(a, b, "top")
        if names and b.top in refer.COLOURS and a.top:
            yield self.fact(
                "follow.again.clothes", about(m, **colour(b.top, refer.COLOURS, names["other"])), b.top, **names
            )
        names = self.pair(a, b, "posture")
        if names and a.posture and b.posture:
            yes = {"sitting": ["sit", "seat", "yes"], "standing": ["stand", "no", "not"]}[b.posture]
            yield self.fact("follow.again.posture", about(m, says=[yes]), b.posture, **names)

    def either(self, names: Mapping[str, str]) -> dict[str, str]:
        """Two names in any order."""
        order = list(names.values())
        self.rng.shuffle(order)
        return {"who": order[0], "other": order[1]}

    def ranked(self, people: Sequence[One]) -> Iterator[Fact]:
        if not self.photo.plain or len(people) < 2:
            return
        near = sorted(people, key=lambda one: one.depth or 0)
        if self.photo.kind == "groups":
            gaps = [(b.depth or 0) - (a.depth or 0) for a, b in itertools.pairwise(near)]
            if min(gaps) >= 0.35 and 2 < len(near) <= 5:
                yield self.fact("rank.near", about(*(one.number for one in near), ordered=True))
            if gaps[0] >= 0.6:
                yield self.fact(
                    "extreme",
                    about(near[0].number),
                    "closest to the camera",
                    most=("closest to the camera", "nearest to the camera")[self.split != "work"],
                )
        if self.photo.kind == "ferplus":
            happy = [one for one in people if one.emotion == "happiness"]
            if len(happy) == 1 and all(one is happy[0] or truth.emotion(one, "happiness") is False for one in people):
                yield self.fact(
                    "extreme",
                    about(happy[0].number),
                    "happiest",
                    most=("happiest", "most cheerful")[self.split != "work"],
                )
            for label, words in (
                ("anger", ("angriest",) * 2),
                ("surprise", ("most surprised",) * 2),
                ("sadness", ("saddest",) * 2),
            ):
                fit = [one for one in people if one.emotion == label]
                if len(fit) == 1 and all(one is fit[0] or truth.emotion(one, label) is False for one in people):
                    yield self.fact("extreme", about(fit[0].number), label, most=words[0])
        if all(one.years for one in people) and (self.photo.kind == "fairface" or all(one.face for one in people)):
            at = sorted(people, key=lambda one: one.years or (0, 0))
            clear = [
                (b.years or (0, 0))[0] - (a.years or (0, 0))[1] >= (8 if self.photo.kind == "fairface" else 12)
                for a, b in itertools.pairwise(at)
            ]
            if clear[-1]:
                yield self.fact("extreme", about(at[-1].number), "oldest", most="oldest")
            if clear[0]:
                yield self.fact("extreme", about(at[0].number), "youngest", most="youngest")
            if all(clear) and len(at) > 1:
                order = [one.number for one in at]
                yield self.fact("rank.age", about(*order, ordered=True))
                yield self.fact("rank.old", about(*order[::-1], ordered=True))

    def outside(self) -> Iterator[Fact]:
        """What no photo tells, and what is not told."""
        refs = [ref for one in self.people if one.there and (ref := self.ref(one))]
        if len(refs) < 2:
            return
        who, other = self.rng.sample(refs, 2)
        names = {"who": who.text, "other": other.text}
        yield self.fact("identity", {"outcome": ["declined", "cannot tell"]}, **names)
        yield self.fact("objects", {"outcome": UNKNOWN}, **names)
        yield self.fact("mind", {"outcome": UNKNOWN}, **names)
        yield self.fact("nonsense", {"outcome": ["not understood", "declined"]}, **names)

    def all(self) -> Iterator[Fact]:
        yield from self.crowd()
        for one in self.people:
            yield from self.somebody(one)
        yield from self.between()
        yield from self.outside()

    def references(self) -> dict[str, list[Ref]]:
        """Ways to refer to somebody: unique, ambiguous, and to nobody."""
        every = [*self.refs, *refer.ordinal(self.photo, self.split), *refer.related(self.photo, self.split, self.rng)]
        out: dict[str, list[Ref]] = {"unique": [], "ambiguous": [], "nobody": []}
        for ref in {ref.text: ref for ref in every if not ref.maybe}.values():
            if self.photo.plain or ref.fits:
                out["unique" if len(ref.fits) == 1 else "ambiguous" if ref.fits else "nobody"].append(ref)
        out["ambiguous"] = [ref for ref in out["ambiguous"] if (ref.size or ref.tags) and "side" not in ref.tags]
        return out
