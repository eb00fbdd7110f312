package dev.sampo.training.graph;

import dev.sampo.error.SampoException;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.onnx.proto.TensorShapeProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import dev.sampo.training.autodiff.Autodiff;
import dev.sampo.training.autodiff.GradientRules;
import dev.sampo.training.files.AdapterFile;
import dev.sampo.training.files.CheckpointFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Models, an objective and what is trained, differentiated: the forward pass with the loss, and the same with all
 * gradients. Immutable; {@code dev.sampo.training.run.FineTuners} runs it.
 *
 * <pre>{@code
 * TrainingGraph graph = TrainingGraph.builder()
 *     .model("model", Path.of("model.onnx"))
 *     .dim("batch", 32)
 *     .objective(Losses.crossEntropy("logits", "labels"))
 *     .build();
 * }</pre>
 */
public final class TrainingGraph {
  private static final Map<String, Integer> GATES = Map.of("LSTM", 4, "GRU", 3, "RNN", 1);

  private final Map<String, ModelProto> models;
  private final GraphBuilder forward;
  private final GraphBuilder backward;
  private final Map<String, Value> gradients;
  private final Map<String, Parameter> parameters;
  private final Map<String, List<Parameter>> live;
  private final Map<String, Value> buffers;
  private final Map<String, Value> metrics;
  private final Value loss;
  private final Map<String, TensorType> inputs;
  private final LoraMerge loraMerge;
  private final Set<String> carried;

