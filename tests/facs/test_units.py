"""Action units: table, codes, letters, prototypes, what goes together."""

import subprocess
import sys

import pytest

from facereason.facs import (
    CONFLICTS,
    EYE_CODES,
    HEAD_CODES,
    PROTOTYPES,
    UNITS,
    Code,
    Conflict,
    Side,
    code,
    conflicts,
    describe,
    implied,
    intensity,
    letter,
    parse_code,
    unit,
)
from facereason.types import EmotionLabel, FaceReasonError

NUMBERS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 18, 20, 22, 23, 24, 25, 26, 27, 28, 43)


def test_the_table_has_the_23_units_of_the_project_in_order():
    assert tuple(UNITS) == NUMBERS
    assert all(number == row.number for number, row in UNITS.items())
    assert all(row.name and row.muscle and row.words for row in UNITS.values())


def test_names_and_words_tell_the_units_apart():
    assert len({row.name for row in UNITS.values()}) == len(UNITS)
    assert len({row.words for row in UNITS.values()}) == len(UNITS)


def test_head_and_eye_codes_are_names_only_and_apart_from_the_units():
    assert tuple(HEAD_CODES) == tuple(range(51, 59))
    assert tuple(EYE_CODES) == tuple(range(61, 65))
    assert HEAD_CODES[51] == "head turn left"


def test_the_tables_cannot_be_changed():
    with pytest.raises(TypeError):
        UNITS[3] = UNITS[1]  # type: ignore[index]


def test_a_unit_is_found_by_its_number_and_written_and_described():
    assert unit(12).name == "lip corner puller"
    assert unit(12).muscle == "zygomaticus major"
    assert code(12) == "AU12"
    assert describe(12) == "AU12 (lip corner puller): lip corners pulled up"


@pytest.mark.parametrize("number", [0, 3, -12, 51, 99])
def test_an_unknown_unit_is_one_line_that_names_the_known_ones(number):
    with pytest.raises(FaceReasonError, match=r"no action unit .*: known are 1, 2, 4, .*43$") as caught:
        unit(number)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_code_reads_back_to_its_unit(number):
    assert parse_code(code(number)) == Code(unit=number)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AU12C", Code(unit=12, intensity=0.6)),
        (" au 12 ", Code(unit=12)),
        ("12", Code(unit=12)),
        ("AU06", Code(unit=6)),
        ("AU_6", Code(unit=6)),
        ("L12", Code(unit=12, side=Side.LEFT)),
        ("AUR14b", Code(unit=14, intensity=0.4, side=Side.RIGHT)),
    ],
)
def test_codes_are_read_with_intensity_and_side(text, expected):
    assert parse_code(text) == expected


@pytest.mark.parametrize("text", ["", "AU", "AU12F", "AU3", "AU45", "AU123", "smile", "AU12 and AU6", "AU١٢"])
def test_what_is_no_code_of_a_known_unit_is_refused_in_one_line(text):
    with pytest.raises(FaceReasonError) as caught:
        parse_code(text)
    assert "\n" not in str(caught.value)


def test_letters_are_steps_of_a_fifth_and_read_back():
    assert [intensity(each) for each in "ABCDE"] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert [letter(intensity(each)) for each in "abcde"] == list("ABCDE")


@pytest.mark.parametrize(
    ("value", "expected"), [(0, ""), (1e-12, "A"), (0.2, "A"), (0.21, "B"), (0.6000000000000001, "C"), (1, "E")]
)
def test_an_intensity_has_the_letter_of_its_step(value, expected):
    assert letter(value) == expected


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_an_intensity_out_of_range_is_refused(value):
    with pytest.raises(FaceReasonError, match="from 0 to 1"):
        letter(value)


@pytest.mark.parametrize("wrong", ["", "F", "AB", "1"])
def test_what_is_no_letter_is_refused(wrong):
    with pytest.raises(FaceReasonError, match=r"A .trace. to E"):
        intensity(wrong)


def test_every_emotion_has_a_prototype_of_known_units():
    assert set(PROTOTYPES) == set(EmotionLabel)
    assert all(number in UNITS for prototype in PROTOTYPES.values() for number in prototype.units)
    assert PROTOTYPES[EmotionLabel.NEUTRAL].units == ()
    assert PROTOTYPES[EmotionLabel.HAPPINESS].units == (6, 12)
    assert PROTOTYPES[EmotionLabel.FEAR].units == (1, 2, 4, 5, 7, 20, 26)


def test_contempt_alone_is_one_sided_and_its_units_can_be():
    assert [label for label, prototype in PROTOTYPES.items() if prototype.one_sided] == [EmotionLabel.CONTEMPT]
    assert all(UNITS[number].sided for number in PROTOTYPES[EmotionLabel.CONTEMPT].units)


def test_prototypes_contain_no_conflict():
    assert all(conflicts(prototype.units) == () for prototype in PROTOTYPES.values())


def test_an_open_jaw_implies_parted_lips():
    assert implied([26]) == {25, 26}
    assert implied([27, 4]) == {4, 25, 27}
    assert implied([12]) == {12}
    assert implied([]) == frozenset()


@pytest.mark.parametrize("pair", [(26, 27), (23, 24), (23, 28), (24, 28), (5, 43), (18, 20)])
def test_units_that_exclude_each_other_conflict_in_any_order(pair):
    assert conflicts(pair) == conflicts(pair[::-1]) == (Conflict(units=pair),)


def test_smile_and_frown_of_the_mouth_conflict_only_weakly():
    assert conflicts([12, 15]) == (Conflict(units=(12, 15), weakly=True),)
    assert [conflict.units for conflict in CONFLICTS if conflict.weakly] == [(12, 15)]


def test_several_conflicts_are_all_named():
    assert len(conflicts([23, 24, 28])) == 3


def test_importing_the_room_loads_no_heavy_package():
    script = "import sys, facereason.facs; print(sorted({'yaml', 'numpy', 'lark', 'PIL'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
