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
import java.util.Objects;
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
      PictureBatch first = net.sample(PictureRequest.of(3, 6)).pictures();
      assertEquals(first, net.sample(PictureRequest.of(3, 6)).pictures());
      assertFalse(first.equals(net.sample(PictureRequest.of(4, 6)).pictures()));
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
      double own = mean(net.bitsPerDimension(net.sample(PictureRequest.of(1, 60)).pictures()));
      double hot =
          mean(
              net.bitsPerDimension(
                  net.sample(PictureRequest.of(1, 60).toBuilder().truncation(3d).build())
                      .pictures()));
      double cold =
          mean(
              net.bitsPerDimension(
                  net.sample(PictureRequest.of(1, 60).toBuilder().truncation(0.3d).build())
                      .pictures()));
      assertTrue(cold < own && own < 1.9 && own < hot, cold + " " + own + " " + hot);
    }
  }

  @Test
  void sample_whenTemperatureIsZero_thenEveryPixelIsTheLikeliest() {
    try (PixelCnnPipeline net = PixelCnnPipeline.open(Tiny.folder("pixelcnn"))) {
      PictureRequest request =
          PictureRequest.builder().seed(1).count(2).truncation(0d).classLabel(1).build();
      PictureBatch pictures = net.sample(request).pictures();
      assertArrayEquals(pictures.picture(0), pictures.picture(1));
      assertEquals(pictures, net.sample(request.toBuilder().seed(9).build()).pictures());
    }
  }

  @Test
  void complete_whenTopHalfIsGiven_thenItStaysAndTheRestIsDrawn() {
    try (PixelCnnPipeline net = PixelCnnPipeline.open(Tiny.folder("pixelcnn"))) {
      PictureRequest request = PictureRequest.of(5, 3);
      PictureBatch whole = net.sample(request).pictures();
      boolean[] known = new boolean[36];
      Arrays.fill(known, 0, 18, true);
      PictureBatch completed = net.complete(whole, known, request).pictures();
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(
            Arrays.copyOf(whole.picture(i), 18), Arrays.copyOf(completed.picture(i), 18));
      }
      assertFalse(whole.equals(completed));
      Arrays.fill(known, true);
      assertEquals(whole, net.complete(whole, known, request).pictures());
    }
  }

  @Test
  void sample_whenMixtureOverRgb_thenChannelsAreDrawnTogether() {
    try (PixelCnnPipeline net = PixelCnnPipeline.open(Tiny.folder("pixelcnn-mixture"))) {
      PictureBatch pictures = net.sample(PictureRequest.of(2, 4)).pictures();
      assertEquals("PictureBatch[4, 3, 5, 5]", pictures.toString());
      assertEquals(pictures, net.sample(PictureRequest.of(2, 4)).pictures());
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
      assertEquals(
          windowed.sample(PictureRequest.of(8, 5)).pictures(),
          all.sample(PictureRequest.of(8, 5)).pictures());
    }
  }

  @Test
  void sample_whenCancelled_thenStopsAtThePixel() {
    try (PixelCnnPipeline net = PixelCnnPipeline.open(Tiny.folder("pixelcnn"))) {
      CancellationToken token = new CancellationToken();
      long[] last = new long[1];
      PictureRequest request =
          PictureRequest.builder()
              .seed(0)
              .cancellation(token)
              .progress(
                  step -> {
                    last[0] = step.done();
                    if (step.done() == 10) {
                      token.cancel();
                    }
                  })
              .build();
      CancelledException e = assertThrows(CancelledException.class, () -> net.sample(request));
      assertEquals(10, last[0]);
      PictureBatch whole = net.sample(PictureRequest.of(0, 1)).pictures();
      PictureBatch drawn = Objects.requireNonNull(e.partial(PictureResult.class)).pictures();
      assertArrayEquals(Arrays.copyOf(whole.picture(0), 10), Arrays.copyOf(drawn.picture(0), 10));
    }
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }
}