  private TrainingGraph(Builder builder, Scope scope, Value loss) {
    this.loss = loss;
    models = new LinkedHashMap<>(builder.models);
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(scope.parameters()));
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(scope.metrics()));
    Map<String, Value> next = new LinkedHashMap<>(scope.buffers());
    next.putAll(scope.carried());
    buffers = Collections.unmodifiableMap(next);
    carried = Collections.unmodifiableSet(new LinkedHashSet<>(scope.carried().keySet()));
    forward = scope.graph();
    live = liveGroups(builder, scope);
    forward.clearOutputs();
    forward.output(loss);
    metrics.values().forEach(forward::output);
    backward = forward.copy();
    gradients = Autodiff.gradients(backward, loss, parameters.keySet(), builder.rules);
    buffers.values().forEach(backward::output);
    Map<String, TensorType> types = new LinkedHashMap<>();
    forward.inputs().keySet().forEach(i -> types.put(i, forward.requireType(i)));
    types.keySet().removeAll(carried);
    inputs = Collections.unmodifiableMap(types);
    loraMerge = new LoraMerge(builder.trainable.lora());
  }

  private static Map<String, List<Parameter>> liveGroups(Builder builder, Scope scope) {
    Map<String, List<Parameter>> groups = new LinkedHashMap<>();
    for (String model : builder.live) {
      List<Parameter> group = new ArrayList<>();
      for (Parameter p : scope.frozen().values()) {
        if (p.model().equals(model)) {
          group.add(p);
        }
      }
      groups.put(model, Collections.unmodifiableList(group));
    }
    return groups;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** What every batch has to hold, in order. */
  public Map<String, TensorType> inputs() {
    return inputs;
  }

  /** What is trained, in the order of the files. */
  public Map<String, Parameter> parameters() {
    return parameters;
  }

  /** Names of the numbers that are reported beside the loss. */
  public Set<String> metrics() {
    return metrics.keySet();
  }

  /** The number of trained numbers. */
  public long parameterCount() {
    return parameters.values().stream().mapToLong(Parameter::size).sum();
  }

  /** Start values of a weight or of a running statistic. */
  public float[] initialValue(String name) {
    TensorProto tensor = forward.initializers().get(name);
    if (tensor == null && carried.contains(name)) {
      return new float[Math.toIntExact(forward.requireType(name).elementCount())];
    }
    if (tensor == null) {
      throw new SampoException("The training graph has no weight '" + name + "'.");
    }
    return Tensors.toFloats(tensor);
  }

  /** Nodes of the forward pass and of the whole training graph. */
  public int[] nodeCounts() {
    return new int[] {forward.nodes().size(), backward.nodes().size()};
  }

  /** Bytes of all values of the forward pass: what a backward pass may have to keep, at most. */
  public long activationBytes() {
    long bytes = 0;
    for (var node : forward.nodes()) {
      for (String output : node.getOutputList()) {
        TensorType type = output.isEmpty() ? null : forward.type(output);
        bytes += type == null ? 0 : 4 * type.elementCount();
      }
      // A recurrent layer's gates are made again on the way back, before and after their
      // activation.
      TensorType sequence = node.getOutputCount() == 0 ? null : forward.type(node.getOutput(0));
      int gates = GATES.getOrDefault(node.getOpType(), 0);
      bytes += sequence == null ? 0 : 2L * gates * 4 * sequence.elementCount();
    }
    return bytes;
  }

  /** Weights of other models that arrive with every step, by model; see {@link Builder#live}. */
  public Map<String, List<Parameter>> live() {
    return live;
  }

  /** The input that carries a live model's weights, one after the other. */
  public static String liveInput(String model) {
    return model + ".weights";
  }

  /** Inputs that get their value from the step before unless the batch holds them. */
  public Set<String> carried() {
    return carried;
  }

  public TensorType carriedType(String name) {
    return forward.requireType(name);
  }

  /** Running statistics and carried values -> their next values. */
  public Map<String, Value> buffers() {
    return buffers;
  }

  public Value loss() {
    return loss;
  }

  /** Metric -> value. */
  public Map<String, Value> metricValues() {
    return metrics;
  }

  /** A copy of the forward pass; weights are initializers. */
  public GraphBuilder forwardGraph() {
    return forward.copy();
  }

  /** A copy of the forward and backward pass. */
  public GraphBuilder backwardGraph() {
    return backward.copy();
  }

  /** Parameter -> its gradient in {@link #backwardGraph()}. */
  public Map<String, Value> gradients() {
    return gradients;
  }

  /**
   * A model with trained weights in it, LoRA merged; everything else is as in its file.
   *
   * @param values weights by parameter name and running statistics, such as {@link TrainingState#values()}
   */
  public ModelProto export(String model, Map<String, float[]> values) {
    ModelProto original = models.get(model);
    if (original == null) {
      throw new SampoException(
          "There is no model '" + model + "'; there are " + models.keySet() + ".");
    }
    Map<String, float[]> byInitializer = new LinkedHashMap<>();
    String prefix = Builder.prefix(models.size(), model);
    for (Map.Entry<String, float[]> entry : values.entrySet()) {
      if (entry.getKey().startsWith(prefix)) {
        byInitializer.put(entry.getKey().substring(prefix.length()), entry.getValue());
      }
    }
    loraMerge.merge(parameters, prefix, model, original, byInitializer);
    return ModelWeights.replace(original, byInitializer);
  }

  /**
   * A model that takes this graph's LoRA changes as an adapter: they are inputs with zeros as defaults. Write the
   * trained ones with {@link #exportAdapter}.
   */
  public ModelProto exportForAdapters(String model) {
    ModelProto original = models.get(model);
    LoraConfig lora = loraMerge.config();
    if (original == null || lora == null) {
      throw new IllegalStateException(
          lora == null ? "This graph trains no LoRA." : "There is no model '" + model + "'.");
    }
    return LoraExport.withInputs(original, model, parameters, lora);
  }

  /** Writes trained LoRA weights of a model as a file that {@code OrtLoraAdapter} loads. */
  public void exportAdapter(String model, Map<String, float[]> values, Path file)
      throws IOException {
    Map<String, CheckpointFile.Entry> entries = new LinkedHashMap<>();
    String prefix = Builder.prefix(models.size(), model);
    for (Parameter p : parameters.values()) {
      float[] value = values.get(p.name());
      boolean lora = p.role() == Parameter.Role.LORA_A || p.role() == Parameter.Role.LORA_B;
      if (lora && p.model().equals(model) && value != null) {
        entries.put(
            p.name().substring(prefix.length()), new CheckpointFile.Entry(p.type().dims(), value));
      }
    }
    AdapterFile.write(file, entries);
  }

  public Set<String> models() {
    return models.keySet();
  }

  /** Collects what a training graph is made of. */
  public static final class Builder {
    private final Map<String, ModelProto> models = new LinkedHashMap<>();
    private final Map<String, Long> symbols = new LinkedHashMap<>();
    private final Set<String> live = new LinkedHashSet<>();
    private Trainable trainable = Trainable.all();
    private GradientRules rules = GradientRules.standard();
    private boolean trainNormalization = true;
    private @org.jspecify.annotations.Nullable Objective objective;

    private Builder() {}

    /** Adds a model under a name that the objective uses. */
    public Builder model(String name, ModelProto model) {
      models.put(name, model);
      return this;
    }

    /** Adds a model from a file. */
    public Builder model(String name, Path file) throws IOException {
      return model(name, Models.read(file));
    }

    /**
     * Fixes a symbolic dimension: {@code "batch"}, or {@code "input_ids.1"} for axis 1 of an input; {@code "*.0"} and {@code "past*.2"} for an axis of all inputs that
     * begin so and whose dimension is not known by its name. A name that an exporter made up ({@code s70}) has one size wherever it stands.
     */
    public Builder dim(String symbol, long size) {
      symbols.put(symbol, size);
      return this;
    }

    public Builder objective(Objective value) {
      objective = value;
      return this;
    }

    public Builder trainable(Trainable value) {
      trainable = value;
      return this;
    }

    /**
     * A model that another run trains: its weights are not part of this graph but an input,
     * {@link TrainingGraph#liveInput}. So a generator is trained through a discriminator that changes.
     */
    public Builder live(String model) {
      live.add(model);
      return this;
    }

    /** Whether batch normalization uses the batch's statistics (the default) or the frozen ones. */
    public Builder trainNormalization(boolean value) {
      trainNormalization = value;
      return this;
    }

    public Builder rules(GradientRules value) {
      rules = value;
      return this;
    }

    static String prefix(int count, String model) {
      return count == 1 ? "" : model + "/";
    }

    /** Gives the dimensions of an input the sizes that their places say, where no name does. */
    private void name(ValueInfoProto input) {
      List<TensorShapeProto.Dimension> dims =
          input.getType().getTensorType().getShape().getDimList();
      for (int axis = 0; axis < dims.size(); axis++) {
        String symbol = dims.get(axis).getDimParam();
        Long size = placed(input.getName(), axis);
        if (!dims.get(axis).hasDimValue() && size != null && !symbols.containsKey(symbol)) {
          symbols.put(symbol.isEmpty() ? input.getName() + "." + axis : symbol, size);
        }
      }
    }

    private @org.jspecify.annotations.Nullable Long placed(String input, int axis) {
      Long size = symbols.get(input + "." + axis);
      for (Map.Entry<String, Long> entry : symbols.entrySet()) {
        String key = entry.getKey();
        boolean all = size == null && key.endsWith("*." + axis);
        if (all && input.startsWith(key.substring(0, key.indexOf('*')))) {
          size = entry.getValue();
        }
      }
      return size;
    }

    /** Emits and differentiates. */
    public TrainingGraph build() {
      if (objective == null || models.isEmpty()) {
        throw new IllegalStateException("A training graph needs a model and an objective.");
      }
      Map<String, Scope.ModelPart> parts = new LinkedHashMap<>();
      models.forEach(
          (name, model) -> {
            GraphBuilder graph = GraphBuilder.of(model);
            String prefix = prefix(models.size(), name);
            parts.put(
                name,
                new Scope.ModelPart(
                    name,
                    prefix,
                    graph,
                    ParameterFinder.find(name, prefix, graph),
                    !live.contains(name)));
          });
      parts.values().forEach(part -> part.graph().inputs().values().forEach(this::name));
      Scope scope = new Scope(parts, symbols, trainable, trainNormalization);
      Value loss = objective.emit(scope);
      scope.probe();
      if (scope.parameters().isEmpty()) {
        throw new SampoException(
            "Nothing is selected for training; the weights are " + scope.frozen().keySet() + ".");
      }
      return new TrainingGraph(this, scope, loss);
    }
  }
}
