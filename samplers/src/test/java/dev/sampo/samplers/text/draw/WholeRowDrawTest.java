package dev.sampo.samplers.text.draw;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.random.TorchGenerator;
import dev.sampo.samplers.text.TokenRow;
import dev.sampo.samplers.text.processor.Temperature;
import dev.sampo.samplers.text.processor.TopP;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The draws that do not sort the row, against those that do, on rows made to make them differ. */
class WholeRowDrawTest {
  private static final double[] TOP_P = {
    0, 1e-9, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.999, 1 - 1e-6, 1 - 1e-9, 1 - 1e-12, 1
  };

  /** Rows of one length with ties, plateaus, minus infinity, outliers and masses that fall on round limits. */
  private static Map<String, float[]> rows(int length, long seed) {
    Random random = new Random(seed);
    Map<String, float[]> rows = new LinkedHashMap<>();
    rows.put("flat", fill(length, i -> (float) random.nextGaussian()));
    rows.put("nearly constant", fill(length, i -> 1 + 1e-6f * random.nextInt(3)));
    rows.put("peaked", fill(length, i -> (float) (4 * random.nextGaussian())));
    rows.put("very peaked", fill(length, i -> (float) (30 * random.nextGaussian())));
    rows.put("constant", fill(length, i -> -3f));
    rows.put("two levels", fill(length, i -> i % 2 == 0 ? 0f : (float) Math.log(2)));
    rows.put("zeros of both signs", fill(length, i -> i % 3 == 0 ? -0f : 0f));
    rows.put("halves of float16", fill(length, i -> Math.round(8 * random.nextGaussian()) / 8f));
    rows.put("few levels", fill(length, i -> (float) random.nextInt(4)));
    rows.put(
        "mostly minus infinity",
        fill(
            length,
            i ->
                i % 97 == length % 97 || i == length - 1
                    ? (float) random.nextGaussian()
                    : Float.NEGATIVE_INFINITY));
    rows.put("one token", fill(length, i -> i == length / 2 ? 5f : Float.NEGATIVE_INFINITY));
    rows.put("mask of -3.4e38", fill(length, i -> i % 2 == 0 ? -Float.MAX_VALUE : i % 7));
    rows.put("outlier", fill(length, i -> i == length / 3 ? 60f : (float) random.nextGaussian()));
    rows.put("last is best", fill(length, i -> i == length - 1 ? 9f : 0f));
    rows.put("powers of two", fill(length, i -> (float) (-Math.log(2) * (i % 40))));
    rows.put("far from zero", fill(length, i -> 1e6f + random.nextInt(8) / 4f));
    return rows;
  }

  private interface Score {
    float at(int i);
  }

  private static float[] fill(int length, Score score) {
    float[] row = new float[length];
    for (int i = 0; i < length; i++) {
      row[i] = score.at(i);
    }
    return row;
  }

  private static int sorted(
      TorchDraw draw, float[] row, int offset, int length, float temperature, double topP) {
    Candidates candidates = new Candidates();
    candidates.load(row, offset, length);
    if (temperature != 1) {
      new Temperature(temperature).filter(candidates);
    }
    if (topP < 1) {
      new TopP(topP).filter(candidates);
    }
    return draw.draw(candidates, length);
  }

  private static void checkRow(String name, float[] row, int seed, float temperature, double topP) {
    TorchGenerator fastStream = new TorchGenerator(seed);
    TorchGenerator plainStream = new TorchGenerator(seed);
    // From an odd word on, a number may begin in one state of the twister and end in the next.
    fastStream.skip(seed % 3);
    plainStream.skip(seed % 3);
    TorchDraw fast = new TorchDraw(fastStream);
    TorchDraw plain = new TorchDraw(plainStream);
    int offset = seed % 5;
    for (int n = 0; n < 2; n++) {
      float[] scores = new float[offset + row.length + 3];
      Arrays.fill(scores, 1e9f);
      System.arraycopy(row, 0, scores, offset, row.length);
      String what =
          name + " of " + row.length + ", p " + topP + ", T " + temperature + ", seed " + seed;
      int wanted = sorted(plain, scores, offset, row.length, temperature, topP);
      assertEquals(wanted, fast.drawRow(scores, offset, row.length, temperature, topP), what);
      TorchGenerator next = TorchGenerator.from(plainStream.state());
      assertEquals(next.nextInt(), TorchGenerator.from(fastStream.state()).nextInt(), what);
    }
  }

  @Test
  void drawRow_whenAdversarialRow_thenTokenAndStreamOfTheSortedRow() {
    int seed = 0;
    for (int length : new int[] {1, 2, 3, 16, 100, 311, 2047, 2048, 2049, 4096, 4999, 12_345}) {
      for (Map.Entry<String, float[]> row : rows(length, length).entrySet()) {
        for (double topP : TOP_P) {
          checkRow(row.getKey(), row.getValue(), seed++, seed % 2 == 0 ? 1 : 0.7f, topP);
        }
      }
    }
  }

