package dev.sampo.shrunk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import com.android.tools.r8.ArchiveProgramResourceProvider;
import com.android.tools.r8.BaseCompilerCommand;
import com.android.tools.r8.ClassFileResourceProvider;
import com.android.tools.r8.CompilationFailedException;
import com.android.tools.r8.CompilationMode;
import com.android.tools.r8.D8;
import com.android.tools.r8.D8Command;
import com.android.tools.r8.Diagnostic;
import com.android.tools.r8.DiagnosticsHandler;
import com.android.tools.r8.OutputMode;
import com.android.tools.r8.R8;
import com.android.tools.r8.R8Command;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Runs R8 in full mode over the SDK's jars and what they need, with the rules that the jars bring, as an Android build would.
 *
 * <ul>
 *   <li>{@code tests/}: class files of the golden tests and what they reach, with {@code tests-mapping.txt}
 *   <li>{@code native/}: ONNX Runtime's libraries for this machine, which on Android come with its archive
 *   <li>{@code dex/}: what goes into an APK, whose size is printed
 * </ul>
 *
 * With {@code -Dshrunk.all} the sizes of three apps are printed in place of one, and {@link EverythingApp} runs shrunk and not shrunk: both have
 * to print the same.
 */
public final class Shrink {
  private static final int MIN_API = 26;

  private final Path home;
  private final Path out;
  private final List<Path> program;
  private final ClassFileResourceProvider android;

  private Shrink(Path home, Path out, List<Path> program, Path signature) throws IOException {
    this.home = home;
    this.out = out;
    this.program = program;
    android = new AndroidLibrary(signature);
  }

  /** Takes the project's folder, the folder to write to, the class path to shrink, and the signature of Android's API. */
  public static void main(String[] args) throws Exception {
    Shrink shrink =
        new Shrink(Path.of(args[0]), Path.of(args[1]), paths(args[2]), Path.of(args[3]));
    shrink.natives();
    shrink.tests();
    if (Boolean.getBoolean("shrunk.all")) {
      shrink.app();
      shrink.sizes("everything", "text", "diffusion");
    } else {
      shrink.sizes("text");
    }
  }

  /** The golden tests as class files; what the SDK reaches has to be on Android. */
  private void tests() throws IOException, CompilationFailedException {
    R8Command.Builder builder = shrunk("tests.pro", "tests-mapping.txt");
    for (String module :
        new String[] {
          "tokenizer", "samplers", "exporter-specs", "sdk/core", "sdk/onnx", "sdk/training"
        }) {
      builder.addProgramFiles(files(home.resolve(module).resolve("target/test-classes"), ".class"));
    }
    for (Path jar : paths(System.getProperty("java.class.path"))) {
      String name = jar.getFileName().toString();
      if (!program.contains(jar) && name.endsWith(".jar") && !name.startsWith("r8-")) {
        builder.addClasspathFiles(jar);
      }
    }
    R8.run(builder.setOutput(fresh("tests"), OutputMode.ClassFile, true).build());
    // No test can notice the loss of a field that only keeps objects reachable.
    Path mapping = out.resolve("tests-mapping.txt");
    try (Stream<String> lines = Files.lines(mapping)) {
      if (lines.noneMatch(line -> line.startsWith("    java.lang.Object fence -> "))) {
        throw new IllegalStateException(
            "R8 has removed dev.sampo.runtime.Leaks.fence (see "
                + mapping
                + "). sampo-core.pro has to keep it.");
      }
    }
  }

  /** An app that keeps far less than the tests do, run as it is and shrunk. */
  private void app() throws IOException, CompilationFailedException, InterruptedException {
    R8Command.Builder builder = shrunk("everything-app.pro", "app-mapping.txt");
    Path shrunk = fresh("app");
    R8.run(builder.setOutput(shrunk, OutputMode.ClassFile, true).build());
    String wanted = output(program, "out-unshrunk");
    String got = output(List.of(shrunk, out.resolve("native")), "out-shrunk");
    if (!got.equals(wanted)) {
      throw new IllegalStateException(
          "The shrunk app prints something else.\nWanted:\n" + wanted + "\ngot:\n" + got);
    }
    System.out.print("The shrunk app prints what the unshrunk one prints:\n" + got);
  }

