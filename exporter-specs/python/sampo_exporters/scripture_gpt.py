"""scripture-gpt: a small decoder-only Transformer (the Llama layout: RMSNorm, rotary positions, SwiGLU) with its own
byte-level BPE, trained on the King James Version.

The folder is in the Hugging Face Optimum layout: ``input_ids``, ``attention_mask``, ``position_ids``,
``past_key_values.N.key/value`` -> ``logits``, ``present.N.key/value``. The same weights in transformers' LlamaForCausalLM, made
from the folder's config.json, give the same logits; the export checks it.
"""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from . import data_scripture
from .common import Card, Checkpoint, Options, count_parameters, export_graph, log, seed_everything, session, write_json, write_readme

SEED = 1769  # plus --seed
VOCAB, WIDTH, LAYERS, HEADS, INNER = 2048, 160, 4, 5, 480
HEAD_WIDTH = WIDTH // HEADS
CONTEXT, BATCH, EPOCHS = 256, 16, 7
ROPE_THETA, NORM_EPS = 10_000.0, 1e-5
MUON_LR, ADAM_LR, WARM_UP_STEPS, EMA_DECAY = 0.02, 4e-3, 100, 0.995
END = "<|endoftext|>"


def train_tokenizer(chapters: list[str]):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB,
        special_tokens=[END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(chapters, trainer)
    return tokenizer


class RmsNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        x = x.float()
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + NORM_EPS))


