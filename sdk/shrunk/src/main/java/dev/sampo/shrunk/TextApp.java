package dev.sampo.shrunk;

import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.nio.file.Path;
import java.nio.file.Paths;

/** An app that writes text and does nothing else. */
public final class TextApp {
  private TextApp() {}

  /** Streams a seeded continuation by the text model in the folder given. */
  public static void main(String[] args) {
    write(Paths.get(args[0]));
  }

  static void write(Path model) {
    GenerationConfig config =
        GenerationConfig.builder().doSample(true).topK(50).topP(0.9).maxNewTokens(24).build();
    StringBuilder streamed = new StringBuilder();
    try (TextGenerator generator = TextGenerator.open(model)) {
      generator.generate(
          GenerationRequest.builder()
              .prompt("And the king said")
              .config(config)
              .seed(1)
              .progress(step -> streamed.append(step.text()))
              .build());
    }
    System.out.println("text " + streamed);
  }
}
