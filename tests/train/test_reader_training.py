"""Training the reader: data, augmentation, a tiny run from beginning to end, resuming, and the export."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from facereason.faces import align
from facereason.faces.geometry import SLOTS
from facereason.faces.reader import Reader
from facereason.facs import Side
from facereason.types import EmotionLabel, FaceReasonError, UsageError
from tests.train import renders
from tests.train.faces import COUNT, crops

torch = pytest.importorskip("torch")
pytest.importorskip("pyarrow")

from facereason.train import (  # noqa: E402
    closeups,
    reader,
    reader_begin,
    reader_export,
    reader_measure,
    reader_model,
    reader_recipe,
    reader_reliability,
    reader_run,
    shape_loss,
)

TRUNK = reader_model.Trunk(stem=8, widths=(8, 16, 16), depths=(1, 1, 1), side=112)
TINY: dict[str, Any] = {
    "name": "tiny",
    "model": reader_model.Model(classes=TRUNK, shapes=TRUNK),
    "stages": (
        reader_recipe.Stage(epochs=2, side=32, strength=0.5),
        reader_recipe.Stage(epochs=1, side=112, strength=0.3),
    ),
    "batch": reader_recipe.Batch(ferplus=8, fairface=8),
    "learning_rate": 0.01,
    "weight_decay": 0.05,
    "seed": 3,
    "warmup_epochs": 0.5,
    "ema": 0.9,
    "age_blur": 0.5,
    "loss": {"emotion": 1.0, "age": 1.0, "gender": 1.0, "race": 1.0},
}
RECIPE = reader_recipe.Recipe(**TINY)


@pytest.fixture(scope="module", autouse=True)
def _alone() -> Iterator[None]:
    """One thread, so that sums are taken in one order; a cache folder of its own."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEREASON_HOME", str(tmp_path_factory.getbasetemp() / "points"))


@pytest.fixture(scope="module")
def data(labelled: Path) -> Path:
    return labelled


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was not cut."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEREASON_HOME", str(tmp_path_factory.getbasetemp() / "points"))
        train(data, folder)
    return folder


def train(data: Path, folder: Path, recipe: reader_recipe.Recipe = RECIPE, **options: Any) -> Path:
    return reader.train(recipe, data, folder, device="cpu", **{"say": lambda text: None, **options})


def curve(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "curve.jsonl").read_text().splitlines()]


# ---------------------------------------------------------------------------------------------------------- a run


@pytest.mark.slow
def test_a_run_learns_and_leaves_a_checkpoint_a_curve_and_its_recipe(run: Path) -> None:
    rows = curve(run)
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert rows[-1]["loss"] < 0.8 * rows[0]["loss"]
    assert all(0 <= row[head] <= 1 for row in rows for head in reader_model.HEADS)
    assert json.loads((run / "recipe.json").read_text())["name"] == "tiny"
    assert not list(run.glob("*.part"))
    _, state = reader_run.load_checkpoint(run / "last.pt")
    assert state["epoch"] == 3
    assert set(state["temperatures"]) == set(reader_model.HEADS)
    assert all(0.25 <= value <= 4 for value in state["temperatures"].values())


class _CutError(Exception):
    """The machine went away."""


