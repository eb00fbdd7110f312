package dev.sampo.examples;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Runs every example. */
class ExamplesTest {
  private static final Path SOURCES = Path.of("src", "main", "java", "dev", "sampo", "examples");

  @TempDir Path out;

  @TestFactory
  List<DynamicTest> example_whenRun_printsAndWritesWhatItSays() throws Exception {
    List<DynamicTest> tests = new ArrayList<>();
    try (Stream<Path> files = Files.list(SOURCES)) {
      for (Path file : (Iterable<Path>) files.sorted()::iterator) {
        String name = file.getFileName().toString().replace(".java", "");
        if (Files.readString(file).contains("public static void main(")) {
          tests.add(DynamicTest.dynamicTest(name, () -> run(name)));
        }
      }
    }
    assertFalse(tests.isEmpty(), "no example found in " + SOURCES.toAbsolutePath());
    return tests;
  }

  private void run(String name) throws Exception {
    Method main = Class.forName("dev.sampo.examples." + name).getMethod("main", String[].class);
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      main.invoke(null, (Object) new String[] {out.toString()});
    } finally {
      System.setOut(before);
    }
    String text = printed.toString(StandardCharsets.UTF_8);
    assertFalse(text.isBlank(), name + " printed nothing");
    for (String word : text.split("\\s+")) {
      if (word.startsWith(out.toString())) {
        assertTrue(Files.size(Path.of(word)) > 0, word + " is empty");
      }
    }
  }
}
