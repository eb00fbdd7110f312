package dev.sampo.samplers.diffusion.solver;

import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.SchedulerException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The way from a {@code scheduler_config.json} to a {@link Scheduler}, and from one algorithm to another with the same model.
 *
 * <p>A configuration says how the model was trained: by betas (a variance-preserving diffusion), as a flow, as EDM, as a consistency
 * model, or by the variance-exploding SDE. It can become any algorithm of its own kind, and nothing else.
 */
public final class Schedulers {
  /** How a model was trained; only algorithms of the same kind can sample it. */
  private enum Kind {
    DIFFUSION,
    FLOW,
    EDM,
    CONSISTENCY,
    SDE_VE,
    IPNDM,
    UNCLIP
  }

  private record Entry(Kind kind, Function<SchedulerConfig, Scheduler> make) {}

  private static final Map<String, Entry> ALL = new LinkedHashMap<>();

  static {
    add(DdpmScheduler.NAME, Kind.DIFFUSION, DdpmScheduler::new);
    add(DdimScheduler.NAME, Kind.DIFFUSION, DdimScheduler::new);
    add(DdimInverseScheduler.NAME, Kind.DIFFUSION, DdimInverseScheduler::new);
    add(PndmScheduler.NAME, Kind.DIFFUSION, PndmScheduler::new);
    add(LmsDiscreteScheduler.NAME, Kind.DIFFUSION, LmsDiscreteScheduler::new);
    add(EulerDiscreteScheduler.NAME, Kind.DIFFUSION, EulerDiscreteScheduler::new);
    add(EulerAncestralDiscreteScheduler.NAME, Kind.DIFFUSION, EulerAncestralDiscreteScheduler::new);
    add(HeunDiscreteScheduler.NAME, Kind.DIFFUSION, HeunDiscreteScheduler::new);
    add(Kdpm2DiscreteScheduler.NAME, Kind.DIFFUSION, Kdpm2DiscreteScheduler::new);
    add(Kdpm2AncestralDiscreteScheduler.NAME, Kind.DIFFUSION, Kdpm2AncestralDiscreteScheduler::new);
    add(DpmSolverMultistepScheduler.NAME, Kind.DIFFUSION, DpmSolverMultistepScheduler::new);
    add(DpmSolverSinglestepScheduler.NAME, Kind.DIFFUSION, DpmSolverSinglestepScheduler::new);
    add(UniPcMultistepScheduler.NAME, Kind.DIFFUSION, UniPcMultistepScheduler::new);
    add(DeisMultistepScheduler.NAME, Kind.DIFFUSION, DeisMultistepScheduler::new);
    add(SaSolverScheduler.NAME, Kind.DIFFUSION, SaSolverScheduler::new);
    add(LcmScheduler.NAME, Kind.DIFFUSION, LcmScheduler::new);
    add(TcdScheduler.NAME, Kind.DIFFUSION, TcdScheduler::new);
    add(RePaintScheduler.NAME, Kind.DIFFUSION, RePaintScheduler::new);
    add(UnClipScheduler.NAME, Kind.UNCLIP, UnClipScheduler::new);
    add(IpndmScheduler.NAME, Kind.IPNDM, IpndmScheduler::new);
    add(EdmEulerScheduler.NAME, Kind.EDM, EdmEulerScheduler::new);
    add(EdmDpmSolverMultistepScheduler.NAME, Kind.EDM, EdmDpmSolverMultistepScheduler::new);
    add(CmStochasticIterativeScheduler.NAME, Kind.CONSISTENCY, CmStochasticIterativeScheduler::new);
    add(ScoreSdeVeScheduler.NAME, Kind.SDE_VE, ScoreSdeVeScheduler::new);
    add(FlowMatchEulerDiscreteScheduler.NAME, Kind.FLOW, FlowMatchEulerDiscreteScheduler::new);
    add(FlowMatchHeunDiscreteScheduler.NAME, Kind.FLOW, FlowMatchHeunDiscreteScheduler::new);
  }

  private Schedulers() {}

  private static void add(String name, Kind kind, Function<SchedulerConfig, Scheduler> make) {
    ALL.put(name, new Entry(kind, make));
  }

