"""Writes the gradient goldens: one folder a case with model.onnx and case.json.

Every case states the same function twice: as an ONNX graph (in ONNX's text format) and in PyTorch. The loss is the sum of
all outputs times fixed numbers. Before a case is written, three things are compared in double precision: the outputs of
onnx's reference evaluator with PyTorch's, and PyTorch's gradients with central finite differences of the evaluator.

    python make_gradient_goldens.py ../resources/golden/gradients
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper, parser
from onnx.reference import ReferenceEvaluator

torch.set_num_threads(1)
OUT = Path(sys.argv[1])
ONLY = set(sys.argv[2:])
CASES = {}


def case(name, inputs, outputs, body, fn, wrt=None, opset=18, ms=False, positive=(), ints=None, seed=0, fd=True, init=(), lo=None, ties=False, expand=False):
    """inputs: {name: shape}; ints: {name: array}; body: ONNX text; fn: PyTorch function of named tensors; fd: finite differences
    of onnx's evaluator (else of the PyTorch function); ties: few different numbers, where no finite difference exists."""
    CASES[name] = dict(inputs=inputs, outputs=outputs, body=body, fn=fn, wrt=wrt, opset=opset, ms=ms,
                       positive=positive, ints=ints or {}, seed=seed, fd=fd, init=init, lo=lo, ties=ties, expand=expand)


def dims(shape):
    return ",".join(map(str, shape))


def build(name, c):
    rng = np.random.default_rng(abs(hash_name(name)) % 2**31 + c["seed"])
    feeds = {}
    for key, shape in c["inputs"].items():
        x = rng.uniform(-1, 1, shape).astype(np.float32)
        if key in c["positive"]:
            x = np.abs(x) + np.float32(0.5)
        if c["lo"] is not None:
            x = np.where(np.abs(x) < c["lo"], np.float32(c["lo"] * 2), x)
        if c["ties"]:
            x = np.round(x)
        feeds[key] = x.astype(np.float32)
    for key, values in c["ints"].items():
        feeds[key] = np.asarray(values, dtype=np.int64) if np.asarray(values).dtype != bool else np.asarray(values)
    params = []
    for key, value in feeds.items():
        kind = {np.dtype(np.float32): "float", np.dtype(np.int64): "int64", np.dtype(bool): "bool"}[value.dtype]
        params.append(f"{kind}[{dims(value.shape)}] {key}")
    imports = f'"" : {c["opset"]}' + (', "com.microsoft" : 1' if c["ms"] else "")
    text = (f'<ir_version: 9, opset_import: [{imports}]> {name} ({", ".join(params)}) => '
            f'({", ".join("float " + o for o in c["outputs"])}) {{ {c["body"]} }}')
    model = parser.parse_model(text)
    tensors = {k: torch.tensor(v.astype(np.float64) if v.dtype == np.float32 else v,
                               requires_grad=v.dtype == np.float32) for k, v in feeds.items()}
    results = c["fn"](**tensors)
    results = results if isinstance(results, (tuple, list)) else (results,)
    graph = model.graph
    terms = []
    loss = 0
    for out, value in zip(c["outputs"], results):
        weights = rng.uniform(-1, 1, tuple(value.shape)).astype(np.float32)
        graph.initializer.append(numpy_helper.from_array(weights, out + "_weights"))
        graph.node.append(helper.make_node("Mul", [out, out + "_weights"], [out + "_weighted"]))
        graph.node.append(helper.make_node("ReduceSum", [out + "_weighted"], [out + "_sum"], keepdims=0))
        terms.append(out + "_sum")
        loss = loss + (value * torch.tensor(weights, dtype=torch.float64)).sum()
    graph.node.append(helper.make_node("Sum", terms, ["loss"]))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("loss", TensorProto.FLOAT, []))
    wrt = c["wrt"] or list(c["inputs"])
    grads = dict(zip(wrt, torch.autograd.grad(loss, [tensors[w] for w in wrt], allow_unused=True)))
    grads = {k: (torch.zeros_like(tensors[k]) if g is None else g).detach().numpy() for k, g in grads.items()}
    double = {k: np.array(v, np.float64) if v.dtype == np.float32 else v for k, v in feeds.items()}
    evaluate = onnx_value(model) if c["fd"] else torch_value(c["fn"], results, c["outputs"], model)
    if not c["ties"]:
        finite_differences(name, evaluate, double, loss.item(), grads)
    write(name, model, feeds, loss.item(), grads, c)


def hash_name(name):
    value = 7
    for ch in name:
        value = (value * 31 + ord(ch)) % (2**31)
    return value


def in_double(model):
    """The same model with every float32 made float64."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    graph = copy.graph
    for i, tensor in enumerate(graph.initializer):
        if tensor.data_type == TensorProto.FLOAT:
            graph.initializer[i].CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name))
    for value in [*graph.input, *graph.output]:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = TensorProto.DOUBLE
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.name == "value_float":
                tensor = numpy_helper.from_array(np.float64(np.float32(attribute.f)))
                attribute.CopyFrom(helper.make_attribute("value", tensor))
            elif node.op_type == "Cast" and attribute.i == TensorProto.FLOAT:
                attribute.i = TensorProto.DOUBLE
    return copy


def onnx_value(model):
    evaluator = ReferenceEvaluator(in_double(model))
    return lambda x: float(evaluator.run(None, x)[0])


def torch_value(fn, results, outputs, model):
    """For operators that onnx's evaluator lacks or computes in single precision (Erf): PyTorch in double."""
    weights = {t.name: numpy_helper.to_array(t).astype(np.float64) for t in model.graph.initializer}

    def value(x):
        with torch.no_grad():
            ys = fn(**{k: torch.tensor(v) for k, v in x.items()})
        ys = ys if isinstance(ys, (tuple, list)) else (ys,)
        return sum(float((y.numpy() * weights[o + "_weights"]).sum()) for o, y in zip(outputs, ys))

    return value


def finite_differences(name, value, feeds, loss, grads, h=1e-5):
    got = value(feeds)
    assert abs(got - loss) <= 1e-6 * max(1, abs(loss)), f"{name}: forward {got} against PyTorch's {loss}"
    for key, grad in grads.items():
        numeric = np.zeros_like(grad)
        for i in np.ndindex(*grad.shape):
            moved = {k: np.array(v) for k, v in feeds.items()}
            moved[key][i] += h
            up = value(moved)
            moved[key][i] -= 2 * h
            numeric[i] = (up - value(moved)) / (2 * h)
        worst = np.abs(numeric - grad).max() / max(1, np.abs(grad).max())
        assert worst < 2e-6, f"{name}: finite differences of {key} differ by {worst}\n{numeric}\n{grad}"


