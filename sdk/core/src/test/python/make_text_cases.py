"""Small decoders that stand for kinds of exports, with the greedy ids that ONNX Runtime gives for each prompt alone.

    python make_text_cases.py sdk/core/src/test/resources/cases

window/keras   ids [batch, 8] of fixed length in float, padding on the left, scores of the next id [batch, vocabulary]; sampo.json maps the names
window/open    the same with an open length, stated by `window` of sampo.json, beside a tokenizer.json
genai/named    genai_config.json with a file name and templates of names, stop ids and settings there
gqa/f16        GroupQueryAttention with float16 caches
gqa/last       GroupQueryAttention, scores of the last column only
states/conv    `past_conv.0` and `present_conv.0` beside keys and values

onnx 1.22, onnxruntime 1.30, numpy 2.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper as nh

RNG = np.random.default_rng(7)
V, W, D = 12, 8, 16


def weight(name, *shape, scale=1.0, dtype=np.float32):
    return nh.from_array((RNG.standard_normal(shape) * scale).astype(dtype), name)


def save(folder, nodes, inputs, outputs, weights, opset=18, microsoft=False, file="model.onnx"):
    folder.mkdir(parents=True, exist_ok=True)
    opsets = [h.make_opsetid("", opset)] + ([h.make_opsetid("com.microsoft", 1)] if microsoft else [])
    model = h.make_model(h.make_graph(nodes, "g", inputs, outputs, weights), opset_imports=opsets, ir_version=10)
    onnx.save(model, folder / file)
    return ort.InferenceSession(str(folder / file), providers=["CPUExecutionProvider"])


def info(name, type_, *dims):
    return h.make_tensor_value_info(name, type_, list(dims))


def write(folder, name, value):
    (folder / name).write_text(json.dumps(value))


# ---- window models


def window(folder, fixed):
    ids_in = "embedding_1_input" if fixed else "input_ids"
    out = "dense_2" if fixed else "logits"
    length = W if fixed else "time"
    nodes = [
        h.make_node("Cast", [ids_in], ["i"], to=T.INT64),
        h.make_node("Gather", ["E", "i"], ["e"]),
        h.make_node("Mul", ["e", "place"], ["p"]),
        h.make_node("Tanh", ["p"], ["t"]),
        h.make_node("ReduceSum", ["t", "axis"], ["s"], keepdims=0),
        h.make_node("MatMul", ["s", "O"], [out]),
    ]
    weights = [
        weight("E", V, D),
        weight("place", W, D, scale=2),
        nh.from_array(np.array([1], np.int64), "axis"),
        weight("O", D, V),
    ]
    session = save(
        folder,
        nodes,
        [info(ids_in, T.FLOAT if fixed else T.INT64, "batch", length)],
        [info(out, T.FLOAT, "batch", V)],
        weights,
    )

    def greedy(prompt, count):
        context, made = [1] + list(prompt), []
        for _ in range(count):
            row = ([0] * W + context)[-W:]
            x = np.array([row], np.float32 if fixed else np.int64)
            best = int(session.run(None, {ids_in: x})[0][0].argmax())
            made.append(best)
            context.append(best)
        return made

    letters = ["<pad>", "<s>"] + list("abcdefghij")
    spec = {"spec": "rnn-lm", "name": folder.name, "cell": "none", "bos_token_id": 1, "pad_token_id": 0}
    graph = {"file": "model.onnx"}
    if fixed:
        graph["inputs"] = {"input_ids": ids_in}
        graph["outputs"] = {"logits": out}
        spec["vocab"] = letters
    else:
        spec["window"] = W
        tokens = {letter: i for i, letter in enumerate(letters)}
        write(folder, "tokenizer.json", {
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": False},
            "post_processor": None, "decoder": {"type": "Fuse"},
            "model": {"type": "WordLevel", "vocab": tokens, "unk_token": "<pad>"},
        })
    spec["graphs"] = {"model": graph}
    write(folder, "sampo.json", spec)
    prompts = ["abc", "jihgfedcbabcd", ""]
    write(folder, "want.json", {
        "texts": prompts,
        "max_new_tokens": 12,
        "ids": [greedy([letters.index(c) for c in p], 12) for p in prompts],
    })


# ---- decoders with a cache


def attention(folder, past="past_key_values.%d.%s", present="present.%d.%s", ids="input_ids", mask="attention_mask",
              logits="logits", file="model.onnx", half=False, last=False, conv=False, layers=(0,), greedy_stop=None):
    """Llama-like: embedding, GroupQueryAttention with rotary embedding, product with the vocabulary."""
    vocab, hidden, heads, kv, size, longest = 40, 32, 2, 1, 16, 64
    ftype, npf = (T.FLOAT16, np.float16) if half else (T.FLOAT, np.float32)
    angle = np.arange(longest)[:, None] / 10000 ** (np.arange(size // 2)[None] / (size // 2))
    weights = [
        weight("E", vocab, hidden, dtype=npf),
        nh.from_array(np.cos(angle).astype(npf), "cos"),
        nh.from_array(np.sin(angle).astype(npf), "sin"),
        nh.from_array(np.array([1], np.int64), "one"),
        nh.from_array(np.array(1, np.int64), "i1"),
        weight("lm", hidden, vocab, scale=0.4, dtype=npf),
    ]
    nodes = [
        h.make_node("Gather", ["E", ids], ["x0"]),
        h.make_node("ReduceSum", [mask, "one"], ["sum"], keepdims=0),
        h.make_node("Sub", ["sum", "one"], ["before"]),
        h.make_node("Cast", ["before"], ["seqlens"], to=T.INT32),
        h.make_node("Shape", [mask], ["maskshape"]),
        h.make_node("Gather", ["maskshape", "i1"], ["total64"]),
        h.make_node("Cast", ["total64"], ["total"], to=T.INT32),
    ]
    inputs = [info(ids, T.INT64, "batch_size", "sequence_length"), info(mask, T.INT64, "batch_size", "total_sequence_length")]
    outputs = [info(logits, T.FLOAT, "batch_size", 1 if last else "sequence_length", vocab)]
    x = "x0"
    caches = {}
    if conv:
        # A causal convolution over three ids: the two before are the state.
        weights.append(weight("conv_w", hidden, 1, 3, scale=0.6, dtype=npf))
        weights.append(nh.from_array(np.array([-2], np.int64), "minus2"))
        weights.append(nh.from_array(np.array([2 ** 31], np.int64), "end"))
        weights.append(nh.from_array(np.array([2], np.int64), "axis2"))
        nodes += [
            h.make_node("Transpose", ["x0"], ["xt"], perm=[0, 2, 1]),
            h.make_node("Concat", ["past_conv.0", "xt"], ["xc"], axis=2),
            h.make_node("Conv", ["xc", "conv_w"], ["cv"], group=hidden),
            h.make_node("Slice", ["xc", "minus2", "end", "axis2"], ["present_conv.0"]),
            h.make_node("Transpose", ["cv"], ["ct"], perm=[0, 2, 1]),
            h.make_node("Add", ["x0", "ct"], ["x1"]),
        ]
        inputs.append(info("past_conv.0", ftype, "batch_size", hidden, 2))
        outputs.append(info("present_conv.0", ftype, "batch_size", hidden, 2))
        caches["past_conv.0"] = ("present_conv.0", np.zeros((1, hidden, 2), npf))
        x = "x1"
    for layer in layers:
        for part, width in (("q", heads * size), ("k", kv * size), ("v", kv * size)):
            weights.append(weight(f"W{part}{layer}", hidden, width, scale=0.3, dtype=npf))
            nodes.append(h.make_node("MatMul", [x, f"W{part}{layer}"], [f"{part}{layer}"]))
        names = [past % (layer, "key"), past % (layer, "value"), present % (layer, "key"), present % (layer, "value")]
        nodes.append(h.make_node(
            "GroupQueryAttention",
            [f"q{layer}", f"k{layer}", f"v{layer}", names[0], names[1], "seqlens", "total", "cos", "sin"],
            [f"a{layer}", names[2], names[3]],
            domain="com.microsoft", num_heads=heads, kv_num_heads=kv, do_rotary=1))
        nodes.append(h.make_node("Add", [x, f"a{layer}"], [f"r{layer}"]))
        x = f"r{layer}"
        for i in (0, 1):
            inputs.append(info(names[i], ftype, "batch_size", kv, "past_sequence_length", size))
            outputs.append(info(names[i + 2], ftype, "batch_size", kv, "total_sequence_length", size))
            caches[names[i]] = (names[i + 2], np.zeros((1, kv, 0, size), npf))
    if last:
        weights.append(nh.from_array(np.array([-1], np.int64), "lastcol"))
        nodes.append(h.make_node("Gather", [x, "lastcol"], ["xl"], axis=1))
        x = "xl"
    nodes.append(h.make_node("MatMul", [x, "lm"], ["scores"]))
    nodes.append(h.make_node("Cast", ["scores"], [logits], to=T.FLOAT))
    session = save(folder, nodes, inputs, outputs, weights, microsoft=True, file=file)
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": vocab, "hidden_size": hidden,
              "num_attention_heads": heads, "num_key_value_heads": kv, "head_dim": size, "max_position_embeddings": longest}

    def greedy(prompt, count):
        made, feed, length = [], list(prompt), len(prompt)
        state = {name: first for name, (_, first) in caches.items()}
        smallest = 1e9
        for _ in range(count):
            inputs_ = {ids: np.array([feed], np.int64), mask: np.ones((1, length), np.int64), **state}
            names_ = [logits] + [out for out, _ in caches.values()]
            result = dict(zip(names_, session.run(names_, inputs_)))
            row = np.sort(result[logits][0, -1])
            smallest = min(smallest, float(row[-1] - row[-2]))
            best = int(result[logits][0, -1].argmax())
            made.append(best)
            if greedy_stop is not None and best in greedy_stop:
                break
            state = {name: result[out] for name, (out, _) in caches.items()}
            feed, length = [best], length + 1
        return made, smallest

    return config, greedy


def wanted(folder, greedy, prompts, count=12):
    results = [greedy(p, count) for p in prompts]
    write(folder, "want.json", {
        "prompts": prompts, "max_new_tokens": count, "ids": [r[0] for r in results],
        "smallest_gap": round(min(r[1] for r in results), 4),
    })


def main(root):
    window(root / "window" / "keras", True)
    window(root / "window" / "open", False)
    prompts = [[5, 6, 7, 8, 9, 10, 13], [11, 12], [20, 21, 22, 23]]
    for name, options in (("f16", {"half": True, "layers": (0, 1)}), ("last", {"last": True, "layers": (0, 1)})):
        folder = root / "gqa" / name
        config, greedy = attention(folder, **options)
        write(folder, "config.json", {**config, "eos_token_id": 1, "bos_token_id": 0})
        wanted(folder, greedy, prompts)
    folder = root / "states" / "conv"
    config, greedy = attention(folder, conv=True, layers=(1, 4))
    write(folder, "config.json", {**config, "eos_token_id": 1, "bos_token_id": 0})
    wanted(folder, greedy, prompts[:1] + [[2, 3, 4, 5, 6, 7, 8]])
    folder = root / "genai" / "named"
    # Two stop ids that the greedy texts run into, found by trying.
    state = RNG.bit_generator.state
    _, greedy = attention(folder, past="kv_past_%d_%s", present="kv_now_%d_%s", ids="tokens", mask="mask",
                          logits="scores_out", file="decoder_fp32.onnx", layers=(0, 1))
    free = [greedy(p, 12)[0] for p in prompts[:2]]
    stops = [free[0][4], free[1][6]]
    RNG.bit_generator.state = state
    config, greedy = attention(folder, past="kv_past_%d_%s", present="kv_now_%d_%s", ids="tokens", mask="mask",
                               logits="scores_out", file="decoder_fp32.onnx", layers=(0, 1), greedy_stop=stops)
    write(folder, "genai_config.json", {
        "model": {
            "type": "llama", "vocab_size": config["vocab_size"], "context_length": config["max_position_embeddings"],
            "bos_token_id": 0, "eos_token_id": stops, "pad_token_id": 0,
            "decoder": {
                "session_options": {"log_id": "onnxruntime-genai", "provider_options": []},
                "filename": "decoder_fp32.onnx", "head_size": 16, "hidden_size": 32, "num_attention_heads": 2,
                "num_hidden_layers": 2, "num_key_value_heads": 1,
                "inputs": {"input_ids": "tokens", "attention_mask": "mask", "past_key_names": "kv_past_%d_key",
                           "past_value_names": "kv_past_%d_value"},
                "outputs": {"logits": "scores_out", "present_key_names": "kv_now_%d_key",
                            "present_value_names": "kv_now_%d_value"},
            },
        },
        "search": {"diversity_penalty": 0.0, "do_sample": False, "early_stopping": True, "length_penalty": 1.0,
                   "max_length": 30, "min_length": 0, "no_repeat_ngram_size": 0, "num_beams": 1,
                   "num_return_sequences": 1, "past_present_share_buffer": True, "repetition_penalty": 1.0,
                   "temperature": 1.0, "top_k": 1, "top_p": 1.0},
    })
    results = [greedy(p, 30 - len(p)) for p in prompts[:2]]
    write(folder, "want.json", {"prompts": prompts[:2], "ids": [r[0] for r in results], "eos_token_id": stops,
                                "max_length": 30})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
