package dev.sampo.samplers.diffusion;

import dev.sampo.error.RequestException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is chosen for one run: how many steps, or exactly which, and the knobs of single algorithms. Immutable; every {@code
 * with...} gives a changed copy. An algorithm that has no such knob ignores it, an impossible value is refused.
 */
public final class RunOptions {
  /** As many as a model can have been trained with; the times of each are kept. */
  private static final int MOST_STEPS = 1_000_000;

  private final int stepCount;
  private final double @Nullable [] timesteps;
  private final double @Nullable [] sigmas;
  private final @Nullable Double mu;
  private final @Nullable Integer originalInferenceSteps;
  private final double strength;
  private final int beginIndex;
  private final @Nullable Double eta;
  private final boolean useClippedModelOutput;
  private final Churn churn;

  private RunOptions(Builder b) {
    this.stepCount = b.stepCount;
    this.timesteps = b.timesteps;
    this.sigmas = b.sigmas;
    this.mu = b.mu;
    this.originalInferenceSteps = b.originalInferenceSteps;
    this.strength = b.strength;
    this.beginIndex = b.beginIndex;
    this.eta = b.eta;
    this.useClippedModelOutput = b.useClippedModelOutput;
    this.churn = b.churn;
  }

  /**
   * So many steps, spaced as the configuration says.
   *
   * @throws RequestException unless {@code stepCount} is from 1 to 1,000,000
   */
  public static RunOptions steps(int stepCount) {
    if (stepCount < 1) {
      throw new RequestException(
          "numInferenceSteps", "num_inference_steps is at least 1, got " + stepCount + ".");
    }
    if (stepCount > MOST_STEPS) {
      throw new RequestException(
          "numInferenceSteps",
          "num_inference_steps is at most " + MOST_STEPS + ", got " + stepCount + ".");
    }
    Builder b = new Builder();
    b.stepCount = stepCount;
    return new RunOptions(b);
  }

  /** Exactly these times, falling. */
  public static RunOptions timesteps(double... timesteps) {
    if (timesteps.length == 0) {
      throw new RequestException("timesteps", "A schedule needs at least one timestep, got none.");
    }
    Builder b = new Builder();
    b.stepCount = timesteps.length;
    b.timesteps = Arrays.copyOf(timesteps, timesteps.length);
    return new RunOptions(b);
  }

  /** Exactly these noise levels; where an algorithm wants the last one (zero) as well, it says so. */
  public static RunOptions sigmas(double... sigmas) {
    if (sigmas.length == 0) {
      throw new RequestException("sigmas", "A schedule needs at least one sigma, got none.");
    }
    Builder b = new Builder();
    b.stepCount = sigmas.length;
    b.sigmas = Arrays.copyOf(sigmas, sigmas.length);
    return new RunOptions(b);
  }

  /** Exactly these noise levels at these times, for flow matching. */
  public RunOptions withTimesteps(double... times) {
    return change(b -> b.timesteps = Arrays.copyOf(times, times.length));
  }

  /** Resolution-dependent shift of flow matching. */
  public RunOptions withMu(@Nullable Double value) {
    return change(b -> b.mu = value);
  }

  /** Steps of the distillation's own schedule (LCM, TCD). */
  public RunOptions withOriginalInferenceSteps(@Nullable Integer value) {
    return change(b -> b.originalInferenceSteps = value);
  }

  /** Part of the distillation's schedule that is used (LCM, TCD); 0..1. */
  public RunOptions withStrength(double value) {
    return change(b -> b.strength = value);
  }

  /** Index of the first model call: 0, or later where the run starts from a noised picture. */
  public RunOptions withBeginIndex(int value) {
    return change(b -> b.beginIndex = value);
  }

  /** Stochasticity: eta of DDIM (0), gamma of TCD (0.3), eta of RePaint. Null is the algorithm's own default. */
  public RunOptions withEta(@Nullable Double value) {
    return change(b -> b.eta = value);
  }

  /** DDIM: eps is taken anew from the clipped x0. */
  public RunOptions withUseClippedModelOutput(boolean value) {
    return change(b -> b.useClippedModelOutput = value);
  }

  /** Noise that is added before a step (Euler, EDM Euler, flow-matching Heun). */
  public RunOptions withChurn(Churn value) {
    return change(b -> b.churn = value);
  }

  /** Number of nominal steps. */
  public int stepCount() {
    return stepCount;
  }

  /** The chosen times, or null. */
  public double @Nullable [] timesteps() {
    return timesteps == null ? null : Arrays.copyOf(timesteps, timesteps.length);
  }

  /** The chosen noise levels, or null. */
  public double @Nullable [] sigmas() {
    return sigmas == null ? null : Arrays.copyOf(sigmas, sigmas.length);
  }

  /** Resolution-dependent shift, or null. */
  public @Nullable Double mu() {
    return mu;
  }

  /** Steps of the distillation's schedule, or null. */
  public @Nullable Integer originalInferenceSteps() {
    return originalInferenceSteps;
  }

  /** Part of the distillation's schedule. */
  public double strength() {
    return strength;
  }

  /** Index of the first model call. */
  public int beginIndex() {
    return beginIndex;
  }

  /** Stochasticity, or the algorithm's default. */
  public double eta(double fallback) {
    return eta == null ? fallback : eta;
  }

  /** Whether eps is taken anew from the clipped x0. */
  public boolean useClippedModelOutput() {
    return useClippedModelOutput;
  }

  /** Noise added before a step. */
  public Churn churn() {
    return churn;
  }

  private RunOptions change(java.util.function.Consumer<Builder> edit) {
    Builder b = new Builder();
    b.stepCount = stepCount;
    b.timesteps = timesteps;
    b.sigmas = sigmas;
    b.mu = mu;
    b.originalInferenceSteps = originalInferenceSteps;
    b.strength = strength;
    b.beginIndex = beginIndex;
    b.eta = eta;
    b.useClippedModelOutput = useClippedModelOutput;
    b.churn = churn;
    edit.accept(b);
    return new RunOptions(b);
  }

  private static final class Builder {
    private int stepCount;
    private double @Nullable [] timesteps;
    private double @Nullable [] sigmas;
    private @Nullable Double mu;
    private @Nullable Integer originalInferenceSteps;
    private double strength = 1.0;
    private int beginIndex;
    private @Nullable Double eta;
    private boolean useClippedModelOutput;
    private Churn churn = Churn.NONE;
  }

  /**
   * The stochastic knobs of Karras et al. 2022, arXiv:2206.00364, algorithm 2.
   *
   * @param churn S_churn, how much noise is added in all
   * @param tMin S_tmin, lowest noise level at which it is
   * @param tMax S_tmax, highest noise level at which it is
   * @param noise S_noise, standard deviation of the added noise
   */
  public record Churn(double churn, double tMin, double tMax, double noise) {
    /** No noise is added. */
    public static final Churn NONE = new Churn(0, 0, Double.POSITIVE_INFINITY, 1);

    /** gamma of algorithm 2, line 5: by how much sigma is raised before the step. */
    public double gamma(double sigma, int stepCount) {
      return tMin <= sigma && sigma <= tMax ? Math.min(churn / stepCount, Math.sqrt(2) - 1) : 0;
    }
  }
}
