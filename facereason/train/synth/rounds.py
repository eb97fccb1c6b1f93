"""Synthesis in rounds: drafts, the gate, fine-tuning on what was kept, figures; and again with the model trained.

Facial-R1's third stage after the manner of STaR (Zelikman et al. 2022): each round trains anew from
the recipe's base, on the recipe's own data and all that was kept so far. Everything is below one folder; called again
after a stop, at whatever place, it goes on.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facereason import prompts
from facereason.data import DataError
from facereason.records import plain
from facereason.runner import Journal, Row
from facereason.train.loop import Progress, Silent
from facereason.train.synth import drafting, keeping, knowing, reporting, sifting, writing
from facereason.train.synth.drafting import Asked, Spent
from facereason.train.synth.knowing import Face
from facereason.train.synth.recipe import JUDGED, SynthRecipe
from facereason.train.synth.sifting import Gate, Tally
from facereason.train.synth.writing import Local, Manner, Question, Writer
from facereason.train.vlm.recipe import FRESH, Part
from facereason.types import EmotionLabel, FaceReasonError

SHORT = 96
"""Tokens of a reply of the blind pass."""
FREE = frozenset({"name", "needs", "rounds", "budget", "in_flight", "measure", "measured"})
"""Keys of a recipe that may change between calls; the gate and what is trained too, until something was kept."""
LATE = frozenset({"gate", "keep", "train", "often"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: `whole`, or stopped by its budget; `report`: where it is; `kept`: how many in all."""

    whole: bool
    report: Path
    kept: int


