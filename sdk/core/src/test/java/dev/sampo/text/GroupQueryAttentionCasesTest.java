package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Graphs whose attention wants padding on the right: prompts of unequal length together give what each gives alone. */
class GroupQueryAttentionCasesTest {
  private static final SessionConfig ONE_THREAD = SessionConfig.builder().intraOpThreads(1).build();

  private interface Check {
    void on(TextGenerator generator, JsonNode wanted);
  }

  private static List<DynamicTest> tests(Check check) throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Cases.folders("gqa")) {
      JsonNode wanted = new ObjectMapper().readTree(folder.resolve("want.json").toFile());
      tests.add(
          DynamicTest.dynamicTest(
              folder.getFileName().toString(),
              () -> {
                try (TextGenerator generator = TextGenerator.open(folder, ONE_THREAD)) {
                  check.on(generator, wanted);
                }
              }));
    }
    return tests;
  }

  @TestFactory
  List<DynamicTest> generate_whenPromptsAreOfUnequalLength_thenIdsOfTheReference()
      throws IOException {
    return tests(
        (generator, wanted) -> {
          GenerationConfig config =
              GenerationConfig.builder()
                  .maxNewTokens(wanted.get("max_new_tokens").asInt())
                  .eosTokenId(100_000)
                  .build();
          GenerationResult together = together(generator, wanted, config);
          for (int b = 0; b < wanted.get("ids").size(); b++) {
            assertArrayEquals(
                Golden.ints(wanted.get("ids").get(b)),
                together.prompts().get(b).sequences().get(0).ids(),
                "prompt " + b);
          }
        });
  }

  @TestFactory
  List<DynamicTest> generate_whenAnyStrategy_thenRowsEqualTheSamePromptsAlone() throws IOException {
    Map<String, GenerationConfig.Builder> strategies = new LinkedHashMap<>();
    strategies.put("greedy", config());
    strategies.put("several", config().numReturnSequences(3).numBeams(3));
    strategies.put("beams", config().numBeams(4));
    strategies.put("beam groups", config().numBeams(4).numBeamGroups(2).diversityPenalty(0.5));
    strategies.put("guidance", config().guidanceScale(1.5));
    strategies.put("no cache", config().useCache(false));
    return tests(
        (generator, wanted) ->
            strategies.forEach(
                (name, config) -> {
                  GenerationResult together = together(generator, wanted, config.build());
                  for (int b = 0; b < wanted.get("prompts").size(); b++) {
                    GenerationRequest alone =
                        GenerationRequest.builder()
                            .promptIds(Golden.ints(wanted.get("prompts").get(b)))
                            .config(config.build())
                            .build();
                    assertEquals(
                        ids(generator.generate(alone).prompts().get(0)),
                        ids(together.prompts().get(b)),
                        name + ", prompt " + b);
                  }
                }));
  }

  @TestFactory
  List<DynamicTest> generate_whenPromptCacheOrProposals_thenIdsOfThePlainRun() throws IOException {
    return tests(
        (generator, wanted) -> {
          int[] prompt = Golden.ints(wanted.get("prompts").get(0));
          GenerationRequest.Builder request =
              GenerationRequest.builder().promptIds(prompt).config(config().build());
          String plain = ids(generator.generate(request.build()).prompts().get(0));
          try (PromptCache cache = generator.newPromptCache()) {
            for (int round = 0; round < 2; round++) {
              assertEquals(
                  plain,
                  ids(generator.generate(request.promptCache(cache).build()).prompts().get(0)));
            }
          }
          request.promptCache(null);
          assertEquals(
              plain,
              ids(generator.generate(request.assistant(generator).build()).prompts().get(0)));
          request.assistant(null).config(config().promptLookupNumTokens(3).build());
          assertEquals(plain, ids(generator.generate(request.build()).prompts().get(0)));
        });
  }

  private static GenerationConfig.Builder config() {
    return GenerationConfig.builder().maxNewTokens(14).eosTokenId(100_000);
  }

  private static GenerationResult together(
      TextGenerator generator, JsonNode wanted, GenerationConfig config) {
    GenerationRequest.Builder request = GenerationRequest.builder().config(config);
    for (JsonNode prompt : wanted.get("prompts")) {
      request.promptIds(Golden.ints(prompt));
    }
    return generator.generate(request.build());
  }

  private static String ids(GenerationResult.PromptResult result) {
    List<String> all = new ArrayList<>();
    result.sequences().forEach(sequence -> all.add(Arrays.toString(sequence.ids())));
    return all.toString();
  }
}
