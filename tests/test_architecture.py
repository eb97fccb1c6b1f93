"""Holds the arrows between the rooms of the house, and what the base install may import."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "facereason"

LOW = {"types", "facs", "images", "resources"}
MAY_USE: dict[str, set[str]] = {
    "types": set(),
    "resources": {"types"},
    "facs": {"types"},
    "images": {"types", "resources"},
    "records": {"types"},
    "processes": set(),
    "runner": {"types", "processes"},
    "recipes": {"types", "resources", "records"},
    "faces": LOW,
    "studio": LOW | {"records", "recipes", "processes"},
    "prompts": {"types", "resources"},
    "vlm": LOW | {"records"},
    "rewording": {"types", "resources"},
    "agent": LOW | {"faces", "vlm", "prompts", "rewording"},
    "sessions": LOW | {"records", "agent"},
    "judging": LOW | {"agent", "studio"},
    "data": {"types", "facs", "images"},
    "scoring": {"types", "facs"},
    "train": LOW
    | {"records", "recipes", "data", "scoring", "vlm", "faces", "studio", "prompts", "runner"}
    | {"rewording"},
    "bench": LOW
    | {"recipes", "data", "scoring", "agent", "vlm", "faces", "studio", "runner", "sessions", "judging", "records"}
    | {"prompts", "rewording"},
}
MAY_USE["facereason"] = {"types"}
MAY_USE["cli"] = set(MAY_USE).union(*MAY_USE.values())
MAY_USE["__main__"] = {"cli"}
MAY_USE_LATER = {"facereason": {"agent"}}
"""What a room may import inside functions only: the front door reaches the agent, but does not load it."""

HEAVY = {"torch", "transformers", "trl", "peft", "ray", "inspect_ai", "onnx", "pyarrow", "matplotlib", "scipy", "cv2"}
IMPORT_NAMES = {"pillow": "PIL", "pyyaml": "yaml"}
"""Where a package is imported by another name than it is installed by (`-` for `_` apart)."""


def test_every_room_imports_only_what_the_table_allows() -> None:
    assert list(broken_arrows(PACKAGE)) == []


def test_arrows_between_rooms_never_form_a_circle() -> None:
    graphlib.TopologicalSorter(MAY_USE).prepare()


def test_modules_import_only_packages_that_the_project_declares() -> None:
    base, extras = declared_imports()
    undeclared = [
        f"{used.where} imports {used.top}"
        for used in imports_below(PACKAGE)
        if used.top not in base | extras | {"facereason"} | sys.stdlib_module_names
    ]
    assert undeclared == []


def test_packages_of_extras_are_imported_inside_functions_except_by_training_and_studio() -> None:
    base, _ = declared_imports()
    early = [
        f"{used.where} imports {used.top}"
        for used in imports_below(PACKAGE)
        if not used.later
        and used.room_of_file not in {"train", "studio"}
        and used.top not in base | {"facereason"} | sys.stdlib_module_names
    ]
    assert early == []


def test_heavy_packages_belong_to_no_base_install() -> None:
    base, extras = declared_imports()
    assert base & HEAVY == set()
    assert {"torch", "onnx", "pyarrow"} <= extras


def test_starting_the_command_line_loads_no_heavy_package() -> None:
    command = [sys.executable, "-X", "importtime", "-c", "import facereason.cli.main"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in run.stderr.splitlines()}
    assert run.returncode == 0, run.stderr[-500:]
    assert "facereason" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize(
    ("file", "code", "complaint"),
    [
        ("faces/look.py", "from facereason.agent import ask", "faces/look.py:1 (faces) uses agent"),
        ("faces/look.py", "def f():\n    import facereason.cli.main", "faces/look.py:2 (faces) uses cli"),
        ("faces/look.py", "from facereason import scoring", "faces/look.py:1 (faces) uses scoring"),
        ("faces/look.py", "from facereason import FaceReason", "faces/look.py:1 (faces) uses facereason"),
        ("faces/look.py", "from ..agent import ask", "faces/look.py:1 (faces) uses agent"),
        ("facs/__init__.py", "from .. import images", "facs/__init__.py:1 (facs) uses images"),
        ("types.py", "from facereason.facs import words", "types.py:1 (types) uses facs"),
        ("__init__.py", "from facereason.agent import ask", "__init__.py:1 (facereason) uses agent"),
        (
            "faces/a.py",
            "import importlib\nimportlib.import_module('facereason.agent')",
            "faces/a.py:2 (faces) uses agent",
        ),
        ("faces/look.py", "import facereason", "faces/look.py:1 (faces) uses facereason"),
        ("newroom.py", "from facereason import types", "newroom.py:1 (newroom) uses types"),
    ],
)
def test_a_forbidden_import_is_found_however_it_is_written(
    tmp_path: Path, file: str, code: str, complaint: str
) -> None:
    write_package(tmp_path / "facereason", file, code)
    assert list(broken_arrows(tmp_path / "facereason")) == [complaint]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("faces/look.py", "from facereason.images import open\nfrom .align import crop\nfrom . import align"),
        ("faces/look.py", "import numpy\nfrom facereason.types import Box"),
        ("cli/main.py", "from facereason import FaceReason"),
        ("faces/look.py", "from facereason import __version__"),
        ("__init__.py", "def f():\n    from facereason.agent import ask"),
        ("__init__.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from facereason.agent import ask"),
    ],
)
def test_allowed_imports_are_not_complained_about(tmp_path: Path, file: str, code: str) -> None:
    write_package(tmp_path / "facereason", file, code)
    assert list(broken_arrows(tmp_path / "facereason")) == []


def write_package(package: Path, file: str, code: str) -> None:
    path = package / file
    path.parent.mkdir(parents=True)
    path.write_text(code, encoding="utf-8")


@dataclass(frozen=True)
class Import:
    """One import statement: `module` in full, `names` taken from it; `later`: only when a function is called."""

    file: str
    line: int
    module: str
    names: tuple[str, ...]
    later: bool

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def room_of_file(self) -> str:
        room = Path(self.file).parts[0].removesuffix(".py")
        return "facereason" if room == "__init__" else room

    @property
    def rooms_used(self) -> set[str]:
        """Rooms reached: `from facereason import x` reaches the room x, or the front door where x is a public name."""
        if self.top != "facereason":
            return set()
        if self.module != "facereason":
            return {self.module.split(".")[1]}
        return {name if name in MAY_USE["cli"] else "facereason" for name in self.names if name != "__version__"}


def broken_arrows(package: Path) -> Iterator[str]:
    for used in imports_below(package):
        room = used.room_of_file
        allowed = {room} | MAY_USE.get(room, set()) | (MAY_USE_LATER.get(room, set()) if used.later else set())
        for other in sorted(used.rooms_used - allowed):
            yield f"{used.where} ({room}) uses {other}"


def imports_below(package: Path) -> Iterator[Import]:
    for path in sorted(package.rglob("*.py")):
        file = path.relative_to(package)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node, later in walk(tree, later=False):
            for module, names in imported_by(node, ("facereason", *file.parts[:-1])):
                yield Import(file.as_posix(), node.lineno, module, names, later)


def walk(node: ast.AST, *, later: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom | ast.Call, bool]]:
    """Statements that may import, and whether they run only later: in a function, or for the type checker alone."""
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.Call)):
        yield node, later
    inside = later or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) or for_types_only(node)
    for child in ast.iter_child_nodes(node):
        yield from walk(child, later=inside)


def for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def imported_by(
    node: ast.Import | ast.ImportFrom | ast.Call, folder: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Modules, and names taken from them, that a statement in the package `folder` imports."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, ("*",)
    elif isinstance(node, ast.ImportFrom):
        above = folder[: len(folder) - node.level + 1] if node.level else ()
        yield ".".join([*above, *filter(None, [node.module])]), tuple(alias.name for alias in node.names)
    elif ast.unparse(node.func) in {"importlib.import_module", "import_module", "__import__"}:
        for argument in node.args[:1]:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value, ()


def declared_imports() -> tuple[set[str], set[str]]:
    """Import names of the base dependencies, and of the packages in all extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return {import_name(line) for line in project["dependencies"]}, {import_name(line) for line in extras}


def import_name(requirement: str) -> str:
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower()
    return IMPORT_NAMES.get(name, name.replace("-", "_"))
