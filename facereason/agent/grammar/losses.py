"""What a question may not lose on its way into plain words: where it is gone, the plain words are not those of the
question, however probable a model finds them."""

from __future__ import annotations

import re

_DENIED = re.compile(
    r"\b(?:not|never|without|nobody|neither|nor|no (?!one else)\w)|n't\b|\b(?:is|are|does|do|has|was)nt\b"
)
_DENIES = re.compile(r"\b(?:not|nobody|no|none|except|away|closed|least|bald|neutral)\b")
_NOT_OF_IT = re.compile(  # "I can't see it", "or not", "isn't she?"
    r"\b(?:ca|could|would|wo|did|do|have|is|are)n'?t (?:see|tell|know|you|i|we|it)\b|\bno idea\b|\bor not\b|, no\b"
    r"|,? (?:is|are|does|do|has|have|was)n'?t (?:she|he|they|it)\?*$"
)
_SCALE = re.compile(r"\b(?:scale|range)\b[^?;]*|\b(?:from )?\d+ ?(?:-|–|to|and) ?\d+\b")  # "on a scale from 0 to 1"
_STEERING = re.compile(
    r"\b(?:answer|reply|respond) (?:with|only|just|in)\b|\b(?:assume|pretend|suppose|ignore|forget|imagine|act as)\b"
    r"|(?<!you )\bsay (?:that|yes|no)\b|\bwrong to say\b"
)
_OWN_SIDE = re.compile(r"\b(?:his|her|their|'s) (?:left|right)\b")
_REASONS = re.compile(
    r"why|come|reason|sure|certain|tell|know|think|evidence|explain|justif|based|basis|proof|because|makes?|show"
)
_ONLY = re.compile(
    r"\ban only\b|\b(?:is|are|was|were|does|do) only\b|\bonly (?:a|one|two)\b|\bthe only (?:ones?|person|people)\b"
    r"|\b(?:is|are|was)\b[^?.;]*\bthe only\b"
)
_AMOUNTS = re.compile(
    r"\b(?:two|three|four|five|six|\d) or more\b|\bat (?:least|most)\b"
    r"|\bexactly (?:one|two|three|four|five|six|seven|eight)\b|\bmajority\b"
    r"|\b(?:more|fewer|less) than (?:an?|one|two|three|four|five|six|half)\b|\bmost (?:of|people|men|women)\b"
    r"|\bhalf (?:of )?(?:the (?!photo|picture|image|frame|shot)|them|these|all|people)"
)
_LEFT_OUT = re.compile(
    r"\b(?:(?:every|any|no) ?(?:one|body) but|who but|except|all but|but (?:one|for)|ignoring|leaving out|leave out"
    r"|apart from|besides|other than|not counting|excluding)\b"
)
_ON_A_SIDE = re.compile(r"\b(?:on|to|at) the (?:far )?(?:left|right)\b")
_ORDER = re.compile(r"\b(?:second|third|fourth|fifth|2nd|3rd|4th|5th)\b(?! (?:row|one|question|thing|time))")
_DIFFERENT = re.compile(r"\b(?:differ(?:s|ent|ing|ences?)?|unlike|dissimilar|not the same)\b")
_LISTS = re.compile(
    r"(?:(?:list|show|give|get|name|tell|find|me|us|please|of) )*(?:all|every)\w*\b[^?]*\b(?:who|that)\b"
)
_IDENTIFIES = re.compile(r"\b(?:identify|identified|recogni[sz]e|recogni[sz]ed)\b")
_SAME_WAY = re.compile(r"\b(?:the )?same (?:way|direction|spot|place|thing|person)\b|\bone (?:way|direction)\b")
_FELT = re.compile(r"\b(?:genuine(?:ly)?|fake[ds]?|faking|forced|sincere|insincere|duchenne|phon(?:e)?y|put on)\b")
_MOST = re.compile(
    r"\b(?:the most|the least"
    r"|(?:bigg|strong|broad|wid|deep|great|old|eld|young|happi|sadd|angri|calm|clos|near|low|high|weak)est)\b"
)
_SAYS_MOST = re.compile(r"\b(?:most|least|more|less|top|first|rank|sort)\b|\w(?:est|er)\b")
_NOBODY_THERE = re.compile(
    r"\b(?:no|without(?: an?)?) (?:(?:wo)?m[ae]n|girls?|boys?|child(?:ren)?|people|person|one)\b"
)
_COLOUR = {  # those whose names stand for nothing else; the others have many ("navy", "fair", "dark", "brunette")
    colour: re.compile(rf"\b(?:{names})\b")
    for colour, names in {
        "red": "red",
        "orange": "orange",
        "yellow": "yellow",
        "green": "green",
        "purple": "purple|violet|lilac",
        "pink": "pink",
    }.items()
}
_EITHER = (
    (re.compile(r"\b(?:she|hers?|wom[ae]n|girls?)\b"), re.compile(r"\b(?:he|him|m[ae]n|boys?)\b")),
    (re.compile(r"\b(?:he|him|his|m[ae]n|boys?)\b"), re.compile(r"\b(?:she|her|wom[ae]n|girls?)\b")),
)
_SOMEBODY = re.compile(r"\b(?:wo)?m[ae]n\b|\blad(?:y|ies)\b|\bgirls?\b|\bboys?\b")
_ANYBODY = re.compile(
    r"\b(?:(?:wo)?m[ae]n|girls?|boys?|child(?:ren)?|people|person|everyone|anyone|s?he|her|him|they|them)\b"
)
_NUMBERS = re.compile(r"(?:(?<=au)|(?<![a-z\d]))\d+(?!\d|st|nd|rd|th|s\b)")


