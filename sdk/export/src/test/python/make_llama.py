"""Writes a Llama of 125 million parameters with random weights twice: as safetensors with config.json, and as a GGUF file in Q4_0 for llama.cpp.

Usage: make_llama.py FOLDER     (FOLDER/weights and FOLDER/llama-q4_0.gguf)
"""

import json
import pathlib
import sys

import gguf
import numpy as np
from safetensors.numpy import save_file

LAYERS, WIDTH, HEADS, KV_HEADS, INNER, VOCABULARY, POSITIONS = 12, 768, 12, 4, 2048, 32000, 4096
SIZE = WIDTH // HEADS


def weights():
    rng = np.random.default_rng(0)

    def matrix(rows, columns):
        return (rng.standard_normal((rows, columns), dtype=np.float32) * 0.05).astype(np.float32)

    made = {"model.embed_tokens.weight": matrix(VOCABULARY, WIDTH), "lm_head.weight": matrix(VOCABULARY, WIDTH), "model.norm.weight": np.ones(WIDTH, np.float32)}
    for i in range(LAYERS):
        p = f"model.layers.{i}."
        made[p + "self_attn.q_proj.weight"] = matrix(WIDTH, WIDTH)
        made[p + "self_attn.k_proj.weight"] = matrix(KV_HEADS * SIZE, WIDTH)
        made[p + "self_attn.v_proj.weight"] = matrix(KV_HEADS * SIZE, WIDTH)
        made[p + "self_attn.o_proj.weight"] = matrix(WIDTH, WIDTH)
        made[p + "mlp.gate_proj.weight"] = matrix(INNER, WIDTH)
        made[p + "mlp.up_proj.weight"] = matrix(INNER, WIDTH)
        made[p + "mlp.down_proj.weight"] = matrix(WIDTH, INNER)
        made[p + "input_layernorm.weight"] = np.ones(WIDTH, np.float32)
        made[p + "post_attention_layernorm.weight"] = np.ones(WIDTH, np.float32)
    return made


def neighbours(w, heads):
    """llama.cpp turns neighbouring numbers of a head where transformers turns halves: rows go to where their pairs are wanted."""
    return w.reshape(heads, 2, SIZE // 2, w.shape[1]).swapaxes(1, 2).reshape(w.shape)


def write_gguf(tensors, path):
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(POSITIONS)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(SIZE)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(VOCABULARY)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_0)
    writer.add_tokenizer_model("llama")
    first = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]  # llama.cpp wants all bytes
    writer.add_token_list([t.encode() for t in first] + [f"w{i}".encode() for i in range(VOCABULARY - len(first))])
    writer.add_token_scores([0.0] * VOCABULARY)
    writer.add_token_types([2, 3, 3] + [6] * 256 + [1] * (VOCABULARY - len(first)))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    names = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate",
             "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}
    outer = {"model.embed_tokens.weight": "token_embd.weight", "lm_head.weight": "output.weight", "model.norm.weight": "output_norm.weight"}
    for name, w in tensors.items():
        if name in outer:
            target = outer[name]
        else:
            _, _, layer, part = name.split(".", 3)
            part = part.removesuffix(".weight")
            target = f"blk.{layer}.{names[part]}.weight"
            w = neighbours(w, HEADS) if part.endswith("q_proj") else neighbours(w, KV_HEADS) if part.endswith("k_proj") else w
        if w.ndim == 1:
            writer.add_tensor(target, w)
        else:
            kind = gguf.GGMLQuantizationType.Q4_0
            writer.add_tensor(target, gguf.quants.quantize(w, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    folder = pathlib.Path(sys.argv[1])
    (folder / "weights").mkdir(parents=True, exist_ok=True)
    tensors = weights()
    save_file(tensors, str(folder / "weights" / "model.safetensors"))
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": VOCABULARY, "hidden_size": WIDTH, "intermediate_size": INNER, "num_hidden_layers": LAYERS,
              "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS, "max_position_embeddings": POSITIONS, "rms_norm_eps": 1e-6, "hidden_act": "silu", "rope_theta": 10000.0,
              "tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "float32"}
    (folder / "weights" / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    write_gguf(tensors, folder / "llama-q4_0.gguf")


main()
