package dev.sampo.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.ModelException;
import dev.sampo.tokenizer.model.BpeConfig;
import dev.sampo.tokenizer.model.Models;
import dev.sampo.tokenizer.model.Vocabulary;
import dev.sampo.tokenizer.model.WordPieceModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tokenizers of folders that have no tokenizer.json, set up as transformers converts them: vocab.json with merges.txt is
 * byte-level BPE in the manner of GPT-2, or of RoBERTa or CLIP if the class name says so; vocab.txt is BERT's WordPiece;
 * a {@code .model} is SentencePiece.
 */
final class OlderFiles {
  private static final String[] MODEL_FILES = {
    "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "spm.model", "sentencepiece.model"
  };

  private OlderFiles() {}

  /** The tokenizer of a folder; null if it has none of these files. */
  static @Nullable Tokenizer read(Path folder, TokenizerConfig config) {
    JsonNode known = TokenizerReader.json(folder.resolve("tokenizer_config.json"));
    JsonNode settings = known == null ? TokenizerReader.MAPPER.createObjectNode() : known;
    if (MarianTokenizer.isIn(folder)) {
      return MarianTokenizer.read(folder, settings, config);
    }
    Path vocab = folder.resolve("vocab.json");
    if (Files.exists(vocab) && Files.exists(folder.resolve("merges.txt"))) {
      return TokenizerReader.at(vocab, () -> byteLevel(folder, settings, config));
    }
    Path words = folder.resolve("vocab.txt");
    if (Files.exists(words)) {
      return TokenizerReader.at(words, () -> wordPiece(folder, settings, config));
    }
    Path model = TokenizerReader.atNullable(folder, () -> sentencePiece(folder));
    return model == null
        ? null
        : TokenizerReader.at(model, () -> SentencePieceFile.read(model, settings, config));
  }

