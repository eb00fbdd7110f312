package dev.sampo.tokenizer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Folders without a tokenizer.json; {@code tools/gen_older.py} makes the cases. */
class OlderFilesGoldenTest {
  @Test
  void fromFolder_whenNoTokenizerJson_thenIdsEqualReference() throws IOException {
    List<String> errors = new ArrayList<>();
    int cases = run(Paths.get("src/test/resources/golden/older"), errors);
    assertTrue(errors.isEmpty(), () -> String.join("\n", errors));
    assertFalse(cases == 0, "no case");
  }

  private static int run(Path root, List<String> errors) throws IOException {
    int cases = 0;
    List<Path> files;
    try (Stream<Path> all = Files.walk(root)) {
      files = all.filter(p -> p.endsWith("older_cases.jsonl")).sorted().toList();
    }
    for (Path file : files) {
      Tokenizer tokenizer = Tokenizer.fromFolder(Objects.requireNonNull(file.getParent()));
      for (JsonNode c : Golden.lines(file)) {
        cases++;
        int[] ids = tokenizer.encode(c.get("text").textValue()).ids();
        Golden.check(file + " " + c.get("text"), "ids", c, Golden.MAPPER.valueToTree(ids), errors);
        String text =
            tokenizer.decode(Golden.MAPPER.convertValue(c.get("ids"), int[].class), false);
        Golden.check(
            file + " " + c.get("text"), "decoded", c, Golden.MAPPER.valueToTree(text), errors);
      }
    }
    return cases;
  }

  /** For a look from the command line. */
  public static void main(String[] args) throws IOException {
    List<String> errors = new ArrayList<>();
    System.out.println(run(Paths.get(args[0]), errors) + " cases, " + errors.size() + " errors");
    errors.forEach(System.out::println);
  }
}
