package dev.sampo.samplers.diffusion.grid;

import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;

/** Ladders of noise levels between the highest and the lowest one, and the way back from a level to a time of training. */
public final class Sigmas {
  private static final double RHO = 7.0;

  private Sigmas() {}

  /** Karras et al. 2022, arXiv:2206.00364, eq. 5, rho = 7. */
  public static double[] karras(double min, double max, int count) {
    double minRoot = Math.pow(min, 1 / RHO);
    double maxRoot = Math.pow(max, 1 / RHO);
    double[] sigmas = Spacing.linspace(0, 1, count);
    for (int i = 0; i < count; i++) {
      sigmas[i] = Math.pow(maxRoot + sigmas[i] * (minRoot - maxRoot), RHO);
    }
    return sigmas;
  }

  /** Even steps in log sigma. */
  public static double[] exponential(double min, double max, int count) {
    double[] sigmas = Spacing.linspace(Math.log(max), Math.log(min), count);
    for (int i = 0; i < count; i++) {
      sigmas[i] = Math.exp(sigmas[i]);
    }
    return sigmas;
  }

  /** Quantiles of Beta(0.6, 0.6). Lee et al. 2024, "Beta Sampling is All You Need", arXiv:2407.12173. */
  public static double[] beta(double min, double max, int count) {
    double[] sigmas = Spacing.linspace(0, 1, count);
    for (int i = 0; i < count; i++) {
      sigmas[i] = min + BetaQuantile.of(1 - sigmas[i], 0.6, 0.6) * (max - min);
    }
    return sigmas;
  }

  /** {@code numpy.interp} of the table at the times. */
  public static double[] at(double[] times, float[] table) {
    double[] sigmas = new double[times.length];
    for (int i = 0; i < times.length; i++) {
      double t = Math.max(0, Math.min(times[i], table.length - 1));
      int low = (int) t;
      sigmas[i] =
          low == t ? table[low] : table[low] + (t - low) * ((double) table[low + 1] - table[low]);
    }
    return sigmas;
  }

  public static float[] logs(float[] table) {
    float[] logs = new float[table.length];
    for (int t = 0; t < logs.length; t++) {
      logs[t] = (float) Math.log(table[t]);
    }
    return logs;
  }

  /** The time of training at a noise level, linear in log sigma between the table's entries. */
  public static double time(double sigma, float[] logTable) {
    double log = Math.log(Math.max(sigma, 1e-10));
    int low = 0;
    for (int t = 0; t < logTable.length && log >= logTable[t]; t++) {
      low = t;
    }
    low = Math.min(low, logTable.length - 2);
    double w = (logTable[low] - log) / (logTable[low] - logTable[low + 1]);
    w = Math.max(0, Math.min(w, 1));
    return (1 - w) * low + w * (low + 1);
  }

  public static double[] times(double[] sigmas, float[] logTable) {
    double[] times = new double[sigmas.length];
    for (int i = 0; i < times.length; i++) {
      times[i] = time(sigmas[i], logTable);
    }
    return times;
  }

  /** float32 of the levels with one more at the end. */
  public static float[] withLast(double[] sigmas, double last) {
    float[] all = new float[sigmas.length + 1];
    for (int i = 0; i < sigmas.length; i++) {
      all[i] = (float) sigmas[i];
    }
    all[sigmas.length] = (float) last;
    return all;
  }

  /** {@code numpy} truncation of times to whole numbers. */
  public static double[] truncated(double[] times) {
    for (int i = 0; i < times.length; i++) {
      times[i] = (long) times[i];
    }
    return times;
  }

  /** Which ladder a configuration asks for: one word of {@code karras, exponential, beta, lu, flow}, or {@code none}. */
  public static String ladder(SchedulerConfig config, String scheduler, boolean lu, boolean flow) {
    String chosen = "none";
    String[][] choices = {
      {"use_beta_sigmas", "beta"},
      {"use_exponential_sigmas", "exponential"},
      {"use_karras_sigmas", "karras"},
      {"use_lu_lambdas", "lu"},
      {"use_flow_sigmas", "flow"}
    };
    for (String[] choice : choices) {
      boolean has =
          switch (choice[1]) {
            case "lu" -> lu;
            case "flow" -> flow;
            default -> true;
          };
      if (!has || !config.flag(choice[0], false)) {
        continue;
      }
      boolean karrasFlow = chosen.equals("karras") && choice[1].equals("flow");
      if (karrasFlow) {
        return "karras+flow";
      }
      if (!chosen.equals("none")) {
        throw new SchedulerException(
            scheduler,
            choice[0],
            "only one of use_beta_sigmas, use_exponential_sigmas, use_karras_sigmas,"
                + " use_lu_lambdas, use_flow_sigmas can be true.");
      }
      chosen = choice[1];
    }
    return chosen;
  }

  /** The ladder of that name between two levels. */
  public static double[] ladder(String name, double min, double max, int count) {
    return switch (name) {
      case "karras" -> karras(min, max, count);
      case "exponential" -> exponential(min, max, count);
      case "beta" -> beta(min, max, count);
      default -> throw new IllegalStateException(name);
    };
  }

  public static float max(float[] sigmas) {
    float max = sigmas[0];
    for (float sigma : sigmas) {
      max = Math.max(max, sigma);
    }
    return max;
  }

  /** {@code torch.repeat_interleave}: first, then [from, to) twice each, then the last. */
  public static float[] doubled(float[] sigmas, int to) {
    float[] twice = new float[2 + 2 * (to - 1)];
    twice[0] = sigmas[0];
    for (int i = 1; i < to; i++) {
      twice[2 * i - 1] = sigmas[i];
      twice[2 * i] = sigmas[i];
    }
    twice[twice.length - 1] = sigmas[sigmas.length - 1];
    return twice;
  }
}
