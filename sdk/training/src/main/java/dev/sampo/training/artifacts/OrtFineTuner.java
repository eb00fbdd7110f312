package dev.sampo.training.artifacts;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtTrainingSession;
import dev.sampo.error.ClosedException;
import dev.sampo.error.SampoException;
import dev.sampo.io.ScratchFiles;
import dev.sampo.onnx.TensorType;
import dev.sampo.training.files.CheckpointFile;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.graph.FineTuner;
import dev.sampo.training.graph.NonFiniteLossException;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.Parameter;
import dev.sampo.training.graph.SessionSetup;
import dev.sampo.training.graph.StepResult;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.graph.TrainingState;
import dev.sampo.training.plain.PlainFineTuner;
import dev.sampo.training.plain.UpdateRule;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Training with {@code OrtTrainingSession}. The weights live in the session; Java sees them through a checkpoint. */
public final class OrtFineTuner implements FineTuner {
  private final TrainingGraph graph;
  private final OptimizerConfig optimizer;
  private final OrtEnvironment env;
  private final Path folder;
  private final OrtSession.SessionOptions options;
  private final OrtTrainingSession session;
  private final Map<String, float[]> buffers = new LinkedHashMap<>();
  private final @Nullable OwnUpdate own;
  private final SessionSetup setup;
  private long step;
  private int pending;
  private boolean closed;

  public OrtFineTuner(
      TrainingGraph graph, OptimizerConfig optimizer, TrainingState state, SessionSetup setup) {
    this.graph = graph;
    this.optimizer = optimizer;
    this.setup = setup;
    NativeTraining.require();
    own = OwnUpdate.orNull(graph, optimizer);
    step = state.step();
    env = OrtEnvironment.getEnvironment();
    folder = temporaryFolder();
    options = new OrtSession.SessionOptions();
    session = open(state);
    for (String buffer : graph.buffers().keySet()) {
      float[] value = state.values().get(buffer);
      buffers.put(buffer, value != null ? value.clone() : graph.initialValue(buffer));
    }
  }

  private static Path temporaryFolder() {
    try {
      return ScratchFiles.folder("training");
    } catch (IOException e) {
      throw new SampoException("There is no temporary folder for the artifacts: " + e, e);
    }
  }

  private OrtTrainingSession open(TrainingState state) {
    boolean opened = false;
    try {
      Artifacts.write(graph, optimizer, folder);
      checkpoint(state).write(folder.resolve("checkpoint"));
      if (setup.threads() > 0) {
        options.setIntraOpNumThreads(setup.threads());
      }
      OrtTrainingSession result =
          env.createTrainingSession(
              path("checkpoint"),
              path("training_model.onnx"),
              path("eval_model.onnx"),
              own == null ? path("optimizer_model.onnx") : null,
              options);
      opened = true;
      return result;
    } catch (OrtException | IOException e) {
      throw new SampoException(
          "The training session cannot be opened: " + e.getMessage() + where(), e);
    } finally {
      if (!opened) {
        options.close();
        removeFolder();
      }
    }
  }

  private String where() {
    return ". Its files lie in " + folder + "; another place is set with -Djava.io.tmpdir.";
  }

  private String path(String file) {
    return folder.resolve(file).toString();
  }

  private CheckpointFile checkpoint(TrainingState state) {
    boolean moments = own == null && state.step() > 0;
    return new CheckpointFile(
        state.step(),
        entries(state.values()),
        own == null ? Collections.emptyMap() : own.entries(state),
        moments ? entries(state.firstMoments()) : Collections.emptyMap(),
        moments ? entries(state.secondMoments()) : Collections.emptyMap(),
        Collections.emptyMap());
  }

  private Map<String, CheckpointFile.Entry> entries(Map<String, float[]> values) {
    Map<String, CheckpointFile.Entry> result = new LinkedHashMap<>();
    for (Parameter p : graph.parameters().values()) {
      float[] value = values.get(p.name());
      if (value != null) {
        result.put(p.name(), new CheckpointFile.Entry(p.type().dims(), value));
      }
    }
    return result;
  }

  @Override
  public TrainingGraph graph() {
    return graph;
  }

  @Override
  public synchronized StepResult step(Batch batch, double learningRate) {
    requireOpen();
    boolean last = pending + 1 == optimizer.accumulation();
    try (Feed feed = new Feed(session.getTrainInputNames(), batch, learningRate, last);
        OrtSession.Result result = session.trainStep(feed.tensors)) {
      float loss = number(result, graph.loss().name());
      double norm = optimizer.maxGradNorm() > 0 ? number(result, Artifacts.NORM) : Double.NaN;
      if (!Float.isFinite(loss) || Double.isInfinite(norm) || (clips() && Double.isNaN(norm))) {
        session.lazyResetGrad();
        pending = 0;
        throw new NonFiniteLossException(step, loss, largestGradients(batch));
      }
      Map<String, Float> metrics = new LinkedHashMap<>();
      graph
          .metricValues()
          .forEach((name, value) -> metrics.put(name, number(result, value.name())));
      for (String buffer : graph.buffers().keySet()) {
        tensor(result, buffer + Artifacts.NEXT).getFloatBuffer().get(buffers.get(buffer));
      }
      pending++;
      if (last) {
        if (own == null) {
          session.setLearningRate((float) learningRate);
          session.optimizerStep();
        }
        session.lazyResetGrad();
        pending = 0;
        step++;
      }
      double told = last ? norm : Double.NaN;
      return new StepResult(loss, Collections.unmodifiableMap(metrics), last, told);
    } catch (OrtException e) {
      throw new SampoException("Step " + step + " failed: " + e.getMessage(), e);
    }
  }

