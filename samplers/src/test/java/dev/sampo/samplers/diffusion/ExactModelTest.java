package dev.sampo.samplers.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sampo.samplers.diffusion.solver.Schedulers;
import dev.sampo.samplers.random.TorchGenerator;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A model that knows x0 and eps: the path x = alpha x0 + sigma eps is then a straight line for every deterministic solver, whatever its
 * order, ladder and prediction type, and the run has to end where the line ends. Worked out by hand for x0 = 0.7, eps = -1.2.
 */
class ExactModelTest {
  private static final float X0 = 0.7f;
  private static final float EPS = -1.2f;
  private static final String[] DIFFUSIONS = {
    "DDIMScheduler",
    "PNDMScheduler",
    "LMSDiscreteScheduler",
    "EulerDiscreteScheduler",
    "HeunDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "UniPCMultistepScheduler",
    "DEISMultistepScheduler",
    "TCDScheduler"
  };

  /** One configuration: every ladder and prediction type of every scheduler, orders 1 to 3 where there are orders. */
  record Case(SchedulerConfig config, int steps) {}

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (String name : DIFFUSIONS) {
      for (String prediction : new String[] {"epsilon", "sample", "v_prediction"}) {
        if (!takes(name, prediction)) {
          continue;
        }
        for (String ladder : ladders(name)) {
          for (int order : orders(name)) {
            SchedulerConfig config =
                SchedulerConfig.of(name)
                    .with("beta_schedule", "scaled_linear")
                    .with("beta_start", 0.00085)
                    .with("beta_end", 0.012)
                    .with("clip_sample", false)
                    .with("prediction_type", prediction);
            config = ladder.isEmpty() ? config : config.with(ladder, true);
            config = order == 0 ? config : config.with("solver_order", order);
            // The half steps of PNDM's Runge-Kutta part meet only where the stride is even.
            cases.add(new Case(config, name.startsWith("PNDM") ? 10 : 9));
            cases.add(new Case(config, 20));
          }
        }
      }
    }
    for (String solver : new String[] {"dpmsolver", "dpmsolver++"}) {
      for (String type : new String[] {"midpoint", "heun"}) {
        for (String name :
            new String[] {"DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler"}) {
          cases.add(
              new Case(
                  SchedulerConfig.of(name)
                      .with("algorithm_type", solver)
                      .with("solver_type", type)
                      .with("solver_order", 3)
                      .with("final_sigmas_type", "sigma_min"),
                  9));
        }
      }
    }
    for (String name :
        new String[] {"FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler"}) {
      cases.add(new Case(SchedulerConfig.of(name).with("shift", 3.0), 7));
    }
    cases.add(
        new Case(
            SchedulerConfig.of("UniPCMultistepScheduler")
                .with("solver_type", "bh1")
                .with("predict_x0", false),
            8));
    return cases.stream();
  }

  private static boolean takes(String name, String prediction) {
    return switch (prediction) {
      case "sample" -> !name.startsWith("PNDM") && !name.startsWith("KDPM2");
      // PLMS averages predictions of different times, which only an eps survives.
      case "v_prediction" -> !name.startsWith("PNDM");
      default -> true;
    };
  }

  private static String[] ladders(String name) {
    boolean none = name.startsWith("DDIM") || name.startsWith("PNDM") || name.startsWith("TCD");
    return none
        ? new String[] {""}
        : new String[] {"", "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"};
  }

  private static int[] orders(String name) {
    return name.contains("step") && !name.contains("Discrete")
        ? new int[] {1, 2, 3}
        : new int[] {0};
  }

  @ParameterizedTest
  @MethodSource("cases")
  void run_whenModelIsExact_thenEndsOnTheLine(Case c) {
    Scheduler scheduler = Schedulers.fromConfig(c.config());
    RunOptions options = RunOptions.steps(c.steps()).withEta(0.0);
    DiffusionRun run = scheduler.start(options, new SampleShape(1, 1, 1), new TorchGenerator(0));
    boolean flow = c.config().className().startsWith("Flow");
    float[] x = new float[1];
    run.addNoise(new float[] {X0}, new float[] {EPS}, run.index(), x);
    float[] m = new float[1];
    float[] x0 = new float[1];
    while (!run.isDone()) {
      m[0] = (float) answer(c.config(), run, x[0], flow);
      run.step(x, m, x0);
      assertEquals(X0, x0[0], 2e-4, "x0 at call " + run.index());
    }
    Marginal end = end(c.config(), run, scheduler);
    assertEquals(end.alpha() * X0 + end.sigma() * EPS, x[0], 2e-4);
  }

  /** What an exact model says of a sample that lies on the line, wherever on it. */
  private static double answer(SchedulerConfig config, DiffusionRun run, float x, boolean flow) {
    if (flow) {
      return EPS - X0;
    }
    boolean sigmaSpace = run.inputScale() != 1.0;
    double a = run.marginal(run.index()).alpha();
    double s = run.marginal(run.index()).sigma();
    if (sigmaSpace) {
      double scale = run.inputScale();
      a = scale;
      s = Math.sqrt(1 - scale * scale);
    }
    return switch (config.text("prediction_type", "epsilon")) {
      case "sample" -> X0;
      case "v_prediction" -> a * EPS - s * X0;
      default -> EPS;
    };
  }

  private static Marginal end(SchedulerConfig config, DiffusionRun run, Scheduler scheduler) {
    float[] sigmas = run.schedule().sigmas();
    if (sigmas != null) {
      double last = sigmas[sigmas.length - 1];
      boolean vp = run.marginal(0).alpha() < 1 && !config.className().startsWith("Flow");
      double norm = vp ? Math.sqrt(last * last + 1) : 1;
      return new Marginal(config.className().startsWith("Flow") ? 1 - last : 1 / norm, last / norm);
    }
    boolean toZero = config.className().startsWith("DDIM");
    return toZero ? new Marginal(1, 0) : scheduler.marginal(0);
  }
}