  private String output(List<Path> classPath, String folder)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath.stream().map(Path::toString).collect(joining(File.pathSeparator)),
                EverythingApp.class.getName(),
                home.resolve("exporter-specs/models").toString(),
                home.resolve("exporter-specs/src/test/resources/judge/scripture-heldout.txt")
                    .toString(),
                fresh(folder).toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException("The app failed on " + classPath + " after\n" + output);
    }
    return output;
  }

  private void sizes(String... apps) throws IOException, CompilationFailedException {
    StringBuilder table = new StringBuilder("Dex for API 26 in bytes (deflated, as in an APK):\n");
    if (apps.length > 1) {
      row(table, "all jars, not shrunk", dexUnshrunk());
    }
    for (String app : apps) {
      row(table, app + " app, shrunk", dex(app));
    }
    System.out.print(table);
  }

  private Path dex(String app) throws IOException, CompilationFailedException {
    R8Command.Builder builder = shrunk(app + "-app.pro", "dex-" + app + "-mapping.txt");
    Path dex = fresh("dex/" + app);
    R8.run(builder.setMinApiLevel(MIN_API).setOutput(dex, OutputMode.DexIndexed, false).build());
    return dex;
  }

  private Path dexUnshrunk() throws IOException, CompilationFailedException {
    D8Command.Builder builder = D8Command.builder(new Messages());
    addProgram(builder);
    Path dex = fresh("dex/unshrunk");
    D8.run(
        builder
            .addLibraryResourceProvider(android)
            .setMinApiLevel(MIN_API)
            .setMode(CompilationMode.RELEASE)
            .setOutput(dex, OutputMode.DexIndexed)
            .build());
    return dex;
  }

  /** Full mode is R8's own default; the rules inside the jars are read by it. */
  private R8Command.Builder shrunk(String roots, String mapping) throws IOException {
    R8Command.Builder builder = R8Command.builder(new Messages());
    addProgram(builder);
    return builder
        .addLibraryResourceProvider(android)
        .setMode(CompilationMode.RELEASE)
        .addProguardConfigurationFiles(rules("android.pro"), rules(roots))
        .setProguardMapOutputPath(out.resolve(mapping));
  }

  private Path rules(String name) {
    return home.resolve("sdk/shrunk/src/test/r8").resolve(name);
  }

  private void addProgram(BaseCompilerCommand.Builder<?, ?> builder) throws IOException {
    for (Path path : program) {
      if (Files.isDirectory(path)) {
        builder.addProgramFiles(files(path, ".class"));
      } else if (isOnnxRuntime(path)) {
        // Its resources are the desktop's native libraries.
        builder.addProgramResourceProvider(
            ArchiveProgramResourceProvider.fromArchive(
                path, ArchiveProgramResourceProvider::includeClassFileEntries));
      } else if (!path.toString().contains("bytedeco")) {
        builder.addProgramFiles(path);
      }
    }
  }

  private static boolean isOnnxRuntime(Path jar) {
    return jar.toString().contains("microsoft");
  }

  private void natives() throws IOException {
    Path target = fresh("native");
    for (Path jar : program) {
      if (isOnnxRuntime(jar)) {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
          for (ZipEntry entry :
              (Iterable<ZipEntry>) zip.stream().map(ZipEntry.class::cast)::iterator) {
            if (isForThisMachine(entry.getName())) {
              Path file = target.resolve(entry.getName());
              Files.createDirectories(file.getParent());
              try (InputStream in = zip.getInputStream(entry)) {
                Files.copy(in, file);
              }
            }
          }
        }
      }
    }
  }

  private static boolean isForThisMachine(String entry) {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String system = os.contains("mac") ? "osx" : os.contains("win") ? "win" : "linux";
    return entry.matches("ai/onnxruntime/native/" + system + "-[^/]+/[^/]+");
  }

  private static void row(StringBuilder table, String what, Path dex) throws IOException {
    long size = 0;
    long deflated = 0;
    for (Path file : files(dex, ".dex")) {
      size += Files.size(file);
      deflated += deflatedSize(file);
    }
    table.append(String.format(Locale.ROOT, "  %-24s %,11d (%,d)%n", what, size, deflated));
  }

  private static long deflatedSize(Path file) throws IOException {
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    try (DeflaterOutputStream stream =
        new DeflaterOutputStream(OutputStream.nullOutputStream(), deflater)) {
      Files.copy(file, stream);
      stream.finish();
      return deflater.getBytesWritten();
    } finally {
      deflater.end();
    }
  }

  private Path fresh(String name) throws IOException {
    Path folder = out.resolve(name);
    if (Files.exists(folder)) {
      try (Stream<Path> tree = Files.walk(folder)) {
        tree.sorted(Comparator.reverseOrder()).forEach(Shrink::delete);
      }
    }
    return Files.createDirectories(folder);
  }

  private static void delete(Path path) {
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> files(Path folder, String suffix) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      return tree.filter(f -> f.toString().endsWith(suffix)).sorted().toList();
    }
  }

  private static List<Path> paths(String classPath) {
    List<Path> paths = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator)) {
      Path path = Path.of(entry);
      if (Files.exists(path)) {
        paths.add(path);
      }
    }
    return paths;
  }

  /** Prints what R8 has to say, apart from licence files that several jars have. */
  private static final class Messages implements DiagnosticsHandler {
    @Override
    public void warning(Diagnostic warning) {
      if (!warning.getDiagnosticMessage().contains("already exists")) {
        DiagnosticsHandler.super.warning(warning);
      }
    }
  }
}
