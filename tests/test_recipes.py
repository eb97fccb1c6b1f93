"""Recipes: typed YAML with overrides; whatever is wrong is refused by name, in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from facereason import recipes, resources
from facereason.types import UsageError


@dataclass(frozen=True, kw_only=True)
class Part:
    width: int
    sizes: tuple[int, int]
    dropout: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Small:
    name: str
    rate: float
    part: Part
    stages: tuple[Part, ...]
    weights: Mapping[str, float]
    shuffle: bool = True
    limit: int | None = None


TEXT = """
name: small
rate: 0.002
part: {width: 8, sizes: [1, 2]}
stages:
  - {width: 1, sizes: [3, 4], dropout: 0}
weights: {age: 1, race: 0.5}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(TEXT)
    return path


def test_a_recipe_becomes_a_typed_record(file: Path) -> None:
    part = Part(width=8, sizes=(1, 2))
    stages = (Part(width=1, sizes=(3, 4), dropout=0.0),)
    read = recipes.load(Small, file)
    assert read == Small(name="small", rate=0.002, part=part, stages=stages, weights={"age": 1.0, "race": 0.5})
    assert isinstance(read.stages[0].dropout, float)


@pytest.mark.parametrize(
    ("override", "name", "value"),
    [
        ("name=other", "name", "other"),
        ("rate=3", "rate", 3.0),
        ("rate=1e-3", "rate", 0.001),
        ("rate=2.5E-4", "rate", 0.00025),
        ("shuffle=false", "shuffle", False),
        ("limit=7", "limit", 7),
        ("limit=", "limit", None),
        ("limit=null", "limit", None),
        ("part.width=9", "part", Part(width=9, sizes=(1, 2))),
        ("part.sizes=[5, 6]", "part", Part(width=8, sizes=(5, 6))),
        ("weights.age=2", "weights", {"age": 2.0, "race": 0.5}),
        ("stages=[{width: 2, sizes: [1, 1]}, {width: 3, sizes: [1, 1]}]", "stages", None),
        ("stages=[]", "stages", ()),
    ],
)
def test_any_key_can_be_changed(file: Path, override: str, name: str, value: object) -> None:
    found = getattr(recipes.load(Small, file, [override]), name)
    if name == "stages" and value is None:
        assert [stage.width for stage in found] == [2, 3]
    else:
        assert found == value
        assert type(found) is type(value)