def write(name, model, feeds, loss, grads, c):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    for key in c["init"]:
        model.graph.initializer.append(numpy_helper.from_array(feeds[key], key))
        kept = [i for i in model.graph.input if i.name != key]
        del model.graph.input[:]
        model.graph.input.extend(kept)
    (folder / "model.onnx").write_bytes(model.SerializeToString())

    def numbers(x):
        return [float(f"{v:.9g}") for v in x.ravel()]

    document = {
        "inputs": {k: {"type": str(v.dtype), "shape": list(v.shape), "values": v.ravel().tolist() if v.dtype != np.float32 else numbers(v)}
                   for k, v in feeds.items() if k not in c["init"]},
        **({"expandBatchNorm": True} if c["expand"] else {}),
        "loss": loss,
        "gradients": {k: numbers(g) for k, g in grads.items()},
    }
    (folder / "case.json").write_text(json.dumps(document) + "\n")


# ------------------------------------------------------------------ elementwise

S = (2, 3, 4)
binary = {"add": ("Add", torch.add), "sub": ("Sub", torch.sub), "mul": ("Mul", torch.mul), "div": ("Div", torch.div)}
for key, (op, fn) in binary.items():
    case(key, {"a": S, "b": S}, ["y"], f"y = {op}(a, b)", lambda a, b, fn=fn: fn(a, b), positive=("b",))
    case(key + "_broadcast", {"a": (3, 1), "b": S}, ["y"], f"y = {op}(a, b)", lambda a, b, fn=fn: fn(a, b), positive=("b",))
    case(key + "_scalar", {"a": S, "b": ()}, ["y"], f"y = {op}(a, b)", lambda a, b, fn=fn: fn(a, b), positive=("b",))
case("pow", {"a": S, "b": (4,)}, ["y"], "y = Pow(a, b)", lambda a, b: a**b, positive=("a",))
case("pow_constant", {"a": S}, ["y"], "c = Constant<value_float = 3.0>() y = Pow(a, c)", lambda a: a**3)
case("sum", {"a": S, "b": (4,), "c": (3, 1)}, ["y"], "y = Sum(a, b, c)", lambda a, b, c: a + b + c)
case("mean", {"a": S, "b": (4,)}, ["y"], "y = Mean(a, b)", lambda a, b: (a + b) / 2)
case("max", {"a": S, "b": (4,)}, ["y"], "y = Max(a, b)", lambda a, b: torch.maximum(a, b))
case("min", {"a": S, "b": S}, ["y"], "y = Min(a, b)", lambda a, b: torch.minimum(a, b))
case("where", {"a": S, "b": (4,)}, ["y"], "y = Where(m, a, b)", lambda a, b, m: torch.where(m, a, b), ints={"m": np.arange(24).reshape(S) % 3 == 0})
case("clip", {"a": S}, ["y"], "l = Constant<value_float = -0.4>() h = Constant<value_float = 0.6>() y = Clip(a, l, h)",
     lambda a: a.clamp(float(np.float32(-0.4)), float(np.float32(0.6))))
case("identity_cast", {"a": S}, ["y"], "b = Identity(a) y = Cast<to = 1>(b)", lambda a: a * 1)
unary = {"neg": ("Neg", torch.neg), "abs": ("Abs", torch.abs), "exp": ("Exp", torch.exp), "sin": ("Sin", torch.sin), "cos": ("Cos", torch.cos),
         "erf": ("Erf", torch.erf), "relu": ("Relu", torch.relu), "sigmoid": ("Sigmoid", torch.sigmoid), "tanh": ("Tanh", torch.tanh),
         "softplus": ("Softplus", F.softplus), "softsign": ("Softsign", F.softsign), "hardsigmoid": ("HardSigmoid<alpha = 0.5, beta = 0.4>", lambda a: (a * 0.5 + float(np.float32(0.4))).clamp(0, 1)),
         "hardswish": ("HardSwish", F.hardswish), "mish": ("Mish", F.mish), "elu": ("Elu<alpha = 1.5>", lambda a: F.elu(a, 1.5)),
         "selu": ("Selu", F.selu), "celu": ("Celu<alpha = 1.5>", lambda a: F.celu(a, 1.5)), "leakyrelu": ("LeakyRelu<alpha = 0.25>", lambda a: F.leaky_relu(a, 0.25))}
for key, (op, fn) in unary.items():
    scale = "x4 = Constant<value_float = 4.0>() b = Mul(a, x4) " if key in ("hardswish", "hardsigmoid") else "b = Identity(a) "
    factor = 4 if key in ("hardswish", "hardsigmoid") else 1
    case(key, {"a": S}, ["y"], scale + f"y = {op}(b)", lambda a, fn=fn, factor=factor: fn(a * factor), lo=0.01,
         fd=key not in ("hardswish", "mish", "selu", "celu", "erf"))
for key, (op, fn) in {"sqrt": ("Sqrt", torch.sqrt), "log": ("Log", torch.log), "reciprocal": ("Reciprocal", torch.reciprocal)}.items():
    case(key, {"a": S}, ["y"], f"y = {op}(a)", lambda a, fn=fn: fn(a), positive=("a",))
case("prelu", {"a": S, "s": (4,)}, ["y"], "y = PRelu(a, s)", lambda a, s: torch.where(a > 0, a, a * s), lo=0.01)
case("gelu", {"a": S}, ["y"], "y = Gelu(a)", lambda a: F.gelu(a), opset=20, fd=False)
case("gelu_tanh", {"a": S}, ["y"], 'y = Gelu<approximate = "tanh">(a)', lambda a: F.gelu(a, approximate="tanh"), opset=20)
case("gelu_microsoft", {"a": S}, ["y"], "y = com.microsoft.Gelu(a)", lambda a: F.gelu(a), ms=True, fd=False)
case("fastgelu_microsoft", {"a": S, "b": (4,)}, ["y"], "y = com.microsoft.FastGelu(a, b)", lambda a, b: F.gelu(a + b, approximate="tanh"), ms=True, fd=False)
case("biasgelu_microsoft", {"a": S, "b": (4,)}, ["y"], "y = com.microsoft.BiasGelu(a, b)", lambda a, b: F.gelu(a + b), ms=True, fd=False)
case("quickgelu_microsoft", {"a": S}, ["y"], "y = com.microsoft.QuickGelu<alpha = 1.702>(a)", lambda a: a * torch.sigmoid(1.702 * a), ms=True, fd=False)
case("gelu_erf_expansion", {"a": S}, ["y"],
     "r = Constant<value_float = 1.4142135>() one = Constant<value_float = 1.0>() half = Constant<value_float = 0.5>() "
     "d = Div(a, r) e = Erf(d) f = Add(e, one) m = Mul(a, f) y = Mul(m, half)", lambda a: a * (1 + torch.erf(a / float(np.float32(1.4142135)))) * 0.5, fd=False)
