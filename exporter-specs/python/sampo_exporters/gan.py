"""digits-gan: a class-conditional DCGAN (Radford et al. 2015, arXiv:1511.06434), its strided transposed convolutions in the
equivalent sub-pixel form (Shi et al. 2016, arXiv:1609.07009), which a CPU runs faster.

The discriminator is spectrally normalised (Miyato et al. 2018, arXiv:1802.05957) and learns the class by projection (Miyato and Koyama
2018, arXiv:1802.05637); hinge loss. ``generator.onnx``: ``z`` [batch, 64], ``class_label`` int64 [batch] -> ``sample``
[batch, 1, 28, 28] in -1..1. ``discriminator.onnx``: ``sample``, ``class_label`` -> ``score`` [batch].
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import spectral_norm

from . import data_digits
from .common import (Card, Checkpoint, Ema, Options, count_parameters, export_graph, in_batches, log, seed_everything,
                     session, write_json, write_readme)
from .judge import quality_of_samples

STEPS = 7000
BATCH = 64
LATENT = 64


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.classes = nn.Embedding(10, 32)
        self.first = nn.Linear(LATENT + 32, 40 * 49, bias=False)
        self.body = nn.Sequential(
            nn.BatchNorm2d(40), nn.ReLU(),
            nn.Conv2d(40, 128, 3, padding=1, bias=False), nn.PixelShuffle(2), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 48, 3, padding=1, bias=False), nn.BatchNorm2d(48), nn.ReLU(),
            nn.Conv2d(48, 4, 3, padding=1), nn.PixelShuffle(2), nn.Tanh())

    def forward(self, z: torch.Tensor, class_label: torch.Tensor) -> torch.Tensor:
        x = self.first(torch.cat([z, self.classes(class_label)], 1))
        return self.body(x.reshape(-1, 40, 7, 7))


class Discriminator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.PixelUnshuffle(2), spectral_norm(nn.Conv2d(4, 32, 3, 1, 1)), nn.LeakyReLU(0.1),
            spectral_norm(nn.Conv2d(32, 48, 4, 2, 1)), nn.LeakyReLU(0.1),
            spectral_norm(nn.Conv2d(48, 64, 3, 1, 1)), nn.LeakyReLU(0.1),
            spectral_norm(nn.Conv2d(64, 80, 3, 2, 1)), nn.LeakyReLU(0.1))
        self.score = spectral_norm(nn.Linear(80 * 16, 1))
        self.classes = spectral_norm(nn.Embedding(10, 80))

    def forward(self, sample: torch.Tensor, class_label: torch.Tensor) -> torch.Tensor:
        h = self.body(sample)
        return self.score(h.flatten(1)).squeeze(1) + (h.sum((2, 3)) * self.classes(class_label)).sum(1)


def shifted(x: torch.Tensor, most: int = 2) -> torch.Tensor:
    """Each picture moved by up to ``most`` pixels, differentiably: real and made pictures alike, so that the discriminator
    cannot learn 8,500 digits by heart (Zhao et al. 2020, arXiv:2006.10738)."""
    n, padded = len(x), F.pad(x, [most] * 4, value=-1.0)
    rows = (torch.randint(2 * most + 1, (n, 1)) + torch.arange(28))[:, :, None]
    columns = (torch.randint(2 * most + 1, (n, 1)) + torch.arange(28))[:, None, :]
    return padded[torch.arange(n)[:, None, None], 0, rows, columns][:, None]


def train(options: Options, generator: nn.Module, steps: int, make, g_rate: float = 4e-4, d_rate: float = 8e-4,
          generator_term=None) -> tuple[Ema, nn.Module]:
    """The adversarial loop; ``make(generator, classes)`` draws the noise and makes pictures, ``generator_term(fake, real, classes)`` is
    added to the generator's loss."""
    images, labels, _, _ = data_digits.split(options.data)
    data = torch.from_numpy(images).float().div(127.5).sub(1).unsqueeze(1)
    classes = torch.from_numpy(labels)
    critic = Discriminator()
    ema = Ema(generator, 0.999, average_buffers=True)
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=g_rate, betas=(0.0, 0.99))
    d_optimizer = torch.optim.Adam(critic.parameters(), lr=d_rate, betas=(0.0, 0.99))

    def rate(s: int) -> float:
        return min(1.0, 0.02 + 2 * (1 - min(1.0, s / steps)))

    g_schedule = torch.optim.lr_scheduler.LambdaLR(g_optimizer, rate)
    d_schedule = torch.optim.lr_scheduler.LambdaLR(d_optimizer, rate)
    checkpoint = Checkpoint(options, generator=generator, critic=critic, ema=ema, g_optimizer=g_optimizer,
                            d_optimizer=d_optimizer, g_schedule=g_schedule, d_schedule=d_schedule)
    start = checkpoint.load()
    sums = np.zeros(3)
    for step in range(start, 0 if options.export_only else steps):
        pick = torch.randint(len(data), (BATCH,))
        c = classes[pick]
        # Both nets learn from the same made pictures: one run of the generator a step.
        with torch.autocast("cpu", torch.bfloat16):
            fake = make(generator, c).float()
            scores = critic(torch.cat([shifted(data[pick]), shifted(fake.detach())]), torch.cat([c, c])).float()
        real_score, fake_score = scores.chunk(2)
        d_loss = F.relu(1 - real_score).mean() + F.relu(1 + fake_score).mean()
        d_optimizer.zero_grad(set_to_none=True)
        d_loss.backward()
        d_optimizer.step()
        critic.requires_grad_(False)
        with torch.autocast("cpu", torch.bfloat16):
            g_loss = -critic(shifted(fake), c).float().mean()
        if generator_term is not None:
            g_loss = g_loss + generator_term(fake, data[pick], c)
        g_optimizer.zero_grad(set_to_none=True)
        g_loss.backward()
        g_optimizer.step()
        critic.requires_grad_(True)
        g_schedule.step()
        d_schedule.step()
        ema.update(generator, step)
        sums += [d_loss.item(), real_score.mean().item(), fake_score.mean().item()]
        if (step + 1) % 250 == 0:
            d, real, fake_mean = sums / 250
            log(f"{options.model} step {step + 1}/{steps} critic {d:.3f} real {real:.2f} fake {fake_mean:.2f}")
            sums[:] = 0
        checkpoint.maybe_save(step + 1)
    if not options.export_only:
        checkpoint.save(steps)
    critic.requires_grad_(False)
    critic.eval()
    for layer in critic.modules():
        if parametrize.is_parametrized(layer):
            parametrize.remove_parametrizations(layer, "weight")
    return ema, critic


