package dev.sampo.tokenizer.normalizer;

import dev.sampo.tokenizer.Json;
import dev.sampo.tokenizer.pretokenizer.PreTokenizers;
import dev.sampo.tokenizer.regex.Regex;
import dev.sampo.tokenizer.text.AlignedText;
import dev.sampo.tokenizer.text.CodePointSet;
import dev.sampo.tokenizer.text.IntList;
import dev.sampo.tokenizer.text.UnicodeTables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes normalizers from the {@code normalizer} of a tokenizer.json. */
public final class Normalizers {
  private static final CodePointSet WHITE_SPACE = UnicodeTables.set("strip");
  private static final Map<Integer, int[]> LOWER = new HashMap<>();
  private static final CodePointSet HAS_LOWER;

  static {
    int[] map = UnicodeTables.map("lowercase");
    IntList codes = new IntList();
    for (int i = 0; i < map.length; i += 2 + map[i + 1]) {
      LOWER.put(map[i], Arrays.copyOfRange(map, i + 2, i + 2 + map[i + 1]));
      codes.add(map[i]);
    }
    HAS_LOWER = CodePointSet.of(codes.toArray());
  }

  private Normalizers() {}

  /**
   * The normalizer that {@code json} describes.
   *
   * @throws dev.sampo.tokenizer.TokenizerException if it is of an unknown type or malformed; the message names the path
   */
  public static Normalizer fromJson(Json json) {
    switch (json.text("type")) {
      case "BertNormalizer":
        return bert(json);
      case "ByteLevel":
        return AlignedText::toByteLevel;
      case "Lowercase":
        return Normalizers::lowercase;
      case "NFC":
      case "NFD":
      case "NFKC":
      case "NFKD":
        return NormalForm.valueOf(json.text("type"));
      case "Nmt":
        return Normalizers::nmt;
      case "Precompiled":
        return PrecompiledNormalizer.fromJson(json);
      case "Prepend":
        String prefix = json.text("prepend");
        return text -> text.prepend(prefix);
      case "Replace":
        return replace(json);
      case "Sequence":
        return sequence(json.get("normalizers"));
      case "Strip":
        boolean left = json.flag("strip_left", true);
        boolean right = json.flag("strip_right", true);
        return text -> strip(text, left, right);
      case "StripAccents":
        CodePointSet accents = UnicodeTables.set("strip_accents_removed");
        return text -> text.filter(accents);
      default:
        throw json.unknownType("normalizer");
    }
  }

  private static Normalizer sequence(Json list) {
    List<Normalizer> steps = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      steps.add(fromJson(list.at(i)));
    }
    return text -> {
      for (Normalizer step : steps) {
        step.normalize(text);
      }
    };
  }

  private static Normalizer replace(Json json) {
    Json pattern = json.get("pattern");
    String content = json.text("content");
    if (pattern.has("String")) {
      String what = pattern.text("String");
      if (what.length() == 1 && content.length() == 1) {
        return text -> text.replaceChar(what.charAt(0), content.charAt(0), 0, text.length());
      }
    }
    Regex regex = PreTokenizers.pattern(pattern);
    return text -> {
      if (text.length() == 0) {
        return;
      }
      IntList matches = new IntList();
      regex.findAll(text.chars(), 0, text.length(), matches);
      text.replace(matches, content);
    };
  }

  private static void nmt(AlignedText text) {
    text.filter(UnicodeTables.set("nmt_removed"));
    text.mapTo(UnicodeTables.set("nmt_to_space"), ' ');
  }

  private static void strip(AlignedText text, boolean left, boolean right) {
    int from = 0;
    int to = text.length();
    char[] chars = text.chars();
    while (left && from < to && WHITE_SPACE.containsChar(chars[from])) {
      from++;
    }
    while (right && from < to && WHITE_SPACE.containsChar(chars[to - 1])) {
      to--;
    }
    text.keep(from, to);
  }

  /** Lower case of each character by itself: no final sigma. */
  static void lowercase(AlignedText text) {
    int n = text.length();
    int i = 0;
    while (i < n && !HAS_LOWER.contains(text.codePointAt(i))) {
      i += Character.charCount(text.codePointAt(i));
    }
    if (i >= n) {
      return;
    }
    AlignedText.Builder out = new AlignedText.Builder(n + 8);
    for (int k = 0; k < n; ) {
      int c = text.codePointAt(k);
      int[] lower = HAS_LOWER.contains(c) ? LOWER.get(c) : null;
      if (lower == null) {
        out.add(c, text.start(k), text.end(k));
      } else {
        for (int l : lower) {
          out.add(l, text.start(k), text.end(k));
        }
      }
      k += Character.charCount(c);
    }
    out.moveTo(text);
  }

  private static Normalizer bert(Json json) {
    boolean clean = json.flag("clean_text", true);
    boolean chinese = json.flag("handle_chinese_chars", true);
    boolean lower = json.flag("lowercase", true);
    boolean accents = json.flag("strip_accents", lower);
    CodePointSet removed = UnicodeTables.set("bert_clean_removed");
    CodePointSet spaces = UnicodeTables.set("bert_clean_to_space");
    CodePointSet spaced = UnicodeTables.set("bert_chinese_spaced");
    CodePointSet marks = UnicodeTables.set("bert_strip_accents_removed");
    return text -> {
      if (clean) {
        text.filter(removed);
        text.mapTo(spaces, ' ');
      }
      if (chinese) {
        spaceOut(text, spaced);
      }
      if (accents) {
        NormalForm.NFD.normalize(text);
        text.filter(marks);
      }
      if (lower) {
        lowercase(text);
      }
    };
  }

  private static void spaceOut(AlignedText text, CodePointSet set) {
    int n = text.length();
    boolean any = false;
    for (int i = 0; i < n && !any; i += Character.charCount(text.codePointAt(i))) {
      any = set.contains(text.codePointAt(i));
    }
    if (!any) {
      return;
    }
    IntList codes = new IntList(n + 16);
    IntList changes = new IntList(n + 16);
    for (int i = 0; i < n; ) {
      int c = text.codePointAt(i);
      if (set.contains(c)) {
        codes.add(' ');
        changes.add(0);
        codes.add(c);
        changes.add(1);
        codes.add(' ');
        changes.add(1);
      } else {
        codes.add(c);
        changes.add(0);
      }
      i += Character.charCount(c);
    }
    text.transform(codes.array(), changes.array(), codes.size(), 0);
  }
}
