"""Every data set in its published layout, built by the test and read back field by field."""

from __future__ import annotations

import io
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facereason.data import BadRow, DataError, Pose, read, scan
from facereason.types import AgeGroup, Box, EmotionLabel, Gender, Race
from tests.data import layouts, parquet

pytest.importorskip("pyarrow")
E = EmotionLabel


def pixels(image: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(image)))


def test_fer2013_is_read_from_its_csv(tmp_path: Path) -> None:
    layouts.fer2013(tmp_path, [3, 0, 6, 5])
    train = list(read("fer2013", "train", tmp_path))
    assert [(record.id, record.labels) for record in train] == [
        ("fer0000000", (E.HAPPINESS,)),
        ("fer0000003", (E.SURPRISE,)),
    ]
    assert pixels(train[0].image).shape == (48, 48)
    assert pixels(train[0].image)[1, 5] == 53
    assert [record.labels for record in read("fer2013", "test", tmp_path)] == [(E.NEUTRAL,)]


def test_all_seven_labels_of_fer2013_are_its_own_order(tmp_path: Path) -> None:
    layouts.fer2013(tmp_path, [code for code in range(7) for _ in range(3)])
    words = [record.labels[0] for record in read("fer2013", "train", tmp_path) if record.labels]
    assert words == [E.ANGER, E.DISGUST, E.FEAR, E.HAPPINESS, E.SADNESS, E.SURPRISE, E.NEUTRAL]


def test_ferplus_as_released_goes_row_by_row_with_fer2013(tmp_path: Path) -> None:
    layouts.fer2013(tmp_path, [0] * 6)
    nothing, happy, tied = [0] * 10, [1, 8, 0, 0, 0, 0, 0, 0, 1, 0], [0, 0, 5, 0, 0, 0, 5, 0, 0, 0]
    layouts.ferplus_votes(tmp_path, happy, happy, tied, nothing, [0] * 8 + [0, 10], happy)
    (first,) = read("ferplus", "train", tmp_path)
    assert (first.id, first.labels, first.other_votes) == ("fer0000000", (E.HAPPINESS,), (1, 0))
    assert first.votes
    assert (first.votes[E.NEUTRAL], first.votes[E.HAPPINESS]) == (1, 8)
    assert [record.labels for record in read("ferplus", "valid", tmp_path)] == [(E.HAPPINESS,), None]
    assert [record.labels for record in read("ferplus", "test", tmp_path)] == [(E.SURPRISE,), (E.HAPPINESS,)]


def test_votes_that_are_not_those_of_the_pixels_are_refused(tmp_path: Path) -> None:
    layouts.fer2013(tmp_path, [0])
    layouts.ferplus_votes(tmp_path, [10] + [0] * 9, [10] + [0] * 9)
    with pytest.raises(DataError, match=r"row 2 is not that of fer2013\.csv"):
        list(read("ferplus", "train", tmp_path))


def test_fairface_as_released(tmp_path: Path) -> None:
    row = {
        "file": "val/1.jpg",
        "age": "more than 70",
        "gender": "Male",
        "race": "Latino_Hispanic",
        "service_test": True,
    }
    layouts.table(tmp_path / "fairface_label_val.csv", [row])
    image = layouts.image(tmp_path / "val" / "1.jpg")
    (record,) = read("fairface", "val", tmp_path)
    assert (record.id, record.image) == ("val/1", image)
    assert (record.age_group, record.gender, record.race) == (AgeGroup.FROM_70, Gender.MALE, Race.LATINO)


def test_utkface_is_read_from_its_names(tmp_path: Path) -> None:
    for name in ("26_1_2_20170116174525125.jpg.chip.jpg", "70_0_3_20170116174525126.jpg", "39_1_20170116174525125.jpg"):
        layouts.image(tmp_path / name)
    young, broken, old = scan("utkface", "all", tmp_path)
    assert not isinstance(young, BadRow)
    assert not isinstance(old, BadRow)
    assert (young.id, young.age_group, young.gender) == ("26_1_2_20170116174525125", AgeGroup.FROM_20, Gender.FEMALE)
    assert (young.race, young.attributes) == (None, {"years": 26.0, "race": "asian"})
    assert (old.age_group, old.gender, old.race) == (AgeGroup.FROM_70, Gender.MALE, Race.INDIAN)
    assert isinstance(broken, BadRow), "its name lacks the race"
    assert "39_1_20170116174525125" in broken.why


