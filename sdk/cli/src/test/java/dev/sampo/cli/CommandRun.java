package dev.sampo.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One command line, run in this process, with what it printed. */
record CommandRun(int exitCode, String out, String err) {
  private static final Set<String> WRITERS =
      Set.of(
          "image",
          "latent",
          "audio",
          "speak",
          "video",
          "write",
          "embed",
          "forecast",
          "image-to-image",
          "compare");

  /** As {@link #exactly}, with {@code --force} where a file is written: tests repeat themselves. */
  static CommandRun of(String... args) {
    List<String> words = new ArrayList<>(List.of(args));
    if (args.length > 0 && WRITERS.contains(args[0]) && words.contains("--out")) {
      words.add("--force");
    }
    return exactly(null, words.toArray(new String[0]));
  }

  /**
   * Runs a command line as it is.
   *
   * @param in what comes through a pipe, or null where stdin is no pipe
   */
  static CommandRun exactly(@Nullable String in, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream toOut = new PrintStream(out, true, StandardCharsets.UTF_8);
    PrintStream toErr = new PrintStream(err, true, StandardCharsets.UTF_8);
    Console console =
        in == null
            ? new Console(toOut, toErr, false)
            : new Console(
                toOut, toErr, new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)));
    int exitCode = SampoCommand.run(console, args);
    console.flush();
    return new CommandRun(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
