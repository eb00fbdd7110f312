package dev.sampo.examples;

import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;

/** Writes text character by character with an LSTM. */
public final class CharacterText {
  private CharacterText() {}

  /** Prints two continuations of one prompt. */
  public static void main(String[] args) {
    GenerationConfig config =
        GenerationConfig.builder()
            .doSample(true)
            .temperature(0.6)
            .topK(0)
            .maxNewTokens(120)
            .numReturnSequences(2)
            .build();
    try (TextGenerator generator = TextGenerator.open(Models.path("scripture-lstm"))) {
      GenerationRequest request =
          GenerationRequest.builder().prompt("In the beginning").config(config).seed(5).build();
      generator
          .generate(request)
          .prompts()
          .get(0)
          .sequences()
          .forEach(sequence -> System.out.println("In the beginning" + sequence.text() + "\n"));
    }
  }
}
