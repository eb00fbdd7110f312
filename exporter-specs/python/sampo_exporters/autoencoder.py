"""digits-autoencoder: a denoising autoencoder (Vincent et al. 2010, JMLR 11) with 16 features.

``encoder.onnx``: ``sample`` [batch, 1, 28, 28] in -1..1 -> ``features`` [batch, 16]. ``decoder.onnx``: ``features`` -> ``sample``.
It learns to restore a digit from a noisy and partly blanked one. What is no digit is restored badly: the mean squared error is an anomaly
score, measured against ``nondigits.npy``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from . import data_digits
from .common import (Card, Options, count_parameters, export_graph, in_batches, seed_everything, session, write_json,
                     write_readme)
from .judge import judge_classes
from .vae import Decoder, Encoder, Pair, train

STEPS = 3000
BATCH = 64
FEATURES = 16
NOISE_SD = 0.3


def spoilt(x: torch.Tensor) -> torch.Tensor:
    """Pictures 0..1 with normal noise of a random strength and, in half of them, a blank square of 8x8."""
    n = len(x)
    noisy = x + torch.randn_like(x) * torch.rand(n, 1, 1, 1) * 0.5
    corner = torch.randint(21, (n, 2, 1))
    at = torch.arange(28)
    inside = (at >= corner) & (at < corner + 8)
    square = inside[:, 0, :, None] & inside[:, 1, None, :] & (torch.rand(n, 1, 1) < 0.5)
    return torch.where(square[:, None], torch.zeros(()), noisy)


def restoration_error(net: Pair, x: torch.Tensor) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        logits = net.decoder.logits(net.encoder(spoilt(x) * 2 - 1)).float()
    return F.mse_loss(torch.sigmoid(logits), x) * 100


def run(options: Options) -> None:
    seed_everything(options.seed)
    net = train(options, Pair(Encoder(FEATURES, 1), Decoder(FEATURES)), options.steps or STEPS, BATCH, restoration_error)
    folder = options.out
    batch = {0: "batch"}
    export_graph(net.encoder, folder / "encoder.onnx",
                 [{"sample": torch.rand(n, 1, 28, 28) * 2 - 1} for n in (2, 1, 9)], ["features"],
                 {"sample": batch, "features": batch}, spec=("autoencoder", "encoder"))
    export_graph(net.decoder, folder / "decoder.onnx", [{"features": torch.randn(n, FEATURES)} for n in (2, 1, 9)],
                 ["sample"], {"features": batch, "sample": batch}, spec=("autoencoder", "decoder"))
    card = Card(
        name="digits-autoencoder", family="autoencoder",
        makes=f"{FEATURES} features of a handwritten digit, and the digit back: compresses, removes noise, tells what is no digit.",
        licence=data_digits.LICENCE, data=data_digits.DATA_CARD, seed=options.seed, parameters=count_parameters(net),
        command=f"python -m sampo_exporters digits-autoencoder --seed {options.seed} --data data",
        how=f"Convolutional encoder and decoder that restore a digit from one with noise and a blank square, {STEPS:,} steps of AdamW "
            f"with {BATCH} digits each, weights averaged (EMA 0.998).",
        limits="The anomaly figures hold for 28x28 white-on-black pictures like those measured: letters, shapes, scrambled digits and "
               "smooth noise. The error of a picture with little ink is small whatever it shows.")
    write_json(folder / "sampo.json", {
        "spec": "autoencoder", "name": "digits-autoencoder",
        "graphs": {"encoder": {"file": "encoder.onnx"}, "decoder": {"file": "decoder.onnx"}},
        "latent": {"size": FEATURES},
        "image": {"channels": 1, "height": 28, "width": 28, "range": [-1, 1]},
        "card": card.block()})
    write_readme(folder, card)


def restore(folder: Path, pictures: np.ndarray) -> np.ndarray:
    """Pictures 0..1 through encoder and decoder."""
    encoder, decoder = session(folder / "encoder.onnx"), session(folder / "decoder.onnx")

    def part(a: int, b: int) -> np.ndarray:
        features = encoder.run(["features"], {"sample": (pictures[a:b] * 2 - 1).astype(np.float32)})[0]
        return decoder.run(["sample"], {"features": features})[0]

    return in_batches(len(pictures), 250, part) / 2 + 0.5


def auroc(normal: np.ndarray, odd: np.ndarray) -> float:
    """The chance that an odd score is above a normal one (Mann-Whitney)."""
    return float((odd[:, None] > normal[None]).mean() + 0.5 * (odd[:, None] == normal[None]).mean())


def noisy_digits(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(noisy, clean, classes) of the kept-back digits, 0..1."""
    images, labels = data_digits.kept_back()
    x = images[:, None] / 255.0
    return x + np.random.RandomState(seed).standard_normal(x.shape) * NOISE_SD, x, labels


def measure(folder: Path, options: Options) -> dict[str, float]:
    noisy, x, labels = noisy_digits(options.seed)
    restored = restore(folder, x)
    denoised = restore(folder, noisy)
    odd, kinds = data_digits.non_digits()
    odd = odd[:, None] / 255.0
    normal_score = np.square(restored - x).mean((1, 2, 3))
    odd_score = np.square(restore(folder, odd) - odd).mean((1, 2, 3))
    quality = {"auroc_digits_vs_non_digits": round(auroc(normal_score, odd_score), 4)}
    for i, kind in enumerate(data_digits.NON_DIGIT_KINDS):
        quality[f"auroc_{kind}"] = round(auroc(normal_score, odd_score[kinds == i]), 4)
    return quality | {
        "reconstruction_mse": round(float(normal_score.mean()), 5),
        "noisy_mse": round(float(np.square(noisy - x).mean()), 5),
        "denoised_mse": round(float(np.square(denoised - x).mean()), 5),
        "denoised_judged_right": round(float((judge_classes(denoised) == labels).mean()), 4)}


def sheet(folder: Path, options: Options) -> np.ndarray:
    """Digits and their restorations, noisy digits and theirs, non-digits and theirs."""
    noisy, x, _ = noisy_digits(options.seed)
    odd = data_digits.non_digits()[0][:, None] / 255.0
    odd = odd[np.linspace(0, len(odd) - 1, 20).astype(int)]
    rows = [x[:10], restore(folder, x[:10]), noisy[:10], restore(folder, noisy[:10])]
    for half in (odd[:10], odd[10:]):
        rows += [half, restore(folder, half)]
    return np.concatenate(rows)
