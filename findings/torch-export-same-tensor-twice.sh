#!/usr/bin/env bash
# torch.onnx.export (2.13, the default exporter) when one tensor object stands for two arguments of the example: the graph has one input and
# uses it for both. Expected: two inputs, as forward() has two arguments. The export passes without an error, and the graph cannot compute
# what the module computes for two different tensors.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q torch==2.13.0 onnx==1.23.1 onnxscript==0.7.2 numpy
cat > "$tmp/run.py" <<'PY'
import os, sys, warnings
warnings.filterwarnings("ignore")
import onnx, torch

class Attend(torch.nn.Module):
    def forward(self, query, key):
        return query @ key.transpose(-1, -2)

def inputs(example, name):
    path = os.path.join(sys.argv[1], name)
    torch.onnx.export(Attend().eval(), example, path, dynamo=True, verbose=False)
    return [i.name for i in onnx.load(path).graph.input]

x, y = torch.ones(2, 3), torch.ones(2, 3)
once, twice = inputs((x, y), "two.onnx"), inputs((x, x), "one.onnx")
print("versions:", "torch", torch.__version__, "onnx", onnx.__version__)
print("two tensors of equal content:", once)
print("the same tensor object twice:", twice, " (expected: two inputs)")
same = len(once) == 2 and len(twice) == 1
print("as found" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
"$tmp/venv/bin/python" "$tmp/run.py" "$tmp"
