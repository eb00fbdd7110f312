"""Tiny random models of many architectures as save_pretrained writes them, with the scores and ids that transformers computes.

python -m sampo_exporters.weights_goldens OUT [NAME ...]

Each folder gets config.json, model.safetensors, generation_config.json, forward.jsonl and, for models that generate, generate.jsonl; the format is told
in sdk/export/src/test/resources/golden/text/weights/README.md. Computed in float32 on the CPU with eager attention (Falcon with ALiBi: sdpa); transformers 5.18.0, torch 2.13.0.
"""

import json
import sys
from pathlib import Path

import torch
import transformers as tf

VOCAB = 320
SMALL = dict(vocab_size=VOCAB, hidden_size=48, num_hidden_layers=3, num_attention_heads=6, max_position_embeddings=128, pad_token_id=0, bos_token_id=1, eos_token_id=2)
LLAMA = dict(SMALL, num_key_value_heads=2, intermediate_size=80)
WINDOWS = ["sliding_attention", "full_attention", "sliding_attention"]


def rope(kind, **more):
    return {"rope_parameters": dict(rope_type=kind, rope_theta=10000.0, **more)}


YARN = rope("yarn", factor=4.0, original_max_position_embeddings=32)
LONG = rope("longrope", short_factor=[1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7], long_factor=[2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5], original_max_position_embeddings=24)
WIDE = dict(LLAMA, hidden_size=64, num_attention_heads=4)  # heads of 16: rotary within the attention operator
SEQ = dict(vocab_size=VOCAB, d_model=48, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=80, decoder_ffn_dim=80,
           max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=None)
BERT = dict(vocab_size=VOCAB, hidden_size=48, num_hidden_layers=3, num_attention_heads=4, intermediate_size=80, max_position_embeddings=64, pad_token_id=1, bos_token_id=0, eos_token_id=2)
T5 = dict(vocab_size=VOCAB, d_model=48, d_kv=12, d_ff=96, num_layers=3, num_heads=4, relative_attention_num_buckets=16, relative_attention_max_distance=40, decoder_start_token_id=0,
          pad_token_id=0, eos_token_id=2)
WHISPER = dict(vocab_size=VOCAB, d_model=48, encoder_layers=2, decoder_layers=3, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=96, decoder_ffn_dim=80, num_mel_bins=16,
               max_source_positions=30, max_target_positions=64, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=3, suppress_tokens=None, begin_suppress_tokens=None)