case("swish_pattern", {"a": S}, ["y"], "s = Sigmoid(a) y = Mul(a, s)", lambda a: F.silu(a))
case("thresholdedrelu", {"a": S}, ["y"], "y = ThresholdedRelu<alpha = 0.3>(a)", lambda a: F.threshold(a, float(np.float32(0.3)), 0))
case("swish_op", {"a": S}, ["y"], "y = Swish<alpha = 1.5>(a)", lambda a: a * torch.sigmoid(1.5 * a), opset=24, fd=False)
case("gelu_tanh_expansion", {"a": S}, ["y"],
     "three = Constant<value_float = 3.0>() k = Constant<value_float = 0.044715>() c = Constant<value_float = 0.7978846>() one = Constant<value_float = 1.0>() half = Constant<value_float = 0.5>() "
     "p = Pow(a, three) q = Mul(p, k) r = Add(a, q) s = Mul(r, c) t = Tanh(s) u = Add(t, one) v = Mul(a, u) y = Mul(v, half)",
     lambda a: a * (1 + torch.tanh(float(np.float32(0.7978846)) * (a + float(np.float32(0.044715)) * a**3))) * 0.5)
case("hardswish_pattern", {"a": S}, ["y"],
     "four = Constant<value_float = 4.0>() b = Mul(a, four) three = Constant<value_float = 3.0>() zero = Constant<value_float = 0.0>() six = Constant<value_float = 6.0>() c = Add(b, three) d = Clip(c, zero, six) e = Div(d, six) y = Mul(b, e)",
     lambda a: F.hardswish(a * 4))
case("hardsigmoid_pattern", {"a": S}, ["y"],
     "four = Constant<value_float = 4.0>() b = Mul(a, four) three = Constant<value_float = 3.0>() zero = Constant<value_float = 0.0>() six = Constant<value_float = 6.0>() c = Add(b, three) d = Clip(c, zero, six) y = Div(d, six)",
     lambda a: F.hardsigmoid(a * 4))
case("softmax", {"a": S}, ["y"], "y = Softmax<axis = -1>(a)", lambda a: a.softmax(-1))
case("softmax_axis1", {"a": S}, ["y"], "y = Softmax<axis = 1>(a)", lambda a: a.softmax(1))
case("logsoftmax", {"a": S}, ["y"], "y = LogSoftmax<axis = -1>(a)", lambda a: a.log_softmax(-1))

# ------------------------------------------------------------------ products

case("matmul", {"a": (3, 4), "b": (4, 5)}, ["y"], "y = MatMul(a, b)", lambda a, b: a @ b)
case("matmul_layer", {"a": (2, 3, 4), "b": (4, 5)}, ["y"], "y = MatMul(a, b)", lambda a, b: a @ b)
case("matmul_batched", {"a": (2, 3, 4), "b": (2, 4, 5)}, ["y"], "y = MatMul(a, b)", lambda a, b: a @ b)
case("matmul_broadcast", {"a": (2, 1, 3, 4), "b": (5, 4, 2)}, ["y"], "y = MatMul(a, b)", lambda a, b: a @ b)
case("matmul_broadcast_left", {"a": (3, 4), "b": (2, 4, 5)}, ["y"], "y = MatMul(a, b)", lambda a, b: a @ b)
case("matmul_vector_right", {"a": (2, 3, 4), "b": (4,)}, ["y"], "y = MatMul(a, b)", lambda a, b: a @ b)
case("matmul_vector_left", {"a": (4,), "b": (2, 4, 5)}, ["y"], "y = MatMul(a, b)", lambda a, b: a @ b)
for ta in (0, 1):
    for tb in (0, 1):
        case(f"gemm_{ta}{tb}", {"a": (4, 3) if ta else (3, 4), "b": (5, 4) if tb else (4, 5), "c": (5,)}, ["y"],
             f"y = Gemm<alpha = 0.5, beta = 2.0, transA = {ta}, transB = {tb}>(a, b, c)",
             lambda a, b, c, ta=ta, tb=tb: 0.5 * (a.T if ta else a) @ (b.T if tb else b) + 2 * c)
        case(f"fusedmatmul_{ta}{tb}", {"a": (2, 4, 3) if ta else (2, 3, 4), "b": (2, 5, 4) if tb else (2, 4, 5)}, ["y"],
             f"y = com.microsoft.FusedMatMul<alpha = 0.5, transA = {ta}, transB = {tb}>(a, b)",
             lambda a, b, ta=ta, tb=tb: 0.5 * (a.mT if ta else a) @ (b.mT if tb else b), ms=True, fd=False)
for i, (eq, shapes) in enumerate({"ij,jk->ik": [(2, 3), (3, 4)], "bhid,bhjd->bhij": [(1, 2, 3, 4), (1, 2, 2, 4)], "bij->bji": [(2, 3, 4)], "bij->b": [(2, 3, 4)],
                                  "i,j->ij": [(3,), (4,)], "nchw,nc->nhw": [(2, 3, 2, 2), (2, 3)]}.items()):
    names = ["a", "b"][: len(shapes)]
    case(f"einsum_{i}", dict(zip(names, shapes)), ["y"], f'y = Einsum<equation = "{eq}">({", ".join(names)})', lambda eq=eq, **t: torch.einsum(eq, *t.values()))

# ------------------------------------------------------------------ reductions

red = {"reducesum": ("ReduceSum", torch.sum), "reducemean": ("ReduceMean", torch.mean), "reducemax": ("ReduceMax", torch.amax), "reducemin": ("ReduceMin", torch.amin),
       "reducel2": ("ReduceL2", lambda a, dim, keepdim: (a * a).sum(dim, keepdim).sqrt()), "reducel1": ("ReduceL1", lambda a, dim, keepdim: a.abs().sum(dim, keepdim)),
       "reducesumsquare": ("ReduceSumSquare", lambda a, dim, keepdim: (a * a).sum(dim, keepdim)), "reducelogsumexp": ("ReduceLogSumExp", torch.logsumexp)}
