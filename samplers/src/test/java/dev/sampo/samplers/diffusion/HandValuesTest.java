package dev.sampo.samplers.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sampo.samplers.diffusion.grid.BetaQuantile;
import dev.sampo.samplers.diffusion.solver.RePaintScheduler;
import dev.sampo.samplers.diffusion.solver.SaSolverScheduler;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import dev.sampo.samplers.random.NoiseSource;
import org.junit.jupiter.api.Test;

/**
 * Single steps worked out by hand, mostly with betas of 3/4 at two training times: abar = 1/4, 1/16, so that alpha = 1/2, 1/4. The noise
 * is always 2.
 */
class HandValuesTest {
  private static final NoiseSource TWO =
      (out, offset, count) -> java.util.Arrays.fill(out, offset, offset + count, 2f);

  private static SchedulerConfig two(String name) {
    return SchedulerConfig.of(name)
        .with("trained_betas", new double[] {0.75, 0.75})
        .with("num_train_timesteps", 2)
        .with("clip_sample", false);
  }

  private static float step(
      SchedulerConfig config, RunOptions options, int calls, float x, float m) {
    Scheduler scheduler = Schedulers.fromConfig(config);
    DiffusionRun run = scheduler.start(options, new SampleShape(1, 1, 1), TWO);
    float[] sample = {x};
    for (int i = 0; i < calls; i++) {
      run.step(sample, new float[] {m});
    }
    return sample[0];
  }

  @Test
  void ddim_whenNoNoiseIsSeen_thenScaledUp() {
    // x0 = 1 / (1/4) = 4; x' = 1/2 * 4.
    assertEquals(2f, step(two("DDIMScheduler"), RunOptions.steps(2), 1, 1f, 0f));
    assertEquals(4f, step(two("DDIMScheduler"), RunOptions.steps(2), 2, 1f, 0f), 1e-6);
  }

  @Test
  void ddim_whenEtaIsOne_thenNoiseOfThePosterior() {
    // sigma^2 = (3/4)/(15/16) * (1 - 1/4) = 3/5.
    assertEquals(
        2 + 2 * Math.sqrt(0.6),
        step(two("DDIMScheduler"), RunOptions.steps(2).withEta(1.0), 1, 1f, 0f),
        1e-6);
  }

  @Test
  void ddpm_whenNoNoiseIsSeen_thenMeanPlusNoise() {
    // alpha = 1/4, beta = 3/4: mean = 1/2 * 3/4 / (15/16) * 4 + 1/2 * (3/4) / (15/16) = 1.6 + 0.4;
    // variance 3/5.
    assertEquals(
        2 + 2 * Math.sqrt(0.6), step(two("DDPMScheduler"), RunOptions.steps(2), 1, 1f, 0f), 1e-6);
  }

  @Test
  void ddpm_whenVarianceIsLarge_thenNoiseOfBeta() {
    SchedulerConfig large = two("DDPMScheduler").with("variance_type", "fixed_large_log");
    assertEquals(2 + 2 * Math.sqrt(0.75), step(large, RunOptions.steps(2), 1, 1f, 0f), 1e-6);
  }

  @Test
  void ddimInverse_whenNoNoiseIsSeen_thenScaledDown() {
    // Before time 0 abar is 1; to alpha = 1/2, then 1/4.
    assertEquals(0.5f, step(two("DDIMInverseScheduler"), RunOptions.steps(2), 1, 1f, 0f));
    assertEquals(0.25f, step(two("DDIMInverseScheduler"), RunOptions.steps(2), 2, 1f, 0f));
  }

  @Test
  void euler_whenModelSeesAllNoise_thenStepAlongIt() {
    // sigmas: sqrt(15), sqrt(3), 0.
    assertEquals(
        1 + (Math.sqrt(3) - Math.sqrt(15)) * 0.5,
        step(two("EulerDiscreteScheduler"), RunOptions.steps(2), 1, 1f, 0.5f),
        1e-6);
  }

