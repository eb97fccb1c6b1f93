"""Says what of a run of words in capitals is a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from facereason.agent.care.names_words import GERMAN, Word, bare_end, gap
from facereason.agent.care.vocabulary import is_word, vocabulary

INTRODUCED = re.compile(
    r"(?:\b(?:named|called|nicknamed|known as|goes by|name(?: is|'s|’s|:)|names are|aka|a\.k\.a\.|"
    r"identif(?:y|ied) (?:\w+ ){0,2}as|"
    r"recogni[sz]e[sd]?(?: \w+){0,2}? as|recogni[sz]e|looks? (?:a lot |a bit |just |very much |much |exactly "
    r"|remarkably )?like(?: a(?: young| younger)?)?|"
    r"resembl(?:es?|ing)(?: a young)?|remind(?:s|ed)? (?:me|one|us|you|people|anyone|everybody|everyone) of|"
    r"spitting image of|double of|lookalike of|look-alike of|"
    r"(?:smile|mouth|eyes|lips|brows|photo|picture|portrait) of|(?:badge|name tag|nametag|tag|plate|label|"
    r"lanyard|caption|signature|signed)\b[^.]{0,20}?(?:says?|reads?)|(?:tattoo|neck|"
    r"arm)\b[^.]{0,20}?says?|starring|signed(?: by|:)?|played by|portrayed by|"
    r"(?:call (?:him|her|them|this \w+)))|^who: |\"(?:person|name|who|identity|subject)\": )[\s:,\"'“„‘«*_(]*$",
    re.I,
)
POINTED_AT = re.compile(
    r"(?:\b(?:is|was) (?:this|that|it|he|she|her|him)(?: really| not| perhaps)?|\b(?:this|that|it|he|she|who|"
    r"man|woman|person|boy|girl|guy|lady|child|baby|subject|actor|actress|singer|player|one|face|here|surely|"
    r"clearly|definitely|probably|perhaps|maybe|possibly)"
    r"(?: on the (?:left|right)| in the (?:photo|picture|image|middle|centre|center))?"
    r"(?:(?:'s|’s)|,? (?:is|was|(?:may|might|must|could|would|should|will) be|seems to be|appears to be|"
    r"looks to be|is (?:probably|clearly|surely|definitely|likely|possibly|perhaps|obviously|certainly|of "
    r"course|indeed|apparently))))[\s\"'“„‘«*_(]*$",
    re.I,
)
_PERSON = re.compile(r"\b([\w-]+)(?:,| \(|:)? [\"'“„‘«*_(]*$", re.I)


@dataclass(frozen=True, slots=True)
class Judge:
    """Says what of a run of words in capitals is a name."""

    words: Sequence[Word]
    text: str
    english: bool

    def name_in(self, run: list[int]) -> tuple[int, int] | None:
        known = vocabulary()
        words = [self.words[at] for at in run]
        if words[0].low not in known.titles - known.place_starts and self._is_place(words):
            return None
        title = run[0] > 0 and self._titled(self.words[run[0] - 1], words[0])
        while len(words) > 1 and self._leads(words[0], words[1]):
            title = words[0].low in known.titles
            words = words[1:]
        words = [word for word in words if not word.phrase] if any(word.phrase for word in words) else words
        named = bool(words) and (words[0].low in known.also_words or title or self._town_with_a_face(words))
        if not words or (all(word.proper for word in words) and not named):
            return None
        words = self._trimmed(words)
        if not words:
            return None
        if any(self._only_name(word) for word in words):
            return self._unless_thing(words, title)
        if self._words_as_name(words, title):
            return words[0].start, bare_end(words[-1])
        return None

    def _leads(self, word: Word, then: Word) -> bool:
        """Whether a name starts only behind this word of a run: a title, a role, or what a sentence begins with."""
        known = vocabulary()
        if word.low in known.titles and word.low not in known.also_words:
            return True
        if word.low in known.titles & _NOBLE:
            return True
        if word.low in _IT_IS:
            return True
        if self._only_name(word):
            return False
        if word.low in known.roles and word.low not in known.also_words:
            return True
        if word.starts and word.proper and len(word.low) > 1 and word.low not in known.also_words:
            return True
        if len(word.low) == 1 and word.text != "I":
            return word.text == "A"
        ordinary = (
            word.low in vocabulary().before
            or word.low.endswith("ly")
            or (is_word(word.low) and not self._only_name(then))
        )
        return word.starts and ordinary and word.low not in known.also_words

    def _titled(self, before: Word, first: Word) -> bool:
        return before.low in vocabulary().titles and gap(self.text, before, first) in (" ", ". ", "") and before.capital

    def _only_name(self, word: Word) -> bool:
        """A name and nothing else, as far as is known."""
        known, low = vocabulary(), word.low
        if word.proper or low in known.titles or (not self.english and low in vocabulary().foreign_words):
            return False
        if low in known.single and not is_word(low):
            return True
        if low in known.names:
            return True
        if len(low) == 1:
            return False
        if word.shouted and "." not in low:
            return self._shouted_name(word)
        if "." in low:
            return low not in vocabulary().abbreviated and len(low) > 2
        if "-" in low:
            parts = [part for part in low.split("-") if part]
            if parts[-1] in vocabulary().kinds:
                return False
            if word.text[0].isupper() and parts[0] in known.also_words and len(parts[-1]) == 1:
                return True
            return any(self._strange(part) for part in parts)
        return self._strange(low)

    def _strange(self, low: str) -> bool:
        known = vocabulary()
        if low in known.names:
            return True
        return not is_word(low) and (low,) not in known.proper and not _NUMERAL.fullmatch(low) and len(low) > 1

    def _shouted_name(self, word: Word) -> bool:
        """Of letters that are all capitals only long words are told from abbreviations; short ones by the list."""
        if not self._strange(word.low):
            return False
        if len(word.low) > 5 or word.low in vocabulary().single:
            return True
        then = self._after(word)
        if then is not None and then.shouted and gap(self.text, word, then) == " ":
            return then.low in vocabulary().family_words or self._strange(then.low)
        acts = vocabulary().does - _THINGS_DO | vocabulary().busy_now | _THEY_DO
        return then is not None and then.low in acts and len(word.low) > 2

    def _is_place(self, words: list[Word]) -> bool:
        """ "Madison Square Garden", "Lake Victoria"; but "Annie Hall" is a name."""
        known = vocabulary()
        if len(words) < 2:
            return False
        first, last = words[0], words[-1]
        pure = first.low in known.names or (first.low in known.also_words and not first.proper)
        if last.low in known.places:
            return not pure or last.low not in known.family_words | vocabulary().either
        starts = next(
            (word for word in words if not (word.starts and is_word(word.low) and word.low not in known.place_starts)),
            first,
        )
        if starts is last or starts.low not in known.place_starts:
            return False
        follows = words[words.index(starts) + 1]
        return starts.low not in known.hardly or follows.low not in known.names | known.also_words

    def _trimmed(self, words: list[Word]) -> list[Word]:
        """Without words at its end that belong to no name."""
        while len(words) > 1 and not self._ends_name(words[-2], words[-1]):
            words = words[:-1]
        return words

    def _ends_name(self, before: Word, word: Word) -> bool:
        known = vocabulary()
        if self._only_name(word) or len(word.low) == 1 or _NUMERAL.fullmatch(word.low):
            return True
        foreign = not before.text.isascii() and before.capital and not word.starts  # "Nguy\u1ec5n V\u0103n An"
        if (before.low in known.particles and before.text.islower()) or not word.text.isascii() or foreign:
            return True
        if word.proper or word.low in vocabulary().feelings or word.low in known.things:
            after_given = before.low in known.names or (self._only_name(before) and word.low in known.family_words)
            after_given = after_given and not word.starts and word.low not in known.things
            after_given = after_given or (before.low in known.also_words and not before.proper and not word.starts)
            return (
                (word.low in known.also_words or after_given)
                and not word.phrase
                and word.low not in vocabulary().feelings
            )
        if (
            before.low in known.also_words
            and not word.starts
            and word.low not in known.places | vocabulary().before | known.does
        ):
            return True
        named = before.low in known.names or len(before.low) == 1 or self._only_name(before)
        return named or word.low in known.family_words | known.also_words | _BEHIND

    def _unless_thing(self, words: list[Word], title: bool) -> tuple[int, int] | None:
        """The span of what is a name, unless one strange word stands before a thing: "the Nikon strap"."""
        known = vocabulary()
        first, last = words[0], words[-1]
        then = self._after(last)
        named = [word for word in words if self._only_name(word)]
        alone = len(named) == len(words) == 1 and first.low not in known.names | known.single and not title
        owns = last.text.endswith(("'s", "’s"))
        if alone and not owns and then and then.low in known.things and gap(self.text, last, then) in (" ", "-"):
            return None
        inside = [word for word in named if not word.starts]
        german = len(inside) < 2 or any(word.text in GERMAN for word in self.words)
        between = any(word.low in known.particles and word.text.islower() for word in words[1:-1])
        titled = between and first.low in known.also_words and not first.starts  # "Robin van Persie"
        if not self.english and german and not titled and not any(word.low in known.names for word in named):
            famous = next((word for word in words if word.low in known.single), None)
            return (famous.start, bare_end(last)) if famous else None
        if not self.english and first.starts and first.low not in known.names | known.single and len(words) > 1:
            first = next((word for word in words if word.low in known.names), words[1])
        return first.start, bare_end(last)

    def _words_as_name(self, words: list[Word], title: bool) -> bool:
        """Whether words in capitals that are all ordinary stand for somebody here."""
        known = vocabulary()
        first = words[0]
        before = self.text[max(0, first.start - 70) : first.start]
        strict, weak = bool(INTRODUCED.search(before)), bool(POINTED_AT.search(before))
        if re.search(r"\b(?:the|a|an|this|these)\s+$", before, re.I) and not strict and len(words) == 1:
            return False
        emotion = first.low in vocabulary().feelings
        given = first.low in known.also_words
        if not self.english:
            return False
        if len(words) > 1:
            second = words[1]
            family = second.low in known.family_words | known.also_words
            if len(first.low) == 1 and first.text.endswith("."):
                return family
            if given and not second.starts and not (first.proper and second.proper and not family):
                family = True
            if all(word.low in vocabulary().feelings for word in words):
                return False
            if title or strict:
                return family or given
            if given and family:
                return True
            return weak and family and first.low in known.family_words
        if title and self._before(first) in _FORMAL:
            return True
        if title and (given or first.low in known.family_words or first.low in known.single):
            return not emotion
        if self._is_somebody(first):
            return True
        person = _PERSON.search(before)
        noun = person is not None and person[1].lower() in known.roles
        if first.low in known.single and not first.proper and (not first.starts or self._acts(first, emotion)):
            return strict or weak or noun or self._acts(first, True) or (not first.starts and self._alone(first))
        between = before.endswith(", ") and self.text[first.end : first.end + 1] in (",", ".") and not first.starts
        if (
            between
            and not emotion
            and not first.proper
            and (given or first.low in known.family_words)
            and _KIN.search(before)
        ):
            return True
        if (given or first.low in known.family_words) and not emotion and self._listed(first):
            return True  # "Lee: sad."
        if _RELATED.search(before) and not first.starts and (given or first.low in known.family_words):
            return True  # "my friend Faith"
        if (given or first.low in known.family_words) and not emotion and first.starts and self._has_face(first):
            return True  # "Washington has pressed lips."
        if _NICKNAMED.search(before) and noun_before(before) and not emotion and (given or not first.proper):
            return True
        if not given:
            return (
                strict and first.low in known.family_words and not first.starts and not emotion and noun_before(before)
            )
        if strict or (noun and before.rstrip().endswith((",", "("))) or (noun and not first.starts and not emotion):
            return not (emotion and not (noun or noun_before(before)))
        if weak and not emotion and not first.proper:
            return True
        if first.proper and _IS_PERSON.search(before) and re.match(r"\s*(?:[.,;:!?)]|$)", self.text[first.end :]):
            return True
        if self._acts(first, emotion or first.proper):
            return True
        return not first.starts and not first.proper and not emotion and self._alone(first)

    def _is_somebody(self, word: Word) -> bool:
        """What nothing else than a name can be: who seems anxious, "Will is ...", "Hope, the youngest"."""
        known, rest = vocabulary(), self.text[word.end : word.end + 60]
        if word.low not in known.also_words | known.single:
            return False
        if _FEELS.match(rest):
            return True
        return bool((word.low in _MODALS and _WILL_IS.match(rest)) or (_APPOSED.match(rest) and not word.proper))

    def _listed(self, word: Word) -> bool:
        after = re.match(r"\s*[:=]\s*(?:a |looks |appears |seems )?([a-z]+)\b", self.text[word.end : word.end + 40])
        return after is not None and after[1] in vocabulary().feelings

    def _town_with_a_face(self, words: list[Word]) -> bool:
        """ "Washington has pressed lips.": a place whose name is also a family's."""
        return len(words) == 1 and words[0].low in vocabulary().family_words and self._has_face(words[0])

    def _has_face(self, word: Word) -> bool:
        """Whether the sentence goes on with what only somebody does: a verb, then a part of the face or "his"."""
        rest = re.split(r"[.!?;\n]", self.text[word.end : word.end + 120])[0]
        return _HUMAN.match(rest) is not None

    def _before(self, word: Word) -> str:
        return self.words[word.at - 1].low if word.at else ""

    def _after(self, word: Word) -> Word | None:
        return self.words[word.at + 1] if word.at + 1 < len(self.words) else None

    def _alone(self, word: Word) -> bool:
        """No thing follows that the word could belong to."""
        then = self._after(word)
        return then is None or then.low not in vocabulary().things

    def _acts(self, word: Word, doubtful: bool) -> bool:
        """Whether the next word is what a person does. `doubtful`: only what none but people do."""
        rest = [each.low for each in self.words[word.at + 1 : word.at + 4]]
        if not rest or (word.proper and self._before(word) in _PREPOSITIONS):
            return False
        if word.text.endswith(("'s", "’s")):
            return rest[0] in vocabulary().body or (len(rest) > 1 and rest[1] in vocabulary().body)
        if not gap(self.text, word, self.words[word.at + 1]).isspace():
            behind = _BESIDE.match(self.text[word.end : word.end + 60])
            return behind is not None and (
                behind[1] is None or bool(set(behind[1].lower().split()) & vocabulary().roles)
            )
        if not doubtful and _VERB.fullmatch(rest[0]) and rest[1:2] and rest[1] in _OBJECT and rest[0] not in _THINGS_DO:
            return True
        if rest[0] == "the" and len(rest) > 2 and rest[2] in vocabulary().does - _THINGS_DO:
            return True  # "Bob the builder grins."
        if rest[0] in vocabulary().does and rest[0] not in ("is", "was", "and") and rest[1:2] in (["his"], ["her"]):
            return True
        if rest[0] in ("is", "was", "isn't", "has", "had") and len(rest) > 1:
            if rest[1] in vocabulary().busy or (rest[0] in ("has", "had") and rest[1] in _ONES_OWN):
                return True
            return not doubtful and rest[1] not in _WHAT_IT_IS
        if doubtful:
            return rest[0] in vocabulary().busy_now
        return rest[0] in vocabulary().does - _THINGS_DO or rest[0] in ("has", "had", "says")


