"""Whom a reference means: people, several where one was meant, nobody, or the readings do not tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import prod

from facereason.agent.answers import wording
from facereason.agent.answers.wording import SURE
from facereason.agent.whom.fits import (
    Fit,
    RaceIsOffError,
    amount,
    beside,
    between,
    fit,
    middle_of,
    more,
    row_of,
    slack,
)
from facereason.agent.whom.likely import likely
from facereason.agent.whom.memory import Memory
from facereason.agent.whom.selection import Selection, no_one
from facereason.agent.whom.traits import AMONG, unit_asked
from facereason.types import By, Constraint, Evidence, Gender, Outcome, Person, Reference, Scene, Scope, Topic

_NOTHING_SAID = Memory()


@dataclass(frozen=True, slots=True)
class _Candidate:
    person: Person
    chance: float = 1.0
    evidence: tuple[Evidence, ...] = ()
    unread: tuple[tuple[Topic, str], ...] = ()
    edge: bool = False


class _EndedError(Exception):
    """A constraint that ends the search: its selection says how."""

    def __init__(self, selection: Selection) -> None:
        super().__init__(selection.outcome)
        self.selection = selection


def select(reference: Reference, scene: Scene, memory: Memory = _NOTHING_SAID) -> Selection:
    """Find whom `reference` means among the people of `scene`; pronouns look into `memory` first.

    For ONE, exactly one person is found or the outcome says why not. For ALL and ANY, everybody who fits.
    """
    if not scene.people:
        return Selection(outcome=Outcome.NOBODY, because="I find no faces in this photo.")
    if reference.constraints and all(c.by is By.RELATION and c.value == "or" for c in reference.constraints):
        return _together(reference, scene, memory)
    if memory.noun and any(c.by is By.PRONOUN and c.value == "one" for c in reference.constraints):
        # "The other one" is the other woman, after one was spoken of; where there is none, whoever else fits.
        found = _select(replace(reference, constraints=(*memory.noun, *reference.constraints)), scene, memory)
        if found.outcome in (Outcome.ANSWERED, Outcome.AMBIGUOUS):
            return found
    found = _select(reference, scene, memory)
    first = reference.constraints[0] if reference.constraints else None
    if found.outcome is Outcome.NOBODY and first is not None and first.by is By.ORDER:
        # "The woman second from the left" is not the second person from the left: then she is the second woman.
        found = _select(replace(reference, constraints=(*reference.constraints[1:], first)), scene, memory)
    if reference.scope is Scope.ONE and found.outcome in (Outcome.NOBODY, Outcome.CANNOT_TELL) and not found.because:
        return _most_likely(reference, found, scene, memory)
    return found


def _most_likely(reference: Reference, found: Selection, scene: Scene, memory: Memory) -> Selection:
    """Who is far likelier meant than anybody else, where nobody meets a reference to the letter; or as it was found."""
    best = likely(reference, scene, lambda to: select(to, scene, memory), beside)
    if best is None:
        return found
    person, sure = best
    taken = f'I take "{reference.text}" to be {wording.short_name(person, scene)}, who fits best, though not for sure.'
    told = tuple(
        wording.evidence(person, constraint.topic, unit_asked(constraint))
        for constraint in reference.constraints
        if constraint.by is By.TOPIC and constraint.topic not in (None, Topic.POSITION)
    )
    return Selection(outcome=Outcome.ANSWERED, people=(person,), confidence=sure, evidence=told, remark=taken)


def _together(reference: Reference, scene: Scene, memory: Memory) -> Selection:
    """Everybody that several references mean."""
    people, evidence, sure = dict[int, Person](), tuple[Evidence, ...](), 1.0
    for to in (each.to for each in reference.constraints if each.to is not None):
        found = select(to, scene, memory)
        if found.outcome is not Outcome.ANSWERED:
            return replace(found, because=found.because or no_one(to, found, scene))
        people |= {person.number: person for person in found.people}
        evidence, sure = (*evidence, *found.evidence), sure * found.confidence
    return Selection(outcome=Outcome.ANSWERED, people=tuple(people.values()), evidence=evidence, confidence=sure)


def _select(reference: Reference, scene: Scene, memory: Memory) -> Selection:
    search = _Search(reference, scene, memory)
    try:
        for constraint in reference.constraints:
            search.apply(constraint)
    except _EndedError as ended:
        return ended.selection
    except RaceIsOffError:
        return Selection(outcome=Outcome.DECLINED, because=RACE_IS_OFF)
    return search.one() if reference.scope is Scope.ONE else search.everyone()


RACE_IS_OFF = "Race is not read unless it is switched on, for research and audits."


class _Search:
    """The candidates left, while constraints are applied in their order."""

    def __init__(self, reference: Reference, scene: Scene, memory: Memory) -> None:
        self.reference, self.scene, self.memory = reference, scene, memory
        self.left = [_Candidate(person) for person in scene.people]
        self.chances: dict[int, float] = {person.number: 1.0 for person in scene.people}
        self.almost: list[_Candidate] = []
        self.skipped: list[_Candidate] = []
        self.remark = ""
        self.amount: int | None = None
        self.row: set[int] | None = None

    def apply(self, constraint: Constraint) -> None:
        match constraint.by:
            case By.NUMBER:
                self._number(constraint)
            case By.TOPIC if constraint.topic is Topic.PEOPLE:
                self.amount = int(constraint.value)
            case By.TOPIC if constraint.topic is Topic.POSITION and (
                self.reference.scope is Scope.ONE or constraint.value in ("top", "bottom")
            ):
                self._on_side(constraint)
            case By.TOPIC:
                self._topic(constraint)
            case By.RELATION if constraint.topic is not None:
                self._more_than(constraint)
            case By.RELATION:
                self._relation(constraint)
            case By.PRONOUN:
                self._pronoun(constraint)
            case By.ORDER:
                self._order(constraint)
            case By.MIDDLE:
                self._middle()
            case By.EXTREME:
                self._extreme(constraint)

    # ----------------------------------------------------------------------------------------------- endings

    def one(self) -> Selection:
        told = [candidate for candidate in self.left if not candidate.unread]
        fitting = [candidate for candidate in told if not candidate.edge] or told
        if len(fitting) > 1 and self._plain():
            fitting = [each for each in fitting if (each.person.number,) == self.memory.focus] or fitting
        if len(fitting) == 1:
            return self._found(Outcome.ANSWERED, fitting)
        if fitting:
            return self._found(Outcome.AMBIGUOUS, fitting)
        return self._nobody()

    def everyone(self) -> Selection:
        fitting = [candidate for candidate in self.left if not candidate.unread and not candidate.edge]
        if not fitting and self.reference.scope is Scope.ALL:
            fitting = [candidate for candidate in self.left if not candidate.unread]
        for candidate in self.left:
            if candidate.edge and candidate not in fitting:
                self.chances[candidate.person.number] = 1 - candidate.chance
        if self.amount is not None and fitting and len(fitting) != self.amount:
            # "The two men" means nobody in particular where there are one or three.
            return self._found(Outcome.AMBIGUOUS, fitting)
        return self._found(Outcome.ANSWERED, fitting) if fitting else self._nobody()

    def _found(self, outcome: Outcome, fitting: list[_Candidate]) -> Selection:
        unknown, unread = self._unread()
        evidence = _distinct(evidence for candidate in fitting for evidence in candidate.evidence)
        return Selection(
            outcome=outcome,
            people=tuple(candidate.person for candidate in fitting),
            unknown=unknown,
            unread=unread,
            near=self._near(),
            doubts=tuple(each for each in evidence if each.confidence < SURE),
            confidence=prod(candidate.chance for candidate in fitting),
            chances=self.chances,
            evidence=evidence,
            remark=self.remark,
        )

    def _nobody(self) -> Selection:
        unknown, unread = self._unread()
        return Selection(
            outcome=Outcome.CANNOT_TELL if unknown else Outcome.NOBODY,
            unknown=unknown,
            unread=unread,
            near=self._near(),
            chances=self.chances,
        )

    def _unread(self) -> tuple[tuple[Person, ...], tuple[tuple[Topic, str], ...]]:
        candidates = [candidate for candidate in (*self.left, *self.skipped) if candidate.unread]
        topics = dict.fromkeys(topic for candidate in candidates for topic in candidate.unread)
        return tuple(candidate.person for candidate in candidates), tuple(topics)

    def _near(self) -> tuple[Evidence, ...]:
        return _distinct(candidate.evidence[0] for candidate in self.almost)

    def _plain(self) -> bool:
        """Nothing but a noun, as in "how old is the woman?": somebody just spoken of is meant before anybody else."""
        return bool(self.reference.constraints) and all(
            c.by is By.TOPIC and c.topic in (Topic.GENDER, Topic.AGE) for c in self.reference.constraints
        )

    # --------------------------------------------------------------------------------------- what people must meet

    def _keep(self, decide: Callable[[Person], Fit], topic: Topic, value: str = "") -> None:
        """Candidates who meet one more condition, or of whom it cannot be told. Who fails only this one, and not by
        much, is kept apart: worth a word as long as everything else fits."""
        almost = [self._with(each, decide(each.person)) for each in self.almost if decide(each.person).holds]
        kept = []
        for candidate in self.left:
            found, number = decide(candidate.person), candidate.person.number
            tested = self._with(candidate, found)
            if found.holds is None:
                self.chances.pop(number, None)
                kept.append(replace(tested, chance=candidate.chance, unread=(*candidate.unread, (topic, value))))
                continue
            if number in self.chances:
                self.chances[number] = tested.chance
            if found.holds:
                kept.append(tested)
            elif found.close and not candidate.unread:
                almost.append(replace(tested, evidence=found.evidence))
        self.left, self.almost = kept, almost

    def _with(self, candidate: _Candidate, found: Fit) -> _Candidate:
        return replace(
            candidate,
            chance=candidate.chance * found.chance,
            evidence=(*candidate.evidence, *found.evidence),
            edge=candidate.edge or found.edge,
        )

    def _topic(self, constraint: Constraint) -> None:
        topic = constraint.topic
        assert topic is not None

        def decide(person: Person) -> Fit:
            found = fit(person, topic, constraint.value, self.scene)
            return found.denied() if constraint.negated else found

        self._keep(decide, topic, unit_asked(constraint))

    def _number(self, constraint: Constraint) -> None:
        meant = [int(number) for number in constraint.value.split(" or ") if number]
        for number in meant:
            if not any(person.number == number for person in self.scene.people):
                count = len(self.scene.people)
                there = f"the photo has {wording.people(count)}" + (f", 1 to {count}" if count > 1 else "")
                because = f"There is no person {number}: {there}."
                raise _EndedError(Selection(outcome=Outcome.NOBODY, because=because))
        self._only(set(meant))

    def _relation(self, constraint: Constraint) -> None:
        others = self._others(constraint)
        if constraint.value == AMONG:
            at = {person.number for person in others.people}
        elif constraint.value == "between":
            at = {person.number for person in between(others.people, self.scene)}
        else:
            at = {person.number for other in others.people for person in beside(other, constraint.value, self.scene)}
        directly = constraint.value.startswith("directly")
        if directly or (self.reference.scope is Scope.ONE and constraint.value in ("left of", "right of")):
            # "The man left of her" is the nearest one.
            x = sum(person.box.centre[0] for person in others.people) / len(others.people)
            there = [each for each in self.left if each.person.number in at and not each.unread]
            at = {min(there, key=lambda each: abs(each.person.box.centre[0] - x)).person.number} if there else at
        kept = [each for each in self.left if (each.person.number in at) is not constraint.negated]
        self._leave(kept)
        told = Fit(holds=True, chance=others.confidence, evidence=others.evidence)
        self.left = [self._with(each, told) for each in kept]
        for each in self.left:
            if each.person.number in self.chances:
                self.chances[each.person.number] = each.chance

    def _more_than(self, constraint: Constraint) -> None:
        others = self._others(constraint)
        assert constraint.topic is not None
        other, topic = others.people[0], constraint.topic
        unit = unit_asked(constraint)
        if topic is not Topic.HEAD_POSE and not wording.reading_of(other, topic):
            raise RaceIsOffError

        def decide(person: Person) -> Fit:
            told = (wording.evidence(person, topic, unit), wording.evidence(other, topic, unit))
            by = more(person, other, topic, constraint.value)
            holds = None if by is None else (by > 0) is not constraint.negated
            if person == other:
                holds = False
            sure = told[0].confidence * told[1].confidence
            return Fit(holds=holds, chance=sure if holds else 1 - sure, evidence=told)

        self._keep(decide, topic)

    def _others(self, constraint: Constraint) -> Selection:
        assert constraint.to is not None
        others = select(constraint.to, self.scene, self.memory)
        if others.outcome is Outcome.AMBIGUOUS and constraint.topic is None and constraint.value != AMONG:
            return others  # "the girl next to the man": beside which man may be what tells her
        if others.outcome is not Outcome.ANSWERED:
            because = others.because or no_one(constraint.to, others, self.scene)
            raise _EndedError(replace(others, because=because))
        return others

    def _leave(self, kept: list[_Candidate]) -> None:
        left = {each.person.number for each in kept}
        for candidate in self.left:
            if candidate.person.number not in left:
                self.chances[candidate.person.number] = 0.0

    # ------------------------------------------------------------------------------------------------ pronouns

    def _pronoun(self, constraint: Constraint) -> None:
        focus = set(self.memory.focus)
        match constraint.value:
            case "she" | "he":
                self._gendered(Gender.FEMALE if constraint.value == "she" else Gender.MALE)
            case "they" if len(self.memory.answered) == 1 and len(self.scene.people) > 1:
                self._only(set(self.memory.answered))  # "are they sad?" of the one just described
            case "they":
                groups = [set(group) for group in self.memory.spoken_of if len(group) > 1]
                if len(self.memory.answered) > 1:
                    self._only(set(self.memory.answered))
                elif groups:
                    self._only(groups[-1])
                elif any(person.gender.value not in (Gender.FEMALE, Gender.MALE) for person in self._those(focus)):
                    self._only(focus)
            case "same":
                meant = focus if self.reference.scope is Scope.ONE else set(self.memory.answered) or focus
                if meant:
                    self._only(meant)
            case "other":
                group = set(self.memory.spoken_of[-2]) if len(self.memory.spoken_of) > 1 else set[int]()
                if len(focus) == 1 and focus < group and len(group) == 2:
                    self._only(group - focus)
                elif focus or len(self.scene.people) == 1:
                    self._only({each.person.number for each in self.left} - (focus or {1}))

    def _those(self, numbers: set[int]) -> list[Person]:
        return [person for person in self.scene.people if person.number in numbers]

    def _gendered(self, gender: Gender) -> None:
        """ "She": the last one spoken of who is perceived so, else the only one; whoever is alone in the photo."""
        if len(self.scene.people) == 1:
            alone = self.scene.people[0]
            if alone.gender.value in (Gender.FEMALE, Gender.MALE) and alone.gender.value is not gender:
                self.remark = f"The only face I find {wording.says(alone, Topic.GENDER)}."
            return
        opposite = Gender.MALE if gender is Gender.FEMALE else Gender.FEMALE
        focus = self.memory.focus
        if len(focus) == 1 and all(person.gender.value not in (gender, opposite) for person in self._those(set(focus))):
            self._only(set(focus))  # the one just spoken of, whose gender is not read
            return
        mine = {person.number for person in self.scene.people if person.gender.value is gender}
        for group in reversed(self.memory.spoken_of):
            spoken = mine & set(group)
            if len(spoken) == 1:
                self._only(spoken)
                break
        self._topic(Constraint(by=By.TOPIC, topic=Topic.GENDER, value=gender.value))

    def _only(self, numbers: set[int]) -> None:
        kept = [each for each in self.left if each.person.number in numbers]
        self._leave(kept)
        self.left = kept

    # --------------------------------------------------------------------------------------------------- picks

    def _told(self) -> list[_Candidate]:
        told = [candidate for candidate in self.left if not candidate.unread]
        return [candidate for candidate in told if not candidate.edge] or told

    def _order(self, constraint: Constraint) -> None:
        line = sorted(self._told(), key=lambda each: each.person.box.centre[0], reverse=constraint.value == "right")
        place = constraint.rank - 1 if constraint.rank > 0 else len(line) + constraint.rank
        unread = [each for each in self.left if each.unread]
        pick = line[place] if 0 <= place < len(line) else None
        if pick is None:
            kept = unread
        else:
            # Somebody who cannot be read and stands before the pick may be the one that is meant.
            x, left = pick.person.box.centre[0], constraint.value == "left"
            kept = [each for each in unread if (each.person.box.centre[0] < x) is left] or [pick]
        self._leave(kept)
        self.left = kept

    def _on_side(self, constraint: Constraint) -> None:
        """ "The man on the left": of several men the leftmost; an only man has to be on that side."""
        if constraint.value in ("top", "bottom"):
            self._row(constraint.value)
            return
        told = self._told()
        if len(told) > 1:
            self._order(Constraint(by=By.ORDER, value=constraint.value))
        else:
            self._topic(constraint)

    def _row(self, value: str) -> None:
        """Those of the top or the bottom row of people, as seen in the photo."""
        there = {person.number for person in row_of(value, self.scene)}
        kept = [each for each in self.left if each.person.number in there]
        self._leave(kept)
        self.left, self.row = kept, there

    def _middle(self) -> None:
        row = [person for person in self.scene.people if self.row is None or person.number in self.row]
        everybody = sorted(row, key=lambda person: person.box.centre[0])
        line = sorted((each.person for each in self._told()), key=lambda person: person.box.centre[0])
        there = [person for person in middle_of(everybody) if any(each.person == person for each in self.left)]
        if not there and len(line) > 2:
            there = middle_of(line)
        self._only({person.number for person in there})

    def _extreme(self, constraint: Constraint) -> None:
        topic = constraint.topic
        assert topic is not None
        told = self._told()
        value = unit_asked(constraint)
        readable = [each for each in told if wording.is_known(each.person, topic, value)]
        self.skipped = [each for each in self.left if each.unread]
        self.skipped += [replace(each, unread=((topic, value),)) for each in told if each not in readable]
        if not readable:
            self.left = []
            return
        key = {each.person.number: amount(each.person, topic, constraint.value) for each in readable}
        line = sorted(readable, key=lambda each: key[each.person.number], reverse=not constraint.negated)
        if not 0 < constraint.rank <= len(line):
            self.left = []
            return
        pick = key[line[constraint.rank - 1].person.number]
        kept = [each for each in line if abs(key[each.person.number] - pick) < slack(topic)]
        self._leave(kept)
        self.left = [self._with(each, _ranked(each.person, constraint)) for each in kept]


def _ranked(person: Person, extreme: Constraint) -> Fit:
    """The reading that somebody was ranked by, and how sure it is."""
    assert extreme.topic is not None
    told = wording.evidence(person, extreme.topic, unit_asked(extreme))
    if extreme.topic is not Topic.EMOTION:
        return Fit(holds=True, chance=told.confidence, evidence=(told,))
    share = amount(person, extreme.topic, extreme.value)
    return Fit(holds=True, chance=1 - share if extreme.negated else share, evidence=(told,))


def _distinct(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple({(each.person, each.topic): each for each in evidence}.values())
