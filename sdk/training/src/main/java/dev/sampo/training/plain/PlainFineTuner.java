package dev.sampo.training.plain;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.sampo.error.ClosedException;
import dev.sampo.error.SampoException;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Value;
import dev.sampo.runtime.OnnxRuntime;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.graph.FineTuner;
import dev.sampo.training.graph.NonFiniteLossException;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.Parameter;
import dev.sampo.training.graph.SessionSetup;
import dev.sampo.training.graph.StepResult;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.graph.TrainingState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Training with two plain graphs, gradient and update. Weights, moments and gradients are vectors that one graph
 * writes into buffers of this object and the other reads from there: nothing is copied between steps. The update writes
 * weights and moments over themselves: one buffer is input and output of the same run.
 */
public final class PlainFineTuner implements FineTuner {
  /** Weights of at least so many elements are a group of their own: no copying into a common vector. */
  private static final int ALONE = 1 << 14;

  private static final String[] KINDS = {"", ".first", ".second", ".average"};

  private static final String GRADIENT = ".grad";

  /** What the update's graph calls the vectors of a group. */
  private static final Map<String, String> NAMES =
      Map.of(
          "",
          UpdateGraph.WEIGHT,
          ".first",
          UpdateGraph.FIRST,
          ".second",
          UpdateGraph.SECOND,
          ".average",
          UpdateGraph.AVERAGE,
          GRADIENT,
          UpdateGraph.GRADIENT);

  private final TrainingGraph graph;
  private final OptimizerConfig optimizer;
  private final OrtEnvironment env;
  private final OrtSession.SessionOptions options;
  private final OrtSession gradientSession;
  private final Update update;
  private @Nullable OrtSession evalSession;
  private final List<FlatGroup> groups;
  private final Map<String, PinnedFloats> slots = new LinkedHashMap<>();
  private final Map<String, Slot> buffers = new LinkedHashMap<>();
  private final Map<String, PinnedFloats> scalars = new LinkedHashMap<>();
  private long step;
  private int pending;
  private boolean closed;

  public PlainFineTuner(
      TrainingGraph graph, OptimizerConfig optimizer, TrainingState state, SessionSetup setup) {
    this.graph = graph;
    this.optimizer = optimizer;
    groups = groups();
    try {
      OnnxRuntime.version();
      env = OrtEnvironment.getEnvironment();
      options = new OrtSession.SessionOptions();
      if (setup.threads() > 0) {
        options.setIntraOpNumThreads(setup.threads());
      }
      options.addConfigEntry("session.disable_prepacking", "1");
      gradientSession = env.createSession(gradientModel(), options);
      allocate(state);
      update = new Update(env, options, optimizer, groups, slots, NAMES, scalars);
    } catch (OrtException e) {
      throw new SampoException("The training graph cannot be loaded: " + e.getMessage(), e);
    }
  }

  private List<FlatGroup> groups() {
    List<Parameter> decaying = new ArrayList<>();
    List<Parameter> others = new ArrayList<>();
    List<FlatGroup> result = new ArrayList<>();
    for (Parameter p : graph.parameters().values()) {
      boolean decays = optimizer.decays(p);
      if (p.size() >= ALONE) {
        result.add(new FlatGroup("weights." + p.name(), Collections.singletonList(p), decays));
      } else {
        (decays ? decaying : others).add(p);
      }
    }
    if (!decaying.isEmpty()) {
      result.add(new FlatGroup("weights.decaying", decaying, true));
    }
    if (!others.isEmpty()) {
      result.add(new FlatGroup("weights.plain", others, false));
    }
    return result;
  }

