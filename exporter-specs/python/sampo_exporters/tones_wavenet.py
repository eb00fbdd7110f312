"""tones-wavenet: plucked strings of twelve pitches, sample by sample.

WaveNet: van den Oord et al. 2016, arXiv:1609.03499; each dilated layer keeps the inputs that it still needs (Le Paine et al. 2016,
arXiv:1611.09482), so that a new sample costs one column. The strings are synthesised: Karplus and Strong 1983, "Digital
synthesis of plucked-string and drum timbres", tuned by an all-pass as in Jaffe and Smith 1983.

``model.onnx``: ``input_ids`` [batch, time] (mu-law levels), ``class_label`` [batch], ``state_N`` [batch, dilation, channels] ->
``logits`` [batch, time, 256], ``next_state_N``. A tone starts with level 128 (silence) and states of zeros.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .common import Card, Checkpoint, Ema, Options, count_parameters, export_graph, log, seed_everything, session, write_json, write_readme

SAMPLE_RATE_HZ, LEVELS, SILENCE, MU = 8000, 256, 128, 255
CLASSES = ["C3", "C#3", "D3", "D#3", "E3", "F3", "F#3", "G3", "G#3", "A3", "A#3", "B3"]
TONE_SAMPLES = 6000
TRAINING_TONES, HELD_OUT_TONES, HELD_OUT_SEED = 1200, 48, 440
DILATIONS = [1, 2, 4, 8, 16, 32, 64, 1]  # together two periods of the lowest string
CHANNELS, SKIP, HEAD = 40, 64, 128
BATCH, CROP, STEPS, PEAK_LR, WARM_UP_STEPS, EMA_DECAY = 12, 1024, 2400, 4e-3, 100, 0.995
REACH = sum(DILATIONS) + 1

# ---------------------------------------------------------------- the strings


def frequency_hz(label: np.ndarray | int) -> np.ndarray:
    """Equal temperament, A3 = 220 Hz."""
    return 220.0 * 2.0 ** ((np.asarray(label) - 9) / 12)


def pluck(labels: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """[tones, TONE_SAMPLES] in -1..1. y[n] = x[n] + rho A(z) (y[n - N] + y[n - N - 1]) / 2 with an all-pass A for the fraction."""
    count = len(labels)
    period = SAMPLE_RATE_HZ / (frequency_hz(labels) * 2 ** (draw.uniform(-4, 4, count) / 1200))
    whole = np.floor(period - 0.5 - 0.1).astype(int)
    fraction = period - 0.5 - whole
    c = (1 - fraction) / (1 + fraction)
    rho = 10 ** (-draw.uniform(15, 35, count) / 20 * period / SAMPLE_RATE_HZ)
    longest = int(whole.max()) + 1
    noise = draw.uniform(-1, 1, (count, longest))
    smoothing = draw.uniform(0.3, 0.8, count)
    for n in range(1, longest):  # a soft pick: the noise loses its highs
        noise[:, n] = (1 - smoothing) * noise[:, n] + smoothing * noise[:, n - 1]
    burst = np.zeros((count, TONE_SAMPLES))
    for i in range(count):
        shape = noise[i, : whole[i]] - noise[i, : whole[i]].mean()
        place = max(1, int(whole[i] * draw.uniform(0.1, 0.4)))  # where the string is plucked: a comb
        burst[i, : whole[i]] = shape - np.roll(shape, place)
    y = np.zeros((count, longest + 1 + TONE_SAMPLES))
    rows, held_in, held_out = np.arange(count), np.zeros(count), np.zeros(count)
    for n in range(TONE_SAMPLES):
        at = n + longest + 1
        average = rho * 0.5 * (y[rows, at - whole] + y[rows, at - whole - 1])
        held_out = c * average + held_in - c * held_out
        held_in = average
        y[:, at] = burst[:, n] + held_out
    y = y[:, longest + 1 :]
    return y / np.abs(y).max(1, keepdims=True) * draw.uniform(0.5, 0.95, (count, 1))


def mu_law(x: np.ndarray) -> np.ndarray:
    """-1..1 to levels 0..255; 0 is 128."""
    y = np.sign(x) * np.log1p(MU * np.abs(x)) / np.log1p(MU)
    return np.floor((y + 1) / 2 * MU + 0.5).astype(np.int64)


def from_mu_law(levels: np.ndarray) -> np.ndarray:
    y = 2 * levels.astype(np.float64) / MU - 1
    return np.sign(y) * ((1 + MU) ** np.abs(y) - 1) / MU


def tones(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Levels [count, TONE_SAMPLES] and labels, every class equally often."""
    labels = np.arange(count) % len(CLASSES)
    return mu_law(pluck(labels, np.random.default_rng(seed))), labels


# ---------------------------------------------------------------- the net


