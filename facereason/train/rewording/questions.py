"""Questions in other words: pairs of what somebody may type and the plain questions that it means, or `NONE`."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from facereason.rewording.words import NONE
from facereason.train.rewording.people import PLURALS, People, Person

EMOTIONS = {
    "neutral": "neutral", "happiness": "happy", "surprise": "surprised", "sadness": "sad", "anger": "angry",
    "disgust": "disgusted", "fear": "afraid", "contempt": "contemptuous",
}  # fmt: skip
MORE = {
    "older": ("older", "more aged", "more advanced in years", "more senior", "the older of the two"),
    "younger": ("younger", "less old", "more youthful", "the younger one"),
    "happier": ("happier", "more cheerful", "more joyful", "in a better mood", "more happy", "jollier"),
    "sadder": ("sadder", "more unhappy", "more miserable", "gloomier", "unhappier"),
    "angrier": ("angrier", "more annoyed", "madder", "more furious", "crosser", "more irate"),
}
MOST = {
    "oldest": ("oldest", "eldest", "most senior"), "youngest": ("youngest",),
    "happiest": ("happiest", "most cheerful", "most joyful", "most happy", "jolliest"),
    "saddest": ("saddest", "most unhappy", "gloomiest", "most miserable"),
    "angriest": ("angriest", "most furious", "most annoyed", "maddest"),
}  # fmt: skip
RELATIONS = {
    "next to": ("next to", "beside", "right by", "alongside", "adjacent to", "directly next to"),
    "behind": ("behind", "in back of", "to the rear of", "further back than"),
    "in front of": ("in front of", "ahead of", "before"),
    "to the left of": ("to the left of", "left of", "on the left of", "on the left-hand side of"),
    "to the right of": ("to the right of", "right of", "on the right of", "on the right-hand side of"),
    "nearest to": ("nearest to", "closest to", "nearest"),
}
DOING = {
    "smiling": ("smiling", "smiling"), "frowning": ("frowning", "frowning"), "sitting": ("sitting", "sitting"),
    "standing": ("standing", "standing"), "looking_camera": ("looking at the camera", "looking at the camera"),
    "facing_away": ("facing away", "facing away"), "looking_left": ("looking left", "looking left"),
    "looking_right": ("looking right", "looking right"), "looking_down": ("looking down", "looking down"),
    "wears": ("wearing <COL>", "wearing <COL>"),
}  # fmt: skip
UNITS = {  # what is said in plain words of a unit: asked of one, and how strong it is
    "AU1+2": "are the brows of <him> raised", "smiling": "is <he> smiling", "frowning": "is <he> frowning",
    "mouth_open": "is the mouth of <him> open", "mouth_closed": "is the mouth of <him> not open",
    "AU43": "are the eyes of <him> closed", "AU4": "are the brows of <him> lowered",
}  # fmt: skip
HOW = {
    "AU1+2": "how strongly are the brows of <him> raised", "smiling": "how much is <he> smiling",
    "frowning": "how much is <he> frowning", "mouth_open": "how widely is the mouth of <him> open",
    "AU4": "how strongly are the brows of <him> lowered", "AU43": "how strong is AU43 on <him>",
}  # fmt: skip
WHO = {
    "AU1+2": "who has raised brows", "smiling": "who is smiling", "frowning": "who is frowning",
    "mouth_open": "who has their mouth open", "AU43": "who has their eyes closed",
}  # fmt: skip
ANY = {"smiling": "is anyone smiling", "frowning": "is anyone frowning"}
MEANT = {  # frames whose own plain words the grammar lacks, or that mean what another does
    "is the head of <him> turned left or right": "what is the head pose of <him>",
    "is the head of <him> turned up": "is the head of <him> tilted up",
    "is the head of <him> turned down": "is the head of <him> tilted down",
    "does <he> show <AU> or <AU2>": "does <he> show <AU>? does <he> show <AU2>",
    "does <he> show no <AU>": "does <he> not show <AU>",
    # frames that ask the same in other words
    "describe the photo": "describe everyone",
    "isn't <he> <EMO>": "is <he> not <EMO>",
    "are you sure": "why",
    "why do you think so": "why",
    "and <him>": "<him>",
    "and how old is <he>": "how old is <he>",
    "and what colour is the hair of <him>": "what colour is the hair of <him>",
    "does <he> have <HCOL> hair": "is the hair of <him> <HCOL>",
    "is <he> sitting or standing": "what is the posture of <him>",
    "is <he> famous": "what is the name of <him>",
    "which way is the head of <him> turned": "what is the head pose of <him>",
    "is the head of <him> turned left": "is <he> facing left",
    "is the head of <him> turned right": "is <he> facing right",
    "is <AU> active on <him>": "does <he> show <AU>",
    "what about the expression of <him>": "how does <he> feel",
}
WITHOUT_STRENGTH = ("mouth_closed",)
OTHERS = (  # what nobody here can see, so that a question about it is none
    "hat", "cap", "ball", "dog", "cat", "phone", "bag", "book", "umbrella", "guitar", "glasses", "sunglasses", "scarf",
    "beard", "moustache", "tie", "watch", "necklace", "earrings", "cup", "glass", "bottle", "bike", "car", "flag",
    "helmet", "mask", "backpack", "tattoo", "ring", "camera", "stick", "balloon", "cake", "crutches", "microphone",
)  # fmt: skip
TRAITS = {  # what is asked of somebody by a noun: the nouns, and the plain question
    "how old is <he>": ("age", "age group", "age", "approximate age", "years"),
    "is <he> a man or a woman": ("gender", "sex", "perceived gender", "gender"),
    "how does <he> feel": ("emotion", "mood", "expression", "feeling", "facial expression", "state of mind"),
    "what colour is the hair of <him>": ("hair colour", "hair color", "hair", "hair shade"),
    "what colour is <he> wearing": (
        "clothing colour",
        "clothes colour",
        "colour of clothes",
        "outfit colour",
        "top colour",
    ),
    "what is the posture of <him>": ("posture", "stance", "body posture", "sitting or standing"),
    "where is <he> looking": ("gaze", "gaze direction", "line of sight", "eye direction"),
    "what is the head pose of <him>": ("head pose", "head orientation", "head direction"),
    "which action units does <he> show": ("action units", "AUs", "active action units", "FACS codes"),
    "where is <he>": ("position", "location", "place in the picture"),
}
JOINTS = (" and ", " and ", " & ", " n ", " plus ", ", ", " as well as ", " + ", "/", " and also ")
OF_ONE = (
    "<his> {}", "<his> {}?", "what are <his> {}", "what is <his> {}?", "{} of <him>", "{} of <him>?", "{} for <him>",
    "<him>: {}", "tell me <his> {}", "give me the {} of <him>", "what's <his> {}", "the {} of <him> please",
    "can you tell me <his> {}?", "<him> - {}?", "report {} for <him>", "what are the {} of <him>?",
    "what about <his> {}", "I need <his> {}",
    "could you say what <his> {} are?", "list <his> {}", "identify the {} of <him>",
)  # fmt: skip
SOMEBODY = ("man", "woman", "girl", "boy", "person", "guy", "lady", "one", "child", "kid")
BEHIND = ("with the {}", "holding a {}", "with a {}", "carrying the {}", "next to the {}", "who has a {}", "and the {}")
BEFORE = (
    "please", "hi,", "hello,", "hey,", "ok so", "so,", "um,", "quick question:", "excuse me,", "tell me,", "now,",
    "and", "in this photo,", "in the picture,", "looking at this image,", "could you tell me,", "i wonder,", "well,",
    "question:",
)  # fmt: skip
AFTER = (
    "please", "pls", "thanks", "thank you", "in this photo", "in the picture", "in this image", "here", "in this shot",
    "would you say", "do you think", "if you can tell", "as far as you can see", "right now", "thx", "dear",
)  # fmt: skip

BROUGHT_IN = (  # somebody who is named first, and asked about by a pronoun
    "{The}, {asked}", "{The}: {asked}", "{The} - {asked}", "{The}; {asked}", "{The}. {Asked}", "{The}? {Asked}",
    "take {the}: {asked}", "see {the}? {Asked}", "do you see {the}? {Asked}", "you see {the}? {Asked}",
    "look at {the}. {Asked}", "looking at {the}: {asked}", "about {the}: {asked}", "regarding {the}, {asked}",
    "as for {the}, {asked}", "concerning {the}: {asked}", "focus on {the}. {Asked}", "for {the}: {asked}",
    "my question is about {the}. {Asked}", "there is {a}. {Asked}", "there's {a}; {asked}", "there's {a}. {Asked}",
    "I see {a}. {Asked}", "we have {a} here. {Asked}", "somewhere there is {a}; {asked}", "theres {a}, {asked}",
    "{asked} - {the}, I mean", "{asked} I mean {the}", "{asked} {the}, that is", "{asked} ({the})", "{asked} {the}",
)  # fmt: skip

AS_IT_IS = 0.05
"""Share of questions that are put in plain words already."""
APART = 0.13
"""Share of questions about somebody named in which the naming stands apart."""
SPOKEN = (TRAITS, JOINTS, OF_ONE, BROUGHT_IN, EMOTIONS, MORE, MOST, RELATIONS, DOING, BEFORE, AFTER)
"""All words here that a question may hold."""


@dataclass(frozen=True, slots=True)
class Pair:
    """`said`: as typed; `plain`: the plain questions, "? " between several, or `NONE`."""

    said: str
    plain: str


class Questions:
    """Pairs drawn at random. `frames`: for each plain frame with slots, other ways to put it."""

    def __init__(
        self,
        frames: Mapping[str, Sequence[str]],
        people: Mapping[str, Any],
        values: Mapping[str, Any],
        rng: random.Random,
    ) -> None:
        self.frames, self.values, self.rng = frames, values, rng
        self.people = People(people, values, rng)
        self.names = [name for name in frames if name != "NONE"]
        self.nouns = list(PLURALS)

    def reseed(self, rng: random.Random) -> None:
        """Draw by another generator from here on."""
        self.rng = self.people.rng = rng

    def pair(self) -> Pair:
        """One pair, with what typing does to it."""
        roll = self.rng.random()
        if roll < 0.10:
            pair = self._none()
        elif roll < 0.14:
            pair = self._unseen()
        elif roll < 0.19:
            said, plain = self.people.phrase()
            pair = Pair(said, plain)
        elif roll < 0.36:
            pair = self._unit()
        elif roll < 0.39:
            pair = self._both()
        elif roll < 0.415:
            pair = self._traits()
        elif roll < 0.43:
            pair = self._feels()
        else:
            pair = self._framed(self.rng.choice(self.names))
        return Pair(self._typed(pair.said), pair.plain)

    # ------------------------------------------------------------------------------------------------ kinds

    def _framed(self, frame: str) -> Pair:
        said = frame if self.rng.random() < AS_IT_IS else self.rng.choice(self.frames[frame])
        plain = MEANT.get(frame, frame)
        if "<UNITCLAUSE>" in frame:
            return self._unit()
        for slot, draw in self._values().items():
            if f"<{slot}>" in plain or f"<{slot}>" in said:
                word, name = draw()
                said, plain = said.replace(f"<{slot}>", word), plain.replace(f"<{slot}>", name)
        said, plain = self._peopled(said, plain)
        return Pair(said, plain)

    def _unit(self) -> Pair:
        rng = self.rng
        key = rng.choice(list(self.values["units"]))
        unit = self.values["units"][key]
        number = key if re.fullmatch(r"AU\d+", key) else None
        roll = rng.random()
        if roll < 0.55:
            said = rng.choice(unit["ask"]) if roll < 0.4 else self._clause(unit)
            plain = UNITS.get(key, f"does <he> show {number}")
        elif roll < 0.75 and key not in WITHOUT_STRENGTH:
            said, plain = rng.choice(unit["how"]), HOW.get(key, f"how strong is {number} on <him>")
        elif roll < 0.9 and (number or key in WHO):
            said, plain = rng.choice(unit["who"]), WHO.get(key, f"who shows {number}")
        elif number or key in ANY:
            said, plain = rng.choice(unit["any"]), ANY.get(key, f"does anyone show {number}")
        else:
            said, plain = rng.choice(unit["ask"]), UNITS.get(key, f"does <he> show {number}")
        return Pair(*self._peopled(said, plain))

    def _clause(self, unit: Mapping[str, Sequence[str]]) -> str:
        """A statement of a unit, put as a question."""
        forms = self.frames["does <UNITCLAUSE>"]
        form = self.rng.choice(forms)
        if "<UNITCLAUSE>" in form:
            return form.replace("<UNITCLAUSE>", self.rng.choice(unit["clause"]))
        return form.replace("<UNITNP>", self.rng.choice(unit["np"]))

    def _feels(self) -> Pair:
        """ "Looks gutted" of one, or of whoever."""
        emotion = self.rng.choice(list(EMOTIONS))
        verb = self.rng.choice(self.values["emotions"][emotion]["verb"])
        if self.rng.random() < 0.3:
            return Pair(f"{self.rng.choice(('who', 'which of them', 'anybody who', 'which person'))} {verb}?",
                        f"who is {EMOTIONS[emotion]}")  # fmt: skip
        form = self.rng.choice(("<he> {}?", "<he> {}, right?", "would you say <he> {}?", "do you think <he> {}",
                                "is it true that <he> {}?", "<he> {}, no?", "check if <he> {}"))  # fmt: skip
        return Pair(*self._peopled(form.format(verb), f"is <he> {EMOTIONS[emotion]}"))

    def _both(self) -> Pair:
        """Two questions in one line."""
        one, other = self._framed(self.rng.choice(self.names)), self._framed(self.rng.choice(self.names))
        joint = self.rng.choice((" and ", ", and ", "? ", ". also, ", "? and ", ", plus ", "; "))
        plain = NONE if NONE in (one.plain, other.plain) else f"{one.plain}? {other.plain}"
        return Pair(f"{one.said.rstrip('?. ')}{joint}{other.said}", plain)

    def _traits(self) -> Pair:
        """One or two things of somebody, by their nouns."""
        rng = self.rng
        asked = rng.sample(list(TRAITS), rng.choice((1, 2, 2, 2)))
        said = rng.choice(JOINTS).join(rng.choice(TRAITS[plain]) for plain in asked)
        plain = "? ".join(asked)
        return Pair(*self._peopled(rng.choice(OF_ONE).format(said), plain))

    def _none(self) -> Pair:
        said = self.rng.choice(self.frames["NONE"])
        said, _ = self._peopled(said, "")
        return Pair(said, NONE)

    def _unseen(self) -> Pair:
        """A question about somebody with something that is not read: nothing may be left out of a question."""
        pair = self._framed(self.rng.choice(self.names))
        words = pair.said.split()
        nouns = [n for n, word in enumerate(words) if word.strip("?,.") in SOMEBODY]
        if not nouns:
            return self._none()
        at = self.rng.choice(nouns) + 1
        thing = self.rng.choice(BEHIND).format(self.rng.choice(OTHERS))
        return Pair(" ".join([*words[:at], thing, *words[at:]]), NONE)

    # ---------------------------------------------------------------------------------------------- filling

    def _peopled(self, said: str, plain: str) -> tuple[str, str]:
        for slot in ("", "2", "3"):
            marks = [f"<{case}{slot}>" for case in ("he", "him", "his")]
            if not any(mark in said or mark in plain for mark in marks):
                continue
            person = self.people.person(pronoun=not slot or self.rng.random() < 0.3)
            apart = not slot and said.count(marks[0]) + said.count(marks[1]) + said.count(marks[2]) > 0
            if apart and person.plain not in ("he", "she") and self.rng.random() < APART:
                said = self._brought_in(said, marks, person)
            else:
                said = _once(said, marks, person)
            plain = plain.replace(marks[0], person.plain).replace(marks[1], person.plain_object)
        return said, plain

    def _brought_in(self, said: str, marks: Sequence[str], person: Person) -> str:
        """ "There's a woman in red. Is she happy?" """
        again = _pronouns(person)
        for mark, word in zip(marks, again, strict=True):
            said = said.replace(mark, word)
        asked = said if said.rstrip().endswith("?") else f"{said.rstrip('. ')}?"
        form = self.rng.choice(BROUGHT_IN)
        the = person.he
        if "{a}" in form and not the.startswith("the "):
            form = self.rng.choice([form for form in BROUGHT_IN if "{a}" not in form])
        noun = the.removeprefix("the ")
        a = f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"
        return form.format(the=the, The=the, a=a, asked=asked, Asked=asked)

    def _values(self) -> dict[str, Callable[[], tuple[str, str]]]:
        rng = self.rng
        emotions = rng.sample(list(EMOTIONS), 3)
        nouns = rng.sample(self.nouns, 2)
        doing, said_doing = self._doing()
        number = str(rng.randint(18, 79))

        def emotion(at: int) -> Callable[[], tuple[str, str]]:
            names = self.values["emotions"][emotions[at]]["adj"]
            word = EMOTIONS[emotions[at]] if rng.random() < 0.4 else rng.choice(names)
            return lambda: (word, EMOTIONS[emotions[at]])

        def noun(at: int) -> Callable[[], tuple[str, str]]:
            names = self.values["emotions"][emotions[at]]["noun"]
            word = emotions[at] if rng.random() < 0.5 else rng.choice(names)
            return lambda: (word, EMOTIONS[emotions[at]])

        def table(words: Mapping[str, Sequence[str]]) -> Callable[[], tuple[str, str]]:
            plain = rng.choice(list(words))
            said = plain if rng.random() < 0.5 else rng.choice(list(words[plain]))
            return lambda: (said, plain)

        out: dict[str, Callable[[], tuple[str, str]]] = {}
        for at, slot in enumerate(("", "2", "3")):
            out[f"EMO{slot}"], out[f"EMON{slot}"] = emotion(at), noun(at)
        out["DOING"] = lambda: (said_doing, doing)
        out["MORE"], out["MOST"], out["RELATION"] = table(MORE), table(MOST), table(RELATIONS)
        out["NOUN"] = lambda: (self.people.noun(nouns[0]), nouns[0])
        out["NOUNS"] = lambda: (self.people.noun(nouns[0], plural=True), PLURALS[nouns[0]])
        out["NOUNS2"] = lambda: (self.people.noun(nouns[1], plural=True), PLURALS[nouns[1]])
        out["COL"], out["COL2"], out["HCOL"] = self.people.colour, self.people.colour, self._hair
        out["N"] = lambda: (number, number)
        units = rng.sample((1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 18, 20, 22, 23, 24, 25, 26, 27, 28, 43), 2)
        for slot, unit in zip(("", "2"), units, strict=True):
            form = rng.choice(("AU{}", "AU {}", "au{}", "action unit {}", "AU{}", "au {}", "unit {}"))
            out[f"AU{slot}"] = _fixed(form.format(unit), f"AU{unit}")
        return out

    def _hair(self) -> tuple[str, str]:
        return self.people.colour(hair=True)

    def _doing(self) -> tuple[str, str]:
        name = self.rng.choice(list(DOING))
        plain, usual = DOING[name]
        said = usual if self.rng.random() < 0.4 else self.rng.choice(self._predicates(name) or [usual])
        colour, word = self.people.colour()
        return plain.replace("<COL>", word), said.replace("<COL>", colour)

    def _predicates(self, name: str) -> list[str]:
        """What can stand behind "is" of the modifiers of a property."""
        out = []
        for post in self.people.lists[name]["post"]:
            said = re.sub(r"^(who|that)( is|'s) ", "", post)
            if said != post or re.match(r"\w+ing\b", post):
                out.append(said)
        return out

    # ------------------------------------------------------------------------------------------------ typing

    def _typed(self, said: str) -> str:
        rng = self.rng
        if rng.random() < 0.10:
            said = f"{rng.choice(BEFORE)} {said}"
        if rng.random() < 0.08:
            said = f"{said.rstrip('?. ')} {rng.choice(AFTER)}"
        if rng.random() < 0.3:
            said = said.rstrip("?. ")
        if rng.random() < 0.12:
            said = said.replace("'", "")
        if rng.random() < 0.07:
            said = self._slipped(said)
        return said

    def _slipped(self, said: str) -> str:
        words = said.split(" ")
        long = [n for n, word in enumerate(words) if len(word) > 4 and word.isalpha()]
        if not long:
            return said
        at = self.rng.choice(long)
        word, i = words[at], self.rng.randrange(1, len(words[at]) - 1)
        swapped = word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        words[at] = self.rng.choice((word[:i] + word[i + 1 :], word[:i] + word[i] + word[i:], swapped))
        return " ".join(words)


def _pronouns(person: Person) -> tuple[str, str, str]:
    """What somebody is called when named again: by the first noun of the plain phrase, which comes before those whom
    it relates to."""
    found = re.search(r"\b(woman|girl|she|man|boy|he|child|person)\b", person.plain)
    if found and found[1] in ("woman", "girl", "she"):
        return ("she", "her", "her")
    return ("he", "him", "his") if found and found[1] in ("man", "boy", "he") else ("they", "them", "their")


def _once(said: str, marks: Sequence[str], person: Person) -> str:
    """The first mention by what somebody is called, the others by a pronoun."""
    again = _pronouns(person)
    first = True

    def put(found: re.Match[str]) -> str:
        nonlocal first
        case = marks.index(found.group())
        words = (person.he, person.him, person.his) if first else again
        first = False
        return words[case]

    return re.sub("|".join(map(re.escape, marks)), put, said)


def _fixed(said: str, plain: str) -> Callable[[], tuple[str, str]]:
    return lambda: (said, plain)
