package dev.sampo.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.images.ImageGenerateParams;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiImageModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import dev.sampo.embedding.TextEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The clients that people have. */
class ClientsTest {
  private static final ServedModel ENCODER =
      Served.model("encoder", Served.golden("encoders/embedding"));

  private static Served served;
  private static OpenAIClient client;

  @BeforeAll
  static void start() {
    served =
        Served.of(
            config -> config.apiKeys(List.of("sesame")),
            Served.shipped("scripture-gpt"),
            ENCODER,
            Served.shipped("digits-vae"));
    client = openAi("sesame");
  }

  private static OpenAIClient openAi(String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(served.server.url() + "/v1")
        .apiKey(key)
        .maxRetries(0)
        .build();
  }

  @AfterAll
  static void stop() {
    client.close();
    served.close();
  }

  private static ChatCompletionCreateParams.Builder chat() {
    return ChatCompletionCreateParams.builder()
        .model("scripture-gpt")
        .addSystemMessage("Be brief.")
        .addUserMessage("Who was Noah?")
        .maxCompletionTokens(12)
        .seed(3);
  }

  // ---- openai-java

  @Test
  void openAiJava_whenChatAndStream_thenTheSameText() {
    ChatCompletion whole = client.chat().completions().create(chat().build());
    String text = whole.choices().get(0).message().content().orElseThrow();
    assertEquals(12, whole.usage().orElseThrow().completionTokens());
    StringBuilder pieces = new StringBuilder();
    long tokens = 0;
    try (StreamResponse<ChatCompletionChunk> stream =
        client
            .chat()
            .completions()
            .createStreaming(
                chat()
                    .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
                    .build())) {
      for (ChatCompletionChunk chunk : (Iterable<ChatCompletionChunk>) stream.stream()::iterator) {
        chunk.choices().forEach(c -> pieces.append(c.delta().content().orElse("")));
        tokens = chunk.usage().map(u -> u.completionTokens()).orElse(tokens);
      }
    }
    assertEquals(text, pieces.toString());
    assertEquals(12, tokens);
  }

