"""digits-vae: a convolutional variational autoencoder (Kingma and Welling 2013, arXiv:1312.6114).

``encoder.onnx``: ``sample`` [batch, 1, 28, 28] in -1..1 -> ``mean``, ``logvar`` [batch, 16].
``decoder.onnx``: ``z`` [batch, 16] -> ``sample``. Pixels are modelled as Bernoulli with the grey level as probability.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import data_digits
from .common import (Card, Checkpoint, Ema, Options, count_parameters, export_graph, in_batches, log, seed_everything,
                     session, write_json, write_readme)
from .judge import judge_classes

STEPS = 3500
BATCH = 64
LATENT = 16


class Encoder(nn.Module):
    """28x28 -> 14x14 -> 7x7 -> ``outputs`` heads of ``latent`` numbers each."""

    def __init__(self, latent: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.PixelUnshuffle(2), nn.Conv2d(4, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.SiLU(),
            nn.Conv2d(32, 48, 4, 2, 1, bias=False), nn.BatchNorm2d(48), nn.SiLU(),
            nn.Conv2d(48, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.SiLU(),
            nn.Flatten(), nn.Linear(32 * 49, 64), nn.SiLU())
        self.heads = nn.ModuleList([nn.Linear(64, latent) for _ in range(outputs)])

    def forward(self, sample: torch.Tensor):
        h = self.body(sample)
        out = tuple(head(h) for head in self.heads)
        return out if len(out) > 1 else out[0]


class Decoder(nn.Module):
    """``latent`` numbers -> 7x7 -> 14x14 -> 28x28. ``logits`` are the Bernoulli logits, ``forward`` maps them to -1..1."""

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(latent, 64), nn.SiLU(), nn.Linear(64, 32 * 49), nn.SiLU())
        self.body = nn.Sequential(
            nn.Conv2d(32, 128, 3, padding=1, bias=False), nn.PixelShuffle(2), nn.BatchNorm2d(32), nn.SiLU(),
            nn.Conv2d(32, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.SiLU(),
            nn.Conv2d(32, 4, 3, padding=1), nn.PixelShuffle(2))

    def logits(self, z: torch.Tensor) -> torch.Tensor:
        return self.body(self.first(z).reshape(-1, 32, 7, 7))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.logits(z) / 2)  # = 2 sigmoid(logits) - 1


class Pair(nn.Module):
    def __init__(self, encoder: Encoder, decoder: Decoder) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder


def train(options: Options, net: Pair, steps: int, batch: int, loss_of) -> Pair:
    """AdamW with a cosine rate on ``loss_of(net, pictures)``; returns the averaged net. Pictures are 0..1."""
    images, _, _, _ = data_digits.split(options.data)
    data = torch.from_numpy(images).float().div(255).unsqueeze(1)
    ema = Ema(net, 0.998, average_buffers=True)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=1e-5)
    checkpoint = Checkpoint(options, net=net, ema=ema, optimizer=optimizer, schedule=schedule)
    start = checkpoint.load()
    total = 0.0
    for step in range(start, 0 if options.export_only else steps):
        loss = loss_of(net, data[torch.randint(len(data), (batch,))])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        ema.update(net, step)
        total += loss.item()
        if (step + 1) % 250 == 0:
            log(f"{options.model} step {step + 1}/{steps} loss {total / 250:.4f}")
            total = 0.0
        checkpoint.maybe_save(step + 1)
    if not options.export_only:
        checkpoint.save(steps)
    return ema.module.eval()


def negative_elbo(net: Pair, x: torch.Tensor) -> torch.Tensor:
    """Reconstruction plus KL(q(z|x) || N(0, 1)), nats a picture (eq. 10 of the paper)."""
    with torch.autocast("cpu", torch.bfloat16):
        mean, logvar = net.encoder(x * 2 - 1)
        mean, logvar = mean.float(), logvar.float()
        logits = net.decoder.logits(mean + torch.randn_like(mean) * torch.exp(logvar / 2)).float()
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum()
    return (reconstruction + kl) / len(x)


def run(options: Options) -> None:
    seed_everything(options.seed)
    net = train(options, Pair(Encoder(LATENT, 2), Decoder(LATENT)), options.steps or STEPS, BATCH, negative_elbo)
    folder = options.out
    batch = {0: "batch"}
    export_graph(net.encoder, folder / "encoder.onnx",
                 [{"sample": torch.rand(n, 1, 28, 28) * 2 - 1} for n in (2, 1, 9)], ["mean", "logvar"],
                 {"sample": batch, "mean": batch, "logvar": batch}, spec=("vae", "encoder"))
    export_graph(net.decoder, folder / "decoder.onnx", [{"z": torch.randn(n, LATENT)} for n in (2, 1, 9)], ["sample"],
                 {"z": batch, "sample": batch}, spec=("vae", "decoder"))
    card = Card(
        name="digits-vae", family="vae",
        makes=f"Handwritten digits, 28x28 grey: encodes one as {LATENT} normal distributions, decodes, samples, interpolates.",
        licence=data_digits.LICENCE, data=data_digits.DATA_CARD, seed=options.seed, parameters=count_parameters(net),
        command=f"python -m sampo_exporters digits-vae --seed {options.seed} --data data",
        how=f"Convolutional encoder and decoder, Bernoulli likelihood on grey levels, {STEPS:,} steps of AdamW with {BATCH} digits "
            f"each, weights averaged (EMA 0.998).",
        limits="Samples are softer than the GAN's or the diffusion model's, and some lie between two digits: the model knows no "
               "classes.")
    write_json(folder / "sampo.json", {
        "spec": "vae", "name": "digits-vae",
        "graphs": {"encoder": {"file": "encoder.onnx"}, "decoder": {"file": "decoder.onnx"}},
        "latent": {"size": LATENT, "distribution": "normal"},
        "image": {"channels": 1, "height": 28, "width": 28, "range": [-1, 1]},
        "card": card.block()})
    write_readme(folder, card)


def encode(folder: Path, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(mean, logvar) of pictures in 0..1."""
    return tuple(session(folder / "encoder.onnx").run(["mean", "logvar"], {"sample": (pictures * 2 - 1).astype(np.float32)}))


