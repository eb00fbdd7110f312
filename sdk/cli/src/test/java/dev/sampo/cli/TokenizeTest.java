package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class TokenizeTest {
  @Test
  void tokenize_whenDecodedAgain_givesTheText() {
    CommandRun ids = CommandRun.of("tokenize", "scripture-gpt", "In the beginning God");
    assertEquals(ExitCode.OK, ids.exitCode(), ids.err());
    CommandRun text = CommandRun.of("tokenize", "scripture-gpt", "--decode", ids.out().trim());
    assertEquals("In the beginning God", text.out().stripTrailing());
  }

  @Test
  void jsonl_whenTextIsGiven_printsEveryFieldWithOffsetsInCodePoints() throws Exception {
    CommandRun run =
        CommandRun.of("tokenize", "scripture-gpt", "--jsonl", "{\"text\":\"\\uD83D\\uDE00 the\"}");
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    JsonNode line = new ObjectMapper().readTree(run.out());
    int count = line.path("ids").size();
    for (String field :
        new String[] {"tokens", "type_ids", "attention_mask", "special_tokens_mask", "offsets"}) {
      assertEquals(count, line.path(field).size(), field);
    }
    JsonNode last = line.path("offsets").get(count - 1);
    assertEquals(5, last.get(1).asInt(), "one code point, a space and three letters");
  }

  @Test
  void jsonl_whenLineIsNoJson_namesTheLine() {
    CommandRun run =
        CommandRun.of("tokenize", "scripture-gpt", "--jsonl", "{\"text\":\"a\"}", "oops");
    assertEquals(ExitCode.FAILED, run.exitCode());
    assertTrue(run.err().contains("line 2"), run.err());
  }

  @Test
  void decode_whenIdIsOutsideTheVocabulary_isAnError() {
    CommandRun run = CommandRun.of("tokenize", "scripture-gpt", "--decode", "x1");
    assertEquals(ExitCode.FAILED, run.exitCode());
    assertTrue(run.err().contains("x1"), run.err());
  }
}