def rotate(x, cos, sin):
    half = HEAD_WIDTH // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.input_layernorm, self.post_attention_layernorm = RmsNorm(), RmsNorm()
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
        self.gate_proj, self.up_proj = (nn.Linear(WIDTH, INNER, bias=False) for _ in range(2))
        self.down_proj = nn.Linear(INNER, WIDTH, bias=False)

    def forward(self, x, cos, sin, future):
        batch, time_, _ = x.shape
        y = self.input_layernorm(x)
        q, k, v = (p(y).view(batch, time_, HEADS, HEAD_WIDTH).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        q, k = rotate(q.float(), cos, sin), rotate(k.float(), cos, sin)
        scores = q.to(v.dtype) @ k.to(v.dtype).transpose(2, 3) * HEAD_WIDTH**-0.5
        y = torch.softmax(scores.float() + future, 3).to(v.dtype) @ v
        x = x + self.o_proj(y.transpose(1, 2).reshape(batch, time_, WIDTH))
        y = self.post_attention_layernorm(x)
        return x + self.down_proj(nn.functional.silu(self.gate_proj(y)) * self.up_proj(y))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed_tokens = nn.Embedding(VOCAB, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = RmsNorm()
        nn.init.normal_(self.embed_tokens.weight, std=0.05)
        for layer in self.layers:
            for matrix in (layer.o_proj, layer.down_proj):
                nn.init.zeros_(matrix.weight)

    def forward(self, input_ids):
        positions = torch.arange(input_ids.shape[1], dtype=torch.float32)
        inverse = ROPE_THETA ** (-torch.arange(0, HEAD_WIDTH, 2, dtype=torch.float32) / HEAD_WIDTH)
        angles = (positions[:, None] * inverse).repeat(1, 2)
        cos, sin = angles.cos(), angles.sin()
        future = torch.full((len(positions), len(positions)), -math.inf).triu(1)
        x = self.embed_tokens(input_ids)
        for layer in self.layers:
            x = layer(x, cos, sin, future)
        return nn.functional.linear(self.norm(x), self.embed_tokens.weight)


class Muon(torch.optim.Optimizer):
    """Momentum whose update of a matrix is made (nearly) orthogonal by Newton-Schulz steps.
    Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/."""

    def __init__(self, matrices, lr: float, momentum: float = 0.95, weight_decay: float = 0.01):
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for matrix in group["params"]:
                state = self.state[matrix]
                velocity = state.setdefault("velocity", torch.zeros_like(matrix))
                velocity.lerp_(matrix.grad, 1 - group["momentum"])
                update = matrix.grad.lerp(velocity, group["momentum"])
                scale = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.add_(orthogonal(update), alpha=-group["lr"] * scale)


def orthogonal(g: torch.Tensor) -> torch.Tensor:
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.T if g.shape[0] > g.shape[1] else g
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x.T if g.shape[0] > g.shape[1] else x


def epoch_batches(ids_by_chapter: list[list[int]], seed: int, epoch: int) -> torch.Tensor:
    """[steps, BATCH, CONTEXT + 1]: the chapters in an order of this epoch's own, cut into windows, the windows shuffled."""
    generator = torch.Generator().manual_seed(seed * 1000 + epoch)
    order = torch.randperm(len(ids_by_chapter), generator=generator)
    ids = torch.tensor([i for chapter in order for i in [0] + ids_by_chapter[chapter]] + [0])
    windows = (len(ids) - 1) // CONTEXT
    rows = torch.stack([ids[w * CONTEXT : w * CONTEXT + CONTEXT + 1] for w in range(windows)])
    rows = rows[torch.randperm(windows, generator=generator)]
    steps = windows // BATCH
    return rows[: steps * BATCH].view(steps, BATCH, CONTEXT + 1)


def scoring_windows(ids: list[int]) -> list[tuple[list[int], int]]:
    """Windows of at most CONTEXT + 1 ids, and from which of its predictions on each counts: every id but the first
    is predicted once, by at least half a context where there is that much before it."""
    found, done = [], 1
    while done < len(ids):
        end = min(len(ids), done + (CONTEXT if done == 1 else CONTEXT // 2))
        start = max(0, end - CONTEXT - 1)
        found.append((ids[start:end], done - start - 1))
        done = end
    return found


@torch.no_grad()
def bits_per_char(model: Gpt, tokenizer, chapters: list[str]) -> float:
    """Each chapter after one END; its closing END counts too, for the empty line between chapters."""
    model.eval()
    nats, characters = 0.0, 0
    for chapter in chapters:
        ids = [0] + tokenizer.encode(chapter).ids + [0]
        characters += len(chapter) + 1
        for window, first in scoring_windows(ids):
            x = torch.tensor([window])
            logits = model(x[:, :-1])[0, first:]
            nats += nn.functional.cross_entropy(logits, x[0, 1 + first :], reduction="sum").item()
    model.train()
    return nats / math.log(2) / characters


def run(options: Options) -> None:
    seed = SEED + options.seed
    seed_everything(seed)
    training, choosing, held_out = data_scripture.split()
    data_scripture.write_held_out(held_out)
    tokenizer = train_tokenizer(training)
    ids_by_chapter = [encoding.ids for encoding in tokenizer.encode_batch(training)]
    model, ema = Gpt(), Gpt()
    ema.load_state_dict(model.state_dict())
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    muon = Muon(matrices, MUON_LR)
    adam = torch.optim.AdamW(others, lr=ADAM_LR, betas=(0.9, 0.98), weight_decay=0.0)
    checkpoint = Checkpoint(options, model=model, ema=ema, muon=muon, adam=adam)
    step = checkpoint.load()
    steps_an_epoch = len(epoch_batches(ids_by_chapter, seed, 0)) - 2  # the same for every epoch, whatever the rounding
    total = options.steps or steps_an_epoch * EPOCHS
    batches, started, losses = None, time.time(), []
    while step < total and not options.export_only:
        epoch, index = divmod(step, steps_an_epoch)
        if batches is None or index == 0:
            batches = epoch_batches(ids_by_chapter, seed, epoch)
        factor = learning_rate_factor(step, total)
        muon.param_groups[0]["lr"], adam.param_groups[0]["lr"] = MUON_LR * factor, ADAM_LR * factor
        losses.append(train_step(model, (muon, adam), batches[index]))
        step += 1
        data_scripture.average_in(ema, model, min(EMA_DECAY, step / (step + 10)))
        if step % 100 == 0 or step == total:
            scored = bits_per_char(ema, tokenizer, choosing[:6])
            log(
                f"scripture-gpt step {step}/{total}: {np.mean(losses):.4f} nats a token, choosing (a part) {scored:.4f}"
                f" bits/char, {(time.time() - started) / len(losses):.2f} s/step"
            )
            losses, started = [], time.time()
            checkpoint.save(step)
    export(ema.eval(), tokenizer, options)


def learning_rate_factor(step: int, total: int) -> float:
    """A linear start, then a straight line down to zero."""
    progress = max(0.0, (step - WARM_UP_STEPS) / (total - WARM_UP_STEPS))
    return min(1.0, (step + 1) / WARM_UP_STEPS) * (1 - progress)


def train_step(model: Gpt, optimizers, x: torch.Tensor) -> float:
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(x[:, :-1])
    loss = nn.functional.cross_entropy(logits.float().flatten(0, 1), x[:, 1:].flatten())
    for parameter in model.parameters():
        parameter.grad = None
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()
    return loss.item()


# ---------------------------------------------------------------- export


class WithCache(nn.Module):
    """The trained net as the graph has it: explicit positions, a padding mask, keys and values in and out."""

    def __init__(self, gpt: Gpt):
        super().__init__()
        self.gpt = gpt
        inverse = ROPE_THETA ** (-torch.arange(0, HEAD_WIDTH, 2, dtype=torch.float32) / HEAD_WIDTH)
        self.register_buffer("inverse", inverse.repeat(2))
        self.register_buffer("no_bias", torch.zeros(VOCAB))

    def forward(self, input_ids, attention_mask, position_ids, *past):
        batch, time_ = input_ids.shape
        length = attention_mask.shape[1]
        keys = torch.arange(length)
        queries = torch.arange(time_) + (length - time_)
        seen = (keys[None, :] <= queries[:, None])[None, None] & (attention_mask != 0)[:, None, None, :]
        angles = (position_ids.float()[:, :, None] * self.inverse)[:, None]
        cos, sin = angles.cos(), angles.sin()
        x = self.gpt.embed_tokens(input_ids)
        present = []
        for layer, k_past, v_past in zip(self.gpt.layers, past[0::2], past[1::2], strict=True):
            y = layer.input_layernorm(x)
            q, k, v = (p(y).view(batch, time_, HEADS, HEAD_WIDTH).transpose(1, 2) for p in (layer.q_proj, layer.k_proj, layer.v_proj))
            k, v = torch.cat((k_past, rotate(k, cos, sin)), 2), torch.cat((v_past, v), 2)
            present += [k, v]
            scores = torch.matmul(rotate(q, cos, sin), k.transpose(2, 3)) * HEAD_WIDTH**-0.5
            weights = torch.softmax(torch.where(seen, scores, torch.tensor(-1e9)), 3)
            x = x + layer.o_proj(torch.matmul(weights, v).transpose(1, 2).reshape(batch, time_, WIDTH))
            y = layer.post_attention_layernorm(x)
            x = x + layer.down_proj(nn.functional.silu(layer.gate_proj(y)) * layer.up_proj(y))
        # Two matrices and a bias become one Gemm that reads the embedding as it is, so the file holds it once.
        logits = nn.functional.linear(self.gpt.norm(x).reshape(-1, WIDTH), self.gpt.embed_tokens.weight, self.no_bias)
        return (logits.view(batch, time_, VOCAB), *present)


def config() -> dict:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": VOCAB,
        "hidden_size": WIDTH,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "head_dim": HEAD_WIDTH,
        "hidden_act": "silu",
        "max_position_embeddings": CONTEXT,
        "rms_norm_eps": NORM_EPS,
        "rope_theta": ROPE_THETA,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "mlp_bias": False,
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "pad_token_id": 0,
        "use_cache": True,
        "dtype": "float32",
    }


def export(model: Gpt, tokenizer, options: Options) -> None:
    folder = options.out
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "config.json", config())
    write_json(
        folder / "generation_config.json",
        {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0, "do_sample": True, "temperature": 0.8, "top_p": 0.95,
         "max_new_tokens": 120},
    )
    write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": END, "eos_token": END, "pad_token": END,
         "model_max_length": CONTEXT, "padding_side": "left", "clean_up_tokenization_spaces": False},
    )
    names = [f"{n}.{kind}" for n in range(LAYERS) for kind in ("key", "value")]
    length = "past_sequence_length + sequence_length"
    axes = {"input_ids": {0: "batch_size", 1: "sequence_length"}, "attention_mask": {0: "batch_size", 1: length},
            "position_ids": {0: "batch_size", 1: "sequence_length"}, "logits": {0: "batch_size", 1: "sequence_length"}}
    axes |= {f"past_key_values.{name}": {0: "batch_size", 2: "past_sequence_length"} for name in names}
    axes |= {f"present.{name}": {0: "batch_size", 2: length} for name in names}
    with_cache = WithCache(model)
    # (batch, new ids, past, padding on the left of the first row)
    cases = [cache_case(names, *sizes) for sizes in ((2, 5, 3, 0), (1, 1, 0, 0), (1, CONTEXT, 0, 0), (3, 1, 40, 7), (2, 9, 0, 4))]
    export_graph(with_cache, folder / "model.onnx", cases, ["logits", *(f"present.{name}" for name in names)], axes,
                 spec=("decoder-only", "model"))
    check_cache(model, with_cache)
    check_transformers(model)
    card = Card(
        name="scripture-gpt",
        family="decoder-only",
        makes="English prose in the manner of the King James Version",
        licence="Apache-2.0 (text out of copyright)",
        data="the King James Version, Debian's bible-kjv 4.38; 25 of 1,189 chapters kept back (`scripture-heldout.txt`)",
        seed=options.seed,
        parameters=count_parameters(model),
        command="python -m sampo_exporters scripture-gpt",
        how=f"{LAYERS} layers of {WIDTH}, {HEADS} heads, a byte-level BPE of {VOCAB} tokens trained on the same text; {EPOCHS} times "
        f"through it in windows of {CONTEXT} tokens, Muon and AdamW, averaged weights. A chapter begins after `{END}` and ends with "
        "it, one verse a line.",
        limits=f"Made for {CONTEXT} tokens at a time, prompt included. Sentences hold together, stories do not. Digits and accents "
        "are in the vocabulary and mean nothing to it. Passages of the kept-back chapters that the Bible itself repeats elsewhere "
        "were seen in training.",
    )
    write_json(folder / "sampo-card.json", {"name": card.name, "card": card.block()})
    write_readme(folder, card)


