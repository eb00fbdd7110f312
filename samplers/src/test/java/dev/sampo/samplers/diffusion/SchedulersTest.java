package dev.sampo.samplers.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.diffusion.solver.EulerDiscreteScheduler;
import dev.sampo.samplers.diffusion.solver.PndmScheduler;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import dev.sampo.samplers.random.TorchGenerator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From a configuration to a scheduler, to another one, and every refusal on the way. */
class SchedulersTest {
  private static final String STABLE_DIFFUSION =
      "{\"_class_name\": \"PNDMScheduler\", \"beta_start\": 0.00085, \"beta_end\": 0.012,"
          + " \"beta_schedule\": \"scaled_linear\", \"skip_prk_steps\": true, \"steps_offset\": 1,"
          + " \"lambda_min_clipped\": -Infinity}";

  private static String message(Runnable call) {
    return assertThrows(SchedulerException.class, call::run).getMessage();
  }

  @Test
  void fromConfig_whenClassIsNamed_thenThatScheduler() {
    assertInstanceOf(PndmScheduler.class, Schedulers.fromConfig(STABLE_DIFFUSION));
  }

  @Test
  void fromConfig_whenAnotherIsAskedFor_thenEveryCompatibleOneStarts() {
    SchedulerConfig config = SchedulerConfig.parse(STABLE_DIFFUSION);
    List<String> names = Schedulers.compatible(config);
    assertEquals(18, names.size());
    for (String name : names) {
      Scheduler scheduler = Schedulers.fromConfig(config, name);
      if (!name.equals("RePaintScheduler")) {
        scheduler.start(RunOptions.steps(5), SampleShape.of(1, 4, 8, 8), new TorchGenerator(0));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "EulerDiscrete, EulerDiscreteScheduler",
    "dpmsolvermultistep, DPMSolverMultistepScheduler",
    "DDIMScheduler, DDIMScheduler"
  })
  void className_whenShortOrInOtherCase_thenFound(String name, String full) {
    assertEquals(full, Schedulers.className(name));
  }

  @Test
  void fromConfig_whenTrainedOtherwise_thenErrorListsWhatItCanBecome() {
    String flow = "{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\"}";
    assertEquals(
        "DDIMScheduler: the configuration is that of a FlowMatchEulerDiscreteScheduler, whose model"
            + " was trained otherwise; it can become FlowMatchEulerDiscreteScheduler,"
            + " FlowMatchHeunDiscreteScheduler.",
        message(() -> Schedulers.fromConfig(flow, "DDIM")));
  }

  @Test
  void fromConfig_whenNameIsUnknown_thenErrorListsAll() {
    String message = message(() -> Schedulers.fromConfig(STABLE_DIFFUSION, "Nonsense"));
    assertTrue(
        message.startsWith("Nonsense: no such scheduler. Known are DDPMScheduler, "), message);
  }

  @Test
  void fromConfig_whenOwnClassIsNotKnown_thenItsKeysSayWhatItIs() {
    String sde =
        "{\"_class_name\": \"DPMSolverSDEScheduler\", \"beta_schedule\": \"scaled_linear\"}";
    assertInstanceOf(EulerDiscreteScheduler.class, Schedulers.fromConfig(sde, "EulerDiscrete"));
    assertTrue(
        message(() -> Schedulers.fromConfig(sde)).startsWith("DPMSolverSDEScheduler: no such"));
  }

  @Test
  void unknownKeys_whenMisspelt_thenNamed() {
    SchedulerConfig config =
        SchedulerConfig.parse("{\"_class_name\": \"DDIMScheduler\", \"beta_strat\": 1}");
    assertEquals(List.of("beta_strat"), config.unknownKeys());
  }

  @Test
  void parse_whenNoObject_thenError() {
    assertEquals(
        "A scheduler configuration is a JSON object, got ARRAY.",
        assertThrows(RequestException.class, () -> SchedulerConfig.parse("[]")).getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DDIMScheduler | beta_schedule | zigzag | DDIMScheduler: beta_schedule 'zigzag' is not"
            + " supported; it can be one of linear, scaled_linear, squaredcos_cap_v2, sigmoid, exp,"
            + " laplace.",
        "DDPMScheduler | variance_type | some | DDPMScheduler: variance_type 'some' is not"
            + " supported; it can be one of fixed_small, fixed_small_log, fixed_large,"
            + " fixed_large_log, learned, learned_range.",
        "PNDMScheduler | prediction_type | sample | PNDMScheduler: prediction_type 'sample' is not"
            + " supported; it can be one of epsilon, v_prediction.",
        "DPMSolverMultistepScheduler | algorithm_type | dpmsolver | DPMSolverMultistepScheduler:"
            + " final_sigmas_type 'zero' does not go with algorithm_type 'dpmsolver'. Set"
            + " final_sigmas_type to sigma_min.",
        "UniPCMultistepScheduler | solver_p | x | UniPCMultistepScheduler: another predictor"
            + " (solver_p) is not supported; set it to null.",
        "EulerDiscreteScheduler | final_sigmas_type | one | EulerDiscreteScheduler:"
            + " final_sigmas_type 'one' is not supported; it can be one of zero, sigma_min."
      })
  void constructor_whenValueIsNotSupported_thenErrorNamesKeyAndWayOut(
      String name, String key, String value, String wanted) {
    SchedulerConfig config = SchedulerConfig.of(name).with(key, value);
    assertEquals(wanted, message(() -> Schedulers.fromConfig(config)));
  }

  @Test
  void constructor_whenTwoLadders_thenRefused() {
    SchedulerConfig config =
        SchedulerConfig.of("EulerDiscreteScheduler")
            .with("use_karras_sigmas", true)
            .with("use_beta_sigmas", true);
    assertEquals(
        "EulerDiscreteScheduler: use_beta_sigmas and use_karras_sigmas do not go together. Set one of them to false.",
        message(() -> Schedulers.fromConfig(config)));
  }

  @Test
  void constructor_whenTypeIsWrong_thenErrorShowsTheValue() {
    SchedulerConfig config = SchedulerConfig.of("DDIMScheduler").with("beta_start", "much");
    assertEquals(
        "DDIMScheduler: key 'beta_start' wants a number, got \"much\".",
        message(() -> Schedulers.fromConfig(config)));
  }

  private static DiffusionRun start(String name, RunOptions options) {
    return Schedulers.fromConfig(SchedulerConfig.of(name))
        .start(options, SampleShape.of(1, 1, 2), new TorchGenerator(0));
  }

  @Test
  void start_whenMoreStepsThanTimes_thenRefused() {
    assertEquals(
        "DDIMScheduler: num_inference_steps is at most num_train_timesteps = 1000, got 1001.",
        message(() -> start("DDIMScheduler", RunOptions.steps(1001))));
  }

  @Test
  void start_whenTimesRise_thenRefused() {
    assertEquals(
        "DDPMScheduler: timesteps have to fall, got [1.0, 2.0].",
        message(() -> start("DDPMScheduler", RunOptions.timesteps(1, 2))));
  }

  @Test
  void start_whenSchedulerTakesNoTimes_thenRefused() {
    assertEquals(
        "DDIMScheduler: this scheduler does not take chosen timesteps; give a number of steps.",
        message(() -> start("DDIMScheduler", RunOptions.timesteps(2, 1))));
  }

  @Test
  void start_whenLcmIsAskedForTooMany_thenRefused() {
    assertEquals(
        "LCMScheduler: num_inference_steps 60 is more than original_inference_steps times strength,"
            + " 50. Ask for fewer steps.",
        message(() -> start("LCMScheduler", RunOptions.steps(60))));
  }

  @Test
  void start_whenShiftFollowsTheResolution_thenMuIsWanted() {
    SchedulerConfig config =
        SchedulerConfig.of("FlowMatchEulerDiscreteScheduler").with("use_dynamic_shifting", true);
    assertEquals(
        "FlowMatchEulerDiscreteScheduler: use_dynamic_shifting is true: the run needs a value of"
            + " mu.",
        message(
            () ->
                Schedulers.fromConfig(config)
                    .start(RunOptions.steps(4), SampleShape.of(1, 1, 2), new TorchGenerator(0))));
  }

  @Test
  void beginIndex_whenStrengthIsOutside_thenRefused() {
    Schedule schedule = start("DDIMScheduler", RunOptions.steps(10)).schedule();
    assertEquals(4, schedule.beginIndex(10, 0.6));
    assertEquals(10, schedule.beginIndex(10, 0));
    assertEquals(
        "strength lies between 0 and 1, got 1.5.",
        assertThrows(RequestException.class, () -> schedule.beginIndex(10, 1.5)).getMessage());
  }

  @Test
  void trailing_when61Steps_thenTimeBelowZeroIsLeftOutWhereItIsLookedUp() {
    SampleShape one = SampleShape.of(1, 1, 2);
    SchedulerConfig ddim = SchedulerConfig.of("DDIMScheduler").with("timestep_spacing", "trailing");
    Schedule schedule =
        Schedulers.fromConfig(ddim)
            .start(RunOptions.steps(61), one, new TorchGenerator(0))
            .schedule();
    assertEquals(61, schedule.callCount());
    SchedulerConfig euler =
        SchedulerConfig.of("EulerDiscreteScheduler").with("timestep_spacing", "trailing");
    schedule =
        Schedulers.fromConfig(euler)
            .start(RunOptions.steps(61), one, new TorchGenerator(0))
            .schedule();
    assertEquals(62, schedule.callCount());
    assertEquals(-1.0, schedule.timestep(61));
  }

  @Test
  void fromConfig_whenABetaCannotBe_thenErrorNamesIt() {
    for (Object[] each :
        new Object[][] {
          {"trained_betas", List.of(0.1, 5.0), "trained_betas[1] is 5.0"},
          {"trained_betas", List.of(-0.1), "trained_betas[0] is -0.1"},
          {"beta_start", -0.5, "beta_start is -0.5"},
          {"beta_end", 1e300, "beta_end is 1.0E300"}
        }) {
      SchedulerConfig config = SchedulerConfig.of("DDIMScheduler").with((String) each[0], each[1]);
      String message = message(() -> Schedulers.fromConfig(config));
      assertEquals("DDIMScheduler: " + each[2] + "; a beta is a number from 0 to 1.", message);
    }
  }

  @Test
  void fromConfig_whenANumberWouldCostMemoryOrCannotBe_thenErrorNamesIt() {
    Object[][] wild = {
      {"UniPCMultistepScheduler", "solver_order", Integer.MAX_VALUE},
      {"ScoreSdeVeScheduler", "correct_steps", -1},
      {"ScoreSdeVeScheduler", "correct_steps", Integer.MAX_VALUE},
      {"DDPMScheduler", "dynamic_thresholding_ratio", 1e300},
      {"DPMSolverMultistepScheduler", "dynamic_thresholding_ratio", -1.0},
    };
    for (Object[] each : wild) {
      SchedulerConfig config = SchedulerConfig.of((String) each[0]).with((String) each[1], each[2]);
      String message = message(() -> Schedulers.fromConfig(config));
      assertTrue(message.contains(each[1] + " is from "), message);
      assertTrue(message.contains(String.valueOf(each[2])), message);
    }
    assertEquals(
        "num_inference_steps is at most 1000000, got 2147483647.",
        assertThrows(RequestException.class, () -> RunOptions.steps(Integer.MAX_VALUE))
            .getMessage());
  }
}
