#!/usr/bin/env bash
# GroupQueryAttention of ONNX Runtime 1.30 on the CPU in a batch of prompts of unequal length: padded on the left, as transformers pads for
# generation, with seqlens_k as the exported graphs compute it (sum of the mask - 1), the shorter row is wrong, without an error or a
# warning; padded on the right it equals the row alone. Expected: an error, or a row that does not depend on the side.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q onnx==1.23.1 onnxruntime==1.30.0 numpy
cat > "$tmp/run.py" <<'PY'
import sys
import numpy as np, onnx, onnxruntime as ort
from onnx import TensorProto as T, helper as h

HEADS, KV, SIZE = 2, 1, 16
f = lambda name, *dims: h.make_tensor_value_info(name, T.FLOAT, dims)
i = lambda name, *dims: h.make_tensor_value_info(name, T.INT32, dims)
node = h.make_node("GroupQueryAttention", ["q", "k", "v", "past_k", "past_v", "seqlens_k", "total"],
                   ["out", "present_k", "present_v"], domain="com.microsoft", num_heads=HEADS, kv_num_heads=KV)
graph = h.make_graph([node], "gqa",
    [f("q", "b", "s", HEADS * SIZE), f("k", "b", "s", KV * SIZE), f("v", "b", "s", KV * SIZE),
     f("past_k", "b", KV, "p", SIZE), f("past_v", "b", KV, "p", SIZE), i("seqlens_k", "b"), i("total")],
    [f("out", "b", "s", HEADS * SIZE), f("present_k", "b", KV, "t", SIZE), f("present_v", "b", KV, "t", SIZE)])
model = h.make_model(graph, opset_imports=[h.make_opsetid("", 21), h.make_opsetid("com.microsoft", 1)], ir_version=10)
session = ort.InferenceSession(model.SerializeToString())
rng = np.random.default_rng(0)
long, short = 5, 3
rows = {n: [rng.normal(size=(n, w * SIZE)).astype(np.float32) for w in (HEADS, KV, KV)] for n in (long, short)}

def run(batch, lengths):
    q, k, v = (np.stack(x) for x in zip(*batch))
    empty = np.zeros((len(batch), KV, 0, SIZE), np.float32)
    return session.run(["out"], dict(q=q, k=k, v=v, past_k=empty, past_v=empty,
        seqlens_k=np.array(lengths, np.int32) - 1, total=np.array(q.shape[1], np.int32)))[0]

pad = lambda row, left: [np.concatenate([np.zeros((long - short, x.shape[1]), np.float32), x][::1 if left else -1]) for x in row]
alone = run([rows[short]], [short])[0]
left = run([rows[long], pad(rows[short], True)], [long, short])[1, long - short:]
right = run([rows[long], pad(rows[short], False)], [long, short])[1, :short]
diff = lambda x: float(np.abs(x - alone).max())
print("versions: onnx", onnx.__version__, "onnxruntime", ort.__version__)
print("largest difference from the row alone: padded left %.3g, padded right %.3g" % (diff(left), diff(right)))
same = diff(left) > 0.01 and diff(right) < 1e-5
print("as found" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
"$tmp/venv/bin/python" "$tmp/run.py"
