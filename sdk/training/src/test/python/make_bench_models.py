"""Writes the models of the step benchmark and prints PyTorch's CPU time a step (one thread).

    python make_bench_models.py DIR && java ... dev.sampo.training.bench.StepTime DIR
"""
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from make_curve_goldens import Transformer, export

torch.set_num_threads(1)
torch.manual_seed(0)
out = Path(sys.argv[1])


def conv():
    return nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64 * 49, 10))


cases = {
    "mlp": (nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)), {"x": torch.randn(64, 784)}, torch.randint(0, 10, (64,))),
    "conv": (conv(), {"x": torch.randn(32, 1, 28, 28)}, torch.randint(0, 10, (32,))),
    "transformer": (Transformer(vocab=512, width=128, heads=4, context=64), {"input_ids": torch.randint(0, 512, (8, 64))}, torch.randint(0, 512, (8, 64))),
}
for name, (net, inputs, labels) in cases.items():
    if not (out / name / "model.onnx").exists():
        export(out / name, "model.onnx", net, inputs, ["logits"])
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    for step in range(60):
        if step == 20:
            start = time.process_time()
        loss = F.cross_entropy(net(*inputs.values()).flatten(0, -2), labels.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"pytorch {name}: {(time.process_time() - start) / 40 * 1000:.2f} ms CPU a step", flush=True)
