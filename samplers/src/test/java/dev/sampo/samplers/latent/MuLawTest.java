package dev.sampo.samplers.latent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.RequestException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class MuLawTest {
  @Test
  void encode_whenSamples_thenTheLevelsOfTorchaudio() {
    float[] samples = {0, 1, -1, 0.5f, -0.01f, 0.003f, 0.9f};
    assertArrayEquals(new int[] {128, 255, 0, 239, 98, 141, 253}, MuLaw.DEFAULT.encode(samples));
  }

  @Test
  void decode_whenLevels_thenTheSamplesOfTorchaudio() {
    assertArrayEquals(
        new float[] {-1, -0.95727396f, -0.06993862f, -8.6213e-05f, 8.6213e-05f, 0.08788025f, 1},
        MuLaw.DEFAULT.decode(new int[] {0, 1, 60, 127, 128, 200, 255}),
        1e-6f); // torchaudio counts in float32
  }

  @Property(seed = "5")
  void encode_whenDecoded_thenTheSameLevel(@ForAll @IntRange(max = 255) int level) {
    assertEquals(level, MuLaw.DEFAULT.encode(MuLaw.DEFAULT.decode(level)));
  }

  @Test
  void decode_whenNoSuchLevel_thenError() {
    assertEquals(
        "There are levels 0..255, got 256.",
        assertThrows(RequestException.class, () -> MuLaw.DEFAULT.decode(256)).getMessage());
  }
}
