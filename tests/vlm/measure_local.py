"""What LocalModel adds to transformers' own generate: `python tests/vlm/measure_local.py`, from the repository's root.

Prints the median times of 30 interleaved repetitions of 32 tokens on the tiny Idefics3, and their ratio.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from facereason.vlm import Message, Picture, Request
from facereason.vlm.local import LocalModel, encoding
from facereason.vlm.names import ModelName

REPETITIONS, TOKENS = 30, 32


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parent))
    import tiny

    with tempfile.TemporaryDirectory() as folder:
        model = LocalModel(ModelName(provider="hf", name=str(tiny.build("idefics3", Path(folder)))))
        base = model.load()
        pixels = np.random.default_rng(0).integers(0, 256, (80, 100, 3), dtype=np.uint8)
        request = Request(messages=(Message.user(Picture(pixels), "What is the emotion?"),), max_tokens=TOKENS)

        def bare() -> None:
            inputs = encoding.encode(base, [request.messages])
            with torch.inference_mode():
                made = base.model.generate(**inputs, max_new_tokens=TOKENS, do_sample=False)
            base.tokenizer.decode(made[0], skip_special_tokens=True)

        ours, theirs = [], []
        for _ in range(REPETITIONS + 3):
            ours.append(_seconds(lambda: model.generate(request)))
            theirs.append(_seconds(bare))
    mine, plain = statistics.median(ours[3:]), statistics.median(theirs[3:])
    row = {
        "measure": "local generation",
        "model_p50_ms": 1000 * mine,
        "bare_p50_ms": 1000 * plain,
        "ratio": mine / plain,
    }
    sys.stdout.write(json.dumps({key: round(v, 3) if isinstance(v, float) else v for key, v in row.items()}) + "\n")


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
