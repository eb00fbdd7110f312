package dev.sampo.export;

import dev.sampo.error.ModelException;
import dev.sampo.export.files.ModelFiles;
import dev.sampo.export.weights.Weights;
import dev.sampo.model.spi.GraphMaker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes the graphs of a folder of weights when it is opened, into a cache: {@code SAMPO_CACHE}, else {@code sampo} in {@code XDG_CACHE_HOME} or
 * {@code ~/.cache}. Where weights cannot be linked from there (another disk), into {@code .sampo} in the folder itself, if that can be written.
 * Settings, and names, sizes and times of the weights tell whether graphs that were made before still fit.
 */
public final class CachedExport implements GraphMaker {
  /** To be raised when graphs are built in another way. */
  private static final String VERSION = "1";

  /** Made by {@link java.util.ServiceLoader}. */
  public CachedExport() {}

  @Override
  public @Nullable Path make(Path folder) {
    if (!GraphExport.isExportable(folder)) {
      return null;
    }
    try {
      Path name = folder.toRealPath().getFileName();
      Path place = place(folder).resolve(key(folder));
      Path made = place.resolve(name == null ? "model" : name.toString());
      if (!Files.isDirectory(made)) {
        write(folder, place, made);
      }
      return made;
    } catch (IOException e) {
      throw new ModelException(
          folder,
          "The graphs of "
              + folder
              + " cannot be written: "
              + e.getMessage()
              + ". Set SAMPO_CACHE to a folder that can be, or run `sampo export`.",
          e);
    }
  }

  private static void write(Path folder, Path place, Path made) throws IOException {
    Files.createDirectories(place);
    Path partial = Files.createTempDirectory(place, "partial");
    try {
      GraphExport.of(folder).to(partial);
      Files.move(partial, made);
    } catch (IOException | RuntimeException e) {
      ModelFiles.delete(partial);
      // Another process may have been faster.
      if (!(e instanceof IOException) || !Files.isDirectory(made)) {
        throw e;
      }
    }
  }

  private static Path place(Path folder) throws IOException {
    Path cache = cache().resolve("graphs");
    Path own = folder.resolve(".sampo");
    Files.createDirectories(cache);
    Path weights = Weights.open(folder).files().get(0).toRealPath();
    if (links(weights, cache) || !Files.isWritable(folder)) {
      return cache;
    }
    Files.createDirectories(own);
    return own;
  }

  private static boolean links(Path file, Path folder) throws IOException {
    Path trial = Files.createTempDirectory(folder, "trial");
    Path link = trial.resolve("link");
    try {
      Files.createLink(link, file);
      return true;
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    } finally {
      Files.deleteIfExists(link);
      Files.delete(trial);
    }
  }

  private static Path cache() {
    for (String given : List.of(setting("sampo.cache"), environment("SAMPO_CACHE"))) {
      if (!given.isEmpty()) {
        return Paths.get(given);
      }
    }
    String shared = environment("XDG_CACHE_HOME");
    Path base = shared.isEmpty() ? Paths.get(setting("user.home"), ".cache") : Paths.get(shared);
    return base.resolve("sampo");
  }

  private static String setting(String name) {
    return System.getProperty(name, "");
  }

  private static String environment(String name) {
    String value = System.getenv(name);
    return value == null ? "" : value;
  }

  private static String key(Path folder) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(VERSION.getBytes(StandardCharsets.UTF_8));
      try (Stream<Path> all = Files.list(folder)) {
        for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
          String what =
              file.getFileName()
                  + " "
                  + Files.size(file)
                  + " "
                  + Files.getLastModifiedTime(file).toMillis()
                  + "\n";
          digest.update(what.getBytes(StandardCharsets.UTF_8));
        }
      }
      digest.update(Files.readAllBytes(folder.resolve("config.json")));
      StringBuilder hex = new StringBuilder();
      for (byte b : digest.digest()) {
        hex.append(String.format("%02x", b));
      }
      return hex.substring(0, 24);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
