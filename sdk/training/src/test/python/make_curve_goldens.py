"""Writes the loss-curve goldens: small models as ONNX files, the batches, and the losses that PyTorch has on them.

    python make_curve_goldens.py ../resources/golden/curves
"""

import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from torch import nn

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
OUT = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(".")
ONLY = set(sys.argv[2:])
STEPS, BATCHES = 50, 10


def export(folder, file, module, inputs, outputs, dynamic=None):
    """Evaluation mode, but batch normalization kept apart from the convolution before it."""
    folder.mkdir(parents=True, exist_ok=True)
    module.eval()
    torch.onnx.export(module, tuple(inputs.values()), str(folder / file), input_names=list(inputs), output_names=outputs, opset_version=17,
                      dynamo=False, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False, keep_initializers_as_inputs=False,
                      dynamic_axes=dynamic or {k: {0: "batch"} for k in [*inputs, *outputs]})
    model = onnx.load(str(folder / file))
    for node in model.graph.node:
        node.doc_string = ""
    onnx.save(model, str(folder / file))
    module.train()


def write(folder, name, models, objective, optimizer, dims, data, losses, extra=None):
    for key, value in data.items():
        np.save(folder / f"{key}.npy", value.numpy())
    document = {"models": models, "objective": objective, "optimizer": optimizer, "dims": dims, "inputs": list(data), "batches": BATCHES,
                "losses": losses, **(extra or {})}
    (folder / "case.json").write_text(json.dumps(document, indent=1) + "\n")
    print(name, losses[0], losses[-1])


def train(module, optimizer, loss_of, clip=0.0, accumulation=1):
    losses = []
    for step in range(STEPS):
        loss = loss_of(step % BATCHES)
        (loss / accumulation).backward()
        losses.append(loss.item())
        if (step + 1) % accumulation == 0:
            if clip:
                nn.utils.clip_grad_norm_(module.parameters(), clip)
            optimizer.step()
            optimizer.zero_grad()
    return losses


def mlp(folder, name, optimizer, make, clip=0.0, accumulation=1, smoothing=0.0):
    net = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 5))
    x = torch.randn(BATCHES, 16, 20)
    y = torch.randint(0, 5, (BATCHES, 16))
    y[0, :3] = -100
    export(folder, "model.onnx", net, {"x": x[0]}, ["logits"])
    losses = train(net, make(net), lambda i: F.cross_entropy(net(x[i]), y[i], label_smoothing=smoothing), clip, accumulation)
    write(folder, name, {"model": "model.onnx"}, {"kind": "crossEntropy", "output": "logits", "smoothing": smoothing}, optimizer, {"batch": 16},
          {"x": x, "labels": y}, losses)


def adamw(lr=1e-2, wd=0.01, betas=(0.9, 0.999), **kw):
    return {"kind": "adamw", "lr": lr, "weightDecay": wd, "betas": list(betas), **kw}, lambda net: torch.optim.AdamW(net.parameters(), lr=lr, weight_decay=wd, betas=betas)


def case_mlp(folder):
    mlp(folder, "mlp", *adamw())


def case_mlp_clip_accumulate(folder):
    o, make = adamw(3e-2, 0.1)
    mlp(folder, "mlp_clip_accumulate", {**o, "maxGradNorm": 0.05, "accumulation": 2}, make, clip=0.05, accumulation=2, smoothing=0.1)


def case_mlp_sgd(folder):
    mlp(folder, "mlp_sgd", {"kind": "sgd", "lr": 0.1, "weightDecay": 0.0, "momentum": 0.0}, lambda n: torch.optim.SGD(n.parameters(), lr=0.1))


def case_mlp_momentum(folder):
    mlp(folder, "mlp_momentum", {"kind": "sgd", "lr": 0.03, "weightDecay": 0.01, "momentum": 0.9},
        lambda n: torch.optim.SGD(n.parameters(), lr=0.03, momentum=0.9, weight_decay=0.01))


def case_mlp_groups(folder):
    def make(n):
        return torch.optim.AdamW([{"params": [p for p in n.parameters() if p.dim() > 1], "weight_decay": 0.3},
                                  {"params": [p for p in n.parameters() if p.dim() == 1], "weight_decay": 0.0}], lr=1e-2)

    mlp(folder, "mlp_groups", {"kind": "adamw", "lr": 1e-2, "weightDecay": 0.3, "betas": [0.9, 0.999], "decayVectors": False}, make)