def decode(folder: Path, z: np.ndarray) -> np.ndarray:
    """Pictures in 0..1."""
    decoder = session(folder / "decoder.onnx")
    return in_batches(len(z), 250, lambda a, b: decoder.run(["sample"], {"z": z[a:b].astype(np.float32)})[0]) / 2 + 0.5


def measure(folder: Path, options: Options) -> dict[str, float]:
    images, labels = data_digits.kept_back()
    x = images[:, None] / 255.0
    mean, logvar = encode(folder, x)
    restored = decode(folder, mean)
    noise = np.random.RandomState(options.seed).standard_normal(mean.shape)
    p = np.clip(decode(folder, mean + noise * np.exp(logvar / 2)).astype(np.float64), 1e-7, 1 - 1e-7)
    reconstruction = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum((1, 2, 3)).mean()
    kl = 0.5 * (mean ** 2 + np.exp(logvar) - 1 - logvar).sum(1).mean()
    return {"elbo_nats": round(float(-reconstruction - kl), 2), "kl_nats": round(float(kl), 2),
            "reconstruction_mse": round(float(np.square(restored - x).mean()), 5),
            "reconstruction_judged_right": round(float((judge_classes(restored) == labels).mean()), 4)}


def sheet(folder: Path, options: Options) -> np.ndarray:
    """Two rows of kept-back digits, each over its reconstruction, then samples, then a walk between two digits."""
    images, _ = data_digits.kept_back()
    x = images[:20, None] / 255.0
    mean, _ = encode(folder, x)
    restored = decode(folder, mean)
    samples = decode(folder, np.random.RandomState(options.seed).standard_normal((50, LATENT)))
    weights = np.linspace(0, 1, 10)[:, None]
    walk = decode(folder, (1 - weights) * mean[0] + weights * mean[1])
    return np.concatenate([x[:10], restored[:10], x[10:], restored[10:], samples, walk])
