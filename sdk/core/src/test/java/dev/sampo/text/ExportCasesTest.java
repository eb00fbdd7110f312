package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.model.Family;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.stop.FinishReason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Folders of other writers: genai's, states beside keys and values, torch's default exporter. */
class ExportCasesTest {
  private static JsonNode wanted(Path folder) throws IOException {
    return new ObjectMapper().readTree(folder.resolve("want.json").toFile());
  }

  @TestFactory
  List<DynamicTest> generate_whenGenaiFolder_thenItsNamesSettingsAndStopsHold() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Cases.folders("genai")) {
      tests.add(DynamicTest.dynamicTest(folder.getFileName().toString(), () -> genai(folder)));
    }
    return tests;
  }

  private static void genai(Path folder) throws IOException {
    JsonNode wanted = wanted(folder);
    try (TextGenerator generator = TextGenerator.open(folder)) {
      assertEquals(Family.DECODER_ONLY, generator.family());
      assertArrayEquals(
          Golden.ints(wanted.get("eos_token_id")), generator.generationConfig().eosTokenIds());
      GenerationRequest.Builder request = GenerationRequest.builder();
      wanted.get("prompts").forEach(prompt -> request.promptIds(Golden.ints(prompt)));
      GenerationResult result = generator.generate(request.build());
      for (int b = 0; b < wanted.get("ids").size(); b++) {
        GeneratedSequence sequence = result.prompts().get(b).sequences().get(0);
        assertArrayEquals(Golden.ints(wanted.get("ids").get(b)), sequence.ids());
        assertEquals(FinishReason.EOS, sequence.finishReason());
      }
    }
  }

  @TestFactory
  List<DynamicTest> generate_whenStatesStandBesideKeysAndValues_thenTheyAreCarried()
      throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Cases.folders("states")) {
      tests.add(DynamicTest.dynamicTest(folder.getFileName().toString(), () -> states(folder)));
    }
    return tests;
  }

  private static void states(Path folder) throws IOException {
    JsonNode wanted = wanted(folder);
    GenerationConfig config =
        GenerationConfig.builder()
            .maxNewTokens(wanted.get("max_new_tokens").asInt())
            .eosTokenId(100_000)
            .build();
    try (TextGenerator generator = TextGenerator.open(folder)) {
      GenerationRequest.Builder request = GenerationRequest.builder().config(config);
      wanted.get("prompts").forEach(prompt -> request.promptIds(Golden.ints(prompt)));
      GenerationResult result = generator.generate(request.build());
      for (int b = 0; b < wanted.get("ids").size(); b++) {
        assertArrayEquals(
            Golden.ints(wanted.get("ids").get(b)),
            result.prompts().get(b).sequences().get(0).ids());
      }
      // A cache of such a model cannot be cut back; it begins anew where the prompt differs.
      int[] first = Golden.ints(wanted.get("prompts").get(0));
      int[] second = Golden.ints(wanted.get("prompts").get(1));
      try (PromptCache cache = generator.newPromptCache()) {
        for (int[] prompt : new int[][] {first, second, second}) {
          GenerationRequest cached =
              GenerationRequest.builder()
                  .promptIds(prompt)
                  .config(config)
                  .promptCache(cache)
                  .build();
          assertArrayEquals(
              Golden.ints(wanted.get("ids").get(prompt == first ? 0 : 1)),
              generator.generate(cached).sequence().ids());
        }
      }
    }
  }

  @Test
  void generate_whenTorchDeclaresTheExamplesLength_thenAnyLengthRuns() throws IOException {
    for (Path folder : Cases.folders("torch-2.13")) {
      JsonNode wanted = wanted(folder);
      try (TextGenerator generator = TextGenerator.open(folder)) {
        GenerationConfig config =
            GenerationConfig.builder().maxNewTokens(wanted.get("max_new_tokens").asInt()).build();
        int[] prompt = Golden.ints(wanted.get("prompt_ids"));
        GenerationRequest request =
            GenerationRequest.builder().promptIds(prompt).config(config).build();
        assertArrayEquals(
            Golden.ints(wanted.get("greedy_ids")), generator.generate(request).sequence().ids());
      }
    }
  }
}
