package dev.sampo.tokenizer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.tokenizer.normalizer.Normalizer;
import dev.sampo.tokenizer.normalizer.Normalizers;
import dev.sampo.tokenizer.pretokenizer.PreTokenizer;
import dev.sampo.tokenizer.pretokenizer.PreTokenizers;
import dev.sampo.tokenizer.regex.Regex;
import dev.sampo.tokenizer.text.AlignedText;
import dev.sampo.tokenizer.text.IntList;
import dev.sampo.tokenizer.text.Splits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

/** The character tests of the components against those of the reference, at the borders of every range. */
class UnicodeClassesGoldenTest {
  @Test
  void component_whenAnyCharacter_thenClassifiesAsTheReference() throws IOException {
    List<String> errors = new ArrayList<>();
    int tables = 0;
    for (Path file : Golden.files("unicode_classes.json")) {
      JsonNode json = Golden.MAPPER.readTree(Files.readAllBytes(file));
      for (Map.Entry<String, JsonNode> e : json.properties()) {
        tables++;
        check(e.getKey(), e.getValue(), errors);
      }
    }
    assertFalse(tables == 0, "No unicode_classes.json under " + Golden.root());
    assertTrue(
        errors.isEmpty(),
        () -> errors.size() + ": " + errors.subList(0, Math.min(20, errors.size())));
  }