def test_celeba_goes_by_its_two_lists(tmp_path: Path) -> None:
    layouts.text(
        tmp_path / "Anno" / "list_attr_celeba.txt", "2", "Male Smiling", "000001.jpg -1  1", "000002.jpg  1 -1"
    )
    layouts.text(tmp_path / "Eval" / "list_eval_partition.txt", "000001.jpg 0", "000002.jpg 2")
    image = layouts.image(tmp_path / "Img" / "img_align_celeba" / "000001.jpg")
    layouts.image(tmp_path / "Img" / "img_align_celeba" / "000002.jpg")
    (record,) = read("celeba", "train", tmp_path)
    assert (record.id, record.image, record.gender) == ("000001", image, Gender.FEMALE)
    assert record.attributes == {"Male": False, "Smiling": True}
    assert [record.gender for record in read("celeba", "test", tmp_path)] == [Gender.MALE]


def test_celebas_lists_have_to_go_together(tmp_path: Path) -> None:
    layouts.text(tmp_path / "Anno" / "list_attr_celeba.txt", "1", "Male", "000001.jpg -1")
    layouts.text(tmp_path / "Anno" / "list_eval_partition.txt", "000002.jpg 0")
    with pytest.raises(DataError, match=r"000001\.jpg is not next in list_eval_partition\.txt"):
        list(read("celeba", "train", tmp_path))


def test_facet_takes_what_most_annotators_saw(tmp_path: Path) -> None:
    seen = {"skin_tone_3": 1, "skin_tone_4": 2, "hair_color_grey": 1, "has_mask": 1, "age_presentation_older": 1}
    rows = [
        layouts.facet_row(gender_presentation_fem=1, **seen),
        layouts.facet_row(person_id=8, gender_presentation_non_binary=1),
    ]
    layouts.table(tmp_path / "annotations" / "annotations.csv", rows)
    layouts.image(tmp_path / "imgs_2" / "sa_1.jpg")
    woman, other = read("facet", "test", tmp_path)
    assert (woman.id, woman.photo, woman.person) == ("7", "sa_1.jpg", Box(1, 2, 5, 9))
    assert (woman.gender, other.gender) == (Gender.FEMALE, Gender.UNCLEAR)
    told = woman.attributes
    assert (told["class"], told["skin tone"], told["hair colour"], told["age"]) == ("doctor", "4", "grey", "older")
    assert (told["mask"], told["cap"]) == (True, False)
    assert "hair type" not in told


def test_affectnet_in_its_smaller_form(tmp_path: Path) -> None:
    order = [E.NEUTRAL, E.HAPPINESS, E.SADNESS, E.SURPRISE, E.FEAR, E.DISGUST, E.ANGER, E.CONTEMPT]
    for code in range(8):
        layouts.image(tmp_path / "val_set" / "images" / f"{code}.jpg")
        annotations = tmp_path / "val_set" / "annotations"
        annotations.mkdir(exist_ok=True)
        for name, value in (("exp", str(code)), ("val", "-0.25"), ("aro", "0.5")):
            np.save(annotations / f"{code}_{name}.npy", np.array(value))
    records = list(read("affectnet", "val", tmp_path))
    assert [record.labels for record in records] == [(label,) for label in order]
    assert records[0].attributes == {"valence": -0.25, "arousal": 0.5}


