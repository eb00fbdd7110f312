package dev.sampo.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.tokenizer.chat.ChatTemplate;
import dev.sampo.tokenizer.chat.ChatTemplateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Pieces of templates against what transformers' environment (Jinja2) makes of them, and folders with several templates. */
class ChatTemplateCasesTest {
  /** Python prints where an object lies in memory: that cannot be had, and is refused. */
  private static final String ADDRESS = " at 0x";

  @TestFactory
  Stream<DynamicTest> render_whenSnippet_thenEqualsJinjaOrIsRefusedByName() throws IOException {
    return Cases.find(p -> String.valueOf(p.getFileName()).matches("chat-snippets.*\\.jsonl"))
        .stream()
        .map(file -> DynamicTest.dynamicTest(file.toString(), () -> check(file)));
  }

  private static void check(Path file) throws IOException {
    Map<String, Object> common =
        variables(
            Golden.MAPPER.readTree(
                Files.readAllBytes(
                    Objects.requireNonNull(file.getParent()).resolve("chat-common-vars.json"))));
    List<String> errors = new ArrayList<>();
    List<JsonNode> cases = Golden.lines(file);
    for (JsonNode c : cases) {
      String wrong = wrong(c, c.get("vars").isTextual() ? common : variables(c.get("vars")));
      if (wrong != null) {
        errors.add(c.get("template") + "\n  " + wrong);
      }
    }
    assertTrue(cases.size() > 0, "No case in " + file);
    if (!errors.isEmpty()) {
      fail(errors.size() + " of " + cases.size() + ":\n" + String.join("\n", errors));
    }
  }

  private static String wrong(JsonNode c, Map<String, Object> variables) {
    String wanted = c.path("out").asText(null);
    try {
      String got = ChatTemplate.compile(c.get("template").textValue()).render(variables);
      return got.equals(wanted) ? null : "wanted " + c.get("out") + ", got " + got;
    } catch (ChatTemplateException e) {
      String message = String.valueOf(e.getMessage());
      boolean named =
          wanted == null || wanted.contains(ADDRESS) || message.contains("is not supported");
      return named ? null : "wanted " + c.get("out") + ", got the error " + message;
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> variables(JsonNode json) {
    return Golden.MAPPER.convertValue(json, Map.class);
  }

  @TestFactory
  Stream<DynamicTest> of_whenAFolderHasSeveralTemplates_thenToolsTakeToolUse() throws IOException {
    return Cases.find(
            p ->
                p.endsWith("tokenizer_config.json")
                    && String.valueOf(p.getParent()).contains("chat-folders"))
        .stream()
        .map(file -> DynamicTest.dynamicTest(file.toString(), () -> checkFolder(file)));
  }

  private static void checkFolder(Path file) {
    Tokenizer tokenizer = Tokenizer.fromFolder(Objects.requireNonNull(file.getParent()));
    Map<String, String> sources = tokenizer.config().chatTemplates();
    ChatTemplate template = ChatTemplate.of(tokenizer);
    List<Map<String, Object>> messages = List.of(Map.of("role", "user", "content", "Hello"));
    Map<String, Object> tools = new HashMap<>();
    tools.put("tools", List.of(Map.of("type", "function", "function", Map.of("name", "f"))));
    for (String name : List.of("default", "tool_use")) {
      if (sources.containsKey(name)) {
        Map<String, Object> more = name.equals("default") ? new HashMap<>() : tools;
        String wanted =
            ChatTemplate.compile(sources.get(name))
                .withSpecialTokens(tokenizer.config())
                .apply(messages, true, more);
        assertEquals(wanted, template.apply(messages, true, more), name);
        assertEquals(wanted, template.named(name).apply(messages, true, more), name);
      }
    }
  }
}
