"""Makes the further goldens of text generation: tiny models with random weights, as Optimum lays them out, and what transformers gives for them.

    python make_text_goldens.py OUT

writes OUT/generation/{llama,bart,bert,clip}. transformers 5, torch 2 and onnxruntime are needed. The cases have the format that the README of
golden/text/generation describes; `embeddings.jsonl`, `fill_mask.jsonl` and `clip.jsonl` explain themselves. A case is kept only if its ids stay the same
with noise of 3e-5 on the logits.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from transformers import (BartConfig, BartForConditionalGeneration, BertConfig, BertForMaskedLM, BertModel, CLIPConfig, CLIPModel, GenerationConfig,
                          LlamaConfig, LlamaForCausalLM)
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from text_goldens import cases, export, mixed, rounded, score, spread, write_json, write_lines

torch.set_num_threads(1)
OUT = Path(sys.argv[1])
GPT2 = Path(__file__).parents[1] / "resources/golden/text/generation/gpt2"


# ---- decoder-only

class Causal(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, position_ids, *past):
        cache = DynamicCache()
        for layer in range(len(past) // 2):
            cache.update(past[2 * layer], past[2 * layer + 1], layer)
        length = past[0].shape[2]
        n = input_ids.shape[1]
        # The causal mask, spelled out: what the library builds cannot be traced.
        total = attention_mask.shape[1]
        row = torch.arange(n).unsqueeze(1) + length
        seen = (torch.arange(total).unsqueeze(0) <= row).unsqueeze(0) & attention_mask.bool().unsqueeze(1)
        mask = torch.where(seen.unsqueeze(1), 0.0, torch.finfo(torch.float32).min)
        out = self.model.model(input_ids=input_ids, attention_mask=mask, position_ids=position_ids, past_key_values=cache, use_cache=True)
        flat = [t for layer in out.past_key_values.layers for t in (layer.keys, layer.values)]
        # The hidden states are for contrastive search.
        return (self.model.lm_head(out.last_hidden_state), *flat, out.last_hidden_state)


def make_llama():
    torch.manual_seed(11)
    config = LlamaConfig(vocab_size=440, hidden_size=32, intermediate_size=56, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                         head_dim=8, max_position_embeddings=128, bos_token_id=0, eos_token_id=0, pad_token_id=0, tie_word_embeddings=False,
                         attn_implementation="eager")
    model = spread(LlamaForCausalLM(config), 5.0)
    folder = OUT / "generation/llama"
    names = [f"{i}.{k}" for i in range(2) for k in ("key", "value")]
    past = [torch.zeros(2, 2, 3, 8) for _ in names]
    axes = {"input_ids": {0: "batch_size", 1: "sequence_length"}, "attention_mask": {0: "batch_size", 1: "total_sequence_length"},
            "position_ids": {0: "batch_size", 1: "sequence_length"}, "logits": {0: "batch_size", 1: "sequence_length"},
            "last_hidden_state": {0: "batch_size", 1: "sequence_length"}}
    for n in names:
        axes["past_key_values." + n] = {0: "batch_size", 2: "past_sequence_length"}
        axes["present." + n] = {0: "batch_size", 2: "total_sequence_length"}
    ids = torch.randint(1, 440, (2, 4))
    export(Causal(model), (ids, torch.ones(2, 7, dtype=torch.long), torch.arange(3, 7).expand(2, 4), *past), folder / "model.onnx",
           ["input_ids", "attention_mask", "position_ids", *["past_key_values." + n for n in names]], ["logits", *["present." + n for n in names], "last_hidden_state"], axes)
    config.save_pretrained(folder)
    model.generation_config = GenerationConfig(bos_token_id=0, eos_token_id=0, pad_token_id=0)
    model.generation_config.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(GPT2 / name, folder / name)
    prompts = [[378, 221, 283, 303], [37, 438, 299, 268, 78, 280], [41, 70, 398]]
    settings = [
        ("greedy", {}, 1), ("greedy_batch3", {}, 3), ("greedy_rep", {"repetition_penalty": 1.3, "no_repeat_ngram_size": 2}, 3),
        ("greedy_no_cache", {"use_cache": False}, 3), ("beam4", {"num_beams": 4, "num_return_sequences": 2}, 3),
        ("beam3_lp", {"num_beams": 3, "length_penalty": 0.4, "eos_token_id": [12, 99, 301]}, 3),
        ("sample", {"do_sample": True, "temperature": 0.8, "top_k": 30, "top_p": 0.9}, 1),
        ("sample_batch3", {"do_sample": True, "top_k": 0, "min_p": 0.03}, 3),
        ("sample_return3", {"do_sample": True, "top_k": 11, "num_return_sequences": 3}, 1),
        ("beam_sample", {"do_sample": True, "num_beams": 3, "num_return_sequences": 2, "top_k": 20}, 1)]
    write_lines(folder / "cases.jsonl", cases(model, prompts, settings, left=True) + mixed(model, 60, 21, left=True))
    forward, scoring = [], []
    for p in prompts:
        ids = torch.tensor([p])
        logits = model(ids).logits[0]
        forward.append({"input_ids": [p], "last_logits": rounded(logits[-1], 5)})
        scoring.append(score(p[1:], logits[:-1], {"input_ids": p}))
    write_lines(folder / "forward.jsonl", forward)
    write_lines(folder / "scoring.jsonl", scoring)


# ---- encoder-decoder

class Encoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.encoder = model.get_encoder()

    def forward(self, input_ids, attention_mask):
        mask = torch.where(attention_mask[:, None, None, :].bool(), 0.0, torch.finfo(torch.float32).min)
        n = input_ids.shape[1]
        return self.encoder(input_ids=input_ids, attention_mask=mask.expand(-1, 1, n, n)).last_hidden_state


class Decoder(torch.nn.Module):
    def __init__(self, model, with_past):
        super().__init__()
        self.model = model
        self.with_past = with_past

    def forward(self, encoder_attention_mask, input_ids, *rest):
        n = input_ids.shape[1]
        lowest = torch.finfo(torch.float32).min
        cross = torch.where(encoder_attention_mask[:, None, None, :].bool(), 0.0, lowest)
        cross = cross.expand(-1, 1, n, encoder_attention_mask.shape[1])
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        if self.with_past:
            hidden = torch.zeros(input_ids.shape[0], 1, self.model.config.d_model)
            for layer in range(len(rest) // 4):
                cache.self_attention_cache.update(rest[4 * layer], rest[4 * layer + 1], layer)
                cache.cross_attention_cache.update(rest[4 * layer + 2], rest[4 * layer + 3], layer)
                cache.is_updated[layer] = True
            past = rest[0].shape[2]
        else:
            hidden = rest[0]
            past = 0
        seen = torch.arange(past + n).unsqueeze(0) <= torch.arange(n).unsqueeze(1) + past
        causal = torch.where(seen, 0.0, lowest)[None, None].expand(input_ids.shape[0], 1, n, past + n)
        out = self.model.model.decoder(input_ids=input_ids, attention_mask=causal, encoder_hidden_states=hidden, encoder_attention_mask=cross,
                                       past_key_values=cache, use_cache=True)
        logits = self.model.lm_head(out.last_hidden_state) + self.model.final_logits_bias
        flat = []
        for own, other in zip(cache.self_attention_cache.layers, cache.cross_attention_cache.layers):
            flat += [own.keys, own.values] + ([] if self.with_past else [other.keys, other.values])
        return (logits, *flat)


def make_bart():
    torch.manual_seed(12)
    config = BartConfig(vocab_size=180, d_model=24, encoder_layers=2, decoder_layers=2, encoder_attention_heads=3, decoder_attention_heads=3,
                        encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=48, attn_implementation="eager")
    model = spread(BartForConditionalGeneration(config), 12.0)
    folder = OUT / "generation/bart"
    ids, mask = torch.randint(3, 180, (2, 5)), torch.ones(2, 5, dtype=torch.long)
    batch, source = {0: "batch_size"}, {0: "batch_size", 1: "encoder_sequence_length"}
    target = {0: "batch_size", 1: "decoder_sequence_length"}
    export(Encoder(model), (ids, mask), folder / "encoder_model.onnx", ["input_ids", "attention_mask"], ["last_hidden_state"],
           {"input_ids": source, "attention_mask": source, "last_hidden_state": source})
    own = [f"{i}.decoder.{k}" for i in range(2) for k in ("key", "value")]
    all_names = [f"{i}.{side}.{k}" for i in range(2) for side in ("decoder", "encoder") for k in ("key", "value")]
    length = lambda name, suffix: {0: "batch_size", 2: ("encoder_sequence_length" if "encoder" in name else suffix)}
    export(Decoder(model, False), (mask, ids[:, :3], torch.randn(2, 5, 24)), folder / "decoder_model.onnx",
           ["encoder_attention_mask", "input_ids", "encoder_hidden_states"], ["logits", *["present." + n for n in all_names]],
           {"encoder_attention_mask": source, "input_ids": target, "encoder_hidden_states": source, "logits": target,
            **{"present." + n: length(n, "decoder_sequence_length") for n in all_names}})
    past = [torch.randn(2, 3, 5 if "encoder" in n else 4, 8) for n in all_names]
    export(Decoder(model, True), (mask, ids[:, :1], *past), folder / "decoder_with_past_model.onnx",
           ["encoder_attention_mask", "input_ids", *["past_key_values." + n for n in all_names]], ["logits", *["present." + n for n in own]],
           {"encoder_attention_mask": source, "input_ids": batch, "logits": batch,
            **{"past_key_values." + n: length(n, "past_decoder_sequence_length") for n in all_names},
            **{"present." + n: length(n, "total_decoder_sequence_length") for n in own}})
    config.save_pretrained(folder)
    model.generation_config = GenerationConfig(bos_token_id=0, eos_token_id=2, pad_token_id=1, decoder_start_token_id=2, forced_bos_token_id=0,
                                               forced_eos_token_id=2, no_repeat_ngram_size=3, num_beams=4, early_stopping=True)
    model.generation_config.save_pretrained(folder)
    prompts = [[0, 33, 71, 120, 2], [0, 9, 44, 2], [0, 101, 17, 88, 150, 5, 2]]
    settings = [("model_defaults", {}, 3), ("greedy", {"num_beams": 1, "early_stopping": False}, 3),
                ("beam4_return4", {"num_return_sequences": 4, "length_penalty": 2.0, "early_stopping": False}, 3),
                ("sample", {"num_beams": 1, "early_stopping": False, "do_sample": True, "top_k": 20, "temperature": 0.9}, 3),
                ("greedy_no_cache", {"num_beams": 1, "early_stopping": False, "use_cache": False}, 3)]
    write_lines(folder / "cases.jsonl", cases(model, prompts, settings, left=False) + mixed(model, 60, 22, left=False))
    forward, scoring = [], []
    for p in prompts:
        decoder = [2, 0, *p[1:4]]
        logits = model(input_ids=torch.tensor([p]), decoder_input_ids=torch.tensor([decoder])).logits[0]
        forward.append({"input_ids": [p], "decoder_input_ids": [decoder], "last_logits": rounded(logits[-1], 5)})
        labels = [0, *p[1:4], 2]
        scoring.append(score(labels, logits, {"input_ids": p, "decoder_input_ids": decoder, "labels": labels}))
    write_lines(folder / "forward.jsonl", forward)
    write_lines(folder / "scoring.jsonl", scoring)


# ---- encoders

VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "a", "cat", "dog", "sat", "ran", "on", "mat", "road", "small", "big", ".", ",", "##s", "##ing",
         "run", "sit", "and", "then"]


def write_bert_tokenizer(folder):
    from tokenizers import BertWordPieceTokenizer
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(VOCAB) + "\n")
    tokenizer = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "vocab.txt").unlink()
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "mask_token": "[MASK]", "pad_token": "[PAD]", "cls_token": "[CLS]",
                                                  "sep_token": "[SEP]", "unk_token": "[UNK]"})
    return tokenizer


class Bert(torch.nn.Module):
    def __init__(self, model, masked):
        super().__init__()
        self.model = model
        self.masked = masked

    def forward(self, input_ids, attention_mask, token_type_ids):
        n = input_ids.shape[1]
        mask = torch.where(attention_mask[:, None, None, :].bool(), 0.0, torch.finfo(torch.float32).min).expand(-1, 1, n, n)
        out = self.model(input_ids=input_ids, attention_mask=mask, token_type_ids=token_type_ids)
        return out.logits if self.masked else out.last_hidden_state


def make_bert():
    torch.manual_seed(13)
    config = BertConfig(vocab_size=len(VOCAB), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                        max_position_embeddings=40, attn_implementation="eager")
    masked = spread(BertForMaskedLM(config), 6.0)
    axes = {0: "batch_size", 1: "sequence_length"}
    args = (torch.randint(5, len(VOCAB), (2, 6)), torch.ones(2, 6, dtype=torch.long), torch.zeros(2, 6, dtype=torch.long))
    names = ["input_ids", "attention_mask", "token_type_ids"]
    texts = ["The cat sat on the mat.", "a dog", "Dogs ran, and then the big cats sat.", "running", ""]
    for kind in ("embedding", "fill_mask"):
        folder = OUT / "encoders" / kind
        tokenizer = write_bert_tokenizer(folder)
        config.save_pretrained(folder)
        output = "last_hidden_state" if kind == "embedding" else "logits"
        module = Bert(masked.bert if kind == "embedding" else masked, kind == "fill_mask")
        export(module, args, folder / "model.onnx", names, [output], {n: axes for n in [*names, output]})
        lines = []
        if kind == "embedding":
            write_json(folder / "modules.json", [
                {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
                {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
                {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])
            (folder / "1_Pooling").mkdir(exist_ok=True)
            write_json(folder / "1_Pooling/config.json", {"word_embedding_dimension": 16, "pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False})
            write_json(folder / "sentence_bert_config.json", {"max_seq_length": 32, "do_lower_case": False})
            for text in texts:
                ids = tokenizer.encode(text).ids
                hidden = masked.bert(torch.tensor([ids])).last_hidden_state[0]
                mean = hidden.mean(0)
                lines.append({"text": text, "ids": ids, "mean_normalised": rounded(mean / mean.norm()), "mean": rounded(mean), "cls": rounded(hidden[0]),
                              "max": rounded(hidden.max(0).values), "last": rounded(hidden[-1])})
            write_lines(folder / "embeddings.jsonl", lines)
        else:
            for text in ["the [MASK] sat on the mat.", "[MASK] dog ran [MASK] then"]:
                ids = tokenizer.encode(text).ids
                probs = torch.softmax(masked(torch.tensor([ids])).logits[0], -1)
                places = [i for i, t in enumerate(ids) if t == 4]
                best = [probs[i].topk(5) for i in places]
                lines.append({"text": text, "ids": ids, "tokens": [b.indices.tolist() for b in best], "scores": [rounded(b.values) for b in best]})
            write_lines(folder / "fill_mask.jsonl", lines)


class Clip(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, pixel_values, attention_mask):
        vision = self.model.visual_projection(self.model.vision_model(pixel_values=pixel_values).pooler_output)
        n = input_ids.shape[1]
        seen = torch.arange(n).unsqueeze(0) <= torch.arange(n).unsqueeze(1)
        mask = torch.where(seen[None, None] & attention_mask[:, None, None, :].bool(), 0.0, torch.finfo(torch.float32).min)
        hidden = self.model.text_model.encoder(inputs_embeds=self.model.text_model.embeddings(input_ids=input_ids), attention_mask=mask).last_hidden_state
        hidden = self.model.text_model.final_layer_norm(hidden)
        # The end token (id 3 here) is where a text is read off.
        last = (input_ids == 3).int().argmax(-1)
        text = self.model.text_projection(hidden[torch.arange(hidden.shape[0]), last])
        return text / text.norm(dim=-1, keepdim=True), vision / vision.norm(dim=-1, keepdim=True)


def make_clip():
    from PIL import Image
    from transformers import CLIPImageProcessor
    torch.manual_seed(14)
    config = CLIPConfig(text_config=dict(vocab_size=len(VOCAB), hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2,
                                         max_position_embeddings=16, eos_token_id=3, bos_token_id=2, pad_token_id=0),
                        vision_config=dict(hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2, image_size=16, patch_size=8),
                        projection_dim=12)
    config._attn_implementation = "eager"
    model = spread(CLIPModel(config), 4.0)
    model.set_attn_implementation("eager")
    folder = OUT / "encoders/clip"
    tokenizer = write_bert_tokenizer(folder)
    wrapper = Clip(model)
    text = torch.tensor([[2, 5, 7, 9, 3]])
    pixels = torch.randn(1, 3, 16, 16)
    axes = {"input_ids": {0: "texts", 1: "sequence_length"}, "attention_mask": {0: "texts", 1: "sequence_length"}, "pixel_values": {0: "pictures"},
            "text_embeds": {0: "texts"}, "image_embeds": {0: "pictures"}}
    export(wrapper, (text, pixels, torch.ones_like(text)), folder / "model.onnx", ["input_ids", "pixel_values", "attention_mask"],
           ["text_embeds", "image_embeds"], axes)
    config.save_pretrained(folder)
    processor = CLIPImageProcessor(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16})
    processor.save_pretrained(folder)
    rng = np.random.default_rng(5)
    lines = []
    for height, width in ((16, 16), (40, 23), (9, 31)):
        image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        prepared = processor(Image.fromarray(image), return_tensors="pt").pixel_values
        texts = ["a cat sat", "the small dog", "dogs ran and ran"]
        with torch.no_grad():
            vision = wrapper(text, prepared, torch.ones_like(text))[1][0]
            vectors = []
            for t in texts:
                ids = torch.tensor([tokenizer.encode(t).ids])
                vectors.append(wrapper(ids, prepared, torch.ones_like(ids))[0][0])
            probs = torch.softmax(torch.stack(vectors) @ vision * float(np.exp(config.logit_scale_init_value)), -1)
        lines.append({"width": width, "height": height, "rgb": image.reshape(-1).tolist(), "pixel_values": rounded(prepared.reshape(-1), 4),
                      "texts": texts, "text_embeds": [rounded(v) for v in vectors], "image_embeds": rounded(vision), "probabilities": rounded(probs)})
    write_lines(folder / "clip.jsonl", lines)


def check(folder, feeds, output, expected):
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    got = session.run([output], {k: v for k, v in feeds.items()})[0]
    print(folder.name, output, "largest difference", float(np.abs(got - expected).max()))


for make in (make_llama, make_bart, make_bert, make_clip):
    if len(sys.argv) < 3 or make.__name__[5:] in sys.argv[2:]:
        make()
        print(make.__name__, "done")
