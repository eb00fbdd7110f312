package dev.sampo.runtime;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Writes .onnx files of a few inputs, outputs, weights and nodes. */
public final class TinyOnnx {
  private static final List<String> TYPES =
      Arrays.asList(
          "undefined",
          "float32",
          "uint8",
          "int8",
          "uint16",
          "int16",
          "int32",
          "int64",
          "string",
          "bool",
          "float16");

  private final ByteArrayOutputStream graph = new ByteArrayOutputStream();
  private int opset = 17;

  /** 17 if nothing is said. */
  public TinyOnnx opset(int value) {
    opset = value;
    return this;
  }

  /** {@code "z float32 batch,64"}. */
  public TinyOnnx in(String... values) {
    for (String value : values) {
      bytes(graph, 11, value(value));
    }
    return this;
  }

  public TinyOnnx out(String... values) {
    for (String value : values) {
      bytes(graph, 12, value(value));
    }
    return this;
  }

  public TinyOnnx weight(String name, String type, long... dims) {
    ByteArrayOutputStream tensor = tensor(name, type, dims);
    bytes(tensor, 9, new byte[64]);
    bytes(graph, 5, tensor.toByteArray());
    return this;
  }

  public TinyOnnx externalWeight(String name, String location, long offset, long length) {
    ByteArrayOutputStream tensor = tensor(name, "float32", length / 4);
    bytes(tensor, 13, entry("location", location));
    bytes(tensor, 13, entry("offset", String.valueOf(offset)));
    bytes(tensor, 13, entry("length", String.valueOf(length)));
    varint(tensor, 14 << 3);
    varint(tensor, 1);
    bytes(graph, 5, tensor.toByteArray());
    return this;
  }

  /** A boolean or a float of no dimensions, such as a Dropout wants. */
  public TinyOnnx scalar(String name, String type, byte... raw) {
    ByteArrayOutputStream tensor = tensor(name, type);
    bytes(tensor, 9, raw);
    bytes(graph, 5, tensor.toByteArray());
    return this;
  }

  /** {@code node("Add", "a b", "c")}; attributes by {@link #body} and {@link #seed}. */
  public TinyOnnx node(String operator, String inputs, String outputs, byte[]... attributes) {
    ByteArrayOutputStream node = new ByteArrayOutputStream();
    for (String input : inputs.isEmpty() ? new String[0] : inputs.split(" ", -1)) {
      bytes(node, 1, text(input));
    }
    for (String output : outputs.split(" ", -1)) {
      bytes(node, 2, text(output));
    }
    for (byte[] attribute : attributes) {
      bytes(node, 5, attribute);
    }
    bytes(node, 4, text(operator));
    bytes(graph, 1, node.toByteArray());
    return this;
  }

  /** An attribute that is a graph, such as {@code then_branch} of If. */
  public static byte[] body(String name, TinyOnnx body) {
    bytes(body.graph, 2, text(name));
    return attribute(name, 6, body.graph.toByteArray(), 5);
  }

  /** A seed in the file itself. */
  public static byte[] seed(float value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    bytes(out, 1, text("seed"));
    varint(out, 2 << 3 | 5);
    int bits = Float.floatToIntBits(value);
    for (int shift = 0; shift < 32; shift += 8) {
      out.write(bits >>> shift);
    }
    varint(out, 20 << 3);
    varint(out, 1);
    return out.toByteArray();
  }

  public static byte[] integer(String name, long value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    bytes(out, 1, text(name));
    varint(out, 3 << 3);
    varint(out, value);
    varint(out, 20 << 3);
    varint(out, 2);
    return out.toByteArray();
  }

  private static byte[] attribute(String name, int field, byte[] value, int type) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    bytes(out, 1, text(name));
    bytes(out, field, value);
    varint(out, 20 << 3);
    varint(out, type);
    return out.toByteArray();
  }

  public byte[] bytes() {
    ByteArrayOutputStream model = new ByteArrayOutputStream();
    varint(model, 1 << 3);
    varint(model, 8);
    bytes(model, 2, text("tests"));
    ByteArrayOutputStream named = new ByteArrayOutputStream();
    bytes(named, 2, text("graph"));
    named.write(graph.toByteArray(), 0, graph.size());
    bytes(model, 7, named.toByteArray());
    ByteArrayOutputStream version = new ByteArrayOutputStream();
    varint(version, 2 << 3);
    varint(version, opset);
    bytes(model, 8, version.toByteArray());
    return model.toByteArray();
  }

  public Path write(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes());
  }

  private static ByteArrayOutputStream tensor(String name, String type, long... dims) {
    ByteArrayOutputStream tensor = new ByteArrayOutputStream();
    for (long dim : dims) {
      varint(tensor, 1 << 3);
      varint(tensor, dim);
    }
    varint(tensor, 2 << 3);
    varint(tensor, TYPES.indexOf(type));
    bytes(tensor, 8, text(name));
    return tensor;
  }

  private static byte[] value(String text) {
    String[] parts = text.split(" ");
    ByteArrayOutputStream shape = new ByteArrayOutputStream();
    for (String dim : parts.length < 3 ? new String[0] : parts[2].split(",")) {
      ByteArrayOutputStream d = new ByteArrayOutputStream();
      if (dim.matches("[0-9]+")) {
        varint(d, 1 << 3);
        varint(d, Long.parseLong(dim));
      } else {
        bytes(d, 2, text(dim));
      }
      bytes(shape, 1, d.toByteArray());
    }
    ByteArrayOutputStream tensor = new ByteArrayOutputStream();
    varint(tensor, 1 << 3);
    varint(tensor, TYPES.indexOf(parts[1]));
    bytes(tensor, 2, shape.toByteArray());
    ByteArrayOutputStream type = new ByteArrayOutputStream();
    bytes(type, 1, tensor.toByteArray());
    ByteArrayOutputStream value = new ByteArrayOutputStream();
    bytes(value, 1, text(parts[0]));
    bytes(value, 2, type.toByteArray());
    return value.toByteArray();
  }

  private static byte[] entry(String key, String value) {
    ByteArrayOutputStream entry = new ByteArrayOutputStream();
    bytes(entry, 1, text(key));
    bytes(entry, 2, text(value));
    return entry.toByteArray();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void bytes(ByteArrayOutputStream out, int field, byte[] bytes) {
    varint(out, field << 3 | 2);
    varint(out, bytes.length);
    out.write(bytes, 0, bytes.length);
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
