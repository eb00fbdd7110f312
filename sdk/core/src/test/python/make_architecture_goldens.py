"""Makes the goldens of further architectures: tiny models with random weights, laid out as Optimum does it, and what transformers gives for them.

    python make_architecture_goldens.py OUT [NAME ...]

writes OUT/NAME. Each folder shows what its graph is like:

    llama_fp16       weights, caches and logits in float16
    llama_keep       input num_logits_to_keep
    llama_last       scores of the last position only, [batch, vocabulary]
    llama_merged     decoder_model_merged.onnx with use_cache_branch
    llama_window     no past
    qwen2_vl         position_ids with three axes
    qwen3 phi neox gemma3 opt falcon    no position_ids in opt; one key/value head in falcon; sliding windows in gemma3
    marian mbart bart_fp16    merged decoder in mbart, weights, caches and scores in float16 in bart_fp16
    whisper          input_features, merged decoder
    whisper_long     sounds longer than the encoder's window; goes to ../longform

transformers 5, torch 2, onnx and onnxruntime are needed.
"""

import copy
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
import transformers as hf
from onnx import TensorProto, helper, numpy_helper
from transformers import GenerationConfig, GenerationMixin
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from text_goldens import Noise, batch, case, cases, export, mixed, rounded, run, score, spread, write_lines

torch.set_num_threads(1)
OUT = Path(sys.argv[1])
VOCABULARY = 96
LOWEST = torch.finfo(torch.float32).min


# ---- decoder-only

