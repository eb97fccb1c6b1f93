"""The lexicon as data: consistent with the grammar, with itself and with the labels of the project."""

from __future__ import annotations

from facereason.agent.grammar.meaning import Meaning
from facereason.agent.grammar.parsing import _parser
from facereason.agent.grammar.words import LOCATED, NAME, UNKNOWN, lexicon, sentences
from facereason.facs import emotions
from facereason.types import AgeGroup, Colour, Gender, Race, Topic

VALUES = {
    "GENDER": set(Gender),
    "RACE": set(Race),
    "COLOUR": set(Colour),
    "BLONDE": set(Colour),
    "BRUNETTE": set(Colour),
    "DECADE": set(AgeGroup),
}


def terminals_of_the_grammar() -> set[str]:
    return {name for _, names, _ in _parser().rules for name in names}


def test_every_word_of_the_grammar_is_spelled_in_the_lexicon_and_the_other_way_round() -> None:
    spelled = {terminal for terminal, _ in lexicon().phrases.values()} - {"OF_PHOTO"}
    assert terminals_of_the_grammar() - {NAME, UNKNOWN, LOCATED} == spelled


def test_the_grammar_stays_small_enough_to_be_built_at_every_start() -> None:
    assert len(_parser().rules) < 1250


def test_feelings_are_emotions_that_the_project_knows() -> None:
    feelings = {value for terminal, value in lexicon().phrases.values() if terminal.startswith(("FEELING_M", "EMOT"))}
    feelings |= {value for terminal, value in lexicon().phrases.values() if terminal == "FEELING"}
    feelings -= {"smile"}  # what the lip corners do, not a label
    assert {str(emotions.emotion(label)) for value in feelings for label in value.split(" or ")} == {
        label.value for label in emotions.ORDER
    }


def test_every_adjective_of_an_emotion_can_be_asked_for() -> None:
    for label in emotions.ORDER:
        assert lexicon().phrases[(emotions.adjective(label),)] == ("FEELING", label.value)


def test_values_are_those_of_the_records() -> None:
    for terminal, value in lexicon().phrases.values():
        if terminal in VALUES:
            assert set(value.split(" or ")) <= VALUES[terminal], (terminal, value)


def test_nouns_and_ages_are_complete() -> None:
    nouns = {value for terminal, value in lexicon().phrases.values() if terminal in ("PERSON", "PEOPLE", "FACE")}
    assert nouns <= set(lexicon().nouns)
    for says in lexicon().nouns.values():
        assert Topic.AGE not in says or says[Topic.AGE] in lexicon().ages
    for core, edge in lexicon().ages.values():
        assert core | edge <= set(AgeGroup)
        assert not core & edge


def test_what_is_said_out_of_courtesy_leaves_no_token() -> None:
    assert sentences("Hello, please, thank you!") == []
    (words,) = sentences("Could you please tell me how old she is, thanks?")
    assert [word.type for word in words] == ["HOW", "AGE", "SHE", "IS"]


def test_tokens_know_their_place_in_the_question() -> None:
    question = "Isn't the woman  in red happy?"
    (words,) = sentences(question)
    assert [question[word.start : word.end] for word in words if word.type == "PERSON"] == ["woman"]
    assert [word.type for word in words] == ["IS", "NOT", "THE", "PERSON", "IN", "COLOUR", "FEELING"]


def test_every_rule_that_makes_a_node_has_a_meaning() -> None:
    made = {rule.alias or rule.origin.name for rule in _parser().lark.rules if rule.alias or not rule.options.expand1}
    without = {str(name) for name in made if not str(name).startswith("_") and not hasattr(Meaning, str(name))}
    assert without == set()
