package dev.sampo.export.graph;

import dev.sampo.error.ModelException;
import dev.sampo.export.config.Config;
import dev.sampo.export.weights.LoraAdapter;
import dev.sampo.export.weights.Weight;
import dev.sampo.export.weights.WeightType;
import dev.sampo.export.weights.Weights;
import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.StringStringEntryProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.onnx.proto.TensorShapeProto;
import dev.sampo.onnx.proto.TypeProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A graph in the making. Values are names; weights are initializers whose external data is the safetensors file itself, so that nothing is
 * copied. In the fast form (not {@link #plain()}) operators of ONNX Runtime's own domain take the place of several standard ones.
 *
 * <p>Longer than other classes: it is the whole vocabulary of the architectures, most of it one line a word.
 */
public final class Net {
  /** The opset of graphs that are written. */
  public static final int OPSET = 21;

  private static final String MICROSOFT = "com.microsoft";
  private static final int FLOAT = TensorProto.DataType.FLOAT_VALUE;

  private final GraphBuilder g = new GraphBuilder().requireOpset(OPSET);
  private final Config config;
  private final WeightFiles weights;
  private final boolean plain;
  private final Map<String, ValueInfoProto> outputs = new LinkedHashMap<>();

  /** Sums that nothing has needed yet; a norm that comes next takes them in. */
  private final Map<String, String[]> pendingSums = new LinkedHashMap<>();

  private final Map<String, String> casts = new HashMap<>();

  public Net(Config config, WeightFiles weights, boolean plain) {
    this.config = config;
    this.weights = weights;
    this.plain = plain;
  }

  /** Whether only standard operators are used. */
  public boolean plain() {
    return plain;
  }

  public Config config() {
    return config;
  }

  public Weights weights() {
    return weights.weights();
  }

  // ---- inputs and outputs

  /** A graph input; {@code dims} are numbers or names of open dimensions. */
  public String input(String name, int elementType, Object... dims) {
    g.input(value(name, elementType, dims));
    return name;
  }

  /** A graph input of int64. */
  public String longInput(String name, Object... dims) {
    return input(name, TensorProto.DataType.INT64_VALUE, dims);
  }

  /** A graph input of float32. */
  public String floatInput(String name, Object... dims) {
    return input(name, FLOAT, dims);
  }

  /** Makes a value an output under a name of its own. */
  public void output(String value, String name, Object... dims) {
    settle(value);
    g.node("", "Identity", List.of(), List.of(new Value(value)), List.of(name));
    declareOutput(name, dims);
  }

  /** Declares a value that has its final name already as a float32 output. */
  public void declareOutput(String name, Object... dims) {
    outputs.put(name, value(name, FLOAT, dims));
  }

  private static ValueInfoProto value(String name, int elementType, Object... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (Object dim : dims) {
      TensorShapeProto.Dimension.Builder d = TensorShapeProto.Dimension.newBuilder();
      shape.addDim(
          dim instanceof Number n ? d.setDimValue(n.longValue()) : d.setDimParam(dim.toString()));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(elementType).setShape(shape)))
        .build();
  }

  /** The finished graph. */
  public ModelProto model() {
    outputs.keySet().forEach(this::settle);
    ModelProto model = g.model();
    return model.toBuilder()
        .setGraph(model.getGraph().toBuilder().clearOutput().addAllOutput(outputs.values()))
        .build();
  }

  // ---- weights

  /** A weight in float32, whatever the file holds. Its shape must be this one. */
  public String weight(String name, long... shape) {
    String raw = rawWeight(name, shape);
    if (weights.weights().get(name).type() == WeightType.F32) {
      return raw;
    }
    return casts.computeIfAbsent(
        raw,
        n ->
            g.cast(new Value(n), TensorProto.DataType.FLOAT)
                .name()); // folded when the graph is loaded
  }

  /** A weight as the file holds it. */
  private String rawWeight(String name, long... shape) {
    Weight weight = checked(name, shape);
    if (!g.initializers().containsKey(name)) {
      g.initializer(external(weight));
    }
    return name;
  }

  private Weight checked(String name, long... shape) {
    Weight weight = weights.use(name);
    if (!Arrays.equals(weight.shape(), shape)) {
      throw new ModelException(
          weight.file(),
          "Tensor '"
              + name
              + "' of "
              + weight.file()
              + " has shape "
              + Arrays.toString(weight.shape())
              + ", wanted "
              + Arrays.toString(shape)
              + " by "
              + config.file()
              + ".");
    }
    if (!weight.type().isFloat()) {
      throw new ModelException(
          weight.file(),
          "Tensor '"
              + name
              + "' of "
              + weight.file()
              + " is of type "
              + weight.type()
              + ", that is, quantised. Export the unquantised model and use `sampo quantize`.");
    }
    return weight;
  }

  /** The weight of a module, an adapter's change in it. */
  private String moduleWeight(String module, String name, boolean transposed, long... shape) {
    LoraAdapter.Delta change = weights.change(module);
    return change == null
        ? weight(name, shape)
        : merged(module, change, transposed, checked(name, shape));
  }

  private String merged(
      String module, LoraAdapter.Delta change, boolean transposed, Weight weight) {
    Weight made = weights.merged().plan(module + ".merged", weight, change, transposed);
    if (!g.initializers().containsKey(made.name())) {
      g.initializer(external(made));
    }
    return made.name();
  }

  /**
   * The table of a head [rows, columns].
   *
   * @param table where it lies, perhaps that of the embeddings
   * @param head name of the head's own weight, by which an adapter knows it; its change does not reach the embeddings
   */
  public String headWeight(String table, String head, long rows, long columns) {
    return moduleWeight(module(head), table, false, rows, columns);
  }

  private static String module(String weight) {
    return weight.endsWith(".weight")
        ? weight.substring(0, weight.length() - ".weight".length())
        : weight;
  }

  private TensorProto external(Weight weight) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(weight.name())
            .setDataType(weight.type().onnx())
            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(entry("location", weights.location(weight)))
            .addExternalData(entry("offset", Long.toString(weight.offset())))
            .addExternalData(entry("length", Long.toString(weight.length())));
    for (long dim : weight.shape()) {
      tensor.addDims(dim);
    }
    return tensor.build();
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  /** Whether the file has that tensor. */
  public boolean has(String name) {
    return weights.weights().has(name);
  }

  // ---- operators

  private void settle(String name) {
    String[] sum = pendingSums.remove(name);
    if (sum != null) {
      settle(sum[0]);
      settle(sum[1]);
      g.node("", "Add", List.of(), List.of(new Value(sum[0]), new Value(sum[1])), List.of(name));
    }
  }

  /** An operator of the default domain with one output. */
  public String op(String type, String... in) {
    return op(type, List.of(), in);
  }

  /** An operator of the default domain with attributes and one output. */
  public String op(String type, List<AttributeProto> attributes, String... in) {
    return node("", type, attributes, List.of(in), 1).get(0);
  }

  /** An operator of ONNX Runtime's own domain. */
  public List<String> microsoft(
      String type, List<AttributeProto> attributes, List<String> in, int outputCount) {
    return node(MICROSOFT, type, attributes, in, outputCount);
  }

  /** An operator of ONNX Runtime's own domain whose outputs get these names. */
  public void microsoft(
      String type, List<AttributeProto> attributes, List<String> in, List<String> out) {
    in.forEach(this::settle);
    g.node(MICROSOFT, type, attributes, Value.all(in), out);
  }

  /** An operator of the default domain with several outputs. */
  public List<String> node(
      String domain, String type, List<AttributeProto> attributes, List<String> in, int count) {
    in.forEach(this::settle);
    return Value.names(g.node(domain, type, attributes, Value.all(in), count));
  }

  /** An operator of the default domain whose output gets this name. */
  public String named(String name, String type, List<AttributeProto> attributes, String... in) {
    List.of(in).forEach(this::settle);
    g.node("", type, attributes, Value.all(List.of(in)), List.of(name));
    return name;
  }

  /** A body for If, Loop or Scan, whose names differ from all of this graph's. */
  public GraphBuilder body() {
    return g.body();
  }

  /** Makes sure that a value is computed before a node whose body takes it. */
  public String settled(String name) {
    settle(name);
    return name;
  }

  public String fresh(String hint) {
    return g.fresh(hint);
  }

  /** a + b, of one shape; computed where it is needed, so that a norm can take it in. */
  public String residual(String a, String b) {
    String name = g.fresh("residual");
    pendingSums.put(name, new String[] {a, b});
    return name;
  }

  public String add(String a, String b) {
    return op("Add", a, b);
  }

  public String sub(String a, String b) {
    return op("Sub", a, b);
  }

  public String mul(String a, String b) {
    return op("Mul", a, b);
  }

  public String div(String a, String b) {
    return op("Div", a, b);
  }

  public String matMul(String a, String b) {
    return op("MatMul", a, b);
  }

  /** x times a number; x itself where that is 1. */
  public String scale(String x, double factor) {
    return factor == 1 ? x : mul(x, scalar(factor));
  }

  public String scalar(double value) {
    return g.scalar(value).name();
  }

  public String longScalar(long value) {
    return g.longScalar(value).name();
  }

  public String longs(long... values) {
    return g.longs(values).name();
  }

  public String floats(long[] dims, float... values) {
    return g.floats(dims, values).name();
  }

  /** Reshape; 0 keeps a dimension, one may be -1. */
  public String reshape(String x, long... dims) {
    settle(x);
    return g.reshape(new Value(x), dims).name();
  }

  public String transpose(String x, long... permutation) {
    settle(x);
    return g.transpose(new Value(x), permutation).name();
  }

  public String concat(int axis, String... parts) {
    return op("Concat", List.of(Attr.of("axis", axis)), parts);
  }

  public List<String> split(String x, int axis, long... sizes) {
    settle(x);
    return Value.names(g.split(new Value(x), axis, sizes));
  }

  public String slice(String x, int axis, long start, long end) {
    settle(x);
    return g.slice(new Value(x), axis, start, end).name();
  }

  public String cast(String x, TensorProto.DataType type) {
    settle(x);
    return g.cast(new Value(x), type).name();
  }

  public String toFloat(String x) {
    return cast(x, TensorProto.DataType.FLOAT);
  }

  public String toLong(String x) {
    return cast(x, TensorProto.DataType.INT64);
  }

  public String unsqueeze(String x, long... axes) {
    return op("Unsqueeze", x, longs(axes));
  }

  public String gather(String data, String indices, int axis) {
    return op("Gather", List.of(Attr.of("axis", axis)), data, indices);
  }

  /** One dimension of a value, as an int64 scalar. */
  public String dim(String x, int axis) {
    settle(x);
    return gather(
        op("Shape", List.of(Attr.of("start", axis), Attr.of("end", axis + 1)), x),
        longScalar(0),
        0);
  }

  /** start ... end-1, both int64 scalars. */
  public String range(String start, String end) {
    return op("Range", start, end, longScalar(1));
  }

  // ---- layers

  /** x W^T (+ bias): the layout of {@code nn.Linear}, {@code prefix.weight} [out, in]. */
  public String linear(String x, String prefix, long in, long out, boolean bias) {
    String y = timesTransposed(x, moduleWeight(prefix, prefix + ".weight", false, out, in));
    return bias ? add(y, weight(prefix + ".bias", out)) : y;
  }

  /** x W + bias: the layout of GPT-2's Conv1D, {@code prefix.weight} [in, out]. */
  public String conv1d(String x, String prefix, long in, long out) {
    String product = matMul(x, moduleWeight(prefix, prefix + ".weight", true, in, out));
    return add(product, weight(prefix + ".bias", out));
  }

  /** x W^T, without a transposed copy of W in the fast form. */
  public String timesTransposed(String x, String w) {
    return plain
        ? matMul(x, transpose(w, 1, 0))
        : microsoft("FusedMatMul", List.of(Attr.of("transB", 1)), List.of(x, w), 1).get(0);
  }

  /** Rows of a table; only the rows taken are turned into float32. */
  public String embedding(String ids, String name, long rows, long columns) {
    LoraAdapter.Delta change = weights.changeOfEmbedding(module(name));
    if (change != null) {
      return gather(merged(module(name), change, true, checked(name, rows, columns)), ids, 0);
    }
    String taken = gather(rawWeight(name, rows, columns), ids, 0);
    return weights.weights().get(name).type() == WeightType.F32 ? taken : toFloat(taken);
  }

  /** Root mean square norm (Zhang and Sennrich 2019, arXiv:1910.07467): {@code x / sqrt(mean(x^2) + eps) * weight}. */
  public String rmsNorm(String x, String name, long size, double epsilon) {
    return rms(x, weight(name, size), epsilon);
  }

  /** Gemma's: the file holds the weight less 1. */
  public String rmsNormPlusOne(String x, String name, long size, double epsilon) {
    return rms(x, add(weight(name, size), scalar(1)), epsilon);
  }

  private String rms(String x, String weight, double epsilon) {
    if (plain) {
      String meanSquare = op("ReduceMean", List.of(Attr.of("keepdims", 1)), mul(x, x), longs(-1));
      return mul(div(x, op("Sqrt", add(meanSquare, scalar(epsilon)))), weight);
    }
    AttributeProto eps = Attr.of("epsilon", (float) epsilon);
    String[] sum = pendingSums.remove(x);
    if (sum != null) {
      return normOfSum("SkipSimplifiedLayerNormalization", eps, sum, x, weight);
    }
    return op(
        "SimplifiedLayerNormalization",
        List.of(eps, Attr.of("axis", -1), Attr.of("stash_type", 1)),
        x,
        weight);
  }

  private String normOfSum(
      String type, AttributeProto epsilon, String[] sum, String name, String... parameters) {
    String normed = g.fresh(type);
    List<String> in = new ArrayList<>(List.of(sum));
    in.addAll(List.of(parameters));
    microsoft(type, List.of(epsilon), in, List.of(normed, "", "", name));
    return normed;
  }

  /** Layer norm (Ba et al. 2016, arXiv:1607.06450) with {@code prefix.weight} and, where asked for, {@code prefix.bias}. */
  public String layerNorm(String x, String prefix, long size, double epsilon, boolean bias) {
    String weight = weight(prefix + ".weight", size);
    AttributeProto eps = Attr.of("epsilon", (float) epsilon);
    if (!bias) {
      return op("LayerNormalization", List.of(eps, Attr.of("axis", -1)), x, weight);
    }
    String shift = weight(prefix + ".bias", size);
    String[] sum = plain ? null : pendingSums.remove(x);
    return sum != null
        ? normOfSum("SkipLayerNormalization", eps, sum, x, weight, shift)
        : op("LayerNormalization", List.of(eps, Attr.of("axis", -1)), x, weight, shift);
  }

  /** Layer norm without parameters. */
  public String bareLayerNorm(String x, int size, double epsilon) {
    float[] ones = new float[size];
    Arrays.fill(ones, 1);
    return op(
        "LayerNormalization",
        List.of(Attr.of("epsilon", (float) epsilon), Attr.of("axis", -1)),
        x,
        floats(new long[] {size}, ones));
  }

  /** The activation that transformers calls so. */
  public String activation(String name, String x) {
    return switch (name) {
      case "relu" -> op("Relu", x);
      case "gelu" -> op("Gelu", x);
      case "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_python_tanh", "gelu_accurate" ->
          op("Gelu", List.of(Attr.of("approximate", "tanh")), x);
      case "silu", "swish" -> mul(x, op("Sigmoid", x));
      case "quick_gelu" -> mul(x, op("Sigmoid", scale(x, 1.702)));
      case "tanh" -> op("Tanh", x);
      case "sigmoid" -> op("Sigmoid", x);
      case "relu2" -> {
        String positive = op("Relu", x);
        yield mul(positive, positive);
      }
      case "linear" -> x;
      default ->
          throw config.refuse(
              "activation '"
                  + name
                  + "' is not known. Known: relu, relu2, gelu, gelu_new, gelu_pytorch_tanh,"
                  + " gelu_fast, silu, quick_gelu, tanh, sigmoid, linear.");
    };
  }

  /** The gated feed-forward net of Shazeer 2020 (arXiv:2002.05202): {@code down(act(gate(x)) * up(x))}. */
  public String gatedMlp(
      String x, String prefix, long hidden, long inner, String activation, boolean bias) {
    String gate = activation(activation, linear(x, prefix + ".gate_proj", hidden, inner, bias));
    String up = linear(x, prefix + ".up_proj", hidden, inner, bias);
    return linear(mul(gate, up), prefix + ".down_proj", inner, hidden, bias);
  }

  /** {@code limit * tanh(x / limit)}; x itself where the limit is 0. */
  public String softCap(String x, double limit) {
    return limit == 0 ? x : scale(op("Tanh", scale(x, 1 / limit)), limit);
  }
}
