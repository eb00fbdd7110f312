package dev.sampo.training.artifacts;

import dev.sampo.error.SampoException;
import dev.sampo.runtime.OnnxRuntime;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a native library that was built with training. The one in Microsoft's jar was not; the jars
 * {@code org.bytedeco:onnxruntime:...:<platform>} carry one, and Microsoft's Java classes load it when a system property
 * names its file before ONNX Runtime is used for the first time. It runs ordinary graphs as well.
 */
public final class NativeTraining {
  private static final String PROPERTY = "onnxruntime.native.onnxruntime.path";
  private static final String FOLDER = "org/bytedeco/onnxruntime/";
  private static boolean tried;

  private NativeTraining() {}

  /**
   * Points ONNX Runtime at the training library if there is one on the class path, nothing else was chosen, and this is
   * not the second call. Has no effect once ONNX Runtime is loaded.
   */
  public static synchronized void install() {
    if (tried || System.getProperty(PROPERTY) != null || isAndroid()) {
      return;
    }
    tried = true;
    URL library = find();
    if (library != null) {
      try {
        System.setProperty(PROPERTY, extracted(library).toString());
      } catch (IOException e) {
        throw new SampoException(
            "The training library cannot be unpacked to "
                + System.getProperty("java.io.tmpdir")
                + ": "
                + e
                + ". Free space there, or set -Djava.io.tmpdir to another folder.",
            e);
      }
    }
  }

  /** Whether this process has ONNX Runtime training; loads the library. */
  public static boolean isAvailable() {
    install();
    return OnnxRuntime.isTrainingEnabled();
  }

  /** Fails with what to do about it if there is no ONNX Runtime training. */
  static void require() {
    if (isAvailable()) {
      return;
    }
    String why =
        find() == null
            ? "There is none on the class path for "
                + platform()
                + ": add org.bytedeco:onnxruntime with that classifier (and without its"
                + " dependencies)"
            : "One is on the class path, but ONNX Runtime was loaded before it could be chosen:"
                + " call NativeTraining.install() first";
    throw new SampoException(
        "ONNX Runtime's training session needs a native library built with training. "
            + why
            + ", or use Backend.PLAIN, which needs none.");
  }

  private static boolean isAndroid() {
    return System.getProperty("java.vm.vendor", "").contains("Android");
  }

  private static String platform() {
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch", "");
    String system = os.contains("mac") ? "macosx" : os.contains("win") ? "windows" : "linux";
    boolean arm = arch.equals("aarch64") || arch.equals("arm64");
    return system + (arm ? "-arm64" : "-x86_64");
  }

  private static @Nullable URL find() {
    ClassLoader loader = NativeTraining.class.getClassLoader();
    for (String name :
        new String[] {
          "libonnxruntime.so.1",
          "libonnxruntime.1.28.0.dylib",
          "libonnxruntime.1.dylib",
          "libonnxruntime.dylib",
          "onnxruntime.dll"
        }) {
      URL found = loader.getResource(FOLDER + platform() + "/" + name);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /** Unpacks once a machine: the folder's name holds the size, and a half-written file never has the final name. */
  private static Path extracted(URL library) throws IOException {
    URLConnection connection = library.openConnection();
    connection.setUseCaches(false);
    try (InputStream in = connection.getInputStream()) {
      long size = connection.getContentLengthLong();
      String name = Paths.get(library.getPath()).getFileName().toString();
      Path folder =
          Paths.get(
              System.getProperty("java.io.tmpdir", "."),
              "sampo-onnxruntime-training-" + System.getProperty("user.name", "user") + "-" + size);
      Path target = folder.resolve(name);
      if (Files.isRegularFile(target) && Files.size(target) == size) {
        return target;
      }
      Files.createDirectories(folder);
      Path part = Files.createTempFile(folder, name, ".part");
      try {
        Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
        Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(part);
      }
      return target;
    }
  }
}
