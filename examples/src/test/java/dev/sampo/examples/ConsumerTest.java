package dev.sampo.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * A program of somebody else's against the modules: on the class path, and on the module path where it requires {@code
 * dev.sampo.core} (and what it uses beside) and no more; compiled and run on every JDK of this machine from 17 on.
 */
class ConsumerTest {
  private static final Path HOME =
      Path.of(System.getProperty("sampo.home", "..")).toAbsolutePath().normalize();

  private static final String PROGRAM =
      """
      package consumer;

      import dev.sampo.Sampo;
      import dev.sampo.picture.PictureModel;
      import dev.sampo.picture.PictureRequest;
      import java.nio.file.Path;

      public class Consumer {
        public static void main(String[] args) {
          try (PictureModel model = Sampo.open(Path.of(args[0]), PictureModel.class)) {
            System.out.println(model.sample(PictureRequest.of(3, 2)).pictures());
          }
        }
      }
      """;

  private static final String TRAINING =
      """
      package consumer;

      import dev.sampo.imaging.Pictures;
      import dev.sampo.training.FineTuning;
      import java.nio.file.Path;

      public class Consumer {
        public static void main(String[] args) {
          FineTuning tuning = FineTuning.of(Path.of(args[0]), Path.of(args[0])).steps(2);
          System.out.println(tuning.steps() + " steps; " + Pictures.class.getModule());
        }
      }
      """;

  @TempDir Path folder;

  @TestFactory
  List<DynamicTest> consumer_whenBuiltAndRunOnEachJdk_thenItWorks() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path jdk : jdks()) {
      String name = String.valueOf(jdk.getFileName());
      tests.add(
          DynamicTest.dynamicTest(
              name + ", class path", () -> check(jdk, PROGRAM, null, "PictureBatch[2")));
      tests.add(
          DynamicTest.dynamicTest(
              name + ", module path",
              () ->
                  check(
                      jdk,
                      PROGRAM,
                      "module consumer { requires dev.sampo.core; }",
                      "PictureBatch[2")));
      tests.add(
          DynamicTest.dynamicTest(
              name + ", module path with training and imaging",
              () ->
                  check(
                      jdk,
                      TRAINING,
                      "module consumer { requires dev.sampo.training; requires dev.sampo.imaging; }",
                      "2 steps; module dev.sampo.imaging")));
    }
    assertFalse(tests.isEmpty(), "no JDK was found");
    return tests;
  }

  private void check(Path jdk, String program, String module, String wanted)
      throws IOException, InterruptedException {
    Path place = Files.createTempDirectory(folder, "consumer");
    Path source = Files.createDirectories(place.resolve("src/consumer")).resolve("Consumer.java");
    Files.writeString(source, program);
    List<String> compile = new ArrayList<>();
    Collections.addAll(compile, jdk.resolve("bin/javac").toString(), "--release", "17");
    List<String> run = new ArrayList<>();
    Collections.addAll(run, jdk.resolve("bin/java").toString(), "-Xmx512m");
    String path = String.join(File.pathSeparator, libraries());
    if (module == null) {
      Collections.addAll(compile, "-cp", path);
      Collections.addAll(
          run, "-cp", place.resolve("out") + File.pathSeparator + path, "consumer.Consumer");
    } else {
      Path descriptor = place.resolve("src/module-info.java");
      Files.writeString(descriptor, module);
      Collections.addAll(compile, "--module-path", path, descriptor.toString());
      Collections.addAll(
          run,
          "--module-path",
          place.resolve("out") + File.pathSeparator + path,
          "-m",
          "consumer/consumer.Consumer");
    }
    Collections.addAll(compile, "-d", place.resolve("out").toString(), source.toString());
    run(compile, place);
    run.add(HOME.resolve("exporter-specs/models/digits-gan").toString());
    String printed = run(run, place);
    assertTrue(printed.contains(wanted), printed);
  }

  private static String run(List<String> command, Path place)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile(place, "log", ".txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertTrue(process.waitFor(3, TimeUnit.MINUTES), () -> "still running: " + command);
    String printed = Files.readString(log, StandardCharsets.UTF_8);
    assertEquals(0, process.exitValue(), () -> command + "\n" + printed);
    return printed;
  }

  /** What an application has: the modules and their libraries, without this module's own classes and the tests'. */
  private static List<String> libraries() {
    List<String> libraries = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path path = Path.of(entry);
      boolean own = path.startsWith(HOME.resolve("examples"));
      String name = String.valueOf(path.getFileName());
      boolean ofTests =
          name.matches("(junit|jqwik|opentest4j|apiguardian|surefire|jimfs|assertj|byte-buddy).*");
      if (!own && !ofTests && Files.exists(path)) {
        libraries.add(entry);
      }
    }
    return libraries;
  }

  /** The JDK of the build and those that lie beside it, from 17 on. */
  private static Set<Path> jdks() throws IOException {
    Set<Path> found = new LinkedHashSet<>();
    Path own = Path.of(System.getProperty("java.home")).toRealPath();
    found.add(own);
    for (Path place : Arrays.asList(own.getParent(), Path.of("/usr/lib/jvm"))) {
      if (place == null || !Files.isDirectory(place)) {
        continue;
      }
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(place)) {
        for (Path entry : entries) {
          if (Files.isExecutable(entry.resolve("bin/javac")) && version(entry) >= 17) {
            found.add(entry.toRealPath());
          }
        }
      }
    }
    return found;
  }

  private static int version(Path jdk) throws IOException {
    Path release = jdk.resolve("release");
    if (!Files.isRegularFile(release)) {
      return 0;
    }
    for (String line : Files.readAllLines(release)) {
      if (line.startsWith("JAVA_VERSION=")) {
        String digits = line.replaceAll("[^0-9.]", "");
        return Integer.parseInt(digits.split("\\.", -1)[0]);
      }
    }
    return 0;
  }
}
