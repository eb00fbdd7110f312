"""Dance tunes of a stated rule, in ABC notation. No tune is taken from anywhere: each is drawn from a Markov chain, so they are free to use.

The rule, all draws from ``random.Random(number of the tune)``:

1. Dance, key and mode: jig (6/8), reel (4/4), waltz (3/4), polka (2/4) or slip jig (9/8); D, G, A, C, F major, or E, A, B, D minor.
2. Form: two parts of eight bars, each repeated (AABB). A part is two phrases of four bars. The second phrase begins with the first
   two bars of the first one (7 of 10). The last two bars of part B are those of part A (5 of 10).
3. Chords, one a bar: a phrase begins on the first degree and goes on by the table ``CHORDS``; the first phrase of a part ends on the
   dominant (the seventh degree in minor), the second one on dominant and tonic.
4. Rhythm: every beat is one of the dance's cells (``CELLS``), drawn by weight; the last bar of a part is the dance's close.
5. Melody: the first note of a beat is a tone of the chord, the nearer to the note before the likelier. Within a beat the line goes on by a
   step in its direction, turns, leaps a third or stays. Part B lies higher than part A. A part ends on the tonic.
"""

from __future__ import annotations

import random

LICENCE = "Apache-2.0 (weights and tunes: made by a rule)"
DATA_CARD = "tunes drawn from a Markov rule over chord tones (`data_tunes.py`), each seen once; 500 others are kept back"

DANCES = {"jig": ("6/8", 3, 2), "reel": ("4/4", 4, 2), "waltz": ("3/4", 6, 1), "polka": ("2/4", 2, 2), "slip jig": ("9/8", 3, 3)}
"""Meter, eighths of a beat, beats of a bar."""

CELLS = {
    "jig": [((1, 1, 1), 62), ((2, 1), 30), ((3,), 8)],
    "slip jig": [((1, 1, 1), 50), ((2, 1), 42), ((3,), 8)],
    "reel": [((1, 1, 1, 1), 60), ((2, 1, 1), 24), ((3, 1), 10), ((2, 2), 6)],
    "waltz": [((2, 2, 2), 30), ((4, 2), 26), ((3, 1, 2), 14), ((2, 2, 1, 1), 18), ((2, 1, 1, 2), 12)],
    "polka": [((1, 1), 66), ((2,), 34)],
}
CLOSE = {"jig": [(2, 1), (3,)], "slip jig": [(1, 1, 1), (2, 1), (3,)], "reel": [(2, 2), (4,)], "waltz": [(6,)], "polka": [(2,), (2,)]}

MAJOR = {"D": 1, "G": 4, "A": 5, "C": 0, "F": 3}
MINOR = {"Em": 2, "Am": 5, "Bm": 6, "Dm": 1}
"""The tonic as steps above c' (C of ABC)."""

CHORDS = {
    "major": {0: [(0, 3), (3, 4), (4, 3), (5, 2), (1, 1)], 1: [(4, 6), (3, 2), (0, 1)], 3: [(0, 4), (4, 4), (1, 1)],
              4: [(0, 6), (5, 2), (3, 1)], 5: [(3, 4), (1, 3), (4, 3)]},
    "minor": {0: [(0, 3), (6, 4), (3, 2), (2, 2), (5, 1)], 2: [(6, 4), (5, 2), (0, 2)], 3: [(0, 4), (6, 3)],
              5: [(6, 4), (3, 1), (0, 2)], 6: [(0, 5), (5, 2), (2, 2)]},
}

LOWEST, HIGHEST = 1, 13  # D to b
Bar = list[list[tuple[int, int]]]  # beats of (step above C, length in eighths)


def drawn(rng: random.Random, weighted: list) -> object:
    return rng.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]


