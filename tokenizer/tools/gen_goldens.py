"""Makes goldens for small tokenizers, one for each component and option that the shared fixtures leave out.

    python gen_goldens.py OUT_DIR [SEED [ROUNDS]]

Needs `tokenizers` 0.22.2. Without SEED it writes the committed set; with one it makes ROUNDS random texts a tokenizer, for a
wider comparison that is not kept. The format is that of the README beside the other goldens.
"""
import json
import os
import random
import sys

from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.decoders import DecodeStream

OUT = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else None
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 30
rng = random.Random(SEED if SEED is not None else 7)

TEXTS = [
    "", " ", "a", "Hello, world!", "  two  spaces  ", "the cat sat on the mat. The CAT's hat!", "I'M sure THEY'LL go; it's 12345 o'clock",
    "naïve café ÀÉ", "日本語のテスト、ABC漢字", "👍🏽 emoji 👨‍👩‍👧 x", "tab\tnew\nline\r\n\r\n  end  ", "ﬁ ﬂ ① Ⅷ ㍿ ½", "İstanbul ΟΔΥΣΣΕΥΣ ß ẞ",
    "e\u0301 a\u0308\u0323 \u1100\u1161\u11a8 각", "<s> hi </s> <mask> [MASK]x <unk>", "a\u00a0b\u2003c\u3000d\u200be", "\u0000\u0001\ufffd\ufeff",
    "हिन्दी किताब ภาษาไทย عربي עברית", "x=1;y<=2&&z!=3//c", "aaaaaaaaaa bbbb abababab", "ſ'ſ 'S 'lL", "𝒳𝓎 𠜎 🇫🇮🇸🇪", "don't do not n't 's 've .", "▁under ▁▁x",
    "ーカタカナ ひらがな 漢字 Latin Ελλ", "1234567890 ٣٤ ४५ ²³ Ⅷ", "a.b,c!d?e;f:g(h)[i]{j}", "Ünïcödé ÜBER", "\u0345\u0301x", "ᾳ ᾼ ŉ ǰ",
]
POOL = (list("abcdefghij ABC  '..,!?-_0123456789\t\n\r") + list("éßİſ̈́́あア漢가각ᄀᄂ️‍👍🏽🇫🇮़्कषﬁ①½²ٱ") + ["\u00a0", "\u2028", "\u3000", "\u200b", "\u0000", "�", "▁", "Ġ",
         "<s>", "</s>", "<mask>", "[MASK]", "the", "'s", "'LL", " ", "  ", "\r\n", "𝒳", "ー", "ู", "்", "Ⅷ"])


def random_text():
    return "".join(rng.choice(POOL) for _ in range(rng.choice([1, 2, 3, 5, 8, 13, 30])))


LETTERS = sorted(set("".join(TEXTS)) | set("abcdefghijklmnopqrstuvwxyz▁Ġ"))
BYTES = pre_tokenizers.ByteLevel.alphabet()


def spec(model, **k):
    d = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None, "pre_tokenizer": None,
         "post_processor": None, "decoder": None, "model": model}
    d.update(k)
    return d


def tok(id, content, **k):
    d = {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    d.update(k)
    return d


def learn(words, alphabet, n):
    """A few merges, by counting pairs."""
    vocab = {}
    for a in alphabet:
        vocab.setdefault(a, len(vocab))
    pieces = [list(w) for w in words]
    merges = []
    for _ in range(n):
        count = {}
        for p in pieces:
            for a, b in zip(p, p[1:]):
                count[a, b] = count.get((a, b), 0) + 1
        count = {k: v for k, v in count.items() if k[0] in vocab and k[1] in vocab}
        if not count:
            break
        a, b = max(sorted(count), key=lambda k: count[k])
        merges.append([a, b])
        vocab.setdefault(a + b, len(vocab))
        out = []
        for p in pieces:
            q, i = [], 0
            while i < len(p):
                if i + 1 < len(p) and p[i] == a and p[i + 1] == b:
                    q.append(a + b)
                    i += 2
                else:
                    q.append(p[i])
                    i += 1
            out.append(q)
        pieces = out
    return vocab, merges


def bpe(words, alphabet, n=60, **k):
    vocab, merges = learn(words, alphabet, n)
    for extra in k.pop("extra", []):
        vocab.setdefault(extra, len(vocab))
    m = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False,
         "byte_fallback": False, "ignore_merges": False, "vocab": vocab, "merges": merges}
    m.update(k)
    return m


