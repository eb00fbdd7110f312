package dev.sampo.training.graph;

import dev.sampo.error.SampoException;
import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.GraphProbe;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import dev.sampo.training.autodiff.BatchNormTraining;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** The training graph while an {@link Objective} emits it. Values are names. */
public final class Scope {
  private final GraphBuilder graph = new GraphBuilder();
  private final Map<String, ModelPart> parts;
  private final Map<String, Long> symbols;
  private final Trainable trainable;
  private final boolean trainNormalization;
  private final Map<String, String> metrics = new LinkedHashMap<>();
  private final Map<String, String> adapted = new HashMap<>();
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final Map<String, Parameter> frozen = new LinkedHashMap<>();
  private final Map<String, String> buffers = new LinkedHashMap<>();
  private final Map<String, String> carried = new LinkedHashMap<>();

  Scope(
      Map<String, ModelPart> parts,
      Map<String, Long> symbols,
      Trainable trainable,
      boolean trainNormalization) {
    this.parts = parts;
    this.symbols = symbols;
    this.trainable = trainable;
    this.trainNormalization = trainNormalization;
  }

  /** Where operators are emitted. */
  public GraphBuilder graph() {
    return graph;
  }

  /** The size that was given to a symbolic dimension. */
  public long dim(String symbol) {
    Long size = symbols.get(symbol);
    if (size == null) {
      throw new SampoException(
          "Dimension '" + symbol + "' has no size; known are " + symbols.keySet() + ".");
    }
    return size;
  }

  /** Declares something that every batch has to hold. */
  public String input(String name, TensorType type) {
    if (!graph.inputs().containsKey(name)) {
      graph.input(name, type);
    }
    return name;
  }

  /** The type and shape of any value emitted so far. */
  public TensorType type(String value) {
    if (graph.type(value) == null) {
      probe();
    }
    return graph.requireType(value);
  }

  /** Names of the models. */
  public Set<String> models() {
    return Collections.unmodifiableSet(parts.keySet());
  }

  /** Names of a model's inputs. */
  public Set<String> inputs(String model) {
    ModelPart part = parts.get(model);
    if (part == null) {
      throw new SampoException(
          "There is no model '" + model + "'; there are " + parts.keySet() + ".");
    }
    return part.graph().inputs().keySet();
  }

  /** The type of a model's input, its symbolic dimensions filled in. */
  public TensorType inputType(String model, String input) {
    ModelPart part = parts.get(model);
    ValueInfoProto info = part == null ? null : part.graph().inputs().get(input);
    if (info == null) {
      throw new SampoException("Model '" + model + "' has no input '" + input + "'.");
    }
    return GraphProbe.fixed(info, symbols);
  }

  /**
   * Hands a value on to the next step: it becomes what the batch input {@code input} is then. Starts at zero; a batch
   * that holds the input itself wins. No gradient runs from step to step (truncated back-propagation through time).
   */
  public void carry(String input, String value) {
    carried.put(input, value);
  }

  /** Reports a number beside the loss. */
  public void metric(String name, String value) {
    metrics.put(name, value);
  }

  /** Runs the only model; see {@link #run(String, Map)}. */
  public Map<String, String> run(Map<String, String> inputs) {
    if (parts.size() != 1) {
      throw new IllegalStateException("There are several models " + parts.keySet() + ": name one.");
    }
    return run(parts.keySet().iterator().next(), inputs);
  }

  /**
   * Adds a run of a model. Runs of the same model share its weights.
   *
   * @param inputs values for some of the model's inputs; the others become inputs of the batch under their own names
   * @return the model's outputs by name
   */
  public Map<String, String> run(String model, Map<String, String> inputs) {
    ModelPart part = parts.get(model);
    if (part == null) {
      throw new SampoException(
          "There is no model '" + model + "'; there are " + parts.keySet() + ".");
    }
    for (String given : inputs.keySet()) {
      if (!part.graph().inputs().containsKey(given)) {
        throw new SampoException(
            "Model '"
                + model
                + "' has no input '"
                + given
                + "'; it has "
                + part.graph().inputs().keySet()
                + ".");
      }
    }
    Map<String, String> names = new HashMap<>();
    addWeights(part, names);
    for (ValueInfoProto input : part.graph().inputs().values()) {
      String value = inputs.get(input.getName());
      names.put(
          input.getName(),
          value != null ? value : input(input.getName(), GraphProbe.fixed(input, symbols)));
    }
    graph.include(part.graph(), names);
    if (trainNormalization) {
      BatchNormTraining.apply(graph, buffers, part.trains());
    }
    Map<String, String> outputs = new LinkedHashMap<>();
    part.graph().outputs().keySet().forEach(o -> outputs.put(o, names.get(o)));
    return outputs;
  }

