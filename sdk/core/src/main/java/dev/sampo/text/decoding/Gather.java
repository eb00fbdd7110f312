package dev.sampo.text.decoding;

import dev.sampo.io.ScratchFiles;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Picks entries along an axis of tensors that lie in ONNX Runtime's memory, without bringing them to Java: a graph of Gather nodes for each
 * element type, rank, axis and number of tensors, made when first needed. What is picked stays on the device if the tensors were made with
 * {@code deviceTensors}. Shared by threads.
 */
final class Gather implements AutoCloseable {
  private final SessionConfig config;
  private final Map<String, Graph> graphs = new HashMap<>();
  private boolean closed;

  Gather(SessionConfig config) {
    this.config = config.toBuilder().optimizedModelCache(null).build();
  }

  /** A new tensor with the given entries of {@code axis}; the caller closes it. */
  Tensor pick(Tensor data, int axis, int[] entries, CancellationToken token) {
    return pick(List.of(data), axis, entries, false, token).get(0);
  }

  /** New tensors with the given entries of {@code axis} of each, in one run; the caller closes them. All are of one type and rank. */
  List<Tensor> pick(List<Tensor> data, int axis, int[] entries, CancellationToken token) {
    return pick(data, axis, entries, false, token);
  }

  /** Like {@link #pick(Tensor, int, int[], CancellationToken)}, always in host memory. */
  Tensor read(Tensor data, int axis, int[] entries, CancellationToken token) {
    return pick(List.of(data), axis, entries, true, token).get(0);
  }

  private List<Tensor> pick(
      List<Tensor> data, int axis, int[] entries, boolean toHost, CancellationToken token) {
    Tensor like = data.get(0);
    Graph graph = graph(like.type(), like.shape().rank(), axis, data.size());
    long[] indices = new long[entries.length];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = entries[i];
    }
    Set<String> wanted = new LinkedHashSet<>();
    try (Tensor rows = Tensor.ofLongs(Shape.of(indices.length), indices)) {
      Map<String, Tensor> inputs = new LinkedHashMap<>();
      inputs.put("indices", rows);
      for (int i = 0; i < data.size(); i++) {
        inputs.put("data" + i, data.get(i));
        wanted.add("picked" + i);
      }
      try (Outputs outputs =
          toHost
              ? graph.run(inputs, wanted, token)
              : graph.runResident(inputs, Collections.emptySet(), wanted, token)) {
        List<Tensor> picked = new ArrayList<>();
        for (String name : wanted) {
          picked.add(outputs.take(name));
        }
        return picked;
      }
    }
  }

  /** 0 to {@code count - 1}. */
  static int[] first(int count) {
    int[] entries = new int[count];
    for (int i = 0; i < count; i++) {
      entries[i] = i;
    }
    return entries;
  }

  private synchronized Graph graph(ElementType type, int rank, int axis, int count) {
    if (closed) {
      throw new dev.sampo.error.ClosedException("The model was closed.");
    }
    return graphs.computeIfAbsent(
        type + "/" + rank + "/" + axis + "/" + count, key -> load(type, rank, axis, count));
  }

  private Graph load(ElementType type, int rank, int axis, int count) {
    try {
      Path folder = ScratchFiles.folder("gather");
      try {
        Path file = folder.resolve("gather.onnx");
        Files.write(file, model(onnxType(type), rank, axis, count));
        return Graph.load(file, config);
      } finally {
        ScratchFiles.delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "A graph of Gather nodes could not be written to the temporary folder", e);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    graphs.values().forEach(Graph::close);
    graphs.clear();
  }

  // ---- the model, as protobuf (onnx.proto3)

  private static int onnxType(ElementType type) {
    switch (type) {
      case FLOAT32:
        return 1;
      case UINT8:
        return 2;
      case INT8:
        return 3;
      case INT16:
        return 5;
      case INT32:
        return 6;
      case INT64:
        return 7;
      case BOOL:
        return 9;
      case FLOAT16:
        return 10;
      case FLOAT64:
        return 11;
      case BFLOAT16:
        return 16;
      default:
        throw new IllegalArgumentException("Tensors of type " + type + " cannot be reordered.");
    }
  }

  private static byte[] model(int type, int rank, int axis, int count) {
    Message attribute = new Message().text(1, "axis").number(3, axis).number(20, 2);
    Message graph = new Message().text(2, "gather").message(11, value("indices", 7, 1));
    for (int i = 0; i < count; i++) {
      Message node =
          new Message()
              .text(1, "data" + i)
              .text(1, "indices")
              .text(2, "picked" + i)
              .text(4, "Gather")
              .message(5, attribute);
      graph
          .message(1, node)
          .message(11, value("data" + i, type, rank))
          .message(12, value("picked" + i, type, rank));
    }
    Message opset = new Message().text(1, "").number(2, 13);
    return new Message().number(1, 8).message(7, graph).message(8, opset).bytes();
  }

  private static Message value(String name, int type, int rank) {
    Message shape = new Message();
    for (int i = 0; i < rank; i++) {
      shape.message(1, new Message().text(2, name + "_" + i));
    }
    Message tensor = new Message().number(1, type).message(2, shape);
    return new Message().text(1, name).message(2, new Message().message(1, tensor));
  }

  /** A protobuf message under construction. */
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message number(int field, long value) {
      varint((long) field << 3);
      varint(value);
      return this;
    }

    Message text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message value) {
      return bytes(field, value.bytes());
    }

    private Message bytes(int field, byte[] value) {
      varint((long) field << 3 | 2);
      varint(value.length);
      out.write(value, 0, value.length);
      return this;
    }

    private void varint(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        out.write((int) (rest & 0x7f | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
    }

    byte[] bytes() {
      return out.toByteArray();
    }
  }
}
