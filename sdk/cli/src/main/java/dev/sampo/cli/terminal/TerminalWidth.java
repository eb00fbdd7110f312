package dev.sampo.cli.terminal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How wide the screen is: the variable COLUMNS, else what the terminal says, else 80. */
public final class TerminalWidth {
  private static final int DEFAULT = 80;
  private static final int LEAST = 20;
  private static final int MOST = 1000;

  /** Beyond that, lines of prose are hard to read. */
  public static final int MOST_OF_PROSE = 100;

  private TerminalWidth() {}

  /**
   * Columns to fill with prose and tables.
   *
   * @param terminal whether the output goes to a terminal, which may then be asked
   */
  public static int columns(boolean terminal) {
    Integer given = parse(System.getenv("COLUMNS"));
    if (given != null) {
      return given;
    }
    Integer asked = terminal ? ask() : null;
    return asked == null ? DEFAULT : asked;
  }

  static @Nullable Integer parse(@Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      int columns = Integer.parseInt(text.trim());
      return columns < 1 ? null : Math.max(LEAST, Math.min(MOST, columns));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Asks the terminal by stty, which every Unix has; null where there is none. */
  private static @Nullable Integer ask() {
    try {
      Process stty =
          new ProcessBuilder("sh", "-c", "stty size </dev/tty").redirectErrorStream(true).start();
      stty.getOutputStream().close();
      try (InputStream out = stty.getInputStream()) {
        String size = new String(out.readNBytes(64), StandardCharsets.US_ASCII).trim();
        if (!stty.waitFor(1, TimeUnit.SECONDS) || stty.exitValue() != 0) {
          return null;
        }
        return parse(size.substring(size.indexOf(' ') + 1));
      }
    } catch (IOException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }
}
