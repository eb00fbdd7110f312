package dev.sampo.samplers.diffusion.grid;

import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SchedulerException;

/** Times of the consistency-distilled schedulers: picked from the schedule of the distillation, every T // original_steps. */
public final class DistilledTimes {
  private DistilledTimes() {}

  public static double[] of(
      String scheduler, RunOptions options, int trainCount, int originalSteps) {
    if (originalSteps < 1 || originalSteps > trainCount) {
      throw new SchedulerException(
          scheduler,
          "original_inference_steps",
          "original_inference_steps is 1 to num_train_timesteps = "
              + trainCount
              + ", got "
              + originalSteps
              + ".");
    }
    double strength = options.strength();
    if (!(strength > 0 && strength <= 1)) {
      throw new SchedulerException(
          scheduler, "strength", "strength is above 0 and at most 1, got " + strength + ".");
    }
    double[] chosen = options.timesteps();
    if (chosen != null) {
      Checks.falling(scheduler, chosen, trainCount);
      int kept = Math.min((int) (chosen.length * strength), chosen.length);
      return java.util.Arrays.copyOfRange(chosen, chosen.length - kept, chosen.length);
    }
    int n = options.stepCount();
    int usable = (int) (originalSteps * strength);
    if (n > originalSteps || usable / n < 1) {
      throw new SchedulerException(
          scheduler,
          "num_inference_steps",
          "num_inference_steps "
              + n
              + " is more than original_inference_steps times strength, "
              + usable
              + ". Ask for fewer steps.");
    }
    int k = trainCount / originalSteps;
    double[] times = new double[n];
    for (int i = 0; i < n; i++) {
      int index = (int) Math.floor(i * ((double) usable / n));
      times[i] = (double) (usable - index) * k - 1;
    }
    return times;
  }
}
