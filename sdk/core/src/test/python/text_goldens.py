"""What the makers of text goldens share: exporting, running transformers, and drawing settings at random."""

import copy
import json
import random

import numpy as np
import torch
from transformers import LogitsProcessor, LogitsProcessorList


def spread(model, scale):
    """Larger weights than the usual start, so that the logits differ by more than rounding."""
    with torch.no_grad():
        for p in model.parameters():
            if p.dim() > 1:
                p.mul_(scale)
    return model.eval()


def export(module, args, path, inputs, outputs, axes):
    path.parent.mkdir(parents=True, exist_ok=True)
    module.eval()  # the exporter puts the mode back afterwards, and a new module is in training mode
    with torch.no_grad():
        torch.onnx.export(module, args, str(path), input_names=inputs, output_names=outputs, dynamic_axes=axes, opset_version=17, dynamo=False)


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")


def write_lines(path, cases):
    path.write_text("".join(json.dumps(c, separators=(",", ":")) + "\n" for c in cases))


def rounded(tensor, digits=6):
    return np.round(tensor.detach().numpy().astype(np.float64), digits).tolist()


def score(ids, logits, case):
    logp = torch.log_softmax(logits.float(), -1)[range(len(ids)), ids].double()
    return {**case, "scored_ids": ids, "token_logprobs": rounded(logp), "sum_logprob": round(logp.sum().item(), 6),
            "mean_nll": round(-logp.mean().item(), 6), "perplexity": round(torch.exp(-logp.mean()).item(), 5)}


class Noise(LogitsProcessor):
    def __init__(self, seed, size):
        self.generator = torch.Generator().manual_seed(seed)
        self.size = size

    def __call__(self, input_ids, scores):
        return scores + self.size * torch.randn(scores.shape, generator=self.generator)


def batch(prompts, pad, left):
    width = max(map(len, prompts))
    fill = [[pad] * (width - len(p)) for p in prompts]
    rows = [f + p if left else p + f for p, f in zip(prompts, fill)]
    mask = [[0] * len(f) + [1] * len(p) if left else [1] * len(p) + [0] * len(f) for p, f in zip(prompts, fill)]
    return rows, mask


def run(model, inputs, kwargs, seed, noise=3e-5):
    """What generate() gives, None if it changes with a little noise on the logits, or the error."""
    results = []
    for number in (None, 1, 2):
        if seed is not None:
            torch.manual_seed(seed)
        extra = {} if number is None else {"logits_processor": LogitsProcessorList([Noise(number, noise)])}
        try:
            with torch.no_grad():
                results.append(model.generate(**inputs, return_dict_in_generate=True, output_scores=True, **copy.deepcopy(kwargs), **extra))
        except (ValueError, RuntimeError) as e:
            return e
    if any(r.sequences.tolist() != results[0].sequences.tolist() for r in results):
        return None
    return results[0]


def case(name, prompts, rows, mask, kwargs, seed, result):
    made = {"id": name, "prompts": None, "prompt_ids": prompts, "input_ids": rows, "attention_mask": mask, "kwargs": kwargs, "seed": seed,
            "sequences": result.sequences.tolist()}
    if kwargs.get("num_beams", 1) > 1:
        scores = rounded(result.sequences_scores)
        if np.isfinite(scores).all():
            made["sequences_scores"] = scores
        made["beam_indices"] = result.beam_indices.tolist()
    return made


def cases(model, prompts, settings, left, noise=3e-5):
    made = []
    for number, (name, kwargs, count) in enumerate(settings):
        chosen = prompts[:count]
        rows, mask = batch(chosen, model.generation_config.pad_token_id, left)
        kwargs = {"max_new_tokens": 14, **kwargs}
        seed = 500 + number if kwargs.get("do_sample") else None
        result = run(model, {"inputs": torch.tensor(rows), "attention_mask": torch.tensor(mask)}, kwargs, seed, noise)
        if result is None:
            print("left out, not stable:", name)
            continue
        if isinstance(result, Exception):
            raise result
        made.append(case(name, chosen, rows, mask, kwargs, seed, result))
    return made


# ---- settings at random

MODES = ["greedy", "beam", "beam", "sample", "sample", "beam_sample", "beam_sample", "lookup"]


