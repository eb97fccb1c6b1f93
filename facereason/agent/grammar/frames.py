"""What a question asks, told by what it mentions, whatever its order of words: people, and what is said or asked of
them.

"The man on the left - blond hair or not?", "would you put blond down as the hair colour of the man on the left" mention
somebody, hair and a colour: "does the man on the left have blond hair?". That plain question is then parsed as strictly
as any. A question is only taken for one where every word of it is used or carries nothing (`light` of slots.yaml): one
that is not known, or one thing too many, makes it not understood.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facereason.agent.grammar.chunks import LEVELS, mentions
from facereason.agent.grammar.framing import GENERIC, Framing, definite, either, object_of, object_text
from facereason.agent.grammar.slots import as_known, filled, is_light, with_article
from facereason.agent.grammar.words import NAME, UNKNOWN, Word


def plain(words: Sequence[Word], default: str = "", *, asked: bool = False) -> Iterator[str]:
    """Plain questions that the words of a sentence may be, likelier ones first. `default`: of whom it asks where it
    mentions nobody, in words of the grammar; `asked`: there is a question mark."""
    seen: set[str] = set()
    kept = [as_known(word) for word in words if not is_light(word)]
    if any(word.type in (UNKNOWN, NAME) for word in kept):
        return
    for level in reversed(range(LEVELS)):
        slots = filled(mentions(kept, level), default)
        if slots is None:
            continue
        slots.asked = asked
        for text in _Frames(slots).all():
            if text not in seen:
                seen.add(text)
                yield text


class _Frames(Framing):
    """Plain questions of a sentence's slots."""

    def all(self) -> Iterator[str]:
        s = self.s
        if s.negated > 1 or s.cues & {"EXCEPT", "EACH_OTHER", "BUT"} or self.is_none():
            return
        for frame in (
            self._reasons,
            self._count,
            self._sort,
            self._compare,
            self._related,
            self._much,
            self._looks,
            self._turned,
        ):
            yield from frame()
        yield from self._face()
        yield from self._said()
        yield from self._thing()
        yield from self._listed()

    # ---------------------------------------------------------------------------------------------- frames

    def _reasons(self) -> Iterator[str]:
        s = self.s
        why = self.asks("WHY", "WHICH_PART", "WHY_CALL", "EXPLAIN") or (self.asks("WHAT") and self.about("MAKES"))
        begins = [type_ for type_ in s.order[:3] if type_ not in ("ON", "IN", "BY", "FROM", "THIS", "IS")][:1]
        shown = (
            begins == ["WHAT"]
            and self.one_asked()
            and len(s.feelings) == 1
            and s.only("feelings")
            and not self.about("OR", "FEELING_NOUN")
        )
        if not (why or shown):  # "what in her face shows fear?"
            return
        values = [*s.feelings, *s.ages, *s.postures]
        if self.whom() and len(values) == 1 and s.only("feelings", "ages", "postures"):
            yield f"why is {self.whom()} {'not ' if s.negated else ''}{values[0]}"
        elif self.whom() and self.about("FEELING_NOUN", "FEEL") and "AND" in s.order and s.only():
            yield f"how does {self.whom()} feel? why"
        elif self.whom() and not values and s.only():
            yield f"why does {self.whom()} look that way"
        s.asks.add("DONE")

    def _count(self) -> Iterator[str]:
        s = self.s
        if self.asks("HOW_MANY") and self.about("YEARS") and self.one_asked() and s.only():
            s.asks.discard("HOW_MANY")
        if not self.asks("HOW_MANY", "HEADCOUNT") or self.one_asked() or len(s.people) > 1:
            return
        people = s.people[0].text if s.people else "people"
        people = people.removeprefix("the ").removeprefix("these ").removeprefix("all ").removeprefix("any ")
        people = "people" if people in ("they", "everyone", "ones", "anyone", "faces") else people
        no = "not " if s.negated else ""
        if s.only() and not no:
            yield f"how many {people} are there"
        for said, verb in self._predicates():
            yield f"how many {people} {'are ' + no if verb == 'is' else 'do not ' if no else ''}{said}"
        s.asks.add("DONE")

    def _sort(self) -> Iterator[str]:
        s = self.s
        if not self.asks("SORT", "RANKING") or self.one_asked():
            return
        people = next((each.text for each in s.people), "everyone")
        people = (
            "everyone"
            if people in ("they", "people", "the people", "anyone")
            else definite(s.people[0])
            if s.people
            else people
        )
        if s.most and s.only("most", "numbers", "ages", "feelings"):
            by = "age" if s.most[0][0] == "AGE_MOST" else "happiness" if "happ" in s.most[0][1] else ""
            if by:
                yield f"sort {people} by {by}, {s.most[0][1]} first"
        if self.about("AGE_NOUN") and s.only("ages", "numbers"):
            yield f"sort {people} by age, {'youngest' if s.ages and s.ages[0].startswith('y') else 'oldest'} first"
        if s.feelings and s.only("feelings", "numbers"):
            yield f"sort {people} by how {s.feelings[0]} they are"

    def _compare(self) -> Iterator[str]:
        s = self.s
        if len(s.people) != 2 or self.asks("DONE"):
            return
        a, b = (definite(each) for each in s.people)
        if s.more and s.only("more", "sides", "numbers"):
            kind, more = s.more[-1]
            if kind == "NEAR_MOST":
                more = "closer to the camera" if more == "near" else "farther from the camera"
            elif s.sides:
                return
            if kind == "NEAR_MOST" and [side for side in s.sides if side != "at the camera"]:
                return
            polar = self.about("THAN") and not self.about("OR") and not self.asks("WHO", "WHAT")
            if not polar and self.about("VERSUS") and not self.asks("WHO", "WHAT"):
                polar = "IS" in s.order or "DO" in s.order
            if polar:
                first = [each for each in s.order if each in ("M", "THAN", "VERSUS")]
                if first and first[0] in ("THAN", "VERSUS"):
                    a, b = b, a
                yield f"is {a} {more} than {b}"
            else:
                yield f"who is {more}, {a} or {b}"
        if s.most and s.only("most", "sides", "numbers") and s.most[-1][0] == "NEAR_MOST":
            more = "closer to the camera" if s.most[-1][1] == "near" else "farther from the camera"
            polar = self.about("VERSUS") and not self.asks("WHO", "WHAT")
            yield f"is {a} {more} than {b}" if polar else f"who is {more}, {a} or {b}"
        if (
            self.about("THAN")
            and s.only("more", "sides", "numbers")
            and len(s.sides) == 1
            and s.sides[0] in ("left", "right")
        ):
            yield f"is {a} {s.sides[0]} of {b}"  # "further left than"
        if self.about("SIDE_BY_SIDE") or (
            s.only("relations") and s.relations == ["next to"] and s.order[-1] == "BESIDE"
        ):
            yield f"are {a} and {b} side by side"
        if s.people[1].text.startswith("the one ") and s.people[1].mods and s.only() and not s.asks:
            yield f"is {a} {s.people[1].mods[0].removeprefix('who is ')}"
        if self.about("SAME") and s.only():
            topic = next((said for cue, said in _SAME.items() if self.about(cue)), "feel the same")
            yield f"do {a} and {b} {topic}"

    def _related(self) -> Iterator[str]:
        s = self.s
        if len(s.relations) != 1 or not s.only("relations") or self.asks("DONE", "WHERE", "WAY"):
            return
        relation = s.relations[0]
        people = [
            each
            for each in s.people
            if each.sort == "one" or each.text == "they" or (each.bare and each.sort == "kind")
        ]
        others = [each for each in s.people if each not in people]
        at = next(i for i, type_ in enumerate(s.order) if type_ in ("BESIDE", "DEPTH", "BETWEEN"))
        before = s.order[:at].count("M")
        if "BETWEEN" in s.order:
            if len(people) == 2:
                yield f"who is between {object_of(people[0])} and {object_of(people[1])}"
            elif len(people) == 3:
                first = 0 if before else 2
                a = people.pop(first)
                yield f"is {definite(a)} between {object_of(people[0])} and {object_of(people[1])}"
            return
        if len(people) == 1 and (
            self.asks("WHO", "WHAT", "WHOSE") or (others and others[0].sort == "any") or not others
        ):
            if not self.asks("WHO", "WHAT", "WHOSE") and others:
                yield f"is anyone {relation} {object_of(people[0])}"
            elif self.asks("WHO", "WHAT", "WHOSE") and (
                not before or "next" in relation or "beside" in relation or "near" in relation
            ):
                yield f"who is {relation} {object_of(people[0])}"
        elif len(people) == 2 and not self.asks("WHO"):
            a, b = people if before else people[::-1]
            yield f"is {definite(a)} {'not ' if s.negated else ''}{relation} {object_of(b)}"

    def _much(self) -> Iterator[str]:
        s, whom = self.s, self.whom()
        asked = self.asks("MUCH", "INTENSITY") or (self.asks("HOW", "WHAT") and self.about("ON_SCALE"))
        if not asked or not whom or self.asks("DONE") or not self.fits("UNITS", "FEEL", "FEELING_NOUN"):
            return
        if len(s.units) == 1 and s.only("units", "numbers", "sides"):
            yield f"how strong is {s.units[0]} on {object_text(whom)}"
        lowered = [*s.acts, *({"down": "lowered", "up": "raised"}[side] for side in s.sides if side in ("down", "up"))]
        if s.parts and lowered and s.only("parts", "acts", "sides", "ages"):
            yield f"how much is the {s.parts[-1].text} of {object_text(whom)} {lowered[0]}"
        if len(s.feelings) == 1 and s.only("feelings"):
            yield f"how much is {whom} {s.feelings[0]}"
        if s.units or s.acts or s.feelings:
            s.asks.add("DONE")

    def _looks(self) -> Iterator[str]:
        """Where somebody looks."""
        s = self.s
        eyes = bool(s.parts) and all(part.value == "eye" for part in s.parts)
        if self.asks("DONE") or s.acts or (s.parts and not eyes):
            return
        if not (
            self.about("LOOKING", "GAZE_NOUN")
            or eyes
            or (self.about("LOOK") and (s.sides or self.asks("WHERE", "WAY", "WHO") or len(s.people) > 1))
        ):
            return
        if not s.only("sides", "parts") or not self.fits("LOOKING", "GAZE_NOUN", "FACING"):
            return
        if len(s.sides) == 1:
            yield from self.of(f"looking {s.sides[0]}")
        elif len(s.sides) == 2 and self.whom():
            yield f"is {self.whom()} looking {s.sides[0]} or {s.sides[1]}"
        elif len(s.people) == 2 and not s.sides and not self.asks("WHERE", "WAY"):
            a, b = s.people[::-1] if self.about("BY") else s.people
            if a.sort in ("any", "many", "kind") and self.asks("WHO", "WHAT"):
                yield f"who is looking at {object_of(b)}"
            elif a.sort == "any":
                yield f"is anyone looking at {object_of(b)}"
            else:
                yield f"is {definite(a)} {'not ' if s.negated else ''}looking at {object_of(b)}"
        elif not s.sides and self.whom():
            whom = self.whom()
            if self.asks("WHO", "WHOSE") and len(s.people) == 1 and "M" in s.order:
                spot, ask = s.order.index("M"), s.order.index("WHO") if "WHO" in s.order else 0
                yield (
                    f"who is {whom} looking at"
                    if spot < ask or s.order[-1] in ("LOOKING", "LOOK", "AT", "ON")
                    else f"who is looking at {object_text(whom)}"
                )
            elif self.asks("WHERE", "WAY", "WHAT", "HOW", "DESCRIBE") or self.about("GAZE_NOUN"):
                yield f"where is {whom} looking"

    def _turned(self) -> Iterator[str]:
        """How head and body are turned."""
        s, whom = self.s, self.whom()
        if self.asks("DONE"):
            return
        away = self.about("BACK", "BEHIND_VIEW") or s.sides == ["away"]
        if (
            away
            and self.fits("BACK", "BEHIND_VIEW", "FACING", "BODY", "LOOKING")
            and s.only("sides")
            and not self.about("HEAD")
            and all(side in ("away", "at the camera") for side in s.sides)
        ):
            yield from self.of("facing away")
        if self.about("TILT") and s.only("sides"):
            tilted = f"tilted to the {s.sides[0]}" if s.sides and s.sides[0] in ("left", "right") else "tilted"
            if whom and not self.asks_who():
                yield f"is the head of {object_text(whom)} {'not ' if s.negated else ''}{tilted}"
            else:
                yield from self.of("tilting the head")
        head = self.about("HEAD", "POSE_NOUN") or ("FACE" in s.order and (s.sides or self.asks("WAY", "WHERE")))
        lifted = [{"raised": "up", "lowered": "down"}.get(act, act) for act in s.acts]
        ways = [*s.sides, *lifted]
        if not self.fits("BODY", "BODY_NOUN", "HEAD", "POSE_NOUN", "FACING", "TILT", "BACK", "LOOKING", "PLACE_NOUN"):
            return
        if self.about("BODY", "BODY_NOUN") and s.only("sides"):
            if not s.sides and whom:
                yield f"what is the body orientation of {object_text(whom)}"
            elif len(s.sides) == 1 and whom:
                side = s.sides[0].removeprefix("at ")
                yield f"is the body of {object_text(whom)} {'not ' if s.negated else ''}facing {side}"
        elif head and s.only("sides", "acts") and whom and not self.asks_who():
            if not ways:
                yield f"what is the head pose of {object_text(whom)}"
            elif len(ways) == 1 and ways[0] in ("up", "down"):
                yield f"is the head of {object_text(whom)} {ways[0]}"
            elif len(ways) == 1:
                side = ways[0].removeprefix("at ")
                yield f"is the head of {object_text(whom)} {'not ' if s.negated else ''}turned {side}"
            elif len(ways) == 2:
                yield f"is the head of {object_text(whom)} {ways[0]} or {ways[1]}"
        elif (head or self.about("FACING")) and s.only("sides"):
            if len(s.sides) == 1:
                yield from self.of(f"facing {s.sides[0].removeprefix('at ')}")
            elif not s.sides and whom and self.asks("WAY", "WHERE", "HOW", "WHAT"):
                yield f"what is the head pose of {object_text(whom)}"

    def _face(self) -> Iterator[str]:
        """Action units, by number or by what parts of the face do."""
        s, whom = self.s, self.whom()
        if self.asks("DONE", "MUCH") or not self.fits("UNITS"):
            return
        if len(s.units) == 1 and s.only("units", "numbers"):
            yield from self.of(f"show {s.units[0]}", "do")
        elif self.about("UNITS", "AU") and s.only() and whom and not s.negated:
            yield f"which action units does {whom} show"
        elif s.parts and s.only("parts", "acts", "sides") and len(s.acts) + len(s.sides) == 1:
            part, act = (
                s.parts[-1].text if len(s.parts) == 1 else " ".join(part.text for part in s.parts),
                (s.acts or s.sides)[0],
            )
            if self.anybody() and not s.negated:
                yield (
                    f"does {self.anybody()} have {act} {part}"
                    if s.people[0].sort != "all"
                    else f"is {self.anybody()} {act} the {part}"
                )
            elif self.asks_who():
                yield f"whose {part} is {'not ' if s.negated else ''}{act}"
                yield f"{self.who()} has {act} {part}"
            elif whom:
                yield f"is the {part} of {object_text(whom)} {'not ' if s.negated else ''}{act}"
        elif len(s.parts) == 1 and s.only("parts") and whom and not s.negated and self.asks("WHAT", "HOW", "DESCRIBE"):
            yield f"what is the {s.parts[0].text} of {object_text(whom)} doing"

    def _predicates(self) -> Iterator[tuple[str, str]]:
        """What may be said of somebody, with its verb."""
        s = self.s
        if s.colours and s.only("colours") and self.fits("HAIR", "CLOTHING", "WEAR", "COLOUR_NOUN"):
            colours = " or ".join(s.colours)
            if self.about("HAIR") and not self.about("CLOTHING", "WEAR"):
                yield f"have {colours} hair", "do"
            elif not self.about("HAIR"):
                yield f"wearing {colours}", "is"
        elif s.feelings and s.only("feelings") and self.fits("FEELING_NOUN", "FEEL"):
            yield either(s.feelings), "is"
        elif s.postures and s.only("postures") and self.fits("POSTURE_NOUN"):
            yield either(list(dict.fromkeys(s.postures))), "is"
        elif (
            s.only("ages", "genders", "kinds")
            and self.fits("AGE_NOUN", "GENDER_NOUN", "YEARS")
            and (s.kinds or s.genders or s.ages)
        ):
            order = [
                *s.kinds,
                *s.genders,
                *(f"in the {age}" if age[0].isdigit() or age.endswith("ies") else age for age in s.ages),
            ]
            yield either(order), "is"
        elif len(s.units) == 1 and s.only("units", "numbers") and self.fits("UNITS"):
            yield f"show {s.units[0]}", "do"
        elif len(s.sides) == 1 and s.only("sides") and self.about("LOOKING", "LOOK") and self.fits("LOOKING"):
            yield f"looking {s.sides[0]}", "is"
        elif self.about("BACK", "BEHIND_VIEW") or s.sides == ["away"]:
            if s.only("sides"):
                yield "facing away", "is"
        elif s.parts and s.acts and s.only("parts", "acts"):
            yield f"have {s.acts[0]} {s.parts[-1].text}", "do"

    def _said(self) -> Iterator[str]:
        s = self.s
        if self.asks("DONE", "MUCH", "WHERE", "WAY", "HOW_MANY", "HEADCOUNT", "WHY"):
            return
        for said, verb in self._predicates():
            yield from self.of(said, verb)
        if s.most and s.only("most", "numbers") and len(s.most) == 1 and not self.one_asked():
            most = s.most[0][1]
            yield f"{self.who()} is {'the ' if not most.startswith('the') else ''}{most}"
        most = _MOST.get(s.more[0][1].lower(), "") if len(s.more) == 1 else ""
        if most and s.only("more") and self.asks("WHO", "WHAT") and len(s.people) == 1 and s.people[0].sort == "all":
            yield f"who is the {most}"  # "older than everyone else"

    def _thing(self) -> Iterator[str]:
        """One thing of somebody."""
        s = self.s
        whom = self.whom() or ("everyone" if self.anybody() else "")
        put = self.asks("SORT") and not self.asks("WHAT", "WAY")
        if not s.only() or s.negated or put or self.asks("DONE", "WHO", "WHOSE", "COMPARE", "HOW_MANY", "WHY", "MUCH"):
            return
        people = [whom] if whom else [definite(each) for each in s.people if each.sort == "one"]
        if not people or (not whom and (len(people) != len(s.people) or "AND" not in s.order)):
            return
        asked = [(cues, text) for cues, text in _THINGS if self.about(*cues)]
        if self.about("HAIR") and not self.about("CLOTHING", "WEAR"):
            asked = [each for each in asked if "CLOTHING" not in each[0]]
        if len(asked) > 1:  # "where would you place her age?"
            asked = [each for each in asked if "PLACE_NOUN" not in each[0]]
        if (
            self.asks("DESCRIBE", "HOW", "WHAT")
            and not asked
            and "FACE" in s.order
            and (self.about("READ") or self.asks("WHAT"))
        ):
            asked = [(("FEEL",), "how does {0} feel")]
        if self.about("DETAILS", "SAY_ABOUT", "ABOUT") and not asked:
            asked = [(("ABOUT",), "describe {1}")]
        if asked and all(cues == ("FEELING_NOUN", "FEEL") for cues, _ in asked[1:]):  # "the look of her hair"
            yield "? ".join(asked[0][1].format(each, object_text(each)) for each in people)
        elif asked and "AND" in s.order:
            yield "? ".join(text.format(each, object_text(each)) for _, text in asked for each in people)

    def _listed(self) -> Iterator[str]:
        s, whom = self.s, self.whom()
        if (
            s.only()
            and not s.negated
            and len(s.people) == 1
            and not self.about(*TOPICS)
            and not self.asks("WHERE", "WAY", "HOW_MANY", "WHY")
        ):
            text, sort = s.people[0].text, s.people[0].sort
            if sort in ("any", "kind") and not s.asks:
                yield f"is there {text}" if sort == "any" or not s.people[0].bare else f"are there any {text}"
                yield f"is there {with_article(text)}"
            noun = text.removesuffix(" ".join(s.people[0].mods)).strip().removeprefix("the ").removeprefix("these ")
            if self.asks("WHO", "WHAT") and s.people[0].mods and sort in ("one", "kind", "many"):
                said = " ".join(s.people[0].mods)
                said = said if said.startswith("who ") else f"who is {said}"
                if noun in GENERIC:
                    yield said
                else:
                    yield f"which {noun} {said.removeprefix('who ')}"
            elif (
                (self.asks("WHO", "WHAT") or not s.asks)
                and sort == "one"
                and any(word in text for word in ("est ", "most ", "least "))
            ):
                yield f"who is {text}"
        if not s.only() or s.negated or self.asks("DONE", "WHY", "MUCH") or self.about(*TOPICS):
            return
        if self.asks("LIST") and s.people and s.people[0].sort in ("many", "all", "kind"):
            yield f"list {s.people[0].text if s.people[0].sort != 'kind' else 'the ' + s.people[0].text}"
        elif (
            s.people
            and s.people[0].sort in ("many", "all")
            and len(s.people) == 1
            and (self.asks("WHAT", "WHO", "FIND") or self.about("SHOW"))
        ):
            yield f"list {s.people[0].text}"
        elif self.asks("FIND", "WHERE", "WAY") and whom:
            yield f"where is {whom}"
        elif (self.asks("DESCRIBE") or (self.asks("WHAT") and "LIKE" in s.order and "IS" in s.order)) and whom:
            yield f"describe {object_text(whom)}"


