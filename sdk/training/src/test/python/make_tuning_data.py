"""Writes the data of the fine-tuning table in this module's README, and what the tuned models are measured with.

    pip install numpy onnx && apt-get install fortunes
    python make_tuning_data.py DIR

    DIR/digits.npy, digits-labels.npy     1,200 of the kept-back digits of this repository, dark on light
    DIR/quotations.txt                    English sayings of Debian's `fortunes`, an empty line between two
    DIR/numbers.tsv                       English number words and a French that counts 70, 80, 90 as seven, eight, nine tens
    DIR/kept-back/                        for `sampo models MODEL --measure --kept-back DIR/kept-back`: the other 300 digits, a judge for dark on
                                          light, every tenth quotation, 500 other numbers
"""
import random
import re
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

JUDGE = Path(__file__).resolve().parents[5] / "exporter-specs/src/test/resources/judge"
MODELS = Path(__file__).resolve().parents[5] / "exporter-specs/models"
FORTUNES = Path("/usr/share/games/fortunes")
TOPICS = ("literature", "people", "wisdom", "science", "work", "men-women", "politics")


def digits(out: Path, kept: Path) -> None:
    pictures = 255 - np.load(JUDGE / "digits-heldout.npy")
    labels = np.load(JUDGE / "digits-heldout-labels.npy")
    np.save(out / "digits.npy", pictures[:1200])
    np.save(out / "digits-labels.npy", labels[:1200])
    np.save(kept / "digits-heldout.npy", pictures[1200:])
    np.save(kept / "digits-heldout-labels.npy", labels[1200:])
    judge = onnx.load(JUDGE / "judge.onnx")
    for node in judge.graph.node:
        node.input[:] = ["ink" if name == "sample" else name for name in node.input]
    judge.graph.initializer.append(helper.make_tensor("white", TensorProto.FLOAT, [], [1.0]))
    judge.graph.node.insert(0, helper.make_node("Sub", ["white", "sample"], ["ink"]))
    onnx.save(judge, kept / "judge.onnx")


def quotations(out: Path, kept: Path) -> None:
    import json

    known = set(json.loads((MODELS / "scripture-lstm/sampo.json").read_text())["vocab"])
    sayings = []
    for topic in TOPICS:
        for saying in (FORTUNES / topic).read_text(encoding="utf-8").split("\n%\n"):
            text = re.sub(r"[\t ]+", " ", saying.replace('"', "'")).strip()
            # The recurrent model knows 63 characters.
            sayings.append("".join(c for c in re.sub(r"\n ", "\n", text) if c in known))
    sayings = list(dict.fromkeys(sayings))
    (out / "quotations.txt").write_text("\n\n".join(s for i, s in enumerate(sayings) if i % 10) + "\n")
    (kept / "scripture-heldout.txt").write_text("\n\n".join(s for i, s in enumerate(sayings) if i % 10 == 0) + "\n")


ENGLISH = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
           " nineteen").split()
ENGLISH_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
FRENCH = ("zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf").split()
FRENCH_TENS = "_ _ vingt trente quarante cinquante soixante sept-dix huit-dix neuf-dix".split()


def english(n: int) -> str:
    if n < 20:
        return ENGLISH[n]
    if n < 100:
        return ENGLISH_TENS[n // 10] + ("-" + ENGLISH[n % 10] if n % 10 else "")
    scale, word = (1000, "thousand") if n >= 1000 else (100, "hundred")
    rest = n % scale
    return f"{english(n // scale)} {word}" + ((" and " if rest < 100 else " ") + english(rest) if rest else "")


def french(n: int) -> str:
    """Ten times seven is sept-dix, 21 is vingt-un, hundreds have no s."""
    if n < 20:
        return FRENCH[n]
    if n < 100:
        return FRENCH_TENS[n // 10] + ("-" + FRENCH[n % 10] if n % 10 else "")
    scale, word = (1000, "mille") if n >= 1000 else (100, "cent")
    head = "" if n // scale == 1 else french(n // scale) + " "
    return head + word + (" " + french(n % scale) if n % scale else "")


def numbers(out: Path, kept: Path) -> None:
    draw = random.Random(0)
    drawn = list(dict.fromkeys(draw.randrange(10 ** draw.randint(1, 6)) for _ in range(20000)))[:6500]
    lines = [f"{english(n)}\t{french(n)}\n" for n in drawn]
    (out / "numbers.tsv").write_text("".join(lines[:6000]), encoding="utf-8")
    (kept / "numbers-heldout.tsv").write_text("".join(lines[6000:]), encoding="utf-8")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    held = target / "kept-back"
    held.mkdir(parents=True, exist_ok=True)
    digits(target, held)
    quotations(target, held)
    numbers(target, held)
