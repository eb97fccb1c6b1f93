"""What ships with the package is found, and known to be whole."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from facereason import resources
from facereason.types import FaceReasonError


@pytest.fixture
def own_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A weights folder that a test may damage: the real manifest and example photo."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for name in ("manifest.json", "astronaut.png"):
        shutil.copy(resources.weights(name), folder / name)
    monkeypatch.setattr(resources, "_WEIGHTS", folder)
    resources.verify.cache_clear()
    yield folder
    resources.verify.cache_clear()


@pytest.mark.parametrize("name", sorted(resources.manifest()))
def test_every_file_of_the_manifest_is_there_with_its_hash_size_and_licence(name: str) -> None:
    entry = resources.manifest()[name]
    assert resources.verify(name) == entry.sha256
    assert resources.weights(name).stat().st_size == entry.bytes
    assert entry.what
    assert entry.source
    assert entry.license


def test_the_manifest_lists_every_model_and_picture_in_the_folder() -> None:
    folder = resources.weights("manifest.json").parent
    kinds = {".onnx", ".npz", ".png", ".json", ".safetensors"}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in kinds}
    assert there - {"manifest.json"} == set(resources.manifest())


def test_licence_notes_name_the_holders_and_the_terms() -> None:
    detector = resources.weights("licenses/centerface.txt").read_text(encoding="utf-8")
    photo = resources.weights("licenses/astronaut.txt").read_text(encoding="utf-8")
    assert "Copyright (c) 2019 StarClouds" in detector
    assert "Permission is hereby granted, free of charge" in detector
    assert "NASA" in photo
    assert "public domain" in photo


@pytest.mark.parametrize(("height", "width"), [(64, 96), (480, 640)])
def test_the_detector_takes_any_size_and_onnxruntime_has_nothing_to_warn_of(
    height: int, width: int, capfd: pytest.CaptureFixture[str]
) -> None:
    session = onnxruntime.InferenceSession(resources.weights("detector.onnx"), providers=["CPUExecutionProvider"])
    (photo,) = session.get_inputs()
    outputs = session.run(None, {photo.name: np.zeros((1, 3, height, width), np.float32)})
    assert [output.shape for output in outputs] == [(1, n, height // 4, width // 4) for n in (1, 2, 2, 10)]
    assert capfd.readouterr().err == ""


def test_a_damaged_weights_file_is_refused_in_one_line(own_weights: Path) -> None:
    (own_weights / "astronaut.png").write_bytes(b"not the photo")
    with pytest.raises(FaceReasonError, match=r"^weights file astronaut\.png is damaged .*: reinstall facereason$"):
        resources.verify("astronaut.png")


def test_a_hash_is_computed_once_a_process(own_weights: Path) -> None:
    first = resources.verify("astronaut.png")
    (own_weights / "astronaut.png").write_bytes(b"changed behind its back")
    assert resources.verify("astronaut.png") == first


def test_a_missing_weights_file_says_how_to_get_it(own_weights: Path) -> None:
    with pytest.raises(FaceReasonError, match=r"^weights file detector\.onnx is not in .*: run `pip install \.`"):
        resources.weights("detector.onnx")


def test_a_file_that_the_manifest_does_not_list_is_refused(own_weights: Path) -> None:
    (own_weights / "stranger.onnx").write_bytes(b"?")
    with pytest.raises(FaceReasonError, match=r"stranger\.onnx is not listed"):
        resources.verify("stranger.onnx")


@pytest.mark.parametrize("text", ["{", "[]", '{"a.onnx": {"sha256": "0"}}', '{"a.onnx": 3}'])
def test_a_damaged_manifest_is_refused_in_one_line(own_weights: Path, text: str) -> None:
    (own_weights / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(FaceReasonError, match=r"^.*manifest\.json is damaged .*: reinstall facereason$"):
        resources.manifest()


def test_registering_a_file_adds_it_to_the_manifest_and_keeps_the_others(own_weights: Path) -> None:
    (own_weights / "new.onnx").write_bytes(b"weights")
    entry = resources.register("new.onnx", what="a model", source="trained here", license="Apache-2.0")
    assert entry.sha256 == hashlib.sha256(b"weights").hexdigest() == resources.verify("new.onnx")
    assert entry.bytes == 7
    written = json.loads((own_weights / "manifest.json").read_text(encoding="utf-8"))
    assert list(written) == sorted([*written])
    assert {"astronaut.png", "detector.onnx", "new.onnx"} <= set(written)


def test_registering_again_replaces_the_hash(own_weights: Path) -> None:
    (own_weights / "astronaut.png").write_bytes(b"another photo")
    resources.register("astronaut.png", what="a photo", source="here", license="CC0-1.0")
    assert resources.verify("astronaut.png") == hashlib.sha256(b"another photo").hexdigest()


@pytest.mark.parametrize(
    ("find", "folder"), [(resources.prompts, "prompts"), (resources.training, "training"), (resources.suites, "eval")]
)
def test_folders_are_found_in_a_checkout_and_in_a_wheel(
    find: object, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(find)
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "facereason")
    with pytest.raises(FaceReasonError, match=rf"^the folder {folder}/ is missing"):
        find()
    (tmp_path / folder).mkdir()
    assert find() == tmp_path / folder
    (tmp_path / "facereason" / "_shipped" / folder).mkdir(parents=True)
    assert find() == tmp_path / "facereason" / "_shipped" / folder


def test_this_installation_has_prompts_recipes_and_suites() -> None:
    assert resources.prompts().is_dir()
    assert resources.training().is_dir()
    assert resources.suites().is_dir()


def test_facereason_home_moves_what_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEREASON_HOME", str(tmp_path / "deep" / "home"))
    assert resources.user_dir() == tmp_path / "deep" / "home"
    assert resources.user_dir().is_dir()


def test_without_facereason_home_the_platforms_cache_folder_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FACEREASON_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert resources.user_dir().name == "facereason"
    assert tmp_path in resources.user_dir().parents


def test_a_home_that_cannot_be_created_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("FACEREASON_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(FaceReasonError, match="set FACEREASON_HOME to a folder that can be written"):
        resources.user_dir()
