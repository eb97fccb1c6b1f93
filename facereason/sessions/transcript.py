"""A chat as a file: Markdown to read, JSON to work with, or plain text."""

from __future__ import annotations

import json
from pathlib import Path

from facereason import images
from facereason.sessions.log import Logged
from facereason.sessions.session import Session, brief
from facereason.types import FaceReasonError, UsageError, to_dict


def save(session: Session, path: Path, *, earlier: bool = True) -> Path:
    """Write what was asked and answered, by the ending of `path`: .md, .json or .txt; `earlier`: what the log has from
    before as well. The path; UsageError for another ending, FaceReasonError where it cannot be written."""
    makers = {".md": _markdown, ".json": _json, ".txt": _text}
    if path.suffix not in makers:
        raise UsageError(f"{images.printable(str(path))}: name a file that ends in .md, .json or .txt")
    try:
        path.write_text(makers[path.suffix](session, _earlier(session) if earlier else []), encoding="utf-8")
    except OSError as error:
        where = images.printable(str(path))
        raise FaceReasonError(f"{where}: cannot be written ({error.strerror}); name another file") from None
    return path


def is_of(path: Path, session: Session) -> bool:
    """Whether a file is one that `save` wrote of this session."""
    try:
        with path.open(encoding="utf-8") as file:
            return session.about.started in file.read(2000)
    except (OSError, UnicodeDecodeError):
        return False


def _earlier(session: Session) -> list[Logged]:
    """Turns of the log that came before this process."""
    if session.log is None or session.before is None:
        return []
    return session.log.turns(session.about.id, limit=100_000, until=session.before)


def _markdown(session: Session, earlier: list[Logged]) -> str:
    names = {photo.number: photo.name for photo in session.photos}
    lines = [f"# {session.about.name}", "", f"Begun {session.about.started}.", ""]
    lines += [f"- photo {number}: `{name}`" for number, name in names.items()]
    for turn in earlier:
        lines += ["", f"**{turn.question}** (photo {turn.photo})", "", turn.text]
    for photo, answer in session.turns:
        lines += ["", f"**{answer.question}** (photo {photo})", "", answer.text]
        lines += [""] * bool(answer.evidence) + [f"- {each.statement}" for each in answer.evidence]
    return "\n".join(lines) + "\n"


def _text(session: Session, earlier: list[Logged]) -> str:
    said = [(turn.question, turn.text) for turn in earlier]
    said += [(answer.question, answer.text) for _, answer in session.turns]
    begun = f"{session.about.name}, begun {session.about.started}\n\n"
    return begun + "".join(f"> {question}\n{text}\n\n" for question, text in said)


def _json(session: Session, earlier: list[Logged]) -> str:
    turns = [{"photo": turn.photo, **turn.answer} for turn in earlier]
    turns += [{"photo": photo, **brief(answer)} for photo, answer in session.turns]
    scenes = {photo.number: photo.chat.scene for photo in session.photos if photo.chat is not None}
    photos = [
        {"number": photo.number, "name": photo.name}
        | ({"scene": to_dict(scenes[photo.number])} if photo.number in scenes else {})
        for photo in session.photos
    ]
    whole = {"session": session.about.name, "started": session.about.started, "photos": photos, "turns": turns}
    return json.dumps(whole, indent=2, allow_nan=False) + "\n"
