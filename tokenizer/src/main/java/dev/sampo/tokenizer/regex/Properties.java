package dev.sampo.tokenizer.regex;

import dev.sampo.tokenizer.text.CodePointSet;
import dev.sampo.tokenizer.text.UnicodeTables;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Character properties by the names that a pattern may use. */
final class Properties {
  private static final String[] GROUPS = {"L", "M", "N", "P", "S", "Z", "C"};
  private static final String[] LONG_NAMES = {
    "Letter=L",
    "Uppercase_Letter=Lu",
    "Lowercase_Letter=Ll",
    "Titlecase_Letter=Lt",
    "Modifier_Letter=Lm",
    "Other_Letter=Lo",
    "Mark=M",
    "Combining_Mark=M",
    "Nonspacing_Mark=Mn",
    "Spacing_Mark=Mc",
    "Enclosing_Mark=Me",
    "Number=N",
    "Decimal_Number=Nd",
    "Letter_Number=Nl",
    "Other_Number=No",
    "Punctuation=P",
    "Connector_Punctuation=Pc",
    "Dash_Punctuation=Pd",
    "Open_Punctuation=Ps",
    "Close_Punctuation=Pe",
    "Initial_Punctuation=Pi",
    "Final_Punctuation=Pf",
    "Other_Punctuation=Po",
    "Symbol=S",
    "Math_Symbol=Sm",
    "Currency_Symbol=Sc",
    "Modifier_Symbol=Sk",
    "Other_Symbol=So",
    "Separator=Z",
    "Space_Separator=Zs",
    "Line_Separator=Zl",
    "Paragraph_Separator=Zp",
    "Other=C",
    "Control=Cc",
    "Format=Cf",
    "Unassigned=Cn",
    "Private_Use=Co",
    "Surrogate=Cs",
    "Hira=Hiragana",
    "Kana=Katakana",
    "Hani=Han",
    "Hang=Hangul",
    "Latn=Latin",
    "Grek=Greek",
    "Cyrl=Cyrillic",
    "Arab=Arabic",
    "Hebr=Hebrew",
    "Deva=Devanagari",
    "Beng=Bengali",
    "Taml=Tamil",
    "Telu=Telugu",
    "Knda=Kannada",
    "Mlym=Malayalam",
    "Gujr=Gujarati",
    "Guru=Gurmukhi",
    "Orya=Oriya",
    "Sinh=Sinhala",
    "Mymr=Myanmar",
    "Khmr=Khmer",
    "Laoo=Lao",
    "Tibt=Tibetan",
    "Mong=Mongolian",
    "Geor=Georgian",
    "Armn=Armenian",
    "Ethi=Ethiopic",
    "Cher=Cherokee",
    "Bopo=Bopomofo",
    "Yiii=Yi",
    "Zyyy=Common",
    "Zinh=Inherited",
    "Qaai=Inherited",
    "Zzzz=Unknown",
    "Thaa=Thaana",
    "Syrc=Syriac",
    "Copt=Coptic",
    "Goth=Gothic",
    "Runr=Runic",
    "Ogam=Ogham",
    "Cans=Canadian_Aboriginal",
    "Tglg=Tagalog",
    "Java=Javanese",
    "Bali=Balinese",
    "Sund=Sundanese",
    "Tfng=Tifinagh",
    "Vaii=Vai",
    "Nkoo=Nko",
    "Alpha=Alphabetic",
    "WSpace=White_Space",
    "space=White_Space",
    "Upper=Uppercase",
    "Lower=Lowercase",
    "Ideo=Ideographic",
    "Hex=Hex_Digit",
    "AHex=ASCII_Hex_Digit",
    "IDS=ID_Start",
    "IDC=ID_Continue",
    "ExtPict=Extended_Pictographic",
    "EPres=Emoji_Presentation",
    "UIdeo=Unified_Ideograph",
    "DI=Default_Ignorable_Code_Point",
    "VS=Variation_Selector",
    "Join_C=Join_Control"
  };
  private static final String[] POSIX = {
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "xdigit", "word"
  };
  private static final Map<String, String> TABLES = new HashMap<>();

  static {
    for (String name : UnicodeTables.names("re:")) {
      TABLES.put(canonical(name.substring(3)), name);
    }
    for (String group : GROUPS) {
      TABLES.put(canonical(group), "re:" + group);
    }
    for (String pair : LONG_NAMES) {
      int eq = pair.indexOf('=');
      String table = "re:" + pair.substring(eq + 1);
      if (UnicodeTables.has(table)) {
        TABLES.putIfAbsent(canonical(pair.substring(0, eq)), table);
      }
    }
    for (String name : POSIX) {
      TABLES.put(name, "posix:" + name);
    }
  }

  private Properties() {}

  /** The set that {@code \p{name}} stands for, or null if there is no such property. */
  static @Nullable CodePointSet find(String name) {
    String key = canonical(name);
    if (key.equals("any")) {
      return CodePointSet.ofRanges(0, 0x10FFFF);
    }
    if (key.equals("ascii")) {
      return CodePointSet.ofRanges(0, 0x7F);
    }
    if (key.equals("cs") || key.equals("surrogate")) {
      return CodePointSet.ofRanges(0xD800, 0xDFFF);
    }
    String table = TABLES.get(key);
    return table == null ? null : UnicodeTables.findSet(table);
  }

  /** The set of a POSIX bracket such as {@code [:alpha:]}, or null. */
  static @Nullable CodePointSet posix(String name) {
    return name.equals("ascii")
        ? CodePointSet.ofRanges(0, 0x7F)
        : UnicodeTables.findSet("posix:" + name);
  }

  static CodePointSet word() {
    return UnicodeTables.set("re:w");
  }

  static CodePointSet space() {
    return UnicodeTables.set("re:s");
  }

  static CodePointSet digit() {
    return UnicodeTables.set("re:d");
  }

  private static String canonical(String name) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c != ' ' && c != '_' && c != '-') {
        out.append(c);
      }
    }
    return out.toString().toLowerCase(Locale.ROOT);
  }
}
