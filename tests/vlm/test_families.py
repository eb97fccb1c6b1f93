"""What every family writes when it locates, as written out, malformed included; and how a family is told."""

import numpy as np
import pytest

from facereason.types import UsageError
from facereason.vlm import Picture, families
from facereason.vlm.errors import FormatError, UnsupportedError
from facereason.vlm.families import formats, smart_resize
from facereason.vlm.model import Capability

WIDE, HIGH = 640, 480


def boxes(family: families.Family, text: str, sent: tuple[int, int] | None = None) -> list[tuple[object, ...]]:
    found = family.regions(text, WIDE, HIGH, "somebody", sent)
    return [(*(round(side, 1) for side in (r.box.x, r.box.y, r.box.width, r.box.height)), r.text) for r in found]


@pytest.mark.parametrize(
    ("family", "text", "expected"),
    [
        (families.PALIGEMMA, "<loc0256><loc0128><loc0512><loc0256> woman", [(80.0, 120.0, 80.0, 120.0, "woman")]),
        (
            families.PALIGEMMA,
            "<loc0256><loc0128><loc0512><loc0256> woman ; <loc0000><loc0512><loc1023><loc1023> man",
            [(80.0, 120.0, 80.0, 120.0, "woman"), (320.0, 0.0, 319.4, 479.5, "man")],
        ),
        (families.PALIGEMMA, "<loc0512><loc0256><loc0256><loc0128> woman", [(80.0, 120.0, 80.0, 120.0, "woman")]),
        (families.PALIGEMMA, "<loc0256><loc0128><loc0512><loc0256>", [(80.0, 120.0, 80.0, 120.0, "somebody")]),
        (families.PALIGEMMA, "", []),
        (families.PALIGEMMA, "no", []),
        (
            families.PALIGEMMA,
            "<loc0256><loc0128> woman ; <loc0256><loc0128><loc0512><loc0256> man",
            [(80.0, 120.0, 80.0, 120.0, "man")],
        ),
        (
            families.FLORENCE2,
            "</s><s>the woman<loc_125><loc_250><loc_250><loc_500></s>",
            [(80.3, 120.2, 80.0, 120.0, "the woman")],
        ),
        (
            families.FLORENCE2,
            "a man<loc_0><loc_0><loc_499><loc_999><loc_500><loc_0><loc_999><loc_999>",
            [(0.3, 0.2, 319.4, 479.5, "a man"), (320.3, 0.2, 319.4, 479.5, "a man")],
        ),
        (families.FLORENCE2, "a man", []),
        (
            families.FLORENCE2,
            "a<loc_1><loc_2>b<loc_125><loc_250><loc_250><loc_500>",
            [(80.3, 120.2, 80.0, 120.0, "b")],
        ),
        (
            families.QWEN2_5_VL,
            '```json\n[\n  {"bbox_2d": [64, 48, 128, 96], "label": "the woman"}\n]\n```',
            [(63.6, 48.4, 63.6, 48.4, "the woman")],
        ),
        (families.QWEN2_5_VL, '{"bbox_2d": [64, 48, 128, 96]}', [(63.6, 48.4, 63.6, 48.4, "somebody")]),
        (families.QWEN2_5_VL, "[64, 48, 128, 96]", [(63.6, 48.4, 63.6, 48.4, "somebody")]),
        (
            families.QWEN2_5_VL,
            '[{"bbox_2d": [64, 48, 128, 96], "label": "a"}, {"bbox_2d": [1, 2, 3',
            [(63.6, 48.4, 63.6, 48.4, "a")],
        ),
        (families.QWEN2_5_VL, '[{"point_2d": [322, 238], "label": "nose"}]', [(320.0, 240.0, 0.0, 0.0, "nose")]),
        (families.QWEN2_5_VL, "[]", []),
        (families.QWEN2_5_VL, "There is no such person in the picture.", []),
        (families.QWEN3_VL, '[{"bbox_2d": [100, 100, 200, 200], "label": "w"}]', [(64.0, 48.0, 64.0, 48.0, "w")]),
        (
            families.QWEN2_VL,
            "<|object_ref_start|>the man<|object_ref_end|><|box_start|>(100,100),(200,200)<|box_end|>",
            [(64.0, 48.0, 64.0, 48.0, "the man")],
        ),
        # in the middle of a square of 640: 80 pixels of margin above and below
        (families.LLAVA, "[0.25, 0.5, 0.5, 0.75]", [(160.0, 240.0, 160.0, 160.0, "somebody")]),
        (families.LLAVA, "It is at [0.25, 0.5, 0.5, 0.75].", [(160.0, 240.0, 160.0, 160.0, "somebody")]),
        (families.LLAVA, "[0, 0.0, 1, 1.0]", [(0.0, 0.0, 640.0, 480.0, "somebody")]),
        (families.LLAVA, "[0.0, 0.0, 1.0, 0.1]", []),  # in the margin
        (
            families.LLAVA,
            "[0.25, 0.5, 0.5, 0.75], [2, 3, 4, 5] and [0.5, 0.25, 0.75, 0.5]",
            [(160.0, 240.0, 160.0, 160.0, "somebody"), (320.0, 80.0, 160.0, 160.0, "somebody")],
        ),
        (families.LLAVA, "I see no such person.", []),
    ],
)
def test_what_a_family_writes_becomes_boxes_in_pixels(
    family: families.Family, text: str, expected: list[tuple[object, ...]]
) -> None:
    assert boxes(family, text) == expected


