"""The people that a sentence mentions, found among its words: "the man in red next to her", "person 2", "anyone".

A mention takes as much as it can ("the girl next to the man"), or less, step by step, where nothing would be left to be
asked of them: `LEVELS` says what a mention may take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facereason.agent.grammar.words import COMMA, Word

LEVELS = 4
"""Of 4 levels, 3 takes relations, relative clauses and what somebody does; 2 relations and clauses; 1 places, colours
and order; 0 nothing that follows a noun."""


@dataclass(frozen=True, slots=True)
class Mention:
    """People in plain words, `text`; `mods`: what of it follows the noun. `sort`: "one" ("the man"), "many" ("the
    men"), "any", "all", "none", or "kind" ("a woman", "men"), which may be said of somebody as well. `bare`: no
    article; `owner`: "her", "his"; `related`: picked by somebody else; `many`: a plural; `at`: of the first word."""

    text: str
    sort: str
    at: int
    bare: bool = False
    owner: bool = False
    related: bool = False
    mods: tuple[str, ...] = ()
    many: bool = False


PRONOUNS = {
    "SHE": "she",
    "HER": "she",
    "HE": "he",
    "HIM": "he",
    "HIS": "he",
    "THEY": "they",
    "THEM": "they",
    "THEIR": "they",
}
OWNERS = {"HER", "HIS", "THEIR"}
_SORTS = {"ANYONE": "any", "EVERYONE": "all", "NOBODY": "none"}
_HEADS = {"PERSON", "PEOPLE", "FACE", "FACES", "ONE", "ONES", "BRUNETTE"}
_ARTICLES = {
    "THE": "the",
    "A": "a",
    "ANY": "any",
    "THIS": "this",
    "THESE": "these",
    "ALL": "all",
    "BOTH": "both",
    "NO": "no",
}
_SORT_OF = {
    "THE": "one",
    "A": "kind",
    "ANY": "any",
    "THIS": "one",
    "THESE": "many",
    "ALL": "all",
    "BOTH": "many",
    "NO": "none",
}
_ADJECTIVES = {
    "FEELING",
    "AGE",
    "GENDER",
    "AGE_MOST",
    "FEELING_MOST",
    "NEAR_MOST",
    "ORDINAL",
    "EDGE",
    "SIDE",
    "OTHER",
    "POSED",
}
_ADJECTIVES |= {"MIDDLE", "BLONDE", "FACE_DOES"}
_PLACES = {"PLACE", "CORNER", "MIDDLE_ROW", "FROM_SIDE"}
_RELATIONS = {"BESIDE", "DEPTH"}
_MANY = {"PEOPLE", "FACES", "ONES"}


def mentions(words: Sequence[Word], level: int) -> list[Mention | Word]:
    """The words, with those that mention people put together."""
    out: list[Mention | Word] = []
    at = 0
    while at < len(words):
        found = _Chunker(words, level).mention(at)
        if found is None:
            out.append(words[at])
            at += 1
        else:
            at, mention = found
            out.append(mention)
    return out


@dataclass(frozen=True, slots=True)
class _Chunker:
    words: Sequence[Word]
    level: int

    def type(self, at: int) -> str:
        return self.words[at].type if 0 <= at < len(self.words) else ""

    def mention(self, at: int, inner: bool = False) -> tuple[int, Mention] | None:
        type_ = self.type(at)
        if type_ in PRONOUNS:
            return at + 1, Mention(
                PRONOUNS[type_], "many" if PRONOUNS[type_] == "they" else "one", at, owner=type_ in OWNERS
            )
        if found := self._numbered(at):
            return found
        if type_ in ("ONE_OF", "NONE") and self.type(at + 1) in ("THEY", "THEM", "THESE", "YOU"):
            return self._followed(
                at + 2, "nobody" if type_ == "NONE" else "anyone", _SORTS["NOBODY" if type_ == "NONE" else "ANYONE"], at
            )
        if type_ == "ALL" and self.type(at + 1) in ("OTHERS", "THIS"):
            return at + 2, Mention("everyone", "all", at)
        if type_ in _SORTS:
            return self._followed(
                at + 1, self.words[at].value if type_ != "EVERYONE" else "everyone", _SORTS[type_], at
            )
        return self._noun(at, inner)

    def _numbered(self, at: int) -> tuple[int, Mention] | None:
        start, at = at, at + (self.type(at) == "THE")
        if self.type(at) in ("PERSON", "FACE", "PEOPLE", "FACES"):
            at += 1
            at += self.type(at) == "NUMBERED"
        elif self.type(at) == "NUMBERED":
            at += 1
        else:
            return None
        if self.type(at) == "ONE" and self.words[at].text.lower() == "one":
            return at + 1, Mention("person 1", "one", start)
        if self.type(at) != "NUMBER":
            return None
        return at + 1, Mention(f"person {self.words[at].value}", "one", start)

    def _noun(self, at: int, inner: bool) -> tuple[int, Mention] | None:
        start, said = at, list[str]()
        article = self.type(at) if self.type(at) in _ARTICLES else ""
        sort = _SORT_OF.get(article, "kind")
        if article == "ALL" and self.type(at + 1) == "THE":
            at += 1
        at += bool(article)
        if self.type(at) == "NUMBER" and self.type(at + 1) in _MANY | _ADJECTIVES:
            said.append(self.words[at].text)
            at += 1
        at = self._adjectives(at, said)
        type_ = self.type(at)
        noun = type_ in _HEADS or (type_ in ("GENDER", "BLONDE") and article in ("THE", "A") and self._ends(at))
        if not noun:
            return self._alone(start, at, article, said)
        if type_ in ("FACE", "FACES") and (not article or not said) and self.type(at + 1) in ("OF", "ON", "S", ""):
            return None  # "the face of the man" is the man
        if type_ in ("ONE", "ONES") and (not said if not article else article == "A"):
            return None
        said.append(self.words[at].text)
        many = type_ in _MANY
        sort = "many" if many and sort == "one" else sort
        text = " ".join([_ARTICLES[article], *said] if article else said)
        if inner and not article:
            text, sort = f"the {text}", "many" if many else "one"
        return self._followed(at + 1, text, sort, start, bare=not article, many=many)

    def _ends(self, at: int) -> bool:
        return self.type(at + 1) not in ("HAIR", "HAIRED", "CLOTHING", "OR", "PERSON", "PEOPLE", "FACE", "ONE")

    def _alone(self, start: int, at: int, article: str, said: Sequence[str]) -> tuple[int, Mention] | None:
        """ "The oldest", "the left one", "the other": an adjective that stands for somebody."""
        last = self.type(at - 1)
        if article == "THE" and said and last in ("OTHER", "EDGE") and self.type(at) not in ("SIDE", "OF", "MIDDLE"):
            return self._followed(at, f"the {' '.join(said)}" + (" one" if last == "EDGE" else ""), "one", start)
        return None

    def _adjectives(self, at: int, said: list[str]) -> int:
        while True:
            type_ = self.type(at)
            if type_ == "MOST" and self.type(at + 1) == "FEELING":
                said += ["most" if self.words[at].value == "most" else "least", self.words[at + 1].text]
                at += 2
            elif type_ in ("COLOUR", "BLONDE") and self.type(at + 1) == "HAIRED":
                said.append(f"{self.words[at].text} haired")
                at += 2
            elif type_ in _ADJECTIVES and self._leads(at + 1):
                said.append(
                    {"sitting": "sitting", "standing": "standing"}.get(self.words[at].value, self.words[at].text)
                )
                at += 1
            elif type_ == COMMA and said and self._leads(at + 1) and self.type(at + 1) in _ADJECTIVES:
                at += 1
            else:
                return at

    def _leads(self, at: int) -> bool:
        """Whether adjectives go on to a noun."""
        while self.type(at) in _ADJECTIVES or (
            self.type(at) in ("COLOUR", "BLONDE", "MOST") and self.type(at + 1) in ("HAIRED", "FEELING")
        ):
            at += 1 + (self.type(at) in ("COLOUR", "MOST"))
        if self.type(at) in ("FACE", "FACES"):
            return self.type(at + 1) not in ("OF", "ON")
        return self.type(at) in _HEADS or self.type(at - 1) in ("OTHER", "EDGE")

    def _followed(
        self, at: int, text: str, sort: str, start: int, *, bare: bool = False, many: bool = False
    ) -> tuple[int, Mention]:
        """What follows a noun and picks somebody."""
        related, mods, noun = False, list[str](), text
        while self.level:
            after = self._modifier(at)
            if after is None:
                break
            at, more, relation = after
            related = related or relation
            mods.append(more)
        return at, Mention(
            " ".join([noun, *mods]), sort, start, bare=bare, related=related, mods=tuple(mods), many=many
        )

    def _modifier(self, at: int) -> tuple[int, str, bool] | None:
        clause = ""
        if (
            self.type(at) == COMMA
            and self.type(at + 1) in ("IN", "WITH", *_PLACES)
            and self.type(at + 2) not in ("WHO", "WHAT")
        ):
            at += 1
        if (
            self.level >= 2
            and self.type(at) in ("WHO", "THIS")
            and self.type(at + 1) in ("IS", "HAVE", "WEAR", "LOOK", "POSED", "FACING", "SEEM")
        ):
            verb = self.type(at + 1)
            clause = f"{'who'} {self.words[at + 1].text}"
            at += (
                2
                if verb in ("IS", "SEEM")
                or (verb == "LOOK" and self.type(at + 2) in ("FEELING", "AGE", "FEELING_MOST", "AGE_MOST"))
                else 1
            )
        found = self._comp(at, bool(clause))
        if found is None:
            return None
        end, said, relation = found
        if clause and self.words[at - 1].type in ("IS", "SEEM", "LOOK"):
            said = f"who {'is' if self.words[at - 1].type == 'IS' else 'looks'} {said.removeprefix('who is ')}"
        elif clause and not said.startswith("who "):
            said = f"who {said}"
        return end, said, relation

    def _comp(self, at: int, clause: bool) -> tuple[int, str, bool] | None:
        type_ = self.type(at)
        first = self.words[at].text if at < len(self.words) else ""
        if type_ == "POSED" and self.words[at].value == "placed":
            return self._comp(at + 1, clause)
        if type_ in _PLACES:
            return at + 1, first, False
        if type_ == "LIMIT" and self.type(at + 1) in _PLACES:
            return self._comp(at + 1, clause)
        if type_ == "THE" and self.type(at + 1) == "ORDINAL" and self.type(at + 2) == "FROM_SIDE":
            return self._comp(at + 1, clause)
        if type_ == "ORDINAL" and self.type(at + 1) == "FROM_SIDE":
            return at + 2, f"{first} {self.words[at + 1].text}", False
        if type_ == "OF" and self.type(at + 1) in ("THEY", "THEM", "THESE") and self.type(at + 2) not in _MANY:
            return at + 2, "of them", False
        if type_ in ("WITH", "SHOW", "NOT") or (clause and type_ == "HAVE"):
            feeling = self._felt(at)
            if feeling:
                return feeling
        if type_ in ("IN", "WEAR", "WITH") or (clause and type_ == "HAVE"):
            return self._coloured(at, clause)
        if type_ == "NEAR_MOST" and self.level >= 2 and self.type(at + 1) not in ("SIDE", "PLACE"):
            return at + 1, first, False
        if self.level >= 2 and type_ in _RELATIONS | {"BETWEEN"}:
            return self._related(at)
        if self.level >= 2 and clause and type_ in ("FEELING", "AGE", "FACE_DOES", "FEELING_MOST", "AGE_MOST"):
            return at + 1, first, False
        if self.level >= 3 or clause:
            return self._doing(at)
        return None

    def _felt(self, at: int) -> tuple[int, str, bool] | None:
        """ "With a smile", "showing anger", "without a smile"."""
        no = ""
        while self.type(at) in ("WITH", "SHOW", "HAVE", "NOT", "NO", "A"):
            no = "not " if self.type(at) in ("NOT", "NO") else no
            at += 1
        type_, value = self.type(at), self.words[at].value if at < len(self.words) else ""
        if type_ not in ("EMOTE", "EMOTION_NAME") and not (type_ == "FEELING" and value == "smile"):
            return None
        said = "smiling" if value == "smile" else _FELT.get(value, "")
        return (at + 1, f"who is {no}{said}", False) if said else None

    def _coloured(self, at: int, clause: bool) -> tuple[int, str, bool] | None:
        """ "In red", "wearing a red top", "with brown hair", "with a smile"."""
        verb, start, said = self.type(at), at, list[str]()
        at += 1
        at += self.type(at) in ("A", "THE", "HER", "HIS", "THEIR")
        while self.type(at) in ("COLOUR", "BLONDE", "OR"):
            said.append(self.words[at].text)
            at += 1
        if not said or said[-1] == "or":
            return None
        colours = " ".join(said)
        if self.type(at) == "HAIR":
            return at + 1, f"{'has' if clause else 'with'} {colours} hair", False
        at += self.type(at) == "CLOTHING"
        if verb in ("WITH", "HAVE"):
            if self.words[at - 1].type != "CLOTHING":
                return None
            at += self.type(at) == "ON"
        if verb == "IN" and not clause and self.words[start].text.startswith("wearing") and self.level < 3:
            return None
        return at, f"{'wears' if verb == 'WEAR' else 'has on' if verb == 'HAVE' else 'in'} {colours}", False

    def _related(self, at: int) -> tuple[int, str, bool] | None:
        relation = self.words[at].text
        to = _Chunker(self.words, min(self.level, 2)).mention(at + 1, inner=True)
        if to is None:
            return None
        end, other = to
        text = _object(other)
        if self.type(at) == "BETWEEN" and self.type(end) == "AND":
            second = _Chunker(self.words, min(self.level, 2)).mention(end + 1, inner=True)
            if second is None:
                return None
            end, text = second[0], f"{text} and {_object(second[1])}"
        return end, f"{relation} {text}", True

    def _doing(self, at: int) -> tuple[int, str, bool] | None:
        type_ = self.type(at)
        if type_ == "POSED" and self.type(at + 1) != "OR":
            place = self._comp(at + 1, False) if self.type(at + 1) in _PLACES | _RELATIONS else None
            word = self.words[at].value
            return (place[0], f"{word} {place[1]}", place[2]) if place else (at + 1, word, False)
        if type_ in ("LOOKING", "LOOK", "FACING") and self.type(at + 1) == "AT":
            to = _Chunker(self.words, 1).mention(at + 2, inner=True)
            return (to[0], f"{self.words[at].text} at {_object(to[1])}", True) if to else None
        if type_ in ("LOOKING", "LOOK", "FACING") and self.type(at + 1) in ("DIRECTION", "PLACE", "SIDE"):
            return at + 2, f"{self.words[at].text} {self.words[at + 1].text}", False
        return None


_FELT = {
    "happiness": "happy",
    "surprise": "surprised",
    "sadness": "sad",
    "anger": "angry",
    "disgust": "disgusted",
    "fear": "afraid",
}


def _object(mention: Mention) -> str:
    return {"she": "her", "he": "him", "they": "them"}.get(mention.text, mention.text)
