package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.Model;
import dev.sampo.Sampo;
import dev.sampo.samplers.text.GenerationConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Folders as exporters and people write them; see {@code cases/README.md}. */
class ExportsCasesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TestFactory
  List<DynamicTest> generate_whenDefaultExportOfTorch_thenTheIdsOfTheGraph() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Cases.folders("torch-2.13")) {
      tests.add(DynamicTest.dynamicTest(String.valueOf(folder.getFileName()), () -> check(folder)));
    }
    return tests;
  }

  private static void check(Path folder) throws IOException {
    JsonNode want = JSON.readTree(folder.resolve("want.json").toFile());
    int[] prompt = Golden.ints(want.get("prompt_ids"));
    try (TextGenerator generator = Sampo.open(folder, TextGenerator.class)) {
      int[] ids =
          generator.generate(
                  GenerationRequest.builder()
                      .promptIds(prompt)
                      .config(
                          GenerationConfig.builder()
                              .maxNewTokens(want.get("max_new_tokens").asInt())
                              .doSample(false)
                              .build())
                      .build())
              .sequences()[0];
      int[] greedy = Golden.ints(want.get("greedy_ids"));
      int[] tail = Arrays.copyOfRange(ids, ids.length - greedy.length, ids.length);
      assertArrayEquals(greedy, tail, () -> Arrays.toString(ids));
    }
  }

  @TestFactory
  List<DynamicTest> open_whenNamesAsPeopleGiveThem_thenTheGraphIsFound() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Cases.folders("file-names")) {
      tests.add(
          DynamicTest.dynamicTest(
              String.valueOf(folder.getFileName()),
              () -> {
                try (Model model = Sampo.open(folder)) {
                  TextGenerator generator = assertInstanceOf(TextGenerator.class, model);
                  assertEquals(6, generator.vocabularySize());
                }
              }));
    }
    return tests;
  }
}
