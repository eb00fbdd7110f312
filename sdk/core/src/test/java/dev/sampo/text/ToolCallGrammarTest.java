package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.constraint.GrammarException;
import dev.sampo.tokenizer.chat.ToolCall;
import dev.sampo.tokenizer.chat.ToolCallFormat;
import dev.sampo.tokenizer.chat.ToolDefinition;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToolCallGrammarTest {
  private static final List<ToolDefinition> TOOLS =
      List.of(
          ToolDefinition.of(
              "weather",
              "Tells the weather.",
              "{\"properties\": {\"city\": {\"type\": \"string\"}, \"days\": {\"type\": \"integer\"}, \"unit\":"
                  + " {\"enum\": [\"C\", \"F\"]}}, \"required\": [\"city\", \"days\"]}"),
          ToolDefinition.of("now", "Tells the time.", "{\"properties\": {}}"));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u0001',
      value = {
        "HERMES|<tool_call>~{\"name\": \"weather\", \"arguments\": {\"city\": \"a <b\", \"days\": 2}}~</tool_call>",
        "MARKED_LIST|<;tool_call;>[{\"name\": \"weather\", \"arguments\": {\"city\": \"a <b\", \"days\": 2}}]",
        "COHERE|<;START_ACTION;>[{\"tool_call_id\": \"0\", \"tool_name\": \"weather\", \"parameters\": {\"city\": \"a <b\", \"days\": 2}}]<;END_ACTION;>",
        "QWEN_XML|<tool_call>~<function=weather>~<parameter=city>~a <b~</parameter>~<parameter=days>~2~</parameter>~</function>~</tool_call>",
        "GLM|<tool_call>weather~<arg_key>city</arg_key>~<arg_value>a <b</arg_value>~<arg_key>days</arg_key>~<arg_value>2</arg_value>~</tool_call>",
        "MINIMAX|<minimax:tool_call>~<invoke name=\"weather\">~<parameter name=\"city\">a <b</parameter>~<parameter name=\"days\">2</parameter>~</invoke>~</minimax:tool_call>",
        "KIMI|<;tool_calls_section_begin;><;tool_call_begin;>functions.weather:0<;tool_call_argument_begin;>{\"city\": \"a <b\", \"days\": 2}<;tool_call_end;><;tool_calls_section_end;>",
        "DEEPSEEK|<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{\"city\": \"a <b\", \"days\": 2}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
      })
  void of_whenCall_thenAllowedAndReadBack(ToolCallFormat format, String spelled) {
    String text = spelled.replace('~', '\n').replace(';', '|');
    Grammar grammar = ChatAnswers.ToolCallGrammar.of(format, TOOLS);
    assertTrue(grammar.matches(text), text);
    assertFalse(grammar.matches(text.replace("weather", "wetter")));
    assertFalse(grammar.matches(text.replace("2", "\"2\"")));
    List<ToolCall> calls = format.parse(text, TOOLS).toolCalls();
    assertEquals(1, calls.size());
    assertEquals("weather", calls.get(0).name());
    assertEquals(Map.of("city", "a <b", "days", 2), calls.get(0).arguments());
  }

  @Test
  void of_whenToolHasNoParametersOrOptionalOnes_thenTheyMayBeLeftOut() {
    Grammar xml = ChatAnswers.ToolCallGrammar.of(ToolCallFormat.QWEN_XML, TOOLS);
    assertTrue(xml.matches("<tool_call>\n<function=now>\n</function>\n</tool_call>"));
    String weather =
        "<tool_call>\n<function=weather>\n<parameter=city>\na\n</parameter>\n<parameter=days>\n-1\n</parameter>\n%s</function>\n</tool_call>";
    assertTrue(xml.matches(weather.formatted("<parameter=unit>\nC\n</parameter>\n")));
    assertFalse(xml.matches(weather.formatted("<parameter=unit>\nK\n</parameter>\n")));
    assertFalse(xml.matches("<tool_call>\n<function=weather>\n</function>\n</tool_call>"));
  }

  @Test
  void of_whenItCannotBeKept_thenErrorNamesIt() {
    List<ToolDefinition> strict =
        List.of(
            ToolDefinition.of(
                "f", "", "{\"properties\": {\"a\": {\"type\": \"string\", \"maxLength\": 3}}}"));
    String message =
        assertThrows(
                GrammarException.class,
                () -> ChatAnswers.ToolCallGrammar.of(ToolCallFormat.GLM, strict))
            .getMessage();
    assertTrue(message.contains("'maxLength' of the text 'a' of f"), message);
    assertTrue(
        assertThrows(
                RequestException.class,
                () -> ChatAnswers.ToolCallGrammar.of(ToolCallFormat.GEMMA, TOOLS))
            .getMessage()
            .contains("GEMMA"));
  }
}
