"""CelebA's attributes (Liu et al. 2015): one question an attribute and photo, yes or no, and gender with our words and
FaceScanPaliGemma's.

Published accuracies are means over its forty attributes. "Attractive" is none of ours: it is a judgement of worth, and
asked nowhere else either. Most attributes are rare, so the mean of the accuracies on those who have it and who do not
stands beside the accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facereason.bench.runs.figures import Measure
from facereason.bench.runs.rows import Row, by_group
from facereason.bench.tasks import asking, attributes
from facereason.bench.tasks.asking import PLAIN
from facereason.bench.tasks.task import Needs, Question, Task
from facereason.data import Record

ANSWERS = ("yes", "no")
ATTRIBUTES = {
    "5_o_Clock_Shadow": "have a five o'clock shadow",
    "Arched_Eyebrows": "have arched eyebrows",
    "Bags_Under_Eyes": "have bags under the eyes",
    "Bald": "appear to be bald",
    "Bangs": "have bangs",
    "Big_Lips": "have big lips",
    "Big_Nose": "have a big nose",
    "Black_Hair": "have black hair",
    "Blond_Hair": "have blond hair",
    "Blurry": "appear blurred",
    "Brown_Hair": "have brown hair",
    "Bushy_Eyebrows": "have bushy eyebrows",
    "Chubby": "have a chubby face",
    "Double_Chin": "have a double chin",
    "Eyeglasses": "wear eyeglasses",
    "Goatee": "have a goatee",
    "Gray_Hair": "have gray hair",
    "Heavy_Makeup": "wear heavy makeup",
    "High_Cheekbones": "have high cheekbones",
    "Male": "appear to be male",
    "Mouth_Slightly_Open": "have the mouth slightly open",
    "Mustache": "have a mustache",
    "Narrow_Eyes": "have narrow eyes",
    "No_Beard": "have no beard",
    "Oval_Face": "have an oval face",
    "Pale_Skin": "have pale skin",
    "Pointy_Nose": "have a pointed nose",
    "Receding_Hairline": "have a receding hairline",
    "Rosy_Cheeks": "have rosy cheeks",
    "Sideburns": "have sideburns",
    "Smiling": "smile",
    "Straight_Hair": "have straight hair",
    "Wavy_Hair": "have wavy hair",
    "Wearing_Earrings": "wear earrings",
    "Wearing_Hat": "wear a hat",
    "Wearing_Lipstick": "wear lipstick",
    "Wearing_Necklace": "wear a necklace",
    "Wearing_Necktie": "wear a necktie",
    "Young": "appear to be young",
}
"""CelebA's names and what is asked: "Does the person in the picture ...?"."""


def _questions(record: Record) -> list[Question]:
    return [_question(record, name) for name in ATTRIBUTES if name in record.attributes]


def _question(record: Record, name: str) -> Question:
    asked = f"Does the person in the picture {ATTRIBUTES[name]}?"
    text, system = asking.filled("choice", asked, ANSWERS)
    return Question(
        id=f"{record.id}/{name}",
        pictures=(record.image,),
        text=text,
        system=system,
        truth={"answer": ANSWERS[not record.attributes[name]], "options": list(ANSWERS)},
        photo=asking.photo_of(record),
        plain=asked,
        groups={"attribute": name},
        choices=ANSWERS,
        needs=Needs.GENERAL,
    )


def _over_attributes(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """Accuracy and balanced accuracy, each a mean over the attributes that were asked."""
    plain, balanced, n = list[float](), list[float](), 0
    for found in by_group(rows, "attribute").values():
        sides = [[row.right for row in found if row.truth["answer"] == answer] for answer in ANSWERS]
        plain.append(sum(row.right for row in found) / len(found))
        if all(sides):
            balanced.append(sum(sum(side) / len(side) for side in sides) / 2)
            n += len(found)
    if plain:
        note = f"{len(plain)} of the forty"
        yield Measure(
            name="accuracy, mean over attributes", value=sum(plain) / len(plain), unit="share", n=len(rows), note=note
        )
    if balanced:
        note = f"{len(balanced)} of which some have it and some do not"
        value = sum(balanced) / len(balanced)
        yield Measure(name="balanced accuracy, mean over attributes", value=value, unit="share", n=n, note=note)


def _gender(published: bool) -> Task:
    return Task(
        name=f"attributes/celeba-gender{'-published' if published else ''}",
        says="perceived gender on celeba:test" + (", FaceScanPaliGemma's prompt" if published else ""),
        data=("celeba:test",),
        scorer="choice",
        questions=asking.asked(
            "celeba",
            "test",
            attributes.labelled("gender"),
            lambda record: [attributes.question("gender", record, published)],
        ),
        prompt=PLAIN["gender"] if published else "choice",
        protocol="FaceScanPaliGemma's prompt, no options" if published else "options in a list, one of them",
        learnt=("celeba",),
    )


TASKS = (
    _gender(False),
    _gender(True),
    Task(
        name="attributes/celeba",
        says="39 of CelebA's forty attributes, one question each, on celeba:test",
        data=("celeba:test",),
        scorer="choice",
        questions=asking.asked("celeba", "test", lambda record: bool(record.attributes), _questions),
        prompt="choice",
        protocol="yes or no, one attribute a question; published systems are classifiers of all forty at once",
        extras=(_over_attributes,),
        headline=("accuracy, mean over attributes", "balanced accuracy, mean over attributes"),
        learnt=("celeba",),
    ),
)
