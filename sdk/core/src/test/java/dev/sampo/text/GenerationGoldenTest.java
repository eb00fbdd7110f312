package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.decoding.CausalModel;
import dev.sampo.text.decoding.DecodingState;
import dev.sampo.text.decoding.EncoderDecoderModel;
import dev.sampo.text.decoding.TextModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Whole generations, forward passes and scores against transformers; see {@code golden/text/generation/README.md}. Every folder with cases is run,
 * and where there are both layouts of an encoder-decoder, both.
 */
class GenerationGoldenTest {
  private static final List<TextGenerator> OPEN = new ArrayList<>();
  private static final List<Path> TEMPORARY = new ArrayList<>();

  @AfterAll
  static void close() throws IOException {
    OPEN.forEach(TextGenerator::close);
    for (Path folder : TEMPORARY) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }

  private static List<JsonNode> linesIfThere(Path file) throws IOException {
    return Files.exists(file) ? Golden.lines(file) : List.of();
  }

  private record Layout(String name, TextGenerator generator, Path folder) {}

  /** The models under {@code text/generation}: each folder, and without the merged decoder where the separate ones are there too. */
  private static List<Layout> layouts() throws IOException {
    List<Layout> layouts = new ArrayList<>();
    for (Path cases : Golden.files(Golden.folder("text/generation"), "cases.jsonl")) {
      Path folder = cases.getParent();
      String name = folder.getFileName().toString();
      layouts.add(open(name, folder, folder));
      if (Files.exists(folder.resolve("decoder_model_merged.onnx"))
          && Files.exists(folder.resolve("decoder_model.onnx"))) {
        Path separate = Files.createTempDirectory("golden");
        TEMPORARY.add(separate);
        try (Stream<Path> files = Files.list(folder)) {
          for (Path file : files.toList()) {
            if (!file.getFileName().toString().startsWith("decoder_model_merged")) {
              Files.copy(file, separate.resolve(file.getFileName()));
            }
          }
        }
        layouts.add(open(name + " separate", folder, separate));
      }
    }
    return layouts;
  }

  private static Layout open(String name, Path folder, Path files) {
    TextGenerator generator =
        TextGenerator.open(files, SessionConfig.builder().intraOpThreads(1).build());
    OPEN.add(generator);
    return new Layout(name, generator, folder);
  }

