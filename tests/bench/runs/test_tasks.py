"""What tasks ask, and what is true of it."""

from __future__ import annotations

import dataclasses
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("pyarrow")

from facereason import images, scoring
from facereason.bench import renders
from facereason.bench.report import writing
from facereason.bench.runs import results, rows
from facereason.bench.runs.running import folder
from facereason.bench.tasks import catalogue, crowd, orientation, robustness
from facereason.bench.tasks.task import Question, Source
from facereason.data import BadRow, DataError
from facereason.scoring import Disposition
from facereason.types import UsageError
from facereason.vlm.messages import Request
from tests.bench.runs import asked
from tests.data import layouts, parquet


def questions(task: str, **source: Any) -> list[Question]:
    found = list(catalogue.known()[task].questions(Source(**source)))
    assert not [each for each in found if isinstance(each, BadRow)]
    return [each for each in found if isinstance(each, Question)]


def pixels(question: Question, place: int = 0) -> Any:
    return np.asarray(Image.open(io.BytesIO(question.pictures[place])))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two upright photos, each with one white corner, top left."""
    for name in ("a.png", "b.png"):
        layouts.dot(tmp_path / "photos" / name)
    return tmp_path / "photos"


def test_every_task_has_another_name_a_known_scorer_and_a_prompt() -> None:
    known = catalogue.known()
    assert all(name == task.name and "/" in name for name, task in known.items())
    assert all(scoring.scorer(task.scorer) for task in known.values())
    assert all(len(task.prompt_sha256) == 16 for task in known.values())
    asked_for = (
        "fer ferbench fea attributes rotbench dori orientation headpose bodies fairness robustness crowd sweeps "
    )
    asked_for += "multiperson faithfulness"
    assert set(asked_for.split()) == catalogue.suites().keys()


def test_an_unknown_suite_is_wrong_usage_that_lists_those_there_are() -> None:
    with pytest.raises(UsageError, match="no suite 'fear' that asks a model: there are fer, ferbench"):
        catalogue.tasks(["fear"])


def test_the_same_task_of_two_suites_is_asked_once() -> None:
    names = [task.name for task in catalogue.tasks(["fairness", "attributes/gender"])]
    assert names == ["attributes/gender", "attributes/age", "attributes/facet-gender", "attributes/facet-age"]


def test_a_prompt_hash_changes_with_the_words() -> None:
    task = catalogue.known()["fer/ferplus"]
    assert dataclasses.replace(task, prompt="Which emotion?").prompt_sha256 != task.prompt_sha256


# -------------------------------------------------------------------------------------------------------------- emotion


def test_fer_leaves_out_what_is_no_emotion_and_keeps_ties(tmp_path: Path) -> None:
    rows_ = [
        parquet.ferplus("a", "happiness"),
        parquet.ferplus("b", "unknown", unknown=10),
        parquet.ferplus("c", "fear", fear=5, surprise=5),
    ]
    parquet.write(tmp_path / "ferplus-test.parquet", rows_)
    found = questions("fer/ferplus", folder=str(tmp_path))
    assert [(each.id, each.truth["answer"], each.groups["majority"]) for each in found] == [
        ("a", "happiness", "yes"),
        ("c", "fear", "no"),
    ]
    assert "- contempt" in found[0].text
    published = questions("fer/ferplus-published", folder=str(tmp_path))
    assert published[0].text == "what is the emotion of the person in the image?"


def test_fea_20k_is_scored_by_units_label_and_reference(tmp_path: Path) -> None:
    layouts.image(tmp_path / "x.png")
    record = {"id": 1, "image": "x.png", "question": "What is the emotion of this face?", "labels": ["Happiness"]}
    record |= {"AUs": ["AU6", "AU12"], "description": "Cheeks raised (AU6), lip corners pulled up (AU12)."}
    layouts.text(tmp_path / "fea_test.jsonl", json.dumps(record))
    reply = "<think>Cheeks raised (AU6), lip corners pulled up (AU12).</think><answer>happiness</answer>"
    asked.run(tmp_path / "run", tmp_path, "fea/fea20k", says=reply)
    (result,) = results.results(tmp_path / "run")
    values = {each.name: each.value for each in result.measures}
    assert (values["accuracy"], values["action units, macro F1"], values["ROUGE-L of the thought"]) == (1.0, 1.0, 1.0)
    assert (values["in form"], values["claimed action units that the face has"]) == (1.0, 1.0)


# ----------------------------------------------------------------------------------------------------------- attributes


def test_attributes_are_asked_in_our_words_and_in_the_published_ones(tmp_path: Path) -> None:
    asked.fairface(tmp_path)
    ours = questions("attributes/age", folder=str(tmp_path))
    published = questions("attributes/age-published", folder=str(tmp_path))
    assert published[0].text == "what is the age group of the person in the image?"
    assert "- 70+" in ours[0].text
    assert ours[0].groups == {"gender": "female", "age": "20-29", "race": "white"}


def test_race_is_counted_with_classes_merged_beside_seven(tmp_path: Path) -> None:
    parquet.write(tmp_path / "fairface-val.parquet", [parquet.fairface("a", race="East Asian")])
    asked.run(tmp_path / "run", tmp_path, "attributes/race", says="southeast asian")
    (result,) = results.results(tmp_path / "run")
    assert result.of("accuracy").value == 0.0  # type: ignore[union-attr]
    assert result.of("accuracy, merged classes").value == 1.0  # type: ignore[union-attr]


def test_fairness_has_groups_intersections_gap_worst_group_and_a_test(tmp_path: Path) -> None:
    """A model that sees every white face as it is and none of the black ones."""
    asked.fairface(tmp_path, 160)
    truth = {
        scoring_hash(each): (each.truth["answer"], each.groups["race"])
        for each in questions("attributes/gender", folder=str(tmp_path))
    }

    def says(request: Request) -> str:
        gender, race = truth[request.pictures[0].sha256]
        return gender if race == "white" else {"female": "male", "male": "female"}[gender]

    asked.run(tmp_path / "run", tmp_path, "attributes/gender", says=says)
    (result,) = results.results(tmp_path / "run")
    assert result.of("accuracy", "race", "white").value == 1.0  # type: ignore[union-attr]
    assert result.of("accuracy", "race", "black").value == 0.0  # type: ignore[union-attr]
    gap = result.of("largest gap", "race")
    assert gap is not None
    assert (gap.value, gap.n) == (1.0, 160)
    assert gap.p is not None
    assert gap.p < 0.01
    assert "worst black 0.0 (n 80)" in gap.note
    both = result.of("accuracy", "race and gender", "black, male")
    assert both is not None
    assert (both.value, both.n) == (0.0, 40)
    fair = result.of("largest gap", "gender")
    assert fair is not None
    assert fair.p is not None
    assert fair.p > 0.5


def scoring_hash(question: Question) -> str:
    from facereason.vlm import Picture

    return Picture(images.open(question.pictures[0]).pixels).sha256


# ------------------------------------------------------------------------------------------------------------- rotation


def test_every_photo_is_shown_in_four_turns_and_three_runs(photos: Path) -> None:
    found = questions("rotbench/plain", photos=str(photos))
    assert len(found) == len({each.id for each in found}) == 2 * 4 * 3
    assert Counter(each.truth["answer"] for each in found) == {"0": 6, "90": 6, "180": 6, "270": 6}
    assert {each.photo for each in found} == {"a.png", "b.png"}
    assert {(each.temperature, each.max_tokens) for each in found} == {(0.3, 16)}
    assert len({tuple(each.truth["options"]) for each in found}) > 4, "options are shuffled"


@pytest.mark.parametrize(("turned", "row", "column"), [("0", 0, 0), ("90", -1, 0), ("180", -1, -1), ("270", 0, -1)])
def test_turns_are_counter_clockwise(photos: Path, turned: str, row: int, column: int) -> None:
    shown = next(each for each in questions("rotbench/plain", photos=str(photos)) if each.truth["answer"] == turned)
    assert pixels(shown)[row, column].tolist() == [255, 255, 255]


def test_the_right_letter_is_right_whatever_the_shuffle(photos: Path) -> None:
    for each in questions("rotbench/plain", photos=str(photos)):
        letter = "ABCD"[each.truth["options"].index(each.truth["answer"])]
        assert f"{letter}. {each.truth['answer']}" in each.text
        assert scoring.SCORERS["choice"](letter, each.truth).outcome is Disposition.RIGHT


def test_side_by_side_shows_the_photo_and_its_four_turns(photos: Path) -> None:
    shown = questions("rotbench/side-by-side", photos=str(photos))[0]
    assert pixels(shown).shape == (12, 12 + 12 + 8 + 12 + 8 + 4 * 8, 3)  # photos of 12 x 8, upright and on their sides


def test_votes_take_off_what_was_added(photos: Path, tmp_path: Path) -> None:
    """A model that sees how the picture lies, but is wrong when it lies upside down."""

    def says(request: Request) -> str:
        shown = request.pictures[0].pixels
        corners = {"0": (0, 0), "90": (-1, 0), "180": (-1, -1), "270": (0, -1)}
        lies = next(turn for turn, (row, column) in corners.items() if shown[row, column, 0] == 255)
        return "0" if lies == "180" else lies

    asked.run(tmp_path / "run", tmp_path, "rotbench/voting", says=says, photos=str(photos))
    (result,) = results.results(tmp_path / "run")
    assert result.of("accuracy").value == 0.75  # type: ignore[union-attr]
    voted = result.of("accuracy of votes")
    assert voted is not None
    assert (voted.value, voted.n, voted.photos, voted.interval) == (1.0, 24, 2, "Wilson, photos")
    assert voted.low == pytest.approx(scoring.wilson(2, 2)[0])


def test_the_confusion_of_90_with_270_is_told(photos: Path, tmp_path: Path) -> None:
    asked.run(tmp_path / "run", tmp_path, "rotbench/plain", says="270", photos=str(photos))
    (result,) = results.results(tmp_path / "run")
    assert result.of("90 taken for 270").value == 1.0  # type: ignore[union-attr]
    assert result.of("270 taken for 90").value == 0.0  # type: ignore[union-attr]
    confused = result.of("90 and 270 confused")
    assert confused is not None
    assert (confused.value, confused.n, confused.photos) == (0.5, 12, 2)
    assert result.of("accuracy", "turned", "270").value == 1.0  # type: ignore[union-attr]
    writing.report([tmp_path / "run"], tmp_path / "report")
    for name in ("index.html", "report.md", "report.csv"):
        assert "90 and 270 confused" in (tmp_path / "report" / name).read_text(encoding="utf-8")


def test_votes_confuse_too(photos: Path, tmp_path: Path) -> None:
    """A model that sees sides the wrong way round: so do its votes."""

    def says(request: Request) -> str:
        shown = request.pictures[0].pixels
        corners = {"0": (0, 0), "270": (-1, 0), "180": (-1, -1), "90": (0, -1)}
        return next(turn for turn, (row, column) in corners.items() if shown[row, column, 0] == 255)

    asked.run(tmp_path / "run", tmp_path, "rotbench/voting", says=says, photos=str(photos))
    (result,) = results.results(tmp_path / "run")
    assert result.of("90 and 270 confused").value == 1.0  # type: ignore[union-attr]
    by_votes = result.of("90 and 270 confused, by votes")
    assert by_votes is not None
    assert by_votes.n == 12


def test_aids_are_those_of_the_photo_as_it_lies(photos: Path, tmp_path: Path) -> None:
    for turned in (0, 90, 180, 270):
        captions = {"a.png": f"A corner, {turned}.", "b.png": "x"}
        layouts.listed(photos / "Aux" / "captions" / f"rot{turned}" / "GPT4o.json", captions)
        boxes = {"a.png": {"corner": [0, 0, 0.2, 0.25]}, "b.png": {}}
        layouts.listed(photos / "Aux" / "bounding_boxes" / f"rot{turned}" / "GPT4o.json", boxes)
        for name in captions:
            layouts.image(photos / "Aux" / "depth_maps" / f"rot{turned}" / name, 7)
    captioned = {
        each.groups["turned"]: each
        for each in questions("rotbench/caption", photos=str(photos))
        if each.photo == "a.png"
    }
    assert '"A corner, 90."' in captioned["90"].text
    assert '{"corner": [0, 0, 0.2, 0.25]}' in questions("rotbench/boxes", photos=str(photos))[0].text
    shown = pixels(questions("rotbench/depth", photos=str(photos))[0])
    assert (shown.shape, shown[0, -1].tolist()) == ((8, 12 + 8 + 12, 3), [7, 7, 7])


def test_aids_that_are_not_there_are_told(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Aux/captions/rot0: 0 JSON files, not one.*Get_Additional_Info"):
        questions("rotbench/caption", photos=str(photos))
    ended = asked.run(tmp_path / "run", tmp_path, "rotbench/depth", says="0", photos=str(photos))
    assert (ended.reports["rotbench/depth"].done, ended.reports["rotbench/depth"].failed) == (0, 2 * 4 * 3)
    (result,) = results.results(tmp_path / "run")
    assert "no depth of it in" in result.warnings[0]


def test_photos_may_be_those_of_a_data_set(tmp_path: Path) -> None:
    asked.fairface(tmp_path, 5)
    found = questions("rotbench/plain", folder=str(tmp_path), photos="fairface:val", limit=2)
    assert {each.photo for each in found} == {"v0000", "v0001"}


def test_no_photos_is_told_with_where_rotbenchs_are_to_be_had(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no photos in .*--photos; RotBench's own are to be had at tianyin/RotBench"):
        questions("rotbench/plain", folder=str(tmp_path))


# ------------------------------------------------------------------------------------ DORI, orientation, crowd, changes


def dori(folder_: Path, *levels: str, **more: Any) -> None:
    layouts.image(folder_ / "x.jpg")
    lines = []
    for number, level in enumerate(levels):
        record = {"id": number, "image": "x.jpg", "question": "Which way does it face?", "answer": "B", "level": level}
        record["options"] = {"A": "left", "B": "right", "C": "Cannot be determined"}
        record["dimension"] = ("Frontal alignment", "relative_direction")[number % 2]
        lines.append(json.dumps(record | more))
    layouts.text(folder_ / "dori.jsonl", *lines)


def test_dori_is_asked_by_its_own_options(tmp_path: Path) -> None:
    dori(tmp_path, "coarse", "granular")
    (question,) = questions("dori/coarse", folder=str(tmp_path))
    assert "B. right" in question.text
    assert question.truth["answer"] == "right"
    assert scoring.SCORERS["choice"]("B", question.truth).outcome is Disposition.RIGHT
    assert scoring.SCORERS["choice"]("Cannot be determined", question.truth).outcome is Disposition.WRONG
    (other,) = questions("dori/granular", folder=str(tmp_path))
    assert (question.id, other.id, other.groups) == ("0", "1", {"dimension": "relative direction"})


def test_doris_levels_stand_apart_with_figures_of_each_dimension(tmp_path: Path) -> None:
    dori(tmp_path, "coarse", "coarse", "coarse", "fine-grained", answer="A")
    replies = iter(["A", "B", "C", "A"])
    asked.run(tmp_path / "run", tmp_path, "dori", says=lambda request: next(replies), in_flight=1)
    coarse, granular = results.results(tmp_path / "run")
    assert (len(coarse.rows), len(granular.rows)) == (3, 1)
    assert coarse.of("accuracy", "dimension", "frontal alignment").value == 0.5  # type: ignore[union-attr]
    assert coarse.of("accuracy", "dimension", "relative direction").value == 0.0  # type: ignore[union-attr]
    assert coarse.of("mean of 2 dimensions").value == 0.25  # type: ignore[union-attr]
    assert coarse.of("said that it cannot be determined").value == pytest.approx(1 / 3)  # type: ignore[union-attr]
    assert granular.of("accuracy").value == 1.0  # type: ignore[union-attr]


def test_doris_kinds_may_be_told_by_field_or_by_file_and_have_to_be_told(tmp_path: Path) -> None:
    layouts.image(tmp_path / "x.jpg")
    record = {"id": 7, "image": "x.jpg", "question": "Which way?", "answer": "B", "options": ["A. left", "B. right"]}
    layouts.text(tmp_path / "canonical_1.jsonl", json.dumps(record | {"granularity": "Coarse"}))
    with pytest.raises(DataError, match=r"record '7' tells no level; say in fields\.json .*which field.*\"files\""):
        questions("dori/coarse", folder=str(tmp_path))
    told = {"level": "granularity", "files": {"canonical*": {"dimension": "canonical orientation"}}}
    layouts.listed(tmp_path / "fields.json", told)
    (question,) = questions("dori/coarse", folder=str(tmp_path))
    assert question.groups == {"dimension": "canonical orientation"}
    layouts.listed(tmp_path / "fields.json", {"files": {"*": {"colour": "red"}}})
    with pytest.raises(DataError, match="files holds a dimension or a level by pattern of files"):
        questions("dori/coarse", folder=str(tmp_path))


def test_a_level_that_dori_does_not_have_is_an_error_row(tmp_path: Path) -> None:
    dori(tmp_path, "coarse", "middling")
    ended = asked.run(tmp_path / "run", tmp_path, "dori/coarse", says="A")
    assert (ended.reports["dori/coarse"].done, ended.reports["dori/coarse"].failed) == (1, 1)
    assert (
        "the level 'middling' is none of coarse, granular, fine" in next(results.results(tmp_path / "run")).warnings[0]
    )


def person(yaw: float = 0.0, body: float = 0.0, **more: Any) -> dict[str, Any]:
    box = [10.0, 10.0, 20.0, 20.0]
    told = {"head": box, "body_box": box, "visible": 1.0, "head_pose": {"yaw": yaw}, "body_orientation": body}
    return told | more


@pytest.mark.parametrize(
    ("ask", "people", "answer"),
    [
        (orientation._faces, [person(10)], "toward the camera"),
        (orientation._faces, [person(80)], "to the right of the picture"),
        (orientation._faces, [person(-100)], "to the left of the picture"),
        (orientation._faces, [person(-170)], "away from the camera"),
        (orientation._faces, [person(45)], None),
        (orientation._faces, [person(0, visible=0.2)], None),
        (orientation._faces_by, [person(-130)], "135"),
        (orientation._faces_by, [person(20)], None),
        (orientation._turns, [person(body=90)], "to their own right"),
        (orientation._turns, [person(body=-60)], "to their own left"),
        (orientation._turns, [person(body=5)], "not at all"),
        (orientation._turns, [person(body=178)], None),
        (orientation._relative, [person(body=170), person(body=-175)], "the same way"),
        (orientation._relative, [person(body=90), person(body=-90)], "opposite ways"),
        (orientation._relative, [person(body=0)], None),
        (orientation._relative_by, [person(body=0), person(body=-45)], "45"),
    ],
)
def test_what_is_true_of_rendered_people(ask: Any, people: list[Any], answer: str | None) -> None:
    told = ask(people, 0)
    assert (told.answer if told else None) == answer


def test_orientation_marks_who_is_meant_and_has_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def scenes(folder: str | None, name: str) -> Iterator[tuple[list[Mapping[str, Any]], Any]]:
        yield [person(80, 90), person(10, -90)], np.zeros((60, 80, 3), np.uint8)

    monkeypatch.setattr(renders, "scenes", scenes)
    coarse = {each.groups["dimension"]: each for each in questions("orientation/coarse")}
    assert list(coarse) == ["frontal", "turning", "relative", "canonical"]
    assert "E. cannot be determined" in coarse["frontal"].text
    assert [255, 0, 0] in pixels(coarse["frontal"]).reshape(-1, 3).tolist()
    assert coarse["relative"].groups["answer"] == "relative: opposite ways"
    turned = next(each for each in questions("orientation/granular") if each.groups["dimension"] == "canonical")
    assert (turned.truth["answer"], pixels(turned).max()) == ("0", 0)


def test_orientation_is_told_by_level_and_dimension(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def scenes(folder: str | None, name: str) -> Iterator[tuple[list[Mapping[str, Any]], Any]]:
        for _ in range(4):
            yield [person(80, 90), person(80, -90)], np.zeros((60, 80, 3), np.uint8)

    monkeypatch.setattr(renders, "scenes", scenes)
    asked.run(tmp_path / "run", tmp_path, "orientation", says="cannot be determined", limit=3)
    coarse, granular = results.results(tmp_path / "run")
    assert (coarse.task, len(coarse.rows), len(granular.rows)) == ("orientation/coarse", 12, 12)
    for each in (coarse, granular):
        assert each.of("accuracy", "dimension", "relative").n == 3  # type: ignore[union-attr]
        assert each.of("said that it cannot be determined").value == 1.0  # type: ignore[union-attr]
        assert each.of("mean of 4 dimensions").value == 0.0  # type: ignore[union-attr]
        assert each.of("macro F1") is None, "the four do not choose among the same answers"
    most = coarse.of("majority class")
    assert most is not None
    assert "most frequent of each set of options" in most.note


def test_studio_sets_that_were_not_rendered_are_told_with_the_command(tmp_path: Path) -> None:
    ended = asked.run(tmp_path / "run", tmp_path, "orientation/coarse")
    assert "facereason studio dataset eval/studio/groups.jsonl.gz" in ended.missing["orientation/coarse"]


def test_crowds_hide_one_face_at_the_place_that_is_true(tmp_path: Path) -> None:
    faces = [parquet.ferplus(f"h{n}", "happiness", parquet.grey(20)) for n in range(12)]
    faces += [parquet.ferplus(f"a{n}", "anger", parquet.grey(200)) for n in range(12)]
    parquet.write(tmp_path / "ferplus-test.parquet", faces)
    found = questions("crowd/faces", folder=str(tmp_path), limit=5)
    assert Counter(each.groups["crowd"] for each in found) == {
        "anger among happiness": 5,
        "happiness among anger": 5,
        "happiness alone": 5,
        "anger alone": 5,
    }
    step = crowd.SIDE + crowd.GAP
    for each in found:
        shown = pixels(each)
        shades = shown[crowd.GAP + 40 :: step, crowd.GAP + 40 :: step, 0].ravel().tolist()
        odd = [place for place, shade in enumerate(shades) if shades.count(shade) == 1]
        assert each.truth["answer"] == (str(odd[0] + 1) if odd else "none")
    again = questions("crowd/faces", folder=str(tmp_path), limit=5)
    assert [each.images for each in again] == [each.images for each in found]


def test_asymmetry_is_the_difference_of_hit_rates(tmp_path: Path) -> None:
    def row(kind: str, number: int, right: bool) -> rows.Row:
        outcome = Disposition.RIGHT if right else Disposition.WRONG
        told: dict[str, Any] = {
            "id": f"{kind}{number}",
            "photo": f"{kind}{number}",
            "images": (),
            "prompt": "",
            "reply": "",
        }
        return rows.Row(**told, outcome=outcome, truth={"answer": "1"}, answer="1", groups={"crowd": kind})

    made = [row("anger among happiness", n, n < 30) for n in range(40)]
    made += [row("happiness among anger", n, n < 10) for n in range(40)]
    figures = {each.name: each for each in crowd.crowd_figures(made, 0)}
    asymmetry = figures["asymmetry: hit rate of anger less that of happiness"]
    assert asymmetry.value == pytest.approx(0.5)
    assert 0.25 < (asymmetry.low or 0) < 0.5 < (asymmetry.high or 0) < 0.75


@pytest.mark.parametrize("change", robustness.CHANGES)
def test_the_stronger_a_change_the_more_is_changed(change: str) -> None:
    across, down = np.meshgrid(np.arange(170), np.arange(200))
    waves = 127 + 90 * np.sin(across / 5) * np.cos(down / 9)
    photo = np.stack([waves, waves[::-1], across + down / 4], axis=2).astype(np.uint8)
    strengths = robustness.CHANGES[change][1]
    made = [robustness.changed(photo, change, strength, seed=1) for strength in strengths]
    assert list(strengths) == sorted(strengths)
    if change == "crop":
        assert made[0].size > made[1].size > made[2].size
        return
    away = [float(np.abs(each.astype(float) - photo).mean()) for each in made]
    assert 0 < away[0] < away[1] < away[2]


def test_robustness_asks_the_same_photos_as_they_are_and_changed(tmp_path: Path) -> None:
    asked.fairface(tmp_path, 3)
    asked.run(tmp_path / "run", tmp_path, "robustness/gender", says="female", limit=2)
    found = rows.read(folder(tmp_path / "run", "robustness/gender")).rows
    assert len(found) == 2 * (1 + 3 * len(robustness.CHANGES))
    assert {row.photo for row in found} == {"v0000", "v0001"}
    (result,) = results.results(tmp_path / "run")
    assert result.of("accuracy", "change", "none").n == 2  # type: ignore[union-attr]
    assert result.of("right as it is, not right with blur 0.06").value == 0.0  # type: ignore[union-attr]


# ------------------------------------------------------------------------------------------------------------ one's own


def own(folder_: Path, *records: Mapping[str, Any]) -> str:
    layouts.image(folder_ / "x.png")
    layouts.text(folder_ / "my.jsonl", *(json.dumps({"image": "x.png", **record}) for record in records))
    return str(folder_ / "my.jsonl")


def test_a_file_of_questions_is_a_benchmark(tmp_path: Path) -> None:
    path = own(
        tmp_path,
        {"question": "Is she smiling?", "options": ["yes", "no"], "answer": "yes", "attributes": {"light": "dim"}},
        {"question": "Is she smiling?", "options": ["yes", "no"], "answer": "no", "attributes": {"light": "bright"}},
    )
    asked.run(tmp_path / "run", tmp_path, path, says="Yes.")
    (result,) = results.results(tmp_path / "run")
    assert (result.task, result.of("accuracy").value) == ("own/my", 0.5)  # type: ignore[union-attr]
    assert result.of("accuracy", "light", "dim").value == 1.0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("scorer", "record", "says", "figure", "value"),
    [
        ("emotion", {"labels": ["happiness"]}, "happy", "accuracy", 1.0),
        ("age", {"age_group": "30-39"}, "45", "within one", 1.0),
        ("number", {"question": "How many?", "answer": "3", "options": ["3"]}, "2", "mean absolute error", 1.0),
        ("pose", {"pose": {"yaw": 30, "pitch": 0, "roll": 0}}, "yaw=30 pitch=0 roll=0", "geodesic error", 0.0),
        ("facing", {"body_orientation": -90}, "facing=-90", "Acc-5", 1.0),
        ("text", {"question": "Describe her.", "description": "She smiles."}, "She smiles.", "ROUGE-L", 1.0),
        ("think", {"labels": ["fear"], "AUs": ["AU1"]}, "fear", "format failure", 1.0),
    ],
)
def test_every_scorer_serves_a_file(
    tmp_path: Path, scorer: str, record: Mapping[str, Any], says: str, figure: str, value: float
) -> None:
    asked.run(tmp_path / "run", tmp_path, own(tmp_path, record), says=says, scorer=scorer)
    (result,) = results.results(tmp_path / "run")
    assert result.of(figure).value == value  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        ({"question": "Is she?"}, "record '1' has no answer for the scorer choice"),
        ({"options": ["a", "b"], "answer": "a"}, "record '1' has no question for the scorer choice"),
        ({"question": "Is she?", "colour": "red"}, "record 1 has an unknown field colour"),
    ],
)
def test_a_record_that_lacks_something_is_told_by_name(
    tmp_path: Path, record: Mapping[str, Any], complaint: str
) -> None:
    ended = asked.run(tmp_path / "run", tmp_path, own(tmp_path, record))
    assert complaint in ended.missing["own/my"]


def test_two_records_with_one_id_are_wrong_usage(tmp_path: Path) -> None:
    record = {"id": "x", "question": "Is she?", "options": ["a", "b"], "answer": "a"}
    with pytest.raises(UsageError, match="two items have the key 'x': keys must differ"):
        asked.run(tmp_path / "run", tmp_path, own(tmp_path, record, record))


def test_a_label_outside_the_options_is_an_error_row(tmp_path: Path) -> None:
    record = {"question": "Is she?", "options": ["a", "b"], "answer": "c"}
    good = {"question": "Is she?", "options": ["a", "b"], "answer": "a"}
    ended = asked.run(tmp_path / "run", tmp_path, own(tmp_path, record, good))
    assert (ended.reports["own/my"].done, ended.reports["own/my"].failed) == (1, 1)
    (result,) = results.results(tmp_path / "run")
    assert "the answer 'c' is not among the options" in result.warnings[0]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    ended = asked.run(tmp_path / "run", tmp_path, str(tmp_path / "no.jsonl"))
    assert ended.missing == {"own/no": f"no file {tmp_path / 'no.jsonl'}; check the path"}


def test_rotation_photos_that_are_none_are_rows_of_errors(photos: Path, tmp_path: Path) -> None:
    (photos / "c.png").write_bytes(b"no picture")
    ended = asked.run(tmp_path / "run", tmp_path, "rotbench/plain", says="0", photos=str(photos))
    assert (ended.reports["rotbench/plain"].done, ended.reports["rotbench/plain"].failed) == (24, 1)


def test_flips_are_pairs_of_one_person_along_one_dial(tmp_path: Path) -> None:
    """Two people; the answer follows the skin's tone of the first alone, and no hair."""
    told = [(base, vary, value) for base in (0, 1) for vary in ("skin_tone", "hair") for value in range(3)]
    told.append((0, "AU12", 1))
    made = [
        {
            "id": f"{base}-{vary}-{value}",
            "image": {"bytes": parquet.grey(20 + 50 * value if (base, vary) == (0, "skin_tone") else 20)},
            "sweep": json.dumps({"base": base, "vary": vary, "value": str(value)}),
        }
        for base, vary, value in told
    ]
    parquet.write(tmp_path / "sweeps" / "test-00000.parquet", made)

    def says(request: Request) -> str:
        return "neutral" if request.pictures[0].pixels[0, 0, 0] < 100 else "anger"

    asked.run(tmp_path / "run", tmp_path, "sweeps/emotion", says=says)
    (result,) = results.results(tmp_path / "run")
    assert len(result.rows) == 12, "action units are expressions"
    assert {row.outcome for row in result.rows} == {Disposition.GRADED}
    name = "answers that one attribute alone changes"
    flips = result.of(name)
    assert flips is not None
    assert (flips.value, flips.n, flips.photos) == (pytest.approx(2 / 12), 12, 2)
    assert result.of(name, "vary", "skin_tone").value == pytest.approx(2 / 6)  # type: ignore[union-attr]
    assert result.of(name, "vary", "hair").value == 0.0  # type: ignore[union-attr]
    assert result.of("accuracy") is None


def test_the_example_of_the_documentation_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[3] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    example = page.partition("<!-- own -->")[2].partition("<!-- /own -->")[0]
    lines = [line for line in example.splitlines() if line.startswith("{")]
    (command,) = (line for line in example.splitlines() if line.startswith("facereason bench run"))
    for record in map(json.loads, lines):
        layouts.image(tmp_path / record["image"])
    layouts.text(tmp_path / "smiles.jsonl", *lines)
    assert len(example.strip().splitlines()) <= 10
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", command.split())
    from facereason.cli.main import main

    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    (result,) = results.results(tmp_path / "runs" / "smiles")
    assert result.of("accuracy").value == 0.5  # type: ignore[union-attr]
    assert result.of("accuracy", "light", "dim").value == 1.0  # type: ignore[union-attr]
