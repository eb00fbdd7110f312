package dev.sampo.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sampo.error.RequestException;
import dev.sampo.langchain4j.Quiz;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class SampoAutoConfigurationTest {
  private static final Path HOME = Paths.get(System.getProperty("sampo.home"));
  private static Path quiz;

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  SampoAutoConfiguration.class, SampoHealthAutoConfiguration.class));

  @BeforeAll
  static void write() {
    quiz = Quiz.folder();
  }

  private void chat(Consumer<ChatModel> test, String... more) {
    List<String> values = new ArrayList<>(List.of(more));
    values.add("spring.ai.sampo.chat.model=" + quiz);
    runner
        .withPropertyValues(values.toArray(new String[0]))
        .run(context -> test.accept(context.getBean(ChatModel.class)));
  }

  /** A question that the model may use its weather tool for. */
  public record City(String city) {}

  private static ToolCallback weather() {
    return FunctionToolCallback.builder("getWeather", (City city) -> "sunny")
        .description("The weather of a city.")
        .inputType(City.class)
        .build();
  }

  @Test
  void call_byClientAndByModel_answers() {
    chat(
        model -> {
          assertThat(model.call("What is the capital of Germany?")).contains("Berlin");
          assertThat(
                  model.call(
                      new SystemMessage("Translate"), new UserMessage("Translate: 'I love you'")))
              .isEqualTo("Ich liebe dich.");
          String said =
              ChatClient.create(model)
                  .prompt()
                  .user("What is the capital of Germany?")
                  .call()
                  .content();
          assertThat(said).contains("Berlin");
        });
  }

  @Test
  void options_ofTheCallAndOfTheProperties_holdOneByOne() {
    chat(
        model -> {
          ChatResponse cut = model.call(new Prompt("What is the capital of Germany?"));
          assertThat(cut.getMetadata().getUsage().getCompletionTokens()).isEqualTo(7);
          assertThat(cut.getResult().getMetadata().getFinishReason()).isEqualTo("LENGTH");
          ChatOptions stop =
              ChatOptions.builder().maxTokens(50).stopSequences(List.of("World")).build();
          assertThat(
                  model
                      .call(new Prompt("Say 'Hello World'", stop))
                      .getResult()
                      .getOutput()
                      .getText())
              .isEqualTo("Hello");
        },
        "spring.ai.sampo.chat.max-tokens=7");
  }

  @Test
  void stream_ofTextWithStop_isTheSameText() {
    chat(
        model -> {
          ChatOptions stop = ChatOptions.builder().stopSequences(List.of("is Ber")).build();
          List<ChatResponse> pieces =
              model.stream(new Prompt("What is the capital of Germany?", stop))
                  .collectList()
                  .block();
          StringBuilder text = new StringBuilder();
          pieces.forEach(p -> text.append(p.getResult().getOutput().getText()));
          assertThat(text).hasToString("The capital of Germany");
          assertThat(pieces.get(pieces.size() - 1).getMetadata().getUsage().getTotalTokens())
              .isPositive();
          assertThat(
                  model.stream(new Prompt("Tell me a long story about animals"))
                      .take(3)
                      .collectList()
                      .block())
              .hasSize(3);
        });
  }

  @Test
  void tools_byClient_areCalledAndAnswered() {
    chat(
        model -> {
          ChatResponse response =
              model.call(
                  new Prompt("What is the weather in Munich?", CallOptions.callsBack(weather())));
          assertThat(response.hasToolCalls()).isTrue();
          assertThat(response.getResult().getOutput().getToolCalls().get(0).arguments())
              .isEqualTo("{\"city\":\"Munich\"}");
          String said =
              ChatClient.create(model)
                  .prompt()
                  .user("What is the weather in Munich?")
                  .toolCallbacks(weather())
                  .call()
                  .content();
          assertThat(said).containsIgnoringCase("sun");
          List<String> pieces =
              ChatClient.create(model)
                  .prompt()
                  .user("What is the weather in Munich?")
                  .toolCallbacks(weather())
                  .stream()
                  .content()
                  .collectList()
                  .block();
          assertThat(String.join("", pieces)).containsIgnoringCase("sun");
        });
  }

  @Test
  void schema_ofTheOutput_isKept() {
    chat(
        model -> {
          String schema =
              "{\"type\": \"object\", \"properties\": {\"city\": {\"type\": \"string\"}},"
                  + " \"required\": [\"city\"], \"additionalProperties\": false}";
          Prompt prompt = new Prompt("What is the capital of Germany?", CallOptions.schema(schema));
          assertThat(model.call(prompt).getResult().getOutput().getText())
              .isEqualToIgnoringWhitespace("{\"city\": \"Berlin\"}");
          Prompt bad = new Prompt("x", CallOptions.schema("{\"type\": 3}"));
          assertThatThrownBy(() -> model.call(bad)).isInstanceOf(RequestException.class);
        });
  }

  @Test
  void health_andObservations_tellOfTheModel() {
    List<String> seen = new ArrayList<>();
    ObservationRegistry registry = ObservationRegistry.create();
    registry
        .observationConfig()
        .observationHandler(
            new ObservationHandler<Observation.Context>() {
              @Override
              public void onStop(Observation.Context context) {
                seen.add(context.getName());
              }

              @Override
              public boolean supportsContext(Observation.Context context) {
                return true;
              }
            });
    runner
        .withBean(ObservationRegistry.class, () -> registry)
        .withPropertyValues("spring.ai.sampo.chat.model=" + quiz)
        .run(
            context -> {
              context.getBean(ChatModel.class).call("What is the capital of Germany?");
              assertThat(seen).contains("gen_ai.client.operation");
              HealthIndicator health = context.getBean(HealthIndicator.class);
              assertThat(health.health().getStatus()).isEqualTo(Status.UP);
              context.getBean(SampoChatModel.class).close();
              assertThat(health.health().getStatus()).isEqualTo(Status.DOWN);
            });
  }

  @Test
  void embeddingsAndImages_areThere_whereTheirModelsAreNamed() {
    runner
        .withPropertyValues(
            "spring.ai.sampo.embedding.model="
                + HOME.resolve("sdk/core/src/test/resources/golden/text/encoders/embedding"),
            "spring.ai.sampo.image.model=" + HOME.resolve("exporter-specs/models/digits-diffusion"))
        .run(
            context -> {
              assertThat(context).doesNotHaveBean(ChatModel.class);
              EmbeddingModel embeddings = context.getBean(EmbeddingModel.class);
              assertThat(embeddings.embed("hello")).hasSize(embeddings.dimensions());
              ImageModel images = context.getBean(ImageModel.class);
              String png = images.call(new ImagePrompt("7")).getResult().getOutput().getB64Json();
              assertThat(Base64.getDecoder().decode(png)).startsWith(0x89, 'P', 'N', 'G');
              assertThatThrownBy(() -> images.call(new ImagePrompt("a cat")))
                  .hasMessageContaining("classes");
            });
  }

  @Test
  void providerOfAnotherName_turnsItOff() {
    runner
        .withPropertyValues("spring.ai.sampo.chat.model=" + quiz, "spring.ai.model.chat=openai")
        .run(context -> assertThat(context).doesNotHaveBean(ChatModel.class));
    runner.run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(ChatModel.class));
  }

  @Test
  void folderThatIsNone_failsWithItsPath() {
    runner
        .withPropertyValues("spring.ai.sampo.chat.model=/no/such/folder")
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .hasMessageContaining("/no/such/folder"));
  }
}