for key, (op, fn) in red.items():
    case(key, {"a": S}, ["y"], f"x = Constant<value_ints = [1, -1]>() y = {op}<keepdims = 1>(a, x)", lambda a, fn=fn: fn(a, dim=(1, 2), keepdim=True), lo=0.01)
    case(key + "_flat", {"a": S}, ["y"], f"x = Constant<value_ints = [1]>() y = {op}<keepdims = 0>(a, x)", lambda a, fn=fn: fn(a, dim=(1,), keepdim=False), lo=0.01)
case("reducemax_ties", {"a": S}, ["y"], "x = Constant<value_ints = [1, 2]>() y = ReduceMax<keepdims = 0>(a, x)", lambda a: a.amax((1, 2)), ties=True)
case("reducemin_ties", {"a": S}, ["y"], "x = Constant<value_ints = [2]>() y = ReduceMin<keepdims = 1>(a, x)", lambda a: a.amin(2, True), ties=True)
case("max_ties", {"a": S, "b": S}, ["y"], "y = Max(a, b)", lambda a, b: torch.maximum(a, b), ties=True)
case("reduceprod", {"a": S}, ["y"], "x = Constant<value_ints = [1]>() y = ReduceProd<keepdims = 0>(a, x)", lambda a: a.prod(1), lo=0.1)
case("reducesum_all", {"a": S}, ["y"], "y = ReduceSum<keepdims = 0>(a)", lambda a: a.sum())
case("reducemean_opset13", {"a": S}, ["y"], "y = ReduceMean<keepdims = 0, axes = [0, 2]>(a)", lambda a: a.mean((0, 2)), opset=13)
case("cumsum", {"a": S}, ["y"], "x = Constant<value_int = 1>() y = CumSum(a, x)", lambda a: a.cumsum(1))

# ------------------------------------------------------------------ shapes

case("reshape", {"a": S}, ["y"], "x = Constant<value_ints = [0, -1]>() y = Reshape(a, x)", lambda a: a.reshape(2, -1))
case("reshape_shape_chain", {"a": S}, ["y"],
     "s = Shape(a) i = Constant<value_int = 0>() n = Gather(s, i) x = Constant<value_ints = [0]>() n1 = Unsqueeze(n, x) m = Constant<value_ints = [-1]>() t = Concat<axis = 0>(n1, m) y = Reshape(a, t)",
     lambda a: a.reshape(2, -1))
case("flatten", {"a": S}, ["y"], "y = Flatten<axis = 2>(a)", lambda a: a.reshape(6, 4))
case("squeeze_unsqueeze", {"a": (2, 1, 3)}, ["y"], "x = Constant<value_ints = [1]>() z = Constant<value_ints = [0, 3]>() b = Squeeze(a, x) y = Unsqueeze(b, z)", lambda a: a.squeeze(1)[None, ..., None])
case("transpose", {"a": S}, ["y"], "y = Transpose<perm = [2, 0, 1]>(a)", lambda a: a.permute(2, 0, 1))
case("transpose_default", {"a": S}, ["y"], "y = Transpose(a)", lambda a: a.permute(2, 1, 0))
case("concat", {"a": S, "b": (2, 1, 4)}, ["y"], "y = Concat<axis = 1>(a, b)", lambda a, b: torch.cat([a, b], 1))
case("split", {"a": (2, 6)}, ["p", "q"], "x = Constant<value_ints = [2, 1, 3]>() p, u, q = Split<axis = 1>(a, x)", lambda a: (a[:, :2], a[:, 3:]))
case("split_equal_opset13", {"a": (2, 6)}, ["p", "q"], "p, q = Split<axis = -1>(a)", lambda a: a.chunk(2, 1), opset=13)
case("slice", {"a": (4, 5)}, ["y"], "s = Constant<value_ints = [1, -3]>() e = Constant<value_ints = [9, -1]>() x = Constant<value_ints = [0, -1]>() y = Slice(a, s, e, x)", lambda a: a[1:, -3:-1])
case("slice_steps", {"a": (4, 5)}, ["y"], "s = Constant<value_ints = [0, -1]>() e = Constant<value_ints = [4, -9]>() x = Constant<value_ints = [0, 1]>() t = Constant<value_ints = [2, -2]>() y = Slice(a, s, e, x, t)",
     lambda a: a[::2].flip(1)[:, ::2])
case("expand", {"a": (3, 1)}, ["y"], "x = Constant<value_ints = [2, 3, 4]>() y = Expand(a, x)", lambda a: a.expand(2, 3, 4))
case("tile", {"a": (2, 3)}, ["y"], "x = Constant<value_ints = [2, 3]>() y = Tile(a, x)", lambda a: a.repeat(2, 3))
case("trilu", {"a": (4, 4)}, ["y"], "k = Constant<value_int = 1>() y = Trilu<upper = 0>(a, k)", lambda a: a.tril(1))
case("depthtospace", {"a": (1, 8, 2, 3)}, ["y"], 'y = DepthToSpace<blocksize = 2, mode = "CRD">(a)', lambda a: F.pixel_shuffle(a, 2))
case("spacetodepth", {"a": (1, 2, 4, 6)}, ["y"], "y = SpaceToDepth<blocksize = 2>(a)", lambda a: a.reshape(1, 2, 2, 2, 3, 2).permute(0, 3, 5, 1, 2, 4).reshape(1, 8, 2, 3))
case("dropout_inference", {"a": S}, ["y"], "y = Dropout(a)", lambda a: a * 1)
case("pad", {"a": (2, 3)}, ["y"], "p = Constant<value_ints = [1, 0, 0, 2]>() y = Pad(a, p)", lambda a: F.pad(a, (0, 2, 1, 0)))
case("pad_negative", {"a": (2, 5)}, ["y"], "p = Constant<value_ints = [0, -1, 1, -2]>() y = Pad(a, p)", lambda a: F.pad(a, (-1, -2, 0, 1)), fd=False)
case("pad_reflect", {"a": (1, 1, 3, 4)}, ["y"], 'p = Constant<value_ints = [0, 0, 1, 2, 0, 0, 2, 1]>() y = Pad<mode = "reflect">(a, p)', lambda a: F.pad(a, (2, 1, 1, 2), mode="reflect"))
case("pad_edge", {"a": (1, 1, 3, 4)}, ["y"], 'p = Constant<value_ints = [0, 0, 1, 2, 0, 0, 2, 1]>() y = Pad<mode = "edge">(a, p)', lambda a: F.pad(a, (2, 1, 1, 2), mode="replicate"))

