"""digits-diffusion: a class-conditional UNet that predicts the noise (DDPM, Ho et al. 2020, arXiv:2006.11239).

Classes 0..9 and a null class 10, which stands in for one class in eight during training, so that classifier-free guidance (Ho and
Salimans 2022, arXiv:2207.12598) works: eps = eps_null + scale * (eps_class - eps_null). The folder has the diffusers layout. The graph
``unet/model.onnx``: ``sample`` [batch, 1, 28, 28], ``timestep`` int64 scalar, ``class_labels`` int64 [batch] -> ``out_sample``.

Most of the work is done at 14x14 and 7x7: the first convolution halves the picture, the last one gives four values a position, which are
shuffled back to 28x28.
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

STEPS = 3800
HORIZON = 6000  # where the cosine of the learning rate would end; the weights are averaged, so it need not
BATCH = 32
TRAIN_TIMESTEPS = 1000
NULL_CLASS = 10
GUIDANCE = 2.0
INFERENCE_STEPS = 25
WIDTH, DEEP, EMBEDDING = 32, 128, 128


def alphas_cumprod() -> np.ndarray:
    """The squared-cosine schedule (Nichol and Dhariwal 2021, arXiv:2102.09672, eq. 17), betas capped at 0.999."""

    def bar(t: np.ndarray) -> np.ndarray:
        return np.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2

    t = np.arange(TRAIN_TIMESTEPS) / TRAIN_TIMESTEPS
    betas = np.minimum(1 - bar(t + 1 / TRAIN_TIMESTEPS) / bar(t), 0.999)
    return np.cumprod(1 - betas)


class ResBlock(nn.Module):
    """GroupNorm-SiLU-conv twice, the embedding in between as scale and shift."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(8, channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.embed = nn.Linear(EMBEDDING, 2 * channels_out)
        self.norm2 = nn.GroupNorm(8, channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1)
        self.skip = nn.Conv2d(channels_in, channels_out, 1) if channels_in != channels_out else nn.Identity()
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x: torch.Tensor, e: torch.Tensor) -> torch.Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.embed(e)[:, :, None, None].chunk(2, 1)
        h = self.norm2(h) * (1 + scale) + shift
        return self.skip(x) + self.conv2(F.silu(h))


