"""Templates: questions kept under a name."""

from pathlib import Path

import pytest

from facereason.agent.grammar.understand import understand
from facereason.sessions import templates
from facereason.types import UsageError


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("FACEREASON_HOME", str(tmp_path))
    return tmp_path


def written(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text)
    return str(path)


def test_shipped_templates_ask_what_is_understood() -> None:
    for name, _ in templates.names():
        for question in templates.load(name).filled({}):
            assert understand(question)


def test_parameters_are_filled_and_their_defaults_used(tmp_path: Path) -> None:
    name = written(tmp_path, "questions: ['How does $who feel?', 'It costs $$5 of $who']\ndefaults: {who: she}\n")
    template = templates.load(name)
    assert template.parameters == ("who",)
    assert template.filled({}) == ("How does she feel?", "It costs $5 of she")
    assert template.filled({"who": "the man"})[0] == "How does the man feel?"


def test_ones_own_come_before_shipped_ones(home: Path) -> None:
    (home / "templates").mkdir()
    (home / "templates" / "face.yaml").write_text("questions: Who is there?\n")
    assert templates.load("face").questions == ("Who is there?",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("questions: ['Why?']\nmodle: x\n", "unknown key modle"),
        ("questions: []\n", "at least one"),
        ("about: x\n", "missing questions"),
        ("questions: ['it costs $5']\n", "a lone \\$"),
        ("questions: ['Why?']\nrace: maybe\n", "expected bool"),
        ("questions: [: :\n", "is no YAML"),
    ],
)
def test_what_is_wrong_is_told_with_the_file(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        templates.load(written(tmp_path, text))
    assert "mine.yaml" in str(error.value)


def test_parameters_that_are_missing_or_too_many_are_named(tmp_path: Path) -> None:
    template = templates.load(written(tmp_path, "questions: ['How does $who feel?']\n"))
    with pytest.raises(UsageError, match="needs who: give it by --param who="):
        template.filled({})
    with pytest.raises(UsageError, match="no parameter whom; it has: who"):
        template.filled({"who": "she", "whom": "he"})


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(UsageError, match="no template nope; there are: face, group"):
        templates.load("nope")
