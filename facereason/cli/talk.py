"""A chat at the command line: what is asked, what the commands with a slash do, and how both look."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from facereason.cli import drawings, show, sources, terminal
from facereason.types import FaceReasonError, UsageError

if TYPE_CHECKING:
    from facereason.agent.chat import Chat
    from facereason.sessions import Opened, Session
    from facereason.types import Answer

STARTERS = (
    "How does ",
    "How many people are there?",
    "How old is ",
    "Who looks the happiest?",
    "Who looks at the camera?",
    "Who is looking at ",
    "Is the ",
    "Which action units are active on the face of ",
    "Describe ",
    "Where is ",
    "Why?",
    "Compare ",
)


@dataclass(frozen=True, slots=True)
class _Command:
    run: Callable[[Talk, str], None]
    takes: str
    what: str


class Talk:
    """One chat. `json`: answers only, a line each; `explain`: tell how questions were understood."""

    def __init__(self, session: Session, *, json: bool = False, explain: bool = False) -> None:
        self.session, self.json, self.explain = session, json, explain
        self.failed = False
        self._told = ""
        self._thinks = False
        self._flow = terminal.Flow()
        self._log_behind = ""

    # --------------------------------------------------------------------------------------------------------- the talk

    def hear(self, line: str) -> bool:
        """Answer a line; False where it ends the chat. What goes wrong is said, and the chat goes on."""
        if line in ("/quit", "/exit"):
            return False
        try:
            if line.startswith("/"):
                self._command(line)
            elif line:
                self.ask(line)
            self.remark()
        except FaceReasonError as error:
            self._fail(line, error)
        except KeyboardInterrupt:
            if not terminal.is_terminal(sys.stdin):
                raise
            self._stop()
        return True

    def ask(self, question: str) -> Answer:
        """Ask, and show the answer; raises what `Session.ask` raises."""
        self._told, self._thinks = "", False
        self._flow = terminal.Flow()
        live = not self.json and terminal.is_terminal(sys.stdout)
        answer = self.session.ask(question, self._tell if live else None)
        if self.json:
            show.as_json(answer, one_line=True)
        else:
            self._end_thinking()
            show.answer(answer, full_evidence=False, explain=self.explain, told=self._told, flow=self._flow)
        self._told = ""
        self._about_log()
        return answer

    def _tell(self, piece: str, thinking: bool) -> None:
        """A piece of an answer that is still being said; thinking out loud is dim."""
        if thinking:
            piece = piece if self._thinks else f"thinking: {piece}"
            self._thinks = True
            show.dim(piece)
            return
        self._end_thinking()
        self._told += piece
        self._flow.add(piece)

    def _end_thinking(self) -> None:
        if self._thinks:
            typer.echo()
        self._thinks = False

    def _stop(self) -> None:
        if self._told or self._thinks:
            typer.echo()
        self._told, self._thinks = "", False
        terminal.note("stopped; nothing of it is kept. Ask on.")

    def _fail(self, line: str, error: FaceReasonError) -> None:
        self.failed = True
        if self._told or self._thinks:
            typer.echo()
        self._told, self._thinks = "", False
        if self.json:
            show.as_json({"question": line, "error": str(error)}, one_line=True)
        else:
            terminal.complain(error)

    def remark(self) -> None:
        while self.session.remarks:
            terminal.note(self.session.remarks.pop(0))

    def _about_log(self) -> None:
        """Say once that the log cannot be written, and once that it can be again."""
        log = self.session.log
        if log is None or log.behind == self._log_behind:
            return
        self._log_behind = log.behind
        if log.behind:
            terminal.note(f"{log.path}: {log.behind}; what is said is kept, and written as soon as that is possible")
        else:
            terminal.note(f"{log.path}: everything is written now")

    def end(self) -> None:
        """Write what the log still lacks; where that is not possible, into a file of its own."""
        log = self.session.log
        if log is None:
            return
        if not log.flush():
            from facereason.sessions import transcript

            self.failed = True
            try:
                path = transcript.save(self.session, Path(f"facereason-{self.session.about.id}.json"), earlier=False)
            except FaceReasonError as error:
                terminal.complain(f"{log.path}: {log.behind}; and {error}")
            else:
                terminal.complain(f"{log.path}: {log.behind}; what was said is in {path}")
        log.close()

    # --------------------------------------------------------------------------------------------------------- commands

    def _command(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        if name not in COMMANDS:
            raise UsageError(f"there is no {name}; /help lists what there is")
        command = COMMANDS[name]
        if rest.strip() and not command.takes:
            raise UsageError(f"{name} takes nothing behind it")
        command.run(self, rest.strip())

    def _help(self, rest: str) -> None:
        typer.echo(help_text(), err=True) if self.json else terminal.say(help_text())

    def _people(self, rest: str) -> None:
        people = self._chat().scene.people
        if self.json:
            show.as_json(people, one_line=True)
        else:
            show.people(people)

    def _why(self, rest: str) -> None:
        self.ask(f"Why does {rest} look that way?" if rest else "Why?")

    def _evidence(self, rest: str) -> None:
        _, answer = self._last()
        if self.json:
            show.as_json(answer.evidence, one_line=True)
        else:
            show.evidence(answer)

    def _show(self, rest: str) -> None:
        """Draw the photo with its people, those of the last answer about it marked."""
        from facereason import images

        chat = self._chat()
        opened = self.session.photo(self.session.current)
        last = [answer for number, answer in self.session.turns if number == opened.number]
        marked = tuple(person.number for person in last[-1].people) if last else ()
        drawn = images.draw(chat.photo, chat.scene, marked=marked)
        path = drawings.save(drawn, chat.photo, ".faces.png", Path(rest).expanduser() if rest else None)
        self._say({"drawn": str(path)}, f"drawn: {path}")

    def _save(self, rest: str) -> None:
        from facereason.sessions import transcript

        path = Path(rest).expanduser() if rest else Path(f"facereason-{self.session.about.name}.md")
        if path.exists() and not transcript.is_of(path, self.session):
            from facereason.images import printable

            raise UsageError(f"{printable(str(path))}: is there already, and is not this chat; name another file")
        transcript.save(self.session, path)
        self._say({"saved": str(path)}, f"saved: {path}")

    def _model(self, rest: str) -> None:
        if rest:
            self.session.use_model(sources.models(rest, "/model"), rest)
        router = self.session.asker.router
        told = (
            ("nano, where you ask why" if self.session.asker.words else "no model: the instrument answers alone")
            if router is None
            else ", ".join(f"{job}={'; '.join(map(str, names))}" for job, names in router.routes.table.items())
        )
        self._say({"model": told}, told)

    def _photo(self, rest: str) -> None:
        if not rest:
            self._photos()
            return
        if rest.isascii() and rest.isdigit() and len(rest) < 6:
            opened = self.session.use(int(rest))
        else:
            before = len(self.session.photos)
            opened = self.session.add(rest)
            try:
                self.session.use(opened.number)
            except FaceReasonError:
                if len(self.session.photos) > before:
                    self.session.remove(opened)
                raise
        self._say({"photo": opened.number}, greeting(opened, self._chat()))

    def _listed(self, rest: str) -> None:
        self._photos()

    def _photos(self) -> None:
        for opened in self.session.photos:
            mark = "*" if opened.number == self.session.current else " "
            self._say({"photo": opened.number, "name": opened.name}, f"{mark} {opened.number} {opened.name}")

    def _understood(self, rest: str) -> None:
        self.explain = not self.explain
        state = "is" if self.explain else "is not"
        self._say({"explain": self.explain}, f"how questions are understood {state} shown")

    def _say(self, record: Mapping[str, object], text: str) -> None:
        if self.json:
            show.as_json(record, one_line=True)
        else:
            from facereason.images import printable

            terminal.say(printable(text, limit=1000))

    def _chat(self) -> Chat:
        return self.session.chat()

    def _last(self) -> tuple[int, Answer]:
        if not self.session.turns:
            raise UsageError("nothing was answered yet: ask something first")
        return self.session.turns[-1]

    # ----------------------------------------------------------------------------------------------------------- typing

    def prompt(self) -> str:
        return f"photo {self.session.current}> " if len(self.session.photos) > 1 else "> "

    def phrases(self) -> list[str]:
        """What Tab completes: how questions begin, and the people of the photo by their looks."""
        from facereason.agent.answers import wording

        opened = self.session.photos[self.session.current - 1] if self.session.photos else None
        scene = opened.chat.scene if opened is not None and opened.chat is not None else None
        names = [wording.name(person, scene) for person in scene.people] if scene is not None else []
        return [*STARTERS, *dict.fromkeys(names)]


COMMANDS: dict[str, _Command] = {
    "/people": _Command(Talk._people, "", "what was measured of each person"),
    "/why": _Command(Talk._why, "[WHOM]", "what the last answer rests on, or why somebody looks the way they do"),
    "/evidence": _Command(Talk._evidence, "", "the measurements of the last answer, and how sure they are"),
    "/show": _Command(Talk._show, "[FILE]", "draw the photo with its people into a file"),
    "/photo": _Command(Talk._photo, "[N or FILE]", "look at photo N, or open another one"),
    "/photos": _Command(Talk._listed, "", "list the photos"),
    "/model": _Command(Talk._model, "[NAME]", "ask this model too from now on (none: no model); alone: which"),
    "/explain": _Command(Talk._understood, "", "show how questions are understood, or stop it"),
    "/save": _Command(Talk._save, "[FILE]", "write the chat to a file: .md, .json or .txt"),
    "/help": _Command(Talk._help, "", "this text"),
}


def help_text() -> str:
    """What /help prints."""
    rows = [(f"{name} {command.takes}".rstrip(), command.what) for name, command in COMMANDS.items()]
    rows.append(("/quit", "end; so does Ctrl-D. Ctrl-C ends a reply, not the chat"))
    width = max(len(left) for left, _ in rows)
    return "\n".join(
        [
            "Ask about the people in the photo:",
            "  How many people are there?",
            "  How does the woman on the left feel, and why?",
            "  And the man beside her?",
            '"she", "he" and "the other one" are whom the talk was about; "in photo 2, who is sad?" asks of another.',
            *(f"  {left:{width}}  {what}" for left, what in rows),
        ]
    )


def greeting(opened: Opened, chat: Chat) -> str:
    """Who was found in a photo."""
    people = len(chat.scene.people)
    return {0: "Nobody was found in this photo.", 1: "1 person was found: number 1."}.get(
        people, f"{people} people were found: numbers 1 to {people}, from left to right."
    )
