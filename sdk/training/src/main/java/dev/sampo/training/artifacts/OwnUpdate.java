package dev.sampo.training.artifacts;

import dev.sampo.error.SampoException;
import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.training.files.CheckpointFile;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.Parameter;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.graph.TrainingState;
import dev.sampo.training.plain.UpdateRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The optimizer as part of the training graph, for what ONNX Runtime's optimizer kernels do not have: momentum, groups
 * with and without weight decay, a moving average, clipped weights. (Its optimizer graph cannot be extended to them: it
 * sees the weights as a sequence in the order of a hash table.)
 *
 * <p>Moments and averages are frozen parameters of the checkpoint. The session hands every parameter to the training
 * graph by reference, and InPlaceAccumulatorV2 that is told to overwrite writes into what it is handed: so weights move
 * within {@code trainStep}. No node may read a weight after that. Each write therefore waits for all gradients and
 * outputs: it depends on one flag that is true if the caller asks for an update and loss and gradient are finite.
 */
final class OwnUpdate {
  static final String APPLY = "sampo.apply";
  private static final String FIRST = "sampo.first/";
  private static final String SECOND = "sampo.second/";
  private static final String AVERAGE = "sampo.average/";

  private final TrainingGraph training;
  private final OptimizerConfig optimizer;

  private OwnUpdate(TrainingGraph training, OptimizerConfig optimizer) {
    this.training = training;
    this.optimizer = optimizer;
  }

  /** The update of a configuration that ONNX Runtime's optimizers cannot do, null for one that they can. */
  static @Nullable OwnUpdate orNull(TrainingGraph training, OptimizerConfig optimizer) {
    boolean sgd = optimizer.kind() == OptimizerConfig.Kind.SGD;
    boolean needed =
        optimizer.hasDecayGroups(training)
            || optimizer.emaDecay() > 0
            || optimizer.weightClip() > 0
            || (sgd && (optimizer.momentum() > 0 || optimizer.weightDecay() > 0));
    return needed ? new OwnUpdate(training, optimizer) : null;
  }

  static boolean isScalar(String input) {
    return input.equals(APPLY) || UpdateRule.SCALARS.contains(input);
  }

  /** The frozen parameters in their order, with their types. */
  Map<String, TensorType> slots() {
    Map<String, TensorType> result = new LinkedHashMap<>();
    for (Parameter p : training.parameters().values()) {
      result.put(FIRST + p.name(), p.type());
      if (optimizer.kind() == OptimizerConfig.Kind.ADAMW) {
        result.put(SECOND + p.name(), p.type());
      }
      if (optimizer.emaDecay() > 0) {
        result.put(AVERAGE + p.name(), p.type());
      }
    }
    return result;
  }

  /** The values of the frozen parameters. */
  Map<String, CheckpointFile.Entry> entries(TrainingState state) {
    Map<String, CheckpointFile.Entry> result = new LinkedHashMap<>();
    slots()
        .forEach(
            (slot, type) -> {
              String name = slot.substring(slot.indexOf('/') + 1);
              float[] value = kind(slot, state).get(name);
              if (value == null || value.length != type.elementCount()) {
                throw new SampoException(
                    "The state has no fitting '" + slot.substring("sampo.".length()) + "'.");
              }
              result.put(slot, new CheckpointFile.Entry(type.dims(), value));
            });
    return result;
  }

  private static Map<String, float[]> kind(String slot, TrainingState state) {
    return slot.startsWith(FIRST)
        ? state.firstMoments()
        : slot.startsWith(SECOND) ? state.secondMoments() : state.average();
  }

  /** Sorts frozen parameters of a checkpoint back into a state's maps. */
  static void sort(
      Map<String, CheckpointFile.Entry> frozen,
      Map<String, float[]> first,
      Map<String, float[]> second,
      Map<String, float[]> average) {
    frozen.forEach(
        (slot, entry) -> {
          String name = slot.substring(slot.indexOf('/') + 1);
          Map<String, float[]> into =
              slot.startsWith(FIRST) ? first : slot.startsWith(SECOND) ? second : average;
          into.put(name, entry.values());
        });
  }

  /** Declares the scalars: they come with every batch. */
  void scalarInputs(GraphBuilder g) {
    g.input(APPLY, TensorType.of(TensorProto.DataType.BOOL_VALUE));
    UpdateRule.SCALARS.forEach(name -> g.input(name, TensorType.floats()));
  }

  /** Declares moments and averages: they come out of the checkpoint. */
  void slotInputs(GraphBuilder g) {
    slots().forEach(g::input);
  }

  /**
   * Emits the updates.
   *
   * @param gradients parameter -> the sum of its gradients over the micro-batches of the update
   * @param outputs everything else that the graph computes
   */
  void emit(GraphBuilder g, Map<String, Value> gradients, List<Value> outputs) {
    Value factor = null;
    Value norm = new Value(Artifacts.NORM);
    Value go = g.op("And", new Value(APPLY), finite(g, training.loss()));
    List<Value> awaited = new ArrayList<>(outputs);
    if (optimizer.maxGradNorm() > 0) {
      factor = UpdateRule.clipFactor(g, norm, optimizer.maxGradNorm());
      go = g.op("And", go, finite(g, norm));
    } else {
      awaited.addAll(gradients.values());
    }
    go = g.op("And", go, allComputed(g, awaited));
    Map<String, TensorType> slots = slots();
    for (Parameter p : training.parameters().values()) {
      UpdateRule.Values now =
          new UpdateRule.Values(
              new Value(p.name()),
              new Value(FIRST + p.name()),
              slot(slots, SECOND + p.name()),
              slot(slots, AVERAGE + p.name()));
      Value gradient = gradients.get(p.name());
      UpdateRule.Values next =
          UpdateRule.emit(
              g,
              optimizer,
              now,
              factor == null ? gradient : g.mul(gradient, factor),
              optimizer.decays(p));
      write(g, go, now.first(), next.first());
      write(g, go, now.second(), next.second());
      write(g, go, now.average(), next.average());
      write(g, go, now.weight(), next.weight());
    }
  }

  private static @Nullable Value slot(Map<String, TensorType> slots, String name) {
    return slots.containsKey(name) ? new Value(name) : null;
  }

  private static Value finite(GraphBuilder g, Value value) {
    return g.op("Not", g.op("Or", g.op("IsNaN", value), g.op("IsInf", value)));
  }

  /** True, and not known before every value is there: x = x or x is not a number. */
  private static Value allComputed(GraphBuilder g, List<Value> values) {
    List<Value> largest = new ArrayList<>();
    for (Value value : values) {
      largest.add(g.reshape(max(g, value), 1));
    }
    Value one = max(g, g.concat(0, largest));
    Value known = g.op("Equal", one, one);
    return g.op("Or", known, g.op("Not", known));
  }

  private static Value max(GraphBuilder g, Value value) {
    return g.op("ReduceMax", List.of(Attr.of("keepdims", 0)), value);
  }

  private static void write(
      GraphBuilder g, Value go, @Nullable Value target, @Nullable Value value) {
    if (target == null || value == null || target.equals(value)) {
      return;
    }
    Value written = g.where(go, value, target);
    Artifacts.accumulate(g, target, written, Artifacts.always(g), g.fresh("written"));
  }
}
