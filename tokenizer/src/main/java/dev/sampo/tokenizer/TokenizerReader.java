package dev.sampo.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.tokenizer.decoder.Decoder;
import dev.sampo.tokenizer.decoder.Decoders;
import dev.sampo.tokenizer.decoder.FastDecoder;
import dev.sampo.tokenizer.model.Model;
import dev.sampo.tokenizer.model.Models;
import dev.sampo.tokenizer.normalizer.Normalizer;
import dev.sampo.tokenizer.normalizer.Normalizers;
import dev.sampo.tokenizer.postprocessor.PostProcessor;
import dev.sampo.tokenizer.postprocessor.PostProcessors;
import dev.sampo.tokenizer.pretokenizer.PreTokenizer;
import dev.sampo.tokenizer.pretokenizer.PreTokenizers;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads tokenizers from files. Nesting, lengths and numbers are bounded, so that a hostile file ends in an error. */
final class TokenizerReader {
  private static final int MAX_DEPTH = 100;
  private static final long MAX_TEMPLATE_BYTES = 10_000_000;

  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(limits())
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  private static StreamReadConstraints limits() {
    StreamReadConstraints.Builder limits =
        StreamReadConstraints.builder()
            .maxNestingDepth(MAX_DEPTH)
            .maxStringLength(50_000_000)
            .maxNumberLength(400);
    try {
      limits.maxNameLength(1_000_000).maxDocumentLength(1L << 30);
    } catch (NoSuchMethodError e) {
      // Jackson 2.15, which Spark 3.5 brings, has no limits of these kinds, so none has to be
      // raised.
    }
    return limits.build();
  }

  static final ObjectMapper MAPPER = new ObjectMapper(FACTORY);

  private TokenizerReader() {}

  static Tokenizer file(Path path) {
    Path folder = path.toAbsolutePath().getParent();
    TokenizerConfig config = config(folder);
    return at(
        path,
        () -> {
          try (InputStream in = Files.newInputStream(path)) {
            return stream(in, config);
          }
        });
  }

  /** The tokenizer of a folder; null if it has none. */
  static @Nullable Tokenizer folder(Path folder) {
    Tokenizer listed = listed(folder);
    if (listed != null) {
      return listed;
    }
    Path json = folder.resolve("tokenizer.json");
    return Files.exists(json) ? file(json) : OlderFiles.read(folder, config(folder));
  }

  /** The vocabulary that sampo.json lists, or config.json; what the first says goes before what the second says. */
  private static @Nullable Tokenizer listed(Path folder) {
    ObjectNode all = MAPPER.createObjectNode();
    Path said = folder;
    for (String name : new String[] {"config.json", "sampo.json"}) {
      Path path = folder.resolve(name);
      JsonNode json = json(path);
      if (json != null && json.isObject()) {
        all.setAll((ObjectNode) json);
        said = json.has("vocab") || json.has("source_vocab") ? path : said;
      }
    }
    Path at = said;
    return atNullable(at, () -> ListTokenizer.of(all));
  }

  static TokenizerConfig config(@Nullable Path folder) {
    if (folder == null) {
      return TokenizerConfig.EMPTY;
    }
    JsonNode config = json(folder.resolve("tokenizer_config.json"));
    JsonNode tokens = json(folder.resolve("special_tokens_map.json"));
    Map<String, String> templates = templates(folder);
    return at(
        folder.resolve("tokenizer_config.json"),
        () -> new TokenizerConfig(config, tokens, templates));
  }

  /** Chat templates that are files of their own, by name. */
  private static Map<String, String> templates(Path folder) {
    Map<String, String> templates = new TreeMap<>();
    Path template = folder.resolve("chat_template.jinja");
    if (Files.isRegularFile(template)) {
      templates.put("default", at(template, () -> text(template)));
    }
    Path more = folder.resolve("additional_chat_templates");
    if (!Files.isDirectory(more)) {
      return templates;
    }
    return at(
        more,
        () -> {
          try (DirectoryStream<Path> files = Files.newDirectoryStream(more, "*.jinja")) {
            for (Path file : files) {
              String name = String.valueOf(file.getFileName());
              templates.put(
                  name.substring(0, name.length() - ".jinja".length()), at(file, () -> text(file)));
            }
          }
          return templates;
        });
  }