def test_later_changes_win(file: Path) -> None:
    assert recipes.load(Small, file, ["limit=1", "part.width=3", "limit=2"]).limit == 2


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("limit", "override 'limit': write it as key=value"),
        ("size=3", "small.yaml: unknown key size; known are name, rate, part, stages, weights, shuffle, limit"),
        ("part.height=3", "small.yaml: part: unknown key height; known are width, sizes, dropout"),
        ("parts.width=3", "small.yaml: unknown key parts"),
        ("rate=fast", "small.yaml: rate: expected float, found 'fast'"),
        ("rate=true", "small.yaml: rate: expected float, found True"),
        ("limit=2.5", "small.yaml: limit: expected int, found 2.5"),
        ("limit=true", "small.yaml: limit: expected int, found True"),
        ("shuffle=1", "small.yaml: shuffle: expected bool, found 1"),
        ("name=1", "small.yaml: name: expected str, found 1"),
        ("part=8", "small.yaml: part: expected keys and values, found 8"),
        ("part={sizes: [1, 2]}", "small.yaml: part: missing width"),
        ("part.sizes=[1, 2, 3]", "small.yaml: part: sizes: expected a list of 2"),
        ("part.sizes=[1, x]", r"small.yaml: part: sizes\[1\]: expected int, found 'x'"),
        ("stages=3", "small.yaml: stages: expected a list of any length"),
        ("weights=[1]", r"small.yaml: weights: expected keys and values, found \[1\]"),
        ("weights.age=heavy", "small.yaml: weights.age: expected float, found 'heavy'"),
        ("name.first=x", "override 'name.first=x': name has no keys to change"),
        ("stages.0=x", "override 'stages.0=x': stages has no keys to change"),
        ("stages.0.width=3", "override 'stages.0.width=3': stages.0 has no keys to change"),
        ("limit=[1", r"override 'limit=\[1': not YAML"),
    ],
)
def test_a_wrong_change_is_refused_by_name(file: Path, override: str, message: str) -> None:
    assert_refused(message, file, override)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT.replace("rate: 0.002\n", ""), "small.yaml: missing rate$"),
        (TEXT + "rates: 3", "small.yaml: unknown key rates"),
        ("", "small.yaml: expected keys and values, found None"),
        ("- 1\n- 2", "small.yaml: expected keys and values"),
        ("hello", "small.yaml: expected keys and values, found 'hello'"),
        ("name: [", "small.yaml: not a recipe"),
        ("name: \x00", "small.yaml: not a recipe"),
    ],
)
def test_a_file_that_is_no_recipe_is_refused(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    assert_refused(message, file)


def test_a_file_that_is_no_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00\x80")
    assert_refused("small.yaml: not a recipe", file)
    file.write_text("")
    assert_refused("override 'limit=3': the recipe has no keys to change", file, "limit=3")


def test_a_recipe_that_is_not_there_is_refused_with_those_that_ship(tmp_path: Path) -> None:
    assert_refused(r"no recipe .*none\.yaml: shipped are .*reader\.yaml", tmp_path / "none.yaml")


def test_recipes_that_ship_are_found_by_name_and_a_file_of_that_name_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert recipes.find("reader.yaml") == recipes.find("training/reader.yaml") == resources.training() / "reader.yaml"
    (tmp_path / "reader.yaml").write_text("name: mine")
    assert recipes.find("reader.yaml").read_text() == "name: mine"


def test_every_shipped_recipe_is_of_some_kind() -> None:
    vlm = pytest.importorskip("facereason.train.vlm.recipe")
    synth = pytest.importorskip("facereason.train.synth.recipe")
    names = {path.name for path in resources.training().glob("*.yaml")}
    others = {name for name in names if name.startswith(("studio-", "reader"))}
    reader = pytest.importorskip("facereason.train.reader_recipe")
    assert all(recipes.load(reader.Recipe, name).name + ".yaml" == name for name in names if name.startswith("reader"))
    for name in names - others - {"people.yaml", "people-poses.yaml", "rewording.yaml"}:
        kind = vlm.RewardRecipe if "grpo" in name else synth.SynthRecipe if "synth" in name else vlm.Recipe
        assert recipes.load(kind, name).name == name.removesuffix(".yaml")


def test_the_readers_recipe_loads() -> None:
    reader_recipe = pytest.importorskip("facereason.train.reader_recipe")
    read = recipes.load(reader_recipe.Recipe, "training/reader.yaml")
    assert read.name == "reader"
    first = recipes.load(reader_recipe.Recipe, "training/reader-photos.yaml")
    assert read.begin == f"out/{first.name}/reader.onnx"
    assert read.model == first.model
    made_by = {f"{name.removesuffix('-more')}.yaml" for name in read.renders}
    assert made_by <= {path.name for path in resources.training().glob("*.yaml")}
    assert read.limit is None
    assert read.epochs == sum(stage.epochs for stage in read.stages)
    assert recipes.load(reader_recipe.Recipe, "reader.yaml", ["batch.ferplus=9", "limit=5"]).batch.ferplus == 9
    last = recipes.load(reader_recipe.Recipe, "training/reader-closeups.yaml")
    assert last.begin == f"out/{read.name}/reader.onnx"
    assert (last.model.classes, last.model.shapes) == (read.model.classes, read.model.shapes)
    assert set(last.renders) <= set(read.renders)


def test_the_recipe_of_the_detector_of_people_loads() -> None:
    people = pytest.importorskip("facereason.train.people")
    read = recipes.load(people.PeopleRecipe, "people.yaml")
    made_by = {f"{name}.yaml" for name in (*read.groups, *read.figures)}
    assert made_by <= {path.name for path in resources.training().glob("*.yaml")}
    later = recipes.load(people.PeopleRecipe, "people-poses.yaml")
    assert later.begin == f"out/{read.name}/last.pt"
    assert later.model == read.model
    made_by = {f"{name.removesuffix('-poses').removesuffix('-more')}.yaml" for name in (*later.groups, *later.figures)}
    assert made_by <= {path.name for path in resources.training().glob("*.yaml")}


def test_crops_and_augmentation_follow_the_stages() -> None:
    reader_recipe = pytest.importorskip("facereason.train.reader_recipe")
    stages = "stages=[{epochs: 2, side: 32, strength: 0.7}, {epochs: 1, side: 112, strength: 0.4}]"
    read = recipes.load(reader_recipe.Recipe, "reader.yaml", [stages])
    assert [read.stage(epoch).side for epoch in range(read.epochs)] == [32, 32, 112]
    assert [read.stage(epoch).strength for epoch in range(read.epochs)] == [0.7, 0.7, 0.4]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("stages=[{epochs: 1, side: 50, strength: 1}]", "side must be a multiple of 8 from 32 to 112"),
        ("stages=[{epochs: 1, side: 120, strength: 1}]", "side must be a multiple of 8 from 32 to 112"),
        ("stages=[{epochs: 1, side: 24, strength: 1}]", "side must be a multiple of 8 from 32 to 112"),
        ("stages=[{epochs: 0, side: 32, strength: 1}]", "stages of 1 epoch or more"),
        ("stages=[]", "stages of 1 epoch or more"),
        ("batch.ferplus=0", "batch must hold photos of both sets"),
        ("loss={present: 1}", "loss: no weight for gaze, intensity, landmarks, rotation"),
        ("loss.smile=1", "loss: smile does not learn here"),
    ],
)
def test_a_reader_that_cannot_be_trained_is_refused(override: str, message: str) -> None:
    reader_recipe = pytest.importorskip("facereason.train.reader_recipe")
    with pytest.raises(UsageError, match=f"^reader.yaml: .*{message}"):
        recipes.load(reader_recipe.Recipe, "reader.yaml", [override])


def assert_refused(message: str, path: Path, *overrides: str) -> None:
    with pytest.raises(UsageError) as error:
        recipes.load(Small, path, overrides)
    assert re.search(message, str(error.value)), str(error.value)
    assert "\n" not in str(error.value)
