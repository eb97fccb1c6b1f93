r"""Lies caught against false alarms, by the limits from which a reading speaks.

    PYTHONPATH=. python tests/bench/measure_words.py DIR > eval/results/curves/words.jsonl

Reads `faces/` in DIR, as the suite `words` does, and, where it is there, `tune/`: other renders of `studio-faces.yaml`,
on which the limits were chosen.

    facereason studio dataset training/studio-faces.yaml --count 512 --out DIR/tune seed=77 \
        "identities=[800000000,810000000]"
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from facereason.bench import words
from facereason.faces import Instrument


def main(data: str) -> None:
    eye = Instrument(upright=False)
    for folder in ("tune", "faces"):
        if (Path(data) / folder).is_dir():
            for row in words.curve(list(words.rendered(data, folder, words.RENDERS, eye))):
                sys.stdout.write(json.dumps({"measure": "lies about units", "on": folder, **row}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
