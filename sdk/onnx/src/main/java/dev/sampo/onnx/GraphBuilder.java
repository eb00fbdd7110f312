package dev.sampo.onnx;

import com.google.protobuf.ByteString;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.OperatorSetIdProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.onnx.proto.TensorShapeProto;
import dev.sampo.onnx.proto.TypeProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX graph under construction: nodes in topological order, initializers, inputs, outputs and the types of values
 * where they are known. {@code op} appends a node and returns its output.
 */
public final class GraphBuilder extends Emitter {
  /** Operators are emitted as this version of the default domain defines them. */
  public static final int MIN_OPSET = 18;

  public static final int MAX_OPSET = 26;
  private static final int IR_VERSION = 10;

  private final List<NodeProto> nodes = new ArrayList<>();
  private final Map<String, TensorProto> initializers = new LinkedHashMap<>();
  private final Map<String, ValueInfoProto> inputs = new LinkedHashMap<>();
  private final Map<String, ValueInfoProto> outputs = new LinkedHashMap<>();
  private final Map<String, Integer> opsets = new TreeMap<>();
  private final Map<String, TensorType> types = new HashMap<>();
  private final Set<String> names = new HashSet<>();
  private final Map<ByteString, Value> constants = new HashMap<>();
  private final String prefix;
  private int counter;

  public GraphBuilder() {
    this("");
  }

  private GraphBuilder(String prefix) {
    this.prefix = prefix;
    opsets.put("", MIN_OPSET);
  }

  /** A builder for a body of Scan; its names differ from all of this graph's. */
  public GraphBuilder body() {
    return new GraphBuilder(fresh("body") + ".");
  }

  /**
   * Copies a model in; opsets before {@link #MIN_OPSET} are lifted to it.
   *
   * @throws GraphException if it has local functions, an operator set that is not known, or a node that is not whole
   */
  public static GraphBuilder of(ModelProto model) {
    if (model.getFunctionsCount() > 0) {
      throw new GraphException("The model has local functions. Inline them first (onnx.inliner).");
    }
    ModelProto lifted = OpsetLift.lift(model);
    GraphBuilder g = new GraphBuilder();
    for (OperatorSetIdProto opset : lifted.getOpsetImportList()) {
      g.opsets.put(
          opset.getDomain().equals("ai.onnx") ? "" : opset.getDomain(), (int) opset.getVersion());
    }
    GraphProto graph = lifted.getGraph();
    for (TensorProto tensor : graph.getInitializerList()) {
      g.initializer(tensor);
    }
    for (ValueInfoProto input : graph.getInputList()) {
      if (!g.initializers.containsKey(input.getName())) {
        g.inputs.put(input.getName(), input);
        g.names.add(input.getName());
      }
    }
    for (NodeProto node : graph.getNodeList()) {
      g.append(node);
    }
    for (ValueInfoProto output : graph.getOutputList()) {
      g.outputs.put(output.getName(), output);
    }
    return g;
  }

  /**
   * Appends a node as it is; a Constant node becomes an initializer. So does Identity of an initializer: PyTorch's
   * exporter writes it where two weights happened to be equal.
   */
  public void append(NodeProto node) {
    names.addAll(node.getOutputList());
    boolean single = node.getInputCount() == 1 && node.getOutputCount() == 1;
    TensorProto same =
        single && node.getOpType().equals("Identity") ? initializers.get(node.getInput(0)) : null;
    if (same != null) {
      initializer(same.toBuilder().setName(node.getOutput(0)).build());
      return;
    }
    TensorProto constant = node.getOpType().equals("Constant") ? constantOf(node) : null;
    if (constant != null) {
      initializer(constant.toBuilder().setName(node.getOutput(0)).build());
    } else {
      nodes.add(node);
    }
  }

  private static @Nullable TensorProto constantOf(NodeProto node) {
    if (node.getAttributeCount() != 1 || node.getOutputCount() != 1) {
      throw new GraphException(
          "Node '"
              + node.getName()
              + "' (Constant) has "
              + node.getAttributeCount()
              + " attributes and "
              + node.getOutputCount()
              + " outputs, wanted one each. Export the model again.");
    }
    AttributeProto value = node.getAttribute(0);
    return switch (value.getName()) {
      case "value" -> value.getT();
      case "value_int" -> Tensors.ofLongs("", new long[0], value.getI());
      case "value_float" -> Tensors.ofFloats("", new long[0], value.getF());
      case "value_ints" -> {
        long[] values = Tensors.longs(value.getIntsList());
        yield Tensors.ofLongs("", new long[] {values.length}, values);
      }
      case "value_floats" -> {
        float[] values = new float[value.getFloatsCount()];
        for (int i = 0; i < values.length; i++) {
          values[i] = value.getFloats(i);
        }
        yield Tensors.ofFloats("", new long[] {values.length}, values);
      }
      default -> null;
    };
  }

