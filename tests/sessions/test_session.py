"""A chat over several photos, resumed from the log, with the real instrument."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from facereason import images, resources
from facereason.agent import FaceReason
from facereason.sessions import Log, Session
from facereason.sessions.session import directed, find
from facereason.sessions.transcript import save
from facereason.types import FaceReasonError, Outcome, UsageError
from facereason.vlm.fake import FakeModel
from facereason.vlm.messages import Request
from facereason.vlm.names import ModelName
from facereason.vlm.routing import Job, Router, Routes


@pytest.fixture(scope="module")
def asker() -> FaceReason:
    return FaceReason()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    shutil.copy(resources.weights("astronaut.png"), tmp_path / "astronaut.png")
    return tmp_path / "astronaut.png"


def test_a_chat_goes_on_where_it_ended(asker: FaceReason, photo: Path, tmp_path: Path) -> None:
    session = Session(asker, Log(tmp_path / "log.db"), "space")
    session.add(photo)
    session.ask("How does she feel?")
    book = Log(tmp_path / "log.db")
    again = Session.resumed(asker, book, find(book, "space"))
    answer = again.ask("Why?")
    assert answer.outcome is Outcome.ANSWERED
    assert answer.evidence
    assert [turn.question for turn in book.turns(again.about.id)] == ["How does she feel?", "Why?"]


def test_a_question_may_name_its_photo(asker: FaceReason, photo: Path) -> None:
    session = Session(asker)
    session.add(photo)
    session.add(images.open(str(photo)).pixels[:, ::-1].copy())
    assert session.ask("In photo 2, how many people are there?").outcome is Outcome.ANSWERED
    assert session.current == 2
    with pytest.raises(UsageError, match="no photo 3: there are photos 1 to 2"):
        session.ask("photo 3: who is there?")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("in photo 2, who is the oldest?", (2, "who is the oldest?")),
        ("photo 12: is she sad?", (12, "is she sad?")),
        ("Who is smiling in picture 3?", (3, "Who is smiling in the photo?")),
        ("How does person 2 feel?", (None, "How does person 2 feel?")),
        ("How many people are in this photo?", (None, "How many people are in this photo?")),
    ],
)
def test_directions_are_read_and_left_out(question: str, expected: tuple[int | None, str]) -> None:
    assert directed(question) == expected


def test_a_photo_that_is_gone_is_told_and_what_was_said_stays(asker: FaceReason, photo: Path, tmp_path: Path) -> None:
    log = Log(tmp_path / "log.db")
    session = Session(asker, log, "gone")
    session.add(photo)
    session.ask("How many people are there?")
    photo.unlink()
    assert session.ask("How does she feel?").outcome is Outcome.ANSWERED, "it is in memory"
    again = Session.resumed(asker, log, find(log, "gone"))
    with pytest.raises(images.ImageError, match=r"photo 1 .* is not there any more; what was said of it stays"):
        again.ask("Why?")
    assert len(log.turns(again.about.id)) == 2


def test_a_photo_that_has_changed_is_measured_anew_and_nobody_is_remembered(
    asker: FaceReason, photo: Path, tmp_path: Path
) -> None:
    log = Log(tmp_path / "log.db")
    session = Session(asker, log, "changed")
    session.add(photo)
    session.ask("How does she feel?")
    pixels = images.open(str(photo)).pixels[:, ::-1]
    images.save(pixels, photo)
    again = Session.resumed(asker, log, find(log, "changed"))
    assert again.chat().memory.focus == ()


def test_a_hundred_photos_keep_a_few_in_memory(asker: FaceReason, photo: Path, tmp_path: Path) -> None:
    session = Session(asker)
    for number in range(100):
        shutil.copy(photo, tmp_path / f"{number}.png")
        session.add(tmp_path / f"{number}.png")
    for number in range(1, 13):
        session.ask(f"photo {number}: how many people are there?")
    assert sum(opened.chat is not None for opened in session.photos) == 8
    assert session.ask("photo 1: how does she feel?").outcome is Outcome.ANSWERED


def test_a_missing_file_is_refused_when_it_is_added(asker: FaceReason) -> None:
    with pytest.raises(images.ImageError, match="no such file"):
        Session(asker).add("nowhere.jpg")


@pytest.mark.parametrize("ending", [".md", ".json", ".txt"])
def test_a_transcript_has_everything_that_was_said(asker: FaceReason, photo: Path, tmp_path: Path, ending: str) -> None:
    log = Log(tmp_path / "log.db")
    session = Session(asker, log, "kept")
    session.add(photo)
    session.ask("How many people are there?")
    again = Session.resumed(asker, log, find(log, "kept"))
    again.ask("How does she feel?")
    text = save(again, tmp_path / f"out{ending}").read_text()
    assert "How many people are there?" in text
    assert "How does she feel?" in text
    with pytest.raises(UsageError, match=r"ends in \.md, \.json or \.txt"):
        save(again, tmp_path / "out.pdf")


def test_an_unknown_session_is_named(tmp_path: Path) -> None:
    with pytest.raises(FaceReasonError, match="no session nope"):
        find(Log(tmp_path / "log.db"), "nope")


def test_photos_added_and_never_asked_about_keep_their_numbers(asker: FaceReason, photo: Path, tmp_path: Path) -> None:
    log = Log(tmp_path / "log.db")
    session = Session(asker, log, "three")
    session.add(photo)
    session.ask("How many people are there?")
    for name in ("two.png", "three.png"):
        shutil.copy(photo, tmp_path / name)
        session.add(tmp_path / name)
    session.ask("photo 3: how many people are there?")
    again = Session.resumed(asker, log, find(log, "three"))
    assert [(opened.number, opened.name) for opened in again.photos] == [
        (1, "astronaut.png"),
        (2, "two.png"),
        (3, "three.png"),
    ]
    assert again.current == 3
    assert again.add(photo).number == 1  # the file that is there already
    shutil.copy(photo, tmp_path / "four.png")
    assert again.add(tmp_path / "four.png").number == 4


def test_a_question_of_two_photos_is_refused_and_of_none_too(asker: FaceReason, photo: Path) -> None:
    session = Session(asker)
    session.add(photo)
    with pytest.raises(UsageError, match="ask about one photo at a time"):
        session.ask("Is the man in photo 1 the man in photo 2?")
    with pytest.raises(UsageError, match="no photo 0"):
        session.ask("in photo 0, who is there?")


@pytest.mark.parametrize("name", ["~nosuchuser/x.jpg", "a\0b", "a" * 5000])
def test_paths_that_are_none_are_refused_in_a_line(asker: FaceReason, name: str) -> None:
    with pytest.raises(images.ImageError, match="no such file"):
        Session(asker).add(name)


def test_a_transcript_has_everything_though_the_log_is_behind(asker: FaceReason, photo: Path, tmp_path: Path) -> None:
    log = Log(tmp_path / "log.db")
    session = Session(asker, log, "behind")
    session.add(photo)
    session.ask("How does she feel?")
    again = Session.resumed(asker, log, find(log, "behind"))
    other = sqlite3.connect(log.path)
    other.execute("BEGIN EXCLUSIVE")
    again.ask("How old is she?")
    other.rollback()
    text = save(again, tmp_path / "a.md").read_text()
    assert [text.count(f"**{question}**") for question in ("How does she feel?", "How old is she?")] == [1, 1]


def test_a_reply_that_was_stopped_leaves_nothing_behind(asker: FaceReason, photo: Path) -> None:
    def stopped(request: Request) -> str:
        raise KeyboardInterrupt

    session = Session(asker)
    session.add(photo)
    chat = session.chat()
    before = chat.memory
    name = ModelName(provider="fake", name="")
    chat.router = Router(Routes(table={Job.DEFAULT: (name,)}), opener=lambda _: FakeModel(says=stopped))
    with pytest.raises(KeyboardInterrupt):
        session.ask("How does she feel?")
    assert (chat.memory, chat.turns, session.turns) == (before, [], [])
