package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.stop.FinishReason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** End tokens, wherever a folder states them. */
class StopsCasesTest {
  @TestFactory
  List<DynamicTest> generate_whenEndTokenStandsInAPartOfTheConfig_thenItEndsTheText()
      throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Cases.folders("stops")) {
      tests.add(DynamicTest.dynamicTest(folder.getFileName().toString(), () -> check(folder)));
    }
    return tests;
  }

  private static void check(Path folder) throws IOException {
    JsonNode config = new ObjectMapper().readTree(folder.resolve("config.json").toFile());
    JsonNode eos =
        config.has("eos_token_id")
            ? config.get("eos_token_id")
            : config.path("text_config").path("eos_token_id");
    try (TextGenerator generator = TextGenerator.open(folder)) {
      assertArrayEquals(Golden.intOrInts(eos), generator.generationConfig().eosTokenIds());
      // From some id the greedy text runs into the end token; there it has to end.
      int ended = 0;
      for (int id = 0; id < generator.vocabularySize(); id++) {
        GeneratedSequence sequence =
            generator
                .generate(
                    GenerationRequest.builder()
                        .promptIds(id)
                        .config(GenerationConfig.builder().maxNewTokens(50).build())
                        .build())
                .sequence();
        ended += sequence.finishReason() == FinishReason.EOS ? 1 : 0;
        for (int i = 0; i + 1 < sequence.ids().length; i++) {
          for (int end : Golden.intOrInts(eos)) {
            assertEquals(false, sequence.ids()[i] == end, "goes on after the end token");
          }
        }
      }
      assertEquals(true, ended > 0, "no text ends");
    }
  }
}
