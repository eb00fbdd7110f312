package dev.sampo.samplers.text.draw;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.processor.ProcessorChain;
import dev.sampo.samplers.text.processor.Temperature;
import dev.sampo.samplers.text.processor.TopK;
import dev.sampo.samplers.text.processor.TopP;
import dev.sampo.samplers.text.search.TokenSampler;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TokenDrawTest {
  private static float[] row(int length, double spread, long seed) {
    Random random = new Random(seed);
    float[] row = new float[length];
    for (int i = 0; i < length; i++) {
      row[i] = (float) (random.nextGaussian() * spread);
    }
    return row;
  }

  @Test
  void drawRow_whenTopP_thenSameTokensAsSortedCandidates() {
    for (int length : new int[] {7, 3000, 40_000}) {
      for (double spread : new double[] {0.3, 3, 12}) {
        for (double topP : new double[] {0.0, 0.3, 0.9, 0.99, 1.0}) {
          TorchDraw fast = new TorchDraw(5);
          TorchDraw plain = new TorchDraw(5);
          for (int i = 0; i < 3; i++) {
            float[] row = row(length, spread, i);
            row[i] = Float.NEGATIVE_INFINITY;
            Candidates candidates = new Candidates();
            candidates.load(row, 0, length);
            if (topP < 1) {
              new TopP(topP).filter(candidates);
            }
            assertEquals(
                plain.draw(candidates, length),
                fast.drawRow(row, 0, length, 1, topP),
                length + " " + spread + " " + topP);
          }
        }
      }
    }
  }

  @Test
  void drawRow_whenFast_thenFrequenciesAreTheNucleus() {
    float[] row = {
      (float) Math.log(0.5),
      (float) Math.log(0.3),
      (float) Math.log(0.15),
      (float) Math.log(0.05),
      Float.NEGATIVE_INFINITY
    };
    FastDraw draw = new FastDraw(9);
    int[] counts = new int[row.length];
    for (int i = 0; i < 20_000; i++) {
      counts[draw.drawRow(row, 0, row.length, 1, 0.75)]++;
    }
    assertEquals(0.625, counts[0] / 20_000.0, 0.02);
    assertEquals(0.375, counts[1] / 20_000.0, 0.02);
    assertEquals(0, counts[2] + counts[3] + counts[4]);
    Arrays.fill(counts, 0);
    for (int i = 0; i < 20_000; i++) {
      counts[draw.drawRow(row, 0, row.length, 1, 1)]++;
    }
    assertEquals(0.05, counts[3] / 20_000.0, 0.01);
    assertEquals(0, counts[4]);
  }

  @Test
  void candidates_whenTemperatureAndTopK_thenSameAsDense() {
    for (int length : new int[] {60, 20_000, 50_257}) {
      float[] row = row(length, 4, length);
      row[17] = row[3]; // a tie
      ProcessorChain chain =
          new ProcessorChain(List.of(new Temperature(0.7f), new TopK(40), new TopP(0.9)));
      float[] dense = row.clone();
      chain.process(List.of(TokenRow.of(0, 0)), dense, length);
      Candidates candidates = new Candidates();
      chain.candidates(row, 0, length, candidates);
      float[] sparse = new float[length];
      candidates.store(sparse, 0, length);
      assertArrayEquals(dense, sparse);
    }
  }

  @Test
  void argmaxAndTopK_whenLongRow_thenAsPlainLoops() {
    float[] row = row(151_936, 3, 1);
    row[150_000] = 40;
    row[77] = 40;
    assertEquals(77, Rows.argmax(row, 0, row.length));
    int[] positions = new int[3];
    float[] values = new float[3];
    Rows.topK(row, 0, row.length, 3, positions, values);
    assertEquals(77, positions[0]);
    assertEquals(150_000, positions[1]);
    float[] sorted = row.clone();
    Arrays.sort(sorted);
    assertEquals(sorted[row.length - 50], Rows.kthLargest(row, 0, row.length, 50));
    assertEquals(sorted[row.length - 3000], Rows.kthLargest(row, 0, row.length, 3000));
  }

  @Test
  void choose_whenNothingIsLeft_thenErrorSaysSo() {
    float[] row = {Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY};
    TokenSampler sampler = new TokenSampler(new ProcessorChain(List.of()), new TorchDraw(1));
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () ->
                sampler.choose(
                    List.of(TokenRow.of(0, 1, 5)), row, 2, new boolean[1], new int[1], false));
    assertTrue(e.getMessage().startsWith("No token is left for row 0 at length 1"), e.getMessage());
  }
}
