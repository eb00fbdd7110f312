"""weather-lstm: a recurrent forecaster of daily weather (DeepAR, Salinas et al. 2017, arXiv:1704.04110).

Day after day an LSTM reads the weather and the season of the day to come, and gives a mean and a variance for that day. Rain is the square
of a Gaussian value cut off at zero (a Tobit model, Tobin 1958), so that dry days have a probability.

``model.onnx``: ``values`` [batch, time, 3] (highest and lowest temperature, square root of rain; normalised), ``known`` [batch, time, 2]
(cosine and sine of the day of the year that is to come), ``h0``, ``c0`` -> ``mean``, ``logvar`` [batch, time, 3], ``hn``, ``cn``.
"""

from __future__ import annotations

import csv
import json
import math
import os
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .common import Card, Ema, Options, count_parameters, descend, export_graph, log, seed_everything, session, write_json, write_readme

STEPS = 300
WIDENINGS = (0.0, 0.2, 0.4, 0.6)  # of the log-variance
BATCH, WINDOW = 16, 56
HIDDEN = 16
HISTORY, HORIZON, PATHS = 60, 14, 200
LAST_YEAR = 2015  # kept back
CHANNELS = ["highest temperature in degrees Celsius", "lowest temperature in degrees Celsius", "rain in millimetres"]
DATA = ("daily weather of Seattle 2012-2014 (NOAA, National Centers for Environmental Information; public domain) from the npm package "
        "`vega-datasets` 3.2.1 (BSD-3-Clause), `data/seattle-weather.csv`; 2015 is kept back for measuring")


def load(data: Path | None) -> tuple[list[str], np.ndarray]:
    """Dates and [days, 3]: highest and lowest temperature, rain."""
    root = Path(data or os.environ.get("SAMPO_DATA", "data"))
    for candidate in (root, root / "data", root / "package" / "data"):
        if (candidate / "seattle-weather.csv").exists():
            with open(candidate / "seattle-weather.csv", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            return ([r["date"] for r in rows],
                    np.array([[float(r[k]) for k in ("temp_max", "temp_min", "precipitation")] for r in rows], np.float64))
    raise FileNotFoundError(f"No seattle-weather.csv below {root}. Run `npm pack vega-datasets@3.2.1`, unpack it, pass --data FOLDER.")


def season(dates: list[str]) -> np.ndarray:
    """Cosine and sine of 2 pi (day of the year - 1) / 365.25."""
    days = np.array(dates, "datetime64[D]")
    day = (days - days.astype("datetime64[Y]")).astype(int)
    angle = 2 * math.pi * day / 365.25
    return np.stack([np.cos(angle), np.sin(angle)], 1)


class Weather(nn.Module):
    """The season's own mean by two harmonics, the last day's departure from it carried on, and what the LSTM adds."""

    def __init__(self) -> None:
        super().__init__()
        self.season = nn.Linear(4, 3)
        self.lstm = nn.LSTM(5, HIDDEN, batch_first=True)
        self.carry = nn.Linear(3, 3)
        self.head = nn.Linear(HIDDEN, 6)
        self.spread = nn.Linear(4, 3)
        self.register_buffer("widening", torch.zeros(()))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.spread.weight)

    def forward(self, values: torch.Tensor, known: torch.Tensor, h0: torch.Tensor, c0: torch.Tensor):
        c, s = known[..., :1], known[..., 1:]
        waves = torch.cat([known, c * c - s * s, 2 * c * s], 2)
        usual = self.season(waves)
        # The day before has all but the same season.
        departure = values - usual
        h, (hn, cn) = self.lstm(torch.cat([departure, known], 2), (h0, c0))
        add, logvar = self.head(F.dropout(h, 0.3, self.training)).chunk(2, 2)
        return usual + self.carry(departure) + add, (logvar + self.spread(waves)).clamp(-6, 3) + self.widening, hn, cn


def nats(mean: torch.Tensor, logvar: torch.Tensor, target: torch.Tensor, floor: float) -> torch.Tensor:
    """Gaussian for temperatures; rain at its floor counts with all that lies below."""
    z = (target - mean) * torch.exp(-0.5 * logvar)
    dense = 0.5 * (z * z + logvar)
    dry = -torch.special.log_ndtr(z[..., 2])
    rain = torch.where(target[..., 2] <= floor + 1e-4, dry, dense[..., 2])
    return (dense[..., :2].sum(2) + rain).mean()


