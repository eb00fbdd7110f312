"""strokes-digits: a recurrent mixture-density net over pen strokes (Graves 2013, arXiv:1308.0850, section 4; the pen's three states are
those of sketch-RNN, Ha and Eck 2017, arXiv:1704.03477, section 3.1), told which digit to write.

There are no strokes of MNIST, so they are made: digits are thinned (Zhang and Suen 1984, doi:10.1145/357994.358023), the skeleton is
walked from its ends, straight on at crossings, and the lines are simplified (Douglas and Peucker 1973).

``model.onnx``: ``points`` [batch, time, 5] (dx, dy, pen down, pen up, end), ``class_label`` int64 [batch], ``h0``, ``c0`` ->
``logits`` [batch, time, parts], ``mean`` and ``logstd`` [batch, time, parts, 2], ``correlation`` [batch, time, parts], ``pen``
[batch, time, 3], ``hn``, ``cn``.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import data_digits
from .common import (Card, Checkpoint, Ema, Options, count_parameters, descend, export_graph, log, seed_everything, session,
                     write_json, write_readme)
from .judge import quality_of_samples

STEPS = 993
HORIZON = 3000
BATCH = 48
HIDDEN, PARTS = 128, 8
LONGEST = 40  # points of a digit
BIAS = 1.0
PEN_WIDTH = 2.4  # pixels, of the pictures that the judge sees
TOLERANCE_PX = 0.6


# ---------------------------------------------------------------- from pictures to strokes


def thinned(pictures: np.ndarray) -> np.ndarray:
    """Skeletons of bool [n, height, width], all pictures at once."""
    x = np.pad(pictures, ((0, 0), (1, 1), (1, 1)))
    while True:
        before = x.sum()
        for turn in (0, 1):
            p = [np.roll(x, s, (1, 2)) for s in
                 ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))]  # north, north-east, ... north-west
            neighbours = sum(q.astype(np.int8) for q in p)
            rises = sum((~p[k] & p[(k + 1) % 8]).astype(np.int8) for k in range(8))
            n, e, s, w = p[0], p[2], p[4], p[6]
            apart = ~(n & e & s) & ~(e & s & w) if turn == 0 else ~(n & e & w) & ~(n & s & w)
            x = x & ~((neighbours >= 2) & (neighbours <= 6) & (rises == 1) & apart)
        if x.sum() == before:
            return x[:, 1:-1, 1:-1]


AROUND = [(0, -1), (-1, 0), (1, 0), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1)]


def walked(skeleton: np.ndarray) -> list[np.ndarray]:
    """The lines of a skeleton, each an array of points (x, y)."""
    dots = {(int(x), int(y)) for y, x in np.argwhere(skeleton)}
    edges: dict[tuple[int, int], set] = {}
    for x, y in dots:
        # A diagonal counts only where no corner leads the same way.
        edges[x, y] = {(x + dx, y + dy) for dx, dy in AROUND if (x + dx, y + dy) in dots and
                       not (dx and dy and ((x + dx, y) in dots or (x, y + dy) in dots))}
    lines = []
    while any(edges.values()):
        open_ends = [p for p, e in edges.items() if len(e) == 1]
        at = min(open_ends or [p for p, e in edges.items() if e], key=lambda p: 2 * p[1] + p[0])
        line = [at]
        while edges[at]:
            back = line[max(0, len(line) - 4)]
            hx, hy = at[0] - back[0], at[1] - back[1]
            following = max(edges[at], key=lambda q: ((q[0] - at[0]) * hx + (q[1] - at[1]) * hy)
                            / math.hypot(q[0] - at[0], q[1] - at[1]))
            edges[at].discard(following)
            edges[following].discard(at)
            line.append(following)
            at = following
        lines.append(np.array(line, np.float64))
    kept = [line for line in lines if len(line) > 4]
    return kept or lines[:1]


def simplified(line: np.ndarray, tolerance: float = TOLERANCE_PX) -> np.ndarray:
    """The corners of a line: what is left out lies within the tolerance."""
    if len(line) < 3:
        return line
    a, b = line[0], line[-1]
    way = b - a
    length = math.hypot(*way)
    off = line - a
    far = np.abs(off[:, 0] * way[1] - off[:, 1] * way[0]) / length if length > 0 else np.hypot(off[:, 0], off[:, 1])
    k = int(far.argmax())
    if far[k] <= tolerance:
        return np.stack([a, b])
    return np.concatenate([simplified(line[:k + 1], tolerance)[:-1], simplified(line[k:], tolerance)])


def smoothed(line: np.ndarray) -> np.ndarray:
    """Takes the stairs out of a line of pixels; its ends stay."""
    if len(line) < 4:
        return line
    out = line.copy()
    out[1:-1] = (line[:-2] + 2 * line[1:-1] + line[2:]) / 4
    return out


def strokes_of(pictures: np.ndarray) -> list[np.ndarray]:
    """Digits uint8 [n, 28, 28] to stroke-3 arrays [points, 3] in pixels: dx, dy, and 1 where the pen is lifted after the point. The
    first point is the way from the middle of the picture."""
    out = []
    for skeleton in thinned(pictures > 100):
        points, at = [], np.array([13.5, 13.5])
        for line in walked(skeleton):
            for p in simplified(smoothed(line)):
                points.append([p[0] - at[0], p[1] - at[1], 0])
                at = p
            points[-1][2] = 1
        out.append(np.array(points, np.float32) if points else np.zeros((0, 3), np.float32))
    return out


def drawn(strokes: list[np.ndarray]) -> np.ndarray:
    """Stroke-3 arrays in pixels as pictures [n, 1, 28, 28] in 0..1, the ink moved to the middle; round pens, soft edges."""
    y, x = np.mgrid[0:28, 0:28].astype(np.float64)
    out = np.zeros((len(strokes), 1, 28, 28))
    for i, s in enumerate(strokes):
        if len(s) == 0:
            continue
        places = np.cumsum(s[:, :2], 0)
        middle = (places.max(0) + places.min(0)) / 2
        places = places - middle + 13.5
        far = np.full((28, 28), 1e9)
        for k in range(len(places)):
            a = places[k - 1] if k and s[k - 1, 2] == 0 else places[k]
            way = places[k] - a
            along = np.clip(((x - a[0]) * way[0] + (y - a[1]) * way[1]) / max(way @ way, 1e-9), 0, 1)
            far = np.minimum(far, np.hypot(x - a[0] - along * way[0], y - a[1] - along * way[1]))
        out[i, 0] = np.clip(PEN_WIDTH / 2 + 0.5 - far, 0, 1)
    return out


# ---------------------------------------------------------------- the net


class Pen(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.classes = nn.Embedding(10, 16)
        self.lstm = nn.LSTM(5 + 16, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN + 16, 6 * PARTS + 3)

    def forward(self, points: torch.Tensor, class_label: torch.Tensor, h0: torch.Tensor, c0: torch.Tensor):
        told = self.classes(class_label)[:, None, :].expand(-1, points.shape[1], -1)
        h, (hn, cn) = self.lstm(torch.cat([points, told], 2), (h0, c0))
        logits, mean, logstd, correlation, pen = torch.split(
            self.head(torch.cat([h, told], 2)), [PARTS, 2 * PARTS, 2 * PARTS, PARTS, 3], 2)
        pairs = (points.shape[0], points.shape[1], PARTS, 2)
        return (logits, mean.reshape(pairs), logstd.reshape(pairs).clamp(-5, 3), 0.95 * torch.tanh(correlation), pen, hn, cn)


def nats(out, target: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Loss of the places (Graves 2013, eq. 26, without the pen) and of the pen (sketch-RNN, eq. 9), a point."""
    logits, mean, logstd, rho, pen = out[:5]
    z = (target[:, :, None, :2] - mean) * torch.exp(-logstd)
    one = 1 - rho * rho
    exponent = (z[..., 0] ** 2 + z[..., 1] ** 2 - 2 * rho * z[..., 0] * z[..., 1]) / (2 * one)
    density = F.log_softmax(logits, 2) - exponent - logstd.sum(-1) - 0.5 * torch.log(one) - math.log(2 * math.pi)
    places = -torch.logsumexp(density, 2)
    drawing = mask * (1 - target[:, :, 4])
    pens = F.cross_entropy(pen.flatten(0, 1), target[:, :, 2:].argmax(2).flatten(), reduction="none").reshape(mask.shape)
    return (places * drawing).sum() / drawing.sum() + (pens * mask).sum() / mask.sum()


