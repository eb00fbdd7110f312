package dev.sampo.cli.quality;

import dev.sampo.Model;
import dev.sampo.Progress;
import dev.sampo.Sampo;
import dev.sampo.error.RequestException;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.AutoencoderPipeline;
import dev.sampo.picture.GanPipeline;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.PictureModel;
import dev.sampo.picture.PictureRequest;
import dev.sampo.picture.PictureResult;
import dev.sampo.picture.PixelCnnPipeline;
import dev.sampo.picture.StyleGanPipeline;
import dev.sampo.picture.VaePipeline;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.latent.AnomalyThreshold;
import dev.sampo.samplers.latent.Elbo;
import dev.sampo.sound.WaveNetPipeline;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Measures the models that ship: digits by a judge and by their variety, texts by their bits a character, translations by how many are
 * exactly right, sounds by their pitch. Names and definitions are those of the model cards.
 *
 * <pre>{@code
 * ModelQuality quality = new ModelQuality(judgeFolder);
 * Map<String, Double> figures = quality.measure(modelFolder, Settings.DEFAULT, Progress.NONE, token);
 * }</pre>
 *
 * <p>A generator of digits that is not opened here (a diffusion model) is measured by {@link #ofDigits}.
 */
public final class ModelQuality {
  private static final Set<Family> KNOWN =
      Set.of(
          Family.GAN,
          Family.STYLEGAN,
          Family.VAE,
          Family.AUTOENCODER,
          Family.PIXELCNN,
          Family.WAVENET,
          Family.RNN_LM,
          Family.DECODER_ONLY,
          Family.ATTENTION_SEQ2SEQ);
  private static final String[] NON_DIGITS = {"letters", "shapes", "scrambled", "smooth_noise"};

  private final KeptBack keptBack;

  /**
   * A measurer.
   *
   * @param judgeFolder {@code exporter-specs/src/test/resources/judge} of the project
   */
  public ModelQuality(Path judgeFolder) {
    this.keptBack = new KeptBack(judgeFolder);
  }

  /**
   * How thoroughly to measure.
   *
   * @param samples pictures that are drawn, sample i of class i modulo 10; a PixelCNN draws a tenth. The cards state figures for 1,000
   * @param seed of the draws
   */
  public record Settings(int samples, long seed) {
    /** As the model cards: 1,000 samples from seed 0. */
    public static final Settings DEFAULT = new Settings(1000, 0);

    /** Checks the numbers. */
    public Settings {
      if (samples < 20) {
        throw new RequestException(
            "samples", "At least 20 samples are needed, got " + samples + ".");
      }
    }
  }

  /** Whether {@link #measure} knows what to measure of a family. */
  public static boolean measures(Family family) {
    return KNOWN.contains(family);
  }

  /**
   * Measures a model.
   *
   * @param progress counts samples, texts or pictures
   * @return figures by their names in the model card
   * @throws IOException when the kept-back data cannot be read
   * @throws RequestException when the family is not measured; see {@link #measures}
   */
  public Map<String, Double> measure(
      Path model, Settings settings, Progress<Progress.Count> progress, CancellationToken token)
      throws IOException {
    ModelFolder folder = ModelFolder.open(model);
    try (Model net = Sampo.open(folder, SessionConfig.defaults())) {
      if (net instanceof GanPipeline || net instanceof StyleGanPipeline) {
        PictureResult drawn =
            ((PictureModel) net).sample(request(settings, settings.samples(), progress, token));
        return ofDigits(drawn.pictures(), drawn.labels());
      }
      if (net instanceof VaePipeline vae) {
        return vae(vae, settings);
      }
      if (net instanceof AutoencoderPipeline autoencoder) {
        return autoencoder(autoencoder);
      }
      if (net instanceof PixelCnnPipeline pixels) {
        int count = Math.max(20, settings.samples() / 10);
        return pixelCnn(pixels, request(settings, count, progress, token));
      }
      if (net instanceof WaveNetPipeline waveNet) {
        return SoundQuality.measure(waveNet, folder, progress, token);
      }
      if (net instanceof TextGenerator text) {
        return new TextQuality(keptBack, text, folder).measure(progress, token);
      }
      throw new RequestException(
          "model", "Models of family '" + folder.family() + "' are not measured here.");
    }
  }

  private static PictureRequest request(
      Settings settings, int count, Progress<Progress.Count> progress, CancellationToken token) {
    return PictureRequest.builder()
        .seed(settings.seed())
        .count(count)
        .progress(progress)
        .cancellation(token)
        .build();
  }

  /**
   * {@code judged_right} and {@code diversity_to_real} of pictures of digits.
   *
   * @param labels what each was asked to show
   */
  public Map<String, Double> ofDigits(PictureBatch pictures, long[] labels) throws IOException {
    Map<String, Double> figures = new LinkedHashMap<>();
    try (DigitJudge judge = DigitJudge.load(keptBack.judge())) {
      figures.put("judged_right", judge.judgedRight(pictures, labels));
    }
    double real = DigitJudge.diversity(keptBack.digits(pictures.format()), keptBack.digitLabels());
    figures.put("diversity_to_real", DigitJudge.diversity(pictures, labels) / real);
    return figures;
  }

  private Map<String, Double> vae(VaePipeline vae, Settings settings) throws IOException {
    Map<String, Double> figures = new LinkedHashMap<>();
    try (DigitJudge judge = DigitJudge.load(keptBack.judge())) {
      PictureBatch digits = keptBack.digits(vae.image());
      List<Elbo> terms = vae.elbo(digits, VaePipeline.Likelihood.BERNOULLI, settings.seed());
      figures.put("elbo_nats", terms.stream().mapToDouble(Elbo::elbo).average().orElse(0));
      figures.put("kl_nats", terms.stream().mapToDouble(Elbo::kl).average().orElse(0));
      PictureBatch again = vae.reconstruct(digits);
      figures.put("reconstruction_mse", mean(squaredErrors(digits, again)));
      figures.put("reconstruction_judged_right", judge.judgedRight(again, keptBack.digitLabels()));
    }
    return figures;
  }

  private Map<String, Double> autoencoder(AutoencoderPipeline net) throws IOException {
    Map<String, Double> figures = new LinkedHashMap<>();
    PictureBatch digits = keptBack.digits(net.image());
    PictureBatch others = keptBack.nonDigits(net.image());
    double[] normal = squaredErrors(digits, net.reconstruct(digits));
    double[] odd = squaredErrors(others, net.reconstruct(others));
    figures.put("auroc_digits_vs_non_digits", AnomalyThreshold.auroc(normal, odd));
    int each = odd.length / NON_DIGITS.length;
    for (int i = 0; i < NON_DIGITS.length; i++) {
      double[] kind = Arrays.copyOfRange(odd, i * each, (i + 1) * each);
      figures.put("auroc_" + NON_DIGITS[i], AnomalyThreshold.auroc(normal, kind));
    }
    figures.put("reconstruction_mse", mean(normal));
    return figures;
  }

  private Map<String, Double> pixelCnn(PixelCnnPipeline net, PictureRequest request)
      throws IOException {
    List<Integer> labels = Arrays.stream(keptBack.digitLabels()).mapToObj(l -> (int) l).toList();
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("bits_per_dim", mean(net.bitsPerDimension(keptBack.digits(net.image()), labels)));
    PictureResult drawn = net.sample(request);
    figures.putAll(ofDigits(drawn.pictures(), drawn.labels()));
    return figures;
  }

  /** The mean squared error of each picture, pixels mapped to 0..1. */
  private static double[] squaredErrors(PictureBatch a, PictureBatch b) {
    double[] errors = new double[a.count()];
    for (int i = 0; i < errors.length; i++) {
      float[] x = a.unitPicture(i);
      float[] y = b.unitPicture(i);
      double sum = 0;
      for (int k = 0; k < x.length; k++) {
        sum += ((double) x[k] - y[k]) * ((double) x[k] - y[k]);
      }
      errors[i] = sum / x.length;
    }
    return errors;
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(0);
  }
}
