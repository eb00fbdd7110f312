package dev.sampo.cli.terminal;

import dev.sampo.picture.Pixels;

/**
 * Sixels as DEC's VT340 reads them: bands of six rows, each colour of a band a row of characters of which a bit is a pixel. Colours are the 216
 * of six steps a channel; a grey picture gets 64 greys.
 */
final class Sixels {
  private static final int STEPS = 6;
  private static final int GREYS = 64;

  private Sixels() {}

  static String encode(Pixels picture) {
    boolean grey = isGrey(picture);
    int colours = grey ? GREYS : STEPS * STEPS * STEPS;
    StringBuilder out = new StringBuilder("\u001bPq\"1;1;");
    out.append(picture.widthPx()).append(';').append(picture.heightPx());
    for (int c = 0; c < colours; c++) {
      out.append('#').append(c).append(";2");
      for (int channel = 0; channel < 3; channel++) {
        out.append(';').append(percent(c, channel, grey));
      }
    }
    for (int top = 0; top < picture.heightPx(); top += 6) {
      band(out, picture, top, colours, grey);
      out.append('-');
    }
    return out.append("\u001b\\").toString();
  }

  private static void band(StringBuilder out, Pixels p, int top, int colours, boolean grey) {
    int[][] bits = new int[colours][];
    for (int row = 0; row < 6 && top + row < p.heightPx(); row++) {
      for (int x = 0; x < p.widthPx(); x++) {
        int c = colour(p, x, top + row, grey);
        if (bits[c] == null) {
          bits[c] = new int[p.widthPx()];
        }
        bits[c][x] |= 1 << row;
      }
    }
    for (int c = 0; c < colours; c++) {
      if (bits[c] != null) {
        out.append('#').append(c);
        runs(out, bits[c]);
        out.append('$');
      }
    }
  }

  private static void runs(StringBuilder out, int[] bits) {
    for (int x = 0; x < bits.length; ) {
      int end = x;
      while (end < bits.length && bits[end] == bits[x]) {
        end++;
      }
      char character = (char) ('?' + bits[x]);
      if (end - x > 3) {
        out.append('!').append(end - x).append(character);
      } else {
        out.append(String.valueOf(character).repeat(end - x));
      }
      x = end;
    }
  }

  private static boolean isGrey(Pixels p) {
    for (int y = 0; y < p.heightPx(); y++) {
      for (int x = 0; x < p.widthPx(); x++) {
        boolean equal =
            p.channels() == 1 || (p.at(x, y, 0) == p.at(x, y, 1) && p.at(x, y, 1) == p.at(x, y, 2));
        if (!equal) {
          return false;
        }
      }
    }
    return true;
  }

  private static int colour(Pixels p, int x, int y, boolean grey) {
    if (grey) {
      return Math.round(p.at(x, y, 0) * (GREYS - 1) / 255f);
    }
    int index = 0;
    for (int channel = 0; channel < 3; channel++) {
      index = index * STEPS + Math.round(p.at(x, y, channel) * (STEPS - 1) / 255f);
    }
    return index;
  }

  private static int percent(int colour, int channel, boolean grey) {
    if (grey) {
      return Math.round(colour * 100f / (GREYS - 1));
    }
    int digit =
        channel == 0
            ? colour / (STEPS * STEPS)
            : channel == 1 ? colour / STEPS % STEPS : colour % STEPS;
    return digit * 100 / (STEPS - 1);
  }
}
