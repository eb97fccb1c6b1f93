"""People in other words: a phrase as somebody may put it, and the plain phrase of the grammar that it means."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PRONOUNS = (("she", "her", "her", "her"), ("he", "him", "his", "him"))  # subject, object, possessive, as plain object
PLURALS = {"woman": "women", "man": "men", "girl": "girls", "boy": "boys", "child": "children", "person": "people"}
COLOURS = ("black", "grey", "white", "brown", "red", "orange", "yellow", "green", "blue", "purple", "pink")
HAIR = ("blond", "brown", "black", "grey", "red", "white")

BEFORE = {  # what stands before the noun in plain words
    "smiling": "smiling", "happy": "happy", "sad": "sad", "angry": "angry", "surprised": "surprised",
    "disgusted": "disgusted", "afraid": "afraid", "contemptuous": "contemptuous", "neutral": "neutral",
    "sitting": "sitting", "standing": "standing", "old": "old", "young": "young", "oldest": "oldest",
    "youngest": "youngest", "older": "older", "younger": "younger", "happiest": "happiest", "saddest": "saddest",
    "angriest": "angriest", "only": "", "other": "other",
}  # fmt: skip
AFTER = {
    "far_left": "on the far left", "far_right": "on the far right", "left": "on the left", "right": "on the right",
    "middle": "in the middle", "second_left": "second from the left", "third_left": "third from the left",
    "second_right": "second from the right", "third_right": "third from the right", "top_row": "in the top row",
    "bottom_row": "in the bottom row", "top_left": "in the top left corner", "top_right": "in the top right corner",
    "bottom_left": "in the bottom left corner", "bottom_right": "in the bottom right corner",
    "closest": "closest to the camera", "farthest": "farthest from the camera", "next_to": "next to <him>",
    "left_of": "to the left of <him>", "right_of": "to the right of <him>", "behind": "behind <him>",
    "in_front": "in front of <him>", "nearest": "nearest to <him>", "between": "between <him> and <him2>",
    "wears": "in <COL>", "not_wears": "who is not wearing <COL>", "hair": "with <HCOL> hair",
    "not_smiling": "who is not smiling", "frowning": "who is frowning", "mouth_open": "whose mouth is open",
    "eyes_closed": "whose eyes are closed", "brows_raised": "whose brows are raised",
    "brows_lowered": "whose brows are lowered", "looking_camera": "looking at the camera",
    "not_looking_camera": "who is not looking at the camera", "looking_left": "looking to the left",
    "looking_right": "looking to the right", "looking_down": "looking down", "looking_up": "looking up",
    "looking_at": "looking at <him>", "facing_away": "facing away from the camera",
    "facing_camera": "facing the camera", "head_left": "turned to the left", "head_right": "turned to the right",
    "tilted": "with their head tilted",
}  # fmt: skip
OFTEN = ("wears", "far_left", "far_right", "left", "right", "middle", "hair", "smiling", "next_to", "behind", "sitting")
COUNTED = (
    "the {0} {1} from the {2}", "the {0} {1} from the {2}", "the {0} {1} from {2}", "{0} {1} from {2}",
    "the {0} {1} counting from the {2}", "the {0} {1} in from the {2}", "the {0} {1} starting at the {2}",
    "from the {2}, the {0} {1}", "counting from {2}, the {0} {1}", "the {0}-from-{2} {1}",
    "the {0} {1} as you go in from the {2}", "the {0} {1} if you count from the {2}",
)  # fmt: skip
PRONOMINAL = 0.27
NUMBERED = 0.12
NOTED = 0.1
"""Share of phrases that are put as a note: "man, far left, sitting"."""


@dataclass(frozen=True, slots=True)
class Person:
    """`he`, `him`, `his`: as somebody puts it; `plain` and `plain_object`: in plain words."""

    he: str
    him: str
    his: str
    plain: str
    plain_object: str


class People:
    """Phrases drawn at random from lists of nouns and modifiers (`training/rewording/people.json`)."""

    def __init__(self, people: Mapping[str, Any], values: Mapping[str, Any], rng: random.Random) -> None:
        self.lists, self.values, self.rng = people, values, rng

    def person(self, depth: int = 0, *, pronoun: bool = True) -> Person:
        """One person; `depth`: how many phrases this one lies within."""
        roll = self.rng.random()
        if pronoun and roll < PRONOMINAL:
            he, him, his, plain = self.rng.choice(PRONOUNS)
            return Person(he, him, his, he, plain)
        if roll < PRONOMINAL + NUMBERED:
            said, plain = self._number()
        else:
            said, plain = self.phrase(depth)
        owner = f"{said}'" if said.endswith("s") and self.rng.random() < 0.3 else f"{said}'s"
        return Person(said, said, owner, plain, plain)

    def phrase(self, depth: int = 0) -> tuple[str, str]:
        """A person by noun and modifiers: as put, and plain."""
        rng = self.rng
        if depth == 0 and rng.random() < 0.06:
            return self._two()
        if depth == 0 and rng.random() < 0.06:
            return self._counted()
        kind = rng.choices(("person", "woman", "man", "girl", "boy", "child", "old_woman", "old_man"),
                           (3, 8, 8, 3, 3, 2, 1, 1))[0]  # fmt: skip
        count = rng.choices((0, 1, 2), (2, 6, 2) if depth == 0 else (4, 5, 0))[0]
        if kind == "person" and not count:
            count = 1
        if kind == "person" and count == 1 and rng.random() < 0.6:
            name = self._property(depth)
            if bare := self.lists[name]["bare"]:
                return self._filled(rng.choice(bare), self._plain("person", [name]), depth)
        names: list[str] = []
        while len(names) < count:
            name = self._property(depth)
            if name not in names and not (names and name in ("only", "other", "between")):
                names.append(name)
        noun = self.noun(kind)
        before, after = [], []
        for name in names:
            pre, post = self.lists[name]["pre"], self.lists[name]["post"]
            if name in ("only", "other"):
                pre = [name]
            if pre and (not post or rng.random() < (0.5 if name in BEFORE else 0.25)):
                before.append(rng.choice(pre))
            else:
                after.append(rng.choice(post))
        article = rng.choices(("the ", "that ", "this ", ""), (85, 5, 3, 7))[0]
        if names and rng.random() < NOTED:
            noted = [re.sub(r"^(who|that)( is|'s|s) ", "", said) for said in (*before, *after)]
            said = f"{article if rng.random() < 0.3 else ''}{', '.join([noun, *noted])}"
        else:
            said = f"{article}{' '.join([*before, noun, *after])}"
        return self._filled(said, self._plain(kind, names), depth)

    def noun(self, kind: str, *, plural: bool = False) -> str:
        nouns = self.lists["nouns_plural" if plural else "nouns"][kind]
        plain = {"old_woman": "old woman", "old_man": "old man"}.get(kind, kind)
        usual = PLURALS.get(plain, plain) if plural else plain
        return usual if self.rng.random() < 0.45 else str(self.rng.choice(nouns))

    def colour(self, *, hair: bool = False) -> tuple[str, str]:
        plain = self.rng.choice(HAIR if hair else COLOURS)
        names: Sequence[str] = self.values["hair" if hair else "colours"][plain]
        return (plain if self.rng.random() < 0.65 else self.rng.choice(names)), plain

    def _property(self, depth: int) -> str:
        if self.rng.random() < 0.35:
            return self.rng.choice(OFTEN)
        names = [*BEFORE, *AFTER]
        while True:
            name = self.rng.choice(names)
            if depth and "<him" in AFTER.get(name, ""):
                continue
            return name

    def _plain(self, kind: str, names: Sequence[str]) -> str:
        noun = {"old_woman": "old woman", "old_man": "old man"}.get(kind, kind)
        before = [BEFORE[name] for name in names if name in BEFORE]
        after = [AFTER[name] for name in names if name in AFTER]
        # what has no "who" goes first, so that it is not taken into the clause
        after.sort(key=lambda said: (said.startswith(("who", "whose")), "<him" in said))
        return " ".join(word for word in ["the", *before, noun, *after] if word)

    def _two(self) -> tuple[str, str]:
        pair = self.rng.choice(list(self.lists["two"]))
        kind, name = pair.split("+")
        return self._filled(self.rng.choice(self.lists["two"][pair]), self._plain(kind, [name]), 0)

    def _counted(self) -> tuple[str, str]:
        """ "The second woman from the left": counted among women."""
        rng, kind = self.rng, self.rng.choice(list(PLURALS))
        place, side = rng.randrange(3), rng.choice(("left", "right"))
        plain = ("second", "third", "fourth")[place]
        word = rng.choice((plain, plain, ("2nd", "3rd", "4th")[place]))
        form = rng.choice(COUNTED)
        return form.format(word, self.noun(kind), side), f"the {plain} {kind} from the {side}"

    def _filled(self, said: str, plain: str, depth: int) -> tuple[str, str]:
        for slot in ("2", ""):
            if f"<him{slot}>" in said + plain or f"<his{slot}>" in said or f"<he{slot}>" in said:
                other = self.person(depth + 1)
                said = said.replace(f"<him{slot}>", other.him).replace(f"<his{slot}>", other.his)
                said = said.replace(f"<he{slot}>", other.he)
                plain = plain.replace(f"<him{slot}>", other.plain_object)
        if "<COL>" in plain:
            colour, name = self.colour()
            said, plain = said.replace("<COL>", colour), plain.replace("<COL>", name)
        if "<HCOL>" in plain:
            colour, name = self.colour(hair=True)
            said, plain = said.replace("<HCOL>", colour), plain.replace("<HCOL>", name)
        return said, plain

    def _number(self) -> tuple[str, str]:
        number = self.rng.randint(1, 9)
        form = self.rng.choices(
            ("person {}", "number {}", "subject {}", "#{}", "face {}", "person #{}", "person no. {}",
             "person number {}", "individual {}", "p{}", "participant {}", "{}", "no. {}", "no {}", "nr {}",
             "the person {}", "num {}"),
            (12, 2, 3, 2, 2, 1, 1, 2, 1, 1, 1, 3, 1, 1, 0.5, 0.5, 0.5),
        )[0]  # fmt: skip
        return form.format(number), f"person {number}"
