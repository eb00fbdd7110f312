"""Writes the tiny graphs of the runtime's tests beside this file. Needs onnx 1.17 or newer. Run: python make_graphs.py"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

HERE = pathlib.Path(__file__).parent


def value(name, kind, shape):
    return h.make_tensor_value_info(name, kind, shape)


def save(name, nodes, inputs, outputs, initializers=(), external=False):
    graph = h.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8, producer_name="sampo tests")
    onnx.checker.check_model(model)
    path = HERE / f"{name}.onnx"
    if external:
        data = path.with_name(path.name + ".data")
        data.unlink(missing_ok=True)
        onnx.save(model, path, save_as_external_data=True, location=data.name, size_threshold=0)
    else:
        onnx.save(model, path)


# sum = a + b, twice = 2 * a
save("add",
     [h.make_node("Add", ["a", "b"], ["sum"]), h.make_node("Add", ["a", "a"], ["twice"])],
     [value("a", T.FLOAT, ["batch", 3]), value("b", T.FLOAT, ["batch", 3])],
     [value("sum", T.FLOAT, ["batch", 3]), value("twice", T.FLOAT, ["batch", 3])])

# One identity an element type.
KINDS = {"float32": T.FLOAT, "float16": T.FLOAT16, "bfloat16": T.BFLOAT16, "float64": T.DOUBLE, "int8": T.INT8, "uint8": T.UINT8,
         "int16": T.INT16, "int32": T.INT32, "int64": T.INT64, "bool": T.BOOL}
save("types",
     [h.make_node("Identity", [k], [k + "_out"]) for k in KINDS],
     [value(k, t, ["n"]) for k, t in KINDS.items()],
     [value(k + "_out", t, ["n"]) for k, t in KINDS.items()])

# A cache that grows: present = concat(past, x) along axis 1, total = sum over axis 1.
save("cache",
     [h.make_node("Concat", ["past", "x"], ["present"], axis=1),
      h.make_node("ReduceSum", ["present", "axes"], ["total"], keepdims=0)],
     [value("x", T.FLOAT, ["batch", "time", 2]), value("past", T.FLOAT, ["batch", "past_time", 2])],
     [value("total", T.FLOAT, ["batch", 2]), value("present", T.FLOAT, ["batch", "past_time + time", 2])],
     [numpy_helper.from_array(np.array([1], np.int64), "axes")])

# Runs for as many rounds as it is told: y = x + steps.
body = h.make_graph(
    [h.make_node("Identity", ["go"], ["go_on"]), h.make_node("Add", ["y_in", "one"], ["y_out"])], "body",
    [value("i", T.INT64, []), value("go", T.BOOL, []), value("y_in", T.FLOAT, ["n"])],
    [value("go_on", T.BOOL, []), value("y_out", T.FLOAT, ["n"])],
    [numpy_helper.from_array(np.array([1], np.float32), "one")])
save("loop",
     [h.make_node("Loop", ["steps", "yes", "x"], ["y"], body=body)],
     [value("steps", T.INT64, []), value("x", T.FLOAT, ["n"])],
     [value("y", T.FLOAT, ["n"])],
     [numpy_helper.from_array(np.array(True), "yes")])

# A product with weights, inline and in external data: y = x W, W[i][j] = i - j.
weights = numpy_helper.from_array(np.subtract.outer(np.arange(64), np.arange(64)).astype(np.float32), "w")
for name, external in (("product", False), ("product_external", True)):
    save(name, [h.make_node("MatMul", ["x", "w"], ["y"])], [value("x", T.FLOAT, ["rows", 64])], [value("y", T.FLOAT, ["rows", 64])],
         [weights], external)

# Fails at run time whenever the two do not multiply, which the declared shapes do not show.
save("mismatch", [h.make_node("MatMul", ["p", "q"], ["r"])],
     [value("p", T.FLOAT, ["a", "b"]), value("q", T.FLOAT, ["c", "d"])], [value("r", T.FLOAT, ["a", "d"])])

# A sum over the middle axis: ONNX Runtime 1.28 splits it between threads and then adds in another order.
save("reduce_middle", [h.make_node("ReduceSum", ["x", "axis"], ["y"], keepdims=0)],
     [value("x", T.FLOAT, ["batch", 257, "n"])], [value("y", T.FLOAT, ["batch", "n"])],
     [numpy_helper.from_array(np.array([1], np.int64), "axis")])

# 25 inputs and 25 outputs, as many as a decoder of 12 layers has: what a call costs beside its arithmetic.
save("many", [h.make_node("Neg", [f"in_{n}"], [f"out_{n}"]) for n in range(25)],
     [value(f"in_{n}", T.FLOAT, ["rows", 8]) for n in range(25)], [value(f"out_{n}", T.FLOAT, ["rows", 8]) for n in range(25)])
