"""FairFace, UTKFace, CelebA's attributes and FACET: what people look like to annotators.

FairFace is read from Parquet files with our label names, or as released (fairface_label_*.csv beside train/ and val/).
The layouts of UTKFace (names `age_gender_race_date.jpg`), CelebA (list_attr_celeba.txt, list_eval_partition.txt) and
FACET (annotations.csv; columns as several public readers of it use them) are as described there, not tried on the
original files.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from facereason.data import labels, tables
from facereason.data.declaring import IMAGE, DataError, DataSet, Field, Found, Hub, Layout, Place, Row, of
from facereason.types import AgeGroup, Gender, Race

PARTITIONS = {"train": "0", "valid": "1", "test": "2"}
_UTK_GENDERS = (Gender.MALE, Gender.FEMALE)
_UTK_RACES = ("white", "black", "asian", "indian", "other")
_KNOWN_RACES = {"white": Race.WHITE, "black": Race.BLACK, "indian": Race.INDIAN}
_AGES, _GENDERS = tuple(AgeGroup), (Gender.MALE, Gender.FEMALE)
_RACES = (
    Race.EAST_ASIAN, Race.INDIAN, Race.BLACK, Race.WHITE, Race.MIDDLE_EASTERN, Race.LATINO, Race.SOUTHEAST_ASIAN,
)  # fmt: skip
"""The order of the class numbers of FairFace on the hub."""


def _utk(path: Path) -> dict[str, Any]:
    """The parts of a file name; a name that lacks one gives an age, gender or race that is none."""
    age, gender, race, *_ = (*path.name.split("_"), "", "", "")
    return {"id": path.name.partition(".")[0], "image": path, "age": age, "gender": gender, "race": race}


def _utk_race(code: str) -> str:
    return str(_named(_UTK_RACES, code, "race"))


def _named(names: tuple[Any, ...], code: Any, what: str) -> Any:
    number = labels.whole(code)
    if not 0 <= number < len(names):
        raise ValueError(f"{what} {number} is outside 0 to {len(names) - 1}")
    return names[number]


def _celeba(place: Place) -> Found:
    """Rows of the attribute list that the partition list, in the same order, puts into this split."""
    for path in place.paths():
        lines = tables.lines(path)
        next(lines, None)  # the number of images
        names = next(lines, "").split()
        parts = tables.lines(_partitions(place, path))
        for line, part in _together(path, lines, parts):
            file, *values = line.split()
            if part.split()[1] != PARTITIONS[place.split]:
                continue
            if len(values) != len(names):
                raise DataError(f"{path}: {file} has {len(values)} values for {len(names)} attributes; fetch it again")
            yield (
                path,
                {
                    "id": Path(file).stem,
                    "image": _celeba_image(place.root, file),
                    "attributes": dict(zip(names, values, strict=True)),
                },
            )


def _partitions(place: Place, path: Path) -> Path:
    name = "list_eval_partition.txt"
    apart = place.root / "Eval" / name
    return apart if apart.is_file() else path.with_name(name)


def _together(path: Path, lines: Iterator[str], parts: Iterator[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        part = next(parts, "")
        if part.split()[:1] != line.split()[:1] or len(part.split()) != 2:
            raise DataError(f"{path}: {line.split()[0]} is not next in list_eval_partition.txt; fetch both again")
        yield line, part


def _celeba_image(root: Path, name: str) -> Path:
    folders = (root / "Img" / "img_align_celeba", root / "img_align_celeba")
    return next((folder / name for folder in folders if (folder / name).is_file()), folders[-1] / name)


def _signs(values: Mapping[str, Any]) -> dict[str, bool]:
    """Attributes that are written 1 and -1."""
    wrong = [name for name, value in values.items() if str(value) not in ("1", "-1")]
    if wrong:
        raise ValueError(f"{wrong[0]} is {values[wrong[0]]!r}, neither 1 nor -1")
    return {name: str(value) == "1" for name, value in values.items()}


def _male(values: Mapping[str, Any]) -> Gender | None:
    return None if "Male" not in values else Gender.MALE if str(values["Male"]) in ("1", "True") else Gender.FEMALE


_CELEBA_HUB = (
    "5_o_Clock_Shadow",
    "Arched_Eyebrows",
    "Attractive",
    "Bags_Under_Eyes",
    "Bald",
    "Bangs",
    "Big_Lips",
    "Big_Nose",
    "Black_Hair",
    "Blond_Hair",
    "Blurry",
    "Brown_Hair",
    "Bushy_Eyebrows",
    "Chubby",
    "Double_Chin",
    "Eyeglasses",
    "Goatee",
    "Gray_Hair",
    "Heavy_Makeup",
    "High_Cheekbones",
    "Male",
    "Mouth_Slightly_Open",
    "Mustache",
    "Narrow_Eyes",
    "No_Beard",
    "Oval_Face",
    "Pale_Skin",
    "Pointy_Nose",
    "Receding_Hairline",
    "Rosy_Cheeks",
    "Sideburns",
    "Smiling",
    "Straight_Hair",
    "Wavy_Hair",
    "Wearing_Earrings",
    "Wearing_Hat",
    "Wearing_Lipstick",
    "Wearing_Necklace",
    "Wearing_Necktie",
    "Young",
)


def _facet_image(root: Path, row: Row) -> Path:
    name = str(row.get("filename"))
    folders = (root / part for part in ("imgs_1", "imgs_2", "imgs_3", "imgs", "images"))
    return next((folder / name for folder in folders if (folder / name).is_file()), root / "imgs_1" / name)


def _facet_box(text: str) -> Any:
    """A mapping written as Python writes it."""
    try:
        value = ast.literal_eval(text)
        return labels.box(value[key] for key in ("x", "y", "width", "height"))
    except (SyntaxError, TypeError) as error:
        raise ValueError(f"{text[:40]!r} is no box ({error})") from None


def _facet_gender(masculine: str, feminine: str) -> Gender:
    """What more annotators saw; as many of both, or neither, is unclear."""
    male, female = labels.whole(masculine), labels.whole(feminine)
    return Gender.UNCLEAR if male == female else Gender.MALE if male > female else Gender.FEMALE


_FACET_GROUPS = {
    "skin tone": tuple(f"skin_tone_{tone}" for tone in range(1, 11)),
    "age": tuple(f"age_presentation_{age}" for age in ("young", "middle", "older")),
    "hair colour": tuple(f"hair_color_{colour}" for colour in ("black", "blonde", "brown", "colored", "grey", "red")),
    "hair type": tuple(f"hairtype_{kind}" for kind in ("bald", "coily", "curly", "dreadlocks", "straight", "wavy")),
    "lighting": tuple(f"lighting_{light}" for light in ("dimly_lit", "overexposed", "underexposed", "well_lit")),
}
_FACET_FLAGS = tuple(f"has_{what}" for what in ("cap", "eyeware", "facial_hair", "headscarf", "mask", "tattoo"))
_FACET_COLUMNS = tuple(column for columns in _FACET_GROUPS.values() for column in columns)


def _facet_attributes(role: str, *votes: Any) -> dict[str, str | float | bool]:
    """The class; of each group what most annotators saw, the first where several have as many; and each yes or no."""
    counts = {c: labels.whole(v or 0) for c, v in zip((*_FACET_COLUMNS, *_FACET_FLAGS), votes, strict=True)}
    told: dict[str, str | float | bool] = {"class": role}
    for group, columns in _FACET_GROUPS.items():
        most = max(columns, key=counts.__getitem__)
        if counts[most]:
            told[group] = most.removeprefix(_STARTS[group]).replace("_", " ")
    return told | {flag.removeprefix("has_").replace("_", " "): counts[flag] > 0 for flag in _FACET_FLAGS}


_STARTS = {
    "skin tone": "skin_tone_", "age": "age_presentation_", "hair colour": "hair_color_", "hair type": "hairtype_",
    "lighting": "lighting_",
}  # fmt: skip


def _fairface(age: Field, sex: Field, race: Field) -> dict[str, Field]:
    return {"image": IMAGE, "age_group": age, "gender": sex, "race": race}


SETS = (
    DataSet(
        name="fairface",
        layouts=(
            Layout(
                files={
                    "train": tuple(f"fairface-train-{i}.parquet" for i in range(4)),
                    "val": ("fairface-val.parquet",),
                },
                rows=tables.parquet,
                fields={
                    "id": of("id"),
                    **_fairface(
                        of("age_group", to=labels.age_group), of("gender", to=labels.gender), of("race", to=labels.race)
                    ),
                },
                says="fairface-train-0.parquet to fairface-train-3.parquet, fairface-val.parquet",
            ),
            Layout(
                files={split: (f"fairface_label_{split}.csv",) for split in ("train", "val")},
                rows=tables.table(lambda root, row: root / str(row.get("file"))),
                fields={
                    "id": of("file", to=lambda file: Path(file).with_suffix("").as_posix()),
                    **_fairface(
                        of("age", to=labels.age_group), of("gender", to=labels.gender), of("race", to=labels.race)
                    ),
                },
                says="fairface_label_train.csv, fairface_label_val.csv, and the images in train/ and val/, as released",
            ),
        ),
        license="CC BY 4.0",
        terms="May be used and passed on with credit to the authors. Labels of race, gender and age are annotators' "
        "impressions.",
        source="FairFace (Karkkainen and Joo 2021)",
        obtain="github.com/joojs/fairface, or HuggingFaceM4/FairFace on the hub",
        precropped=True,
        hub=Hub(
            name="HuggingFaceM4/FairFace",
            config="0.25",
            splits={"train": "train", "val": "validation"},
            fields={
                "id": of("id"),
                **_fairface(
                    of("age", to=lambda code: _named(_AGES, code, "age")),
                    of("gender", to=lambda code: _named(_GENDERS, code, "gender")),
                    of("race", to=lambda code: _named(_RACES, code, "race")),
                ),
            },
        ),
    ),
    DataSet(
        name="utkface",
        layouts=(
            Layout(
                files={"all": ("*.jpg",)},
                rows=tables.folder(_utk),
                fields={
                    "id": of("id"),
                    "image": IMAGE,
                    "age_group": of("age", to=lambda age: labels.years(labels.whole(age))),
                    "gender": of("gender", to=lambda code: _named(_UTK_GENDERS, code, "gender")),
                    "race": of("race", to=lambda code: _KNOWN_RACES.get(_utk_race(code))),
                    "attributes": of(
                        "age", "race", to=lambda age, race: {"years": float(age), "race": _utk_race(race)}
                    ),
                },
                says="a folder of age_gender_race_date.jpg (UTKFace/ or crop_part1/, as unpacked)",
            ),
        ),
        license="research only, non-commercial",
        terms="For non-commercial research. Rights of the images are their owners'; ages, genders and races were "
        "estimated by an algorithm and checked by an annotator.",
        source="UTKFace (Zhang, Song and Qi 2017)",
        obtain="susanqq.github.io/UTKFace",
        precropped=True,
        says="race: Asian and other are none of the seven, and given as attributes only",
    ),
    DataSet(
        name="celeba",
        layouts=(
            Layout(
                files=dict.fromkeys(PARTITIONS, ("Anno/list_attr_celeba.txt",)),
                rows=_celeba,
                fields={
                    "id": of("id"),
                    "image": IMAGE,
                    "gender": of("attributes", to=_male),
                    "attributes": of("attributes", to=_signs),
                },
                says="Anno/list_attr_celeba.txt, Eval/list_eval_partition.txt, and Img/img_align_celeba/",
            ),
        ),
        license="research only, non-commercial",
        terms="For non-commercial research; images may not be passed on. They show celebrities, whose identities are "
        "not read here.",
        source="CelebA (Liu et al. 2015)",
        obtain="mmlab.ie.cuhk.edu.hk/projects/CelebA.html, or flwrlabs/celeba on the hub",
        precropped=True,
        hub=Hub(
            name="flwrlabs/celeba",
            splits={"train": "train", "valid": "valid", "test": "test"},
            fields={
                "id": of("id"),
                "image": IMAGE,
                "gender": of("Male", to=lambda male: Gender.MALE if male else Gender.FEMALE),
                "attributes": of(*_CELEBA_HUB, to=lambda *has: dict(zip(_CELEBA_HUB, map(bool, has), strict=True))),
            },
        ),
    ),
    DataSet(
        name="facet",
        layouts=(
            Layout(
                files={"test": ("annotations/annotations.csv",)},
                rows=tables.table(_facet_image),
                fields={
                    "id": of("person_id"),
                    "image": IMAGE,
                    "photo": of("filename"),
                    "person": of("bounding_box", to=_facet_box),
                    "gender": of("gender_presentation_masc", "gender_presentation_fem", to=_facet_gender),
                    "attributes": of("class1", *_FACET_COLUMNS, *_FACET_FLAGS, to=_facet_attributes),
                },
                says="annotations/annotations.csv, and the images in imgs_1/, imgs_2/, imgs_3/",
            ),
        ),
        license="FACET data licence: evaluation only",
        terms="For measuring and evaluating fairness and robustness only: training on it is not permitted.",
        source="FACET (Gustafson et al. 2023)",
        obtain="facet.metademolab.com, after accepting its terms",
        says="ages young, middle and older are no groups of ours, and given as attributes",
    ),
)
