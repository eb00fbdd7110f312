"""The King James Version as plain text: what the scripture models are trained on and what is kept back.

Source: Debian's package `bible-kjv` (command `bible`), the translation of 1611, out of copyright in most of the world.
Form: one verse a line without its reference, a chapter after another, an empty line between chapters.
Split by whole chapters: of each 48 chapters in book order the 25th is kept back for the numbers in the model cards
(`scripture-heldout.txt`), the 13th for choosing settings. Neither is ever trained on.
"""

from __future__ import annotations

import re
import subprocess
from typing import Any

import numpy as np

from .common import JUDGE_RESOURCES

CHAPTERS_A_GROUP = 48
HELD_OUT_OFFSET = 24
CHOOSING_OFFSET = 12

HELD_OUT = JUDGE_RESOURCES / "scripture-heldout.txt"

_LINE = re.compile(r"([1-3]?[A-Za-z]+)(\d+):(\d+) (.*)")


def read_verses() -> list[str]:
    """The 31,102 lines `Ge1:1 In the beginning ...` that the command `bible` prints."""
    printed = subprocess.run(
        ["bible", "-f", "gen1:1-rev22:21"], check=True, capture_output=True, text=True
    )
    return printed.stdout.splitlines()


def chapters() -> list[str]:
    """The 1,189 chapters in order; each is its verses, each verse ended by a newline."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in read_verses():
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"Line of `bible` without a reference: {line!r}. Is bible-kjv 4.38 installed?")
        book, chapter, _, text = match.groups()
        found.setdefault((book, chapter), []).append(" ".join(text.split()) + "\n")
    if len(found) != 1189:
        raise ValueError(f"`bible` gave {len(found)} chapters, wanted 1189.")
    return ["".join(verses) for verses in found.values()]


def split() -> tuple[list[str], list[str], list[str]]:
    """Chapters to train on, to choose settings with, and to measure with."""
    training, choosing, held_out = [], [], []
    for index, chapter in enumerate(chapters()):
        part = {CHOOSING_OFFSET: choosing, HELD_OUT_OFFSET: held_out}.get(index % CHAPTERS_A_GROUP, training)
        part.append(chapter)
    return training, choosing, held_out


def join(parts: list[str]) -> str:
    """Chapters as one text, an empty line between them."""
    return "\n".join(parts)


def split_chapters(text: str) -> list[str]:
    """Undoes `join`."""
    return [part + "\n" for part in text.rstrip("\n").split("\n\n")]


def write_held_out(held_out: list[str]) -> None:
    HELD_OUT.parent.mkdir(parents=True, exist_ok=True)
    HELD_OUT.write_text(join(held_out), encoding="utf-8")


def nats(logits: np.ndarray, ids: np.ndarray) -> float:
    """- sum of log softmax(logits)[t, ids[t]] over [time, vocab] and [time]."""
    x = logits.astype(np.float64)
    largest = x.max(1)
    normalizer = largest + np.log(np.exp(x - largest[:, None]).sum(1))
    return float((normalizer - x[np.arange(len(ids)), ids]).sum())


def average_in(average: Any, model: Any, decay: float) -> None:
    """average <- decay average + (1 - decay) model, parameter by parameter."""
    import torch

    with torch.no_grad():
        for mine, other in zip(average.parameters(), model.parameters(), strict=True):
            mine.lerp_(other, 1 - decay)
