"""What comes after fine-tuning: merging, the model card, the line that serves it, sending it to a hub."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

pytest.importorskip("torch", reason="needs the train extra")
pytest.importorskip("trl", reason="needs the train extra")

import torch

from facereason.train import crops
from facereason.train.vlm import batches, card, merged, provenance, publishing, serving, sft
from facereason.train.vlm.recipe import Lora, Part, Recipe
from facereason.types import FaceReasonError, UsageError
from facereason.vlm import names
from facereason.vlm.local import adapters, loading
from tests.cli.conftest import Run, real_run  # noqa: F401
from tests.train.made import face
from tests.train.test_sft import NANO, rows
from tests.vlm import tiny

LORA = Lora(rank=4, alpha=8, dropout=0.0)


def recipe(base: object, **changes: Any) -> Recipe:
    said = Recipe(
        name="tried",
        base=str(base),
        data=(Part(data="faces.parquet", ask={"label": 1}),),
        adapter=LORA,
        batch=4,
        steps=2,
        learning_rate=2e-2,
        warmup=0.0,
        precision="float32",
        log_every=1,
    )
    return dataclasses.replace(said, **changes)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    crops.write((face(number) for number in range(12)), folder / "faces.parquet")
    return folder


@dataclasses.dataclass(frozen=True)
class Trained:
    base: Path
    run: Path

    @property
    def model(self) -> Path:
        return self.run / "model"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Callable[..., Trained]:
    made: dict[tuple[str, bool], Trained] = {}

    def of(family: str, adapter: bool = True) -> Trained:
        if (family, adapter) not in made:
            place = tmp_path_factory.mktemp(family)
            base = Path("fresh") if family == "nano" else tiny.build(family, place / "base")
            said = recipe(base, model=NANO) if family == "nano" else recipe(base)
            sft.train(said if adapter else dataclasses.replace(said, adapter=None), data, place / "run")
            made[family, adapter] = Trained(base, place / "run")
        return made[family, adapter]

    return of


def logits(name: str) -> torch.Tensor:
    parsed = names.parse(f"hf/{name}+device=cpu+dtype=float32")
    base = loading.load(parsed.base)
    batch = batches.Batches(base)(rows(2))
    with adapters.active(base, adapters.attach(base, parsed)), torch.no_grad():
        return base.model(**batch).logits


# ----------------------------------------------------------------------------------------------------------- merging


@pytest.mark.slow
@pytest.mark.parametrize("family", ["paligemma", "qwen2_5_vl"])
def test_a_merged_run_computes_as_its_adapter_and_not_as_its_base(
    family: str, trained: Callable[..., Trained], tmp_path: Path
) -> None:
    of = trained(family)
    out, parity = merged.merged(of.run, tmp_path / "out")
    assert parity.max_difference < 1e-4
    with_adapter = logits(f"{of.base}+adapter={of.model}")
    torch.testing.assert_close(logits(str(out)), with_adapter, atol=1e-4, rtol=1e-4)
    assert (logits(str(of.base)) - with_adapter).abs().max() > 1e-2
    assert not (out / merged.ADAPTER).exists()
    assert {path.name for path in of.base.iterdir()} <= {path.name for path in out.iterdir()}


@pytest.mark.slow
def test_a_base_is_merged_in_its_own_precision(trained: Callable[..., Trained], tmp_path: Path) -> None:
    from safetensors.torch import load_file

    of = trained("qwen2_5_vl")
    half = tmp_path / "half"
    shutil.copytree(of.base, half)
    loading.load(names.parse(f"hf/{half}+device=cpu+dtype=bfloat16")).model.save_pretrained(half)
    out, parity = merged.merged(of.run, tmp_path / "out", str(half))
    assert {each.dtype for each in load_file(out / "model.safetensors").values()} == {torch.bfloat16}
    assert parity.max_difference < 0.2


@pytest.mark.slow
def test_a_base_that_was_quantised_is_merged_in_bfloat16_and_that_is_said(
    trained: Callable[..., Trained], tmp_path: Path
) -> None:
    """The run says that it had four bits; bitsandbytes itself needs a GPU."""
    from safetensors.torch import load_file

    of = trained("qwen2_5_vl")
    shutil.copytree(of.model, tmp_path / "adapter")
    run = provenance.read(of.model)
    dataclasses.replace(run, bits=4).write(tmp_path / "adapter")
    told: list[str] = []
    out, _ = merged.merged(tmp_path / "adapter", tmp_path / "out", say=told.append)
    assert told == ["the base was trained on in 4 bits; it is loaded in bfloat16 and merged there"]
    assert {each.dtype for each in load_file(out / "model.safetensors").values()} == {torch.bfloat16}


@pytest.mark.slow
def test_an_adapter_is_not_merged_into_another_base(trained: Callable[..., Trained], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    of = trained("qwen2_5_vl")
    other = tmp_path / "other"
    shutil.copytree(of.base, other)
    weights = {name: each + 0.1 for name, each in load_file(other / "model.safetensors").items()}
    save_file(weights, other / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(FaceReasonError, match=r"its adapter is of another base: .*other has other weights than base"):
        merged.merged(of.run, tmp_path / "out", str(other))
    with pytest.raises(FaceReasonError, match="another base") as refused:
        merged.merged(of.run, tmp_path / "out", str(trained("paligemma").base))
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_what_has_no_adapter_is_not_merged(trained: Callable[..., Trained], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="all of its weights were trained"):
        merged.merged(trained("nano", adapter=False).run, tmp_path / "out")
    with pytest.raises(UsageError, match="no adapter here"):
        merged.merged(tmp_path, tmp_path / "out")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        merged.merged(trained("qwen2_5_vl").run, tmp_path / "full")


# ---------------------------------------------------------------------------------------------------------- the card


def head(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text().split("---\n")[1]))


@pytest.mark.slow
def test_the_card_says_what_the_run_wrote_down_and_nothing_else(
    trained: Callable[..., Trained], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(trained("nano", adapter=False).run, run)
    text = (run / "model" / "README.md").read_text()
    assert head(run / "model" / "README.md") == {
        "license": "apache-2.0",
        "datasets": ["made"],
        "library_name": "transformers",
        "pipeline_tag": "image-text-to-text",
        "tags": ["facereason", "facial-expression", "emotion-recognition"],
    }
    assert "| made | train | 12 | none | not stated |" in text
    assert "12 questions. Their pictures were compared with those of no held-out split" in text
    loss = [json.loads(line)["loss"] for line in (run / "curve.jsonl").read_text().splitlines() if '"loss"' in line]
    assert f"2 steps on cpu, float32. Last loss on answers: {loss[-1]:.4f} on what it was trained on." in text
    assert "learning_rate: 0.02" in text
    assert f"torch {torch.__version__}" in text
    assert "\nNot measured.\n" in text
    assert "Article 5(1)(f)" in text
    figure = {"name": "emotion right", "on": "test", "value": 0.5, "n": 1000, "low": 0.469, "high": 0.531}
    none = {"name": "in form", "on": "test", "value": float("nan"), "n": 0}
    (run / "figures.json").write_text(json.dumps([figure, none]))
    card.write(run / "model", "cc-by-4.0")
    again = (run / "model" / "README.md").read_text()
    assert head(run / "model" / "README.md")["license"] == "cc-by-4.0"
    assert "| emotion right | test | 1,000 | 0.500 | 0.469 to 0.531 |" in again
    assert "| in form | test | 0 | not measured | |" in again
    assert "Not measured." not in again


@pytest.mark.slow
def test_no_path_of_this_machine_is_in_a_card_or_its_run(trained: Callable[..., Trained]) -> None:
    of = trained("qwen2_5_vl")
    for name in ("README.md", provenance.FILE):
        assert str(of.base.parent) not in (of.model / name).read_text()
    assert head(of.model / "README.md")["library_name"] == "peft"
    assert "license" not in head(of.model / "README.md")
    assert "Licence: not known" in (of.model / "README.md").read_text()


@pytest.mark.slow
def test_what_a_base_had_learnt_from_is_remembered(trained: Callable[..., Trained], data: Path, tmp_path: Path) -> None:
    first = trained("nano", adapter=False).model
    out = sft.train(recipe(first, adapter=None, name="second"), data, tmp_path / "run")
    run = provenance.read(out)
    assert [(each.dataset, each.faces) for each in run.before] == [("made", 12)]
    assert run.license == "Apache-2.0"
    assert "| made, by its base | train | 12 | none |" in (out / "README.md").read_text()
    assert card.conflicts(dataclasses.replace(run, faces=())) == {"made": "none"}


def test_a_licence_is_known_by_name_or_from_the_card_of_the_base(tmp_path: Path) -> None:
    assert provenance.license_of("Qwen/Qwen2.5-VL-7B-Instruct") == "Apache-2.0"
    assert provenance.license_of(str(tmp_path)) == ""
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n# it\n")
    assert provenance.license_of(str(tmp_path)) == "mit"
    (tmp_path / "README.md").write_text("---\nlicense: [\n---\n")
    with pytest.raises(FaceReasonError, match="its head is no YAML"):
        provenance.license_of(str(tmp_path))


# ----------------------------------------------------------------------------------------------------------- serving


@pytest.mark.slow
def test_the_line_that_serves_a_model_is_told(trained: Callable[..., Trained], tmp_path: Path) -> None:
    of = trained("qwen2_5_vl")
    assert list(serving.lines(of.model)) == [
        f"vllm serve {of.base} --enable-lora --max-lora-rank 8 --lora-modules tried={of.model}",
        f"  facereason ask PHOTO QUESTION --model vllm/{of.base}+adapter=tried",
    ]
    assert list(serving.lines(of.base)) == [
        f"vllm serve {of.base} --served-model-name base",
        "  facereason ask PHOTO QUESTION --model vllm/base",
    ]
    for line in serving.lines(trained("nano", adapter=False).model):
        assert "vllm serve" not in line
    assert "--model nano/tried" in line
    florence = tiny.build("florence2", tmp_path / "florence")
    assert next(iter(serving.lines(florence))) == "vLLM does not serve Florence-2:"
    shutil.copytree(of.model, tmp_path / "eyes")
    config = json.loads((tmp_path / "eyes" / merged.ADAPTER).read_text())
    config["target_modules"] = ["model.visual.blocks.0.attn.qkv"]
    (tmp_path / "eyes" / merged.ADAPTER).write_text(json.dumps(config))
    assert "this adapter is on the eye too" in next(serving.lines(tmp_path / "eyes"))


def test_every_name_that_is_told_is_one_that_facereason_understands(tmp_path: Path) -> None:
    (tmp_path / merged.ADAPTER).write_text(json.dumps({"base_model_name_or_path": "google/paligemma2-3b-mix-224"}))
    said = list(serving.lines(tmp_path))[-1].rpartition("--model ")[2]
    assert names.parse(said).adapter == (tmp_path.name, "")


# ----------------------------------------------------------------------------------------------------------- sending


class Hub:
    """A hub on loopback that keeps what it is sent."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.private = True
        self.status = 200
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *arguments: object) -> None:
                pass

            def do_GET(self) -> None:
                self.answer()

            def do_POST(self) -> None:
                self.answer()

            def do_PUT(self) -> None:
                self.answer()

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.partition("?")[0]
                if "chunked" in self.headers.get("Transfer-Encoding", ""):
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                hub.calls.append((self.command, path, self.headers.get("Authorization")))
                told = json.dumps(hub.reply(self.command, path, body)).encode()
                self.send_response(hub.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def reply(self, verb: str, path: str, body: bytes) -> Any:
        if path.endswith("/create"):
            asked = json.loads(body)  # by either name, as versions of huggingface_hub have it
            self.private = asked.get("private") is True or asked.get("visibility") == "private"
            return {"url": f"{self.url}/me/faces", "name": "me/faces"}
        if "/preupload/" in path:
            return {
                "files": [
                    {
                        "path": each["path"],
                        "uploadMode": "lfs" if each["path"].endswith("safetensors") else "regular",
                        "shouldIgnore": False,
                    }
                    for each in json.loads(body)["files"]
                ]
            }
        if path.endswith("/info/lfs/objects/batch"):
            return {
                "transfer": "basic",
                "objects": [
                    {
                        "oid": each["oid"],
                        "size": each["size"],
                        "actions": {"upload": {"href": f"{self.url}/store/{each['oid']}"}},
                    }
                    for each in json.loads(body)["objects"]
                ],
            }
        if path.startswith("/store/"):
            self.files[path.rpartition("/")[2]] = body
            return {}
        if "/commit/" in path:
            import base64

            for line in body.decode().splitlines():
                row = json.loads(line)
                if row["key"] == "file":
                    self.files[row["value"]["path"]] = base64.b64decode(row["value"]["content"])
                if row["key"] == "lfsFile":
                    self.files[row["value"]["path"]] = self.files.pop(row["value"]["oid"])
            return {"commitUrl": f"{self.url}/me/faces/commit/1", "commitOid": "1" * 40, "success": True}
        return {"id": "me/faces", "private": self.private, "sha": "0" * 40, "siblings": [], "tags": []}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    import huggingface_hub
    from huggingface_hub import constants

    made = Hub()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    real = huggingface_hub.HfApi
    # what HF_ENDPOINT and HF_TOKEN set when the package is imported
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: real(endpoint=made.url, token="hf_test"))
    yield made
    made.server.shutdown()