class WaveNet(nn.Module):
    """z = tanh(W_f [x_{t-d}; x_t] + V_f h) * sigmoid(W_g [x_{t-d}; x_t] + V_g h), h the pitch; residual and skip from z."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(LEVELS, CHANNELS)
        with torch.no_grad():  # starts from the level itself along one direction, plus a little of each level's own
            ramp = torch.linspace(-2, 2, LEVELS)[:, None] * torch.randn(1, CHANNELS)
            self.embedding.weight.mul_(0.1).add_(ramp * 0.7)
        self.pitch = nn.ModuleList(nn.Embedding(len(CLASSES), 2 * CHANNELS) for _ in DILATIONS)
        self.gates = nn.ModuleList(nn.Linear(2 * CHANNELS, 2 * CHANNELS) for _ in DILATIONS)
        self.outs = nn.ModuleList(nn.Linear(CHANNELS, CHANNELS + SKIP) for _ in DILATIONS)
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(SKIP, HEAD), nn.ReLU(), nn.Linear(HEAD, LEVELS))

    def forward(self, input_ids, class_label, *states):
        x = self.embedding(input_ids)
        skips, next_states = 0.0, []
        for d, state, pitch, gate, out in zip(DILATIONS, states, self.pitch, self.gates, self.outs, strict=True):
            seen = torch.cat((state, x), 1)
            next_states.append(seen[:, -d:])
            z = gate(torch.cat((seen[:, :-d], x), 2)) + pitch(class_label)[:, None]
            residual = out(torch.tanh(z[:, :, :CHANNELS]) * torch.sigmoid(z[:, :, CHANNELS:]))
            x = x + residual[:, :, :CHANNELS]
            skips = skips + residual[:, :, CHANNELS:]
        return (self.head(skips), *next_states)


def zero_states(batch: int) -> list[torch.Tensor]:
    return [torch.zeros(batch, d, CHANNELS) for d in DILATIONS]


# ---------------------------------------------------------------- the exporter


def run(options: Options) -> None:
    seed_everything(options.seed)
    model = WaveNet()
    ema = Ema(model, EMA_DECAY)
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_LR, betas=(0.9, 0.99), weight_decay=0.0)
    checkpoint = Checkpoint(options, model=model, ema=ema, optimizer=optimizer)
    step = checkpoint.load()
    if not options.export_only:
        train(model, ema, optimizer, checkpoint, step, options)
    export(ema.module.eval(), options)


def train(model: WaveNet, ema: Ema, optimizer, checkpoint: Checkpoint, step: int, options: Options) -> None:
    levels, labels = tones(TRAINING_TONES, options.seed)
    levels = np.concatenate((np.full((len(levels), 1), SILENCE), levels), 1)
    total = options.steps or STEPS
    losses, started = [], time.time()
    while step < total:
        draw = np.random.default_rng([options.seed, step])
        rows = draw.integers(len(levels), size=BATCH)
        # A third of the rows begins with the pluck, the others anywhere; there the first REACH predictions lack their past.
        starts = np.where(np.arange(BATCH) % 3 == 0, 0, draw.integers(1, TONE_SAMPLES - CROP, BATCH))
        x = torch.from_numpy(np.stack([levels[r, s : s + CROP + 1] for r, s in zip(rows, starts)]))
        counts = torch.from_numpy((starts == 0)[:, None] | (np.arange(CROP) >= REACH)[None])
        progress = step / total
        optimizer.param_groups[0]["lr"] = PEAK_LR * min(1.0, (step + 1) / WARM_UP_STEPS) * (1 - progress)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(x[:, :-1], torch.from_numpy(labels[rows]), *zero_states(BATCH))[0]
        loss = nn.functional.cross_entropy(logits.float()[counts], x[:, 1:][counts])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        ema.update(model, step)
        losses.append(loss.item())
        step += 1
        if step % 100 == 0:
            log(f"tones-wavenet step {step}/{total}: {np.mean(losses):.4f} nats a sample, {(time.time() - started) / len(losses):.2f} s/step")
            losses, started = [], time.time()
        checkpoint.maybe_save(step)
    checkpoint.save(step)


def export(model: WaveNet, options: Options) -> None:
    folder = options.out
    names = [f"state_{n}" for n in range(len(DILATIONS))]
    cases = []
    for batch, length in ((2, 5), (1, 1), (3, 700)):
        generator = torch.Generator().manual_seed(length)
        case = {"input_ids": torch.randint(LEVELS, (batch, length), generator=generator),
                "class_label": torch.arange(batch) + 3}
        cases.append(case | {n: torch.randn(s.shape, generator=generator) for n, s in zip(names, zero_states(batch))})
    axes = {"input_ids": {0: "batch", 1: "time"}, "class_label": {0: "batch"}, "logits": {0: "batch", 1: "time"}}
    axes |= {name: {0: "batch"} for name in (*names, *(f"next_{n}" for n in names))}
    export_graph(model, folder / "model.onnx", cases, ["logits", *(f"next_{n}" for n in names)], axes, spec=("wavenet", "model"))
    card = Card(
        name="tones-wavenet",
        family="wavenet",
        makes="plucked strings of a chosen pitch, C3 to B3, 8 kHz",
        licence="Apache-2.0 (data synthesised)",
        data=f"{TRAINING_TONES} strings synthesised after Karplus and Strong, {TONE_SAMPLES / SAMPLE_RATE_HZ:g} s each",
        seed=options.seed,
        parameters=count_parameters(model),
        command="python -m sampo_exporters tones-wavenet",
        how=f"{len(DILATIONS)} gated layers of {CHANNELS} channels with dilations 1 to {max(DILATIONS)}, {LEVELS} mu-law levels, the pitch "
        f"given to each layer; {STEPS} steps of {BATCH} pieces of {CROP} samples, AdamW, averaged weights. A tone starts with level "
        f"{SILENCE} and states of zeros.",
        limits="One string at a time. The pitch is measured over the first 0.4 s at temperature 0.8. The strings hardly fade after "
        "0.3 s, where the real ones go on fading, and carry audible noise: in the worst of twelve tones half of the energy lies "
        "between the harmonics (almost none in the real ones). At temperature 1 a tone in six is 20 to 45 cents off.",
    )
    write_json(
        folder / "sampo.json",
        {
            "spec": "wavenet",
            "name": card.name,
            "graphs": {"model": {"file": "model.onnx"}},
            "encoding": "mu-law",
            "levels": LEVELS,
            "sample_rate_hz": SAMPLE_RATE_HZ,
            "bos_token_id": SILENCE,
            "num_samples": TONE_SAMPLES,
            "num_states": len(DILATIONS),
            "classes": CLASSES,
            "frequencies_hz": [round(float(f), 3) for f in frequency_hz(np.arange(len(CLASSES)))],
            "card": card.block(),
        },
    )
    write_readme(folder, card)


# ---------------------------------------------------------------- measuring, without torch


def first_states(batch: int) -> dict[str, np.ndarray]:
    return {f"state_{n}": np.zeros((batch, d, CHANNELS), np.float32) for n, d in enumerate(DILATIONS)}


def measure(folder: Path, options: Options) -> dict[str, float]:
    from .data_scripture import nats

    model = session(folder / "model.onnx")
    levels, labels = tones(HELD_OUT_TONES, HELD_OUT_SEED)
    total = 0.0
    for row, label in zip(levels, labels, strict=True):
        ids = np.concatenate(([SILENCE], row))[None]
        logits = model.run(["logits"], {"input_ids": ids[:, :-1], "class_label": np.array([label])} | first_states(1))[0]
        total += nats(logits[0], ids[0, 1:])
    made_labels = np.arange(24) % len(CLASSES)
    made = sample(folder, made_labels, count=3200, temperature=0.8, seed=1)
    cents = np.abs(1200 * np.log2(fundamental_hz(from_mu_law(made)) / frequency_hz(made_labels)))
    return {
        "nats_per_sample": round(total / levels.size, 4),
        "pitch_within_30_cents_percent": round(100 * float((cents < 30).mean()), 1),
        "median_pitch_error_cents": round(float(np.median(cents)), 2),
    }


def sample(folder: Path, labels: np.ndarray, count: int, temperature: float, seed: int) -> np.ndarray:
    """Levels [batch, count], one sample a run with the states fed back."""
    model, draw = session(folder / "model.onnx"), np.random.default_rng(seed)
    states = first_states(len(labels))
    outputs = ["logits", *(f"next_{name}" for name in states)]
    levels = np.full((len(labels), count + 1), SILENCE, np.int64)
    for n in range(count):
        logits, *following = model.run(outputs, {"input_ids": levels[:, n : n + 1], "class_label": labels} | states)
        states = dict(zip(states, following, strict=True))
        p = np.exp((logits[:, 0].astype(np.float64) - logits[:, 0].max(1, keepdims=True)) / temperature)
        cumulative = np.cumsum(p, 1)
        levels[:, n + 1] = (cumulative < draw.random((len(labels), 1)) * cumulative[:, -1:]).sum(1)
    return levels[:, 1:]


def fundamental_hz(waves: np.ndarray, skip: int = 400) -> np.ndarray:
    """The first high peak of the normalised autocorrelation between 100 and 300 Hz, refined by a parabola."""
    found = []
    for wave in waves[:, skip:]:
        x = wave - wave.mean()
        lags = np.arange(SAMPLE_RATE_HZ // 300 - 1, SAMPLE_RATE_HZ // 100 + 2)
        r = np.array([(x[lag:] * x[:-lag]).sum() / np.sqrt((x[lag:] ** 2).sum() * (x[:-lag] ** 2).sum() + 1e-12) for lag in lags])
        peaks = [i for i in range(1, len(r) - 1) if r[i - 1] < r[i] >= r[i + 1] and r[i] > 0.9 * r.max()]
        k = peaks[0] if peaks else int(np.argmax(r[1:-1])) + 1
        a, b, c = r[k - 1], r[k], r[k + 1]
        found.append(SAMPLE_RATE_HZ / (lags[k] + 0.5 * (a - c) / (a - 2 * b + c - 1e-12)))
    return np.array(found)
