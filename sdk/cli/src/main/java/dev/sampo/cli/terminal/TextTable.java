package dev.sampo.cli.terminal;

import java.util.ArrayList;
import java.util.List;

/**
 * A table as wide as the terminal: columns are as wide as what is in them; where that is too much, the widest ones are narrowed and their
 * texts go on in the next line, broken between words.
 */
public final class TextTable {
  private static final int GAP = 2;

  private final List<List<String>> rows = new ArrayList<>();

  /** Adds a row; every row has as many cells as the first. */
  public TextTable row(String... cells) {
    if (!rows.isEmpty() && rows.get(0).size() != cells.length) {
      throw new IllegalArgumentException(
          "A row of " + cells.length + " cells in a table of " + rows.get(0).size());
    }
    rows.add(List.of(cells));
    return this;
  }

  /** The lines, each with a line feed behind it. */
  public String render(int width) {
    if (rows.isEmpty()) {
      return "";
    }
    int[] widths = widths(width);
    StringBuilder out = new StringBuilder();
    for (List<String> row : rows) {
      List<List<String>> cells = new ArrayList<>();
      int height = 1;
      for (int c = 0; c < widths.length; c++) {
        List<String> lines = Words.lines(row.get(c), widths[c]);
        height = Math.max(height, lines.size());
        cells.add(lines);
      }
      for (int l = 0; l < height; l++) {
        StringBuilder line = new StringBuilder();
        for (int c = 0; c < widths.length; c++) {
          String part = l < cells.get(c).size() ? cells.get(c).get(l) : "";
          line.append(Words.padded(part, widths[c])).append(" ".repeat(GAP));
        }
        out.append(line.toString().stripTrailing()).append('\n');
      }
    }
    return out.toString();
  }

  private int[] widths(int width) {
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    int[] longestWord = new int[columns];
    for (List<String> row : rows) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], Words.columns(row.get(c)));
        for (String word : row.get(c).split(" +", -1)) {
          longestWord[c] = Math.max(longestWord[c], Words.columns(word));
        }
      }
    }
    int room = width - GAP * (columns - 1);
    while (sum(widths) > room) {
      int widest = -1;
      for (int c = 0; c < columns; c++) {
        if (widths[c] > longestWord[c] && (widest < 0 || widths[c] > widths[widest])) {
          widest = c;
        }
      }
      if (widest < 0) {
        break; // words that are longer than that are not broken
      }
      widths[widest]--;
    }
    return widths;
  }

  private static int sum(int[] values) {
    int sum = 0;
    for (int v : values) {
      sum += v;
    }
    return sum;
  }
}
