package dev.sampo.samplers.diffusion.solver;

import dev.sampo.samplers.diffusion.Marginal;
import dev.sampo.samplers.diffusion.PredictionType;
import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SchedulerConfig;
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
        config.integer("num_train_timesteps", 1000),
        PredictionType.read(config, scheduler, PredictionType.EPSILON, PredictionType.V));
  }

  double initNoiseSigma() {
    return Math.sqrt(sigmaMax * sigmaMax + 1);
  }

  /** The ladder with the last level: chosen by the run or made for its number of steps. */
  float[] sigmas(RunOptions options) {
    double last = lastIsZero ? 0 : sigmaMin;
    double[] chosen = options.sigmas();
    if (chosen != null) {
      return Sigmas.withLast(chosen, last);
    }
    int n = options.stepCount();
    double[] sigmas = new double[n];
    if (karras) {
      float[] ramp = Spacing.linspace32(0, 1, n);
      double minRoot = Math.pow(sigmaMin, 1 / rho);
      double maxRoot = Math.pow(sigmaMax, 1 / rho);
      for (int i = 0; i < n; i++) {
        float root = (float) maxRoot + ramp[i] * (float) (minRoot - maxRoot);
        sigmas[i] = (float) Math.pow(root, rho);
      }
    } else {
      float[] logs = Spacing.linspace32(Math.log(sigmaMin), Math.log(sigmaMax), n);
      for (int i = 0; i < n; i++) {
        sigmas[i] = (float) Math.exp(logs[n - 1 - i]);
      }
    }
    return Sigmas.withLast(sigmas, last);
  }

  double[] timesteps(float[] sigmas) {
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
    float[] all = sigmas(RunOptions.steps(trainCount));
    return new Marginal(1, all[trainCount - 1 - (int) timestep]);
  }
}
