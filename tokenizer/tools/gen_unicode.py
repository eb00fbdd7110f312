"""Writes unicode.txt, the character tables of the tokenizer module.

    python gen_unicode.py CLASSES.json OUT.txt

CLASSES.json is the golden unicode_classes.json. What it lacks is asked of the reference itself (the `tokenizers`
package, 0.22 or newer): general categories and scripts as its regular expressions know them, script classes of the
UnicodeScripts pre-tokenizer. Normal forms come from Python's unicodedata, corrected by what CLASSES.json says; grapheme
classes from the `regex` package.

Format: one table a line, `name<TAB>numbers`, numbers in base 36 separated by spaces. A set is a list of pairs
(gap from the end of the range before, length - 1). A map is a list of (code point, count, code points).
"""
import json
import sys
import unicodedata

import regex
from tokenizers import Regex, pre_tokenizers

ALL = [i for i in range(0x110000) if not 0xD800 <= i < 0xE000]
TEXT = "".join(map(chr, ALL))
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def b36(n):
    if n < 0:
        return "-" + b36(-n)
    out = ""
    while True:
        n, r = divmod(n, 36)
        out = DIGITS[r] + out
        if n == 0:
            return out


def ranges_of(codes):
    out = []
    for c in sorted(codes):
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def line_of_set(name, ranges):
    nums, end = [], -1
    for a, b in ranges:
        nums += [a - end - 1, b - a]
        end = b
    return name + "\t" + " ".join(map(b36, nums))


# Asking about every code point takes minutes a property, so the empty and the private planes are asked by one example.
PROBED = [i for i in ALL if i < 0x34000 or 0xE0000 <= i < 0xE1000]
PROBED_TEXT = "".join(map(chr, PROBED))
EXAMPLES = {
    0x40000: [(0x34000, 0xDFFFF), (0xE1000, 0xEFFFF)],
    0xF0000: [(0xF0000, 0xFFFFD), (0x100000, 0x10FFFD)],
    0xFFFFE: [(0xFFFFE, 0xFFFFF), (0x10FFFE, 0x10FFFF)],
}


def probe(pattern):
    """Ranges of the code points that the reference's regex matches one by one."""
    p = pre_tokenizers.Split(Regex("(?:" + pattern + ")+"), "removed", invert=True)
    codes = set()
    for _, (a, b) in p.pre_tokenize_str(PROBED_TEXT):
        codes.update(PROBED[a:b])
    out = ranges_of(codes)
    for example, planes in EXAMPLES.items():
        if p.pre_tokenize_str(chr(example)):
            out += map(list, planes)
    merged = []
    for a, b in sorted(out):
        if merged and merged[-1][1] == a - 1:
            merged[-1][1] = b
        else:
            merged.append([a, b])
    return merged


CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cn Co".split()
GROUPS = "L M N P S Z C".split()
SCRIPTS = """Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki
Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian
Common Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs
Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul
Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian
Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha
Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi
Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar
Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian
Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage
Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada
Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le
Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Unknown Vai
Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square""".split()
PROPERTIES = """Alphabetic Uppercase Lowercase White_Space Emoji Emoji_Presentation Emoji_Modifier Emoji_Modifier_Base
Emoji_Component Extended_Pictographic Ideographic Hex_Digit ASCII_Hex_Digit ID_Start ID_Continue XID_Start XID_Continue
Math Dash Diacritic Default_Ignorable_Code_Point Variation_Selector Join_Control Cased
Case_Ignorable Unified_Ideograph Radical Any Assigned""".split()
POSIX = "alnum alpha blank cntrl digit graph lower print punct space upper xdigit word".split()


