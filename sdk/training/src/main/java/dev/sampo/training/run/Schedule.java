package dev.sampo.training.run;

import dev.sampo.error.RequestException;

/**
 * The learning rate of a step.
 *
 * @param kind the shape after the warm-up
 * @param peak the highest rate
 * @param warmUpSteps the rate rises evenly over so many steps
 * @param totalSteps where linear and cosine end
 * @param last the rate that they end at
 */
public record Schedule(Kind kind, double peak, long warmUpSteps, long totalSteps, double last) {

  /** Shapes. */
  public enum Kind {
    CONSTANT,
    LINEAR,
    COSINE
  }

  public Schedule {
    if (!(peak > 0) || warmUpSteps < 0 || last < 0) {
      throw new RequestException(
          null,
          "A schedule needs a positive rate and no negative warm-up (got "
              + peak
              + ", "
              + warmUpSteps
              + ").");
    }
  }

  public static Schedule constant(double rate) {
    return new Schedule(Kind.CONSTANT, rate, 0, 0, rate);
  }

  public static Schedule linear(double peak, long warmUpSteps, long totalSteps) {
    return new Schedule(Kind.LINEAR, peak, warmUpSteps, totalSteps, 0);
  }

  public static Schedule cosine(double peak, long warmUpSteps, long totalSteps) {
    return new Schedule(Kind.COSINE, peak, warmUpSteps, totalSteps, 0);
  }

  /** The rate of step 0, 1, ... */
  public double rate(long step) {
    if (step < warmUpSteps) {
      return peak * (step + 1) / warmUpSteps;
    }
    if (kind == Kind.CONSTANT || totalSteps <= warmUpSteps) {
      return peak;
    }
    double done = Math.min(1, (double) (step - warmUpSteps) / (totalSteps - warmUpSteps));
    double share = kind == Kind.LINEAR ? 1 - done : (1 + Math.cos(Math.PI * done)) / 2;
    return last + (peak - last) * share;
  }
}
