package dev.sampo.cli.quality;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.latent.Quantiles;
import dev.sampo.sound.SoundBatch;
import dev.sampo.sound.WaveNetPipeline;
import dev.sampo.sound.WaveNetRequest;
import java.util.LinkedHashMap;
import java.util.Map;

/** How well a WaveNet of tones keeps the pitch of each class. */
final class SoundQuality {
  private static final int TONES = 24;
  private static final int SAMPLES = 3200;
  private static final double TEMPERATURE = 0.8;
  private static final int ATTACK_SAMPLES = 400;
  private static final int LOWEST_HZ = 100;
  private static final int HIGHEST_HZ = 300;

  private SoundQuality() {}

  static Map<String, Double> measure(
      WaveNetPipeline net,
      ModelFolder folder,
      Progress<Progress.Count> progress,
      CancellationToken token) {
    float[] wanted =
        folder.sampoJson() == null
            ? new float[0]
            : folder.sampoJson().properties().numbers("frequencies_hz");
    if (wanted.length == 0) {
      throw new RequestException(
          "frequencies_hz",
          "The sampo.json of " + net.name() + " states no frequencies_hz to measure against.");
    }
    WaveNetRequest request =
        WaveNetRequest.builder()
            .seed(1)
            .count(TONES)
            .numSamples(SAMPLES)
            .temperature(TEMPERATURE)
            .progress(progress)
            .cancellation(token)
            .build();
    SoundBatch sounds = net.sample(request);
    double[] cents = new double[TONES];
    int near = 0;
    for (int i = 0; i < TONES; i++) {
      double hz = fundamentalHz(sounds.samples()[i], sounds.sampleRateHz());
      cents[i] = Math.abs(1200 * Math.log(hz / wanted[(int) sounds.labels()[i]]) / Math.log(2));
      near += cents[i] < 30 ? 1 : 0;
    }
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("pitch_within_30_cents_percent", 100.0 * near / TONES);
    figures.put("median_pitch_error_cents", Quantiles.of(cents, 0.5));
    return figures;
  }

  /** The first high peak of the normalised autocorrelation between 100 and 300 Hz, refined by a parabola. */
  static double fundamentalHz(float[] samples, int sampleRateHz) {
    int n = samples.length - ATTACK_SAMPLES;
    double mean = 0;
    for (int i = 0; i < n; i++) {
      mean += samples[ATTACK_SAMPLES + i] / n;
    }
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = samples[ATTACK_SAMPLES + i] - mean;
    }
    int first = sampleRateHz / HIGHEST_HZ - 1;
    double[] r = new double[sampleRateHz / LOWEST_HZ + 2 - first];
    double max = 0;
    for (int k = 0; k < r.length; k++) {
      r[k] = correlation(x, first + k);
      max = Math.max(max, r[k]);
    }
    int peak = peak(r, max);
    double a = r[peak - 1];
    double c = r[peak + 1];
    double shift = 0.5 * (a - c) / (a - 2 * r[peak] + c - 1e-12);
    return sampleRateHz / (first + peak + shift);
  }

  private static int peak(double[] r, double max) {
    int best = 1;
    for (int k = 1; k < r.length - 1; k++) {
      if (r[k - 1] < r[k] && r[k] >= r[k + 1] && r[k] > 0.9 * max) {
        return k;
      }
      best = r[k] > r[best] ? k : best;
    }
    return best;
  }

  private static double correlation(double[] x, int lag) {
    double sum = 0;
    double early = 0;
    double late = 0;
    for (int i = lag; i < x.length; i++) {
      sum += x[i] * x[i - lag];
      late += x[i] * x[i];
      early += x[i - lag] * x[i - lag];
    }
    return sum / Math.sqrt(late * early + 1e-12);
  }
}
