package dev.sampo.cli.terminal;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lines of a width, broken between words only. */
public final class Words {
  private static final Pattern ANSI = Pattern.compile("\u001b\\[[0-9;]*m");

  private Words() {}

  /**
   * Breaks a text at spaces. A word that is longer than a line stays whole.
   *
   * @param width columns of a line
   * @return at least one line, none with a space at its end
   */
  public static List<String> lines(String text, int width) {
    List<String> lines = new ArrayList<>();
    for (String paragraph : text.split("\n", -1)) {
      StringBuilder line = new StringBuilder();
      int indent = 0;
      while (indent < paragraph.length() && paragraph.charAt(indent) == ' ') {
        indent++;
      }
      String margin = paragraph.substring(0, indent);
      for (String word : paragraph.trim().split(" +", -1)) {
        if (line.length() == 0) {
          line.append(margin).append(word);
        } else if (columns(line) + 1 + columns(word) <= width) {
          line.append(' ').append(word);
        } else {
          lines.add(line.toString());
          line.setLength(0);
          line.append(margin).append(word);
        }
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  /** The same as one text, its lines after the first indented. */
  public static String wrapped(String text, int width, int indent) {
    List<String> lines = lines(text, Math.max(20, width - indent));
    return String.join("\n" + " ".repeat(indent), lines);
  }

  /** How many columns a text takes: colours take none, wide characters two. */
  public static int columns(CharSequence text) {
    Matcher colours = ANSI.matcher(text);
    String plain = colours.replaceAll("");
    int columns = 0;
    for (int at = 0; at < plain.length(); ) {
      int codePoint = plain.codePointAt(at);
      at += Character.charCount(codePoint);
      int type = Character.getType(codePoint);
      if (type != Character.NON_SPACING_MARK && type != Character.ENCLOSING_MARK) {
        columns += isWide(codePoint) ? 2 : 1;
      }
    }
    return columns;
  }

  private static boolean isWide(int codePoint) {
    return codePoint >= 0x1100
        && (Character.isIdeographic(codePoint)
            || codePoint <= 0x115f
            || codePoint >= 0x3040 && codePoint <= 0x30ff
            || codePoint >= 0xac00 && codePoint <= 0xd7a3
            || codePoint >= 0xff01 && codePoint <= 0xff60
            || codePoint >= 0x1f300 && codePoint <= 0x1faff);
  }

  /** A text with spaces behind it, up to a number of columns. */
  public static String padded(String text, int columns) {
    return text + " ".repeat(Math.max(0, columns - columns(text)));
  }
}