def test_affectnet_with_its_lists(tmp_path: Path) -> None:
    head = [
        "subDirectory_filePath",
        "face_x",
        "face_y",
        "face_width",
        "face_height",
        "expression",
        "valence",
        "arousal",
    ]
    rows = [
        ("1/a.jpg", 1, 2, 10, 12, 6, -0.5, 0.5),
        ("1/b.jpg", 0, 0, 5, 5, 9, -2, -2),
        ("1/c.jpg", 0, 0, 5, 5, 11, 0, 0),
    ]
    layouts.table(
        tmp_path / "Manually_Annotated_file_lists" / "training.csv", [dict(zip(head, row, strict=True)) for row in rows]
    )
    for name in "abc":
        layouts.image(tmp_path / "Manually_Annotated_Images" / "1" / f"{name}.jpg")
    angry, uncertain, bad = scan("affectnet", "train", tmp_path)
    assert not isinstance(angry, BadRow)
    assert not isinstance(uncertain, BadRow)
    assert (angry.labels, angry.person) == ((E.ANGER,), Box(1, 2, 10, 12))
    assert (uncertain.labels, uncertain.attributes) == (None, {})
    assert isinstance(bad, BadRow)
    assert "emotion 11 is outside 0 to 7" in bad.why


def test_rafdb_counts_from_one(tmp_path: Path) -> None:
    order = [E.SURPRISE, E.FEAR, E.DISGUST, E.HAPPINESS, E.SADNESS, E.ANGER, E.NEUTRAL]
    names = [f"train_0000{code}" for code in range(1, 8)]
    lines = [f"{name}.jpg {code}" for code, name in enumerate(names, 1)]
    layouts.text(tmp_path / "EmoLabel" / "list_patition_label.txt", *lines, "test_0001.jpg 4")
    for name in (*names, "test_0001"):
        layouts.image(tmp_path / "Image" / "aligned" / f"{name}_aligned.jpg")
    assert [record.labels for record in read("rafdb", "train", tmp_path)] == [(label,) for label in order]
    assert [record.id for record in read("rafdb", "test", tmp_path)] == ["test_0001"]


def test_fea20k_keeps_what_it_says_in_words(tmp_path: Path) -> None:
    row = {
        "id": "x1", "dataset": "RAF-AU", "image": "raf/1.jpg", "question": "What is the emotion of this face?",
        "AUs": ["AU1", "AU4", "AU35"], "labels": ["Sadness"], "description": "Brows are drawn together (AU4).",
        "meta_info": {"fold": 2},
    }  # fmt: skip
    neutral = {**row, "id": "x2", "AUs": [], "labels": ["neutral"]}
    unknown = {"id": "x3", "image": "raf/1.jpg", "labels": ["anger"]}
    layouts.text(tmp_path / "RAF-AU-Train.jsonl", *map(json.dumps, (row, neutral, unknown)))
    layouts.image(tmp_path / "raf" / "1.jpg")
    sad, calm, angry = read("fea20k", "train", tmp_path)
    assert (sad.labels, sad.action_units) == ((E.SADNESS,), {1: None, 4: None})
    assert (sad.question, sad.description) == (row["question"], row["description"])
    assert (sad.meta, sad.attributes) == ({"fold": 2, "other_AUs": [35]}, {"origin": "RAF-AU"})
    assert calm.action_units == {}, "none acts"
    assert angry.action_units is None, "nothing is known"


def faba(folder: str, value: str) -> dict[str, object]:
    return {
        "source": "AffectNet",
        "image": f"FABAInstruct/{folder}/images/a.jpg",
        "id": "a",
        "conversations": [{"from": "human", "value": "What is it?\n<image>"}, {"from": "gpt", "value": value}],
        "landmark": "a.npy",
    }


def test_faba_instruct_has_units_in_its_words_and_in_its_labels(tmp_path: Path) -> None:
    root = tmp_path / "FABAInstruct"
    layouts.image(root / "train" / "images" / "a.jpg")
    layouts.image(root / "eval" / "images" / "a.jpg")
    words = "1. AU4 - Brow Lowerer: the eyebrows are drawn together.\n2. AU15 - Lip Corner Depressor. There is no AU12."
    layouts.listed(root / "train" / "train_au_anno.json", [faba("train", words)])
    held = {"image": "FABAInstruct/eval/images/a.jpg", "label": "4, 9, 99", "gpt4": words, "landmark": "a.npy"}
    layouts.listed(root / "eval" / "eval_au_anno.json", [held])
    (train,) = read("faba-au", "train", tmp_path)
    assert (train.action_units, train.question, train.description) == ({4: None, 15: None}, "What is it?", words)
    (test,) = read("faba-au", "test", tmp_path)
    assert (test.action_units, test.meta) == ({4: None, 9: None}, {"other_AUs": [99]})