def trained(options: Options, x: torch.Tensor, known: torch.Tensor, floor: float) -> Weather:
    """A net that was shown these days."""
    seed_everything(options.seed)
    net = Weather()
    fitted = torch.linalg.lstsq(torch.from_numpy(harmonics(known.numpy())).float(), x).solution
    with torch.no_grad():
        net.season.weight.copy_(fitted[:4].T)
        net.season.bias.copy_(fitted[4])
        net.carry.weight.copy_(torch.diag(torch.tensor([0.6, 0.6, 0.2])))
        net.carry.bias.zero_()
    net.season.requires_grad_(False)
    ema = Ema(net, 0.98)
    steps = options.steps or STEPS
    optimizer = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=4e-3, weight_decay=0.05)
    zeros = torch.zeros(1, BATCH, HIDDEN)
    losses = []
    for step in range(steps):
        begin = torch.randint(len(x) - WINDOW - 1, (BATCH,))
        rows = begin[:, None] + torch.arange(WINDOW + 1)[None]
        mean, logvar, _, _ = net(x[rows[:, :-1]], known[rows[:, 1:]], zeros, zeros)
        loss = nats(mean[:, 7:], logvar[:, 7:], x[rows[:, 1:]][:, 7:], floor)
        descend(loss, net, optimizer, ema, step)
        losses.append(loss.item())
        if (step + 1) % 100 == 0:
            log(f"weather step {step + 1}/{steps} loss {np.mean(losses[-100:]):.4f}")
    return ema.module


def run(options: Options) -> None:
    dates, values = load(options.data)
    years = np.array([int(d[:4]) for d in dates])
    raw = values.copy()
    values[:, 2] = np.sqrt(values[:, 2])
    kept = years < LAST_YEAR
    centre, deviation = values[kept].mean(0), values[kept].std(0)
    floor = float(-centre[2] / deviation[2])
    x = torch.from_numpy((values - centre) / deviation).float()
    known = torch.from_numpy(season(dates)).float()
    # How much too sure of itself a net is on days that it was not shown is found with the year before the last.
    trial = trained(options, x[years < LAST_YEAR - 1], known[years < LAST_YEAR - 1], floor)
    starts = np.flatnonzero(years == LAST_YEAR - 1)[:-HORIZON:5]
    shares = []
    for widening in WIDENINGS:
        trial.widening.fill_(widening)
        paths = forecast(as_numpy(trial), centre, deviation, raw, known.numpy(), starts, options.seed)
        shares.append(inside(paths, truth(raw, starts))[:2].mean())
        log(f"deviations {math.exp(widening / 2):.2f} times as wide: {shares[-1]:.3f} of {LAST_YEAR - 1} inside the band")
    net = trained(options, x[kept], known[kept], floor)
    net.widening.fill_(float(np.interp(0.8, np.maximum.accumulate(shares), WIDENINGS)))
    log(f"log-variance raised by {net.widening.item():.3f}")
    export(net, options, centre, deviation, dates, values)


def export(net: Weather, options: Options, centre, deviation, dates, values) -> None:
    folder = options.out
    cases = [{"values": torch.randn(n, t, 3), "known": torch.randn(n, t, 2), "h0": torch.randn(1, n, HIDDEN),
              "c0": torch.randn(1, n, HIDDEN)} for n, t in ((2, 5), (1, 1), (7, 60))]
    both, state = {0: "batch", 1: "time"}, {1: "batch"}
    export_graph(net.eval(), folder / "model.onnx", cases, ["mean", "logvar", "hn", "cn"],
                 {"values": both, "known": both, "mean": both, "logvar": both, "h0": state, "c0": state, "hn": state, "cn": state},
                 spec=("forecast", "model"))
    card = Card(
        name="weather-lstm", family="forecast", makes="The weather of the next days: temperatures and rain, many futures with quantiles.",
        licence="Apache-2.0 (weights); data: public domain (NOAA), as packed by vega-datasets (BSD-3-Clause)", data=DATA,
        seed=options.seed, parameters=count_parameters(net),
        command=f"python -m sampo_exporters weather-lstm --seed {options.seed} --data data",
        how=f"The season's mean (two harmonics, least squares), the last day's departure from it times a matrix, and an LSTM of {HIDDEN} "
            f"cells give mean and variance of the next day; {options.steps or STEPS:,} steps of AdamW over windows of {WINDOW} days of "
            f"three years. A first net, without the year {LAST_YEAR - 1}, tells by how much the variances have to be raised for days that "
            f"it was not shown. Rain is the square of a Gaussian cut off at zero.",
        limits=f"Measured on all days of {LAST_YEAR}, after the {HISTORY} days before, {HORIZON} days ahead, {PATHS} futures. "
               f"`inside_80_...` is the share of kept-back days between the quantiles 0.1 and 0.9 (both counted in; for rain dry days "
               f"are tied at 0, so that its share cannot be as low as 0.8 in summer). `mae_...` is the mean error of the "
               f"median, `mae_season_...` that of the mean of the season in the training years; `crps` is the continuous ranked probability "
               f"score over both temperatures, in degrees. Knows Seattle, and of it three years.")
    last = dates.index(f"{LAST_YEAR}-10-01")
    write_json(folder / "sampo.json", {
        "spec": "forecast", "name": "weather-lstm", "graphs": {"model": {"file": "model.onnx"}},
        "channels": 3, "value_mean": [round(float(v), 5) for v in centre],
        "value_std": [round(float(v), 5) for v in deviation], "value_power": [1, 1, 2], "calendar": "day-of-year",
        "channel_names": CHANNELS, "card": card.block()})
    with open(folder / "example.csv", "w", encoding="utf-8") as file:
        file.write("date,temp_max,temp_min,precipitation\n")
        for i in range(last - HISTORY, last):
            file.write(f"{dates[i]},{values[i, 0]:g},{values[i, 1]:g},{round(values[i, 2] ** 2, 1):g}\n")
    write_readme(folder, card)


