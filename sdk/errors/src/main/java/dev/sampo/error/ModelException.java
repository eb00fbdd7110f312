package dev.sampo.error;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A model cannot be used: a file is missing, unreadable or says what cannot be. The message says what was looked for, where. */
public class ModelException extends SampoException {
  private static final long serialVersionUID = 1;
  private final transient Path path;

  public ModelException(Path path, String message) {
    this(path, message, null);
  }

  public ModelException(Path path, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.path = path;
  }

  /**
   * Refuses what stands in a model's folder under the name of a file but is a pipe or a device: reading it might never end. What does not exist passes.
   *
   * @throws ModelException if {@code path} is neither a file nor a folder, links followed
   */
  public static void refuseSpecial(Path path) {
    if (Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path)) {
      throw new ModelException(
          path,
          "Cannot read " + path + ": it is no file but a pipe or a device. Put a file there.");
    }
  }

  /** The folder or file at fault. */
  public Path path() {
    return path;
  }
}
