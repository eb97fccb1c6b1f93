"""Action units in plain words: parts of the face paired with what they do.

Every action of a phrase finds the part that it belongs to: the one that it stands before ("raised cheeks", "lowering of
the brow") or after ("cheeks are clearly raised"). Lists share: "brows and upper lids are raised", "raised brows and
cheeks", "lips tightened and pressed together". The pairs that mean something are data (`units` in `claims.yaml`): other
pairs fall through without harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from facereason.facs.lexicon import Lexicon, Word, lexicon, mask
from facereason.facs.mentions import Mention
from facereason.facs.phrases import Action, Part, Phrase, phrases
from facereason.types import Topic


def movements(words: Sequence[Word], used: AbstractSet[int]) -> tuple[list[Mention], set[int]]:
    """Mentions of units in words, leaving out `used` words; and the indexes of the words that parts have as actions."""
    found: list[Mention] = []
    taken: set[int] = set()
    settled: set[int] = set()
    for phrase in _paired(words, used):
        for part in phrase.parts:
            if part.actions or part.shared:
                found.extend(_mentions(words, part, settled))
                taken.update([index for action in (*part.actions, *part.shared) for index, _ in action.classes])
    for index, word in enumerate(words):
        if word.flags & _ALONE and index not in used and index not in settled:
            found.extend(_alone(word, index))
    return found, taken


_ALONE, _NOUNS, _MOVES = mask("alone"), mask("nouns"), mask("actions", "directions")
_NEAR, _BE, _TOUCHING = mask("near"), mask("be", "verb"), mask("det", "adverb", "near", "pieces")
_PERSON, _SUBJECTS = mask("person"), mask("det", "subject", "be", "verb")
_RUN, _LEADS = mask("be", "verb", "directions"), mask("det", "prep")
_REACH = 14
# Bounds how many parts of a list share an action.
_SHARERS = 8


def _paired(words: Sequence[Word], used: AbstractSet[int]) -> list[Phrase]:
    """The phrases of a sentence, with their actions given to parts; none where no part moves."""
    if not any(word.flags & _NOUNS for word in words) or not any(word.flags & _MOVES for word in words):
        return []
    line = phrases(words, used)
    for phrase in line:
        if phrase.actions and phrase.parts:
            _pair(words, phrase)
    _share(words, line)
    return line


def _pair(words: Sequence[Word], phrase: Phrase) -> None:
    """Give each action of a phrase to its part."""
    lexical = lexicon()
    for action in phrase.actions:
        before = after = None
        for part in phrase.parts:
            if part.last < action.first:
                before = part
            elif part.first > action.last:
                after = part
                break
        if after is not None and not _touches(words, action, after):
            after = None
        if before is not None and (action.blocked or action.first - before.last > _REACH):
            before = None
        if before is not None and after is not None:
            direct = words[action.last + 1].flags & _NEAR != 0
            if not direct and _means(lexical, before, action):
                after = None
            elif _means(lexical, after, action) or direct:
                before = None
            else:
                after = None
        if after is not None:
            after.actions.append(action)
            phrase.attributive = True
        elif before is not None:
            before.actions.append(action)
            phrase.predicative = phrase.predicative or _means(lexical, before, action)


def _touches(words: Sequence[Word], action: Action, part: Part) -> bool:
    """Whether nothing but small words stand between an action and the part behind it."""
    if part.first - action.last > 7:
        return False
    return all(word.flags & _TOUCHING and not word.flags & _BE for word in words[action.last + 1 : part.first])


def _means(lexical: Lexicon, part: Part, action: Action) -> bool:
    names = _combined(lexical, action.classes)
    return any(lexical.units_of(region, name) for region in part.regions for name in names)


def _share(words: Sequence[Word], line: Sequence[Phrase]) -> None:
    """Hand actions on along a line of phrases: to parts that have none, and from phrases that name no part."""
    for position in range(len(line) - 1, -1, -1):
        phrase = line[position]
        if phrase.parts and not phrase.actions and position + 1 < len(line):
            _share_forward(line, position)
    latest: list[Part] = []
    givers: list[Action] = []
    predicative = False
    for position, phrase in enumerate(line):
        if phrase.parts:
            idle = [part for part in phrase.parts if not part.actions and not part.shared]
            if phrase.bare and givers and not predicative and _listed(phrase):
                for part in idle:
                    part.shared.extend(givers)
                latest = [*latest, *phrase.parts][-_SHARERS:]
            else:
                latest = list(phrase.parts[-1:]) if not phrase.predicative else [p for p in phrase.parts if p.actions]
                latest += [part for part in _lined_up(line, position) if part not in latest]
                predicative = phrase.predicative
                givers = phrase.parts[-1].actions if phrase.attributive else []
        elif phrase.actions and phrase.follows:
            ahead = _adjectives_of(words, line, position)
            if ahead is not None and not (predicative and latest):
                for action in phrase.actions:
                    ahead.shared.append(action)
            else:
                for part in latest:
                    part.shared.extend(phrase.actions)
        elif phrase.actions or _has_own_subject(words, phrase):
            latest, givers = [], []


def _has_own_subject(words: Sequence[Word], phrase: Phrase) -> bool:
    """Whether a phrase is about something else: "the curtains" is, "red" in "her lips, red and full, part" is not."""
    names = any(not words[index].flags or words[index].flags & _PERSON for index in phrase.words)
    return names and any(words[index].flags & _SUBJECTS for index in phrase.words)


def _share_forward(line: Sequence[Phrase], position: int) -> None:
    """Give a list of parts the actions that stand behind its last: "brows and upper lids are raised"."""
    phrase, following = line[position], line[position + 1]
    if not _listed(following) or not following.parts:
        return
    first = following.parts[0]
    given = first.actions if following.actions else first.shared
    if any(action.first < first.first for action in given) and following.actions:
        return
    conjoined = bool(following.joints & {"and", "or", "&", "nor", "/"}) or not following.actions
    if conjoined:
        phrase.parts[-1].shared.extend(given)


def _lined_up(line: Sequence[Phrase], position: int) -> Iterator[Part]:
    """Parts of the line before this one that share its actions."""
    for _ in range(_SHARERS):
        if position == 0 or not _listed(line[position]) or line[position - 1].actions:
            return
        position -= 1
        yield from (part for part in line[position].parts if part.shared)


def _adjectives_of(words: Sequence[Word], line: Sequence[Phrase], position: int) -> Part | None:
    """The part ahead that adjectives in a row belong to: "raised and furrowed brow", "wide, staring eyes"."""
    phrase = line[position]
    if any(words[index].flags & _RUN or words[index].text == "which" for index in phrase.words):
        return None
    for index in range(position + 1, min(position + 4, len(line))):
        phrase = line[index]
        if not _listed(phrase):
            return None
        if phrase.parts:
            first = phrase.parts[0]
            leading = not any(words[at].flags & _LEADS for at in phrase.words if at < first.first)
            return first if leading and not phrase.predicative else None
        if not phrase.actions:
            return None
    return None


def _listed(phrase: Phrase) -> bool:
    return bool(phrase.joints) and not phrase.joints & {"break", "contrast", "pauses", "opens", "closes", "stops"}


def _combined(lexical: Lexicon, classes: Sequence[tuple[int, str]]) -> dict[str, tuple[int, ...]]:
    """The actions among these words, each with the indexes of its words; two that make a third are replaced by it."""
    if len(classes) == 1:
        return {classes[0][1]: (classes[0][0],)}
    result: dict[str, tuple[int, ...]] = {}
    for index, name in classes:
        result[name] = (*result.get(name, ()), index)
    if len(result) < 2:
        return result
    for one, other, third in lexical.combine:
        if one in result and other in result:
            made = (*result.pop(one), *result.pop(other), *result.pop(third, ()))
            result[third] = tuple(sorted(set(made)))
    return result


def _mentions(words: Sequence[Word], part: Part, settled: set[int]) -> Iterator[Mention]:
    """Mentions of what a part does; adds to `settled` the words whose sense the part decides."""
    lexical = lexicon()
    own = [pair for action in part.actions for pair in action.classes]
    for run in [own, *(action.classes for action in part.shared)]:
        for name, at in _combined(lexical, run).items():
            for region in part.regions:
                numbers = lexical.units_of(region, name)
                if numbers is None:
                    continue
                settled.update(at)
                first, last = min(at[0], part.first), max(at[-1], part.last)
                for number in numbers:
                    yield Mention(
                        topic=Topic.ACTION_UNIT,
                        value=f"AU{abs(number)}",
                        at=at,
                        start=words[first].start,
                        end=words[last].end,
                        part=part.last,
                        denies=number < 0,
                    )


def _alone(word: Word, index: int) -> Iterator[Mention]:
    for number in word.tags["alone"].split():
        yield Mention(
            topic=Topic.ACTION_UNIT,
            value=f"AU{number.removeprefix('-')}",
            at=(index,),
            start=word.start,
            end=word.end,
            denies=number.startswith("-"),
        )
