package dev.sampo.training.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.ModelException;
import dev.sampo.error.SampoException;
import dev.sampo.io.AtomicFile;
import dev.sampo.training.files.CheckpointFile;
import dev.sampo.training.graph.TrainingState;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checkpoints of a run: folders {@code step-0000123} with one {@code <name>.ckpt} (ONNX Runtime's format: weights and
 * moments) and one {@code <name>.extra.ckpt} (running statistics, carried values, averages) a state, and
 * {@code run.json} with checksums. A folder is written under another name, synced and then moved, so it is there whole or not
 * at all, whether the process is killed or the power is lost.
 */
public final class CheckpointStore {
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PREFIX = "step-";
  private static final String PART = ".part";
  private static final String MAIN = ".ckpt";
  private static final String EXTRA = ".extra.ckpt";
  private static final String AVERAGE = "average/";
  private static final String LOCK = ".lock";
  private static final long MAX_RUN_BYTES = 64L << 20;

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
    AtomicFile.createFoldersDurably(folder);
    Path target = folder.resolve(name(step));
    Path part = folder.resolve("." + name(step) + PART);
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
      byte[] notes = JSON.writeValueAsBytes(run);
      AtomicFile.writeDurably(part.resolve("run.json"), out -> out.write(notes));
      AtomicFile.syncFolder(part);
      deleteFolder(target);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
      AtomicFile.syncFolder(folder);
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
    put(folder, name + MAIN, main, sums);
    put(folder, name + EXTRA, more, sums);
  }

  private static void put(Path folder, String name, CheckpointFile file, ObjectNode sums)
      throws IOException {
    file.writeDurably(folder.resolve(name));
    sums.put(name, crc(folder.resolve(name)));
  }

  private static Map<String, CheckpointFile.Entry> entries(Map<String, float[]> values) {
    Map<String, CheckpointFile.Entry> result = new LinkedHashMap<>();
    values.forEach((name, value) -> result.put(name, entry(value)));
    return result;
  }

  private static CheckpointFile.Entry entry(float[] value) {
    return new CheckpointFile.Entry(new long[] {value.length}, value);
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
    JsonNode run = notes(checkpoint);
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
    Map<String, Long> sums = sums(checkpoint, run.path("crc32"));
    for (Map.Entry<String, Long> sum : sums.entrySet()) {
      Path file = checkpoint.resolve(sum.getKey());
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        throw damaged(checkpoint, sum.getKey() + " is missing", null);
      }
      if (crc(file) != sum.getValue()) {
        throw damaged(checkpoint, "the checksum of " + sum.getKey() + " is wrong", null);
      }
    }
    long step = step(checkpoint, run.path("step"));
    Map<String, TrainingState> states = new LinkedHashMap<>();
    for (String file : sums.keySet()) {
      if (!file.endsWith(EXTRA)) {
        String name = file.substring(0, file.length() - MAIN.length());
        states.put(name, state(checkpoint, name));
      }
    }
    return new Saved(step, states, run.path("info"));
  }

  private static JsonNode notes(Path checkpoint) throws IOException {
    Path file = checkpoint.resolve("run.json");
    try {
      if (Files.size(file) > MAX_RUN_BYTES) {
        throw damaged(checkpoint, "run.json has " + Files.size(file) + " bytes", null);
      }
      JsonNode run = JSON.readTree(Files.readAllBytes(file));
      if (run == null || !run.isObject()) {
        throw damaged(checkpoint, "run.json is no JSON object", null);
      }
      return run;
    } catch (JsonProcessingException e) {
      throw damaged(checkpoint, "run.json cannot be read", e);
    } catch (NoSuchFileException e) {
      throw damaged(checkpoint, "run.json is missing", e);
    }
  }

  /** The step is in the folder's name, too. */
  private static long step(Path checkpoint, JsonNode node) {
    long step = node.asLong();
    if (!node.isIntegralNumber()
        || !node.canConvertToLong()
        || step < 0
        || !name(step).equals(String.valueOf(checkpoint.getFileName()))) {
      throw damaged(checkpoint, "run.json has the step " + node, null);
    }
    return step;
  }

  private static Map<String, Long> sums(Path checkpoint, JsonNode node) {
    Map<String, Long> sums = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> sum : node.properties()) {
      String name = sum.getKey();
      // A file of this folder and no other.
      boolean plain = name.endsWith(MAIN) && name.matches("[^/\\\\:\\x00]+");
      if (!plain || !sum.getValue().isIntegralNumber() || !sum.getValue().canConvertToLong()) {
        throw damaged(
            checkpoint, "run.json has the checksum " + name + ": " + sum.getValue(), null);
      }
      sums.put(name, sum.getValue().asLong());
    }
    for (String name : sums.keySet()) {
      String other =
          name.endsWith(EXTRA)
              ? name.substring(0, name.length() - EXTRA.length()) + MAIN
              : name.substring(0, name.length() - MAIN.length()) + EXTRA;
      if (!sums.containsKey(other)) {
        throw damaged(checkpoint, "run.json has no checksum of " + other, null);
      }
    }
    if (sums.isEmpty()) {
      throw damaged(checkpoint, "run.json has no checksums", null);
    }
    return sums;
  }

  private static long crc(Path file) throws IOException {
    CRC32 crc = new CRC32();
    byte[] block = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(block); n >= 0; n = in.read(block)) {
        crc.update(block, 0, n);
      }
    }
    return crc.getValue();
  }

  private static ModelException damaged(Path checkpoint, String what, @Nullable Throwable cause) {
    return new ModelException(
        checkpoint,
        "The checkpoint "
            + checkpoint
            + " is damaged: "
            + what
            + ". Remove that folder; the checkpoint before it is used then.",
        cause);
  }

  private static TrainingState state(Path checkpoint, String name) throws IOException {
    CheckpointFile main = CheckpointFile.read(checkpoint.resolve(name + MAIN));
    CheckpointFile more = CheckpointFile.read(checkpoint.resolve(name + EXTRA));
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

  /**
   * Takes the folder for this run and removes what a killed one left. The lock goes when it is closed, or with its process.
   *
   * @throws SampoException if another run has it, in this process or in another
   */
  Closeable lock() throws IOException {
    AtomicFile.createFoldersDurably(folder);
    FileChannel channel =
        FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean locked = false;
    try {
      locked = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      LOG.debug("Another run of this process has {}", folder);
    } catch (IOException e) {
      LOG.warn(
          "{} cannot be locked ({}); nothing guards it from a second run", folder, e.toString());
      locked = true;
    } finally {
      if (!locked) {
        channel.close();
      }
    }
    if (!locked) {
      throw new SampoException(
          "Another training runs in "
              + folder.getParent()
              + ". Wait for its end, or use another output folder.");
    }
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, "." + PREFIX + "*" + PART)) {
      for (Path part : left) {
        deleteFolder(part);
      }
    }
    return channel;
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
