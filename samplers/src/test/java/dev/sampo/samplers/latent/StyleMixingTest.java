package dev.sampo.samplers.latent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.RequestException;
import org.junit.jupiter.api.Test;

class StyleMixingTest {
  private static final float[] MEAN = {1, 1};

  @Test
  void truncate_whenPsi_thenTowardTheMean() {
    float[] w = {3, -1};
    assertArrayEquals(w, StyleMixing.truncate(w, MEAN, 1));
    assertArrayEquals(MEAN, StyleMixing.truncate(w, MEAN, 0));
    assertArrayEquals(new float[] {2, 0}, StyleMixing.truncate(w, MEAN, 0.5));
    assertArrayEquals(new float[] {-1, 3}, StyleMixing.truncate(w, MEAN, -1));
  }

  @Test
  void truncate_whenCutoff_thenOnlyTheFirstLayers() {
    float[] styles = StyleMixing.broadcast(new float[] {3, -1}, 3);
    assertArrayEquals(new float[] {2, 0, 2, 0, 3, -1}, StyleMixing.truncate(styles, MEAN, 0.5, 2));
  }

  @Test
  void mix_whenLayersOneToThree_thenThoseOfTheDonor() {
    float[] a = StyleMixing.broadcast(new float[] {1, 2}, 4);
    float[] b = StyleMixing.broadcast(new float[] {5, 6}, 4);
    assertArrayEquals(new float[] {1, 2, 5, 6, 5, 6, 1, 2}, StyleMixing.mix(a, b, 2, 1, 3));
    assertArrayEquals(a, StyleMixing.mix(a, b, 2, 2, 2));
    assertArrayEquals(b, StyleMixing.mix(a, b, 2, 0, 4));
  }

  @Test
  void mix_whenNoSuchLayer_thenError() {
    RequestException e =
        assertThrows(
            RequestException.class, () -> StyleMixing.mix(new float[8], new float[8], 2, 1, 5));
    assertEquals("There are layers 0 to 3; got from 1 to 5 (exclusive).", e.getMessage());
  }
}
