"""Questions about photos of several people: whom the answer is about, and what it says, scored apart.

The frozen questions of `eval/agent` about studio groups, whose truth is exact, and collages of labelled faces: those
that are scored only, and never tuned on. A reply tells where the people are by boxes (`scoring.grounded`), so that a
model with numbers of its own for them, one that points, and our own agent are judged alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from facereason import images, prompts
from facereason.bench import agent
from facereason.bench.runs.figures import Measure, share
from facereason.bench.runs.rows import Row, by_group
from facereason.bench.tasks.task import Needs, Question, Source, Task
from facereason.data import DataError
from facereason.scoring import Disposition
from facereason.types import FaceReasonError

TEMPLATE = "grounded"
FOUND, SAID = "person found", "answer right"


def _questions(name: str) -> Callable[[Source], Iterator[Question]]:
    def questions(source: Source) -> Iterator[Question]:
        wanted = _limited(agent.load(name), source.limit)
        try:
            for key, pixels, truth in agent.photos(source.folder, wanted):
                told = {str(n): [[b.x, b.y, b.width, b.height] for b in boxes] for n, boxes in truth.items()}
                file, size = images.encode(pixels), [pixels.shape[1], pixels.shape[0]]
                for row in wanted[key]:
                    yield _question(row, file, {"people": told, "size": size})
        except FaceReasonError as error:
            raise DataError(f"{error} (collages need FairFace val and FER+ test, groups are rendered)") from None

    return questions


def _limited(rows: Mapping[tuple[str, str], Any], limit: int | None) -> dict[tuple[str, str], Any]:
    """Of each set, the questions about its first photos."""
    kept: dict[tuple[str, str], Any] = {}
    for kind in dict.fromkeys(kind for kind, _ in rows):
        keys = sorted(key for key in rows if key[0] == kind)
        kept |= {key: rows[key] for key in keys[:limit]}
    return kept


def _question(row: Mapping[str, Any], file: bytes, truth: Mapping[str, Any]) -> Question:
    before = tuple(row.get("after", ()))
    filled = prompts.load(TEMPLATE).fill(question=row["question"], before=list(before))
    return Question(
        id=row["id"],
        pictures=(file,),
        text=filled.text,
        system=filled.system,
        truth={"expect": row["expect"], **truth},
        photo=f"{row['photo']['set']}/{row['photo']['id']}",
        plain=row["question"],
        groups={"kind": row["kind"], "photo": row["photo"]["set"]},
        max_tokens=300,
        face=False,
        needs=Needs.INSTRUCTED,
        grounded=True,
        before=before,
    )


def figures(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """All of it right; the person found, and the answer right, each of the questions that ask for it, of those that
    were answered, and by kind of question and of photo; the answer of those whose person was found."""
    yield share("all right", rows, [row.right for row in rows], seed)
    for part, name in (("found", FOUND), ("said", SAID)):
        asked = [row for row in rows if part in row.parts]
        if not asked:
            continue
        yield _part(name, asked, part, seed)
        answered = [row for row in asked if row.outcome in (Disposition.RIGHT, Disposition.WRONG)]
        if answered and len(answered) < len(asked):
            yield _part(f"{name}, of what was answered", answered, part, seed)
        if part == "said" and (there := [row for row in asked if row.parts.get("found") == 1.0]):
            yield _part(f"{SAID}, the person found", there, part, seed)
        for by in ("kind", "photo"):
            for group, of in by_group(asked, by).items():
                yield _part(name, of, part, seed, by, group)


def _part(name: str, rows: Sequence[Row], part: str, seed: int, by: str = "", group: str = "") -> Measure:
    return share(name, rows, [row.parts[part] == 1.0 for row in rows], seed, by=by, group=group)


def _task(called: str, name: str, says: str) -> Task:
    return Task(
        name=f"multiperson/{called}",
        says=says,
        data=(f"agent/{name}.jsonl.gz", "studio:groups", "fairface:val", "ferplus:test"),
        scorer="grounded",
        questions=_questions(name),
        prompt=TEMPLATE,
        protocol="frozen questions that nothing was tuned on; people by boxes in thousandths, answers by what they say",
        extras=(figures,),
        headline=(FOUND, SAID),
    )


TASKS = (
    _task("questions", "scored", "questions of 28 kinds about groups and collages, person and answer apart"),
    _task("references", "who", "whom a phrase means: one, several, nobody"),
)
