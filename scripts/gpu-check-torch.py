#!/usr/bin/env python3
"""Times the nets of the models that ship in PyTorch, eager, for the column "to PyTorch" of scripts/gpu-check.

The nets are the exporters' own modules with random weights; prompts, batches and steps are those of `sampo compare`
(sdk/cli/.../ProviderWork.java). Writes {"MODEL": {"speed": UNITS A SECOND, "unit": "..."}}. Needs torch and numpy; with
transformers also times a GPT-2-small for a model folder of the name gpt2-small.

Usage: gpu-check-torch.py --device cuda --out torch.json [--rounds 3] [--models a,b]
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "exporter-specs" / "python"))

PROMPT_TOKENS, NEW_TOKENS, PICTURES, DENOISED, STEPS, DRAWN, SOUNDS, SAMPLES = 32, 64, 64, 8, 25, 2, 4, 400


def prompt(vocabulary: int) -> torch.Tensor:
    return torch.tensor([[3 + i % min(50, vocabulary - 3) for i in range(PROMPT_TOKENS)]])


def gpt():
    from sampo_exporters import scripture_gpt as m

    net = m.WithCache(m.Gpt()).eval()
    ids = prompt(m.VOCAB)

    def work() -> float:
        past = [torch.zeros(1, m.HEADS, 0, m.HEAD_WIDTH) for _ in range(2 * m.LAYERS)]
        now, seen, begin = ids, 0, 0.0
        for step in range(NEW_TOKENS):
            seen += now.shape[1]
            mask = torch.ones(1, seen, dtype=torch.int64)
            places = torch.arange(seen - now.shape[1], seen)[None]
            logits, *past = net(now, mask, places, *past)
            now = logits[:, -1].argmax(-1, keepdim=True)
            now.item()
            if step == 0:
                begin = time.perf_counter()
        return NEW_TOKENS / (time.perf_counter() - begin)

    return work, "tokens"


def lstm():
    from sampo_exporters import scripture_lstm as m

    net = m.CharLstm(80).eval()
    ids = prompt(80)

    def work() -> float:
        now, (h, c), begin = ids, m.zero_state(1), 0.0
        for step in range(NEW_TOKENS):
            logits, h, c = net(now, h, c)
            now = logits[:, -1].argmax(-1, keepdim=True)
            now.item()
            if step == 0:
                begin = time.perf_counter()
        return NEW_TOKENS / (time.perf_counter() - begin)

    return work, "tokens"


def numbers():
    from sampo_exporters import numbers_en_fr as m

    net = m.Seq2Seq().eval()
    source = prompt(len(m.SOURCE_VOCAB)).clamp(max=len(m.SOURCE_VOCAB) - 1)
    mask = torch.ones_like(source)
    encoder, decoder = [child for child in net.children() if isinstance(child, (m.Encoder, m.DecoderStep))]

    def work() -> float:
        outputs, hidden = encoder(source, mask)
        now, begin = torch.tensor([m.BOS]), time.perf_counter()
        for _ in range(NEW_TOKENS):
            logits, hidden, *_ = decoder(now, hidden, outputs, mask)
            now = logits.argmax(-1)
            now.item()
        return NEW_TOKENS / (time.perf_counter() - begin)

    return work, "tokens"


def diffusion():
    from sampo_exporters import diffusion as m

    net = m.UNet().eval()
    labels = torch.tensor([0] * DENOISED + [m.NULL_CLASS] * DENOISED)

    def work() -> float:
        begin = time.perf_counter()
        x = torch.randn(DENOISED, 1, 28, 28)
        for step in range(STEPS):
            t = torch.full((2 * DENOISED,), 999 - 40 * step, dtype=torch.int64)
            with_class, without = net(torch.cat([x, x]), t, labels).chunk(2)
            x = x - 0.01 * (without + m.GUIDANCE * (with_class - without))
        x.sum().item()
        return STEPS / (time.perf_counter() - begin)

    return work, "steps"


def pictures(make):
    def work() -> float:
        begin = time.perf_counter()
        make().sum().item()
        return PICTURES / (time.perf_counter() - begin)

    return work, "pictures"


def gan():
    from sampo_exporters import gan as m

    net = m.Generator().eval()
    return pictures(lambda: net(torch.randn(PICTURES, m.LATENT), torch.arange(PICTURES) % 10))


def stylegan():
    from sampo_exporters import stylegan as m

    net = m.StyleGenerator().eval()

    def make() -> torch.Tensor:
        w = net.mapping(torch.randn(PICTURES, m.Z), torch.arange(PICTURES) % 10)
        return net.synthesis(w[:, None].expand(-1, m.LAYERS, -1))

    return pictures(make)


def vae():
    from sampo_exporters import vae as m

    net = m.Decoder(m.LATENT).eval()
    return pictures(lambda: net(torch.randn(PICTURES, m.LATENT)))


def autoencoder():
    from sampo_exporters import vae as m

    net = m.Encoder(m.LATENT, 1).eval()
    return pictures(lambda: net(torch.rand(PICTURES, 1, 28, 28)))


def pixelcnn():
    """The whole net for every pixel; Sampo computes only the rows that the pixel can see."""
    from sampo_exporters import pixelcnn as m

    net = m.PixelCnn().eval()
    labels = torch.arange(DRAWN) % 10

    def work() -> float:
        begin = time.perf_counter()
        x = torch.zeros(DRAWN, 1, 28, 28)
        for row in range(28):
            for column in range(28):
                p = torch.softmax(net(x, labels)[:, :, 0, row, column], 1)
                x[:, 0, row, column] = torch.multinomial(p, 1)[:, 0] * (2 / (m.LEVELS - 1)) - 1
        x.sum().item()
        return DRAWN / (time.perf_counter() - begin)

    return work, "pictures"


def wavenet():
    from sampo_exporters import tones_wavenet as m

    net = m.WaveNet().eval()
    labels = torch.arange(SOUNDS)

    def work() -> float:
        begin = time.perf_counter()
        states, now = m.zero_states(SOUNDS), torch.full((SOUNDS, 1), 128)
        for _ in range(SAMPLES):
            logits, *states = net(now, labels, *states)
            now = logits[:, -1].argmax(-1, keepdim=True)
            now.sum().item()
        return SOUNDS * SAMPLES / (time.perf_counter() - begin)

    return work, "samples"


def gpt2_small():
    from transformers import GPT2Config, GPT2LMHeadModel

    net = GPT2LMHeadModel(GPT2Config()).eval()
    ids = prompt(50257)

    def work() -> float:
        now, past, begin = ids, None, 0.0
        for step in range(NEW_TOKENS):
            out = net(now, past_key_values=past, use_cache=True)
            now, past = out.logits[:, -1].argmax(-1, keepdim=True), out.past_key_values
            now.item()
            if step == 0:
                begin = time.perf_counter()
        return NEW_TOKENS / (time.perf_counter() - begin)

    return work, "tokens"


WORK = {
    "scripture-gpt": gpt,
    "scripture-lstm": lstm,
    "numbers-en-fr": numbers,
    "digits-diffusion": diffusion,
    "digits-gan": gan,
    "stylegan-digits": stylegan,
    "digits-vae": vae,
    "digits-autoencoder": autoencoder,
    "digits-pixelcnn": pixelcnn,
    "tones-wavenet": wavenet,
    "gpt2-small": gpt2_small,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--models", help="names, with commas; all that can be timed where none are given")
    options = parser.parse_args()
    names = options.models.split(",") if options.models else [n for n in WORK if n != "gpt2-small"]
    torch.set_default_device(options.device)
    torch.manual_seed(0)
    speeds = {}
    for name in names:
        name = Path(name).name
        if name not in WORK:
            print(f"gpu-check-torch: no net for {name}", file=sys.stderr)
            continue
        with torch.inference_mode():
            work, unit = WORK[name]()
            work()
            speeds[name] = {"speed": statistics.median(work() for _ in range(options.rounds)), "unit": unit}
        print(f"gpu-check-torch: {name} {speeds[name]['speed']:.1f} {unit} a second", file=sys.stderr)
    options.out.write_text(json.dumps(speeds, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
