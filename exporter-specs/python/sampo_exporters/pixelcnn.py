"""digits-pixelcnn: class-conditional PixelCNN (van den Oord et al. 2016, arXiv:1601.06759 and 1606.05328) with 4 grey levels.

``model.onnx``: ``sample`` [batch, 1, height, width] in -1..1, ``class_label`` int64 [batch] -> ``logits`` [batch, 4, 1, height, width]:
the distribution of each pixel's level given the pixels above and to its left. Level k is the value 2k/3 - 1. No pixel looks down: while
row y is drawn, it is enough to feed the rows 0..y. Height and width are at most 28, row 0 is the top: the net knows where it is.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import data_digits
from .common import (Card, Checkpoint, Ema, Options, count_parameters, descend, export_graph, in_batches, log, seed_everything,
                     session, write_json, write_readme)
from .judge import quality_of_samples

STEPS = 1500
BATCH = 32
LEVELS = 4
WIDTH, NARROW, BLOCKS, MAP = 48, 16, 6, 8


class CausalConv(nn.Module):
    """A convolution over the rows above and, in its own row, the pixels to the left (and, unless ``strict``, the pixel itself).

    Rows below are not in the kernel at all; only its last row is masked.
    """

    def __init__(self, channels_in: int, channels_out: int, rows: int, columns: int, strict: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, (rows, columns), bias=False)
        self.pad = (columns // 2, columns // 2, rows - 1, 0)
        mask = torch.ones(rows, columns)
        mask[-1, columns // 2 + (0 if strict else 1):] = 0
        self.register_buffer("mask", mask)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(F.pad(x, self.pad), self.conv.weight * self.mask)


class Block(nn.Module):
    """1x1 down, causal 3x5, class-wise gate, 1x1 up, added to what came in."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(WIDTH, NARROW, 1)
        self.conv = CausalConv(NARROW, 2 * NARROW, 3, 5, strict=False)
        self.classes = nn.Embedding(10, 2 * NARROW)
        self.up = nn.Conv2d(NARROW, WIDTH, 1)

    def forward(self, x: torch.Tensor, class_label: torch.Tensor) -> torch.Tensor:
        h = self.conv(F.relu(self.down(F.relu(x)))) + self.classes(class_label)[:, :, None, None]
        value, gate = h.chunk(2, 1)
        return x + self.up(torch.tanh(value) * torch.sigmoid(gate))


class PixelCnn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        # A channel of ones tells the picture from the zeros around it.
        self.first = CausalConv(2, WIDTH, 4, 7, strict=True)
        # What to expect at each place of a digit of each class. Without it the net forgets how far down it has come.
        self.maps = nn.Parameter(torch.randn(10, MAP, 28, 28) * 0.3)
        self.place = nn.Conv2d(MAP, WIDTH, 1, bias=False)
        self.blocks = nn.ModuleList([Block() for _ in range(BLOCKS)])
        self.last = nn.Sequential(nn.ReLU(), nn.Conv2d(WIDTH, 48, 1), nn.ReLU(), nn.Conv2d(48, LEVELS, 1))

    def forward(self, sample: torch.Tensor, class_label: torch.Tensor) -> torch.Tensor:
        place = self.place(self.maps[class_label][:, :, :sample.shape[2], :sample.shape[3]])
        x = self.first(torch.cat([sample, torch.ones_like(sample)], 1)) + place
        for block in self.blocks:
            x = block(x, class_label)
        return self.last(x).unsqueeze(2)


def to_levels(images: np.ndarray) -> np.ndarray:
    """uint8 pictures to the nearest of LEVELS grey levels."""
    return np.rint(images / 255.0 * (LEVELS - 1)).astype(np.int64)


def run(options: Options) -> None:
    seed_everything(options.seed)
    images, labels, _, _ = data_digits.split(options.data)
    levels = torch.from_numpy(to_levels(images)).unsqueeze(1)
    classes = torch.from_numpy(labels)
    net = PixelCnn()
    ema = Ema(net, 0.998)
    steps = options.steps or STEPS
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.001)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps + 1, pct_start=0.1)
    checkpoint = Checkpoint(options, net=net, ema=ema, optimizer=optimizer, schedule=schedule)
    start = checkpoint.load()
    total = 0.0
    for step in range(start, 0 if options.export_only else steps):
        pick = torch.randint(len(levels), (BATCH,))
        wanted = levels[pick]
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(wanted * (2 / (LEVELS - 1)) - 1, classes[pick])
        loss = F.cross_entropy(logits.float(), wanted)
        descend(loss, net, optimizer, ema, step, schedule)
        total += loss.item() / math.log(2)
        if (step + 1) % 100 == 0:
            log(f"pixelcnn step {step + 1}/{steps} bits a pixel {total / 100:.4f}")
            total = 0.0
        checkpoint.maybe_save(step + 1)
    if not options.export_only:
        checkpoint.save(steps)
    export(ema.module.eval(), options)


