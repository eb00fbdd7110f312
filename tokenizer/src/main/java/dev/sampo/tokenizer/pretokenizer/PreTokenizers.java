package dev.sampo.tokenizer.pretokenizer;

import dev.sampo.tokenizer.Json;
import dev.sampo.tokenizer.regex.Regex;
import dev.sampo.tokenizer.text.CodePointSet;
import dev.sampo.tokenizer.text.IntList;
import dev.sampo.tokenizer.text.SplitBehavior;
import dev.sampo.tokenizer.text.UnicodeTables;
import java.util.ArrayList;
import java.util.List;

/** Makes pre-tokenizers from the {@code pre_tokenizer} of a tokenizer.json. */
public final class PreTokenizers {
  private PreTokenizers() {}

  /**
   * The pre-tokenizer that {@code json} describes.
   *
   * @throws dev.sampo.tokenizer.TokenizerException if it is of an unknown type or malformed; the message names the path
   */
  public static PreTokenizer fromJson(Json json) {
    switch (json.text("type")) {
      case "ByteLevel":
        return new ByteLevelPreTokenizer(
            json.flag("add_prefix_space", true), json.flag("use_regex", true));
      case "BertPreTokenizer":
        return bert();
      case "CharDelimiterSplit":
        return splitAt(CodePointSet.of(json.codePoint("delimiter")), SplitBehavior.REMOVED);
      case "Digits":
        return splitAt(
            UnicodeTables.set("digits"),
            json.flag("individual_digits", false)
                ? SplitBehavior.ISOLATED
                : SplitBehavior.CONTIGUOUS);
      case "FixedLength":
        return fixedLength(json.number("length", 5), json);
      case "Metaspace":
        return MetaspacePreTokenizer.fromJson(json);
      case "Punctuation":
        return splitAt(
            UnicodeTables.set("punctuation"),
            json.has("behavior") ? behavior(json.get("behavior")) : SplitBehavior.ISOLATED);
      case "Sequence":
        return sequence(json.get("pretokenizers"));
      case "Split":
        return new SplitPreTokenizer(
            pattern(json.get("pattern")),
            behavior(json.get("behavior")),
            json.flag("invert", false));
      case "UnicodeScripts":
        return new UnicodeScriptsPreTokenizer();
      case "Whitespace":
        return new WhitespacePreTokenizer();
      case "WhitespaceSplit":
        return splitAt(UnicodeTables.set("whitespace_split"), SplitBehavior.REMOVED);
      default:
        throw json.unknownType("pre-tokenizer");
    }
  }

  /** The regex of a pattern: {@code {"String": ".."}} or {@code {"Regex": ".."}}, or a plain string. */
  public static Regex pattern(Json json) {
    try {
      if (json.node().isTextual()) {
        return Regex.literal(json.text());
      }
      return json.has("String")
          ? Regex.literal(json.text("String"))
          : Regex.compile(json.text("Regex"));
    } catch (dev.sampo.tokenizer.TokenizerException e) {
      throw new dev.sampo.tokenizer.TokenizerException(json.path() + ": " + e.getMessage(), e);
    }
  }

  static SplitBehavior behavior(Json json) {
    switch (json.text()) {
      case "Removed":
      case "removed":
        return SplitBehavior.REMOVED;
      case "Isolated":
      case "isolated":
        return SplitBehavior.ISOLATED;
      case "MergedWithPrevious":
      case "merged_with_previous":
        return SplitBehavior.MERGED_WITH_PREVIOUS;
      case "MergedWithNext":
      case "merged_with_next":
        return SplitBehavior.MERGED_WITH_NEXT;
      case "Contiguous":
      case "contiguous":
        return SplitBehavior.CONTIGUOUS;
      default:
        throw json.error("unknown split behavior '" + json.text() + "'");
    }
  }

  private static PreTokenizer sequence(Json list) {
    List<PreTokenizer> steps = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      steps.add(fromJson(list.at(i)));
    }
    return splits -> {
      for (PreTokenizer step : steps) {
        step.preTokenize(splits);
      }
    };
  }

  private static PreTokenizer bert() {
    PreTokenizer spaces =
        splitAt(UnicodeTables.set("bert_pre_tokenizer_whitespace"), SplitBehavior.REMOVED);
    PreTokenizer marks =
        splitAt(UnicodeTables.set("bert_pre_tokenizer_punctuation"), SplitBehavior.ISOLATED);
    return splits -> {
      spaces.preTokenize(splits);
      marks.preTokenize(splits);
    };
  }

  /** Splits at each character of {@code delimiters}. */
  static PreTokenizer splitAt(CodePointSet delimiters, SplitBehavior behavior) {
    return splits ->
        splits.split(
            (text, from, to, matches) -> each(delimiters, text, from, to, matches),
            behavior,
            false);
  }

  private static void each(CodePointSet set, char[] text, int from, int to, IntList matches) {
    for (int i = from; i < to; ) {
      int c = Character.codePointAt(text, i, to);
      int next = i + Character.charCount(c);
      if (set.contains(c)) {
        matches.add(i);
        matches.add(next);
      }
      i = next;
    }
  }

  private static PreTokenizer fixedLength(int length, Json json) {
    if (length == 0) {
      throw json.get("length").error("must be at least 1");
    }
    return splits ->
        splits.cut(
            (text, from, to, out) -> {
              int start = from;
              while (start < to) {
                int end = start;
                for (int n = 0; n < length && end < to; n++) {
                  end += Character.charCount(Character.codePointAt(text, end, to));
                }
                out.piece(start, end);
                start = end;
              }
            });
  }
}
