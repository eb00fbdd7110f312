package dev.sampo.samplers.diffusion.grid;

import dev.sampo.samplers.diffusion.RunOptions;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;

/**
 * Shifts the noise levels of a flow towards more noise. Esser et al. 2024, Stable Diffusion 3, arXiv:2403.03206, eq. 23: s' = f s /
 * (1 + (f - 1) s); where the shift follows the resolution, s' = e^mu / (e^mu + 1/s - 1) (or mu in place of e^mu). With {@code
 * shift_terminal} the ladder is then stretched so that it ends there.
 */
public final class FlowShift {
  private FlowShift() {}

  public static void apply(
      String scheduler,
      SchedulerConfig config,
      String shiftKey,
      RunOptions options,
      double[] sigmas) {
    if (config.flag("use_dynamic_shifting", false)) {
      Double mu = options.mu();
      if (mu == null) {
        throw new SchedulerException(
            scheduler, "mu", "use_dynamic_shifting is true: the run needs a value of mu.");
      }
      String type =
          config.choice(scheduler, "time_shift_type", "exponential", "exponential", "linear");
      double m = type.equals("exponential") ? Math.exp(mu) : mu;
      for (int i = 0; i < sigmas.length; i++) {
        sigmas[i] = m / (m + (1 / sigmas[i] - 1));
      }
    } else {
      double f = config.number(shiftKey, 1.0);
      for (int i = 0; i < sigmas.length; i++) {
        sigmas[i] = f * sigmas[i] / (1 + (f - 1) * sigmas[i]);
      }
    }
    double terminal = config.number("shift_terminal", 0.0);
    double last = sigmas[sigmas.length - 1];
    // A ladder of one step is all noise and has nothing to stretch; the reference divides by zero.
    if (terminal != 0 && last < 1) {
      double scale = (1 - last) / (1 - terminal);
      for (int i = 0; i < sigmas.length; i++) {
        sigmas[i] = 1 - (1 - sigmas[i]) / scale;
      }
    }
  }
}