def test_faba_instruct_has_emotions_where_it_is_measured(tmp_path: Path) -> None:
    root = tmp_path / "FABAInstruct"
    layouts.image(root / "eval" / "images" / "a.jpg")
    layouts.image(root / "train" / "images" / "a.jpg")
    rows = [
        {"id": str(i), "image": "FABAInstruct/eval/images/a.jpg", "label": label, "gpt4": "Happy."}
        for i, label in enumerate(["Fear", 3, "0"])
    ]
    layouts.listed(root / "eval" / "eval_emotion_anno.json", rows)
    layouts.listed(root / "train" / "train_emotion_anno.json", [faba("train", "She looks calm.")])
    assert [r.labels for r in read("faba-emotion", "test", tmp_path)] == [(E.FEAR,), (E.ANGER,), (E.HAPPINESS,)]
    (train,) = read("faba-emotion", "train", tmp_path)
    assert (train.labels, train.description) == (None, "She looks calm.")


def test_ferbench_asks_about_the_listed_faces(tmp_path: Path) -> None:
    parquet.write(tmp_path / "ferplus-test.parquet", [parquet.ferplus(id, "fear") for id in ("a", "b", "c")])
    layouts.table(tmp_path / "ferbench-ferplus.csv", [{"id": "c", "label": "anger"}, {"id": "a", "label": "fear"}])
    first, second = read("ferbench", "ferplus", tmp_path)
    assert [(r.id, r.labels, r.answer) for r in (first, second)] == [
        ("a", (E.FEAR,), "fear"),
        ("c", (E.ANGER,), "anger"),
    ]
    assert first.question
    assert first.options == tuple(label.value for label in E)
    layouts.table(tmp_path / "ferbench-ferplus.csv", [{"id": "z", "label": "anger"}])
    with pytest.raises(DataError, match=r"1 ids are not in .*, 'z' first"):
        list(read("ferbench", "ferplus", tmp_path))


def test_dori_is_read_by_the_names_that_are_told(tmp_path: Path) -> None:
    layouts.image(tmp_path / "img" / "1.png")
    row = {"qid": "q1", "img": "img/1.png", "q": "Which way?", "choices": {"A": "left", "B": "right"}, "gt": "B"}
    layouts.listed(tmp_path / "questions.json", [row])
    with pytest.raises(DataError, match=r"record 1 has no field image, question.*, but qid, img.*fields\.json"):
        list(read("dori", "test", tmp_path))
    names = {"id": "qid", "image": "img", "question": "q", "options": "choices", "answer": "gt"}
    layouts.listed(tmp_path / "fields.json", names)
    (record,) = read("dori", "test", tmp_path)
    assert (record.id, record.photo, record.question) == ("q1", "img/1.png", "Which way?")
    assert (record.options, record.answer) == (("A. left", "B. right"), "B. right")


def test_rotbench_turns_each_photo_four_ways_counter_clockwise(tmp_path: Path) -> None:
    layouts.dot(tmp_path / "RotBench_small" / "a.png")
    records = list(read("rotbench", "small", tmp_path))
    assert [(record.id, record.answer) for record in records] == [
        ("a.png@0", "0"), ("a.png@90", "90"), ("a.png@180", "180"), ("a.png@270", "270"),
    ]  # fmt: skip
    corners = [(0, 0), (-1, 0), (-1, -1), (0, -1)]
    for record, (row, column) in zip(records, corners, strict=True):
        assert pixels(record.image)[row, column, 0] == 255, record.id
        assert record.options
        assert sorted(record.options) == ["0", "180", "270", "90"]
    assert [record.options for record in read("rotbench", "small", tmp_path)] == [record.options for record in records]
    layouts.dot(tmp_path / "b.png")
    assert len(list(read("rotbench", "photos", tmp_path))) == 4


