#!/usr/bin/env bash
# quantize_dynamic of onnxruntime 1.30: activations get one scale for the whole tensor, so a row of a batch changes with its company: a
# neighbour with large values makes it several times less exact. Expected by whoever batches requests: the row as it is alone.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q onnx==1.23.1 onnxruntime==1.30.0 numpy
cat > "$tmp/run.py" <<'PY'
import logging, os, sys
logging.disable(logging.WARNING)
import numpy as np, onnx, onnxruntime as ort
from onnx import TensorProto as T, helper as h, numpy_helper
from onnxruntime.quantization import quantize_dynamic

rng = np.random.default_rng(0)
w = rng.normal(size=(64, 64)).astype(np.float32)
graph = h.make_graph([h.make_node("MatMul", ["x", "w"], ["y"])], "g",
    [h.make_tensor_value_info("x", T.FLOAT, ["b", 64])], [h.make_tensor_value_info("y", T.FLOAT, ["b", 64])],
    [numpy_helper.from_array(w, "w")])
plain, small = (os.path.join(sys.argv[1], n) for n in ("plain.onnx", "int8.onnx"))
onnx.save(h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=9), plain)
quantize_dynamic(plain, small)
session = ort.InferenceSession(small)
row = rng.normal(size=(1, 64)).astype(np.float32)
loud = 30 * rng.normal(size=(1, 64)).astype(np.float32)
run = lambda x: session.run(None, {"x": x})[0]
exact = row @ w
error = lambda y: float(np.sqrt(np.mean((y - exact) ** 2) / np.mean(exact ** 2)))
alone, together = error(run(row)), error(run(np.concatenate([row, loud]))[:1])
print("versions: onnx", onnx.__version__, "onnxruntime", ort.__version__)
print("error of a row, relative rms: alone %.4f, beside a row 30 times as large %.4f" % (alone, together))
same = alone < 0.02 and together > 5 * alone
print("as found" if same else "CHANGED")
sys.exit(0 if same else 1)
PY
"$tmp/venv/bin/python" "$tmp/run.py" "$tmp"
