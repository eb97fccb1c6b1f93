"""Synthesis: who may judge, an API's drafts with kills and budgets, sighted writers, rounds on a tiny nano."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs the train extra")
pytest.importorskip("trl", reason="needs the train extra")
pytest.importorskip("openai", reason="needs the api extra")

from facereason import recipes
from facereason.data import DataError
from facereason.runner import Journal
from facereason.scoring import Reason, Rules
from facereason.train import crops
from facereason.train.crops import Crop, UnitsFrom
from facereason.train.synth import knowing, rounds, writing
from facereason.train.synth.recipe import Check, Faces, Limits, SynthRecipe
from facereason.train.vlm import questions, sft
from facereason.train.vlm.recipe import Part, Recipe
from facereason.types import ActionUnit, EmotionLabel, FaceReasonError, UnitState, UsageError
from facereason.vlm.errors import UnavailableError
from tests.train.made import Killed, StopError, face
from tests.vlm.loopback import Fails, Loopback, Says, Step

NANO = {"hidden": 32, "layers": 1, "heads": 2, "inner": 48}
SMILE = "<think>The lip corners are pulled up (AU12), the lips are parted (AU25).</think><answer>happiness</answer>"
SMIRK = "<think>In this face the lip corners are pulled up (AU12), lips parted.</think><answer>happiness</answer>"
FROWN = "<think>The brows are lowered and drawn together (AU4), lips pressed.</think><answer>anger</answer>"


def smiling(number: int) -> Crop:
    return dataclasses.replace(
        face(number),
        label=EmotionLabel.HAPPINESS,
        units={12: 0.9, 25: 0.5},
        absent=frozenset({4, 15}),
        units_from=UnitsFrom.LABELLED,
    )


@pytest.fixture(scope="module")
def happy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("happy")
    crops.write((smiling(number) for number in range(12)), folder / "faces.parquet")
    return folder


def recipe(server: Loopback | str, **changes: Any) -> SynthRecipe:
    name = server if isinstance(server, str) else f"vllm/tried+url={server.url}"
    said = SynthRecipe(
        name="tried", writer=name, faces=(Faces(data="faces.parquet"),), drafts=1, prompt="synth", in_flight=2
    )
    return dataclasses.replace(said, **changes)


def report(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "report.json").read_text())["rounds"][-1]
    return told


def reading(unit: int, reliability: float, *, present: bool = True) -> ActionUnit:
    state = UnitState.PRESENT if present else UnitState.ABSENT
    return ActionUnit(unit=unit, state=state, intensity=0.6, confidence=0.97, reliability=reliability)


# -------------------------------------------------------------------------------------------------------- who may judge


def test_readings_judge_only_a_writer_with_another_eye_and_only_where_they_are_reliable() -> None:
    readings = (reading(12, 0.9), reading(25, 0.5), reading(4, 0.8, present=False), reading(9, 0.6, present=False))
    read = dataclasses.replace(smiling(1), readings=readings, units_from=UnitsFrom.READ)
    judged = knowing.known(read, own_eye=False, reliability=0.7)
    assert judged is not None
    assert (judged.known.present, judged.known.absent) == ({12}, {4})
    assert judged.judged_by is UnitsFrom.READ
    own = knowing.known(read, own_eye=True, reliability=0.7)
    assert own is not None
    assert (own.known.label, own.known.present, own.known.absent, own.judged_by) == ("happiness", None, None, None)


@pytest.mark.parametrize("source", [UnitsFrom.RENDERED, UnitsFrom.LABELLED])
def test_truth_and_labels_judge_any_writer(source: UnitsFrom) -> None:
    known = knowing.known(dataclasses.replace(smiling(1), units_from=source), own_eye=True, reliability=0.7)
    assert known is not None
    assert known.judged_by is source
    assert known.known.present == {12, 25}
    assert known.known.absent is not None
    assert 4 in known.known.absent
    assert (6 in known.known.absent) is (source is UnitsFrom.LABELLED)  # of a render, what is in between stays open


def test_a_render_is_labelled_by_the_emotion_that_its_units_are_typical_of() -> None:
    render = dataclasses.replace(face(1), label=None, dataset="studio", units={6: 0.8, 12: 0.9}, absent=frozenset({4}))
    known = knowing.known(render, own_eye=True, reliability=0.7)
    assert known is not None
    assert (known.known.label, known.labelled, known.judged_by) == ("happiness", False, UnitsFrom.RENDERED)
    nobody = dataclasses.replace(face(1), label=None)
    assert knowing.known(nobody, own_eye=False, reliability=0.7) is None


def test_files_that_do_not_say_where_units_come_from_claim_no_more_than_is_known(tmp_path: Path) -> None:
    old = dataclasses.replace(face(1), readings=(reading(12, 0.9),))
    assert old.source is UnitsFrom.READ
    assert dataclasses.replace(face(1), dataset="studio").source is UnitsFrom.RENDERED
    crops.write([dataclasses.replace(face(1), units_from=UnitsFrom.RENDERED)], tmp_path / "a.parquet")
    assert next(crops.read(tmp_path / "a.parquet")).units_from is UnitsFrom.RENDERED


def test_who_was_trained_on_readings_shares_the_readers_eye(happy: Path, tmp_path: Path) -> None:
    read = dataclasses.replace(smiling(1), readings=(reading(12, 0.9),), units_from=UnitsFrom.READ)
    crops.write([read], tmp_path / "read.parquet")
    assert knowing.teaches_readings([Part(data="read.parquet", ask={"units": 1})], tmp_path)
    assert not knowing.teaches_readings([Part(data="read.parquet", ask={"gender": 1, "units": 0})], tmp_path)
    assert not knowing.teaches_readings([Part(data="faces.parquet", ask={"units": 1})], happy)


# -------------------------------------------------------------------------------------------------------- behind an API


def test_an_apis_drafts_are_kept_counted_and_trained_on_as_records(happy: Path, tmp_path: Path) -> None:
    answers = [SMILE, FROWN, "I cannot tell.", SMILE.replace("pulled up", "raised")]

    def script(body: dict[str, Any]) -> Step:
        return Says(answers[server.calls % 4])

    with Loopback(script) as server:
        done = rounds.run(recipe(server), happy, tmp_path)
    told = report(tmp_path)
    assert (done.whole, done.kept) == (True, 6)
    assert (told["faces"], told["drafts"], told["passed"], told["kept"]) == (12, 12, 6, 6)
    assert told["rejected"] == {"not in form": 3, "another label": 3}
    assert told["met"]["asserts a unit that is absent"] == 3
    assert told["units_judged_by"] == {"labelled": 6}
    assert told["by_emotion"]["happiness"] == {"faces": 12, "drafts": 12, "passed": 6, "kept": 6}
    assert "| another label | 3 | 3 |" in done.report.read_text()
    part = Part(data=str(tmp_path / "kept.parquet"), ask={"own": 1, "label": 1})
    samples = list(questions.samples([part], None, 0))
    assert {each.task for each in samples} == {"own", "label"}
    assert all(each.answer.startswith("<think>The lip") for each in samples if each.task == "own")
    kept = next(questions.faces(part, None))
    assert (kept.label, set(kept.units or ())) == ("happiness", {12, 25})


def test_what_was_kept_says_where_it_comes_from(happy: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as parquet

    from facereason import prompts

    with Loopback([Says(SMILE)]) as server:
        rounds.run(recipe(server, seed=7), happy, tmp_path)
    meta = parquet.read_table(tmp_path / "kept.parquet").to_pylist()[0]["meta_info"]
    assert meta["writer"] == "vllm/tried"
    assert (meta["round"], meta["seed"], meta["mode"], meta["prompt"]) == (1, 7, "blind", "synth")
    assert meta["prompt_sha256"] == prompts.load("synth").sha256
    assert (meta["label_from"], meta["units_judged_by"]) == ("annotators", "labelled")


def test_the_writer_is_shown_no_label_where_it_is_blind(happy: Path, tmp_path: Path) -> None:
    with Loopback([Says(SMILE)]) as server:
        rounds.run(recipe(server), happy, tmp_path)
        sent = json.dumps(server.requests)
    assert "chose" not in sent
    assert sent.count("image_url") >= 12


def test_a_budget_stops_the_run_and_more_of_it_goes_on_without_asking_twice(happy: Path, tmp_path: Path) -> None:
    with Loopback([Says(SMILE, input_tokens=90, output_tokens=10)]) as server:
        stopped = rounds.run(recipe(server, budget=Limits(calls=5)), happy, tmp_path)
        assert (stopped.whole, stopped.kept, server.calls) == (False, 5, 5)
        still = rounds.run(recipe(server, budget=Limits(calls=5)), happy, tmp_path)
        assert (still.whole, server.calls) == (False, 5)
        by_tokens = rounds.run(recipe(server, budget=Limits(tokens=800), in_flight=1), happy, tmp_path)
        assert (by_tokens.whole, server.calls) == (False, 8)
        done = rounds.run(recipe(server), happy, tmp_path)
        assert (done.whole, done.kept, server.calls) == (True, 12, 12)
        again = rounds.run(recipe(server), happy, tmp_path)
        assert (again.kept, server.calls) == (12, 12)


def test_a_run_that_was_killed_keeps_what_one_that_was_not_keeps(happy: Path, tmp_path: Path) -> None:
    with Loopback([Says(SMILE)]) as server:
        with pytest.raises(StopError):
            rounds.run(recipe(server, in_flight=1), happy, tmp_path / "killed", progress=Killed(4))
        assert sum(1 for _ in Journal(tmp_path / "killed" / "round-1" / "drafts").rows()) == 4
        rounds.run(recipe(server), happy, tmp_path / "killed")
        assert server.calls == 12
        rounds.run(recipe(server), happy, tmp_path / "whole")
    killed, whole = ((tmp_path / name / "kept.parquet").read_bytes() for name in ("killed", "whole"))
    assert killed == whole


def test_a_writer_that_cannot_be_reached_is_one_line_and_costs_nothing_that_was_answered(
    happy: Path, tmp_path: Path
) -> None:
    said = recipe("vllm/tried+url=http://127.0.0.1:9/v1")
    with pytest.raises(UnavailableError, match=r"vllm/tried: .*gave up after") as told:
        rounds.run(said, happy, tmp_path / "never")
    assert "\n" not in str(told.value)

    def script(body: dict[str, Any]) -> Step:
        return Says(SMILE) if server.calls <= 6 else Fails(401, "no such key")

    with Loopback(script) as server, pytest.raises(FaceReasonError):
        rounds.run(recipe(server, in_flight=1), happy, tmp_path / "lost")
    assert len(Journal(tmp_path / "lost" / "round-1" / "drafts").results()) == 6


# ------------------------------------------------------------------------------------------------------- with the label


def test_a_sighted_writers_draft_is_kept_only_where_a_blind_pass_over_the_photo_agrees(
    happy: Path, tmp_path: Path
) -> None:
    blind: list[dict[str, Any]] = []

    def script(body: dict[str, Any]) -> Step:
        if "chose: happiness" in json.dumps(body):
            return Says(SMILE)
        blind.append(body)
        return Says(SMILE if len(blind) <= 4 else FROWN)

    with Loopback(script) as server:
        said = recipe(server, mode="sighted", prompt="", check=Check(prompt="synth"), in_flight=1)
        done = rounds.run(said, happy, tmp_path)
    told = report(tmp_path)
    assert (done.kept, len(blind)) == (4, 12)
    assert told["rejected"] == {Reason.BLIND.value: 8}
    assert told["share_right"] is None
    assert all("image_url" in json.dumps(body) for body in blind)
    assert not any("happiness." in json.dumps(body) or "chose" in json.dumps(body) for body in blind)


def test_the_blind_pass_may_read_the_thought_with_its_emotions_struck(happy: Path, tmp_path: Path) -> None:
    told = SMILE.replace("parted (AU25).", "parted (AU25): joy.")

    def script(body: dict[str, Any]) -> Step:
        text = json.dumps(body)
        return Says("happiness" if "[...]" in text and "joy" not in text else told)

    with Loopback(script) as server:
        done = rounds.run(recipe(server, mode="sighted", prompt="", check=Check(by="thought")), happy, tmp_path)
    assert (done.kept, server.calls) == (12, 24)


def test_nothing_is_asked_blind_about_drafts_that_fail_anyway(happy: Path, tmp_path: Path) -> None:
    with Loopback([Says(FROWN)]) as server:
        with pytest.raises(FaceReasonError, match=r"no draft of 12 passes the gate, .*another label \(12\)"):
            rounds.run(recipe(server, mode="sighted", prompt="", check=Check(prompt="synth")), happy, tmp_path)
        assert server.calls == 12
    assert (tmp_path / "report.md").is_file()


# -------------------------------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"draft": 1}, "unknown key draft"),
        ({"gate": {"recal": 1}}, "gate: unknown key recal"),
        ({"gate": {"recall": 2}}, "gate.recall: between 0 and 1"),
        ({"rounds": 2}, "a second round needs train"),
        ({"temperature": 0}, "all drafts about a face are the same"),
        ({"mode": "sighted", "prompt": "synth"}, "synth has no input label"),
        ({"prompt": "synth_sighted"}, "which a blind one must not see"),
        ({"check": {"by": "photo"}}, "needs no second pass"),
        ({"mode": "sighted", "check": {"prompt": "synth_sighted"}}, "which this pass must not see"),
        ({"mode": "blindfolded"}, "not one of blind, sighted"),
        ({"faces": []}, "name some to write about"),
    ],
)
def test_a_recipe_that_is_wrong_is_refused_by_name(changes: dict[str, object], message: str, tmp_path: Path) -> None:
    said = {"name": "x", "writer": "fake", "faces": [{"data": "faces.parquet"}]} | changes
    (tmp_path / "x.yaml").write_text(json.dumps(said))
    with pytest.raises(UsageError, match=message):
        recipes.load(SynthRecipe, tmp_path / "x.yaml")


@pytest.mark.parametrize("name", ["nano-synth.yaml", "vllm-synth.yaml"])
def test_the_recipes_that_ship_are_recipes(name: str) -> None:
    assert recipes.load(SynthRecipe, name).name == name.removesuffix(".yaml")


def test_missing_data_and_writers_are_told(happy: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no crops"):
        rounds.run(recipe("fake"), tmp_path, tmp_path / "a")
    with pytest.raises(UsageError, match="there is no folder out/nowhere"):
        rounds.run(recipe("out/nowhere"), happy, tmp_path / "b")


def test_faces_without_any_label_are_told(tmp_path: Path) -> None:
    crops.write([dataclasses.replace(face(1), label=None)], tmp_path / "faces.parquet")
    with pytest.raises(FaceReasonError, match="no face has a label of an emotion"):
        rounds.run(recipe("fake"), tmp_path, tmp_path / "out")


def test_another_recipe_does_not_go_on_with_a_run_but_a_looser_gate_does(happy: Path, tmp_path: Path) -> None:
    with Loopback([Says(SMILE)]) as server:
        with pytest.raises(FaceReasonError, match="no draft of 12 passes the gate"):
            rounds.run(recipe(server, gate=Rules(shortest=90)), happy, tmp_path)
        assert rounds.run(recipe(server), happy, tmp_path).kept == 12
        assert server.calls == 12
        with pytest.raises(FaceReasonError, match=r"another recipe \(temperature\)"):
            rounds.run(recipe(server, temperature=0.5), happy, tmp_path)


def test_a_disk_that_is_full_is_one_line_and_nothing_is_asked_twice(happy: Path, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Loopback([Says(SMILE)]) as server:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))  # room for the journal, none for the pictures
        try:
            with pytest.raises(
                DataError, match=r"kept\.parquet: cannot be written .* make room and call again"
            ) as told:
                rounds.run(recipe(server), happy, tmp_path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert "\n" not in str(told.value)
        assert not (tmp_path / "round-1" / "kept.parquet").exists()
        assert rounds.run(recipe(server), happy, tmp_path).kept == 12
        assert server.calls == 12


def test_a_server_that_fails_now_and_then_costs_a_reply_and_no_run(happy: Path, tmp_path: Path) -> None:
    def script(body: dict[str, Any]) -> Step:
        return Says("") if server.calls == 3 else Says(SMILE)

    with Loopback(script) as server:
        done = rounds.run(recipe(server, in_flight=1), happy, tmp_path)
    assert (done.whole, done.kept, report(tmp_path)["faces_without_reply"]) == (True, 11, 1)


def test_a_folder_that_cannot_be_written_is_one_line(happy: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FaceReasonError, match="cannot be written"):
        rounds.run(recipe("fake"), happy, tmp_path / "file" / "out")


# ------------------------------------------------------------------------------------------------- a model that is here


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder with faces, and a tiny nano that learnt to say one thing about them."""
    folder = tmp_path_factory.mktemp("speaking")
    some = [dataclasses.replace(smiling(n), asked=("How does this person feel?", SMILE)) for n in range(8)]
    crops.write(some, folder / "faces.parquet")
    said = Recipe(
        name="speaking",
        base="fresh",
        model=NANO,
        data=(Part(data="faces.parquet", ask={"emotion": 4, "own": 1}),),
        batch=8,
        steps=150,
        learning_rate=1e-2,
        precision="float32",
    )
    return folder, sft.train(said, folder, folder / "sft")


