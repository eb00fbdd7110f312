package dev.sampo.training.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.runtime.SampoException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Reads texts and pairs of texts. */
public final class Texts {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Texts() {}

  /** A source and a target. */
  public record Pair(String source, String target) {}

  /**
   * The text of a file, of the {@code "text"} members of a {@code .jsonl} file, or of all {@code .txt} files of a folder
   * in the order of their names.
   */
  public static String read(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      List<Path> files = new ArrayList<>();
      try (DirectoryStream<Path> found = Files.newDirectoryStream(path, "*.txt")) {
        found.forEach(files::add);
      }
      Collections.sort(files);
      StringBuilder all = new StringBuilder();
      for (Path file : files) {
        all.append(read(file)).append('\n');
      }
      return all.toString();
    }
    if (!name(path).endsWith(".jsonl")) {
      return new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
    }
    StringBuilder all = new StringBuilder();
    for (JsonNode line : jsonLines(path)) {
      all.append(member(line, "text", path)).append('\n');
    }
    return all.toString();
  }

  /**
   * Pairs: {@code .tsv} and {@code .csv} files have the source in the first column and the target in the second (quotes
   * as in RFC 4180), {@code .jsonl} files the members {@code "source"} and {@code "target"}.
   */
  public static List<Pair> pairs(Path path) throws IOException {
    List<Pair> result = new ArrayList<>();
    if (name(path).endsWith(".jsonl")) {
      for (JsonNode line : jsonLines(path)) {
        result.add(new Pair(member(line, "source", path), member(line, "target", path)));
      }
      return result;
    }
    char separator = name(path).endsWith(".csv") ? ',' : '\t';
    int number = 0;
    for (String line : lines(path)) {
      number++;
      List<String> fields = fields(line, separator);
      if (fields.size() < 2) {
        throw new SampoException(
            "Line "
                + number
                + " of "
                + path
                + " has "
                + fields.size()
                + " column(s); a pair needs two.");
      }
      result.add(new Pair(fields.get(0), fields.get(1)));
    }
    return result;
  }

  static List<String> fields(String line, char separator) {
    List<String> result = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (separator == ',' && c == '"') {
        boolean doubled = quoted && i + 1 < line.length() && line.charAt(i + 1) == '"';
        if (doubled) {
          field.append('"');
          i++;
        } else {
          quoted = !quoted;
        }
      } else if (c == separator && !quoted) {
        result.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    result.add(field.toString());
    return result;
  }

  private static List<JsonNode> jsonLines(Path path) throws IOException {
    List<JsonNode> result = new ArrayList<>();
    int number = 0;
    for (String line : lines(path)) {
      number++;
      try {
        result.add(JSON.readTree(line));
      } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
        throw new SampoException(
            "Line " + number + " of " + path + " is not JSON: " + e.getOriginalMessage(), e);
      }
    }
    return result;
  }

  private static List<String> lines(Path path) throws IOException {
    List<String> result = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(path, StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!line.trim().isEmpty()) {
          result.add(line);
        }
      }
    }
    return result;
  }

  private static String member(JsonNode line, String name, Path path) {
    if (!line.path(name).isTextual()) {
      throw new SampoException("A line of " + path + " has no text member \"" + name + "\".");
    }
    return line.path(name).asText();
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
  }
}