def scripts_of_pretokenizer():
    """Classes of the UnicodeScripts pre-tokenizer: ranges that it never splits, grouped by what joins."""
    p = pre_tokenizers.UnicodeScripts()

    def joined(a, b):
        return len(p.pre_tokenize_str(chr(a) + chr(b))) == 1

    def any_script(c):
        # A character of the script "any" at the head is dropped: no script starts there.
        got = p.pre_tokenize_str(chr(c) + "a")
        return got and got[0][1][0] == 1

    # Runs of one script: "any" characters join to what is before them, so find those first.
    anys = set(c for c in PROBED if any_script(c))
    rest = [c for c in PROBED if c not in anys]
    text = "".join(map(chr, rest))
    runs = [(rest[a], rest[b - 1], a, b) for _, (a, b) in p.pre_tokenize_str(text)]
    classes = []  # (representative, list of code points)
    for first, _, a, b in runs:
        for rep, codes in classes:
            if joined(rep, first):
                codes.extend(rest[a:b])
                break
        else:
            classes.append((first, rest[a:b]))
    return anys, classes


def main():
    classes = json.load(open(sys.argv[1]))
    lines = []
    for k, v in classes.items():
        if isinstance(v, list):
            name = k.replace("split_regex ", "re:").replace("\\p{", "").replace("}", "").replace("\\", "")
            lines.append(line_of_set(name, v))
    have = {line.split("\t")[0] for line in lines}
    for names in (GROUPS, CATEGORIES, SCRIPTS, PROPERTIES):
        for n in names:
            if "re:" + n not in have:
                try:
                    lines.append(line_of_set("re:" + n, probe("\\p{" + n + "}")))
                except BaseException as e:
                    print("skip", n, str(e)[:80], file=sys.stderr)
    for n in POSIX:
        lines.append(line_of_set("posix:" + n, probe("[[:" + n + ":]]")))
    lines.append(line_of_set("re:h", probe("\\h")))

    lower = classes["lowercase_map"]
    nums = []
    for k, v in lower.items():
        cps = list(map(ord, v))
        nums += [int(k, 16), len(cps)] + cps
    lines.append("lowercase\t" + " ".join(map(b36, nums)))

    differ = classes["normal_forms_that_differ_from_unicode_14.0.0"]

    def decomposition(c, form):
        h = format(c, "X")
        if h in differ[form]:
            return list(map(ord, differ[form][h][1]))
        return list(map(ord, unicodedata.normalize(form, chr(c))))

    for form in ("NFD", "NFKD"):
        nums = []
        for c in ALL:
            if 0xAC00 <= c <= 0xD7A3:
                continue
            d = decomposition(c, form)
            if d != [c]:
                nums += [c, len(d)] + d
        lines.append("decompose:" + form + "\t" + " ".join(map(b36, nums)))
    nums = []
    for c in ALL:
        if unicodedata.combining(chr(c)):
            nums += [c, 1, unicodedata.combining(chr(c))]
    lines.append("ccc\t" + " ".join(map(b36, nums)))
    nums = []
    for c in ALL:
        if 0xAC00 <= c <= 0xD7A3:
            continue
        raw = unicodedata.decomposition(chr(c))
        if raw and not raw.startswith("<") and len(raw.split()) == 2 and format(c, "X") not in differ["NFD"]:
            a, b = (int(x, 16) for x in raw.split())
            if unicodedata.normalize("NFC", chr(a) + chr(b)) == chr(c):
                nums += [c, 2, a, b]
    lines.append("compose\t" + " ".join(map(b36, nums)))

    for g in "CR LF Control Extend ZWJ Regional_Indicator Prepend SpacingMark L V T LV LVT".split():
        codes = [ord(m) for m in regex.findall(r"\p{Grapheme_Cluster_Break=" + g + "}", TEXT)]
        lines.append(line_of_set("gcb:" + g, ranges_of(codes)))
    lines.append(line_of_set("gcb:ExtPict", ranges_of(ord(m) for m in regex.findall(r"\p{Extended_Pictographic}", TEXT))))

    fold = {}
    for c in ALL:
        f = chr(c).casefold()
        if f != chr(c):
            fold[c] = f
    nums = []
    for c, f in fold.items():
        nums += [c, len(f)] + list(map(ord, f))
    lines.append("casefold\t" + " ".join(map(b36, nums)))

    anys, groups = scripts_of_pretokenizer()
    lines.append(line_of_set("script:any", ranges_of(anys)))
    for i, (_, codes) in enumerate(groups):
        lines.append(line_of_set(f"script:{i}", ranges_of(codes)))

    with open(sys.argv[2], "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")


main()
