package dev.sampo.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.sampo.samplers.latent.AnomalyThreshold;
import org.junit.jupiter.api.Test;

class AutoencoderPipelineTest {
  private static final String MODEL = "autoencoder";

  @Test
  void encodeAndReconstruct_whenPictures_thenThoseOfPyTorch() {
    try (AutoencoderPipeline net = AutoencoderPipeline.open(Tiny.folder(MODEL))) {
      PictureBatch x = PictureBatch.of(4, 8, 8, net.image(), Tiny.floats(MODEL, "x"));
      assertArrayEquals(Tiny.floats(MODEL, "expected_features"), Tiny.flat(net.encode(x)), 1e-5f);
      assertArrayEquals(Tiny.floats(MODEL, "expected"), net.reconstruct(x).toArray(), 1e-5f);
    }
  }

  @Test
  void anomalyScores_whenPictures_thenMeanSquaredErrors() {
    try (AutoencoderPipeline net = AutoencoderPipeline.open(Tiny.folder(MODEL))) {
      float[] x = Tiny.floats(MODEL, "x");
      float[] y = Tiny.floats(MODEL, "expected");
      PictureBatch pictures = PictureBatch.of(4, 8, 8, net.image(), x);
      double[] wanted = new double[4];
      for (int i = 0; i < x.length; i++) {
        wanted[i / 64] += (x[i] - y[i]) * (x[i] - y[i]) / 64;
      }
      assertArrayEquals(wanted, net.anomalyScores(pictures), 1e-5);
      AnomalyThreshold threshold = net.fitThreshold(pictures, 0.5);
      assertEquals(0.5, threshold.falseAlarmRate());
      assertNull(net.threshold());
    }
  }

  @Test
  void nearest_whenVectors_thenByAngle() {
    float[][] vectors = {{0, 1}, {5, 5}, {0, 0}, {1, 0}};
    assertArrayEquals(
        new int[] {3, 1, 0}, AutoencoderPipeline.nearest(vectors, new float[] {2, .1f}, 3));
  }
}
