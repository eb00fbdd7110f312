package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.decoding.CausalModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Caches whose layer numbers have gaps: carried from step to step, and the text is the one without them. */
class LayersCasesTest {
  @TestFactory
  List<DynamicTest> generate_whenLayerNumbersHaveGaps_thenAsWithoutCache() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Cases.folders("layers")) {
      tests.add(DynamicTest.dynamicTest(folder.getFileName().toString(), () -> check(folder)));
    }
    return tests;
  }

  private static void check(Path folder) {
    try (TextGenerator generator = TextGenerator.open(folder)) {
      CausalModel model = (CausalModel) ((LoadedTextGenerator) generator).model();
      assertFalse(model.caches().isEmpty());
      for (int beams : new int[] {1, 2}) {
        GenerationConfig config =
            GenerationConfig.builder().maxNewTokens(8).numBeams(beams).eosTokenId(100_000).build();
        GenerationRequest.Builder request =
            GenerationRequest.builder().promptIds(1, 2).promptIds(3).config(config);
        int[][] cached = generator.generate(request.build()).sequences();
        request.config(config.toBuilder().useCache(false).build());
        int[][] again = generator.generate(request.build()).sequences();
        for (int r = 0; r < cached.length; r++) {
          assertArrayEquals(again[r], cached[r]);
        }
      }
    }
  }
}
