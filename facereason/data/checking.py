"""What is wrong with labelled data: images that leak from one split into another, or cannot be read, and how the labels
are spread.

Records are taken one at a time; of each only its name and hashes are kept.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from facereason.data import copies, hashing
from facereason.data.declaring import BadRow, DataError
from facereason.data.records import Record

KEPT = 100


@dataclass(frozen=True, slots=True)
class Name:
    """Where a record stands."""

    dataset: str
    split: str
    id: str

    def __str__(self) -> str:
        return f"{self.dataset} {self.split} {self.id}"


@dataclass(frozen=True, slots=True)
class Copy:
    """An image that is there twice. `exact`: pixel for pixel; else it looks the same (`hashing.NEAR` bits)."""

    first: Name
    second: Name
    exact: bool

    @property
    def leaks(self) -> bool:
        """Whether the two are in different splits or data sets."""
        return (self.first.dataset, self.first.split) != (self.second.dataset, self.second.split)


@dataclass(slots=True)
class Checked:
    """What was found. `labels`: for each split and kind of label ("emotion", "age group" ...) how often each occurs,
    "-" where it is not known; `twice`: ids that occur again in their split; `bad`: how many rows are no records, by
    kind, and `bad_rows` the first `KEPT` of them."""

    records: Counter[tuple[str, str]] = field(default_factory=Counter)
    copies: list[Copy] = field(default_factory=list)
    unreadable: list[tuple[Name, str]] = field(default_factory=list)
    blank: list[Name] = field(default_factory=list)
    twice: list[Name] = field(default_factory=list)
    labels: dict[tuple[str, str, str], Counter[str]] = field(default_factory=dict)
    bad: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    bad_rows: list[BadRow] = field(default_factory=list)

    @property
    def leaks(self) -> list[Copy]:
        return [copy for copy in self.copies if copy.leaks]


def check(records: Iterable[Record | BadRow], step: Callable[[], None] = lambda: None) -> Checked:
    """Look at every record, of as many splits and data sets as shall not share images. `step` is called after each. An
    image that several records are of is looked at once."""
    found = Checked()
    seen = copies.Index[Name]()
    ids: set[tuple[str, str, str]] = set()
    photos: set[tuple[str, str, str]] = set()
    for record in records:
        if isinstance(record, BadRow):
            found.bad[record.dataset, record.split, record.kind] += 1
            if len(found.bad_rows) < KEPT:
                found.bad_rows.append(record)
            step()
            continue
        name = Name(record.dataset, record.split, record.id)
        found.records[name.dataset, name.split] += 1
        if (name.dataset, name.split, name.id) in ids:
            found.twice.append(name)
        ids.add((name.dataset, name.split, name.id))
        for kind, label in labels(record):
            found.labels.setdefault((name.dataset, name.split, kind), Counter())[label] += 1
        photo = (name.dataset, name.split, record.photo or "")
        if record.photo is None or photo not in photos:
            _look(record, name, found, seen)
        if record.photo is not None:
            photos.add(photo)
        step()
    return found


def _look(record: Record, name: Name, found: Checked, seen: copies.Index[Name]) -> None:
    try:
        looks = copies.looks(record.image)
    except hashing.UnreadableError as error:
        found.unreadable.append((name, str(error)))
        return
    if looks.blank:
        found.blank.append(name)
        return
    copy = seen.find(looks)
    if copy is not None:
        found.copies.append(Copy(copy.of, name, copy.exact))
    if copy is None or not copy.exact:
        seen.add(looks, name)


def labels(record: Record) -> Iterator[tuple[str, str]]:
    """Kinds of labels that a record has with their values; several emotions as "sadness+anger"."""
    if record.labels is not None or record.votes is not None:
        yield "emotion", "+".join(label.value for label in record.labels) if record.labels else "-"
    for kind, value in (("gender", record.gender), ("age group", record.age_group), ("race", record.race)):
        if value is not None:
            yield kind, str(value.value)
    if record.action_units is not None:
        for unit in sorted(record.action_units):
            yield "action unit", f"AU{unit}"
        if not record.action_units:
            yield "action unit", "none"
    if record.pose is not None:
        yield "yaw", _bin(record.pose.yaw)
    if record.body_orientation is not None:
        yield "body orientation", _bin(record.body_orientation)
    if record.answer is not None:
        yield "answer", record.answer


def _bin(angle: float) -> str:
    """The stretch of 30 degrees that an angle is in, named by its middle."""
    middle = 30 * round(angle / 30)
    return f"{180 if middle == -180 else middle:+d}\u00b0"


def refuse_leaks(training: Iterable[Record], evaluation: Iterable[Record]) -> None:
    """DataError where an image of `training` is in `evaluation` as well, pixel for pixel or by its looks; it names the
    first, and how many there are."""
    leaks = check(itertools.chain(evaluation, training)).leaks
    if leaks:
        kind = "is" if leaks[0].exact else "looks like"
        more = f" ({len(leaks)} such images)" if len(leaks) > 1 else ""
        raise DataError(f"{leaks[0].second} {kind} {leaks[0].first}{more}: take it out of the training data")


def balance(counts: Mapping[str, int]) -> list[tuple[str, int, float]]:
    """Labels with their number and share, the most frequent first."""
    total = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(label, count, count / total if total else 0.0) for label, count in ranked]
