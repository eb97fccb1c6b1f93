"""Writes the frozen questions: python eval/agent/write.py DATA, with groups/ rendered below DATA and the Parquet files.

The same DATA gives the same bytes. `phrasings.yaml` holds how people ask, `ask.py` what can be asked, `truth.py` what
is true, `refer.py` how somebody is referred to, `paste.py` the collages. The files are what counts, not this program.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import paste
import refer
import truth
import yaml
from ask import Asked, Fact
from refer import Ref
from truth import Photo

T = TypeVar("T")
HERE = Path(__file__).parent
GROUPS = 120
WORK_SHARE = 3  # every third photo is for work
SPLITS = ("work", "scored")
TOTALS = {"work": 482, "scored": 1150}
WHO = {"work": 150, "scored": 500}
WHO_SHARES = {"unique": 0.65, "ambiguous": 0.25, "nobody": 0.10}

# ----------------------------------------------------------------------------------------------------------- choosing

KINDS = (
    ("emotion.not", "negation"),
    ("emotion.neg", "negation"),
    ("emotion.never", "negation"),
    ("select.not", "negation"),
    ("emotion.is", "emotion, yes or no"),
    ("emotion.any", "emotion, yes or no"),
    ("emotion.every", "emotion, yes or no"),
    ("emotion", "emotion"),
    ("au.strength", "action unit intensity"),
    ("au.", "action unit"),
    ("age", "age"),
    ("gender", "perceived gender"),
    ("hair", "hair colour"),
    ("clothes", "clothing colour"),
    ("gaze", "looking direction"),
    ("head", "head direction"),
    ("away", "body orientation"),
    ("extreme", "rank"),
    ("hidden", "hidden"),
    ("identity", "identity"),
    ("objects", "out of scope"),
    ("mind", "out of scope"),
    ("nonsense", "out of scope"),
)


def kind_of(form: str) -> str:
    special = {"follow": "follow-up", "several": "several questions"}
    start = form.split(".")[0]
    return next((kind for prefix, kind in KINDS if form.startswith(prefix)), special.get(start, start))


def few(items: Sequence[T], key: Callable[[T], str], most: int, rng: random.Random) -> list[T]:
    """At most so many of each key, in any order."""
    mixed, seen = list(items), Counter[str]()
    rng.shuffle(mixed)
    out = []
    for item in mixed:
        seen[key(item)] += 1
        if seen[key(item)] <= most:
            out.append(item)
    return out


def chosen(facts: Sequence[Fact], quota: int, used: Counter[tuple[str, str]], rng: random.Random) -> list[Fact]:
    """So many facts, even over values and photos."""
    left = few(facts, lambda fact: fact.photo.id + fact.value, 3, rng)
    values: Counter[str] = Counter()
    mine: Counter[str] = Counter()
    out: list[Fact] = []
    while left and len(out) < quota:
        best = min(
            left,
            key=lambda f: (mine[f.photo.id] // 2, values[f.value], mine[f.photo.id], used[f.photo.set, f.photo.id]),
        )
        left.remove(best)
        out.append(best)
        values[best.value] += 1
        mine[best.photo.id] += 1
        used[best.photo.set, best.photo.id] += 1
    return out


def fitting(texts: Sequence[Any], fact: Fact) -> Any:
    """The first phrasing that reads well: nobody writes a long name with 's."""
    if fact.whose or len(fact.slots.get("who", "").split()) <= 5:
        return texts[0]
    return next((text for text in texts if "{whose}" not in str(text)), texts[0])


def filled(template: str, fact: Fact, rng: random.Random) -> str:
    """The phrasing with its slots; a pronoun where only one man or woman can be meant."""
    slots = dict(fact.slots)
    possessive = {"male": "his", "female": "her"}.get(fact.whose)
    slots["whose"] = possessive or f"{slots.get('who', 'that person')}'s"
    subject = {"male": "he", "female": "she"}.get(fact.whose)
    if subject and re.match(r"(is|does|has|did) \{who\} ", template, re.IGNORECASE) and rng.random() < 0.4:
        slots["who"] = subject
    text = template.format(**slots)
    if template[0] == "{":
        return text if template[-1] not in "?." or rng.random() < 0.5 else text[0].upper() + text[1:]
    return text


