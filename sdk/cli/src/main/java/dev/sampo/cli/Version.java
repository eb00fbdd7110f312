package dev.sampo.cli;

import dev.sampo.runtime.OnnxRuntime;
import picocli.CommandLine.IVersionProvider;

/** {@code sampo --version}. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {
      "sampo " + sampo(),
      "ONNX Runtime " + OnnxRuntime.version(),
      "Java " + System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")"
    };
  }

  /** The version of this build, or {@code dev} when it does not run from a jar. */
  static String sampo() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "dev" : version;
  }
}
