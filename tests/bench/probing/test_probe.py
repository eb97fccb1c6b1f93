"""Few-shot probes of frozen encoders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from facereason import resources
from facereason.bench.probing import encoders, linear, probe
from facereason.bench.runs import results, rows
from facereason.types import FaceReasonError, UsageError
from tests.data import parquet

SHADES = {"neutral": 20, "happiness": 120, "anger": 230}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """FER+ faces whose shade tells their emotion, a little noise apart; and no FairFace."""
    try:
        resources.verify("detector.onnx")
    except FaceReasonError as error:
        pytest.skip(f"a checkout that was not installed: {error}")
    rng = np.random.default_rng(0)

    def faces(n: int, split: str) -> list[dict[str, Any]]:
        made = []
        for number in range(n):
            label = list(SHADES)[number % 3]
            pixels = np.clip(rng.normal(SHADES[label], 8, (48, 48)), 0, 255).astype(np.uint8)
            made.append(parquet.ferplus(f"{split}{number}", label, parquet.png(pixels)))
        return made

    parquet.write(tmp_path / "ferplus-train-0.parquet", faces(24, "t"))
    parquet.write(tmp_path / "ferplus-train-1.parquet", faces(6, "u"))
    parquet.write(tmp_path / "ferplus-test.parquet", faces(12, "v"))
    return tmp_path


def test_a_probe_learns_from_few_labels_and_is_a_run_like_any_other(data: Path, tmp_path: Path) -> None:
    missing = probe.probe("pixels", tmp_path / "run", str(data))
    assert missing.keys() == {"gender", "age", "units"}
    assert "CC BY 4.0" in missing["gender"]
    found = {each.task: each for each in results.results(tmp_path / "run")}
    five = found["probing/emotion-5"]
    accuracy = five.of("accuracy")
    assert accuracy is not None
    assert (accuracy.value, accuracy.n, accuracy.photos) == (1.0, 12 * probe.DRAWS, 12)
    assert accuracy.interval == "Wilson, photos"  # all are right
    assert five.seen == ()
    assert five.command == f"facereason bench probe pixels --data {data} --out {tmp_path / 'run'}"
    assert found["probing/gender"].warnings[0].startswith("Not run: fairface train: no file")


def test_the_same_seed_draws_the_same_labels(data: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        probe.probe("pixels", tmp_path / name, str(data), seed=3)
    one, other = (
        [row.confidence for row in rows.read(tmp_path / name / "probing" / "emotion-1").rows] for name in ("a", "b")
    )
    assert one == other
    probe.probe("pixels", tmp_path / "c", str(data), seed=4)
    assert one != [row.confidence for row in rows.read(tmp_path / "c" / "probing" / "emotion-1").rows]


def test_a_run_is_not_probed_over(data: Path, tmp_path: Path) -> None:
    probe.probe("pixels", tmp_path / "run", str(data))
    with pytest.raises(UsageError, match="there is a run already"):
        probe.probe("pixels", tmp_path / "run", str(data))


def test_a_server_shows_no_features() -> None:
    with pytest.raises(UsageError, match="use pixels, nano, nano/FOLDER or hf/NAME"):
        encoders.opened("openai/gpt-4o")


def test_a_real_clip_gives_its_image_features(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from tests.vlm import tiny

    eye = encoders.opened(f"hf/{tiny.build('clip', tmp_path / 'clip')}+device=cpu+dtype=float32")
    rng = np.random.default_rng(0)
    one, other = (eye.see(rng.integers(0, 255, (112, 112, 3), dtype=np.uint8)) for _ in range(2))
    assert one.ndim == 1
    assert one.shape == other.shape
    assert not np.allclose(one, other)


def test_the_classifier_is_at_the_bottom_of_its_loss() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(1)
    features = rng.normal(size=(40, 6)) + np.repeat(np.eye(4, 6), 10, axis=0)
    labels = [f"c{n // 10}" for n in range(40)]
    learnt = linear.fitted(features, labels)
    x = (features - features.mean(axis=0)) / features.std(axis=0)
    target = np.repeat(np.eye(4), 10, axis=0)

    def loss(flat: Any) -> float:
        weights, bias = flat[:24].reshape(6, 4), flat[24:]
        scores = x @ weights + bias
        tops = scores.max(axis=1, keepdims=True)
        logs = scores - tops - np.log(np.exp(scores - tops).sum(axis=1, keepdims=True))
        return float(-(target * logs).sum() + 0.5 * (weights**2).sum())

    best = optimize.minimize(loss, np.zeros(28), method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-14})
    assert loss(np.append(learnt.weights.ravel(), learnt.bias)) == pytest.approx(best.fun, abs=1e-5)
    assert np.allclose(learnt.probabilities(features).sum(axis=1), 1)
