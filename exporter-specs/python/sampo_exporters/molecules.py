"""molecules-vae: a variational autoencoder over SMILES (Gomez-Bombarelli et al. 2018, arXiv:1610.02415; recurrent nets on both sides as
Bowman et al. 2016, arXiv:1511.06349).

``encoder.onnx``: ``input_ids`` [batch, time], ``lengths`` [batch] -> ``mean``, ``logvar`` [batch, latent].
``decoder.onnx``: ``input_ids`` [batch, time], ``z`` [batch, latent], ``h0`` [1, batch, hidden] -> ``logits`` [batch, time, vocab], ``hn``.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import data_molecules
from .common import (Card, Checkpoint, Ema, Options, count_parameters, descend, export_graph, log, seed_everything, session,
                     write_json, write_readme)

STEPS, BATCH = 4000, 64
LATENT, EMBEDDING, HIDDEN = 24, 16, 128
PEAK_LR, SLOWER_AFTER = 5e-3, 500
FULL_KL, KL_WEIGHT, FREE_NATS, DROPPED = 600, 0.6, 0.15, 0.2
IDS = {token: i for i, token in enumerate(data_molecules.VOCAB)}
END = IDS[data_molecules.END]


class Encoder(nn.Module):
    """A GRU; the state after the last token gives the distribution."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(IDS), EMBEDDING)
        self.gru = nn.GRU(EMBEDDING, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN, 2 * LATENT)

    def forward(self, input_ids: torch.Tensor, lengths: torch.Tensor):
        y, _ = self.gru(self.embedding(input_ids))
        last = y.gather(1, (lengths - 1)[:, None, None].expand(-1, 1, y.shape[2]))[:, 0]
        mean, logvar = self.head(last).split(LATENT, 1)
        return mean, logvar.clamp(-8, 4)


class Decoder(nn.Module):
    """A GRU that is told the latent at every token."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(IDS), EMBEDDING)
        self.gru = nn.GRU(EMBEDDING + LATENT, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN + LATENT, len(IDS))

    def forward(self, input_ids: torch.Tensor, z: torch.Tensor, h0: torch.Tensor):
        told = z[:, None].expand(-1, input_ids.shape[1], -1)
        y, hn = self.gru(torch.cat([self.embedding(input_ids), told], 2), h0)
        return self.head(torch.cat([y, told], 2)), hn


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder()


def ids_of(smiles: str) -> list[int]:
    return [IDS[token] for token in data_molecules.TOKEN.findall(smiles)]


def padded(molecules: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids [batch, time] between END and END, and the number of atoms and signs of each."""
    lengths = torch.tensor([len(m) for m in molecules])
    x = torch.full((len(molecules), int(lengths.max()) + 2), END)
    for i, m in enumerate(molecules):
        x[i, 1:len(m) + 1] = torch.tensor(m)
    return x, lengths


