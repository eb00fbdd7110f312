package dev.sampo.samplers.diffusion.grid;

import dev.sampo.samplers.diffusion.SchedulerException;

/**
 * Which times of training a run visits: {@code linspace}, {@code leading} and {@code trailing} of Lin et al. 2023,
 * arXiv:2305.08891, table 2, with NumPy's arithmetic: halves round to even.
 */
public final class Spacing {
  private Spacing() {}

  /** {@code numpy.linspace(from, to, count)}. */
  public static double[] linspace(double from, double to, int count) {
    double[] values = new double[count];
    double step = count > 1 ? (to - from) / (count - 1) : 0;
    for (int i = 0; i < count; i++) {
      values[i] = i * step + from;
    }
    if (count > 1) {
      values[count - 1] = to;
    }
    return values;
  }

  /** {@code torch.linspace} in float32: from both ends towards the middle, one rounding an element. */
  public static float[] linspace32(double from, double to, int count) {
    float start = (float) from;
    float end = (float) to;
    float[] values = new float[count];
    float step = count > 1 ? (end - start) / (count - 1) : 0;
    for (int i = 0; i < count; i++) {
      double exact =
          i < count / 2 ? start + (double) step * i : end - (double) step * (count - 1 - i);
      values[i] = (float) exact;
    }
    if (count == 1) {
      values[0] = start;
    }
    return values;
  }

  /** {@code numpy.arange(from, 0, -step)}. */
  public static double[] countdown(double from, double step) {
    double[] values = new double[(int) Math.ceil(from / step)];
    double delta = (from - step) - from;
    for (int i = 0; i < values.length; i++) {
      values[i] = from + i * delta;
    }
    return values;
  }

  public static double[] reversed(double[] values) {
    double[] back = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      back[i] = values[values.length - 1 - i];
    }
    return back;
  }

  public static double[] rounded(double[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.rint(values[i]);
    }
    return values;
  }

  /**
   * Whole times, falling, of DDPM, DDIM and the like, which look tables up by them. Rounding makes diffusers' trailing spacing end with
   * a time of -1 for some counts (61, for one), where it reads the table from its other end; that time is left out here.
   */
  public static double[] whole(
      String scheduler, String spacing, int trainCount, int count, int offset) {
    double[] times = all(scheduler, spacing, trainCount, count, offset);
    return times[times.length - 1] < 0 ? withoutLast(times) : times;
  }

  private static double[] all(
      String scheduler, String spacing, int trainCount, int count, int offset) {
    return switch (spacing) {
      case "linspace" -> reversed(rounded(linspace(0, trainCount - 1, count)));
      case "leading" -> leading(trainCount / count, count, offset);
      case "trailing" -> trailing(trainCount, (double) trainCount / count);
      default -> throw unknown(scheduler, spacing);
    };
  }

  /**
   * Times, falling, of the sigma-space schedulers: linspace keeps fractions (rounded to float32). A time of -1 at the end of trailing
   * spacing stays: its noise level is that of time 0, so that the step does nothing.
   */
  public static double[] fractional(
      String scheduler, String spacing, int trainCount, int count, int offset) {
    if (!spacing.equals("linspace")) {
      return all(scheduler, spacing, trainCount, count, offset);
    }
    double[] times = reversed(linspace(0, trainCount - 1, count));
    for (int i = 0; i < count; i++) {
      times[i] = (float) times[i];
    }
    return times;
  }

  /**
   * Whole times, falling, of the multistep solvers, which leave out the very last one.
   *
   * @param last number of times that may be used, fewer than {@code trainCount} where lambda is clipped
   */
  public static double[] solver(
      String scheduler, String spacing, int last, int trainCount, int count, int offset) {
    return switch (spacing) {
      case "linspace" -> withoutLast(reversed(rounded(linspace(0, last - 1, count + 1))));
      case "leading" -> withoutLast(leading(last / (count + 1), count + 1, offset));
      case "trailing" -> trailing(last, (double) trainCount / count);
      default -> throw unknown(scheduler, spacing);
    };
  }

  private static double[] leading(int ratio, int count, int offset) {
    double[] times = new double[count];
    for (int i = 0; i < count; i++) {
      times[i] = (double) (count - 1 - i) * ratio + offset;
    }
    return times;
  }

  private static double[] trailing(int from, double step) {
    double[] times = rounded(countdown(from, step));
    for (int i = 0; i < times.length; i++) {
      times[i] -= 1;
    }
    return times;
  }

  private static double[] withoutLast(double[] values) {
    return java.util.Arrays.copyOf(values, values.length - 1);
  }

  private static SchedulerException unknown(String scheduler, String spacing) {
    return new SchedulerException(
        scheduler,
        "timestep_spacing",
        "timestep_spacing '"
            + spacing
            + "' is not supported; it can be one of linspace, leading, trailing.");
  }
}
