"""The line that is typed in a chat: edited, completed with Tab, and found again with the arrow keys.

At a terminal it is prompt_toolkit's; elsewhere lines are read as they are piped in.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from facereason.cli import sources, terminal
from facereason.types import FaceReasonError

if TYPE_CHECKING:
    from prompt_toolkit.completion import Completer
    from prompt_toolkit.history import History

LEAVING = "Ctrl-D or /quit ends the chat; so does Ctrl-C once more."


def lines(
    prompt: Callable[[], str], words: Callable[[], Sequence[str]], commands: Sequence[str], *, keep: bool = True
) -> Iterator[str]:
    """Lines without blanks around them, up to the end of stdin; at a terminal up to Ctrl-D, or Ctrl-C twice.

    `prompt` and `words`, phrases that Tab completes, are asked anew for every line. `keep` them for later chats.
    """
    if not (terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stdout)):
        yield from terminal.piped()
        return
    from prompt_toolkit import PromptSession

    typed: PromptSession[str] = PromptSession(
        history=_history(keep), completer=_completer(words, commands), complete_while_typing=False
    )
    stopped = False
    while True:
        try:
            line = typed.prompt(prompt())
        except EOFError:
            return
        except KeyboardInterrupt:
            if stopped:
                return
            stopped = True
            terminal.note(LEAVING)
            continue
        stopped = False
        yield line.strip()


def _history(keep: bool) -> History:
    """Lines of earlier chats; of this one alone where they are not kept, or the file cannot be written."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    from facereason import resources

    if not keep:
        return InMemoryHistory()
    try:
        path = resources.user_dir() / "chat-history"
        path.touch(mode=0o600)
    except (OSError, FaceReasonError) as error:
        terminal.complain(f"lines typed are not kept for the next chat: {error}")
        return InMemoryHistory()
    return FileHistory(str(path))


def _completer(words: Callable[[], Sequence[str]], commands: Sequence[str]) -> Completer:
    from prompt_toolkit.completion import Completer, Completion, PathCompleter
    from prompt_toolkit.document import Document

    class ChatCompleter(Completer):
        def get_completions(self, document: Document, complete_event: object) -> Iterable[Completion]:
            text = document.text_before_cursor
            if text.startswith(("/photo ", "/save ", "/show ")):
                command, _, path = text.partition(" ")
                files = PathCompleter(expanduser=True, file_filter=_wanted(command))
                yield from files.get_completions(Document(path.lstrip()), complete_event)  # type: ignore[arg-type]
                return
            if text.startswith("/") and " " not in text:
                yield from (Completion(each, -len(text)) for each in commands if each.startswith(text))
                return
            yield from (Completion(each, -begun) for each, begun in completions(text, words()))

    return ChatCompleter()


def _wanted(command: str) -> Callable[[str], bool]:
    """Which files Tab offers: photos to open; of those that are written, folders alone."""
    return lambda path: Path(path).is_dir() or (command == "/photo" and path.lower().endswith(sources.PHOTOS))


def completions(text: str, phrases: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Phrases that go on from the last words of `text`, and how many characters of theirs are typed already.

    >>> list(completions("How does the wo", ["the woman in red", "the man"]))
    [('the woman in red', 6)]
    """
    words = text.split(" ")
    for start in range(max(0, len(words) - 4), len(words)):
        begun = " ".join(words[start:])
        found = [phrase for phrase in phrases if begun and phrase.casefold().startswith(begun.casefold())]
        if found:
            yield from ((phrase, len(begun)) for phrase in found)
            return
