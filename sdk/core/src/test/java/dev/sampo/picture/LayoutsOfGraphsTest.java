package dev.sampo.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sampo.Sampo;
import org.junit.jupiter.api.Test;

/** Graphs that lay their tensors out, or name them, in a way of their own. */
class LayoutsOfGraphsTest {
  @Test
  void decode_whenChannelsComeLast_thenPicturesHaveThemFirst() {
    try (LatentDecoder gan = Sampo.open(Tiny.folder("nhwc-gan"), LatentDecoder.class)) {
      PictureBatch pictures = gan.decode(new float[][] {{0.5f, 0, 0, 0}, {1, 1, 0, 0}});
      assertEquals("PictureBatch[2, 1, 2, 3]", pictures.toString());
      assertArrayEquals(new float[] {0, .5f, 1, 1.5f, 2, 2.5f}, pictures.picture(0));
      assertArrayEquals(new float[] {0, 2, 4, 6, 8, 10}, pictures.picture(1));
    }
  }

  @Test
  void reconstruct_whenFeaturesAreMapsAndNamesAreTheExporters_thenPositionsSayWhichIsWhich() {
    try (AutoencoderPipeline net =
        Sampo.open(Tiny.folder("spatial-autoencoder"), AutoencoderPipeline.class)) {
      float[] values = new float[16];
      for (int i = 0; i < 16; i++) {
        values[i] = i / 16f;
      }
      PictureBatch picture = PictureBatch.of(1, 4, 4, net.image(), values);
      float[][] features = net.encode(picture);
      float a = (0 + 1 + 4 + 5) / 64f;
      assertArrayEquals(
          new float[] {a, a + 2 / 16f, a + 8 / 16f, a + 10 / 16f}, features[0], 1e-6f);
      assertArrayEquals(new long[] {1, 2, 2}, net.latentShape());
      float[] again = net.reconstruct(picture).picture(0);
      assertEquals(a, again[5], 1e-6f);
      assertEquals(a + 10 / 16f, again[15], 1e-6f);
    }
  }
}
