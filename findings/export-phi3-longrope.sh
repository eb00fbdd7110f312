#!/bin/bash
# transformers 5.18.0: generate() of Phi-3 with LongRoPE loses its prompt where the text grows beyond original_max_position_embeddings.
#
# Phi3ForCausalLM.prepare_inputs_for_generation drops the cache at that length, so that everything is read anew with the long factors. But
# generate() hands the newest token alone to the next forward pass, so from there on the model has forgotten all that came before.
#
# Expected: the same ids with and without the cache.
# Seen: input_ids of shape (1, 1) with no past at the crossing, and other ids than with use_cache=False.
#
# Exits 0 as long as that is so, 1 if the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q transformers==5.18.0 torch==2.13.0
OMP_NUM_THREADS=1 "$folder/venv/bin/python" - <<'PY'
import functools
import sys

import torch
import transformers
from transformers import Phi3Config, Phi3ForCausalLM

print("transformers", transformers.__version__, "torch", torch.__version__)
torch.manual_seed(0)
config = Phi3Config(
    vocab_size=320, hidden_size=64, intermediate_size=80, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    max_position_embeddings=128, original_max_position_embeddings=24, pad_token_id=0, bos_token_id=1, eos_token_id=2,
    rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, short_factor=[1.0] * 8, long_factor=[2.0] * 8, original_max_position_embeddings=24))
config._attn_implementation = "eager"
model = Phi3ForCausalLM(config).eval()
with torch.no_grad():
    for p in model.parameters():
        if p.ndim == 2:
            p.normal_(0, 1.5 / p.shape[-1] ** 0.5)
shapes = []
forward = model.forward


@functools.wraps(forward)
def spy(*args, **kwargs):
    past = kwargs.get("past_key_values")
    shapes.append((kwargs["input_ids"].shape[1], None if past is None else past.get_seq_length()))
    return forward(*args, **kwargs)


model.forward = spy
ids = torch.randint(5, 300, (1, 20))
kwargs = dict(attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=10)
cached = model.generate(input_ids=ids, **kwargs)
crossing = shapes[5]  # the step after 24 tokens, of which 20 are the prompt
whole = model.generate(input_ids=ids, use_cache=False, **kwargs)
print("with a cache:   ", cached[0, 20:].tolist())
print("without a cache:", whole[0, 20:].tolist())
print("at the crossing generate() reads", crossing[0], "token(s) with a past of", crossing[1])
same = bool(torch.equal(cached, whole))
if crossing == (1, None) and not same:
    print("as described: the prompt is lost")
    sys.exit(0)
print("CHANGED: expected (1, None) and different ids")
sys.exit(1)
PY
