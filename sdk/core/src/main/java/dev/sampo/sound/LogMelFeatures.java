package dev.sampo.sound;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Sizes;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;

/**
 * Log-mel frames of speech, what Whisper's encoder reads: short-time spectra (periodic Hann window, frames centred, the ends mirrored), squared,
 * summed under triangles on Slaney's mel scale of equal area, logarithm to base 10, cut at 8 below the largest, (x + 4) / 4. Radford et al. 2022,
 * arXiv:2212.04356, section 2.2, in the numbers of transformers' {@code WhisperFeatureExtractor}. Immutable.
 *
 * <pre>{@code
 * try (Tensor features = LogMelFeatures.load(folder).of(Wav.read(file))) {
 *   generator.generate(GenerationRequest.builder().inputFeatures(features).build());
 * }
 * }</pre>
 */
public final class LogMelFeatures {
  /** A chunk of an hour at 16 kHz, and some. */
  private static final int MOST_SAMPLES = 1 << 26;

  private final int sampleRateHz;
  private final int hop;
  private final int window;
  private final int mels;
  private final int chunkSamples;
  private final double[] hann;
  private final double[][] filters;
  private final double[] cosines;
  private final double[] sines;

  private LogMelFeatures(JsonNode config, Path file) {
    sampleRateHz = Sizes.stated(config, file, "sampling_rate", 16_000, 1_000_000);
    hop = Sizes.stated(config, file, "hop_length", 160, MOST_SAMPLES);
    window = Sizes.stated(config, file, "n_fft", 400, 16_384);
    mels = Sizes.stated(config, file, "feature_size", 80, 4096);
    int seconds = Sizes.stated(config, file, "chunk_length", 30, 3600);
    long usual = Math.min(MOST_SAMPLES, (long) seconds * sampleRateHz);
    chunkSamples = Sizes.stated(config, file, "n_samples", (int) usual, MOST_SAMPLES);
    hann = new double[window];
    cosines = new double[window];
    sines = new double[window];
    for (int i = 0; i < window; i++) {
      double angle = 2 * Math.PI * i / window;
      hann[i] = 0.5 - 0.5 * Math.cos(angle);
      cosines[i] = Math.cos(angle);
      sines[i] = Math.sin(angle);
    }
    filters = melFilters();
  }

  /** The numbers of a {@code preprocessor_config.json}; Whisper's own where it does not say. */
  public static LogMelFeatures of(JsonNode preprocessorConfig) {
    return new LogMelFeatures(preprocessorConfig, Paths.get("preprocessor_config.json"));
  }

  /** The numbers of a model folder: of {@code processor_config.json} (transformers 5), else of {@code preprocessor_config.json}. */
  public static LogMelFeatures load(ModelFolder folder) {
    JsonNode processor = folder.jsonOrEmpty("processor_config.json").path("feature_extractor");
    return processor.isObject()
        ? new LogMelFeatures(processor, folder.root().resolve("processor_config.json"))
        : new LogMelFeatures(
            folder.jsonOrEmpty("preprocessor_config.json"),
            folder.root().resolve("preprocessor_config.json"));
  }

  /** Samples a second that {@link #of(float[])} expects. */
  public int sampleRateHz() {
    return sampleRateHz;
  }

  /**
   * The frames of a sound.
   *
   * @throws RequestException if it has another sample rate
   */
  public Tensor of(Wav sound) {
    return of(samples(sound));
  }

  private float[] samples(Wav sound) {
    if (sound.sampleRateHz() != sampleRateHz) {
      throw new RequestException(
          null,
          "The sound has "
              + sound.sampleRateHz()
              + " samples a second, the model wants "
              + sampleRateHz
              + ". Convert it, with ffmpeg -i in.wav -ar "
              + sampleRateHz
              + " -ac 1 out.wav for one.");
    }
    return sound.samples();
  }

  /**
   * The frames of a sound, cut into pieces of the length that the model reads (30 seconds), the last filled up with silence; each piece is on its own. For
   * speech that goes on over pieces see {@link #whole(float[])}.
   *
   * @param samples from -1 to 1, at {@link #sampleRateHz()}
   * @return {@code [pieces, mels, frames]}; the caller closes it
   */
  public Tensor of(float[] samples) {
    int pieces = Math.max(1, (samples.length + chunkSamples - 1) / chunkSamples);
    int frames = chunkSamples / hop;
    float[] all = new float[pieces * mels * frames];
    for (int p = 0; p < pieces; p++) {
      int from = p * chunkSamples;
      int to = Math.min(samples.length, from + chunkSamples);
      float[] piece =
          Arrays.copyOf(Arrays.copyOfRange(samples, Math.min(from, to), to), chunkSamples);
      logMel(piece, frames, all, p * mels * frames);
    }
    return Tensor.ofFloats(Shape.of(pieces, mels, frames), all);
  }

  /** Samples of the length that the model reads at once: 30 seconds for Whisper. */
  public int chunkSamples() {
    return chunkSamples;
  }

