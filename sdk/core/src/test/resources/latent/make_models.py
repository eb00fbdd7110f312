"""Makes the tiny models beside this file. Run it in a Python with torch, numpy and onnx."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).parent


def save(name, spec, graphs, **rest):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    (folder / "sampo.json").write_text(json.dumps({"spec": spec, "name": name, "graphs": graphs} | rest, indent=1) + "\n")
    return folder


def export(module, path, inputs, outputs, dynamic):
    torch.onnx.export(
        module.eval(), tuple(inputs.values()), str(path), input_names=list(inputs), output_names=outputs,
        dynamic_axes=dynamic, opset_version=17, dynamo=False)


def expect(folder, name, tensor):
    np.save(folder / f"{name}.npy", np.ascontiguousarray(tensor.detach().numpy()))


def image(channels, size, low=-1):
    return {"channels": channels, "height": size, "width": size, "range": [low, 1]}


def mlp_gan():
    torch.manual_seed(1)
    generator = nn.Sequential(nn.Linear(100, 24), nn.LeakyReLU(0.2), nn.Linear(24, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
    critic = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
    folder = save("mlp-gan", "gan", {
        "generator": {"file": "netG.onnx", "inputs": {"z": "noise"}, "outputs": {"sample": "img"}},
        "discriminator": {"file": "netD.onnx", "inputs": {"sample": "img"}, "outputs": {"score": "validity"}}},
        latent={"size": 100, "distribution": "normal"}, image=image(1, 8))
    export(generator, folder / "netG.onnx", {"noise": torch.randn(2, 100)}, ["img"], {"noise": {0: "n"}, "img": {0: "n"}})
    export(critic, folder / "netD.onnx", {"img": torch.randn(2, 1, 8, 8)}, ["validity"], {"img": {0: "n"}, "validity": {0: "n"}})
    torch.manual_seed(42)
    z = torch.randn(3, 100)
    expect(folder, "expected", generator(z))
    expect(folder, "expected_score", critic(generator(z)))


class ConvGan(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(3, 8)
        self.net = nn.Sequential(nn.ConvTranspose2d(8, 6, 4), nn.ReLU(), nn.ConvTranspose2d(6, 3, 4, 2, 1), nn.Tanh())

    def forward(self, z, class_label):
        return self.net(z * self.embed(class_label)[:, :, None, None])


def conv_gan():
    torch.manual_seed(2)
    generator = ConvGan()
    folder = save("conv-gan", "gan", {"generator": {"file": "generator.onnx"}},
                  latent={"size": 8, "distribution": "uniform"}, image=image(3, 8), classes=["a", "b", "c"])
    example = {"z": torch.randn(4, 8, 1, 1), "class_label": torch.tensor([0, 1, 2, 0])}
    export(generator, folder / "generator.onnx", example, ["sample"], {})
    torch.manual_seed(5)
    z = torch.rand(6, 8) * 2 - 1
    expect(folder, "expected", generator(z[:, :, None, None], torch.arange(6) % 3))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.mu, self.log_var = nn.Linear(64, 16), nn.Linear(16, 4), nn.Linear(16, 4)

    def forward(self, x):
        h = torch.tanh(self.body(x.flatten(1)))
        return self.mu(h), self.log_var(h)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 16), nn.Linear(16, 64)

    def forward(self, latent):
        return torch.sigmoid(self.second(torch.tanh(self.first(latent)))).view(-1, 1, 8, 8)


class DecoderGradient(nn.Module):
    """The mean squared error to a target, and its gradient, by the chain rule in plain operators."""

    def __init__(self, decoder):
        super().__init__()
        self.d = decoder

    def forward(self, z, target):
        h = torch.tanh(self.d.first(z))
        y = torch.sigmoid(self.d.second(h))
        error = y - target.flatten(1)
        back = 2 * error / error.shape[1] * y * (1 - y)
        back = (back @ self.d.second.weight) * (1 - h * h)
        return (error * error).mean(), back @ self.d.first.weight


def foreign_vae():
    torch.manual_seed(3)
    encoder, decoder = Encoder(), Decoder()
    with torch.no_grad():
        decoder.first.weight.mul_(3)
        decoder.second.weight.mul_(4)
    folder = save("foreign-vae", "vae", {
        "encoder": {"file": "enc.onnx", "inputs": {"sample": "x"}, "outputs": {"mean": "mu", "logvar": "log_var"}},
        "decoder": {"file": "dec.onnx", "inputs": {"z": "latent"}, "outputs": {"sample": "recon"}}},
        latent={"size": 4}, image=image(1, 8, 0))
    export(encoder, folder / "enc.onnx", {"x": torch.rand(2, 1, 8, 8)}, ["mu", "log_var"],
           {"x": {0: "n"}, "mu": {0: "n"}, "log_var": {0: "n"}})
    export(decoder, folder / "dec.onnx", {"latent": torch.randn(2, 4)}, ["recon"], {"latent": {0: "n"}, "recon": {0: "n"}})
    gradient = DecoderGradient(decoder)
    export(gradient, folder / "gradient.onnx", {"z": torch.randn(1, 4), "target": torch.rand(1, 1, 8, 8)}, ["loss", "z_grad"], {})
    torch.manual_seed(9)
    x = torch.rand(3, 1, 8, 8)
    mu, log_var = encoder(x)
    torch.manual_seed(11)
    z = mu + (log_var / 2).exp() * torch.randn(3, 4)
    for name, value in {"x": x, "expected_mu": mu, "expected_log_var": log_var, "expected_z": z, "expected_recon": decoder(mu)}.items():
        expect(folder, name, value)
    z0 = torch.randn(1, 4, requires_grad=True)
    loss = F.mse_loss(decoder(z0), x[:1])
    loss.backward()
    assert torch.allclose(gradient(z0, x[:1])[1], z0.grad, atol=1e-6)


def super_resolution():
    torch.manual_seed(4)
    net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 12, 3, padding=1), nn.PixelShuffle(2))
    folder = save("super-resolution", "image-to-image", {
        "generator": {"file": "espcn.onnx", "inputs": {"sample": "lr"}, "outputs": {"out_sample": "hr"}}},
        image={"channels": 3, "range": [0, 1]}, scale=2, tile_overlap=8)
    export(net, folder / "espcn.onnx", {"lr": torch.rand(1, 3, 9, 7)}, ["hr"],
           {"lr": {0: "n", 2: "h", 3: "w"}, "hr": {0: "n", 2: "H", 3: "W"}})
    torch.manual_seed(6)
    x = torch.rand(1, 3, 21, 17)
    expect(folder, "x", x)
    expect(folder, "expected", net(x))


def autoencoder():
    torch.manual_seed(5)
    encoder, decoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 5)), nn.Sequential(nn.Linear(5, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
    folder = save("autoencoder", "autoencoder", {"encoder": {"file": "encoder.onnx"}, "decoder": {"file": "decoder.onnx"}},
                  latent={"size": 5}, image=image(1, 8))
    export(encoder, folder / "encoder.onnx", {"sample": torch.randn(2, 1, 8, 8)}, ["features"], {"sample": {0: "n"}, "features": {0: "n"}})
    export(decoder, folder / "decoder.onnx", {"features": torch.randn(2, 5)}, ["sample"], {"sample": {0: "n"}, "features": {0: "n"}})
    torch.manual_seed(6)
    x = torch.rand(4, 1, 8, 8) * 2 - 1
    for name, value in {"x": x, "expected_features": encoder(x), "expected": decoder(encoder(x))}.items():
        expect(folder, name, value)


class Synthesis(nn.Module):
    def __init__(self):
        super().__init__()
        self.styles = nn.ModuleList(nn.Linear(6, 16) for _ in range(4))

    def forward(self, w):
        out = sum(torch.sin((i + 1) * layer(w[:, i])) for i, layer in enumerate(self.styles))
        return torch.tanh(out).view(-1, 1, 4, 4)


def stylegan():
    torch.manual_seed(6)
    mapping, synthesis = nn.Sequential(nn.Linear(5, 12), nn.LeakyReLU(0.2), nn.Linear(12, 6)), Synthesis()
    mean = mapping(torch.randn(10_000, 5)).mean(0)
    folder = save("stylegan", "stylegan", {"mapping": {"file": "mapping.onnx"}, "synthesis": {"file": "synthesis.onnx"}},
                  latent={"size": 5}, image=image(1, 4), w_dim=6, num_layers=4, w_mean=[round(v, 6) for v in mean.tolist()])
    export(mapping, folder / "mapping.onnx", {"z": torch.randn(2, 5)}, ["w"], {"z": {0: "n"}, "w": {0: "n"}})
    export(synthesis, folder / "synthesis.onnx", {"w": torch.randn(2, 4, 6)}, ["sample"], {"w": {0: "n"}, "sample": {0: "n"}})
    mean = torch.tensor([round(v, 6) for v in mean.tolist()])
    torch.manual_seed(8)
    w = mapping(torch.randn(2, 5))
    w = mean + 0.7 * (w - mean)
    expect(folder, "expected", synthesis(w[:, None].repeat(1, 4, 1)))
    torch.manual_seed(9)
    other = mapping(torch.randn(2, 5))
    other = mean + 0.7 * (other - mean)
    expect(folder, "expected_mixed", synthesis(torch.stack((w, other, other, w), 1)))


class MaskedConv(nn.Conv2d):
    """Sees the rows above and the pixels to the left, never itself: a PixelCNN with one layer."""

    def forward(self, x):
        mask = torch.ones_like(self.weight)
        k = self.kernel_size[0] // 2
        mask[:, :, k, k:] = 0
        mask[:, :, k + 1:] = 0
        return F.conv2d(x, self.weight * mask, self.bias, padding=k)


class PixelCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.embed = MaskedConv(1, 4, 5), nn.Embedding(2, 4)
        with torch.no_grad():
            self.conv.weight.mul_(4)

    def forward(self, sample, class_label):
        return (self.conv(sample) + self.embed(class_label)[:, :, None, None])[:, :, None]


def pixelcnn():
    torch.manual_seed(7)
    net = PixelCnn()
    dynamic = {0: "n", 2: "h", 3: "w"}
    folder = save("pixelcnn", "pixelcnn", {"model": {"file": "model.onnx"}}, image=image(1, 6), classes=["x", "y"],
                  levels=4, receptive_rows=2)
    export(net, folder / "model.onnx", {"sample": torch.randn(2, 1, 6, 6), "class_label": torch.tensor([0, 1])}, ["logits"],
           {"sample": dynamic, "class_label": {0: "n"}, "logits": {0: "n", 3: "h", 4: "w"}})
    torch.manual_seed(1)
    levels = torch.randint(0, 4, (5, 6, 6))
    labels = torch.arange(5) % 2
    logits = net(levels[:, None] * (2 / 3) - 1, labels)[:, :, 0]
    expect(folder, "x", levels.to(torch.uint8))
    expect(folder, "expected_bits", F.cross_entropy(logits, levels) / np.log(2))
    mixture = MaskedConv(3, 20, 3)
    folder = save("pixelcnn-mixture", "pixelcnn", {"model": {"file": "model.onnx"}}, image=image(3, 5), levels=256,
                  distribution="logistic_mixture")
    export(mixture, folder / "model.onnx", {"sample": torch.randn(2, 3, 5, 5)}, ["logits"], {"sample": dynamic, "logits": dynamic})


class WaveNet(nn.Module):
    """Two dilated layers with kernel 2; 16 levels."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(16, 3)
        self.layers = nn.ModuleList(nn.Linear(6, 3) for _ in range(2))
        self.head = nn.Linear(3, 16)
        with torch.no_grad():
            self.head.weight.mul_(4)

    def forward(self, input_ids, state_0, state_1):
        x, following = self.embed(input_ids), []
        for state, layer in zip((state_0, state_1), self.layers):
            d = state.shape[1]
            seen = torch.cat((state, x), 1)
            following.append(seen[:, -d:])
            x = x + torch.tanh(layer(torch.cat((seen[:, :-d], x), 2)))
        return self.head(x), *following


