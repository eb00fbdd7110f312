package dev.sampo.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java program of the README compiles as written, and runs. */
class ReadmeTest {
  private static final Path HOME = Path.of(System.getProperty("sampo.home", ".."));
  private static final Pattern JAVA_BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern CLASS_NAME = Pattern.compile("class (\\w+)");

  @TempDir Path folder;

  @Test
  void readmeProgram_whenCompiledAsWritten_generatesText() throws Exception {
    String program = program();
    Matcher name = CLASS_NAME.matcher(program);
    assertTrue(name.find(), "the program of the README has no class");
    Path source = folder.resolve(name.group(1) + ".java");
    // The program names the model relative to the project's folder; the test runs elsewhere.
    Files.writeString(
        source, program.replace("exporter-specs/", HOME.toAbsolutePath() + "/exporter-specs/"));
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                folder.toString(),
                source.toString());
    assertEquals(0, failed, "the program of the README does not compile");
    assertFalse(output(name.group(1)).isBlank(), "the program of the README prints nothing");
  }

  private static String program() throws Exception {
    Matcher block = JAVA_BLOCK.matcher(Files.readString(HOME.resolve("README.md")));
    assertTrue(block.find(), "README.md has no block of Java");
    return block.group(1);
  }

  private String output(String className) throws Exception {
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      loader
          .loadClass(className)
          .getMethod("main", String[].class)
          .invoke(null, (Object) new String[0]);
    } finally {
      System.setOut(before);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }
}
