package dev.sampo.examples;

import java.nio.file.Path;

/** Where the models that ship are: below the system property {@code sampo.home}, the project's folder by default. */
final class Models {
  private Models() {}

  static Path path(String name) {
    return Path.of(System.getProperty("sampo.home", "."), "exporter-specs", "models", name);
  }

  /** The folder that an example writes to: its first argument, or {@code example-output}. */
  static Path out(String[] args) {
    return Path.of(args.length > 0 ? args[0] : "example-output");
  }
}
