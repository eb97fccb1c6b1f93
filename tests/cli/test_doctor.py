"""`facereason doctor`, on a made-up installation whose metadata and weights are known."""

import json
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from facereason import resources
from facereason.cli.doctor import PURPOSES
from tests.cli.conftest import ROOT, Run

METADATA = """\
Metadata-Version: 2.4
Name: facereason
Version: 0.1.0
Requires-Dist: numpy>=2.0
Requires-Dist: pillow>=11.0
Provides-Extra: train
Requires-Dist: not-there-at-all>=1.0; extra == 'train'
Requires-Dist: neither[this]>=2; (python_version > "3") and extra == "train"
Requires-Dist: numpy; extra == "train"
Provides-Extra: heic
Requires-Dist: numpy>=0.21; extra == "heic"
Provides-Extra: test
Requires-Dist: pytest; extra == "test"
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "site" / "facereason-0.1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(METADATA)
    monkeypatch.syspath_prepend(str(folder.parent))


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    (folder / "reader.onnx").write_bytes(b"weights")
    monkeypatch.setattr(resources, "_WEIGHTS", folder)
    resources.verify.cache_clear()
    resources.register("reader.onnx", what="the reader", source="trained here", license="Apache-2.0")
    return folder


def test_a_whole_installation_is_reported_whole(run: Run, installed: None, weights: Path) -> None:
    code, out, err = run("doctor")
    assert (code, err) == (0, "")
    assert out.startswith("facereason 0.1.0, Python 3.")
    assert f"  numpy {metadata.version('numpy')}\n" in out
    assert "  reader.onnx: whole\n    sha256 " in out
    assert '    pip install "facereason[train]"\n    adds not-there-at-all, neither\n' in out
    assert "  heic: HEIC photos\n    installed\n" in out
    assert "pytest" not in out


def test_json_says_the_same(run: Run, installed: None, weights: Path) -> None:
    health = json.loads(run("doctor", "--json").out)
    assert health["ok"] is True
    assert health["packages"]["pillow"] == metadata.version("pillow")
    assert len(health["weights"][0]["sha256"]) == 64
    train, heic = health["extras"]
    assert train["missing"] == ["not-there-at-all", "neither"]
    assert train["packages"] == ["not-there-at-all", "neither", "numpy"]
    assert train["install"] == 'pip install "facereason[train]"'
    assert heic["missing"] == []


def test_damaged_weights_are_named_and_the_exit_code_is_1(run: Run, installed: None, weights: Path) -> None:
    (weights / "reader.onnx").write_bytes(b"damaged")
    resources.verify.cache_clear()
    code, out, err = run("doctor")
    assert (code, err) == (1, "")
    assert "reader.onnx: weights file reader.onnx is damaged" in out
    assert json.loads(run("doctor", "--json").out)["ok"] is False


def test_missing_weights_and_a_broken_manifest_are_found(run: Run, installed: None, weights: Path) -> None:
    (weights / "reader.onnx").unlink()
    resources.verify.cache_clear()
    code, out, _ = run("doctor")
    assert code == 1
    assert "weights file reader.onnx is not in" in out
    (weights / "manifest.json").write_text("{")
    code, out, _ = run("doctor")
    assert code == 1
    assert "manifest.json is damaged" in out


def test_a_missing_base_package_is_found(run: Run, installed: None, weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "site" / "facereason-0.1.0.dist-info" / "METADATA"
    path.write_text(METADATA.replace("pillow>=11.0", "pilow-of-old>=11.0"))
    code, out, _ = run("doctor")
    assert code == 1
    assert "pilow-of-old is missing: reinstall facereason" in out


def test_code_that_was_never_installed_says_so(run: Run, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", unknown)
    code, out, _ = run("doctor")
    assert code == 0
    assert "facereason is not installed here; run `pip install .`" in out
    assert "extras" not in out


def test_every_extra_of_the_project_has_its_purpose_told() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(PURPOSES) == set(project["optional-dependencies"]) - {"test"}