  @TestFactory
  List<DynamicTest> generate_whenGoldenCase_thenIdsAndScoresOfTransformers() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Layout layout : layouts()) {
      for (JsonNode line : Golden.lines(layout.folder().resolve("cases.jsonl"))) {
        tests.add(
            DynamicTest.dynamicTest(
                layout.name() + " " + line.get("id").asText(),
                () -> check(layout.generator(), line)));
      }
    }
    return tests;
  }

  private static void check(TextGenerator generator, JsonNode line) {
    GenerationConfig config =
        GenerationConfig.parse(
            line.get("kwargs"),
            warning -> {
              if (warning.startsWith("Unknown")) {
                fail(warning);
              }
            });
    GenerationRequest.Builder request = GenerationRequest.builder().config(config);
    if (line.has("input_features")) {
      try (Tensor features = features(line.get("input_features"))) {
        request.inputFeatures(features).decoderIds(Golden.ints(line.get("decoder_input_ids")));
        check(generator, line, request);
      }
      return;
    }
    for (JsonNode ids : line.get("prompt_ids")) {
      request.promptIds(Golden.ints(ids));
    }
    check(generator, line, request);
  }

  private static void check(
      TextGenerator generator, JsonNode line, GenerationRequest.Builder request) {
    if (!line.get("seed").isNull()) {
      request.seed(line.get("seed").longValue());
    }
    request.tokenLogProbs(line.has("raw_token_logprobs"));
    GenerationResult result = generator.generate(request.build());
    int[][] expected = Golden.rows(line.get("sequences"));
    assertEquals(Arrays.deepToString(expected), Arrays.deepToString(result.sequences()));

    List<GeneratedSequence> sequences = new ArrayList<>();
    result.prompts().forEach(prompt -> sequences.addAll(prompt.sequences()));
    for (int i = 0; i < sequences.size(); i++) {
      if (line.has("sequences_scores") && !line.get("sequences_scores").isNull()) {
        double score = line.get("sequences_scores").get(i).asDouble();
        assertEquals(
            score, sequences.get(i).score(), tolerance(generator) * Math.max(1, Math.abs(score)));
      }
      if (line.has("beam_indices")) {
        int[] beams = sequences.get(i).beamIndices();
        int[] wanted = Arrays.copyOf(Golden.ints(line.get("beam_indices").get(i)), beams.length);
        assertArrayEquals(wanted, beams);
      }
      if (line.has("raw_token_logprobs")) {
        float[] logProbs = sequences.get(i).tokenLogProbs();
        JsonNode wanted = line.get("raw_token_logprobs").get(i);
        for (int t = 0; t < logProbs.length; t++) {
          assertEquals(
              wanted.get(t).asDouble(), logProbs[t], tolerance(generator), "log-probability " + t);
        }
      }
      if (line.has("text")) {
        assertEquals(line.get("text").get(i).asText(), generator.decode(expected[i]));
      }
    }
  }

  /** 1e-4, and 5e-3 for graphs that give float16: they have 11 bits, and every layer rounds. */
  private static double tolerance(TextGenerator generator) {
    Graph graph =
        ((LoadedTextGenerator) generator).model() instanceof CausalModel causal
            ? causal.graph()
            : ((EncoderDecoderModel) ((LoadedTextGenerator) generator).model()).first();
    boolean half = graph.outputs().get(CausalModel.LOGITS).type() == ElementType.FLOAT16;
    return half ? 5e-3 : 1e-4;
  }

  @TestFactory
  List<DynamicTest> generate_whenAudioFeatures_thenIdsAndScoresOfTransformers() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path file : Golden.files(Golden.ownFolder("text/generation/whisper"), "features.jsonl")) {
      Layout layout = open("audio", file.getParent(), file.getParent());
      for (JsonNode line : Golden.lines(file)) {
        tests.add(
            DynamicTest.dynamicTest(
                file.getParent().getFileName() + " " + line.get("id").asText(),
                () -> check(layout.generator(), line)));
      }
    }
    return tests;
  }

  private static Tensor features(JsonNode rows) {
    Shape shape = Shape.of(rows.size(), rows.get(0).size(), rows.get(0).get(0).size());
    Tensor tensor = Tensor.allocate(ElementType.FLOAT32, shape);
    int at = 0;
    for (JsonNode row : rows) {
      for (JsonNode mel : row) {
        for (JsonNode value : mel) {
          tensor.floatBuffer().put(at++, (float) value.asDouble());
        }
      }
    }
    return tensor;
  }

  @TestFactory
  List<DynamicTest> forward_whenGoldenCase_thenLogitsOfTransformers() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Layout layout : layouts()) {
      int n = 0;
      for (JsonNode line : linesIfThere(layout.folder().resolve("forward.jsonl"))) {
        tests.add(
            DynamicTest.dynamicTest(
                layout.name() + " forward " + n++, () -> checkForward(layout.generator(), line)));
      }
    }
    return tests;
  }

  private static void checkForward(TextGenerator generator, JsonNode line) {
    int[][] ids = Golden.rows(line.get("input_ids"));
    int[][] mask = new int[ids.length][ids[0].length];
    for (int r = 0; r < ids.length; r++) {
      Arrays.fill(mask[r], 1);
    }
    if (line.has("attention_mask")) {
      mask = Golden.rows(line.get("attention_mask"));
    }
    int[][] decoder =
        line.has("decoder_input_ids") ? Golden.rows(line.get("decoder_input_ids")) : ids;
    JsonNode expected =
        line.has("last_logits_per_row") ? line.get("last_logits_per_row") : line.get("last_logits");
    TextModel.Batch batch = new TextModel.Batch(ids, mask, decoder);
    for (boolean cache : new boolean[] {true, false}) {
      try (DecodingState state =
          ((LoadedTextGenerator) generator)
              .model()
              .start(batch, 1, cache, CancellationToken.none())) {
        for (int r = 0; r < ids.length; r++) {
          JsonNode row = expected.get(0).isArray() ? expected.get(r) : expected;
          for (int i = 0; i < row.size(); i++) {
            assertEquals(
                row.get(i).asDouble(),
                state.logits()[r * state.vocabularySize() + i],
                tolerance(generator) * Math.max(1, Math.abs(row.get(i).asDouble())),
                "logit " + i);
          }
        }
      }
    }
  }

  @TestFactory
  List<DynamicTest> score_whenGoldenCase_thenLogProbsOfTransformers() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Layout layout : layouts()) {
      int n = 0;
      for (JsonNode line : linesIfThere(layout.folder().resolve("scoring.jsonl"))) {
        tests.add(
            DynamicTest.dynamicTest(
                layout.name() + " score " + n++, () -> checkScore(layout.generator(), line)));
      }
    }
    return tests;
  }

  private static void checkScore(TextGenerator generator, JsonNode line) {
    int[] ids = Golden.ints(line.get("input_ids"));
    TextScore score =
        line.has("labels")
            ? generator.score(ids, Golden.ints(line.get("labels")))
            : generator.score(ids);
    JsonNode expected = line.get("token_logprobs");
    double tolerance = tolerance(generator);
    assertEquals(expected.size(), score.tokenLogProbs().length);
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(
          expected.get(i).asDouble(),
          score.tokenLogProbs()[i],
          tolerance * Math.max(1, Math.abs(expected.get(i).asDouble())),
          "log-probability " + i);
    }
    double perplexity = line.get("perplexity").asDouble();
    assertEquals(line.get("sum_logprob").asDouble(), score.sum(), 1e-2);
    assertEquals(line.get("mean_nll").asDouble(), score.meanNll(), tolerance);
    assertEquals(perplexity, score.perplexity(), 2 * tolerance * perplexity);
  }
}
