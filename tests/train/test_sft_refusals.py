"""What goes wrong in fine-tuning: one clear line each, and what was trained so far is kept."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the train extra")
pytest.importorskip("trl", reason="needs the train extra")

from facereason.data import DataError
from facereason.train import crops
from facereason.train.vlm import bases, batches, provenance, sft
from facereason.train.vlm.recipe import Lora, Part
from facereason.types import FaceReasonError, UsageError
from tests.cli.conftest import Run, real_run  # noqa: F401
from tests.train.made import face
from tests.train.test_sft import NANO, recipe
from tests.vlm import tiny


@pytest.fixture
def data(tmp_path: Path) -> Path:
    crops.write((face(number) for number in range(24)), tmp_path / "data" / "faces.parquet")
    return tmp_path / "data"


def one_line(error: BaseException, *words: str) -> None:
    assert "\n" not in str(error)
    for word in words:
        assert word in str(error)


class At:
    """Progress that does something once, after so many steps."""

    def __init__(self, step: int, do: object) -> None:
        self.left, self.do = step, do

    def start(self, total: int, done: int) -> None:
        pass

    def step(self, loss: float | None) -> None:
        self.left -= 1
        if not self.left:
            self.do()  # type: ignore[operator]


@pytest.fixture
def small_files() -> Iterator[object]:
    """Called, no file may grow beyond 64 KB, as on a disk without room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.slow
@pytest.mark.parametrize("adapter", [None, Lora(rank=64, alpha=64, dropout=0.0)])
def test_a_disk_without_room_at_a_checkpoint_keeps_the_one_before(
    data: Path, tmp_path: Path, small_files: object, adapter: Lora | None
) -> None:
    more = {"model": NANO} if adapter is None else {"adapter": adapter}
    base = "fresh" if adapter is None else tiny.build("idefics3", tmp_path / "base")
    said = recipe(base, steps=6, save_every=2, **more)
    with pytest.raises(FaceReasonError) as told:
        sft.train(said, data, tmp_path / "run", progress=At(3, small_files))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    one_line(told.value, "run: cannot be written", "make room and call again; it goes on from", "checkpoint-2")
    last = sft.checkpoint(tmp_path / "run")
    assert last is not None
    assert last.name == "checkpoint-2"
    out = sft.train(said, data, tmp_path / "run")
    assert provenance.read(out).steps == 6


@pytest.mark.slow
def test_photos_that_go_missing_in_the_middle_of_an_epoch_cost_nothing(data: Path, tmp_path: Path) -> None:
    """They were copied when the questions were drawn."""
    photos = tmp_path / "photos"
    photos.mkdir()
    rows = []
    for number in range(8):
        (photos / f"{number}.png").write_bytes(face(number).image)
        rows.append({"id": str(number), "image": f"{number}.png", "labels": ["happiness"]})
    (photos / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    part = (Part(data=str(photos / "mine.jsonl"), ask={"label": 1}),)

    def lose() -> None:
        for path in photos.glob("*.png"):
            path.unlink()

    said = recipe("fresh", model=NANO, data=part, steps=4)
    assert provenance.read(sft.train(said, data, tmp_path / "run", progress=At(1, lose))).steps == 4
    for number in range(5):  # those before it are there again
        (photos / f"{number}.png").write_bytes(face(number).image)
    with pytest.raises(DataError) as told:
        sft.train(said, data, tmp_path / "other")
    one_line(told.value, "mine.jsonl: row '5'", "no image", "5.png", "unpack the images")


@pytest.mark.slow
def test_a_picture_that_breaks_in_the_middle_of_an_epoch_is_named_and_the_checkpoint_stays(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = recipe("fresh", model=NANO, steps=5, save_every=2)
    collate, broken = batches.Batches.__call__, [False]

    def spoilt(self: batches.Batches, some: list[dict[str, object]]) -> object:
        return collate(self, [{**row, "image": b"torn"} for row in some] if broken[0] else some)

    monkeypatch.setattr(batches.Batches, "__call__", spoilt)
    with pytest.raises(batches.PictureError) as told:
        sft.train(said, data, tmp_path / "run", progress=At(3, lambda: broken.__setitem__(0, True)))
    one_line(told.value, "face-", "its image cannot be read")
    last = sft.checkpoint(tmp_path / "run")
    assert last is not None
    broken[0] = False
    assert provenance.read(sft.train(said, data, tmp_path / "run")).steps == 5


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"image": "0.png", "labels": ["joyful-ish"]}], "mine.jsonl: row '1' is not as mine declares"),
        ([{"image": "0.png", "labels": ["happiness"], "age": 3}], "record 1 has an unknown field age"),
        ([{"image": "gone.png", "labels": ["happiness"]}], "no image"),
        ([], "no records"),
        ([{"image": "0.png"}], "has nothing to ask"),
    ],
)
def test_records_that_are_wrong_or_none_are_told_before_training(
    rows: list[dict[str, object]], message: str, tmp_path: Path
) -> None:
    (tmp_path / "0.png").write_bytes(face(0).image)
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    part = (Part(data="mine.jsonl", ask={"label": 1}),)
    with pytest.raises(FaceReasonError) as told:
        sft.train(recipe("fresh", model=NANO, data=part), tmp_path, tmp_path / "run")
    one_line(told.value, message)


