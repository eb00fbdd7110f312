package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.stop.FinishReason;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The text models that ship: they load, and a seed gives one text, whatever the number of threads. */
class ShippedModelsTextTest {
  private static Path model(String name) {
    String home = System.getProperty("sampo.home", "../..");
    return Path.of(home).resolve("exporter-specs/models").resolve(name);
  }

  private static SessionConfig threads(int count) {
    return SessionConfig.builder().intraOpThreads(count).build();
  }

  private static String sample(TextGenerator generator, String prompt, long seed) {
    return generator
        .generate(
            GenerationRequest.builder()
                .prompt(prompt)
                .seed(seed)
                .config(GenerationConfig.builder().doSample(true).maxNewTokens(24).build())
                .build())
        .text();
  }

  private static void checkSeeds(String name, String prompt) {
    try (TextGenerator one = TextGenerator.open(model(name), threads(1));
        TextGenerator two = TextGenerator.open(model(name), threads(2))) {
      String text = sample(one, prompt, 1);
      assertTrue(!text.isEmpty(), name);
      assertEquals(text, sample(one, prompt, 1));
      assertEquals(text, sample(two, prompt, 1));
      assertNotEquals(text, sample(one, prompt, 2));
    }
  }

  @Test
  void generate_whenScriptureLstm_thenSeedDecides() {
    checkSeeds("scripture-lstm", "And the LORD ");
  }

  @Test
  void generate_whenScriptureGpt_thenSeedDecides() {
    checkSeeds("scripture-gpt", "In the beginning");
  }

  @Test
  void generate_whenScriptureGptHasGrammar_thenTextMatches() {
    String pattern = "( [A-Z][a-z]+){1,4} said, (Yea|Nay)\\.";
    try (TextGenerator generator = TextGenerator.open(model("scripture-gpt"), threads(1))) {
      GeneratedSequence sequence =
          generator
              .generate(
                  GenerationRequest.builder()
                      .prompt("And")
                      .seed(4)
                      .grammar(Grammar.regex(pattern))
                      .config(GenerationConfig.builder().maxNewTokens(40).build())
                      .build())
              .sequence();
      assertTrue(sequence.text().matches(pattern), sequence.toString());
      assertEquals(FinishReason.EOS, sequence.finishReason());
    }
  }

  @Test
  void generate_whenNumbersEnFr_thenFrench() {
    try (TextGenerator generator = TextGenerator.open(model("numbers-en-fr"), threads(1))) {
      assertEquals("quarante-deux", generator.generate("forty-two").text());
      assertEquals(
          "neuf cent quatre-vingt-dix-neuf mille neuf cent quatre-vingt-dix-neuf",
          generator
              .generate("nine hundred and ninety-nine thousand nine hundred and ninety-nine")
              .text());
      assertEquals(
          "quarante-deux",
          generator
              .generate(
                  GenerationRequest.builder()
                      .prompt("Forty-Two")
                      .config(GenerationConfig.builder().numBeams(3).build())
                      .build())
              .text());
    }
  }
}
