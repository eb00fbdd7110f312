package dev.sampo.examples.android;

import dev.sampo.runtime.CancellationToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The models of the project in place of an app's assets. */
final class ShippedFiles implements AppFiles {
  static final Path HOME = Path.of(System.getProperty("sampo.home", "../../.."));
  static final Path APP = HOME.resolve("examples/android/app");

  private final Path tuned;

  ShippedFiles(Path tuned) {
    this.tuned = tuned;
  }

  static Path shipped(String name) {
    return HOME.resolve("exporter-specs/models").resolve(name);
  }

  @Override
  public Path model(String name, CancellationToken token) {
    return shipped(name);
  }

  @Override
  public String sampleText() throws IOException {
    return new String(
        Files.readAllBytes(APP.resolve("src/main/assets/samples/sayings.txt")),
        StandardCharsets.UTF_8);
  }

  @Override
  public Path tuned() throws IOException {
    return Files.createDirectories(tuned);
  }
}