@pytest.mark.parametrize(
    ("family", "text"),
    [
        (families.PALIGEMMA, "<loc0256><loc0128> woman"),
        (families.PALIGEMMA, "<loc9999><loc0128><loc9999><loc0000> woman"),
        (families.FLORENCE2, "a man<loc_1><loc_2><loc_3>"),
        (families.QWEN2_5_VL, '[{"bbox_2d": [64, 48, 128], "label": "a"}]'),
        (families.QWEN2_5_VL, '[{"bbox_2d": ["a", "b", "c", "d"]}]'),
        (families.QWEN2_5_VL, "[64, 48,"),
        (families.QWEN3_VL, '{"label": "woman"}'),
        (families.LLAVA, "[0.25, 0.5, 0.5]"),
        (families.LLAVA, "[160, 240, 320, 400]"),
    ],
)
def test_a_reply_without_a_place_that_can_be_read_is_an_error_with_its_text(family: families.Family, text: str) -> None:
    with pytest.raises(FormatError, match="no place can be read") as caught:
        family.regions(text, WIDE, HIGH)
    assert caught.value.text == text


def test_boxes_are_cut_at_the_edges_and_left_out_beyond_them() -> None:
    text = '[{"bbox_2d": [-50, 500, 500, 1200]}, {"bbox_2d": [1100, 0, 1200, 100]}]'
    assert boxes(families.QWEN3_VL, text) == [(0.0, 240.0, 320.0, 240.0, "somebody")]


def test_boxes_of_a_picture_that_was_sent_smaller_are_in_pixels_of_the_whole_one() -> None:
    text = '[{"bbox_2d": [28, 28, 56, 56]}]'
    assert boxes(families.QWEN2_5_VL, text, sent=(112, 84)) == [(160.0, 160.0, 160.0, 160.0, "somebody")]


def test_words_read_in_the_picture_come_as_boxes_around_their_corners() -> None:
    (place,) = formats.florence_quads("EXIT<loc_10><loc_20><loc_30><loc_22><loc_29><loc_40><loc_11><loc_38>")
    assert place.corners == (10.5, 20.5, 30.5, 40.5)
    assert place.text == "EXIT"


@pytest.mark.parametrize(
    ("size", "expected"),
    [((640, 480), (644, 476)), ((10, 10), (56, 56)), ((20000, 10000), (5068, 2520)), ((28, 28), (56, 56))],
)
def test_qwen_looks_at_pictures_in_multiples_of_its_patch(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert smart_resize(*size, 28, 56 * 56, 28 * 28 * 16384) == expected


def test_llava_is_shown_pictures_in_the_middle_of_a_square_when_it_locates() -> None:
    pixels = np.full((2, 5, 3), 255, np.uint8)
    asked = families.LLAVA.locating(Picture(pixels), "the man")
    (shown,) = asked.pictures
    assert shown.pixels.shape == (5, 5, 3)
    assert (shown.pixels[1:3] == 255).all()
    assert (shown.pixels[[0, 3, 4]] == (122, 116, 104)).all()
    assert asked.messages[0].text.endswith("describes: the man.")


def test_a_picture_too_narrow_for_qwen_is_refused() -> None:
    with pytest.raises(UsageError, match="too narrow"):
        smart_resize(2100, 10, 28, 56 * 56, 28 * 28 * 16384)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("google/paligemma2-3b-mix-224", "paligemma"),
        ("google/paligemma-3b-pt-224", "paligemma"),
        ("florence-community/Florence-2-large", "florence2"),
        ("Qwen/Qwen2.5-VL-7B-Instruct", "qwen2_5_vl"),
        ("Qwen/Qwen3-VL-8B-Instruct", "qwen3_vl"),
        ("Qwen/Qwen2-VL-7B-Instruct", "qwen2_vl"),
        ("HuggingFaceM4/Idefics3-8B-Llama3", "idefics3"),
        ("HuggingFaceTB/SmolVLM2-2.2B-Instruct", "smolvlm"),
        ("llava-hf/llava-1.5-7b-hf", "llava"),
        ("llava-hf/llava-v1.6-mistral-7b-hf", "llava_next"),
        ("google/gemma-3-4b-it", "gemma3"),
        ("openai/clip-vit-large-patch14", "clip"),
        ("google/siglip2-base-patch16-224", "siglip"),
        ("gpt-4o", "chat"),
    ],
)
def test_the_family_is_told_by_the_name_of_the_checkpoint(name: str, family: str) -> None:
    assert families.of_name(name).name == family


def test_a_configuration_of_no_known_family_is_refused_with_those_known() -> None:
    with pytest.raises(UsageError, match="models of type bert are of no family known here; known are clip"):
        families.of_config("bert")


def test_only_families_that_ground_declare_it_and_others_refuse() -> None:
    for family in families.FAMILIES:
        assert (family.grounding is not None) == (Capability.LOCATE in family.can), family.name
    picture = Picture(np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(UnsupportedError, match="Gemma 3 does not locate"):
        families.GEMMA3.locating(picture, "the man")