def _subject(text: str) -> str:
    """ "he" or "she", where only one of them stands as that: "is he her elder?" is not asked of her."""
    found = set(re.findall(r"\b(?:s?he)\b", text))
    return found.pop() if len(found) == 1 else ""


def _of_scale(question: str) -> set[str]:
    return {number for text in _SCALE.findall(question) for number in re.findall(r"\d+", text)}


def denies(question: str) -> bool:
    """Whether something is denied in a question, in small letters."""
    return bool(_DENIED.search(_NOT_OF_IT.sub(" ", question)))


def lost(question: str, plain: str) -> str:
    """What of `question` the plain words leave out or turn over; empty where nothing is. Both in small letters."""
    if (
        missing := set(_NUMBERS.findall(_SCALE.sub(" ", question)))
        - set(_NUMBERS.findall(plain))
        - {"180", "90", "270"}
    ):
        return f"the number {min(missing)}"
    if _STEERING.search(question):
        return "what it tells the program to do"
    if denies(question) and not _DENIES.search(plain):
        return "what it denies"
    if _OWN_SIDE.search(question) and not re.search(r"(?:left|right) of", plain):
        return "whose left or right"
    if _SOMEBODY.search(question) and not _ANYBODY.search(plain):
        return "whom it is about"
    if _subject(question) and _subject(plain) and _subject(question) != _subject(plain):
        return "which of two it is about"
    if plain == "why" and not _REASONS.search(question):
        return "what is to be explained"
    if _ONLY.search(question) and not re.search(r"\bonly\b|\balone\b", plain):
        return "that there is only one"
    if frame := _of_the_frame(question, plain):
        return frame
    if re.search(r"\b(?:adults?|grown[ -]?ups?)\b", question) and "adult" not in plain:
        return "that it is about adults"
    if _of_scale(question) & set(re.findall(r"\bau ?(\d+)", plain)) and not re.search(
        r"\b(?:au ?\d|units?)\b", question
    ):
        return "that its numbers are a scale"
    if any(own.search(question) and other.search(plain) and not own.search(plain) for own, other in _EITHER):
        return "which of two it is about"
    if re.search(r"\b(?:cry(?:ing)?|cries|cried|tears|weep(?:s|ing)?)\b", question):
        return "what is not read"
    if re.search(r"\b(?:file ?names?|exif|metadata|pixels|resolution)\b|\bfile\b.*\bname\b", question):
        return "that it is about the file"
    if _ORDER.search(question) and not re.search(r"\b(?:second|third|fourth|fifth)\b", plain):
        return "the order it names"
    if _DIFFERENT.search(question) and "same" in plain and not _DIFFERENT.search(plain):
        return "that they differ"
    if _SAME_WAY.search(question) and not _SAME_WAY.search(plain):
        return "that it is one direction"
    if _LISTS.match(question) and re.match(r"(?:is|do|does) every", plain):
        return "that it asks for a list"
    if _IDENTIFIES.search(question) and not re.search(r"\bname\b|^who is\b", plain):
        return "that it asks for a name"
    if _FELT.search(question) and "cheek" not in plain:
        return "whether it is felt"
    if re.search(r"\bneither\b", question) and not re.search(r"\b(?:neither|not|nobody|no|none)\b", plain):
        return "that it is neither"
    if re.search(r"\bsideways\b", question) and not re.search(r"\b(?:side\w*|left|right|away|turned)\b", plain):
        return "that it is to the side"
    if re.search(r"\b(?:frown|smile)\b", question) and not re.search(
        r"\b(?:frown|smil|brow|lip|happ|au|unit|genuine|joy)", plain
    ):
        return "what the face does"
    chosen = " or " in question and "colour" in plain  # which of those named it is
    if not chosen and any(said.search(question) and colour not in plain for colour, said in _COLOUR.items()):
        return "a colour"
    if re.search(r"\bhow many more\b", question):
        return "by how many"
    open_ = re.match(r"(?:what|how|which|where|who is .* looking)\b", plain)  # says which of those named it is
    if re.search(r"\beither\b.*\bor\b|\bin front of or\b|\bbehind or\b", question) and not (open_ or " or " in plain):
        return "one of two"
    if _ON_A_SIDE.search(question) and not ((open_ and " or " in question) or re.search(r"left|right|from", plain)):
        return "the side it names"
    if re.search(r"\bscale\b", question) and not re.search(r"\bhow\b", plain):
        return "the scale"
    return ""


def of_lists(question: str, plain: str) -> bool:
    """Whether the plain words lack what lists take for a filler, and what is asked all the same."""
    return "genuinely" in question and "genuine" not in plain


def of_mentions(question: str, plain: str) -> bool:
    """Whether plain words that were made of what a question mentions have lost how it hangs together: who is left out,
    how many it takes, of whom it is most true, or who has nobody beside them."""
    without = _NOBODY_THERE.search(question) and not re.search(r"\b(?:no|nobody|not|none)\b", plain)
    return bool(without or _of_the_frame(question, plain))


def _of_the_frame(question: str, plain: str) -> str:
    """What of the amount, the exception or the superlative of a question plain words leave out."""
    if _AMOUNTS.search(question) and not _AMOUNTS.search(plain):
        return "how many it takes"
    if _LEFT_OUT.search(question) and not re.search(r"\b(?:except|not|but|other)\b", plain):
        return "who is left out"
    if _MOST.search(question) and not _SAYS_MOST.search(plain):
        return "who it is most true of"
    return ""