  @Test
  void drawRow_whenLimitFallsOnARunningSum_thenTokenOfTheSortedRow() {
    int seed = 0;
    for (int length : new int[] {4, 10, 64, 1000, 3000}) {
      float[] constant = new float[length];
      float[] random = rows(length, 3).get("flat");
      double[] sums = runningSums(random);
      for (int k = 0; k <= length; k += Math.max(1, length / 40)) {
        checkRow("constant", constant, seed++, 1, 1 - k / (double) length);
        double sum = sums[Math.min(k, length - 1)];
        for (double p : new double[] {1 - sum, Math.nextUp(1 - sum), 1 - (float) sum}) {
          checkRow("flat", random, seed++, 1, Math.max(0, Math.min(1, p)));
        }
      }
    }
  }

  private static double[] runningSums(float[] row) {
    float[] p = row.clone();
    Rows.softmax(p, 0, p.length);
    Arrays.sort(p);
    double[] sums = new double[p.length];
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += p[i];
      sums[i] = sum;
    }
    return sums;
  }

  @Test
  void drawRow_whenManySeeds_thenTokensOfTheSortedRow() {
    for (Map.Entry<String, float[]> row : rows(700, 5).entrySet()) {
      for (int seed = 0; seed < 200; seed++) {
        checkRow(row.getKey(), row.getValue(), seed, 1, TOP_P[seed % TOP_P.length]);
      }
    }
  }

  @Test
  void drawRow_whenVocabularyOf151936_thenTokensOfTheSortedRow() {
    for (Map.Entry<String, float[]> row : rows(151_936, 8).entrySet()) {
      checkRow(row.getKey(), row.getValue(), 3, 0.8f, 0.9);
      checkRow(row.getKey(), row.getValue(), 4, 1, 1);
    }
  }

  @Test
  void find_whenItAnswers_thenNucleusOfTheSortedRow() {
    Nucleus nucleus = new Nucleus();
    int answers = 0;
    int questions = 0;
    for (int length : new int[] {1, 2, 100, 3000}) {
      for (Map.Entry<String, float[]> entry : rows(length, length).entrySet()) {
        for (double topP : TOP_P) {
          float[] row = entry.getValue();
          questions++;
          if (topP == 1 || !nucleus.find(row, 0, length, Rows.max(row, 0, length), topP)) {
            continue;
          }
          answers++;
          Candidates candidates = new Candidates();
          candidates.load(row, 0, length);
          new TopP(topP).filter(candidates);
          int n = 0;
          for (int i = 0; i < length; i++) {
            boolean kept =
                row[i] > nucleus.bound() || row[i] == nucleus.bound() && i >= nucleus.firstTie();
            boolean wanted = n < candidates.count() && candidates.id(n) == i;
            n += wanted ? 1 : 0;
            assertEquals(
                wanted, kept, entry.getKey() + " of " + length + ", p " + topP + " at " + i);
          }
        }
      }
    }
    assertTrue(answers > questions / 3, answers + " of " + questions);
  }

  @Test
  void drawRow_whenFast_thenInsideTheNucleus() {
    FastDraw draw = new FastDraw(4);
    for (Map.Entry<String, float[]> entry : rows(5000, 2).entrySet()) {
      float[] row = entry.getValue();
      float[] kept = row.clone();
      new TopP(0.8).process(TokenRow.of(0, 0), kept, 0, row.length);
      float least = Float.POSITIVE_INFINITY;
      for (float score : kept) {
        least = score == Float.NEGATIVE_INFINITY ? least : Math.min(least, score);
      }
      for (int i = 0; i < 50; i++) {
        int id = draw.drawRow(row, 0, row.length, 1, 0.8);
        // Of equal scores at the limit the sorted row keeps some, the draw by rejection all.
        assertTrue(row[id] >= least, entry.getKey() + " " + id);
      }
    }
  }

  @Test
  void drawRow_whenNothingButMinusInfinity_thenMinusOne() {
    float[] row = new float[5000];
    Arrays.fill(row, Float.NEGATIVE_INFINITY);
    assertEquals(-1, new TorchDraw(1).drawRow(row, 0, row.length, 1, 0.9));
    assertEquals(-1, new FastDraw(1).drawRow(row, 0, row.length, 1, 0.9));
  }

  @Test
  void drawRow_whenNaNOrInfinity_thenErrorNamesTheSetting() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      for (int length : new int[] {10, 5000}) {
        float[] row = new float[length];
        row[length - 2] = bad;
        for (TokenDraw draw : new TokenDraw[] {new TorchDraw(1), new FastDraw(1)}) {
          RequestException e =
              assertThrows(RequestException.class, () -> draw.drawRow(row, 0, length, 1, 0.9));
          assertTrue(e.getMessage().contains("remove_invalid_values"), e.getMessage());
        }
      }
    }
  }
}
