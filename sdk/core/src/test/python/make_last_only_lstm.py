"""Makes golden/text/rnn/char_lstm_last out of char_lstm beside it: the same net, but its logits are those of the last position, [batch, vocabulary].

    python make_last_only_lstm.py RNN_FOLDER
"""

import json
import shutil
import sys
from pathlib import Path

import onnx
from onnx import helper, numpy_helper
import numpy as np

folder = Path(sys.argv[1])
source, target = folder / "char_lstm", folder / "char_lstm_last"
target.mkdir(exist_ok=True)
shutil.copy(source / "config.json", target / "config.json")
lines = [line for line in (source / "cases.jsonl").read_text().splitlines() if json.loads(line)["kind"] != "forward"]
kept = [line for kind in ("greedy", "sample", "score") for line in [x for x in lines if json.loads(x)["kind"] == kind][:4]]
(target / "cases.jsonl").write_text("\n".join(kept) + "\n")

model = onnx.load(source / "model.onnx")
graph = model.graph
logits = next(o for o in graph.output if o.name == "logits")
for node in graph.node:
    for names in (node.input, node.output):
        for i, name in enumerate(names):
            if name == "logits":
                names[i] = "all_logits"
graph.initializer.append(numpy_helper.from_array(np.array(-1, np.int64), "last"))
graph.node.append(helper.make_node("Gather", ["all_logits", "last"], ["logits"], axis=1))
dims = logits.type.tensor_type.shape.dim
del dims[1]
onnx.save(model, target / "model.onnx")
