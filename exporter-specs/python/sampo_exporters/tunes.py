"""tunes-lstm: a character LSTM over dance tunes in ABC notation, the tunes drawn from the rule of ``data_tunes``.

``model.onnx``: ``input_ids`` [batch, time], ``h0``, ``c0`` [1, batch, hidden] -> ``logits`` [batch, time, vocab], ``hn``, ``cn``.
"""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import data_tunes
from .common import Card, Checkpoint, Ema, Options, count_parameters, descend, export_graph, log, seed_everything, session, write_json, write_readme

STEPS, BATCH, HIDDEN, EMBEDDING = 3200, 8, 112, 24
PEAK_LR, SLOWER_AFTER = 1e-2, 200
IDS = {token: i for i, token in enumerate(data_tunes.VOCAB)}
END = IDS[data_tunes.END]


class TuneLstm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(IDS), EMBEDDING)
        self.lstm = nn.LSTM(EMBEDDING, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN, len(IDS))

    def forward(self, input_ids: torch.Tensor, h0: torch.Tensor, c0: torch.Tensor):
        y, (hn, cn) = self.lstm(self.embedding(input_ids), (h0, c0))
        return self.head(y), hn, cn


POOL = 8  # batches whose tunes are sorted by length, so that little is padded


def batches(first: int):
    """Batches without end, each tune of the rule once, from the number ``first`` on."""
    while True:
        numbers = sorted(range(first, first + POOL * BATCH), key=lambda n: len(data_tunes.tune(n)))
        order = random.Random(first).sample(range(POOL), POOL)
        yield from (rows(numbers[k * BATCH:(k + 1) * BATCH]) for k in order)
        first += POOL * BATCH