MODELS = {
    "llama_wide": (tf.LlamaForCausalLM, tf.LlamaConfig, WIDE),
    "llama_bf16_shards": (tf.LlamaForCausalLM, tf.LlamaConfig, dict(WIDE, tie_word_embeddings=True)),
    "llama_fp16": (tf.LlamaForCausalLM, tf.LlamaConfig, dict(LLAMA)),
    "llama_bias_linear": (tf.LlamaForCausalLM, tf.LlamaConfig, dict(LLAMA, attention_bias=True, mlp_bias=True, head_dim=12, **rope("linear", factor=2.0))),
    "llama_dynamic": (tf.LlamaForCausalLM, tf.LlamaConfig, dict(WIDE, max_position_embeddings=16, **rope("dynamic", factor=2.0))),
    "llama_yarn": (tf.LlamaForCausalLM, tf.LlamaConfig, dict(WIDE, **YARN)),
    "llama_yarn_mscale": (tf.LlamaForCausalLM, tf.LlamaConfig, dict(LLAMA, **rope("yarn", factor=4.0, original_max_position_embeddings=32, mscale=1.0, mscale_all_dim=0.5, beta_fast=16.0, truncate=False))),
    "llama_llama3_wide": (tf.LlamaForCausalLM, tf.LlamaConfig, dict(WIDE, **rope("llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32))),
    "mistral_window": (tf.MistralForCausalLM, tf.MistralConfig, dict(LLAMA, sliding_window=6)),
    "mistral_full": (tf.MistralForCausalLM, tf.MistralConfig, dict(WIDE, sliding_window=None, head_dim=32, tie_word_embeddings=True)),
    "ministral": (tf.MinistralForCausalLM, tf.MinistralConfig, dict(LLAMA, sliding_window=6, layer_types=WINDOWS, head_dim=16)),
    "ministral3": (tf.Ministral3ForCausalLM, tf.Ministral3Config, dict(LLAMA, head_dim=16, rope_parameters=dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=8,
                   max_position_embeddings=128, beta_fast=32.0, beta_slow=1.0, mscale=1.0, mscale_all_dim=1.0, llama_4_scaling_beta=0.1))),
    "smollm3": (tf.SmolLM3ForCausalLM, tf.SmolLM3Config, dict(LLAMA, num_hidden_layers=4)),
    "smollm3_window": (tf.SmolLM3ForCausalLM, tf.SmolLM3Config, dict(LLAMA, num_hidden_layers=4, no_rope_layer_interval=2, use_sliding_window=True, sliding_window=6, tie_word_embeddings=False, attention_bias=True)),
    "granite": (tf.GraniteForCausalLM, tf.GraniteConfig, dict(LLAMA, embedding_multiplier=3.0, logits_scaling=2.0, residual_multiplier=0.6, attention_multiplier=0.3, mlp_bias=True)),
    "olmo2": (tf.Olmo2ForCausalLM, tf.Olmo2Config, dict(LLAMA)),
    "qwen2": (tf.Qwen2ForCausalLM, tf.Qwen2Config, dict(LLAMA)),
    "qwen2_window": (tf.Qwen2ForCausalLM, tf.Qwen2Config, dict(WIDE, use_sliding_window=True, sliding_window=6, max_window_layers=1, tie_word_embeddings=True)),
    "qwen3_bias_yarn": (tf.Qwen3ForCausalLM, tf.Qwen3Config, dict(LLAMA, head_dim=16, attention_bias=True, tie_word_embeddings=True, use_sliding_window=True, sliding_window=8, max_window_layers=2, **YARN)),
    "gemma": (tf.GemmaForCausalLM, tf.GemmaConfig, dict(LLAMA, num_key_value_heads=1, head_dim=16)),
    "gemma2": (tf.Gemma2ForCausalLM, tf.Gemma2Config, dict(LLAMA, head_dim=16, sliding_window=6, query_pre_attn_scalar=24, attn_logit_softcapping=5.0, final_logit_softcapping=3.0)),
    "gemma2_nocap": (tf.Gemma2ForCausalLM, tf.Gemma2Config, dict(LLAMA, head_dim=12, sliding_window=6, query_pre_attn_scalar=24, attn_logit_softcapping=None, final_logit_softcapping=None)),
    "gemma3_linear": (tf.Gemma3ForCausalLM, tf.Gemma3TextConfig, dict(LLAMA, head_dim=16, sliding_window=6, query_pre_attn_scalar=24, layer_types=WINDOWS, final_logit_softcapping=9.0,
                      rope_parameters={"full_attention": dict(rope_type="linear", factor=4.0, rope_theta=100000.0), "sliding_attention": dict(rope_type="default", rope_theta=5000.0)})),
    "phi": (tf.PhiForCausalLM, tf.PhiConfig, dict(LLAMA, num_key_value_heads=6, hidden_size=96)),
    "phi_norms": (tf.PhiForCausalLM, tf.PhiConfig, dict(LLAMA, hidden_size=192, num_key_value_heads=2, qk_layernorm=True)),
    "phi3": (tf.Phi3ForCausalLM, tf.Phi3Config, dict(LLAMA, sliding_window=6)),
    "phi3_longrope": (tf.Phi3ForCausalLM, tf.Phi3Config, dict(WIDE, original_max_position_embeddings=24, **LONG)),
    "phi3_partial": (tf.Phi3ForCausalLM, tf.Phi3Config, dict(LLAMA, hidden_size=128, num_attention_heads=4, original_max_position_embeddings=128, tie_word_embeddings=True,
                     rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.75))),
    "gpt2_scaled": (tf.GPT2LMHeadModel, tf.GPT2Config, dict(vocab_size=VOCAB, n_embd=48, n_layer=3, n_head=6, n_positions=64, n_inner=100, activation_function="relu", scale_attn_by_inverse_layer_idx=True,
                    pad_token_id=0, bos_token_id=1, eos_token_id=2)),
    "gpt_neox": (tf.GPTNeoXForCausalLM, tf.GPTNeoXConfig, dict(SMALL, intermediate_size=80)),
    "gpt_neox_serial": (tf.GPTNeoXForCausalLM, tf.GPTNeoXConfig, dict(SMALL, hidden_size=96, intermediate_size=80, use_parallel_residual=False, attention_bias=False, tie_word_embeddings=True, hidden_act="gelu_new",
                        rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=1.0))),
    "opt": (tf.OPTForCausalLM, tf.OPTConfig, dict(SMALL, ffn_dim=80)),
    "opt_after": (tf.OPTForCausalLM, tf.OPTConfig, dict(SMALL, ffn_dim=80, do_layer_norm_before=False, word_embed_proj_dim=32)),
    "opt_bare": (tf.OPTForCausalLM, tf.OPTConfig, dict(SMALL, num_attention_heads=4, ffn_dim=80, enable_bias=False, layer_norm_elementwise_affine=False, activation_function="gelu")),
    "falcon_mqa": (tf.FalconForCausalLM, tf.FalconConfig, dict(SMALL)),
    "falcon_new": (tf.FalconForCausalLM, tf.FalconConfig, dict(SMALL, hidden_size=96, num_kv_heads=2, new_decoder_architecture=True)),
    "falcon_new_one": (tf.FalconForCausalLM, tf.FalconConfig, dict(SMALL, num_kv_heads=3, new_decoder_architecture=True, num_ln_in_parallel_attn=1, bias=True)),
    "falcon_alibi": (tf.FalconForCausalLM, tf.FalconConfig, dict(SMALL, alibi=True, multi_query=False, parallel_attn=False, bias=True)),
    "falcon_alibi_mqa": (tf.FalconForCausalLM, tf.FalconConfig, dict(SMALL, alibi=True, ffn_hidden_size=100)),
    "qwen3_moe": (tf.Qwen3MoeForCausalLM, tf.Qwen3MoeConfig, dict(LLAMA, head_dim=16, num_experts=5, num_experts_per_tok=2, moe_intermediate_size=24, norm_topk_prob=True, mlp_only_layers=[1])),
    "mixtral": (tf.MixtralForCausalLM, tf.MixtralConfig, dict(LLAMA, num_local_experts=4, num_experts_per_tok=2, sliding_window=6)),
    "t5_old": (tf.T5ForConditionalGeneration, tf.T5Config, dict(T5, feed_forward_proj="relu")),
    "t5_flan": (tf.T5ForConditionalGeneration, tf.T5Config, dict(T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False, num_decoder_layers=2)),
    "umt5": (tf.UMT5ForConditionalGeneration, tf.UMT5Config, dict(T5, feed_forward_proj="gated-gelu")),
    "bart": (tf.BartForConditionalGeneration, tf.BartConfig, dict(SEQ)),
    "bart_scaled": (tf.BartForConditionalGeneration, tf.BartConfig, dict(SEQ, scale_embedding=True, activation_function="relu", decoder_layers=3, encoder_attention_heads=6)),
    "mbart": (tf.MBartForConditionalGeneration, tf.MBartConfig, dict(SEQ, scale_embedding=True)),
    "marian": (tf.MarianMTModel, tf.MarianConfig, dict(SEQ, scale_embedding=True, activation_function="swish", decoder_start_token_id=0)),
    "m2m_100": (tf.M2M100ForConditionalGeneration, tf.M2M100Config, dict(SEQ, scale_embedding=True)),
    "whisper_deep": (tf.WhisperForConditionalGeneration, tf.WhisperConfig, dict(WHISPER, scale_embedding=True)),
    "roberta": (tf.RobertaModel, tf.RobertaConfig, dict(BERT, type_vocab_size=1)),
    "xlm_roberta": (tf.XLMRobertaModel, tf.XLMRobertaConfig, dict(BERT, type_vocab_size=1, hidden_act="relu")),
    "camembert": (tf.CamembertModel, tf.CamembertConfig, dict(BERT, type_vocab_size=1)),
    "distilbert": (tf.DistilBertModel, tf.DistilBertConfig, dict(vocab_size=VOCAB, dim=48, n_layers=3, n_heads=4, hidden_dim=80, max_position_embeddings=64, pad_token_id=0)),
    "distilbert_sin": (tf.DistilBertModel, tf.DistilBertConfig, dict(vocab_size=VOCAB, dim=48, n_layers=3, n_heads=4, hidden_dim=80, max_position_embeddings=64, pad_token_id=0, sinusoidal_pos_embds=True, activation="relu")),
    "mpnet": (tf.MPNetModel, tf.MPNetConfig, dict(BERT)),
    "modernbert": (tf.ModernBertModel, tf.ModernBertConfig, dict(BERT, num_hidden_layers=4, max_position_embeddings=128, local_attention=8, global_attn_every_n_layers=3, cls_token_id=3, sep_token_id=4, pad_token_id=0)),
    "modernbert_bias": (tf.ModernBertModel, tf.ModernBertConfig, dict(BERT, num_hidden_layers=4, max_position_embeddings=128, local_attention=6, global_attn_every_n_layers=2, attention_bias=True, mlp_bias=True, norm_bias=True, pad_token_id=0)),
    "bert_relu": (tf.BertModel, tf.BertConfig, dict(BERT, pad_token_id=0, hidden_act="relu", type_vocab_size=3)),
}


