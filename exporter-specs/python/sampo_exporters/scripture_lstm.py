"""scripture-lstm: a character LSTM, state in and out, trained on the King James Version.

``model.onnx``: ``input_ids`` [batch, time], ``h0``, ``c0`` [1, batch, 448] -> ``logits`` [batch, time, vocab], ``hn``, ``cn``.
Training runs in bfloat16 where that pays, the weights are float32.
"""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from . import data_scripture
from .common import Card, Checkpoint, Options, count_parameters, export_graph, log, seed_everything, session, write_json, write_readme

SEED = 1611  # plus --seed
EMBEDDING, HIDDEN, LAYERS = 64, 448, 1
STREAMS, WINDOW, EPOCHS = 64, 128, 2
PEAK_LR, WARM_UP_STEPS, EMA_DECAY, DROPOUT = 4e-3, 100, 0.99, 0.0


class CharLstm(nn.Module):
    def __init__(self, vocab: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab, EMBEDDING)
        self.lstm = nn.LSTM(EMBEDDING, HIDDEN, LAYERS, batch_first=True)
        self.dropout = nn.Dropout(DROPOUT)
        self.head = nn.Linear(HIDDEN, vocab)

    def forward(self, input_ids, h0, c0):
        y, (hn, cn) = self.lstm(self.embedding(input_ids), (h0, c0))
        return self.head(self.dropout(y)), hn, cn


def zero_state(batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.zeros(LAYERS, batch, HIDDEN), torch.zeros(LAYERS, batch, HIDDEN)


def vocabulary() -> list[str]:
    training, choosing, held_out = data_scripture.split()
    return sorted(set(data_scripture.join(training + choosing + held_out)))


def encode(text: str, vocab: list[str]) -> torch.Tensor:
    ids = {character: index for index, character in enumerate(vocab)}
    return torch.tensor([ids[character] for character in text], dtype=torch.int64)


def epoch_streams(training: list[str], vocab: list[str], seed: int, epoch: int) -> torch.Tensor:
    """[STREAMS, length]: the chapters in an order of this epoch's own, as one text cut into equal pieces."""
    order = torch.randperm(len(training), generator=torch.Generator().manual_seed(seed * 1000 + epoch))
    ids = encode("\n" + data_scripture.join([training[i] for i in order]), vocab)
    length = (len(ids) - 1) // STREAMS
    return ids[: length * STREAMS].view(STREAMS, length)


@torch.no_grad()
def bits_per_char(model: CharLstm, vocab: list[str], text: str) -> float:
    """Every character of text, the first one after a newline, the state carried from the start to the end."""
    model.eval()
    ids = encode("\n" + text, vocab)[None]
    h, c = zero_state(1)
    nats = 0.0
    for start in range(0, ids.shape[1] - 1, 4096):
        part = ids[:, start : start + 4097]
        logits, h, c = model(part[:, :-1], h, c)
        nats += nn.functional.cross_entropy(logits[0], part[0, 1:], reduction="sum").item()
    model.train()
    return nats / math.log(2) / len(text)


class Carried:
    """The state at the end of the last window, a part of the checkpoint."""

    def __init__(self):
        self.h, self.c = zero_state(STREAMS)

    def state_dict(self) -> dict:
        return {"h": self.h, "c": self.c}

    def load_state_dict(self, state: dict) -> None:
        self.h, self.c = state["h"], state["c"]


def run(options: Options) -> None:
    seed = SEED + options.seed
    seed_everything(seed)
    training, choosing, held_out = data_scripture.split()
    data_scripture.write_held_out(held_out)
    vocab = vocabulary()
    model, ema = CharLstm(len(vocab)), CharLstm(len(vocab))
    ema.load_state_dict(model.state_dict())
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_LR, betas=(0.9, 0.99), weight_decay=0.01)
    carried = Carried()
    checkpoint = Checkpoint(options, model=model, ema=ema, optimizer=optimizer, carried=carried)
    step = checkpoint.load()
    windows = (epoch_streams(training, vocab, seed, 0).shape[1] - 1) // WINDOW
    total = options.steps or windows * EPOCHS
    streams, started, losses = None, time.time(), []
    while step < total and not options.export_only:
        epoch, window = divmod(step, windows)
        if streams is None or window == 0:
            streams = epoch_streams(training, vocab, seed, epoch)
        if window == 0:
            carried.h, carried.c = zero_state(STREAMS)
        optimizer.param_groups[0]["lr"] = learning_rate(step, total)
        losses.append(train_step(model, optimizer, carried, streams[:, window * WINDOW : window * WINDOW + WINDOW + 1]))
        step += 1
        data_scripture.average_in(ema, model, min(EMA_DECAY, step / (step + 10)))
        if step % 200 == 0 or step == total:
            scored = bits_per_char(ema, vocab, data_scripture.join(choosing[:6]))
            log(
                f"scripture-lstm step {step}/{total}: {np.mean(losses) / math.log(2):.4f} bits/char, choosing (a part)"
                f" {scored:.4f}, {(time.time() - started) / len(losses):.2f} s/step"
            )
            losses, started = [], time.time()
            checkpoint.save(step)
    export(ema.eval(), vocab, options)


