package dev.sampo.tokenizer;

import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.SampoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every tokenizer under the golden folder against what the reference made of the same inputs. */
class TokenizerGoldenTest {
  @TestFactory
  Stream<DynamicTest> encode_whenGoldenTokenizer_thenEqualsReference() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Golden.tokenizerFolders()) {
      tests.add(DynamicTest.dynamicTest(folder.toString(), () -> report(run(folder))));
    }
    if (tests.isEmpty()) {
      fail("No tokenizer under " + Golden.root());
    }
    return tests.stream();
  }

  private static void report(List<String> errors) {
    if (!errors.isEmpty()) {
      fail(
          errors.size()
              + " differences:\n"
              + String.join("\n", errors.subList(0, Math.min(10, errors.size()))));
    }
  }

  static List<String> run(Path folder) throws IOException {
    List<String> errors = new ArrayList<>();
    Tokenizer tokenizer = Golden.tokenizer(folder);
    int cases = 0;
    for (String name : List.of("cases.jsonl", "batch_cases.jsonl", "stream_cases.jsonl")) {
      Path file = folder.resolve(name);
      if (!Files.exists(file)) {
        continue;
      }
      int line = 0;
      for (JsonNode c : Golden.lines(file)) {
        String id = name + ":" + ++line;
        cases++;
        try {
          if (name.equals("cases.jsonl")) {
            single(tokenizer, id, c, errors);
          } else if (name.equals("batch_cases.jsonl")) {
            batch(tokenizer, id, c, errors);
          } else {
            stream(tokenizer, id, c, errors);
          }
        } catch (RuntimeException e) {
          errors.add(
              id + " cannot be run: " + e + " at " + e.getStackTrace()[0] + " " + c.path("text"));
        }
      }
    }
    if (cases == 0) {
      errors.add(folder + " holds no case");
    }
    return errors;
  }

  private static void single(Tokenizer tokenizer, String id, JsonNode c, List<String> errors) {
    boolean add = c.path("add_special_tokens").asBoolean(true);
    Input input =
        c.path("pair").isTextual()
            ? Input.pair(c.get("text").textValue(), c.get("pair").textValue())
            : Input.text(c.get("text").textValue());
    Encoding got;
    try {
      got = tokenizer.encode(input, add);
    } catch (RuntimeException e) {
      if (!c.path("error").asBoolean()) {
        errors.add(id + " cannot be encoded: " + e + " at " + e.getStackTrace()[0]);
      }
      return;
    }
    if (c.path("error").asBoolean()) {
      errors.add(id + " should fail, got " + got);
      return;
    }
    Golden.compare(id, c, got, errors);
    if (!c.path("pair").isTextual()) {
      int[] ids = tokenizer.encodeToIds(c.get("text").textValue(), add);
      if (tokenizer.truncation() == null && tokenizer.padding() == null) {
        Golden.check(id + " encodeToIds", "ids", c, Golden.MAPPER.valueToTree(ids), errors);
      }
    }
    if (!c.path("decode_error").asBoolean()) {
      for (boolean skip : new boolean[] {false, true}) {
        String text = tokenizer.decode(got.ids(), skip);
        Golden.check(
            id, skip ? "decoded_skip" : "decoded", c, Golden.MAPPER.valueToTree(text), errors);
      }
    }
  }

  private static List<String> strings(JsonNode list) {
    List<String> out = new ArrayList<>();
    for (JsonNode n : list) {
      out.add(n.textValue());
    }
    return out;
  }

  private static Input input(JsonNode n, boolean words) {
    if (words) {
      boolean pair = n.size() == 2 && n.get(0).isArray();
      return pair
          ? Input.words(strings(n.get(0)), strings(n.get(1)))
          : Input.words(strings(n.size() == 1 && n.get(0).isArray() ? n.get(0) : n));
    }
    return n.isTextual()
        ? Input.text(n.textValue())
        : Input.pair(n.get(0).textValue(), n.get(1).textValue());
  }

  private static void batch(Tokenizer plain, String id, JsonNode c, List<String> errors) {
    List<Encoding> got;
    try {
      Tokenizer tokenizer =
          plain
              .withTruncation(truncation(c.get("truncation")))
              .withPadding(padding(c.get("padding")));
      List<Input> inputs = new ArrayList<>();
      for (JsonNode n : c.get("inputs")) {
        inputs.add(input(n, c.path("is_pretokenized").asBoolean()));
      }
      got = tokenizer.encodeBatch(inputs, c.path("add_special_tokens").asBoolean(true));
    } catch (SampoException e) {
      if (!c.path("error").asBoolean()) {
        errors.add(id + " cannot be encoded: " + e);
      }
      return;
    }
    if (c.path("error").asBoolean()) {
      errors.add(id + " should fail, got " + got);
      return;
    }
    JsonNode wanted = c.get("outputs");
    if (wanted.size() != got.size()) {
      errors.add(id + " gave " + got.size() + " outputs, wanted " + wanted.size());
      return;
    }
    for (int i = 0; i < wanted.size(); i++) {
      Golden.compare(id + "[" + i + "]", wanted.get(i), got.get(i), errors);
    }
  }

  private static Truncation truncation(JsonNode n) {
    if (n == null || n.isNull()) {
      return null;
    }
    return new Truncation(
        n.get("max_length").intValue(),
        n.path("stride").asInt(0),
        Truncation.Strategy.valueOf(
            n.path("strategy").asText("longest_first").toUpperCase(java.util.Locale.ROOT)),
        Truncation.Direction.valueOf(
            n.path("direction").asText("right").toUpperCase(java.util.Locale.ROOT)));
  }

  private static Padding padding(JsonNode n) {
    if (n == null || n.isNull()) {
      return null;
    }
    return new Padding(
        n.path("length").isNumber() ? n.get("length").intValue() : null,
        n.path("direction").asText("right").equals("left"),
        n.path("pad_to_multiple_of").asInt(0),
        n.path("pad_id").asInt(0),
        n.path("pad_type_id").asInt(0),
        n.path("pad_token").asText("[PAD]"));
  }

  private static void stream(Tokenizer tokenizer, String id, JsonNode c, List<String> errors) {
    int[] ids = Golden.MAPPER.convertValue(c.get("ids"), int[].class);
    boolean skip = c.path("skip_special_tokens").asBoolean();
    StreamingDecoder decoder = tokenizer.newStreamingDecoder(skip);
    List<String> pieces = new ArrayList<>();
    for (int i : ids) {
      String piece = decoder.add(i);
      pieces.add(piece.isEmpty() ? null : piece);
    }
    Golden.check(id, "pieces", c, Golden.MAPPER.valueToTree(pieces), errors);
    String whole = tokenizer.decode(ids, skip);
    Golden.check(id, "decoded", c, Golden.MAPPER.valueToTree(whole), errors);
    StringBuilder joined = new StringBuilder();
    for (String piece : pieces) {
      joined.append(piece == null ? "" : piece);
    }
    joined.append(decoder.finish());
    if (!joined.toString().equals(whole)) {
      errors.add(id + " pieces joined:\n  wanted " + whole + "\n  got    " + joined);
    }
  }

  /** For a look from the command line: prints what differs. */
  public static void main(String[] args) throws IOException {
    for (Path folder : Golden.tokenizerFolders()) {
      List<String> errors;
      try {
        errors = run(folder);
      } catch (RuntimeException e) {
        errors = List.of(folder + ": " + e + " at " + e.getStackTrace()[0]);
      }
      System.out.println(folder + ": " + errors.size());
      errors.stream()
          .limit(args.length > 0 ? Long.parseLong(args[0]) : 3)
          .forEach(System.out::println);
    }
  }
}
