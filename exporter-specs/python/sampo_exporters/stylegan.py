"""stylegan-digits: a tiny style-based generator (Karras et al. 2019, arXiv:1812.04948; weight demodulation 2020, arXiv:1912.04958).

``mapping.onnx``: ``z`` [batch, 48], ``class_label`` int64 [batch] -> ``w`` [batch, 64].
``synthesis.onnx``: ``w`` [batch, 5, 64], one style a layer -> ``sample`` [batch, 1, 28, 28] in -1..1.
There is no noise input: the same w gives the same picture.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import data_digits
from .common import (Card, Options, count_parameters, export_graph, in_batches, seed_everything, session, write_json,
                     write_readme)
from .gan import train
from .judge import quality_of_samples

STEPS = 1400
Z, W, LAYERS = 48, 64, 5


class Mapping(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.classes = nn.Embedding(10, 32)
        self.layers = nn.Sequential(nn.Linear(Z + 32, 96), nn.LeakyReLU(0.2), nn.Linear(96, 96), nn.LeakyReLU(0.2),
                                    nn.Linear(96, W))
        # Unit variance from z to w: with the usual smaller weights the class drowns z, and all digits of a class look alike.
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight, 0.2)
                nn.init.zeros_(layer.bias)

    def forward(self, z: torch.Tensor, class_label: torch.Tensor) -> torch.Tensor:
        z = z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)
        return self.layers(torch.cat([z, self.classes(class_label)], 1))


class StyledConv(nn.Module):
    """Scales the channels by the style, convolves, and divides by the norm that the scaled kernel has (demodulation)."""

    def __init__(self, channels_in: int, channels_out: int, demodulate: bool = True) -> None:
        super().__init__()
        self.style = nn.Linear(W, channels_in)
        nn.init.normal_(self.style.weight, 0, W ** -0.5)
        nn.init.ones_(self.style.bias)
        self.weight = nn.Parameter(torch.randn(channels_out, channels_in, 3, 3) / (3 * channels_in ** 0.5))
        self.bias = nn.Parameter(torch.zeros(channels_out))
        self.demodulate = demodulate

    def forward(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        s = self.style(w)
        x = F.conv2d(x * s[:, :, None, None], self.weight, padding=1)
        if self.demodulate:
            norm = torch.rsqrt(s.square() @ self.weight.square().sum((2, 3)).t() + 1e-8)
            x = x * norm[:, :, None, None]
        return x + self.bias[:, None, None]


class Synthesis(nn.Module):
    """Layers 0 and 1 at 7x7, 2 and 3 at 14x14, 4 gives the four pixels of each 14x14 position."""

    def __init__(self) -> None:
        super().__init__()
        self.constant = nn.Parameter(torch.randn(1, 48, 7, 7))
        self.layers = nn.ModuleList([StyledConv(48, 48), StyledConv(48, 128), StyledConv(32, 48), StyledConv(48, 48),
                                     StyledConv(48, 4, demodulate=False)])

    def forward(self, w: torch.Tensor) -> torch.Tensor:
        x = self.constant.expand(w.shape[0], -1, -1, -1)
        for i, layer in enumerate(self.layers):
            x = layer(x, w[:, i])
            if i < LAYERS - 1:
                x = F.leaky_relu(x, 0.2) * 2 ** 0.5
            if i in (1, LAYERS - 1):
                x = F.pixel_shuffle(x, 2)
        return torch.tanh(x)


class StyleGenerator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mapping, self.synthesis = Mapping(), Synthesis()


def mixed(generator: StyleGenerator, class_label: torch.Tensor) -> torch.Tensor:
    """Pictures whose coarse and fine styles come, in half of the cases, from two draws of the same class."""
    n = len(class_label)
    one, two = (generator.mapping(torch.randn(n, Z), class_label) for _ in range(2))
    cross = torch.where(torch.rand(n, 1) < 0.5, torch.randint(1, LAYERS, (n, 1)), LAYERS)
    fine = (torch.arange(LAYERS) >= cross)[:, :, None]
    return generator.synthesis(torch.where(fine, two[:, None], one[:, None]))


def missing_variety(fake: torch.Tensor, real: torch.Tensor, class_label: torch.Tensor) -> torch.Tensor:
    """How far the mean distance of two pictures of one class falls short of that of real ones, 0..1 (after Mao et al. 2019,
    arXiv:1903.05628): so small a net would else settle for one picture a class."""
    same = torch.triu(class_label[:, None] == class_label[None], 1)

    def spread(x: torch.Tensor) -> torch.Tensor:
        x = x.flatten(1)
        return (x[:, None] - x[None])[same].square().sum(1).add(1e-6).sqrt().mean()

    return F.relu(1 - spread(fake) / spread(real))


def run(options: Options) -> None:
    seed_everything(options.seed)
    ema, _ = train(options, StyleGenerator(), options.steps or STEPS, mixed, g_rate=1e-3, d_rate=1e-3,
                   generator_term=lambda fake, real, c: 3 * missing_variety(fake, real, c))
    net, folder = ema.module.eval(), options.out
    batch = {0: "batch"}
    export_graph(net.mapping, folder / "mapping.onnx",
                 [{"z": torch.randn(n, Z), "class_label": torch.arange(n) % 10} for n in (2, 1, 11)], ["w"],
                 {"z": batch, "class_label": batch, "w": batch}, spec=("stylegan", "mapping"))
    export_graph(net.synthesis, folder / "synthesis.onnx", [{"w": torch.randn(n, LAYERS, W)} for n in (2, 1, 11)],
                 ["sample"], {"w": batch, "sample": batch}, spec=("stylegan", "synthesis"), fold=False)
    with torch.no_grad():
        z = torch.randn(2000, Z)
        means = torch.stack([net.mapping(z, torch.full((len(z),), d)).mean(0) for d in range(10)])
    card = Card(
        name="stylegan-digits", family="stylegan",
        makes="Handwritten digits, 28x28 grey, of a wanted class; styles of two digits can be mixed layer by layer, and psi "
              "trades variety for typical digits.",
        licence=data_digits.LICENCE, data=data_digits.DATA_CARD, seed=options.seed, parameters=count_parameters(net),
        command=f"python -m sampo_exporters stylegan-digits --seed {options.seed} --data data",
        how=f"Mapping net of three layers, five styled convolutions, style mixing in half of the batch, a term against "
            f"pictures of a class that all look alike, against the discriminator of "
            f"digits-gan; {STEPS:,} steps of Adam, weights averaged (EMA 0.999).",
        limits="Layers 0 and 1 set the form, 2 to 4 the stroke; with so small a net the two are not cleanly apart.")
    write_json(folder / "sampo.json", {
        "spec": "stylegan", "name": "stylegan-digits",
        "graphs": {"mapping": {"file": "mapping.onnx"}, "synthesis": {"file": "synthesis.onnx"}},
        "latent": {"size": Z, "distribution": "normal"},
        "w_dim": W, "num_layers": LAYERS,
        "w_mean": [round(v, 6) for v in means.mean(0).tolist()],
        "w_mean_by_class": [[round(v, 6) for v in row] for row in means.tolist()],
        "image": {"channels": 1, "height": 28, "width": 28, "range": [-1, 1]},
        "classes": [str(d) for d in range(10)],
        "card": card.block()})
    write_readme(folder, card)


def styles(folder: Path, labels: np.ndarray, seed: int) -> np.ndarray:
    """One w for each label, [n, 64], from NumPy's normal numbers."""
    z = np.random.RandomState(seed).standard_normal((len(labels), Z)).astype(np.float32)
    return session(folder / "mapping.onnx").run(["w"], {"z": z, "class_label": labels})[0]


def draw(folder: Path, w: np.ndarray) -> np.ndarray:
    """Pictures in 0..1 of w [n, 5, 64]."""
    synthesis = session(folder / "synthesis.onnx")
    return in_batches(len(w), 100, lambda a, b: synthesis.run(["sample"], {"w": w[a:b]})[0]) / 2 + 0.5


def spread(w: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.repeat(w[:, None], LAYERS, 1))


def measure(folder: Path, options: Options) -> dict[str, float]:
    labels = np.arange(options.samples) % 10
    return quality_of_samples(draw(folder, spread(styles(folder, labels, options.seed))), labels)


def sheet(folder: Path, options: Options) -> np.ndarray:
    """Ten of each class; below, digits whose form (layers 0, 1) is one's and whose stroke (layers 2 to 4) another's."""
    labels = np.repeat(np.arange(10), 10)
    w = spread(styles(folder, labels, options.seed))
    mixing = w[np.arange(10) * 10].copy()
    rows = [w]
    for k in (1, 4, 7):
        mixing[:, 2:] = w[k * 10 + 3, 2:]
        rows.append(mixing.copy())
    return draw(folder, np.concatenate(rows))
