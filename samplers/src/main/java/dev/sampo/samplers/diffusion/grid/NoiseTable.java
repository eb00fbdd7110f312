package dev.sampo.samplers.diffusion.grid;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.diffusion.Marginal;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;

/**
 * The betas of training and their cumulative product abar_t, in float32 with PyTorch's rounding.
 *
 * <p>Schedules: {@code linear} (Ho et al. 2020, arXiv:2006.11239, section 4), {@code scaled_linear} (linear in sqrt beta; Rombach
 * et al. 2021, arXiv:2112.10752), {@code squaredcos_cap_v2} (Nichol and Dhariwal 2021, arXiv:2102.09672, eq. 17), {@code exp},
 * {@code laplace} and {@code sigmoid} (Xu et al. 2022, GeoDiff, arXiv:2203.02923).
 */
public final class NoiseTable {
  /** What a scheduler makes of {@code rescale_betas_zero_snr}, the key for models whose training ends in pure noise. */
  public enum ZeroSnr {
    /** It does not know the key and leaves it out, as diffusers does. */
    UNKNOWN,
    /** The betas are rescaled. */
    PLAIN,
    /** The betas are rescaled, and abar of the last time is lifted off zero because it is divided by. */
    LIFTED
  }

  private static final double BETA_CAP = 0.999;

  /** The smallest float16, which diffusers puts where zero terminal SNR would make the first sigma infinite. */
  private static final float TINY = 0x1p-24f;

  private final float[] betas;
  private final float[] alphasCumprod;

  private NoiseTable(float[] betas) {
    this.betas = betas;
    this.alphasCumprod = new float[betas.length];
    double product = 1;
    for (int t = 0; t < betas.length; t++) {
      // Accumulated in double and stored in float32, as torch.cumprod does on the CPU.
      product *= 1f - betas[t];
      alphasCumprod[t] = (float) product;
    }
  }

  /**
   * Reads {@code num_train_timesteps, beta_start, beta_end, beta_schedule, trained_betas, rescale_betas_zero_snr}.
   *
   * @param start the scheduler's own default of {@code beta_start}
   * @param end the scheduler's own default of {@code beta_end}
   * @param zeroSnr what the scheduler makes of {@code rescale_betas_zero_snr}
   */
  public static NoiseTable read(
      SchedulerConfig config, String scheduler, double start, double end, ZeroSnr zeroSnr) {
    float[] betas = betas(config, scheduler, start, end);
    if (zeroSnr == ZeroSnr.UNKNOWN || !config.flag("rescale_betas_zero_snr", false)) {
      return new NoiseTable(betas);
    }
    NoiseTable table = new NoiseTable(zeroTerminalSnr(new NoiseTable(betas).alphasCumprod));
    if (zeroSnr == ZeroSnr.LIFTED) {
      table.alphasCumprod[betas.length - 1] = TINY;
    }
    return table;
  }

  /** The same with betas from 0.0001 to 0.02. */
  public static NoiseTable read(SchedulerConfig config, String scheduler, ZeroSnr zeroSnr) {
    return read(config, scheduler, 0.0001, 0.02, zeroSnr);
  }

  private int index(double timestep) {
    if (!(timestep > -1 && timestep < betas.length)) {
      throw new RequestException(
          null,
          "Timestep "
              + timestep
              + " is outside the times of training, 0 to "
              + (betas.length - 1)
              + ".");
    }
    return (int) timestep;
  }

  public int size() {
    return betas.length;
  }

  public double beta(int t) {
    return betas[t];
  }

  /** abar_t, the cumulative product of 1 - beta. */
  public double abar(int t) {
    return alphasCumprod[t];
  }

  /** sqrt(abar_t), the scale of the clean sample. */
  public double alpha(double timestep) {
    return Math.sqrt(alphasCumprod[index(timestep)]);
  }

  /** sqrt(1 - abar_t), the standard deviation of the noise. */
  public double sigma(double timestep) {
    return Math.sqrt(1.0 - alphasCumprod[index(timestep)]);
  }

  public float[] betas() {
    return betas.clone();
  }

  public float[] alphasCumprod() {
    return alphasCumprod.clone();
  }

  /** x_t = sqrt(abar) x0 + sqrt(1 - abar) eps; Ho et al. 2020, eq. 4. */
  public Marginal marginal(double timestep) {
    return new Marginal(alpha(timestep), sigma(timestep));
  }

  /** sqrt((1 - abar) / abar) by time, float32. */
  public float[] sigmas() {
    float[] sigmas = new float[alphasCumprod.length];
    for (int t = 0; t < sigmas.length; t++) {
      sigmas[t] = (float) Math.sqrt((1f - alphasCumprod[t]) / alphasCumprod[t]);
    }
    return sigmas;
  }

