package dev.sampo.runtime;

import dev.sampo.error.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Paths that a model names for itself. They must stay in its folder: a downloaded model is not to be trusted with other files of the
 * machine.
 *
 * <p>A symbolic link may leave the folder in one case: Hugging Face's cache keeps {@code models--X/snapshots/REVISION/file} as a link into
 * {@code models--X/blobs}.
 */
public final class SafePaths {
  private SafePaths() {}

  /**
   * The path of {@code relative} in {@code root}; it need not exist.
   *
   * @param what names it in the message
   * @throws ModelException if it is absolute, climbs out with {@code ..}, or is a link that leads out
   */
  public static Path resolve(Path root, String relative, String what) {
    Path path;
    try {
      path = root.resolve(root.getFileSystem().getPath(relative).normalize());
    } catch (InvalidPathException e) {
      throw new ModelException(root, "Path '" + relative + "' of " + what + " is no path", e);
    }
    boolean absolute =
        relative.startsWith("/") || relative.startsWith("\\") || relative.matches("[A-Za-z]:.*");
    if (absolute
        || relative.isEmpty()
        || !path.toAbsolutePath().normalize().startsWith(root.toAbsolutePath().normalize())) {
      throw new ModelException(
          root,
          "Path '"
              + relative
              + "' of "
              + what
              + " leaves the folder "
              + root
              + ". A model may name files of its own folder only; copy the file into it.");
    }
    checkLink(root, path, what);
    return path;
  }

  /** Checks that {@code path}, links followed, lies in {@code root}. */
  public static void checkLink(Path root, Path path, String what) {
    if (!Files.exists(path)) {
      return;
    }
    try {
      Path realRoot = root.toRealPath();
      Path real = path.toRealPath();
      if (real.startsWith(realRoot) || isHubBlob(realRoot, real)) {
        return;
      }
      throw new ModelException(
          path,
          "File "
              + path
              + " of "
              + what
              + " is a link to "
              + real
              + ", outside the folder "
              + root
              + ". Copy the file into the folder.");
    } catch (IOException e) {
      throw new ModelException(path, "File " + path + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static boolean isHubBlob(Path realRoot, Path real) {
    for (Path folder = realRoot; folder != null; folder = folder.getParent()) {
      Path snapshots = folder.getParent();
      if (snapshots != null
          && snapshots.getParent() != null
          && snapshots.getFileName() != null
          && snapshots.getFileName().toString().equals("snapshots")) {
        return real.startsWith(snapshots.getParent().resolve("blobs"));
      }
    }
    return false;
  }
}
