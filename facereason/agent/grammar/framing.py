"""What a sentence's slots say of whom it asks and how, for the frames that fill plain questions from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facereason.agent.grammar.chunks import Mention
from facereason.agent.grammar.slots import Slots, topics
from facereason.agent.grammar.words import COMMA

GENERIC = {"person", "one", "people", "ones", "face", "faces", "persons", "individual", "individuals", "folks"}


class Framing:
    """A sentence's slots, and who and what they ask about."""

    def __init__(self, slots: Slots) -> None:
        self.s = slots
        self.one = [each for each in slots.people if each.sort in ("one", "many", "all")]
        if slots.cues & {"AU", "UNITS"} and slots.numbers and not slots.units:
            slots.units = [f"AU{slots.numbers.pop(0)}"]
            slots.cues -= {"UNITS"}
        if slots.more or slots.most:
            slots.relations = [each for each in slots.relations if not each.startswith(("between", "in between"))]
        if slots.relations:
            slots.postures = []  # "stands beside"
        if "STAND" in slots.order and slots.only("postures"):
            slots.postures.append("standing")
        if slots.parts and slots.sides == ["straight ahead"]:
            slots.sides = []
        if self.asks("HOW_MANY") and slots.feelings and any(each.sort == "one" for each in slots.people):
            slots.asks = {"MUCH"}  # "how big is her smile?"
        if self.asks("FIND") and slots.people and slots.people[0].sort in ("all", "many", "any", "kind"):
            slots.asks.add("WHO")

    def is_none(self) -> bool:
        """What is no question about a face, though each of its words could be of one."""
        s, order = self.s, self.s.order
        dangling = order[-1:] == ["WHO"] and COMMA not in order and order[-2:-1] != ["IS"]  # "happy woman red who"
        best = any("est " in each.text for each in s.people)  # "pick the happiest person"
        asked = (
            s.asked or best or bool(s.asks or s.cues & (topics() | {"OR"})) or bool({"IS", "DO", "HAVE"} & set(order))
        )
        said = s.postures or s.feelings or s.parts or s.acts or s.units
        doing = self.about("DOING") and not said and not self.asks("HOW")  # "what is she doing?"
        told = order[:1] == ["THIS"] and not s.asked and not s.asks  # "say that she is sad"
        thing = (
            self.asks("WHAT") and order[-1:] == ["AT"] and self.about("LOOKING", "LOOK")
        )  # "what is she looking at?"
        owned = "YOU" in order and "HAVE" in order[order.index("YOU") :]  # "do you have children?"
        went = "GO" in order and self.asks("WHY", "WHO")
        worn = self.about("HAIR", "CLOTHING", "WEAR", "COLOUR_NOUN") or "IN" in order
        return bool(dangling or not asked or doing or told or thing or owned or went or (s.colours and not worn))

    # ------------------------------------------------------------------------------------------------- who

    def asks(self, *types: str) -> bool:
        return bool(self.s.asks & set(types))

    def about(self, *cues: str) -> bool:
        return bool(self.s.cues & set(cues))

    def whom(self) -> str:
        """The one that the sentence is about, in plain words; empty where that is not one."""
        people = [each for each in self.s.people if each.sort != "none"]
        if not people:
            return self.s.default
        if len(people) == 1 or all(each.text == people[0].text for each in people):
            return definite(people[0])
        if (
            len(people) == 2
            and people[1].text in ("she", "he")
            and people[0].sort == "one"
            and people[0].text not in ("she", "he")
        ):  # "the man, is he ...?"
            return people[0].text
        return ""

    def anybody(self) -> str:
        """ "Anyone", "everyone", "nobody", where that is all who are mentioned."""
        people = self.s.people
        if (
            len(people) == 1
            and people[0].sort in ("any", "all", "none")
            and not people[0].text.startswith(("all the", "both"))
        ):
            return people[0].text
        return ""

    def asks_who(self) -> bool:
        """Whether it asks for people: "who", or "which of them"; with nobody in particular mentioned."""
        people = self.s.people
        among = not people or all(each.sort in ("many", "kind", "all", "any") for each in people)
        return among and (
            self.asks("WHO", "WHOSE") or (self.asks("WHAT", "FIND", "LIST") and (bool(people) or self.s.among))
        )

    def one_asked(self) -> bool:
        return any(each.sort == "one" for each in self.s.people)

    def who(self) -> str:
        """ "Who", or "who of the women"."""
        people = [each for each in self.s.people if each.sort in ("many", "kind")]
        if people and people[0].bare and people[0].text not in GENERIC:
            return f"which {people[0].text}"
        if (
            not people
            or people[0].bare
            or people[0].text
            in ("they", "the ones", "ones", "the people", "people", "the faces", "faces", "person", "one")
        ):
            return "who"
        text = people[0].text.removeprefix("the ").removeprefix("these ")
        return f"who of the {text}" if people[0].sort == "many" or not people[0].text.startswith("a ") else "who"

    def of(self, predicate: str, verb: str = "is") -> Iterator[str]:
        """The predicate, proposed of whom the sentence is about, or asked for."""
        s = self.s
        no = "not " if s.negated else ""
        if anybody := self.anybody():
            if no and s.people[0].sort != "none":
                return
            yield f"{verb} {anybody} {predicate}"
        elif self.asks_who():
            if verb == "is":
                yield f"{self.who()} is {no}{predicate}"
            elif not no:
                yield f"{self.who()} {third(predicate)}"
            else:
                yield f"{self.who()} does not {predicate}"
        elif (whom := self.whom()) and not self.asks("WHO", "WHOSE"):
            if no and verb == "do":
                yield f"does {whom} not {predicate}"
            else:
                yield f"{'does' if verb == 'do' else 'is'} {whom} {no}{predicate}"

    def fits(self, *cues: str) -> bool:
        """Whether nothing is asked about but these."""
        return not self.s.cues & topics() - set(cues)


def either(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}"


def definite(mention: Mention) -> str:
    if mention.sort == "kind":
        return f"the {mention.text.removeprefix('a ').removeprefix('an ')}"
    return mention.text


def object_of(mention: Mention) -> str:
    return object_text(definite(mention))


def object_text(text: str) -> str:
    return {"she": "her", "he": "him", "they": "them"}.get(text, text)


def third(predicate: str) -> str:
    verb, _, rest = predicate.partition(" ")
    return f"{'has' if verb == 'have' else verb + 's'} {rest}"
