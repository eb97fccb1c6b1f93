"""A trained model into a hub: looked over first, and sent only where that is asked for."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from facereason.train.vlm import card, provenance
from facereason.train.vlm.merged import ADAPTER
from facereason.types import FaceReasonError, UsageError

SENT = {".safetensors", ".json", ".jinja", ".txt", ".model", ".md", ".onnx"}
"""What a checkpoint consists of. Pickles (they hold paths of this machine), states of optimizers and data are not
sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What would be sent. `files`: names with bytes; `kept`: names of what stays here; `problems`: what forbids sending
    it; `unacknowledged`: data sets whose terms do not plainly allow it, with their licence."""

    folder: Path
    repo: str
    license: str
    files: Sequence[tuple[str, int]]
    kept: Sequence[str]
    problems: Sequence[str]
    unacknowledged: Sequence[tuple[str, str]]

    @property
    def bytes(self) -> int:
        return sum(size for _, size in self.files)


def parcel(folder: Path, repo: str, acknowledged: Collection[str] = ()) -> Parcel:
    """Look a folder over; nothing is sent. UsageError where it is no trained model, or `repo` no ORG/NAME."""
    if repo.count("/") != 1 or not all(repo.split("/")):
        raise UsageError(f"{repo}: a repository is named ORG/NAME")
    if not folder.is_dir():
        raise UsageError(f"no folder {folder}")
    run = provenance.read(folder)
    there = sorted(path for path in folder.rglob("*") if path.is_file())
    sent = [path for path in there if path.suffix in SENT and not path.name.startswith(".")]
    problems = []
    license = str(provenance.head(folder / card.NAME).get("license") or "")
    if not (folder / card.NAME).is_file():
        problems.append(f"no {card.NAME}: facereason train card {folder}")
    elif not license:
        problems.append(f"{card.NAME} has no licence: facereason train card {folder} --license ID")
    if not any(path.suffix == ".safetensors" for path in sent):
        problems.append("no weights")
    adapter = folder / ADAPTER
    if adapter.is_file():
        base = str(json.loads(adapter.read_text(encoding="utf-8")).get("base_model_name_or_path") or "")
        if Path(base).is_absolute() or Path(base).is_dir():
            problems.append("its adapter is for a base in a folder of this machine: facereason train merge it first")
    conflicts = card.conflicts(run)
    strange = [name for name in acknowledged if name not in conflicts]
    if strange:
        raise UsageError(f"--acknowledge {strange[0]}: no such data set with terms of its own in this run")
    return Parcel(
        folder=folder,
        repo=repo,
        license=license,
        files=[(path.relative_to(folder).as_posix(), path.stat().st_size) for path in sent],
        kept=[path.relative_to(folder).as_posix() for path in there if path not in set(sent)],
        problems=problems,
        unacknowledged=[(name, said) for name, said in conflicts.items() if name not in acknowledged],
    )


def refusal(found: Parcel) -> str:
    """Why it cannot be sent, in a line; empty where it can."""
    if found.problems:
        return f"{found.folder}: {'; '.join(found.problems)}"
    if found.unacknowledged:
        names = ", ".join(f"{name} ({said})" for name, said in found.unacknowledged)
        options = " ".join(f"--acknowledge {name}" for name, _ in found.unacknowledged)
        return f"{found.folder}: learnt from {names}: if you may give its weights away all the same, say so: {options}"
    return ""


def send(found: Parcel, *, public: bool = False) -> str:
    """Send it, into a private repository unless `public`; its address. FaceReasonError where it may not be sent, and
    where the hub refuses or cannot be reached."""
    why = refusal(found)
    if why:
        raise FaceReasonError(why)
    try:
        import huggingface_hub
        import huggingface_hub.errors
    except ModuleNotFoundError:
        raise FaceReasonError('sending needs huggingface_hub: pip install "facereason[local]"') from None
    api = huggingface_hub.HfApi()
    try:
        repo = api.create_repo(found.repo, private=not public, exist_ok=True)
        if not public and not api.model_info(repo.repo_id).private:
            raise FaceReasonError(f"{found.repo}: is there, and everybody can read it: say --public, or name another")
        api.upload_folder(
            repo_id=repo.repo_id,
            folder_path=str(found.folder),
            allow_patterns=[name for name, _ in found.files],
            commit_message="Upload by facereason train push",
        )
    except huggingface_hub.errors.HFValidationError as error:
        raise UsageError(f"{found.repo}: {' '.join(str(error).split())[:160]}") from None
    except (huggingface_hub.errors.HfHubHTTPError, huggingface_hub.errors.LocalTokenNotFoundError, OSError) as error:
        said = " ".join(str(error).split())[:200]
        raise FaceReasonError(f"{found.repo}: not sent ({type(error).__name__}: {said})") from None
    return str(repo)