  private byte[] gradientModel() {
    GraphBuilder g = graph.backwardGraph();
    g.clearOutputs();
    g.output(graph.loss());
    graph.metricValues().values().forEach(g::output);
    for (Map.Entry<String, Value> buffer : graph.buffers().entrySet()) {
      TensorType type = g.requireType(buffer.getKey());
      g.removeInitializer(buffer.getKey());
      g.input(buffer.getKey(), type);
      g.output(g.named(buffer.getValue(), buffer.getKey() + UpdateGraph.NEXT, type));
    }
    List<Value> flat = new ArrayList<>();
    for (FlatGroup group : groups) {
      Value gradient = group.gradient(g, graph.gradients());
      TensorType type = TensorType.floats(group.size());
      if (optimizer.accumulation() > 1) {
        gradient = g.add(gradient, g.input(group.name() + ".sum", type));
      }
      Value named = g.named(gradient, group.name() + GRADIENT, type);
      g.output(named);
      flat.add(named);
      group.cut(g);
    }
    if (optimizer.maxGradNorm() > 0) {
      Value norm = UpdateRule.norm(g, flat, 1.0 / optimizer.accumulation());
      g.output(g.named(norm, UpdateGraph.NORM, TensorType.floats()));
    }
    FlatGroup.cutLive(g, graph);
    g.prune();
    return g.model().toByteArray();
  }

  private OrtSession evalSession() throws OrtException {
    OrtSession session = evalSession;
    if (session == null) {
      GraphBuilder g = graph.forwardGraph();
      for (String buffer : graph.buffers().keySet()) {
        TensorType type = g.requireType(buffer);
        g.removeInitializer(buffer);
        g.input(buffer, type);
      }
      groups.forEach(group -> group.cut(g));
      FlatGroup.cutLive(g, graph);
      session = env.createSession(g.model().toByteArray(), options);
      evalSession = session;
    }
    return session;
  }

  private void allocate(TrainingState state) throws OrtException {
    step = state.step();
    for (FlatGroup group : groups) {
      slots.put(group.name(), slot(group.read(state.values())));
      slots.put(group.name() + ".first", slot(group.read(state.firstMoments())));
      if (optimizer.kind() == OptimizerConfig.Kind.ADAMW) {
        slots.put(group.name() + ".second", slot(group.read(state.secondMoments())));
      }
      if (optimizer.emaDecay() > 0) {
        slots.put(group.name() + ".average", slot(group.read(state.average())));
      }
      slots.put(group.name() + GRADIENT, slot(new float[group.size()]));
    }
    for (String buffer : graph.buffers().keySet()) {
      float[] value = state.values().get(buffer);
      long[] shape = graph.backwardGraph().requireType(buffer).dims();
      buffers.put(buffer, new Slot(env, value != null ? value : graph.initialValue(buffer), shape));
    }
    List<String> names = new ArrayList<>(UpdateRule.SCALARS);
    names.add(UpdateGraph.NORM);
    for (String name : names) {
      scalars.put(name, new PinnedFloats(env, new float[1], new long[0]));
    }
  }

  private PinnedFloats slot(float[] value) throws OrtException {
    return new PinnedFloats(env, value, new long[] {value.length});
  }

  @Override
  public TrainingGraph graph() {
    return graph;
  }

  @Override
  public synchronized StepResult step(Batch batch, double learningRate) {
    requireOpen();
    try (Feed feed = new Feed(env, graph, batch)) {
      Map<String, OnnxTensor> in = feed.tensors();
      Map<String, OnnxTensor> pinned = new LinkedHashMap<>();
      for (FlatGroup group : groups) {
        in.put(group.name(), slot(group.name()).tensor());
        PinnedFloats gradient = slot(group.name() + GRADIENT);
        if (optimizer.accumulation() > 1) {
          if (pending == 0) {
            gradient.clear();
          }
          in.put(group.name() + ".sum", gradient.tensor());
        }
        pinned.put(group.name() + GRADIENT, gradient.tensor());
      }
      buffers.forEach(
          (name, slot) -> {
            in.putIfAbsent(name, slot.now().tensor());
            pinned.put(name + UpdateGraph.NEXT, slot.next().tensor());
          });
      Map<String, Float> numbers = run(gradientSession, in, pinned);
      float loss = numbers.getOrDefault("loss", Float.NaN);
      float norm = numbers.getOrDefault(UpdateGraph.NORM, Float.NaN);
      boolean clips = optimizer.maxGradNorm() > 0;
      if (!Float.isFinite(loss) || clips && !Float.isFinite(norm)) {
        pending = 0;
        throw new NonFiniteLossException(step, loss, largestGradients());
      }
      numbers.remove("loss");
      numbers.remove(UpdateGraph.NORM);
      buffers.values().forEach(Slot::swap);
      pending++;
      boolean updates = pending == optimizer.accumulation();
      if (updates) {
        update(learningRate, norm);
      }
      return new StepResult(
          loss, Collections.unmodifiableMap(numbers), updates, updates ? norm : Double.NaN);
    } catch (OrtException e) {
      throw new SampoException("Step " + step + " failed: " + e.getMessage(), e);
    }
  }