def prepared(options: Options) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, float]:
    """Stroke-5 sequences [n, LONGEST + 2, 5] with start and end, their lengths, classes, and the pixels of a unit."""
    images, labels, _, _ = data_digits.split(options.data)
    strokes = strokes_of(images)
    keep = [i for i, s in enumerate(strokes) if 2 <= len(s) <= LONGEST]
    scale = float(np.concatenate([strokes[i][1:, :2] for i in keep]).std())
    x = np.zeros((len(keep), LONGEST + 2, 5), np.float32)
    for row, i in enumerate(keep):
        s, n = strokes[i], len(strokes[i])
        x[row, 0, 2] = 1
        x[row, 1:n + 1, :2] = s[:, :2] / scale
        x[row, 1:n + 1, 2] = 1 - s[:, 2]
        x[row, 1:n + 1, 3] = s[:, 2]
        x[row, n + 1:, 4] = 1
    lengths = torch.tensor([len(strokes[i]) for i in keep])
    log(f"{len(keep)} of {len(strokes)} digits as strokes, {lengths.float().mean():.1f} points each, unit {scale:.3f} px")
    return torch.from_numpy(x), lengths, torch.from_numpy(labels[keep]), scale


def bent(x: torch.Tensor) -> torch.Tensor:
    """Stretches each drawing a little, as sketch-RNN does, and shears it."""
    n = len(x)
    out = x.clone()
    stretch = 1 + (torch.rand(n, 1, 2) - 0.5) * 0.24
    out[:, :, :2] = x[:, :, :2] * stretch
    out[:, :, 0] += (torch.rand(n, 1) - 0.5) * 0.3 * x[:, :, 1]
    return out


