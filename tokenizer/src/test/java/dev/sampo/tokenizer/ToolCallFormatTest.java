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

  private static final List<ToolDefinition> TOOLS =
      List.of(
          ToolDefinition.of(
              "f",
              "",
              "{\"properties\": {\"text\": {\"type\": \"string\"}, \"n\": {\"type\": [\"integer\", \"null\"]}, \"on\":"
                  + " {\"type\": \"boolean\"}, \"list\": {\"type\": \"array\"}, \"any\": {\"anyOf\": [{\"type\":"
                  + " \"number\"}, {\"type\": \"string\"}]}}}"));

  @Test
  void parse_whenArgumentsStandInTags_thenKindsOfTheSchema() {
    String text =
        "I look.\n<tool_call>\n<function=f>\n<parameter=text>\n12\n\nif a < b:\n  </x>\n</parameter>\n<parameter=n>\n7\n</parameter>\n"
            + "<parameter=on>\nTrue\n</parameter>\n<parameter=list>\n[1, \"x\"]\n</parameter>\n<parameter=any>\n1.5\n</parameter>\n"
            + "<parameter=unknown>\n3\n</parameter>\n</function>\n</tool_call>\n<tool_call>\n<function=g>\n</function>\n</tool_call>";
    ChatMessage message = ToolCallFormat.QWEN_XML.parse(text, TOOLS);
    assertEquals("I look.", message.content());
    assertEquals(
        "{\"text\":\"12\\n\\nif a < b:\\n  </x>\",\"n\":7,\"on\":true,\"list\":[1,\"x\"],\"any\":1.5,\"unknown\":\"3\"}",
        message.toolCalls().get(0).argumentsJson());
    assertEquals(new ToolCall("call00001", "g", Map.of()), message.toolCalls().get(1));
    // the first tag may be missing, the last too where the answer was cut
    ToolCall bare =
        ToolCallFormat.QWEN_XML
            .parse("<function=f>\n<parameter=n>\nnull\n</parameter>", TOOLS)
            .toolCalls()
            .get(0);
    assertEquals("{\"n\":null}", bare.argumentsJson());
    assertEquals("7", ToolCallFormat.QWEN_XML.parse(text).toolCalls().get(0).arguments().get("n"));
    ToolCall wrong =
        ToolCallFormat.GLM
            .parse(
                "<tool_call>f\n<arg_key>n</arg_key>\n<arg_value>seven</arg_value>\n<arg_key>on</arg_key>\n<arg_value>false</arg_value>\n</tool_call>",
                TOOLS)
            .toolCalls()
            .get(0);
    assertEquals("{\"n\":\"seven\",\"on\":false}", wrong.argumentsJson());
    ChatMessage two =
        ToolCallFormat.MINIMAX.parse(
            "Yes.<minimax:tool_call>\n<invoke name=\"f\">\n<parameter name=\"n\">7</parameter>\n</invoke>\n<invoke name=\"g\">\n</invoke>\n</minimax:tool_call>",
            TOOLS);
    assertEquals(List.of("f", "g"), two.toolCalls().stream().map(ToolCall::name).toList());
    assertEquals("Yes.", two.content());
    String prose = "A <tool_call> is written so: <function>.";
    assertEquals(prose, ToolCallFormat.QWEN_XML.parse(prose, TOOLS).content());
  }

  @Test
  void parse_whenJsonStandsBehindTheName_thenCalls() {
    ToolCall kimi =
        ToolCallFormat.KIMI
            .parse(
                "<|tool_calls_section_begin|><|tool_call_begin|>functions.f:3<|tool_call_argument_begin|>{\"n\": 1}<|tool_call_end|><|tool_calls_section_end|>")
            .toolCalls()
            .get(0);
    assertEquals(new ToolCall("functions.f:3", "f", Map.of("n", 1)), kimi);
    ChatMessage deepSeek =
        ToolCallFormat.DEEPSEEK.parse(
            "Well.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{\"n\": 1}\n```<｜tool▁call▁end｜>\n"
                + "<｜tool▁call▁begin｜>g<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>");
    assertEquals("Well.", deepSeek.content());
    assertEquals(
        List.of(
            new ToolCall("call00000", "f", Map.of("n", 1)),
            new ToolCall("call00001", "g", Map.of())),
        deepSeek.toolCalls());
    assertEquals(
        2,
        ToolCallFormat.MARKED_LIST
            .parse(
                "<|tool_call|>[{\"name\": \"f\", \"arguments\": {}}, {\"name\": \"g\", \"arguments\": {}}]<|/tool_call|>")
            .toolCalls()
            .size());
    assertEquals(
        new ToolCall("7", "f", Map.of("n", 1)),
        ToolCallFormat.COHERE
            .parse(
                "<|START_ACTION|>[\n {\"tool_call_id\": \"7\", \"tool_name\": \"f\", \"parameters\": {\"n\": 1}}\n]<|END_ACTION|>")
            .toolCalls()
            .get(0));
    String broken = "<|tool_call|>[{\"name\": \"f\", \"arguments\": {}}, 3]";
    assertEquals(ChatMessage.assistant(broken), ToolCallFormat.MARKED_LIST.parse(broken));
  }

  @Test
  void parse_whenLiterals_thenCalls() {
    ChatMessage lfm =
        ToolCallFormat.PYTHONIC.parse(
            "<|tool_call_start|>[f(text='it\\'s \\u00e9', n=-7, on=True, list=[1, 2.5, None], any={'a': ('b',)}), g()]<|tool_call_end|>Checking.");
    assertEquals("Checking.", lfm.content());
    assertEquals(
        "{\"text\":\"it's \u00e9\",\"n\":-7,\"on\":true,\"list\":[1,2.5,null],\"any\":{\"a\":[\"b\"]}}",
        lfm.toolCalls().get(0).argumentsJson());
    assertEquals("g", lfm.toolCalls().get(1).name());
    assertEquals(
        2,
        ToolCallFormat.PYTHONIC
            .parse("<function_calls>f(n=1)\ng(text=\"a\")</function_calls>")
            .toolCalls()
            .size());
    for (String[] marks :
        new String[][] {
          {"<start_function_call>", "<end_function_call>", "<escape>"},
          {"<|tool_call>", "<tool_call|>", "<|\"|>"}
        }) {
      String call = marks[0] + "call:f{text:%sa, b}%s,n:7,list:[1,%sx%s],any:{on:true}}" + marks[1];
      ToolCall gemma = ToolCallFormat.GEMMA.parse(call.replace("%s", marks[2])).toolCalls().get(0);
      assertEquals(
          "{\"text\":\"a, b}\",\"n\":7,\"list\":[1,\"x\"],\"any\":{\"on\":true}}",
          gemma.argumentsJson());
    }
    for (String none :
        new String[] {
          "<|tool_call_start|>[f(__import__('os'))]<|tool_call_end|>",
          "<|tool_call_start|>" + "[".repeat(500) + "<|tool_call_end|>",
          "<|tool_call_start|>[f(a=" + "[".repeat(500) + "<|tool_call_end|>",
          "<|tool_call_start|>[]<|tool_call_end|>"
        }) {
      assertEquals(ChatMessage.assistant(none), ToolCallFormat.PYTHONIC.parse(none));
    }
  }

  @Test
  void of_whenATemplateSpeaksOfCalls_thenItsFormat() {
    assertEquals(ToolCallFormat.QWEN_XML, ToolCallFormat.of("<tool_call>\n<function=example>\n"));
    assertEquals(ToolCallFormat.GLM, ToolCallFormat.of("<tool_call>{name}\n<arg_key>"));
    assertEquals(ToolCallFormat.PYTHONIC, ToolCallFormat.of("List of tools: <|tool_list_start|>["));
    assertEquals(ToolCallFormat.MARKED_LIST, ToolCallFormat.of("<|tool|>' + tools + '<|/tool|>"));
    assertEquals(ToolCallFormat.GEMMA, ToolCallFormat.of("{{ '<|tool_call>call:' }}"));
    assertNull(ToolCallFormat.of("<｜DSML｜function_calls> <tool_call>"));
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
