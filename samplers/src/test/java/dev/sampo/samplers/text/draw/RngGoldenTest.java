package dev.sampo.samplers.text.draw;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.samplers.random.TorchGenerator;
import dev.sampo.samplers.text.Golden;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The random numbers under seeded sampling; see {@code rng.jsonl} in {@code golden/text/generation}. */
class RngGoldenTest {
  @TestFactory
  List<DynamicTest> draw_whenGoldenCase_thenNumbersOfTorch() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode line : Golden.lines(Golden.folder("text/generation").resolve("rng.jsonl"))) {
      String name = line.get("kind").asText() + " seed " + line.get("seed");
      tests.add(DynamicTest.dynamicTest(name, () -> check(line)));
    }
    return tests;
  }

  private static void check(JsonNode line) {
    long seed = line.get("seed").bigIntegerValue().longValue();
    switch (line.get("kind").asText()) {
      case "exponential" -> checkExponential(line, seed);
      case "rand_float32" -> {
        float[] values = new float[line.get("n").asInt()];
        new TorchGenerator(seed).rand(values);
        JsonNode expected = line.get("values");
        for (int i = 0; i < values.length; i++) {
          assertEquals((float) expected.get(i).asDouble(), values[i]);
        }
      }
      case "multinomial_without_replacement" -> checkMultinomial(line, seed);
      default -> fail("Unknown kind of random case: " + line.get("kind"));
    }
  }

  private static void checkExponential(JsonNode line, long seed) {
    TorchGenerator raw = new TorchGenerator(seed);
    for (JsonNode word : line.get("first_uint32")) {
      assertEquals(word.longValue(), raw.nextInt() & 0xffffffffL);
    }
    float[] expected = Golden.flat(line.get("values"));
    float[] values = new float[expected.length];
    new TorchGenerator(seed).exponential(values);
    assertArrayEquals(expected, values);
  }

  private static void checkMultinomial(JsonNode line, long seed) {
    float[] probs = Golden.flat(line.get("probs"));
    int rows = line.get("probs").size();
    int length = probs.length / rows;
    int count = line.get("num_samples").asInt();
    float[] scores = new float[probs.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) Math.log(probs[i]);
    }
    TorchDraw draw = new TorchDraw(seed);
    for (JsonNode call : line.get("three_calls")) {
      for (int r = 0; r < rows; r++) {
        int[] drawn = new int[count];
        if (count == 1) {
          Candidates candidates = new Candidates();
          candidates.load(scores, r * length, length);
          drawn[0] = draw.draw(candidates, length);
        } else {
          draw.drawSeveral(scores, r * length, length, drawn);
        }
        assertArrayEquals(Golden.ints(call.get(r)), drawn, "row " + r);
      }
    }
  }
}
