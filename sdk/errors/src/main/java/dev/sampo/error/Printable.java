package dev.sampo.error;

/**
 * Texts from models, files and users as a terminal or a log may show them: control characters could move the cursor, change colours or the
 * title, or hide what stands there, so they are written out ({@code \x1b}, {@code \}{@code u202e}).
 */
public final class Printable {
  private Printable() {}

  /** A text of several lines: line breaks and tabs stay. */
  public static String text(String text) {
    return escaped(text, true);
  }

  /** A name or another text of one line: line breaks and tabs are written out too. */
  public static String line(String text) {
    return escaped(text, false);
  }

  private static String escaped(String text, boolean lines) {
    StringBuilder out = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean plain = lines && (c == '\n' || c == '\t') || !isControl(c) && !isLone(text, i);
      if (plain) {
        if (out != null) {
          out.append(c);
        }
        continue;
      }
      if (out == null) {
        out = new StringBuilder(text.length() + 16).append(text, 0, i);
      }
      append(c, out);
    }
    return out == null ? text : out.toString();
  }

  private static void append(char c, StringBuilder out) {
    switch (c) {
      case '\n':
        out.append("\\n");
        break;
      case '\r':
        out.append("\\r");
        break;
      case '\t':
        out.append("\\t");
        break;
      default:
        String hex = Integer.toHexString(c);
        String zeros = "0000".substring(Math.min(hex.length(), c < 0x80 ? 2 : 4), c < 0x80 ? 2 : 4);
        out.append(c < 0x80 ? "\\x" : "\\u").append(zeros).append(hex);
    }
  }

  /** C0, DEL, C1, line separators, and what turns the direction of writing. */
  private static boolean isControl(char c) {
    return c < ' '
        || c >= 0x7F && c < 0xA0
        || c >= 0x202A && c <= 0x202E
        || c >= 0x2066 && c <= 0x2069
        || c == 0x200E
        || c == 0x200F
        || c == 0x2028
        || c == 0x2029;
  }

  /** Half a character. */
  private static boolean isLone(String text, int i) {
    char c = text.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
  }
}
