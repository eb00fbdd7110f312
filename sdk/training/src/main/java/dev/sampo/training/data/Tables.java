package dev.sampo.training.data;

import dev.sampo.error.SampoException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * A table out of a {@code .csv} file (RFC 4180: commas, quoted fields that may hold commas, line breaks and doubled
 * quotes) or a {@code .tsv} file (tabs, no quotes). Every row has the columns of the first; empty lines do not count.
 */
public final class Tables {
  private final Path file;
  private final List<List<String>> rows;
  private final List<Integer> lines;

  private Tables(Path file, List<List<String>> rows, List<Integer> lines) {
    this.file = file;
    this.rows = rows;
    this.lines = lines;
  }

  /**
   * Reads a file.
   *
   * @throws SampoException if it is empty, ragged, or a quote is never closed
   */
  public static Tables read(Path file) throws IOException {
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    Tables table = new Tables(file, new ArrayList<>(), new ArrayList<>());
    table.parse(text.startsWith("\uFEFF") ? text.substring(1) : text, name.endsWith(".csv"));
    if (table.rows.isEmpty()) {
      throw new SampoException(file + " is empty.");
    }
    int columns = table.rows.get(0).size();
    for (int i = 1; i < table.rows.size(); i++) {
      int found = table.rows.get(i).size();
      if (found != columns) {
        throw new SampoException(
            "Line "
                + table.lines.get(i)
                + " of "
                + file
                + " has "
                + found
                + " column(s), the first has "
                + columns
                + ". "
                + (name.endsWith(".csv")
                    ? "Put fields that hold commas into quotes."
                    : "A .tsv file has one tab between two columns."));
      }
    }
    return table;
  }

  private void parse(String text, boolean quotes) {
    char separator = quotes ? ',' : '\t';
    List<String> row = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    int line = 1;
    int start = 1;
    int quoteAt = 0;
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        line++;
      }
      if (quotes && c == '"') {
        if (quoted && i + 1 < text.length() && text.charAt(i + 1) == '"') {
          field.append('"');
          i++;
        } else {
          quoted = !quoted;
          quoteAt = line;
        }
      } else if (quoted || (c != separator && c != '\n' && c != '\r')) {
        field.append(c);
      } else if (c == separator) {
        row.add(field.toString());
        field.setLength(0);
      } else if (c == '\n') {
        end(row, field, start);
        row = new ArrayList<>();
        field.setLength(0);
        start = line;
      }
    }
    if (quoted) {
      throw new SampoException(
          "The quote in line " + quoteAt + " of " + file + " is never closed.");
    }
    end(row, field, start);
  }

  private void end(List<String> row, StringBuilder field, int line) {
    if (row.isEmpty() && field.toString().trim().isEmpty()) {
      return;
    }
    row.add(field.toString());
    rows.add(row);
    lines.add(line);
  }

  /** The columns that a first line names, and the rows after it. */
  public List<List<String>> select(List<String> columns) {
    List<Integer> places = new ArrayList<>();
    for (String column : columns) {
      int place = rows.get(0).indexOf(column);
      if (place < 0) {
        throw new SampoException(
            file
                + " has no column '"
                + column
                + "'; the first line names "
                + String.join(", ", rows.get(0))
                + ".");
      }
      places.add(place);
    }
    List<List<String>> result = new ArrayList<>();
    for (List<String> row : rows.subList(1, rows.size())) {
      List<String> picked = new ArrayList<>();
      places.forEach(place -> picked.add(row.get(place)));
      result.add(picked);
    }
    return result;
  }

  /** Whether the first line names these columns. */
  public boolean names(List<String> columns) {
    return rows.get(0).containsAll(columns);
  }

  /** All rows, the first line among them. */
  public List<List<String>> rows() {
    return Collections.unmodifiableList(rows);
  }

  /** Named columns as numbers, row by row. */
  public float[][] numbers(List<String> columns) {
    List<List<String>> picked = select(columns);
    float[][] result = new float[picked.size()][columns.size()];
    for (int i = 0; i < result.length; i++) {
      for (int k = 0; k < columns.size(); k++) {
        String field = picked.get(i).get(k).trim();
        try {
          result[i][k] = Float.parseFloat(field);
        } catch (NumberFormatException e) {
          throw new SampoException(
              "Line "
                  + lines.get(i + 1)
                  + " of "
                  + file
                  + ", column '"
                  + columns.get(k)
                  + "': '"
                  + field
                  + "' is no number.",
              e);
        }
      }
    }
    return result;
  }
}
