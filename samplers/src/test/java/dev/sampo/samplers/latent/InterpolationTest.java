package dev.sampo.samplers.latent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.RequestException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class InterpolationTest {
  @Property(seed = "1")
  void at_whenEnds_thenExact(
      @ForAll Interpolation way, @ForAll("latent") float[] a, @ForAll("latent") float[] b) {
    assertArrayEquals(a, way.at(a, b, 0));
    assertArrayEquals(b, way.at(a, b, 1));
  }

  @Property(seed = "2")
  void at_whenSphericalBetweenEqualNorms_thenNormIsKept(
      @ForAll("latent") float[] a,
      @ForAll("latent") float[] b,
      @ForAll @DoubleRange(max = 1) double t) {
    double norm = Interpolation.norm(a);
    Assume.that(norm > 1e-3 && Interpolation.norm(b) > 1e-3);
    float[] same = LatentArithmetic.withNorm(b, norm);
    double cos = Interpolation.dot(a, same) / (norm * Interpolation.norm(same));
    Assume.that(Math.abs(cos) < 0.999);
    assertEquals(norm, Interpolation.norm(Interpolation.SPHERICAL.at(a, same, t)), 1e-4 * norm);
  }

  @Property(seed = "3")
  void at_whenSpherical_thenInThePlaneByTheTwoSines(
      @ForAll("latent") float[] a,
      @ForAll("latent") float[] b,
      @ForAll @DoubleRange(max = 1) double t) {
    double na = Interpolation.norm(a);
    double nb = Interpolation.norm(b);
    Assume.that(na > 1e-3 && nb > 1e-3);
    double cos = Interpolation.dot(a, b) / (na * nb);
    Assume.that(Math.abs(cos) < 0.999);
    double w = Math.acos(cos);
    float[] got = Interpolation.SPHERICAL.at(a, b, t);
    for (int i = 0; i < a.length; i++) {
      double wanted = (Math.sin((1 - t) * w) * a[i] + Math.sin(t * w) * b[i]) / Math.sin(w);
      assertEquals(wanted, got[i], 1e-3 * (na + nb));
    }
  }

  @Test
  void at_whenSphericalOverAQuarterCircle_thenTheArc() {
    float[] middle = Interpolation.SPHERICAL.at(new float[] {1, 0}, new float[] {0, 1}, 0.5);
    assertArrayEquals(new float[] {(float) Math.sqrt(0.5), (float) Math.sqrt(0.5)}, middle, 1e-7f);
    assertArrayEquals(
        new float[] {.75f, .25f},
        Interpolation.LINEAR.at(new float[] {1, 0}, new float[] {0, 1}, 0.25));
  }

  @Test
  void path_whenThree_thenEndsAndMiddle() {
    float[][] path = Interpolation.LINEAR.path(new float[] {0, 2}, new float[] {1, 4}, 3);
    assertArrayEquals(new float[][] {{0, 2}, {.5f, 3}, {1, 4}}, path);
  }

  @Test
  void at_whenOpposite_thenStraightThroughTheMiddleAsDiffusers() {
    float[] half = Interpolation.SPHERICAL.at(new float[] {1, 0}, new float[] {-1, 0}, 0.25);
    assertArrayEquals(new float[] {0.5f, 0}, half, 1e-7f);
  }

  @Test
  void at_whenNearlyParallel_thenStraight() {
    // cos = 0.99999: the arc at 1/4 would differ from the line in the sixth digit.
    float[] a = {1, 0};
    float[] b = {1, 0.00447f};
    assertArrayEquals(
        Interpolation.LINEAR.at(a, b, 0.25), Interpolation.SPHERICAL.at(a, b, 0.25), 0f);
  }

  @Test
  void at_whenLengthsDiffer_thenErrorNamesBoth() {
    RequestException e =
        assertThrows(
            RequestException.class, () -> Interpolation.LINEAR.at(new float[2], new float[3], 0.5));
    assertEquals("The latents have 2 and 3 values; wanted the same.", e.getMessage());
  }

  @Provide
  Arbitrary<float[]> latent() {
    return Arbitraries.floats().between(-5, 5).ofScale(3).array(float[].class).ofSize(8);
  }
}