def learning_rate(step: int, total: int) -> float:
    """A linear start, then half a cosine down to zero."""
    progress = max(0.0, (step - WARM_UP_STEPS) / (total - WARM_UP_STEPS))
    return PEAK_LR * min(1.0, (step + 1) / WARM_UP_STEPS) * 0.5 * (1 + math.cos(math.pi * progress))


def train_step(model: CharLstm, optimizer, carried: Carried, x: torch.Tensor) -> float:
    with torch.autocast("cpu", torch.bfloat16):
        logits, h, c = model(x[:, :-1], carried.h, carried.c)
    carried.h, carried.c = h.detach().float(), c.detach().float()
    loss = nn.functional.cross_entropy(logits.float().flatten(0, 1), x[:, 1:].flatten())
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def export(model: CharLstm, vocab: list[str], options: Options) -> None:
    folder = options.out
    cases = []
    for batch, length in ((2, 5), (1, 1), (3, 200)):
        ids = encode(("And God said, Let there be light.\n" * 99)[: batch * length], vocab).view(batch, length)
        shape = (LAYERS, batch, HIDDEN)
        cases.append({"input_ids": ids, "h0": torch.randn(shape) * 0.3, "c0": torch.randn(shape) * 0.3})
    axes = {name: {1: "batch"} for name in ("h0", "c0", "hn", "cn")}
    axes |= {name: {0: "batch", 1: "time"} for name in ("input_ids", "logits")}
    export_graph(model, folder / "model.onnx", cases, ["logits", "hn", "cn"], axes, spec=("rnn-lm", "model"))
    card = Card(
        name="scripture-lstm",
        family="rnn-lm",
        makes="English prose in the manner of the King James Version, character by character",
        licence="Apache-2.0 (text out of copyright)",
        data="the King James Version, Debian's bible-kjv 4.38; 25 of 1,189 chapters kept back (`scripture-heldout.txt`)",
        seed=options.seed,
        parameters=count_parameters(model),
        command="python -m sampo_exporters scripture-lstm",
        how=f"One LSTM layer of {HIDDEN}, {EPOCHS} times through 4.0 million characters, AdamW with a cosine down to zero, averaged "
        "weights. Text is one verse a line, an empty line between chapters; a text starts after a newline.",
        limits="Sentences hold together, stories do not. It knows the 63 characters of its text only: no digits, no accents. "
        "Passages of the kept-back chapters that the Bible itself repeats elsewhere were seen in training.",
    )
    write_json(
        folder / "sampo.json",
        {
            "spec": "rnn-lm",
            "name": card.name,
            "graphs": {"model": {"file": "model.onnx"}},
            "cell": "lstm",
            "layers": LAYERS,
            "hidden_size": HIDDEN,
            "level": "char",
            "bos_token_id": vocab.index("\n"),
            "vocab": vocab,
            "card": card.block(),
        },
    )
    write_readme(folder, card)


# ---------------------------------------------------------------- measuring, without torch


def measure(folder: Path, options: Options) -> dict[str, float]:
    """The state is carried through the whole text; the first character counts too, after a newline."""
    content = json.loads((folder / "sampo.json").read_text(encoding="utf-8"))
    ids = {character: i for i, character in enumerate(content["vocab"])}
    text = data_scripture.HELD_OUT.read_text(encoding="utf-8")
    row = np.array([[ids[c] for c in "\n" + text]], np.int64)
    model = session(folder / "model.onnx")
    h = c = np.zeros((content["layers"], 1, content["hidden_size"]), np.float32)
    nats = 0.0
    for start in range(0, len(text), 2048):
        part = row[:, start : start + 2049]
        logits, h, c = model.run(["logits", "hn", "cn"], {"input_ids": part[:, :-1], "h0": h, "c0": c})
        nats += data_scripture.nats(logits[0], part[0, 1:])
    return {"bits_per_char": round(nats / math.log(2) / len(text), 4)}


def sample(folder: Path, prompt: str, count: int, temperature: float, seed: int) -> str:
    """Draws `count` characters after the prompt."""
    vocab = json.loads((folder / "sampo.json").read_text(encoding="utf-8"))["vocab"]
    model, draw = session(folder / "model.onnx"), np.random.default_rng(seed)
    h = c = np.zeros((LAYERS, 1, HIDDEN), np.float32)
    text, ids = prompt, np.array([[vocab.index(character) for character in "\n" + prompt]])
    for _ in range(count):
        logits, h, c = model.run(["logits", "hn", "cn"], {"input_ids": ids, "h0": h, "c0": c})
        p = np.exp((logits[0, -1].astype(np.float64) - logits[0, -1].max()) / temperature)
        ids = draw.choice(len(vocab), (1, 1), p=p / p.sum())
        text += vocab[ids[0, 0]]
    return text
