"""A landmarker trained on real photos, as a teacher and as a judge of renders: MediaPipe's face mesh, in an environment
of its own, because it pins old versions of numpy and protobuf.

    python3 -m venv landmarker && landmarker/bin/pip install mediapipe==0.10.21 "pyarrow<22" pillow
    landmarker/bin/python training/landmarker.py DIR

DIR holds Parquet files with columns id and image. Each line of DIR/landmarks.jsonl is {"id", "points"}: 478 points of
x and y in pixels, and z in the same units, below 0 towards the camera; `points` is null where no face was found. Lines
that are there are kept, so that a stopped run goes on. MediaPipe is Apache-2.0 (Kartynnik et al. 2019, "Real-time
facial surface geometry from monocular video on mobile GPUs").
"""

import io
import json
import sys
from pathlib import Path

import mediapipe
import numpy as np
import pyarrow.parquet as parquet
from PIL import Image


def main(folder: Path) -> None:
    out = folder / "landmarks.jsonl"
    done = {json.loads(line)["id"] for line in out.read_text().splitlines()} if out.is_file() else set()
    mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1, refine_landmarks=True)
    with out.open("a") as lines:
        for path in sorted(folder.glob("*.parquet")):
            for row in parquet.read_table(path, columns=["id", "image"]).to_pylist():
                if row["id"] in done:
                    continue
                image = np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB"))
                height, width = image.shape[:2]
                found = mesh.process(image).multi_face_landmarks
                points = None
                if found:
                    points = [
                        [round(p.x * width, 2), round(p.y * height, 2), round(p.z * width, 2)]
                        for p in found[0].landmark
                    ]
                lines.write(json.dumps({"id": row["id"], "points": points}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