  /** Runs a graph; loss and metrics come back as numbers, the rest goes to the pinned tensors. */
  private Map<String, Float> run(
      OrtSession session, Map<String, OnnxTensor> in, Map<String, OnnxTensor> pinned)
      throws OrtException {
    Set<String> wanted = new LinkedHashSet<>(List.of(graph.loss().name()));
    wanted.addAll(Value.names(graph.metricValues().values()));
    boolean norm = session.getOutputNames().contains(UpdateGraph.NORM);
    if (norm) {
      wanted.add(UpdateGraph.NORM);
    }
    Map<String, Float> numbers = new LinkedHashMap<>();
    try (OrtSession.Result result = session.run(in, wanted, pinned)) {
      numbers.put("loss", number(result, graph.loss().name()));
      for (Map.Entry<String, Value> metric : graph.metricValues().entrySet()) {
        numbers.put(metric.getKey(), number(result, metric.getValue().name()));
      }
      if (norm) {
        numbers.put(UpdateGraph.NORM, number(result, UpdateGraph.NORM));
      }
    }
    return numbers;
  }

  private static float number(OrtSession.Result result, String name) {
    return ((OnnxTensor) result.get(name).orElseThrow()).getFloatBuffer().get(0);
  }

  private void update(double learningRate, float norm) throws OrtException {
    pending = 0;
    setScalars(learningRate, norm);
    update.run();
    step++;
  }

  private void setScalars(double learningRate, float norm) {
    UpdateRule.scalars(optimizer, step + 1, learningRate)
        .forEach(
            (name, value) -> {
              PinnedFloats pinned = scalars.get(name);
              if (pinned != null) {
                pinned.set(0, value);
              }
            });
    slot(scalars, UpdateGraph.NORM).set(0, norm);
  }

  private PinnedFloats slot(String name) {
    return slot(slots, name);
  }

  private static PinnedFloats slot(Map<String, PinnedFloats> slots, String name) {
    PinnedFloats slot = slots.get(name);
    if (slot == null) {
      throw new IllegalStateException("No slot " + name);
    }
    return slot;
  }

  private List<String> largestGradients() {
    Map<String, Double> norms = new LinkedHashMap<>();
    for (FlatGroup group : groups) {
      Map<String, float[]> gradients = new LinkedHashMap<>();
      group.write(slot(group.name() + GRADIENT).copy(), gradients);
      gradients.forEach(
          (name, values) -> {
            double sum = 0;
            for (float v : values) {
              sum += (double) v * v;
            }
            norms.put(name, Math.sqrt(sum));
          });
    }
    List<String> names = new ArrayList<>(norms.keySet());
    names.sort((a, b) -> Double.compare(rank(norms.get(b)), rank(norms.get(a))));
    List<String> result = new ArrayList<>();
    for (String name : names.subList(0, Math.min(3, names.size()))) {
      result.add(name + " (" + norms.get(name) + ")");
    }
    return result;
  }

  private static double rank(@Nullable Double norm) {
    return norm == null || Double.isNaN(norm) ? Double.POSITIVE_INFINITY : norm;
  }