  /**
   * The frames of a whole sound of any length, cut at 8 below the largest of all of it: what {@link dev.sampo.text.WhisperLongForm} goes over in windows. transformers'
   * extractor with {@code truncation=False, padding="longest"}; a sound of up to {@link #chunkSamples()} is filled up with silence, as by {@link #of(float[])}.
   *
   * @param samples from -1 to 1, at {@link #sampleRateHz()}
   * @return {@code [1, mels, frames]}, one frame each hop (10 ms); the caller closes it
   */
  public Tensor whole(float[] samples) {
    if (samples.length <= chunkSamples) {
      return of(samples);
    }
    int frames = samples.length / hop;
    float[] all = new float[Math.multiplyExact(mels, frames)];
    logMel(samples, frames, all, 0);
    return Tensor.ofFloats(Shape.of(1, mels, frames), all);
  }

  /**
   * {@link #whole(float[])} of a sound.
   *
   * @throws RequestException if it has another sample rate
   */
  public Tensor whole(Wav sound) {
    return whole(samples(sound));
  }

  private void logMel(float[] piece, int frames, float[] target, int offset) {
    double[] power = new double[window / 2 + 1];
    double[] real = new double[window];
    double largest = Double.NEGATIVE_INFINITY;
    double[] logs = new double[mels * frames];
    for (int t = 0; t < frames; t++) {
      for (int i = 0; i < window; i++) {
        real[i] = hann[i] * piece[mirrored(t * hop + i - window / 2, piece.length)];
      }
      power(real, power);
      for (int m = 0; m < mels; m++) {
        double sum = 0;
        for (int k = 0; k < power.length; k++) {
          sum += filters[m][k] * power[k];
        }
        double log = Math.log10(Math.max(sum, 1e-10));
        logs[m * frames + t] = log;
        largest = Math.max(largest, log);
      }
    }
    for (int i = 0; i < logs.length; i++) {
      target[offset + i] = (float) ((Math.max(logs[i], largest - 8) + 4) / 4);
    }
  }

  private static int mirrored(int at, int length) {
    int i = Math.abs(at);
    return i < length ? i : 2 * (length - 1) - i;
  }

  private void power(double[] samples, double[] power) {
    double[] re = samples.clone();
    double[] im = new double[window];
    transform(re, im, 0, 1, window, new double[window], new double[window]);
    for (int k = 0; k < power.length; k++) {
      power[k] = re[k] * re[k] + im[k] * im[k];
    }
  }

  /**
   * Fourier transform of the elements {@code start, start + step, ...}, left in the first {@code n} places of the result: Cooley and Tukey 1965, for any
   * factors. X[k] = sum over r of W^(r k) X_r[k mod n/p], where X_r is the transform of every p-th element from r on.
   */
  private void transform(
      double[] re, double[] im, int start, int step, int n, double[] outRe, double[] outIm) {
    int p = smallestFactor(n);
    int m = n / p;
    double[] partRe = new double[n];
    double[] partIm = new double[n];
    if (m == 1) {
      for (int r = 0; r < p; r++) {
        partRe[r] = re[start + r * step];
        partIm[r] = im[start + r * step];
      }
    } else {
      double[] smallRe = new double[m];
      double[] smallIm = new double[m];
      for (int r = 0; r < p; r++) {
        transform(re, im, start + r * step, step * p, m, smallRe, smallIm);
        System.arraycopy(smallRe, 0, partRe, r * m, m);
        System.arraycopy(smallIm, 0, partIm, r * m, m);
      }
    }
    for (int k = 0; k < n; k++) {
      double sumRe = 0;
      double sumIm = 0;
      for (int r = 0; r < p; r++) {
        int w = (int) ((long) r * k % n * (window / n) % window);
        double c = cosines[w];
        double s = -sines[w];
        int at = r * m + k % m;
        sumRe += c * partRe[at] - s * partIm[at];
        sumIm += c * partIm[at] + s * partRe[at];
      }
      outRe[k] = sumRe;
      outIm[k] = sumIm;
    }
    if (n == window) {
      System.arraycopy(outRe, 0, re, 0, n);
      System.arraycopy(outIm, 0, im, 0, n);
    }
  }

  private static int smallestFactor(int n) {
    for (int p = 2; p * p <= n; p++) {
      if (n % p == 0) {
        return p;
      }
    }
    return n;
  }

  private double[][] melFilters() {
    double top = mel(sampleRateHz / 2.0);
    double[] edges = new double[mels + 2];
    for (int i = 0; i < edges.length; i++) {
      edges[i] = hertz(top * i / (mels + 1));
    }
    double[][] made = new double[mels][window / 2 + 1];
    for (int m = 0; m < mels; m++) {
      double area = 2 / (edges[m + 2] - edges[m]);
      for (int k = 0; k < made[m].length; k++) {
        double f = (double) (sampleRateHz / 2) * k / (window / 2);
        double up = (f - edges[m]) / (edges[m + 1] - edges[m]);
        double down = (edges[m + 2] - f) / (edges[m + 2] - edges[m + 1]);
        made[m][k] = Math.max(0, Math.min(up, down)) * area;
      }
    }
    return made;
  }

  private static double mel(double hertz) {
    return hertz < 1000 ? 3 * hertz / 200 : 15 + Math.log(hertz / 1000) * 27 / Math.log(6.4);
  }

  private static double hertz(double mel) {
    return mel < 15 ? 200 * mel / 3 : 1000 * Math.exp(Math.log(6.4) / 27 * (mel - 15));
  }
}
