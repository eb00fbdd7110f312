package dev.sampo.training.files;

import com.google.flatbuffers.FlatBufferBuilder;
import com.google.flatbuffers.Table;
import dev.sampo.error.ModelException;
import dev.sampo.error.SampoException;
import dev.sampo.io.AtomicFile;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * ONNX Runtime's checkpoint format: a flatbuffer with file identifier {@code ODTC}, version 2, of
 * {@code Checkpoint{version, module_state, optimizer_groups, property_bag}}.
 *
 * @param step updates done
 * @param trainable weights
 * @param frozen other tensors
 * @param firstMoments of the trainable weights; empty if the file holds no optimizer state
 * @param secondMoments of the trainable weights; empty for SGD
 * @param properties texts by name
 */
public record CheckpointFile(
    long step,
    Map<String, Entry> trainable,
    Map<String, Entry> frozen,
    Map<String, Entry> firstMoments,
    Map<String, Entry> secondMoments,
    Map<String, String> properties) {

  private static final String IDENTIFIER = "ODTC";
  private static final int VERSION = 2;
  private static final int FLOAT = 1;
  private static final String[] MOMENTS = {"momentum0", "momentum1"};

  /** A float32 tensor. */
  public record Entry(long[] dims, float[] values) {}

  /** Writes the file whole or not at all. */
  public void write(Path file) throws IOException {
    byte[] bytes = toBytes();
    AtomicFile.write(file, out -> out.write(bytes));
  }

  /** The same, and it is on the disk when this returns. */
  public void writeDurably(Path file) throws IOException {
    byte[] bytes = toBytes();
    AtomicFile.writeDurably(file, out -> out.write(bytes));
  }

  byte[] toBytes() {
    long size = 4096;
    for (Map<String, Entry> part : List.of(trainable, frozen, firstMoments, secondMoments)) {
      for (Entry entry : part.values()) {
        size += 4L * entry.values.length + 512;
      }
    }
    if (size > Integer.MAX_VALUE - 1024) {
      throw new SampoException(
          "The checkpoint would have "
              + size
              + " bytes; a flatbuffer holds 2 GiB. Train fewer weights (LoRA).");
    }
    FlatBufferBuilder b = new FlatBufferBuilder((int) size);
    int groups = optimizerGroups(b);
    int properties = propertyBag(b);
    int trained = tensors(b, trainable);
    int rest = tensors(b, frozen);
    b.startTable(4);
    b.addOffset(0, trained, 0);
    b.addOffset(1, rest, 0);
    int module = b.endTable();
    b.startTable(4);
    b.addInt(0, VERSION, 0);
    b.addOffset(1, module, 0);
    b.addOffset(2, groups, 0);
    b.addOffset(3, properties, 0);
    b.finish(b.endTable(), IDENTIFIER);
    return b.sizedByteArray();
  }

  private int optimizerGroups(FlatBufferBuilder b) {
    if (firstMoments.isEmpty()) {
      return 0;
    }
    List<Integer> states = new ArrayList<>();
    for (String name : trainable.keySet()) {
      List<Integer> moments = new ArrayList<>();
      Entry first = firstMoments.get(name);
      Entry second = secondMoments.get(name);
      if (first != null) {
        moments.add(tensor(b, MOMENTS[0], first));
      }
      if (second != null) {
        moments.add(tensor(b, MOMENTS[1], second));
      }
      int vector = vector(b, moments);
      int key = b.createString(name);
      b.startTable(2);
      b.addOffset(0, key, 0);
      b.addOffset(1, vector, 0);
      states.add(b.endTable());
    }
    int all = vector(b, states);
    int group = b.createString("group0");
    b.startTable(4);
    b.addOffset(0, group, 0);
    b.addLong(1, step, 0);
    b.addFloat(2, 0.001f, 0);
    b.addOffset(3, all, 0);
    return vector(b, List.of(b.endTable()));
  }

  private int propertyBag(FlatBufferBuilder b) {
    List<Integer> texts = new ArrayList<>();
    properties.forEach(
        (name, value) -> {
          int key = b.createString(name);
          int text = b.createString(value);
          b.startTable(2);
          b.addOffset(0, key, 0);
          b.addOffset(1, text, 0);
          texts.add(b.endTable());
        });
    int vector = vector(b, texts);
    b.startTable(3);
    b.addOffset(2, vector, 0);
    return b.endTable();
  }

  private static int tensors(FlatBufferBuilder b, Map<String, Entry> entries) {
    List<Integer> offsets = new ArrayList<>();
    entries.forEach((name, entry) -> offsets.add(tensor(b, name, entry)));
    return vector(b, offsets);
  }

  private static int tensor(FlatBufferBuilder b, String name, Entry entry) {
    ByteBuffer raw = ByteBuffer.allocate(4 * entry.values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(entry.values);
    int data = b.createByteVector(raw.array());
    b.startVector(8, entry.dims.length, 8);
    for (int i = entry.dims.length - 1; i >= 0; i--) {
      b.addLong(entry.dims[i]);
    }
    int dims = b.endVector();
    int key = b.createString(name);
    b.startTable(7);
    b.addOffset(0, key, 0);
    b.addOffset(2, dims, 0);
    b.addInt(3, FLOAT, 0);
    b.addOffset(4, data, 0);
    return b.endTable();
  }

  private static int vector(FlatBufferBuilder b, List<Integer> offsets) {
    return b.createVectorOfTables(offsets.stream().mapToInt(Integer::intValue).toArray());
  }

  /**
   * Reads a file.
   *
   * @throws ModelException if it is not such a checkpoint, or damaged
   */
  public static CheckpointFile read(Path file) throws IOException {
    if (Files.size(file) > Integer.MAX_VALUE - 16) {
      throw damaged(file, "it is larger than 2 GiB, which no checkpoint is", null);
    }
    byte[] bytes = Files.readAllBytes(file);
    try {
      return parse(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    } catch (IndexOutOfBoundsException | IllegalArgumentException | BufferUnderflowException e) {
      throw damaged(file, String.valueOf(e.getMessage()), e);
    }
  }

  private static ModelException damaged(Path file, String what, @Nullable Throwable cause) {
    return new ModelException(
        file,
        "The checkpoint "
            + file
            + " is damaged ("
            + what
            + "). Remove it; the one before is used then.",
        cause);
  }

  private static CheckpointFile parse(ByteBuffer buffer) {
    if (buffer.remaining() < 8) {
      throw new IllegalArgumentException("it has only " + buffer.remaining() + " bytes");
    }
    for (int i = 0; i < 4; i++) {
      if (buffer.get(4 + i) != IDENTIFIER.charAt(i)) {
        throw new IllegalArgumentException("it does not start as a checkpoint");
      }
    }
    Node root = new Node(buffer.getInt(0), buffer, new Budget(buffer.capacity()));
    if (root.integer(0) != VERSION) {
      throw new IllegalArgumentException("it has version " + root.integer(0));
    }
    Node module = root.table(1);
    Map<String, Entry> first = new LinkedHashMap<>();
    Map<String, Entry> second = new LinkedHashMap<>();
    long step = 0;
    for (Node group : root.tables(2)) {
      step = group.longValue(1);
      for (Node state : group.tables(3)) {
        Map<String, Entry> moments = entries(state.tables(1));
        put(first, state.text(0), moments.get(MOMENTS[0]));
        put(second, state.text(0), moments.get(MOMENTS[1]));
      }
    }
    Map<String, String> properties = new LinkedHashMap<>();
    for (Node property : root.has(3) ? root.table(3).tables(2) : List.<Node>of()) {
      properties.put(property.text(0), property.text(1));
    }
    return new CheckpointFile(
        step, entries(module.tables(0)), entries(module.tables(1)), first, second, properties);
  }

  private static void put(Map<String, Entry> map, String name, @Nullable Entry entry) {
    if (entry != null) {
      map.put(name, entry);
    }
  }

  private static Map<String, Entry> entries(List<Node> tensors) {
    Map<String, Entry> result = new LinkedHashMap<>();
    for (Node tensor : tensors) {
      long[] dims = tensor.longs(2);
      float[] values = tensor.floats(4);
      if (count(dims) != values.length) {
        throw new IllegalArgumentException("tensor '" + tensor.text(0) + "' is cut short");
      }
      result.put(tensor.text(0), new Entry(dims, values));
    }
    return result;
  }

  private static long count(long[] dims) {
    long count = 1;
    for (long dim : dims) {
      if (dim < 0 || dim > Integer.MAX_VALUE || count > Integer.MAX_VALUE) {
        throw new IllegalArgumentException("it holds a tensor with a dimension of " + dim);
      }
      count *= dim;
    }
    return count;
  }

  /**
   * How much of a file may be read: as much as it has bytes. Tables and vectors are found through offsets, and a hostile file lets thousands of
   * them point at the same ones; what we write points at each once.
   */
  private static final class Budget {
    private long left;

    Budget(long bytes) {
      left = bytes;
    }

    void spend(long bytes) {
      left -= bytes;
      if (bytes < 0 || left < 0) {
        throw new IllegalArgumentException("its parts are larger than the file");
      }
    }
  }

  /** A flatbuffer table read by field number. */
  private static final class Node extends Table {
    private final Budget budget;

    Node(int position, ByteBuffer buffer, Budget budget) {
      this.budget = budget;
      __reset(position, buffer);
    }

    boolean has(int field) {
      return __offset(4 + 2 * field) != 0;
    }

    private int at(int field) {
      int offset = __offset(4 + 2 * field);
      if (offset == 0) {
        throw new IllegalArgumentException("field " + field + " is missing");
      }
      return bb_pos + offset;
    }

    int integer(int field) {
      return has(field) ? bb.getInt(at(field)) : 0;
    }

    long longValue(int field) {
      return has(field) ? bb.getLong(at(field)) : 0;
    }

    String text(int field) {
      int at = at(field);
      budget.spend(bb.getInt(__indirect(at)));
      return __string(at);
    }

    Node table(int field) {
      return new Node(__indirect(at(field)), bb, budget);
    }

    List<Node> tables(int field) {
      List<Node> result = new ArrayList<>();
      if (has(field)) {
        int offset = at(field) - bb_pos;
        int length = __vector_len(offset);
        budget.spend(4L * length);
        int start = __vector(offset);
        for (int i = 0; i < length; i++) {
          result.add(new Node(__indirect(start + 4 * i), bb, budget));
        }
      }
      return result;
    }

    long[] longs(int field) {
      if (!has(field)) {
        return new long[0];
      }
      int offset = at(field) - bb_pos;
      budget.spend(8L * __vector_len(offset));
      long[] result = new long[__vector_len(offset)];
      for (int i = 0; i < result.length; i++) {
        result[i] = bb.getLong(__vector(offset) + 8 * i);
      }
      return result;
    }

    float[] floats(int field) {
      int offset = at(field) - bb_pos;
      budget.spend(__vector_len(offset));
      float[] result = new float[__vector_len(offset) / 4];
      int start = __vector(offset);
      for (int i = 0; i < result.length; i++) {
        result[i] = bb.getFloat(start + 4 * i);
      }
      return result;
    }
  }
}
