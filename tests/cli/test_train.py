"""`facereason train`: what is refused, and a tiny run from the command line to the exported file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from facereason import resources
from facereason.types import FaceReasonError
from tests.cli.conftest import Run
from tests.train.faces import write_fairface, write_ferplus

TINY = [
    "name=tiny",
    "model.classes={stem: 8, widths: [8, 8, 8], depths: [1, 1, 1], side: 32}",
    "model.shapes={stem: 8, widths: [8, 8, 8], depths: [1, 1, 1], side: 32}",
    "stages=[{epochs: 1, side: 32, strength: 0.5}]",
    "batch={ferplus: 8, fairface: 8}",
]


def test_without_the_packages_of_training_the_pip_line_is_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("facereason.train")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    code, out, err = run("train", "reader", "reader.yaml")
    assert (code, out) == (1, "")
    assert err == 'facereason: training needs torch: pip install "facereason[train]"\n'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.yaml",), "no recipe none.yaml: shipped are facescan-age.yaml, facescan-emotion.yaml,"),
        (("reader.yaml", "batch"), "override 'batch': write it as key=value"),
        (("reader.yaml", "bacth=3"), "reader.yaml: unknown key bacth; known are name, model,"),
        (("reader.yaml", "batch=many"), "reader.yaml: batch: expected keys and values, found 'many'"),
        (("reader.yaml", "seed.x=1"), "override 'seed.x=1': seed has no keys to change"),
        (("reader.yaml", "--device", "abacus"), "device 'abacus' cannot be used"),
    ],
)
def test_a_wrong_recipe_is_wrong_usage_in_one_line(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    pytest.importorskip("torch")
    code, out, err = run("train", "reader", *arguments, "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert_one_line(err, message)
    assert not (tmp_path / "out").exists()


def test_missing_data_is_one_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.delenv("FACEREASON_DATA", raising=False)
    for options in ((), ("--data", tmp_path)):
        code, _, err = run("train", "reader", "reader-photos.yaml", *TINY, "--out", tmp_path / "out", *options)
        assert code == 1
        assert "FACEREASON_DATA" in err.splitlines()[-1]
        assert "Traceback" not in err


def assert_one_line(err: str, message: str) -> None:
    assert err.startswith(f"facereason: {message}")
    assert err.count("\n") == 1


@pytest.mark.slow
def test_a_recipe_is_trained_to_an_exported_reader_and_gone_on_with(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    try:
        resources.verify("detector.onnx")
    except FaceReasonError as error:
        pytest.skip(f"a checkout that was not installed: {error}")
    monkeypatch.setenv("FACEREASON_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    write_ferplus(tmp_path / "data", 24)
    write_fairface(tmp_path / "data", 24)
    command = ("train", "reader", "reader-photos.yaml", *TINY, "--data", tmp_path / "data", "--device", "cpu")
    code, out, err = run(*command)
    assert code == 0, err
    assert out.splitlines()[-1] == "wrote out/tiny/reader.onnx"
    written = {path.name for path in (tmp_path / "out" / "tiny").iterdir()}
    assert written == {"last.pt", "curve.jsonl", "curve.png", "recipe.json", "reader.onnx"}
    assert (tmp_path / "out" / "tiny" / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert "tiny: " in err
    assert "finding 24 faces" in err
    code, _, err = run(*command)
    assert code == 0
    assert "going on after epoch 1" in err
    code, _, err = run(*command, "seed=5")
    assert code == 2
    assert "was made by another recipe" in err.splitlines()[-1]


def test_synthesis_tells_what_is_wrong_in_one_line(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("trl")
    code, out, err = run("train", "synth", "nano-synth.yaml", "gate.recal=1", "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert_one_line(err, "nano-synth.yaml: gate: unknown key recal; known are shortest,")
    code, out, err = run(
        "train", "synth", "nano-synth.yaml", "writer=out/none", "train=null", "rounds=1", "--data", tmp_path
    )
    assert (code, out) == (2, "")
    assert "writer: there is no folder out/none" in err.splitlines()[-1]


def test_synthesis_by_a_fake_writer_says_why_nothing_was_kept(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("trl")
    from facereason.train import crops
    from tests.train.made import face

    crops.write([face(1), face(2)], tmp_path / "faces.parquet")
    more = (
        "writer=fake+says=Happy",
        "faces=[{data: faces.parquet}]",
        "train=null",
        "rounds=1",
        "measure=[]",
        "drafts=1",
    )
    code, out, err = run("train", "synth", "nano-synth.yaml", *more, "--data", tmp_path, "--out", tmp_path / "out")
    assert (code, out) == (1, "")
    assert "no draft of 2 passes the gate, most often because: not in form (2)" in err.splitlines()[-1]
    assert "| not in form | 2 | 2 |" in (tmp_path / "out" / "report.md").read_text()


def test_the_rewording_model_is_trained_from_the_command_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = pytest.importorskip("facereason.train.rewording.training")
    monkeypatch.setattr(training, "VOCABULARY", 3000)
    tiny = ("model={width: 32, inner: 32, encoder: 1, decoder: 1}", "epochs=1", "epoch_pairs=64", "batch=32")
    command = ("train", "rewording", "rewording.yaml", *tiny, "--out", tmp_path, "--device", "cpu")
    code, out, err = run(*command)
    assert code == 0
    assert "plain words" in err
    assert f"wrote {tmp_path / 'rewording.npz'}" in out
    assert (tmp_path / "rewording.npz").is_file()
    code, _, err = run("train", "rewording", "rewording.yaml", "epochs=many")
    assert code == 2
    assert "rewording.yaml: epochs" in err
