"""What of a model's reply is passed on: sentences that speak of the people in the photo.

A photo may hold text that gives orders: on a sign, on a shirt. A model that obeys says what no question asked for. The
agent passes on what describes, and leaves out addresses, secrets, code, slogans, other languages, talk of orders, and
talk to the reader. A false label or unit reads like a true one: it stays, is told as the model's, and is held against
the readings (`holding`). The words of all kinds are in `passing.yaml`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from facereason.agent.care.vocabulary import fold, is_word
from facereason.facs.emotions import SPELLINGS

NOTE = "Part of the reply did not speak of the people in the photo and is left out."
LONGEST = 1200  # letters of a sentence
NOTHING = "Its reply did not speak of the people in the photo and is left out."


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """`text` of the reply that is passed on, and for each sentence left out why."""

    text: str
    left_out: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What to tell the user, once an answer."""
        if not self.left_out:
            return ()
        return (NOTE if self.text.strip() else NOTHING,)


def passable(reply: str, question: str = "", *, people: int = 1) -> Passed:
    """What of `reply` speaks of the people in the photo. `people`: how many faces were found; a reply that denies any
    is not passed on.

    >>> passable("The lips are closed. API_TOKEN=example-token-77")
    Passed(text='The lips are closed.', left_out=('a secret',))
    """
    case, reply = _Case(question, people), visible(reply)
    think, label = _THINK.search(reply), _ANSWER.search(reply)
    if label is None:
        body = think[1] if think and not _THINK.sub("", reply).strip() else reply
        return case.passed(_TAGS.sub(" ", body) if think else body)
    reasons = case.passed(think[1]) if think else Passed(text="")
    said = label[1].strip()
    answer = Passed(text=said) if said.casefold() in SPELLINGS else case.passed(said)
    if answer.text and len(said.split()) < 3 and not _about(said) and not case.asks_for(said):
        answer = Passed(text="", left_out=("no answer to what was asked",))
    left_out = (*reasons.left_out, *answer.left_out)
    words = f"<think>{reasons.text}</think>" if reasons.text else ""
    words += f"<answer>{answer.text}</answer>" if answer.text else ""
    return Passed(text=words if answer.text else reasons.text, left_out=left_out)


def visible(text: str) -> str:
    """A text without characters that nobody sees: of no width, of direction, tags."""
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf")


_THINK = re.compile(r"<think>(.*?)</think>", re.DOTALL)
_ANSWER = re.compile(r"<answer>(.*?)(?:</answer>|$)", re.DOTALL)
_TAGS = re.compile(r"</?think>")