def regression(folder, kind, loss):
    net = nn.Sequential(nn.Linear(10, 24), nn.Tanh(), nn.Linear(24, 3))
    x, y = torch.randn(BATCHES, 12, 10), torch.randn(BATCHES, 12, 3) * 2
    if kind == "bceWithLogits":
        y = torch.rand(BATCHES, 12, 3)
    export(folder, "model.onnx", net, {"x": x[0]}, ["y"])
    o, make = adamw()
    losses = train(net, make(net), lambda i: loss(net(x[i]), y[i]))
    write(folder, folder.name, {"model": "model.onnx"}, {"kind": kind, "output": "y", "delta": 0.7}, o, {"batch": 12}, {"x": x, "target": y}, losses)


def case_loss_mse(folder):
    regression(folder, "mse", F.mse_loss)


def case_loss_l1(folder):
    regression(folder, "l1", F.l1_loss)


def case_loss_huber(folder):
    regression(folder, "huber", lambda a, b: F.huber_loss(a, b, delta=0.7))


def case_loss_bce(folder):
    regression(folder, "bceWithLogits", F.binary_cross_entropy_with_logits)


def case_mlp_ema(folder):
    """Everything that ONNX Runtime's optimizer kernels lack, at once: the final moving average is compared too."""
    net = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 5))
    x, y = torch.randn(BATCHES, 16, 20), torch.randint(0, 5, (BATCHES, 16))
    export(folder, "model.onnx", net, {"x": x[0]}, ["logits"])
    optimizer = torch.optim.AdamW([{"params": [p for p in net.parameters() if p.dim() > 1], "weight_decay": 0.2},
                                   {"params": [p for p in net.parameters() if p.dim() == 1], "weight_decay": 0.0}], lr=2e-2)
    average, losses, updates = {k: p.detach().clone() for k, p in net.named_parameters()}, [], 0
    for step in range(STEPS):
        loss = F.cross_entropy(net(x[step % BATCHES]), y[step % BATCHES])
        (loss / 2).backward()
        losses.append(loss.item())
        if step % 2 == 1:
            nn.utils.clip_grad_norm_(net.parameters(), 0.1)
            optimizer.step()
            optimizer.zero_grad()
            updates += 1
            keep = min(0.9, (1 + updates) / (10 + updates))
            with torch.no_grad():
                for key, p in net.named_parameters():
                    p.clamp_(-0.3, 0.3)
                    average[key] = average[key] * keep + p * (1 - keep)
    write(folder, "mlp_ema", {"model": "model.onnx"}, {"kind": "crossEntropy", "output": "logits"},
          {"kind": "adamw", "lr": 2e-2, "weightDecay": 0.2, "betas": [0.9, 0.999], "decayVectors": False, "maxGradNorm": 0.1, "accumulation": 2, "emaDecay": 0.9, "weightClip": 0.3},
          {"batch": 16}, {"x": x, "labels": y}, losses, {"average": {k: v.flatten().tolist() for k, v in average.items()}})


def case_conv(folder):
    net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(16),
                        nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 4))
    x, y = torch.randn(BATCHES, 8, 1, 12, 12), torch.randint(0, 4, (BATCHES, 8))
    export(folder, "model.onnx", net, {"x": x[0]}, ["logits"])
    o, make = adamw(3e-3)
    losses = train(net, make(net), lambda i: F.cross_entropy(net(x[i]), y[i]))
    stats = {"1.running_mean": net[1].running_mean.tolist(), "1.running_var": net[1].running_var.tolist()}
    write(folder, "conv", {"model": "model.onnx"}, {"kind": "crossEntropy", "output": "logits"}, o, {"batch": 8}, {"x": x, "labels": y}, losses, {"final": stats})


class CharLstm(nn.Module):
    def __init__(self, vocab=30, hidden=24, cell=nn.LSTM):
        super().__init__()
        self.embedding = nn.Embedding(vocab, 12)
        self.rnn = cell(12, hidden, 2, batch_first=True)
        self.head = nn.Linear(hidden, vocab)

    def forward(self, input_ids, *state):
        y, last = self.rnn(self.embedding(input_ids), state if len(state) == 2 else state[0])
        return (self.head(y), *last) if isinstance(last, tuple) else (self.head(y), last)


