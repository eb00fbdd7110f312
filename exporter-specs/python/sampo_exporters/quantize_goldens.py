"""Matrices and what ONNX Runtime's own tool (onnxruntime 1.30.0) makes of them in 4 and 8 bits by blocks.

python -m sampo_exporters.quantize_goldens OUT.jsonl

One case a line: bits, block, symmetric, shape [K, N], weights (row after row), and as hexadecimal bytes the codes [N, blocks, block * bits / 8], scales
[N, blocks] (float32, little-endian) and, where there are any, zeros.
"""

import json
import sys

import numpy as np
from onnxruntime.capi._pybind_state import quantize_matmul_4bits, quantize_matmul_8bits


def case(rng, bits, block, symmetric, k, n):
    w = rng.standard_normal((k, n)).astype(np.float32)
    w[: block, 1] = np.abs(w[: block, 1])
    w[: block, 2] = -np.abs(w[: block, 2])
    w[-block:, 0] = 0
    w = np.round(w, 3)
    blocks = (k + block - 1) // block
    codes = np.zeros((n, blocks, block * bits // 8), np.uint8)
    scales = np.zeros(n * blocks, np.float32)
    zeros = np.zeros(n * ((blocks * bits + 7) // 8), np.uint8)
    (quantize_matmul_4bits if bits == 4 else quantize_matmul_8bits)(codes, w, scales, zeros, block, n, k, symmetric)
    return dict(
        bits=bits, block=block, symmetric=symmetric, shape=[k, n], weights=[float(v) for v in np.round(w.astype(np.float64), 3).ravel()],
        codes=codes.tobytes().hex(), scales=scales.tobytes().hex(), zeros="" if symmetric else zeros.tobytes().hex(),
    )


if __name__ == "__main__":
    rng = np.random.default_rng(7)
    with open(sys.argv[1], "w") as out:
        for bits in (4, 8):
            for symmetric in (True, False):
                for block, k, n in ((16, 50, 4), (32, 64, 3), (32, 100, 5), (128, 200, 3)):
                    out.write(json.dumps(case(rng, bits, block, symmetric, k, n), separators=(",", ":")) + "\n")
