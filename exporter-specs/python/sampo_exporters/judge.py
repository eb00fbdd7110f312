"""The judge: a small convolutional classifier that says which digit a picture shows.

It is trained on real digits only, shifted, turned and bent at random, and measures every generator of digits.
``judge.onnx``: ``sample`` [batch, 1, 28, 28] in 0..1 -> ``logits`` [batch, 10].
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import data_digits
from .common import (Checkpoint, Ema, JUDGE_RESOURCES, Options, count_parameters, export_graph, in_batches, log,
                     seed_everything, session)

STEPS = 4000
BATCH = 64


class Judge(nn.Module):
    def __init__(self) -> None:
        super().__init__()

        def block(i: int, o: int) -> list[nn.Module]:
            return [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]

        self.body = nn.Sequential(
            *block(1, 12), *block(12, 16), nn.MaxPool2d(2),
            *block(16, 32), *block(32, 32), nn.MaxPool2d(2),
            *block(32, 48), *block(48, 48))
        self.head = nn.Sequential(nn.Flatten(), nn.Dropout(0.3), nn.Linear(48 * 9, 10))

    def forward(self, sample: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(self.body(sample), 3, 2)
        return self.head(x)


def bend(x: torch.Tensor, strength: float = 1.0) -> torch.Tensor:
    """Random shift, turn, zoom, shear and a smooth elastic field, one for each picture of [batch, 1, 28, 28]."""
    n = len(x)
    turn = (torch.rand(n) * 2 - 1) * 0.22 * strength
    zoom = torch.exp((torch.rand(n, 2) * 2 - 1) * 0.13 * strength)
    shear = (torch.rand(n) * 2 - 1) * 0.2 * strength
    shift = (torch.rand(n, 2) * 2 - 1) * 0.15 * strength
    cos, sin = torch.cos(turn), torch.sin(turn)
    rotation = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
    scale = torch.diag_embed(zoom)
    scale[:, 0, 1] = shear
    theta = torch.cat([rotation @ scale, shift[:, :, None]], 2)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    field = F.interpolate(torch.randn(n, 2, 5, 5) * 0.04 * strength, size=28, mode="bicubic", align_corners=True)
    return F.grid_sample(x, grid + field.permute(0, 2, 3, 1), align_corners=False)


def run(options: Options) -> None:
    seed_everything(options.seed)
    images, labels, kept_images, kept_labels = data_digits.split(options.data)
    x = torch.from_numpy(images).float().div(255).unsqueeze(1)
    y = torch.from_numpy(labels)
    net = Judge()
    ema = Ema(net, 0.998)
    steps = options.steps or STEPS
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps + 1)
    checkpoint = Checkpoint(options, net=net, ema=ema, optimizer=optimizer, schedule=schedule)
    start = checkpoint.load()
    if not options.export_only:
        for step in range(start, steps):
            net.train()
            pick = torch.randint(len(x), (BATCH,))
            batch = bend(x[pick])
            # Grey levels of a generator are not quite those of a scanner.
            batch = (batch + torch.randn_like(batch) * 0.03).clamp(0, 1)
            loss = F.cross_entropy(net(batch), y[pick], label_smoothing=0.02)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            ema.update(net, step)
            checkpoint.maybe_save(step + 1)
            if (step + 1) % 250 == 0:
                log(f"judge step {step + 1}/{steps} loss {loss.item():.4f}")
        checkpoint.save(steps)
    export(ema.module.eval(), options.out)
    np.save(options.out / "digits-heldout.npy", kept_images)
    np.save(options.out / "digits-heldout-labels.npy", kept_labels.astype(np.uint8))
    np.save(options.out / "nondigits.npy", data_digits.make_non_digits(kept_images)[0])


def export(net: Judge, folder: Path) -> None:
    log(f"judge: {count_parameters(net):,} parameters")
    cases = [{"sample": torch.rand(n, 1, 28, 28)} for n in (2, 1, 7)]
    batch = {0: "batch"}
    export_graph(net, folder / "judge.onnx", cases, ["logits"], {"sample": batch, "logits": batch})


def judge_classes(pictures: np.ndarray, folder: Path = JUDGE_RESOURCES) -> np.ndarray:
    """The class which the judge sees in each picture of float [n, 1, 28, 28] in 0..1."""
    judge = session(folder / "judge.onnx")
    pictures = np.clip(pictures, 0, 1).astype(np.float32)
    return in_batches(len(pictures), 250, lambda a, b: judge.run(["logits"], {"sample": pictures[a:b]})[0].argmax(1))


def diversity(pictures: np.ndarray, labels: np.ndarray) -> float:
    """Mean Euclidean distance of two pictures of the same class (pixels in 0..1), averaged over the classes."""
    means = []
    for digit in np.unique(labels):
        a = pictures[labels == digit].reshape(-1, 784).astype(np.float64)
        squares = (a * a).sum(1)
        distances = np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * a @ a.T, 0))
        means.append(distances.sum() / (len(a) * (len(a) - 1)))
    return float(np.mean(means))


def quality_of_samples(pictures: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Figures of a generator: ``pictures`` [n, 1, 28, 28] in 0..1 that should show ``labels``."""
    kept_images, kept_labels = data_digits.kept_back()
    real = diversity(kept_images[:, None] / 255.0, kept_labels)
    return {"judged_right": round(float((judge_classes(pictures) == labels).mean()), 4),
            "diversity_to_real": round(diversity(np.clip(pictures, 0, 1), labels) / real, 4)}


def measure(folder: Path, options: Options) -> dict[str, float]:
    images = np.load(folder / "digits-heldout.npy")
    labels = np.load(folder / "digits-heldout-labels.npy")
    seen = judge_classes(images[:, None] / 255.0, folder)
    return {"accuracy": round(float((seen == labels).mean()), 4)}
