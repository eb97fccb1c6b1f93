"""`facereason data`: check, stats, show, list; on small files laid out as the data sets are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Run
from tests.data import layouts, parquet


def drawn(seed: int) -> bytes:
    small = np.random.default_rng(seed).integers(0, 256, (6, 6), dtype=np.uint8)
    return parquet.png(np.asarray(Image.fromarray(small).resize((48, 48), Image.Resampling.BICUBIC)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    train = [parquet.ferplus(f"a{n}", "happiness" if n % 3 else "anger", drawn(n)) for n in range(6)]
    parquet.write(tmp_path / "ferplus-train-0.parquet", train[:3])
    parquet.write(tmp_path / "ferplus-train-1.parquet", train[3:])
    parquet.write(tmp_path / "ferplus-valid.parquet", [parquet.ferplus("v0", image=drawn(20))])
    leak, broken = parquet.ferplus("t0", image=drawn(4)), parquet.ferplus("t1", image=b"broken")
    parquet.write(tmp_path / "ferplus-test.parquet", [leak, broken])
    return tmp_path


def test_a_leak_and_a_broken_image_are_named_and_fail(real_run: Run, folder: Path) -> None:
    code, out, err = real_run("data", "check", "ferplus", "--data", folder)
    assert code == 1
    assert err.startswith("ferplus: labels MIT; FER2013 images for research, rights not stated. "), (
        "terms, at first use"
    )
    assert len(err.splitlines()) == 1
    assert real_run("data", "check", "ferplus", "--data", folder).err == "", "and not again"
    assert "ferplus train: 6 images" in out
    assert "leaks: 1\n  ferplus test t0 is ferplus train a4" in out
    assert "unreadable: 1\n  ferplus test t1: cannot be decoded" in out
    told = json.loads(real_run("data", "check", "ferplus", "--data", folder, "--json").out)
    assert told["leaks"] == [{"first": "ferplus train a4", "second": "ferplus test t0", "exact": True}]
    assert real_run("data", "check", "ferplus:train", "ferplus:valid", "--data", folder).code == 0


def test_labels_are_counted(real_run: Run, folder: Path) -> None:
    out = real_run("data", "stats", "ferplus:train", "--data", folder).out
    assert out.splitlines()[0] == "ferplus train, emotion (6)"
    assert "happiness" in out.splitlines()[1]
    assert "66.7%" in out.splitlines()[1]
    told = json.loads(real_run("data", "stats", "ferplus:train", "--data", folder, "--json").out)
    assert told == {"ferplus train emotion": {"anger": 2, "happiness": 4}}


def test_a_contact_sheet_is_drawn(real_run: Run, folder: Path) -> None:
    code, out, _ = real_run("data", "show", "ferplus:train", "-n", 4, "--data", folder)
    assert (code, out) == (0, "drawn: sheet.png (4 images)\n")
    assert Path("sheet.png").is_file()


def test_data_sets_are_listed_with_their_terms(real_run: Run) -> None:
    out = real_run("data", "list").out
    assert "fairface  train, val  CC BY 4.0" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("data", "check", "imagenet"), "no data set 'imagenet': known are ferplus, fer2013, fairface"),
        (("data", "stats", "ferplus:dev"), "ferplus has no split 'dev': it has train, valid, test"),
        (("data", "check", "fairface", "--data", "."), "no file"),
    ],
)
def test_wrong_words_get_one_line(real_run: Run, folder: Path, words: tuple[str, ...], message: str) -> None:
    code, _, err = real_run(*words)
    assert code in (1, 2)
    assert message in err
    assert len(err.splitlines()) == 1


def test_labels_outside_the_set_and_lost_images_are_counted_and_fail(real_run: Run, folder: Path) -> None:
    layouts.text(
        folder / "EmoLabel" / "list_patition_label.txt", "test_0001.jpg 4", "test_0002.jpg 9", "test_0003.jpg 1"
    )
    layouts.image(folder / "Image" / "aligned" / "test_0001_aligned.jpg")
    layouts.image(folder / "Image" / "aligned" / "test_0002_aligned.jpg")
    code, out, _ = real_run("data", "check", "rafdb:test", "--data", folder)
    assert code == 1
    assert "labels outside the set: 1\n" in out
    assert "row 'test_0002' is not as rafdb declares: emotion 9 is outside 1 to 7" in out
    assert "images not found: 1\n" in out
    assert "rafdb test, emotion (1)\n  happiness" in out
    told = json.loads(real_run("data", "check", "rafdb:test", "--data", folder, "--json").out)
    assert told["bad_rows"] == {"rafdb test label": 1, "rafdb test image": 1}
    assert told["labels"] == {"rafdb test emotion": {"happiness": 1}}


def test_a_file_of_ones_own_is_looked_at_like_a_data_set(real_run: Run, folder: Path) -> None:
    layouts.image(folder / "a.png")
    layouts.text(folder / "my.jsonl", '{"image": "a.png", "labels": ["anger"], "split": "train"}')
    code, out, err = real_run("data", "stats", "my.jsonl")
    assert (code, err) == (0, ""), "nobody else's terms hold"
    assert out.splitlines()[0] == "my train, emotion (1)"


def test_one_data_set_is_described_with_its_layout_fields_and_terms(real_run: Run) -> None:
    out = real_run("data", "list", "affectnet").out
    assert "terms    For non-commercial research after signing an agreement" in out
    assert "folder   train_set/ and val_set/, each with images/ID.jpg" in out
    assert "labels            from exp" in out
    assert real_run("data", "list", "imagenet").code == 2