def recurrent(folder, name, cell, names):
    net = CharLstm(cell=cell)
    batch, time = 4, 64
    stream = torch.randint(0, 30, (batch, BATCHES * time + 1))
    stream[:, 1::2] = (stream[:, 0:-1:2] * 7 + 3) % 30
    ids = torch.stack([stream[:, i * time:(i + 1) * time] for i in range(BATCHES)])
    labels = torch.stack([stream[:, i * time + 1:(i + 1) * time + 1] for i in range(BATCHES)])
    zero = [torch.zeros(2, batch, 24) for _ in names]
    export(folder, "model.onnx", net, {"input_ids": ids[0], **{n + "0": z for n, z in zip(names, zero)}}, ["logits"] + [n + "n" for n in names],
           {"input_ids": {0: "batch", 1: "time"}, "logits": {0: "batch", 1: "time"}, **{n + s: {1: "batch"} for n in names for s in "0n"}})
    state = zero

    def loss_of(i):
        nonlocal state
        logits, *state = net(ids[i], *state)
        state = [s.detach() for s in state]
        return F.cross_entropy(logits.flatten(0, 1), labels[i].flatten())

    o, make = adamw(1e-2, 0.0)
    losses = train(net, make(net), loss_of)
    write(folder, name, {"model": "model.onnx"}, {"kind": "languageModel", "output": "logits", "carry": {n + "0": n + "n" for n in names}}, o,
          {"batch": batch, "time": time}, {"input_ids": ids, "labels": labels}, losses)


def case_lstm(folder):
    recurrent(folder, "lstm", nn.LSTM, ["h", "c"])


def case_gru(folder):
    recurrent(folder, "gru", nn.GRU, ["h"])


class Transformer(nn.Module):
    def __init__(self, vocab=40, width=32, heads=4, context=24):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocab, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(nn.ModuleDict({"n1": nn.LayerNorm(width), "qkv": nn.Linear(width, 3 * width), "out": nn.Linear(width, width),
                                                   "n2": nn.LayerNorm(width), "up": nn.Linear(width, 4 * width), "down": nn.Linear(4 * width, width)}) for _ in range(2))
        self.norm, self.head, self.heads = nn.LayerNorm(width), nn.Linear(width, vocab, bias=False), heads

    def forward(self, input_ids):
        b, t = input_ids.shape
        x = self.tokens(input_ids) + self.places(torch.arange(t))
        mask = torch.full((t, t), -1e9).triu(1)
        for m in self.blocks:
            q, k, v = (y.reshape(b, t, self.heads, -1).transpose(1, 2) for y in m["qkv"](m["n1"](x)).chunk(3, -1))
            a = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(q.shape[-1]) + mask, -1) @ v
            x = x + m["out"](a.transpose(1, 2).reshape(b, t, -1))
            x = x + m["down"](F.gelu(m["up"](m["n2"](x))))
        return self.head(self.norm(x))


def case_transformer(folder):
    net = Transformer()
    ids = torch.randint(0, 40, (BATCHES, 6, 25))
    ids[:, :, 1::2] = (ids[:, :, 0:-1:2] * 3 + 1) % 40
    x, y = ids[:, :, :-1].contiguous(), ids[:, :, 1:].contiguous()
    y[:, :, :4] = -100
    export(folder, "model.onnx", net, {"input_ids": x[0]}, ["logits"], {"input_ids": {0: "batch", 1: "time"}, "logits": {0: "batch", 1: "time"}})
    o, make = adamw(3e-3, 0.1, (0.9, 0.95))
    losses = train(net, make(net), lambda i: F.cross_entropy(net(x[i]).flatten(0, 1), y[i].flatten()), clip=1.0)
    write(folder, "transformer", {"model": "model.onnx"}, {"kind": "languageModel", "output": "logits"}, {**o, "maxGradNorm": 1.0}, {"batch": 6, "time": 24},
          {"input_ids": x, "labels": y}, losses)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 8, 4, 2, 1), nn.SiLU(), nn.Flatten(), nn.Linear(8 * 36, 32), nn.ReLU())
        self.mean, self.logvar = nn.Linear(32, 4), nn.Linear(32, 4)

    def forward(self, sample):
        h = self.body(sample)
        return self.mean(h), self.logvar(h)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 8 * 36)
        self.body = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Sigmoid())

    def forward(self, z):
        return self.body(self.first(z).reshape(-1, 8, 6, 6))


