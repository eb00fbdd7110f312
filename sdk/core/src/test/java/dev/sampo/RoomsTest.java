package dev.sampo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How the sources of this module are laid out: no crowded package, no long file without its reason, no circle. */
class RoomsTest {
  private static final Path SOURCES = Path.of("src/main/java");
  private static final Pattern IMPORT =
      Pattern.compile(
          "^import (?:static )?(dev\\.sampo(?:\\.[a-z]\\w*)*)\\.[A-Z]", Pattern.MULTILINE);

  /**
   * The door: {@code Model} is sealed over the families and {@code Sampo} opens them all, while they take {@code Model}, {@code Progress}
   * and {@code Timings} from it. Every circle goes through it.
   */
  private static final String DOOR = "dev.sampo";

  private static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(SOURCES)) {
      List<Path> files =
          all.filter(p -> p.toString().endsWith(".java")).sorted().collect(Collectors.toList());
      assertTrue(files.size() > 100, "sources are at " + SOURCES.toAbsolutePath());
      return files;
    }
  }

  private static String packageOf(Path file) {
    return SOURCES.relativize(file.getParent()).toString().replace('/', '.').replace('\\', '.');
  }

  @Test
  void file_whenLong_thenItsHeadSaysWhy() throws IOException {
    List<String> silent = new ArrayList<>();
    for (Path file : files()) {
      List<String> lines = Files.readAllLines(file);
      String head =
          lines.stream()
              .takeWhile(
                  line ->
                      line.isEmpty()
                          || !Character.isLetter(line.charAt(0))
                          || line.matches("(import|package) .*"))
              .collect(Collectors.joining("\n"));
      if (lines.size() > 400
          && !head.matches("(?s).*\\b([Ll]ong file because|Long for|Longer than most files).*")) {
        silent.add(file + " has " + lines.size() + " lines");
      }
    }
    assertEquals(Collections.emptyList(), silent);
  }

  @Test
  void package_whenCounted_thenNoMoreThan35Files() throws IOException {
    Map<String, Integer> counts = new TreeMap<>();
    for (Path file : files()) {
      if (!file.endsWith("package-info.java")) {
        counts.merge(packageOf(file), 1, Integer::sum);
      }
    }
    counts.values().removeIf(count -> count <= 35);
    assertEquals(Collections.emptyMap(), counts);
  }

  @Test
  void imports_whenFollowed_thenNoCircleButThroughTheDoor() throws IOException {
    Map<String, Set<String>> uses = new TreeMap<>();
    for (Path file : files()) {
      Matcher imports = IMPORT.matcher(Files.readString(file));
      Set<String> used = uses.computeIfAbsent(packageOf(file), name -> new TreeSet<>());
      while (imports.find()) {
        used.add(imports.group(1));
      }
    }
    uses.remove(DOOR);
    uses.forEach((name, used) -> used.remove(name));
    List<String> circles = new ArrayList<>();
    for (String name : uses.keySet()) {
      if (reached(uses, name).contains(name)) {
        circles.add(name);
      }
    }
    assertEquals(Collections.emptyList(), circles);
  }

  private static Set<String> reached(Map<String, Set<String>> uses, String from) {
    Set<String> seen = new TreeSet<>();
    Deque<String> todo = new ArrayDeque<>(uses.get(from));
    while (!todo.isEmpty()) {
      String next = todo.pop();
      if (uses.containsKey(next) && seen.add(next)) {
        todo.addAll(uses.get(next));
      }
    }
    return seen;
  }
}