def byte_words(pattern=None):
    p = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return [w for t in TEXTS for w, _ in p.pre_tokenize_str(t)]


WORDS = [w for t in TEXTS for w in t.split()]
FALLBACK = [f"<0x{b:02X}>" for b in range(256)]
SP_WORDS = ["▁" + t.replace(" ", "▁") for t in TEXTS]
COMMON = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?;:'-()"

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
O200K = ("[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+")


def split_bytes(pattern):
    return {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]}


BL_DEC = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
LLAMA_DEC = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                                             {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
LLAMA_NORM = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}
BOS = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
       "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<s>", "type_id": 1}},
                {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}
SP_ADDED = [tok(0, "<unk>"), tok(1, "<s>"), tok(2, "</s>")]
CHARS = {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": False}
ONE = {"type": "WordLevel", "vocab": {"<unk>": 0}, "unk_token": "<unk>"}
NMT_CHARS = {"type": "Split", "pattern": {"Regex": r"[\s\S]"}, "behavior": "Isolated", "invert": False}


def unigram(bf=False):
    vocab = [["<unk>", 0.0], ["<s>", 0.0], ["</s>", 0.0]]
    have = {"<unk>", "<s>", "</s>"}
    if bf:
        for f in FALLBACK:
            vocab.append([f, 0.0])
            have.add(f)
    r = random.Random(3)
    for c in COMMON + "▁éあ漢👍":
        if c not in have:
            vocab.append([c, -3 - r.random() * 5])
            have.add(c)
    for w in WORDS + ["▁" + w for w in WORDS]:
        for n in (2, 3, 4, len(w)):
            if w[:n] not in have and len(w) >= n:
                vocab.append([w[:n], -2 - r.random() * 9])
                have.add(w[:n])
    return {"type": "Unigram", "unk_id": 0, "vocab": vocab, "byte_fallback": bf}


def wordpiece(**k):
    vocab = {}
    for w in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list(COMMON) + ["##" + c for c in COMMON]:
        vocab.setdefault(w, len(vocab))
    for w in WORDS:
        vocab.setdefault(w[:3], len(vocab))
        vocab.setdefault("##" + w[1:4], len(vocab))
    m = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 20, "vocab": vocab}
    m.update(k)
    return m


def seq(kind, name, *items):
    return {"type": "Sequence", name: list(items)}


