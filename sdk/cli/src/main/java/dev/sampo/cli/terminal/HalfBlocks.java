package dev.sampo.cli.terminal;

import dev.sampo.imaging.Pictures;
import dev.sampo.picture.Pixels;

/** A picture in characters: the upper half of each is one pixel, its background the one below. */
final class HalfBlocks {
  private static final char UPPER = '\u2580';

  private HalfBlocks() {}

  static String draw(Pixels picture, int columns) {
    Pixels p = picture.withChannels(3);
    if (p.widthPx() > columns) {
      int height = Math.max(1, Math.round(p.heightPx() * (columns / (float) p.widthPx())));
      p = Pictures.scaled(p, columns, height);
    }
    StringBuilder out = new StringBuilder();
    for (int y = 0; y < p.heightPx(); y += 2) {
      for (int x = 0; x < p.widthPx(); x++) {
        out.append("\u001b[38;2;").append(colour(p, x, y)).append('m');
        out.append(
            y + 1 < p.heightPx() ? "\u001b[48;2;" + colour(p, x, y + 1) + 'm' : "\u001b[49m");
        out.append(UPPER);
      }
      out.append("\u001b[0m");
      if (y + 2 < p.heightPx()) {
        out.append('\n');
      }
    }
    return out.toString();
  }

  private static String colour(Pixels p, int x, int y) {
    return p.at(x, y, 0) + ";" + p.at(x, y, 1) + ";" + p.at(x, y, 2);
  }
}
