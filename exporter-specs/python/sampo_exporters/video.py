"""digits-video: a class-conditional UNet over clips of moving digits (Video Diffusion Models, Ho et al. 2022, arXiv:2204.03458).

A picture model that knows digits is inflated: every layer of ``digits-diffusion`` works on each frame as before, and layers over time are
added between them that give nothing at the start of the training (as Blattmann et al. 2023, arXiv:2304.08818). At 14x14 these are
convolutions over three neighbouring frames, at 7x7 attention from every position of every frame to every other. Clips are loops: frame 0
follows the last one.

The folder has the diffusers layout. The graph ``unet/model.onnx``: ``sample`` [batch, 1, 8, 28, 28], ``timestep`` int64 scalar,
``class_labels`` int64 [batch] -> ``out_sample``.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import data_digits, diffusion
from .common import (MODELS, Card, Checkpoint, Ema, Options, count_parameters, descend, export_graph, in_batches, log,
                     seed_everything, session, write_json, write_readme)
from .diffusion import DEEP, NULL_CLASS, SCHEDULER, TRAIN_TIMESTEPS, WIDTH, alphas_cumprod
from .judge import judge_classes, quality_of_samples

FRAMES = 8
STEPS = 285
WARM = 20
HORIZON = 1500  # where the cosine of the learning rate would end
BATCH = 2  # clips
GUIDANCE = 2.0
INFERENCE_STEPS = 20
REACH = (1.0, 3.0)  # half axes of a path, in pixels


class OverTime(nn.Module):
    """Convolution over the frame before, the frame itself and the one after, at each position."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.mix = nn.Conv2d(3 * channels, channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, c, h, w = x.shape
        frames = self.norm(x).reshape(-1, FRAMES, c, h, w)
        before = torch.cat([frames[:, -1:], frames[:, :-1]], 1)
        after = torch.cat([frames[:, 1:], frames[:, :1]], 1)
        mixed = self.mix(torch.cat([before, frames, after], 2).reshape(-1, 3 * c, h, w))
        return x + self.out(F.silu(mixed))


class Everywhere(nn.Module):
    """Attention of all positions of all frames; frames are told apart by a vector each."""

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(8, channels)
        self.place = nn.Parameter(torch.randn(FRAMES, channels, 7, 7) * 0.1)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        c, width = x.shape[1], x.shape[1] // self.heads
        frames = self.norm(x).reshape(-1, FRAMES, c, 7, 7) + self.place
        parts = self.qkv(frames.reshape(-1, c, 7, 7)).reshape(-1, FRAMES, 3, self.heads, width, 49)
        q, k, v = parts.permute(2, 0, 3, 1, 5, 4).reshape(3, -1, self.heads, FRAMES * 49, width).unbind(0)
        weights = torch.softmax(q @ k.transpose(-1, -2) * width ** -0.5, -1)
        h = (weights @ v).reshape(-1, self.heads, FRAMES, 49, width).permute(0, 2, 1, 4, 3).reshape(-1, c, 7, 7)
        return x + self.out(h)


