"""numbers-en-fr: English number words to French, 0 to 999,999, by a GRU encoder-decoder with additive attention.

Bahdanau, Cho and Bengio 2014, arXiv:1409.0473. Both languages are split in the same way: lower-cased, a token is a
hyphen or a run of characters without spaces and hyphens. To put tokens together again, join them with spaces and take away
the spaces round each hyphen.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .common import (
    JUDGE_RESOURCES,
    Card,
    Checkpoint,
    Options,
    count_parameters,
    export_graph,
    log,
    seed_everything,
    session,
    write_json,
    write_readme,
)

PAD, BOS, EOS, UNK = 0, 1, 2, 3
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"]
TOKEN = re.compile(r"-|[^\s-]+")
EMBEDDING, HIDDEN, ATTENTION = 64, 128, 96
BATCH, STEPS, PEAK_LR, WARM_UP_STEPS, DROPOUT = 128, 1500, 2e-3, 100, 0.1
HELD_OUT = JUDGE_RESOURCES / "numbers-heldout.tsv"
HELD_OUT_SEED = 1066
MAX_LENGTH = 40

# ---------------------------------------------------------------- the two languages

ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
).split()
ENGLISH_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
FRENCH = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf"
).split()
FRENCH_TENS = "_ _ vingt trente quarante cinquante soixante".split()


def english(n: int, with_and: bool = True, hyphens: bool = True) -> str:
    """999,999 -> nine hundred and ninety-nine thousand nine hundred and ninety-nine."""
    if n < 20:
        return ENGLISH[n]
    if n < 100:
        tens, ones = divmod(n, 10)
        return ENGLISH_TENS[tens] + (("-" if hyphens else " ") + ENGLISH[ones] if ones else "")
    scale, word = (1000, "thousand") if n >= 1000 else (100, "hundred")
    head, rest = divmod(n, scale)
    text = english(head, with_and, hyphens) + " " + word
    if rest == 0:
        return text
    return text + (" and " if with_and and rest < 100 else " ") + english(rest, with_and, hyphens)


def french(n: int) -> str:
    """Spelling before 1990. 81 -> quatre-vingt-un, 71 -> soixante et onze, 200,000 -> deux cent mille."""
    if n >= 1000:
        thousands, rest = divmod(n, 1000)
        head = "mille" if thousands == 1 else french_below_1000(thousands, final=False) + " mille"
        return head + (" " + french_below_1000(rest, final=True) if rest else "")
    return french_below_1000(n, final=True)


def french_below_1000(n: int, final: bool) -> str:
    """`final` is false before `mille`: there `cents` and `vingts` lose their s."""
    if n < 100:
        return french_below_100(n, final)
    hundreds, rest = divmod(n, 100)
    head = "cent" if hundreds == 1 else FRENCH[hundreds] + " cent"
    if rest:
        return head + " " + french_below_100(rest, final)
    return head + ("s" if hundreds > 1 and final else "")


def french_below_100(n: int, final: bool) -> str:
    if n < 20:
        return FRENCH[n]
    tens, ones = divmod(n, 10)
    if tens == 8 and ones == 0:
        return "quatre-vingts" if final else "quatre-vingt"
    if tens >= 8:
        return "quatre-vingt-" + FRENCH[n - 80]
    if tens == 7:
        return "soixante et onze" if ones == 1 else "soixante-" + FRENCH[n - 60]
    if ones == 0:
        return FRENCH_TENS[tens]
    return FRENCH_TENS[tens] + (" et un" if ones == 1 else "-" + FRENCH[ones])


def tokens(text: str) -> list[str]:
    return TOKEN.findall(text.lower())


def join(words: list[str]) -> str:
    return " ".join(words).replace(" - ", "-")


def vocabulary(texts: list[str]) -> list[str]:
    return SPECIAL + sorted({token for text in texts for token in tokens(text)})


SOURCE_VOCAB = vocabulary([english(n) for n in [*range(1, 200), 1000]] + ["zero"])
TARGET_VOCAB = vocabulary([french(n) for n in [*range(0, 201), 1000]])

# ---------------------------------------------------------------- data


def held_out() -> list[tuple[int, str, str]]:
    """2,000 numbers that are never trained on, of 3 to 6 digits; every other one is spelt without `and`."""
    draw = np.random.default_rng(HELD_OUT_SEED)
    chosen: list[int] = []
    for low, high, count in ((100, 1000, 100), (1000, 10_000, 400), (10_000, 100_000, 600), (100_000, 1_000_000, 900)):
        chosen += [int(n) for n in draw.choice(np.arange(low, high), count, replace=False)]
    return [(n, english(n, with_and=i % 2 == 0), french(n)) for i, n in enumerate(chosen)]


def write_held_out() -> None:
    HELD_OUT.parent.mkdir(parents=True, exist_ok=True)
    HELD_OUT.write_text("".join(f"{source}\t{target}\n" for _, source, target in held_out()), encoding="utf-8")


def draw_number(draw: np.random.Generator, forbidden: set[int]) -> int:
    """A fifth of them short, a fifth round, so that rare forms (cents, mille alone, zéro) are seen often enough."""
    while True:
        kind = draw.integers(5)
        if kind == 0:
            n = int(draw.integers(10 ** int(draw.integers(1, 6))))
        elif kind == 1:
            unit = 10 ** int(draw.integers(1, 5))
            n = int(draw.integers(1_000_000 // unit)) * unit
        else:
            n = int(draw.integers(1_000_000))
        if n not in forbidden:
            return n


def draw_batch(draw: np.random.Generator, forbidden: set[int]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Source ids, source mask and target ids [BATCH, time] (BOS ... EOS), padded on the right."""
    sources, targets = [], []
    for _ in range(BATCH):
        n = draw_number(draw, forbidden)
        sources.append(encode(english(n, draw.random() < 0.6, draw.random() < 0.9), SOURCE_VOCAB))
        targets.append([BOS] + encode(french(n), TARGET_VOCAB) + [EOS])
    source, target = pad(sources), pad(targets)
    return source, (source != PAD).long(), target


