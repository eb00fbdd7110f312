"""Measures SamplingBenchmark (JMH) in turns with PyTorch and transformers' warpers, and prints medians and ratios.

    mvn -q -Dfast -pl samplers test-compile
    python bench_processors.py CLASSPATH [ROUNDS]

CLASSPATH: samplers/target/classes, samplers/target/test-classes and the jars of Jackson, JMH and JSpecify.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time

import torch
from transformers.generation.logits_process import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

torch.set_num_threads(1)
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
IDS = torch.zeros(1, 1, dtype=torch.long)
RESULTS = {}


def note(name, micros):
    RESULTS.setdefault(name, []).append(micros)


def measure(name, call, seconds=0.5):
    call()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e6)
    note(name, statistics.median(times))


def python_round():
    for spread in (4, 1):
        row = torch.randn(1, 151936, generator=torch.Generator().manual_seed(7)) * spread
        warpers = [TemperatureLogitsWarper(0.7), TopKLogitsWarper(50), TopPLogitsWarper(0.9)]

        def warped(chosen):
            scores = row
            for w in chosen:
                scores = w(IDS, scores)
            return torch.multinomial(torch.softmax(scores, -1), 1)

        def topk_first():
            values, ids = torch.topk(row / 0.7, 50)
            probs = torch.softmax(values, -1)
            keep = torch.cumsum(probs, -1) - probs < 0.9
            return ids[0, torch.multinomial(torch.where(keep, probs, 0.0), 1)]

        measure(f"torch argmax {spread}", lambda: row.argmax(-1))
        measure(f"torch softmax {spread}", lambda: torch.softmax(row, -1))
        measure(f"torch topk first {spread}", topk_first)
        measure(f"warpers temperature top-k top-p {spread}", lambda: warped(warpers))
        measure(f"warpers top-p {spread}", lambda: warped(warpers[2:]))


def java_round():
    with tempfile.NamedTemporaryFile(suffix=".json") as result:
        subprocess.run(["java", "-Xmx1g", "-cp", sys.argv[1], "org.openjdk.jmh.Main", "SamplingBenchmark", "-f", "1", "-wi", "3", "-i", "3", "-w", "300ms",
                        "-r", "300ms", "-rf", "json", "-rff", result.name], check=True, stdout=subprocess.DEVNULL)
        for entry in json.load(open(result.name)):
            note(f"{entry['benchmark'].split('.')[-1]} {entry['params']['spread']}", entry["primaryMetric"]["scorePercentiles"]["50.0"])


for _ in range(ROUNDS):
    python_round()
    java_round()
medians = {name: statistics.median(values) for name, values in RESULTS.items()}
for name, value in medians.items():
    print(f"{name:45s} {value:10.1f} us")
for spread in (4, 1):
    print(f"spread {spread}:")
    for ours, theirs, target in (("argmax", "torch argmax", 1 / 4), ("temperatureTopKTopP", "torch topk first", 1 / 5),
                                 ("temperatureTopKTopP", "warpers temperature top-k top-p", 1 / 100), ("temperature", "torch softmax", 1.3),
                                 ("topP", "warpers top-p", 1 / 100), ("topPSeeded", "warpers top-p", 1 / 20)):
        print(f"  {ours:22s} / {theirs:32s} {medians[f'{ours} {spread}'] / medians[f'{theirs} {spread}']:8.4f}   wanted {target:.4f}")