case("pad_wrap", {"a": (1, 1, 3, 4)}, ["y"], 'p = Constant<value_ints = [0, 0, 1, 2, 0, 0, 2, 1]>() y = Pad<mode = "wrap">(a, p)', lambda a: F.pad(a, (2, 1, 1, 2), mode="circular"), opset=19, fd=False)
case("pad_axes", {"a": (2, 3, 4)}, ["y"], "p = Constant<value_ints = [1, 2]>() z = Constant<value_float = 0.5>() x = Constant<value_ints = [-1]>() y = Pad(a, p, z, x)", lambda a: F.pad(a, (1, 2), value=0.5))
case("dropout_ratio0", {"a": S}, ["y"], "r = Constant<value_float = 0.0>() t = Constant<value = bool {1}>() y = Dropout(a, r, t)", lambda a: F.dropout(a, 0.0, True))

# ------------------------------------------------------------------ indices

case("gather", {"w": (5, 3)}, ["y"], "y = Gather(w, i)", lambda w, i: w[i], ints={"i": [[1, 4, 1], [0, 1, 2]]})
case("gather_axis1", {"w": (2, 5, 3)}, ["y"], "y = Gather<axis = 1>(w, i)", lambda w, i: w[:, i], ints={"i": [[1, 4], [-1, 1]]})
case("gather_scalar", {"w": (2, 5)}, ["y"], "i = Constant<value_int = 3>() y = Gather<axis = 1>(w, i)", lambda w: w[:, 3])
case("gatherelements", {"a": (3, 4)}, ["y"], "y = GatherElements<axis = 1>(a, i)", lambda a, i: a.gather(1, i), ints={"i": [[1, 1], [0, 3], [2, 2]]})
case("gathernd", {"a": (3, 4)}, ["y"], "y = GatherND(a, i)", lambda a, i: a[i[:, 0], i[:, 1]], ints={"i": [[1, 1], [0, 3], [1, 1]]})
case("scatternd", {"a": (4, 3), "u": (2, 3)}, ["y"], "y = ScatterND(a, i, u)", lambda a, u, i: a.index_put((i[:, 0],), u), ints={"i": [[2], [0]]})
case("scatternd_add", {"a": (4, 3), "u": (2, 3)}, ["y"], 'y = ScatterND<reduction = "add">(a, i, u)', lambda a, u, i: a.index_put((i[:, 0],), u, accumulate=True), ints={"i": [[2], [2]]})
case("scatterelements", {"a": (3, 4), "u": (3, 2)}, ["y"], "y = ScatterElements<axis = 1>(a, i, u)", lambda a, u, i: a.scatter(1, i, u), ints={"i": [[1, 0], [0, 3], [2, 1]]})

# ------------------------------------------------------------------ convolutions and pools

case("conv1d", {"x": (2, 3, 7), "w": (4, 3, 3), "b": (4,)}, ["y"], "y = Conv<pads = [1, 1], strides = [2]>(x, w, b)", lambda x, w, b: F.conv1d(x, w, b, 2, 1))
case("conv1d_causal", {"x": (2, 3, 7), "w": (4, 3, 2), "b": (4,)}, ["y"], "y = Conv<pads = [2, 0], dilations = [2]>(x, w, b)", lambda x, w, b: F.conv1d(F.pad(x, (2, 0)), w, b, dilation=2))
case("conv2d", {"x": (2, 3, 5, 6), "w": (4, 3, 3, 3), "b": (4,)}, ["y"], "y = Conv<pads = [1, 1, 1, 1]>(x, w, b)", lambda x, w, b: F.conv2d(x, w, b, 1, 1))
case("conv2d_1x1", {"x": (2, 3, 4, 4), "w": (4, 3, 1, 1)}, ["y"], "y = Conv(x, w)", lambda x, w: F.conv2d(x, w))
case("conv2d_strided", {"x": (2, 2, 6, 7), "w": (3, 2, 3, 2)}, ["y"], "y = Conv<pads = [1, 0, 1, 0], strides = [2, 2]>(x, w)", lambda x, w: F.conv2d(x, w, None, 2, (1, 0)))
case("conv2d_groups", {"x": (2, 4, 5, 5), "w": (6, 2, 3, 3), "b": (6,)}, ["y"], "y = Conv<pads = [1, 1, 1, 1], strides = [2, 1], group = 2>(x, w, b)", lambda x, w, b: F.conv2d(x, w, b, (2, 1), 1, 1, 2))
case("conv2d_depthwise_dilated", {"x": (2, 3, 6, 6), "w": (3, 1, 3, 3)}, ["y"], "y = Conv<dilations = [2, 1], group = 3>(x, w)", lambda x, w: F.conv2d(x, w, None, 1, 0, (2, 1), 3))
case("conv2d_same_upper", {"x": (1, 2, 5, 5), "w": (2, 2, 2, 2)}, ["y"], 'y = Conv<auto_pad = "SAME_UPPER">(x, w)', lambda x, w: F.conv2d(F.pad(x, (0, 1, 0, 1)), w))
case("conv3d", {"x": (1, 2, 3, 4, 3), "w": (2, 2, 2, 2, 2)}, ["y"], "y = Conv<pads = [1, 0, 0, 0, 1, 0]>(x, w)", lambda x, w: F.conv3d(F.pad(x, (0, 0, 0, 1, 1, 0)), w), fd=False)
case("convtranspose1d", {"x": (2, 3, 4), "w": (3, 2, 4), "b": (2,)}, ["y"], "y = ConvTranspose<strides = [2], pads = [1, 1]>(x, w, b)", lambda x, w, b: F.conv_transpose1d(x, w, b, 2, 1))
case("convtranspose2d", {"x": (2, 3, 3, 4), "w": (3, 2, 4, 4), "b": (2,)}, ["y"], "y = ConvTranspose<strides = [2, 2], pads = [1, 1, 1, 1]>(x, w, b)", lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 1))
case("convtranspose2d_output_padding", {"x": (1, 2, 3, 3), "w": (2, 3, 3, 3)}, ["y"], "y = ConvTranspose<strides = [2, 2], pads = [1, 1, 1, 1], output_padding = [1, 1]>(x, w)", lambda x, w: F.conv_transpose2d(x, w, None, 2, 1, 1))
case("convtranspose2d_groups", {"x": (2, 4, 3, 3), "w": (4, 2, 3, 3)}, ["y"], "y = ConvTranspose<group = 2, strides = [1, 2], dilations = [2, 1]>(x, w)", lambda x, w: F.conv_transpose2d(x, w, None, (1, 2), 0, 0, 2, (2, 1)), fd=False)
case("convtranspose1d_groups", {"x": (2, 4, 5), "w": (4, 3, 3), "b": (6,)}, ["y"], "y = ConvTranspose<group = 2, strides = [2], dilations = [2], pads = [1, 2], output_padding = [1]>(x, w, b)",
     lambda x, w, b: F.conv_transpose1d(x, w, b, 2, 0, 0, 2, 2)[:, :, 1:12], fd=False)
