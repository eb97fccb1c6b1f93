"""The detector of people: data, losses, a tiny run from beginning to end, the export, and what is read off its maps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facereason import resources
from facereason.faces import people as finder
from facereason.faces.detect import Detector
from facereason.types import UsageError
from tests.train import renders
from tests.train.faces import write_fairface

torch = pytest.importorskip("torch")
pytest.importorskip("pyarrow")

from facereason.train import loop, people, people_data, people_model  # noqa: E402

RECIPE: dict[str, Any] = {
    "name": "tiny",
    "model": people_model.PeopleModel(widths=(8, 8, 8, 8), depths=(0, 1, 0), neck=8),
    "groups": ("studio-groups",),
    "figures": ("studio-heads",),
    "epochs": 2,
    "steps": 3,
    "batch": people.Batch(groups=2, mosaics=2),
    "strength": 0.5,
    "learning_rate": 0.003,
    "weight_decay": 0.05,
    "warmup_epochs": 0.2,
    "ema": 0.9,
    "seed": 4,
    "loss": dict.fromkeys(people_model.MAPS, 1.0),
}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACEREASON_HOME", str(tmp_path / "home"))
    renders.write(tmp_path / "studio-groups", ("group", "smile"), copies=2, dataset="groups")
    renders.write(tmp_path / "studio-heads", ("smile", "left", "behind"), dataset="heads")
    write_fairface(tmp_path, 6)
    return tmp_path


def _detector() -> Detector:
    return Detector(resources.weights("detector.onnx"))


def test_people_of_renders_come_with_boxes_in_the_size_asked_for(made: Path) -> None:
    told = json.loads((renders.RENDERS / "group.json").read_text())
    pictures = people_data.renders(made / "studio-groups", (200, 100))
    assert pictures.images.shape == (4, 100, 200, 3)
    assert np.isfinite(pictures.heads[0]).all(-1).sum() == len(told["people"])
    x, y, width, height = told["people"][0]["head"]
    sx, sy = 200 / told["width"], 100 / told["height"]
    assert pictures.heads[0, 0] == pytest.approx([x * sx, y * sy, (x + width) * sx, (y + height) * sy])
    assert pictures.orientation[0, 0] == pytest.approx(told["people"][0]["body_orientation"])
    assert not np.isfinite(pictures.heads[1, 1:]).any()


def test_heads_of_photos_are_placed_as_those_of_renders(made: Path) -> None:
    head = people_data.head_box(made / "studio-groups")
    left, top, right, bottom = head
    assert left < 20
    assert right > 92
    assert top < 10
    assert bottom > 100
    photos = people_data.photos(made, head, _detector, limit=None)
    assert len(photos)
    x0, y0, x1, y1 = photos.heads[:, 0].T
    assert (y1 - y0 > x1 - x0).all()
    assert np.isnan(photos.orientation).all()


def test_a_head_moves_with_its_picture(made: Path) -> None:
    pictures = people_data.renders(made / "studio-heads", (160, 160))
    bright = np.zeros((160, 160, 3), np.uint8)
    left, top, right, bottom = (int(v) for v in pictures.heads[0, 0])
    bright[top:bottom, left:right] = 255
    pictures.images[0] = bright
    draw = np.random.default_rng(0)
    for _ in range(8):
        view = people._view(people._example(pictures, 0), draw, 1.0)
        x0, _, _, y1 = view.heads[0].tolist()
        if not np.isfinite(x0):
            continue
        lit = (view.image[0] > 0.5).nonzero()
        assert lit[:, 1].min() == pytest.approx(max(0, x0), abs=4)
        assert lit[:, 0].max() == pytest.approx(min(240, y1), abs=4)


def test_what_is_right_costs_nothing_and_unclear_heads_count_neither_way() -> None:
    heads = torch.full((1, 8, 4), torch.nan)
    heads[0, 0] = torch.tensor([40.0, 40, 72, 80])
    heads[0, 1] = torch.tensor([120.0, 40, 152, 80])
    bodies = torch.full((1, 8, 4), torch.nan)
    bodies[0, 0] = torch.tensor([16.0, 40, 96, 200])
    unknown = torch.full((1, 8), torch.nan)
    facing = unknown.clone()
    facing[0, 0] = 90.0
    clear = torch.zeros(1, 8, dtype=torch.bool)
    clear[0, 0] = True
    said = {name: torch.zeros(1, channels, 60, 80) for name, channels in people_model.MAPS.items()}
    said["middle"][:] = -12.0
    said["middle"][0, 0, 15, 14] = 12.0
    said["head"][0, :, 15, 14] = torch.tensor([-0.5, -0.5, np.log(8.0), np.log(10.0)])
    said["body"][0, :, 15, 14] = torch.tensor([-1.0, -0.5, 1.0, 3.5])
    said["facing"][0, :, 15, 14] = torch.tensor([1.0, 0.0])
    stage = unknown.clone()
    stage[0, 0] = 2.0
    said["stage"][0, :, 15, 14] = torch.tensor([0.0, 0.0, 12.0])
    targets = (heads, bodies, facing, unknown, stage, clear)
    assert {name: float(value) for name, value in people.losses(said, *targets).items()} == pytest.approx(
        dict.fromkeys(people_model.MAPS, 0.0), abs=2e-3
    )
    said["middle"][0, 0, 15, 34] = 12.0  # the head that is not clear
    assert float(people.losses(said, *targets)["middle"]) < 0.01
    said["middle"][0, 0, 50, 60] = 12.0  # nobody
    assert float(people.losses(said, *targets)["middle"]) > 5
    found = finder.decoded(
        *(said[name][0].numpy() if name != "middle" else torch.sigmoid(said[name])[0, 0].numpy() for name in said),
        score=0.5,
        size=(320, 240),
    )
    head = next(each for each in found if abs(each.head.x - 40) < 1)
    assert (head.head.width, head.head.height) == (pytest.approx(32), pytest.approx(40))
    assert (head.body.x, head.body.bottom) == (pytest.approx(16), pytest.approx(200))
    assert head.orientation == pytest.approx(90)
    assert head.child < 1e-3
    targets[4][0, 0] = 0.0
    assert float(people.losses(said, *targets)["stage"]) > 5


def test_what_is_said_of_a_mirror_image_is_the_mirror_image_of_what_is_said() -> None:
    torch.manual_seed(2)
    net = people_model.PeopleNet(people_model.PeopleModel(widths=(8, 8, 8, 8), depths=(0, 1, 0), neck=8)).eval()
    exported = people_model.ExportedPeople(net)
    picture = torch.randint(0, 256, (1, 48, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        plain = dict(zip(people_model.MAPS, exported(picture), strict=True))
        turned = {name: each.flip(-1) for name, each in zip(people_model.MAPS, exported(picture.flip(2)), strict=True)}
    left, top, right, bottom = turned["body"]
    dx, *rest = turned["head"]
    sine, cosine = turned["facing"]
    back = {**turned, "body": torch.stack([-right, top, -left, bottom]), "head": torch.stack([-dx, *rest]),
            "facing": torch.stack([-sine, cosine])}  # fmt: skip
    for name in people_model.MAPS:
        assert torch.allclose(back[name], plain[name], atol=1e-5), name
    assert plain["facing"][0].abs().max() > 1e-4


def test_the_stage_of_life_is_learnt_where_it_is_clear(made: Path) -> None:
    pictures = people_data.renders(made / "studio-groups", (200, 100))
    told = json.loads((renders.RENDERS / "group.json").read_text())["people"]
    years = [person["attributes"].get("years", 30.0) for person in told]
    stages = [people_data._stage_at(each) for each in years]
    assert np.array_equal(pictures.stage[0, : len(told)], stages, equal_nan=True)
    assert [people_data._stage_at(each) for each in (7.0, 30.0, 80.0)] == [0, 1, 2]
    assert np.isnan(people_data._stage_at(60.0))
    photos = people_data.photos(made, people_data.head_box(made / "studio-groups"), _detector, limit=None)
    assert np.isnan(photos.stage[:, 1:]).all()
    assert np.isfinite(photos.stage[:, 0]).any()


@pytest.mark.slow
def test_a_run_ends_in_a_file_that_finds_as_the_network_does(made: Path) -> None:
    pytest.importorskip("onnxscript")
    recipe = people.PeopleRecipe(**RECIPE)
    said: list[str] = []
    checkpoint = people.train(recipe, made, made / "run", made=made, device="cpu", say=said.append)
    rows = [json.loads(line) for line in (made / "run" / "curve.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[1]["loss"] < rows[0]["loss"]
    assert {"found", "false"} <= set(rows[0])
    path = people.export(checkpoint, made / "people.onnx")
    state = loop.stored(checkpoint, "cpu")
    net = people_model.PeopleNet(recipe.model)
    net.load_state_dict(state["mean"])
    picture = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    own = finder.decoded(
        *(values.detach().numpy() for values in people_model.ExportedPeople(net)(torch.from_numpy(picture)[None])),
        score=0.001,
        size=(320, 240),
    )
    found = finder.PeopleFinder(path).find(picture, 0.001)
    assert own
    assert len(found) == pytest.approx(len(own), rel=0.05)  # weights of 16 bits: some lie about the bar
    for one in own[:50]:
        other = min(found, key=lambda each: abs(each.head.x - one.head.x) + abs(each.head.y - one.head.y))
        assert other.score == pytest.approx(one.score, abs=1e-2)
        assert other.head.iou(one.head) > 0.9
    assert finder.PeopleFinder(path).find(picture[:, :90], 2.0) == []


def test_a_run_that_has_not_ended_is_not_exported(tmp_path: Path) -> None:
    recipe = people.PeopleRecipe(**RECIPE)
    loop.Loop(recipe, people_model.PeopleNet(recipe.model), torch.device("cpu"), tmp_path).save(None)
    with pytest.raises(UsageError, match="the run has not ended"):
        people.export(tmp_path / "last.pt", tmp_path / "people.onnx")


def test_a_run_goes_on_from_another_one_of_the_same_model(made: Path) -> None:
    first = people.train(
        people.PeopleRecipe(**RECIPE), made, made / "first", made=made, device="cpu", say=lambda _: None
    )
    still = {**RECIPE, "begin": str(first), "learning_rate": 0.0, "epochs": 1, "groups": ("studio-groups",) * 2}
    second = people.train(
        people.PeopleRecipe(**still), made, made / "second", made=made, device="cpu", say=lambda _: None
    )
    before, after = (loop.stored(path, "cpu")["mean"] for path in (first, second))
    weights = [name for name, value in before.items() if name.endswith("weight") and value.ndim > 1]
    assert weights
    assert all(torch.equal(before[name], after[name]) for name in weights)
    first.unlink()  # a run that is under way needs it no more
    again = people.train(
        people.PeopleRecipe(**still), made, made / "second", made=made, device="cpu", say=lambda _: None
    )
    assert again == second


def test_a_run_does_not_go_on_from_what_does_not_fit(made: Path) -> None:
    other = people.PeopleRecipe(
        **{**RECIPE, "model": people_model.PeopleModel(widths=(8, 8, 8, 8), depths=(0, 1, 0), neck=16)}
    )
    loop.Loop(other, people_model.PeopleNet(other.model), torch.device("cpu"), loop.folder_of(made / "other")).save(
        None
    )
    for path, message in (("none.pt", "begin: no checkpoint"), ("other/last.pt", "is of another model")):
        recipe = people.PeopleRecipe(**{**RECIPE, "begin": str(made / path)})
        with pytest.raises(UsageError, match=message):
            people.train(recipe, made, made / "run", made=made, device="cpu", say=lambda _: None)


def test_a_recipe_that_does_not_hold_together_is_refused() -> None:
    for change, message in (
        ({"loss": {"middle": 1.0}}, "loss: a weight for each of middle, head, body, facing, sitting"),
        ({"figures": ()}, "groups and figures: name at least one folder"),
        ({"steps": 0}, "epochs, steps and batch.groups must be 1 or more"),
        ({"strength": 2.0}, "strength must be from 0 to 1"),
    ):
        with pytest.raises(UsageError, match=message):
            people.PeopleRecipe(**{**RECIPE, **change})
