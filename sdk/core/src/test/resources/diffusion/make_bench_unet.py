"""Writes a class-conditional UNet-like graph of about 30 million random weights in the diffusers layout, for LoopOverheadBenchmark.

    python make_bench_unet.py FOLDER

Needs onnx and numpy. The work is done at 16x16 with 512 channels, for samples of 4x32x32.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

WIDE, BLOCKS = 512, 12


def main(folder: Path) -> None:
    rng = np.random.default_rng(0)
    nodes, inits = [], []

    def conv(x, c_in, c_out, name, stride=1):
        scale = 0.5 / np.sqrt(9 * c_in)
        inits.append(numpy_helper.from_array((rng.standard_normal((c_out, c_in, 3, 3)) * scale).astype(np.float32), name + ".w"))
        nodes.append(h.make_node("Conv", [x, name + ".w"], [name], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[stride, stride]))
        return name

    x = conv("sample", 4, WIDE, "in", stride=2)
    for k in range(BLOCKS):
        nodes.append(h.make_node("Relu", [x], [f"r{k}"]))
        y = conv(f"r{k}", WIDE, WIDE, f"b{k}")
        nodes.append(h.make_node("Add", [x, y], [f"a{k}"]))
        x = f"a{k}"
    y = conv(x, WIDE, 16, "out")
    nodes.append(h.make_node("DepthToSpace", [y], ["up"], blocksize=2, mode="CRD"))
    inits.append(numpy_helper.from_array(np.array(0, np.float32), "zero"))
    nodes.append(h.make_node("Cast", ["timestep"], ["t"], to=T.FLOAT))
    nodes.append(h.make_node("Mul", ["t", "zero"], ["t0"]))
    nodes.append(h.make_node("Add", ["up", "t0"], ["out_sample"]))
    graph = h.make_graph(
        nodes, "unet",
        [h.make_tensor_value_info("sample", T.FLOAT, ["batch", 4, "height", "width"]),
         h.make_tensor_value_info("timestep", T.INT64, [])],
        [h.make_tensor_value_info("out_sample", T.FLOAT, ["batch", 4, "height", "width"])], inits)
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8)
    (folder / "unet").mkdir(parents=True, exist_ok=True)
    (folder / "scheduler").mkdir(exist_ok=True)
    onnx.save(model, folder / "unet" / "model.onnx")
    print(sum(int(np.prod(i.dims)) for i in inits), "weights")
    (folder / "unet" / "config.json").write_text(json.dumps({"in_channels": 4, "out_channels": 4, "sample_size": 32}))
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps({"_class_name": "EulerDiscreteScheduler"}))
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "DDPMPipeline"}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
