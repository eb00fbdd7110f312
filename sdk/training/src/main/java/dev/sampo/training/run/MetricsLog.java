package dev.sampo.training.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.io.AtomicFile;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code metrics.jsonl}: one JSON object a line, {@code {"step":12,"split":"train","loss":0.5,...}}. */
public final class MetricsLog implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final Writer writer;

  /** Opens the file; lines after the given step, from a run that was cut off, are dropped. */
  MetricsLog(Path file, long fromStep) throws IOException {
    List<String> kept = new ArrayList<>();
    if (fromStep > 0 && Files.exists(file)) {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        if (stepOf(line) <= fromStep) {
          kept.add(line);
        }
      }
    }
    StringBuilder lines = new StringBuilder();
    kept.forEach(line -> lines.append(line).append('\n'));
    // A full disk must not cost the lines that are there.
    AtomicFile.write(file, out -> out.write(lines.toString().getBytes(StandardCharsets.UTF_8)));
    writer = Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
  }

  private static long stepOf(String line) {
    try {
      return JSON.readTree(line).path("step").asLong(Long.MAX_VALUE);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      // The last line of a killed run may be cut short.
      return Long.MAX_VALUE;
    }
  }

  void add(long step, String split, double rate, Map<String, Float> numbers) throws IOException {
    ObjectNode line = JSON.createObjectNode();
    line.put("step", step).put("split", split);
    if (split.equals("train")) {
      line.put("learning_rate", rate);
    }
    numbers.forEach(line::put);
    writer.write(JSON.writeValueAsString(line) + "\n");
    writer.flush();
  }

  /** Reads a log back. */
  public static List<JsonNode> read(Path file) throws IOException {
    List<JsonNode> result = new ArrayList<>();
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      result.add(JSON.readTree(line));
    }
    return result;
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
