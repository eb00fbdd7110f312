package dev.sampo.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Cases of the kind that are handed in from outside; the system property {@code sampo.cases} gives another root. */
final class Cases {
  private static final Path OWN = Paths.get("src/test/resources/cases");

  private Cases() {}

  /** Files or folders under the root, those of this module where the root has none of the kind. */
  static List<Path> find(Predicate<Path> kind) throws IOException {
    String root = System.getProperty("sampo.cases");
    List<Path> found = root == null ? List.of() : walk(Paths.get(root), kind);
    found = found.isEmpty() ? walk(OWN, kind) : found;
    if (found.isEmpty()) {
      throw new AssertionError("No case under " + (root == null ? OWN : root));
    }
    return found;
  }

  private static List<Path> walk(Path root, Predicate<Path> kind) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(kind).sorted().toList();
    }
  }
}
