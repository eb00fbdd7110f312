package dev.sampo.internal;

import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.samplers.diffusion.Scheduler;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.samplers.diffusion.solver.Schedulers;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

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

  /**
   * The scheduler of a request over a folder's usual file.
   *
   * @param config settings, the file's or the request's
   * @param name of another scheduler that takes these settings; null for the one that they name
   * @param ofFile whether the settings are the file's alone, so that a fault in them is the file's
   */
  public static Scheduler scheduler(
      ModelFolder folder, SchedulerConfig config, @Nullable String name, boolean ofFile) {
    if (name != null) {
      return Schedulers.fromConfig(config, name);
    }
    return ofFile ? scheduler(folder, USUAL, config) : Schedulers.fromConfig(config);
  }

  private static ModelException fault(Path file, RequestException e) {
    return new ModelException(file, file + ": " + e.getMessage(), e);
  }
}
