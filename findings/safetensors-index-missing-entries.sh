#!/usr/bin/env bash
# transformers 5.18: a model.safetensors.index.json that names too few tensors (a shard's entries left out, the files themselves whole).
# from_pretrained loads it, fills what is not named with new random numbers and only reports it in the log. Expected: an error, as for a
# shard file that is absent. Two loads then generate different texts from the same folder.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q transformers==5.18.0 torch==2.13.0 safetensors numpy
cat > "$tmp/run.py" <<'PY'
import json, os, sys
import torch, transformers
transformers.logging.set_verbosity_error()
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel
folder = os.path.join(sys.argv[1], "model")
torch.manual_seed(0)
GPT2LMHeadModel(GPT2Config(vocab_size=50, n_positions=16, n_embd=16, n_layer=2, n_head=2)).save_pretrained(folder, max_shard_size="8KB")
index = os.path.join(folder, "model.safetensors.index.json")
names = json.load(open(index))
lost = [n for n in names["weight_map"] if ".h.1.mlp." in n]
for n in lost:
    del names["weight_map"][n]
json.dump(names, open(index, "w"))
def load(seed):
    torch.manual_seed(seed)
    return AutoModelForCausalLM.from_pretrained(folder).state_dict()
key = next(n for n in load(1) if n.endswith("h.1.mlp.c_fc.weight"))
a, b = load(1)[key], load(2)[key]
print("versions: transformers", transformers.__version__, "torch", torch.__version__)
print("entries left out of the index:", len(lost), "- both loads passed; a lost weight is", "different" if not torch.equal(a, b) else "equal", "in them")
same = len(lost) > 0 and not torch.equal(a, b)
print("as found" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
"$tmp/venv/bin/python" "$tmp/run.py" "$tmp"