  private static String text(Path file) throws IOException {
    if (Files.size(file) > MAX_TEMPLATE_BYTES) {
      throw new TokenizerException("is no chat template: it has " + Files.size(file) + " bytes");
    }
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  /** What reads a file. */
  interface Reading<T> {
    T read() throws IOException;
  }

  /** What a file holds; whatever goes wrong becomes an error that has its path. */
  static <T> T at(Path path, Reading<T> reading) {
    return java.util.Objects.requireNonNull(atNullable(path, reading));
  }

  static <T> @Nullable T atNullable(Path path, Reading<? extends @Nullable T> reading) {
    ModelException.refuseSpecial(path);
    try {
      return reading.read();
    } catch (NoSuchFileException e) {
      throw new ModelException(path, "Cannot read " + path + ": there is no such file", e);
    } catch (JsonProcessingException e) {
      throw new ModelException(path, path + ": " + e.getOriginalMessage() + where(e), e);
    } catch (IOException e) {
      throw new ModelException(path, "Cannot read " + path + ": " + e.getMessage(), e);
    } catch (TokenizerException e) {
      throw new ModelException(path, path + ": " + e.getMessage(), e);
    }
  }

  private static String where(JsonProcessingException e) {
    return e.getLocation() == null
        ? ""
        : " at line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
  }

  static @Nullable JsonNode json(Path path) {
    if (!Files.exists(path)) {
      return null;
    }
    return at(path, () -> MAPPER.readTree(Files.readAllBytes(path)));
  }

  static Tokenizer stream(InputStream in, TokenizerConfig config) {
    ObjectNode rest = MAPPER.createObjectNode();
    Model model = null;
    try (JsonParser parser = FACTORY.createParser(new BufferedInputStream(in, 1 << 16))) {
      parser.disable(JsonParser.Feature.AUTO_CLOSE_SOURCE);
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw new TokenizerException(
            "the file is empty; copy the tokenizer.json of the model again");
      }
      if (first != JsonToken.START_OBJECT) {
        throw new TokenizerException("$: is not an object");
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        parser.nextToken();
        if (name.equals("model")) {
          model = Models.read(parser, MAPPER);
        } else {
          rest.set(name, MAPPER.<JsonNode>readTree(parser));
        }
      }
    } catch (JsonProcessingException e) {
      throw new TokenizerException(
          "Not a valid tokenizer.json: " + e.getOriginalMessage() + where(e), e);
    } catch (IOException e) {
      throw new TokenizerException("Cannot read a tokenizer.json: " + e.getMessage(), e);
    }
    if (model == null) {
      throw new TokenizerException("$: field 'model' is missing");
    }
    return build(new Json(rest, "$"), model, config);
  }

  static Tokenizer build(Json json, Model model, TokenizerConfig config) {
    Normalizer normalizer =
        json.has("normalizer") ? Normalizers.fromJson(json.get("normalizer")) : null;
    PreTokenizer preTokenizer =
        json.has("pre_tokenizer") ? PreTokenizers.fromJson(json.get("pre_tokenizer")) : null;
    PostProcessor postProcessor =
        json.has("post_processor") ? PostProcessors.fromJson(json.get("post_processor")) : null;
    Decoder decoder = json.has("decoder") ? Decoders.fromJson(json.get("decoder")) : null;
    Truncation truncation = json.has("truncation") ? truncation(json.get("truncation")) : null;
    Padding padding = json.has("padding") ? padding(json.get("padding")) : null;
    AddedVocabulary added = new AddedVocabulary(addedTokens(json), model, normalizer);
    FastDecoder fast =
        json.has("decoder")
            ? FastDecoder.of(
                json.get("decoder"),
                Math.max(model.vocabulary().idLimit(), added.idLimit()),
                id -> {
                  String token = added.idToToken(id);
                  return token != null ? token : model.idToToken(id);
                },
                added::isSpecial)
            : null;
    return new PipelineTokenizer(
        new PipelineTokenizer.Parts(
            model, preTokenizer, postProcessor, decoder, fast, truncation, padding),
        added,
        config);
  }

  private static List<AddedToken> addedTokens(Json json) {
    List<AddedToken> out = new ArrayList<>();
    if (!json.has("added_tokens")) {
      return out;
    }
    Json list = json.get("added_tokens");
    for (int i = 0; i < list.size(); i++) {
      Json t = list.at(i);
      out.add(
          new AddedToken(
              t.number("id"),
              t.text("content"),
              t.flag("single_word", false),
              t.flag("lstrip", false),
              t.flag("rstrip", false),
              t.flag("normalized", true),
              t.flag("special", false)));
    }
    return out;
  }

  private static Truncation truncation(Json json) {
    String direction = json.has("direction") ? json.text("direction") : "Right";
    String strategy = json.has("strategy") ? json.text("strategy") : "LongestFirst";
    Truncation.Strategy s;
    switch (strategy) {
      case "LongestFirst":
        s = Truncation.Strategy.LONGEST_FIRST;
        break;
      case "OnlyFirst":
        s = Truncation.Strategy.ONLY_FIRST;
        break;
      case "OnlySecond":
        s = Truncation.Strategy.ONLY_SECOND;
        break;
      default:
        throw json.get("strategy").error("unknown truncation strategy '" + strategy + "'");
    }
    if (!direction.equals("Right") && !direction.equals("Left")) {
      throw json.get("direction").error("is neither Right nor Left");
    }
    try {
      return new Truncation(
          json.number("max_length"),
          json.number("stride", 0),
          s,
          direction.equals("Left") ? Truncation.Direction.LEFT : Truncation.Direction.RIGHT);
    } catch (RequestException e) {
      throw json.error(String.valueOf(e.getMessage()));
    }
  }

  private static Padding padding(Json json) {
    Integer length = null;
    if (json.has("strategy")) {
      Json strategy = json.get("strategy");
      if (strategy.node().isObject()) {
        length = strategy.number("Fixed");
      } else if (!strategy.text().equals("BatchLongest")) {
        throw strategy.error("unknown padding strategy '" + strategy.text() + "'");
      }
    }
    String direction = json.has("direction") ? json.text("direction") : "Right";
    if (!direction.equals("Right") && !direction.equals("Left")) {
      throw json.get("direction").error("is neither Right nor Left");
    }
    try {
      return new Padding(
          length,
          direction.equals("Left"),
          json.number("pad_to_multiple_of", 0),
          json.number("pad_id", 0),
          json.number("pad_type_id", 0),
          json.has("pad_token") ? json.text("pad_token") : "[PAD]");
    } catch (RequestException e) {
      throw json.error(String.valueOf(e.getMessage()));
    }
  }
}
