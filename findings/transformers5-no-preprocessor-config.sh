#!/usr/bin/env bash
# transformers 5.18: a processor (CLIP's) saves processor_config.json with the settings of its image processor inside, and no
# preprocessor_config.json; an image processor alone still saves preprocessor_config.json. Expected by everything that was written for
# version 4: preprocessor_config.json in both folders. Readers that take its absence for "defaults" prepare pictures wrongly without a word.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q transformers==5.18.0 torch==2.13.0 pillow numpy
cat > "$tmp/run.py" <<'PY'
import json, os, sys
import transformers
from transformers import CLIPImageProcessor, CLIPProcessor, CLIPTokenizer
root = sys.argv[1]
vocab = {"<|startoftext|>": 0, "<|endoftext|>": 1, "a</w>": 2, "a": 3}
json.dump(vocab, open(os.path.join(root, "vocab.json"), "w"))
open(os.path.join(root, "merges.txt"), "w").write("#version: 0.2\n")
images = CLIPImageProcessor(size={"shortest_edge": 30}, do_center_crop=False)
tokenizer = CLIPTokenizer(os.path.join(root, "vocab.json"), os.path.join(root, "merges.txt"))
CLIPProcessor(image_processor=images, tokenizer=tokenizer).save_pretrained(os.path.join(root, "both"))
images.save_pretrained(os.path.join(root, "alone"))
both, alone = (sorted(os.listdir(os.path.join(root, f))) for f in ("both", "alone"))
inside = json.load(open(os.path.join(root, "both", "processor_config.json")))
print("versions: transformers", transformers.__version__)
print("processor saved:      ", both)
print("image processor saved:", alone)
print("in processor_config.json:", sorted(inside))
same = "preprocessor_config.json" not in both and "preprocessor_config.json" in alone and "image_processor" in inside
print("as found" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
"$tmp/venv/bin/python" "$tmp/run.py" "$tmp"
