package dev.sampo.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.tokenizer.chat.ChatMessage;
import dev.sampo.tokenizer.chat.ChatPrompt;
import dev.sampo.tokenizer.chat.ChatTemplate;
import dev.sampo.tokenizer.chat.ChatTemplateException;
import dev.sampo.tokenizer.chat.ToolCall;
import dev.sampo.tokenizer.chat.ToolCallFormat;
import dev.sampo.tokenizer.chat.ToolDefinition;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ToolCallFormatTest {
  @Test
  void parse_whenHermes_thenCallsAndTheTextAround() {
    ChatMessage message =
        ToolCallFormat.HERMES.parse(
            "I look.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": [1, \"x\"]}}\n</tool_call>\n"
                + "<tool_call>{\"name\": \"g\", \"arguments\": {}}</tool_call>");
    assertEquals("I look.", message.content());
    assertEquals(
        List.of(
            new ToolCall("call00000", "f", Map.of("a", List.of(1, "x"))),
            new ToolCall("call00001", "g", Map.of())),
        message.toolCalls());
    assertEquals("{\"a\":[1,\"x\"]}", message.toolCalls().get(0).argumentsJson());
    String broken = "<tool_call>{\"name\": </tool_call>";
    assertEquals(ChatMessage.assistant(broken), ToolCallFormat.HERMES.parse(broken));
    assertEquals(
        1,
        ToolCallFormat.HERMES
            .parse("<tool_call>{\"name\": \"f\", \"arguments\": {}}")
            .toolCalls()
            .size());
  }

  @Test
  void parse_whenMistral_thenListsAndNames() {
    ChatMessage list =
        ToolCallFormat.MISTRAL.parse(
            "[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {\"a\": 1}, \"id\": \"abcdefghi\"}, {\"name\": \"g\", \"arguments\": \"{}\"}]");
    assertNull(list.content());
    assertEquals(new ToolCall("abcdefghi", "f", Map.of("a", 1)), list.toolCalls().get(0));
    assertEquals(new ToolCall("call00001", "g", Map.of()), list.toolCalls().get(1));
    ChatMessage named =
        ToolCallFormat.MISTRAL.parse("[TOOL_CALLS]f[ARGS]{\"a\": 1}[TOOL_CALLS]g{}");
    assertEquals(List.of("f", "g"), named.toolCalls().stream().map(ToolCall::name).toList());
    assertEquals("[TOOL_CALLS] no", ToolCallFormat.MISTRAL.parse("[TOOL_CALLS] no").content());
  }

  @Test
  void parse_whenLlama3_thenTheWholeAnswerIsTheCall() {
    ChatMessage one =
        ToolCallFormat.LLAMA3.parse(
            "<|python_tag|>{\"name\": \"f\", \"parameters\": {\"a\": 1}}<|eom_id|>");
    assertEquals(new ToolCall("call00000", "f", Map.of("a", 1)), one.toolCalls().get(0));
    assertEquals(
        2,
        ToolCallFormat.LLAMA3
            .parse("{\"name\": \"f\", \"parameters\": {}}; {\"name\": \"g\", \"parameters\": {}}")
            .toolCalls()
            .size());
    assertEquals("{\"a\": 1}", ToolCallFormat.LLAMA3.parse("{\"a\": 1}").content());
    assertEquals("Hello.", ToolCallFormat.LLAMA3.parse("Hello.").content());
  }

  @Test
  void of_whenATemplateSpeaksOfCalls_thenItsFormat() {
    assertEquals(ToolCallFormat.HERMES, ToolCallFormat.of("{{ '<tool_call>' }}"));
    assertEquals(ToolCallFormat.MISTRAL, ToolCallFormat.of("[TOOL_CALLS]"));
    assertEquals(ToolCallFormat.LLAMA3, ToolCallFormat.of("<|python_tag|>"));
    assertNull(ToolCallFormat.of("{{ messages }}"));
  }

  @Test
  void message_whenReadFromJson_thenTheTemplateSeesTheSame() {
    Map<String, Object> json =
        Map.of(
            "role",
            "assistant",
            "tool_calls",
            List.of(
                Map.of(
                    "id",
                    "x",
                    "type",
                    "function",
                    "function",
                    Map.of("name", "f", "arguments", "{\"a\": 1}"))));
    ChatMessage message = ChatMessage.of(json);
    assertEquals(List.of(new ToolCall("x", "f", Map.of("a", 1))), message.toolCalls());
    ChatPrompt prompt =
        new ChatPrompt(
            List.of(message, ChatMessage.tool(message.toolCalls().get(0), "7")),
            List.of(ToolDefinition.of("f", "Finds.", "{\"type\": \"object\"}")),
            List.of(Map.of("title", "T")),
            Map.of("more", 3));
    assertEquals(
        "f{\"a\": 1}|x7|Finds.|T|3|True",
        prompt.render(
            ChatTemplate.compile(
                "{% set f = messages[0].tool_calls[0].function %}{{ f.name }}{{ f.arguments|tojson }}|"
                    + "{{ messages[1].tool_call_id }}{{ messages[1].content }}|"
                    + "{{ tools[0].function.description }}|{{ documents[0].title }}|{{ more }}|"
                    + "{{ add_generation_prompt }}")));
    assertThrows(ChatTemplateException.class, () -> ChatMessage.of(Map.of("content", "a")));
  }

  @Test
  void call_ofArgumentsAsText_hasThemByName() {
    ToolCall call = ToolCall.of("1", "weather", "{\"city\": \"Turku\", \"days\": 2}");
    assertEquals("{\"city\":\"Turku\",\"days\":2}", call.argumentsJson());
    assertEquals("{}", ToolCall.of(null, "now", " ").argumentsJson());
    assertEquals("{}", ToolCall.of(null, "now", null).argumentsJson());
    for (String wrong : new String[] {"[1]", "{\"city\":", "7"}) {
      assertThrows(ChatTemplateException.class, () -> ToolCall.of("1", "weather", wrong));
    }
  }
}
