package dev.sampo.export.optimize;

import com.google.protobuf.ByteString;
import dev.sampo.error.ModelException;
import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.runtime.SafePaths;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A graph under rewriting: which node makes a value and which take it, and the values of constants. */
final class GraphView {
  /** Constants up to this size are read where their values are asked for. */
  private static final long MAX_CONSTANT = 32L << 20;

  private final GraphBuilder g;
  private final Path file;
  private final Map<String, NodeProto> makers = new HashMap<>();
  private final Map<String, List<NodeProto>> users = new HashMap<>();

  GraphView(GraphBuilder g, Path file) {
    this.g = g;
    this.file = file;
    refresh();
  }

  GraphBuilder graph() {
    return g;
  }

  Path file() {
    return file;
  }

  /** To be called when nodes have changed. */
  void refresh() {
    makers.clear();
    users.clear();
    for (NodeProto node : g.nodes()) {
      for (String output : node.getOutputList()) {
        makers.put(output, node);
      }
      for (String input : new HashSet<>(node.getInputList())) {
        users.computeIfAbsent(input, name -> new ArrayList<>()).add(node);
      }
    }
  }

  @Nullable NodeProto maker(String name) {
    return makers.get(name);
  }

  /** The node that makes a value, copies passed over, if it is of a type. */
  @Nullable NodeProto maker(String name, String type) {
    NodeProto node = makers.get(through(name));
    return node != null && node.getDomain().isEmpty() && node.getOpType().equals(type)
        ? node
        : null;
  }

  /** Nodes that take a value, those that ask for its shape only left out. */
  List<NodeProto> users(String name) {
    List<NodeProto> found = new ArrayList<>();
    for (NodeProto node : users.getOrDefault(name, List.of())) {
      if (!node.getOpType().equals("Shape")) {
        found.add(node);
      }
    }
    return found;
  }

  /** All nodes that take a value. */
  Collection<NodeProto> allUsers(String name) {
    return users.getOrDefault(name, List.of());
  }

  boolean isOutput(String name) {
    return g.outputs().containsKey(name);
  }

  /** Whether a node only hands on its first input; graphs here are of float32 throughout. */
  static boolean isCopy(NodeProto node) {
    return switch (node.getOpType()) {
      case "Identity", "Dropout" -> true;
      case "Concat" -> node.getInputCount() == 1;
      case "Cast" -> Attr.getInt(node, "to", 0) == TensorProto.DataType.FLOAT_VALUE;
      default -> false;
    };
  }

  /** The value that a value is a copy of. */
  String through(String name) {
    String at = name;
    for (NodeProto node = makers.get(at); node != null && isCopy(node); node = makers.get(at)) {
      at = node.getInput(0);
    }
    return at;
  }

  /** An input of a node, or "" where it has none. */
  static String input(NodeProto node, int index) {
    return index < node.getInputCount() ? node.getInput(index) : "";
  }

  // ---- constants

  boolean isConstant(String name) {
    return g.initializers().containsKey(through(name));
  }