  public List<NodeProto> nodes() {
    return nodes;
  }

  public Map<String, TensorProto> initializers() {
    return Collections.unmodifiableMap(initializers);
  }

  public Map<String, ValueInfoProto> inputs() {
    return Collections.unmodifiableMap(inputs);
  }

  public Map<String, ValueInfoProto> outputs() {
    return Collections.unmodifiableMap(outputs);
  }

  /** The version of the default operator set. */
  public int opset() {
    return opsets.getOrDefault("", MIN_OPSET);
  }

  /** Raises the version of the default operator set, for nodes that a new graph takes from it. */
  public GraphBuilder requireOpset(int version) {
    opsets.merge("", version, Math::max);
    return this;
  }

  /** Declares that nodes of this domain are used. */
  public void importDomain(String domain, int version) {
    opsets.putIfAbsent(domain, version);
  }

  public boolean hasValue(String name) {
    return names.contains(name);
  }

  public @Nullable TensorType type(String name) {
    return types.get(name);
  }

  public void setType(String name, TensorType type) {
    types.put(name, type);
  }

  /** The type of a value, null if it is not known. */
  public @Nullable TensorType type(Value value) {
    return type(value.name());
  }

  /** The type of a value that the probe has seen. */
  public TensorType requireType(Value value) {
    return requireType(value.name());
  }

  /** The type of a value that the probe has seen. */
  public TensorType requireType(String name) {
    TensorType type = types.get(name);
    if (type == null) {
      throw new IllegalStateException("The shape of value '" + name + "' is not known.");
    }
    return type;
  }

  /** Adds a graph input of fixed shape. */
  public Value input(String name, TensorType type) {
    inputs.put(name, valueInfo(name, type));
    names.add(name);
    types.put(name, type);
    return new Value(name);
  }

  /** Adds a graph input of any type. */
  public void input(ValueInfoProto info) {
    inputs.put(info.getName(), info);
    names.add(info.getName());
  }

  public void removeInput(String name) {
    inputs.remove(name);
  }

  /** Makes a value a graph output. */
  public void output(Value value) {
    String name = value.name();
    TensorType type = types.get(name);
    outputs.put(
        name,
        type == null ? ValueInfoProto.newBuilder().setName(name).build() : valueInfo(name, type));
  }

  /**
   * The same value under a name and with a type that are known.
   *
   * @return the named value
   */
  public Value named(Value value, String name, TensorType type) {
    node("", "Identity", List.of(), List.of(value), List.of(name));
    types.put(name, type);
    return new Value(name);
  }

  /** Declares an output anew, in its place. */
  public void redeclare(ValueInfoProto output) {
    outputs.put(output.getName(), output);
  }

  public void clearOutputs() {
    outputs.clear();
  }

  public Value initializer(TensorProto tensor) {
    initializers.put(tensor.getName(), tensor);
    names.add(tensor.getName());
    types.put(tensor.getName(), Tensors.type(tensor));
    return new Value(tensor.getName());
  }

  public void removeInitializer(String name) {
    initializers.remove(name);
    constants.values().remove(new Value(name));
  }

  /** A name that nothing has yet. */
  public String fresh(String hint) {
    String name;
    do {
      name = prefix + hint + "__" + counter++;
    } while (!names.add(name));
    return name;
  }

