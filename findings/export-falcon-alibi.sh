#!/bin/bash
# transformers 5.18.0: Falcon with ALiBi adds the bias of positions twice with attn_implementation="eager", once with "sdpa" (the default).
#
# FalconModel.forward puts the bias, divided by sqrt(head size), into the attention mask; FalconAttention (eager) adds it to the scores again. FalconSdpaAttention
# uses the mask alone, which is what the models were trained with.
#
# Expected: the two give the same scores, up to rounding.
# Seen: they differ by far more, and agree where alibi=False.
#
# Exits 0 as long as that is so, 1 if the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q transformers==5.18.0 torch==2.13.0
OMP_NUM_THREADS=1 "$folder/venv/bin/python" - <<'PY'
import sys

import torch
import transformers
from transformers import FalconConfig, FalconForCausalLM

print("transformers", transformers.__version__, "torch", torch.__version__)


def difference(alibi):
    scores = []
    for kind in ("eager", "sdpa"):
        torch.manual_seed(0)
        config = FalconConfig(vocab_size=320, hidden_size=48, num_hidden_layers=2, num_attention_heads=6, alibi=alibi, pad_token_id=0, bos_token_id=1, eos_token_id=2)
        config._attn_implementation = kind
        model = FalconForCausalLM(config).eval()
        with torch.no_grad():
            for p in model.parameters():
                if p.ndim == 2:
                    p.normal_(0, 1.5 / p.shape[-1] ** 0.5)
            ids = torch.arange(5, 25)[None]
            scores.append(model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits)
    return float((scores[0] - scores[1]).abs().max())


with_alibi, without = difference(True), difference(False)
print(f"largest difference of eager and sdpa: with ALiBi {with_alibi:.4f}, without {without:.6f}")
if with_alibi > 0.05 and without < 1e-3:
    print("as described: the bias counts twice")
    sys.exit(0)
print("CHANGED")
sys.exit(1)
PY