  /** A constant with its bytes at hand, or null if there is none of that name or it is large. */
  @Nullable TensorProto constant(String name) throws IOException {
    TensorProto tensor = g.initializers().get(through(name));
    if (tensor == null || tensor.getDataLocation() != TensorProto.DataLocation.EXTERNAL) {
      return tensor;
    }
    Map<String, String> place = new HashMap<>();
    tensor.getExternalDataList().forEach(e -> place.put(e.getKey(), e.getValue()));
    Path data =
        SafePaths.resolve(
            file.toAbsolutePath().getParent(),
            place.getOrDefault("location", ""),
            "external data of " + file);
    try (FileChannel channel = FileChannel.open(data, StandardOpenOption.READ)) {
      long offset = Long.parseLong(place.getOrDefault("offset", "0"));
      long rest = channel.size() - offset;
      long length = Long.parseLong(place.getOrDefault("length", Long.toString(rest)));
      if (offset < 0 || length < 0 || length > rest) {
        throw new ModelException(
            file, "Weight '" + tensor.getName() + "' lies beyond the end of " + data + ".");
      }
      if (length > MAX_CONSTANT) {
        return null;
      }
      ByteBuffer bytes = ByteBuffer.allocate((int) length);
      while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) >= 0) {
        continue;
      }
      return tensor.toBuilder()
          .clearExternalData()
          .clearDataLocation()
          .setRawData(ByteString.copyFrom(bytes.array()))
          .build();
    } catch (NumberFormatException e) {
      throw new ModelException(
          file, "Weight '" + tensor.getName() + "' of " + file + " has a place that is none.", e);
    }
  }

  /** The value of a float constant of one element, or null. */
  @Nullable Float number(String name) throws IOException {
    TensorProto tensor = constant(name);
    if (tensor == null || tensor.getDataType() != TensorProto.DataType.FLOAT_VALUE) {
      return null;
    }
    for (long dim : tensor.getDimsList()) {
      if (dim != 1) {
        return null;
      }
    }
    return Tensors.toFloats(tensor)[0];
  }

  /** The values of an integer constant, or null. */
  long @Nullable [] longs(String name) throws IOException {
    TensorProto tensor = constant(name);
    return tensor == null || tensor.getDataType() != TensorProto.DataType.INT64_VALUE
        ? null
        : Tensors.toLongs(tensor);
  }

  // ---- nodes

  /** Puts nodes into an order in which each comes after what it takes. */
  void sort() {
    Map<String, NodeProto> by = new HashMap<>();
    for (NodeProto node : g.nodes()) {
      node.getOutputList().forEach(output -> by.put(output, node));
    }
    Set<NodeProto> done = Collections.newSetFromMap(new java.util.IdentityHashMap<>());
    List<NodeProto> sorted = new ArrayList<>();
    for (NodeProto node : g.nodes()) {
      place(node, by, done, sorted);
    }
    g.nodes().clear();
    g.nodes().addAll(sorted);
    refresh();
  }

  private static void place(
      NodeProto first, Map<String, NodeProto> by, Set<NodeProto> done, List<NodeProto> sorted) {
    java.util.ArrayDeque<NodeProto> open = new java.util.ArrayDeque<>();
    open.push(first);
    long most = 100L * by.size() + 100;
    while (!open.isEmpty()) {
      if (open.size() > most) {
        throw new Agreement.Disagreement("nodes wait for each other");
      }
      NodeProto node = open.peek();
      if (done.contains(node)) {
        open.pop();
        continue;
      }
      boolean ready = true;
      for (String input : Slices.inputsOf(node)) {
        NodeProto maker = by.get(input);
        if (maker != null && maker != node && !done.contains(maker)) {
          open.push(maker);
          ready = false;
        }
      }
      if (ready) {
        open.pop();
        done.add(node);
        sorted.add(node);
      }
    }
  }

  /** Exchanges nodes, by identity. */
  void replace(Map<NodeProto, List<NodeProto>> changes) {
    List<NodeProto> nodes = new ArrayList<>();
    for (NodeProto node : g.nodes()) {
      List<NodeProto> made = changes.get(node);
      if (made == null) {
        nodes.add(node);
      } else {
        nodes.addAll(made);
      }
    }
    g.nodes().clear();
    g.nodes().addAll(nodes);
    refresh();
  }

  /** A map whose keys are nodes by identity. */
  static Map<NodeProto, List<NodeProto>> changes() {
    return new java.util.IdentityHashMap<>();
  }

  /** Names that nodes take and nothing makes. */
  Set<String> dangling() {
    Set<String> known = new HashSet<>(makers.keySet());
    known.addAll(g.inputs().keySet());
    known.addAll(g.initializers().keySet());
    Set<String> missing = new java.util.TreeSet<>();
    for (NodeProto node : g.nodes()) {
      for (String input : node.getInputList()) {
        if (!input.isEmpty() && !known.contains(input)) {
          missing.add(input);
        }
      }
    }
    return missing;
  }
}
