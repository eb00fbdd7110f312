package dev.sampo.training.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.SampoException;
import dev.sampo.training.TrainingState;
import dev.sampo.training.artifacts.CheckpointFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Checkpoints of a run: folders {@code step-0000123} with one {@code <name>.ckpt} (ONNX Runtime's format: weights and
 * moments) and one {@code <name>.extra.ckpt} (running statistics, carried values, averages) a state, and
 * {@code run.json} with checksums. A folder is written under another name and then moved, so it is there whole or not
 * at all.
 */
public final class CheckpointStore {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PREFIX = "step-";
  private static final String AVERAGE = "average/";

  private final Path folder;
  private final int keep;

  /**
   * @param keep how many checkpoints stay; 0 keeps all
   */
  public CheckpointStore(Path folder, int keep) {
    this.folder = folder;
    this.keep = keep;
  }

  /**
   * What a checkpoint holds.
   *
   * @param step updates done
   * @param info the run's own notes, as they were given
   */
  public record Saved(long step, Map<String, TrainingState> states, JsonNode info) {}

  /** Saves; the checkpoint before stays until this one is whole. */
  public void save(
      long step, String fingerprint, Map<String, TrainingState> states, ObjectNode info)
      throws IOException {
    Files.createDirectories(folder);
    Path target = folder.resolve(name(step));
    Path part = folder.resolve("." + name(step) + ".part");
    deleteFolder(part);
    Files.createDirectory(part);
    try {
      ObjectNode run = JSON.createObjectNode();
      run.put("step", step).put("fingerprint", fingerprint);
      run.set("info", info);
      ObjectNode sums = run.putObject("crc32");
      for (Map.Entry<String, TrainingState> entry : states.entrySet()) {
        write(part, entry.getKey(), entry.getValue(), sums);
      }
      Files.write(part.resolve("run.json"), JSON.writeValueAsBytes(run));
      deleteFolder(target);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      deleteFolder(part);
    }
    prune();
  }

  private static void write(Path folder, String name, TrainingState state, ObjectNode sums)
      throws IOException {
    Map<String, CheckpointFile.Entry> trainable = new LinkedHashMap<>();
    Map<String, CheckpointFile.Entry> extra = new LinkedHashMap<>();
    state
        .values()
        .forEach(
            (key, value) ->
                (state.firstMoments().containsKey(key) ? trainable : extra).put(key, entry(value)));
    state.average().forEach((key, value) -> extra.put(AVERAGE + key, entry(value)));
    CheckpointFile main =
        new CheckpointFile(
            state.step(),
            trainable,
            Collections.emptyMap(),
            entries(state.firstMoments()),
            entries(state.secondMoments()),
            Collections.emptyMap());
    CheckpointFile more =
        new CheckpointFile(
            0,
            Collections.emptyMap(),
            extra,
            Collections.emptyMap(),
            Collections.emptyMap(),
            Collections.emptyMap());
    put(folder, name + ".ckpt", main, sums);
    put(folder, name + ".extra.ckpt", more, sums);
  }

  private static void put(Path folder, String name, CheckpointFile file, ObjectNode sums)
      throws IOException {
    file.write(folder.resolve(name));
    sums.put(name, crc(Files.readAllBytes(folder.resolve(name))));
  }

  private static Map<String, CheckpointFile.Entry> entries(Map<String, float[]> values) {
    Map<String, CheckpointFile.Entry> result = new LinkedHashMap<>();
    values.forEach((name, value) -> result.put(name, entry(value)));
    return result;
  }

  private static CheckpointFile.Entry entry(float[] value) {
    return new CheckpointFile.Entry(new long[] {value.length}, value);
  }

  private static long crc(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return crc.getValue();
  }

  /**
   * The newest checkpoint, null if there is none.
   *
   * @throws SampoException if it is damaged or belongs to another model
   */
  public @Nullable Saved latest(String fingerprint) throws IOException {
    List<Path> all = list();
    return all.isEmpty() ? null : read(all.get(all.size() - 1), fingerprint);
  }

  private static Saved read(Path checkpoint, String fingerprint) throws IOException {
    JsonNode run;
    try {
      run = JSON.readTree(Files.readAllBytes(checkpoint.resolve("run.json")));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw damaged(checkpoint, "run.json cannot be read", e);
    } catch (java.nio.file.NoSuchFileException e) {
      throw damaged(checkpoint, "run.json is missing", e);
    }
    String found = run.path("fingerprint").asText();
    if (!found.equals(fingerprint)) {
      throw new SampoException(
          "The checkpoint "
              + checkpoint
              + " belongs to another model or another choice of trainable weights (its fingerprint"
              + " is "
              + found
              + ", this run's "
              + fingerprint
              + "). Use another output folder, or the settings it was made with.");
    }
    for (Map.Entry<String, JsonNode> sum : run.path("crc32").properties()) {
      Path file = checkpoint.resolve(sum.getKey());
      if (!Files.isRegularFile(file)) {
        throw damaged(checkpoint, sum.getKey() + " is missing", null);
      }
      if (crc(Files.readAllBytes(file)) != sum.getValue().asLong()) {
        throw damaged(checkpoint, "the checksum of " + sum.getKey() + " is wrong", null);
      }
    }
    Map<String, TrainingState> states = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> sum : run.path("crc32").properties()) {
      if (!sum.getKey().endsWith(".extra.ckpt")) {
        String name = sum.getKey().substring(0, sum.getKey().length() - ".ckpt".length());
        states.put(name, state(checkpoint, name));
      }
    }
    return new Saved(run.path("step").asLong(), states, run.path("info"));
  }

  private static SampoException damaged(Path checkpoint, String what, @Nullable Throwable cause) {
    return new SampoException(
        "The checkpoint "
            + checkpoint
            + " is damaged: "
            + what
            + ". Remove that folder; the checkpoint before it is used then.",
        cause);
  }

  private static TrainingState state(Path checkpoint, String name) throws IOException {
    CheckpointFile main = CheckpointFile.read(checkpoint.resolve(name + ".ckpt"));
    CheckpointFile more = CheckpointFile.read(checkpoint.resolve(name + ".extra.ckpt"));
    Map<String, float[]> values = values(main.trainable());
    Map<String, float[]> average = new LinkedHashMap<>();
    more.frozen()
        .forEach(
            (key, entry) -> {
              if (key.startsWith(AVERAGE)) {
                average.put(key.substring(AVERAGE.length()), entry.values());
              } else {
                values.put(key, entry.values());
              }
            });
    return new TrainingState(
        main.step(), values, values(main.firstMoments()), values(main.secondMoments()), average);
  }

  private static Map<String, float[]> values(Map<String, CheckpointFile.Entry> entries) {
    Map<String, float[]> result = new LinkedHashMap<>();
    entries.forEach((name, entry) -> result.put(name, entry.values()));
    return result;
  }

  /** Folders of whole checkpoints, oldest first. */
  public List<Path> list() throws IOException {
    List<Path> result = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, PREFIX + "*")) {
        found.forEach(result::add);
      }
    }
    Collections.sort(result);
    return result;
  }

  private void prune() throws IOException {
    List<Path> all = list();
    for (int i = 0; keep > 0 && i < all.size() - keep; i++) {
      deleteFolder(all.get(i));
    }
  }

  private static String name(long step) {
    StringBuilder digits = new StringBuilder(Long.toString(step));
    while (digits.length() < 9) {
      digits.insert(0, '0');
    }
    return PREFIX + digits;
  }

  private static void deleteFolder(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(path);
  }
}