class Writer:
    """One tune in the making."""

    def __init__(self, number: int):
        self.rng = random.Random(number)
        self.dance = self.rng.choice(sorted(DANCES))
        self.mode = "major" if self.rng.random() < 0.68 else "minor"
        self.key = self.rng.choice(sorted(MAJOR if self.mode == "major" else MINOR))
        self.tonic = (MAJOR if self.mode == "major" else MINOR)[self.key]
        self.at = self.tonic + (7 if self.tonic < 3 else 0)
        self.up = 1

    def chords(self, close: bool) -> list[int]:
        dominant = 4 if self.mode == "major" else 6
        line = [0]
        while len(line) < 4:
            line.append(drawn(self.rng, CHORDS[self.mode][line[-1]]))
        return line[:2] + [dominant, 0] if close else line[:3] + [dominant]

    def chord_tone(self, chord: int, middle: int) -> int:
        """A tone of the chord near the last note, with a pull to the middle of the part."""
        tones = [s for s in range(LOWEST, HIGHEST + 1) if (s - self.tonic - chord) % 7 in (0, 2, 4)]
        weights = [2.0 ** -(abs(s - self.at) + 0.4 * abs(s - middle)) for s in tones]
        return self.rng.choices(tones, weights)[0]

    def step(self) -> int:
        kind = self.rng.random()
        if kind < 0.08:
            return self.at
        if 0.62 < kind < 0.82:
            self.up = -self.up
        to = self.at + self.up * (2 if kind >= 0.82 else 1)
        if not LOWEST <= to <= HIGHEST:
            self.up = -self.up
            to = self.at + self.up
        return to

    def beat(self, cell: tuple[int, ...], chord: int, middle: int) -> list[tuple[int, int]]:
        notes = []
        for place, length in enumerate(cell):
            before = self.at
            self.at = self.chord_tone(chord, middle) if place == 0 else self.step()
            if place == 0 and self.at != before:
                self.up = 1 if self.at > before else -1
            notes.append((self.at, length))
        return notes

    def bar(self, chord: int, middle: int) -> Bar:
        return [self.beat(drawn(self.rng, CELLS[self.dance]), chord, middle) for _ in range(DANCES[self.dance][2])]

    def close(self, middle: int) -> Bar:
        bar = [self.beat(cell, 0, middle) for cell in CLOSE[self.dance]]
        home = min((s for s in range(LOWEST, HIGHEST + 1) if (s - self.tonic) % 7 == 0), key=lambda s: abs(s - self.at))
        bar[-1] = [(home, sum(CLOSE[self.dance][-1]))]
        self.at = home
        return bar

    def part(self, middle: int) -> list[Bar]:
        first = [self.bar(chord, middle) for chord in self.chords(False)]
        chords = self.chords(True)
        again = self.rng.random() < 0.7
        opening = first[:2] if again else [self.bar(chord, middle) for chord in chords[:2]]
        self.at = opening[-1][-1][-1][0]
        return first + opening + [self.bar(chords[2], middle), self.close(middle)]

    def tune(self) -> str:
        a = self.part(6)
        b = self.part(9)
        if self.rng.random() < 0.5:
            b[6:] = a[6:]
        head = f"R:{self.dance}\nM:{DANCES[self.dance][0]}\nL:1/8\nK:{self.key}\n"
        return head + written(a) + written(b)


def note(step: int, length: int) -> str:
    letter = "CDEFGAB"[step] if step < 7 else "cdefgab"[step - 7]
    return letter + ("" if length == 1 else str(length))


def written(bars: list[Bar]) -> str:
    texts = [" ".join("".join(note(*n) for n in beat) for beat in bar) for bar in bars]
    return "|:" + "|".join(texts[:4]) + "|\n" + "|".join(texts[4:]) + ":|\n"


KEPT_BACK = 500


def tune(number: int) -> str:
    """The tune of a number from 0 on: the first ``KEPT_BACK`` are never trained on."""
    return Writer(number).tune()


HEADS = [f"R:{dance}\nM:{DANCES[dance][0]}\nL:1/8\nK:{key}\n" for dance in sorted(DANCES) for key in sorted(MAJOR | MINOR)]
END = "<end>"
VOCAB = sorted(set("".join(HEADS)) | set("|: \n") | set("CDEFGABcdefgab23456789")) + [END]


def bars_that_add_up(text: str) -> tuple[int, int, bool]:
    """Bars with the length that the meter asks for, all bars, and whether the form is that of the rule: twice eight bars, repeated, the
    last note the tonic."""
    import re

    lines = text.split("\n")
    meter = next((line[2:] for line in lines if line.startswith("M:")), "4/4")
    above, below = (int(x) for x in meter.split("/"))
    body = "\n".join(line for line in lines if line and not re.match(r"[A-Z]:", line))
    bars = [bar for bar in re.split(r"\|:|:\||\|", body) if bar.strip()]
    good = 0
    for bar in bars:
        units = [int(n or 1) for n in re.findall(r"[A-Ga-g](\d*)", bar)]
        clean = re.fullmatch(r"\s*(?:[A-Ga-g]\d?\s*)+", bar) is not None
        good += clean and sum(units) * below == above * 8
    parts = re.findall(r"\|:(.*?):\|", body, re.S)
    key = next((line[2:3] for line in lines if line.startswith("K:")), "")
    last = re.findall(r"[A-Ga-g]", body)[-1:]
    form = len(parts) == 2 and all(len([b for b in p.split("|") if b.strip()]) == 8 for p in parts) and last and last[0].upper() == key
    return good, len(bars), bool(form)
