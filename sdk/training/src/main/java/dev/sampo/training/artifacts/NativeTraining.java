package dev.sampo.training.artifacts;

import dev.sampo.error.SampoException;
import dev.sampo.runtime.NativeLibraries;
import dev.sampo.runtime.OnnxRuntime;
import java.net.URL;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a native library that was built with training. The one in Microsoft's jar was not; the jars
 * {@code org.bytedeco:onnxruntime:...:<platform>} carry one, and Microsoft's Java classes load it when it is chosen before ONNX Runtime is
 * used for the first time. It runs ordinary graphs as well. How it is unpacked and verified: {@link NativeLibraries}.
 */
public final class NativeTraining {
  private static final String FOLDER = "org/bytedeco/onnxruntime/";

  /** SHA-256 of the libraries of 1.28.0-1.5.14 by platform; of others the jar is hashed. */
  private static final Map<String, String> KNOWN =
      Map.of(
          "linux-x86_64 44265784",
          "419b471cc990284d43b64cb2803549b23c5a12a7d62af6532e45deacc85a850d");

  private NativeTraining() {}

  /**
   * Chooses the training library if there is one on the class path and nothing else was chosen. Has no effect once ONNX Runtime is loaded,
   * so call it before anything else where {@code Backend.ORT_TRAINING} will be used; the plain back end needs it not.
   */
  public static void install() {
    if (isAndroid()) {
      return;
    }
    URL library = find();
    if (library != null) {
      NativeLibraries.replaceMain(library, known(library));
    }
  }

  private static @Nullable String known(URL library) {
    try {
      java.net.URLConnection connection = library.openConnection();
      connection.setUseCaches(false);
      try (java.io.InputStream in = connection.getInputStream()) {
        return in == null ? null : KNOWN.get(platform() + " " + connection.getContentLengthLong());
      }
    } catch (java.io.IOException e) {
      return null;
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
}
