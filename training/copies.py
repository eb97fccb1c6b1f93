"""How many crops to train on are copies of crops that models are measured on.

    python training/copies.py DATA OUT      # OUT/crop-copies.jsonl; DATA holds files of facereason train crops

Every file whose name ends in -train is held against every other one: pixel for pixel, and by the looks. The first line
tells what looking took the processor.
"""

import json
import sys
import time
from pathlib import Path

from facereason.data import copies
from facereason.train import crops


def main(data: Path, out: Path) -> None:
    began, seen = time.process_time(), {}
    for path in sorted(data.glob("*.parquet")):
        if crops.holds(path):
            seen[path.stem] = [copies.looks(crop.image) for crop in crops.read(path, labels=False)]
    count = sum(map(len, seen.values()))
    rows: list[dict[str, object]] = [{"crops": count, "seconds": round(time.process_time() - began, 1)}]
    for name, faces in seen.items():
        for other in [each for each in seen if name.endswith("-train") and not each.endswith("-train")]:
            index = copies.Index[int]()
            for number, looks in enumerate(seen[other]):
                index.add(looks, number)
            found = [match for looks in faces if (match := index.find(looks)) is not None]
            exact = sum(match.exact for match in found)
            row = {"train": name, "held out": other, "faces": len(faces), "exact": exact, "looks": len(found) - exact}
            rows.append(row)
    (out / "crop-copies.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
