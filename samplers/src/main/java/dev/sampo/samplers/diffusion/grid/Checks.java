package dev.sampo.samplers.diffusion.grid;

import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;
import java.util.Arrays;

/** Refusals that several schedulers share, with the reason and the way out. */
public final class Checks {
  private Checks() {}

  public static void stepCount(String scheduler, RunOptions options, int trainCount) {
    if (options.stepCount() > trainCount) {
      throw new SchedulerException(
          scheduler,
          "num_inference_steps",
          "num_inference_steps is at most num_train_timesteps = "
              + trainCount
              + ", got "
              + options.stepCount()
              + ".");
    }
  }

  /** The most times of training that a configuration may ask for; beyond it a table would only cost memory. */
  private static final int MOST_TRAIN_TIMESTEPS = 1_000_000;

  /**
   * {@code num_train_timesteps}.
   *
   * @throws SchedulerException unless it is from 1 to a million
   */
  public static int trainCount(SchedulerConfig config, String scheduler, int fallback) {
    int count = config.integer("num_train_timesteps", fallback);
    if (count < 1 || count > MOST_TRAIN_TIMESTEPS) {
      throw new SchedulerException(
          scheduler,
          "num_train_timesteps",
          "num_train_timesteps is from 1 to " + MOST_TRAIN_TIMESTEPS + ", got " + count + ".");
    }
    return count;
  }

  /**
   * A whole number of a configuration that something is allocated or repeated by.
   *
   * @throws SchedulerException unless it is from {@code least} to {@code most}
   */
  public static int within(
      SchedulerConfig config, String scheduler, String key, int fallback, int least, int most) {
    int value = config.integer(key, fallback);
    if (value < least || value > most) {
      throw new SchedulerException(
          scheduler, key, key + " is from " + least + " to " + most + ", got " + value + ".");
    }
    return value;
  }

  public static void falling(String scheduler, double[] timesteps, int trainCount) {
    for (int i = 1; i < timesteps.length; i++) {
      if (timesteps[i] >= timesteps[i - 1]) {
        throw new SchedulerException(
            scheduler,
            "timesteps",
            "timesteps have to fall, got " + Arrays.toString(timesteps) + ".");
      }
    }
    if (timesteps[0] >= trainCount) {
      throw new SchedulerException(
          scheduler,
          "timesteps",
          "timesteps start below num_train_timesteps = "
              + trainCount
              + ", got "
              + timesteps[0]
              + ".");
    }
  }

  public static void inRange(String scheduler, double[] timesteps, int trainCount) {
    for (double t : timesteps) {
      if (t < 0 || t >= trainCount) {
        throw new SchedulerException(
            scheduler,
            "steps_offset",
            "the schedule visits timestep "
                + t
                + ", outside 0.."
                + (trainCount - 1)
                + ". Ask for fewer steps or another timestep_spacing or steps_offset.");
      }
    }
  }

  public static void noCustom(String scheduler, RunOptions options) {
    if (options.timesteps() != null) {
      throw new SchedulerException(
          scheduler,
          "timesteps",
          "this scheduler does not take chosen timesteps; give a number of steps.");
    }
    noSigmas(scheduler, options);
  }

  public static void noSigmas(String scheduler, RunOptions options) {
    if (options.sigmas() != null) {
      throw new SchedulerException(
          scheduler,
          "sigmas",
          "this scheduler does not take chosen sigmas; give a number of steps.");
    }
  }

  /** Chosen times do not go with a ladder of sigmas. */
  public static void noLadder(String scheduler, String what, Ladder ladder) {
    if (ladder != Ladder.NONE) {
      throw new SchedulerException(
          scheduler,
          what,
          "chosen "
              + what
              + " do not go with "
              + ladder.word()
              + " sigmas; take the key out of the configuration.");
    }
  }
}
