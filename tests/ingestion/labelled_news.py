"""How well scores agree with labels that people gave: a file of labelled sentences, and measures.

No package that could be pinned ships labelled financial sentences, so the file is the reader's own:
the variable `LABELLED_NEWS` names it. Understood are the Financial PhraseBank's text files
(`sentence@label` in Latin-1), and CSV or Parquet with a column of sentences (`headline`, `sentence`
or `text`) and one of labels (`label` or `sentiment`: words or numbers). Half of the sentences, by a
hash of their words, may be looked at while words are chosen; only the other half is reported.
"""

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from scipy.stats import spearmanr

VARIABLE = "LABELLED_NEWS"
HELD_OUT_SEED = "held-out"
THRESHOLD = 0.05  # VADER's own: at or beyond it a text is positive or negative
BOOTSTRAP_DRAWS = 1_000
SENTENCES, LABELS = ("headline", "sentence", "text"), ("label", "sentiment")
GRADES = {"strong": 2.0, "mild": 1.0}
TONES = {"positive": 1, "bullish": 1, "neutral": 0, "negative": -1, "bearish": -1}

Score = Callable[[Sequence[str]], Sequence[float]]


@dataclass(frozen=True)
class Measured:
    """Agreement of scores with labels: classes at +-0.05, and ranks of the grades."""

    count: int
    accuracy: float
    macro_f1: float
    spearman: float


def labelled_path() -> Path | None:
    """The file that the environment names, if any."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def read_labelled(path: Path) -> list[tuple[str, float]]:
    """Sentences with their grades, positive above 0; the same words once, by their first label."""
    graded: dict[str, float] = {}
    for sentence, label in _pairs(path):
        grade = _grade(label)
        if grade is not None and sentence.strip():
            graded.setdefault(sentence.strip(), grade)
    return sorted(graded.items())


def held_out(graded: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """The half that only reports may look at."""
    return [
        pair for pair in graded if sha256(f"{HELD_OUT_SEED}|{pair[0]}".encode()).digest()[0] < 128
    ]


def measure(scores: Sequence[float], grades: Sequence[float]) -> Measured:
    """Agreement of scores with grades."""
    said, meant = _classes(np.asarray(scores)), np.sign(grades).astype(int)
    return Measured(
        count=len(meant),
        accuracy=float(np.mean(said == meant)),
        macro_f1=_macro_f1(said, meant),
        spearman=float(spearmanr(scores, grades)[0]),
    )


def accuracy_gain(
    ours: Sequence[float], plain: Sequence[float], grades: Sequence[float], *, seed: int = 7
) -> tuple[float, float, float]:
    """Gain in accuracy of one scorer over another, with a 95 % interval over sentences."""
    meant = np.sign(grades).astype(int)
    better = (_classes(np.asarray(ours)) == meant).astype(float)
    better -= _classes(np.asarray(plain)) == meant
    picks = np.random.default_rng(seed).integers(0, len(meant), (BOOTSTRAP_DRAWS, len(meant)))
    lower, upper = np.quantile(better[picks].mean(axis=1), [0.025, 0.975])
    return float(better.mean()), float(lower), float(upper)


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    if path.suffix == ".parquet":
        rows = pq.read_table(path).to_pylist()
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    else:
        lines = path.read_text(encoding="latin-1").splitlines()
        yield from ((line.rpartition("@")[0], line.rpartition("@")[2]) for line in lines)
        return
    for row in rows:
        named = {str(name).lower(): value for name, value in row.items()}
        sentence = next((named[name] for name in SENTENCES if named.get(name)), "")
        label = next((named[name] for name in LABELS if named.get(name) is not None), "")
        yield str(sentence), str(label)


def _grade(label: str) -> float | None:
    try:
        return float(label)
    except ValueError:
        words = label.lower().split()
    tones = [TONES[word] for word in words if word in TONES]
    strength = next((GRADES[key] for key in GRADES if label.lower().startswith(key)), 1.0)
    return strength * tones[0] if tones else None


def _classes(scores: np.ndarray) -> np.ndarray:
    return (scores >= THRESHOLD).astype(int) - (scores <= -THRESHOLD).astype(int)


def _macro_f1(said: np.ndarray, meant: np.ndarray) -> float:
    found = []
    for tone in (-1, 0, 1):
        both, either = np.sum((said == tone) & (meant == tone)), np.sum(said == tone)
        either += np.sum(meant == tone)
        found.append(2 * both / either if either else 0.0)
    return float(np.mean(found))
