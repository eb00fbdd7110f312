package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.chat.ChatMessage;
import dev.sampo.tokenizer.chat.ChatTemplate;
import dev.sampo.tokenizer.chat.ToolCall;
import dev.sampo.tokenizer.chat.ToolDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations, with a template put beside a model that ships. */
class ChatTest {
  private static final String TEMPLATE =
      "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
          + "{% if tools %}Answer with <tool_call>.\n{% endif %}assistant:";

  @TempDir static Path folder;
  private static TextGenerator generator;

  @BeforeAll
  static void open() throws IOException {
    Path model =
        Path.of(System.getProperty("sampo.home", "../.."), "exporter-specs/models/scripture-gpt");
    try (Stream<Path> files = Files.list(model)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    Files.writeString(folder.resolve("chat_template.jinja"), TEMPLATE);
    generator = TextGenerator.open(folder);
  }

  @AfterAll
  static void close() {
    generator.close();
  }

  private static GenerationRequest.Builder brief(GenerationRequest.Builder request) {
    return request.config(GenerationConfig.builder().doSample(false).maxNewTokens(8).build());
  }

  private static int[] ids(GenerationResult result) {
    return result.prompts().get(0).ids().stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void generate_whenMessages_thenThePromptIsTheTemplatesTextAndNoMore() {
    GenerationResult result =
        generator.generate(
            brief(GenerationRequest.builder().messages(ChatMessage.user("Who was Noah?"))).build());
    Tokenizer tokenizer = Objects.requireNonNull(generator.tokenizer());
    int[] wanted = tokenizer.encodeToIds("<|endoftext|>user: Who was Noah?\nassistant:", false);
    assertArrayEquals(wanted, ids(result));
    assertEquals(0, wanted[0]);
    assertTrue(wanted[1] != 0, "one token of the beginning");
    assertEquals(ChatMessage.assistant(result.text().trim()), result.message());
  }

  @Test
  void generate_whenACallIsRequired_thenItIsOneOfATool() {
    ToolDefinition tool =
        ToolDefinition.of(
            "look_up",
            "Looks a word up.",
            "{\"type\": \"object\", \"properties\": {\"book\": {\"enum\": [\"Genesis\", \"Exodus\"]},"
                + " \"chapter\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 50}}, \"required\": [\"book\", \"chapter\"]}");
    for (String mark : List.of("<tool_call>", "[TOOL_CALLS]", "<|python_tag|>")) {
      GenerationResult result =
          generator.generate(
              GenerationRequest.builder()
                  .messages(ChatMessage.user("In the beginning"))
                  .tools(List.of(tool))
                  .toolCallRequired(true)
                  .chatTemplate(ChatTemplate.compile("{{ messages[0].content }}{# " + mark + " #}"))
                  .config(GenerationConfig.builder().maxNewTokens(120).build())
                  .build());
      List<ToolCall> calls = result.message().toolCalls();
      assertEquals(1, calls.size(), mark + " " + result.text());
      assertEquals("look_up", calls.get(0).name());
      assertTrue(List.of("Genesis", "Exodus").contains(calls.get(0).arguments().get("book")));
      int chapter = (Integer) calls.get(0).arguments().get("chapter");
      assertTrue(chapter >= 1 && chapter <= 50);
    }
  }

  @Test
  void say_whenSeveralTurns_thenEqualToRequestsWithoutACache() {
    try (Conversation talk = Conversation.with(generator, ChatTest::brief)) {
      talk.system("Be brief.");
      ChatMessage first = talk.say("Who was Noah?");
      ChatMessage second = talk.say("And then?");
      assertEquals(5, talk.messages().size());
      assertEquals(second, talk.messages().get(4));
      GenerationRequest.Builder plain = brief(GenerationRequest.builder());
      assertEquals(
          first,
          generator.generate(plain.messages(talk.messages().subList(0, 2)).build()).message());
      GenerationResult again =
          generator.generate(plain.messages(talk.messages().subList(0, 4)).build());
      assertEquals(second, again.message());
      assertArrayEquals(ids(again), ids(Objects.requireNonNull(talk.latest())));
      talk.reset();
      assertEquals(List.of(ChatMessage.system("Be brief.")), talk.messages());
    }
  }

  @Test
  void ask_whenCancelled_thenWhatWasSaidStays() {
    try (Conversation talk = Conversation.with(generator)) {
      CancellationToken token = new CancellationToken();
      assertThrows(
          CancelledException.class,
          () ->
              talk.ask(
                  request ->
                      request
                          .config(GenerationConfig.builder().maxNewTokens(60).build())
                          .cancellation(token)
                          .progress(
                              step -> {
                                if (step.done() == 3) {
                                  token.cancel();
                                }
                              }),
                  ChatMessage.user("Who was Noah?")));
      assertEquals(2, talk.messages().size());
      assertEquals("assistant", talk.messages().get(1).role());
      assertEquals("assistant", talk.say("Go on.").role());
    }
  }

  @Test
  void build_whenOptionsExcludeEachOther_thenErrorNamesTheOption() {
    RequestException both =
        assertThrows(
            RequestException.class,
            () -> GenerationRequest.builder().prompt("a").messages(ChatMessage.user("b")).build());
    assertEquals("messages", both.option());
    RequestException format =
        assertThrows(
            RequestException.class,
            () ->
                generator.generate(
                    GenerationRequest.builder()
                        .messages(ChatMessage.user("a"))
                        .chatTemplate(ChatTemplate.compile("{{ raise_exception('no tools') }}"))
                        .build()));
    assertEquals("messages", format.option());
    assertEquals("no tools", format.getMessage());
  }
}