case("convtranspose2d_pads", {"x": (1, 2, 3, 4), "w": (2, 2, 3, 3)}, ["y"], "y = ConvTranspose<strides = [2, 1], pads = [1, 0, 0, 2]>(x, w)", lambda x, w: F.conv_transpose2d(x, w, None, (2, 1))[:, :, 1:, :-2], fd=False)
case("convtranspose2d_same_upper", {"x": (1, 2, 3, 3), "w": (2, 2, 3, 3)}, ["y"], 'y = ConvTranspose<strides = [2, 2], auto_pad = "SAME_UPPER">(x, w)', lambda x, w: F.conv_transpose2d(x, w, None, 2)[:, :, :-1, :-1], fd=False)
case("convtranspose2d_output_shape", {"x": (1, 2, 3, 3), "w": (2, 2, 3, 3)}, ["y"], "y = ConvTranspose<strides = [2, 2], output_shape = [6, 6]>(x, w)", lambda x, w: F.conv_transpose2d(x, w, None, 2)[:, :, 1:, 1:], fd=False)
case("convtranspose2d_depthwise", {"x": (2, 3, 3, 3), "w": (3, 1, 4, 4)}, ["y"], "y = ConvTranspose<group = 3, strides = [2, 2], pads = [1, 1, 1, 1]>(x, w)", lambda x, w: F.conv_transpose2d(x, w, None, 2, 1, 0, 3), fd=False)
case("conv1d_same_lower", {"x": (1, 2, 6), "w": (2, 2, 4)}, ["y"], 'y = Conv<auto_pad = "SAME_LOWER">(x, w)', lambda x, w: F.conv1d(F.pad(x, (2, 1)), w))
case("maxpool_dilated", {"x": (1, 2, 7, 7)}, ["y"], "y = MaxPool<kernel_shape = [2, 2], strides = [2, 1], dilations = [2, 3]>(x)", lambda x: F.max_pool2d(x, 2, (2, 1), 0, (2, 3)), fd=False)
case("maxpool_ceil", {"x": (1, 2, 6, 7)}, ["y"], "y = MaxPool<kernel_shape = [3, 2], strides = [2, 2], ceil_mode = 1>(x)", lambda x: F.max_pool2d(x, (3, 2), 2, 0, 1, True), fd=False)
case("averagepool_ceil", {"x": (1, 2, 6, 7)}, ["y"], "y = AveragePool<kernel_shape = [3, 2], strides = [2, 2], ceil_mode = 1>(x)", lambda x: F.avg_pool2d(x, (3, 2), 2, 0, True, False), opset=19, fd=False)
case("averagepool_ceil_include", {"x": (1, 1, 6, 6)}, ["y"], "y = AveragePool<kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1], ceil_mode = 1, count_include_pad = 1>(x)", lambda x: F.avg_pool2d(x, 3, 2, 1, True, True), opset=19, fd=False)
case("averagepool1d", {"x": (2, 2, 7)}, ["y"], "y = AveragePool<kernel_shape = [3], strides = [2], pads = [1, 0]>(x)", lambda x: F.avg_pool1d(F.pad(x, (1, 0)), 3, 2) * torch.tensor([1.5, 1, 1]), fd=False)
case("maxpool", {"x": (2, 2, 4, 6)}, ["y"], "y = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(x)", lambda x: F.max_pool2d(x, 2))
case("maxpool_overlap", {"x": (1, 2, 6, 7)}, ["y"], "y = MaxPool<kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]>(x)", lambda x: F.max_pool2d(x, 3, 2, 1))
case("maxpool1d", {"x": (2, 2, 7)}, ["y"], "y = MaxPool<kernel_shape = [3], strides = [2]>(x)", lambda x: F.max_pool1d(x, 3, 2))
case("averagepool", {"x": (2, 2, 4, 6)}, ["y"], "y = AveragePool<kernel_shape = [2, 2], strides = [2, 2]>(x)", lambda x: F.avg_pool2d(x, 2))
case("averagepool_pads", {"x": (1, 2, 5, 6)}, ["y"], "y = AveragePool<kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]>(x)", lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False))
case("averagepool_include", {"x": (1, 2, 5, 6)}, ["y"], "y = AveragePool<kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1], count_include_pad = 1>(x)", lambda x: F.avg_pool2d(x, 3, 2, 1))
case("globalaveragepool", {"x": (2, 3, 4, 5)}, ["y"], "y = GlobalAveragePool(x)", lambda x: x.mean((2, 3), True))
case("globalmaxpool", {"x": (2, 3, 4, 5)}, ["y"], "y = GlobalMaxPool(x)", lambda x: x.amax((2, 3), True))


def resize(name, mode, where, more, fn, shape, sizes, fd=True):
    values = ", ".join(map(str, sizes))
    case(name, {"x": shape}, ["y"], f's = Constant<value_ints = [{values}]>() y = Resize<mode = "{mode}", coordinate_transformation_mode = "{where}"{more}>(x, , , s)', fn, fd=fd)


resize("resize_nearest", "nearest", "asymmetric", ', nearest_mode = "floor"', lambda x: F.interpolate(x, scale_factor=2, mode="nearest"), (2, 2, 3, 4), (2, 2, 6, 8))
resize("resize_nearest_odd", "nearest", "asymmetric", ', nearest_mode = "floor"', lambda x: F.interpolate(x, size=(5, 7), mode="nearest"), (1, 2, 3, 4), (1, 2, 5, 7), fd=False)
resize("resize_linear", "linear", "half_pixel", "", lambda x: F.interpolate(x, size=(6, 8), mode="bilinear"), (1, 2, 3, 4), (1, 2, 6, 8), fd=False)
resize("resize_linear_down", "linear", "half_pixel", "", lambda x: F.interpolate(x, size=(3, 4), mode="bilinear"), (1, 2, 6, 8), (1, 2, 3, 4), fd=False)
resize("resize_linear_corners", "linear", "align_corners", "", lambda x: F.interpolate(x, size=(5, 7), mode="bilinear", align_corners=True), (1, 2, 3, 4), (1, 2, 5, 7), fd=False)
resize("resize_cubic", "cubic", "half_pixel", ", cubic_coeff_a = -0.75", lambda x: F.interpolate(x, size=(6, 8), mode="bicubic"), (1, 1, 3, 4), (1, 1, 6, 8), fd=False)

