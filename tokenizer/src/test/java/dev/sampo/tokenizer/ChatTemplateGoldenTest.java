package dev.sampo.tokenizer;

import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.tokenizer.chat.ChatTemplate;
import dev.sampo.tokenizer.chat.ChatTemplateException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Chat templates against what transformers rendered; {@code tools/gen_chat.py} makes the cases. */
class ChatTemplateGoldenTest {
  @TestFactory
  Stream<DynamicTest> apply_whenGoldenConversation_thenEqualsTransformers() throws IOException {
    // The shared golden folders hold no chat templates: these goldens are always the module's own.
    List<DynamicTest> tests = new ArrayList<>();
    for (Path file : files(Paths.get("src/test/resources/golden"))) {
      tests.add(
          DynamicTest.dynamicTest(
              file.toString(),
              () -> {
                List<String> errors = run(file);
                if (!errors.isEmpty()) {
                  fail(errors.size() + " differences:\n" + String.join("\n", errors));
                }
              }));
    }
    if (tests.isEmpty()) {
      fail("No chat_cases.jsonl");
    }
    return tests.stream();
  }

  private static List<Path> files(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(p -> p.endsWith("chat_cases.jsonl")).sorted().toList();
    }
  }

  private static List<String> run(Path file) throws IOException {
    Path folder = Objects.requireNonNull(file.getParent());
    ChatTemplate template =
        ChatTemplate.compile(
            new String(
                Files.readAllBytes(folder.resolve("chat_template.jinja")), StandardCharsets.UTF_8));
    List<String> errors = new ArrayList<>();
    int line = 0;
    for (JsonNode c : Golden.lines(file)) {
      line++;
      String wanted = c.get("out").isNull() ? null : c.get("out").textValue();
      String got;
      try {
        got = template.render(variables(c));
      } catch (ChatTemplateException e) {
        if (wanted != null) {
          errors.add(line + ": " + e.getMessage());
        }
        continue;
      }
      if (!got.equals(wanted)) {
        errors.add(
            line + ":\n  wanted " + c.get("out") + "\n  got    " + Golden.MAPPER.valueToTree(got));
      }
    }
    return errors;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> variables(JsonNode c) {
    return Golden.MAPPER.convertValue(c.get("variables"), Map.class);
  }

  /** For a look from the command line. */
  public static void main(String[] args) throws IOException {
    for (Path file : files(Paths.get(args[0]))) {
      List<String> errors;
      try {
        errors = run(file);
      } catch (RuntimeException e) {
        errors = List.of(e + " at " + e.getStackTrace()[0]);
      }
      System.out.println(file + ": " + errors.size());
      errors.stream().limit(2).forEach(System.out::println);
    }
  }
}
