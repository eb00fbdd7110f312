package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sampo chat} from a pipe, and {@code sampo text --chat}. */
class ChatTest {
  @TempDir Path folder;
  private Path template;

  @BeforeEach
  void template() throws IOException {
    template = folder.resolve("template.jinja");
    Files.writeString(
        template,
        "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
            + "{% if tools %}<tool_call>{% endif %}assistant:");
  }

  private CommandRun run(String command, String stdin, String... more) {
    List<String> words = new ArrayList<>(List.of(command, "scripture-gpt", "--do-sample=false"));
    if (!List.of(more).contains("--max-new-tokens")) {
      words.addAll(List.of("--max-new-tokens", "6"));
    }
    words.addAll(List.of("--chat-template", template.toString()));
    words.addAll(List.of(more));
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(stdin.getBytes(StandardCharsets.UTF_8)));
    try {
      return CommandRun.of(words.toArray(new String[0]));
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void chat_whenLinesComeFromAPipe_thenEachIsATurnAndTheConversationCanBeSaved()
      throws IOException {
    Path saved = folder.resolve("saved.json");
    CommandRun run =
        run(
            "chat",
            "Who was Noah?\n\n/save " + saved + "\nAnd then?\n/exit\nno\n",
            "--system",
            "Be brief.");
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    assertEquals(2, run.out().lines().count(), run.out());
    JsonNode messages = new ObjectMapper().readTree(saved.toFile());
    assertEquals(3, messages.size());
    assertEquals("Be brief.", messages.get(0).get("content").asText());
    assertEquals(
        run.out().lines().findFirst().orElseThrow().strip(),
        messages.get(2).get("content").asText());

    CommandRun answer = run("text", "", "--chat", saved.toString(), "--json");
    assertEquals(ExitCode.OK, answer.exitCode(), answer.err());
    JsonNode document = new ObjectMapper().readTree(answer.out());
    assertEquals("assistant", document.get("message").get("role").asText());
    assertFalse(document.get("message").get("content").asText().isEmpty());
  }

  @Test
  void text_whenACallIsRequired_thenItIsPrintedAsJson() throws IOException {
    Path chat = folder.resolve("chat.json");
    Files.writeString(
        chat,
        "{\"messages\": [{\"role\": \"user\", \"content\": \"Weather?\"}], \"tools\": [{\"type\":"
            + " \"function\", \"function\": {\"name\": \"weather\", \"parameters\": {\"type\": \"object\","
            + " \"properties\": {\"sky\": {\"enum\": [\"dry\", \"wet\"]}}, \"required\": [\"sky\"]}}}]}");
    CommandRun run =
        run("text", "", "--chat", chat.toString(), "--require-tool-call", "--max-new-tokens", "80");
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    JsonNode call = new ObjectMapper().readTree(run.out()).at("/tool_calls/0/function");
    assertEquals("weather", call.get("name").asText());
    assertTrue(List.of("dry", "wet").contains(call.at("/arguments/sky").asText()), run.out());
  }

  @Test
  void chat_whenTheModelHasNoTemplate_thenErrorSaysWhatToDo() {
    CommandRun run = CommandRun.of("chat", "scripture-gpt");
    assertEquals(ExitCode.FAILED, run.exitCode());
    assertTrue(run.err().contains("has no chat template"), run.err());
    assertEquals(ExitCode.USAGE, run("text", "", "--require-tool-call").exitCode());
  }

  @Test
  void escapingStream_whenControlCharacters_thenWrittenOut() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream shown = EscapingStream.over(bytes, false);
    shown.print("a\u001b[31m\u009b\rü😀\n");
    assertEquals("a\\x1b[31m\\u009b\\rü😀\n", bytes.toString(StandardCharsets.UTF_8));
    bytes.reset();
    EscapingStream.over(bytes, true).print("50%\r\u0007");
    assertEquals("50%\r\\x07", bytes.toString(StandardCharsets.UTF_8));
  }
}