def case_vae(folder):
    net = nn.ModuleDict({"encoder": Encoder(), "decoder": Decoder()})
    x, noise = torch.rand(BATCHES, 8, 1, 12, 12), torch.randn(BATCHES, 8, 4)
    export(folder, "encoder.onnx", net["encoder"], {"sample": x[0]}, ["mean", "logvar"])
    export(folder, "decoder.onnx", net["decoder"], {"z": noise[0]}, ["sample"])

    def loss_of(i):
        mean, logvar = net["encoder"](x[i])
        p = net["decoder"](mean + noise[i] * (logvar / 2).exp()).clamp(1e-6, 1 - 1e-6)
        return F.binary_cross_entropy(p, x[i], reduction="sum") / 8 + 2 * 0.5 / 8 * (mean**2 + logvar.exp() - logvar - 1).sum()

    o, make = adamw(3e-3, 0.0)
    losses = train(net, make(net), loss_of)
    write(folder, "vae", {"encoder": "encoder.onnx", "decoder": "decoder.onnx"}, {"kind": "vae", "beta": 2.0}, o, {"batch": 8}, {"sample": x, "noise": noise}, losses)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 8 * 9)
        self.body = nn.Sequential(nn.LeakyReLU(0.2), nn.ConvTranspose2d(8, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Tanh())

    def forward(self, z):
        return self.body(self.first(z).reshape(-1, 8, 3, 3))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(8, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(16 * 9, 1))

    def forward(self, sample):
        return self.body(sample).squeeze(1)


def gan(folder, kind):
    g, d = Generator(), Discriminator()
    x, z = torch.randn(BATCHES, 8, 1, 12, 12).tanh(), torch.randn(BATCHES, 8, 6)
    export(folder, "generator.onnx", g, {"z": z[0]}, ["sample"])
    export(folder, "discriminator.onnx", d, {"sample": x[0]}, ["score"])
    o, make = adamw(2e-3, 0.0, (0.5, 0.9))
    og, od = make(g), make(d)
    clip = 0.05 if kind == "wasserstein" else 0.0
    losses = []
    for step in range(STEPS):
        i = step % BATCHES
        real, fake = d(x[i]), d(g(z[i]).detach())
        if kind == "hinge":
            d_loss = F.relu(1 - real).mean() + F.relu(1 + fake).mean()
        elif kind == "wasserstein":
            d_loss = fake.mean() - real.mean()
        else:
            d_loss = F.softplus(-real).mean() + F.softplus(fake).mean()
        od.zero_grad()
        d_loss.backward()
        od.step()
        if clip:
            with torch.no_grad():
                for p in d.parameters():
                    p.clamp_(-clip, clip)
        score = d(g(z[i]))
        g_loss = F.softplus(-score).mean() if kind == "nonsaturating" else -score.mean()
        og.zero_grad()
        g_loss.backward()
        og.step()
        losses += [d_loss.item(), g_loss.item()]
    write(folder, folder.name, {"generator": "generator.onnx", "discriminator": "discriminator.onnx"}, {"kind": "gan", "loss": kind, "weightClip": clip}, o, {"batch": 8}, {"sample": x, "z": z}, losses)


def case_gan_hinge(folder):
    gan(folder, "hinge")


def case_gan_nonsaturating(folder):
    gan(folder, "nonsaturating")


def case_gan_wasserstein(folder):
    gan(folder, "wasserstein")


class SourceEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.rnn = nn.Embedding(20, 10), nn.GRU(10, 16, batch_first=True)

    def forward(self, input_ids):
        memory, hidden = self.rnn(self.embedding(input_ids))
        return memory, hidden[0]


class AttentionStep(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.cell, self.query, self.head = nn.Embedding(20, 10), nn.GRU(10, 16, batch_first=True), nn.Linear(16, 16), nn.Linear(32, 20)

    def forward(self, prev_token, memory, hidden):
        _, last = self.cell(self.embedding(prev_token)[:, None], hidden[None])
        hidden = last[0]
        weights = torch.softmax((memory @ self.query(hidden)[:, :, None]).squeeze(2), 1)
        read = (weights[:, None] @ memory).squeeze(1)
        return self.head(torch.cat([hidden, read], 1)), hidden


def case_seq2seq(folder):
    """Teacher forcing over a decoder step with attention; the loss leaves out what follows a target's end."""
    net = nn.ModuleDict({"encoder": SourceEncoder(), "decoder_step": AttentionStep()})
    n, source, target = 6, 7, 5
    x = torch.randint(3, 20, (BATCHES, n, source))
    labels = torch.cat([(x[:, :, :target - 1] * 5 + 2) % 17 + 3, torch.full((BATCHES, n, 1), 2)], 2)
    previous = torch.cat([torch.ones(BATCHES, n, 1, dtype=torch.int64), labels[:, :, :-1]], 2)
    labels[:, 0, 3:] = -100
    export(folder, "encoder.onnx", net["encoder"], {"input_ids": x[0]}, ["memory", "hidden"])
    memory, hidden = net["encoder"](x[0])
    export(folder, "decoder_step.onnx", net["decoder_step"], {"prev_token": previous[0, :, 0], "memory": memory.detach(), "hidden": hidden.detach()}, ["logits", "next_hidden"])

    def loss_of(i):
        memory, hidden = net["encoder"](x[i])
        logits = []
        for t in range(target):
            step, hidden = net["decoder_step"](previous[i, :, t], memory, hidden)
            logits.append(step)
        return F.cross_entropy(torch.stack(logits, 1).flatten(0, 1), labels[i].flatten())

    o, make = adamw(5e-3)
    losses = train(net, make(net), loss_of)
    write(folder, "seq2seq", {"encoder": "encoder.onnx", "decoder_step": "decoder_step.onnx"}, {"kind": "seq2seq", "targetLength": target}, o, {"batch": n},
          {"input_ids": x, "previous": previous, "labels": labels}, losses)


class Res(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.n1, self.c1, self.e, self.n2, self.c2 = nn.GroupNorm(4, a), nn.Conv2d(a, b, 3, padding=1), nn.Linear(16, b), nn.GroupNorm(4, b), nn.Conv2d(b, b, 3, padding=1)
        self.skip = nn.Conv2d(a, b, 1) if a != b else nn.Identity()

    def forward(self, x, e):
        h = self.c1(F.silu(self.n1(x))) + self.e(e)[:, :, None, None]
        return self.skip(x) + self.c2(F.silu(self.n2(h)))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.time, self.classes = nn.Linear(16, 16), nn.Embedding(4, 16)
        self.stem, self.down, self.shrink = nn.Conv2d(1, 8, 3, padding=1), Res(8, 8), nn.Conv2d(8, 16, 3, 2, 1)
        self.mid, self.qkv, self.out = Res(16, 16), nn.Conv2d(16, 48, 1), nn.Conv2d(16, 16, 1)
        self.up, self.norm, self.last = Res(24, 8), nn.GroupNorm(4, 8), nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, sample, timestep, class_labels):
        angles = timestep.reshape(-1, 1).float() * torch.exp(-math.log(1e4) * torch.arange(8) / 8)
        e = F.silu(self.time(torch.cat([angles.cos(), angles.sin()], 1)) + self.classes(class_labels))
        a = self.down(self.stem(sample), e)
        x = self.mid(self.shrink(a), e)
        q, k, v = self.qkv(x).reshape(x.shape[0], 3, 16, -1).unbind(1)
        x = x + self.out((v @ torch.softmax(k.transpose(1, 2) @ q / 4, 1)).reshape(x.shape))
        x = self.up(torch.cat([F.interpolate(x, scale_factor=2, mode="nearest"), a], 1), e)
        return self.last(F.silu(self.norm(x)))


def diffusion(folder, prediction, snr_gamma):
    net = UNet()
    n = 6
    x, noise = torch.randn(BATCHES, n, 1, 12, 12).tanh(), torch.randn(BATCHES, n, 1, 12, 12)
    t, c = torch.randint(0, 1000, (BATCHES, n)), torch.randint(0, 4, (BATCHES, n))
    bar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64), 0)
    a, s = bar[t].sqrt().float(), (1 - bar[t]).sqrt().float()
    snr = bar[t] / (1 - bar[t])
    weight = torch.ones(BATCHES, n)
    if snr_gamma:
        weight = (torch.clamp(snr, max=snr_gamma) / (snr + 1 if prediction == "v" else snr)).float()
    # The timestep is a scalar in the file, as the diffusers layout has it; training gives it one a sample.
    export(folder, "model.onnx", net, {"sample": x[0], "timestep": torch.tensor(7), "class_labels": c[0]}, ["out_sample"],
           {"sample": {0: "batch"}, "class_labels": {0: "batch"}, "out_sample": {0: "batch"}})

    def loss_of(i):
        ai, si = a[i].reshape(-1, 1, 1, 1), s[i].reshape(-1, 1, 1, 1)
        out = net(ai * x[i] + si * noise[i], t[i], c[i])
        target = noise[i] if prediction == "epsilon" else ai * noise[i] - si * x[i]
        return (weight[i] * ((out - target) ** 2).mean((1, 2, 3))).mean()

    o, make = adamw(2e-3)
    losses = train(net, make(net), loss_of)
    write(folder, folder.name, {"model": "model.onnx"}, {"kind": "diffusion", "prediction": prediction}, o, {"batch": n},
          {"sample": x, "noise": noise, "timestep": t, "class_labels": c, "signal_scale": a, "noise_scale": s, "loss_weight": weight}, losses)


def case_diffusion_epsilon(folder):
    diffusion(folder, "epsilon", 0)


def case_diffusion_v_minsnr(folder):
    diffusion(folder, "v", 5.0)


if __name__ == "__main__":
    for key, fn in list(globals().items()):
        if key.startswith("case_") and (not ONLY or key[5:] in ONLY):
            torch.manual_seed(7)
            fn(OUT / key[5:])
