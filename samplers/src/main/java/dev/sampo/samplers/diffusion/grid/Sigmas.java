package dev.sampo.samplers.diffusion.grid;

/** From times of training to noise levels and back. */
public final class Sigmas {
  private Sigmas() {}

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
    // To the end: a table whose last abar was lifted off zero falls there.
    for (int t = 0; t < logTable.length; t++) {
      low = log >= logTable[t] ? t : low;
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

  /** Every value rounded to float32, in place. */
  public static double[] floats(double[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) values[i];
    }
    return values;
  }

  /** {@code numpy} truncation of times to whole numbers. */
  public static double[] truncated(double[] times) {
    for (int i = 0; i < times.length; i++) {
      times[i] = (long) times[i];
    }
    return times;
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
