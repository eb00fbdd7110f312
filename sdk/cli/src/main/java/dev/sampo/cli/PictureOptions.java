package dev.sampo.cli;

import dev.sampo.cli.terminal.TerminalPictures;
import dev.sampo.picture.Pixels;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How pictures are shown: their size in the file, and on the terminal. */
final class PictureOptions {
  private static final int SMALL_PX = 64;
  private static final int MOST = 64;

  @Option(
      names = "--scale",
      paramLabel = "N",
      description =
          "Pixels of the file for one of the model's, in each direction. Default: 2 for pictures"
              + " below 64 pixels, else 1.")
  private @Nullable Integer scale;

  @Option(
      names = "--show",
      description =
          "Show the result on the terminal as well: as a picture where it draws them (kitty's"
              + " protocol, sixels), else in coloured blocks.")
  private boolean show;

  private boolean asMade;

  /** For a command whose pictures are the user's own: one that stands alone keeps its size. */
  PictureOptions asMade() {
    asMade = true;
    return this;
  }

  /** Checks the numbers. */
  void check() {
    if (scale != null && (scale < 1 || scale > MOST)) {
      throw new UsageException("--scale is " + scale + ", wanted 1 to " + MOST);
    }
  }

  /**
   * How often each pixel of a picture is repeated.
   *
   * @param alone whether it is no part of a sheet
   */
  int factor(Pixels picture, boolean alone) {
    if (scale != null) {
      return scale;
    }
    if (alone && asMade) {
      return 1;
    }
    int side = Math.max(picture.widthPx(), picture.heightPx());
    return Math.max(side < SMALL_PX ? 2 : 1, SMALL_PX / side);
  }

  /** The same in an animation, which nobody can enlarge. */
  int animationFactor(Pixels picture) {
    return scale != null ? scale : 4 * factor(picture, false);
  }

  /** Shows what was made, where that was asked for. */
  void show(Console console, Pixels picture) {
    if (!show) {
      return;
    }
    if (!console.showsPictures()) {
      console.note("sampo: --show wants stdout to be a terminal; nothing is shown.");
      return;
    }
    TerminalPictures.show(console.rawOut(), picture, console.width());
  }
}
