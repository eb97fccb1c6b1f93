"""Train the rewording model on pairs drawn anew for every epoch from written lists (`training/rewording/`)."""

from __future__ import annotations

import gzip
import json
import random
import re
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

from facereason import resources
from facereason.rewording import read
from facereason.rewording import words as rewording_words
from facereason.rewording.words import BEGIN, END, GRAMS, LONGEST, LONGEST_PLAIN, MARKS, NONE, PAD
from facereason.train import loop
from facereason.train.rewording import questions
from facereason.train.rewording.model import Model, RewordingNet
from facereason.train.rewording.questions import Pair, Questions
from facereason.train.rewording.varied import varied
from facereason.types import UsageError

Say = Callable[[str], None]
VOCABULARY = 60_000  # pairs from which the plain words are taken
KEPT_BACK = 10  # every so many rewordings are for measuring alone
WRITTEN_BACK = 25  # and of what was written for a plain question of its own, every so many plain questions


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One run. An epoch is `epoch_pairs` pairs drawn anew, of which the share `rewordings` comes from questions that
    somebody put into other words, varied. `smoothing`: of the labels. `begin`: what to begin from, a finished run's
    checkpoint or the file made of it. The rest as for every run (`loop.Schedule`)."""

    name: str
    seed: int
    model: Model
    epochs: int
    epoch_pairs: int
    rewordings: float
    batch: int
    learning_rate: float
    weight_decay: float
    warmup_epochs: float
    ema: float
    smoothing: float
    begin: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.batch <= self.epoch_pairs:
            raise UsageError("batch must be from 1 to epoch_pairs")


def train(
    recipe: Recipe,
    out: str | Path,
    *,
    device: str | None = None,
    say: Say = print,
    progress: loop.Progress | None = None,
) -> Path:
    """Train by `recipe`; returns the checkpoint, `out/last.pt`. A run that was cut goes on from it when called again
    with the same recipe. Beside it lie `curve.jsonl` (loss, and the share of rewordings kept back that come out word by
    word) and `recipe.json`."""
    home, out = loop.device_of(device), loop.folder_of(out)
    drawn, rewordings, kept = material(recipe.seed)
    torch.manual_seed(recipe.seed)
    if recipe.begin:
        net, words = widened(*begun(recipe.begin), vocabulary(recipe.seed, rewordings))
    else:
        words = vocabulary(recipe.seed, rewordings)
        net = RewordingNet(recipe.model, len(words))
    net = net.to(home)
    run = Run(recipe, net, home, out)
    say(f"{recipe.name}: {sum(p.numel() for p in net.parameters()) / 1e6:.2f} M parameters, {len(words)} plain words")
    run.resume(say)
    steps = recipe.epoch_pairs // recipe.batch
    shown: loop.Progress = progress or loop.Silent()
    shown.start(recipe.epochs * steps, run.epoch * steps)
    began, first = time.monotonic(), run.epoch
    while run.epoch < recipe.epochs:
        rng = random.Random(f"{recipe.seed} {run.epoch}")
        drawn.reseed(rng)
        pairs = [
            varied(rng.choice(rewordings), rng, drawn.values) if rng.random() < recipe.rewordings else drawn.pair()
            for _ in range(steps * recipe.batch)
        ]
        loss = run.one_epoch(packed(pairs, words), steps, shown)
        right = share_right(run.mean, kept, words)
        told = run.record(loss, {"rewordings word by word": right})
        say(f"epoch {run.epoch} of {recipe.epochs}: loss {loss:.3f}; {told}; "
            f"{(time.monotonic() - began) / (run.epoch - first):.0f} s an epoch")  # fmt: skip
        run.save(None)
    if not run.ended:
        run.save({"words": words})
    return out / "last.pt"


def begun(path: str | Path) -> tuple[RewordingNet, list[str]]:
    """The network of a finished run, and its plain words: the mean of a checkpoint, or what the file made of it holds.
    UsageError where `path` is neither."""
    if Path(path).suffix == ".npz":
        return exported(path)
    state = loop.stored(path, "cpu")
    try:
        words: list[str] = state["words"]
        net = RewordingNet(Model(**state["recipe"]["model"]), len(words))
        net.load_state_dict(state["mean"])
    except (KeyError, RuntimeError, TypeError) as error:
        raise UsageError(f"{path} is no finished run of the rewording model ({str(error).splitlines()[0]})") from None
    return net, words


def widened(net: RewordingNet, words: list[str], met: Sequence[str]) -> tuple[RewordingNet, list[str]]:
    """The network with those of the plain words `met` that it did not know, behind those that it did: what it knows it
    says as before."""
    new = [word for word in met if word not in words]
    if new:
        fresh = torch.empty(len(new), net.words.embedding_dim)
        torch.nn.init.normal_(fresh, std=0.1 * net.words.embedding_dim**-0.5)
        weight = torch.cat([net.words.weight.detach(), fresh])
        net.words = torch.nn.Embedding(*weight.shape)
        net.words.weight = torch.nn.Parameter(weight)
    return net, [*words, *new]


def exported(path: str | Path) -> tuple[RewordingNet, list[str]]:
    """The network of a file that ships, in 32 bits again, and its plain words."""
    try:
        made = read(path)
        weights = {name: torch.from_numpy(value) for name, value in made.weights.items()}
        inner, width = weights["encoder.0.linear1.weight"].shape
        halves = {half: len({name.split(".")[1] for name in weights if name.startswith(f"{half}.")})
                  for half in ("encoder", "decoder")}  # fmt: skip
        net = RewordingNet(Model(width=width, inner=inner, **halves), len(made.words))
        net.load_state_dict(weights)
    except (OSError, KeyError, RuntimeError, ValueError, zipfile.BadZipFile) as error:
        raise UsageError(f"{path} is no file of the rewording model ({str(error).splitlines()[0]})") from None
    return net, made.words


class Run(loop.Loop[RewordingNet]):
    """A run by a recipe: the loss of each step of it."""

    recipe: Recipe

    def one_epoch(self, data: tuple[Tensor, Tensor], steps: int, progress: loop.Progress) -> float:
        """A pass over the pairs of an epoch; returns the mean loss."""
        long = (data[0][:, :, 0] > 0).sum(1) + (data[1] >= 0).sum(1)
        jitter = 4 * torch.rand(len(long), generator=self.generator)
        alike = (long + jitter).argsort()[: steps * self.recipe.batch].reshape(steps, -1)  # batches of about one length
        order = alike[torch.randperm(steps, generator=self.generator)]

        def loss_of(step: int) -> Tensor:
            rows = order[step]
            grams, plain = (each[rows].long().to(self.device) for each in data)
            grams = grams[:, : max(1, int((grams[:, :, 0] > 0).sum(1).max()))]
            plain = plain[:, : int((plain >= 0).sum(1).max())]
            said = self.net(grams, plain[:, :-1].clamp_min(0))
            return functional.cross_entropy(
                said.flatten(0, 1), plain[:, 1:].flatten(), ignore_index=-1, label_smoothing=self.recipe.smoothing
            )

        return self.epoch_of(steps, loss_of, progress)


def material(seed: int) -> tuple[Questions, list[Pair], list[Pair]]:
    """What pairs are drawn from; the rewordings to learn from; and those kept back: one in ten of those of
    `eval/agent/`, and all that was written for one in 25 plain questions of `training/rewording/written.jsonl.gz`."""
    folder = resources.training() / "rewording"
    lists = {
        name: json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes()))
        for name in ("frames", "people", "values")
    }
    means: Mapping[str, str] = json.loads((folder / "rewordings.json").read_text())
    pairs = []
    for row in _lines(resources.suites() / "agent" / "rewordings.jsonl.gz"):
        plain = row["plain"].casefold().rstrip("?.")
        pairs.append(Pair(row["other"], means.get(plain, plain)))
    drawn = Questions(lists["frames"], lists["people"], lists["values"], random.Random(seed))
    kept = [pair for n, pair in enumerate(pairs) if n % KEPT_BACK == 0]
    learnt = [pair for n, pair in enumerate(pairs) if n % KEPT_BACK]
    for row in _lines(folder / "written.jsonl.gz"):
        apart = zlib.crc32((row["said"] if row["plain"] == NONE else row["plain"]).encode()) % WRITTEN_BACK == 0
        (kept if apart else learnt).append(Pair(row["said"], row["plain"]))
    back = set(kept)  # two writers may put something alike
    return drawn, [pair for pair in learnt if pair not in back], kept


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


def vocabulary(seed: int, rewordings: Sequence[Pair]) -> list[str]:
    """Words of plain questions, as often as they are met, after what is no word."""
    drawn, _, _ = material(seed)
    counts: Counter[str] = Counter()
    for pair in [*(drawn.pair() for _ in range(VOCABULARY)), *rewordings]:
        counts.update(_both(pair)[1])
    marks = [f"<{n + 1}>" for n in range(MARKS)]
    return [PAD, BEGIN, END, *marks, *(word for word, _ in counts.most_common() if word not in marks)]


def known_words() -> list[str]:
    """Words that pairs which mean something are made of: what the model was taught to read."""
    drawn, rewordings, _ = material(0)
    lists: list[Any] = [
        {frame: said for frame, said in drawn.frames.items() if frame != "NONE"},
        drawn.people.lists,
        drawn.values,
        questions.SPOKEN,
        [pair.said for pair in rewordings if pair.plain != NONE],
    ]
    found: set[str] = set()
    for text in _texts(lists):
        found.update(rewording_words.words_of(re.sub(r"<[^>]+>", " ", text)))
    return sorted(word for word in found if word[0].isalpha() or word[0] == "'")


def _texts(lists: Any) -> Iterator[str]:
    if isinstance(lists, str):
        yield lists
    else:
        for each in [*lists, *lists.values()] if isinstance(lists, Mapping) else lists:
            yield from _texts(each)


def packed(pairs: Sequence[Pair], words: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Grams `(n, w, g)` of what was said, and numbers of plain words `(n, p)` with begin and end, -1 behind it."""
    number = {word: n for n, word in enumerate(words)}
    grams = np.zeros((len(pairs), LONGEST, GRAMS), np.int16)
    plain = np.full((len(pairs), LONGEST_PLAIN), -1, np.int16)
    known: dict[str, list[int]] = {}
    for row, pair in enumerate(pairs):
        said, meant = _both(pair)
        for at, word in enumerate(said[:LONGEST]):
            if word not in known:
                known[word] = rewording_words.grams(word)
            grams[row, at, : len(known[word])] = known[word]
        line = [number[BEGIN], *(number.get(word, number[PAD]) for word in meant[: LONGEST_PLAIN - 2]), number[END]]
        plain[row, : len(line)] = line
    return torch.from_numpy(grams), torch.from_numpy(plain)