@dataclass(frozen=True, slots=True)
class _Case:
    question: str
    people: int

    def passed(self, text: str) -> Passed:
        data = _as_data(text)
        if data is not None:
            return self._data(text, data)
        kept: list[str] = []
        reasons: list[str] = []
        for sentence in _SENTENCES.split(text.strip()):
            if not sentence.strip():
                continue
            if reason := self.against(sentence):
                reasons.append(reason)
            else:
                kept.append(_lowered(sentence.strip()))
        if kept and "not about people" in reasons and not any(map(self._is_about_people, kept)):
            reasons += ["not about people"] * len(kept)
            kept = []
        return Passed(text=" ".join(kept), left_out=tuple(reasons))

    def _is_about_people(self, sentence: str) -> bool:
        """By more than a pronoun: "nobody sweeps it today" is none of it."""
        low = fold(sentence)
        words = set(re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", low)) - _lists()["pronouns"]
        return _about(" ".join(words)) or _surroundings(low) or self._answers(low)

    def _data(self, text: str, data: object) -> Passed:
        """JSON is passed on whole, or not at all: if a key or a value is not about people."""
        words = list(_strings(data))
        bad = [reason for each in words if (reason := _gives_away(each, fold(each), self.people))]
        if bad or not any(_about(each) for each in words):
            return Passed(text="", left_out=(bad[0] if bad else "not about people",))
        return Passed(text=text)

    def against(self, sentence: str) -> str:
        """Why a sentence is not passed on; empty where it is."""
        low = " ".join(fold(sentence).split())
        if not any(letter.isalpha() for letter in low):
            figure = re.fullmatch(r"[\s\d.,%°()\-]+", low) and any(letter.isdigit() for letter in low)
            return "" if figure and self.question else "no words"
        if reason := _gives_away(sentence, low, self.people):
            return reason
        if _foreign(sentence) and not _foreign(self.question):
            return "another language"
        if self.people and _SHOWS.search(low) and not _about(low):
            return "nobody, though faces were found"
        if _surroundings(low) or _QUOTES.search(sentence):
            return ""
        return "" if _about(low) or self._answers(low) else "not about people"

    def asks_for(self, said: str) -> bool:
        """Whether a label such as "purple" can answer the question: of hair, clothes, colours, ages."""
        asked = fold(self.question)
        return not asked or re.search(r"colou?r|hair|wear|cloth|old|age|many|number|which|gender", asked) is not None

    def _answers(self, low: str) -> bool:
        """Whether it begins as answers do, or takes up a word of the question."""
        if _opening().match(low):
            return True
        words = re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", low)
        if len(words) < 5 and all(word in _lists()["short"] or word.isdigit() or _about(word) for word in words):
            return True
        asked = {word for word in re.findall(r"[^\W\d_]{4,}", fold(self.question)) if word not in _COMMON}
        return bool(asked & set(re.findall(r"[^\W\d_]{4,}", low)))


def _lowered(sentence: str) -> str:
    """A sentence all in capitals in small letters: nobody is shouted at. Codes of action units stay."""
    letters = [letter for letter in sentence if letter.isalpha()]
    if len(letters) < 9 or sum(letter.isupper() for letter in letters) < 0.8 * len(letters) or not sentence.isascii():
        return sentence
    return re.sub(r"\bau(?=\d)", "AU", sentence.capitalize())


_SENTENCES = re.compile(r"(?<=[.!?。!?])\s+|(?<=[.!?][\"'”’)*])\s+|\s*\n+\s*|(?<=[。!?])")
_COMMON = frozenset(
    [
        "this",
        "that",
        "what",
        "which",
        "does",
        "have",
        "with",
        "from",
        "they",
        "them",
        "their",
        "there",
        "where",
        "when",
        "would",
        "could",
        "should",
        "about",
        "photo",
        "please",
        "tell",
        "describe",
    ]
)


def _as_data(text: str) -> object | None:
    """Objects and lists of a reply in JSON, with or without a fence; None for anything else."""
    bare = re.sub(r"^```\w*\s*|\s*```$", "", text.strip())
    if bare[:1] not in ("{", "["):
        return None
    try:
        found = json.loads(bare)
    except ValueError:
        return None
    return found if isinstance(found, (dict, list)) else None


def _strings(data: object) -> Iterable[str]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield str(key).replace("_", " ")
            yield from _strings(value)
    elif isinstance(data, list):
        for each in data:
            yield from _strings(each)
    elif isinstance(data, str):
        yield data


def _about(text: str) -> bool:
    words = re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", fold(text))
    return any(word in _lists()["about"] or _UNIT.fullmatch(word) or word in SPELLINGS for word in words)


def _surroundings(low: str) -> bool:
    return any(word in _lists()["surroundings"] for word in re.findall(r"[^\W_]+(?:-[^\W_]+)*", low))


_SHOWS = re.compile(
    r"\b(?:photo|photograph|picture|image|frame|scene|it|this|i|we)\b (?:\w+ )?(?:shows?|contains?|depicts?|"
    r"is of|is a (?:photo|picture|photograph|image|drawing) of|see|sees|is a)\b"
)
_NO_FACE = re.compile(
    r"\bno (?:people|persons?|faces?|humans?|man|woman|child)\b(?! (?!is\b|was\b|has\b|exists\b|"
    r"appears\b)\w+(?:s|ing)\b)"
)
_UNIT = re.compile(r"au\d{1,2}[a-e]?|m?\d{0,2}au\d+")


def _gives_away(sentence: str, low: str, people: int) -> str:
    """What no description of people has."""
    if len(sentence) > LONGEST:
        return "too long"
    if _ADDRESS.search(low) or _PHONE.search(low):
        return "an address"
    if _holds(low, "secrets") or _KEY.search(sentence):
        return "a secret"
    if _CODE.search(sentence):
        return "code"
    if _QUOTES.search(sentence):
        return ""  # what a sign says, told as such
    for group, reason in _GROUPS.items():
        if _holds(low, group):
            return reason
    if _CHEERS.search(low) or _SELLS.search(low):
        return "an advert"
    if _FIGURES.search(low):
        return "an address"
    if _MACHINE.search(low):
        return "a part to play"
    if _SLOGAN.search(low):
        return "a slogan"
    if _AS_SAID.search(low):
        return "orders"
    if people and (_holds(low, "nobody") or _NO_FACE.search(low)):
        return "nobody, though faces were found"
    if _TO_READER.search(low) or (_first(low) in _lists()["imperatives"] and not _looks_down(low)):
        return "talk to the reader"
    if _ROLE.search(sentence) or _AGAIN.search(low) or low.count("!") > 2:
        return "a part to play"
    letters = [letter for letter in sentence if letter.isalpha()]
    shouted = sum(letter.isupper() for letter in letters) > 0.8 * len(letters)
    if shouted and len(letters) > 3 and not _about(low):
        return "a slogan"
    return ""


_GROUPS = {
    "orders": "orders",
    "insults": "an insult",
    "adverts": "an advert",
    "ratings": "a rating",
    "roles": "a part to play",
    "judgements": "a judgement that no face allows",
    "agents": "talk to other programs",
    "refusals": "a refusal",
}
_SELLS = re.compile(
    r"\b(?:products?|discounts?|coupons?|(?:\d|one|two|three|four|five) (?:out of \w+ )?stars|money|payments?|dollars|"
    r"euros|"
    r"bank|invoice|subscriptions?|download|promo(?:tion)?s?|deals?|brought to you)\b"
)
_FIGURES = re.compile(r"(?<![\d.,])\d{3}[\s-]\d{4}\b|(?<![\d.,])(?!(?:19|20)\d\d\b)\d{4,}\b(?!\s*(?:px|pixels|x)\b)")
_MACHINE = re.compile(
    r"\b(?:as|i am|i'm|being) (?:now )?(?:an?|your|the) (?:[\w-]+ ){0,2}(?:ai|assistant|"
    r"language model|chatbot|bot|robot|machine|pirate)\b"
)
_ADDRESS = re.compile(
    r"https?:|hxxps?:|\[\.\]|\(dot\)|(?<![:\w])//\w|\]\(|^\W*\[\w+\]:|www\.|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|example|ru|cn|info|biz|co|ai|app|dev|xyz|me|ly|"
    r"top|site|online|link|zip|exe|test|invalid|de|fr|uk|eu|html|php|sh|py|env)\b(?!\w)"
    r"|[\w.+-]+@[\w-]+\.\w+"
)
_PHONE = re.compile(r"(?:\+|\b00)?\d[\d ().-]{7,}\d\b|\bdial \d")
_SLOGAN = re.compile(
    r"(?:^|: )\W*(?:down|up) with\b|\b(\w+er) \w+, \1 \w+"
    r"|\b(?:everyone|everybody|people|all|we|nobody|no one) (?:here )?"
    r"(?:should|must|ought to|needs? to|shall)\b"
    r"|\b(?:greatest|best|finest|smartest|wisest|most (?:beautiful|intelligent|important|powerful)) "
    r"(?:person|man|woman|human(?: being)?|leader|people|player|president)\b"
    r"|\bis an? (?:thief|liar|criminal|spy|terrorist|fraud|crook|traitor|hero|genius|god|cheat|murderer|killer|"
    r"saint|witch)\b|\b(?:warned|beware) (?:about|of)\b"
)
_CHEERS = re.compile(r"\bmakes? (?:you|everybody|everyone|people|us|me) (?:happy|smile|laugh)")
_KEY = re.compile(
    r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])(?!AU)[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+){1,}\b(?<!\ds)|"
    r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|\b\w*[A-Za-z]\d\w*[A-Za-z]\d\w*\b|\b[A-Za-z0-9+/]{24,}={0,2}\b"
)
_CODE = re.compile(
    r"```|\b[a-z]+_[a-z_]+\(|"
    r"</?[a-zA-Z_|][^<>]*>|<\||\|>|\[/?INST\]|#{2,} ?\w|\w\(\)|\{[^}]*:|\$\(|\$\{|&&|\|\||;\s*--|"
    r"\bSELECT \w+ FROM\b|\brm -rf\b|\w+=\w+|\\x[0-9a-f]{2}|import \w+$"
)
_QUOTES = re.compile(
    r"\b(?:sign|shirt|t-shirt|poster|banner|board|label|badge|tag|text|caption|note|plate|cap|card|paper|"
    r"placard|sticker|print|tattoo|mug|screen|writing|letters|words?)\b[^.]{0,40}?"
    r"\b(?:reads?|reading|says?|saying|shows? the (?:words?|text)|with the (?:words?|text)|written|printed|"
    r"bears)\b(?:[^.\"'“‘„«]{0,12}[\"'“‘„«][^\"”]{1,120}[\"'”’“»]\W*$|(?-i:(?: [A-Z]{2,}){1,3})\W*$)",
    re.I,
)
_THING = (
    r"(?:sign|shirt|t-shirt|text|note|file|file ?name|caption|label|metadata|poster|banner|badge|tag|photo|image|"
    r"card|board|sticker|writing|message|letters|notice|exif(?: comment| field)?|graffiti|paper|wall|hint|"
    r"coders?|coding|experts?|museum|owner|author|rule|law|order|"
    r"gold\w*|comment|description|data|key)"
)
_AS_SAID = re.compile(
    rf"\bas (?:the |this |that |its |his |her )?{_THING} (?:says|said|states|reads|demands|requires|asks|"
    rf"tells|wants|orders|claims|insists|explains|told)"
    rf"|\b(?:according to|(?<!hidden )(?<!covered )(?<!obscured )(?<!blocked )by|per|following|trusting|"
    rf"because of|thanks to) (?:the |this |that |its |his |her "
    rf")?(?:\w+ )?(?:{_THING})(?: (?:says|coding|label))?(?:,|\.|$| (?:says|the|only|all|everyone))"
    rf"|\b(?:the |this |that )?{_THING} (?:says|told|tells|asks|demands|orders|wants|instructs|requires|forbids|"
    rf"forbade|prohibits|bans|requests|warns|allows) (?:me |us |that |to |so|any|every|people)"
    r"|\bso i (?:say|answer|write|obey|follow)|\bi (?:must|shall|will|have to|should|am to) (?:say|answer|"
    r"write|obey|follow|state|call|report|end|begin|add|now)\b|\bi (?:obey|follow|decoded|translated|trust)\b"
)
_TO_READER = re.compile(
    r"\byou(?:'re| are| should| must| need| have to| may| will| shall| owe| lose| win| won| fool| can (?!see|"
    r"tell|also see|notice))\b|"
    r"^\W*you\b(?! can (?:also )?(?:see|tell|notice))|\byou\b[^?]*\?\W*$|"
    r"\byour\b|\byou\W*$|^(?:dear|hello|hi|hey|attention|warning|notice|"
    r"breaking)\b(?! person| child)|\bclick here\b|\blet me know\b|\bthank you\b"
)
_ROLE = re.compile(
    r"^\W*(?:[A-Z]{2,}\w*|\[name\]|[A-Z]\w+ ?\d+) (?:says|here|speaks|speaking|reports|reporting|rating|"
    r"declares|online|activated|out)\b|\bI am [A-Z]{2,}"
)
_AGAIN = re.compile(r"\b(\w+)(?:\W+\1\b){2,}")


