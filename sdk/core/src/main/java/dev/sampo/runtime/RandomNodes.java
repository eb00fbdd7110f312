package dev.sampo.runtime;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;

/**
 * Gives the random nodes of a graph their seeds. ONNX Runtime seeds a node that has no {@code seed} attribute with the clock and offers Java no way
 * to say otherwise, so the attribute is written into the graph before it is loaded; each node gets a seed of its own, since two nodes of one seed
 * draw the same numbers. The node then draws on from run to run: the n-th run after opening gives the same numbers whenever a graph is opened
 * with the same seed.
 *
 * <p>Works on the bytes of the file. See <a href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a> for the field numbers.
 */
final class RandomNodes {
  /** Draws only in training mode. */
  static final String DROPOUT = "Dropout";

  /** Operators that draw in every run. */
  static final Set<String> OPERATORS =
      Collections.unmodifiableSet(
          new TreeSet<>(
              Arrays.asList(
                  "Bernoulli",
                  "Multinomial",
                  "RandomNormal",
                  "RandomNormalLike",
                  "RandomUniform",
                  "RandomUniformLike")));

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  // Fields of ModelProto, FunctionProto, GraphProto, NodeProto and AttributeProto.
  private static final int MODEL_GRAPH = 7;
  private static final int MODEL_FUNCTION = 25;
  private static final int FUNCTION_NODE = 7;
  private static final int GRAPH_NODE = 1;
  private static final int NODE_INPUT = 1;
  private static final int NODE_OPERATOR = 4;
  private static final int NODE_ATTRIBUTE = 5;
  private static final int ATTRIBUTE_NAME = 1;
  private static final int ATTRIBUTE_FLOAT = 2;
  private static final int ATTRIBUTE_INT = 3;
  private static final int ATTRIBUTE_GRAPH = 6;
  private static final int ATTRIBUTE_GRAPHS = 11;
  private static final int ATTRIBUTE_TYPE = 20;
  private static final String SEED = "seed";

  private final byte[] bytes;
  private final long seed;
  private int nodes;

  private RandomNodes(byte[] bytes, long seed) {
    this.bytes = bytes;
    // The graphs of one folder are opened with one seed and must not draw the same numbers either.
    CRC32 content = new CRC32();
    content.update(bytes, 0, bytes.length);
    this.seed = seed ^ content.getValue() << 32;
  }

  /**
   * The model with a seed in each of its random nodes, those of subgraphs and functions included.
   *
   * @param model a file that {@link OnnxFile#read} has read
   */
  static byte[] seeded(byte[] model, long seed) {
    Pieces whole = new RandomNodes(model, seed).model();
    byte[] out = new byte[Math.toIntExact(whole.length)];
    ByteBuffer into = ByteBuffer.wrap(out);
    whole.parts.forEach(into::put);
    return out;
  }

  private Pieces model() {
    Pieces out = new Pieces();
    for (Field f = new Field(0, bytes.length); f.next(); ) {
      if (f.is(MODEL_GRAPH)) {
        out.message(f.number, graph(f.from, f.to));
      } else if (f.is(MODEL_FUNCTION)) {
        out.message(f.number, nodes(f.from, f.to, FUNCTION_NODE));
      } else {
        out.copy(f);
      }
    }
    return out;
  }

  private Pieces graph(int from, int to) {
    return nodes(from, to, GRAPH_NODE);
  }

  private Pieces nodes(int from, int to, int nodeField) {
    Pieces out = new Pieces();
    for (Field f = new Field(from, to); f.next(); ) {
      if (f.is(nodeField)) {
        out.message(f.number, node(f.from, f.to));
      } else {
        out.copy(f);
      }
    }
    return out;
  }

  private Pieces node(int from, int to) {
    String operator = "";
    int inputs = 0;
    for (Field f = new Field(from, to); f.next(); ) {
      operator = f.is(NODE_OPERATOR) ? f.text() : operator;
      inputs += f.is(NODE_INPUT) ? 1 : 0;
    }
    // A Dropout that is told no mode never draws, and before opset 12 it has no seed either.
    boolean draws = OPERATORS.contains(operator) || operator.equals(DROPOUT) && inputs > 2;
    Pieces out = new Pieces();
    for (Field f = new Field(from, to); f.next(); ) {
      if (!f.is(NODE_ATTRIBUTE)) {
        out.copy(f);
      } else if (!draws || !name(f).equals(SEED)) {
        out.message(f.number, attribute(f.from, f.to));
      }
    }
    if (draws) {
      out.message(NODE_ATTRIBUTE, seedAttribute(operator));
    }
    return out;
  }