def run(options: Options) -> None:
    seed_everything(options.seed)
    work = options.work or Path("work")
    work.mkdir(parents=True, exist_ok=True)
    cache = work / "strokes-digits-data.pt"
    if cache.exists():
        x, lengths, classes, scale = torch.load(cache)
    else:
        x, lengths, classes, scale = prepared(options)
        torch.save((x, lengths, classes, scale), cache)
    net = Pen()
    ema = Ema(net, 0.99)
    steps = options.steps or STEPS
    optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min(1.0, (s + 1) / 30) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, s / HORIZON))) + 1e-2)
    checkpoint = Checkpoint(options, 60.0, net=net, ema=ema, optimizer=optimizer, schedule=schedule)
    start = checkpoint.load()
    losses = []
    zeros = torch.zeros(1, BATCH, HIDDEN)
    for step in range(start, 0 if options.export_only else steps):
        pick = torch.randint(len(x), (BATCH,))
        last = int(lengths[pick].max()) + 2
        batch = bent(x[pick, :last])
        given, target = batch[:, :-1], batch[:, 1:]
        mask = (torch.arange(last - 1)[None] <= lengths[pick][:, None]).float()
        loss = nats(net(given, classes[pick], zeros, zeros), target, mask)
        descend(loss, net, optimizer, ema, step, schedule)
        losses.append(loss.item())
        if (step + 1) % 100 == 0:
            log(f"strokes step {step + 1}/{steps} loss {np.mean(losses[-100:]):.4f}")
        checkpoint.maybe_save(step + 1)
    if not options.export_only:
        checkpoint.save(steps)
    export(ema.module, options, scale)


