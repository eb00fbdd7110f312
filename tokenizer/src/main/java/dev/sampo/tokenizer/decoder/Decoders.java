package dev.sampo.tokenizer.decoder;

import dev.sampo.tokenizer.Json;
import dev.sampo.tokenizer.pretokenizer.MetaspacePreTokenizer;
import dev.sampo.tokenizer.pretokenizer.PreTokenizers;
import dev.sampo.tokenizer.regex.Regex;
import dev.sampo.tokenizer.text.ByteAlphabet;
import dev.sampo.tokenizer.text.IntList;
import dev.sampo.tokenizer.text.Utf8;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Makes decoders from the {@code decoder} of a tokenizer.json. */
public final class Decoders {
  private Decoders() {}

  /**
   * The decoder that {@code json} describes.
   *
   * @throws dev.sampo.tokenizer.TokenizerException if it is of an unknown type or malformed; the message names the path
   */
  public static Decoder fromJson(Json json) {
    switch (json.text("type")) {
      case "BPEDecoder":
        String suffix = json.has("suffix") ? json.text("suffix") : "</w>";
        return tokens -> bpe(tokens, suffix);
      case "ByteLevel":
        return new ByteLevelDecoder();
      case "WordPiece":
        return wordPiece(
            json.has("prefix") ? json.text("prefix") : "##", json.flag("cleanup", true));
      case "Metaspace":
        return metaspace(json);
      case "CTC":
        return ctc(json);
      case "Sequence":
        return sequence(json.get("decoders"));
      case "Replace":
        return replace(json);
      case "Fuse":
        return tokens -> List.of(String.join("", tokens));
      case "Strip":
        return strip(json);
      case "ByteFallback":
        return new ByteFallbackDecoder();
      default:
        throw json.unknownType("decoder");
    }
  }

  private static Decoder each(UnaryOperator<String> change) {
    return tokens -> {
      List<String> out = new ArrayList<>(tokens.size());
      for (String token : tokens) {
        out.add(change.apply(token));
      }
      return out;
    };
  }

  private static List<String> bpe(List<String> tokens, String suffix) {
    List<String> out = new ArrayList<>(tokens.size());
    for (int i = 0; i < tokens.size(); i++) {
      out.add(replaceAll(tokens.get(i), suffix, i == tokens.size() - 1 ? "" : " "));
    }
    return out;
  }

  /** As Rust does it: an empty pattern matches before every character and at the end. */
  private static String replaceAll(String text, String what, String with) {
    return text.replace(what, with);
  }

  /** BERT's decoder; a class of its own so that it can be recognised. */
  public static Decoder wordPiece(String prefix, boolean cleanup) {
    return tokens -> {
      List<String> out = new ArrayList<>(tokens.size());
      for (int i = 0; i < tokens.size(); i++) {
        String token = tokens.get(i);
        if (i > 0) {
          token = token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
        }
        out.add(cleanup ? cleanUp(token) : token);
      }
      return out;
    };
  }

  static String cleanUp(String text) {
    if (text.indexOf(' ') < 0) {
      return text;
    }
    return text.replace(" .", ".")
        .replace(" ?", "?")
        .replace(" !", "!")
        .replace(" ,", ",")
        .replace(" ' ", "'")
        .replace(" n't", "n't")
        .replace(" 'm", "'m")
        .replace(" do not", " don't")
        .replace(" 's", "'s")
        .replace(" 've", "'ve")
        .replace(" 're", "'re");
  }

  private static Decoder metaspace(Json json) {
    String replacement = new String(Character.toChars(json.codePoint("replacement")));
    boolean drops = MetaspacePreTokenizer.scheme(json) != MetaspacePreTokenizer.PrependScheme.NEVER;
    return tokens -> {
      List<String> out = new ArrayList<>(tokens.size());
      for (int i = 0; i < tokens.size(); i++) {
        out.add(tokens.get(i).replace(replacement, i == 0 && drops ? "" : " "));
      }
      return out;
    };
  }

  private static Decoder ctc(Json json) {
    String pad = json.has("pad_token") ? json.text("pad_token") : "<pad>";
    String delimiter = json.has("word_delimiter_token") ? json.text("word_delimiter_token") : "|";
    boolean cleanup = json.flag("cleanup", true);
    return tokens -> {
      List<String> out = new ArrayList<>();
      String last = null;
      for (String token : tokens) {
        if (token.equals(last)) {
          continue;
        }
        last = token;
        String text = token.replace(pad, "");
        if (cleanup) {
          text = cleanUp(text).replace(delimiter, " ");
        }
        if (!text.isEmpty()) {
          out.add(text);
        }
      }
      return out;
    };
  }

