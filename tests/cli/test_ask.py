"""`facereason ask`: what is printed, and which exit code says what."""

import json
from pathlib import Path

import pytest

from facereason.cli import show
from facereason.types import Answer, Outcome
from tests.cli.conftest import Run, make_photo


def test_the_answer_is_printed_in_one_line_and_the_evidence_below_it(run: Run, photo: Path) -> None:
    code, out, err = run("ask", photo, "How do they feel?")
    assert (code, err) == (0, "")
    text, evidence = out.splitlines()
    assert text.startswith("3 people: they seem happy.")
    assert len(text) > 120, "not wrapped where stdout is no terminal"
    assert evidence == "  person 1 reads as happiness [87 %]"
    assert "\x1b" not in out


@pytest.mark.parametrize("flag", ["-e", "--evidence"])
def test_evidence_in_full_says_instrument_and_confidence(run: Run, photo: Path, flag: str) -> None:
    line = run("ask", photo, "How do they feel?", flag).out.splitlines()[1]
    assert line == "  person 1 reads as happiness [87 %] [emotion: happiness, 87%, reader]"


def test_what_speaks_against_a_claim_is_shown(run: Run, photo: Path) -> None:
    lines = run("ask", photo, "Is there a frown?").out.splitlines()
    assert lines[2] == "  but: 'a frown' is not what was measured: person 1 reads as happiness [87 %]"


def test_json_is_the_whole_record_and_nothing_else(run: Run, photo: Path) -> None:
    code, out, err = run("ask", photo, "How do they feel?", "--json")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert answer["question"] == "How do they feel?"
    assert answer["outcome"] == "answered"
    assert answer["confidence"] == 0.873
    assert [person["number"] for person in answer["people"]] == [1, 2, 3]
    assert answer["evidence"][0]["source"] == "reader"
    assert "race" not in answer["people"][0]


def test_race_is_read_only_when_switched_on(run: Run, photo: Path) -> None:
    answer = json.loads(run("ask", photo, "How do they feel?", "--json", "--race").out)
    assert answer["people"][0]["race"]["value"] == "white"


def test_with_the_example_the_question_stands_alone(run: Run) -> None:
    code, out, _ = run("ask", "--example", "How does she feel?")
    assert code == 0
    assert out.startswith("5 people"), "512 pixels, by the rule of the stand-in"


def test_the_example_takes_the_place_of_a_photo(run: Run, photo: Path) -> None:
    code, out, err = run("ask", "--example", photo, "How does she feel?")
    assert (code, out) == (2, "")
    assert err == "facereason: --example takes the place of the photo; leave one of them out\n"


def test_an_outcome_that_is_no_answer_is_no_error(run: Run, photo: Path) -> None:
    code, out, err = run("ask", photo, "Was ist das?")
    assert (code, err) == (0, "")
    assert out.startswith("I do not understand")
    assert len(out.splitlines()) == 1


@pytest.mark.parametrize("arguments", [("ask",), ("ask", "photo.jpg"), ("ask", "--example")])
def test_without_a_question_there_is_nothing_to_answer(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("facereason: no question given")
    assert err.count("\n") == 1


def test_a_question_without_quotes_is_wrong_usage(run: Run, photo: Path) -> None:
    code, _, err = run("ask", photo, "How", "does", "she", "feel?")
    assert code == 2
    assert "unexpected extra argument" in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"", "empty"),
        (b"hello", "not a photo"),
        (b"\xff\xd8\xff\xe0", "not a photo, or damaged"),
    ],
)
def test_a_photo_that_cannot_be_opened_is_one_line_and_exit_code_1(
    run: Run, tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "bad.jpg"
    if content is not None:
        path.write_bytes(content)
    code, out, err = run("ask", path, "How does she feel?")
    assert (code, out) == (1, "")
    assert err.startswith(f"facereason: {path}: ")
    assert message in err
    assert err.count("\n") == 1


def test_a_file_name_cannot_paint_the_terminal(run: Run) -> None:
    code, _, err = run("ask", "evil\x1b[31m\nfacereason: fine.jpg", "How does she feel?")
    assert code == 1
    assert "\x1b" not in err
    assert err.count("\n") == 1


def test_a_photo_without_people_is_no_error(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("ask", make_photo(tmp_path / "dogs.png", people=0), "How many people are there?")
    assert code == 0
    assert out.startswith("0 people")


@pytest.mark.parametrize(
    ("outcome", "sure", "said"),
    [
        (Outcome.ANSWERED, 0.53, True),
        (Outcome.ANSWERED, 0.6, False),
        (Outcome.ANSWERED, None, False),
        (Outcome.CANNOT_TELL, 0.2, False),
    ],
)
def test_an_answer_that_is_not_sure_as_a_whole_says_so(
    outcome: Outcome, sure: float | None, said: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    show.answer(
        Answer(question="?", text="Yes: she does (.91).", outcome=outcome, confidence=sure), full_evidence=False
    )
    assert ("taken together this is not sure (.53)" in capsys.readouterr().out) is said