SMALL = {
    "x_llama2": spec(bpe(SP_WORDS, ["<unk>", "<s>", "</s>"] + FALLBACK + list(COMMON + "▁éあ"), unk_token="<unk>", fuse_unk=True, byte_fallback=True),
                     normalizer=LLAMA_NORM, decoder=LLAMA_DEC, post_processor=BOS, added_tokens=SP_ADDED),
    "x_llama2_metaspace_first": spec(bpe(SP_WORDS, ["<unk>", "<s>", "</s>"] + FALLBACK + list(COMMON + "▁é"), unk_token="<unk>", fuse_unk=True, byte_fallback=True),
                                     pre_tokenizer={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False},
                                     decoder=LLAMA_DEC, post_processor=BOS, added_tokens=SP_ADDED),
    "x_gemma": spec(bpe(SP_WORDS, ["<unk>", "<s>", "</s>"] + FALLBACK + list(COMMON + "▁éあ\n"), unk_token="<unk>", fuse_unk=True, byte_fallback=True),
                    normalizer={"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
                    pre_tokenizer={"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False},
                    decoder={"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]},
                    post_processor=BOS, added_tokens=SP_ADDED + [tok(900, "\n\n", special=False), tok(901, "▁▁", special=False), tok(902, "  ", special=False)]),
    "x_unk_no_fallback": spec(bpe(SP_WORDS, ["<unk>"] + list("abcdehilost▁"), unk_token="<unk>", fuse_unk=False)),
    "x_unk_fused": spec(bpe(WORDS, ["<unk>"] + list("abcdehilost "), unk_token="<unk>", fuse_unk=True), pre_tokenizer={"type": "WhitespaceSplit"}),
    "x_unk_dropped": spec(bpe(WORDS, list("abcdehilost "))),
    "x_bytes_missing": spec(bpe(byte_words(), sorted(BYTES)[:150]), pre_tokenizer={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}, decoder=BL_DEC),
    "x_llama3": spec(bpe(byte_words(), sorted(BYTES), ignore_merges=True, extra=["Hello", "Ġworld", "日本", "æĹ¥æľ¬"]), pre_tokenizer=split_bytes(LLAMA3), decoder=BL_DEC,
                     added_tokens=[tok(1000, "<s>"), tok(1001, "<mask>")],
                     post_processor={"type": "Sequence", "processors": [{"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True},
                                     {**BOS, "special_tokens": {"<s>": {"id": "<s>", "ids": [1000], "tokens": ["<s>"]}}}]}),
    "x_qwen2": spec(bpe(byte_words(), sorted(BYTES)), normalizer={"type": "NFC"}, pre_tokenizer=split_bytes(QWEN2), decoder=BL_DEC,
                    post_processor={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}, added_tokens=[tok(1000, "<s>")]),
    "x_o200k": spec(bpe(byte_words(), sorted(BYTES)), pre_tokenizer=split_bytes(O200K), decoder=BL_DEC,
                    post_processor={"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}),
    "x_roberta": spec(bpe(byte_words(), ["<s>", "</s>"] + sorted(BYTES)), pre_tokenizer={"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}, decoder=BL_DEC,
                      added_tokens=[tok(0, "<s>"), tok(1, "</s>"), tok(1000, "<mask>", lstrip=True)],
                      post_processor={"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": True}),
    "x_roberta_no_prefix": spec(bpe(byte_words(), ["<s>", "</s>"] + sorted(BYTES)), pre_tokenizer={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}, decoder=BL_DEC,
                      post_processor={"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": False}),
    "x_prefix_suffix": spec(bpe([], list(COMMON) + ["@@" + c for c in COMMON] + [c + "</w>" for c in COMMON] + ["@@" + c + "</w>" for c in COMMON] + ["th", "the</w>", "@@at</w>"],
                                 merges=[["t", "@@h"], ["th", "@@e</w>"], ["@@a", "@@t</w>"]], continuing_subword_prefix="@@", end_of_word_suffix="</w>", unk_token="a"),
                            pre_tokenizer={"type": "Whitespace"}, decoder={"type": "BPEDecoder", "suffix": "</w>"}),
    "x_dropout_0": spec(bpe(byte_words(), sorted(BYTES), dropout=0.0), pre_tokenizer={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}, decoder=BL_DEC),
    "x_dropout_1": spec(bpe(byte_words(), sorted(BYTES), dropout=1.0), pre_tokenizer={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}, decoder=BL_DEC),
    "x_merges_as_strings": spec(bpe(byte_words(), sorted(BYTES)), pre_tokenizer={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}, decoder=BL_DEC),
    "x_bytelevel_normalizer": spec(bpe(byte_words(), sorted(BYTES)), normalizer={"type": "ByteLevel"}, decoder=BL_DEC),
    "x_unigram_always": spec(unigram(), pre_tokenizer={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
                             decoder={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}, added_tokens=SP_ADDED + [tok(3000, "<mask>", lstrip=True)], post_processor=BOS),
    "x_unigram_never": spec(unigram(), pre_tokenizer={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": False},
                            decoder={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": False}),
    "x_unigram_old_metaspace": spec(unigram(), normalizer=seq("n", "normalizers", {"type": "Nmt"}, {"type": "NFKC"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}),
                                    pre_tokenizer={"type": "Metaspace", "replacement": "▁", "add_prefix_space": True},
                                    decoder={"type": "Metaspace", "replacement": "▁", "add_prefix_space": True}),
    "x_unigram_no_unk": spec({**unigram(), "unk_id": None}),
    "x_unigram_bytes": spec(unigram(True), pre_tokenizer={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True}, decoder=LLAMA_DEC),
    "x_wordpiece_lower": spec(wordpiece(), normalizer={"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
                              pre_tokenizer={"type": "BertPreTokenizer"}, decoder={"type": "WordPiece", "prefix": "##", "cleanup": False},
                              post_processor={"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}, added_tokens=[tok(2, "[CLS]"), tok(3, "[SEP]"), tok(4, "[MASK]", lstrip=True, rstrip=True)]),
    "x_wordpiece_accents": spec(wordpiece(max_input_chars_per_word=6), normalizer={"type": "BertNormalizer", "clean_text": False, "handle_chinese_chars": False, "strip_accents": True, "lowercase": False},
                                pre_tokenizer={"type": "WhitespaceSplit"}, decoder={"type": "WordPiece", "prefix": "##", "cleanup": True}),
    "x_wordlevel_no_unk": spec({"type": "WordLevel", "vocab": {"a": 0, "the": 1, "cat": 2}, "unk_token": "<unk>"}, pre_tokenizer={"type": "Whitespace"}),
    "x_template_types": spec(ONE, pre_tokenizer={"type": "Whitespace"}, post_processor={"type": "TemplateProcessing",
        "single": [{"Sequence": {"id": "A", "type_id": 2}}, {"SpecialToken": {"id": "x", "type_id": 3}}, {"Sequence": {"id": "A", "type_id": 1}}],
        "pair": [{"Sequence": {"id": "B", "type_id": 5}}, {"SpecialToken": {"id": "x", "type_id": 3}}, {"Sequence": {"id": "A", "type_id": 4}}],
        "special_tokens": {"x": {"id": "x", "ids": [7, 8], "tokens": ["x1", "x2"]}}}),
    "x_added_normalized": spec(bpe(byte_words(), sorted(BYTES)), normalizer={"type": "Lowercase"}, pre_tokenizer={"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}, decoder=BL_DEC,
                               added_tokens=[tok(1000, "THE", normalized=True, special=False), tok(1001, "Cat", single_word=True, normalized=True, special=False), tok(1002, "<S>", lstrip=True, rstrip=True),
                                             tok(1003, "aa", special=False), tok(1004, "aaa", special=False), tok(1005, " x", special=False, rstrip=True), tok(1006, "é", normalized=True, special=False)]),
    "x_ids_with_gaps": spec(ONE, pre_tokenizer={"type": "Whitespace"}, added_tokens=[tok(5, "a"), tok(9, "<mask>"), tok(7, "cat", special=False)]),
    "x_truncated_padded": spec(ONE, pre_tokenizer={"type": "Whitespace"}, truncation={"direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 1},
                               padding={"strategy": {"Fixed": 8}, "direction": "Left", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}),
}
for form in ("NFC", "NFD", "NFKC", "NFKD"):
    SMALL["x_chars_" + form.lower()] = spec(ONE, normalizer={"type": form}, pre_tokenizer=NMT_CHARS)
for name, n in {
    "strip": {"type": "Strip", "strip_left": True, "strip_right": True}, "strip_right": {"type": "Strip", "strip_left": False, "strip_right": True},
    "lower": {"type": "Lowercase"}, "accents": seq("n", "normalizers", {"type": "NFKD"}, {"type": "StripAccents"}), "nmt": {"type": "Nmt"},
    "prepend": {"type": "Prepend", "prepend": "ab"}, "replace": {"type": "Replace", "pattern": {"Regex": "[aeiou]+"}, "content": "<v>"},
    "replace_string": {"type": "Replace", "pattern": {"String": "a"}, "content": "äö"}, "replace_gone": {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": ""},
    "bert": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": True, "lowercase": True},
    "nfc_lower_nfd": seq("n", "normalizers", {"type": "NFC"}, {"type": "Lowercase"}, {"type": "NFD"}, {"type": "StripAccents"}, {"type": "Strip", "strip_left": True, "strip_right": False}),
}.items():
    SMALL["x_chars_" + name] = spec(ONE, normalizer=n, pre_tokenizer=NMT_CHARS)

PRE = {
    "Bert": {"type": "BertPreTokenizer"}, "Delimiter": {"type": "CharDelimiterSplit", "delimiter": "a"}, "Digits1": {"type": "Digits", "individual_digits": True},
    "Fixed3": {"type": "FixedLength", "length": 3}, "MetaFirst": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True},
    "MetaNever": {"type": "Metaspace", "replacement": "_", "prepend_scheme": "never", "split": True}, "MetaWhole": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": False},
    "Scripts": {"type": "UnicodeScripts"}, "WhitespaceSplit": {"type": "WhitespaceSplit"}, "ByteLevelWhole": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": False},
    "Seq": seq("p", "pretokenizers", {"type": "WhitespaceSplit"}, {"type": "Punctuation", "behavior": "MergedWithNext"}, {"type": "Digits", "individual_digits": False}),
    "SeqBytes": seq("p", "pretokenizers", {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}, {"type": "Punctuation", "behavior": "Isolated"}),
    "Llama3": split_bytes(LLAMA3), "Qwen2": split_bytes(QWEN2), "O200k": split_bytes(O200K),
}
for b in ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
    PRE["Punct" + b] = {"type": "Punctuation", "behavior": b}
    for inv in (False, True):
        PRE["Split" + b + str(inv)] = {"type": "Split", "pattern": {"Regex": r"\s|\d+|[,;!.]"}, "behavior": b, "invert": inv}
        PRE["SplitString" + b + str(inv)] = {"type": "Split", "pattern": {"String": "a"}, "behavior": b, "invert": inv}
REGEXES = [
    r"(?i:ß)", r"(?i)ss", r"(?i:ﬁ)x?", r"(?i:k)", r"(?i:[s-t])+", r"(?i:straße)", r"^.", r".$", r"^", r"$", r"\Ax", r".\z", r".\Z", r"\bthe\b", r"\B", r"(?m:.+)", r".+", r"(?<=a)b", r"(?<!a)b", r"a(?=b)", r"a(?!b)",
    r"(a|ab)(c|bcd)?", r"(?>a|ab)c", r"a*+a", r"a++", r"a?+b", r"a{2}", r"a{2,3}?", r"a{,2}b", r"(?:ab){1,2}", r"(?:a|b)*?c", r"(\w)\1", r"(?<q>['\"]).*?\k<q>", r"\h+", r"\H", r"[[:alpha:]]+", r"[[:^alpha:]]", r"[[:punct:]]+",
    r"[[:space:]]+", r"[[:upper:]]", r"[[:lower:]]", r"[[:digit:]]", r"[[:alnum:]]+", r"[[:cntrl:]]", r"[[:graph:]]+", r"[[:print:]]+", r"[[:xdigit:]]+", r"[[:word:]]+", r"[[:blank:]]", r"[^a-z\s]+", r"[a-z&&[^aeiou]]+", r"[a[bc]d]+", r"[]a]+", r"[a\-z]",
    r"[\w&&\p{Lu}]", r"\p{Han}+", r"\p{Hiragana}+|\p{Katakana}+", r"\p{Latin}+", r"\p{^L}", r"\P{L}+", r"\p{Lu}\p{Ll}*", r"\p{M}+", r"\p{Sc}", r"\p{Emoji}", r"\p{Alpha}+", r"\p{Greek}+", r"\p{Zs}", r"\p{Cc}", r"\p{Cn}", r"\p{Uppercase}", r"\X", r"\R", r"\s+\Z",
    r"\x61", r"\u0061", r"\x{1F44D}", r"\t", r"\e", r"(?x: a b # c" + "\n)", r"a|b|", r"(?:)", r"x*", r"(?=a)", r"(?i)A(?-i)b", r"(?i:a)B", r"\w+(?:'\w+)?", r"\d{1,3}(?=(?:\d{3})*\b)", r"\G\w", r"a\Kb", r"[\p{L}\p{N}]+", r"[^\p{L}\p{N}\s]+", r"(?:(?:a)*)*b", r"(a*)*", r"(?:a?){3}a{3}",
    r"[!-~]", r"\.", r"\/", r"[.]", r"[$]", r"[a-]", r"[-a]", r"\p{Nd}", r"(?i:[^a-c])", r"(?i)ſ", r"(?i)'s|'t", r"\s+(?!\S)", r"[\s\S]", r"[\d\D]",
]


def out_of(f, x):
    try:
        return f(x)
    except BaseException:
        return None


def components(folder, texts):
    os.makedirs(folder, exist_ok=True)
    with open(folder + "/pre_tokenizers.jsonl", "w") as f:
        todo = dict(PRE)
        for i, r in enumerate(REGEXES):
            todo[f"Regex{i}"] = {"type": "Split", "pattern": {"Regex": r}, "behavior": "Isolated", "invert": False}
        for name, config in todo.items():
            try:
                t = Tokenizer.from_str(json.dumps(spec(ONE, pre_tokenizer=config)))
            except BaseException as e:
                print("refused", name, config, str(e)[:80], file=sys.stderr)
                continue
            p = t.pre_tokenizer
            cases = [{"in": x, "out": out_of(p.pre_tokenize_str, x)} for x in texts]
            f.write(json.dumps({"name": name, "config": config, "cases": cases}, ensure_ascii=True, separators=(",", ":")) + "\n")
    with open(folder + "/normalizers.jsonl", "w") as f:
        for i, r in enumerate(REGEXES):
            config = {"type": "Replace", "pattern": {"Regex": r}, "content": "<>"}
            try:
                n = Tokenizer.from_str(json.dumps(spec(ONE, normalizer=config))).normalizer
            except BaseException:
                continue
            cases = [{"in": x, "out": out_of(n.normalize_str, x)} for x in texts]
            f.write(json.dumps({"name": f"Replace{i}", "config": config, "cases": cases}, ensure_ascii=True, separators=(",", ":")) + "\n")
    tokens = [[], ["a"], ["Hello", "Ġworld", "!"], ["▁Hello", "▁world", "▁"], ["he", "##llo", ".", "n't", "##", "do", " not"], ["<0xE2>", "<0x82>", "<0xAC>", "x", "<0xFF>", "<0xE2>", "a", "<0x41>"],
              ["th</w>", "e", "</w>"], ["<pad>", "h", "h", "<pad>", "h", "|", "i", "<pad>"], [" a ", "  b", "c  ", " "], ["æĹ", "¥", "æ", "é", "ĠÃ©"], ["▁", "▁▁a", "a▁b"], ["", " ", "  "], ["<0x+F>", "<0xGG>", "<0x0>"]]
    decs = {"ByteLevel": BL_DEC, "WordPiece": {"type": "WordPiece", "prefix": "##", "cleanup": False}, "Metaspace": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
            "MetaspaceNever": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": True}, "MetaspaceFirst": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True},
            "BPE": {"type": "BPEDecoder", "suffix": "</w>"}, "CTC": {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": True}, "CTCraw": {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": False},
            "Fuse": {"type": "Fuse"}, "Strip11": {"type": "Strip", "content": " ", "start": 1, "stop": 1}, "Strip02": {"type": "Strip", "content": " ", "start": 0, "stop": 2},
            "Replace": {"type": "Replace", "pattern": {"Regex": "[▁Ġ]+"}, "content": " "}, "ReplaceString": {"type": "Replace", "pattern": {"String": "a"}, "content": "bb"}, "ByteFallback": {"type": "ByteFallback"}, "Llama": LLAMA_DEC}
    with open(folder + "/decoders.jsonl", "w") as f:
        for name, config in decs.items():
            d = Tokenizer.from_str(json.dumps(spec(ONE, decoder=config))).decoder
            f.write(json.dumps({"name": name, "config": config, "cases": [{"in": t, "out": out_of(d.decode, t)} for t in tokens]}, ensure_ascii=True, separators=(",", ":")) + "\n")


def fields(e):
    return {"ids": e.ids, "tokens": e.tokens, "type_ids": e.type_ids, "attention_mask": e.attention_mask, "special_tokens_mask": e.special_tokens_mask,
            "offsets": e.offsets, "word_ids": e.word_ids, "sequence_ids": e.sequence_ids}


def case(t, text, pair, add):
    c = {"text": text, "pair": pair, "add_special_tokens": add}
    try:
        e = t.encode(text, pair, add_special_tokens=add)
    except BaseException:
        c["error"] = True
        return c
    c.update(fields(e))
    for name, skip in (("decoded", False), ("decoded_skip", True)):
        try:
            c[name] = t.decode(e.ids, skip_special_tokens=skip)
        except BaseException:
            c["decode_error"] = True
    return c


def batches(t, n):
    out = []
    r = random.Random(11)
    for _ in range(n):
        trunc = r.choice([None, {"max_length": r.choice([1, 2, 3, 5, 8, 13]), "stride": r.choice([0, 0, 1, 2]), "strategy": r.choice(["longest_first", "only_first", "only_second"]), "direction": r.choice(["right", "left"])}])
        pad = r.choice([None, {"direction": r.choice(["right", "left"]), "pad_id": 0, "pad_type_id": r.choice([0, 2]), "pad_token": r.choice(["[PAD]", "a"]), "length": r.choice([None, None, 12]), "pad_to_multiple_of": r.choice([None, 8])}])
        words = r.random() < 0.3
        pick = lambda: r.choice(TEXTS[3:])
        if words:
            inputs = [pick().split() or ["a"] for _ in range(2)]
        else:
            inputs = [[pick(), pick()] if r.random() < 0.6 else pick() for _ in range(r.choice([1, 3]))]
        b = {"truncation": trunc, "padding": pad, "add_special_tokens": r.random() < 0.8, "is_pretokenized": words, "inputs": inputs}
        try:
            t.no_truncation()
            t.no_padding()
            if trunc:
                t.enable_truncation(trunc["max_length"], stride=trunc["stride"], strategy=trunc["strategy"], direction=trunc["direction"])
            if pad:
                t.enable_padding(direction=pad["direction"], pad_id=pad["pad_id"], pad_type_id=pad["pad_type_id"], pad_token=pad["pad_token"], length=pad["length"], pad_to_multiple_of=pad["pad_to_multiple_of"])
            es = t.encode_batch([tuple(x) if isinstance(x, list) and not words else x for x in inputs], is_pretokenized=words, add_special_tokens=b["add_special_tokens"])
            b["outputs"] = [{**fields(e), "overflowing": [fields(o) for o in e.overflowing]} for e in es]
        except BaseException:
            b["error"] = True
        out.append(b)
    return out


def streams(t, texts):
    out = []
    for x in texts:
        try:
            ids = t.encode(x).ids
        except BaseException:
            continue
        for skip in (False, True):
            try:
                s = DecodeStream(skip_special_tokens=skip)
                out.append({"ids": ids, "skip_special_tokens": skip, "pieces": [s.step(t, i) for i in ids], "decoded": t.decode(ids, skip_special_tokens=skip)})
            except BaseException:
                pass
    return out


def write(path, rows):
    with open(path, "w") as f:
        for r in rows:
            f.write(json.dumps(r, ensure_ascii=True, separators=(",", ":")) + "\n")


def main():
    os.makedirs(OUT, exist_ok=True)
    rows = []
    for name, d in SMALL.items():
        if name == "x_merges_as_strings":
            d = json.loads(json.dumps(d))
            d["model"]["merges"] = [" ".join(m) for m in d["model"]["merges"]]
        text = json.dumps(d, ensure_ascii=False, separators=(",", ":"))
        try:
            t = Tokenizer.from_str(text)
        except BaseException as e:
            print("refused", name, str(e)[:100], file=sys.stderr)
            continue
        folder = f"{OUT}/{name}"
        os.makedirs(folder, exist_ok=True)
        open(folder + "/tokenizer.json", "w").write(text)
        texts = TEXTS if SEED is None else [random_text() for _ in range(ROUNDS)]
        cases = [case(t, x, None, True) for x in texts]
        cases += [case(t, x, rng.choice(texts), rng.random() < 0.8) for x in texts[::3]]
        cases += [case(t, x, None, False) for x in texts[::7]]
        write(folder + "/cases.jsonl", cases)
        if "chars" not in name and "dropout_0" not in name:
            write(folder + "/batch_cases.jsonl", batches(Tokenizer.from_str(text), 14 if SEED is None else 40))
        s = streams(Tokenizer.from_str(text), [x for x in texts if x][:12])
        if d["decoder"] and s:
            write(folder + "/stream_cases.jsonl", s)
        rows.append(name)
    components(OUT + "/x_components", TEXTS if SEED is None else [random_text() for _ in range(ROUNDS)])
    print(len(rows), "tokenizers")


main()
