package dev.sampo.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.Elbo;
import dev.sampo.samplers.latent.Interpolation;
import dev.sampo.samplers.random.TorchGenerator;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class VaePipelineTest {
  private static final String MODEL = "foreign-vae";

  @Test
  void encode_whenForeignNames_thenMeanAndLogvarOfPyTorch() {
    try (VaePipeline vae = VaePipeline.open(Tiny.folder(MODEL))) {
      VaePipeline.Posterior posterior = vae.encode(pictures(vae));
      assertArrayEquals(Tiny.floats(MODEL, "expected_mu"), Tiny.flat(posterior.mean()), 1e-5f);
      assertArrayEquals(
          Tiny.floats(MODEL, "expected_log_var"), Tiny.flat(posterior.logvar()), 1e-5f);
      assertArrayEquals(Tiny.floats(MODEL, "expected_z"), Tiny.flat(posterior.sample(11)), 1e-5f);
    }
  }

  @Test
  void reconstruct_whenPictures_thenThoseOfPyTorch() {
    try (VaePipeline vae = VaePipeline.open(Tiny.folder(MODEL))) {
      PictureBatch again = vae.reconstruct(pictures(vae));
      assertArrayEquals(Tiny.floats(MODEL, "expected_recon"), again.toArray(), 1e-5f);
    }
  }

  @Test
  void sample_whenTemperature_thenLatentsAreScaled() {
    try (VaePipeline vae = VaePipeline.open(Tiny.folder(MODEL))) {
      PictureResult result =
          vae.sample(PictureRequest.builder().seed(3).count(2).truncation(0.5).build());
      float[] noise = new float[8];
      new TorchGenerator(3).randn(noise);
      for (int i = 0; i < 8; i++) {
        noise[i] /= 2;
      }
      assertArrayEquals(noise, Tiny.flat(result.latents()));
      assertEquals(vae.decode(result.latents()), result.pictures());
    }
  }

  @Test
  void interpolate_whenTwoPictures_thenEndsAreTheirReconstructions() {
    try (VaePipeline vae = VaePipeline.open(Tiny.folder(MODEL))) {
      PictureBatch way = vae.interpolate(pictures(vae), 0, 2, 4, Interpolation.LINEAR);
      PictureBatch ends = vae.reconstruct(pictures(vae).select(0, 2));
      assertArrayEquals(ends.picture(0), way.picture(0), 1e-6f);
      assertArrayEquals(ends.picture(1), way.picture(3), 1e-6f);
    }
  }

  @Test
  void walk_whenOneDimension_thenOnePictureAStep() {
    try (VaePipeline vae = VaePipeline.open(Tiny.folder(MODEL))) {
      PictureBatch walk = vae.walk(new float[4], 2, -3, 3, 5);
      assertArrayEquals(vae.decode(new float[1][4]).toArray(), walk.picture(2), 1e-6f);
      assertEquals(5, walk.count());
    }
  }

  @Test
  void elbo_whenPictures_thenBothTermsAreThoseOfTheFormulas() {
    try (VaePipeline vae = VaePipeline.open(Tiny.folder(MODEL))) {
      PictureBatch x = pictures(vae);
      Elbo terms = vae.elbo(x, VaePipeline.Likelihood.BERNOULLI, 11).get(1);
      VaePipeline.Posterior posterior = vae.encode(x);
      PictureBatch y = vae.decode(posterior.sample(11));
      assertEquals(Elbo.bernoulli(x.picture(1), y.picture(1)), terms.reconstruction(), 1e-4);
      assertEquals(Elbo.kl(posterior.mean()[1], posterior.logvar()[1]), terms.kl(), 1e-6);
    }
  }

  @Test
  void inpaint_whenHalfIsKnown_thenKnownStaysAndTheRestIsFound() {
    try (VaePipeline vae = VaePipeline.open(Tiny.folder(MODEL))) {
      // a picture that the decoder can make
      PictureBatch whole = vae.decode(new float[][] {{0.8f, -1.1f, 0.3f, 1.4f}});
      boolean[] known = new boolean[64];
      Arrays.fill(known, 0, 40, true);
      PictureBatch filled = vae.inpaint(whole, known, SearchRequest.evolution().seed(1).build());
      assertArrayEquals(Arrays.copyOf(whole.picture(0), 40), Arrays.copyOf(filled.picture(0), 40));
      assertArrayEquals(whole.picture(0), filled.picture(0), 0.02f);
    }
  }

  @Test
  void evolve_whenPictureOfTheDecoder_thenItsLatentIsFound() {
    try (VaePipeline vae = VaePipeline.open(Tiny.folder(MODEL))) {
      float[] wanted = {0.8f, -1.1f, 0.3f, 1.4f};
      float[] target = vae.decode(new float[][] {wanted}).picture(0);
      LatentSearch.Result found =
          LatentSearch.evolve(
              new float[4],
              LatentSearch.meanSquaredError(vae::decode, target),
              SearchRequest.evolution().targetLoss(1e-9).seed(2).build());
      assertEquals(LatentSearch.Ended.TARGET, found.ended());
      assertArrayEquals(wanted, found.latent(), 0.01f);
    }
  }

  @Test
  void descend_whenGradientGraph_thenTheLatentIsFound() {
    try (VaePipeline vae = VaePipeline.open(Tiny.folder(MODEL));
        GradientGraph gradient =
            GradientGraph.load(
                Tiny.folder(MODEL).resolve("gradient.onnx"), SessionConfig.defaults())) {
      float[] wanted = {0.8f, -1.1f, 0.3f, 1.4f};
      float[] target = vae.decode(new float[][] {wanted}).picture(0);
      gradient.bind("target", target, 1, 1, 8, 8);
      LatentSearch.Result found =
          LatentSearch.descend(
              new float[4],
              gradient,
              SearchRequest.gradient().maxEvaluations(500).targetLoss(1e-7).sigma(0.1).build());
      assertTrue(found.loss() < 1e-5, "loss " + found.loss());
      assertArrayEquals(wanted, found.latent(), 0.1f);
    }
  }

  @Test
  void evolve_whenCancelled_thenTheBestSoFarIsGiven() {
    CancellationToken token = new CancellationToken();
    LatentSearch.Losses losses =
        latents -> Arrays.stream(latents).mapToDouble(z -> (z[0] - 1) * (z[0] - 1)).toArray();
    SearchRequest request =
        SearchRequest.evolution()
            .seed(0)
            .progress(step -> token.cancel())
            .cancellation(token)
            .build();
    CancelledException e =
        assertThrows(
            CancelledException.class, () -> LatentSearch.evolve(new float[3], losses, request));
    LatentSearch.Result result = Objects.requireNonNull(e.partial(LatentSearch.Result.class));
    assertEquals(LatentSearch.Ended.CANCELLED, result.ended());
    assertTrue(result.loss() < 1 && result.evaluations() < 20);
  }

  @Test
  void maskedError_whenMaskDoesNotFit_thenError() {
    RequestException e =
        assertThrows(
            RequestException.class,
            () ->
                LatentSearch.maskedError(
                    z -> {
                      throw new AssertionError();
                    },
                    new float[64],
                    new boolean[60]));
    assertEquals(
        "A mask of 60 pixels, of which 0 are known, does not fit a picture of 64 values.",
        e.getMessage());
  }

  private static PictureBatch pictures(VaePipeline vae) {
    return PictureBatch.of(3, 8, 8, vae.image(), Tiny.floats(MODEL, "x"));
  }
}