def rows(numbers: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids [tunes, length] of begun and ended tunes, and 1 where an id is to be foretold. END stands before and after each tune."""
    ids = [[END, *(IDS[c] for c in data_tunes.tune(n)), END] for n in numbers]
    longest = max(map(len, ids))
    x = torch.full((len(ids), longest), END, dtype=torch.int64)
    mask = torch.zeros(len(ids), longest - 1)
    for i, row in enumerate(ids):
        x[i, :len(row)] = torch.tensor(row)
        mask[i, :len(row) - 1] = 1
    return x, mask


def run(options: Options) -> None:
    seed_everything(options.seed)
    net = TuneLstm()
    ema = Ema(net, 0.98)
    steps = options.steps or STEPS
    optimizer = torch.optim.AdamW(net.parameters(), lr=PEAK_LR, betas=(0.9, 0.99), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min(1.0, (s + 1) / 20, math.sqrt(SLOWER_AFTER / (s + 1))))
    checkpoint = Checkpoint(options, 45.0, net=net, ema=ema, optimizer=optimizer, schedule=schedule)
    start = checkpoint.load()
    zeros = torch.zeros(1, BATCH, HIDDEN)
    losses = []
    feed = batches(data_tunes.KEPT_BACK + start * BATCH)
    for step in range(start, 0 if options.export_only else steps):
        x, mask = next(feed)
        logits, _, _ = net(x[:, :-1], zeros, zeros)
        nats = F.cross_entropy(logits.flatten(0, 1), x[:, 1:].flatten(), reduction="none").view(mask.shape)
        loss = (nats * mask).sum() / mask.sum()
        descend(loss, net, optimizer, ema, step, schedule)
        losses.append(loss.item() / math.log(2))
        if (step + 1) % 25 == 0:
            log(f"tunes step {step + 1}/{steps}: {np.mean(losses[-25:]):.4f} bits a character")
        checkpoint.maybe_save(step + 1)
    if not options.export_only:
        checkpoint.save(steps)
    export(ema.module, options, steps=start if options.export_only else steps)


def export(net: TuneLstm, options: Options, steps: int) -> None:
    folder = options.out
    state = {1: "batch"}
    both = {0: "batch", 1: "time"}
    cases = [{"input_ids": torch.randint(len(IDS), (n, t)), "h0": torch.randn(1, n, HIDDEN) * 0.3, "c0": torch.randn(1, n, HIDDEN) * 0.3}
             for n, t in ((2, 5), (1, 1), (3, 60))]
    export_graph(net, folder / "model.onnx", cases, ["logits", "hn", "cn"],
                 {"input_ids": both, "logits": both, "h0": state, "c0": state, "hn": state, "cn": state}, spec=("rnn-lm", "model"))
    card = Card(
        name="tunes-lstm", family="rnn-lm", makes="Dance tunes in ABC notation: jigs, slip jigs, reels, polkas and waltzes, AABB",
        licence=data_tunes.LICENCE, data=data_tunes.DATA_CARD, seed=options.seed, parameters=count_parameters(net),
        command=f"python -m sampo_exporters tunes-lstm --seed {options.seed}",
        how=f"One LSTM layer of {HIDDEN}, {steps:,} steps of AdamW with {BATCH} tunes each, averaged weights. A tune begins with its "
            f"head (`R:jig`, `M:6/8`, `L:1/8`, `K:G`, a line each); the token `<end>` stands before and after it.",
        limits="Knows the five dances, nine keys and the signs of its rule: no accidentals, no notes shorter than an eighth, eight bars a part. "
               "bits_per_char is of 500 kept-back tunes, the head included. The other figures are of 200 tunes drawn at temperature 1: "
               "bars_add_up counts bars with the length that the meter asks for, aabb tunes of two repeated parts of eight bars that end on the "
               "tonic, phrases_return parts whose second phrase begins with the bar of the first one (in the rule's tunes: phrases_return_rule). "
               "With the grammar all bars add up by construction. A net so small goes on from bar to bar: its phrases do not return as those of "
               "the rule do, and two tunes of three end away from home.")
    write_json(folder / "sampo.json", {
        "spec": "rnn-lm", "name": card.name, "graphs": {"model": {"file": "model.onnx"}}, "cell": "lstm", "layers": 1,
        "hidden_size": HIDDEN, "level": "char", "bos_token_id": END, "eos_token_id": END, "vocab": data_tunes.VOCAB,
        "card": card.block()})
    write_readme(folder, card)


# ---------------------------------------------------------------- measuring, without torch


class Bars:
    """Which characters may come next, so that bars add up: two repeated parts of eight bars, a line break after every fourth."""

    def __init__(self, dance: str):
        meter, self.beat, _ = data_tunes.DANCES[dance]
        above, below = (int(n) for n in meter.split("/"))
        self.units = above * 8 // below
        self.left, self.bars, self.parts = self.units, 0, 0
        self.expect = "|:"
        self.note = False
        self.length = 0

    def allowed(self) -> set[str]:
        if self.expect:
            return {self.expect[0]}
        if self.parts == 2:
            return {data_tunes.END}
        out = set()
        if self.note:
            out |= {str(n) for n in range(2, 10) if n - 1 <= self.left}
        if self.left:
            out |= set("CDEFGABcdefgab")
            if self.spaced():
                out |= {" "}
        else:
            out |= {":" if self.bars == 7 else "|"}
        return out

    def spaced(self) -> bool:
        return self.left not in (0, self.units) and (self.units - self.left) % self.beat == 0 and not self.blank

    blank = False

    def take(self, c: str) -> None:
        if self.expect:
            self.expect = self.expect[1:]
            return
        if c.isdigit():
            self.left -= int(c) - 1
            self.note = False
        elif c.isalpha():
            self.left -= 1
            self.note, self.blank = True, False
        elif c == " ":
            self.note, self.blank = False, True
        else:
            self.note = self.blank = False
            self.bars += 1
            self.left = self.units
            if self.bars == 8:
                self.parts, self.bars = self.parts + 1, 0
                self.expect = "|\n" + ("|:" if self.parts < 2 else "")
            elif self.bars == 4:
                self.expect = "\n"


def sample(folder: Path, count: int, seed: int, grammar: bool) -> list[str]:
    """Tunes at temperature 1, dances and keys in turn."""
    net, draw = session(folder / "model.onnx"), np.random.default_rng(seed)
    heads = [data_tunes.HEADS[random.Random(i).randrange(len(data_tunes.HEADS))] for i in range(count)]
    out = []
    for head in heads:
        h = c = np.zeros((1, 1, HIDDEN), np.float32)
        rules = Bars(head[2:head.index("\n")]) if grammar else None
        text, given = head, [END, *(IDS[x] for x in head)]
        while len(text) < 320:
            logits, h, c = net.run(["logits", "hn", "cn"], {"input_ids": np.array([given], np.int64), "h0": h, "c0": c})
            scores = logits[0, -1].astype(np.float64)
            if rules:
                allowed = rules.allowed()
                scores = np.array([s if t in allowed else -np.inf for s, t in zip(scores, data_tunes.VOCAB)])
            p = np.exp(scores - scores.max())
            given = [int(draw.choice(len(p), p=p / p.sum()))]
            if given[0] == END:
                break
            text += data_tunes.VOCAB[given[0]]
            if rules:
                rules.take(text[-1])
        out.append(text)
    return out


def returning(text: str) -> tuple[int, int]:
    """Parts whose fifth bar is their first, and all whole parts."""
    parts = text.split("|:")[1:]
    bars = [[b.strip() for b in p.replace(":|", "|").split("|") if b.strip()] for p in parts]
    return sum(len(b) > 4 and b[0] == b[4] for b in bars), len(bars)


def measure(folder: Path, options: Options) -> dict[str, float]:
    net = session(folder / "model.onnx")
    nats, count = 0.0, 0
    for number in range(data_tunes.KEPT_BACK):
        ids = np.array([[END, *(IDS[c] for c in data_tunes.tune(number)), END]], np.int64)
        zeros = np.zeros((1, 1, HIDDEN), np.float32)
        logits = net.run(["logits"], {"input_ids": ids[:, :-1], "h0": zeros, "c0": zeros})[0][0].astype(np.float64)
        logits -= logits.max(1, keepdims=True)
        logp = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        nats -= logp[np.arange(len(logp)), ids[0, 1:]].sum()
        count += len(logp)
    quality = {"bits_per_char": round(nats / math.log(2) / count, 4)}
    for grammar, ending in ((False, ""), (True, "_with_grammar")):
        texts = sample(folder, min(200, options.samples), options.seed, grammar)
        checked = [data_tunes.bars_that_add_up(t) for t in texts]
        again = [returning(t) for t in texts]
        quality["bars_add_up" + ending] = round(sum(c[0] for c in checked) / sum(c[1] for c in checked), 4)
        quality["aabb" + ending] = round(sum(c[2] for c in checked) / len(checked), 4)
        quality["phrases_return" + ending] = round(sum(a for a, _ in again) / max(1, sum(n for _, n in again)), 4)
    rule = [returning(data_tunes.tune(n)) for n in range(data_tunes.KEPT_BACK)]
    return quality | {"phrases_return_rule": round(sum(a for a, _ in rule) / sum(n for _, n in rule), 4)}
