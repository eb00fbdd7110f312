"""LoRA adapters as peft saves them, over models of weights_goldens, and the scores that peft computes with them.

python -m sampo_exporters.adapters_goldens WEIGHTS OUT      (WEIGHTS: a folder of weights_goldens; peft 0.21.0)

Each folder: adapter_config.json, adapter_model.safetensors, base.txt (name of the model), forward.jsonl (as for weights).
"""

import json
import sys
from pathlib import Path

import peft
import torch
import transformers as tf

ADAPTERS = {
    "llama": ("llama_yarn", dict(r=4, lora_alpha=6, target_modules=["q_proj", "v_proj", "down_proj", "lm_head", "embed_tokens"], rank_pattern={"layers.1.self_attn.q_proj": 2},
              alpha_pattern={"down_proj": 3, "layers\\.\\d\\.self_attn\\.v_proj": 9})),
    "llama_rs_tied": ("llama_bf16_shards", dict(r=3, lora_alpha=5, use_rslora=True, target_modules=["k_proj", "gate_proj", "embed_tokens"])),
    "gpt2": ("gpt2", dict(r=4, lora_alpha=4, target_modules=["c_attn", "c_proj"], fan_in_fan_out=True)),
}


def make(name, weights, out):
    base, settings = ADAPTERS[name]
    torch.manual_seed(len(name))
    model = tf.AutoModelForCausalLM.from_pretrained(weights / base, dtype=torch.float32, attn_implementation="eager")
    model = peft.get_peft_model(model, peft.LoraConfig(task_type="CAUSAL_LM", **settings)).eval()
    with torch.no_grad():
        for key, p in model.named_parameters():
            if "lora_" in key:
                p.normal_(0, 0.15)
    model.save_pretrained(out / name, save_embedding_layers=False)
    (out / name / "README.md").unlink(missing_ok=True)
    (out / name / "base.txt").write_text(base + "\n")
    ids = torch.randint(5, 300, (1, 11))
    positions = torch.arange(11)[None]
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids), position_ids=positions, use_cache=False).logits[:, -1]
    line = dict(input_ids=ids.tolist(), attention_mask=[[1] * 11], position_ids=positions.tolist(), last_logits=[[round(float(v), 5) for v in logits[0]]])
    (out / name / "forward.jsonl").write_text(json.dumps(line, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    for wanted in ADAPTERS:
        make(wanted, Path(sys.argv[1]), Path(sys.argv[2]))
