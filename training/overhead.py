"""What our fine-tuning costs beside a bare TRL script: step time and peak memory, same model, pictures and batches.

    python training/overhead.py [OUT]       # OUT/training.json, by default eval/results

Two tiny random models (Idefics3, Qwen2.5-VL; those of tests/vlm/tiny.py, the first twice as wide), the same 96 rows of
a picture of 112 pixels, a question and a label in the same order, batch 8, float32. The bare script is TRL's SFTTrainer
with its own collator, on `images` and `messages`. Every run is a process of its own with one thread, ours and the bare
one in turns. A step's time is the processor's (median of the steps after the first four), since others may compute
beside it; a figure is the median over the turns of ours divided by the bare one's. Memory is the process's high-water
mark in these steps.
"""

import io
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
FAMILIES = {"idefics3": ("Idefics3", 128), "qwen2_5_vl": ("Qwen2.5-VL", 64)}
"""With their widths."""
ROWS, BATCH, STEPS, WARM, TURNS = 96, 8, 16, 4, 3
QUESTION = "what is the emotion of the person in the image?"
LABELS = ("happiness", "sadness", "anger", "neutral")


def main(out: Path) -> None:
    from facereason.bench import results

    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for family, (title, _) in FAMILIES.items():
            build(family, Path(folder) / family)
            found: dict[str, list[list[float]]] = {"ours": [], "bare": []}
            for turn in range(TURNS):
                for way in ("ours", "bare") if turn % 2 else ("bare", "ours"):
                    command = [sys.executable, __file__, way, family, folder]
                    done = subprocess.run(command, capture_output=True, text=True, check=False)
                    if done.returncode:
                        raise SystemExit(done.stderr)
                    found[way].append(json.loads(done.stdout.splitlines()[-1]))
            on = f"{title}, tiny, CPU, batch {BATCH}"
            # one ratio a turn: what computes beside it weighs on both alike
            times, sizes = (
                [ours / bare for ours, bare in zip(*([run[i] for run in found[way]] for way in found), strict=True)]
                for i in (0, 1)
            )
            for name, ratios in (("step time", times), ("peak memory", sizes)):
                figures.append(
                    results.Figure(
                        name=f"train sft over a bare TRL script, {name}, ratio",
                        on=on,
                        value=statistics.median(ratios),
                        n=len(ratios),
                        low=min(ratios),
                        high=max(ratios),
                    )
                )
            sys.stderr.write(f"{on}: {json.dumps(found)}\n")
    results.write(results.result("training", "python training/overhead.py", figures), out)


def build(family: str, folder: Path) -> None:
    sys.path.insert(0, str(ROOT))
    from tests.vlm import tiny

    tiny.WIDTH = FAMILIES[family][1]
    tiny.build(family, folder)


def picture(number: int) -> bytes:
    """A smooth one of 112 pixels."""
    small = np.random.default_rng(number).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(small).resize((112, 112), Image.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()


class Clock:
    """Times of the steps after the first `WARM`, and the peak of memory in them."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def start(self, total: int, done: int) -> None: ...

    def step(self, loss: float | None) -> None:
        self.ends.append(time.process_time())
        if len(self.ends) == WARM:
            Path("/proc/self/clear_refs").write_text("5")

    def told(self) -> list[float]:
        """Seconds of a step, bytes."""
        line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
        ends = self.ends[WARM - 1 :]
        return [statistics.median(b - a for a, b in itertools.pairwise(ends)), int(line.split()[1]) * 1024]


def ours(base: Path, folder: Path, clock: Clock) -> None:
    from facereason.train import crops
    from facereason.train.crops import Crop
    from facereason.train.vlm import sft
    from facereason.train.vlm.recipe import Part, Recipe
    from facereason.types import EmotionLabel

    def face(number: int) -> Crop:
        label = EmotionLabel(LABELS[number % 4])
        return Crop(
            id=f"{number}", dataset="made", split="train", license="CC0-1.0", image=picture(number), label=label
        )

    crops.write((face(number) for number in range(ROWS)), folder / "faces.parquet")
    recipe = Recipe(
        name="ours",
        base=str(base),
        data=(Part(data="faces.parquet", ask={"label": 1}, words="first"),),
        vision="trained",
        batch=BATCH,
        steps=STEPS,
        precision="float32",
        save_every=10_000,
    )
    sft.train(recipe, folder, folder / "run", progress=clock)


def bare(base: Path, folder: Path, clock: Clock) -> None:
    import datasets
    from transformers import AutoModelForImageTextToText, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from facereason.vlm import names
    from facereason.vlm.local import loading

    def row(number: int) -> dict[str, object]:
        user = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": QUESTION}]}
        said = {"role": "assistant", "content": [{"type": "text", "text": LABELS[number % 4]}]}
        return {"images": [{"bytes": picture(number), "path": None}], "messages": [user, said]}

    features = datasets.Features(
        images=datasets.List(datasets.Image()),
        messages=datasets.List({"role": datasets.Value("string"), "content": datasets.List(
            {"type": datasets.Value("string"), "text": datasets.Value("string")}
        )}),
    )  # fmt: skip
    datasets.Dataset.from_list([row(number) for number in range(ROWS)], features=features).save_to_disk(folder / "rows")

    class Told(TrainerCallback):
        def on_step_end(self, *arguments: object, **rest: object) -> None:
            clock.step(None)

    config = SFTConfig(
        output_dir=str(folder / "run"),
        per_device_train_batch_size=BATCH,
        max_steps=STEPS,
        learning_rate=1e-4,
        lr_scheduler_type="cosine",
        warmup_steps=0.03,
        bf16=False,
        gradient_checkpointing=False,
        logging_steps=10,
        save_steps=10_000,
        seed=0,
        data_seed=0,
        use_cpu=True,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=False,
        max_length=None,
    )
    trainer = SFTTrainer(
        model=AutoModelForImageTextToText.from_pretrained(base, dtype="float32"),
        args=config,
        train_dataset=datasets.load_from_disk(folder / "rows"),
        processing_class=loading.load(names.parse(f"hf/{base}+device=cpu")).processor,  # Qwen's without torchvision
        callbacks=[Told()],
    )
    trainer.train()
    trainer.save_model(str(folder / "run" / "model"))


if __name__ == "__main__":
    ways: dict[str, Callable[[Path, Path, Clock], None]] = {"ours": ours, "bare": bare}
    if sys.argv[1:2] and sys.argv[1] in ways:
        clock = Clock()
        import torch

        torch.set_num_threads(1)
        with tempfile.TemporaryDirectory() as own:
            ways[sys.argv[1]](Path(sys.argv[3]) / sys.argv[2], Path(own), clock)
        sys.stdout.write(f"\n{json.dumps(clock.told())}\n")
    else:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "eval" / "results")
