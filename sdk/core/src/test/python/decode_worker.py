"""Greedy decoding with PyTorch in eager mode, one thread, for DecodeBenchmark: reads lines "BATCH TOKENS", answers each with milliseconds.

    python decode_worker.py

The weights are those of make_gpt2_small.py; the attention is the library's own choice for the processor.
"""

import sys
import time

import torch
import transformers
from transformers import GPT2Config, GPT2LMHeadModel

PROMPT = 32
torch.set_num_threads(1)
torch.manual_seed(0)
model = GPT2LMHeadModel(GPT2Config()).eval()


def run(batch, tokens):
    ids = (100 + 37 * torch.arange(PROMPT)).repeat(batch, 1)
    start = time.perf_counter()
    with torch.inference_mode():
        out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False, pad_token_id=50256)
    millis = (time.perf_counter() - start) * 1000
    assert out.shape[1] == PROMPT + tokens
    return millis, out


first = run(1, 16)[1][0, PROMPT : PROMPT + 4].tolist()
print(f"ready PyTorch {torch.__version__}, transformers {transformers.__version__}, its first ids {' '.join(map(str, first))}", flush=True)
for line in sys.stdin:
    batch, tokens = map(int, line.split())
    print(run(batch, tokens)[0], flush=True)