def draw(rnd, mode, popular, width, left):
    """Settings for one mode; every processor with some probability, with values at the edges too."""
    pick = lambda n: [rnd.choice(popular) for _ in range(n)]
    start = width if left else 1
    k = {}
    if rnd.random() < 0.7:
        k["max_new_tokens"] = rnd.choice([1, 2, 5, 9, 14])
    else:
        k["max_length"] = start + rnd.choice([1, 3, 8])
    if rnd.random() < 0.75:
        ends = pick(rnd.choice([1, 1, 2, 3, 4]))
        k["eos_token_id"] = ends[0] if len(ends) == 1 and rnd.random() < 0.5 else list(dict.fromkeys(ends))
    if mode in ("beam", "beam_sample"):
        k["num_beams"] = rnd.choice([2, 2, 3, 4, 6])
        if rnd.random() < 0.6:
            k["num_return_sequences"] = rnd.randint(1, k["num_beams"])
        if rnd.random() < 0.6:
            k["length_penalty"] = rnd.choice([-1.0, -0.3, 0.0, 0.5, 1.0, 1.7, 3.0])
        if rnd.random() < 0.6:
            k["early_stopping"] = rnd.choice([True, False, "never"])
    elif mode == "sample" and rnd.random() < 0.3:
        k["num_return_sequences"] = rnd.randint(2, 4)
    k["do_sample"] = mode in ("sample", "beam_sample")
    if k["do_sample"]:
        options = [("temperature", 0.6, [0.2, 0.7, 1.3, 2.5]), ("top_k", 0.7, [0, 1, 3, 20, 1000]), ("top_p", 0.4, [0.0001, 0.3, 0.8, 0.99]),
                   ("min_p", 0.2, [0.0, 0.01, 0.3, 1.0]), ("top_h", 0.2, [0.1, 0.5, 1.0]), ("typical_p", 0.2, [0.1, 0.6, 0.95]),
                   ("epsilon_cutoff", 0.2, [1e-4, 0.02, 0.5]), ("eta_cutoff", 0.2, [1e-4, 0.02, 0.5])]
        for name, chance, values in options:
            if rnd.random() < chance:
                k[name] = rnd.choice(values)
    chance = rnd.choice([0.0, 0.1, 0.25])
    for name, value in [
            ("repetition_penalty", lambda: rnd.choice([0.6, 1.1, 1.5])), ("encoder_repetition_penalty", lambda: rnd.choice([0.6, 1.3, 2.0])),
            ("no_repeat_ngram_size", lambda: rnd.choice([1, 2, 3, 20])), ("encoder_no_repeat_ngram_size", lambda: rnd.choice([1, 2, 3])),
            ("bad_words_ids", lambda: [pick(rnd.choice([1, 1, 2, 3])) for _ in range(rnd.choice([1, 3, 6]))]),
            ("min_length", lambda: start + rnd.choice([0, 2, 5])), ("min_new_tokens", lambda: rnd.choice([0, 1, 3, 7])),
            ("forced_bos_token_id", lambda: rnd.choice(popular)),
            ("forced_eos_token_id", lambda: rnd.choice([rnd.choice(popular), list(dict.fromkeys(pick(2)))])), ("remove_invalid_values", lambda: True),
            ("exponential_decay_length_penalty", lambda: [rnd.choice([0, 1, 3]), rnd.choice([0.8, 1.1, 1.7])]),
            ("suppress_tokens", lambda: pick(rnd.choice([1, 4, 8]))), ("begin_suppress_tokens", lambda: pick(rnd.choice([1, 4, 8]))),
            ("sequence_bias", lambda: [[pick(rnd.choice([1, 1, 2, 3])), rnd.choice([-5.0, -1.0, 2.0, 4.5])] for _ in range(rnd.choice([1, 3]))]),
            ("renormalize_logits", lambda: True), ("use_cache", lambda: False)]:
        if rnd.random() < chance:
            k[name] = value()
    if left and mode != "lookup" and rnd.random() < 0.04:
        k["guidance_scale"] = rnd.choice([0.5, 1.5, 3.0])
    if mode == "lookup":
        k["prompt_lookup_num_tokens"] = rnd.choice([1, 3, 10])
        k["num_beams"] = 1
        k["use_cache"] = True
        if rnd.random() < 0.5:
            k["max_matching_ngram_size"] = rnd.choice([1, 2, 4])
    most = k.get("max_new_tokens", k.get("max_length", 0) - start)
    if k.get("min_new_tokens", 0) > most or k.get("min_length", 0) > most + start:
        return None  # a contradiction, which Sampo refuses
    return k


def mixed(model, count, seed, left, noise=3e-5, modes=tuple(MODES)):
    """`count` cases with settings at random. The end tokens are among those that the model likes, so that sequences do end."""
    rnd = random.Random(seed)
    made = []
    vocabulary = model.config.get_text_config().vocab_size
    while len(made) < count:
        mode = rnd.choice(modes)
        size = 1 if mode == "lookup" else rnd.choice([1, 1, 2, 3])
        prompts = [[rnd.randrange(3, vocabulary) for _ in range(rnd.choice([1, 2, 3, 5, 8]))] for _ in range(size)]
        pad = model.generation_config.pad_token_id
        other = rnd.choice([0, pad, 7]) if rnd.random() < 0.2 else None
        rows, mask = batch(prompts, pad if other is None else other, left)
        inputs = {"inputs": torch.tensor(rows), "attention_mask": torch.tensor(mask)}
        torch.manual_seed(rnd.randrange(1 << 30))
        with torch.no_grad():
            liked = model.generate(**inputs, do_sample=True, top_k=5, max_new_tokens=14, min_new_tokens=14, num_return_sequences=3, num_beams=1)
        popular = [t for row in liked.tolist() for t in row[(len(rows[0]) if left else 1):] if t != pad]
        kwargs = draw(rnd, mode, popular, len(rows[0]), left)
        if kwargs is None:
            continue
        if other is not None:
            kwargs["pad_token_id"] = other
        seed_of_case = rnd.randrange(1 << 40) if kwargs["do_sample"] else None
        result = run(model, inputs, kwargs, seed_of_case, noise)
        if result is None or isinstance(result, Exception):
            continue  # not stable, or the reference refuses it
        made.append(case(f"mixed_{mode}_{len(made)}", prompts, rows, mask, kwargs, seed_of_case, result))
    return made