  private void addWeights(ModelPart part, Map<String, String> names) {
    for (TensorProto tensor : part.graph().initializers().values()) {
      String name = part.prefix() + tensor.getName();
      names.put(tensor.getName(), adapted.getOrDefault(name, name));
      if (graph.initializers().containsKey(name)) {
        continue;
      }
      graph.initializer(tensor.toBuilder().setName(name).build());
      Parameter parameter = part.parameters().get(tensor.getName());
      if (parameter == null) {
        continue;
      }
      if (part.trains() && trainable.selects(parameter)) {
        parameters.put(name, parameter);
      } else {
        frozen.put(name, parameter);
      }
      if (part.trains() && trainable.adapts(parameter)) {
        names.put(tensor.getName(), adapt(parameter));
      }
    }
  }

  /** W + scale A B, with W seen as a matrix. */
  private String adapt(Parameter weight) {
    LoraConfig lora = trainable.lora();
    if (lora == null) {
      return weight.name();
    }
    long[] dims = weight.type().dims();
    long rows = weight.matrixRows(dims);
    long columns = weight.size() / rows;
    boolean inputsFirst = weight.consumer().equals("MatMul");
    String left = weight.name() + (inputsFirst ? ".lora_A" : ".lora_B");
    String right = weight.name() + (inputsFirst ? ".lora_B" : ".lora_A");
    Random random = new Random(lora.seed() * 31 + weight.name().hashCode());
    addLora(weight, left, rows, lora.rank(), inputsFirst, random);
    addLora(weight, right, lora.rank(), columns, !inputsFirst, random);
    String product = graph.mul(graph.matMul(left, right), graph.scalar(lora.scale()));
    String sum =
        graph.add(weight.name(), dims.length == 2 ? product : graph.reshape(product, dims));
    adapted.put(weight.name(), sum);
    return sum;
  }

  private void addLora(
      Parameter weight, String name, long rows, long columns, boolean random, Random source) {
    float[] values = new float[Math.toIntExact(rows * columns)];
    if (random) {
      double sigma = 1 / Math.sqrt(Math.max(rows, columns));
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (source.nextGaussian() * sigma);
      }
    }
    long[] dims = {rows, columns};
    graph.initializer(Tensors.ofFloats(name, dims, values));
    parameters.put(
        name,
        new Parameter(
            name,
            weight.model(),
            weight.initializer(),
            TensorType.floats(dims),
            weight.consumer(),
            random ? Parameter.Role.LORA_A : Parameter.Role.LORA_B));
  }

  /** Finds the shapes of everything emitted so far. */
  void probe() {
    GraphProbe.probe(graph, symbols);
  }

  /** Emits ONNX nodes given as a model: a loss as a small graph. */
  public Map<String, String> include(GraphBuilder other, Map<String, String> inputs) {
    Map<String, String> names = new HashMap<>(inputs);
    for (TensorProto tensor : other.initializers().values()) {
      String name = graph.fresh(tensor.getName());
      graph.initializer(tensor.toBuilder().setName(name).build());
      names.put(tensor.getName(), name);
    }
    for (ValueInfoProto input : other.inputs().values()) {
      if (!names.containsKey(input.getName())) {
        names.put(input.getName(), input(input.getName(), GraphProbe.fixed(input, symbols)));
      }
    }
    graph.include(other, names);
    Map<String, String> outputs = new LinkedHashMap<>();
    other.outputs().keySet().forEach(o -> outputs.put(o, names.get(o)));
    return outputs;
  }

  /** A value that gradients do not pass. */
  public String detach(String value) {
    List<AttributeProto> attributes = new ArrayList<>();
    attributes.add(Attr.of("to", TensorProto.DataType.DOUBLE_VALUE));
    return graph.toFloat(graph.op("Cast", attributes, value));
  }

  Map<String, String> metrics() {
    return metrics;
  }

  Map<String, Parameter> parameters() {
    return parameters;
  }

  Map<String, Parameter> frozen() {
    return frozen;
  }

  Map<String, String> buffers() {
    return buffers;
  }

  Map<String, String> carried() {
    return carried;
  }

  /** One of the models, ready to be put into the graph. */
  record ModelPart(
      String name,
      String prefix,
      GraphBuilder graph,
      Map<String, Parameter> parameters,
      boolean trains) {}
}
