package dev.sampo.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.tokenizer.model.BpeConfig;
import dev.sampo.tokenizer.model.Model;
import dev.sampo.tokenizer.model.Models;
import dev.sampo.tokenizer.model.UnigramModel;
import dev.sampo.tokenizer.model.Vocabulary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A SentencePiece {@code .model}: a protocol buffer with pieces and settings, turned into the components that Hugging
 * Face's converter makes of it. Kudo and Richardson 2018, arXiv:1808.06226.
 */
final class SentencePieceFile {
  private static final int TYPE_UNKNOWN = 2;
  private static final int TYPE_CONTROL = 3;
  private static final int TYPE_USER = 4;

  /** The pieces of real models have 16 characters and user-defined ones some hundreds; each way to cut a piece is looked at. */
  private static final int MAX_PIECE = 5_000;

  private final List<String> pieces = new ArrayList<>();
  private final List<Double> scores = new ArrayList<>();
  private final List<Integer> types = new ArrayList<>();
  private int modelType = 1;
  private boolean byteFallback;
  private byte[] charsMap = new byte[0];
  private boolean dummyPrefix = true;
  private boolean removeExtraSpaces = true;

  private SentencePieceFile() {}

  /** Reads fields of a protocol buffer message. */
  private static final class Message {
    private final byte[] bytes;
    private final int end;
    private int at;
    int field;
    int wire;
    long number;
    int from;
    int to;

    Message(byte[] bytes, int from, int end) {
      this.bytes = bytes;
      this.at = from;
      this.end = end;
    }

    boolean next() {
      if (at >= end) {
        return false;
      }
      long tag = varint();
      field = (int) (tag >>> 3);
      wire = (int) (tag & 7);
      switch (wire) {
        case 0:
          number = varint();
          break;
        case 1:
          skip(8);
          break;
        case 2:
          long length = varint();
          if (length < 0 || length > end - at) {
            throw new TokenizerException("The SentencePiece model is cut short at byte " + at);
          }
          from = at;
          to = at + (int) length;
          at = to;
          break;
        case 5:
          from = at;
          skip(4);
          break;
        default:
          throw new TokenizerException(
              "Not a SentencePiece model: wire type " + wire + " at byte " + at);
      }
      return true;
    }

    private void skip(int n) {
      if (end - at < n) {
        throw new TokenizerException("The SentencePiece model is cut short at byte " + at);
      }
      at += n;
    }

    private long varint() {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        if (at >= end) {
          throw new TokenizerException("The SentencePiece model is cut short at byte " + at);
        }
        byte b = bytes[at++];
        value |= (long) (b & 0x7F) << shift;
        if (b >= 0) {
          return value;
        }
      }
      throw new TokenizerException("Not a SentencePiece model: a number without end at byte " + at);
    }

    /** An error unless the field is a text or another message. */
    Message delimited() {
      return of(2);
    }

    private Message of(int wanted) {
      if (wire != wanted) {
        throw new TokenizerException(
            "Not a SentencePiece model: field "
                + field
                + " has wire type "
                + wire
                + " before byte "
                + at);
      }
      return this;
    }

    long whole() {
      return of(0).number;
    }

