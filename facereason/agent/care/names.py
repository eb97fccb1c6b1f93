"""Finds names of people in a text: words in capitals, in small letters behind "this is", in other scripts."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from facereason.agent.care.names_judge import INTRODUCED, POINTED_AT, Judge
from facereason.agent.care.names_scripts import in_other_scripts
from facereason.agent.care.names_words import Word, bare_end, gap, is_english, merged, words_of
from facereason.agent.care.vocabulary import fold, is_word, phrase_words, vocabulary


@dataclass(frozen=True, slots=True)
class Found:
    """Where names are in a text."""

    text: str
    spans: list[tuple[int, int]]

    @property
    def names(self) -> list[str]:
        return [self.text[start:end] for start, end in self.spans]


def find(text: str, asked: frozenset[str]) -> Found:
    """Names of people in `text`, and the words of `asked` (folded)."""
    words = words_of(text)
    english = is_english(words)
    found = [*in_other_scripts(text, english), *(match.span() for match in _HANDLES.finditer(text))]
    for run in _runs(words, text):
        if span := Judge(words, text, english).name_in(run):
            found.append(span)
    found += _in_small_letters(words, text, english)
    found += [(word.start, word.end) for word in words if _disguised(word)]
    found += [(word.start, bare_end(word)) for word in words if word.low in asked or set(word.low.split("-")) & asked]
    found += [match.span() for match in _SPELLED.finditer(text) if _is_name(match[0])]
    found += [match.span() for match in _TORN.finditer(text) if fold(match[1] + match[2]) in vocabulary().names]
    found += _stage_names(words, text)
    found += _in_data(text)
    found += _two_words(words, text)
    found += [
        match.span()
        for match in _INITIALS.finditer(text)
        if match[0].lower()[:4] not in ("e.g.", "i.e.", "a.m.", "p.m.")
    ]
    found = merged(found)
    found += [match.span(1) for match in _ALIAS.finditer(text)]
    found = merged(found)
    for _ in range(2):  # names at either end of a list tell those in between
        found = merged([*found, *_beside(words, text, found), *_continued(words, text, found)])
    return Found(text, _joined(text, found))


def _disguised(word: Word) -> bool:
    """Figures, or letters of another alphabet, in place of letters: "T0m"."""
    if word.text.isalpha():
        alphabets = {unicodedata.name(letter, " ").split()[0] for letter in word.text}
        return len(alphabets & {"LATIN", "CYRILLIC", "GREEK"}) > 1
    plain = word.low.translate(_LEET)
    return (
        plain != word.low
        and plain.isalpha()
        and len(plain) > 2
        and not word.low.startswith("au")
        and plain in vocabulary().names | vocabulary().family_words
    )


_LEET = str.maketrans("013457", "oieast")
_INITIALS = re.compile(
    r"(?<![\w.])(?:[A-Z]\.[ \-]?){2,}[A-Z][a-z]+|(?<![\w.])(?:[A-Z]\. ){2,}[A-Z]\.|(?<![\w.])(?:[a-z]\.){2,} "
    r"?[a-z]{3,}|(?<!\w)[A-Z]\w*[!$@]\w+|(?<![\w.])[A-Z]\. ?[A-Z][a-z]+(?=-(?:like|esque|style|ish)\b)"
)
_TORN = re.compile(r"\b([^\W\d_]+)-?\n([^\W\d_]+)\b")


def _stage_names(words: Sequence[Word], text: str) -> Iterator[tuple[int, int]]:
    """Names that are ordinary words together: "The Rock", but not the one of Gibraltar."""
    known = vocabulary().stage
    parts = [
        (part, word) for word in words for part in phrase_words(word.low if word.text[:1].isalnum() else word.text)
    ]
    for at in range(len(parts)):
        for length in range(1, 5):
            piece = parts[at : at + length]
            if tuple(part for part, _ in piece) in known and len(piece) == length:
                first, last = piece[0][1], piece[-1][1]
                shown = text[first.start : last.end]
                if (
                    (shown != shown.lower() or "." in shown or not all(is_word(part) for part, _ in piece))
                    and "," not in shown
                    and not text[last.end :].startswith(" of ")
                ):
                    yield first.start, bare_end(last)


def _two_words(words: Sequence[Word], text: str) -> Iterator[tuple[int, int]]:
    """Two names that are words as well, in capitals before what somebody does: "Grace Young looks sad"."""
    known = vocabulary()
    for first, second in itertools.pairwise(words):
        if gap(text, first, second) != " " or not (first.capital and second.capital) or first.shouted:
            continue
        both = first.low in known.also_words and second.low in known.also_words | known.family_words
        felt = {first.low, second.low} & known.feelings
        if both and not felt and _ACTS.match(text, second.end):
            yield first.start, bare_end(second)


_ACTS = re.compile(r"(?:'s)? (?:looks?|shows?|is|has|appears?|seems?|smiles?|frowns?|with|here)\b")


def _in_data(text: str) -> Iterator[tuple[int, int]]:
    """Values of JSON whose keys say that they are names."""
    known = vocabulary()
    for entry in _NAME_KEYS.finditer(text):
        for value in re.finditer(r'"([^"]+)"', entry[1]):
            words = words_of(value[1])
            named = any(
                (word.capital and word.low in known.also_words | known.family_words)
                or word.low in known.names | known.single
                for word in words
            )
            if named and not any(word.low in known.feelings for word in words[1:]):
                yield entry.start(1) + value.start(1), entry.start(1) + value.end(1)


_NAME_KEYS = re.compile(
    r'"(?:\w*names?|person|persons|people|who|identity|celebrity|guess|subject|actor|looks_like)"\s*:\s*'
    r'("[^"]+"|\[[^\]{}]*\])'
)


def _beside(words: Sequence[Word], text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Names that are words too, in a list with names: "Penny, Leonard and Sheldon"."""
    starts, ends = {start for start, _ in spans}, {end for _, end in spans}
    for word in words:
        if not word.capital or word.low not in vocabulary().also_words:
            continue
        ahead = re.match(r"(?:, and |,? and |, | & | or )", text[word.end :])
        behind = re.search(r"(?:, and |,? and |, | & | or )$", text[: word.start])
        if (ahead and word.end + ahead.end() in starts) or (behind and behind.start() in ends):
            yield word.start, bare_end(word)


