"""Throughput of this tokenizer and of others on one corpus, one thread, in turns.

    python side_by_side.py CORPUS NAME=TOKENIZER_JSON... [--rounds N] [--java "java -cp ..."] [--jtokkit "java -cp ... JTokkitBench gpt2"]

Compares with Hugging Face tokenizers and, for gpt2 and o200k names, with tiktoken (its ranks are rebuilt from the tokenizer.json). All
get the same documents of about 10,000 characters; ids are compared before anything is timed. Medians of the processor time of the
measuring thread (garbage collection and the JIT's threads are not in it), in MB/s of UTF-8: a busy machine disturbs it little.
"""
import argparse
import json
import os
import statistics
import subprocess
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

from tokenizers import Tokenizer  # noqa: E402


def documents(text):
    out, start = [], 0
    while start < len(text):
        end = min(len(text), start + 10000)
        newline = text.find("\n", end)
        end = len(text) if newline < 0 else newline + 1
        out.append(text[start:end])
        start = end
    return out


def byte_of_char():
    plain = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    rest = [b for b in range(256) if b not in plain]
    return {**{chr(b): b for b in plain}, **{chr(256 + i): b for i, b in enumerate(rest)}}


def tiktoken_of(path):
    import tiktoken

    d = json.load(open(path))
    chars = byte_of_char()
    added = {t["content"] for t in d["added_tokens"]}
    ranks = {bytes(chars[c] for c in t): i for t, i in d["model"]["vocab"].items() if t not in added}
    p = d["pre_tokenizer"]
    pattern = p["pretokenizers"][0]["pattern"]["Regex"] if p["type"] == "Sequence" else (
        r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s""")
    return tiktoken.Encoding("x", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})


class Peer:
    def __init__(self, command):
        self.p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, what):
        self.p.stdin.write(what + "\n")
        self.p.stdin.flush()
        nanos, total = self.p.stdout.readline().split()
        return int(nanos) / 1e9, int(total)


def timed(f):
    t = time.thread_time()
    n = f()
    return time.thread_time() - t, n


def main():
    a = argparse.ArgumentParser()
    a.add_argument("corpus")
    a.add_argument("tokenizers", nargs="+")
    a.add_argument("--rounds", type=int, default=5)
    a.add_argument("--java", required=True)
    a.add_argument("--jtokkit", action="append", default=[], metavar="NAME=COMMAND")
    a.add_argument("--no-tiktoken", action="store_true")
    args = a.parse_args()
    text = open(args.corpus, encoding="utf-8", newline="").read()
    docs = documents(text)
    size = len(text.encode()) / 1e6
    jtokkit = dict(x.split("=", 1) for x in args.jtokkit)
    for item in args.tokenizers:
        name, path = item.split("=", 1)
        hf = Tokenizer.from_file(path)
        ids = [hf.encode(d, add_special_tokens=False).ids for d in docs]
        count = sum(map(len, ids))
        java = Peer(args.java.split() + [path, args.corpus])
        assert java.ask("ids")[1] == count, "ids differ"
        h = 0
        for i in ids:
            k = 1
            for x in i:
                k = (k * 31 + x) & 0xFFFFFFFF
            k -= (k >> 31) << 32
            h = (h * 31 + k) & 0xFFFFFFFFFFFFFFFF
        assert java.ask("hash")[1] & 0xFFFFFFFFFFFFFFFF == h, "ids differ"
        runs = {
            "encode, Hugging Face": lambda: timed(lambda: sum(len(hf.encode(d, add_special_tokens=False)) for d in docs)),
            "encode, this": lambda: java.ask("encode"),
            "encode to ids only, this": lambda: java.ask("ids"),
            "decode, Hugging Face": lambda: timed(lambda: sum(len(hf.decode(i, skip_special_tokens=False)) for i in ids)),
            "decode, this": lambda: java.ask("decode"),
        }
        if not args.no_tiktoken and ("gpt" in name or "o200k" in name):
            tk = tiktoken_of(path)
            same = sum(tk.encode_ordinary(d) == i for d, i in zip(docs, ids))
            print(name, "tiktoken gives the same ids on", same, "of", len(docs), "documents")
            runs["encode to ids only, tiktoken"] = lambda: timed(lambda: sum(len(tk.encode_ordinary(d)) for d in docs))
        if name in jtokkit:
            jt = Peer(jtokkit[name].split() + [args.corpus])
            runs["encode to ids only, jtokkit"] = lambda: jt.ask("ids")
            for _ in range(3):
                jt.ask("ids")
        for _ in range(4):  # warm-up of the JIT
            java.ask("encode"), java.ask("ids"), java.ask("decode")
        times = {k: [] for k in runs}
        load = {"this": [], "Hugging Face": []}
        for _ in range(args.rounds):
            for k, f in runs.items():
                times[k].append(f()[0])
            load["Hugging Face"].append(timed(lambda: Tokenizer.from_file(path).get_vocab_size())[0])
            load["this"].append(java.ask("load")[0])
        base = statistics.median(times["encode, Hugging Face"])
        base_decode = statistics.median(times["decode, Hugging Face"])
        for k, v in times.items():
            m = statistics.median(v)
            b = base_decode if k.startswith("decode") else base
            print(f"{name:8} {k:32} {size / m:8.1f} MB/s   {b / m:6.2f} x Hugging Face", flush=True)
        m = {k: statistics.median(v) for k, v in load.items()}
        print(f"{name:8} load: this {m['this'] * 1000:.0f} ms, Hugging Face {m['Hugging Face'] * 1000:.0f} ms, ratio {m['this'] / m['Hugging Face']:.2f}", flush=True)
        java.p.stdin.close()


main()