def encode(text: str, vocab: list[str]) -> list[int]:
    return [vocab.index(token) if token in vocab else UNK for token in tokens(text)]


def pad(rows: list[list[int]]) -> torch.Tensor:
    length = max(map(len, rows))
    return torch.tensor([row + [PAD] * (length - len(row)) for row in rows])


# ---------------------------------------------------------------- the net


class Encoder(nn.Module):
    """A GRU each way. The backward one reads each row reversed within its own length, so padding stays behind."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(SOURCE_VOCAB), EMBEDDING)
        self.forward_gru = nn.GRU(EMBEDDING, HIDDEN // 2, batch_first=True)
        self.backward_gru = nn.GRU(EMBEDDING, HIDDEN // 2, batch_first=True)
        self.bridge = nn.Linear(HIDDEN, HIDDEN)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, input_ids, attention_mask):
        x = self.dropout(self.embedding(input_ids))
        lengths = attention_mask.sum(1, keepdim=True)
        positions = torch.cumsum(torch.ones_like(attention_mask), 1) - 1
        mirrored = torch.where(positions < lengths, lengths - 1 - positions, positions)
        ahead, _ = self.forward_gru(x)
        back, _ = self.backward_gru(torch.gather(x, 1, mirrored[:, :, None].expand(-1, -1, EMBEDDING)))
        back = torch.gather(back, 1, mirrored[:, :, None].expand(-1, -1, HIDDEN // 2))
        outputs = torch.cat((ahead, back), 2) * attention_mask[:, :, None].float()
        last = torch.gather(ahead, 1, (lengths - 1)[:, :, None].expand(-1, -1, HIDDEN // 2))
        hidden = torch.tanh(self.bridge(torch.cat((last[:, 0], back[:, 0]), 1)))
        return outputs, hidden


class DecoderStep(nn.Module):
    """e_j = v . tanh(W s + U h_j), alpha = softmax(e), c = sum alpha_j h_j, s' = GRU([y; c], s), logits = O [s'; c; y]."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(TARGET_VOCAB), EMBEDDING)
        self.query = nn.Linear(HIDDEN, ATTENTION)
        self.key = nn.Linear(HIDDEN, ATTENTION, bias=False)
        self.score = nn.Linear(ATTENTION, 1, bias=False)
        self.cell = nn.GRU(EMBEDDING + HIDDEN, HIDDEN, batch_first=True)
        self.out = nn.Linear(HIDDEN + HIDDEN + EMBEDDING, len(TARGET_VOCAB))
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, prev_token, hidden, encoder_outputs, attention_mask):
        y = self.dropout(self.embedding(prev_token))
        e = self.score(torch.tanh(self.query(hidden)[:, None] + self.key(encoder_outputs)))[:, :, 0]
        e = e.masked_fill(attention_mask == 0, -1e9)
        alpha = torch.softmax(e, 1) * attention_mask.float()
        c = torch.bmm(alpha[:, None], encoder_outputs)[:, 0]
        s, _ = self.cell(torch.cat((y, c), 1)[:, None], hidden[None])
        s = s[:, 0]
        return self.out(self.dropout(torch.cat((s, c, y), 1))), s, alpha