@pytest.mark.parametrize(
    ("parameters", "pose"),
    [
        ((0.0, 0.5236, 0.0), (-30, 0, 0)),  # yaw > 0 there faces the image's left
        ((0.3491, 0.0, 0.0), (0, 20, 0)),
        ((0.0, 0.0, 0.1745), (0, 0, 10)),
    ],
)
def test_the_angles_of_300w_lp_and_aflw2000_become_ours(
    tmp_path: Path, parameters: tuple[float, ...], pose: tuple[float, ...]
) -> None:
    points = [[3.0, 9.0, -1.0], [4.0, 12.0, -1.0]]
    layouts.mat(tmp_path / "image00002", parameters, points)
    (record,) = read("aflw2000", "test", tmp_path)
    assert record.pose
    assert (record.pose.yaw, record.pose.pitch, record.pose.roll) == pytest.approx(pose, abs=0.01)
    assert record.person == Box(3, 4, 6, 8)
    layouts.mat(tmp_path / "AFW_Flip" / "AFW_1", parameters, points)
    with pytest.raises(DataError, match=r"no file .*AFW/\*\.jpg"):
        list(read("300w-lp", "train", tmp_path))
    for part in ("AFW", "HELEN", "IBUG", "LFPW"):
        for end in ("", "_Flip"):
            layouts.mat(tmp_path / f"{part}{end}" / "x_1", parameters, points)
    assert [r.id for r in read("300w-lp", "train", tmp_path)][:3] == ["AFW/x_1", "AFW_Flip/AFW_1", "AFW_Flip/x_1"]


def test_an_image_without_its_mat_file_is_a_bad_row(tmp_path: Path) -> None:
    layouts.image(tmp_path / "image00004.jpg")
    (bad,) = scan("aflw2000", "test", tmp_path)
    assert isinstance(bad, BadRow)
    assert "no column Pose_Para" in bad.why


def test_biwi_is_read_from_its_matrices(tmp_path: Path) -> None:
    c, s = np.cos(np.radians(25)), np.sin(np.radians(25))
    matrices = {
        "frame_00003": np.eye(3),
        # Camera axes: x right, y down, z away. The face is at -z; about y it goes to the image's left here.
        "frame_00004": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
    }
    for name, matrix in matrices.items():
        lines = [" ".join(map(str, row)) for row in matrix]
        layouts.text(tmp_path / "01" / f"{name}_pose.txt", *lines, "", "10.0 20.0 900.0")
        layouts.image(tmp_path / "01" / f"{name}_rgb.png")
    ahead, left = read("biwi", "all", tmp_path)
    assert (ahead.id, ahead.pose) == ("01/frame_00003", Pose(0, 0, 0))
    assert left.pose
    assert (left.pose.yaw, left.pose.pitch, left.pose.roll) == pytest.approx((-25, 0, 0))


def test_mebow_takes_angles_of_its_own_and_boxes_of_coco(tmp_path: Path) -> None:
    degrees = {"139_1": 180.0, "139_2": 270.0, "139_3": 90.0, "139_4": 0.0, "139_9": 400.0}
    layouts.listed(tmp_path / "annotations" / "val_hoe.json", degrees)
    people = [{"id": i, "image_id": 139, "bbox": [i, 2, 30, 80], "keypoints": [0] * 51} for i in (1, 2, 3, 4, 5, 9)]
    layouts.listed(
        tmp_path / "annotations" / "person_keypoints_val2017.json", {"images": [{"id": 139}], "annotations": people}
    )
    layouts.image(tmp_path / "images" / "val2017" / "000000000139.jpg")
    *seen, bad = scan("mebow", "val", tmp_path)
    records = [record for record in seen if not isinstance(record, BadRow)]
    assert [record.body_orientation for record in records] == [0, 90, -90, 180]
    assert (records[0].id, records[0].person, records[0].photo) == ("139_1", Box(1, 2, 30, 80), "000000000139.jpg")
    assert isinstance(bad, BadRow)


