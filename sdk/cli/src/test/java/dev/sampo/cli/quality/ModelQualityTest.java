package dev.sampo.cli.quality;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.specs.ImageFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelQualityTest {
  private static final Path HOME = Path.of(System.getProperty("sampo.home", "../.."));
  private static final Path JUDGE = HOME.resolve("exporter-specs/src/test/resources/judge");
  private static final ImageFormat UNIT = new ImageFormat(1, 28, 28, 0, 1);

  private final ModelQuality quality = new ModelQuality(JUDGE);

  @Test
  void ofDigits_whenRealDigits_thenNearlyAllRightAndAsVariedAsThemselves() throws IOException {
    KeptBack keptBack = new KeptBack(JUDGE);
    Map<String, Double> figures = quality.ofDigits(keptBack.digits(UNIT), keptBack.digitLabels());
    assertTrue(figures.get("judged_right") >= 0.98, figures.toString());
    assertEquals(1, figures.get("diversity_to_real"), 1e-12);
  }

  @Test
  void measure_whenGan_thenTheFiguresOfTheIssue() throws IOException {
    Map<String, Double> figures = measure("digits-gan", 300);
    assertTrue(figures.get("judged_right") >= 0.95, figures.toString());
    assertTrue(figures.get("diversity_to_real") >= 0.8, figures.toString());
  }

  @Test
  void measure_whenAutoencoder_thenNonDigitsStandOut() throws IOException {
    Map<String, Double> figures = measure("digits-autoencoder", 20);
    assertTrue(figures.get("auroc_digits_vs_non_digits") >= 0.95, figures.toString());
  }

  @Test
  void measure_whenVae_thenReconstructionsAreLegible() throws IOException {
    Map<String, Double> figures = measure("digits-vae", 20);
    assertTrue(figures.get("reconstruction_judged_right") >= 0.9, figures.toString());
    assertTrue(figures.get("elbo_nats") > -115, figures.toString());
  }

  @Test
  void measure_whenTunes_thenBarsAddUpByTheGrammar() throws IOException {
    Map<String, Double> figures = measure("tunes-lstm", 20);
    assertEquals(1, figures.get("bars_add_up_with_grammar"));
    assertTrue(figures.get("bars_add_up") >= 0.95, figures.toString());
  }

  @Test
  void diversity_whenTwoPicturesAClass_thenTheirDistance() {
    float[] pixels = {0, 0, 3, 4, 1, 1, 1, 2};
    PictureBatch pictures = PictureBatch.of(4, 1, 2, new ImageFormat(1, 1, 2, 0, 5), pixels);
    // class 0: (0, 0) and (.6, .8); class 1: (.2, .2) and (.2, .4)
    double diversity = DigitJudge.diversity(pictures, new long[] {0, 0, 1, 1});
    assertEquals((1 + 0.2) / 2, diversity, 1e-6);
  }

  @Test
  void fundamentalHz_whenAHarmonicTone_thenItsPitch() {
    float[] tone = new float[3200];
    for (int i = 0; i < tone.length; i++) {
      double t = i / 8000.0;
      tone[i] =
          (float) (Math.sin(2 * Math.PI * 196 * t) * 0.5 + Math.sin(2 * Math.PI * 392 * t) * 0.3);
    }
    assertEquals(196, SoundQuality.fundamentalHz(tone, 8000), 0.5);
  }

  @Test
  void settings_whenTooFewSamples_thenError() {
    RequestException e =
        assertThrows(RequestException.class, () -> new ModelQuality.Settings(10, 0));
    assertEquals("At least 20 samples are needed, got 10.", e.getMessage());
  }

  private Map<String, Double> measure(String model, int samples) throws IOException {
    return quality.measure(
        HOME.resolve("exporter-specs/models").resolve(model),
        new ModelQuality.Settings(samples, 0),
        step -> {},
        CancellationToken.none());
  }
}
