"""Makes goldens of folders without a tokenizer.json: SentencePiece models (ids by the sentencepiece package itself), vocab.json
with merges.txt and vocab.txt (ids by the tokenizers package).

    python gen_older.py OUT_DIR CORPUS.txt
"""
import json
import os
import sys

import sentencepiece as spm
from tokenizers import Tokenizer

OUT, CORPUS = sys.argv[1:3]
GOLDEN = os.path.join(os.path.dirname(__file__), "../src/test/resources/golden/text/tokenizers/")
TEXTS = ["Hello, world!", "The quick brown fox jumps over the lazy dog.", "  two  spaces ", "unseen ☃ 日本 é", "In the beginning God created the heaven and the earth.", "123 456", "a", "x\ty\nz", "don't"]
lines = [x for x in open(CORPUS, encoding="utf-8").read().split("\n") if x.strip()][:4000]


def write(name, config, cases):
    with open(f"{OUT}/{name}/tokenizer_config.json", "w") as f:
        json.dump(config, f)
    with open(f"{OUT}/{name}/older_cases.jsonl", "w") as f:
        for c in cases:
            f.write(json.dumps(c) + "\n")


for name, kind, extra in (
    ("spm_unigram", "unigram", dict(normalization_rule_name="identity")),
    ("spm_bpe", "bpe", dict(byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False)),
):
    os.makedirs(f"{OUT}/{name}", exist_ok=True)
    spm.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_prefix=f"{OUT}/{name}/tokenizer", model_type=kind, vocab_size=700, character_coverage=0.98,
                                   minloglevel=2, **extra)
    os.remove(f"{OUT}/{name}/tokenizer.vocab")
    sp = spm.SentencePieceProcessor(model_file=f"{OUT}/{name}/tokenizer.model")
    write(name, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}, [
        # sentencepiece shows unknowns as " ⁇ ", the decoder that Hugging Face makes of it as <unk>
        {"text": t, "ids": sp.encode(t), **({} if sp.unk_id() in sp.encode(t) else {"decoded": sp.decode(sp.encode(t))})}
        for t in TEXTS if t != "x\ty\nz"])

t = Tokenizer.from_file(GOLDEN + "bpe_bytelevel_prefix/tokenizer.json")
d = json.loads(t.to_str())
os.makedirs(f"{OUT}/vocab_merges", exist_ok=True)
json.dump(d["model"]["vocab"], open(f"{OUT}/vocab_merges/vocab.json", "w"))
open(f"{OUT}/vocab_merges/merges.txt", "w").write("#version: 0.2\n" + "\n".join(" ".join(m) for m in d["model"]["merges"]) + "\n")
write("vocab_merges", {"add_prefix_space": True, "tokenizer_class": "GPT2Tokenizer"}, [{"text": x, "ids": t.encode(x).ids, "decoded": t.decode(t.encode(x).ids)} for x in TEXTS])

t = Tokenizer.from_file(GOLDEN + "wp_bert_cased/tokenizer.json")
v = sorted(t.get_vocab(False).items(), key=lambda kv: kv[1])
os.makedirs(f"{OUT}/vocab_txt", exist_ok=True)
open(f"{OUT}/vocab_txt/vocab.txt", "w").write("".join(k + "\n" for k, _ in v))
write("vocab_txt", {"do_lower_case": False, "tokenizer_class": "BertTokenizer", "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "pad_token": "[PAD]", "mask_token": "[MASK]"},
      [{"text": x, "ids": t.encode(x).ids, "decoded": t.decode(t.encode(x).ids, skip_special_tokens=False)} for x in TEXTS])
