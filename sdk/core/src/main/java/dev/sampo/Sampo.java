package dev.sampo;

import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;

/**
 * The door: opens any model.
 *
 * <pre>{@code
 * try (TextGenerator model = Sampo.open(Paths.get("models/scripture-gpt"), TextGenerator.class)) {
 *   ...
 * }
 *
 * try (Model model = Sampo.open(Paths.get("models/digits-gan"))) {
 *   if (model instanceof GanPipeline gan) {
 *     ...
 *   }
 * }
 * }</pre>
 *
 * <p>A path is a folder in one of the layouts that others write (Optimum's, diffusers', sentence-transformers'), a folder with a
 * {@code sampo.json}, or an {@code .onnx} file. What {@link ModelFolder#open(Path)} says of missing and broken files holds here.
 */
public final class Sampo {
  private Sampo() {}

  /**
   * Opens a model with the default settings of its sessions.
   *
   * @throws dev.sampo.error.ModelException if there is no model, or a file of it is at fault
   */
  public static Model open(Path path) {
    return open(path, SessionConfig.defaults());
  }

  /** Opens a model with settings of its sessions: threads, provider, cache. */
  public static Model open(Path path, SessionConfig config) {
    return open(ModelFolder.open(path), config);
  }

  /** Opens a model whose folder was looked at before, for instance with a variant of its graphs. */
  public static Model open(ModelFolder folder, SessionConfig config) {
    return Doors.of(folder).open(folder, config);
  }

  /**
   * Opens a model as one family.
   *
   * @param family an interface below {@link Model}
   * @throws dev.sampo.error.ModelException if there is no model, a file of it is at fault, or it is of another family: the message says of
   *     which
   */
  public static <T extends Model> T open(Path path, Class<T> family) {
    return open(path, SessionConfig.defaults(), family);
  }

  /** Opens a model as one family, with settings of its sessions. */
  public static <T extends Model> T open(Path path, SessionConfig config, Class<T> family) {
    return open(ModelFolder.open(path), config, family);
  }

  /** Opens a model as one family, whose folder was looked at before. */
  public static <T extends Model> T open(
      ModelFolder folder, SessionConfig config, Class<T> family) {
    return family.cast(Doors.of(folder, family).open(folder, config));
  }

  /**
   * Which family {@link #open(ModelFolder, SessionConfig)} would open a folder as, without loading it: {@code TextGenerator.class}, {@code
   * GanPipeline.class} and so on.
   */
  public static Class<? extends Model> familyOf(ModelFolder folder) {
    return Doors.of(folder).type();
  }
}