@pytest.fixture
def ready(trained: Callable[..., Trained], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A trained nano's folder, from data that is plainly open."""
    trained("qwen2_5_vl")
    place = tmp_path / "ready"
    shutil.copytree(trained("nano", adapter=False).model, place)
    run = provenance.read(place)
    dataclasses.replace(run, faces=tuple(dataclasses.replace(each, license="MIT") for each in run.faces)).write(place)
    capsys.readouterr()  # what training printed
    return place


@pytest.mark.slow
def test_nothing_is_sent_without_the_flag(real_run: Run, ready: Path, hub: Hub) -> None:  # noqa: F811
    code, out, err = real_run("train", "push", ready, "me/faces")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == f"{ready} to me/faces, private, licence apache-2.0"
    assert "model.safetensors" in out
    assert out.splitlines()[-2:] == ["stays here: training_args.bin", "nothing was sent: --yes-upload sends it"]
    assert hub.calls == []


@pytest.mark.slow
def test_what_was_told_is_sent_into_a_private_repository(real_run: Run, ready: Path, hub: Hub) -> None:  # noqa: F811
    code, out, err = real_run("train", "push", ready, "me/faces", "--yes-upload")
    assert code == 0, err
    assert out.splitlines()[-1] == f"sent to {hub.url}/me/faces"
    assert hub.private
    assert set(hub.files) == {name for name, _ in publishing.parcel(ready, "me/faces").files}
    assert all(hub.files[name] == (ready / name).read_bytes() for name in hub.files)
    assert {token for _, path, token in hub.calls if path.startswith("/api")} == {"Bearer hf_test"}


@pytest.mark.slow
def test_terms_have_to_be_acknowledged_and_a_licence_be_there(
    real_run: Run,  # noqa: F811
    trained: Callable[..., Trained],
    ready: Path,
    hub: Hub,
) -> None:
    run = provenance.read(ready)
    faces = tuple(dataclasses.replace(each, dataset="ferplus", license="research") for each in run.faces)
    dataclasses.replace(run, faces=faces).write(ready)
    code, out, _ = real_run("train", "push", ready, "me/faces")
    assert code == 0
    assert "would be refused: " in out.splitlines()[-1]
    code, _, err = real_run("train", "push", ready, "me/faces", "--yes-upload")
    assert code == 1
    assert err.endswith("learnt from ferplus (research): if you may give its weights away all the same, say so: "
                        "--acknowledge ferplus\n")  # fmt: skip
    assert hub.calls == []
    code, _, err = real_run("train", "push", ready, "me/faces", "--acknowledge", "affectnet")
    assert code == 2
    assert real_run("train", "push", ready, "me/faces", "--acknowledge", "ferplus", "--yes-upload").code == 0
    of = trained("qwen2_5_vl")
    code, _, err = real_run("train", "push", of.run, "me/faces", "--acknowledge", "made", "--yes-upload")
    assert code == 1
    assert "README.md has no licence" in err
    assert "its adapter is for a base in a folder of this machine" in err
    assert err.count("\n") == 1


@pytest.mark.slow
def test_a_hub_that_refuses_and_a_repository_that_all_can_read_are_told(
    real_run: Run, ready: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    hub.status = 401
    code, _, err = real_run("train", "push", ready, "me/faces", "--yes-upload")
    assert code == 1
    assert "me/faces: not sent (" in err
    assert err.count("\n") == 1
    hub.status = 200
    reply = hub.reply
    monkeypatch.setattr(hub, "reply", lambda verb, path, body: {**reply(verb, path, body), "private": False})
    code, _, err = real_run("train", "push", ready, "me/faces", "--yes-upload")
    assert code == 1
    assert "everybody can read it" in err
    assert hub.files == {}
    assert real_run("train", "push", ready, "faces").code == 2
