"""What a text claims about a face: action units and emotions, each asserted, denied or hedged.

The steps are one module each: words (`lexicon`), codes and emotion words (`mentions`), parts and actions (`phrases`),
movements in plain words (`movements`), clauses (`clauses`), stance (`stance`). All vocabulary is data: `claims.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from facereason.types import Claim, Stance, Topic

if TYPE_CHECKING:
    from facereason.facs.lexicon import Word
    from facereason.facs.mentions import Mention

    Finder = Callable[[Sequence[Word], str], Iterable[Mention]]


def parse_claims(text: str, also: Finder | None = None) -> tuple[Claim, ...]:
    """Claims of a text in English, in its order: topic ACTION_UNIT with value "AU12", or EMOTION with a label; and what
    `also` finds in the words of a sentence, in the same stances.

    One claim for each value and stance, where it is first made; offsets are those of `text`. Of the units only the 23
    of `units.UNITS` are claimed. What is merely slight is asserted; what merely seems is hedged, but "appears happy"
    and "looks sad" are asserted: nothing more can be said of a face. Takes any text, in time linear in its length.
    """
    # Here, so that who only wants units and labels need not wait for the parser.
    from facereason.facs.lexicon import sentences
    from facereason.facs.mentions import codes, feelings
    from facereason.facs.movements import movements
    from facereason.facs.stance import stances

    claims: dict[tuple[Topic, str, Stance], Claim] = {}
    for words in sentences(text):
        found, used = codes(words, text)
        moved, taken = movements(words, used)
        more = also(words, text) if also else ()
        mentions = sorted([*found, *moved, *feelings(words, text, used | taken), *more], key=_order)
        for mention, stance in zip(mentions, stances(words, mentions), strict=True):
            key = mention.topic, mention.value, stance
            if key not in claims:
                start, end = mention.start, mention.end
                claims[key] = Claim(
                    topic=key[0], value=key[1], stance=stance, words=text[start:end], start=start, end=end
                )
    return tuple(claims.values())


def _order(mention: Mention) -> tuple[int, int, int, str]:
    return mention.start, mention.end, len(mention.value), mention.value