def test_an_empty_split_is_told(data: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as parquet

    whole = parquet.read_table(data / "faces.parquet")
    parquet.write_table(whole.slice(0, 0), data / "none.parquet")
    for valid in ((), (Part(data="none.parquet", ask={"label": 1}),)):
        empty = Part(data="faces.parquet" if valid else "none.parquet", ask={"label": 1})
        with pytest.raises(DataError) as told:
            sft.train(recipe("fresh", model=NANO, data=(empty,), valid=valid), data, tmp_path / "run")
        one_line(told.value, "has nothing to ask", "none.parquet")
    beside = tuple(Part(data=f"{name}.parquet", ask={"label": 1}) for name in ("faces", "none"))
    with pytest.raises(DataError, match=r"^none\.parquet: has no faces$"):
        sft.train(recipe("fresh", model=NANO, data=beside), data, tmp_path / "run")


def test_an_adapter_is_no_base(data: Path, tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    for base in (str(tmp_path), "google/paligemma2-3b-mix-224+adapter=out/emotion"):
        with pytest.raises(UsageError) as told:
            bases.base(recipe(base), "cpu", [])
        one_line(told.value, "is an adapter: merge it first (facereason train merge), and train that")


def test_a_model_without_eyes_is_no_base(tmp_path: Path) -> None:
    from transformers import LlamaConfig

    LlamaConfig().save_pretrained(tmp_path)
    with pytest.raises(FaceReasonError) as told:
        bases.base(recipe(tmp_path), "cpu", [])
    one_line(told.value, "models of type llama are of no family known here")


@pytest.mark.slow
def test_a_base_that_was_exchanged_does_not_go_on_with_a_run(data: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    base = tiny.build("idefics3", tmp_path / "base")
    said = recipe(base, adapter=Lora(rank=4, alpha=8), steps=2, save_every=1)
    sft.train(said, data, tmp_path / "run")
    weights = {name: each + 0.1 for name, each in load_file(base / "model.safetensors").items()}
    save_file(weights, base / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(FaceReasonError) as told:
        sft.train(said, data, tmp_path / "run")
    one_line(told.value, "its base base has other weights than when the run began", "--out")
    assert sft.checkpoint(tmp_path / "run") is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nano-sft.yaml", "learning_rat=1"), "unknown key learning_rat"),
        (("nano-sft.yaml", "batch=many"), "batch: expected int"),
        (("nano-sft.yaml", "adapter={rank: 4, alhpa: 8}"), "unknown key alhpa"),
        (("nano-sft.yaml", "bits=3"), "bits: 3 is not one of"),
        (("nowhere.yaml",), "no recipe nowhere.yaml"),
    ],
)
def test_the_command_refuses_a_wrong_recipe_in_one_line(
    real_run: Run,  # noqa: F811
    tmp_path: Path,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    code, out, err = real_run("train", "sft", *arguments, "--out", tmp_path / "run", "--device", "cpu")
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("file", ["x.pt", "x.safetensors"])
def test_whichever_library_cannot_write_is_understood(tmp_path: Path, small_files: object, file: str) -> None:
    import torch
    from safetensors.torch import save_file

    weights = {"a": torch.zeros(100_000)}
    small_files()  # type: ignore[operator]
    with pytest.raises(Exception, match=r".") as told:
        (torch.save if file.endswith("pt") else save_file)(weights, tmp_path / file)
    assert sft.unwritten(told.value)  # type: ignore[arg-type]
    assert not sft.unwritten(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
