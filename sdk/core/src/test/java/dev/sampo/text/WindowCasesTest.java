package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.samplers.text.GenerationConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Models that read a window of ids and keep no state. */
class WindowCasesTest {
  @TestFactory
  List<DynamicTest> generate_whenWindowModel_thenIdsOfTheReference() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Cases.folders("window")) {
      tests.add(DynamicTest.dynamicTest(folder.getFileName().toString(), () -> check(folder)));
    }
    return tests;
  }

  private static void check(Path folder) throws IOException {
    JsonNode wanted = new ObjectMapper().readTree(folder.resolve("want.json").toFile());
    GenerationConfig config =
        GenerationConfig.builder().maxNewTokens(wanted.get("max_new_tokens").asInt()).build();
    try (TextGenerator generator = TextGenerator.open(folder)) {
      GenerationRequest.Builder together = GenerationRequest.builder().config(config);
      wanted.get("texts").forEach(text -> together.prompt(text.asText()));
      GenerationResult result = generator.generate(together.build());
      for (int b = 0; b < wanted.get("texts").size(); b++) {
        int[] ids = Golden.ints(wanted.get("ids").get(b));
        assertArrayEquals(ids, result.prompts().get(b).sequences().get(0).ids(), "prompt " + b);
        GenerationRequest alone =
            GenerationRequest.builder()
                .prompt(wanted.get("texts").get(b).asText())
                .config(config)
                .build();
        assertArrayEquals(ids, generator.generate(alone).sequence().ids());
      }
      scored(generator, wanted, config);
    }
  }

  /** What greedy search chose is what scoring finds most probable, position after position. */
  private static void scored(TextGenerator generator, JsonNode wanted, GenerationConfig config) {
    int[] prompt = {1, 2, 3};
    GenerationResult result =
        generator.generate(
            GenerationRequest.builder()
                .promptIds(prompt)
                .config(config)
                .tokenLogProbs(true)
                .build());
    int[] made = result.sequence().ids();
    int[] all = Arrays.copyOf(prompt, prompt.length + made.length);
    System.arraycopy(made, 0, all, prompt.length, made.length);
    double[] scores = generator.score(all).tokenLogProbs();
    for (int i = 0; i < made.length; i++) {
      assertEquals(result.sequence().tokenLogProbs()[i], scores[prompt.length - 1 + i], 1e-4);
    }
    assertEquals(wanted.get("max_new_tokens").asInt(), made.length);
  }
}
