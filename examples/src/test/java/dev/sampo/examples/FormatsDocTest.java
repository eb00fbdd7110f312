package dev.sampo.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/formats.md} names tests: each of them is there. */
class FormatsDocTest {
  private static final Path HOME = Path.of(System.getProperty("sampo.home"));

  @Test
  void formats_namesTestsThatExist() throws IOException {
    Set<String> named = new TreeSet<>();
    Matcher matcher =
        Pattern.compile("`(\\w+Test)`").matcher(Files.readString(HOME.resolve("docs/formats.md")));
    while (matcher.find()) {
      named.add(matcher.group(1) + ".java");
    }
    assertTrue(named.size() > 15, named.toString());
    Set<String> there;
    try (Stream<Path> files = Files.walk(HOME)) {
      there =
          files
              .map(f -> f.getFileName().toString())
              .filter(f -> f.endsWith("Test.java"))
              .collect(Collectors.toSet());
    }
    named.removeAll(there);
    assertEquals(Set.of(), named);
  }
}