def _continued(words: Sequence[Word], text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What belongs to a name that was found: a word in capitals right before it ("Shah Rukh Khan"), one in brackets
    behind it, and figures among letters ("k1m k@rd")."""
    starts, ends = {start for start, _ in spans}, {end for _, end in spans}
    for word in words:
        known = vocabulary()
        opening = word.starts and word.low not in known.names | known.also_words | known.family_words
        title = word.low in known.feelings or word.low.startswith("au") or opening or word.shouted
        if word.capital and word.end + 1 in starts and text[word.end] == " " and not title and word.low not in _BEFORE:
            yield word.start, bare_end(word)
    for end in ends:
        if found := _BRACKETED.match(text, end):
            yield found.span(1)
        if found := _FIGURES.match(text, end):
            yield found.span(1)


_BEFORE = frozenset(
    [
        *("american", "british", "french", "german", "italian", "spanish", "russian", "chinese", "japanese", "indian"),
        *("canadian", "mexican", "irish", "scottish", "english", "australian", "korean", "african", "european"),
        *("i", "the", "a", "an", "mr", "mrs", "ms", "dr", "sir", "president", "king", "queen", "prince", "princess"),
        *("professor", "coach", "captain", "actor", "actress", "singer", "director", "photo", "person", "and", "or"),
    ]
)
_BRACKETED = re.compile(r" \((?!AU|FACS)([A-Z][\w'’-]*(?: [A-Z][\w'’-]*){0,2})\)")
_FIGURES = re.compile(r" ((?=\S*[@$0-9])(?=\S*[A-Za-z])(?!AU)[\w@$]{4,})")
_ALIAS = re.compile(
    r"\b(?:call(?:s|ed)? (?:him|her|them)|better known as|also known as|nicknamed|who played|plays the part of|in the "
    r"role of|n[ée]e|geb\.|geborene?|formerly|alias|[aA]\.?[kK]\.?[aA]\.?) (?!AU\d)"
    r"((?:[A-Z][\w'’]*|Ol['’])(?: [A-Z][\w'’]*){0,3})"
)
_HANDLES = re.compile(
    r"(?<=instagram\.com/)[\w.@]+|(?<=twitter\.com/)[\w.@]+|(?<=tiktok\.com/)[\w.@]+|(?<=facebook\.com/)[\w.@]+|"
    r"(?<![\w-])(?!T-S|X-R|V-N|U-T|E-M|B-R)[A-Z]-[A-Z][a-z]+|"
    r"(?<![\w/])u/[\w-]+|(?<=\bIG: )\w[\w.]*|(?<=nstagram: )\w[\w.]*|(?<=witter: )\w[\w.]*|(?<=username "
    r")\w[\w.]*|(?<=handle )\w[\w.]*|(?<![\w.])[@＠][\w.]*\w|#(?=[^\W\d]*[^\W\d_])(?!\d)[^\W\d]\w*|"
    r"[\w.+-]+@[\w-]+\.[\w.]+"
)
_SPELLED = re.compile(r"(?<![^\W_])(?:[^\W\d_][ .\-_*]{1,3}){3,}[^\W\d_](?![^\W_])")


def _is_name(spelled: str) -> bool:
    """Letters one by one: a name unless they are those of intensities, or a word."""
    letters = re.sub(r"[\W_]+", "", spelled)
    known = vocabulary().family_words | vocabulary().also_words
    return (
        len(letters) > 3
        and letters.upper() != "ABCDE"[: len(letters)]
        and (not is_word(letters) or fold(letters) in known)
    )


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbours that only blanks or marks part become one."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        end += len(_HANDLE_END.match(text[end:])[0])  # type: ignore[index]
        if joined and _BETWEEN.fullmatch(text[joined[-1][1] : start]):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


_HANDLE_END = re.compile(r"(?:[._]\w+)*")
_BETWEEN = re.compile(r"""[\s*_]+|,? (?:Jr|Sr)| ["“„(]|["”)] |\s*["“„'(][^"”'()]{1,25}["”')]\s*""")


def _runs(words: Sequence[Word], text: str) -> Iterator[list[int]]:
    """Words in capitals, one behind the other, with particles in between ("Ludwig van Beethoven")."""
    known, at = vocabulary(), 0
    while at < len(words):
        if not _opens(words[at]):
            at += 1
            continue
        run = [at]
        while run[-1] + 1 < len(words):
            ahead = run[-1] + 1
            stop = ahead
            while (
                stop < len(words)
                and stop - ahead < 3
                and words[stop].low in known.particles
                and words[stop].text[0].islower()
                and _joins(text, words[stop - 1], words[stop])
            ):
                stop += 1
            if stop < len(words) and _opens(words[stop]) and _joins(text, words[stop - 1], words[stop]):
                run += list(range(ahead, stop + 1))
            else:
                break
        yield run
        at = run[-1] + 1


def _opens(word: Word) -> bool:
    return word.capital and word.low[0].isascii() and not any(letter.isdigit() for letter in word.text)


def _joins(text: str, left: Word, right: Word) -> bool:
    between = gap(text, left, right)
    if left.text.endswith(("'s", "’s")) or left.text.endswith("s'"):
        return False
    torn = left.low in vocabulary().names or not is_word(right.low)
    return bool(_JOINS.fullmatch(between)) and ("\n" not in between or torn)


def _in_small_letters(words: Sequence[Word], text: str, english: bool) -> Iterator[tuple[int, int]]:
    """A given name with a family name or a strange word ("this is elon musk"), or one strange word behind "named"."""
    known = vocabulary()
    for at, word in enumerate(words):
        if not word.text.islower() or word.proper or not word.low.isascii():
            continue
        parts = word.low.split("-")
        if len(parts) > 1 and parts[0] in known.names and (parts[-1] in known.names or not is_word(parts[-1])):
            yield word.start, bare_end(word)
        then = words[at + 1] if at + 1 < len(words) and gap(text, word, words[at + 1]) in (" ", "_", "\n") else None
        before = text[max(0, word.start - 70) : word.start]
        introduced = bool(INTRODUCED.search(before) or POINTED_AT.search(before))
        pure = word.low in known.names or (word.low in known.single and not is_word(word.low))
        odd = (
            then is not None
            and then.text.islower()
            and (then.low in known.names or (not is_word(then.low) and (then.low,) not in known.proper))
        )
        family = then is not None and then.text.islower() and (then.low in known.family_words or odd)
        given = pure or word.low in known.also_words
        strange = not is_word(word.low) and (word.low,) not in known.proper and word.low.isalpha() and len(word.low) > 1
        if not english and not (
            then is not None and {word.low, then.low} <= known.names | known.single and len(word.low) > 3
        ):
            continue
        if (
            then is not None
            and family
            and (pure or (given and (introduced or odd or _SUPPOSED.search(before))) or (strange and introduced))
        ):
            end = then
            later = words[at + 2] if at + 2 < len(words) and gap(text, then, words[at + 2]) == " " else None
            if later is not None and later.low in known.names and later.text.islower():
                end = later
            yield word.start, bare_end(end)
        elif (
            (pure and (introduced or word.low in known.single or word.low not in _SMALL_WORDS))
            or (word.low in known.also_words and _CALLED.search(before))
            or (strange and introduced)
        ):
            yield word.start, bare_end(word)


_SUPPOSED = re.compile(r"\b(?:think|guess|believe|bet|recogni[sz]e|maybe|perhaps)(?: (?:that|it's|it is))?\s+$", re.I)
_CALLED = re.compile(
    r"\b(?:named|nicknamed|(?:his|her|their|my|whose) name is|call (?:him|her)|(?:is|was) called)[\s\"']*$", re.I
)
_SMALL_WORDS = frozenset({"van", "von", "der", "bin", "ibn", "des", "les", "las", "los", "del", "della"})
_JOINS = re.compile(r"[ \t*_\[\]~`]{1,8}|[ \t]*\n[ \t]*")