def _both(pair: Pair) -> tuple[list[str], list[str]]:
    said, numbers = rewording_words.marked(rewording_words.words_of(pair.said))
    meant, _ = rewording_words.marked(rewording_words.words_of(pair.plain), numbers)
    return said, meant


@torch.no_grad()
def said_by(net: RewordingNet, questions: Sequence[str], words: Sequence[str]) -> list[tuple[str, float]]:
    """Plain questions, word by word the likeliest, each with its probability."""
    grams, _ = packed([Pair(question, NONE) for question in questions], words)
    out: list[tuple[str, float]] = []
    device = next(net.parameters()).device
    for rows in torch.split(grams.long(), 256):
        rows = rows[:, : max(1, int((rows[:, :, 0] > 0).sum(1).max()))].to(device)
        memory, nothing = net.encoded(rows), rows[:, :, 0] == 0
        line = torch.full((len(rows), 1), words.index(BEGIN), device=device)
        logs, ended = torch.zeros(len(rows), device=device), torch.zeros(len(rows), dtype=torch.bool, device=device)
        while line.shape[1] < LONGEST_PLAIN and not bool(ended.all()):
            log, best = torch.log_softmax(net.decoded(memory, nothing, line)[:, -1], 1).max(1)
            logs += torch.where(ended, 0.0, log)
            line = torch.cat([line, best[:, None]], 1)
            ended |= best == words.index(END)
        for number, log in zip(line[:, 1:].tolist(), logs.exp().tolist(), strict=True):
            meant = [words[n] for n in number]
            question = questions[len(out)]
            _, numbers = rewording_words.marked(rewording_words.words_of(question))
            end = meant.index(END) if END in meant else len(meant)
            out.append((rewording_words.plain_text(meant[:end], numbers), log))
    return out


def share_right(net: RewordingNet, pairs: Sequence[Pair], words: Sequence[str]) -> float:
    """Share of pairs that come out word by word."""
    found = said_by(net, [pair.said for pair in pairs], words)
    right = [
        rewording_words.words_of(text) == rewording_words.words_of(pair.plain)
        for (text, _), pair in zip(found, pairs, strict=True)
    ]
    return float(np.mean(right))
