#!/usr/bin/env bash
# torch.onnx.export (2.13, the default exporter) of an LSTM with an open time axis: the graph computes any length, but the declared shape of its
# output holds the example's length, a fixed number. Expected: the open dimension of the input in the output too.
# Who believes the declaration refuses valid results or allocates too little; ONNX Runtime itself only warns.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q torch==2.13.0 onnx==1.23.1 onnxscript==0.7.2 onnxruntime==1.30.0 numpy
cat > "$tmp/run.py" <<'PY'
import os, sys, warnings
warnings.filterwarnings("ignore")
import numpy as np, onnx, onnxruntime as ort, torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.LSTM(4, 6, batch_first=True)
    def forward(self, x):
        return self.rnn(x)[0]

path = os.path.join(sys.argv[1], "lstm.onnx")
torch.manual_seed(0)
torch.onnx.export(Net().eval(), (torch.zeros(1, 5, 4),), path, dynamo=True, verbose=False,
                  dynamic_shapes=({1: torch.export.Dim("time", min=2, max=1000)},))
graph = onnx.load(path).graph
dims = lambda v: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim]
declared_in, declared_out = dims(graph.input[0]), dims(graph.output[0])
options = ort.SessionOptions(); options.log_severity_level = 4
session = ort.InferenceSession(path, options)
got = session.run(None, {graph.input[0].name: np.zeros((1, 9, 4), np.float32)})[0].shape
print("versions:", "torch", torch.__version__, "onnx", onnx.__version__, "onnxruntime", ort.__version__)
print("declared input ", declared_in)
print("declared output", declared_out, " (expected: an open time axis)")
print("output of 9 steps:", list(got))
same = isinstance(declared_in[1], str) and declared_out[1] == 5 and got[1] == 9
print("as found" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
"$tmp/venv/bin/python" "$tmp/run.py" "$tmp"
