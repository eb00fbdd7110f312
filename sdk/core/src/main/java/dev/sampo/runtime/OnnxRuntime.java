package dev.sampo.runtime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import dev.sampo.error.RequestException;
import dev.sampo.error.SampoException;
import java.util.Collections;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * The process-wide ONNX Runtime environment: loads the native library on first use, switches telemetry off, lives until the process ends.
 * System property {@code sampo.onnxruntime.log} ({@code verbose}, {@code info}, {@code warning}, {@code error} or {@code fatal},
 * the default, since errors are thrown as well) says how much the native side writes to stderr.
 */
public final class OnnxRuntime {
  /** The newest file format that the bundled ONNX Runtime (1.28) reads; measured. */
  static final int NEWEST_IR = 13;

  /** The newest released opset of the default operators that it knows; measured. */
  static final int NEWEST_OPSET = 26;

  private OnnxRuntime() {}

  /** The version of the native library, such as {@code 1.28.0}. */
  public static String version() {
    return environment().getVersion();
  }

  /** Names of the execution providers that the native library was built with, in ONNX Runtime's spelling, sorted. */
  public static Set<String> availableProviders() {
    environment();
    Set<String> names = new TreeSet<>();
    for (OrtProvider provider : OrtEnvironment.getAvailableProviders()) {
      names.add(provider.getName());
    }
    return Collections.unmodifiableSet(names);
  }

  /** Whether the native library was built with training. The one on Maven Central is not. */
  public static boolean isTrainingEnabled() {
    return environment().isTrainingEnabled();
  }

  static OrtEnvironment environment() {
    try {
      return Holder.ENVIRONMENT;
    } catch (ExceptionInInitializerError e) {
      throw cannotLoad(e.getCause() == null ? e : e.getCause());
    } catch (NoClassDefFoundError | UnsatisfiedLinkError e) {
      throw cannotLoad(e);
    }
  }

  private static SampoException cannotLoad(Throwable cause) {
    return new SampoException(
        "The native library of ONNX Runtime cannot be loaded on "
            + System.getProperty("os.name")
            + " "
            + System.getProperty("os.arch")
            + ": "
            + cause
            + ". The jar com.microsoft.onnxruntime:onnxruntime has libraries for Linux with glibc"
            + " (x64, aarch64), macOS (aarch64) and Windows (x64); on Android use"
            + " com.microsoft.onnxruntime:onnxruntime-android; elsewhere point"
            + " -Donnxruntime.native.path at a folder with libonnxruntime and"
            + " libonnxruntime4j_jni.",
        cause);
  }

  private static final class Holder {
    static final OrtEnvironment ENVIRONMENT = create();

    private static OrtEnvironment create() {
      NativeLibraries.prepare();
      OrtEnvironment environment = OrtEnvironment.getEnvironment(logLevel(), "sampo");
      NativeLibraries.loaded();
      try {
        environment.setTelemetry(false);
      } catch (OrtException e) {
        throw new IllegalStateException("Telemetry cannot be switched off", e);
      }
      return environment;
    }

    private static OrtLoggingLevel logLevel() {
      String level = System.getProperty("sampo.onnxruntime.log", "fatal");
      try {
        return OrtLoggingLevel.valueOf("ORT_LOGGING_LEVEL_" + level.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        throw new RequestException(
            "sampo.onnxruntime.log",
            "System property sampo.onnxruntime.log is '"
                + level
                + "'; known: verbose, info, warning, error, fatal",
            e);
      }
    }
  }
}