  private static void check(String name, JsonNode table, List<String> errors) throws IOException {
    if (name.equals("lowercase_map")) {
      Normalizer lower = normalizer("{\"type\":\"Lowercase\"}");
      for (Map.Entry<String, JsonNode> e : table.properties()) {
        same(name, e.getKey(), e.getValue().textValue(), lower, errors);
      }
      return;
    }
    if (name.startsWith("normal_forms")) {
      for (Map.Entry<String, JsonNode> form : table.properties()) {
        Normalizer n = normalizer("{\"type\":\"" + form.getKey() + "\"}");
        for (Map.Entry<String, JsonNode> e : form.getValue().properties()) {
          same(form.getKey(), e.getKey(), e.getValue().get(1).textValue(), n, errors);
        }
      }
      return;
    }
    IntPredicate test = test(name);
    TreeSet<Integer> in = new TreeSet<>();
    TreeSet<Integer> out = new TreeSet<>();
    for (JsonNode range : table) {
      in.add(range.get(0).intValue());
      in.add(range.get(1).intValue());
      out.add(range.get(0).intValue() - 1);
      out.add(range.get(1).intValue() + 1);
    }
    out.removeAll(in);
    for (int c : in) {
      if (!test.test(c)) {
        errors.add(name + " lacks U+" + Integer.toHexString(c));
      }
    }
    for (int c : out) {
      if (c >= 0 && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF) && test.test(c)) {
        errors.add(name + " has U+" + Integer.toHexString(c));
      }
    }
  }

  private static void same(
      String name, String hex, String wanted, Normalizer n, List<String> errors) {
    AlignedText text = new AlignedText(string(Integer.parseInt(hex, 16)));
    n.normalize(text);
    if (!text.toString().equals(wanted)) {
      errors.add(name + " of U+" + hex + " is " + text + ", not " + wanted);
    }
  }

  private static String string(int c) {
    return new String(Character.toChars(c));
  }

  private static Normalizer normalizer(String json) throws IOException {
    return Normalizers.fromJson(new Json(Golden.MAPPER.readTree(json), "$"));
  }

  private static String normalized(Normalizer n, String s) {
    AlignedText text = new AlignedText(s);
    n.normalize(text);
    return text.toString();
  }

  private static List<String> split(PreTokenizer p, String s) {
    Splits splits = new Splits(new AlignedText(s));
    p.preTokenize(splits);
    List<String> out = new ArrayList<>();
    for (int i = 0; i < splits.size(); i++) {
      out.add(new String(splits.text().chars(), splits.from(i), splits.to(i) - splits.from(i)));
    }
    return out;
  }

  private static PreTokenizer preTokenizer(String json) throws IOException {
    return PreTokenizers.fromJson(new Json(Golden.MAPPER.readTree(json), "$"));
  }

  private static Normalizer bert(boolean clean, boolean chinese, boolean accents)
      throws IOException {
    return normalizer(
        "{\"type\":\"BertNormalizer\",\"clean_text\":"
            + clean
            + ",\"handle_chinese_chars\":"
            + chinese
            + ",\"strip_accents\":"
            + accents
            + ",\"lowercase\":false}");
  }

  private static IntPredicate test(String name) throws IOException {
    if (name.startsWith("split_regex ")) {
      Regex regex = Regex.compile(name.substring("split_regex ".length()));
      return c -> {
        char[] chars = Character.toChars(c);
        IntList matches = new IntList();
        regex.findAll(chars, 0, chars.length, matches);
        return matches.size() > 0;
      };
    }
    switch (name) {
      case "bert_clean_removed":
        {
          Normalizer n = bert(true, false, false);
          return c -> normalized(n, "a" + string(c) + "b").equals("ab");
        }
      case "bert_clean_to_space":
        {
          Normalizer n = bert(true, false, false);
          return c -> normalized(n, string(c)).equals(" ");
        }
      case "bert_chinese_spaced":
        {
          Normalizer n = bert(false, true, false);
          return c -> normalized(n, string(c)).equals(" " + string(c) + " ");
        }
      case "bert_strip_accents_removed":
        {
          Normalizer n = bert(false, false, true);
          return c -> normalized(n, string(c)).isEmpty();
        }
      case "strip_accents_removed":
        {
          Normalizer n = normalizer("{\"type\":\"StripAccents\"}");
          return c -> normalized(n, string(c)).isEmpty();
        }
      case "bert_pre_tokenizer_punctuation":
        {
          PreTokenizer p = preTokenizer("{\"type\":\"BertPreTokenizer\"}");
          return c -> split(p, "a" + string(c) + "b").size() == 3;
        }
      case "bert_pre_tokenizer_whitespace":
        {
          PreTokenizer p = preTokenizer("{\"type\":\"BertPreTokenizer\"}");
          return c -> split(p, string(c)).isEmpty();
        }
      case "punctuation":
        {
          PreTokenizer p = preTokenizer("{\"type\":\"Punctuation\",\"behavior\":\"Removed\"}");
          return c -> split(p, string(c)).isEmpty();
        }
      case "digits":
        {
          PreTokenizer p = preTokenizer("{\"type\":\"Digits\",\"individual_digits\":true}");
          return c -> split(p, "a" + string(c)).size() == 2;
        }
      case "whitespace_split":
        {
          PreTokenizer p = preTokenizer("{\"type\":\"WhitespaceSplit\"}");
          return c -> split(p, string(c)).isEmpty();
        }
      case "whitespace_dropped":
        {
          PreTokenizer p = preTokenizer("{\"type\":\"Whitespace\"}");
          return c -> split(p, string(c)).isEmpty();
        }
      case "whitespace_not_word":
        {
          PreTokenizer p = preTokenizer("{\"type\":\"Whitespace\"}");
          return c -> split(p, "a" + string(c)).size() == 2;
        }
      case "strip":
        {
          Normalizer n =
              normalizer("{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}");
          return c -> normalized(n, string(c)).isEmpty();
        }
      case "nmt_removed":
        {
          Normalizer n = normalizer("{\"type\":\"Nmt\"}");
          return c -> normalized(n, string(c)).isEmpty();
        }
      case "nmt_to_space":
        {
          Normalizer n = normalizer("{\"type\":\"Nmt\"}");
          return c -> normalized(n, string(c)).equals(" ") && c != ' ';
        }
      default:
        throw new IllegalStateException("No component known for the table '" + name + "'");
    }
  }

  /** For a look from the command line. */
  public static void main(String[] args) throws IOException {
    new UnicodeClassesGoldenTest().component_whenAnyCharacter_thenClassifiesAsTheReference();
    System.out.println("equal");
  }
}