  private boolean clips() {
    return optimizer.maxGradNorm() > 0;
  }

  /** The session does not tell gradients: the same step is done once more by plain graphs. */
  private List<String> largestGradients(Batch batch) {
    OptimizerConfig once = optimizer.withAccumulation(1).withMaxGradNorm(1);
    try (PlainFineTuner plain = new PlainFineTuner(graph, once, state(), setup)) {
      plain.step(batch, 0);
      return Collections.emptyList();
    } catch (NonFiniteLossException e) {
      return e.largestGradients();
    }
  }

  private static OnnxTensor tensor(OrtSession.Result result, String name) {
    return (OnnxTensor) result.get(name).orElseThrow();
  }

  private static float number(OrtSession.Result result, String name) {
    return tensor(result, name).getFloatBuffer().get(0);
  }

  @Override
  public synchronized Map<String, Float> evaluate(Batch batch) {
    requireOpen();
    try (Feed feed = new Feed(session.getEvalInputNames(), batch, 0, false);
        OrtSession.Result result = session.evalStep(feed.tensors)) {
      Map<String, Float> numbers = new LinkedHashMap<>();
      numbers.put("loss", number(result, graph.loss().name()));
      graph
          .metricValues()
          .forEach((name, value) -> numbers.put(name, number(result, value.name())));
      return numbers;
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
    Path file = folder.resolve("state");
    try {
      session.saveCheckpoint(file, own == null);
      CheckpointFile checkpoint = CheckpointFile.read(file);
      Map<String, float[]> values = values(checkpoint.trainable());
      buffers.forEach((name, value) -> values.put(name, value.clone()));
      Map<String, float[]> first = values(checkpoint.firstMoments());
      Map<String, float[]> second = values(checkpoint.secondMoments());
      Map<String, float[]> average = new LinkedHashMap<>();
      OwnUpdate.sort(checkpoint.frozen(), first, second, average);
      if (first.isEmpty()) {
        for (Parameter p : graph.parameters().values()) {
          first.put(p.name(), new float[p.size()]);
        }
      }
      return new TrainingState(step, values, first, second, average);
    } catch (OrtException | IOException e) {
      throw new SampoException("The weights cannot be read back: " + e.getMessage() + where(), e);
    }
  }

  private static Map<String, float[]> values(Map<String, CheckpointFile.Entry> entries) {
    Map<String, float[]> result = new LinkedHashMap<>();
    entries.forEach((name, entry) -> result.put(name, entry.values()));
    return result;
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
    session.close();
    options.close();
    removeFolder();
  }

  private void removeFolder() {
    ScratchFiles.delete(folder);
  }

  /** The tensors of one step in the order of the session's inputs, closed after it. */
  private final class Feed implements AutoCloseable {
    private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();

    Feed(Set<String> order, Batch batch, double learningRate, boolean update) throws OrtException {
      Map<String, Float> scalars = UpdateRule.scalars(optimizer, step + 1, learningRate);
      List<String> missing = new ArrayList<>();
      for (String name : order) {
        if (batch.names().contains(name)) {
          Batch.Value value = batch.value(name);
          check(name, value);
          tensors.put(
              name,
              OnnxTensor.createTensor(
                  env,
                  value.bytes(),
                  value.shape(),
                  value.isFloat() ? OnnxJavaType.FLOAT : OnnxJavaType.INT64));
        } else if (own != null && name.equals(OwnUpdate.APPLY)) {
          tensors.put(name, OnnxTensor.createTensor(env, update));
        } else if (own != null && scalars.containsKey(name)) {
          tensors.put(name, OnnxTensor.createTensor(env, scalars.get(name)));
        } else if (buffers.containsKey(name)) {
          float[] value = buffers.get(name);
          FloatBuffer direct =
              ByteBuffer.allocateDirect(4 * value.length)
                  .order(ByteOrder.nativeOrder())
                  .asFloatBuffer();
          direct.duplicate().put(value);
          tensors.put(name, OnnxTensor.createTensor(env, direct, graph.carriedType(name).dims()));
        } else {
          missing.add(name);
        }
      }
      if (!missing.isEmpty()) {
        close();
        throw new SampoException("The batch has no " + missing + "; it has " + batch.names() + ".");
      }
    }

    private void check(String name, Batch.Value value) {
      TensorType type = graph.inputs().get(name);
      if (type != null && !Arrays.equals(type.dims(), value.shape())) {
        throw new SampoException(
            "Input '"
                + name
                + "' has shape "
                + Arrays.toString(value.shape())
                + ", wanted "
                + Arrays.toString(type.dims())
                + ": a training graph is made for one batch size and length.");
      }
    }

    @Override
    public synchronized void close() {
      tensors.values().forEach(OnnxTensor::close);
    }
  }
}
