package dev.sampo.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.CancelledException;
import dev.sampo.io.NpyArray;
import dev.sampo.runtime.CancellationToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PixelCnnPipelineTest {
  @Test
  void bitsPerDimension_whenPictures_thenTheCrossEntropyOfPyTorch() {
    try (PixelCnnPipeline net = PixelCnnPipeline.open(Tiny.folder("pixelcnn"))) {
      float[] x = Tiny.floats("pixelcnn", "x");
      for (int i = 0; i < x.length; i++) {
        x[i] = x[i] * 2 / 3 - 1;
      }
      double[] bits = net.bitsPerDimension(PictureBatch.of(5, 6, 6, net.image(), x));
      NpyArray wanted = Tiny.npy("pixelcnn", "expected_bits");
      assertEquals(wanted.toDoubles()[0], Arrays.stream(bits).average().orElseThrow(), 1e-5);
    }
  }

  @Test
  void sample_whenSameSeed_thenSamePicturesOfTheLevels() {
    try (PixelCnnPipeline net = PixelCnnPipeline.open(Tiny.folder("pixelcnn"))) {
      PictureBatch first = net.sample(PixelCnnRequest.of(3, 6));
      assertEquals(first, net.sample(PixelCnnRequest.of(3, 6)));
      assertFalse(first.equals(net.sample(PixelCnnRequest.of(4, 6))));
      for (float v : first.toArray()) {
        float level = (v + 1) * 3 / 2;
        assertEquals(Math.rint(level), level, 1e-5);
      }
    }
  }

  @Test
  void sample_whenManyPictures_thenTheirBitsAreTheEntropyThatTheNetSays() {
    try (PixelCnnPipeline net = PixelCnnPipeline.open(Tiny.folder("pixelcnn"))) {
      // A sampler that draws from the net's own distribution makes pictures that the net finds
      // likely: far fewer bits than
      // uniform ones (2), and than pictures drawn at a high temperature.
      double own = mean(net.bitsPerDimension(net.sample(PixelCnnRequest.of(1, 60))));
      double hot =
          mean(net.bitsPerDimension(net.sample(PixelCnnRequest.of(1, 60).withTemperature(3))));
      double cold =
          mean(net.bitsPerDimension(net.sample(PixelCnnRequest.of(1, 60).withTemperature(0.3))));
      assertTrue(cold < own && own < 1.9 && own < hot, cold + " " + own + " " + hot);
    }
  }

  @Test
  void sample_whenTemperatureIsZero_thenEveryPixelIsTheLikeliest() {
    try (PixelCnnPipeline net = PixelCnnPipeline.open(Tiny.folder("pixelcnn"))) {
      PixelCnnRequest request =
          PixelCnnRequest.of(1, 2).withTemperature(0).withClassLabels(List.of(1));
      PictureBatch pictures = net.sample(request);
      assertArrayEquals(pictures.picture(0), pictures.picture(1));
      assertEquals(pictures, net.sample(new PixelCnnRequest(9, 2, List.of(1), 0)));
    }
  }

  @Test
  void complete_whenTopHalfIsGiven_thenItStaysAndTheRestIsDrawn() {
    try (PixelCnnPipeline net = PixelCnnPipeline.open(Tiny.folder("pixelcnn"))) {
      PixelCnnRequest request = PixelCnnRequest.of(5, 3);
      PictureBatch whole = net.sample(request);
      boolean[] known = new boolean[36];
      Arrays.fill(known, 0, 18, true);
      PictureBatch completed =
          net.complete(whole, known, request, Progress.NONE, CancellationToken.none());
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(
            Arrays.copyOf(whole.picture(i), 18), Arrays.copyOf(completed.picture(i), 18));
      }
      assertFalse(whole.equals(completed));
      Arrays.fill(known, true);
      assertEquals(
          whole, net.complete(whole, known, request, Progress.NONE, CancellationToken.none()));
    }
  }

  @Test
  void sample_whenMixtureOverRgb_thenChannelsAreDrawnTogether() {
    try (PixelCnnPipeline net = PixelCnnPipeline.open(Tiny.folder("pixelcnn-mixture"))) {
      PictureBatch pictures = net.sample(PixelCnnRequest.of(2, 4));
      assertEquals("PictureBatch[4, 3, 5, 5]", pictures.toString());
      assertEquals(pictures, net.sample(PixelCnnRequest.of(2, 4)));
      double bits = mean(net.bitsPerDimension(pictures));
      assertTrue(bits > 2 && bits < 10, "bits " + bits);
    }
  }

  @Test
  void sample_whenOnlyTheRowsThatMatterAreFed_thenTheSamePictures(@TempDir Path folder)
      throws IOException {
    Path model = Tiny.folder("pixelcnn");
    Files.copy(model.resolve("model.onnx"), folder.resolve("model.onnx"));
    String json = Files.readString(model.resolve("sampo.json"));
    Files.writeString(folder.resolve("sampo.json"), json.replace(",\n \"receptive_rows\": 2", ""));
    try (PixelCnnPipeline windowed = PixelCnnPipeline.open(model);
        PixelCnnPipeline all = PixelCnnPipeline.open(folder)) {
      assertEquals(windowed.sample(PixelCnnRequest.of(8, 5)), all.sample(PixelCnnRequest.of(8, 5)));
    }
  }

  @Test
  void sample_whenCancelled_thenStopsAtThePixel() {
    try (PixelCnnPipeline net = PixelCnnPipeline.open(Tiny.folder("pixelcnn"))) {
      CancellationToken token = new CancellationToken();
      long[] last = new long[1];
      Progress cancelAtTen =
          (done, total) -> {
            last[0] = done;
            if (done == 10) {
              token.cancel();
            }
          };
      assertThrows(
          CancelledException.class, () -> net.sample(PixelCnnRequest.of(0, 1), cancelAtTen, token));
      assertEquals(10, last[0]);
    }
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }
}
