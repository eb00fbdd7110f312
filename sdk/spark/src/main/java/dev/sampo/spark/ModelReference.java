package dev.sampo.spark;

import dev.sampo.error.ModelException;
import dev.sampo.hub.Hub;
import dev.sampo.model.ModelFolder;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkFiles;
import org.jspecify.annotations.Nullable;

/**
 * A model as the driver names it and as each machine finds it.
 *
 * @param name alias of an archive, a path, or a name on the Hub
 * @param variant which of several graphs, empty for the folder's own choice
 * @param fingerprint what the driver's copy hashes to; null where the driver has none
 */
record ModelReference(String name, String variant, @Nullable String fingerprint)
    implements Serializable {
  private static final long serialVersionUID = 1;
  private static final Pattern HUB_NAME =
      Pattern.compile("[\\w.-]+/[\\w.-]+(@[\\w./-]+)?(:[\\w.-]+)?");

  /** The folder on this machine; null if it has none (names of the Hub are not asked for). */
  static @Nullable Path find(String name) {
    Path archive = ofArchive(name);
    if (archive != null) {
      return archive;
    }
    try {
      Path path = Paths.get(name);
      return Files.exists(path) ? path.toAbsolutePath().normalize() : null;
    } catch (InvalidPathException e) {
      return null;
    }
  }

  /** What {@code spark.archives} unpacked under this alias. */
  private static @Nullable Path ofArchive(String alias) {
    if (SparkEnv.get() == null || alias.isEmpty() || alias.startsWith("/")) {
      return null;
    }
    try {
      Path path = Paths.get(SparkFiles.get(alias));
      return Files.isDirectory(path) ? withoutWrapper(path) : null;
    } catch (InvalidPathException e) {
      return null;
    }
  }

  /** An archive of a folder unpacks to that folder inside the alias. */
  private static Path withoutWrapper(Path path) {
    try (Stream<Path> list = Files.list(path)) {
      List<Path> inside = list.limit(2).toList();
      return inside.size() == 1 && Files.isDirectory(inside.get(0)) ? inside.get(0) : path;
    } catch (IOException e) {
      return path;
    }
  }

  static boolean isHubName(String name) {
    return HUB_NAME.matcher(name).matches();
  }

  /** The folder on this machine, fetched from the Hub if need be, and checked against the driver's. */
  ModelFolder folder() {
    Path path = find(name);
    ModelFolder folder;
    if (path != null) {
      folder = variant.isEmpty() ? ModelFolder.open(path) : ModelFolder.open(path, variant);
    } else if (isHubName(name)) {
      folder = Hub.model(name);
    } else {
      throw new ModelException(
          Paths.get(name),
          "There is no model "
              + name
              + " on this machine (process "
              + (SparkEnv.get() == null ? "without Spark" : SparkEnv.get().executorId())
              + "): neither an archive of spark.archives with that alias (set before the session starts: model.zip#"
              + Paths.get(name).getFileName()
              + "), nor a path that it sees, nor a name org/name of the Hub.");
    }
    if (fingerprint != null && !fingerprint.equals(ModelFingerprint.of(folder.root()))) {
      throw new ModelException(
          folder.root(),
          "The files of the model "
              + name
              + " are not those of the driver: their SHA-256 differs. Give every machine the same copy.");
    }
    return folder;
  }
}