def rounded(tensor, digits=5):
    return [[round(float(v), digits) for v in row] for row in tensor]


def batch(generator, lengths, left, pad):
    width = max(lengths)
    ids = torch.full((len(lengths), width), pad)
    mask = torch.zeros(len(lengths), width, dtype=torch.long)
    for r, n in enumerate(lengths):
        where = slice(width - n, width) if left else slice(0, n)
        ids[r, where] = torch.randint(5, VOCAB - 5, (n,), generator=generator)
        mask[r, where] = 1
    return ids, mask


def randomize(model, generator, spread):
    """Weights wide enough for scores that tell layers apart: norms around 1, all else around 0."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim >= 2:
                p.normal_(0, spread / max(1, p.shape[-1]) ** 0.5, generator=generator)
                if "embed" in name or "wte" in name or "shared" in name:
                    p.normal_(0, 0.7, generator=generator)
            elif "norm" in name.lower() or "ln_" in name or "layrnorm" in name:
                p.add_(torch.empty_like(p).normal_(0, 0.2, generator=generator))
            else:
                p.normal_(0, 0.2, generator=generator)


class Noise(tf.LogitsProcessor):
    def __init__(self, seed):
        self.g = torch.Generator().manual_seed(seed)

    def __call__(self, ids, scores):
        return scores + torch.empty_like(scores).uniform_(-3e-5, 3e-5, generator=self.g)


def generated(model, inputs, kwargs):
    torch.manual_seed(0)
    if "Phi3" in type(model).__name__:
        # With a cache, 5.18.0 drops it where a text grows beyond LongRoPE's first length, and reads the newest token alone.
        kwargs = dict(kwargs, use_cache=False)
    plain = model.generate(**inputs, **kwargs)
    for seed in range(2):
        if not torch.equal(plain, model.generate(**inputs, **kwargs, logits_processor=tf.LogitsProcessorList([Noise(seed)]))):
            return None
    return plain.tolist()


def make(name, out):
    cls, config_cls, settings = MODELS[name]
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    config = config_cls(**settings)
    # Falcon's eager attention adds the ALiBi bias twice; sdpa, the default, adds it once.
    attention = "sdpa" if getattr(config, "alibi", False) else "eager"
    config._attn_implementation = attention
    model = cls(config).eval()
    randomize(model, generator, 1.0 if "T5" in cls.__name__ else 1.5)
    model.tie_weights()
    folder = out / name
    if "bf16" in name or "fp16" in name:
        model.to(torch.bfloat16 if "bf16" in name else torch.float16)
    model.save_pretrained(folder, max_shard_size="60KB" if "shards" in name else "5GB")
    model = cls.from_pretrained(folder, attn_implementation=attention, dtype=torch.float32).eval()
    forward, generate = [], []
    encdec = getattr(config, "is_encoder_decoder", False)
    causal = not encdec and "CausalLM" in cls.__name__ or "LMHead" in cls.__name__
    with torch.no_grad():
        for case, lengths in enumerate([(7,), (30,), (14, 5, 8)]):
            pad = config.pad_token_id or 0
            if causal:
                ids, mask = batch(generator, lengths, True, pad)
                positions = (mask.cumsum(-1) - 1).clamp(min=0)
                logits = model(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False).logits[:, -1]
                forward.append(dict(input_ids=ids.tolist(), attention_mask=mask.tolist(), position_ids=positions.tolist(), last_logits=rounded(logits)))
                inputs = dict(input_ids=ids, attention_mask=mask)
            elif encdec:
                decoder = torch.cat([torch.full((len(lengths), 1), config.decoder_start_token_id), torch.randint(5, VOCAB - 5, (len(lengths), 4), generator=generator)], 1)
                if "Whisper" in cls.__name__:
                    shape = [config.num_mel_bins, 2 * config.max_source_positions]
                    features = torch.tensor(rounded(torch.randn(len(lengths), shape[0] * shape[1], generator=generator)))
                    logits = model(input_features=features.view(len(lengths), *shape), decoder_input_ids=decoder).logits[:, -1]
                    forward.append(dict(input_features=rounded(features), features_shape=shape, decoder_input_ids=decoder.tolist(), last_logits=rounded(logits)))
                    inputs = dict(input_features=features.view(len(lengths), *shape))
                else:
                    ids, mask = batch(generator, lengths, False, pad)
                    logits = model(input_ids=ids, attention_mask=mask, decoder_input_ids=decoder).logits[:, -1]
                    forward.append(dict(input_ids=ids.tolist(), attention_mask=mask.tolist(), decoder_input_ids=decoder.tolist(), last_logits=rounded(logits)))
                    inputs = dict(input_ids=ids, attention_mask=mask)
            else:
                ids, mask = batch(generator, lengths, False, pad)
                hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
                pooled = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
                forward.append(dict(input_ids=ids.tolist(), attention_mask=mask.tolist(), last_hidden_first=rounded(hidden[:, 0]), mean_pooled=rounded(pooled)))
                continue
            if "Whisper" in cls.__name__:
                continue
            kwargs = dict(do_sample=False, num_beams=3 if case == 0 else 1, max_new_tokens=12)
            sequences = generated(model, inputs, kwargs)
            if sequences is not None:
                line = dict(id=f"case{case}", kwargs=kwargs, sequences=sequences)
                if "input_features" in inputs:
                    line.update(input_features=forward[-1]["input_features"], features_shape=forward[-1]["features_shape"])
                else:
                    line.update(input_ids=inputs["input_ids"].tolist(), attention_mask=inputs["attention_mask"].tolist())
                generate.append(line)
    for file, lines in (("forward.jsonl", forward), ("generate.jsonl", generate)):
        if lines:
            (folder / file).write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    print(name, len(forward), len(generate), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for wanted in sys.argv[2:] or MODELS:
        try:
            make(wanted, Path(sys.argv[1]))
        except Exception as e:
            if len(sys.argv) == 3:
                raise
            print("FAILED", wanted, type(e).__name__, str(e)[:300], flush=True)
