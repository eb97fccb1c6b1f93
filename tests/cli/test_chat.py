"""`facereason chat`, with its lines piped in; at a terminal it is tested in test_terminal.py."""

import json
from pathlib import Path

from tests.cli.conftest import Run, make_photo


def test_piped_questions_are_answered_in_turn_without_a_prompt(run: Run, photo: Path) -> None:
    code, out, err = run("chat", photo, stdin="How do they feel?\nWas ist das?\n")
    assert (code, err) == (0, "")
    greeting, commands, first, evidence, second = out.splitlines()
    assert greeting == "3 people were found: numbers 1 to 3, from left to right."
    assert commands == "/people shows more, /help helps, /quit ends."
    assert first.startswith("3 people: they seem happy.")
    assert evidence.startswith("  person 1")
    assert second.startswith("I do not understand")


def test_a_last_line_without_an_end_is_asked_too(run: Run, photo: Path) -> None:
    assert "they seem happy" in run("chat", photo, stdin="How do they feel?").out


def test_blank_lines_are_skipped_and_quit_ends(run: Run, photo: Path) -> None:
    code, out, err = run("chat", photo, stdin="\n   \n/quit\nHow do they feel?\n")
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 2, "the greeting"


def test_nobody_and_one_person_are_greeted_in_words(run: Run, tmp_path: Path) -> None:
    assert run("chat", make_photo(tmp_path / "a.png", people=0)).out.startswith("Nobody was found")
    assert run("chat", make_photo(tmp_path / "b.png", people=1)).out.startswith("1 person was found: number 1.")


def test_people_shows_the_table_and_help_the_commands(run: Run, photo: Path) -> None:
    out = run("chat", photo, stdin="/people\n/help\n").out
    assert "happiness 87%" in out
    assert "then surprise 7%" in out
    assert "/quit               end; so does" in out


def test_people_of_an_empty_photo_are_nobody(run: Run, tmp_path: Path) -> None:
    code, out, err = run("chat", make_photo(tmp_path / "a.png", people=0), stdin="/people\n")
    assert (code, err) == (0, "")
    assert out.splitlines()[2:] == ["Nobody."]


def test_what_goes_wrong_is_said_and_the_chat_goes_on(run: Run, photo: Path) -> None:
    lines = ["/peple", "break", "How do they feel?"]
    code, out, err = run("chat", photo, stdin="\n".join(lines))
    assert code == 1
    assert "they seem happy" in out
    unknown, broken = err.splitlines()
    assert unknown == "facereason: there is no /peple; /help lists what there is"
    assert broken == "facereason: the model broke; try again"


def test_json_gives_one_line_an_answer_and_nothing_else(run: Run, photo: Path) -> None:
    code, out, err = run("chat", photo, "--json", stdin="How do they feel?\nbreak\n\nWas ist das?\n")
    assert (code, err) == (1, "")
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer.get("outcome") for answer in answers] == ["answered", None, "not understood"]
    assert answers[1] == {"question": "break", "error": "the model broke; try again"}


def test_people_in_json_are_a_line_of_json(run: Run, photo: Path) -> None:
    (line,) = run("chat", photo, "--json", stdin="/people\n").out.splitlines()
    assert [person["number"] for person in json.loads(line)] == [1, 2, 3]


def test_the_example_can_be_talked_about(run: Run) -> None:
    assert run("chat", "--example", stdin="").code == 0


def test_a_chat_needs_a_photo_that_opens(run: Run) -> None:
    code, _, err = run("chat", stdin="How do they feel?\n")
    assert (code, err) == (2, "facereason: no photo given; name one, or use --example\n")
    assert run("chat", "nowhere.jpg").code == 1
    assert run("chat", "nowhere.jpg", "--example").code == 2