def studio_row() -> dict[str, object]:
    person = {
        "number": 1, "face": [1.0, 2.0, 5.0, 6.0], "head": [0.0, 0.0, 8.0, 8.0], "body_box": None, "visible": 1.0,
        "emotion_asked": "joy", "posture": "standing",
        "AUs": [{"unit": 12, "left": 0.4, "right": 0.6}, {"unit": 4, "left": 0.0, "right": 0.0}],
        "implied": [], "head_pose": {"yaw": 10.0, "pitch": -5.0, "roll": 2.0}, "body_orientation": 30.0,
        "attributes": {"years": 40.0, "glasses": None, "top": "shirt"},
    }  # fmt: skip
    behind = {**person, "number": 2, "face": None, "head": None, "emotion_asked": None, "AUs": []}
    return {
        "id": "s-1", "dataset": "studio/small", "split": "train", "license": "CC0-1.0",
        "image": {"bytes": parquet.colour(5, 16), "path": "s-1.png"}, "people": [person, behind], "spec": "{}",
    }  # fmt: skip


def test_studio_data_is_one_record_a_person(tmp_path: Path) -> None:
    parquet.write(tmp_path / "train-00000.parquet", [studio_row()])
    first, second = read("studio", "train", tmp_path)
    assert (first.id, first.dataset, first.photo) == ("s-1/1", "studio/small", "s-1")
    assert (first.person, first.labels) == (Box(1, 2, 5, 6), (E.HAPPINESS,))
    assert (first.action_units, first.pose) == ({12: 0.6}, Pose(10, -5, 2))
    assert first.body_orientation == 30
    assert first.attributes == {"years": 40.0, "top": "shirt", "posture": "standing"}
    assert (second.person, second.labels, second.action_units) == (None, None, {})


def test_words_for_a_rendered_person_fit_nobody_else_in_the_scene(tmp_path: Path) -> None:
    row = studio_row()
    person = row["people"][0]  # type: ignore[index]
    looks = {"top": "shirt", "top_colour": "red", "hair_style": "short", "hair_colour": "black"}

    def someone(number: int, visible: float = 1.0, **other: str) -> dict[str, object]:
        return {**person, "number": number, "visible": visible, "body_box": [1.0, 2.0, 3.0, 4.0 + number],
                "attributes": looks | other}  # fmt: skip

    row["people"] = [
        someone(1), someone(2, hair_colour="blond"), someone(3, top_colour="blue"), someone(4, 0.3, top="coat"),
        someone(5, top="vest"), someone(6, top="vest"),
    ]  # fmt: skip
    parquet.write(tmp_path / "train-00000.parquet", [row])
    found = list(read("studio", "train", tmp_path))
    assert [each.reference for each in found] == [
        "the person with black hair in the red shirt",
        "the person with blond hair in the red shirt",
        "the person in the blue shirt",
        None,  # hidden
        None,  # two alike
        None,
    ]
    assert found[2].body == Box(1, 2, 3, 7)


def test_an_image_that_is_not_there_is_one_line_and_for_scanning_a_bad_row(tmp_path: Path) -> None:
    layouts.text(tmp_path / "EmoLabel" / "list_patition_label.txt", "test_0001.jpg 4", "test_0002.jpg 9")
    with pytest.raises(DataError, match=r"row 'test_0001': no image .*test_0001_aligned\.jpg \(No such file") as error:
        list(read("rafdb", "test", tmp_path))
    assert "\n" not in str(error.value)
    first, second = scan("rafdb", "test", tmp_path)
    assert [bad.kind for bad in (first, second) if isinstance(bad, BadRow)] == ["image", "label"]


def test_what_is_missing_is_said_with_where_it_is_to_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACEREASON_DATA", raising=False)
    with pytest.raises(DataError, match=r"where is affectnet\?.*mohammadmahoor.*research only, by agreement"):
        list(read("affectnet", "val"))
    with pytest.raises(DataError, match=r"affectnet val: no file .*, or get it: mohammadmahoor"):
        list(read("affectnet", "val", tmp_path))


def test_memory_does_not_grow_with_the_data_set(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        folder = tmp_path / str(rows)
        layouts.image(folder / "a.jpg")
        said = [faba("x", "AU12. " + "word " * 200) | {"image": "a.jpg", "id": str(i)} for i in range(rows)]
        layouts.listed(folder / "FABAInstruct" / "train" / "train_au_anno.json", said)
        del said
        tracemalloc.start()
        assert sum(1 for _ in read("faba-au", "train", folder)) == rows
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(20)  # the claim parser builds its tables once
    assert peak(800) < peak(100) + 300_000, "a row is 1.4 kB, 700 more are 1 MB"
