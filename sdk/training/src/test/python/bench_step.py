"""PyTorch's side of scripts/bench-training: a net of the benchmark as model.onnx, or its CPU time a step (one thread) and peak memory.

    python bench_step.py export DIR             writes DIR/<net>/model.onnx
    python bench_step.py step NET STEPS         prints {"ms": CPU time a step, "peak_mb": peak resident memory of this process}

NET none is a process with its libraries loaded and one step of a net of a single weight.
"""
import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

ROOT = Path(__file__).resolve().parents[5]
sys.path.insert(0, str(ROOT / "exporter-specs/python"))
WARM_UP = 20


class CharLstm(nn.Module):
    def __init__(self, vocab=64, width=64, hidden=256):
        super().__init__()
        self.embedding, self.rnn, self.head = nn.Embedding(vocab, width), nn.LSTM(width, hidden, batch_first=True), nn.Linear(hidden, vocab)

    def forward(self, input_ids, h0, c0):
        y, (hn, cn) = self.rnn(self.embedding(input_ids), (h0, c0))
        return self.head(y), hn, cn


def none():
    net = nn.Linear(1, 1)
    x, y = torch.randn(2, 1), torch.zeros(2, dtype=torch.long)
    return net, {"x": x}, lambda: F.cross_entropy(net(x), y), ["logits"]


def mlp():
    net = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
    x, y = torch.randn(64, 784), torch.randint(0, 10, (64,))
    return net, {"x": x}, lambda: F.cross_entropy(net(x), y), ["logits"]


def wide():
    net = nn.Sequential(nn.Linear(784, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 10))
    x, y = torch.randn(64, 784), torch.randint(0, 10, (64,))
    return net, {"x": x}, lambda: F.cross_entropy(net(x), y), ["logits"]


def conv():
    net = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                        nn.Linear(64 * 49, 10))
    x, y = torch.randn(32, 1, 28, 28), torch.randint(0, 10, (32,))
    return net, {"x": x}, lambda: F.cross_entropy(net(x), y), ["logits"]


def transformer():
    from make_curve_goldens import Transformer

    net = Transformer(vocab=512, width=128, heads=4, context=64)
    x, y = torch.randint(0, 512, (8, 64)), torch.randint(0, 512, (8, 64))
    return net, {"input_ids": x}, lambda: F.cross_entropy(net(x).flatten(0, 1), y.flatten()), ["logits"]


def lstm():
    net = CharLstm()
    x, y = torch.randint(0, 64, (16, 64)), torch.randint(0, 64, (16, 64))
    state = [torch.zeros(1, 16, 256), torch.zeros(1, 16, 256)]

    def loss():
        logits, h, c = net(x, *state)
        state[:] = h.detach(), c.detach()
        return F.cross_entropy(logits.flatten(0, 1), y.flatten())

    return net, {"input_ids": x, "h0": state[0], "c0": state[1]}, loss, ["logits", "hn", "cn"]


def unet():
    from sampo_exporters.diffusion import UNet

    net = UNet()
    x, noise, t, c = torch.randn(16, 1, 28, 28), torch.randn(16, 1, 28, 28), torch.randint(0, 1000, (16,)), torch.randint(0, 10, (16,))
    a, s = torch.rand(16, 1, 1, 1), torch.rand(16, 1, 1, 1)
    weight = torch.rand(16)
    return net, {"sample": x, "timestep": t, "class_labels": c}, lambda: (weight * (net(a * x + s * noise, t, c) - noise).square().mean((1, 2, 3))).mean(), ["out_sample"]


NETS = {"none": none, "mlp": mlp, "wide": wide, "conv": conv, "transformer": transformer, "lstm": lstm, "unet": unet}


def export(folder):
    import shutil

    import make_curve_goldens

    for name, make in NETS.items():
        if name == "unet":
            # The net of digits-diffusion, as it ships.
            (folder / name).mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "exporter-specs/models/digits-diffusion/unet/model.onnx", folder / name)
        else:
            net, inputs, _, outputs = make()
            make_curve_goldens.export(folder / name, "model.onnx", net, inputs, outputs,
                                      {"h0": {1: "batch"}, "c0": {1: "batch"}, "input_ids": {0: "batch", 1: "time"}} if name == "lstm" else None)


def peak_mb():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def step(name, steps):
    net, _, loss_of, _ = NETS[name]()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    for i in range(steps + WARM_UP):
        if i == WARM_UP:
            start = time.process_time()
        loss = loss_of()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(json.dumps({"ms": (time.process_time() - start) / steps * 1000, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if sys.argv[1] == "export":
        target = Path(sys.argv.pop(2))
        sys.argv[1:] = []
        export(target)
    else:
        name, steps = sys.argv[2], int(sys.argv[3])
        sys.argv[1:] = []
        step(name, steps)
