"""Writes a GPT-2 of the small size (12 layers, 768, vocabulary 50,257) with random weights, for DecodeBenchmark: half a gigabyte, not kept.

    python make_gpt2_small.py OUT
"""

import sys
from pathlib import Path

import torch
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel
from transformers.cache_utils import DynamicCache

torch.set_num_threads(1)
torch.manual_seed(0)
out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
config = GPT2Config(attn_implementation="eager")
model = GPT2LMHeadModel(config).eval()


class Causal(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, position_ids, *past):
        cache = DynamicCache()
        for layer in range(len(past) // 2):
            cache.update(past[2 * layer], past[2 * layer + 1], layer)
        n, total = input_ids.shape[1], attention_mask.shape[1]
        row = torch.arange(n).unsqueeze(1) + past[0].shape[2]
        seen = (torch.arange(total).unsqueeze(0) <= row).unsqueeze(0) & attention_mask.bool().unsqueeze(1)
        mask = torch.where(seen.unsqueeze(1), 0.0, torch.finfo(torch.float32).min)
        result = self.model(input_ids=input_ids, attention_mask=mask, position_ids=position_ids, past_key_values=cache, use_cache=True)
        return (result.logits, *[t for layer in result.past_key_values.layers for t in (layer.keys, layer.values)])


names = [f"{i}.{k}" for i in range(12) for k in ("key", "value")]
axes = {"input_ids": {0: "batch_size", 1: "sequence_length"}, "attention_mask": {0: "batch_size", 1: "total_sequence_length"},
        "position_ids": {0: "batch_size", 1: "sequence_length"}, "logits": {0: "batch_size", 1: "sequence_length"}}
for name in names:
    axes["past_key_values." + name] = {0: "batch_size", 2: "past_sequence_length"}
    axes["present." + name] = {0: "batch_size", 2: "total_sequence_length"}
ids = torch.randint(0, 50257, (2, 4))
with torch.no_grad():
    torch.onnx.export(Causal().eval(), (ids, torch.ones(2, 7, dtype=torch.long), torch.arange(3, 7).expand(2, 4), *[torch.zeros(2, 12, 3, 64) for _ in names]),
                      str(out / "model.onnx"), input_names=["input_ids", "attention_mask", "position_ids", *["past_key_values." + n for n in names]],
                      output_names=["logits", *["present." + n for n in names]], dynamic_axes=axes, opset_version=17, dynamo=False)
config.save_pretrained(out)
GenerationConfig(bos_token_id=50256, pad_token_id=50256).save_pretrained(out)
