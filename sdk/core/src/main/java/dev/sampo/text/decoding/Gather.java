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
import java.util.function.Supplier;

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
    Set<String> wanted = new LinkedHashSet<>();
    try (Tensor rows = indices(entries)) {
      Map<String, Tensor> inputs = new LinkedHashMap<>();
      inputs.put("indices", rows);
      for (int i = 0; i < data.size(); i++) {
        inputs.put("data" + i, data.get(i));
        wanted.add("picked" + i);
      }
      return run(graph, inputs, wanted, toHost, token);
    }
  }

  /**
   * New tensors with the entries of axis 0 of each of {@code data}, and behind them entries of axis 0 of each of {@code added}, in one run; the caller
   * closes them. All are of one type and rank.
   *
   * @param axis another axis, along which entries are picked first so that both fit; -1 where they do
   * @param ofData entries of {@code axis} of {@code data}
   * @param ofAdded entries of {@code axis} of {@code added}
   * @param rows entries of axis 0 of {@code added}
   */
  List<Tensor> join(
      List<Tensor> data,
      List<Tensor> added,
      int axis,
      int[] ofData,
      int[] ofAdded,
      int[] rows,
      CancellationToken token) {
    Tensor like = data.get(0);
    Graph graph = joining(like.type(), like.shape().rank(), axis, data.size());
    Set<String> wanted = new LinkedHashSet<>();
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    List<Tensor> made = new ArrayList<>();
    try {
      inputs.put("rows", keep(made, indices(rows)));
      if (axis >= 0) {
        inputs.put("of_data", keep(made, indices(ofData)));
        inputs.put("of_added", keep(made, indices(ofAdded)));
      }
      for (int i = 0; i < data.size(); i++) {
        inputs.put("data" + i, data.get(i));
        inputs.put("added" + i, added.get(i));
        wanted.add("joined" + i);
      }
      return run(graph, inputs, wanted, false, token);
    } finally {
      made.forEach(Tensor::close);
    }
  }

  private static Tensor keep(List<Tensor> made, Tensor tensor) {
    made.add(tensor);
    return tensor;
  }

  private static Tensor indices(int[] entries) {
    long[] indices = new long[entries.length];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = entries[i];
    }
    return Tensor.ofLongs(Shape.of(indices.length), indices);
  }

  private static List<Tensor> run(
      Graph graph,
      Map<String, Tensor> inputs,
      Set<String> wanted,
      boolean toHost,
      CancellationToken token) {
    try (Outputs outputs =
        toHost
            ? graph.run(inputs, wanted, token)
            : graph.runResident(inputs, Collections.emptySet(), wanted, token)) {
      List<Tensor> taken = new ArrayList<>();
      for (String name : wanted) {
        taken.add(outputs.take(name));
      }
      return taken;
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

  private Graph graph(ElementType type, int rank, int axis, int count) {
    String key = type + "/" + rank + "/" + axis + "/" + count;
    return graph(key, () -> model(onnxType(type), rank, axis, count));
  }

  private Graph joining(ElementType type, int rank, int axis, int count) {
    String key = "join/" + type + "/" + rank + "/" + axis + "/" + count;
    return graph(key, () -> joinModel(onnxType(type), rank, axis, count));
  }

  private synchronized Graph graph(String key, Supplier<byte[]> model) {
    if (closed) {
      throw new dev.sampo.error.ClosedException("The model was closed.");
    }
    return graphs.computeIfAbsent(key, absent -> load(model.get()));
  }

  private Graph load(byte[] model) {
    try {
      Path folder = ScratchFiles.folder("gather");
      try {
        Path file = folder.resolve("gather.onnx");
        Files.write(file, model);
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
    Message graph = new Message().text(2, "gather").message(11, value("indices", 7, 1));
    for (int i = 0; i < count; i++) {
      graph
          .message(1, node("Gather", axis, "picked" + i, "data" + i, "indices"))
          .message(11, value("data" + i, type, rank))
          .message(12, value("picked" + i, type, rank));
    }
    return model(graph);
  }

  private static byte[] joinModel(int type, int rank, int axis, int count) {
    Message graph = new Message().text(2, "join").message(11, value("rows", 7, 1));
    if (axis >= 0) {
      graph.message(11, value("of_data", 7, 1)).message(11, value("of_added", 7, 1));
    }
    for (int i = 0; i < count; i++) {
      String data = "data" + i;
      String added = "added" + i;
      graph.message(11, value(data, type, rank)).message(11, value(added, type, rank));
      if (axis >= 0) {
        graph
            .message(1, node("Gather", axis, data + "_fit", data, "of_data"))
            .message(1, node("Gather", axis, added + "_fit", added, "of_added"));
        data += "_fit";
        added += "_fit";
      }
      graph
          .message(1, node("Gather", 0, added + "_rows", added, "rows"))
          .message(1, node("Concat", 0, "joined" + i, data, added + "_rows"))
          .message(12, value("joined" + i, type, rank));
    }
    return model(graph);
  }

  private static byte[] model(Message graph) {
    Message opset = new Message().text(1, "").number(2, 13);
    return new Message().number(1, 8).message(7, graph).message(8, opset).bytes();
  }

  private static Message node(String operator, int axis, String output, String... inputs) {
    Message node = new Message();
    for (String input : inputs) {
      node.text(1, input);
    }
    Message attribute = new Message().text(1, "axis").number(3, axis).number(20, 2);
    return node.text(2, output).text(4, operator).message(5, attribute);
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