def losses(net: Pair, x: torch.Tensor, lengths: torch.Tensor, dropped: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Nats of reconstruction and of KL(q(z|x) || N(0, 1)) a molecule (eq. 1 of Bowman et al.); a share of the tokens that the decoder
    reads is replaced by END, so that it has to listen to z."""
    mean, logvar = net.encoder(x[:, 1:-1], lengths)
    z = mean + torch.randn_like(mean) * torch.exp(logvar / 2)
    given = torch.where(torch.rand(x[:, :-1].shape) < dropped, END, x[:, :-1])
    logits, _ = net.decoder(given, z, torch.zeros(1, len(x), HIDDEN))
    mask = torch.arange(x.shape[1] - 1)[None] <= lengths[:, None]
    nats = F.cross_entropy(logits.flatten(0, 1), x[:, 1:].flatten(), reduction="none").view(mask.shape) * mask
    kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).mean(0)
    return nats.sum() / len(x), kl


def run(options: Options) -> None:
    seed_everything(options.seed)
    train, _, known = data_molecules.split(options.data)
    order = sorted((ids_of(s) for s in train), key=len)
    net = Pair()
    ema = Ema(net, 0.99)
    steps = options.steps or STEPS
    optimizer = torch.optim.Adam(net.parameters(), lr=PEAK_LR)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min(1.0, (s + 1) / 30, math.sqrt(SLOWER_AFTER / (s + 1))))
    checkpoint = Checkpoint(options, 45.0, net=net, ema=ema, optimizer=optimizer, schedule=schedule)
    start = checkpoint.load()
    seen = []
    for step in range(start, 0 if options.export_only else steps):
        # Molecules of about the same length, so that little is padded.
        first = int(torch.randint(len(order) - BATCH, (1,)))
        x, lengths = padded(order[first:first + BATCH])
        reconstruction, kl = losses(net, x, lengths, DROPPED)
        weight = KL_WEIGHT * min(1.0, (step + 1) / FULL_KL)
        descend(reconstruction + weight * kl.clamp(min=FREE_NATS).sum(), net, optimizer, ema, step, schedule)
        seen.append((reconstruction.item(), kl.sum().item()))
        if (step + 1) % 50 == 0:
            r, k = np.mean(seen[-50:], 0)
            log(f"molecules step {step + 1}/{steps}: {r:.2f} nats of reconstruction, {k:.2f} of KL")
        checkpoint.maybe_save(step + 1)
    if not options.export_only:
        checkpoint.save(steps)
    export(ema.module, options, start if options.export_only else steps, known)


def export(net: Pair, options: Options, steps: int, known: list[tuple[str, str]]) -> None:
    folder = options.out
    batch, both, state = {0: "batch"}, {0: "batch", 1: "time"}, {1: "batch"}
    sizes = ((2, 5), (1, 1), (5, 30))
    export_graph(net.encoder, folder / "encoder.onnx",
                 [{"input_ids": torch.randint(len(IDS), (n, t)), "lengths": torch.arange(n) % t + 1} for n, t in sizes],
                 ["mean", "logvar"], {"input_ids": both, "lengths": batch, "mean": batch, "logvar": batch},
                 spec=("molecule-vae", "encoder"))
    export_graph(net.decoder, folder / "decoder.onnx",
                 [{"input_ids": torch.randint(len(IDS), (n, t)), "z": torch.randn(n, LATENT), "h0": torch.randn(1, n, HIDDEN)}
                  for n, t in sizes],
                 ["logits", "hn"], {"input_ids": both, "z": batch, "logits": both, "h0": state, "hn": state},
                 spec=("molecule-vae", "decoder"))
    (folder / "known.tsv").write_text("".join(f"{smiles}\t{name}\n" for smiles, name in known), encoding="utf-8")
    card = Card(
        name="molecules-vae", family="molecule-vae", makes="Small molecules as SMILES: samples, interpolates, encodes; names of near ones",
        licence=data_molecules.LICENCE, data=data_molecules.DATA_CARD, seed=options.seed, parameters=count_parameters(net),
        command=f"python -m sampo_exporters molecules-vae --seed {options.seed} --data data",
        how=f"GRUs of {HIDDEN} on both sides of {LATENT} normal latents, {steps:,} steps of Adam with {BATCH} molecules each, weights "
            f"averaged; KL weighted up to {KL_WEIGHT:g}, at least {FREE_NATS:g} nats a latent free, {DROPPED:.0%} of the decoder's tokens hidden.",
        limits="Kekule SMILES of H, C, N, O, S, P and halogens without charges and handedness, up to 40 tokens. valid is the share of drawn "
               "molecules that RDKit reads, without and with the rules of closed branches, closed rings and valences; novel of those with rules "
               "that are not in the training data; rebuilt of 500 kept-back molecules that come back from their mean exactly, with rules. Valid "
               "is not the same as stable or makeable: nothing here says that a molecule can exist, or is safe.")
    write_json(folder / "sampo.json", {
        "spec": "molecule-vae", "name": card.name,
        "graphs": {"encoder": {"file": "encoder.onnx"}, "decoder": {"file": "decoder.onnx"}},
        "latent": {"size": LATENT, "distribution": "normal"}, "vocab": data_molecules.VOCAB, "eos_token_id": END,
        "max_tokens": data_molecules.LONGEST, "known": "known.tsv", "card": card.block()})
    write_readme(folder, card)


# ---------------------------------------------------------------- measuring, without torch


def decode(folder: Path, z: np.ndarray, rules: bool, draw: np.random.Generator | None) -> list[str]:
    """SMILES of latents, drawn at temperature 1 or the likeliest tokens."""
    net = session(folder / "decoder.onnx")
    n = len(z)
    h, given = np.zeros((1, n, HIDDEN), np.float32), np.full((n, 1), END, np.int64)
    states = [data_molecules.Rules(data_molecules.LONGEST) for _ in range(n)]
    out, done = [""] * n, np.zeros(n, bool)
    for _ in range(data_molecules.LONGEST + 1):
        logits, h = net.run(["logits", "hn"], {"input_ids": given, "z": z.astype(np.float32), "h0": h})
        for i in np.nonzero(~done)[0]:
            scores = logits[i, -1].astype(np.float64)
            if rules:
                allowed = states[i].allowed()
                scores = np.array([s if t in allowed else -np.inf for s, t in zip(scores, data_molecules.VOCAB)])
            p = np.exp(scores - scores.max())
            k = int(scores.argmax()) if draw is None else int(draw.choice(len(p), p=p / p.sum()))
            given[i, 0] = k
            done[i] = k == END
            if not done[i]:
                out[i] += data_molecules.VOCAB[k]
                if rules:
                    states[i].take(data_molecules.VOCAB[k])
        if done.all():
            break
    return out


def canonical(smiles: list[str]) -> list[str]:
    """RDKit's canonical SMILES of each, empty where it reads none. RDKit (Debian's python3-rdkit) may live in another Python:
    ``SAMPO_RDKIT_PYTHON``, /usr/bin/python3 by default."""
    program = ("import sys; from rdkit import Chem, RDLogger; RDLogger.DisableLog('rdApp.*')\n"
               "for line in sys.stdin:\n"
               "    m = Chem.MolFromSmiles(line.strip()) if line.strip() else None\n"
               "    print(Chem.MolToSmiles(m) if m else '')")
    python = os.environ.get("SAMPO_RDKIT_PYTHON", "/usr/bin/python3")
    done = subprocess.run([python, "-c", program], input="\n".join(smiles) + "\n", capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:len(smiles)]


def measure(folder: Path, options: Options) -> dict[str, float]:
    n = min(1000, options.samples)
    draw = np.random.default_rng(options.seed)
    size = json.loads((folder / "sampo.json").read_text(encoding="utf-8"))["latent"]["size"]
    z = draw.standard_normal((n, size))
    quality = {}
    train, kept, _ = data_molecules.split(options.data or Path("data"))
    for rules, ending in ((False, ""), (True, "_with_rules")):
        found = [c for c in canonical(decode(folder, z, rules, draw)) if c]
        quality["valid" + ending] = round(len(found) / n, 4)
    known = set(canonical(train))
    quality["unique"] = round(len(set(found)) / len(found), 4)
    quality["novel"] = round(sum(c not in known for c in set(found)) / len(set(found)), 4)
    x, lengths = padded([ids_of(s) for s in kept])
    mean = session(folder / "encoder.onnx").run(["mean"], {"input_ids": x[:, 1:-1].numpy(), "lengths": lengths.numpy()})[0]
    quality["rebuilt"] = round(float(np.mean([a == b for a, b in zip(decode(folder, mean, True, None), kept)])), 4)
    return quality
