package dev.sampo.samplers.diffusion.solver;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.diffusion.Marginal;
import dev.sampo.samplers.diffusion.PredictionType;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.Schedule;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;
import dev.sampo.samplers.diffusion.grid.Checks;
import dev.sampo.samplers.diffusion.grid.Sigmas;
import dev.sampo.samplers.diffusion.grid.Spacing;

/**
 * The preconditioning and the noise ladder of EDM. Karras et al. 2022, arXiv:2206.00364, table 1, column "Ours": c_in, c_skip,
 * c_out, c_noise = log(sigma) / 4, and eq. 5. Everything in float32 steps, as diffusers does with tensors.
 */
record EdmConfig(
    String scheduler,
    double sigmaMin,
    double sigmaMax,
    double sigmaData,
    double rho,
    boolean karras,
    boolean lastIsZero,
    int trainCount,
    PredictionType prediction) {

  static EdmConfig read(SchedulerConfig config, String scheduler) {
    String schedule = config.choice(scheduler, "sigma_schedule", "karras", "karras", "exponential");
    String last = config.choice(scheduler, "final_sigmas_type", "zero", "zero", "sigma_min");
    return new EdmConfig(
        scheduler,
        config.number("sigma_min", 0.002),
        config.number("sigma_max", 80.0),
        config.number("sigma_data", 0.5),
        config.number("rho", 7.0),
        schedule.equals("karras"),
        last.equals("zero"),
        Checks.trainCount(config, scheduler, 1000),
        PredictionType.read(config, scheduler, PredictionType.EPSILON, PredictionType.V));
  }

  double initNoiseSigma() {
    return Math.sqrt(sigmaMax * sigmaMax + 1);
  }

  /**
   * The ladder of a run with the last level.
   *
   * @param wide whether the ramp is float64, as EDMEulerScheduler's is, or float32, as EDMDPMSolverMultistepScheduler's
   */
  float[] sigmas(RunOptions options, boolean wide) {
    double[] sigmas = karras ? karras(ramp(options, wide), wide) : exponential(options.stepCount());
    return Sigmas.withLast(sigmas, lastIsZero ? 0 : sigmaMin);
  }

  /** Places on the ladder from 0 (sigma_max) to 1 (sigma_min). Chosen "sigmas" are such places, as diffusers reads them. */
  private double[] ramp(RunOptions options, boolean wide) {
    double[] chosen = options.sigmas();
    if (chosen != null) {
      for (double place : chosen) {
        if (!(place >= 0 && place <= 1)) {
          throw new SchedulerException(
              scheduler,
              "sigmas",
              "chosen sigmas of this scheduler are places on its ladder, from 0 (sigma_max) to 1 (sigma_min), got "
                  + place
                  + ".");
        }
      }
      return chosen;
    }
    int n = options.stepCount();
    if (wide) {
      return Spacing.linspace(0, 1, n);
    }
    float[] narrow = Spacing.linspace32(0, 1, n);
    double[] ramp = new double[n];
    for (int i = 0; i < n; i++) {
      ramp[i] = narrow[i];
    }
    return ramp;
  }

  private double[] karras(double[] ramp, boolean wide) {
    double minRoot = Math.pow(sigmaMin, 1 / rho);
    double maxRoot = Math.pow(sigmaMax, 1 / rho);
    double[] sigmas = new double[ramp.length];
    for (int i = 0; i < sigmas.length; i++) {
      double root =
          wide
              ? maxRoot + ramp[i] * (minRoot - maxRoot)
              : (float) maxRoot + (float) ramp[i] * (float) (minRoot - maxRoot);
      sigmas[i] = Math.pow(root, rho);
    }
    return Sigmas.floats(sigmas);
  }

  private double[] exponential(int n) {
    float[] logs = Spacing.linspace32(Math.log(sigmaMin), Math.log(sigmaMax), n);
    double[] sigmas = new double[n];
    for (int i = 0; i < n; i++) {
      sigmas[i] = (float) Math.exp(logs[n - 1 - i]);
    }
    return sigmas;
  }

  /** The schedule on a ladder. */
  Schedule schedule(float[] sigmas) {
    return new Schedule(timesteps(sigmas), false, sigmas, initNoiseSigma(), 1);
  }

  private double[] timesteps(float[] sigmas) {
    double[] times = new double[sigmas.length - 1];
    for (int i = 0; i < times.length; i++) {
      times[i] = 0.25f * (float) Math.log(sigmas[i]);
    }
    return times;
  }

  double inputScale(double sigma) {
    return 1 / Math.sqrt(sigma * sigma + sigmaData * sigmaData);
  }

  double skip(double sigma) {
    return sigmaData * sigmaData / (sigma * sigma + sigmaData * sigmaData);
  }

  double scale(double sigma) {
    double scale = sigma * sigmaData / Math.sqrt(sigma * sigma + sigmaData * sigmaData);
    return prediction == PredictionType.V ? -scale : scale;
  }

  /** The training ladder's level at an index that counts down from the highest. */
  Marginal marginal(double timestep) {
    if (!(timestep > -1 && timestep < trainCount)) {
      throw new RequestException(
          null,
          "Timestep "
              + timestep
              + " is outside the times of training, 0 to "
              + (trainCount - 1)
              + ".");
    }
    float[] all = sigmas(RunOptions.steps(trainCount), false);
    return new Marginal(1, all[trainCount - 1 - (int) timestep]);
  }
}
