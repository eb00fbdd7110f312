package dev.sampo.langchain4j;

import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A model that was told the answers to what LangChain4j's suites ask. */
public final class Quiz {
  public static final TextGenerator GENERATOR = TextGenerator.open(folder());

  private Quiz() {}

  /** Writes the model anew. */
  public static Path folder() {
    String call = "<tool_call>\n{\"name\": \"%s\", \"arguments\": %s}\n</tool_call>";
    String weather = call.formatted("getWeather", "{\"city\": \"Munich\"}");
    String time = call.formatted("getTime", "{\"country\": \"France\"}");
    String capital = "What is the capital of Germany?";
    String field = " Answer with a JSON object containing a single 'city' field";
    try {
      Path folder = Files.createTempDirectory("sampo-quiz");
      folder.toFile().deleteOnExit();
      return new MemoryModel()
          .user(capital, "The capital of Germany is Berlin.", 1)
          .user(capital, "{\"city\": \"Berlin\"}", 0.9f)
          .user(capital, "{\"city\":\"Berlin\"}", 0.8f)
          .user(capital + field, "{\"city\": \"Berlin\"}", 1)
          .user(capital + field, "{\"city\":\"Berlin\"}", 0.8f)
          .user(
              capital + " How much is 2 + 2?",
              "The capital of Germany is Berlin, and two and two are 4.",
              1)
          .user("Translate: 'I love you'", "Ich liebe dich.", 1)
          .user("What is my favorite color?", "Your favorite color is green.", 1)
          .user("Say 'Hello World'", "Hello World", 1)
          .user(
              "Tell me a long story about animals",
              "Once a fox met a hen. The hen said: I know you, fox. The fox said: I know you too, and went away.",
              1)
          .user("What is the weather in Munich?", weather, 1)
          .user("I live in Munich", weather, 1)
          .user(
              "What is the time now? Use the get_current_time tool.",
              call.formatted("get_current_time", "{}"),
              1)
          .user(
              "What is the weather in Munich and time in France? Call tools simultaneously (in parallel)",
              weather + "\n" + time,
              1)
          .tool("sunny", "It is sunny in Munich.")
          .tool("\"sunny\"", "It is sunny in Munich.")
          .tool("10:14", "It is 10:14 now.")
          .tool("14:35", "It is sunny in Munich, and 14:35 in France.")
          .write(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