  @Test
  void openAiJava_whenAStreamIsLeft_thenTheServerStopsWriting() throws InterruptedException {
    try (StreamResponse<ChatCompletionChunk> stream =
        client
            .chat()
            .completions()
            .createStreaming(chat().maxCompletionTokens(230).logitBias(bias()).build())) {
      assertTrue(stream.stream().findFirst().isPresent());
    }
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!metrics().contains("sampo_http_active 0.0")) {
      assertTrue(System.nanoTime() < end);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static ChatCompletionCreateParams.LogitBias bias() {
    return ChatCompletionCreateParams.LogitBias.builder()
        .putAdditionalProperty("0", com.openai.core.JsonValue.from(-100))
        .build();
  }

  private static String metrics() {
    return served
        .send(served.request("/metrics", null).header("Authorization", "Bearer sesame").build())
        .body();
  }

  /** What is asked for by a class. */
  public static final class Person {
    public int age;
    public boolean just;
  }

  @Test
  void openAiJava_whenAClassIsAsked_thenItIsOne() {
    Person person =
        client
            .chat()
            .completions()
            .create(chat().maxCompletionTokens(80).responseFormat(Person.class).build())
            .choices()
            .get(0)
            .message()
            .content()
            .orElseThrow();
    assertTrue(person.age > Integer.MIN_VALUE);
  }

  /** A tool by a class. */
  @com.fasterxml.jackson.annotation.JsonClassDescription("Looks a word up")
  public static final class LookUp {
    public boolean inGenesis;
  }

  @Test
  void openAiJava_whenACallIsRequired_thenItIsParsed() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                chat()
                    .maxCompletionTokens(150)
                    .addTool(LookUp.class)
                    .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                    .build());
    assertEquals("tool_calls", answer.choices().get(0).finishReason().asString());
    LookUp call =
        answer
            .choices()
            .get(0)
            .message()
            .toolCalls()
            .orElseThrow()
            .get(0)
            .asFunction()
            .function()
            .arguments(LookUp.class);
    assertTrue(call.inGenesis || !call.inGenesis);
  }

  @Test
  void openAiJava_whenEmbeddingsPicturesAndCompletions_thenTheyAreRead() {
    float[] own = ((TextEncoder) ENCODER.model()).embed("A dog");
    List<Float> got =
        client
            .embeddings()
            .create(EmbeddingCreateParams.builder().model("encoder").input("A dog").build())
            .data()
            .get(0)
            .embedding();
    float[] vector = new float[got.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = got.get(i);
    }
    assertArrayEquals(own, vector);
    assertTrue(
        client
            .images()
            .generate(ImageGenerateParams.builder().model("digits-vae").prompt("").n(2).build())
            .data()
            .orElseThrow()
            .get(1)
            .b64Json()
            .orElseThrow()
            .startsWith("iVBOR"));
    assertFalse(
        client
            .completions()
            .create(
                CompletionCreateParams.builder()
                    .model("scripture-gpt")
                    .prompt("In the beginning")
                    .maxTokens(5)
                    .build())
            .choices()
            .get(0)
            .text()
            .isEmpty());
    assertEquals(3, client.models().list().data().size());
  }

  @Test
  void openAiJava_whenRefused_thenItsOwnExceptions() {
    OpenAIClient other = openAi("wrong");
    assertThrows(
        UnauthorizedException.class, () -> other.chat().completions().create(chat().build()));
    other.close();
    NotFoundException unknown =
        assertThrows(
            NotFoundException.class,
            () -> client.chat().completions().create(chat().model("gpt-9").build()));
    assertEquals("model_not_found", unknown.code().orElse(""));
    assertThrows(
        BadRequestException.class,
        () -> client.chat().completions().create(chat().temperature(7.0).build()));
  }

  // ---- LangChain4j

  private static OpenAiChatModel.OpenAiChatModelBuilder langChain() {
    return OpenAiChatModel.builder()
        .baseUrl(served.server.url() + "/v1")
        .apiKey("sesame")
        .modelName("scripture-gpt")
        .maxRetries(0)
        .seed(3)
        .maxTokens(12);
  }

  @Test
  void langChain4j_whenChatAndStream_thenTheSameText() throws Exception {
    ChatResponse whole =
        langChain()
            .build()
            .chat(ChatRequest.builder().messages(UserMessage.from("Who was Noah?")).build());
    assertEquals(FinishReason.LENGTH, whole.finishReason());
    assertEquals(12, whole.tokenUsage().outputTokenCount());
    List<String> pieces = new ArrayList<>();
    CompletableFuture<ChatResponse> done = new CompletableFuture<>();
    OpenAiStreamingChatModel.builder()
        .baseUrl(served.server.url() + "/v1")
        .apiKey("sesame")
        .modelName("scripture-gpt")
        .seed(3)
        .maxTokens(12)
        .build()
        .chat(
            ChatRequest.builder().messages(UserMessage.from("Who was Noah?")).build(),
            new StreamingChatResponseHandler() {
              @Override
              public void onPartialResponse(String piece) {
                pieces.add(piece);
              }

              @Override
              public void onCompleteResponse(ChatResponse response) {
                done.complete(response);
              }

              @Override
              public void onError(Throwable error) {
                done.completeExceptionally(error);
              }
            });
    ChatResponse streamed = done.get(30, TimeUnit.SECONDS);
    assertEquals(whole.aiMessage().text(), String.join("", pieces));
    assertEquals(whole.aiMessage().text(), streamed.aiMessage().text());
    assertEquals(12, streamed.tokenUsage().outputTokenCount());
  }

  @Test
  void langChain4j_whenToolsAndSchemas_thenTheyAreKept() throws Exception {
    JsonObjectSchema schema =
        JsonObjectSchema.builder().addBooleanProperty("just").required("just").build();
    ChatResponse call =
        langChain()
            .maxTokens(150)
            .build()
            .chat(
                ChatRequest.builder()
                    .messages(UserMessage.from("Who was Noah?"))
                    .toolSpecifications(
                        ToolSpecification.builder()
                            .name("look_up")
                            .description("Looks up")
                            .parameters(schema)
                            .build())
                    .toolChoice(ToolChoice.REQUIRED)
                    .build());
    assertEquals("look_up", call.aiMessage().toolExecutionRequests().get(0).name());
    assertEquals(FinishReason.TOOL_EXECUTION, call.finishReason());
    ChatResponse json =
        langChain()
            .maxTokens(150)
            .strictJsonSchema(true)
            .supportedCapabilities(
                Set.of(dev.langchain4j.model.chat.Capability.RESPONSE_FORMAT_JSON_SCHEMA))
            .build()
            .chat(
                ChatRequest.builder()
                    .messages(UserMessage.from("Who was Noah?"))
                    .responseFormat(
                        ResponseFormat.builder()
                            .type(ResponseFormatType.JSON)
                            .jsonSchema(JsonSchema.builder().name("x").rootElement(schema).build())
                            .build())
                    .build());
    assertTrue(Served.JSON.readTree(json.aiMessage().text()).path("just").isBoolean());
  }

  @Test
  void langChain4j_whenEmbeddingsAndPictures_thenTheyAreRead() {
    float[] own = ((TextEncoder) ENCODER.model()).embed("A dog");
    assertArrayEquals(
        own,
        OpenAiEmbeddingModel.builder()
            .baseUrl(served.server.url() + "/v1")
            .apiKey("sesame")
            .modelName("encoder")
            .build()
            .embed("A dog")
            .content()
            .vector());
    assertTrue(
        OpenAiImageModel.builder()
            .baseUrl(served.server.url() + "/v1")
            .apiKey("sesame")
            .modelName("digits-vae")
            .size("28x28")
            .build()
            .generate("")
            .content()
            .base64Data()
            .startsWith("iVBOR"));
  }
}
