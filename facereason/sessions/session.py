"""A chat that lasts: several photos, of which one is looked at, every turn logged, and going on where it ended.

session = Session(FaceReason(), Log())
session.add("party.jpg"); session.add("beach.jpg")
session.ask("Who looks happiest?"); session.ask("In photo 1, who is the oldest?")
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facereason import images, records
from facereason.agent.chat import Chat
from facereason.agent.facereason import FaceReason
from facereason.agent.whom.memory import Memory
from facereason.sessions.log import Log, Logged, Photographed, Started
from facereason.types import Answer, FaceReasonError, UsageError, to_dict

if TYPE_CHECKING:
    from facereason.agent.replies.telling import Tell
    from facereason.images import Source

KEPT_OPEN = 8
"""Photos whose pixels and measurements are kept in memory; one that was looked at longer ago is opened anew."""
MOST_PHOTOS = 1000


@dataclass(slots=True)
class Opened:
    """A photo of the session. `source`: where it is opened from anew; empty for one that came as pixels. `chat` is
    there while it is in memory, `memory` and `history` when it is not."""

    number: int
    source: str
    name: str
    given: Source | None = None
    chat: Chat | None = None
    sha256: str = ""
    memory: Memory = field(default_factory=Memory)
    history: list[dict[str, Any]] = field(default_factory=list)


class Session:
    """Asks about its photos through `asker`. `log`: where it is kept, none for a chat that leaves no trace.

    `turns` holds the last answers of this process, with the number of their photo, at most `MOST_TURNS`; all are in the
    log. `before`: the last turn of
    the log when the session was gone on with. `remarks`: what the user is to be told, taken away by who tells it.
    """

    MOST_TURNS = 1000

    def __init__(
        self, asker: FaceReason, log: Log | None = None, name: str = "", options: Mapping[str, Any] | None = None
    ) -> None:
        now = datetime.now(UTC)
        ident = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        self.asker, self.log = asker, log
        self.about = Started(
            id=ident, name=name or ident, started=now.isoformat(timespec="seconds"), options=options or {}
        )
        self.photos: list[Opened] = []
        self.turns: list[tuple[int, Answer]] = []
        self.current = 0
        self.model = str(self.about.options.get("model") or "")
        self.before: int | None = None
        self.remarks: list[str] = []
        self._recent: list[int] = []
        self._is_logged = False
        self._photos_logged: set[int] = set()

    @classmethod
    def resumed(cls, asker: FaceReason, log: Log, about: Started) -> Session:
        """The session as the log has it; its photos are opened when they are asked about."""
        session = cls(asker, log, about.name, about.options)
        session.about = about
        session._is_logged = True
        for kept in log.photos(about.id):
            session._photos_logged.add(kept.number)
            opened = Opened(number=kept.number, source=kept.source, name=_name(kept.source), sha256=kept.sha256)
            opened.memory = records.build(Memory, kept.memory, f"{log.path}: what is remembered of photo {kept.number}")
            session.photos.append(opened)
        said = log.turns(about.id, limit=Session.MOST_TURNS)
        for turn in said:
            for opened in session.photos:
                if opened.number == turn.photo:
                    about_people = [each["number"] for each in turn.answer.get("people", ())]
                    opened.history.append({"question": turn.question, "about": about_people})
        session.before = said[-1].id if said else None
        session.current = said[-1].photo if said else (session.photos[0].number if session.photos else 0)
        return session

    # --------------------------------------------------------------------------------------------------------- photos

    def add(self, source: Source, number: int | None = None) -> Opened:
        """Add a photo, under the next number where none is given; that it can be opened is seen when it is looked at. A
        file that is there already keeps its number. A path that is no file is refused at once: `images.ImageError`."""
        if len(self.photos) >= MOST_PHOTOS:
            raise UsageError(f"a chat holds {MOST_PHOTOS} photos at most: begin another one")
        where = _where(source)
        there = next((photo for photo in self.photos if where and photo.source == where), None)
        if there is not None:
            return there
        kept = None if where else source
        number = number or max((photo.number for photo in self.photos), default=0) + 1
        opened = Opened(number, where, _name(where) if where else _given_name(source), kept)
        if where and not _is_address(where) and not Path(where).is_file():
            raise images.ImageError(f"{images.printable(where)}: no such file; check the path")
        self.photos.append(opened)
        self.current = self.current or opened.number
        return opened

    def remove(self, opened: Opened) -> None:
        """Take away a photo that could not be opened and was never asked about."""
        self.photos.remove(opened)

    def photo(self, number: int) -> Opened:
        """The photo of this number; UsageError where there is none."""
        for photo in self.photos:
            if photo.number == number:
                return photo
        numbers = [photo.number for photo in self.photos]
        if numbers == list(range(1, len(numbers) + 1)):
            there = {0: "there is none yet", 1: "there is only photo 1"}.get(
                len(numbers), f"there are photos 1 to {len(numbers)}"
            )
        else:
            there = f"there are photos {', '.join(map(str, numbers))}"
        raise UsageError(f"no photo {number}: {there}")

    def use(self, number: int) -> Opened:
        """Look at this photo from now on."""
        opened = self.photo(number)
        self.chat(opened)
        self.current = number
        return opened

    def chat(self, opened: Opened | None = None) -> Chat:
        """The chat about a photo, the current one where none is given; opened and measured where it is not in memory.

        `images.ImageError` where it cannot be opened (any more)."""
        if opened is None:
            if not self.photos:
                raise UsageError("no photo is open: name one, such as /photo party.jpg")
            opened = self.photo(self.current)
        if opened.chat is None:
            opened.chat = self._looked(opened)
        self._recent = [number for number in self._recent if number != opened.number] + [opened.number]
        for number in self._recent[:-KEPT_OPEN]:
            self._let_go(self.photo(number))
        self._recent = self._recent[-KEPT_OPEN:]
        return opened.chat

    def _looked(self, opened: Opened) -> Chat:
        source = opened.given if opened.given is not None else opened.source
        if opened.given is None and not _is_address(opened.source) and not Path(opened.source).is_file():
            raise images.ImageError(
                f"photo {opened.number} ({images.printable(opened.source)}): is not there any more; what was said of "
                "it stays in the log"
            )
        chat = self.asker.chat(source)
        seen = f"{chat.photo.width}x{chat.photo.height} {[person.number for person in chat.scene.people]}".encode()
        sha256 = hashlib.sha256(seen + chat.photo.pixels.tobytes()).hexdigest()
        if opened.sha256 in ("", sha256):
            chat.memory, chat.turns = opened.memory, list(opened.history[-_HISTORY:])
        else:
            self.remarks.append(
                f"photo {opened.number} ({images.printable(opened.name)}) has changed since: it is measured anew, and "
                "who was spoken of in it is forgotten"
            )
        opened.sha256 = sha256
        return chat

    def _let_go(self, opened: Opened) -> None:
        if opened.chat is not None and opened.given is None:
            opened.memory, opened.history = opened.chat.memory, list(opened.chat.turns[-_HISTORY:])
            opened.chat = None

    # ---------------------------------------------------------------------------------------------------------- asking

    def ask(self, question: str, tell: Tell | None = None) -> Answer:
        """Answer a question about the current photo, or about the one that it begins with ("in photo 2, ..."), which is
        the current one from then on. `tell` is given a model's words as they come (`Chat.ask`).

        Raises as `Chat.ask` and `chat` do. What is answered is logged before this returns, or waits in the log.
        """
        number, words = directed(question)
        opened = self.photo(number) if number is not None else None
        chat = self.chat(opened)
        if number is not None:
            self.current = number
        answer = chat.ask(words, tell)
        answer = replace(answer, question=question)
        self._keep(self.photo(self.current), question, answer)
        return answer

    def use_model(self, model: Any, name: str) -> None:
        """Ask this model, or none, from now on; `name` is what the log calls it."""
        self.asker.use_model(model)
        for opened in self.photos:
            if opened.chat is not None:
                opened.chat.router, opened.chat.words = self.asker.router, self.asker.words
        self.model = name

    def _keep(self, opened: Opened, question: str, answer: Answer) -> None:
        self.turns = [*self.turns, (opened.number, answer)][-self.MOST_TURNS :]
        if opened.chat is not None:
            opened.memory = opened.chat.memory
        if self.log is None:
            return
        if not self._is_logged:
            self.log.start(self.about)
            self._is_logged = True
        for each in self.photos:
            if each.number not in self._photos_logged:
                self.log.photo(self.about.id, self._photographed(each))
                self._photos_logged.add(each.number)
        turn = Logged(
            session=self.about.id,
            photo=opened.number,
            asked=datetime.now(UTC).isoformat(timespec="seconds"),
            model=self.model,
            question=question,
            text=answer.text,
            outcome=answer.outcome.value,
            answer=brief(answer),
        )
        self.log.turn(turn, self._photographed(opened))

    def _photographed(self, opened: Opened) -> Photographed:
        return Photographed(
            number=opened.number, source=opened.source, sha256=opened.sha256, memory=records.plain(opened.memory)
        )


_HISTORY = 8
_DIRECTED = re.compile(
    r"^\s*(?:and\s+)?(?:(?:in|on|of|for|about)\s+)?(?:the\s+)?(?:photo|picture|image|pic)\s*#?\s*(\d{1,4})\s*[,:;]\s*(?=\S)"
    r"|\s*,?\s+\b(?:in|on)\s+(?:photo|picture|image|pic)\s*#?\s*(\d{1,4})\s*(?=[?.!]*\s*$)",
    re.IGNORECASE,
)


_ANY = re.compile(r"\b(?:photo|picture|image|pic)\s*#?\s*(\d{1,4})\b", re.IGNORECASE)


def directed(question: str) -> tuple[int | None, str]:
    """Number of the photo that a question is directed at, None for none, and the question without it. UsageError where
    it is of two photos.

    >>> directed("in photo 2, who is the oldest?")
    (2, 'who is the oldest?')
    """
    found = _DIRECTED.search(question)
    if len(set(_ANY.findall(question))) > 1:
        raise UsageError("ask about one photo at a time: people are compared within a photo")
    if found is None:
        return None, question
    instead = " in the photo" if found[2] else ""
    return int(found[1] or found[2]), question[: found.start()] + instead + question[found.end() :]


def brief(answer: Answer) -> dict[str, Any]:
    """An answer as plain data, with people by number alone: their readings are the photo's."""
    told: dict[str, Any] = to_dict(answer)
    return told | {"people": [{"number": person.number} for person in answer.people]}


def _where(source: Source) -> str:
    """From where a photo is opened anew: a whole path, or an address; empty for pixels."""
    if isinstance(source, (str, os.PathLike)):
        text = os.fspath(source)
        if not text:
            raise images.ImageError("photo: the path is empty; name a file")
        if _is_address(text):
            return text
        try:
            whole = Path(text).expanduser().resolve()
            whole.is_file()
        except (OSError, ValueError, RuntimeError):
            raise images.ImageError(f"{images.printable(text)}: no such file; check the path") from None
        return str(whole)
    return ""


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://", "data:"))


def _name(where: str) -> str:
    return "url" if _is_address(where) else Path(where).name


def _given_name(source: Source) -> str:
    return str(getattr(source, "name", "photo"))


def find(log: Log, name: str) -> Started:
    """The session of this name; FaceReasonError where the log has none."""
    found = log.session(name)
    if found is None:
        raise FaceReasonError(f"no session {images.printable(name)}: `facereason logs sessions` lists what there is")
    return found
