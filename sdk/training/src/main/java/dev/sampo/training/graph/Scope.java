package dev.sampo.training.graph;

import dev.sampo.error.SampoException;
import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.GraphProbe;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.Value;
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

/** The training graph while an {@link Objective} emits it. */
public final class Scope {
  private final GraphBuilder graph = new GraphBuilder();
  private final Map<String, ModelPart> parts;
  private final Map<String, Long> symbols;
  private final Trainable trainable;
  private final boolean trainNormalization;
  private final Map<String, Value> metrics = new LinkedHashMap<>();
  private final Map<String, Value> adapted = new HashMap<>();
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final Map<String, Parameter> frozen = new LinkedHashMap<>();
  private final Map<String, Value> buffers = new LinkedHashMap<>();
  private final Map<String, Value> carried = new LinkedHashMap<>();

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
  public Value input(String name, TensorType type) {
    if (!graph.inputs().containsKey(name)) {
      graph.input(name, type);
    }
    return new Value(name);
  }

  /**
   * What every batch holds under this name, because a model that ran takes it or it was declared.
   *
   * @throws SampoException if nothing takes it
   */
  public Value input(String name) {
    if (!graph.inputs().containsKey(name)) {
      throw new SampoException(
          "No batch holds '" + name + "'; there are " + graph.inputs().keySet() + ".");
    }
    return new Value(name);
  }

  /** The type and shape of any value emitted so far. */
  public TensorType type(Value value) {
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
  public void carry(String input, Value value) {
    carried.put(input, value);
  }

  /** Reports a number beside the loss. */
  public void metric(String name, Value value) {
    metrics.put(name, value);
  }

  /** Runs the only model; see {@link #run(String, Map)}. */
  public Map<String, Value> run(Map<String, Value> inputs) {
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
  public Map<String, Value> run(String model, Map<String, Value> inputs) {
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
      Value value = inputs.get(input.getName());
      if (value == null) {
        value = input(input.getName(), GraphProbe.fixed(input, symbols));
      }
      names.put(input.getName(), value.name());
    }
    graph.include(part.graph(), names);
    if (trainNormalization) {
      BatchNormTraining.apply(graph, buffers, part.trains());
    }
    return outputs(part.graph(), names);
  }

  private static Map<String, Value> outputs(GraphBuilder included, Map<String, String> names) {
    Map<String, Value> outputs = new LinkedHashMap<>();
    for (String output : included.outputs().keySet()) {
      String name = names.get(output);
      if (name == null) {
        throw new SampoException("Nothing in the model makes its output '" + output + "'.");
      }
      outputs.put(output, new Value(name));
    }
    return outputs;
  }

  private void addWeights(ModelPart part, Map<String, String> names) {
    for (TensorProto tensor : part.graph().initializers().values()) {
      String name = part.prefix() + tensor.getName();
      Value changed = adapted.get(name);
      names.put(tensor.getName(), changed == null ? name : changed.name());
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
        names.put(tensor.getName(), adapt(parameter).name());
      }
    }
  }

  /** W + scale A B, with W seen as a matrix. */
  private Value adapt(Parameter weight) {
    Value unchanged = new Value(weight.name());
    LoraConfig lora = trainable.lora();
    if (lora == null) {
      return unchanged;
    }
    long[] dims = weight.type().dims();
    long rows = weight.matrixRows(dims);
    long columns = weight.size() / rows;
    boolean inputsFirst = weight.consumer().equals("MatMul");
    String left = weight.name() + (inputsFirst ? ".lora_A" : ".lora_B");
    String right = weight.name() + (inputsFirst ? ".lora_B" : ".lora_A");
    Random random = new Random(lora.seed() * 31 + weight.name().hashCode());
    Value a = addLora(weight, left, rows, lora.rank(), inputsFirst, random);
    Value b = addLora(weight, right, lora.rank(), columns, !inputsFirst, random);
    Value product = graph.mul(graph.matMul(a, b), graph.scalar(lora.scale()));
    Value sum = graph.add(unchanged, dims.length == 2 ? product : graph.reshape(product, dims));
    adapted.put(weight.name(), sum);
    return sum;
  }

  private Value addLora(
      Parameter weight, String name, long rows, long columns, boolean random, Random source) {
    float[] values = new float[Math.toIntExact(rows * columns)];
    if (random) {
      double sigma = 1 / Math.sqrt(Math.max(rows, columns));
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (source.nextGaussian() * sigma);
      }
    }
    long[] dims = {rows, columns};
    Value value = graph.initializer(Tensors.ofFloats(name, dims, values));
    parameters.put(
        name,
        new Parameter(
            name,
            weight.model(),
            weight.initializer(),
            TensorType.floats(dims),
            weight.consumer(),
            random ? Parameter.Role.LORA_A : Parameter.Role.LORA_B));
    return value;
  }

  /** Finds the shapes of everything emitted so far. */
  void probe() {
    GraphProbe.probe(graph, symbols);
  }

  /** Emits ONNX nodes given as a model: a loss as a small graph. */
  public Map<String, Value> include(GraphBuilder other, Map<String, Value> inputs) {
    Map<String, String> names = new HashMap<>();
    inputs.forEach((input, value) -> names.put(input, value.name()));
    for (TensorProto tensor : other.initializers().values()) {
      String name = graph.fresh(tensor.getName());
      graph.initializer(tensor.toBuilder().setName(name).build());
      names.put(tensor.getName(), name);
    }
    for (ValueInfoProto input : other.inputs().values()) {
      if (!names.containsKey(input.getName())) {
        Value value = input(input.getName(), GraphProbe.fixed(input, symbols));
        names.put(input.getName(), value.name());
      }
    }
    graph.include(other, names);
    return outputs(other, names);
  }

  /** A value that gradients do not pass. */
  public Value detach(Value value) {
    List<AttributeProto> attributes = new ArrayList<>();
    attributes.add(Attr.of("to", TensorProto.DataType.DOUBLE_VALUE));
    return graph.toFloat(graph.op("Cast", attributes, value));
  }

  Map<String, Value> metrics() {
    return metrics;
  }

  Map<String, Parameter> parameters() {
    return parameters;
  }

  Map<String, Parameter> frozen() {
    return frozen;
  }

  Map<String, Value> buffers() {
    return buffers;
  }

  Map<String, Value> carried() {
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
