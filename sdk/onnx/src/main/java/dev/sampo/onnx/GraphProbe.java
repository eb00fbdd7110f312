package dev.sampo.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.sampo.error.SampoException;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import dev.sampo.runtime.OnnxRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the type and shape of every value of a graph by running it once on zeros with all values as outputs, and folds
 * what depends on nothing but shapes and integer constants. Exact for every operator that ONNX Runtime knows, so no
 * shape function has to be written here. The price is that the probed graph is made for one batch size and length.
 */
public final class GraphProbe {
  private final GraphBuilder g;

  private GraphProbe(GraphBuilder g) {
    this.g = g;
  }

  /**
   * Fixes the symbolic dimensions of the inputs, runs the graph and records types in the builder.
   *
   * @param symbols sizes of the symbolic dimensions by name
   * @throws SampoException if ONNX Runtime cannot run the graph
   */
  public static void probe(GraphBuilder g, Map<String, Long> symbols) {
    for (ValueInfoProto input : new ArrayList<>(g.inputs().values())) {
      g.input(input.getName(), fixed(input, symbols));
    }
    try {
      new GraphProbe(g).run();
    } catch (OrtException e) {
      throw new SampoException(
          "ONNX Runtime cannot run the graph with the sizes " + symbols + ": " + e.getMessage(), e);
    }
  }

  /** The type of a declared input, its symbolic dimensions filled in. */
  public static TensorType fixed(ValueInfoProto input, Map<String, Long> symbols) {
    var tensor = input.getType().getTensorType();
    long[] dims = new long[tensor.getShape().getDimCount()];
    for (int i = 0; i < dims.length; i++) {
      var dim = tensor.getShape().getDim(i);
      if (dim.hasDimValue()) {
        dims[i] = dim.getDimValue();
        continue;
      }
      String key = dim.getDimParam().isEmpty() ? input.getName() + "." + i : dim.getDimParam();
      Long size = symbols.getOrDefault(input.getName() + "." + i, symbols.get(key));
      if (size == null) {
        throw new GraphException(
            "Dimension '"
                + key
                + "' of input '"
                + input.getName()
                + "' has no size. A probed graph has fixed shapes: give it one (dim(\""
                + key
                + "\", ...) of a training graph). Known are "
                + symbols.keySet()
                + ".");
      }
      dims[i] = size;
    }
    return TensorType.of(tensor.getElemType(), dims);
  }

