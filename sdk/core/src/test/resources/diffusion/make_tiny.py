"""Writes the tiny diffusion models beside this file: graphs of a few operations, whose answers can be worked out by hand.

    python make_tiny.py

Each network answers with a number a sample, the same at every position: a weighted sum of means of its inputs. So a test knows what
the inputs were from what comes out. Needs onnx and numpy.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

HERE = Path(__file__).parent
F, I = T.FLOAT, T.INT64


class Builder:
    def __init__(self, float_type=F):
        self.nodes, self.inits, self.inputs, self.count, self.type = [], [], [], 0, float_type

    def input(self, name, kind, shape):
        self.inputs.append(h.make_tensor_value_info(name, kind, shape))
        return name

    def const(self, value, dtype):
        self.count += 1
        self.inits.append(numpy_helper.from_array(np.array(value, dtype=dtype), f"c{self.count}"))
        return f"c{self.count}"

    def op(self, kind, *inputs, name=None, **attributes):
        self.count += 1
        out = name or f"t{self.count}"
        self.nodes.append(h.make_node(kind, list(inputs), [out], **attributes))
        return out

    def real(self, value):
        return self.const(value, np.float16 if self.type == T.FLOAT16 else np.float32)

    def mean(self, x, rank, weight):
        """[batch, ...] to [batch, 1, 1, 1] (or as many ones as asked for), times a weight."""
        flat = self.op("Flatten", x, axis=1)
        m = self.op("ReduceMean", flat, axes=[1], keepdims=1)
        shape = self.const([-1] + [1] * (rank - 1), np.int64)
        return self.op("Mul", self.op("Reshape", m, shape), self.real(weight))

    def save(self, path, outputs):
        path.parent.mkdir(parents=True, exist_ok=True)
        graph = h.make_graph(self.nodes, path.parent.name, self.inputs,
                             [h.make_tensor_value_info(n, k, s) for n, k, s in outputs], self.inits)
        model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, path)


def spread(b, like, value, name):
    """The value of each sample at all its positions."""
    zero = b.op("Mul", like, b.real(0))
    return b.op("Add", zero, value, name=name)


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")


def text_encoder(folder, index, weight, t5=False):
    """hidden_states.1 is weight * id, text_embeds (or pooler_output) ten times the mean of it."""
    b = Builder()
    ids = b.input("input_ids", I, ["batch", "sequence_length"])
    x = b.op("Mul", b.op("Cast", ids, to=F), b.real(weight))
    axes = b.const([2], np.int64)
    hidden = b.op("Unsqueeze", x, axes)
    two = b.op("Concat", hidden, hidden, axis=2, name="hidden_states.1" if not t5 else "last_hidden_state")
    outputs = [(two, F, ["batch", "sequence_length", 2])]
    if not t5:
        b.op("Identity", two, name="hidden_states.0")
        b.op("Mul", two, b.real(-1), name="hidden_states.2")
        b.op("Mul", two, b.real(-1), name="last_hidden_state")
        b.op("Mul", b.op("ReduceMean", two, axes=[1], keepdims=0), b.real(10), name="pooled")
        b.op("Identity", "pooled", name="text_embeds")
        b.op("Identity", "pooled", name="pooler_output")
        outputs += [(n, F, ["batch", "sequence_length", 2]) for n in ("hidden_states.0", "hidden_states.2", "last_hidden_state")]
        outputs += [("text_embeds", F, ["batch", 2]), ("pooler_output", F, ["batch", 2])]
    suffix = "" if index == 1 else f"_{index}"
    b.save(folder / f"text_encoder{suffix}" / "model.onnx", outputs)
    write(folder / f"text_encoder{suffix}" / "config.json",
          {"model_type": "t5" if t5 else "clip_text_model", "max_position_embeddings": 8})
    # A tokenizer of words: a = 1, b = 2, c = 3, unknown = 4, padding = 0.
    write(folder / f"tokenizer{suffix}" / "tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": {"[PAD]": 0, "a": 1, "b": 2, "c": 3, "[UNK]": 4}, "unk_token": "[UNK]"}})
    write(folder / f"tokenizer{suffix}" / "tokenizer_config.json", {"pad_token": "[PAD]", "model_max_length": 8})


def vae(folder, channels, shift=0.0):
    """Decoding repeats the first channel in colours and doubles the size; encoding takes every second pixel, with no spread."""
    b = Builder()
    z = b.input("latent_sample", F, ["batch", channels, "height", "width"])
    one = b.op("Slice", z, b.const([0], np.int64), b.const([1], np.int64), b.const([1], np.int64))
    rgb = b.op("Concat", one, one, one, axis=1)
    b.op("Resize", rgb, "", b.const([1, 1, 2, 2], np.float32), name="sample", mode="nearest",
         nearest_mode="floor", coordinate_transformation_mode="asymmetric")
    b.save(folder / "vae_decoder" / "model.onnx", [("sample", F, ["batch", 3, "image_height", "image_width"])])
    b = Builder()
    x = b.input("sample", F, ["batch", 3, "height", "width"])
    half = b.op("Slice", x, b.const([0, 0], np.int64), b.const([1 << 30, 1 << 30], np.int64), b.const([2, 3], np.int64),
                b.const([2, 2], np.int64))
    red = b.op("Slice", half, b.const([0], np.int64), b.const([1], np.int64), b.const([1], np.int64))
    mean = b.op("Concat", *[red] * channels, axis=1)
    low = b.op("Add", b.op("Mul", mean, b.real(0)), b.real(-30))
    b.op("Concat", mean, low, axis=1, name="latent_parameters")
    b.save(folder / "vae_encoder" / "model.onnx",
           [("latent_parameters", F, ["batch", 2 * channels, "latent_height", "latent_width"])])
    for part in ("vae_decoder", "vae_encoder"):
        write(folder / part / "config.json",
              {"block_out_channels": [4, 4], "latent_channels": channels, "scaling_factor": 0.5, "shift_factor": shift})


def scheduler(folder, config):
    write(folder / "scheduler" / "scheduler_config.json", config)


DDIM_SAMPLE = {"_class_name": "DDIMScheduler", "prediction_type": "sample", "clip_sample": False, "set_alpha_to_one": True}
FLOW = {"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 1.0}


def unet(folder, name, channels, extra=None, config=None, kind=F, text=True, residuals=0):
    b = Builder(kind)
    x = b.input("sample", kind, ["batch", channels, "height", "width"])
    t = b.input("timestep", I, ["batch"])
    total = b.op("Mul", b.op("Reshape", b.op("Cast", t, to=kind), b.const([-1, 1, 1, 1], np.int64)), b.real(0))
    if text:
        total = b.op("Add", total, b.mean(b.input("encoder_hidden_states", kind, ["batch", "text_length", 2 if name != "tiny_xl" else 4]), 4, 1))
    if extra == "xl":
        total = b.op("Add", total, b.mean(b.input("text_embeds", F, ["batch", 2]), 4, 1))
        ids = b.input("time_ids", F, ["batch", 6])
        weights = b.const([1e-3, 1e-2, 1, 1, 1e-4, 1e-5], np.float32)
        weighted = b.op("ReduceSum", b.op("Mul", ids, weights), b.const([1], np.int64), keepdims=1)
        total = b.op("Add", total, b.op("Reshape", weighted, b.const([-1, 1, 1, 1], np.int64)))
    latent = x
    if channels == 9:
        latent = b.op("Slice", x, b.const([0], np.int64), b.const([4], np.int64), b.const([1], np.int64))
        mask = b.op("Slice", x, b.const([4], np.int64), b.const([5], np.int64), b.const([1], np.int64))
        masked = b.op("Slice", x, b.const([5], np.int64), b.const([9], np.int64), b.const([1], np.int64))
        total = b.op("Add", total, b.op("Add", b.op("Mul", mask, b.real(100)), masked))
    for k in range(residuals):
        r = b.input(f"down_block_additional_residual.{k}", F, ["batch", 1, "height", "width"])
        total = b.op("Add", total, b.op("Mul", r, b.real(10.0 ** k)))
    if residuals:
        total = b.op("Add", total, b.op("Mul", b.input("mid_block_additional_residual", F, ["batch", 1, "height", "width"]), b.real(100)))
    out = 4 if channels == 9 else channels
    spread(b, latent, total, "out_sample")
    b.save(folder / "unet" / "model.onnx", [("out_sample", kind, ["batch", out, "height", "width"])])
    write(folder / "unet" / "config.json", {"in_channels": channels, "out_channels": out, "sample_size": 4, **(config or {})})


def transformer(folder, packed):
    b = Builder()
    if packed:
        x = b.input("hidden_states", F, ["batch", "patches", 16])
    else:
        x = b.input("hidden_states", F, ["batch", 4, "height", "width"])
    rank = 3 if packed else 4
    shape = b.const([-1] + [1] * (rank - 1), np.int64)
    t = b.input("timestep", F, ["batch"])
    total = b.op("Mul", b.op("Reshape", t, shape), b.real(0))
    total = b.op("Add", total, b.mean(b.input("encoder_hidden_states", F, ["batch", "text_length", 2 if packed else 6]), rank, 1))
    total = b.op("Add", total, b.mean(b.input("pooled_projections", F, ["batch", 2 if packed else 4]), rank, 1))
    if packed:
        total = b.op("Add", total, b.op("Reshape", b.op("Mul", b.input("guidance", F, ["batch"]), b.real(100)), shape))
        img = b.input("img_ids", F, ["patches", 3])
        b.input("txt_ids", F, ["text_length", 3])
        # Each patch's row and column, so that packing and places can be checked against each other.
        place = b.op("ReduceSum", b.op("Mul", img, b.const([0, 1000, 10000], np.float32)), b.const([1], np.int64), keepdims=1)
        total = b.op("Add", total, b.op("Unsqueeze", place, b.const([0], np.int64)))
    spread(b, x, total, "out_hidden_states")
    b.save(folder / "transformer" / "model.onnx",
           [("out_hidden_states", F, ["batch", "patches", 16] if packed else ["batch", 4, "height", "width"])])
    write(folder / "transformer" / "config.json",
          {"in_channels": 16 if packed else 4, "sample_size": 4, "joint_attention_dim": 6})


def control(folder):
    """A ControlNet of one down block and the middle one: the mean of its condition, and of the features."""
    b = Builder()
    x = b.input("sample", F, ["batch", 4, "height", "width"])
    b.input("timestep", I, ["batch"])
    features = b.input("encoder_hidden_states", F, ["batch", "text_length", 2])
    cond = b.input("controlnet_cond", F, ["batch", 3, "image_height", "image_width"])
    scale = b.input("conditioning_scale", F, [1])
    one = b.op("Slice", x, b.const([0], np.int64), b.const([1], np.int64), b.const([1], np.int64))
    spread(b, one, b.op("Mul", b.mean(cond, 4, 1), scale), "down_block_res_samples.0")
    spread(b, one, b.mean(features, 4, 1), "mid_block_res_sample")
    b.save(folder / "controlnet" / "model.onnx", [(n, F, ["batch", 1, "height", "width"])
                                                 for n in ("down_block_res_samples.0", "mid_block_res_sample")])


def main():
    for name, channels in (("tiny_inpaint", 9), ("tiny_control", 4)):
        folder = HERE / name
        unet(folder, name, channels, residuals=1 if name == "tiny_control" else 0)
        text_encoder(folder, 1, 1.0)
        vae(folder, 4)
        scheduler(folder, DDIM_SAMPLE)
        write(folder / "model_index.json", {"_class_name": "StableDiffusionPipeline"})
    control(HERE / "tiny_control")

    xl = HERE / "tiny_xl"
    unet(xl, "tiny_xl", 4, extra="xl")
    text_encoder(xl, 1, 1.0)
    text_encoder(xl, 2, 3.0)
    vae(xl, 4)
    scheduler(xl, DDIM_SAMPLE)
    write(xl / "model_index.json", {"_class_name": "StableDiffusionXLPipeline", "force_zeros_for_empty_prompt": True})

    three = HERE / "tiny_sd3"
    transformer(three, False)
    text_encoder(three, 1, 1.0)
    text_encoder(three, 2, 3.0)
    vae(three, 4, shift=0.25)
    scheduler(three, FLOW)
    write(three / "model_index.json", {"_class_name": "StableDiffusion3Pipeline"})

    flux = HERE / "tiny_flux"
    transformer(flux, True)
    text_encoder(flux, 1, 1.0)
    text_encoder(flux, 2, 2.0, t5=True)
    vae(flux, 4)
    scheduler(flux, {**FLOW, "use_dynamic_shifting": True})
    write(flux / "model_index.json", {"_class_name": "FluxPipeline"})

    half = HERE / "tiny_fp16"
    b = Builder(T.FLOAT16)
    x = b.input("sample", T.FLOAT16, ["batch", 1, "height", "width"])
    t = b.input("timestep", T.FLOAT16, [])
    labels = b.input("class_labels", I, ["batch"])
    c = b.op("Reshape", b.op("Cast", labels, to=T.FLOAT16), b.const([-1, 1, 1, 1], np.int64))
    total = b.op("Add", b.op("Mul", c, b.real(0.125)), b.op("Mul", t, b.real(0)))
    spread(b, x, total, "out_sample")
    b.save(half / "unet" / "model.onnx", [("out_sample", T.FLOAT16, ["batch", 1, "height", "width"])])
    write(half / "unet" / "config.json", {"in_channels": 1, "out_channels": 1, "sample_size": 4, "num_class_embeds": 5})
    write(half / "sampo-card.json", {
        "name": "tiny_fp16", "class_conditioning": {"input": "class_labels", "null_class": 4, "num_classes": 4, "classes": ["n", "e", "s", "w"]},
        "defaults": {"num_inference_steps": 2, "guidance_scale": 1.0},
        "card": {"family": "diffusion", "makes": "numbers", "licence": "Apache-2.0", "parameters": 0, "quality": {}}})
    scheduler(half, DDIM_SAMPLE)
    write(half / "model_index.json", {"_class_name": "DDIMPipeline"})


if __name__ == "__main__":
    main()