  private static Decoder sequence(Json list) {
    List<Decoder> steps = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      steps.add(fromJson(list.at(i)));
    }
    return tokens -> {
      List<String> out = tokens;
      for (Decoder step : steps) {
        out = step.decode(out);
      }
      return out;
    };
  }

  private static Decoder replace(Json json) {
    String content = json.text("content");
    Json pattern = json.get("pattern");
    if (pattern.has("String") && !pattern.text("String").isEmpty()) {
      String what = pattern.text("String");
      return each(token -> token.replace(what, content));
    }
    Regex regex = PreTokenizers.pattern(pattern);
    return each(token -> replace(regex, token, content));
  }

  private static String replace(Regex regex, String token, String content) {
    if (token.isEmpty()) {
      return token;
    }
    IntList matches = new IntList();
    char[] chars = token.toCharArray();
    regex.findAll(chars, 0, chars.length, matches);
    StringBuilder out = new StringBuilder();
    int last = 0;
    for (int i = 0; i < matches.size(); i += 2) {
      out.append(chars, last, matches.get(i) - last).append(content);
      last = matches.get(i + 1);
    }
    return out.append(chars, last, chars.length - last).toString();
  }

  private static Decoder strip(Json json) {
    int content = json.codePoint("content");
    int start = json.number("start");
    int stop = json.number("stop");
    return each(token -> strip(token, content, start, stop));
  }

  private static String strip(String token, int content, int start, int stop) {
    int width = Character.charCount(content);
    int from = 0;
    for (int n = 0; n < start && from < token.length() && token.codePointAt(from) == content; n++) {
      from += width;
    }
    int to = token.length();
    for (int n = 0; n < stop && to > 0 && token.codePointBefore(to) == content; n++) {
      to -= width;
    }
    // The reference fails where both ends meet; then the token stays as it is.
    return from <= to ? token.substring(from, to) : token;
  }

  /** GPT-2's: the characters of the byte-level alphabet become bytes; a token with any other is taken as it is. */
  private static final class ByteLevelDecoder implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (String token : tokens) {
        byte[] bytes = bytes(token);
        out.write(bytes, 0, bytes.length);
      }
      byte[] all = out.toByteArray();
      return List.of(Utf8.decodeLossy(all, 0, all.length));
    }
  }

  /** Whether {@code decoder} is the byte-level one and nothing else. */
  public static boolean isByteLevel(Decoder decoder) {
    return decoder instanceof ByteLevelDecoder;
  }

  /** The bytes that a token of a byte-level vocabulary stands for. */
  public static byte[] bytes(String token) {
    byte[] out = new byte[token.length()];
    for (int i = 0; i < out.length; i++) {
      int b = ByteAlphabet.byteOf(token.charAt(i));
      if (b < 0) {
        return Utf8.encode(token);
      }
      out[i] = (byte) b;
    }
    return out;
  }

  /** The byte of a token {@code <0xE2>}, or -1 for any other token. */
  public static int fallbackByte(String token) {
    if (token.length() != 6 || !token.startsWith("<0x") || token.charAt(5) != '>') {
      return -1;
    }
    int high = token.charAt(3) == '+' ? 0 : hex(token.charAt(3)); // Rust reads "+F" as 15
    int low = hex(token.charAt(4));
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }

  private static int hex(char c) {
    return c < 128 ? Character.digit(c, 16) : -1;
  }

  /** SentencePiece's: runs of tokens {@code <0x..>} become the characters of their bytes. */
  private static final class ByteFallbackDecoder implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      List<String> out = new ArrayList<>(tokens.size());
      byte[] run = new byte[16];
      int n = 0;
      for (String token : tokens) {
        int b = fallbackByte(token);
        if (b >= 0) {
          if (n == run.length) {
            run = java.util.Arrays.copyOf(run, n * 2);
          }
          run[n++] = (byte) b;
          continue;
        }
        flush(run, n, out);
        n = 0;
        out.add(token);
      }
      flush(run, n, out);
      return out;
    }

    private static void flush(byte[] run, int n, List<String> out) {
      if (n == 0) {
        return;
      }
      String text = Utf8.decodeStrict(run, 0, n);
      if (text != null) {
        out.add(text);
        return;
      }
      for (int i = 0; i < n; i++) {
        out.add("\uFFFD");
      }
    }
  }
}
