"""Makes nhwc-gan and spatial-autoencoder: graphs whose pictures have their channels last, and whose features are maps
(its tensors are called as torch's default exporter calls them).

    python make_layouts.py        (onnx 1.19 or newer)
"""
import json
import pathlib

import onnx
from onnx import TensorProto, helper

HERE = pathlib.Path(__file__).parent
F = TensorProto.FLOAT


def save(path, nodes, inputs, outputs, weights=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(weights))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.parent.mkdir(exist_ok=True)
    onnx.save(model, str(path))


def value(name, *dims):
    return helper.make_tensor_value_info(name, F, list(dims))


# pictures of 2 rows, 3 columns and 1 channel: value k is k times the sum of z
weights = [helper.make_tensor("w", F, [4, 6], [float(k) for _ in range(4) for k in range(6)]),
           helper.make_tensor("s", TensorProto.INT64, [4], [-1, 2, 3, 1])]
save(HERE / "nhwc-gan" / "generator.onnx",
     [helper.make_node("MatMul", ["z", "w"], ["flat"]), helper.make_node("Reshape", ["flat", "s"], ["sample"])],
     [value("z", "batch", 4)], [value("sample", "batch", 2, 3, 1)], weights)
(HERE / "nhwc-gan" / "sampo.json").write_text(json.dumps(
    {"spec": "gan", "name": "nhwc-gan", "graphs": {"generator": {"file": "generator.onnx"}},
     "latent": {"size": 4}, "image": {"channels": 1, "height": 2, "width": 3, "range": [-1, 1]}}, indent=1) + "\n")

# features are the means of squares of 2 x 2, each pixel of which gets its mean back
save(HERE / "spatial-autoencoder" / "encoder.onnx",
     [helper.make_node("AveragePool", ["input"], ["getitem"], kernel_shape=[2, 2], strides=[2, 2])],
     [value("input", "batch", 1, 4, 4)], [value("getitem", "batch", 1, 2, 2)])
save(HERE / "spatial-autoencoder" / "decoder.onnx",
     [helper.make_node("Resize", ["input", "", "scales"], ["getitem"], mode="nearest",
                       coordinate_transformation_mode="asymmetric", nearest_mode="floor")],
     [value("input", "batch", 1, 2, 2)], [value("getitem", "batch", 1, 4, 4)],
     [helper.make_tensor("scales", F, [4], [1.0, 1.0, 2.0, 2.0])])
(HERE / "spatial-autoencoder" / "sampo.json").write_text(json.dumps(
    {"spec": "autoencoder", "name": "spatial-autoencoder",
     "graphs": {"encoder": {"file": "encoder.onnx"}, "decoder": {"file": "decoder.onnx"}},
     "latent": {"size": 4}, "image": {"channels": 1, "height": 4, "width": 4, "range": [0, 1]}}, indent=1) + "\n")