case("resize_scales", {"x": (1, 2, 3, 4)}, ["y"], 's = Constant<value_floats = [1.0, 1.0, 2.0, 3.0]>() y = Resize<mode = "linear", coordinate_transformation_mode = "half_pixel">(x, , s)', lambda x: F.interpolate(x, scale_factor=(2.0, 3.0), mode="bilinear"), fd=False)
case("resize_linear_1d", {"x": (1, 2, 5)}, ["y"], 's = Constant<value_ints = [1, 2, 9]>() y = Resize<mode = "linear", coordinate_transformation_mode = "align_corners">(x, , , s)', lambda x: F.interpolate(x, size=9, mode="linear", align_corners=True), fd=False)
case("resize_nearest_down", {"x": (1, 1, 6, 6)}, ["y"], 's = Constant<value_ints = [1, 1, 3, 4]>() y = Resize<mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor">(x, , , s)', lambda x: F.interpolate(x, size=(3, 4), mode="nearest"), fd=False)

# ------------------------------------------------------------------ normalizations

E5 = float(np.float32(1e-5))
case("layernorm", {"x": (2, 3, 6), "s": (6,), "b": (6,)}, ["y"], "y = LayerNormalization<axis = -1>(x, s, b)", lambda x, s, b: F.layer_norm(x, (6,), s, b, E5), fd=False)
case("layernorm_two_axes", {"x": (2, 3, 6), "s": (3, 6)}, ["y"], "y = LayerNormalization<axis = 1>(x, s)", lambda x, s: F.layer_norm(x, (3, 6), s, None, E5), fd=False)
case("layernorm_pattern", {"x": (2, 3, 6), "s": (6,), "b": (6,)}, ["y"],
     "a = Constant<value_ints = [-1]>() e = Constant<value_float = 1e-5>() two = Constant<value_float = 2.0>() m = ReduceMean(x, a) d = Sub(x, m) q = Pow(d, two) v = ReduceMean(q, a) w = Add(v, e) r = Sqrt(w) n = Div(d, r) t = Mul(n, s) y = Add(t, b)",
     lambda x, s, b: F.layer_norm(x, (6,), s, b, E5))
case("rmsnorm_pattern", {"x": (2, 3, 6), "s": (6,)}, ["y"],
     "a = Constant<value_ints = [-1]>() e = Constant<value_float = 1e-5>() two = Constant<value_float = 2.0>() q = Pow(x, two) v = ReduceMean(q, a) w = Add(v, e) r = Sqrt(w) i = Reciprocal(r) n = Mul(x, i) y = Mul(n, s)",
     lambda x, s: F.rms_norm(x, (6,), s, E5))
case("simplifiedlayernorm", {"x": (2, 3, 6), "s": (6,)}, ["y"], "y = SimplifiedLayerNormalization<axis = -1>(x, s)", lambda x, s: F.rms_norm(x, (6,), s, E5), fd=False)
case("rmsnormalization", {"x": (2, 3, 6), "s": (6,)}, ["y"], "y = RMSNormalization<axis = -1>(x, s)", lambda x, s: F.rms_norm(x, (6,), s, E5), opset=23, fd=False)
case("instancenorm", {"x": (2, 3, 4, 5), "s": (3,), "b": (3,)}, ["y"], "y = InstanceNormalization(x, s, b)", lambda x, s, b: F.instance_norm(x, None, None, s, b, True, 0.1, E5), fd=False)
case("groupnorm_opset21", {"x": (2, 4, 3, 3), "s": (4,), "b": (4,)}, ["y"], "y = GroupNormalization<num_groups = 2>(x, s, b)", lambda x, s, b: F.group_norm(x, 2, s, b, E5), opset=21, fd=False)
case("groupnorm_opset18", {"x": (2, 4, 3, 3), "s": (2,), "b": (2,)}, ["y"], "y = GroupNormalization<num_groups = 2>(x, s, b)",
     lambda x, s, b: F.group_norm(x, 2, s.repeat_interleave(2), b.repeat_interleave(2), E5), opset=18, fd=False)
case("groupnorm_pattern", {"x": (2, 4, 3, 3), "s": (4, 1, 1), "b": (4, 1, 1), "one": (2,), "zero": (2,)}, ["y"],
     "g = Constant<value_ints = [0, 2, -1]>() r = Reshape(x, g) n = InstanceNormalization(r, one, zero) k = Shape(x) f = Reshape(n, k) t = Mul(f, s) y = Add(t, b)",
     lambda x, s, b, one, zero: F.group_norm(x, 2, None, None, E5).reshape(2, 2, 2, 3, 3).mul(one.reshape(1, 2, 1, 1, 1)).add(zero.reshape(1, 2, 1, 1, 1)).reshape(2, 4, 3, 3) * s + b, fd=False)
case("batchnorm_frozen", {"x": (2, 3, 4, 5), "s": (3,), "b": (3,), "m": (3,), "v": (3,)}, ["y"], "y = BatchNormalization(x, s, b, m, v)",
     lambda x, s, b, m, v: F.batch_norm(x, m.detach(), v.detach(), s, b, False, 0.1, E5), wrt=["x", "s", "b"], positive=("v",), fd=False)

case("batchnorm_training", {"x": (4, 3, 2, 3), "s": (3,), "b": (3,), "m": (3,), "v": (3,)}, ["y", "rm"], "y, rm, rv = BatchNormalization<training_mode = 1>(x, s, b, m, v)",
     lambda x, s, b, m, v: (F.batch_norm(x, None, None, s, b, True, 0.1, E5), 0.9 * m + 0.1 * x.mean((0, 2, 3))), wrt=["x", "s", "b"], positive=("v",), fd=False, expand=True)
case("batchnorm_training_2d", {"x": (5, 3), "s": (3,), "b": (3,), "m": (3,), "v": (3,)}, ["y"], "y = BatchNormalization(x, s, b, m, v)",
     lambda x, s, b, m, v: F.batch_norm(x, None, None, s, b, True, 0.1, E5), wrt=["x", "s", "b"], positive=("v",), fd=False, expand=True)

# ------------------------------------------------------------------ recurrent


def cell_reorder(t, order):
    return torch.cat([t.chunk(len(order))[i] for i in order])