    float real() {
      Message unused = of(5);
      int bits =
          (bytes[from] & 0xFF)
              | (bytes[from + 1] & 0xFF) << 8
              | (bytes[from + 2] & 0xFF) << 16
              | (bytes[from + 3] & 0xFF) << 24;
      return Float.intBitsToFloat(bits);
    }
  }

  static Tokenizer read(Path path, JsonNode settings, TokenizerConfig config) throws IOException {
    byte[] bytes = Files.readAllBytes(path);
    SentencePieceFile file = new SentencePieceFile();
    file.parse(bytes);
    return file.build(settings, config);
  }

  private void parse(byte[] bytes) {
    Message m = new Message(bytes, 0, bytes.length);
    while (m.next()) {
      if (m.wire != 2) {
        continue;
      }
      Message inner = new Message(bytes, m.from, m.to);
      if (m.field == 1) {
        piece(bytes, inner);
      } else if (m.field == 2) {
        while (inner.next()) {
          if (inner.field == 3) {
            modelType = (int) Math.min(inner.whole(), Integer.MAX_VALUE);
          } else if (inner.field == 35) {
            byteFallback = inner.whole() != 0;
          }
        }
      } else if (m.field == 3) {
        while (inner.next()) {
          if (inner.field == 2) {
            Message text = inner.delimited();
            charsMap = java.util.Arrays.copyOfRange(bytes, text.from, text.to);
          } else if (inner.field == 3) {
            dummyPrefix = inner.whole() != 0;
          } else if (inner.field == 4) {
            removeExtraSpaces = inner.whole() != 0;
          }
        }
      }
    }
    if (pieces.isEmpty()) {
      throw new TokenizerException("Not a SentencePiece model: it has no pieces");
    }
  }

  private void piece(byte[] bytes, Message inner) {
    String text = "";
    double score = 0;
    int type = 1;
    while (inner.next()) {
      if (inner.field == 1) {
        Message field = inner.delimited();
        text = new String(bytes, field.from, field.to - field.from, StandardCharsets.UTF_8);
      } else if (inner.field == 2) {
        score = inner.real();
      } else if (inner.field == 3) {
        type = (int) Math.min(inner.whole(), Integer.MAX_VALUE);
      }
    }
    if (text.length() > MAX_PIECE) {
      throw new TokenizerException("A SentencePiece piece has " + text.length() + " characters");
    }
    pieces.add(text);
    scores.add(score);
    types.add(type);
  }

  private Tokenizer build(JsonNode settings, TokenizerConfig config) {
    Vocabulary vocabulary = new Vocabulary();
    int unk = -1;
    ObjectNode json = TokenizerReader.MAPPER.createObjectNode();
    for (int i = 0; i < pieces.size(); i++) {
      vocabulary.put(pieces.get(i), i);
      unk = types.get(i) == TYPE_UNKNOWN && unk < 0 ? i : unk;
    }
    vocabulary.build();
    Model model;
    if (modelType == 1) {
      double[] s = new double[pieces.size()];
      for (int i = 0; i < s.length; i++) {
        s[i] = scores.get(i);
      }
      model = new UnigramModel(vocabulary, s, unk, byteFallback);
    } else if (modelType == 2) {
      BpeConfig options =
          new BpeConfig(0, unk < 0 ? null : pieces.get(unk), "", "", true, byteFallback, false);
      model =
          Models.bpe(vocabulary, merges(vocabulary), options, "merges of the SentencePiece model");
    } else {
      throw new TokenizerException("SentencePiece models of words or characters are not supported");
    }
    OlderFiles.added(json, settings, config, vocabulary);
    if (json.get("added_tokens").isEmpty()) {
      for (int i = 0; i < pieces.size(); i++) {
        int type = types.get(i);
        if (type == TYPE_CONTROL || type == TYPE_UNKNOWN || type == TYPE_USER) {
          ObjectNode token = json.withArray("added_tokens").addObject();
          token.put("id", i);
          token.put("content", pieces.get(i));
          token.put("normalized", false);
          token.put("special", type != TYPE_USER);
        }
      }
    }
    json.set("normalizer", normalizer());
    String scheme = dummyPrefix ? "always" : "never";
    String metaspace =
        "{'type':'Metaspace','replacement':'\u2581','prepend_scheme':'"
            + scheme
            + "','split':"
            + (modelType == 1)
            + "}";
    if (modelType == 1) {
      json.set("pre_tokenizer", OlderFiles.parse(metaspace));
    }
    json.set(
        "decoder",
        OlderFiles.parse(
            byteFallback
                ? "{'type':'Sequence','decoders':[{'type':'Replace','pattern':{'String':'\u2581'},'content':'"
                    + " '},{'type':'ByteFallback'},{'type':'Fuse'}"
                    + (dummyPrefix ? ",{'type':'Strip','content':' ','start':1,'stop':0}" : "")
                    + "]}"
                : metaspace));
    json.set("post_processor", template(settings, config, vocabulary));
    return TokenizerReader.build(new Json(json, "$"), model, config);
  }

  /** Beginning and end tokens, as tokenizer_config.json asks for them or as its class is known to add them. */
  private static @Nullable JsonNode template(
      JsonNode settings, TokenizerConfig config, Vocabulary vocabulary) {
    String kind = settings.path("tokenizer_class").asText("").toLowerCase(java.util.Locale.ROOT);
    boolean both = kind.contains("robert") || kind.contains("camembert");
    boolean first =
        settings
            .path("add_bos_token")
            .asBoolean(both || kind.contains("llama") || kind.contains("gemma"));
    boolean last =
        settings
            .path("add_eos_token")
            .asBoolean(both || kind.contains("t5") || kind.contains("pegasus"));
    String bos = first ? config.specialToken("bos_token") : null;
    String eos = last ? config.specialToken("eos_token") : null;
    if (bos == null && eos == null) {
      return null;
    }
    ObjectNode post = TokenizerReader.MAPPER.createObjectNode();
    post.put("type", "TemplateProcessing");
    ArrayNode single = post.putArray("single");
    ArrayNode pair = post.putArray("pair");
    ObjectNode specials = post.putObject("special_tokens");
    part(single, pair, specials, bos, "A", eos, vocabulary);
    part(TokenizerReader.MAPPER.createArrayNode(), pair, specials, bos, "B", eos, vocabulary);
    return post;
  }

  private static void part(
      ArrayNode single,
      ArrayNode pair,
      ObjectNode specials,
      @Nullable String bos,
      String sequence,
      @Nullable String eos,
      Vocabulary vocabulary) {
    List<String> order = new ArrayList<>();
    if (bos != null) {
      order.add(bos);
    }
    order.add("");
    if (eos != null) {
      order.add(eos);
    }
    for (String token : order) {
      ObjectNode node = TokenizerReader.MAPPER.createObjectNode();
      ObjectNode inner = node.putObject(token.isEmpty() ? "Sequence" : "SpecialToken");
      inner.put("id", token.isEmpty() ? sequence : token);
      inner.put("type_id", 0);
      single.add(node);
      pair.add(node);
      if (!token.isEmpty()) {
        ObjectNode special = specials.putObject(token);
        special.put("id", token);
        special.putArray("ids").add(vocabulary.id(token));
        special.putArray("tokens").add(token);
      }
    }
  }

  private JsonNode normalizer() {
    StringBuilder steps = new StringBuilder();
    if (charsMap.length > 0) {
      steps
          .append("{'type':'Precompiled','precompiled_charsmap':'")
          .append(Base64.getEncoder().encodeToString(charsMap))
          .append("'}");
    }
    if (removeExtraSpaces) {
      steps
          .append(steps.length() > 0 ? "," : "")
          .append(
              "{'type':'Strip','strip_left':true,'strip_right':true},{'type':'Replace','pattern':{'Regex':'"
                  + " {2,}'},'content':' '}");
    }
    if (modelType == 2) {
      steps
          .append(steps.length() > 0 ? "," : "")
          .append(dummyPrefix ? "{'type':'Prepend','prepend':'▁'}," : "")
          .append("{'type':'Replace','pattern':{'String':' '},'content':'▁'}");
    }
    return OlderFiles.parse("{'type':'Sequence','normalizers':[" + steps + "]}");
  }

  /** The merge rules that the pieces imply: every way to put a piece together, the best piece first. */
  private List<String> merges(Vocabulary vocabulary) {
    List<long[]> rules = new ArrayList<>(); // piece, left, right
    for (int i = 0; i < pieces.size(); i++) {
      String p = pieces.get(i);
      if (p.indexOf(' ') >= 0) {
        continue;
      }
      List<long[]> local = new ArrayList<>();
      for (int k = Character.charCount(p.isEmpty() ? 'a' : p.codePointAt(0));
          k < p.length();
          k += Character.charCount(p.codePointAt(k))) {
        int left = vocabulary.id(p.substring(0, k));
        int right = vocabulary.id(p.substring(k));
        if (left >= 0 && right >= 0) {
          local.add(new long[] {i, left, right});
        }
      }
      local.sort((a, b) -> a[1] != b[1] ? Long.compare(a[1], b[1]) : Long.compare(a[2], b[2]));
      rules.addAll(local);
    }
    Collections.sort(
        rules, (a, b) -> Double.compare(scores.get((int) b[0]), scores.get((int) a[0])));
    List<String> out = new ArrayList<>();
    for (long[] r : rules) {
      out.add(pieces.get((int) r[1]) + " " + pieces.get((int) r[2]));
    }
    return out;
  }
}