  private void run() throws OrtException {
    Set<String> tainted = tainted();
    List<String> values = new ArrayList<>();
    for (NodeProto node : g.nodes()) {
      for (String output : node.getOutputList()) {
        if (!output.isEmpty()) {
          values.add(output);
        }
      }
    }
    if (values.isEmpty()) {
      return;
    }
    OnnxRuntime.version();
    GraphBuilder all = g.copy();
    all.clearOutputs();
    values.forEach(value -> all.output(new Value(value)));
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    Map<String, TensorProto> folded = new HashMap<>();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
      options.setCPUArenaAllocator(false);
      try (OrtSession session = env.createSession(all.model().toByteArray(), options)) {
        Map<String, OnnxTensor> feed = new LinkedHashMap<>();
        try {
          for (ValueInfoProto input : g.inputs().values()) {
            feed.put(input.getName(), zeros(env, g.requireType(input.getName())));
          }
          try (OrtSession.Result result = session.run(feed)) {
            for (Map.Entry<String, OnnxValue> entry : result) {
              record(entry.getKey(), entry.getValue(), tainted, folded);
            }
          }
        } finally {
          feed.values().forEach(OnnxTensor::close);
        }
      }
    }
    fold(folded, tainted);
  }

  private void record(
      String name, OnnxValue value, Set<String> tainted, Map<String, TensorProto> folded) {
    if (!(value instanceof OnnxTensor tensor)) {
      return;
    }
    TensorInfo info = tensor.getInfo();
    int elementType =
        TensorProto.DataType.valueOf(
                info.onnxType.name().substring("ONNX_TENSOR_ELEMENT_DATA_TYPE_".length()))
            .getNumber();
    g.setType(name, TensorType.of(elementType, info.getShape()));
    if (!tainted.contains(name) && info.type != ai.onnxruntime.OnnxJavaType.STRING) {
      ByteBuffer bytes = tensor.getByteBuffer();
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      folded.put(name, Tensors.raw(name, elementType, info.getShape(), copy));
    }
  }

  private void fold(Map<String, TensorProto> folded, Set<String> tainted) {
    Iterator<NodeProto> nodes = g.nodes().iterator();
    while (nodes.hasNext()) {
      NodeProto node = nodes.next();
      boolean constant = true;
      for (String output : node.getOutputList()) {
        constant &= !output.isEmpty() && !tainted.contains(output) && folded.containsKey(output);
      }
      if (constant) {
        node.getOutputList().forEach(o -> g.initializer(folded.get(o)));
        nodes.remove();
      }
    }
  }

  /** Values that depend on data or on weights, rather than on shapes and constants alone. */
  private Set<String> tainted() {
    Set<String> tainted = new HashSet<>(g.inputs().keySet());
    for (TensorProto tensor : g.initializers().values()) {
      boolean weight = tensor.getDataType() == TensorProto.DataType.FLOAT_VALUE;
      if (weight && Dims.count(Tensors.dims(tensor)) > 1) {
        tainted.add(tensor.getName());
      }
    }
    for (NodeProto node : g.nodes()) {
      boolean random = node.getOpType().startsWith("Random") || node.getOpType().equals("Dropout");
      if (node.getOpType().equals("Shape") || node.getOpType().equals("Size")) {
        continue;
      }
      boolean dependent = random || node.getInputList().stream().anyMatch(tainted::contains);
      dependent |= Subgraphs.outerInputs(node).stream().anyMatch(tainted::contains);
      if (dependent || hasSubgraph(node)) {
        tainted.addAll(node.getOutputList());
      }
    }
    return tainted;
  }

  private static boolean hasSubgraph(NodeProto node) {
    return node.getAttributeList().stream().anyMatch(AttributeProto::hasG);
  }

  private static OnnxTensor zeros(OrtEnvironment env, TensorType type) throws OrtException {
    int count = Math.toIntExact(type.elementCount());
    int width =
        switch (type.elementType()) {
          case TensorProto.DataType.INT64_VALUE, TensorProto.DataType.DOUBLE_VALUE -> 8;
          case TensorProto.DataType.BOOL_VALUE,
              TensorProto.DataType.UINT8_VALUE,
              TensorProto.DataType.INT8_VALUE ->
              1;
          case TensorProto.DataType.FLOAT16_VALUE -> 2;
          default -> 4;
        };
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Math.max(1, count) * width).order(ByteOrder.nativeOrder());
    bytes.limit(count * width);
    ai.onnxruntime.OnnxJavaType javaType =
        switch (type.elementType()) {
          case TensorProto.DataType.INT64_VALUE -> ai.onnxruntime.OnnxJavaType.INT64;
          case TensorProto.DataType.INT32_VALUE -> ai.onnxruntime.OnnxJavaType.INT32;
          case TensorProto.DataType.DOUBLE_VALUE -> ai.onnxruntime.OnnxJavaType.DOUBLE;
          case TensorProto.DataType.BOOL_VALUE -> ai.onnxruntime.OnnxJavaType.BOOL;
          case TensorProto.DataType.UINT8_VALUE -> ai.onnxruntime.OnnxJavaType.UINT8;
          case TensorProto.DataType.INT8_VALUE -> ai.onnxruntime.OnnxJavaType.INT8;
          case TensorProto.DataType.FLOAT16_VALUE -> ai.onnxruntime.OnnxJavaType.FLOAT16;
          default -> ai.onnxruntime.OnnxJavaType.FLOAT;
        };
    return OnnxTensor.createTensor(env, bytes, type.dims(), javaType);
  }
}
