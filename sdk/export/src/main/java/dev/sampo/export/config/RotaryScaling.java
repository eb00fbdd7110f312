package dev.sampo.export.config;

import org.jspecify.annotations.Nullable;

/**
 * Frequencies of a rotary embedding (Su et al. 2021, arXiv:2104.09864): {@code theta_i = base^(-2i/d)} for i = 0 ... d/2 - 1, and what scales
 * them for longer texts.
 *
 * <ul>
 *   <li>{@code linear}: all divided by a factor (Chen et al. 2023, arXiv:2306.15595)
 *   <li>{@code dynamic}: a base that grows with the length of the text (NTK-aware scaling)
 *   <li>{@code yarn}: Peng et al. 2023, arXiv:2309.00071
 *   <li>{@code llama3}: by wavelength, with a smooth passage between two bounds
 *   <li>{@code longrope}: Ding et al. 2024, arXiv:2402.13753: a factor for each, other ones beyond the original length
 * </ul>
 *
 * <p>Arithmetic follows transformers: float32 for powers, double for what Python computes.
 */
@SuppressWarnings("ArrayRecordComponent")
public record RotaryScaling(
    int dims,
    float[] frequencies,
    float @Nullable [] longFrequencies,
    int originalPositions,
    double attentionFactor,
    @Nullable Dynamic dynamic) {

  /** Settings of the frequencies that follow the length of the text. */
  public record Dynamic(double base, double factor, int positions) {}

  /** Whether frequencies are the same for every length. */
  public boolean isStatic() {
    return longFrequencies == null && dynamic == null;
  }

  /**
   * Reads {@code rope_parameters} (transformers 5) or {@code rope_theta}, {@code rope_scaling} and {@code partial_rotary_factor} (4).
   *
   * @param headSize size of a head
   * @param layerType where the parameters are nested by kind of layer, that kind; else null
   * @param defaultTheta the architecture's own base
   * @param defaultPartial the architecture's own share of a head that is rotated
   */
  public static RotaryScaling of(
      Config config,
      int headSize,
      @Nullable String layerType,
      double defaultTheta,
      double defaultPartial) {
    double theta = config.number("rope_theta", defaultTheta);
    double partial = config.number("partial_rotary_factor", defaultPartial);
    Config newer = config.part("rope_parameters");
    Config older = config.part("rope_scaling");
    Config parameters = newer != null ? newer : older;
    if (parameters != null && layerType != null && parameters.has(layerType)) {
      parameters = parameters.part(layerType);
    }
    return parameters == null
        ? standard(headSize, theta, partial)
        : scaled(config, parameters, headSize, theta, partial);
  }

  /** Unscaled. */
  public static RotaryScaling standard(int headSize, double theta, double partial) {
    int dims = (int) (headSize * partial);
    return fixed(dims, powers(theta, dims), 1);
  }

  private static RotaryScaling fixed(int dims, float[] frequencies, double attentionFactor) {
    return new RotaryScaling(dims, frequencies, null, 0, attentionFactor, null);
  }

  private static RotaryScaling scaled(
      Config config, Config p, int headSize, double defaultTheta, double defaultPartial) {
    double theta = p.number("rope_theta", defaultTheta);
    int dims = (int) (headSize * p.number("partial_rotary_factor", defaultPartial));
    String type = p.text("rope_type", p.text("type", "default"));
    int positions = config.integer("max_position_embeddings", 0);
    float[] frequencies = powers(theta, dims);
    switch (type) {
      case "default":
        return fixed(dims, frequencies, 1);
      case "linear":
        double factor = p.number("factor", 1);
        for (int i = 0; i < frequencies.length; i++) {
          frequencies[i] /= (float) factor;
        }
        return fixed(dims, frequencies, 1);
      case "dynamic":
        return new RotaryScaling(
            dims, frequencies, null, 0, 1, new Dynamic(theta, p.number("factor", 1), positions));
      case "llama3":
        return fixed(dims, llama3(p, frequencies, original(config, p, positions)), 1);
      case "yarn":
        return yarn(p, dims, theta, positions, original(config, p, positions));
      case "longrope", "su":
        return longrope(config, p, dims, theta, positions);
      default:
        throw config.refuse(
            "rotary scaling '"
                + type
                + "' is not known. Known: default, linear, dynamic, yarn, llama3, longrope.");
    }
  }

  /** Length that the model was first trained with: a key of the model itself comes before that of the scaling. */
  private static int original(Config config, Config p, int positions) {
    int inner = p.integer("original_max_position_embeddings", positions);
    return config.integer("original_max_position_embeddings", inner);
  }

  /** {@code 1 / base^(2i/d)} in float32. */
  private static float[] powers(double base, int dims) {
    float[] frequencies = new float[(dims + 1) / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1f / (float) Math.pow(base, (2f * i) / dims);
    }
    return frequencies;
  }

  private static float[] llama3(Config p, float[] frequencies, int original) {
    double factor = p.number("factor", 1);
    double low = p.number("low_freq_factor", 1);
    double high = p.number("high_freq_factor", 4);
    float[] scaled = new float[frequencies.length];
    for (int i = 0; i < scaled.length; i++) {
      double f = frequencies[i];
      double wavelength = 2 * Math.PI / f;
      if (wavelength > original / low) {
        scaled[i] = (float) (f / factor);
      } else if (wavelength < original / high) {
        scaled[i] = (float) f;
      } else {
        double smooth = (original / wavelength - low) / (high - low);
        scaled[i] = (float) ((1 - smooth) * f / factor + smooth * f);
      }
    }
    return scaled;
  }

  private static RotaryScaling yarn(Config p, int dims, double base, int positions, int original) {
    double factor = p.number("factor", (double) positions / original);
    double mscale = p.number("mscale", 0);
    double mscaleAll = p.number("mscale_all_dim", 0);
    double attention =
        mscale != 0 && mscaleAll != 0
            ? mscale(factor, mscale) / mscale(factor, mscaleAll)
            : mscale(factor, 1);
    attention = p.number("attention_factor", attention);
    double fast = p.number("beta_fast", 32);
    double slow = p.number("beta_slow", 1);
    double low = correction(fast == 0 ? 32 : fast, dims, base, original);
    double high = correction(slow == 0 ? 1 : slow, dims, base, original);
    if (p.flag("truncate", true)) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, dims - 1);
    if (low == high) {
      high += 0.001; // as the reference does, against a division by zero
    }
    float[] frequencies = new float[dims / 2];
    for (int i = 0; i < frequencies.length; i++) {
      double power = (float) Math.pow(base, (2f * i) / dims);
      double ramp = Math.min(1, Math.max(0, (i - low) / (high - low)));
      frequencies[i] = (float) (ramp / (factor * power) + (1 - ramp) / power);
    }
    return fixed(dims, frequencies, attention);
  }

  private static double mscale(double scale, double mscale) {
    return scale <= 1 ? 1 : 0.1 * mscale * Math.log(scale) + 1;
  }

  /** The dimension that turns so many times within the original length. */
  private static double correction(double rotations, int dims, double base, int original) {
    return dims * Math.log(original / (rotations * 2 * Math.PI)) / (2 * Math.log(base));
  }

  private static RotaryScaling longrope(
      Config config, Config p, int dims, double theta, int positions) {
    int original = original(config, p, positions);
    double factor = p.number("factor", (double) positions / original);
    double attention = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    attention = p.number("attention_factor", attention);
    return new RotaryScaling(
        dims,
        divided(config, p, "short_factor", dims, theta),
        divided(config, p, "long_factor", dims, theta),
        original,
        attention,
        null);
  }

  private static float[] divided(Config config, Config p, String key, int dims, double theta) {
    double[] factors = p.numbers(key);
    if (factors == null || factors.length != dims / 2) {
      throw config.refuse(
          "'" + key + "' of the rotary scaling must have " + dims / 2 + " numbers.");
    }
    float[] frequencies = new float[factors.length];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1f / ((float) factors[i] * (float) Math.pow(theta, (2f * i) / dims));
    }
    return frequencies;
  }
}