class _CutAfter:
    """Progress that ends the run in the middle of an epoch."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def start(self, total: int, done: int) -> None:
        self.total = total

    def step(self, loss: float | None) -> None:
        self.left -= 1
        if self.left == 0:
            raise _CutError


@pytest.mark.slow
def test_a_run_that_was_cut_goes_on_to_the_same_weights(data: Path, run: Path, tmp_path: Path) -> None:
    progress = _CutAfter(8)  # an epoch has 5 steps
    with pytest.raises(_CutError):
        train(data, tmp_path, progress=progress)
    assert progress.total == 15
    assert curve(tmp_path) == curve(run)[:1]
    said: list[str] = []
    train(data, tmp_path, say=said.append)
    assert "going on after epoch 1" in said
    assert curve(tmp_path) == curve(run)
    whole, resumed = (reader_run.load_checkpoint(folder / "last.pt")[0].state_dict() for folder in (run, tmp_path))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


@pytest.mark.slow
def test_the_curve_has_one_row_an_epoch_wherever_the_run_was_cut(data: Path, tmp_path: Path) -> None:
    def cut_before_the_checkpoint(text: str) -> None:
        if text.startswith("epoch 2 of"):
            raise _CutError

    with pytest.raises(_CutError):
        train(data, tmp_path, say=cut_before_the_checkpoint)
    train(data, tmp_path)
    assert [row["epoch"] for row in curve(tmp_path)] == [1, 2, 3]


@pytest.mark.slow
def test_another_seed_gives_other_weights(data: Path, run: Path, tmp_path: Path) -> None:
    stages = (reader_recipe.Stage(epochs=1, side=32, strength=0.5),)
    one, other = (reader_recipe.Recipe(**{**TINY, "seed": seed, "stages": stages}) for seed in (3, 4))
    nets = [reader_run.load_checkpoint(train(data, tmp_path / r.name / str(r.seed), r))[0] for r in (one, other)]
    assert not torch.equal(*(net.classes.heads["emotion"].weight for net in nets))


@pytest.mark.slow
def test_a_run_that_has_ended_is_not_trained_again(data: Path, run: Path) -> None:
    before = (run / "last.pt").read_bytes()
    train(data, run, progress=_CutAfter(1))
    assert (run / "last.pt").read_bytes() == before
    assert len(curve(run)) == 3


@pytest.mark.slow
def test_another_recipe_is_refused_and_leaves_the_run_alone(data: Path, run: Path) -> None:
    other = reader_recipe.Recipe(**{**TINY, "learning_rate": 0.02})
    with pytest.raises(UsageError, match=r"last\.pt was made by another recipe: name another --out, or remove it"):
        train(data, run, other)
    assert json.loads((run / "recipe.json").read_text())["learning_rate"] == 0.01


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 cut short"])
def test_a_damaged_checkpoint_is_one_line(data: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "last.pt").write_bytes(content)
    message = r"last\.pt is damaged, or no checkpoint: remove it and train again"
    for act in (lambda: train(data, tmp_path), lambda: reader_export.export(tmp_path / "last.pt", tmp_path / "x.onnx")):
        with pytest.raises(UsageError, match=message) as error:
            act()
        assert "\n" not in str(error.value)


def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"weights": torch.ones(3)}, tmp_path / "other.pt")
    with pytest.raises(UsageError, match=r"other\.pt is no checkpoint"):
        reader_run.load_checkpoint(tmp_path / "other.pt")
    with pytest.raises(UsageError, match=r"no checkpoint .*none\.pt: train it first"):
        reader_run.load_checkpoint(tmp_path / "none.pt")


@pytest.mark.parametrize("device", ["abacus", "cuda:99"])
def test_a_device_that_is_not_there_is_wrong_usage(tmp_path: Path, device: str) -> None:
    with pytest.raises(UsageError, match=f"device '{device}' cannot be used") as error:
        reader.train(RECIPE, tmp_path, tmp_path / "out", device=device)
    assert "\n" not in str(error.value)


def test_an_output_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FaceReasonError, match=r"cannot create .*file.* \(.*\): choose another --out"):
        train(tmp_path, tmp_path / "file" / "out")


# ---------------------------------------------------------------------------------------- renders and the teacher

SHAPED: dict[str, Any] = {
    **TINY,
    "stages": (reader_recipe.Stage(epochs=2, side=32, strength=0.3),),
    "batch": reader_recipe.Batch(ferplus=8, fairface=8, renders=16),
    "renders": ("studio-faces",),
    "teach": ("rotation", "landmarks", "strength"),
    "consistency": 0.5,
    "loss": {"present": 1.0, "intensity": 2.0, "rotation": 2.0, "gaze": 1.0, "landmarks": 8.0, "strength": 1.0},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Renders with meshes, and meshes of the photos."""
    folder = tmp_path_factory.mktemp("made")
    renders.made_up(120, folder / "studio-faces")
    meshes = [json.loads(line)["points"] for line in (folder / "studio-faces/landmarks.jsonl").read_text().splitlines()]
    (folder / "landmarks").mkdir()
    for name, ids in {"fairface": range(COUNT), "ferplus": [f"0-{i}" for i in range(COUNT)]}.items():
        rows = [{"id": str(key), "points": None if i % 5 == 1 else meshes[i]} for i, key in enumerate(ids)]
        (folder / f"landmarks/{name}-train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.mark.slow
def test_a_run_with_renders_and_a_teacher_learns_pose_and_units(data: Path, made: Path, tmp_path: Path) -> None:
    said: list[str] = []
    train(data, tmp_path / "run", reader_recipe.Recipe(**SHAPED), made=made, say=said.append)
    first, last = curve(tmp_path / "run")
    assert last["loss"] < first["loss"]
    assert last["renders landmarks"] < first["renders landmarks"]
    assert {"taught yaw", "taught landmarks", "renders units ICC", "renders gaze"} <= set(last)
    assert "taught units F1" not in last  # nobody labels units of photos
    assert any(text.startswith("trust in the landmark teacher: AU1 0.00") for text in said)
    _, state = reader_run.load_checkpoint(tmp_path / "run" / "last.pt")
    assert state["unit_scale"].shape == (25, 2)
    assert ((state["unit_threshold"] > 0.1) & (state["unit_threshold"] < 0.8)).all()


def test_pictures_of_two_sets_that_are_numbered_alike_keep_their_own_meshes(
    data: Path, made: Path, tmp_path: Path
) -> None:
    sets = ("one", "two")
    for seed, name in enumerate(sets):
        renders.made_up(120, tmp_path / name, seed=seed)
    (tmp_path / "landmarks").symlink_to(made / "landmarks")
    recipe = reader_recipe.Recipe(**{**SHAPED, "renders": sets})
    strengths = {}
    for names in (sets, sets[:1], sets[1:]):
        found = reader.load_data(
            dataclasses.replace(recipe, renders=names), data, tmp_path, torch.device("cpu"), lambda _: None
        )
        assert found.rendered is not None
        smile = SLOTS.index((12, Side.LEFT))
        driven, seen = (found.rendered.known[name][:, smile].numpy() for name in ("intensity", "strength"))
        strengths[names] = np.corrcoef(driven, seen)[0, 1]
    assert strengths[sets] > 0.9 * min(strengths[sets[:1]], strengths[sets[1:]])


@pytest.fixture(scope="module")
def shaped(data: Path, made: Path, run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run with renders that began from the one without."""
    folder = tmp_path_factory.mktemp("shaped")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEREASON_HOME", str(tmp_path_factory.getbasetemp() / "points"))
        train(data, folder, reader_recipe.Recipe(**{**SHAPED, "begin": str(run / "last.pt")}), made=made)
    return folder


@pytest.mark.slow
def test_a_run_with_renders_leaves_the_half_it_begins_from_as_it_is(
    data: Path, made: Path, run: Path, shaped: Path, tmp_path: Path
) -> None:
    before, after = (reader_run.load_checkpoint(path / "last.pt")[0] for path in (run, shaped))
    old, new = before.classes.state_dict(), after.classes.state_dict()
    assert all(torch.equal(old[name], new[name]) for name in old)
    assert not torch.equal(before.shapes.trunk[0][0][0].weight, after.shapes.trunk[0][0][0].weight)
    wider = {**SHAPED, "begin": str(run / "last.pt")}
    wider["model"] = reader_model.Model(classes=dataclasses.replace(TRUNK, widths=(8, 16, 24)), shapes=TRUNK)
    with pytest.raises(UsageError, match=r"begin: .*last\.pt has another trunk of classes"):
        train(data, tmp_path / "wider", reader_recipe.Recipe(**wider), made=made)
    nowhere = reader_recipe.Recipe(**{**SHAPED, "begin": str(tmp_path / "none.pt")})
    with pytest.raises(UsageError, match=r"begin: no checkpoint .*none\.pt: train it first"):
        train(data, tmp_path / "nowhere", nowhere, made=made)


@pytest.mark.slow
def test_a_run_of_close_ups_leaves_all_else_as_it_is(data: Path, made: Path, shaped: Path, tmp_path: Path) -> None:
    windows = closeups.CloseUps(widths=(8, 8, 8), depths=(0, 0, 0), thin=4, eye=8, mouth=8)
    wanted = {
        **SHAPED,
        "model": dataclasses.replace(SHAPED["model"], closeups=windows),
        "stages": (reader_recipe.Stage(epochs=4, side=112, strength=0.3),),
        "teach": ("strength",),
        "loss": {"present": 1.0, "intensity": 2.0, "gaze": 1.0, "strength": 1.0},
        "only_closeups": True,
        "begin": str(shaped / "last.pt"),
    }
    recipe = reader_recipe.Recipe(**wanted)
    train(data, tmp_path / "run", recipe, made=made)
    first, *_, last = curve(tmp_path / "run")
    assert last["loss"] < first["loss"]
    assert "emotion" not in last
    before, after = (reader_run.load_checkpoint(path / "last.pt")[0] for path in (shaped, tmp_path / "run"))
    new = after.state_dict()
    shared = [name for name in before.state_dict() if name in new]
    assert all(torch.equal(before.state_dict()[name], new[name]) for name in shared)
    assert {name for name in before.state_dict() if name not in new} == {
        f"shapes.{layer}.{kind}" for layer in ("hidden.gaze.0", "heads.gaze") for kind in ("weight", "bias")
    }
    assert new["shapes.closeups.heads.present.weight"].abs().max() > 0
    path = reader_export.export(tmp_path / "run" / "last.pt", tmp_path / "reader.onnx")
    again = reader_model.ReaderNet(recipe.model)
    assert reader_begin.begin(again, path) == reader_begin.parts(again)
    train(data, tmp_path / "more", dataclasses.replace(recipe, begin=str(tmp_path / "run" / "last.pt")), made=made)
    thinner = dataclasses.replace(recipe, model=dataclasses.replace(recipe.model, thin=(8, 8)))
    with pytest.raises(
        UsageError, match=r"only_closeups: .*last\.pt has another trunk of shapes, or heads of other sizes"
    ):
        train(data, tmp_path / "thinner", thinner, made=made)


@pytest.mark.slow
def test_a_reader_of_another_second_half_lends_its_first(run: Path) -> None:
    other = dataclasses.replace(TRUNK, widths=(8, 16, 24))
    net = reader_model.ReaderNet(reader_model.Model(classes=TRUNK, shapes=other))
    before = net.shapes.trunk[0][0][0].weight.clone()
    assert reader_begin.begin(net, run / "last.pt") == ("classes",)
    assert torch.equal(net.shapes.trunk[0][0][0].weight, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"teach": ("emotion",)}, "teach: emotion; it can be rotation, landmarks, gaze, strength"),
        ({"renders": ()}, "renders: name folders and give them a share of the batch, or neither"),
        (
            {"renders": (), "batch": reader_recipe.Batch(ferplus=8, fairface=8)},
            "teach: the landmark teacher is",
        ),
        ({"loss": {**SHAPED["loss"], "emotion": 1.0}}, "loss: emotion does not learn here; .*gaze.* do"),
        ({"studio": ("studio-faces",)}, "renders, studio: the one teaches shapes, the other classes; name one"),
        ({"loss": {"present": 1.0}}, "loss: no weight for gaze, intensity, landmarks, rotation"),
    ],
)
def test_a_recipe_that_does_not_hold_together_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        reader_recipe.Recipe(**{**SHAPED, **change})


@pytest.mark.slow
def test_a_run_with_rendered_faces_teaches_what_they_are_and_leaves_shapes_alone(
    data: Path, made: Path, shaped: Path, tmp_path: Path
) -> None:
    recipe = {**TINY, "studio": ("studio-faces",), "begin": str(shaped / "last.pt")}
    recipe["batch"] = reader_recipe.Batch(ferplus=8, fairface=8, renders=8)
    said: list[str] = []
    train(data, tmp_path / "run", reader_recipe.Recipe(**recipe), made=made, say=said.append)
    before, old = reader_run.load_checkpoint(shaped / "last.pt")
    after, new = reader_run.load_checkpoint(tmp_path / "run" / "last.pt")
    assert not torch.equal(before.classes.heads["age"].weight, after.classes.heads["age"].weight)
    told = after.shapes.state_dict()
    assert all(torch.equal(value, told[name]) for name, value in before.shapes.state_dict().items())
    assert torch.equal(old["unit_scale"], new["unit_scale"])
    assert old["reliability"] == new["reliability"]
    assert {"renders age", "renders gender", "age", "emotion"} <= set(curve(tmp_path / "run")[-1])
    exported = reader_begin.calibration(reader_export.export(shaped / "last.pt", tmp_path / "reader.onnx"))
    assert torch.allclose(exported["unit_scale"], old["unit_scale"])
    assert torch.allclose(exported["unit_threshold"], old["unit_threshold"], atol=1e-3)
    assert exported["reliability"] == old["reliability"]


def test_neutral_photos_raise_a_threshold_until_few_are_called(data: Path, made: Path, shaped: Path) -> None:
    net, _ = reader_run.load_checkpoint(shaped / "last.pt")
    found = reader.load_data(reader_recipe.Recipe(**SHAPED), data, made, torch.device("cpu"), lambda _: None)
    votes = torch.zeros_like(found.ferplus.targets["emotion"])
    votes[:, list(EmotionLabel).index(EmotionLabel.NEUTRAL)] = 1.0
    neutral = dataclasses.replace(found.ferplus, targets={**found.ferplus.targets, "emotion": votes})
    plain, raised = (reader_measure.unit_scale(net, found.rendered, voted) for voted in (None, neutral))
    assert torch.equal(plain.scale, raised.scale)
    assert (raised.threshold >= plain.threshold).all()
    said = reader_measure.outputs(net, neutral, "shapes")["present"].double()
    called = torch.sigmoid(said * raised.scale[:, 0] + raised.scale[:, 1]) > raised.threshold + 1e-6
    assert (called.double().mean(0) <= reader_measure.CALLED + 1 / len(neutral)).all()


def test_rare_emotions_are_measured_on_more_faces(data: Path) -> None:
    found = reader.load_data(RECIPE, data, Path("nowhere"), torch.device("cpu"), lambda _: None)
    votes = torch.zeros_like(found.ferplus.targets["emotion"])
    votes[:, 0] = 1.0
    votes[:3] = torch.eye(votes.shape[1])[5]
    more = dataclasses.replace(found.ferplus, targets={**found.ferplus.targets, "emotion": votes})
    many = torch.zeros(300, votes.shape[1])
    many[:, 0] = 1.0
    rows = torch.arange(300) % len(more)
    enough = dataclasses.replace(more.take(rows), targets={**more.take(rows).targets, "emotion": many})
    joined = reader_reliability.with_rare(enough, more)
    assert len(joined) == 300 + 3  # the third emotion of `more` is common already
    assert joined.targets["emotion"][-3:, 5].tolist() == [1, 1, 1]


# --------------------------------------------------------------------------------------------------------- export


@pytest.mark.slow
def test_a_run_that_has_not_ended_is_not_exported(data: Path, tmp_path: Path) -> None:
    with pytest.raises(_CutError):
        train(data, tmp_path, progress=_CutAfter(6))
    with pytest.raises(UsageError, match=r"epoch 1, the run has not ended: call train again to go on"):
        reader_export.export(tmp_path / "last.pt", tmp_path / "reader.onnx")
    assert not (tmp_path / "reader.onnx").exists()


@pytest.mark.slow
def test_the_exported_file_reads_as_the_network_does(run: Path, tmp_path: Path) -> None:
    path = reader_export.export(run / "last.pt", tmp_path / "reader.onnx")
    net, state = reader_run.load_checkpoint(run / "last.pt")
    exported = Reader(path, race=True, threads=1)
    faces = np.stack(crops(5, align.SIZE, 9))
    for batch in (faces[:1], faces):
        read = exported.read(batch)
        with torch.no_grad():
            seen = torch.from_numpy(batch).permute(0, 3, 1, 2).float() / 255
            logits = net(seen) | reader_model.read_both(net.shapes, seen, net.sides[1])
        for head, found in {"emotion": read.emotion, "age": read.age, "gender": read.gender, "race": read.race}.items():
            wanted = torch.softmax(logits[head] / state["temperatures"][head], dim=1).numpy()
            assert found.shape == wanted.shape
            assert found == pytest.approx(wanted, abs=2e-3)  # weights are stored in 16 bits
        shape = {name: values.numpy() for name, values in shape_loss.read(logits).items()}
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        names = list(reader_model.SHAPE_HEADS)
        for name, found in zip(names, session.run(names, {"crops": batch}), strict=True):
            assert found.shape == shape[name].shape
            # Large linear layers are stored in 8 bits; and of an untrained half, mirror images disagree on the turn.
            off = {"landmarks": 0.3, "rotation": 0.15, "gaze": 0.15}.get(name, 6e-3)
            assert found == pytest.approx(shape[name], abs=off)
        assert np.linalg.det(shape["rotation"]) == pytest.approx(np.ones(len(batch)), abs=1e-4)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.slow
def test_a_reader_without_mirror_images_reads_each_crop_once(shaped: Path, tmp_path: Path) -> None:
    state = torch.load(shaped / "last.pt", weights_only=False)
    state["recipe"]["model"]["mirrored"] = False
    torch.save(state, tmp_path / "last.pt")
    onnx = pytest.importorskip("onnx")
    paths = [
        reader_export.export(path / "last.pt", tmp_path / f"{i}.onnx") for i, path in enumerate((shaped, tmp_path))
    ]
    told = [{each.key: each.value for each in onnx.load(path).metadata_props}["mirrored"] for path in paths]
    assert told == ["true", "false"]
    net, _ = reader_run.load_checkpoint(tmp_path / "last.pt")
    faces = np.stack(crops(3, align.SIZE, 9))
    with torch.no_grad():
        once = net.shapes(torch.from_numpy(faces).permute(0, 3, 1, 2).float() / 255, net.sides[1])["intensity"]
    both, alone = (Reader(path, threads=1).read(faces).shapes.intensity for path in paths)
    assert alone == pytest.approx(torch.sigmoid(once).numpy(), abs=6e-3)
    assert np.abs(both - alone).max() > 1e-4


@pytest.mark.slow
def test_the_exported_file_names_its_recipe_and_no_path_of_this_machine(run: Path, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    path = reader_export.export(run / "last.pt", tmp_path / "reader.onnx")
    metadata = {entry.key: json.loads(entry.value) for entry in onnx.load(path).metadata_props}
    assert metadata["recipe"] == json.loads((run / "recipe.json").read_text())
    assert set(metadata["temperatures"]) == set(reader_model.HEADS)
    for trace in (str(Path(reader.__file__).parent), str(tmp_path), torch.__path__[0]):
        assert trace.encode() not in path.read_bytes()


@pytest.mark.slow
def test_training_goes_on_from_an_exported_reader_where_it_stood(shaped: Path, tmp_path: Path) -> None:
    path = reader_export.export(shaped / "last.pt", tmp_path / "reader.onnx")
    net = reader_model.ReaderNet(RECIPE.model)
    assert reader_begin.begin(net, path) == ("classes", "shapes")
    faces = np.stack(crops(24, align.SIZE, 9))
    seen = torch.from_numpy(faces).permute(0, 3, 1, 2).float() / 255
    names = ["intensity", "rotation", "gaze", "landmarks"]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    wanted = dict(zip(names, session.run(names, {"crops": faces}), strict=True))
    reader_begin.settle(net, "shapes", seen, net.sides)
    with torch.no_grad():
        plain = net.eval()(seen)
        both = reader_model.read_both(net.shapes, seen, net.sides[1])
        net.shapes.dropout.p = 0.0
        in_training = net.train()(seen)
    for name in ("intensity", "landmarks", "rotation"):
        assert torch.allclose(plain[name], in_training[name], atol=1e-3)
    found = {name: values.numpy() for name, values in shape_loss.read(both).items()}
    for name in ("intensity", "rotation", "gaze"):
        assert found[name] == pytest.approx(wanted[name], abs=2e-3)
    assert found["landmarks"] == pytest.approx(wanted["landmarks"], abs=0.2)


def test_a_file_that_is_no_reader_is_no_beginning(tmp_path: Path) -> None:
    broken = tmp_path / "reader.onnx"
    broken.write_bytes(b"no graph")
    with pytest.raises(UsageError, match=r"begin: .*reader\.onnx is no ONNX file"):
        reader_begin.begin(reader_model.ReaderNet(RECIPE.model), broken)


def test_folding_batch_norm_in_changes_nothing() -> None:
    torch.manual_seed(0)
    net = reader_model.ReaderNet(RECIPE.model).train()
    for _ in range(3):
        net(torch.rand(8, 3, 32, 32), (32, 32))
    net.eval()
    inputs = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        one, other = net(inputs, (48, 32)), reader_model.fused(net)(inputs, (48, 32))
    assert all(torch.allclose(one[head], other[head], atol=1e-5) for head in one)
    assert any(isinstance(module, torch.nn.BatchNorm2d) for module in net.modules())
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in reader_model.fused(net).modules())
