package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds case folders: under the folder of the system property {@code sampo.cases}, what that lacks among the test resources. */
public final class Cases {
  private Cases() {}

  /** The folders of a kind, at least one. */
  public static List<Path> folders(String kind) throws IOException {
    try (Stream<Path> paths = Files.list(root(kind))) {
      List<Path> folders = paths.filter(Files::isDirectory).sorted().toList();
      assertFalse(folders.isEmpty(), "No case under " + root(kind));
      return folders;
    }
  }

  /** The folder of a kind. */
  public static Path root(String kind) {
    String given = System.getProperty("sampo.cases");
    if (given != null && Files.isDirectory(Path.of(given).resolve(kind))) {
      return Path.of(given).resolve(kind);
    }
    try {
      return Path.of(Cases.class.getResource("/cases/" + kind).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