def export(net: PixelCnn, options: Options) -> None:
    folder = options.out
    for layer in net.modules():
        if isinstance(layer, CausalConv):  # bake the masks in: fewer nodes in the graph
            layer.conv.weight.data *= layer.mask
            layer.mask = torch.ones(())
    axes = {0: "batch", 2: "height", 3: "width"}
    cases = [{"sample": torch.rand(n, 1, h, w) * 2 - 1, "class_label": torch.arange(n) % 10}
             for n, h, w in ((2, 28, 28), (1, 28, 28), (5, 28, 28), (3, 18, 28), (2, 1, 28))]
    export_graph(net, folder / "model.onnx", cases, ["logits"],
                 {"sample": axes, "class_label": {0: "batch"}, "logits": {0: "batch", 3: "height", 4: "width"}},
                 spec=("pixelcnn", "model"))
    card = Card(
        name="digits-pixelcnn", family="pixelcnn",
        makes=f"Handwritten digits, 28x28 in {LEVELS} grey levels, of a wanted class, pixel by pixel; completes half-given ones.",
        licence=data_digits.LICENCE, data=data_digits.DATA_CARD, seed=options.seed, parameters=count_parameters(net),
        command=f"python -m sampo_exporters digits-pixelcnn --seed {options.seed} --data data",
        how=f"{BLOCKS} gated residual blocks of causal convolutions, {STEPS:,} steps of AdamW with {BATCH} digits each, weights averaged "
            f"(EMA 0.998). A learned map of {MAP} channels a class tells the net what to expect where.",
        limits="One run of the net a pixel: slow by nature. Only the rows down to the pixel being drawn need feeding.")
    write_json(folder / "sampo.json", {
        "spec": "pixelcnn", "name": "digits-pixelcnn",
        "graphs": {"model": {"file": "model.onnx"}},
        "levels": LEVELS, "receptive_rows": 27,  # all above: they are fed, those below are not
        "image": {"channels": 1, "height": 28, "width": 28, "range": [-1, 1]},
        "classes": [str(d) for d in range(10)],
        "card": card.block()})
    write_readme(folder, card)


def sample(folder: Path, labels: np.ndarray, seed: int) -> np.ndarray:
    """Draws row after row, pixel after pixel; returns [n, 1, 28, 28] in 0..1."""
    model, random = session(folder / "model.onnx"), np.random.RandomState(seed)
    x = np.full((len(labels), 1, 28, 28), -1, np.float32)
    for row in range(28):
        for column in range(28):
            window = np.ascontiguousarray(x[:, :, :row + 1])
            logits = model.run(["logits"], {"sample": window, "class_label": labels})[0][:, :, 0, -1, column]
            p = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
            p = np.cumsum(p / p.sum(1, keepdims=True), 1)
            level = (random.random_sample((len(labels), 1)) > p[:, :-1]).sum(1)
            x[:, 0, row, column] = level * (2 / (LEVELS - 1)) - 1
    return x / 2 + 0.5


def measure(folder: Path, options: Options) -> dict[str, float]:
    images, labels = data_digits.kept_back()
    levels = to_levels(images)
    x = (levels[:, None] * (2 / (LEVELS - 1)) - 1).astype(np.float32)
    model = session(folder / "model.onnx")
    logits = in_batches(len(x), 100, lambda a, b: model.run(
        ["logits"], {"sample": x[a:b], "class_label": labels[a:b]})[0][:, :, 0]).astype(np.float64)
    norm = np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1)) + logits.max(1)
    chosen = np.take_along_axis(logits, levels[:, None], 1)[:, 0]
    bits = (norm - chosen).mean() / math.log(2)
    asked = np.arange(min(options.samples, 100)) % 10
    return {"bits_per_dim": round(float(bits), 4)} | quality_of_samples(sample(folder, asked, options.seed), asked)


def sheet(folder: Path, options: Options) -> np.ndarray:
    return sample(folder, np.repeat(np.arange(10), 10), options.seed)
