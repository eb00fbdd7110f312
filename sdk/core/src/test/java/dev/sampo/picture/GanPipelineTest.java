package dev.sampo.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.latent.Interpolation;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GanPipelineTest {
  @Test
  void sample_whenForeignNamesAndZOf100_thenThePicturesOfPyTorch() {
    try (GanPipeline gan = GanPipeline.open(Tiny.folder("mlp-gan"))) {
      PictureResult result = gan.sample(PictureRequest.builder().seed(42).count(3).build());
      assertEquals("PictureBatch[3, 1, 8, 8]", result.pictures().toString());
      assertArrayEquals(Tiny.floats("mlp-gan", "expected"), result.pictures().toArray(), 1e-5f);
      assertArrayEquals(
          Tiny.floats("mlp-gan", "expected_score"), gan.score(result.pictures(), List.of()), 1e-5f);
    }
  }

  @Test
  void sample_whenFixedBatchUniformNoiseAndClasses_thenThePicturesOfPyTorch() {
    try (GanPipeline gan = GanPipeline.open(Tiny.folder("conv-gan"))) {
      PictureResult result = gan.sample(PictureRequest.builder().seed(5).count(6).build());
      assertArrayEquals(new long[] {0, 1, 2, 0, 1, 2}, result.labels());
      assertArrayEquals(Tiny.floats("conv-gan", "expected"), result.pictures().toArray(), 1e-5f);
    }
  }

  @Test
  void sample_whenOversampled_thenTheHighestScoresAreKept() {
    try (GanPipeline gan = GanPipeline.open(Tiny.folder("mlp-gan"))) {
      PictureResult all = gan.sample(PictureRequest.builder().seed(1).count(12).build());
      float[] scores = gan.score(all.pictures(), List.of());
      PictureResult best =
          gan.sample(PictureRequest.builder().seed(1).count(3).oversample(4).build());
      for (int i = 0; i < 3; i++) {
        float max = Float.NEGATIVE_INFINITY;
        for (int k = 0; k < 4; k++) {
          max = Math.max(max, scores[4 * i + k]);
        }
        assertEquals(max, best.scores()[i], 1e-6f);
      }
      assertEquals(best.pictures(), gan.decode(best.latents(), List.of()));
    }
  }

  @Test
  void sample_whenTruncated_thenLatentsLieWithinTheBound() {
    try (GanPipeline gan = GanPipeline.open(Tiny.folder("mlp-gan"))) {
      PictureRequest request = PictureRequest.builder().seed(3).count(20).truncation(0.4).build();
      for (float[] z : gan.sample(request).latents()) {
        for (float v : z) {
          assertTrue(Math.abs(v) <= 0.8f);
        }
      }
    }
  }

  @Test
  void sample_whenSameSeed_thenSameBytesAndOtherSeedOthers() {
    try (GanPipeline gan = GanPipeline.open(Tiny.folder("mlp-gan"))) {
      PictureRequest request = PictureRequest.builder().seed(3).count(100).build();
      PictureBatch first = gan.sample(request).pictures();
      assertEquals(first, gan.sample(request).pictures());
      PictureRequest other = PictureRequest.builder().seed(4).count(100).build();
      assertFalse(first.equals(gan.sample(other).pictures()));
    }
  }

  @Test
  void interpolate_whenFive_thenEndsAreThePicturesOfTheLatents() {
    try (GanPipeline gan = GanPipeline.open(Tiny.folder("mlp-gan"))) {
      float[][] z = gan.latents(PictureRequest.builder().seed(3).count(2).build());
      PictureBatch way = gan.interpolate(z[0], z[1], 5, Interpolation.SPHERICAL, List.of());
      PictureBatch ends = gan.decode(z, List.of());
      assertArrayEquals(ends.picture(0), way.picture(0), 1e-6f);
      assertArrayEquals(ends.picture(1), way.picture(4), 1e-6f);
    }
  }

  @Test
  void sample_whenCancelled_thenStops() {
    try (GanPipeline gan = GanPipeline.open(Tiny.folder("mlp-gan"))) {
      CancellationToken token = new CancellationToken();
      List<Long> seen = new ArrayList<>();
      PictureRequest request =
          PictureRequest.builder()
              .seed(5)
              .count(1000)
              .cancellation(token)
              .progress(
                  step -> {
                    seen.add(step.done());
                    token.cancel();
                  })
              .build();
      CancelledException e = assertThrows(CancelledException.class, () -> gan.sample(request));
      assertEquals(List.of(64L), seen);
      PictureResult done = Objects.requireNonNull(e.partial(PictureResult.class));
      assertEquals(64, done.pictures().count());
      assertArrayEquals(gan.decode(done.latents()).toArray(), done.pictures().toArray());
    }
  }

  @Test
  void sample_whenNoSeed_thenTheOneThatWasDrawnGivesTheSame() {
    try (GanPipeline gan = GanPipeline.open(Tiny.folder("mlp-gan"))) {
      PictureResult drawn = gan.sample(PictureRequest.builder().count(2).build());
      assertEquals(drawn.pictures(), gan.sample(PictureRequest.of(drawn.seed(), 2)).pictures());
      assertTrue(
          drawn.seed() != gan.sample(PictureRequest.builder().build()).seed(),
          "two draws of 2^32 are the same");
    }
  }

  @Test
  void sample_whenOptionOfAnotherFamily_thenErrorNamesIt() {
    try (GanPipeline gan = GanPipeline.open(Tiny.folder("mlp-gan"))) {
      RequestException e =
          assertThrows(
              RequestException.class,
              () -> gan.sample(PictureRequest.builder().mix(1, 0, 2).build()));
      assertEquals("mix", e.option());
      assertEquals(
          "count",
          assertThrows(RequestException.class, () -> PictureRequest.builder().count(0).build())
              .option());
    }
  }

  @Test
  void sample_whenLabelsDoNotFit_thenErrorSaysHow() {
    try (GanPipeline plain = GanPipeline.open(Tiny.folder("mlp-gan"));
        GanPipeline classes = GanPipeline.open(Tiny.folder("conv-gan"))) {
      assertEquals(
          "mlp-gan has no classes: leave the class labels out.",
          message(() -> plain.sample(PictureRequest.builder().classLabel(1).build())));
      assertEquals(
          "There is no class 3 in conv-gan; wanted 0 to 2.",
          message(() -> classes.sample(PictureRequest.builder().classLabel(3).build())));
      assertEquals(
          "Got 2 class labels for 3 results; give one or all.",
          message(
              () ->
                  classes.sample(
                      PictureRequest.builder().count(3).classLabels(List.of(1, 2)).build())));
      assertEquals(
          "mlp-gan wants latents of 100 values, got 64.",
          message(() -> plain.decode(new float[1][64], List.of())));
    }
  }

  @Test
  void open_whenAnotherFamily_thenErrorNamesBoth() {
    RuntimeException e =
        assertThrows(RuntimeException.class, () -> GanPipeline.open(Tiny.folder("foreign-vae")));
    assertTrue(
        e.getMessage().contains("'vae'") && e.getMessage().contains("'gan'"), e.getMessage());
  }

  private static String message(Runnable call) {
    return assertThrows(RequestException.class, call::run).getMessage();
  }
}