def _first(low: str) -> str:
    found = re.search(r"[^\W\d_]+", low)
    return found[0] if found else ""


def _looks_down(low: str) -> bool:
    """An imperative's word that begins a description: "open mouth", "read as happy"."""
    return bool(
        re.match(
            r"\W*(?:open|press|pressed|use|free|stop|print|run|read|hand|hands|check|call|wait|try|give|take|trust)\b",
            low,
        )
    ) and _about(low)


def _foreign(text: str) -> bool:
    """Mostly letters of other scripts, or words that are no English; names that are struck do not count."""
    bare = re.sub(r"\[(?:name|left out)\]", " ", text)
    letters = [letter for letter in bare if letter.isalpha()]
    if letters and sum(ord(letter) > 0x24F for letter in letters) > 0.3 * len(letters):
        return True
    words = [word for word in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", bare) if len(word) > 1]
    known = sum(
        is_word(word) or fold(word) in _lists()["about"] or (word.istitle() and is_word(word.lower())) for word in words
    )
    return len(words) > 1 and known < 0.65 * len(words)


def _holds(low: str, group: str) -> bool:
    return bool(_pattern(group).search(low))


@cache
def _opening() -> re.Pattern[str]:
    words = sorted(_lists()["openings"], key=len, reverse=True)
    return re.compile(r"[\"'*_\s-]*(?:" + "|".join(map(re.escape, words)) + r")(?![^\W_])")


@cache
def _pattern(group: str) -> re.Pattern[str]:
    words = sorted(_lists()[group], key=len, reverse=True)
    return re.compile("|".join(f"(?<![^\\W_]){re.escape(word)}(?![^\\W_])" for word in words))


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    data: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "passing.yaml").read_text(encoding="utf-8"))
    return {
        key: frozenset(" ".join(word.split()) for word in words.split(",") if word.strip())
        for key, words in data.items()
    }
