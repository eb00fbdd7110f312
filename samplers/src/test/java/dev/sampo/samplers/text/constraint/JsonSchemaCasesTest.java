package dev.sampo.samplers.text.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * JSON schemas with texts that they accept and texts that they do not, from the folder of the system property {@code sampo.cases} (else this module's own):
 * {@code json-schemas.jsonl} ({@code schema, texts, valid}) and {@code json-schema-suite/*.jsonl} ({@code s, x, valid}). What is not valid is never
 * accepted; what is valid may be refused for its spelling only, or with its whole schema.
 */
class JsonSchemaCasesTest {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(com.fasterxml.jackson.databind.DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private static List<Path> files(Predicate<Path> wanted) throws IOException {
    Path root = Path.of(System.getProperty("sampo.cases", "src/test/resources/cases"));
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(wanted).sorted().collect(Collectors.toList());
    }
  }

  private static List<JsonNode> lines(Path file) {
    try {
      List<JsonNode> lines = new ArrayList<>();
      for (String line : Files.readAllLines(file)) {
        lines.add(MAPPER.readTree(line));
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void jsonSchema_whenCases_thenOnlyAndAllThatIsValid() throws IOException {
    List<Path> files = files(path -> path.endsWith("json-schemas.jsonl"));
    int cases = 0;
    int taken = 0;
    List<String> wrong = new ArrayList<>();
    for (Path file : files) {
      for (JsonNode line : lines(file)) {
        cases++;
        Grammar grammar;
        try {
          grammar = Grammar.jsonSchema(line.get("schema").toString());
        } catch (GrammarException refused) {
          continue;
        }
        taken++;
        for (int i = 0; i < line.get("texts").size(); i++) {
          String text = line.get("texts").get(i).asText();
          boolean valid = line.get("valid").get(i).asBoolean();
          boolean accepted = grammar.matches(text) || (valid && acceptsRespelled(grammar, text));
          if (accepted != valid) {
            wrong.add(line.get("name").asText() + (valid ? " refuses " : " accepts ") + text);
          }
        }
      }
    }
    assertTrue(cases > 0, "no cases");
    assertEquals(List.of(), wrong);
    assertTrue(taken >= 0.9 * cases, taken + " of " + cases);
  }

  @Test
  void jsonSchema_whenSuite_thenNothingInvalidIsAccepted() throws IOException {
    List<Path> files =
        files(
            path ->
                path.toString().contains("json-schema-suite")
                    && path.toString().endsWith(".jsonl"));
    assertTrue(!files.isEmpty(), "no cases");
    for (Path file : files) {
      int taken = 0;
      List<JsonNode> groups = lines(file);
      List<String> wrong = new ArrayList<>();
      for (JsonNode group : groups) {
        Grammar grammar;
        try {
          grammar = Grammar.jsonSchema(group.get("s").toString());
        } catch (GrammarException refused) {
          continue;
        }
        taken++;
        for (int i = 0; i < group.get("x").size(); i++) {
          JsonNode instance = group.get("x").get(i);
          String text = instance.isTextual() ? instance.asText() : instance.toString();
          if (!group.get("valid").get(i).asBoolean()
              && (grammar.matches(text) || acceptsRespelled(grammar, text))) {
            wrong.add(group.get("n").asText() + " accepts " + text);
          }
        }
      }
      System.out.println(
          file.getFileName()
              + ": "
              + taken
              + " of "
              + groups.size()
              + " schemas taken, "
              + wrong.size()
              + " invalid accepted");
      assertEquals(List.of(), wrong);
      assertTrue(taken >= 0.78 * groups.size(), taken + " of " + groups.size() + " taken");
    }
  }

  // ---- spelling

  /** Whether a text is accepted in another order of properties, with other white space, or with its integers written plainly. */
  private static boolean acceptsRespelled(Grammar grammar, String text) throws IOException {
    for (String each : spellings(MAPPER.readTree(text))) {
      if (grammar.matches(each)) {
        return true;
      }
    }
    return false;
  }

  private static List<String> spellings(JsonNode node) {
    List<String> all = new ArrayList<>();
    if (node.isNumber()) {
      java.math.BigDecimal value = node.decimalValue();
      all.add(
          value.signum() == 0 || value.precision() - value.scale() > 400
              ? node.toString()
              : value.stripTrailingZeros().toPlainString());
      all.add(node.toString());
    } else if (node.isArray()) {
      all.add("[");
      for (int i = 0; i < node.size(); i++) {
        all = joined(all, i == 0 ? "" : ",", spellings(node.get(i)));
      }
      all = joined(all, "]", List.of(""));
    } else if (node.isObject()) {
      List<String> names = new ArrayList<>();
      for (Iterator<String> it = node.fieldNames(); it.hasNext(); ) {
        names.add(it.next());
      }
      for (List<String> order : orders(names)) {
        List<String> begun = List.of("{");
        for (int i = 0; i < order.size(); i++) {
          String key =
              com.fasterxml.jackson.databind.node.TextNode.valueOf(order.get(i)).toString() + ":";
          begun = joined(begun, (i == 0 ? "" : ",") + key, spellings(node.get(order.get(i))));
        }
        all.addAll(joined(begun, "}", List.of("")));
      }
    } else {
      all.add(node.toString());
    }
    return all.size() > 200 ? all.subList(0, 200) : all;
  }

  private static List<String> joined(List<String> begun, String middle, List<String> ends) {
    List<String> all = new ArrayList<>();
    for (String begin : begun) {
      for (String end : ends) {
        all.add(begin + middle + end);
      }
    }
    return all.size() > 200 ? all.subList(0, 200) : all;
  }

  private static List<List<String>> orders(List<String> names) {
    if (names.size() < 2 || names.size() > 4) {
      return List.of(names);
    }
    List<List<String>> all = new ArrayList<>();
    for (String first : names) {
      List<String> rest = new ArrayList<>(names);
      rest.remove(first);
      for (List<String> order : orders(rest)) {
        List<String> made = new ArrayList<>();
        made.add(first);
        made.addAll(order);
        all.add(made);
      }
    }
    return all;
  }
}
