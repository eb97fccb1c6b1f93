"""The log of chats: what is written comes back, is found by its words, and is never lost."""

import contextlib
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from facereason.sessions import Log, Logged, Photographed, Started
from facereason.types import FaceReasonError, UsageError

STARTED = Started(
    id="20260101-000000-aaaa", name="holiday", started="2026-01-01T00:00:00+00:00", options={"race": True}
)
PHOTO = Photographed(number=1, source="/photos/party.jpg", sha256="ab", memory={"answered": [2]})


def turn(question: str, text: str, session: str = STARTED.id) -> Logged:
    return Logged(
        session=session,
        photo=1,
        asked="2026-01-01T00:00:01+00:00",
        model="",
        question=question,
        text=text,
        outcome="answered",
        answer={"people": [{"number": 2}], "confidence": 0.5},
    )


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "sessions.db")


def test_a_session_comes_back_as_it_was_written(log: Log, tmp_path: Path) -> None:
    log.start(STARTED)
    log.turn(turn("How does she feel?", "She seems happy."), PHOTO)
    log.close()
    again = Log(tmp_path / "sessions.db")
    found = again.session("holiday")
    assert found is not None
    assert (found.id, found.options, found.turns) == (STARTED.id, {"race": True}, 1)
    assert again.photos(STARTED.id) == [PHOTO]
    (said,) = again.turns(STARTED.id)
    assert (said.question, said.text, said.answer["confidence"]) == ("How does she feel?", "She seems happy.", 0.5)


def test_words_find_turns_by_question_and_answer_in_other_forms_too(log: Log) -> None:
    log.start(STARTED)
    log.turn(turn("How does she feel?", "The woman in red smiles."), PHOTO)
    log.turn(turn("Who is angry?", "Nobody."), PHOTO)
    assert [each.question for each in log.search("smiling")] == ["How does she feel?"]
    assert [each.question for each in log.search("angry OR woman")] != []
    assert len(log.search("angry OR woman")) == 2
    assert log.search('"red woman"') == []
    assert [each.text for each in log.search("nobody NOT woman")] == ["Nobody."]


@pytest.mark.parametrize("words", ["", "   ", "OR", '""', "()"])
def test_a_search_without_a_word_is_refused(log: Log, words: str) -> None:
    log.start(STARTED)
    with pytest.raises(UsageError, match="nothing to search for"):
        log.search(words)


@pytest.mark.parametrize(
    "words", ["AU12*", 'a"b', "x:y", "NEAR(a b)", "- -", "OR a", "a AND OR b", "'; DROP TABLE turns"]
)
def test_signs_of_the_query_language_do_no_harm(log: Log, words: str) -> None:
    log.start(STARTED)
    log.turn(turn("a b", "AU12"), PHOTO)
    with contextlib.suppress(UsageError):
        log.search(words)
    assert len(log.turns()) == 1


def test_a_locked_log_keeps_what_is_said_and_writes_it_later(log: Log) -> None:
    log.start(STARTED)
    other = sqlite3.connect(log.path)
    other.execute("BEGIN EXCLUSIVE")
    log.turn(turn("one", "first"), PHOTO)
    assert "another program holds the log" in log.behind
    log.turn(turn("two", "second"), PHOTO)
    other.rollback()
    assert log.flush()
    assert log.behind == ""
    assert [each.question for each in log.turns()] == ["one", "two"]


def test_a_file_that_is_no_log_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    path.write_bytes(b"this is no database at all, but long enough to be looked at as one" * 20)
    with pytest.raises(FaceReasonError, match="is no log, or damaged: move it away"):
        Log(path).turns()
    log = Log(path)
    log.turn(turn("one", "first"), PHOTO)
    assert "damaged" in log.behind
    assert path.read_bytes().startswith(b"this is no database")


def test_a_database_of_something_else_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE mine (a)")
    other.commit()
    other.close()
    with pytest.raises(FaceReasonError, match="no log of facereason"):
        Log(path).turns()


def test_a_log_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    Log(path).start(STARTED)
    later = sqlite3.connect(path)
    later.execute("PRAGMA user_version = 99")
    later.commit()
    later.close()
    with pytest.raises(FaceReasonError, match="newer facereason"):
        Log(path).turns()


def test_a_forgotten_session_is_found_no_more(log: Log) -> None:
    log.start(STARTED)
    log.turn(turn("How does she feel?", "Happy."), PHOTO)
    assert log.forget(STARTED.id) == 1
    assert log.search("happy") == []
    assert log.session("holiday") is None


def test_ten_thousand_answers_are_searched_in_a_moment(log: Log) -> None:
    """A tenth of what `facereason bench run chat` measures, with as much time."""
    log.start(STARTED)
    said = [(f"How does person {n} feel?", f"person {n} seems {'happy' if n % 7 else 'angry'}") for n in range(10_000)]
    columns = "session, photo, asked, model, question, text, outcome, answer"
    rows = [(STARTED.id, 1, "", "", question, text, "answered", "{}") for question, text in said]
    log._write(lambda db: db.executemany(f"INSERT INTO turns ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows))
    start = time.perf_counter()
    found = log.search("angry person")
    assert len(found) == 20
    assert time.perf_counter() - start < 0.2


@pytest.mark.parametrize("words", ["NOT happy", "happy OR NOT sad"])
def test_a_not_without_anything_before_it_is_refused(log: Log, words: str) -> None:
    log.start(STARTED)
    with pytest.raises(UsageError, match="NOT needs something before it"):
        log.search(words)


def test_text_that_no_file_can_hold_is_kept_by_its_codes(log: Log) -> None:
    log.start(STARTED)
    log.turn(turn("half an emoji \ud83d", "x\0y"), replace(PHOTO, source="/caf\udce9.png"))
    log.turn(turn("next", "fine"), PHOTO)
    assert log.behind == ""
    assert [each.question for each in log.turns()] == ["half an emoji \\ud83d", "next"]


def test_a_turn_that_will_never_be_taken_does_not_hold_back_the_rest(log: Log) -> None:
    log.start(STARTED)
    log.turn(replace(turn("odd", "x"), outcome=None), PHOTO)  # type: ignore[arg-type]
    assert "could not be kept" in log.behind
    log.turn(turn("next", "fine"), PHOTO)
    assert [each.question for each in log.turns()] == ["next"]


def test_two_sessions_that_begin_under_one_name_are_both_kept(log: Log) -> None:
    log.start(STARTED)
    log.start(replace(STARTED, id="other"))
    log.turn(turn("a", "b", "other"), PHOTO)
    found = log.session("holiday-2")
    assert found is not None
    assert (found.id, found.turns) == ("other", 1)


def test_one_process_talks_in_a_session_at_a_time(log: Log, tmp_path: Path) -> None:
    log.start(STARTED)
    other = Log(tmp_path / "sessions.db")
    with log.hold(STARTED.id):
        with pytest.raises(FaceReasonError, match="is open in another window"), other.hold(STARTED.id):
            pass
        with pytest.raises(FaceReasonError, match="is open in another window"):
            other.forget(STARTED.id)
    assert other.forget(STARTED.id) == 0


def test_the_file_is_the_users_own(log: Log) -> None:
    log.start(STARTED)
    assert log.path.stat().st_mode & 0o077 == 0
