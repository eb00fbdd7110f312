package dev.sampo.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
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
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every program of docs/api.md and of the pages of docs/families compiles as written, and runs. */
class ApiDocTest {
  private static final Path HOME =
      Path.of(System.getProperty("sampo.home", "..")).toAbsolutePath().normalize();
  private static final Path CORE = HOME.resolve("sdk/core/src/test/resources");
  private static final Path CHAT = chat();
  private static final Pattern PROGRAM = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern CLASS_NAME = Pattern.compile("public class (\\w+)");

  /** Folders of the page that no model ships for, and small ones of their kind. */
  private static final Map<String, Path> MODELS =
      Map.ofEntries(
          Map.entry("models/chat", CHAT),
          Map.entry("models/embedder", CORE.resolve("golden/text/encoders/embedding")),
          Map.entry("models/clip", CORE.resolve("golden/text/encoders/clip")),
          Map.entry(
              "models/text-to-image", CORE.resolve("golden/diffusion/pipelines/tiny_sd/model")),
          Map.entry("models/cascade", CORE.resolve("golden/cascade/tiny_if/model")),
          Map.entry("models/unclip", CORE.resolve("golden/unclip/tiny_kandinsky22/model")),
          Map.entry("models/music", CORE.resolve("golden/music/tiny_musicgen/model")),
          Map.entry("models/speech", CORE.resolve("golden/speech/tiny_vits/model")),
          Map.entry("models/super-resolution", CORE.resolve("latent/super-resolution")),
          Map.entry("models/pixel-by-pixel", CORE.resolve("latent/pixelcnn")),
          Map.entry("models/forecaster", CORE.resolve("latent/forecast")));

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
    Map<String, Path> sources = new LinkedHashMap<>();
    for (Path page : pages()) {
      Matcher program = PROGRAM.matcher(Files.readString(page));
      boolean found = false;
      while (program.find()) {
        found = true;
        Matcher name = CLASS_NAME.matcher(program.group(1));
        assertTrue(name.find(), () -> "a program of " + page + " has no class");
        Path before = sources.put(name.group(1), source(name.group(1), program.group(1)));
        assertNull(before, () -> "two programs are called " + name.group(1));
      }
      assertTrue(found, () -> page + " has no program");
    }
    compile(sources.values());
    List<DynamicTest> tests = new ArrayList<>();
    for (Map.Entry<String, Path> program : sources.entrySet()) {
      String name = program.getKey();
      tests.add(DynamicTest.dynamicTest(name, () -> run(program.getValue().getParent(), name)));
    }
    return tests;
  }

  /** docs/api.md and a page a family; the table of them has no program. */
  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>(List.of(HOME.resolve("docs/api.md")));
    try (Stream<Path> files = Files.list(HOME.resolve("docs/families"))) {
      files.filter(f -> !f.endsWith("README.md")).sorted().forEach(pages::add);
    }
    return pages;
  }

  private Path source(String className, String program) throws IOException {
    Path place = Files.createDirectories(folder.resolve(className).resolve("out")).getParent();
    String here = program.replace("\"out/", "\"" + place + "/out/");
    here = here.replace("\"exporter-specs/", "\"" + HOME + "/exporter-specs/");
    for (Map.Entry<String, Path> model : MODELS.entrySet()) {
      here = here.replace("\"" + model.getKey() + "\"", "\"" + model.getValue() + "\"");
    }
    return Files.writeString(place.resolve(className + ".java"), here);
  }

  /** All at once, into one folder: one start of the compiler. */
  private void compile(Collection<Path> sources) {
    List<String> arguments = new ArrayList<>(List.of("-proc:none", "-d", folder.toString()));
    arguments.addAll(List.of("-cp", System.getProperty("java.class.path")));
    sources.forEach(source -> arguments.add(source.toString()));
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, errors, arguments.toArray(String[]::new));
    assertEquals(0, failed, () -> "programs that do not compile: " + errors);
  }

  private void run(Path place, String className) throws Exception {
    assertFalse(output(folder, className).isBlank(), className + " prints nothing");
    try (Stream<Path> made = Files.list(place.resolve("out"))) {
      boolean wants = Files.readString(place.resolve(className + ".java")).contains("/out/");
      assertEquals(wants, made.findAny().isPresent(), className + " wrote what it names");
    }
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