def run(
    recipe: SynthRecipe,
    data: str | Path | None,
    folder: Path,
    *,
    device: str = "cpu",
    say: Callable[[str], None] = lambda text: None,
    progress: Progress | None = None,
) -> Outcome:
    """Run, or go on with, the rounds of a recipe in `folder`.

    Writes `kept.parquet` (records that fine-tuning takes as data), `report.json`, `report.md` and a folder a round.
    Raises DataError, UsageError, the errors of loading and calling a model, those of fine-tuning, and FaceReasonError
    where no draft passes the gate.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _same_recipe(recipe, folder)
        return _Run(recipe, data, folder, device, say, progress or Silent()).rounds()
    except OSError as error:
        raise FaceReasonError(
            f"{folder}: cannot be written ({error.strerror or error}); make room and call again: nothing is asked twice"
        ) from None


class _Run:
    """One call of `run`."""

    def __init__(
        self,
        recipe: SynthRecipe,
        data: str | Path | None,
        folder: Path,
        device: str,
        say: Callable[[str], None],
        progress: Progress,
    ) -> None:
        self.recipe, self.data, self.folder, self.device = recipe, data, folder, device
        self.say, self.progress = say, progress
        self.spent = Spent.of(folder, recipe.budget)
        self.taught = recipe.train is not None and knowing.teaches_readings(recipe.train.data, data)

    def rounds(self) -> Outcome:
        done: list[dict[str, Any]] = []
        before = self._before()
        for number in range(1, self.recipe.rounds + 1):
            place = self.folder / f"round-{number}"
            kept = place / "round.json"
            told = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else self._round(number, place)
            done.append(told)
            report = reporting.write(self.folder, self.recipe, before, done)
            if not told["whole"]:
                self.say("stopped by the budget: give more and call again, it goes on")
                break
            if not any(each["kept"] for each in done):
                reason, count = max(told["rejected"].items(), key=lambda item: item[1], default=("no reply", 0))
                raise FaceReasonError(
                    f"{self.folder}: no draft of {told['drafts']} passes the gate, most often because: {reason} "
                    f"({count}); see {report}"
                )
            self._finish(kept, told)
        files = self._kept_files(self.recipe.rounds + 1)
        count = keeping.together(files, self.folder / "kept.parquet") if files else 0
        return Outcome(all(each["whole"] for each in done), self.folder / "report.md", count)

    # ------------------------------------------------------------------------------------------------------- a round

    def _round(self, number: int, place: Path) -> dict[str, Any]:
        name = self._writer(number)
        writer = writing.opened(name, self.device, in_flight=self.recipe.in_flight, together=self.recipe.together)
        own_eye = writer.own_eye or (number > 1 and writer.learns and self.taught)
        before = keeping.fingerprints(self._kept_files(number))
        faces, unlabelled = self._faces(own_eye, frozenset() if writer.learns else frozenset(before))
        count = sum(1 for _ in faces())
        if not count and number == 1:
            raise DataError(
                f"faces: no face has a label of an emotion, nor rendered units that are typical of one ({unlabelled()} "
                "have none)"
            )
        self.say(f"round {number}: {writer.name} writes about {count:,} faces")
        tally = Tally()
        try:
            whole = self._drafts(number, place, writer, faces)
            gate = Gate(rules=self.recipe.gate, prompt=self._prompt(number), before=before, keep=self.recipe.keep)
            if self.recipe.sighted and whole:
                blind, whole = self._blind(number, place, writer, faces, gate)
                gate = dataclasses.replace(gate, blind=blind)
            if self.recipe.sighted and not whole:  # what nobody has passed blind is not kept
                gate = dataclasses.replace(gate, blind=gate.blind or (lambda face, draft: None))
            said = drafting.said(Journal(place / "drafts"))
            kept = sifting.sift(faces(), said, gate, tally)
            keeping.write(
                ((each, sifting.asked_of(each.face, self._seed(number))) for each in kept),
                place / "kept.parquet",
                self._provenance(number, writer),
            )
            told = reporting.of_round(number, writer, own_eye, unlabelled(), tally, whole=whole)
        finally:
            writer.close()
        return told

    def _finish(self, path: Path, told: dict[str, Any]) -> None:
        """Fine-tune on what was kept and measure, unless that was done; and mark the round as done."""
        if path.is_file():
            return
        number, place = told["round"], path.parent
        if self.recipe.train is not None:
            model = self._trained(number, place)
            told["model"] = str(model)
            told["figures"] = self._figures(str(model))
        told["spent"] = {"calls": self.spent.calls, "tokens": self.spent.tokens}
        reporting.put(path, json.dumps(told, indent=1, ensure_ascii=False) + "\n")
        reporting.write(self.folder, self.recipe, self._before(), [*self._done(number - 1), told])

    def _done(self, rounds: int) -> list[dict[str, Any]]:
        paths = [self.folder / f"round-{number}" / "round.json" for number in range(1, rounds + 1)]
        return [json.loads(path.read_text(encoding="utf-8")) for path in paths]

    def _writer(self, number: int) -> str:
        """In later rounds what the one before trained, where the writer is one that is here."""
        trained = self.folder / f"round-{number - 1}" / "sft" / "model"
        is_here = writing.is_here(self.recipe.writer)
        return str(trained) if number > 1 and is_here else self.recipe.writer

    def _faces(self, own_eye: bool, without: frozenset[str]) -> tuple[Callable[[], Iterator[Face]], Callable[[], int]]:
        """The faces to write about, read anew at each call; and how many have no label. A writer that stays as it is
        is not asked anew about faces of which something was kept."""
        how = {"own_eye": own_eye, "reliability": self.recipe.gate.reliability}

        def found() -> Iterator[Face | None]:
            return knowing.faces(self.recipe.faces, self.data, **how)  # type: ignore[arg-type]

        def labelled() -> Iterator[Face]:
            return (each for each in found() if each is not None and each.key not in without)

        return labelled, lambda: sum(each is None for each in found())

    # ------------------------------------------------------------------------------------------------- what is asked

    def _seed(self, number: int) -> int:
        return self.recipe.seed + 1_000_003 * (number - 1)

    def _question(self, number: int, face: Face, template: str) -> Question:
        asked = sifting.asked_of(face, self._seed(number))
        if not template:
            return Question(id=face.crop.id, image=face.crop.image, text=asked)
        prompt = prompts.load(template)
        more = {"label": face.known.label.value} if "label" in prompt.inputs else {}
        filled = prompt.fill(question=asked, **more)
        return Question(id=face.crop.id, image=face.crop.image, text=filled.text, system=filled.system)

    def _prompt(self, number: int) -> Callable[[Face], str]:
        return lambda face: self._question(number, face, self.recipe.asked_by).text

    def _drafts(self, number: int, place: Path, writer: Writer, faces: Callable[[], Iterator[Face]]) -> bool:
        """Whether every face was asked about."""
        template = self.recipe.asked_by
        asked = (Asked(face.key, self._question(number, face, template)) for face in faces())
        manner = Manner(
            samples=self.recipe.drafts,
            temperature=self.recipe.temperature,
            seed=self._seed(number),
            longest=self.recipe.longest,
        )
        report = drafting.ask(asked, writer, manner, Journal(place / "drafts"), self.spent, self._step)
        if report.failed:
            self.say(
                f"{report.failed} calls without a usable reply: {max(report.errors, key=lambda e: report.errors[e])}"
            )
        return not report.stopped

    def _blind(
        self, number: int, place: Path, writer: Writer, faces: Callable[[], Iterator[Face]], gate: Gate
    ) -> tuple[sifting.Blind, bool]:
        """What the pass without the label arrives at, asked only where a draft has passed everything else."""
        check = self.recipe.blind_pass
        said = drafting.said(Journal(place / "drafts"))
        other = check.model not in ("", self.recipe.writer)
        who = writing.opened(check.model, self.device, in_flight=self.recipe.in_flight) if other else writer

        def asked() -> Iterator[Asked]:
            for face in faces():
                found = sifting.verdicts(face, said.get(face.key, ()), gate)
                passed = [i for i, each in enumerate(found) if each.passed]
                if check.by == "photo" and passed:
                    yield Asked(face.key, self._question(number, face, check.prompt))
                elif check.by == "thought":
                    for i in passed:
                        yield Asked(f"{face.key}#{i}", _of_thought(face, found[i]))

        journal = Journal(place / "blind")
        try:
            report = drafting.ask(asked(), who, Manner(longest=SHORT), journal, self.spent, self._step)
        finally:
            if other:
                who.close()
        replies = drafting.said(journal)

        def blind(face: Face, draft: int) -> EmotionLabel | None:
            key = face.key if check.by == "photo" else f"{face.key}#{draft}"
            return sifting.label_of(replies[key][0]) if replies.get(key) else None

        return blind, not report.stopped

    def _step(self, row: Row) -> None:
        self.progress.step(None)

    # ------------------------------------------------------------------------------------------ training, measuring

    def _kept_files(self, before: int) -> list[Path]:
        paths = [self.folder / f"round-{number}" / "kept.parquet" for number in range(1, before)]
        return [path for path in paths if path.is_file()]

    def _trained(self, number: int, place: Path) -> Path:
        from facereason.train.vlm import sft

        said = self.recipe.train
        assert said is not None
        kept = tuple(
            Part(data=str(path.resolve()), ask={"own": self.recipe.often}) for path in self._kept_files(number + 1)
        )
        recipe = dataclasses.replace(said, data=(*said.data, *kept))
        self.say(f"round {number}: fine-tuning from {said.base}")
        return sft.train(recipe, self.data, place / "sft", device=self.device, say=self.say, progress=self.progress)

    def _figures(self, model: str) -> list[dict[str, Any]]:
        from facereason.train.vlm import measuring

        if not self.recipe.measure:
            return []
        files = [Path(self.data or ".") / name for name in self.recipe.measure]
        writer = writing.opened(model, self.device)
        if not isinstance(writer, Local):
            return []
        self.say(f"measuring {model}")
        with writer.using():
            found = list(measuring.measure(writer.base, files, self.recipe.measured, lambda: None))
        return [dataclasses.asdict(each) for each in found]

    def _before(self) -> list[dict[str, Any]]:
        """Figures of what training begins with; none where that is nothing yet."""
        path = self.folder / "before.json"
        if path.is_file():
            return list(json.loads(path.read_text(encoding="utf-8")))
        train = self.recipe.train
        found = [] if train is None or train.base == FRESH else self._figures(train.base)
        reporting.put(path, json.dumps(found, indent=1) + "\n")
        return found

    def _provenance(self, number: int, writer: Writer) -> keeping.Provenance:
        template, check = self.recipe.asked_by, self.recipe.blind_pass
        return {
            "writer": writer.name,
            "revision": writer.revision,
            "mode": self.recipe.mode,
            "prompt": template or "the question",
            "prompt_sha256": prompts.load(template).sha256 if template else "",
            "temperature": str(self.recipe.temperature),
            "seed": self._seed(number),
            "round": number,
            "passed_blind_by": f"{check.model or writer.name}, {check.by}" if self.recipe.sighted else "",
        }


def _of_thought(face: Face, verdict: Any) -> Question:
    from facereason.scoring import without_emotions

    filled = prompts.load(JUDGED).fill(thought=[without_emotions(verdict.reply.thought)])
    return Question(id=face.crop.id, image=b"", text=filled.text, system=filled.system)


def _same_recipe(recipe: SynthRecipe, folder: Path) -> None:
    """FaceReasonError where the folder holds another run: what was asked for cannot change, nor, once something was
    kept and trained on, what was let through."""
    path, now = folder / "recipe.json", plain(recipe)
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else now
    free = FREE if any(folder.glob("round-*/sft")) or any(folder.glob("round-*/round.json")) else FREE | LATE
    changed = [key for key in {**before, **now} if key not in free and before.get(key) != now.get(key)]
    if changed and any(folder.rglob("journal-*.jsonl")):
        raise FaceReasonError(
            f"{folder}: holds a run of another recipe ({', '.join(changed)}): name another folder with --out"
        )
    reporting.put(path, json.dumps(now, indent=2) + "\n")
