"""Tensors of a safetensors file, without the package of that name: a header in JSON, then the values."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facereason.vlm.errors import UnavailableError

Array = npt.NDArray[np.float32]
_KINDS: Mapping[str, type[np.generic]] = {"F16": np.float16, "F32": np.float32}


@dataclass(frozen=True, slots=True)
class Tensors:
    """An opened file. `header`: name to `dtype`, `shape` and `data_offsets` from `begin` on."""

    path: Path
    header: Mapping[str, Any]
    begin: int

    def read(self, name: str) -> Array:
        """A tensor in 32 bits. UnavailableError where the file has none of this name, or it is of another kind."""
        told = self.header.get(name)
        if told is None or told["dtype"] not in _KINDS:
            raise UnavailableError(f"{self.path}: no weights {name}: it is no nano of this version")
        first, last = told["data_offsets"]
        kind = np.dtype(_KINDS[told["dtype"]])
        flat = np.fromfile(self.path, kind, (last - first) // kind.itemsize, offset=self.begin + first)
        return np.ascontiguousarray(flat.reshape(told["shape"]), np.float32)


def opened(path: Path) -> Tensors:
    """The file's header, read. UnavailableError where it is no safetensors file."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length)) if length < path.stat().st_size else None
    except (OSError, ValueError, struct.error):
        header = None
    if not isinstance(header, dict):
        raise UnavailableError(f"{path}: no safetensors file, or damaged; install facereason again")
    header.pop("__metadata__", None)
    return Tensors(path, header, 8 + length)