class Causal(torch.nn.Module):
    """Ids, mask, positions (or none), count of scores (or none) and blocks in; scores and blocks out."""

    def __init__(self, model, positions="ids", keep=False, last=False, past=True):
        super().__init__()
        self.model = model
        self.positions = positions
        self.keep = keep
        self.last = last
        self.past = past

    def forward(self, input_ids, attention_mask, *rest):
        rest = list(rest)
        positions = rest.pop(0) if self.positions != "none" else None
        keep = rest.pop(0) if self.keep else None
        cache = DynamicCache()
        for layer in range(len(rest) // 2):
            cache.update(rest[2 * layer], rest[2 * layer + 1], layer)
        n, total = input_ids.shape[1], attention_mask.shape[1]
        length = rest[0].shape[2] if rest else total - n
        if positions is None:
            positions = ((attention_mask.cumsum(1) - 1) * attention_mask)[:, length:]
        # The masks, spelled out: what the library builds cannot be traced.
        row = torch.arange(n).unsqueeze(1) + length
        column = torch.arange(total).unsqueeze(0)
        seen = (column <= row).unsqueeze(0) & attention_mask.bool().unsqueeze(1)
        mask = torch.where(seen.unsqueeze(1), 0.0, LOWEST)
        config = self.model.config.get_text_config()
        if "sliding_attention" in (getattr(config, "layer_types", None) or []):
            near = seen & (column > row - config.sliding_window).unsqueeze(0)
            mask = {"full_attention": mask, "sliding_attention": torch.where(near.unsqueeze(1), 0.0, LOWEST)}
        body = self.model.base_model
        body = getattr(body, "language_model", body)
        out = body(input_ids=input_ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True)
        hidden = out.last_hidden_state
        if keep is not None:
            hidden = hidden[:, n - keep:]
        logits = self.model.get_output_embeddings()(hidden)
        soft = getattr(config, "final_logit_softcapping", None)
        if soft:
            logits = torch.tanh(logits / soft) * soft
        if self.last:
            logits = logits[:, -1]
        blocks = [t for layer in out.past_key_values.layers for t in (layer.keys, layer.values)]
        return (logits, *blocks) if self.past else logits


def export_causal(model, path, heads, size, layers, **kind):
    wrapper = Causal(model, **kind)
    inputs, names = ["input_ids", "attention_mask"], [f"{i}.{k}" for i in range(layers) for k in ("key", "value")]
    rows = {0: "batch_size", 1: "sequence_length"}
    axes = {"input_ids": rows, "attention_mask": {0: "batch_size", 1: "total_sequence_length"}, "logits": {0: "batch_size"}}
    length = 3 if wrapper.past else 0
    args = [torch.randint(3, VOCABULARY, (2, 4)), torch.ones(2, length + 4, dtype=torch.long)]
    if wrapper.positions != "none":
        inputs.append("position_ids")
        args.append(torch.arange(length, length + 4).expand(3, 2, 4) if wrapper.positions == "three" else torch.arange(length, length + 4).expand(2, 4))
        axes["position_ids"] = {1: "batch_size", 2: "sequence_length"} if wrapper.positions == "three" else rows
    if wrapper.keep:
        inputs.append("num_logits_to_keep")
        args.append(torch.tensor(2))
    if not wrapper.last:
        axes["logits"] = {0: "batch_size", 1: "num_logits_to_keep" if wrapper.keep else "sequence_length"}
    outputs = ["logits"]
    if wrapper.past:
        inputs += ["past_key_values." + n for n in names]
        outputs += ["present." + n for n in names]
        args += [torch.randn(2, heads, length, size) for _ in names]
        for n in names:
            axes["past_key_values." + n] = {0: "batch_size", 2: "past_sequence_length"}
            axes["present." + n] = {0: "batch_size", 2: "total_sequence_length"}
    export(wrapper, tuple(args), path, inputs, outputs, axes)


COMMON = dict(vocab_size=VOCABULARY, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0,
              tie_word_embeddings=False, attn_implementation="eager")
PROMPTS = [[37, 22, 83, 50], [41, 70, 39, 8, 19, 66, 12], [90, 5]]
SETTINGS = [("greedy", {}, 1), ("greedy_batch3", {}, 3), ("greedy_no_cache", {"use_cache": False}, 3),
            ("beam3_return2", {"num_beams": 3, "num_return_sequences": 2}, 3), ("sample_batch3", {"do_sample": True, "top_k": 12, "temperature": 0.9}, 3),
            ("beam_sample", {"do_sample": True, "num_beams": 2, "top_k": 0, "top_p": 0.9}, 2),
            ("lookup", {"prompt_lookup_num_tokens": 3, "num_beams": 1, "use_cache": True}, 1)]


def llama_model(seed=31, **more):
    torch.manual_seed(seed)
    return spread(hf.LlamaForCausalLM(hf.LlamaConfig(**COMMON, hidden_size=16, intermediate_size=24, num_key_value_heads=1, head_dim=8, **more)), 7.0)


def finish(model, name, left=True, noise=3e-5, settings=SETTINGS, count=12, modes=None, forward_too=True, **generation):
    """Configurations, cases, forward passes and scores of a folder whose graphs are there."""
    folder = OUT / name
    model.config.save_pretrained(folder)
    model.generation_config = GenerationConfig(**{"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, **generation})
    model.generation_config.save_pretrained(folder)
    extra = {} if modes is None else {"modes": modes}
    made = cases(model, PROMPTS, settings, left, noise) + mixed(model, count, sum(map(ord, name)), left, noise, **extra)
    write_lines(folder / "cases.jsonl", made)
    forward, scoring = [], []
    start = model.generation_config.decoder_start_token_id
    for p in PROMPTS:
        ids = torch.tensor([p])
        if left:
            logits = model(input_ids=ids).logits[0]
            forward.append({"input_ids": [p], "last_logits": rounded(logits[-1], 5)})
            scoring.append(score(p[1:], logits[:-1], {"input_ids": p}))
        else:
            labels = [*p[1:], 2]
            decoder = [start, *labels[:-1]]
            logits = model(input_ids=ids, decoder_input_ids=torch.tensor([decoder])).logits[0]
            forward.append({"input_ids": [p], "decoder_input_ids": [decoder], "last_logits": rounded(logits[-1], 5)})
            scoring.append(score(labels, logits, {"input_ids": p, "decoder_input_ids": decoder, "labels": labels}))
    write_lines(folder / "forward.jsonl", forward)
    if forward_too:
        write_lines(folder / "scoring.jsonl", scoring)
    print(name, len(made), "cases")


def half(path):
    """A graph with float16 everywhere; the weights are float16 numbers already."""
    from onnxruntime.transformers.float16 import convert_float_to_float16
    onnx.save(convert_float_to_float16(onnx.load(path), keep_io_types=False, op_block_list=[]), path)


def half_weights(model):
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(p.half().float())
    return model


def make_llama_fp16():
    model = half_weights(llama_model())
    path = OUT / "llama_fp16/model_fp16.onnx"
    export_causal(model, path, 1, 8, 2)
    half(path)
    finish(model, "llama_fp16", noise=1e-2)


def make_llama_keep():
    model = llama_model(32)
    export_causal(model, OUT / "llama_keep/model.onnx", 1, 8, 2, keep=True)
    finish(model, "llama_keep")


def make_llama_last():
    model = llama_model(33)
    export_causal(model, OUT / "llama_last/model.onnx", 1, 8, 2, last=True)
    finish(model, "llama_last", settings=SETTINGS[:-1], modes=("greedy", "beam", "sample", "beam_sample"), forward_too=False)


def make_llama_merged():
    model = llama_model(34)
    folder = OUT / "llama_merged"
    export_causal(model, folder / "first.onnx", 1, 8, 2)  # run with an empty past it is the graph of the first step
    export_causal(model, folder / "later.onnx", 1, 8, 2)
    merge(folder / "first.onnx", folder / "later.onnx", folder / "decoder_model_merged.onnx", drop_past=True)
    finish(model, "llama_merged")


def make_llama_window():
    model = llama_model(35)
    export_causal(model, OUT / "llama_window/model.onnx", 1, 8, 2, past=False)
    finish(model, "llama_window")


def make_qwen2_vl():
    torch.manual_seed(36)
    text = {**COMMON, "hidden_size": 16, "intermediate_size": 24, "num_key_value_heads": 1,
            "rope_parameters": {"rope_type": "default", "rope_theta": 100.0, "mrope_section": [1, 1, 2]}}
    vision = dict(depth=1, embed_dim=8, hidden_size=16, num_heads=2, mlp_ratio=1)
    config = hf.Qwen2VLConfig(text_config=text, vision_config=vision, bos_token_id=1, eos_token_id=2, pad_token_id=0, image_token_id=94, video_token_id=95,
                              vision_start_token_id=93, vision_end_token_id=92, tie_word_embeddings=False, attn_implementation="eager")
    model = spread(hf.Qwen2VLForConditionalGeneration(config), 7.0)
    export_causal(model, OUT / "qwen2_vl/model.onnx", 1, 8, 2, positions="three")
    finish(model, "qwen2_vl", settings=SETTINGS[:-1], modes=("greedy", "beam", "sample", "beam_sample"), suppress_tokens=[92, 93, 94, 95])


def make_qwen3():
    torch.manual_seed(37)
    model = spread(hf.Qwen3ForCausalLM(hf.Qwen3Config(**COMMON, hidden_size=16, intermediate_size=24, num_key_value_heads=1, head_dim=12)), 7.0)
    export_causal(model, OUT / "qwen3/model.onnx", 1, 12, 2)
    finish(model, "qwen3")


def make_phi():
    torch.manual_seed(38)
    model = spread(hf.PhiForCausalLM(hf.PhiConfig(**COMMON, hidden_size=16, intermediate_size=24, num_key_value_heads=2, partial_rotary_factor=0.5)), 7.0)
    export_causal(model, OUT / "phi/model.onnx", 2, 8, 2)
    finish(model, "phi")


def make_neox():
    torch.manual_seed(39)
    model = spread(hf.GPTNeoXForCausalLM(hf.GPTNeoXConfig(**COMMON, hidden_size=16, intermediate_size=24, rotary_pct=0.5)), 7.0)
    export_causal(model, OUT / "neox/model.onnx", 2, 8, 2)
    finish(model, "neox")


def make_gemma3():
    torch.manual_seed(40)
    config = hf.Gemma3TextConfig(**COMMON, hidden_size=16, intermediate_size=24, num_key_value_heads=1, head_dim=8, sliding_window=6, query_pre_attn_scalar=8,
                                 layer_types=["sliding_attention", "full_attention"])
    model = spread(hf.Gemma3ForCausalLM(config), 7.0)
    export_causal(model, OUT / "gemma3/model.onnx", 1, 8, 2)
    finish(model, "gemma3", settings=SETTINGS[:-1], modes=("greedy", "beam", "sample", "beam_sample"))


def make_opt():
    torch.manual_seed(41)
    config = hf.OPTConfig(**{**COMMON, "tie_word_embeddings": True}, hidden_size=16, ffn_dim=24, word_embed_proj_dim=16)
    model = spread(hf.OPTForCausalLM(config), 7.0)
    export_causal(model, OUT / "opt/model.onnx", 2, 8, 2, positions="none")
    finish(model, "opt")


def make_falcon():
    torch.manual_seed(42)
    config = hf.FalconConfig(**COMMON, hidden_size=16, multi_query=True, new_decoder_architecture=False, parallel_attn=True, bias=False, alibi=False)
    model = spread(hf.FalconForCausalLM(config), 7.0)
    export_causal(model, OUT / "falcon/model.onnx", 1, 8, 2)
    finish(model, "falcon")


# ---- encoder-decoder

class Encoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.encoder = model.get_encoder()

    def forward(self, input_ids, attention_mask):
        n = input_ids.shape[1]
        mask = torch.where(attention_mask[:, None, None, :].bool(), 0.0, LOWEST).expand(-1, 1, n, n)
        return self.encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state


class AudioEncoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.encoder = model.get_encoder()

    def forward(self, input_features):
        return self.encoder(input_features).last_hidden_state


class Decoder(torch.nn.Module):
    def __init__(self, model, with_past, masked=True):
        super().__init__()
        self.model = model
        self.with_past = with_past
        self.masked = masked

    def forward(self, *inputs):
        inputs = list(inputs)
        source_mask = inputs.pop(0) if self.masked else None
        input_ids = inputs.pop(0)
        n = input_ids.shape[1]
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        if self.with_past:
            hidden = torch.zeros(input_ids.shape[0], 1, self.model.config.d_model)
            for layer in range(len(inputs) // 4):
                cache.self_attention_cache.update(inputs[4 * layer], inputs[4 * layer + 1], layer)
                cache.cross_attention_cache.update(inputs[4 * layer + 2], inputs[4 * layer + 3], layer)
                cache.is_updated[layer] = True
            past, source = inputs[0].shape[2], inputs[2].shape[2]
        else:
            hidden = inputs[0]
            past, source = 0, hidden.shape[1]
        cross = None
        if self.masked:
            cross = torch.where(source_mask[:, None, None, :].bool(), 0.0, LOWEST).expand(-1, 1, n, source)
        seen = torch.arange(past + n).unsqueeze(0) <= torch.arange(n).unsqueeze(1) + past
        causal = torch.where(seen, 0.0, LOWEST)[None, None].expand(input_ids.shape[0], 1, n, past + n)
        kind = {"encoder_attention_mask": cross} if self.masked else {"position_ids": torch.arange(n).unsqueeze(0) + past}
        out = self.model.get_decoder()(input_ids=input_ids, attention_mask=causal, encoder_hidden_states=hidden, past_key_values=cache, use_cache=True, **kind)
        hidden = out.last_hidden_state
        if getattr(self.model.config, "scale_decoder_outputs", False):
            hidden = hidden * self.model.model_dim ** -0.5
        logits = self.model.get_output_embeddings()(hidden)
        if hasattr(self.model, "final_logits_bias"):
            logits = logits + self.model.final_logits_bias
        flat = []
        for own, other in zip(cache.self_attention_cache.layers, cache.cross_attention_cache.layers):
            flat += [own.keys, own.values] + ([] if self.with_past else [other.keys, other.values])
        return (logits, *flat)


def export_decoders(model, folder, heads, size, layers, source, hidden, masked=True):
    own = [f"{i}.decoder.{k}" for i in range(layers) for k in ("key", "value")]
    names = [f"{i}.{side}.{k}" for i in range(layers) for side in ("decoder", "encoder") for k in ("key", "value")]
    ids, mask = torch.randint(3, VOCABULARY, (2, source)), torch.ones(2, source, dtype=torch.long)
    rows, target = {0: "batch_size", 1: "encoder_sequence_length"}, {0: "batch_size", 1: "decoder_sequence_length"}
    length = lambda name, grown: {0: "batch_size", 2: "encoder_sequence_length" if "encoder" in name else grown}
    before, first = (["encoder_attention_mask"], [mask]) if masked else ([], [])
    axes = {"encoder_attention_mask": rows, "input_ids": target, "logits": target}
    axes = axes if masked else {k: v for k, v in axes.items() if k != "encoder_attention_mask"}
    export(Decoder(model, False, masked), (*first, ids[:, :3], torch.randn(2, source, hidden)), folder / "decoder_model.onnx",
           [*before, "input_ids", "encoder_hidden_states"], ["logits", *["present." + n for n in names]],
           {**axes, "encoder_hidden_states": rows, **{"present." + n: length(n, "decoder_sequence_length") for n in names}})
    past = [torch.randn(2, heads, source if "encoder" in n else 4, size) for n in names]
    export(Decoder(model, True, masked), (*first, ids[:, :1], *past), folder / "decoder_with_past_model.onnx",
           [*before, "input_ids", *["past_key_values." + n for n in names]], ["logits", *["present." + n for n in own]],
           {**axes, **{"past_key_values." + n: length(n, "past_decoder_sequence_length") for n in names},
            **{"present." + n: length(n, "total_decoder_sequence_length") for n in own}})


def export_encoder(model, folder):
    rows = {0: "batch_size", 1: "encoder_sequence_length"}
    export(Encoder(model), (torch.randint(3, VOCABULARY, (2, 5)), torch.ones(2, 5, dtype=torch.long)), folder / "encoder_model.onnx",
           ["input_ids", "attention_mask"], ["last_hidden_state"], {"input_ids": rows, "attention_mask": rows, "last_hidden_state": rows})


def merge(first, later, path, drop_past=False):
    """One graph with both in the branches of an If on use_cache_branch, equal weights once, as Optimum merges decoders."""
    a, b = onnx.load(first), onnx.load(later)
    if drop_past:
        empty_past(a.graph)
    hoisted, same = [], {}

    def branch(graph, prefix, outputs):
        rename = {i.name: i.name for i in graph.input}
        for w in graph.initializer:
            key = (w.data_type, tuple(w.dims), numpy_helper.to_array(w).tobytes())
            if key not in same:
                same[key] = f"weight_{len(same)}"
                kept = onnx.TensorProto()
                kept.CopyFrom(w)
                kept.name = same[key]
                hoisted.append(kept)
            rename[w.name] = same[key]
        nodes = []
        for n in graph.node:
            node = onnx.NodeProto()
            node.CopyFrom(n)
            node.name = prefix + n.name if n.name else ""
            for names in (node.input, node.output):
                for i, name in enumerate(names):
                    names[i] = rename.get(name, prefix + name) if name else ""
            nodes.append(node)
        given = {o.name: o for o in graph.output}
        outs = []
        for o in outputs:
            if o.name in given:
                outs.append(helper.make_tensor_value_info(prefix + o.name, o.type.tensor_type.elem_type, None))
            else:
                shape = [d.dim_value for d in o.type.tensor_type.shape.dim]
                value = np.zeros([0, shape[1], 1, shape[3]], helper.tensor_dtype_to_np_dtype(o.type.tensor_type.elem_type))
                nodes.append(helper.make_node("Constant", [], [prefix + o.name], value=numpy_helper.from_array(value)))
                outs.append(helper.make_tensor_value_info(prefix + o.name, o.type.tensor_type.elem_type, None))
        return helper.make_graph(nodes, prefix.rstrip("/"), [], outs)

    outputs = list(a.graph.output)
    then, other = branch(b.graph, "later/", outputs), branch(a.graph, "first/", outputs)
    inputs = {i.name: i for g in (a.graph, b.graph) for i in g.input}
    inputs["use_cache_branch"] = helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1])
    for o in outputs:  # the lengths of both branches
        for i, d in enumerate(o.type.tensor_type.shape.dim):
            if d.dim_param and i > 0:
                d.dim_param = f"{d.dim_param}_or_0"
    node = helper.make_node("If", ["use_cache_branch"], [o.name for o in outputs], then_branch=then, else_branch=other)
    graph = helper.make_graph([node], "merged", list(inputs.values()), outputs, hoisted)
    onnx.save(helper.make_model(graph, opset_imports=a.opset_import, ir_version=a.ir_version), path)
    first.unlink()
    later.unlink()


def empty_past(graph):
    """Replaces the past inputs of a graph by constants of length 0, so that it is one for the first step; the rows come from input_ids."""
    graph.node.insert(0, helper.make_node("Shape", ["input_ids"], ["rows_"], start=0, end=1))
    for i in [i for i in graph.input if i.name.startswith("past_key_values.")]:
        shape = [d.dim_value for d in i.type.tensor_type.shape.dim]
        rest = numpy_helper.from_array(np.array([shape[1], 0, shape[3]], np.int64), i.name + "_rest")
        graph.initializer.append(rest)
        graph.node.insert(1, helper.make_node("ConstantOfShape", [i.name + "_shape"], [i.name]))
        graph.node.insert(1, helper.make_node("Concat", ["rows_", i.name + "_rest"], [i.name + "_shape"], axis=0))
        graph.input.remove(i)


def make_marian():
    torch.manual_seed(51)
    config = hf.MarianConfig(vocab_size=VOCABULARY, d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2,
                             encoder_ffn_dim=24, decoder_ffn_dim=24, max_position_embeddings=48, pad_token_id=0, eos_token_id=2, decoder_start_token_id=0,
                             attn_implementation="eager")
    model = spread(hf.MarianMTModel(config), 9.0)
    model.final_logits_bias = torch.randn(1, VOCABULARY)
    folder = OUT / "marian"
    export_encoder(model, folder)
    export_decoders(model, folder, 2, 8, 2, 5, 16)
    finish(model, "marian", left=False, decoder_start_token_id=0, bad_words_ids=[[0]], num_beams=4, max_length=512, forced_eos_token_id=2)


def make_mbart():
    torch.manual_seed(52)
    config = hf.MBartConfig(vocab_size=VOCABULARY, d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2,
                            encoder_ffn_dim=24, decoder_ffn_dim=24, max_position_embeddings=48, pad_token_id=0, eos_token_id=2, bos_token_id=1,
                            decoder_start_token_id=2, scale_embedding=True, attn_implementation="eager")
    model = spread(hf.MBartForConditionalGeneration(config), 9.0)
    folder = OUT / "mbart"
    export_encoder(model, folder)
    export_decoders(model, folder, 2, 8, 2, 5, 16)
    merge(folder / "decoder_model.onnx", folder / "decoder_with_past_model.onnx", folder / "decoder_model_merged.onnx")
    finish(model, "mbart", left=False, decoder_start_token_id=2, forced_bos_token_id=90, forced_eos_token_id=2, num_beams=5, early_stopping=True)


def make_bart_fp16():
    torch.manual_seed(53)
    config = hf.BartConfig(vocab_size=VOCABULARY, d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2,
                           encoder_ffn_dim=24, decoder_ffn_dim=24, max_position_embeddings=48, pad_token_id=0, bos_token_id=1, eos_token_id=2,
                           decoder_start_token_id=2, attn_implementation="eager")
    model = half_weights(spread(hf.BartForConditionalGeneration(config), 9.0))
    folder = OUT / "bart_fp16"
    export_encoder(model, folder)
    export_decoders(model, folder, 2, 8, 2, 5, 16)
    for path in list(folder.glob("*.onnx")):
        half(path)
        path.rename(path.with_name(path.stem + "_fp16.onnx"))
    finish(model, "bart_fp16", left=False, noise=1e-2, decoder_start_token_id=2, forced_bos_token_id=1)


def make_whisper():
    torch.manual_seed(54)
    config = hf.WhisperConfig(vocab_size=VOCABULARY, num_mel_bins=8, d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2,
                              decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=24, max_source_positions=20, max_target_positions=40,
                              pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=3, suppress_tokens=None, begin_suppress_tokens=None,
                              attn_implementation="eager")
    model = spread(hf.WhisperForConditionalGeneration(config), 9.0)
    folder = OUT / "whisper"
    export(AudioEncoder(model), (torch.randn(2, 8, 40),), folder / "encoder_model.onnx", ["input_features"], ["last_hidden_state"],
           {"input_features": {0: "batch_size"}, "last_hidden_state": {0: "batch_size"}})
    export_decoders(model, folder, 2, 8, 2, 20, 16, masked=False)
    merge(folder / "decoder_model.onnx", folder / "decoder_with_past_model.onnx", folder / "decoder_model_merged.onnx")
    config.save_pretrained(folder)
    # 3 is the start, 4 and 5 are languages, 6 and 7 tasks, 8 stands for no timestamps, those from 9 to 29 are timestamps.
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=0, decoder_start_token_id=3, max_length=40,
                                               suppress_tokens=[40, 41, 5], begin_suppress_tokens=[60, 2])
    for name, value in {"no_timestamps_token_id": 8, "is_multilingual": True, "lang_to_id": {"<|en|>": 4, "<|de|>": 5},
                        "task_to_id": {"transcribe": 6, "translate": 7}, "max_initial_timestamp_index": 10}.items():
        setattr(model.generation_config, name, value)
    model.generation_config.save_pretrained(folder)
    features = torch.randn(2, 8, 40)
    lines = []
    for name, kwargs, seed in [("greedy", {}, None), ("beam3", {"num_beams": 3, "num_return_sequences": 2}, None),
                               ("sample", {"do_sample": True, "top_k": 20}, 7), ("beam_sample", {"do_sample": True, "num_beams": 2, "top_k": 9}, 8)]:
        kwargs = {"max_new_tokens": 16, **kwargs}
        for prefix in ([3], [3, 4, 6, 8]):
            inputs = {"inputs": features, "decoder_input_ids": torch.tensor([prefix, prefix])}
            plain = _Plain(model)
            result = run(plain, inputs, kwargs, seed)
            made = case(f"{name}_{len(prefix)}", None, None, None, kwargs, seed, result)
            lines.append({**made, "input_features": rounded(features), "decoder_input_ids": prefix})
    for name, kwargs, seed in [("timestamps", {}, None), ("timestamps_beam", {"num_beams": 3}, None), ("timestamps_sample", {"do_sample": True, "top_k": 20}, 9)]:
        kwargs = {"max_new_tokens": 16, **kwargs}
        processor = hf.WhisperTimeStampLogitsProcessor(model.generation_config, begin_index=3)
        inputs = {"inputs": features, "decoder_input_ids": torch.tensor([[3, 4, 7]] * 2)}
        result = run(_Plain(model, processor), inputs, kwargs, seed)
        made = case(name, None, None, None, {**kwargs, "return_timestamps": True}, seed, result)
        lines.append({**made, "input_features": rounded(features), "decoder_input_ids": [3, 4, 7]})
    write_lines(folder / "features.jsonl", lines)
    print("whisper", len(lines), "cases")


def sound(seconds):
    """Tones whose pitch and loudness wander, in double precision and rounded to float32; see longform/README.md."""
    i = np.arange(int(seconds * 16000), dtype=np.float64)
    loud = 0.4 * np.abs(np.sin(i / 70000))
    return (loud * np.sin(2 * np.pi * (200 + 150 * np.sin(i / 50000)) * i / 16000) + 0.05 * np.sin(2 * np.pi * 3100 * i / 16000)).astype(np.float32)


LOGPROB, COMPRESSION, SILENCE = "logprob", "compression", "silence"  # the medians over the windows of a first run
LONG_FORM = [
    ("greedy", {}, {}, None),
    ("language", {"language": "de", "task": "translate"}, {}, None),
    ("beams", {"num_beams": 3}, {}, None),
    ("conditioned", {"max_new_tokens": 9}, {"condition_on_prev_tokens": True}, None),
    ("conditioned_max_length", {}, {"condition_on_prev_tokens": True}, None),
    ("one_temperature", {}, {"temperature": 0.7}, 5),
    ("fallback_logprob", {"max_new_tokens": 12}, {"temperature": [0.0, 0.4, 0.8], "logprob_threshold": LOGPROB}, 6),
    ("fallback_compression", {"max_new_tokens": 20}, {"temperature": [0.0, 0.5, 1.0], "compression_ratio_threshold": COMPRESSION}, 7),
    ("no_speech", {}, {"temperature": [0.0, 0.6], "logprob_threshold": LOGPROB, "no_speech_threshold": SILENCE}, 8),
    ("all", {"max_new_tokens": 12}, {"temperature": [0.0, 0.2, 0.6], "logprob_threshold": LOGPROB, "compression_ratio_threshold": COMPRESSION,
                                    "no_speech_threshold": SILENCE, "condition_on_prev_tokens": True}, 9),
    ("beams_fallback", {"max_new_tokens": 12, "num_beams": 2}, {"temperature": [0.0, 0.6], "logprob_threshold": LOGPROB}, 10),
    ("prompt", {"max_new_tokens": 12}, {"prompt_ids": [46, 7, 21]}, None),
    ("prompt_conditioned", {"max_new_tokens": 7}, {"prompt_ids": [46, 7, 21], "condition_on_prev_tokens": True}, None),
    ("prompt_for_all", {"max_new_tokens": 7}, {"prompt_ids": [46, 7, 21], "prompt_condition_type": "all-segments", "condition_on_prev_tokens": True}, None),
    ("prompt_no_speech", {"max_new_tokens": 7}, {"prompt_ids": [46, 30], "temperature": [0.0, 0.6], "logprob_threshold": LOGPROB, "no_speech_threshold": SILENCE}, 11),
]


def make_whisper_long():
    make_long_form("second", 50, 1, [6.43, 0.71], 61, 9.0)
    make_long_form("half_minute", 1500, 30, [65.0], 62, 9.0)


def make_long_form(name, positions, seconds, lengths, seed, scale):
    torch.manual_seed(seed)
    times = positions + 1
    # 0 to 39 are texts, then end, start, en, de, transcribe, translate, the start of what came before, no speech, no timestamps; then the times.
    config = hf.WhisperConfig(vocab_size=49 + times, num_mel_bins=8, d_model=8, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
                              decoder_attention_heads=2, encoder_ffn_dim=8, decoder_ffn_dim=8, max_source_positions=positions, max_target_positions=40,
                              pad_token_id=40, bos_token_id=40, eos_token_id=40, decoder_start_token_id=41, suppress_tokens=None, begin_suppress_tokens=None,
                              attn_implementation="eager")
    model = spread(hf.WhisperForConditionalGeneration(config), scale)
    with torch.no_grad():
        # So that what is written depends on what is heard.
        model.model.decoder.embed_positions.weight.mul_(2)
        model.model.encoder.embed_positions.weight.mul_(0.05)
        model.model.encoder.conv1.weight.mul_(3)
        model.model.decoder.layers[0].encoder_attn.q_proj.weight.mul_(10)
        model.model.decoder.layers[0].encoder_attn.out_proj.weight.mul_(20)
    folder = OUT.parent / "longform" / name
    export(AudioEncoder(model), (torch.randn(2, 8, 2 * positions),), folder / "encoder_model.onnx", ["input_features"], ["last_hidden_state"],
           {"input_features": {0: "batch_size"}, "last_hidden_state": {0: "batch_size"}})
    export_decoders(model, folder, 2, 4, 1, positions, 8, masked=False)
    merge(folder / "decoder_model.onnx", folder / "decoder_with_past_model.onnx", folder / "decoder_model_merged.onnx")
    config.save_pretrained(folder)
    model.generation_config = GenerationConfig(bos_token_id=40, eos_token_id=40, pad_token_id=40, decoder_start_token_id=41, max_length=30,
                                               suppress_tokens=[41, 42, 43, 44, 45, 46, 47], begin_suppress_tokens=[3, 40])
    for key, value in {"no_timestamps_token_id": 48, "is_multilingual": True, "lang_to_id": {"<|en|>": 42, "<|de|>": 43}, "prev_sot_token_id": 46,
                       "task_to_id": {"transcribe": 44, "translate": 45}, "max_initial_timestamp_index": positions // 10}.items():
        setattr(model.generation_config, key, value)
    model.generation_config.save_pretrained(folder)
    extractor = hf.WhisperFeatureExtractor(feature_size=8, chunk_length=seconds)
    extractor.save_pretrained(folder)
    lines, medians = [], None
    for length in lengths:
        features = extractor(sound(length), sampling_rate=16000, truncation=False, padding="longest" if length > seconds else "max_length",
                             return_tensors="pt").input_features
        medians = medians or middle(model, features)
        for case_name, kwargs, options, case_seed in LONG_FORM:
            options = {key: medians.get(value, value) if isinstance(value, str) else value for key, value in options.items()}
            if length < seconds:
                kwargs = {**kwargs, "return_timestamps": True}
            if "prompt_ids" in options and name != "second":
                continue
            results = [long_form(model, features, kwargs, options, case_seed, noise) for noise in (None, 1, 2)]
            segments = [[s["tokens"].tolist() for s in r["segments"][0]] for r in results]
            if segments[1:] != segments[:1] * 2:
                print("left out, not stable:", name, length, case_name)
                continue
            lines.append({"id": f"{case_name}_{length}", "seconds": length, "kwargs": kwargs, "options": options, "seed": case_seed,
                          "frames": features.shape[-1], "sequence": results[0]["sequences"][0].tolist(),
                          "segments": [{"start": float(s["start"]), "end": float(s["end"]), "tokens": s["tokens"].tolist()}
                                       for s in results[0]["segments"][0]]})
    write_lines(folder / "longform.jsonl", lines)


def middle(model, features):
    """The medians of what thresholds are compared with, so that some windows are above and some below."""
    seen = {"logprob": [], "compression": [], "silence": []}
    plain = model._need_fallback

    def spy(sequence, outputs, index, processors, config, size, temperature):
        detector = [p for p in processors if type(p).__name__ == "WhisperNoSpeechDetection"][0]
        seen["logprob"].append(float(model._retrieve_avg_logprobs(outputs[index]["scores"], sequence, temperature)))
        seen["compression"].append(model._retrieve_compression_ratio(sequence, size))
        seen["silence"].append(float(detector.no_speech_prob[index]))
        return False, False

    model._need_fallback = spy
    model.generate(features, temperature=0.0, logprob_threshold=-1e9, compression_ratio_threshold=1e9, no_speech_threshold=1.0, max_new_tokens=12)
    model._need_fallback = plain
    print({key: [min(values), max(values)] for key, values in seen.items()})
    return {key: float(f"{np.median(values) + 1e-9:.3g}") for key, values in seen.items()}


def long_form(model, features, kwargs, options, seed, noise):
    if seed is not None:
        torch.manual_seed(seed)
    own = {}
    if "prompt_ids" in options:
        options = {**options, "prompt_ids": torch.tensor(options["prompt_ids"])}
    if noise is not None:
        features = features + 1e-5 * torch.randn(features.shape, generator=torch.Generator().manual_seed(noise))
        own = {"logits_processor": [Noise(noise, 3e-5)]}
    with torch.no_grad():
        return model.generate(features, return_segments=True, **copy.deepcopy(kwargs), **options, **own)


class _Plain:
    """generate() of the mixin, without what Whisper's own adds around it (languages, 30-second windows)."""

    def __init__(self, model, processor=None):
        self.model = model
        self.processor = processor

    def generate(self, logits_processor=None, **kwargs):
        own = [self.processor] if self.processor is not None else []
        return GenerationMixin.generate(self.model, logits_processor=hf.LogitsProcessorList([*(logits_processor or []), *own]), **kwargs)


for make in [value for key, value in list(globals().items()) if key.startswith("make_")]:
    if len(sys.argv) < 3 or make.__name__[5:] in sys.argv[2:]:
        make()
