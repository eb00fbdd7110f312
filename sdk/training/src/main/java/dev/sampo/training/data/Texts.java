package dev.sampo.training.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.error.SampoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Reads texts and pairs of texts. */
public final class Texts {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> TEXT = Collections.singletonList("text");
  private static final List<String> PAIR =
      Collections.unmodifiableList(Arrays.asList("source", "target"));

  private Texts() {}

  /** A source and a target. */
  public record Pair(String source, String target) {}

  /** As {@link #read(Path, List)} with the column {@code text}. */
  public static String read(Path path) throws IOException {
    return read(path, TEXT);
  }

  /**
   * The text of a file, of one column of a {@code .csv}, {@code .tsv} or {@code .jsonl} file, or of all {@code .txt}
   * files of a folder in the order of their names.
   *
   * @param column the name of the column or JSON member, alone in a list; empty means {@code text}
   * @throws SampoException if there is no text, the column is missing or the file is no UTF-8
   */
  public static String read(Path path, List<String> column) throws IOException {
    List<String> names = column.isEmpty() ? TEXT : column;
    if (names.size() != 1) {
      throw new SampoException("A text needs one column, " + names + " are " + names.size() + ".");
    }
    StringBuilder all = new StringBuilder();
    if (Files.isDirectory(path)) {
      for (Path file : textFiles(path)) {
        all.append(utf8(file)).append('\n');
      }
    } else if (name(path).endsWith(".jsonl")) {
      jsonLines(path, names).forEach(line -> all.append(line.get(0)).append('\n'));
    } else if (name(path).endsWith(".csv") || name(path).endsWith(".tsv")) {
      Tables.read(path).select(names).forEach(row -> all.append(row.get(0)).append('\n'));
    } else {
      all.append(utf8(path));
    }
    if (all.toString().trim().isEmpty()) {
      throw new SampoException(path + " holds no text.");
    }
    return all.toString();
  }

  private static List<Path> textFiles(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*.txt")) {
      found.forEach(files::add);
    }
    if (files.isEmpty()) {
      throw new SampoException("There is no .txt file in " + folder + ".");
    }
    Collections.sort(files);
    return files;
  }

  private static String utf8(Path file) throws IOException {
    try {
      byte[] bytes = Files.readAllBytes(file);
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new SampoException(
          file + " is no UTF-8 text. Convert it, for example with iconv -t UTF-8.", e);
    }
  }

  /** As {@link #pairs(Path, List)} with the columns {@code source} and {@code target}. */
  public static List<Pair> pairs(Path path) throws IOException {
    return pairs(path, Collections.emptyList());
  }

  /**
   * Pairs out of a {@code .tsv}, {@code .csv} or {@code .jsonl} file.
   *
   * @param columns names of the source and the target; empty means {@code source} and {@code target}, or the two columns
   *     of a table whose first line does not name those
   * @throws SampoException if there is no pair or a column is missing
   */
  public static List<Pair> pairs(Path path, List<String> columns) throws IOException {
    if (!columns.isEmpty() && columns.size() != 2) {
      throw new SampoException("A pair needs two columns, " + columns + " are " + columns.size());
    }
    List<String> names = columns.isEmpty() ? PAIR : columns;
    List<List<String>> rows;
    if (name(path).endsWith(".jsonl")) {
      rows = jsonLines(path, names);
    } else if (name(path).endsWith(".csv") || name(path).endsWith(".tsv")) {
      rows = tablePairs(path, names, columns.isEmpty());
    } else {
      throw new SampoException(
          path + " is no .tsv, .csv or .jsonl file; pairs of texts are read from those.");
    }
    if (rows.isEmpty()) {
      throw new SampoException(path + " holds no pair.");
    }
    List<Pair> result = new ArrayList<>();
    rows.forEach(row -> result.add(new Pair(row.get(0), row.get(1))));
    return result;
  }

  private static List<List<String>> tablePairs(Path path, List<String> names, boolean headless)
      throws IOException {
    Tables table = Tables.read(path);
    if (!headless || table.names(names)) {
      return table.select(names);
    }
    int columns = table.rows().get(0).size();
    if (columns != 2) {
      throw new SampoException(
          path
              + " has "
              + columns
              + " column(s); a pair needs two. Name them in the first line and say which"
              + " (sampo train --columns SOURCE,TARGET).");
    }
    return table.rows();
  }

  private static List<List<String>> jsonLines(Path path, List<String> members) throws IOException {
    List<List<String>> result = new ArrayList<>();
    int number = 0;
    for (String line : utf8(path).split("\n", -1)) {
      number++;
      if (!line.trim().isEmpty()) {
        result.add(jsonLine(line, number, path, members));
      }
    }
    return result;
  }

  private static List<String> jsonLine(String text, int number, Path path, List<String> members) {
    JsonNode line;
    try {
      line = JSON.readTree(text);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new SampoException(
          "Line " + number + " of " + path + " is not JSON: " + e.getOriginalMessage(), e);
    }
    List<String> row = new ArrayList<>();
    for (String member : members) {
      if (!line.path(member).isTextual()) {
        List<String> found = new ArrayList<>();
        line.fieldNames().forEachRemaining(found::add);
        throw new SampoException(
            "Line "
                + number
                + " of "
                + path
                + " has no text member \""
                + member
                + "\"; it has "
                + found
                + ".");
      }
      row.add(line.path(member).asText());
    }
    return row;
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
  }
}