# ---------------------------------------------------------------- measuring


def harmonics(known: np.ndarray) -> np.ndarray:
    """Two waves of the year and a constant: [days, 5]."""
    c, s = known[:, :1], known[:, 1:]
    return np.concatenate([known, c * c - s * s, 2 * c * s, np.ones_like(c)], 1)


def as_numpy(net: Weather):
    def call(values, known, h, c):
        with torch.no_grad():
            return [t.numpy() for t in net.eval()(*(torch.from_numpy(a) for a in (values, known, h, c)))]
    return call


def forecast(net, centre: np.ndarray, deviation: np.ndarray, values: np.ndarray, known: np.ndarray, starts: np.ndarray,
             seed: int) -> np.ndarray:
    """Futures [starts, PATHS, HORIZON, 3] after the HISTORY days before each start; values as in the CSV."""
    random = np.random.RandomState(seed)
    x = values.copy()
    x[:, 2] = np.sqrt(x[:, 2])
    x = ((x - centre) / deviation).astype(np.float32)
    known = known.astype(np.float32)
    floor = -centre[2] / deviation[2]
    out = np.zeros((len(starts), PATHS, HORIZON, 3))
    n = len(starts)
    zeros = np.zeros((1, n, HIDDEN), np.float32)
    days = starts[:, None] + np.arange(-HISTORY, 0)[None]
    mean, logvar, h, c = net(x[days], known[days + 1], zeros, zeros)
    mean, logvar = np.repeat(mean[:, -1], PATHS, 0), np.repeat(logvar[:, -1], PATHS, 0)
    h, c = np.repeat(h, PATHS, 1), np.repeat(c, PATHS, 1)
    for k in range(HORIZON):
        drawn = mean + np.exp(0.5 * logvar) * random.standard_normal(mean.shape)
        drawn[:, 2] = np.maximum(drawn[:, 2], floor)
        out[:, :, k] = (drawn * deviation + centre).reshape(n, PATHS, 3)
        if k + 1 < HORIZON:
            ahead = np.repeat(known[starts + k + 1][:, None], PATHS, 0)
            mean, logvar, h, c = net(drawn[:, None].astype(np.float32), ahead, h, c)
            mean, logvar = mean[:, 0], logvar[:, 0]
    out[..., 2] = np.maximum(out[..., 2], 0) ** 2
    return out


def truth(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return np.stack([values[s:s + HORIZON] for s in starts])


def inside(paths: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Share inside the 80 % band, a channel."""
    low, high = np.quantile(paths, [0.1, 0.9], 1)
    return ((seen >= low - 1e-6) & (seen <= high + 1e-6)).mean((0, 1))


def measure(folder: Path, options: Options) -> dict[str, float]:
    dates, values = load(options.data)
    known = season(dates)
    first, end = dates.index(f"{LAST_YEAR}-01-01"), dates.index(f"{LAST_YEAR}-12-31") + 1
    starts = np.arange(first, end - HORIZON + 1)
    stated = json.loads((folder / "sampo.json").read_text())
    graph = session(folder / "model.onnx")
    paths = forecast(lambda v, k, h, c: graph.run(None, {"values": v, "known": k, "h0": h, "c0": c}),
                     np.array(stated["value_mean"]), np.array(stated["value_std"]), values, known, starts, options.seed)
    seen = truth(values, starts)
    share = inside(paths, seen)
    median = np.median(paths, 1)
    train = np.array([int(d[:4]) < LAST_YEAR for d in dates])
    waves = harmonics(known)
    usual = waves @ np.linalg.lstsq(waves[train], values[train], rcond=None)[0]
    seasonal = truth(usual, starts)
    ours, theirs = np.abs(median - seen).mean((0, 1)), np.abs(seasonal - seen).mean((0, 1))
    ordered = np.sort(paths[..., :2], 1)
    rank = (2 * np.arange(PATHS) + 1 - PATHS)[None, :, None, None]
    crps = (np.abs(paths[..., :2] - seen[:, None, ..., :2]).mean(1) - (ordered * rank).sum(1) / PATHS ** 2).mean()
    return {"inside_80_temperatures": round(float(share[:2].mean()), 4), "inside_80_highest": round(float(share[0]), 4),
            "inside_80_lowest": round(float(share[1]), 4), "inside_80_rain": round(float(share[2]), 4),
            "mae_highest": round(float(ours[0]), 3), "mae_season_highest": round(float(theirs[0]), 3),
            "mae_lowest": round(float(ours[1]), 3), "mae_season_lowest": round(float(theirs[1]), 3),
            "mae_rain": round(float(ours[2]), 3), "mae_season_rain": round(float(theirs[2]), 3),
            "crps": round(float(crps), 3)}
