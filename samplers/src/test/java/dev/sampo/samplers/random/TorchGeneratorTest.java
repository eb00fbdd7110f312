package dev.sampo.samplers.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TorchGeneratorTest {

  @Test
  void nextInt_whenSeed5489_thenAuthorsFirstWord() {
    // The first output that the authors' mt19937ar.c gives for its default seed.
    assertEquals(3499211612L, new TorchGenerator(5489).nextInt() & 0xffffffffL);
  }

  @Test
  void randn_whenThreeElements_thenPairPlusFirstOfNextPair() {
    float[] x = new float[3];
    new TorchGenerator(0).randn(x);
    assertArrayEquals(new float[] {1.5409961f, -0.2934289f, -2.1787894f}, x);
  }

  @Test
  void restore_whenSpareNormalIsKept_thenSameNumbersAgain() {
    TorchGenerator generator = new TorchGenerator(7);
    generator.randn(new float[5]);
    TorchGenerator.State state = generator.state();
    float[] first = new float[40];
    generator.randn(first, 0, 3);
    generator.randn(first, 3, 37);
    generator.restore(state);
    float[] second = new float[40];
    generator.randn(second, 0, 3);
    generator.randn(second, 3, 37);
    assertArrayEquals(first, second);
    float[] third = new float[40];
    TorchGenerator other = TorchGenerator.from(state);
    other.randn(third, 0, 3);
    other.randn(third, 3, 37);
    assertArrayEquals(first, third);
  }

  @Test
  void state_whenBuiltFromItsParts_thenEqual() {
    TorchGenerator generator = new TorchGenerator(3);
    generator.randn(new float[1]);
    TorchGenerator.State s = generator.state();
    TorchGenerator.State same =
        new TorchGenerator.State(s.seed(), s.words(), s.next(), s.spareNormal());
    assertEquals(s, same);
    assertEquals(s.hashCode(), same.hashCode());
    generator.nextInt();
    assertNotEquals(s, generator.state());
  }

  @Test
  void state_whenWordsAreMissing_thenErrorSaysHowMany() {
    RequestException e =
        assertThrows(
            RequestException.class, () -> new TorchGenerator.State(0, new int[3], 0, null));
    assertEquals(
        "A generator state has 624 words and a position of 0 to 624, got 3 words and position 0.",
        e.getMessage());
  }

  @Test
  void randint_whenRangeIsEmpty_thenError() {
    RequestException e =
        assertThrows(RequestException.class, () -> new TorchGenerator(0).randint(3, 3, 1));
    assertEquals("randint wants low < high, got low = 3, high = 3.", e.getMessage());
  }

  @Test
  void multinomial_whenTooFewPositiveWeights_thenErrorCountsThem() {
    float[] weights = {0f, 1f, 0f};
    RequestException e =
        assertThrows(
            RequestException.class, () -> new TorchGenerator(0).multinomial(weights, 2, false));
    assertEquals(
        "multinomial cannot make 2 draws without replacement from 1 positive weights.",
        e.getMessage());
  }

  @Test
  void multinomial_whenWeightIsNegative_thenErrorNamesIt() {
    float[] weights = {1f, -1f};
    RequestException e =
        assertThrows(
            RequestException.class, () -> new TorchGenerator(0).multinomial(weights, 1, true));
    assertEquals(
        "multinomial wants finite weights of at least 0, got -1.0 at index 1.", e.getMessage());
  }

  @Test
  void perSample_whenSourcesDoNotDivideTheNoise_thenError() {
    NoiseSource two = NoiseSource.perSample(List.of(new TorchGenerator(0), new TorchGenerator(1)));
    RequestException e = assertThrows(RequestException.class, () -> two.randn(new float[3]));
    assertEquals(
        "3 noise values cannot be shared out over 2 noise sources. Give one source for each sample"
            + " of the batch.",
        e.getMessage());
  }

  @Test
  void skipUniforms53_whenBounds_thenStopsWhereTheNumberIsBelow() {
    float[] bounds = new float[2000];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = i % 500 / 250f;
    }
    for (int start = 0; start < 630; start += 7) {
      TorchGenerator all = new TorchGenerator(3);
      TorchGenerator some = new TorchGenerator(3);
      all.skip(start);
      some.skip(start);
      int next = 0;
      while (next < bounds.length) {
        int passed = some.skipUniforms53(bounds, next, bounds.length, 0.01f);
        for (int i = next; i < next + passed; i++) {
          assertTrue(all.nextUniform53() >= bounds[i] * 0.01);
        }
        next += passed;
        if (next < bounds.length) {
          double u = some.nextUniform53();
          assertTrue(u < bounds[next++] * 0.01 + 0x1p-21);
          assertEquals(all.nextUniform53(), u);
        }
      }
      assertEquals(all.nextInt(), some.nextInt());
    }
  }

  @Test
  void copyFrom_whenInTheMiddle_thenGoesOnWithTheSameNumbers() {
    TorchGenerator generator = new TorchGenerator(8);
    generator.randn(new float[3]); // leaves a spare normal
    generator.skip(1000);
    TorchGenerator copy = new TorchGenerator(0);
    copy.nextInt();
    copy.copyFrom(generator);
    float[] wanted = new float[700];
    float[] given = new float[700];
    generator.randn(wanted, 0, 5);
    copy.randn(given, 0, 5);
    generator.rand(wanted);
    copy.rand(given);
    assertArrayEquals(wanted, given);
  }
}