def noun_before(before: str) -> bool:
    """Whether somebody is spoken of just before."""
    return bool(
        re.search(
            r"\b(?:man|woman|person|boy|girl|guy|lady|he|she|him|her|his|singer|actor|actress|rapper|boxer|"
            r"player|child|friend)\b",
            before,
            re.I,
        )
    )


_FEELS = re.compile(
    r" (?:seems|appears|looks|feels|is|was) (?:to be )?(?:so |very |quite |rather |slightly |a bit |a little )?"
    r"(?:happy|sad|angry|afraid|scared|anxious|nervous|embarrassed|contemplative|pensive|thoughtful|worried|relieved|amused|"
    r"delighted|exhausted|tired|bored|proud|shy|confused|puzzled|determined|focused|excited|annoyed|irritated|frustrated|"
    r"thrilled|pleased|upset|tense|relaxed|calm|serene|wistful|cheerful|sleepy|startled|shocked|surprised|frightened|"
    r"furious|content|ecstatic|melancholic|distracted|curious|smug|sceptical|skeptical|suspicious|uneasy|uncomfortable)\b"
)
_MODALS = frozenset({"will", "may"})
_WILL_IS = re.compile(r" (?:is|was|has|seems|appears|looks|smiles|frowns)\b")
_APPOSED = re.compile(
    r", (?:the|our|my|his|her|their) (?:[\w'’-]+ ){0,2}?(?:girl|boy|man|woman|youngest|oldest|eldest|sister|brother|"
    r"friend|child|baby|bride|groom|mother|father|son|daughter|twin|one (?:in|on|with|who))\b"
)
_RELATED = re.compile(
    r"\b(?:my|his|her|their|our|your|the)(?: \w+)? (?:friend|sister|brother|wife|husband|son|daughter|mother|father|"
    r"mum|mom|dad|"
    r"colleague|neighbou?r|cousin|aunt|uncle|nephew|niece|twin|partner|boyfriend|girlfriend|boss|teacher|classmate) $",
    re.I,
)
_HUMAN = re.compile(
    r" (?:is|was|has|had|keeps|shows|wears|opens|closes|raises|lowers|purses|presses|furrows|knits|lifts|tilts|turns)\b"
    r"(?:(?! in\b| of\b).)*?\b(?:his|her|their|lips?|brows?|eyebrows?|eyes|mouth|teeth|smile|frown|grin|"
    r"face|cheeks?|jaw|chin)\b"
)
_BESIDE = re.compile(
    r", (?:(?:who|whose|with (?:his|her)|holding|wearing|smiling|laughing|frowning|crying)\b|"
    r"(?:an?|the|my|his|her) ((?:[\w'’-]+ ?){1,3}))"
)
_VERB = re.compile(r"\w{2,}[^su]s|rose|found|made|gave|took")
_OBJECT = frozenset({"a", "an", "the", "his", "her", "to", "at", "from", "my", "not"})
_IT_IS = frozenset({"i'm", "it's", "that's", "he's", "she's", "there's", "here's", "let's", "who's", "i", "is"})
_NOBLE = frozenset({"king", "prince", "princess", "queen", "captain", "earl", "baron", "duke"})
_THEY_DO = frozenset({"smile", "grin", "laugh", "frown", "look", "cry", "shout", "pout", "scowl"})
_THINGS_DO = frozenset(
    {
        "is",
        "was",
        "has",
        "had",
        "isn't",
        "wasn't",
        "and",
        "shows",
        "says",
        "makes",
        "gives",
        "keeps",
        "opens",
        "drops",
        "runs",
    }
)
_WHAT_IT_IS = frozenset({"what", "the", "a", "not", "an", "that", "how", "in", "on", "written", "printed"})
_ONES_OWN = frozenset({"a", "his", "her", "an", "raised", "lowered", "closed", "got", "no", "both"})
_PREPOSITIONS = frozenset({"in", "from", "of", "to", "at", "near", "through", "across", "around"})
_IS_PERSON = re.compile(r"\b(?:he|she|man|woman|person|boy|girl|guy|lady|child|baby|kid) is\s+$", re.I)
_KIN = re.compile(r"\b(?:the|my|his|her|their|our|a)\b[^.,;]*, $", re.I)
_FORMAL = frozenset(
    {
        "capt",
        "lt",
        "sgt",
        "col",
        "gen",
        "rev",
        "supt",
        "sen",
        "gov",
        "mme",
        "mlle",
        "auntie",
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "dr",
        "prof",
        "sir",
    }
)
_BEHIND = frozenset({"jr", "sr", "ii", "iii", "iv", "vi", "vii", "viii"})
_NUMERAL = re.compile(r"(?:x{0,3})(?:ix|iv|v?i{1,3}|v|x)")
_NICKNAMED = re.compile(
    r"\b(?:named|called|nicknamed|known as|knows? (?:him|her|them) as|calls? (?:him|her|them)|goes by|"
    r"name is)[\s\"'“„‘«*_]*$",
    re.I,
)
