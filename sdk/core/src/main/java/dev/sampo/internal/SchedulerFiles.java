package dev.sampo.internal;

import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** Reads the scheduler files of a model folder; a file at fault is named. */
public final class SchedulerFiles {
  /** Where diffusers keeps it. */
  public static final String USUAL = "scheduler/scheduler_config.json";

  private SchedulerFiles() {}

  /**
   * Reads one.
   *
   * @param relative its path within the folder
   * @throws ModelException if it is missing or no JSON object
   */
  public static SchedulerConfig read(ModelFolder folder, String relative) {
    return read(folder, relative, UnaryOperator.identity());
  }

  /** {@link #read(ModelFolder, String)} with what the architecture makes of it. */
  public static SchedulerConfig read(
      ModelFolder folder, String relative, UnaryOperator<SchedulerConfig> adapt) {
    Path file = folder.file(relative);
    String text = folder.text(relative);
    try {
      return adapt.apply(SchedulerConfig.parse(text));
    } catch (RequestException e) {
      throw fault(file, e);
    }
  }

  /**
   * The scheduler that a file names.
   *
   * @param config what {@link #read} gave for it
   * @throws ModelException if its values do not go together, or no such scheduler is known
   */
  public static Scheduler scheduler(ModelFolder folder, String relative, SchedulerConfig config) {
    try {
      return Schedulers.fromConfig(config);
    } catch (RequestException e) {
      throw fault(folder.file(relative), e);
    }
  }

  private static ModelException fault(Path file, RequestException e) {
    return new ModelException(file, file + ": " + e.getMessage(), e);
  }
}