_THINGS = (
    (("HAIR",), "what colour is the hair of {1}"),
    (("CLOTHING", "WEAR", "COLOUR_NOUN"), "what colour is {0} wearing"),
    (("AGE_NOUN", "YEARS"), "how old is {0}"),
    (("GENDER_NOUN",), "is {0} a man or a woman"),
    (("POSTURE_NOUN",), "what is the posture of {1}"),
    (("UNITS",), "which action units does {0} show"),
    (("POSE_NOUN",), "what is the head pose of {1}"),
    (("BODY_NOUN",), "what is the body orientation of {1}"),
    (("GAZE_NOUN",), "where is {0} looking"),
    (("NAME_NOUN", "IDENTIFY", "CALLED"), "what is the name of {1}"),
    (("PLACE_NOUN",), "where is {0}"),
    (("FEELING_NOUN", "FEEL"), "how does {0} feel"),
)
TOPICS = frozenset(cue for cues, _ in _THINGS for cue in cues) | {"HEAD", "BODY", "LOOKING", "FACING", "TILT", "BACK"}
_MOST = {
    "older": "oldest",
    "younger": "youngest",
    "happier": "happiest",
    "sadder": "saddest",
    "angrier": "angriest",
    "calmer": "calmest",
}
_SAME = {
    "HAIR": "have the same hair colour",
    "COLOUR_NOUN": "wear the same colour",
    "CLOTHING": "wear the same colour",
    "AGE_NOUN": "have the same age",
    "GENDER_NOUN": "have the same gender",
}