def recurrent(name, kind, directions, gates, order, extra="", bias=True, state=True, fd=False, lengths=None, relu=False):
    T, B, I, H = 5, 2, 3, 4
    op = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}[kind]
    shapes = {"x": (T, B, I), "w": (directions, gates * H, I), "r": (directions, gates * H, H)}
    if bias:
        shapes["b"] = (directions, 2 * gates * H)
    if state:
        shapes["h0"] = (directions, B, H)
        if kind == "lstm":
            shapes["c0"] = (directions, B, H)
    args = ["x", "w", "r", "b" if bias else "", "l32" if lengths else "", "h0" if state else "", "c0" if state and kind == "lstm" else ""]
    outs = ["y", "yh", "yc"] if kind == "lstm" else ["y", "yh"]
    way = "bidirectional" if directions == 2 else "forward"
    if "reverse" in name:
        way = "reverse"

    def fn(x, w, r, b=None, h0=None, c0=None, l=None):
        more = {"nonlinearity": "relu"} if relu else {}
        net = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[kind](I, H, bias=bias, bidirectional=directions == 2, **more).double()
        names, values = [], []
        for d in range(directions):
            tail = "_reverse" if d else ""
            names += ["weight_ih_l0" + tail, "weight_hh_l0" + tail]
            values += [cell_reorder(w[d], order), cell_reorder(r[d], order)]
            if bias:
                names += ["bias_ih_l0" + tail, "bias_hh_l0" + tail]
                values += [cell_reorder(b[d, : gates * H], order), cell_reorder(b[d, gates * H:], order)]
        hx = None if h0 is None else ((h0, c0) if kind == "lstm" else h0)
        inp = x.flip(0) if way == "reverse" else x
        if l is not None:
            inp = torch.nn.utils.rnn.pack_padded_sequence(inp, l, enforce_sorted=False)
        y, last = torch.func.functional_call(net, dict(zip(names, values)), (inp, hx))
        if l is not None:
            y = torch.nn.utils.rnn.pad_packed_sequence(y, total_length=T)[0]
        y = y.flip(0) if way == "reverse" else y
        y = y.reshape(T, B, directions, H).transpose(1, 2)
        return (y, last[0], last[1]) if kind == "lstm" else (y, last)

    if relu:
        extra += ', activations = ["Relu"' + (', "Relu"]' if directions == 2 else "]")
    cast = "l32 = Cast<to = 6>(l) " if lengths else ""
    text = f'{cast}{", ".join(outs)} = {op}<hidden_size = {H}, direction = "{way}"{extra}>({", ".join(args).rstrip(", ")})'
    case(name, shapes, outs, text, fn, fd=fd, ints={"l": lengths} if lengths else None)


recurrent("lstm", "lstm", 1, 4, (0, 2, 3, 1), fd=True)
recurrent("lstm_plain", "lstm", 1, 4, (0, 2, 3, 1), bias=False, state=False)
recurrent("lstm_reverse", "lstm", 1, 4, (0, 2, 3, 1))
recurrent("lstm_bidirectional", "lstm", 2, 4, (0, 2, 3, 1))
recurrent("gru", "gru", 1, 3, (1, 0, 2), ", linear_before_reset = 1", fd=True)
recurrent("gru_bidirectional", "gru", 2, 3, (1, 0, 2), ", linear_before_reset = 1", bias=False, state=False)
recurrent("gru_reverse", "gru", 1, 3, (1, 0, 2), ", linear_before_reset = 1")
recurrent("rnn", "rnn", 1, 1, (0,), fd=False)
recurrent("rnn_bidirectional", "rnn", 2, 1, (0,), state=False)
recurrent("rnn_relu", "rnn", 1, 1, (0,), relu=True)
recurrent("lstm_lengths", "lstm", 1, 4, (0, 2, 3, 1), lengths=[3, 5])
recurrent("lstm_bidirectional_lengths", "lstm", 2, 4, (0, 2, 3, 1), lengths=[5, 2])
recurrent("gru_bidirectional_lengths", "gru", 2, 3, (1, 0, 2), ", linear_before_reset = 1", lengths=[4, 1])
recurrent("rnn_lengths", "rnn", 1, 1, (0,), bias=False, state=False, lengths=[2, 5])


def gru_classic(x, w, r, b, h0):
    H = 4
    wz, wr, wh = w[0].chunk(3)
    rz, rr, rh = r[0].chunk(3)
    bz, br, bh, cz, cr, ch = b[0].chunk(6)
    h, ys = h0[0], []
    for t in range(x.shape[0]):
        z = torch.sigmoid(x[t] @ wz.T + h @ rz.T + bz + cz)
        rt = torch.sigmoid(x[t] @ wr.T + h @ rr.T + br + cr)
        n = torch.tanh(x[t] @ wh.T + (rt * h) @ rh.T + bh + ch)
        h = (1 - z) * n + z * h
        ys.append(h)
    return torch.stack(ys)[:, None], h[None]


case("gru_classic", {"x": (5, 2, 3), "w": (1, 12, 3), "r": (1, 12, 4), "b": (1, 24), "h0": (1, 2, 4)}, ["y", "yh"], "y, yh = GRU<hidden_size = 4>(x, w, r, b, , h0)", gru_classic, fd=False)

# ------------------------------------------------------------------ together

case("two_paths", {"a": S}, ["y"], "b = Tanh(a) c = Mul(b, a) d = Add(c, b) y = Mul(d, b)", lambda a: (a.tanh() * a + a.tanh()) * a.tanh())
case("unused", {"a": S, "b": S}, ["y"], "c = Mul(b, b) y = Tanh(a)", lambda a, b: a.tanh())
case("initializer", {"a": (2, 3), "w": (3, 4)}, ["y"], "y = MatMul(a, w)", lambda a, w: a @ w, wrt=["w"], init=("w",))
case("attention", {"x": (1, 3, 4), "q": (4, 4), "k": (4, 4), "v": (4, 4)}, ["y"],
     "a = MatMul(x, q) b = MatMul(x, k) c = MatMul(x, v) t = Transpose<perm = [0, 2, 1]>(b) s = MatMul(a, t) h = Constant<value_float = 0.5>() m = Mul(s, h) p = Softmax<axis = -1>(m) y = MatMul(p, c)",
     lambda x, q, k, v: torch.softmax((x @ q) @ (x @ k).mT * 0.5, -1) @ (x @ v))

if __name__ == "__main__":
    failed = []
    for name, spec in CASES.items():
        if ONLY and name not in ONLY:
            continue
        try:
            build(name, spec)
        except Exception as error:  # noqa: BLE001
            failed.append(name)
            print(f"FAILED {name}: {type(error).__name__}: {str(error)[:600]}")
    print(len(CASES), "cases,", len(failed), "failed", failed)
    sys.exit(1 if failed else 0)