class Attention(nn.Module):
    """Self-attention over the 49 positions of the 7x7 map."""

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(8, channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        c = x.shape[1]
        q, k, v = self.qkv(self.norm(x)).reshape(-1, 3, self.heads, c // self.heads, 49).unbind(1)
        weights = torch.softmax(q.transpose(-1, -2) @ k * (c // self.heads) ** -0.5, -1)
        h = (v @ weights.transpose(-1, -2)).reshape(-1, c, 7, 7)
        return x + self.out(h)


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.time = nn.Sequential(nn.Linear(64, EMBEDDING), nn.SiLU(), nn.Linear(EMBEDDING, EMBEDDING))
        self.classes = nn.Embedding(NULL_CLASS + 1, EMBEDDING)
        self.stem = nn.Conv2d(1, WIDTH, 4, stride=2, padding=1)
        self.down = nn.ModuleList([ResBlock(WIDTH, WIDTH), ResBlock(WIDTH, WIDTH)])
        self.shrink = nn.Conv2d(WIDTH, DEEP, 2, stride=2)
        self.middle = nn.ModuleList([ResBlock(DEEP, DEEP), ResBlock(DEEP, DEEP)])
        self.attention = Attention(DEEP)
        self.grow = nn.Conv2d(DEEP, 4 * WIDTH, 1)
        self.up = nn.ModuleList([ResBlock(2 * WIDTH, WIDTH), ResBlock(2 * WIDTH, WIDTH)])
        self.norm = nn.GroupNorm(8, WIDTH)
        self.last = nn.Conv2d(WIDTH, 4, 3, padding=1)
        bar = torch.from_numpy(alphas_cumprod())
        self.register_buffer("alpha", bar.sqrt().float(), persistent=False)
        self.register_buffer("sigma", (1 - bar).sqrt().float(), persistent=False)
        self.register_buffer("frequencies", torch.exp(-math.log(10000.0) * torch.arange(32) / 32), persistent=False)

    def forward(self, sample: torch.Tensor, timestep: torch.Tensor, class_labels: torch.Tensor) -> torch.Tensor:
        """The noise, eps = sigma_t x_t + alpha_t v."""
        t = timestep.reshape(-1)
        v = self.velocity(sample, timestep, class_labels)
        return self.sigma[t][:, None, None, None] * sample + self.alpha[t][:, None, None, None] * v

    def velocity(self, sample: torch.Tensor, timestep: torch.Tensor, class_labels: torch.Tensor) -> torch.Tensor:
        """v = alpha_t eps - sigma_t x_0 (Salimans and Ho 2022, arXiv:2202.00512): what the layers really predict. Predicted as such,
        eps would have to repeat x_t to three digits at high noise before x_0, and with it the class, could be read off it."""
        angles = timestep.reshape(-1, 1).to(torch.float32) * self.frequencies
        e = self.time(torch.cat([torch.cos(angles), torch.sin(angles)], 1)) + self.classes(class_labels)
        e = F.silu(e)
        x = self.stem(sample)
        skips = [x]
        for block in self.down:
            x = block(x, e)
            skips.append(x)
        x = self.shrink(x)
        x = self.middle[0](x, e)
        x = self.attention(x)
        x = self.middle[1](x, e)
        x = F.pixel_shuffle(self.grow(x), 2)
        for block in self.up:
            x = block(torch.cat([x, skips.pop()], 1), e)
        return F.pixel_shuffle(self.last(F.silu(self.norm(x))), 2)


SCHEDULER = {
    "_class_name": "DDIMScheduler",
    "beta_schedule": "squaredcos_cap_v2",
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "clip_sample": False,
    "num_train_timesteps": TRAIN_TIMESTEPS,
    "prediction_type": "epsilon",
    "set_alpha_to_one": True,
    "steps_offset": 0,
    "timestep_spacing": "trailing",
    "thresholding": False,
}


def run(options: Options) -> None:
    seed_everything(options.seed)
    images, labels, _, _ = data_digits.split(options.data)
    data = torch.from_numpy(images).float().div(127.5).sub(1).unsqueeze(1)
    classes = torch.from_numpy(labels)
    bar = torch.from_numpy(alphas_cumprod()).float()
    net = UNet()
    ema = Ema(net, 0.999)
    steps = options.steps or STEPS
    optimizer = torch.optim.AdamW(net.parameters(), lr=1.5e-3, betas=(0.9, 0.99), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min(1.0, (s + 1) / 300) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, s / HORIZON))) + 1e-3)
    checkpoint = Checkpoint(options, net=net, ema=ema, optimizer=optimizer, schedule=schedule)
    start = checkpoint.load()
    losses = []
    for step in range(start, 0 if options.export_only else steps):
        pick = torch.randint(len(data), (BATCH,))
        x0 = data[pick]
        c = torch.where(torch.rand(BATCH) < 1 / 8, NULL_CLASS, classes[pick])
        # One timestep out of each of BATCH equal ranges: the loss varies less.
        t = ((torch.arange(BATCH) + torch.rand(BATCH)) * (TRAIN_TIMESTEPS / BATCH)).long()
        noise = torch.randn_like(x0)
        a = bar[t][:, None, None, None]
        with torch.autocast("cpu", torch.bfloat16):
            predicted = net.velocity(a.sqrt() * x0 + (1 - a).sqrt() * noise, t, c)
        loss = F.mse_loss(predicted.float(), a.sqrt() * noise - (1 - a).sqrt() * x0)
        descend(loss, net, optimizer, ema, step, schedule)
        losses.append(loss.item())
        if (step + 1) % 200 == 0:
            log(f"diffusion step {step + 1}/{steps} loss {np.mean(losses[-200:]):.5f}")
        checkpoint.maybe_save(step + 1)
    if not options.export_only:
        checkpoint.save(steps)
    export(ema.module, options)


def export(net: UNet, options: Options) -> None:
    folder = options.out
    cases = [{"sample": torch.randn(n, 1, 28, 28), "timestep": torch.tensor(t), "class_labels": torch.arange(n) % 11}
             for n, t in ((2, 960), (1, 0), (13, 333))]
    batch = {0: "batch"}
    export_graph(net, folder / "unet" / "model.onnx", cases, ["out_sample"],
                 {"sample": batch, "class_labels": batch, "out_sample": batch}, spec=("diffusion-unet", "unet"))
    write_json(folder / "model_index.json", {
        "_class_name": "DDIMPipeline", "_diffusers_version": "0.30.0",
        "scheduler": ["diffusers", "DDIMScheduler"], "unet": ["diffusers", "UNet2DModel"]})
    write_json(folder / "unet" / "config.json", {
        "_class_name": "UNet2DModel", "sample_size": 28, "in_channels": 1, "out_channels": 1,
        "num_class_embeds": NULL_CLASS + 1, "class_embed_type": None})
    write_json(folder / "scheduler" / "scheduler_config.json", SCHEDULER)
    card = Card(
        name="digits-diffusion", family="diffusion-unet",
        makes="Handwritten digits, 28x28 grey, of a wanted class, by denoising.",
        licence=data_digits.LICENCE, data=data_digits.DATA_CARD, seed=options.seed, parameters=count_parameters(net),
        command=f"python -m sampo_exporters digits-diffusion --seed {options.seed} --data data",
        how=f"UNet with {WIDTH} channels at 14x14 and {DEEP} at 7x7, predicts the noise of a squared-cosine schedule of "
            f"{TRAIN_TIMESTEPS} steps (inside the graph as sigma x + alpha v, the loss is that of v); {STEPS:,} steps of AdamW with {BATCH} digits each, weights averaged (EMA 0.999). One label in "
            f"eight is replaced by the null class {NULL_CLASS}: that makes classifier-free guidance possible, "
            f"eps = eps_null + scale * (eps_class - eps_null).",
        limits=f"Measured with {INFERENCE_STEPS} DDIM steps (eta 0, trailing) and guidance {GUIDANCE:g}. Do not clip x0 in a "
               f"sampler that leaves eps as it is (`clip_sample`): with guidance it spoils the picture. Knows nothing but digits.")
    write_json(folder / "sampo-card.json", {
        "name": "digits-diffusion",
        "class_conditioning": {"input": "class_labels", "num_classes": 10, "null_class": NULL_CLASS,
                               "classes": [str(d) for d in range(10)]},
        "defaults": {"num_inference_steps": INFERENCE_STEPS, "guidance_scale": GUIDANCE},
        "image": {"channels": 1, "height": 28, "width": 28, "range": [-1, 1]},
        "card": card.block()})
    write_readme(folder, card)


def sample(folder: Path, labels: np.ndarray, seed: int, guidance: float = GUIDANCE,
           steps: int = INFERENCE_STEPS) -> np.ndarray:
    """DDIM (Song et al. 2020, arXiv:2010.02502) with eta 0; returns [n, 1, 28, 28] in 0..1."""
    unet = session(folder / "unet" / "model.onnx")
    bar = alphas_cumprod().astype(np.float32).astype(np.float64)
    start = np.random.RandomState(seed).standard_normal((len(labels), 1, 28, 28)).astype(np.float32)
    stride = TRAIN_TIMESTEPS // steps

    def denoise(begin: int, end: int) -> np.ndarray:
        x, wanted = start[begin:end], labels[begin:end]
        both = np.concatenate([np.full_like(wanted, NULL_CLASS), wanted])
        # "trailing": 999, 959 ... With "leading", 960, 920 ..., pure noise would stand in for noise over a picture that is already
        # darker, and samples would get a fifth too much ink (arXiv:2305.08891).
        for t in range(TRAIN_TIMESTEPS - 1, -1, -stride):
            eps = unet.run(None, {"sample": np.concatenate([x, x]), "timestep": np.array(t), "class_labels": both})[0]
            null, given = np.split(eps, 2)
            eps = null + guidance * (given - null)
            a, before = bar[t], bar[t - stride] if t >= stride else 1.0
            # x0 is not clipped: guidance takes the paper below -1, and clipping x0 but not eps adds up to grey blots.
            x0 = (x - math.sqrt(1 - a) * eps) / math.sqrt(a)
            x = (math.sqrt(before) * x0 + math.sqrt(1 - before) * eps).astype(np.float32)
        return x

    return in_batches(len(labels), 50, denoise) / 2 + 0.5


def measure(folder: Path, options: Options) -> dict[str, float]:
    labels = np.arange(options.samples) % 10
    return quality_of_samples(sample(folder, labels, options.seed), labels)


def sheet(folder: Path, options: Options) -> np.ndarray:
    return sample(folder, np.repeat(np.arange(10), 10), options.seed)
