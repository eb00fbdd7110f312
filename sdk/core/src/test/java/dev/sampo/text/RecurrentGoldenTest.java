package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.internal.Matrices;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Recurrent language models and attention seq2seq models; see {@code golden/text/rnn/README.md}. */
class RecurrentGoldenTest {
  private static final List<TextGenerator> OPEN = new ArrayList<>();

  @AfterAll
  static void close() {
    OPEN.forEach(TextGenerator::close);
  }

  @TestFactory
  List<DynamicTest> generate_whenGoldenCase_thenSameAsReference() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path cases : Golden.files(Golden.folder("text/rnn"), "cases.jsonl")) {
      Path folder = cases.getParent();
      TextGenerator generator =
          TextGenerator.open(folder, SessionConfig.builder().intraOpThreads(1).build());
      OPEN.add(generator);
      int n = 0;
      for (JsonNode line : Golden.lines(cases)) {
        String kind = line.get("kind").asText();
        tests.add(
            DynamicTest.dynamicTest(
                folder.getFileName() + " " + kind + " " + n++,
                () -> check(generator, folder, kind, line)));
      }
    }
    return tests;
  }

  private static void check(TextGenerator generator, Path folder, String kind, JsonNode line) {
    boolean seq2seq = line.has("source_ids");
    switch (kind) {
      case "forward" -> checkForward(folder, line);
      case "greedy" -> {
        if (seq2seq) {
          checkSeq2SeqGreedy(generator, line);
        } else {
          checkGreedy(generator, line);
        }
      }
      case "sample" -> checkSample(generator, line);
      case "beam" -> checkBeam(generator, line);
      case "score" -> checkScore(generator, line);
      default -> fail("Unknown kind of case: " + kind);
    }
  }

  private static void checkForward(Path folder, JsonNode line) {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    inputs.put("input_ids", Matrices.longs(Golden.rows(line.get("input_ids"))));
    for (String name : List.of("h0", "c0")) {
      if (line.has(name)) {
        inputs.put(name, cube(line.get(name)));
      }
    }
    try (Graph graph = Graph.load(folder.resolve("model.onnx"), SessionConfig.defaults());
        Outputs outputs = graph.run(inputs)) {
      float[] logits = outputs.get("logits").toFloats();
      int rows = line.get("input_ids").size();
      int time = line.get("input_ids").get(0).size();
      int v = logits.length / rows / time;
      for (int r = 0; r < rows; r++) {
        for (int i = 0; i < v; i++) {
          assertEquals(
              line.get("last_logits").get(r).get(i).asDouble(),
              logits[(r * time + time - 1) * v + i],
              1e-4);
        }
      }
      assertEquals(line.get("hn_sum").asDouble(), sum(outputs.get("hn")), 1e-3);
      if (line.has("cn_sum")) {
        assertEquals(line.get("cn_sum").asDouble(), sum(outputs.get("cn")), 1e-3);
      }
    } finally {
      inputs.values().forEach(Tensor::close);
    }
  }

  private static Tensor cube(JsonNode values) {
    Shape shape = Shape.of(values.size(), values.get(0).size(), values.get(0).get(0).size());
    Tensor tensor = Tensor.allocate(ElementType.FLOAT32, shape);
    int at = 0;
    for (JsonNode layer : values) {
      for (JsonNode row : layer) {
        for (JsonNode value : row) {
          tensor.floatBuffer().put(at++, (float) value.asDouble());
        }
      }
    }
    return tensor;
  }

  private static double sum(Tensor tensor) {
    double sum = 0;
    for (float value : tensor.toFloats()) {
      sum += value;
    }
    return sum;
  }

  private static void checkGreedy(TextGenerator generator, JsonNode line) {
    GenerationResult result =
        generator.generate(
            GenerationRequest.builder()
                .promptIds(Golden.ints(line.get("prompt_ids")))
                .config(GenerationConfig.builder().maxNewTokens(line.get("steps").asInt()).build())
                .build());
    assertArrayEquals(Golden.ints(line.get("ids")), result.sequence().ids());
    assertEquals(line.get("text").asText(), result.text());
    assertArrayEquals(
        Golden.ints(line.get("prompt_ids")), generator.encode(line.get("prompt").asText()));
  }

  private static void checkSample(TextGenerator generator, JsonNode line) {
    GenerationRequest.Builder request =
        GenerationRequest.builder()
            .seed(line.get("seed").longValue())
            .config(
                GenerationConfig.builder()
                    .doSample(true)
                    .temperature(line.get("temperature").asDouble())
                    .topK(line.get("top_k").asInt())
                    .topP(line.get("top_p").asDouble())
                    .maxNewTokens(line.get("steps").asInt())
                    .build());
    for (JsonNode ids : line.get("prompt_ids")) {
      request.promptIds(Golden.ints(ids));
    }
    GenerationResult result = generator.generate(request.build());
    for (int r = 0; r < line.get("ids").size(); r++) {
      assertArrayEquals(
          Golden.ints(line.get("ids").get(r)), result.prompts().get(r).sequences().get(0).ids());
    }
  }

  private static void checkScore(TextGenerator generator, JsonNode line) {
    int[] ids =
        line.has("ids")
            ? Golden.ints(line.get("ids"))
            : generator.encode(line.get("text").asText());
    TextScore score = generator.score(ids);
    String key = line.has("token_logprobs") ? "token_logprobs" : "char_logprobs";
    JsonNode expected = line.get(key);
    assertEquals(expected.size(), score.tokenLogProbs().length);
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i).asDouble(), score.tokenLogProbs()[i], 1e-4);
    }
    assertEquals(line.get("perplexity").asDouble(), score.perplexity(), 1e-4 * score.perplexity());
    assertEquals(line.get("bits_per_char").asDouble(), score.bitsPerToken(), 1e-4);
  }

  private static GenerationRequest.Builder sources(JsonNode line) {
    GenerationRequest.Builder request = GenerationRequest.builder();
    for (JsonNode ids : line.get("source_ids")) {
      request.promptIds(Golden.ints(ids));
    }
    return request;
  }

  private static void checkSeq2SeqGreedy(TextGenerator generator, JsonNode line) {
    GenerationResult result =
        generator.generate(
            sources(line)
                .attention(true)
                .config(
                    GenerationConfig.builder()
                        .maxNewTokens(line.get("max_new_tokens").asInt())
                        .build())
                .build());
    for (int r = 0; r < line.get("ids").size(); r++) {
      GeneratedSequence sequence = result.prompts().get(r).sequences().get(0);
      assertArrayEquals(Golden.ints(line.get("ids").get(r)), sequence.ids());
      float[][] attention = sequence.attention();
      JsonNode first = line.get("attention_first_step").get(r);
      for (int i = 0; i < attention[0].length; i++) {
        double expected = i < first.size() ? first.get(i).asDouble() : 0;
        assertEquals(expected, attention[0][i], 1e-4);
      }
      int[] argmax = Golden.ints(line.get("attention_argmax_per_step").get(r));
      for (int t = 0; t < attention.length; t++) {
        assertEquals(
            argmax[t],
            dev.sampo.samplers.text.draw.Rows.argmax(attention[t], 0, attention[t].length));
      }
    }
  }

  private static void checkBeam(TextGenerator generator, JsonNode line) {
    GenerationConfig.Builder config =
        GenerationConfig.builder()
            .numBeams(line.get("num_beams").asInt())
            .numReturnSequences(line.get("num_return_sequences").asInt())
            .lengthPenalty(line.get("length_penalty").asDouble())
            .maxNewTokens(line.get("max_new_tokens").asInt());
    config.set("early_stopping", line.get("early_stopping"));
    GenerationResult result = generator.generate(sources(line).config(config.build()).build());
    List<GeneratedSequence> all = new ArrayList<>();
    result.prompts().forEach(prompt -> all.addAll(prompt.sequences()));
    int[][] expected = Golden.rows(line.get("ids"));
    int[][] actual = all.stream().map(GeneratedSequence::ids).toArray(int[][]::new);
    assertEquals(Arrays.deepToString(expected), Arrays.deepToString(actual));
    for (int i = 0; i < all.size(); i++) {
      double score = line.get("scores").get(i).asDouble();
      assertEquals(score, all.get(i).score(), 1e-4 * Math.max(1, Math.abs(score)));
    }
    assertEquals(Setting.NUM_BEAMS.key(), "num_beams");
  }
}
