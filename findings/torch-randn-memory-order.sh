#!/usr/bin/env bash
# torch 2.13, CPU: the same seed and shape give other normal numbers when the tensor that is filled is not contiguous. Contiguous float32
# tensors of 16 and more elements are filled in blocks of 16; others (VITS and some samplers fill views or transposed tensors) pair by pair
# in memory order. Expected: torch.manual_seed and the shape decide.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q torch==2.13.0 numpy
cat > "$tmp/run.py" <<'PY'
import sys, torch
torch.manual_seed(0); plain = torch.randn(4, 8)
torch.manual_seed(0); like = torch.randn_like(torch.zeros(8, 4).t())
torch.manual_seed(0); again = torch.randn_like(torch.zeros(4, 8))
print("versions: torch", torch.__version__)
print("randn(4, 8):                          ", plain.flatten()[:4].tolist())
print("randn_like of a transposed (4, 8):    ", like.flatten()[:4].tolist())
values = lambda t: set(round(v, 4) for v in t.flatten().tolist())
common = len(values(plain) & values(like))
print("values that both have:", common, "of 32 (expected: 32)")
same = torch.equal(plain, again) and common < 16
print("as found" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
"$tmp/venv/bin/python" "$tmp/run.py"