def cache_case(names: list[str], batch: int, time_: int, past: int, padding: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(batch * 1000 + time_)
    mask = torch.ones(batch, past + time_, dtype=torch.int64)
    mask[0, :padding] = 0
    positions = (mask.cumsum(1) - 1).clamp(min=0)[:, past:]
    case = {"input_ids": torch.randint(VOCAB, (batch, time_), generator=generator), "attention_mask": mask, "position_ids": positions}
    return case | {
        f"past_key_values.{name}": torch.randn(batch, HEADS, past, HEAD_WIDTH, generator=generator) for name in names
    }


@torch.no_grad()
def check_cache(model: Gpt, with_cache: WithCache) -> None:
    """In pieces with the cache, as a left-padded row of a batch, or all at once without: the same logits."""
    ids = torch.randint(VOCAB, (1, 60), generator=torch.Generator().manual_seed(1))
    wanted = model(ids)
    past, found = [torch.zeros(1, HEADS, 0, HEAD_WIDTH)] * (2 * LAYERS), []
    for start, end in ((0, 20), (20, 21), (21, 59), (59, 60)):
        positions = torch.arange(start, end)[None]
        logits, *past = with_cache(ids[:, start:end], torch.ones(1, end, dtype=torch.int64), positions, *past)
        found.append(logits)
    padded, mask = nn.functional.pad(ids, (7, 0)), torch.tensor([[0] * 7 + [1] * 60])
    empty = [torch.zeros(1, HEADS, 0, HEAD_WIDTH)] * (2 * LAYERS)
    alone = with_cache(padded, mask, (mask.cumsum(1) - 1).clamp(min=0), *empty)[0][:, 7:]
    worst = max((torch.cat(found, 1) - wanted).abs().max().item(), (alone - wanted).abs().max().item())
    log(f"with the cache and with padding the logits differ by at most {worst:.2g}")
    if worst > 1e-4:
        raise ValueError(f"The cache changes the logits by {worst:.3g}")


@torch.no_grad()
def check_transformers(model: Gpt) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    theirs = LlamaForCausalLM(LlamaConfig(**{k: v for k, v in config().items() if k not in ("architectures", "model_type")}))
    state = {}
    for name, value in model.state_dict().items():
        part = name.rsplit(".", 2)[-2]
        group = {"q": "self_attn.", "k": "self_attn.", "v": "self_attn.", "o": "self_attn."}.get(part.split("_")[0], "")
        group = "mlp." if part in ("gate_proj", "up_proj", "down_proj") else group if part.endswith("_proj") else ""
        state["model." + name.replace(part, group + part)] = value
    missing, unexpected = theirs.load_state_dict(state, strict=False)
    if unexpected or set(missing) - {"lm_head.weight"}:
        raise ValueError(f"transformers' Llama has other weights: lacks {missing}, does not know {unexpected}")
    theirs.tie_weights()
    ids = torch.randint(VOCAB, (2, 50), generator=torch.Generator().manual_seed(2))
    worst = (theirs.eval()(ids).logits - model(ids)).abs().max().item()
    log(f"transformers' LlamaForCausalLM differs by at most {worst:.2g}")
    if worst > 1e-4:
        raise ValueError(f"transformers' Llama differs by {worst:.3g}")


# ---------------------------------------------------------------- measuring, without torch


def no_past(batch: int) -> dict[str, np.ndarray]:
    empty = np.zeros((batch, HEADS, 0, HEAD_WIDTH), np.float32)
    return {f"past_key_values.{n}.{kind}": empty for n in range(LAYERS) for kind in ("key", "value")}


def measure(folder: Path, options: Options) -> dict[str, float]:
    """Each kept-back chapter after one END, in windows of the context; the nats of all its tokens by its characters."""
    from tokenizers import Tokenizer

    tokenizer, model = Tokenizer.from_file(str(folder / "tokenizer.json")), session(folder / "model.onnx")
    text = data_scripture.HELD_OUT.read_text(encoding="utf-8")
    nats, tokens = 0.0, 0
    for chapter in data_scripture.split_chapters(text):
        ids = [0] + tokenizer.encode(chapter).ids + [0]
        tokens += len(ids) - 1
        for window, first in scoring_windows(ids):
            x = np.array([window[:-1]], np.int64)
            feeds = {"input_ids": x, "attention_mask": np.ones_like(x), "position_ids": np.arange(x.shape[1])[None]}
            logits = model.run(["logits"], feeds | no_past(1))[0][0]
            nats += data_scripture.nats(logits[first:], np.array(window[1 + first :]))
    return {
        "bits_per_char": round(nats / math.log(2) / len(text), 4),
        "perplexity_per_token": round(math.exp(nats / tokens), 3),
    }


def sample(folder: Path, prompt: str, count: int, temperature: float, top_p: float, seed: int) -> str:
    """Draws up to `count` tokens after the prompt, one at a time with the cache."""
    from tokenizers import Tokenizer

    tokenizer, model = Tokenizer.from_file(str(folder / "tokenizer.json")), session(folder / "model.onnx")
    draw = np.random.default_rng(seed)
    ids = tokenizer.encode(prompt).ids or [0]
    past, new = no_past(1), np.array([ids])
    outputs = ["logits", *(name.replace("past_key_values", "present") for name in past)]
    for _ in range(count):
        length = len(ids)
        feeds = {"input_ids": new, "attention_mask": np.ones((1, length), np.int64),
                 "position_ids": np.arange(length - new.shape[1], length)[None]}
        logits, *present = model.run(outputs, feeds | past)
        past = dict(zip(past, present, strict=True))
        p = np.exp((logits[0, -1].astype(np.float64) - logits[0, -1].max()) / temperature)
        order = np.argsort(-p)
        p = p[order] / p.sum()
        keep = np.cumsum(p) - p < top_p
        token = int(draw.choice(order[keep], p=p[keep] / p[keep].sum()))
        if token == 0:
            break
        ids.append(token)
        new = np.array([[token]])
    return tokenizer.decode(ids)