def of_nano(model: Path, **changes: Any) -> SynthRecipe:
    train = Recipe(
        name="again",
        base=str(model),
        data=(Part(data="faces.parquet", ask={"label": 1}),),
        batch=8,
        steps=2,
        precision="float32",
        log_every=1,
    )
    how: dict[str, Any] = {"prompt": "", "drafts": 3, "together": 5, "longest": 64, "temperature": 0.7}
    more = {"rounds": 2, "train": train, "measure": ("faces.parquet",), "measured": 4, "gate": Rules(recall=0.0)}
    return recipe(str(model), **(how | more | changes))


@pytest.mark.slow
def test_a_nano_writes_learns_and_writes_again(speaking: tuple[Path, Path], tmp_path: Path) -> None:
    folder, model = speaking
    said: list[str] = []
    done = rounds.run(of_nano(model), folder, tmp_path, say=said.append)
    told = json.loads((tmp_path / "report.json").read_text())
    first, second = told["rounds"]
    assert done.whole
    assert (first["faces"], first["drafts"], first["kept"] > 0) == (8, 24, True)
    assert first["reads_with_the_reader's_eye"]
    assert first["units_judged_by"] == {"labelled": first["kept"]}
    assert second["writer"] == str(tmp_path / "round-1" / "sft" / "model")
    assert second["revision"] != first["revision"]
    assert first["passed"] + sum(first["rejected"].values()) == 24
    assert first["share_right"] == (first["passed"] + first["rejected"].get(Reason.REPEATED.value, 0)) / 24
    kept = [each["kept"] for each in (first, second)]
    assert done.kept == sum(kept)
    names = {each["name"] for each in told["before"]}
    assert {"in form", "emotion right"} <= names
    assert {each["name"] for each in second["gain"]} == names
    assert "| emotion right | faces | 4 |" in (tmp_path / "report.md").read_text()
    before = (tmp_path / "report.json").read_text()
    rounds.run(of_nano(model), folder, tmp_path)
    assert (tmp_path / "report.json").read_text() == before


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 3])
def test_a_nanos_run_that_was_killed_ends_as_one_that_was_not(
    after: int, speaking: tuple[Path, Path], tmp_path: Path
) -> None:
    folder, model = speaking
    said = of_nano(model, rounds=1, measure=())
    with pytest.raises(StopError):  # after the first call of drafting, or in the middle of fine-tuning
        rounds.run(said, folder, tmp_path / "killed", progress=Killed(after))
    rounds.run(said, folder, tmp_path / "killed")
    rounds.run(said, folder, tmp_path / "whole")
    killed, whole = (
        {key: value for key, value in report(tmp_path / name).items() if key not in ("model", "spent")}
        for name in ("killed", "whole")
    )
    assert killed == whole


def test_a_writer_that_is_here_says_what_it_says_under_a_seed(checkpoint: Callable[[str], Path]) -> None:
    import asyncio

    writer = writing.opened(str(checkpoint("qwen2_5_vl")), "cpu")
    asked = [writing.Question(id=str(n), image=face(n).image, text="How do they feel?") for n in range(2)]
    manner = writing.Manner(samples=2, temperature=1.0, seed=5, longest=6)
    once, again = (asyncio.run(writer.write(asked, manner)) for _ in range(2))
    assert once == again
    assert [len(each.texts) for each in once] == [2, 2]
    assert not writer.own_eye
    assert len(writer.revision) == 12