def export(net: Pen, options: Options, scale: float) -> None:
    folder = options.out
    cases = [{"points": torch.randn(n, t, 5), "class_label": torch.arange(n) % 10, "h0": torch.randn(1, n, HIDDEN),
              "c0": torch.randn(1, n, HIDDEN)} for n, t in ((2, 3), (1, 1), (5, 7))]
    both, state = {0: "batch", 1: "time"}, {1: "batch"}
    outputs = ["logits", "mean", "logstd", "correlation", "pen", "hn", "cn"]
    axes = {"points": both, "class_label": {0: "batch"}, "h0": state, "c0": state, "hn": state, "cn": state}
    export_graph(net, folder / "model.onnx", cases, outputs, axes | {k: both for k in outputs[:5]},
                 spec=("handwriting", "model"))
    card = Card(
        name="strokes-digits", family="handwriting", makes="Handwritten digits of a wanted class, as strokes of a pen.",
        licence=data_digits.LICENCE, data=data_digits.DATA_CARD + "; strokes by thinning", seed=options.seed,
        parameters=count_parameters(net),
        command=f"python -m sampo_exporters strokes-digits --seed {options.seed} --data data",
        how=f"An LSTM of {HIDDEN} cells over points (dx, dy, pen down, up, end) gives a mixture of {PARTS} Gaussians in the plane for the "
            f"next point, and the pen's state; it is told the class at every point. {options.steps or STEPS:,} steps of Adam with "
            f"{BATCH} digits each, stretched and sheared a little, weights averaged. Strokes: thinned digits (Zhang-Suen), walked from "
            f"their ends and simplified (Douglas-Peucker, {TOLERANCE_PX:g} px), so they hold no speed, and their order is a guess.",
        limits=f"Measured with bias {BIAS:g} (Graves, section 5.4), drawn with a pen {PEN_WIDTH:g} pixels wide into 28x28, the middle of "
               f"the drawing in the middle. judged_right_real is what the judge says of kept-back digits after the same thinning and "
               f"drawing. Writes single digits only.")
    write_json(folder / "sampo.json", {
        "spec": "handwriting", "name": "strokes-digits", "graphs": {"model": {"file": "model.onnx"}},
        "classes": [str(d) for d in range(10)], "unit": round(scale, 4), "max_points": LONGEST, "pen_width": PEN_WIDTH,
        "size": 28, "bias": BIAS, "card": card.block()})
    write_readme(folder, card)


# ---------------------------------------------------------------- measuring


def sample(folder: Path, labels: np.ndarray, seed: int, bias: float = BIAS, scale: float | None = None) -> list[np.ndarray]:
    """Stroke-3 arrays in pixels."""
    import json

    if scale is None:
        scale = json.loads((folder / "sampo.json").read_text())["unit"]
    net = session(folder / "model.onnx")
    random = np.random.RandomState(seed)
    n = len(labels)
    point = np.zeros((n, 1, 5), np.float32)
    point[:, 0, 2] = 1
    h = c = np.zeros((1, n, HIDDEN), np.float32)
    done = np.zeros(n, bool)
    out: list[list] = [[] for _ in range(n)]
    for _ in range(LONGEST):
        logits, mean, logstd, rho, pen, h, c = net.run(
            None, {"points": point, "class_label": labels, "h0": h, "c0": c})
        weights = softmax(logits[:, 0].astype(np.float64) * (1 + bias))
        part = (weights.cumsum(1) > random.rand(n, 1)).argmax(1)
        rows = np.arange(n)
        mu, sd, r = mean[rows, 0, part], np.exp(logstd[rows, 0, part] - bias), rho[rows, 0, part]
        z = random.standard_normal((n, 2))
        dx = mu[:, 0] + sd[:, 0] * z[:, 0]
        dy = mu[:, 1] + sd[:, 1] * (r * z[:, 0] + np.sqrt(1 - r * r) * z[:, 1])
        states = (softmax(pen[:, 0].astype(np.float64) * (1 + bias)).cumsum(1) > random.rand(n, 1)).argmax(1)
        done |= states == 2
        point = np.zeros((n, 1, 5), np.float32)
        point[:, 0, 0], point[:, 0, 1] = dx, dy
        point[rows, 0, 2 + states] = 1
        for i in rows[~done]:
            out[i].append([dx[i] * scale, dy[i] * scale, states[i] == 1])
        if done.all():
            break
    return [np.array(s, np.float32).reshape(-1, 3) for s in out]


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def measure(folder: Path, options: Options) -> dict[str, float]:
    labels = np.arange(options.samples) % 10
    quality = quality_of_samples(drawn(sample(folder, labels, options.seed)), labels)
    kept, of = data_digits.kept_back()
    real = quality_of_samples(drawn(strokes_of(kept[:500])), of[:500])
    return quality | {"judged_right_real": real["judged_right"]}


def sheet(folder: Path, options: Options) -> np.ndarray:
    return drawn(sample(folder, np.repeat(np.arange(10), 10), options.seed))