def questions(
    split: str, photos: Sequence[Photo], phrasings: Mapping[str, Any], rng: random.Random
) -> list[dict[str, Any]]:
    facts: dict[str, list[Fact]] = defaultdict(list)
    for photo in photos:
        for fact in Asked(photo, split, rng).all():
            facts[fact.form].append(fact)
    unknown = {form for form in facts if form not in phrasings and not re.match(r"au\.(any|who)\.", form)}
    assert not unknown, unknown
    forms = {form: texts[split] for form, texts in phrasings.items() if form in facts and form != "who"}
    per = TOTALS[split] / sum(len(texts) for texts in forms.values())
    used: Counter[tuple[str, str]] = Counter()
    out: list[dict[str, Any]] = []
    asked: set[tuple[str, str, str]] = set()
    for form, texts in forms.items():
        for i, fact in enumerate(chosen(facts[form], round(per * len(texts) + 0.45), used, rng)):
            text = fitting(texts[i % len(texts) :] + texts[: i % len(texts)], fact)
            after = [filled(text[0], fact, rng)] if isinstance(text, list) else []
            question = filled(text[1] if isinstance(text, list) else text, fact, rng)
            if (fact.photo.id, question, str(after)) in asked:
                continue
            asked.add((fact.photo.id, question, str(after)))
            expect = {key: value for key, value in fact.expect.items() if value != [] or key == "people"}
            row = {
                "photo": {"set": fact.photo.set, "id": fact.photo.id},
                "kind": kind_of(form),
                "form": text if isinstance(text, str) else " / ".join(text),
                "question": question,
            }
            out.append(row | ({"after": after} if after else {}) | {"expect": expect})
    out.sort(key=lambda row: (row["photo"]["set"], row["photo"]["id"], row["kind"], row["question"]))
    return [{"id": f"{split}-{n:04d}", **row} for n, row in enumerate(out)]


def who(split: str, photos: Sequence[Photo], forms: Sequence[str], rng: random.Random) -> list[dict[str, Any]]:
    pools: dict[str, list[tuple[Photo, Ref]]] = defaultdict(list)
    for photo in photos:
        for kind, refs in Asked(photo, split, rng).references().items():
            pools[kind] += [(photo, ref) for ref in refs]
    out: list[dict[str, Any]] = []
    for kind, share in WHO_SHARES.items():
        quota, mine, tags = round(WHO[split] * share), Counter[str](), Counter[str]()
        left = few(pools[kind], lambda pair: pair[0].id + _way(pair[1]), 3, rng)
        turn = 0
        while left and turn < quota:
            best = min(left, key=lambda pair: (mine[pair[0].id], tags[_way(pair[1])]))
            left.remove(best)
            photo, ref = best
            mine[photo.id] += 1
            tags[_way(ref)] += 1
            text = forms[turn % len(forms)].format(who=ref.text)
            people = sorted(ref.fits)
            expect: dict[str, Any] = {"outcome": "answered", "people": people}
            if text.lower().startswith("who is"):
                expect["outcome"] = ["answered", "declined"]
            if kind == "ambiguous":
                expect = {"outcome": ["several fit", "answered"], "people": people}
            if kind == "nobody":
                expect = {"outcome": ["nobody fits", "cannot tell"]}
            out.append(
                {
                    "photo": {"set": photo.set, "id": photo.id},
                    "kind": kind,
                    "form": _way(ref),
                    "question": text,
                    "expect": expect,
                }
            )
            turn += 1
    out.sort(key=lambda row: (row["photo"]["set"], row["photo"]["id"], row["kind"], row["question"]))
    return [{"id": f"who-{split}-{n:04d}", **row} for n, row in enumerate(out)]


def _way(ref: Ref) -> str:
    skipped = set(refer.COLOURS) | set(refer.HAIRS)
    return " ".join(sorted(ref.tags - skipped)) or "noun"


def write(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    text = "\n".join(json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows) + "\n"
    content = gzip.compress(text.encode(), 9, mtime=0)
    (HERE / name).write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    data, rng = Path(sys.argv[1]), random.Random(71)
    hashes = {"collages.jsonl.gz": write("collages.jsonl.gz", paste.collages(data, rng))}
    pasted = list(truth.collaged(data, HERE / "collages.jsonl.gz"))
    groups = [photo for photo in truth.groups(data) if sum(one.there is True for one in photo.seen) >= 2]
    groups = sorted(sorted(groups, key=lambda photo: (not photo.plain, photo.id))[:GROUPS], key=lambda photo: photo.id)
    phrasings = yaml.safe_load((HERE / "phrasings.yaml").read_text(encoding="utf-8"))
    for split in SPLITS:
        mine = [
            p for some in (groups, pasted) for i, p in enumerate(some) if (i % WORK_SHARE == 0) == (split == "work")
        ]
        rows = questions(split, mine, phrasings, random.Random(f"questions {split}"))
        named = who(split, mine, phrasings["who"][split], random.Random(f"who {split}"))
        hashes[f"{split}.jsonl.gz"] = write(f"{split}.jsonl.gz", rows)
        file = "who.jsonl.gz" if split == "scored" else "who_work.jsonl.gz"
        hashes[file] = write(file, named)
        counts = Counter(row["kind"] for row in rows) + Counter(f"who: {row['kind']}" for row in named)
        sys.stdout.write(
            f"{split}: {len(rows)} questions, {len(named)} references\n"
            + "".join(f"  {k}: {n}\n" for k, n in sorted(counts.items()))
        )
    sys.stdout.write("".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items())))


if __name__ == "__main__":
    main()