  @Override
  public synchronized Map<String, Float> evaluate(Batch batch) {
    requireOpen();
    try (Feed feed = new Feed(env, graph, batch)) {
      Map<String, OnnxTensor> in = feed.tensors();
      groups.forEach(group -> in.put(group.name(), slot(group.name()).tensor()));
      OrtSession session = evalSession();
      buffers.forEach((name, slot) -> in.putIfAbsent(name, slot.now().tensor()));
      in.keySet().retainAll(session.getInputNames());
      return run(session, in, Collections.emptyMap());
    } catch (OrtException e) {
      throw new SampoException("The evaluation failed: " + e.getMessage(), e);
    }
  }

  @Override
  public synchronized long steps() {
    return step;
  }

  @Override
  public synchronized TrainingState state() {
    requireOpen();
    List<Map<String, float[]>> parts = new ArrayList<>();
    for (String kind : KINDS) {
      Map<String, float[]> part = new LinkedHashMap<>();
      for (FlatGroup group : groups) {
        PinnedFloats slot = slots.get(group.name() + kind);
        if (slot != null) {
          group.write(slot.copy(), part);
        }
      }
      parts.add(part);
    }
    buffers.forEach((name, slot) -> parts.get(0).put(name, slot.now().copy()));
    return new TrainingState(step, parts.get(0), parts.get(1), parts.get(2), parts.get(3));
  }

  private void requireOpen() {
    if (closed) {
      throw new ClosedException("This training was closed. Open another at a state of it.");
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      slots.values().forEach(PinnedFloats::close);
      buffers.values().forEach(Slot::close);
      scalars.values().forEach(PinnedFloats::close);
      if (evalSession != null) {
        evalSession.close();
      }
      update.close();
      gradientSession.close();
      options.close();
    } catch (OrtException e) {
      throw new SampoException("The training sessions cannot be closed: " + e.getMessage(), e);
    }
  }

  /** A value that one run reads and the next one writes: two buffers that change places. */
  private static final class Slot {
    private PinnedFloats now;
    private PinnedFloats next;

    Slot(OrtEnvironment env, float[] value, long[] shape) throws OrtException {
      now = new PinnedFloats(env, value, shape);
      next = new PinnedFloats(env, new float[value.length], shape);
    }

    PinnedFloats now() {
      return now;
    }

    PinnedFloats next() {
      return next;
    }

    void swap() {
      PinnedFloats old = now;
      now = next;
      next = old;
    }

    void close() {
      now.close();
      next.close();
    }
  }

  /** The tensors of one batch, closed after the step. */
  static final class Feed implements AutoCloseable {
    private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    private final List<OnnxTensor> owned = new ArrayList<>();

    Feed(OrtEnvironment env, TrainingGraph graph, Batch batch) throws OrtException {
      Map<String, TensorType> wanted = new LinkedHashMap<>(graph.inputs());
      graph
          .live()
          .forEach(
              (model, parameters) ->
                  wanted.put(
                      TrainingGraph.liveInput(model),
                      TensorType.floats(parameters.stream().mapToLong(Parameter::size).sum())));
      for (String carried : graph.carried()) {
        if (batch.names().contains(carried)) {
          wanted.put(carried, graph.carriedType(carried));
        }
      }
      for (Map.Entry<String, TensorType> input : wanted.entrySet()) {
        Batch.Value value = batch.value(input.getKey());
        if (!Arrays.equals(value.shape(), input.getValue().dims())) {
          throw new SampoException(
              "Input '"
                  + input.getKey()
                  + "' has shape "
                  + Arrays.toString(value.shape())
                  + ", wanted "
                  + Arrays.toString(input.getValue().dims())
                  + ": a training graph is made for one batch size and length.");
        }
        OnnxTensor tensor =
            OnnxTensor.createTensor(
                env,
                value.bytes(),
                value.shape(),
                value.isFloat() ? OnnxJavaType.FLOAT : OnnxJavaType.INT64);
        owned.add(tensor);
        tensors.put(input.getKey(), tensor);
      }
    }

    Map<String, OnnxTensor> tensors() {
      return tensors;
    }

    @Override
    public void close() {
      owned.forEach(OnnxTensor::close);
    }
  }
}
