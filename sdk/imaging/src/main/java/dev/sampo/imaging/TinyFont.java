package dev.sampo.imaging;

import dev.sampo.picture.Pixels;
import java.text.Normalizer;
import java.util.Arrays;

/**
 * Printable ASCII in cells of 6x9 pixels. Labels are drawn with it and not through {@code java.awt.Font}, because a
 * headless machine without fontconfig has no fonts, and because a contact sheet must be the same bytes
 * everywhere. Accents are dropped ("é" becomes "e"), other characters become "?".
 */
final class TinyFont {
  static final int ADVANCE_PX = 6;
  static final int LINE_PX = 9;
  private static final int GLYPH_WIDTH = 5;
  private static final int GLYPH_HEIGHT = 7;

  /** From ' ' to '~': seven rows a glyph, one base-32 digit (5 pixels, leftmost highest) a row. */
  private static final String ROWS =
      "0000000" + "4444004" + "aaa0000" + "aavavaa" + "4fke5u4" + "op248j3" + "cik8lid" + "c480000"
          + "2488842" + "8422248" + "04lel40" + "044v440" + "0000c48" + "000v000" + "00000cc"
          + "01248g0" + "ehjlphe" + "4c4444e" + "eh168gv" + "eh161he" + "26aiv22" + "vgu11he"
          + "68guhhe" + "v124888" + "ehhehhe" + "ehhf12c" + "0cc0cc0" + "0cc0c48" + "248g842"
          + "00v0v00" + "8421248" + "eh12404" + "eh1dlle" + "ehhvhhh" + "uhhuhhu" + "ehggghe"
          + "sihhhis" + "vgguggv" + "vgguggg" + "ehgnhhf" + "hhhvhhh" + "e44444e" + "72222ic"
          + "hikokih" + "ggggggv" + "hrllhhh" + "hhpljhh" + "ehhhhhe" + "uhhuggg" + "ehhhlid"
          + "uhhukih" + "fgge11u" + "v444444" + "hhhhhhe" + "hhhhha4" + "hhhllla" + "hha4ahh"
          + "hhha444" + "v1248gv" + "e88888e" + "0g84210" + "e22222e" + "4ah0000" + "000000v"
          + "8420000" + "00e1fhf" + "ggmphhu" + "00egghe" + "11djhhf" + "00ehvge" + "698s888"
          + "0fhhf1e" + "ggmphhh" + "40c444e" + "20622ic" + "ggikoki" + "c44444e" + "00qllhh"
          + "00mphhh" + "00ehhhe" + "00uhugg" + "00djf11" + "00mpggg" + "00ege1u" + "88s8896"
          + "00hhhjd" + "00hhha4" + "00hhlla" + "00ha4ah" + "00hhf1e" + "00v248v" + "2448442"
          + "4444444" + "8442448" + "008l200";

  private TinyFont() {}

  /** The width of one line of text. */
  static int widthPx(String text) {
    return Math.max(0, plain(text).length() * ADVANCE_PX - 1);
  }

  /**
   * Paints one line into interleaved bytes; what lies outside the picture is cut.
   *
   * @param shade the value 0..255 of every channel
   */
  static void paint(
      byte[] data,
      int widthPx,
      int heightPx,
      int channels,
      String text,
      int left,
      int top,
      int shade) {
    String plain = plain(text);
    for (int i = 0; i < plain.length(); i++) {
      int glyph = (plain.charAt(i) - ' ') * GLYPH_HEIGHT;
      for (int row = 0; row < GLYPH_HEIGHT; row++) {
        int bits = Character.digit(ROWS.charAt(glyph + row), 32);
        for (int col = 0; col < GLYPH_WIDTH; col++) {
          int x = left + i * ADVANCE_PX + col;
          int y = top + 1 + row;
          boolean inside = x >= 0 && x < widthPx && y >= 0 && y < heightPx;
          if (inside && (bits >> (GLYPH_WIDTH - 1 - col) & 1) == 1) {
            Arrays.fill(
                data, (y * widthPx + x) * channels, (y * widthPx + x + 1) * channels, (byte) shade);
          }
        }
      }
    }
  }

  /** A picture of one line of text, for tests and captions. */
  static Pixels render(String text, int shade, int background) {
    int width = Math.max(1, widthPx(text));
    byte[] data = new byte[width * LINE_PX];
    Arrays.fill(data, (byte) background);
    paint(data, width, LINE_PX, 1, text, 0, 0, shade);
    return Pixels.ofBytes(width, LINE_PX, 1, data);
  }

  private static String plain(String text) {
    String bare = Normalizer.normalize(text, Normalizer.Form.NFD).replaceAll("\\p{M}+", "");
    StringBuilder out = new StringBuilder();
    bare.codePoints().forEach(c -> out.append(c >= ' ' && c <= '~' ? (char) c : '?'));
    return out.toString();
  }
}