class VideoUNet(diffusion.UNet):
    """The picture model with layers over time; its own layers see each frame as a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.time_down = nn.ModuleList([OverTime(WIDTH), OverTime(WIDTH)])
        self.time_middle = nn.ModuleList([OverTime(DEEP), OverTime(DEEP)])
        self.everywhere = nn.ModuleList([Everywhere(DEEP), Everywhere(DEEP)])
        self.time_up = nn.ModuleList([OverTime(WIDTH), OverTime(WIDTH)])

    def forward(self, sample: torch.Tensor, timestep: torch.Tensor, class_labels: torch.Tensor) -> torch.Tensor:
        """The noise, eps = sigma_t x_t + alpha_t v."""
        t = timestep.reshape(-1)
        v = self.velocity(sample, timestep, class_labels)
        return self.sigma[t][:, None, None, None, None] * sample + self.alpha[t][:, None, None, None, None] * v

    def velocity(self, sample: torch.Tensor, timestep: torch.Tensor, class_labels: torch.Tensor) -> torch.Tensor:
        angles = timestep.reshape(-1, 1).to(torch.float32) * self.frequencies
        e = self.time(torch.cat([torch.cos(angles), torch.sin(angles)], 1)) + self.classes(class_labels)
        e = F.silu(e)
        e = e.unsqueeze(1).expand(-1, FRAMES, -1).reshape(-1, e.shape[1])
        x = self.stem(sample.reshape(-1, 1, 28, 28))
        skips = [x]
        for block, over in zip(self.down, self.time_down):
            x = over(block(x, e))
            skips.append(x)
        x = self.everywhere[0](self.time_middle[0](self.middle[0](self.shrink(x), e)))
        x = self.attention(x)
        x = self.everywhere[1](self.time_middle[1](self.middle[1](x, e)))
        x = F.pixel_shuffle(self.grow(x), 2)
        for block, over in zip(self.up, self.time_up):
            x = over(block(torch.cat([x, skips.pop()], 1), e))
        x = F.pixel_shuffle(self.last(F.silu(self.norm(x))), 2)
        return x.reshape(-1, 1, FRAMES, 28, 28)


def inflate(net: VideoUNet, folder: Path) -> None:
    """Takes the picture model's weights out of its graph. The exporter of ONNX keeps the names of all but the norms, whose scales and
    shifts it numbers in the order of their use."""
    import onnx

    values = {i.name: torch.from_numpy(onnx.numpy_helper.to_array(i).copy())
              for i in onnx.load(str(folder / "unet" / "model.onnx")).graph.initializer}
    own = dict(net.named_parameters())
    norms = [v.reshape(-1) for n, v in values.items() if n.startswith("onnx::") and v.dim() == 3]
    blocks = ["down.0", "down.1", "middle.0", "attention", "middle.1", "up.0", "up.1", ""]
    names = [f"{b}.{n}" if b else n for b in blocks
             for n in (["norm"] if b in ("attention", "") else ["norm1", "norm2"])]
    if len(norms) != 2 * len(names):
        raise ValueError(f"{folder} holds {len(norms)} scales and shifts of norms, wanted {2 * len(names)}")
    with torch.no_grad():
        for k, name in enumerate(names):
            own[f"{name}.weight"].copy_(norms[2 * k])
            own[f"{name}.bias"].copy_(norms[2 * k + 1])
        for name, value in values.items():
            if name in own:
                own[name].copy_(value)


def clips(digits: torch.Tensor) -> torch.Tensor:
    """Digits [n, 1, 28, 28] in -1..1 on closed paths: an ellipse of random half axes, turn and start, once round in FRAMES frames.
    Returns [n, 1, FRAMES, 28, 28]."""
    n = len(digits)
    axes = REACH[0] + torch.rand(n, 2) * (REACH[1] - REACH[0])
    turn, start = torch.rand(n) * 2 * math.pi, torch.rand(n) * 2 * math.pi
    way = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
    phase = start[:, None] + way[:, None] * torch.arange(FRAMES) * (2 * math.pi / FRAMES)
    u, v = axes[:, :1] * torch.cos(phase), axes[:, 1:] * torch.sin(phase)
    x = u * torch.cos(turn)[:, None] - v * torch.sin(turn)[:, None]
    y = u * torch.sin(turn)[:, None] + v * torch.cos(turn)[:, None]
    shift = torch.stack([x, y], -1).reshape(-1, 2) / 14
    theta = torch.cat([torch.eye(2).expand(n * FRAMES, 2, 2), -shift[:, :, None]], 2)
    frames = digits.repeat_interleave(FRAMES, 0) / 2 + 0.5
    moved = F.grid_sample(frames, F.affine_grid(theta, list(frames.shape), align_corners=False), align_corners=False)
    return (moved * 2 - 1).reshape(n, 1, FRAMES, 28, 28)


def run(options: Options) -> None:
    seed_everything(options.seed)
    images, labels, _, _ = data_digits.split(options.data)
    data = torch.from_numpy(images).float().div(127.5).sub(1).unsqueeze(1)
    classes = torch.from_numpy(labels)
    bar = torch.from_numpy(alphas_cumprod()).float()
    net = VideoUNet()
    inflate(net, MODELS / "digits-diffusion")
    ema = Ema(net, 0.99)
    steps = options.steps or STEPS
    optimizer = torch.optim.AdamW(net.parameters(), lr=8e-4, betas=(0.9, 0.99), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min(1.0, (s + 1) / WARM) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, s / HORIZON))) + 1e-2)
    checkpoint = Checkpoint(options, 60.0, net=net, ema=ema, optimizer=optimizer, schedule=schedule)
    start = checkpoint.load()
    losses = []
    for step in range(start, 0 if options.export_only else steps):
        pick = torch.randint(len(data), (BATCH,))
        x0 = clips(data[pick])
        c = torch.where(torch.rand(BATCH) < 1 / 8, NULL_CLASS, classes[pick])
        t = ((torch.arange(BATCH) + torch.rand(BATCH)) * (TRAIN_TIMESTEPS / BATCH)).long()
        noise = torch.randn_like(x0)
        a = bar[t][:, None, None, None, None]
        predicted = net.velocity(a.sqrt() * x0 + (1 - a).sqrt() * noise, t, c)
        loss = F.mse_loss(predicted, a.sqrt() * noise - (1 - a).sqrt() * x0)
        descend(loss, net, optimizer, ema, step, schedule)
        losses.append(loss.item())
        if (step + 1) % 20 == 0:
            log(f"video step {step + 1}/{steps} loss {np.mean(losses[-20:]):.5f}")
        checkpoint.maybe_save(step + 1)
    if not options.export_only:
        checkpoint.save(steps)
    export(ema.module, options)


def export(net: VideoUNet, options: Options) -> None:
    folder = options.out
    cases = [{"sample": torch.randn(n, 1, FRAMES, 28, 28), "timestep": torch.tensor(t),
              "class_labels": torch.arange(n) % 11} for n, t in ((2, 960), (1, 0), (5, 333))]
    batch = {0: "batch"}
    export_graph(net, folder / "unet" / "model.onnx", cases, ["out_sample"],
                 {"sample": batch, "class_labels": batch, "out_sample": batch}, spec=("video-unet", "unet"))
    write_json(folder / "model_index.json", {
        "_class_name": "DDIMPipeline", "_diffusers_version": "0.30.0",
        "scheduler": ["diffusers", "DDIMScheduler"], "unet": ["diffusers", "UNet3DConditionModel"]})
    write_json(folder / "unet" / "config.json", {
        "_class_name": "UNet3DConditionModel", "sample_size": 28, "num_frames": FRAMES, "in_channels": 1,
        "out_channels": 1, "num_class_embeds": NULL_CLASS + 1})
    write_json(folder / "scheduler" / "scheduler_config.json", SCHEDULER)
    card = Card(
        name="digits-video", family="video-unet",
        makes=f"Clips of a handwritten digit of a wanted class that goes round once: {FRAMES} frames of 28x28, grey, a loop.",
        licence=data_digits.LICENCE, data=data_digits.DATA_CARD, seed=options.seed, parameters=count_parameters(net),
        command=f"python -m sampo_exporters digits-video --seed {options.seed} --data data",
        how=f"The UNet of digits-diffusion, weights and all, with layers over time added: convolutions over three neighbouring frames, "
            f"and at 7x7 attention between all positions of all frames. {options.steps or STEPS:,} steps of AdamW with {BATCH} clips "
            f"each, weights averaged (EMA 0.99). A clip is a digit on an ellipse with half axes of {REACH[0]:g} to {REACH[1]:g} "
            f"pixels, once round; loss, schedule and the null class {NULL_CLASS} as in digits-diffusion.",
        limits=f"Measured on 40 clips with {INFERENCE_STEPS} DDIM steps (eta 0, trailing) and guidance {GUIDANCE:g}. judged_right counts frames. "
               f"`jerk_px` is the mean length of c[k+1] - 2 c[k] + c[k-1] of the centre of the ink c, `step_px_max` the longest way of "
               f"it from one frame to the next in all clips, `..._data` the same of clips made of real digits. Smooth is called a "
               f"jerk_px of at most twice that of the data. Knows nothing but digits on such paths, and always makes {FRAMES} frames. The "
               f"training was short: strokes still change a little from frame to frame.")
    write_json(folder / "sampo-card.json", {
        "name": "digits-video",
        "class_conditioning": {"input": "class_labels", "num_classes": 10, "null_class": NULL_CLASS,
                               "classes": [str(d) for d in range(10)]},
        "defaults": {"num_inference_steps": INFERENCE_STEPS, "guidance_scale": GUIDANCE},
        "image": {"channels": 1, "height": 28, "width": 28, "range": [-1, 1]},
        "card": card.block()})
    write_readme(folder, card)


def sample(folder: Path, labels: np.ndarray, seed: int, guidance: float = GUIDANCE,
           steps: int = INFERENCE_STEPS) -> np.ndarray:
    """DDIM with eta 0, as diffusion.sample; returns [n, FRAMES, 28, 28] in 0..1."""
    unet = session(folder / "unet" / "model.onnx")
    bar = alphas_cumprod().astype(np.float32).astype(np.float64)
    start = np.random.RandomState(seed).standard_normal((len(labels), 1, FRAMES, 28, 28)).astype(np.float32)
    stride = TRAIN_TIMESTEPS // steps

    def denoise(begin: int, end: int) -> np.ndarray:
        x, wanted = start[begin:end], labels[begin:end]
        both = np.concatenate([np.full_like(wanted, NULL_CLASS), wanted])
        for t in range(TRAIN_TIMESTEPS - 1, -1, -stride):
            eps = unet.run(None, {"sample": np.concatenate([x, x]), "timestep": np.array(t), "class_labels": both})[0]
            null, given = np.split(eps, 2)
            eps = null + guidance * (given - null)
            a, before = bar[t], bar[t - stride] if t >= stride else 1.0
            x0 = (x - math.sqrt(1 - a) * eps) / math.sqrt(a)
            x = (math.sqrt(before) * x0 + math.sqrt(1 - before) * eps).astype(np.float32)
        return x

    return in_batches(len(labels), 10, denoise)[:, 0] / 2 + 0.5


def centres(films: np.ndarray) -> np.ndarray:
    """Centre of the ink of each frame: [n, FRAMES, 2], x before y."""
    ink = np.clip(films, 0, 1)
    ink = np.where(ink < 0.1, 0, ink)
    total = ink.sum((2, 3)) + 1e-9
    places = np.arange(28)
    return np.stack([(ink.sum(2) * places).sum(2) / total, (ink.sum(3) * places).sum(2) / total], -1)


def motion(films: np.ndarray) -> tuple[float, float]:
    """Mean length of the second difference of the centre along the loop, and its longest step."""
    c = centres(films)
    ahead = np.roll(c, -1, 1) - c
    jerk = ahead - np.roll(ahead, 1, 1)
    return float(np.linalg.norm(jerk, axis=-1).mean()), float(np.linalg.norm(ahead, axis=-1).max())


def measure(folder: Path, options: Options) -> dict[str, float]:
    labels = np.arange(max(40, options.samples // 25)) % 10
    films = sample(folder, labels, options.seed)
    frames, of = films.reshape(-1, 1, 28, 28), np.repeat(labels, FRAMES)
    first = quality_of_samples(films[:, :1], labels)
    kept, _ = data_digits.kept_back()
    torch.manual_seed(options.seed)
    real = clips(torch.from_numpy(kept[:500].copy()).float().div(127.5).sub(1).unsqueeze(1)).numpy()[:, 0] / 2 + 0.5
    jerk, step = motion(films)
    real_jerk, real_step = motion(real)
    return {"judged_right": round(float((judge_classes(frames) == of).mean()), 4),
            "diversity_to_real": first["diversity_to_real"],
            "jerk_px": round(jerk, 3), "jerk_px_data": round(real_jerk, 3),
            "step_px_max": round(step, 3), "step_px_max_data": round(real_step, 3)}


def sheet(folder: Path, options: Options) -> np.ndarray:
    """A clip a row, frame after frame, two of each class side by side with two blank columns between them."""
    films = sample(folder, np.arange(10), options.seed)
    blank = np.zeros((10, 2, 28, 28))
    return np.concatenate([films, blank], 1).reshape(-1, 1, 28, 28)
