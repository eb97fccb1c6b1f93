"""From which score a head without a face in view is somebody: how often each score would see one too many.

    python training/people_score.py DATA OUT

On the held-out photos of fairface-train, on which nothing trains. Each line of OUT/people-score.jsonl is a score, the
heads without a face that it gives a photo beside a face that was found, and the number of photos.
"""

import json
import sys
from pathlib import Path

from facereason import resources
from facereason.faces import people
from facereason.faces.detect import Detector
from facereason.train import reader_data

SCORES = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)


def main(data: str, out: Path) -> None:
    detector = Detector(resources.weights("detector.onnx"))
    finder = people.PeopleFinder(resources.weights("people.onnx"))
    photos = reader_data.load("fairface", "held_out", data, lambda: detector).images
    seen = [(detector.detect(pixels), finder.find(pixels, min(SCORES))) for pixels in photos]
    with (out / "people-score.jsonl").open("w", encoding="utf-8") as lines:
        for score in SCORES:
            extra = sum(
                not each.face for faces, heads in seen if faces for each in people.joined(faces, heads, alone=score)
            )
            row = {"score": score, "people without a face, a photo": round(extra / len(seen), 4), "n": len(seen)}
            lines.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
