package dev.sampo.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every program of docs/api.md compiles as written, and runs. */
class ApiDocTest {
  private static final Path HOME =
      Path.of(System.getProperty("sampo.home", "..")).toAbsolutePath().normalize();
  private static final Path CORE = HOME.resolve("sdk/core/src/test/resources");
  private static final Path CHAT = chat();
  private static final Pattern PROGRAM = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern CLASS_NAME = Pattern.compile("public class (\\w+)");

  /** Folders of the page that no model ships for, and small ones of their kind. */
  private static final Map<String, Path> MODELS =
      Map.of(
          "models/chat", CHAT,
          "models/embedder", CORE.resolve("golden/text/encoders/embedding"),
          "models/text-to-image", CORE.resolve("golden/diffusion/pipelines/tiny_sd/model"),
          "models/forecaster", CORE.resolve("latent/forecast"));

  @TempDir Path folder;

  /** A model that ships, with a chat template beside it. */
  private static Path chat() {
    Path model = HOME.resolve("exporter-specs/models/scripture-gpt");
    try (Stream<Path> files = Files.list(model)) {
      Path copy = Files.createTempDirectory("sampo-api");
      copy.toFile().deleteOnExit();
      List<Path> all = new ArrayList<>(files.toList());
      for (Path file : all) {
        Path target = Files.copy(file, copy.resolve(file.getFileName()));
        target.toFile().deleteOnExit();
      }
      Path template =
          Files.writeString(
              copy.resolve("chat_template.jinja"),
              "{% for m in messages %}{{ m.content }}\n{% endfor %}{% if tools %}Answer with <tool_call>.{% endif %}");
      template.toFile().deleteOnExit();
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @TestFactory
  List<DynamicTest> program_whenCompiledAsWritten_thenItRuns() throws Exception {
    Matcher page = PROGRAM.matcher(Files.readString(HOME.resolve("docs/api.md")));
    List<DynamicTest> tests = new ArrayList<>();
    while (page.find()) {
      String program = page.group(1);
      Matcher name = CLASS_NAME.matcher(program);
      assertTrue(name.find(), () -> "a program of docs/api.md has no class: " + program);
      String className = name.group(1);
      tests.add(DynamicTest.dynamicTest(className, () -> run(className, program)));
    }
    assertTrue(tests.size() >= 8, "docs/api.md has lost programs");
    return tests;
  }

  private void run(String className, String program) throws Exception {
    Path place = Files.createDirectories(folder.resolve(className).resolve("out")).getParent();
    String here = program.replace("\"out/", "\"" + place + "/out/");
    here = here.replace("\"exporter-specs/", "\"" + HOME + "/exporter-specs/");
    for (Map.Entry<String, Path> model : MODELS.entrySet()) {
      here = here.replace("\"" + model.getKey() + "\"", "\"" + model.getValue() + "\"");
    }
    Path source = Files.writeString(place.resolve(className + ".java"), here);
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                errors,
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                place.toString(),
                source.toString());
    assertEquals(0, failed, () -> className + " does not compile: " + errors);
    assertFalse(output(place, className).isBlank(), className + " prints nothing");
  }

  private static String output(Path place, String className) throws Exception {
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {place.toUri().toURL()}, ApiDocTest.class.getClassLoader())) {
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
