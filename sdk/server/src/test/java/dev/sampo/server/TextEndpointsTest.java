package dev.sampo.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Conversations and completions over HTTP. */
class TextEndpointsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String PLAIN = "/v1/completions";

  private static ServedModel model;
  private static Served served;

  @BeforeAll
  static void start() {
    model = Served.shipped("scripture-gpt");
    served = Served.of(config -> config, model);
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  private static String chat(String more) {
    return "{\"model\":\"scripture-gpt\",\"messages\":[{\"role\":\"user\",\"content\":\"Who was Noah?\"}]"
        + more
        + "}";
  }

  private static String plain(String more) {
    return "{\"model\":\"scripture-gpt\",\"prompt\":\"In the beginning\"" + more + "}";
  }

  @Test
  void completions_whenGreedy_thenTheTextIsTheGeneratorsOwn() {
    String own =
        ((TextGenerator) model.model())
            .generate(
                GenerationRequest.builder()
                    .prompt("In the beginning")
                    .config(GenerationConfig.builder().doSample(false).maxNewTokens(12).build())
                    .build())
            .text();
    JsonNode json = served.ok(PLAIN, plain(",\"temperature\":0,\"max_tokens\":12"));
    assertEquals(own, json.path("choices").path(0).path("text").asText());
    assertEquals("length", json.path("choices").path(0).path("finish_reason").asText());
    assertEquals(12, json.path("usage").path("completion_tokens").asInt());
    assertEquals("text_completion", json.path("object").asText());
  }

  @Test
  void completions_whenSeeded_thenTheTextIsTheGeneratorsOwnAndComesAgain() {
    String own =
        ((TextGenerator) model.model())
            .generate(
                GenerationRequest.builder()
                    .prompt("In the beginning")
                    .seed(7L)
                    .config(
                        GenerationConfig.builder()
                            .doSample(true)
                            .temperature(0.9)
                            .topK(0)
                            .maxNewTokens(10)
                            .build())
                    .build())
            .text();
    String body = plain(",\"temperature\":0.9,\"max_tokens\":10,\"seed\":7,\"n\":2");
    JsonNode json = served.ok(PLAIN, body);
    assertEquals(own, json.path("choices").path(0).path("text").asText());
    assertNotEquals(own, json.path("choices").path(1).path("text").asText());
    assertEquals(json.path("choices"), served.ok(PLAIN, body).path("choices"));
  }

  @Test
  void completions_whenSeveralPromptsAndIds_thenAChoiceEach() {
    JsonNode json =
        served.ok(
            PLAIN,
            "{\"model\":\"scripture-gpt\",\"prompt\":[\"And\",\"The LORD\"],\"max_tokens\":3,\"temperature\":0,\"echo\":true}");
    assertEquals(2, json.path("choices").size());
    assertTrue(json.path("choices").path(1).path("text").asText().startsWith("The LORD"));
    int[] ids = ((TextGenerator) model.model()).encode("In the beginning");
    JsonNode byIds =
        served.ok(
            PLAIN,
            "{\"model\":\"scripture-gpt\",\"prompt\":"
                + java.util.Arrays.toString(ids)
                + ",\"temperature\":0,\"max_tokens\":5}");
    assertEquals(
        served.ok(PLAIN, plain(",\"temperature\":0,\"max_tokens\":5")).path("choices"),
        byIds.path("choices"));
  }

  @Test
  void chat_whenStreamed_thenThePiecesAreTheWholeAndTheUsageComesLast() {
    JsonNode whole = served.ok(CHAT, chat(",\"seed\":3,\"max_tokens\":20"));
    String text = whole.path("choices").path(0).path("message").path("content").asText();
    assertFalse(text.isEmpty());
    List<JsonNode> events =
        served.events(
            CHAT,
            chat(
                ",\"seed\":3,\"max_tokens\":20,\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
    JsonNode first = events.get(0).path("choices").path(0);
    assertEquals("assistant", first.path("delta").path("role").asText());
    assertEquals(0, first.path("index").asInt());
    StringBuilder pieces = new StringBuilder();
    events.forEach(
        e -> pieces.append(e.path("choices").path(0).path("delta").path("content").asText("")));
    assertEquals(text, pieces.toString());
    assertTrue(events.size() > 8, "piece by piece");
    JsonNode last = events.get(events.size() - 1);
    assertEquals(0, last.path("choices").size());
    assertEquals(whole.path("usage"), last.path("usage"));
    JsonNode end = events.get(events.size() - 2).path("choices").path(0);
    assertEquals("length", end.path("finish_reason").asText());
  }

  @Test
  void stop_whenItComes_thenNeitherWholeNorStreamHasIt() {
    String text =
        served
            .ok(PLAIN, plain(",\"temperature\":0,\"max_tokens\":30"))
            .path("choices")
            .path(0)
            .path("text")
            .asText();
    // Across a border of tokens, so that a beginning of it has to be held back.
    String stop = text.substring(14, 21);
    String want = text.substring(0, text.indexOf(stop));
    String more = ",\"temperature\":0,\"max_tokens\":30,\"stop\":[\"zzz\",\"" + stop + "\"]";
    JsonNode choice = served.ok(PLAIN, plain(more)).path("choices").path(0);
    assertEquals(want, choice.path("text").asText());
    assertEquals("stop", choice.path("finish_reason").asText());
    StringBuilder pieces = new StringBuilder();
    served
        .events(PLAIN, plain(more + ",\"stream\":true"))
        .forEach(e -> pieces.append(e.path("choices").path(0).path("text").asText()));
    assertEquals(want, pieces.toString());
  }

  @Test
  void stop_whenItBeganInThePrompt_thenItDoesNotCount() {
    JsonNode choice =
        served
            .ok(PLAIN, plain(",\"temperature\":0,\"max_tokens\":4,\"stop\":[\"beginning of the\"]"))
            .path("choices")
            .path(0);
    assertEquals("length", choice.path("finish_reason").asText());
  }

  @Test
  void chat_whenASchemaIsAsked_thenTheAnswerIsOfIt() throws IOException {
    JsonNode json =
        served.ok(
            CHAT,
            chat(
                ",\"max_tokens\":60,\"seed\":1,\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"strict\":true,\"schema\":"
                    + "{\"type\":\"object\",\"properties\":{\"age\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":999},\"just\":{\"type\":\"boolean\"}},\"required\":[\"age\",\"just\"],\"additionalProperties\":false}}}"));
    JsonNode said =
        Served.JSON.readTree(json.path("choices").path(0).path("message").path("content").asText());
    assertTrue(said.path("age").isInt() && said.path("just").isBoolean(), said.toString());
    assertEquals("stop", json.path("choices").path(0).path("finish_reason").asText());
    JsonNode any =
        served.ok(
            CHAT,
            chat(",\"max_tokens\":100,\"seed\":5,\"response_format\":{\"type\":\"json_object\"}"));
    assertTrue(
        any.path("choices").path(0).path("message").path("content").asText().startsWith("{"));
  }

  @Test
  void chat_whenACallIsRequired_thenItIsOneInBothForms() throws IOException {
    String tools =
        ",\"max_tokens\":80,\"seed\":1,\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"look_up\"}},\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"look_up\",\"description\":\"Looks up.\","
            + "\"parameters\":{\"type\":\"object\",\"properties\":{\"book\":{\"enum\":[\"Genesis\",\"Exodus\"]}},\"required\":[\"book\"]}}}]";
    JsonNode choice = served.ok(CHAT, chat(tools)).path("choices").path(0);
    assertEquals("tool_calls", choice.path("finish_reason").asText());
    assertTrue(choice.path("message").path("content").isNull());
    JsonNode call = choice.path("message").path("tool_calls").path(0);
    assertEquals("look_up", call.path("function").path("name").asText());
    JsonNode arguments = Served.JSON.readTree(call.path("function").path("arguments").asText());
    assertTrue(List.of("Genesis", "Exodus").contains(arguments.path("book").asText()));
    List<JsonNode> events = served.events(CHAT, chat(tools + ",\"stream\":true"));
    JsonNode delta = events.get(events.size() - 2).path("choices").path(0).path("delta");
    assertEquals(
        arguments.toString(),
        delta.path("tool_calls").path(0).path("function").path("arguments").asText());
    assertEquals(0, delta.path("tool_calls").path(0).path("index").asInt());
    for (JsonNode event : events) {
      assertEquals(
          "", event.path("choices").path(0).path("delta").path("content").asText(""), "no marks");
    }
  }

  @Test
  void chat_whenAToolAnswered_thenTheConversationGoesOn() {
    JsonNode json =
        served.ok(
            CHAT,
            "{\"model\":\"scripture-gpt\",\"max_tokens\":4,\"messages\":[{\"role\":\"developer\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Hi\"}]},"
                + "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"abcdefghi\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
                + "{\"role\":\"tool\",\"tool_call_id\":\"abcdefghi\",\"content\":\"42\"}]}");
    assertEquals(4, json.path("usage").path("completion_tokens").asInt());
  }

  @Test
  void logprobs_whenAsked_thenTheyArePerTokenAndTheChosenOneIsTheBest() {
    JsonNode content =
        served
            .ok(
                CHAT,
                chat(",\"temperature\":0,\"max_tokens\":6,\"logprobs\":true,\"top_logprobs\":3"))
            .path("choices")
            .path(0)
            .path("logprobs")
            .path("content");
    assertEquals(6, content.size());
    for (JsonNode token : content) {
      assertEquals(3, token.path("top_logprobs").size());
      assertEquals(token.path("token"), token.path("top_logprobs").path(0).path("token"));
      assertTrue(token.path("logprob").asDouble() < 0);
    }
    JsonNode plain =
        served
            .ok(PLAIN, plain(",\"temperature\":0,\"max_tokens\":6,\"logprobs\":2"))
            .path("choices")
            .path(0);
    StringBuilder tokens = new StringBuilder();
    plain.path("logprobs").path("tokens").forEach(t -> tokens.append(t.asText()));
    assertEquals(plain.path("text").asText(), tokens.toString());
    assertEquals(6, plain.path("logprobs").path("token_logprobs").size());
  }

  @Test
  void logitBias_whenStrong_thenTheTokenComes() {
    int id = ((TextGenerator) model.model()).encode("Noah")[0];
    JsonNode choice =
        served
            .ok(
                PLAIN,
                plain(",\"temperature\":0,\"max_tokens\":1,\"logit_bias\":{\"" + id + "\":100}"))
            .path("choices")
            .path(0);
    assertEquals(((TextGenerator) model.model()).decode(id), choice.path("text").asText());
  }
}
