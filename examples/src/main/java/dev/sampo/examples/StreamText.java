package dev.sampo.examples;

import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;

/** Prints text while a Transformer writes it. */
public final class StreamText {
  private StreamText() {}

  /** Prints forty tokens, each as soon as it is there. */
  public static void main(String[] args) {
    GenerationConfig config =
        GenerationConfig.builder().doSample(true).topP(0.9).maxNewTokens(40).build();
    try (TextGenerator generator = TextGenerator.open(Models.path("scripture-gpt"))) {
      generator.generate(
          GenerationRequest.builder()
              .prompt("And the king said")
              .config(config)
              .seed(1)
              .progress(step -> System.out.print(step.text()))
              .build());
      System.out.println();
    }
  }
}
