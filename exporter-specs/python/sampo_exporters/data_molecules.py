"""Small molecules as SMILES, with their names: PyPI's ``chemicals`` 1.5.2 (MIT), whose table comes from PubChem (public domain).

Kept are molecules of C, N, O, S, P and the halogens without charges, isotopes and handedness, of at most ``LONGEST`` tokens. They are
written in Kekule form (no aromatic small letters), so that the valences alone tell whether a molecule can be.

``Rules`` is the automaton of constrained decoding; ``dev.sampo.molecule.SmilesRules`` is the same in Java.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

LICENCE = "Apache-2.0 (weights); data: chemicals 1.5.2, MIT, from PubChem"
DATA_CARD = ("molecules of at most 40 tokens from PyPI's `chemicals` 1.5.2 (pip download --no-deps chemicals==1.5.2), Kekule SMILES without "
             "charges and handedness; 500 are kept back")
LONGEST = 40
KEPT_BACK = 500
KNOWN = 30  # synonyms from which on a molecule is well known

END = "<end>"
VALENCE = {"C": 4, "N": 3, "O": 2, "S": 6, "P": 5, "F": 1, "Cl": 1, "Br": 1, "I": 1}
RINGS = "123456"
VOCAB = [END, *VALENCE, "=", "#", "(", ")", *RINGS]
TOKEN = re.compile(r"Cl|Br|.")
WHOLE = re.compile(r"(?:Cl|Br|[CNOFSPI]|[=#()1-6])+")

FILES = ("chemical identifiers pubchem small.tsv", "chemical identifiers pubchem large.tsv")


def rows(data: Path) -> list[tuple[str, str, int]]:
    """SMILES, usual name, and the number of names of every molecule that is kept, in the order of the files. ``data`` is the wheel, or a
    folder that holds it."""
    wheel = data if data.is_file() else next(iter(sorted(data.glob("chemicals-*.whl"))))
    out, seen = [], set()
    with zipfile.ZipFile(wheel) as files:
        for name in FILES:
            for line in files.read(f"chemicals/Identifiers/{name}").decode("utf-8").splitlines():
                cells = line.split("\t")
                smiles = cells[4]
                if smiles in seen or not WHOLE.fullmatch(smiles) or len(TOKEN.findall(smiles)) > LONGEST or not follows(smiles):
                    continue
                seen.add(smiles)
                out.append((smiles, cells[8] if len(cells) > 8 and cells[8] else cells[7], len(cells) - 7))
    return out


def split(data: Path) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """SMILES to train on, those kept back, and the well-known molecules with their names."""
    all_rows = rows(data)
    step = len(all_rows) // KEPT_BACK
    kept = [s for i, (s, _, _) in enumerate(all_rows) if i % step == step // 2][:KEPT_BACK]
    held = set(kept)
    known = [(s, name) for s, name, names in all_rows if names > KNOWN and "\t" not in name]
    return [s for s, _, _ in all_rows if s not in held], kept, known


def follows(smiles: str) -> bool:
    """Whether the rules allow a molecule as a whole."""
    rules = Rules(LONGEST)
    for token in TOKEN.findall(smiles):
        if not rules.fits(token):
            return False
        rules.take(token)
    return rules.may(END)


class Rules:
    """Which tokens may come next, so that a molecule of at most ``longest`` tokens comes about whose branches and rings close and whose
    atoms have no more bonds than their valence. A ring bond is single, joins two atoms that are not neighbours, and takes a bond of its
    first atom when it opens. A token is allowed only if the plainest ending after it (close what can be closed, else go on with carbon)
    exists and fits."""

    def __init__(self, longest: int):
        self.left = longest
        self.free: list[int] = []  # bonds that each atom may still have
        self.bonds: set[tuple[int, int]] = set()
        self.at = -1
        self.branches: list[int] = []
        self.rings: dict[str, int] = {}
        self.order = 1
        self.last = "begin"  # begin, atom, bond, open, close, ring
        self.done = False

    def copy(self) -> "Rules":
        other = Rules(self.left)
        other.free, other.bonds, other.branches, other.rings = self.free[:], set(self.bonds), self.branches[:], dict(self.rings)
        other.at, other.order, other.last, other.done = self.at, self.order, self.last, self.done
        return other

    def allowed(self) -> set[str]:
        if self.done:
            return {END}
        return {t for t in VOCAB if self.may(t)}

    def may(self, t: str) -> bool:
        if t == END:
            return self.last not in ("begin", "bond", "open") and not self.branches and not self.rings
        if not self.fits(t):
            return False
        after = self.copy()
        after.take(t)
        return after.ending() <= after.left

    def fits(self, t: str) -> bool:
        """Whether a token can stand here and the bonds are there for it."""
        here = self.free[self.at] if self.at >= 0 else 0
        if t in VALENCE:
            return self.last == "begin" or min(here, VALENCE[t]) >= self.order
        if t in "=#":
            return self.last not in ("begin", "bond") and here >= (2 if t == "=" else 3)
        if t == "(":
            return self.last in ("atom", "ring", "close") and here >= 2  # a branch leaves a bond for what follows it
        if t == ")":
            return self.last in ("atom", "ring", "close") and bool(self.branches)
        return self.last in ("atom", "ring") and here >= 1 and (t not in self.rings or self.closes(self.rings[t]))

    def closes(self, other: int) -> bool:
        return other != self.at and (min(other, self.at), max(other, self.at)) not in self.bonds

    def ending(self) -> int:
        """Tokens of the plainest ending; more than any length if there is none."""
        if not self.rings:
            return (self.last in ("begin", "bond", "open")) + len(self.branches)
        rest, count = self.copy(), 0
        while rest.rings or rest.last in ("begin", "bond", "open"):
            token = next((t for t in sorted(rest.rings) if rest.fits(t)), None) or next((t for t in ("C", ")") if rest.fits(t)), None)
            if token is None:
                return 1 << 20
            rest.take(token)
            count += 1
        return count + len(rest.branches)

    def take(self, t: str) -> None:
        self.left -= 1
        if t == END:
            self.done = True
        elif t in VALENCE:
            self.free.append(VALENCE[t])
            new = len(self.free) - 1
            if self.at >= 0:
                self.free[self.at] -= self.order
                self.free[new] -= self.order
                self.bonds.add((self.at, new))
            self.at, self.order, self.last = new, 1, "atom"
        elif t in "=#":
            self.order, self.last = (2 if t == "=" else 3), "bond"
        elif t == "(":
            self.branches.append(self.at)
            self.last = "open"
        elif t == ")":
            self.at = self.branches.pop()
            self.last = "close"
        else:
            if t in self.rings:
                other = self.rings.pop(t)
                self.bonds.add((min(other, self.at), max(other, self.at)))
            else:
                self.rings[t] = self.at
            self.free[self.at] -= 1
            self.last = "ring"
