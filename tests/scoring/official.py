"""Writes `tests/golden/official-metrics.json`: what scikit-learn and rouge_score say of shared cases.

python -m venv OWN && OWN/bin/pip install scikit-learn rouge-score && OWN/bin/python tests/scoring/official.py
"""

from __future__ import annotations

import json
import random
import warnings
from pathlib import Path

from rouge_score import rouge_scorer
from sklearn import metrics

LABELS = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]
WORDS = [
    "the",
    "lip",
    "corners",
    "are",
    "pulled",
    "up",
    "AU12",
    "and",
    "cheeks",
    "raised",
    "AU6",
    "while",
    "brows",
    "lowered",
    "faces",
    "happiness",
    "happily",
    "smiling",
    "smiles",
    "tightly",
    "tightened",
    "relational",
    "conditional",
    "rationalize",
    "hopefulness",
    "dying",
    "skies",
    "news",
    "agreed",
    "feed",
    "troubling",
    "sized",
    "falling",
    "hissing",
    "probability",
    "formalize",
    "electrical",
    "adjustment",
    "defective",
    "revival",
    "12",
    "no",
    "not",
]


def main() -> None:
    warnings.simplefilter("ignore")
    rng = random.Random(5)
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=True)
    rouge = []
    for _ in range(60):
        text, reference = (" ".join(rng.choices(WORDS, k=rng.randint(0, 30))) for _ in range(2))
        rouge.append([text, reference, scorer.score(reference, text)["rougeL"].fmeasure])
    labels, units = [], []
    for n in (5, 40, 300):
        true = rng.choices(LABELS, weights=[8, 7, 3, 2, 2, 1, 1, 1], k=n)
        found = [each if rng.random() < 0.6 else rng.choice([*LABELS, "none"]) for each in true]
        there = sorted(set(true))
        labels.append([found, true, metrics.f1_score(true, found, labels=there, average="macro", zero_division=0)])
    for n in (6, 80):
        columns = (1, 4, 6, 12, 25)
        true_, found_ = ([[int(rng.random() < 0.4) for _ in columns] for _ in range(n)] for _ in range(2))
        with_positives = [place for place in range(len(columns)) if any(row[place] for row in true_)]
        scores = metrics.f1_score(true_, found_, average=None, zero_division=0)
        macro = sum(scores[place] for place in with_positives) / len(with_positives)
        micro = metrics.f1_score(true_, found_, average="micro", zero_division=0)
        units.append([columns, found_, true_, micro, float(macro)])
    told = {"rouge": rouge, "labels": labels, "units": units}
    path = Path(__file__).parents[1] / "golden" / "official-metrics.json"
    path.write_text(json.dumps(told) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