  /** Index from which lambda_t = log(alpha_t / sigma_t) is at least {@code lambdaMin}: where the schedule may begin. */
  public int lastTimestep(double lambdaMin) {
    int clipped = 0;
    for (int t = alphasCumprod.length - 1; t >= 0; t--) {
      float a = (float) Math.sqrt(alphasCumprod[t]);
      float s = (float) Math.sqrt(1f - alphasCumprod[t]);
      float lambda = (float) Math.log(a) - (float) Math.log(s);
      if (lambda >= lambdaMin) {
        break;
      }
      clipped++;
    }
    return alphasCumprod.length - clipped;
  }

  private static float[] betas(SchedulerConfig config, String scheduler, double start, double end) {
    double[] trained = config.numbers("trained_betas");
    if (trained != null) {
      if (trained.length == 0) {
        throw new SchedulerException(
            scheduler,
            "trained_betas",
            "trained_betas is empty; set it to null or list the betas.");
      }
      float[] betas = new float[trained.length];
      for (int t = 0; t < betas.length; t++) {
        betas[t] = (float) checked(trained[t], "trained_betas[" + t + "]", scheduler);
      }
      return betas;
    }
    int count = Checks.trainCount(config, scheduler, 1000);
    double from = config.number("beta_start", start);
    double to = config.number("beta_end", end);
    String schedule = config.text("beta_schedule", "linear");
    if (schedule.equals("linear")
        || schedule.equals("scaled_linear")
        || schedule.equals("sigmoid")) {
      checked(from, "beta_start", scheduler);
      checked(to, "beta_end", scheduler);
    }
    return switch (schedule) {
      case "linear" -> Spacing.linspace32(from, to, count);
      case "scaled_linear" -> square(Spacing.linspace32(Math.sqrt(from), Math.sqrt(to), count));
      case "squaredcos_cap_v2" -> fromAbar(count, NoiseTable::cosine);
      case "exp" -> fromAbar(count, t -> Math.exp(t * -12.0));
      case "laplace" -> fromAbar(count, NoiseTable::laplace);
      case "sigmoid" -> sigmoid(from, to, count);
      default ->
          throw new SchedulerException(
              scheduler,
              "beta_schedule",
              "beta_schedule '"
                  + schedule
                  + "' is not supported; it can be one of linear, scaled_linear, squaredcos_cap_v2,"
                  + " sigmoid, exp, laplace.");
    };
  }

  /** A beta is the share of the variance that a step replaces. */
  private static double checked(double beta, String key, String scheduler) {
    if (!(beta >= 0 && beta <= 1)) {
      throw new SchedulerException(
          scheduler, key, key + " is " + beta + "; a beta is a number from 0 to 1.");
    }
    return beta;
  }

  private static float[] square(float[] roots) {
    for (int t = 0; t < roots.length; t++) {
      roots[t] = roots[t] * roots[t];
    }
    return roots;
  }

  private static float[] sigmoid(double from, double to, int count) {
    float[] betas = Spacing.linspace32(-6, 6, count);
    for (int t = 0; t < count; t++) {
      float s = (float) (1 / (1 + Math.exp(-betas[t])));
      betas[t] = s * (float) (to - from) + (float) from;
    }
    return betas;
  }

  private static double cosine(double t) {
    double c = Math.cos((t + 0.008) / 1.008 * Math.PI / 2);
    return c * c;
  }

  private static double laplace(double t) {
    double lambda = -0.5 * Math.copySign(1, 0.5 - t) * Math.log(1 - 2 * Math.abs(0.5 - t) + 1e-6);
    double snr = Math.exp(lambda);
    return Math.sqrt(snr / (1 + snr));
  }

  private static float[] fromAbar(int count, java.util.function.DoubleUnaryOperator abar) {
    float[] betas = new float[count];
    for (int t = 0; t < count; t++) {
      double now = abar.applyAsDouble((double) t / count);
      double next = abar.applyAsDouble((double) (t + 1) / count);
      betas[t] = (float) Math.min(1 - next / now, BETA_CAP);
    }
    return betas;
  }

  /** Betas whose last abar is zero. Lin et al. 2023, arXiv:2305.08891, algorithm 1. */
  private static float[] zeroTerminalSnr(float[] alphasCumprod) {
    int n = alphasCumprod.length;
    float[] root = new float[n];
    for (int t = 0; t < n; t++) {
      root[t] = (float) Math.sqrt(alphasCumprod[t]);
    }
    float first = root[0];
    float last = root[n - 1];
    float scale = first / (first - last);
    float[] betas = new float[n];
    float before = 1f;
    for (int t = 0; t < n; t++) {
      float r = (root[t] - last) * scale;
      float abar = r * r;
      betas[t] = t == 0 ? 1f - abar : 1f - abar / before;
      before = abar;
    }
    return betas;
  }
}
