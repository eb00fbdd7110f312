package dev.sampo.cli;

import dev.sampo.imaging.ContactSheet;
import dev.sampo.imaging.Pictures;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the parts of {@code sampo demo} share: models, seed, where to write, and the list of what was made. */
final class Demo {
  static final List<String> DIGITS = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");

  private final ShippedModels models = ShippedModels.ofHome();
  private final List<Made> made = new ArrayList<>();
  private final StringBuilder texts = new StringBuilder();
  private final Path out;
  private final long seed;
  private final SessionConfig session;
  private final CancellationToken cancellation;

  Demo(Path out, long seed, SessionConfig session, CancellationToken cancellation) {
    this.out = out;
    this.seed = seed;
    this.session = session;
    this.cancellation = cancellation;
  }

  /**
   * A row of the summary.
   *
   * @param model the model that made it
   * @param what what it is
   * @param speed how fast, in words
   * @param file where it is
   */
  record Made(String model, String what, String speed, Path file) {}

  List<Made> made() {
    return made;
  }

  String texts() {
    return texts.toString();
  }

  long seed() {
    return seed;
  }

  SessionConfig session() {
    return session;
  }

  CancellationToken cancellation() {
    return cancellation;
  }

  Path model(String name) {
    return models.path(name);
  }

  Path file(String name) {
    return out.resolve(name);
  }

  /** Writes a contact sheet. */
  void sheet(Path file, List<Pixels> pictures, int columns, String model, List<String> columnLabels)
      throws IOException {
    Pixels sheet =
        ContactSheet.builder(pictures)
            .columns(columns)
            .enlarge(2)
            .title(model)
            .columnLabels(columnLabels)
            .build()
            .render();
    Map<String, String> text =
        Map.of(
            "Software", "sampo " + Version.sampo(), "model", model, "seed", String.valueOf(seed));
    Pictures.writePng(file, sheet, text);
  }

  /** Notes what was made since {@code startNanos}. */
  void note(String model, String what, long startNanos, int count, String unit, Path file) {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    note(model, what, Rates.of(count / seconds) + " " + unit + "/s", file);
  }

  void note(String model, String what, String speed, Path file) {
    made.add(new Made(model, what, speed, file));
  }

  /** Adds to {@code texts.txt}. */
  void append(String model, String how, String text) {
    texts
        .append("== ")
        .append(model)
        .append(": ")
        .append(how)
        .append('\n')
        .append(text)
        .append("\n\n");
  }
}
