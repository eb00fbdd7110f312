package dev.sampo.tokenizer.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.tokenizer.Json;
import dev.sampo.tokenizer.TokenizerException;
import dev.sampo.tokenizer.text.IntList;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads the {@code model} of a tokenizer.json as a stream: vocabulary and merges never become JSON trees. */
public final class Models {
  private static final String PATH = "$.model";

  private final ObjectNode options;
  private @Nullable Vocabulary vocabulary;
  private double @Nullable [] scores;

  /** Both parts of every merge rule, one after the other, and where each part ends. */
  private char[] mergeChars = new char[1 << 12];

  private final IntList mergeEnds = new IntList(1 << 10);
  private boolean hasMerges;

  private Models(ObjectMapper mapper) {
    options = mapper.createObjectNode();
  }

  /**
   * Reads the object that {@code parser} stands at the beginning of.
   *
   * @throws TokenizerException if it is malformed; the message names the path
   */
  public static Model read(JsonParser parser, ObjectMapper mapper) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw new TokenizerException(PATH + ": is not an object");
    }
    Models reader = new Models(mapper);
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      if (name.equals("vocab")) {
        reader.readVocabulary(parser);
      } else if (name.equals("merges")) {
        reader.readMerges(parser);
      } else {
        reader.options.set(name, mapper.<JsonNode>readTree(parser));
      }
    }
    return reader.build();
  }

  /** A model of vocab.json and merges.txt: {@code lines} are the rules, {@code #version} lines are left out. */
  public static Model bpe(
      Vocabulary vocabulary, Iterable<String> lines, BpeConfig config, String path) {
    Models reader = new Models(new ObjectMapper());
    reader.vocabulary = vocabulary;
    for (String line : lines) {
      if (!line.startsWith("#version") && !line.isEmpty()) {
        char[] c = line.toCharArray();
        reader.addMerge(c, 0, c.length, path);
      }
    }
    return new BpeModel(vocabulary, reader.merges(vocabulary, config, path), config);
  }

  private void readVocabulary(JsonParser parser) throws IOException {
    Vocabulary v = new Vocabulary();
    if (parser.currentToken() == JsonToken.START_OBJECT) {
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String token = parser.currentName();
        if (parser.nextToken() != JsonToken.VALUE_NUMBER_INT) {
          throw new TokenizerException(PATH + ".vocab['" + token + "']: is not a whole number");
        }
        long id = parser.getLongValue();
        if (id < 0 || id > Integer.MAX_VALUE - 8) {
          throw new TokenizerException(PATH + ".vocab['" + token + "']: " + id + " is not an id");
        }
        v.put(token, (int) id);
      }
    } else if (parser.currentToken() == JsonToken.START_ARRAY) {
      readScores(parser, v);
    } else {
      throw new TokenizerException(PATH + ".vocab: is neither an object nor an array");
    }
    try {
      vocabulary = v.build();
    } catch (TokenizerException e) {
      throw new TokenizerException(PATH + ".vocab: " + e.getMessage(), e);
    }
  }

  private void readScores(JsonParser parser, Vocabulary v) throws IOException {
    double[] s = new double[1 << 10];
    int n = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.START_ARRAY
          || parser.nextToken() != JsonToken.VALUE_STRING) {
        throw new TokenizerException(PATH + ".vocab[" + n + "]: is not [token, score]");
      }
      v.put(parser.getText(), n);
      if (!parser.nextToken().isNumeric()) {
        throw new TokenizerException(PATH + ".vocab[" + n + "][1]: is not a number");
      }
      if (n == s.length) {
        s = Arrays.copyOf(s, n * 2);
      }
      s[n++] = parser.getDoubleValue();
      if (parser.nextToken() != JsonToken.END_ARRAY) {
        throw new TokenizerException(PATH + ".vocab[" + (n - 1) + "]: is not [token, score]");
      }
    }
    scores = Arrays.copyOf(s, n);
  }

  private void readMerges(JsonParser parser) throws IOException {
    hasMerges = true;
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw new TokenizerException(PATH + ".merges: is not an array");
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      String path = PATH + ".merges[" + "]";
      if (parser.currentToken() == JsonToken.VALUE_STRING) {
        addMerge(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength(), path);
      } else if (parser.currentToken() == JsonToken.START_ARRAY) {
        for (int part = 0; part < 2; part++) {
          if (parser.nextToken() != JsonToken.VALUE_STRING) {
            throw badMerge(path);
          }
          addPart(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
        }
        if (parser.nextToken() != JsonToken.END_ARRAY) {
          throw badMerge(path);
        }
      } else {
        throw badMerge(path);
      }
    }
  }

  private TokenizerException badMerge(String path) {
    int n = mergeEnds.size() / 2;
    return new TokenizerException(
        path.replace("[]", "[" + n + "]") + ": is not 'left right' or [left, right]");
  }

  private void addMerge(char[] text, int from, int length, String path) {
    int space = -1;
    for (int i = from; i < from + length; i++) {
      if (text[i] == ' ') {
        if (space >= 0) {
          throw badMerge(path);
        }
        space = i;
      }
    }
    if (space < 0) {
      throw badMerge(path);
    }
    addPart(text, from, space - from);
    addPart(text, space + 1, from + length - space - 1);
  }

  private void addPart(char[] text, int from, int length) {
    int at = mergeEnds.size() == 0 ? 0 : mergeEnds.get(mergeEnds.size() - 1);
    if (at + length > mergeChars.length) {
      mergeChars = Arrays.copyOf(mergeChars, Math.max(at + length, mergeChars.length * 2));
    }
    System.arraycopy(text, from, mergeChars, at, length);
    mergeEnds.add(at + length);
  }

  private Merges merges(Vocabulary v, BpeConfig config, String path) {
    int n = mergeEnds.size() / 2;
    Merges merges = new Merges(n);
    int prefix = config.continuingSubwordPrefix().length();
    int start = 0;
    for (int rank = 0; rank < n; rank++) {
      int middle = mergeEnds.get(2 * rank);
      int end = mergeEnds.get(2 * rank + 1);
      int left = v.id(mergeChars, start, middle - start);
      int right = v.id(mergeChars, middle, end - middle);
      if (left < 0 || right < 0) {
        String part = left < 0 ? text(start, middle) : text(middle, end);
        throw new TokenizerException(
            path + "[" + rank + "]: token '" + part + "' is not in the vocabulary");
      }
      int cut = Math.min(prefix, end - middle);
      int made =
          v.id(mergeChars, start, middle - start, mergeChars, middle + cut, end - middle - cut);
      if (made < 0) {
        throw new TokenizerException(
            path
                + "["
                + rank
                + "]: the merged token '"
                + text(start, middle)
                + text(middle + cut, end)
                + "' is not in the vocabulary");
      }
      merges.put(left, right, rank, made);
      start = end;
    }
    return merges;
  }

  private String text(int from, int to) {
    return new String(mergeChars, from, to - from);
  }

  private Model build() {
    Json json = new Json(options, PATH);
    Vocabulary v = vocabulary;
    if (v == null) {
      throw json.error("field 'vocab' is missing");
    }
    switch (json.has("type") ? json.text("type") : guessType(json)) {
      case "BPE":
        if (!hasMerges) {
          throw json.error("field 'merges' is missing");
        }
        if (scores != null) {
          throw json.error("field 'vocab' is not an object");
        }
        BpeConfig config = bpeConfig(json);
        return new BpeModel(v, merges(v, config, PATH + ".merges"), config);
      case "WordPiece":
        return new WordPieceModel(
            v,
            json.has("unk_token") ? json.text("unk_token") : "[UNK]",
            json.has("continuing_subword_prefix") ? json.text("continuing_subword_prefix") : "##",
            json.number("max_input_chars_per_word", 100));
      case "WordLevel":
        return new WordLevelModel(v, json.has("unk_token") ? json.text("unk_token") : "<unk>");
      case "Unigram":
        return unigram(json, v);
      default:
        throw json.unknownType("model");
    }
  }

  /** Files older than the field {@code type}. */
  private String guessType(Json json) {
    if (hasMerges) {
      return "BPE";
    }
    if (scores != null) {
      return "Unigram";
    }
    return json.has("max_input_chars_per_word") ? "WordPiece" : "WordLevel";
  }

  private static BpeConfig bpeConfig(Json json) {
    float dropout = 0;
    if (json.has("dropout")) {
      Json field = json.get("dropout");
      if (!field.node().isNumber()) {
        throw field.error("is not a number");
      }
      dropout = field.node().floatValue();
      if (!(dropout >= 0 && dropout <= 1)) {
        throw field.error("is " + dropout + ", not from 0 to 1");
      }
    }
    return new BpeConfig(
        dropout,
        json.textOrNull("unk_token"),
        json.has("continuing_subword_prefix") ? json.text("continuing_subword_prefix") : "",
        json.has("end_of_word_suffix") ? json.text("end_of_word_suffix") : "",
        json.flag("fuse_unk", false),
        json.flag("byte_fallback", false),
        json.flag("ignore_merges", false));
  }

  private Model unigram(Json json, Vocabulary v) {
    double[] s = scores;
    if (s == null) {
      throw json.error("field 'vocab' is not an array of [token, score]");
    }
    int unkId = json.number("unk_id", -1);
    if (unkId >= s.length) {
      throw json.get("unk_id")
          .error("is " + unkId + ", but there are only " + s.length + " tokens");
    }
    return new UnigramModel(v, s, unkId, json.flag("byte_fallback", false));
  }
}
