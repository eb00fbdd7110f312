package dev.sampo.samplers.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import org.junit.jupiter.api.Test;

class NumpyGeneratorsTest {

  @Test
  void copy_whenBothGoOn_thenSameNumbers() {
    NumpyRandomState state = new NumpyRandomState(1);
    state.nextGaussian();
    NumpyRandomState twin = state.copy();
    assertEquals(state.nextGaussian(), twin.nextGaussian());
    assertEquals(state.nextGaussian(), twin.nextGaussian());
    NumpyGenerator generator = new NumpyGenerator(1);
    generator.nextInt();
    NumpyGenerator other = generator.copy();
    assertEquals(generator.nextInt(), other.nextInt());
    assertEquals(generator.nextLong(), other.nextLong());
  }

  @Test
  void integers_whenRangeIsWide_thenAllBelowHigh() {
    NumpyGenerator generator = new NumpyGenerator(5);
    for (long value : generator.integers(-3, Long.MAX_VALUE - 10, 100)) {
      assertTrue(value >= -3 && value < Long.MAX_VALUE - 10);
    }
    assertArrayEquals(new long[] {4, 4, 4}, generator.integers(4, 5, 3));
  }

  @Test
  void constructors_whenSeedIsNegative_thenErrors() {
    assertEquals(
        "RandomState takes a seed from 0 to 4294967295, got -1.",
        assertThrows(RequestException.class, () -> new NumpyRandomState(-1)).getMessage());
    assertEquals(
        "default_rng takes a seed of at least 0, got -1.",
        assertThrows(RequestException.class, () -> new NumpyGenerator(-1)).getMessage());
  }

  @Test
  void choice_whenProbabilitiesDoNotSumToOne_thenError() {
    double[] p = {0.5, 0.25};
    assertEquals(
        "choice wants probabilities that sum to 1, got 0.75.",
        assertThrows(RequestException.class, () -> new NumpyRandomState(0).choice(p, 1))
            .getMessage());
  }

  @Test
  void log1p_whenUniformIsHalf_thenMinusLogTwo() {
    assertEquals((float) -Math.log(2), FloatLog.log1pOfNegative(0.5f));
    assertEquals(0f, FloatLog.log1pOfNegative(0f), 0f);
    assertEquals((float) Math.log1p(-0.25), FloatLog.log1pOfNegative(0.25f), 1e-7);
  }
}