def run(options: Options) -> None:
    seed_everything(options.seed)
    ema, critic = train(options, Generator(), options.steps or STEPS,
                        lambda g, c: g(torch.randn(len(c), LATENT), c))
    export(ema.module, critic, options)


def export(generator: nn.Module, critic: nn.Module, options: Options) -> None:
    folder = options.out
    batch = {0: "batch"}
    export_graph(generator, folder / "generator.onnx",
                 [{"z": torch.randn(n, LATENT), "class_label": torch.arange(n) % 10} for n in (2, 1, 11)],
                 ["sample"], {"z": batch, "class_label": batch, "sample": batch}, spec=("gan", "generator"))
    export_graph(critic, folder / "discriminator.onnx",
                 [{"sample": torch.rand(n, 1, 28, 28) * 2 - 1, "class_label": torch.arange(n) % 10} for n in (2, 1, 11)],
                 ["score"], {"sample": batch, "class_label": batch, "score": batch}, spec=("gan", "discriminator"))
    card = Card(
        name="digits-gan", family="gan",
        makes="Handwritten digits, 28x28 grey, of a wanted class, in one step from 64 normal numbers.",
        licence=data_digits.LICENCE, data=data_digits.DATA_CARD, seed=options.seed,
        parameters=count_parameters(generator),
        command=f"python -m sampo_exporters digits-gan --seed {options.seed} --data data",
        how=f"Class-conditional DCGAN against a spectrally normalised projection discriminator, hinge loss, {STEPS:,} steps of Adam "
            f"with {BATCH} digits each; pictures are shifted by up to 2 pixels before the discriminator sees them, and the "
            f"generator's weights are averaged (EMA 0.999).",
        limits="Knows nothing but digits. The discriminator's score tells good from bad samples of this generator; it is no "
               "measure for other pictures.")
    write_json(folder / "sampo.json", {
        "spec": "gan", "name": "digits-gan",
        "graphs": {"generator": {"file": "generator.onnx"}, "discriminator": {"file": "discriminator.onnx"}},
        "latent": {"size": LATENT, "distribution": "normal"},
        "image": {"channels": 1, "height": 28, "width": 28, "range": [-1, 1]},
        "classes": [str(d) for d in range(10)],
        "card": card.block()})
    write_readme(folder, card)


def sample(folder: Path, labels: np.ndarray, seed: int) -> np.ndarray:
    """Pictures [n, 1, 28, 28] in 0..1 from NumPy's normal numbers."""
    z = np.random.RandomState(seed).standard_normal((len(labels), LATENT)).astype(np.float32)
    generator = session(folder / "generator.onnx")
    return in_batches(len(z), 100, lambda a, b: generator.run(
        ["sample"], {"z": z[a:b], "class_label": labels[a:b]})[0]) / 2 + 0.5


def measure(folder: Path, options: Options) -> dict[str, float]:
    labels = np.arange(options.samples) % 10
    return quality_of_samples(sample(folder, labels, options.seed), labels)


def sheet(folder: Path, options: Options) -> np.ndarray:
    return sample(folder, np.repeat(np.arange(10), 10), options.seed)
