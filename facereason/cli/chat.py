"""`facereason chat`: several questions about photos."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facereason.cli import apps, progress, sources, terminal, typing
from facereason.cli.talk import COMMANDS, Talk, greeting
from facereason.types import FaceReasonError, UsageError

if TYPE_CHECKING:
    from facereason.agent import FaceReason
    from facereason.sessions import Log, Session

app = apps.new()


@app.command(
    epilog=apps.examples(
        "facereason chat photo.jpg",
        "facereason chat a.jpg b.jpg --session holiday",
        "facereason chat -c",
        "facereason chat photo.jpg --template group",
        "facereason chat photo.jpg --json < questions.txt > answers.jsonl",
    )
)
def chat(
    photos: Annotated[list[str] | None, typer.Argument(metavar="[PHOTO]...", help="Files or URLs.")] = None,
    example: Annotated[bool, typer.Option("--example", help=sources.EXAMPLE_HELP)] = False,
    continue_: Annotated[bool, typer.Option("--continue", "-c", help="Go on with the last chat.")] = False,
    session: Annotated[
        str | None, typer.Option("--session", metavar="NAME", help="Go on with this chat, or begin one of this name.")
    ] = None,
    log: Annotated[bool, typer.Option("--log/--no-log", help="Keep what is said in the log (facereason logs).")] = True,
    template: Annotated[str | None, typer.Option("--template", "-t", help=sources.TEMPLATE_HELP)] = None,
    param: Annotated[list[str] | None, typer.Option("--param", "-p", help=sources.PARAM_HELP)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print answers only, each as one line of JSON.")] = False,
    race: Annotated[bool, typer.Option("--race", help=sources.RACE_HELP)] = False,
    as_is: Annotated[bool, typer.Option("--as-is", help=sources.AS_IS_HELP)] = False,
    model: Annotated[str | None, typer.Option("--model", "-m", help=sources.MODEL_HELP)] = None,
    ask_again: Annotated[bool, typer.Option("--ask-again", help=sources.AGAIN_HELP)] = False,
    tools: Annotated[bool, typer.Option("--tools", help=sources.TOOLS_HELP)] = False,
    explain: Annotated[bool, typer.Option("--explain", help=sources.EXPLAIN_HELP)] = False,
) -> None:
    """Ask several questions about one photo or several.

    One question a line, typed or piped in; /help lists the commands, such as /people, /why and /show. What is said is
    kept on this machine (facereason logs), and can be gone on with: -c.
    """
    kept = sources.template(template, param)
    model = model if model is not None else kept.template.model
    told: dict[str, Any] = {
        "model": model,
        "race": race or kept.template.race,
        "as_is": as_is or kept.template.as_is,
        "ask_again": ask_again or kept.template.ask_again,
        "tools": tools,
    }
    with contextlib.ExitStack() as held:
        with progress.shown("looking"):
            talk = _begun(list(photos or ()), example, continue_, session, log, told, held)
            talk.json, talk.explain = json, explain
        if not json:
            terminal.say(_greeting(talk.session))
        talk.remark()
        try:
            going = all(talk.hear(question) for question in kept.questions)
            if going:
                for line in typing.lines(talk.prompt, talk.phrases, [*COMMANDS, "/quit"], keep=log):
                    if not talk.hear(line):
                        break
        finally:
            talk.end()
    # who types sees what went wrong, and has gone on; a script has not
    if talk.failed and not terminal.is_terminal(sys.stdin):
        raise typer.Exit(1)


def _begun(
    photos: list[str],
    example: bool,
    continue_: bool,
    name: str | None,
    log: bool,
    told: dict[str, Any],
    held: contextlib.ExitStack,
) -> Talk:
    """The chat, with its first photo measured. A photo that cannot be opened is told of; the others go on."""
    from facereason.sessions import Log

    if continue_ and name:
        raise UsageError("--continue goes on with the last chat, --session with the one named: give one of them")
    if continue_ and not log:
        raise UsageError("--continue goes on with a chat of the log: leave out --no-log")
    book = Log() if log else None
    talk = Talk(_session(book, continue_, name, told))
    session = talk.session
    session.model = told["model"] or ("by facereason.toml" if session.asker.router is not None else "")
    if book is not None:
        held.enter_context(book.hold(session.about.id))
    if example:
        if photos:
            raise UsageError("--example takes the place of the photo; leave one of them out")
        from facereason import resources

        photos = [str(resources.weights("astronaut.png"))]
    if not photos and not session.photos:
        raise UsageError("no photo given; name one, or use --example")
    added = _add(talk, photos)
    if added:
        session.current = added[0]
    _look(talk)
    return talk


def _session(book: Log | None, continue_: bool, name: str | None, told: dict[str, Any]) -> Session:
    from facereason.sessions import Session
    from facereason.sessions.session import find

    if continue_:
        assert book is not None
        last = book.sessions(limit=1)
        if not last:
            raise FaceReasonError("there is no chat to go on with: begin one with facereason chat photo.jpg")
        about = last[0]
    elif name and book is not None and book.session(name) is not None:
        about = find(book, name)
    else:
        return Session(_asker(told), book, name or "", {key: value for key, value in told.items() if value})
    assert book is not None
    for key in ("model", "race", "as_is", "ask_again", "tools"):
        told[key] = told[key] or about.options.get(key)
    return Session.resumed(_asker(told), book, about)


def _asker(told: dict[str, Any]) -> FaceReason:
    from facereason.agent import FaceReason

    faces = FaceReason(
        race=bool(told["race"]),
        model=sources.models(told["model"]),
        upright=not told["as_is"],
        again=bool(told["ask_again"]),
        tools=bool(told["tools"]),
    )
    sources.tools(bool(told["tools"]), faces)
    return faces


def _add(talk: Talk, photos: list[str]) -> list[int]:
    """Add photos under the numbers they are given in; those of the ones that are there."""
    first = max((photo.number for photo in talk.session.photos), default=0) + 1
    added: list[int] = []
    failed: list[FaceReasonError] = []
    for number, photo in enumerate(photos, first):
        try:
            added.append(talk.session.add(photo, number).number)
        except FaceReasonError as error:
            failed.append(error)
    if failed and not talk.session.photos:
        raise failed[0]
    for each in failed:
        terminal.complain(each)
        talk.failed = True
    return added


def _look(talk: Talk) -> None:
    """Measure the current photo; where it cannot be opened, the next one that can."""
    session = talk.session
    order = [session.current, *(photo.number for photo in session.photos if photo.number != session.current)]
    first: FaceReasonError | None = None
    for number in order:
        try:
            session.use(number)
        except FaceReasonError as error:
            if len(order) == 1:
                raise
            terminal.complain(error)
            talk.failed = True
            first = first or error
        else:
            return
    raise FaceReasonError("none of the photos can be opened") from first


def _greeting(session: Session) -> str:
    parts = []
    if session.about.turns:
        asked = f"{session.about.turns} question{'s' if session.about.turns > 1 else ''} so far"
        parts.append(f"Going on with {session.about.name}: {asked}.")
    if len(session.photos) > 1:
        opened = session.photo(session.current)
        parts.append(f"{len(session.photos)} photos; this is number {opened.number}, {opened.name}. /photo lists them.")
    parts.append(greeting(session.photo(session.current), session.chat()))
    return "\n".join([*parts, "/people shows more, /help helps, /quit ends."])