  @Test
  void eulerAncestral_whenNoNoiseIsSeen_thenOnlyNoiseIsAdded() {
    // sigma_up^2 = 3 * (15 - 3) / 15 = 2.4.
    assertEquals(
        1 + 2 * Math.sqrt(2.4),
        step(two("EulerAncestralDiscreteScheduler"), RunOptions.steps(2), 1, 1f, 0f),
        1e-6);
  }

  @Test
  void sdeDpmSolver_whenNoNoiseIsSeen_thenPosteriorOfTheSde() {
    // lambda = log(alpha/sigma): h = log(sqrt(15)/sqrt(3)) = log(sqrt 5), e^-2h = 1/5, sigma =
    // sqrt(3)/2.
    // x' = (sigma'/sigma) e^-h + alpha' (1 - 1/5) 4 + sigma' sqrt(4/5) 2 with sigma = sqrt(15)/4.
    double sigma = Math.sqrt(15) / 4;
    double next = Math.sqrt(3) / 2;
    double wanted = next / sigma / Math.sqrt(5) + 0.5 * 0.8 * 4 + next * Math.sqrt(0.8) * 2;
    SchedulerConfig config =
        SchedulerConfig.of("DPMSolverMultistepScheduler")
            .with("trained_betas", new double[] {0.0, 0.75, 0.75})
            .with("num_train_timesteps", 3)
            .with("algorithm_type", "sde-dpmsolver++")
            .with("final_sigmas_type", "sigma_min");
    assertEquals(wanted, step(config, RunOptions.timesteps(2, 1), 1, 1f, 0f), 1e-5);
  }

  @Test
  void lcm_whenLastCall_thenDenoisedItself() {
    // At t = 1: k t = 10, c_skip = 0.25 / 100.25, c_out = 10 / sqrt(100.25); x0 = 4.
    SchedulerConfig config = two("LCMScheduler").with("original_inference_steps", 1);
    double wanted = 10 / Math.sqrt(100.25) * 4 + 0.25 / 100.25;
    assertEquals(wanted, step(config, RunOptions.steps(1), 1, 1f, 0f), 1e-6);
  }

  @Test
  void tcd_whenGammaIsOne_thenBackToTimeZeroAndNoised() {
    // s = 0: x_s = 1/2 * 4 = 2; t' = 0 has the same abar, so no noise is added.
    SchedulerConfig config = two("TCDScheduler").with("original_inference_steps", 2);
    assertEquals(2f, step(config, RunOptions.steps(2).withEta(1.0), 1, 1f, 0f), 1e-6);
  }

  @Test
  void consistency_whenTwoCalls_thenNoisedToTheSecondLevel() {
    // Levels 80 and (first of two of 3) ... the model answers 0: f = c_skip x, clipped; only its
    // noise is left.
    SchedulerConfig config =
        SchedulerConfig.of("CMStochasticIterativeScheduler").with("num_train_timesteps", 3);
    double root = (Math.pow(80, 1 / 7.0) + Math.pow(0.002, 1 / 7.0)) / 2;
    double second = Math.pow(root, 7);
    double skip = 0.25 / (79.998 * 79.998 + 0.25);
    double wanted = skip + 2 * Math.sqrt(second * second - 0.002 * 0.002);
    assertEquals(wanted, step(config, RunOptions.timesteps(1, 0), 1, 1f, 0f), 1e-5);
  }

  @Test
  void sdeVe_whenScoreIsOne_thenCorrectorByTheNorms() {
    // |z| = 2, |g| = 1: e = 2 (0.15 * 2)^2 = 0.18; x' = 1 + 0.18 + sqrt(0.36) * 2.
    assertEquals(
        2.38f,
        step(SchedulerConfig.of("ScoreSdeVeScheduler"), RunOptions.steps(3), 1, 1f, 1f),
        1e-6);
  }