  /** The class names of all schedulers, as diffusers spells them. */
  public static List<String> names() {
    return new ArrayList<>(ALL.keySet());
  }

  /**
   * The scheduler that a configuration file names.
   *
   * @throws SchedulerException if the class is not known or its keys do not go together
   */
  public static Scheduler fromConfig(String json) {
    return fromConfig(SchedulerConfig.parse(json));
  }

  /** As {@link #fromConfig(String)} from a configuration that was read or changed before. */
  public static Scheduler fromConfig(SchedulerConfig config) {
    return entry(config.className()).make().apply(config);
  }

  /**
   * Another scheduler for the same model.
   *
   * @param name the class name, with or without "Scheduler" at its end, in any case
   * @throws SchedulerException if the name is not known or the configuration's model cannot be sampled that way
   */
  public static Scheduler fromConfig(String json, String name) {
    return fromConfig(SchedulerConfig.parse(json), name);
  }

  /** As {@link #fromConfig(String, String)} from a configuration that was read or changed before. */
  public static Scheduler fromConfig(SchedulerConfig config, String name) {
    String target = className(name);
    Entry wanted = entry(target);
    if (!config.className().isEmpty()) {
      Kind own = kind(config);
      if (own != wanted.kind()) {
        throw new SchedulerException(
            target,
            "_class_name",
            "the configuration is that of a "
                + config.className()
                + ", whose model was trained otherwise; it can become "
                + String.join(", ", namesOf(own))
                + ".");
      }
    }
    return wanted.make().apply(adapted(config, target).with("_class_name", target));
  }

  /** Words of one solver that mean something else, or nothing, to another. */
  private static SchedulerConfig adapted(SchedulerConfig config, String target) {
    if (config.className().equals(target)) {
      return config;
    }
    SchedulerConfig adapted = config;
    if (target.equals(SaSolverScheduler.NAME)
        || config.className().equals(SaSolverScheduler.NAME)
        || target.equals(EdmDpmSolverMultistepScheduler.NAME)) {
      adapted = adapted.with("algorithm_type", null);
    }
    // A learned variance is only the ancestral sampler's and the DPM solvers' business.
    boolean takesVariance =
        target.equals(DdpmScheduler.NAME)
            || target.equals(SaSolverScheduler.NAME)
            || target.startsWith("DPMSolver");
    String variance = config.text("variance_type", "");
    if (!takesVariance || (target.equals(DdpmScheduler.NAME) && variance.isEmpty())) {
      adapted = adapted.with("variance_type", null);
    }
    return adapted;
  }

  /** The full class name for a short or differently cased one. */
  public static String className(String name) {
    for (String known : ALL.keySet()) {
      String brief = known.substring(0, known.length() - "Scheduler".length());
      if (known.equalsIgnoreCase(name) || brief.equalsIgnoreCase(name)) {
        return known;
      }
    }
    throw unknown(name);
  }

  /** The schedulers that the configuration's model can be sampled with, its own included. */
  public static List<String> compatible(SchedulerConfig config) {
    return namesOf(kind(config));
  }

  /** By the class, or by the keys where the class is one that this library lacks. */
  private static Kind kind(SchedulerConfig config) {
    Entry own = ALL.get(config.className());
    if (own != null) {
      return own.kind();
    }
    if (config.has("beta_schedule") || config.has("beta_start") || config.has("trained_betas")) {
      return Kind.DIFFUSION;
    }
    if (config.has("shift")) {
      return Kind.FLOW;
    }
    throw unknown(config.className());
  }

  private static List<String> namesOf(Kind kind) {
    List<String> names = new ArrayList<>();
    ALL.forEach(
        (name, entry) -> {
          if (entry.kind() == kind) {
            names.add(name);
          }
        });
    return names;
  }

  private static Entry entry(String className) {
    Entry entry = ALL.get(className);
    if (entry == null) {
      throw unknown(className);
    }
    return entry;
  }

  private static SchedulerException unknown(String name) {
    return new SchedulerException(
        name.isEmpty() ? "(no _class_name)" : name,
        "_class_name",
        "no such scheduler. Known are "
            + Arrays.toString(ALL.keySet().toArray()).replace("[", "").replace("]", "")
            + ".");
  }
}
