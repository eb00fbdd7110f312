package dev.sampo.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** Finds and reads goldens; see the README.md beside them for the format. */
final class Golden {
  static final ObjectMapper MAPPER = new ObjectMapper();

  private Golden() {}

  /** {@code text/tokenizers} in the folder of the system property {@code sampo.golden}, or in the module's own. */
  static Path root() {
    String property = System.getProperty("sampo.golden");
    Path root =
        Paths.get(property != null ? property : "src/test/resources/golden")
            .resolve("text")
            .resolve("tokenizers");
    if (!Files.isDirectory(root)) {
      throw new IllegalStateException("No goldens: " + root.toAbsolutePath() + " is not a folder");
    }
    return root;
  }

  static List<Path> files(String name) throws IOException {
    try (Stream<Path> all = Files.walk(root())) {
      return all.filter(p -> Objects.toString(p.getFileName()).equals(name)).sorted().toList();
    }
  }

  /** Folders that hold a tokenizer.json or a tokenizer.json.gz. */
  static List<Path> tokenizerFolders() throws IOException {
    List<Path> out = new ArrayList<>();
    for (String name : List.of("tokenizer.json", "tokenizer.json.gz")) {
      for (Path p : files(name)) {
        out.add(Objects.requireNonNull(p.getParent()));
      }
    }
    out.sort(null);
    return out;
  }

  static Tokenizer tokenizer(Path folder) throws IOException {
    Path plain = folder.resolve("tokenizer.json");
    if (Files.exists(plain)) {
      return Tokenizer.fromFile(plain);
    }
    try (InputStream in =
        new GZIPInputStream(Files.newInputStream(folder.resolve("tokenizer.json.gz")))) {
      return Tokenizer.fromStream(in);
    }
  }

  static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> out = new ArrayList<>();
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      if (!line.trim().isEmpty()) {
        out.add(MAPPER.readTree(line));
      }
    }
    if (out.isEmpty()) {
      throw new IllegalStateException(file + " holds no case");
    }
    return out;
  }

  static JsonNode offsets(int[] starts, int[] ends) {
    int[][] out = new int[starts.length][];
    for (int i = 0; i < out.length; i++) {
      out[i] = new int[] {starts[i], ends[i]};
    }
    return MAPPER.valueToTree(out);
  }

  static JsonNode withNulls(int[] values) {
    Integer[] out = new Integer[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = values[i] < 0 ? null : values[i];
    }
    return MAPPER.valueToTree(out);
  }

  /** Compares all fields that {@code wanted} has; adds what differs to {@code errors}. */
  static void compare(String id, JsonNode wanted, Encoding got, List<String> errors) {
    check(id, "ids", wanted, MAPPER.valueToTree(got.ids()), errors);
    check(id, "tokens", wanted, MAPPER.valueToTree(got.tokens()), errors);
    check(id, "type_ids", wanted, MAPPER.valueToTree(got.typeIds()), errors);
    check(id, "attention_mask", wanted, MAPPER.valueToTree(got.attentionMask()), errors);
    check(id, "special_tokens_mask", wanted, MAPPER.valueToTree(got.specialTokensMask()), errors);
    check(id, "offsets", wanted, offsets(got.codePointStarts(), got.codePointEnds()), errors);
    check(id, "word_ids", wanted, withNulls(got.wordIds()), errors);
    check(id, "sequence_ids", wanted, withNulls(got.sequenceIds()), errors);
    JsonNode over = wanted.get("overflowing");
    if (over == null) {
      return;
    }
    if (over.size() != got.overflowing().size()) {
      errors.add(id + " overflowing: wanted " + over.size() + ", got " + got.overflowing().size());
      return;
    }
    for (int i = 0; i < over.size(); i++) {
      compare(id + " overflowing[" + i + "]", over.get(i), got.overflowing().get(i), errors);
    }
  }

  static void check(String id, String field, JsonNode wanted, JsonNode got, List<String> errors) {
    JsonNode want = wanted.get(field);
    if (want == null || want.equals(got)) {
      return;
    }
    JsonNode also = wanted.path("also_accept").get(field);
    if (also != null && also.equals(got)) {
      return;
    }
    errors.add(id + " " + field + ":\n  wanted " + want + "\n  got    " + got);
  }
}