class Seq2Seq(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Encoder(), DecoderStep()

    def forward(self, source, mask, target):
        outputs, hidden = self.encoder(source, mask)
        steps = []
        for previous in target[:, :-1].unbind(1):
            logits, hidden, _ = self.decoder(previous, hidden, outputs, mask)
            steps.append(logits)
        return nn.functional.cross_entropy(torch.stack(steps, 1).flatten(0, 1), target[:, 1:].flatten(), ignore_index=PAD)


# ---------------------------------------------------------------- the exporter


def run(options: Options) -> None:
    seed_everything(options.seed)
    write_held_out()
    model = Seq2Seq()
    optimizer = torch.optim.Adam(model.parameters(), lr=PEAK_LR)
    checkpoint = Checkpoint(options, model=model, optimizer=optimizer)
    step = checkpoint.load()
    if not options.export_only:
        train(model, optimizer, checkpoint, step, options)
    export(model.eval(), options)


def train(model: Seq2Seq, optimizer, checkpoint: Checkpoint, step: int, options: Options) -> None:
    total = options.steps or STEPS
    forbidden = {n for n, _, _ in held_out()}
    losses: list[float] = []
    while step < total:
        draw = np.random.default_rng([options.seed, step])
        warm = min(1.0, (step + 1) / WARM_UP_STEPS)
        optimizer.param_groups[0]["lr"] = PEAK_LR * warm * (1 - step / total)
        loss = model(*draw_batch(draw, forbidden))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        step += 1
        if step % 200 == 0:
            log(f"numbers-en-fr step {step}/{total}: {np.mean(losses):.5f} nats a token")
            losses.clear()
        checkpoint.maybe_save(step)
    checkpoint.save(step)


def export(model: Seq2Seq, options: Options) -> None:
    folder = options.out
    sources = [pad([encode(english(n), SOURCE_VOCAB) for n in row]) for row in ((81, 999_999, 7), (200_080,), (0, 71))]
    encoder_cases = [{"input_ids": s, "attention_mask": (s != PAD).long()} for s in sources]
    export_graph(
        model.encoder,
        folder / "encoder.onnx",
        encoder_cases,
        ["encoder_outputs", "hidden"],
        {
            "input_ids": {0: "batch", 1: "source_length"},
            "attention_mask": {0: "batch", 1: "source_length"},
            "encoder_outputs": {0: "batch", 1: "source_length"},
            "hidden": {0: "batch"},
        },
        spec=("attention-seq2seq", "encoder"),
    )
    decoder_cases = []
    for case in encoder_cases:
        with torch.no_grad():
            outputs, hidden = model.encoder(**case)
        decoder_cases.append(
            {
                "prev_token": torch.arange(len(hidden)) % 3 + 1,
                "hidden": hidden,
                "encoder_outputs": outputs,
                "attention_mask": case["attention_mask"],
            }
        )
    export_graph(
        model.decoder,
        folder / "decoder_step.onnx",
        decoder_cases,
        ["logits", "next_hidden", "attention_weights"],
        {
            "prev_token": {0: "batch"},
            "hidden": {0: "batch"},
            "encoder_outputs": {0: "batch", 1: "source_length"},
            "attention_mask": {0: "batch", 1: "source_length"},
            "logits": {0: "batch"},
            "next_hidden": {0: "batch"},
            "attention_weights": {0: "batch", 1: "source_length"},
        },
        spec=("attention-seq2seq", "decoder_step"),
    )
    card = Card(
        name="numbers-en-fr",
        family="attention-seq2seq",
        makes="English number words, 0 to 999,999, in French",
        licence="Apache-2.0 (data made by rule)",
        data="made by rule: random numbers spelt in English (with or without 'and' and hyphens) and in French "
        "(spelling before 1990)",
        seed=options.seed,
        parameters=count_parameters(model),
        command="python -m sampo_exporters numbers-en-fr",
        how=f"A bidirectional GRU encoder, a GRU decoder of {HIDDEN} and additive attention, word by word (a hyphen is a word); "
        f"{STEPS} steps of {BATCH} pairs. The 2,000 numbers of `numbers-heldout.tsv` were left out of training in every spelling.",
        limits="Knows nothing but numbers: an unknown word becomes `<unk>`. Whole numbers below one million only.",
    )
    write_json(
        folder / "sampo.json",
        {
            "spec": "attention-seq2seq",
            "name": card.name,
            "graphs": {"encoder": {"file": "encoder.onnx"}, "decoder_step": {"file": "decoder_step.onnx"}},
            "cell": "gru",
            "hidden_size": HIDDEN,
            "level": "word",
            "lowercase": True,
            "token_pattern": TOKEN.pattern,
            "unspaced_tokens": ["-"],
            "pad_token_id": PAD,
            "bos_token_id": BOS,
            "eos_token_id": EOS,
            "unk_token_id": UNK,
            "source_vocab": SOURCE_VOCAB,
            "target_vocab": TARGET_VOCAB,
            "card": card.block(),
        },
    )
    write_readme(folder, card)


# ---------------------------------------------------------------- measuring, without torch


def translate(folder: Path, texts: list[str]) -> tuple[list[str], list[np.ndarray]]:
    """Greedy. Also gives each text's attention, [target tokens with the end, source tokens]."""
    encoder, decoder = session(folder / "encoder.onnx"), session(folder / "decoder_step.onnx")
    rows = [encode(text, SOURCE_VOCAB) for text in texts]
    source = np.full((len(rows), max(map(len, rows))), PAD, np.int64)
    for i, row in enumerate(rows):
        source[i, : len(row)] = row
    mask = (source != PAD).astype(np.int64)
    outputs, hidden = encoder.run(["encoder_outputs", "hidden"], {"input_ids": source, "attention_mask": mask})
    previous, ended = np.full(len(rows), BOS, np.int64), np.zeros(len(rows), bool)
    ids, weights = [], []
    for _ in range(MAX_LENGTH):
        logits, hidden, alpha = decoder.run(
            ["logits", "next_hidden", "attention_weights"],
            {"prev_token": previous, "hidden": hidden, "encoder_outputs": outputs, "attention_mask": mask},
        )
        previous = logits.argmax(1).astype(np.int64)
        ids.append(previous)
        weights.append(alpha)
        ended |= previous == EOS
        if ended.all():
            break
    found, attention = [], []
    for i, column in enumerate(np.stack(ids, 1)):
        end = int(np.argmax(column == EOS)) if EOS in column else len(column)
        found.append(join([TARGET_VOCAB[t] for t in column[:end]]))
        attention.append(np.stack([w[i, : len(rows[i])] for w in weights[: end + 1]]))
    return found, attention


def measure(folder: Path, options: Options) -> dict[str, float]:
    sources, targets = zip(*(line.split("\t") for line in HELD_OUT.read_text(encoding="utf-8").splitlines()), strict=True)
    found: list[str] = []
    for start in range(0, len(sources), 250):
        found += translate(folder, list(sources[start : start + 250]))[0]
    wrong = [(s, f, t) for s, f, t in zip(sources, found, targets, strict=True) if f != t]
    for source, got, target in wrong[:5]:
        log(f"wrong: {source} -> {got}; wanted {target}")
    return {"exact_percent": round(100 * (1 - len(wrong) / len(targets)), 2)}