  private static @Nullable Path sentencePiece(Path folder) throws IOException {
    for (String name : MODEL_FILES) {
      if (Files.exists(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.model")) {
      Iterator<Path> it = files.iterator();
      return it.hasNext() ? it.next() : null;
    }
  }

  private static List<String> lines(Path file) throws IOException {
    ModelException.refuseSpecial(file);
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    List<String> out = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int end = text.indexOf('\n', start);
      end = end < 0 ? text.length() : end;
      int stop = end > start && text.charAt(end - 1) == '\r' ? end - 1 : end;
      out.add(text.substring(start, stop));
      start = end + 1;
    }
    return out;
  }

  private static Tokenizer byteLevel(Path folder, JsonNode settings, TokenizerConfig config)
      throws IOException {
    Vocabulary vocabulary = new Vocabulary();
    JsonNode vocab = TokenizerReader.json(folder.resolve("vocab.json"));
    if (vocab == null || !vocab.isObject()) {
      throw new TokenizerException("is not an object");
    }
    for (Map.Entry<String, JsonNode> e : vocab.properties()) {
      if (!e.getValue().canConvertToInt() || e.getValue().intValue() < 0) {
        throw new TokenizerException("'" + e.getKey() + "' has no id");
      }
      vocabulary.put(e.getKey(), e.getValue().intValue());
    }
    vocabulary.build();
    String kind = settings.path("tokenizer_class").asText("GPT2Tokenizer").toLowerCase(Locale.ROOT);
    boolean clip = kind.contains("clip");
    boolean roberta =
        kind.contains("roberta") || kind.contains("bart") || kind.contains("longformer");
    BpeConfig options =
        clip
            ? new BpeConfig(0, config.specialToken("unk_token"), "", "</w>", false, false, false)
            : BpeConfig.plain();
    String path = folder.resolve("merges.txt").toString();
    ObjectNode json = TokenizerReader.MAPPER.createObjectNode();
    boolean prefixSpace = settings.path("add_prefix_space").asBoolean(false);
    added(json, settings, config, vocabulary);
    json.set(
        "normalizer",
        clip
            ? parse(
                "{'type':'Sequence','normalizers':[{'type':'NFC'},{'type':'Replace','pattern':{'Regex':'\\\\s+'},'content':'"
                    + " '},{'type':'Lowercase'}]}")
            : null);
    String byteLevel =
        "{'type':'ByteLevel','add_prefix_space':"
            + prefixSpace
            + ",'trim_offsets':true,'use_regex':true}";
    json.set(
        "pre_tokenizer",
        clip
            ? parse(
                "{'type':'Sequence','pretokenizers':[{'type':'Split','pattern':{'Regex':\"<\\\\|startoftext\\\\|>|<\\\\|endoftext\\\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+\"},'behavior':'Removed','invert':true},"
                    + byteLevel
                    + "]}")
            : parse(byteLevel));
    json.set("decoder", parse(byteLevel));
    String cls = config.specialToken("cls_token");
    String sep = config.specialToken("sep_token");
    if (clip) {
      cls = config.specialToken("bos_token");
      sep = config.specialToken("eos_token");
    }
    if ((clip || roberta) && cls != null && sep != null) {
      ObjectNode post = TokenizerReader.MAPPER.createObjectNode();
      post.put("type", "RobertaProcessing");
      post.set("sep", pair(sep, vocabulary));
      post.set("cls", pair(cls, vocabulary));
      post.put("trim_offsets", !clip);
      post.put("add_prefix_space", !clip && prefixSpace);
      json.set("post_processor", post);
    } else {
      json.set(
          "post_processor",
          parse("{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':false}"));
    }
    return TokenizerReader.build(
        new Json(json, "$"),
        Models.bpe(vocabulary, lines(folder.resolve("merges.txt")), options, path),
        config);
  }

  private static Tokenizer wordPiece(Path folder, JsonNode settings, TokenizerConfig config)
      throws IOException {
    Vocabulary vocabulary = new Vocabulary();
    int id = 0;
    for (String line : lines(folder.resolve("vocab.txt"))) {
      vocabulary.put(line, id++);
    }
    vocabulary.build();
    String unk =
        config.specialToken("unk_token") == null ? "[UNK]" : config.specialToken("unk_token");
    ObjectNode json = TokenizerReader.MAPPER.createObjectNode();
    added(json, settings, config, vocabulary);
    ObjectNode normalizer = TokenizerReader.MAPPER.createObjectNode();
    normalizer.put("type", "BertNormalizer");
    normalizer.put("clean_text", true);
    normalizer.put("handle_chinese_chars", settings.path("tokenize_chinese_chars").asBoolean(true));
    if (settings.path("strip_accents").isBoolean()) {
      normalizer.put("strip_accents", settings.path("strip_accents").booleanValue());
    }
    normalizer.put("lowercase", settings.path("do_lower_case").asBoolean(true));
    json.set("normalizer", normalizer);
    json.set("pre_tokenizer", parse("{'type':'BertPreTokenizer'}"));
    json.set("decoder", parse("{'type':'WordPiece','prefix':'##','cleanup':true}"));
    String cls =
        config.specialToken("cls_token") == null ? "[CLS]" : config.specialToken("cls_token");
    String sep =
        config.specialToken("sep_token") == null ? "[SEP]" : config.specialToken("sep_token");
    if (vocabulary.id(cls) >= 0 && vocabulary.id(sep) >= 0) {
      ObjectNode post = TokenizerReader.MAPPER.createObjectNode();
      post.put("type", "BertProcessing");
      post.set("sep", pair(sep, vocabulary));
      post.set("cls", pair(cls, vocabulary));
      json.set("post_processor", post);
    }
    return TokenizerReader.build(
        new Json(json, "$"), new WordPieceModel(vocabulary, unk, "##", 100), config);
  }

  private static ArrayNode pair(String token, Vocabulary vocabulary) {
    return TokenizerReader.MAPPER.createArrayNode().add(token).add(vocabulary.id(token));
  }

  /** JSON with apostrophes for quotation marks, where it holds none. */
  static JsonNode parse(String json) {
    try {
      return TokenizerReader.MAPPER.readTree(
          json.contains("\"") ? mixed(json) : json.replace('\'', '"'));
    } catch (IOException e) {
      throw new IllegalArgumentException(json, e);
    }
  }

  /** Strings that hold apostrophes stand in quotation marks already. */
  private static String mixed(String json) {
    StringBuilder out = new StringBuilder();
    boolean inside = false;
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      inside ^= c == '"';
      out.append(c == '\'' && !inside ? '"' : c);
    }
    return out.toString();
  }

  /** The added tokens: those of {@code added_tokens_decoder}, else those with a role. */
  static void added(
      ObjectNode json, JsonNode settings, TokenizerConfig config, Vocabulary vocabulary) {
    ArrayNode tokens = json.putArray("added_tokens");
    JsonNode decoder = settings.path("added_tokens_decoder");
    if (decoder.isObject() && decoder.size() > 0) {
      List<Map.Entry<String, JsonNode>> all = new ArrayList<>(decoder.properties());
      all.sort((a, b) -> Integer.compare(id(a.getKey()), id(b.getKey())));
      for (Map.Entry<String, JsonNode> e : all) {
        ObjectNode token = e.getValue().deepCopy();
        token.put("id", id(e.getKey()));
        tokens.add(token);
      }
      return;
    }
    for (String token : new java.util.LinkedHashSet<>(config.specialTokens().values())) {
      ObjectNode node = tokens.addObject();
      node.put("id", Math.max(0, vocabulary.id(token)));
      node.put("content", token);
      node.put("normalized", false);
      node.put("special", true);
    }
  }

  private static int id(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new TokenizerException("$.added_tokens_decoder: '" + text + "' is not an id", e);
    }
  }
}