  @Override
  public List<Value> node(
      String domain, String type, List<AttributeProto> attributes, List<Value> in, int outCount) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < outCount; i++) {
      out.add(fresh(type));
    }
    node(domain, type, attributes, in, out);
    return Value.all(out);
  }

  /** Appends a node whose outputs get the given names. */
  public void node(
      String domain,
      String type,
      List<AttributeProto> attributes,
      List<Value> in,
      List<String> out) {
    names.addAll(out);
    if (!domain.isEmpty()) {
      importDomain(domain, 1);
    }
    nodes.add(
        NodeProto.newBuilder()
            .setName(out.get(0))
            .setDomain(domain)
            .setOpType(type)
            .addAllAttribute(attributes)
            .addAllInput(Value.names(in))
            .addAllOutput(out)
            .build());
  }

  @Override
  public Value constant(TensorProto value) {
    ByteString key = value.toByteString();
    boolean small = Dims.count(Tensors.dims(value)) <= 16;
    Value known = small ? constants.get(key) : null;
    if (known != null) {
      return known;
    }
    Value made = initializer(value.toBuilder().setName(fresh("const")).build());
    if (small) {
      constants.put(key, made);
    }
    return made;
  }

  /**
   * Asks a node for an optional output that it does not give yet.
   *
   * @return the output
   */
  public Value ensureOutput(String firstOutput, int index) {
    for (int i = 0; i < nodes.size(); i++) {
      NodeProto node = nodes.get(i);
      if (node.getOutputCount() > 0 && node.getOutputList().contains(firstOutput)) {
        if (node.getOutputCount() > index && !node.getOutput(index).isEmpty()) {
          return new Value(node.getOutput(index));
        }
        NodeProto.Builder builder = node.toBuilder();
        while (builder.getOutputCount() <= index) {
          builder.addOutput("");
        }
        String name = fresh(node.getOpType());
        nodes.set(i, builder.setOutput(index, name).build());
        return new Value(name);
      }
    }
    throw new GraphException("No node makes '" + firstOutput + "'.");
  }

  /**
   * Adds the nodes of another graph under other names; its initializers have to be here already.
   *
   * @param names new names of values of {@code other}; a value without one gets a fresh name, which is put into the map
   */
  public void include(GraphBuilder other, Map<String, String> names) {
    other.opsets.forEach((domain, version) -> opsets.merge(domain, version, Math::max));
    for (NodeProto node : other.nodes) {
      for (String output : node.getOutputList()) {
        if (!output.isEmpty()) {
          names.put(output, fresh(output));
        }
      }
      NodeProto renamed = Subgraphs.renamed(node, names);
      nodes.add(renamed.toBuilder().setName(renamed.getOutput(0)).build());
    }
  }

  /** Puts nodes before all others. */
  public void prepend(List<NodeProto> first) {
    nodes.addAll(0, first);
    first.forEach(n -> names.addAll(n.getOutputList()));
  }

  /** Drops nodes and initializers that no output needs. */
  public void prune() {
    Set<String> needed = new HashSet<>(outputs.keySet());
    List<NodeProto> kept = new ArrayList<>();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      NodeProto node = nodes.get(i);
      if (node.getOutputList().stream().anyMatch(needed::contains)) {
        kept.add(node);
        needed.addAll(node.getInputList());
        needed.addAll(Subgraphs.outerInputs(node));
      }
    }
    Collections.reverse(kept);
    nodes.clear();
    nodes.addAll(kept);
    initializers.keySet().retainAll(needed);
    constants.values().removeIf(value -> !needed.contains(value.name()));
  }

  /** A deep copy. */
  public GraphBuilder copy() {
    GraphBuilder g = new GraphBuilder(prefix);
    g.nodes.addAll(nodes);
    g.initializers.putAll(initializers);
    g.inputs.putAll(inputs);
    g.outputs.putAll(outputs);
    g.opsets.clear();
    g.opsets.putAll(opsets);
    g.types.putAll(types);
    g.names.addAll(names);
    g.constants.putAll(constants);
    g.counter = counter;
    return g;
  }

  /** The finished model. */
  public ModelProto model() {
    ModelProto.Builder model =
        ModelProto.newBuilder().setIrVersion(IR_VERSION).setProducerName("sampo");
    opsets.forEach(
        (domain, version) ->
            model.addOpsetImport(
                OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version)));
    return model.setGraph(graph("sampo")).build();
  }

  /** The graph alone, for use as a body of Scan, Loop or If. */
  public GraphProto graph(String name) {
    return GraphProto.newBuilder()
        .setName(name)
        .addAllNode(nodes)
        .addAllInitializer(initializers.values())
        .addAllInput(inputs.values())
        .addAllOutput(outputs.values())
        .build();
  }

  /** A typed value of fixed shape. */
  public static ValueInfoProto valueInfo(String name, TensorType type) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long dim : type.dims()) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.elementType()).setShape(shape)))
        .build();
  }
}