  @Test
  void rePaint_whenMaskIsOne_thenKnownPartNoised() {
    RePaintScheduler scheduler = new RePaintScheduler(two("RePaintScheduler"));
    float[] x = {1f, 1f};
    DiffusionRun run =
        scheduler.start(
            RunOptions.steps(2),
            new SampleShape(1, 1, 2),
            TWO,
            new float[] {8f, 8f},
            new float[] {1f, 0f},
            10,
            10);
    run.step(x, new float[] {0f, 0f});
    // known: 1/4 * 8 + sqrt(15)/4 * 2; unknown: DDIM's 2.
    assertEquals(2 + Math.sqrt(15) / 2, x[0], 1e-6);
    assertEquals(2f, x[1], 1e-6);
  }

  @Test
  void rePaint_whenJumping_thenTimesGoUpAgain() {
    RePaintScheduler scheduler = new RePaintScheduler(SchedulerConfig.of("RePaintScheduler"));
    DiffusionRun run =
        scheduler.start(
            RunOptions.steps(4), new SampleShape(1, 1, 1), TWO, new float[1], new float[1], 2, 2);
    // 3 2 1 0 | up 2 | 1 0
    org.junit.jupiter.api.Assertions.assertArrayEquals(
        new double[] {750, 500, 250, 0, 250, 0}, run.schedule().timesteps());
  }

  @Test
  void ipndm_whenModelAnswersZero_thenRotation() {
    // t = 1: sigma 1, alpha 0: e = x; x' = alpha' (x - e) / 1e-8 + sigma' e with sigma' =
    // sin^2(pi/4) = 1/2.
    assertEquals(
        0.5f, step(SchedulerConfig.of("IPNDMScheduler"), RunOptions.steps(2), 1, 1f, 0f), 1e-6);
  }

  @Test
  void saSolver_whenTauIsZeroAndOrderOne_thenDdim() {
    SchedulerConfig config =
        SchedulerConfig.of("SASolverScheduler")
            .with("trained_betas", new double[] {0.75, 0.75})
            .with("num_train_timesteps", 2)
            .with("predictor_order", 1)
            .with("corrector_order", 1);
    Scheduler scheduler = new SaSolverScheduler(config, t -> 0);
    DiffusionRun run = scheduler.start(RunOptions.steps(1), new SampleShape(1, 1, 1), TWO);
    float[] x = {1f};
    run.step(x, new float[] {0f});
    assertEquals(2f, x[0], 1e-5);
  }

  @Test
  void edm_whenModelAnswersZero_thenTowardsSkippedSample() {
    // x0 = c_skip x; x' = x + (s' - s)(x - x0)/s with s = 80, s' = 0.002.
    double skip = 0.25 / (6400 + 0.25);
    double wanted = 1 + (0.002 - 80) * (1 - skip) / 80;
    assertEquals(
        wanted,
        step(SchedulerConfig.of("EDMEulerScheduler"), RunOptions.steps(2), 1, 1f, 0f),
        1e-6);
  }

  @Test
  void flow_whenStochastic_thenMixedAnew() {
    // sigmas 1, 0.001: x0 = x - m = 0.5; x' = 0.999 * 0.5 + 0.001 * 2.
    SchedulerConfig config =
        SchedulerConfig.of("FlowMatchEulerDiscreteScheduler").with("stochastic_sampling", true);
    assertEquals(0.999 * 0.5 + 0.002, step(config, RunOptions.steps(2), 1, 1f, 0.5f), 1e-6);
  }

  @Test
  void betaQuantile_whenArcsineLaw_thenSineSquared() {
    // Beta(1/2, 1/2): the quantile is sin^2(pi p / 2).
    assertEquals(0.5, BetaQuantile.of(0.5, 0.5, 0.5), 1e-12);
    assertEquals(Math.pow(Math.sin(Math.PI * 0.1 / 2), 2), BetaQuantile.of(0.1, 0.5, 0.5), 1e-10);
    assertEquals(0.3, BetaQuantile.of(0.3, 1, 1), 1e-12);
  }
}
