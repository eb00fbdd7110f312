package dev.sampo.export.optimize;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Computes single values of a graph by running only the nodes that they need, so that what a mask or a rotary table is can be seen from its
 * numbers and does not have to be read from the many ways of writing it.
 */
final class Slices {
  private static final int MAX_NODES = 400;
  private static final Set<String> HEAVY =
      Set.of("MatMulNBits", "Gemm", "Conv", "Attention", "MultiHeadAttention", "Softmax");

  private final GraphView view;

  /** What the inputs of a run are like. */
  record Run(int past, int count) {
    int total() {
      return past + count;
    }
  }

  /** Numbers of a value, and their shape. */
  @SuppressWarnings("ArrayRecordComponent")
  record Values(Shape shape, float[] numbers) {}

  Slices(GraphView view) {
    this.view = view;
  }

  /** Everything that a node takes, its bodies included. */
  static Set<String> inputsOf(NodeProto node) {
    Set<String> all = new LinkedHashSet<>();
    for (String input : node.getInputList()) {
      if (!input.isEmpty()) {
        all.add(input);
      }
    }
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        for (NodeProto inner : attribute.getG().getNodeList()) {
          all.addAll(inputsOf(inner));
        }
        attribute.getG().getOutputList().forEach(output -> all.add(output.getName()));
      }
    }
    return all;
  }

  /**
   * Computes a value.
   *
   * @param stub shape of the values of which nodes only take the shape, which are then not computed; null to compute them
   * @return null where it takes weights, too many nodes or an input that is not known
   */
  @Nullable Values run(String name, Run run, @Nullable Shape stub) throws IOException {
    Part part = new Part(stub);
    if (!part.collect(name)) {
      return null;
    }
    Path file = Files.createTempFile("sampo-slice", ".onnx");
    Map<String, Tensor> feeds = new LinkedHashMap<>();
    try {
      try (OutputStream out = Files.newOutputStream(file)) {
        part.model(name).writeTo(out);
      }
      for (String input : part.inputs) {
        ValueInfoProto info = view.graph().inputs().get(input);
        Tensor tensor =
            info == null ? zeros(java.util.Objects.requireNonNull(stub)) : feed(info, run);
        if (tensor == null) {
          return null;
        }
        feeds.put(input, tensor);
      }
      try (Graph graph = Graph.load(file, SessionConfig.defaults());
          Outputs outputs = graph.run(feeds)) {
        Tensor result = outputs.get(Part.RESULT);
        return new Values(result.shape(), result.toFloats());
      }
    } catch (dev.sampo.error.SampoException e) {
      return null; // A part that does not run by itself is one that is not understood.
    } finally {
      feeds.values().forEach(Tensor::close);
      Files.delete(file);
    }
  }

  private static Tensor zeros(Shape shape) {
    return Tensor.allocate(ElementType.FLOAT32, shape);
  }

  private static @Nullable Tensor feed(ValueInfoProto info, Run run) {
    var type = info.getType().getTensorType();
    int rank = type.getShape().getDimCount();
    String name = info.getName();
    if (name.equals("input_ids") || name.equals("position_ids")) {
      long[] dims = new long[rank];
      java.util.Arrays.fill(dims, 1);
      dims[rank - 1] = run.count();
      if (rank == 3) {
        dims[0] = type.getShape().getDim(0).getDimValue();
      }
      Tensor tensor = Tensor.allocate(ElementType.INT64, Shape.of(dims));
      LongBuffer buffer = tensor.longBuffer();
      for (int i = 0; name.equals("position_ids") && i < tensor.elementCount(); i++) {
        buffer.put(i, run.past() + i % run.count());
      }
      return tensor;
    }
    if (name.equals("attention_mask") && rank == 2) {
      Tensor tensor = Tensor.allocate(ElementType.INT64, Shape.of(1, run.total()));
      for (int i = 0; i < run.total(); i++) {
        tensor.longBuffer().put(i, 1);
      }
      return tensor;
    }
    if (rank == 4 && type.getElemType() == TensorProto.DataType.FLOAT_VALUE) {
      long heads = type.getShape().getDim(1).getDimValue();
      long size = type.getShape().getDim(3).getDimValue();
      return heads > 0 && size > 0 ? zeros(Shape.of(1, heads, run.past(), size)) : null;
    }
    return null;
  }

  /** The nodes that a value needs. */
  private final class Part {
    static final String RESULT = "sampo_result";
    private final @Nullable Shape stub;
    private final Set<NodeProto> nodes =
        java.util.Collections.newSetFromMap(new java.util.IdentityHashMap<>());
    private final Set<String> inputs = new LinkedHashSet<>();
    private final Set<String> stubs = new LinkedHashSet<>();
    private final Map<String, TensorProto> constants = new HashMap<>();

    Part(@Nullable Shape stub) {
      this.stub = stub;
    }

    boolean collect(String name) throws IOException {
      List<String> open = new ArrayList<>(List.of(name));
      Set<String> seen = new LinkedHashSet<>();
      while (!open.isEmpty()) {
        String at = open.remove(open.size() - 1);
        if (!seen.add(at)) {
          continue;
        }
        if (view.graph().inputs().containsKey(at)) {
          inputs.add(at);
        } else if (view.graph().initializers().containsKey(at)) {
          TensorProto tensor = view.constant(at);
          if (tensor == null) {
            return false;
          }
          constants.put(at, tensor);
        } else if (!add(at, open)) {
          return false;
        }
      }
      return true;
    }

    private boolean add(String name, List<String> open) {
      NodeProto node = view.maker(name);
      if (node == null || HEAVY.contains(node.getOpType()) || nodes.size() >= MAX_NODES) {
        return false;
      }
      nodes.add(node);
      if (stub != null && node.getOpType().equals("Shape")) {
        String of = node.getInput(0);
        if (!view.graph().inputs().containsKey(of)) {
          stubs.add(of);
          inputs.add(of);
          return true;
        }
      }
      open.addAll(inputsOf(node));
      return true;
    }

    ModelProto model(String name) {
      GraphBuilder g = view.graph();
      GraphProto.Builder graph = GraphProto.newBuilder().setName("slice");
      for (NodeProto node : g.nodes()) {
        if (nodes.contains(node) && node.getOutputList().stream().noneMatch(stubs::contains)) {
          graph.addNode(node);
        }
      }
      graph.addNode(
          NodeProto.newBuilder()
              .setOpType("Cast")
              .addInput(name)
              .addOutput(RESULT)
              .addAttribute(Attr.of("to", TensorProto.DataType.FLOAT_VALUE)));
      graph.addAllInitializer(constants.values());
      for (String input : inputs) {
        ValueInfoProto info = g.inputs().get(input);
        graph.addInput(
            info != null
                ? info
                : GraphBuilder.valueInfo(
                    input,
                    dev.sampo.onnx.TensorType.of(
                        TensorProto.DataType.FLOAT_VALUE,
                        java.util.Objects.requireNonNull(stub).dims())));
      }
      graph.addOutput(ValueInfoProto.newBuilder().setName(RESULT));
      ModelProto whole = g.model();
      return whole.toBuilder().setGraph(graph).build();
    }
  }
}