class Window(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, input_ids):
        n = input_ids.shape[0]
        return self.net(input_ids, torch.zeros(n, 1, 3), torch.zeros(n, 2, 3))[0]


def wavenet():
    torch.manual_seed(8)
    net = WaveNet()
    time = {0: "n", 1: "t"}
    only_n = {0: "n"}
    folder = save("wavenet", "wavenet", {"model": {"file": "model.onnx"}}, levels=16, sample_rate_hz=100, num_samples=20, bos_token_id=8, num_states=2)
    export(net, folder / "model.onnx", {"input_ids": torch.tensor([[8]]), "state_0": torch.zeros(1, 1, 3), "state_1": torch.zeros(1, 2, 3)},
           ["logits", "next_state_0", "next_state_1"],
           {"input_ids": time, "state_0": only_n, "state_1": only_n, "logits": time, "next_state_0": only_n, "next_state_1": only_n})
    level, states, levels = torch.tensor([[8]]), [torch.zeros(1, 1, 3), torch.zeros(1, 2, 3)], []
    for _ in range(20):
        logits, *states = net(level, *states)
        level = logits[:, -1:].argmax(2)
        levels.append(int(level))
    np.save(folder / "expected_greedy.npy", np.array(levels))
    folder = save("wavenet-window", "wavenet", {"model": {"file": "model.onnx"}}, levels=16, sample_rate_hz=100, receptive_samples=4, bos_token_id=8)
    export(Window(net), folder / "model.onnx", {"input_ids": torch.tensor([[8, 3]])}, ["logits"], {"input_ids": time, "logits": time})


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.head = nn.GRU(1, 4, batch_first=True), nn.Linear(4, 2)

    def forward(self, values, h0):
        y, hn = self.gru(values, h0)
        mean, logvar = self.head(y).chunk(2, 2)
        return mean, logvar, hn


def forecast():
    torch.manual_seed(9)
    net = Forecaster()
    folder = save("forecast", "forecast", {"model": {"file": "model.onnx"}}, channels=1, value_mean=[10.0], value_std=[2.0])
    both = {0: "n", 1: "t"}
    export(net, folder / "model.onnx", {"values": torch.randn(2, 3, 1), "h0": torch.zeros(1, 2, 4)}, ["mean", "logvar", "hn"],
           {"values": both, "h0": {1: "n"}, "mean": both, "logvar": both, "hn": {1: "n"}})
    history = torch.tensor([9.0, 11, 10, 12])
    mean, logvar, _ = net(((history - 10) / 2).view(1, 4, 1), torch.zeros(1, 1, 4))
    expect(folder, "expected", torch.stack((mean[0, -1, 0] * 2 + 10, (logvar[0, -1, 0] / 2).exp() * 2)))


for make in (mlp_gan, conv_gan, foreign_vae, super_resolution, autoencoder, stylegan, pixelcnn, wavenet, forecast):
    with torch.no_grad() if make is not foreign_vae else torch.enable_grad():
        make()
