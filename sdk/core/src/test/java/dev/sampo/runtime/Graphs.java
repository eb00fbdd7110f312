package dev.sampo.runtime;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Objects;

/** The tiny graphs under {@code src/test/resources/graphs}. */
public final class Graphs {
  private Graphs() {}

  public static Path path(String name) {
    URL url = Objects.requireNonNull(Graphs.class.getResource("/graphs/" + name), name);
    try {
      return Paths.get(url.toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static Graph load(String name) {
    return Graph.load(path(name), SessionConfig.builder().intraOpThreads(1).build());
  }
}
