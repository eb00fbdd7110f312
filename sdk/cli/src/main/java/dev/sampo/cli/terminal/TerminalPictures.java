package dev.sampo.cli.terminal;

import dev.sampo.imaging.Pictures;
import dev.sampo.picture.Pixels;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Pictures on a terminal: by kitty's graphics protocol (kitty, Ghostty, WezTerm, Konsole), by sixels (xterm -ti vt340, mlterm, foot, Windows
 * Terminal), else two pixels a character with a half block and 24-bit colours.
 */
public final class TerminalPictures {
  private static final int CHUNK = 4096;
  private static final int SMALL_PX = 120;

  private TerminalPictures() {}

  /** How a terminal takes pictures. */
  enum Protocol {
    KITTY,
    SIXEL,
    BLOCKS
  }

  /**
   * Draws a picture, with a line feed behind it.
   *
   * @param out the terminal, raw
   * @param columns its width in characters
   */
  public static void show(PrintStream out, Pixels picture, int columns) {
    Pixels large = large(picture);
    switch (protocol(System.getenv("TERM"), System.getenv("TERM_PROGRAM"), kitty())) {
      case KITTY -> out.print(kitty(png(large)));
      case SIXEL -> out.print(Sixels.encode(large));
      default -> out.print(HalfBlocks.draw(picture, columns));
    }
    out.println();
    out.flush();
  }

  private static Pixels large(Pixels picture) {
    int side = Math.max(picture.widthPx(), picture.heightPx());
    return side < SMALL_PX ? picture.enlarged(Math.max(1, SMALL_PX / side)) : picture;
  }

  private static boolean kitty() {
    return System.getenv("KITTY_WINDOW_ID") != null && System.getenv("TMUX") == null;
  }

  static Protocol protocol(@Nullable String term, @Nullable String program, boolean kitty) {
    String name = (term == null ? "" : term).toLowerCase(Locale.ROOT);
    String of = (program == null ? "" : program).toLowerCase(Locale.ROOT);
    if (kitty
        || name.contains("kitty")
        || name.contains("ghostty")
        || of.equals("ghostty")
        || of.equals("wezterm")) {
      return Protocol.KITTY;
    }
    return !name.equals("dumb") && answersSixel() ? Protocol.SIXEL : Protocol.BLOCKS;
  }

  /** Asks for the primary device attributes (DA1), among which 4 stands for sixels; a terminal that says nothing in 0.3 s has none. */
  private static boolean answersSixel() {
    String script =
        "exec </dev/tty >/dev/tty 2>/dev/null; old=$(stty -g) || exit 1;"
            + " stty -icanon -echo min 0 time 3; printf '\\033[c';"
            + " answer=$(dd bs=64 count=1 2>/dev/null); stty \"$old\";"
            + " case $answer in *[\\;\\?]4[\\;c]*) exit 0 ;; *) exit 1 ;; esac";
    try {
      Process ask = new ProcessBuilder("sh", "-c", script).start();
      ask.getOutputStream().close();
      return ask.waitFor(2, TimeUnit.SECONDS) && ask.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static byte[] png(Pixels picture) {
    try {
      return Pictures.png(picture);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A PNG in pieces of 4,096 characters, as the protocol wants it: {@code a=T} shows it, {@code f=100} says PNG, {@code m=1} that more comes. */
  static String kitty(byte[] png) {
    String data = Base64.getEncoder().encodeToString(png);
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < data.length(); at += CHUNK) {
      int end = Math.min(data.length(), at + CHUNK);
      out.append("\u001b_G").append(at == 0 ? "a=T,f=100," : "");
      out.append("m=").append(end < data.length() ? 1 : 0).append(';');
      out.append(data, at, end).append("\u001b\\");
    }
    return out.toString();
  }
}