  private String name(Field attribute) {
    for (Field f = new Field(attribute.from, attribute.to); f.next(); ) {
      if (f.is(ATTRIBUTE_NAME)) {
        return f.text();
      }
    }
    return "";
  }

  private Pieces attribute(int from, int to) {
    Pieces out = new Pieces();
    for (Field f = new Field(from, to); f.next(); ) {
      if (f.is(ATTRIBUTE_GRAPH) || f.is(ATTRIBUTE_GRAPHS)) {
        out.message(f.number, graph(f.from, f.to));
      } else {
        out.copy(f);
      }
    }
    return out;
  }

  /** Dropout's seed is an integer; the others' is a float, of which whole numbers up to 2^24 are exact. */
  private Pieces seedAttribute(String operator) {
    long drawn = mixed(seed, nodes++);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] name = SEED.getBytes(StandardCharsets.UTF_8);
    tag(out, ATTRIBUTE_NAME, BYTES);
    varint(out, name.length);
    out.write(name, 0, name.length);
    if (operator.equals(DROPOUT)) {
      tag(out, ATTRIBUTE_INT, VARINT);
      varint(out, drawn >>> 33);
      tag(out, ATTRIBUTE_TYPE, VARINT);
      varint(out, 2);
    } else {
      tag(out, ATTRIBUTE_FLOAT, FIXED32);
      int bits = Float.floatToIntBits(drawn >>> 40);
      for (int shift = 0; shift < 32; shift += 8) {
        out.write(bits >>> shift);
      }
      tag(out, ATTRIBUTE_TYPE, VARINT);
      varint(out, 1);
    }
    Pieces pieces = new Pieces();
    pieces.add(ByteBuffer.wrap(out.toByteArray()));
    return pieces;
  }

  /** SplitMix64: seeds that lie side by side give nodes that have nothing in common. */
  private static long mixed(long seed, int node) {
    long z = seed + 0x9E3779B97F4A7C15L * (node + 1);
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  private static void tag(ByteArrayOutputStream out, int number, int wire) {
    varint(out, (long) number << 3 | wire);
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  /** What a message will be made of: stretches of the file as they are, and what is new. Weights are copied once, at the end. */
  private static final class Pieces {
    private final List<ByteBuffer> parts = new ArrayList<>();
    private long length;

    void add(ByteBuffer part) {
      parts.add(part);
      length += part.remaining();
    }

    void copy(Field field) {
      add(ByteBuffer.wrap(field.source(), field.start, field.to - field.start));
    }

    void message(int number, Pieces content) {
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      tag(head, number, BYTES);
      varint(head, content.length);
      add(ByteBuffer.wrap(head.toByteArray()));
      content.parts.forEach(this::add);
    }
  }

  /** Walks the fields of a message. */
  private final class Field {
    private final int end;

    /** Where the tag begins, where the value begins, and where it ends. */
    private int start;

    private int from;
    private int to;
    private int number;
    private int wire;

    Field(int from, int end) {
      this.to = from;
      this.end = end;
    }

    byte[] source() {
      return bytes;
    }

    boolean is(int wanted) {
      return number == wanted && wire == BYTES;
    }

    String text() {
      return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }

    boolean next() {
      if (to >= end) {
        return false;
      }
      start = to;
      from = to;
      long tag = varint();
      number = (int) (tag >>> 3);
      wire = (int) (tag & 7);
      switch (wire) {
        case VARINT:
          to = from;
          skipVarint();
          break;
        case FIXED64:
          to = from + 8;
          break;
        case BYTES:
          int length = Math.toIntExact(varint());
          to = from + length;
          break;
        default:
          to = from + 4;
      }
      return true;
    }

    private void skipVarint() {
      while (bytes[to] < 0) {
        to++;
      }
      to++;
    }

    private long varint() {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        byte b = bytes[from++];
        value |= (long) (b & 0x7f) << shift;
        if (b >= 0) {
          break;
        }
      }
      return value;
    }
  }
}
