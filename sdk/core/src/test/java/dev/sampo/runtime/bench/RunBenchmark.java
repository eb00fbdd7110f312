package dev.sampo.runtime.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.RunOptions;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Graphs;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a call costs beside its arithmetic: ONNX Runtime's own {@code run}, {@link GraphRun} and {@link Graph#run}, on graphs that do next to
 * nothing. Run: {@code mvn -pl sdk/core -am test-compile}, then {@code org.openjdk.jmh.Main RunBenchmark} on the test class path. Compare
 * ratios within one run only.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RunBenchmark {
  /** {@code many}: 25 inputs and 25 outputs. {@code product}: one of each. */
  @Param({"many", "product"})
  public String graph = "many";

  private final Map<String, OnnxTensor> rawInputs = new LinkedHashMap<>();
  private final Map<String, OnnxTensor> rawPinned = new LinkedHashMap<>();
  private final Map<String, Tensor> inputs = new LinkedHashMap<>();
  private final Map<String, Tensor> pinned = new LinkedHashMap<>();
  private OrtSession session;
  private RunOptions options;
  private Graph loaded;
  private GraphRun run;
  private GraphRun allocating;
  private final CancellationToken token = new CancellationToken();

  @Setup
  public void setUp() throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (SessionOptions sessionOptions = new SessionOptions()) {
      sessionOptions.setIntraOpNumThreads(1);
      session = environment.createSession(Graphs.path(graph + ".onnx").toString(), sessionOptions);
    }
    options = new RunOptions();
    loaded =
        Graph.load(Graphs.path(graph + ".onnx"), SessionConfig.builder().intraOpThreads(1).build());
    run = loaded.prepare();
    allocating = loaded.prepare();
    for (String name : loaded.inputs().keySet()) {
      Shape shape = loaded.inputs().get(name).shape().with(0, 1);
      Tensor tensor = Tensor.allocate(ElementType.FLOAT32, shape);
      inputs.put(name, tensor);
      rawInputs.put(name, raw(environment, shape));
      run.input(name, tensor);
      allocating.input(name, tensor);
    }
    for (String name : loaded.outputs().keySet()) {
      Shape shape = loaded.outputs().get(name).shape().with(0, 1);
      Tensor tensor = Tensor.allocate(ElementType.FLOAT32, shape);
      pinned.put(name, tensor);
      rawPinned.put(name, raw(environment, shape));
      run.output(name, tensor);
      allocating.output(name);
    }
  }

  private static OnnxTensor raw(OrtEnvironment environment, Shape shape) throws OrtException {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect((int) shape.elementCount() * Float.BYTES)
            .order(ByteOrder.nativeOrder());
    return OnnxTensor.createTensor(environment, bytes.asFloatBuffer(), shape.dims());
  }

  @TearDown
  public void tearDown() throws OrtException {
    run.close();
    allocating.close();
    loaded.close();
    options.close();
    session.close();
    inputs.values().forEach(Tensor::close);
    pinned.values().forEach(Tensor::close);
    rawInputs.values().forEach(OnnxTensor::close);
    rawPinned.values().forEach(OnnxTensor::close);
  }

  @Benchmark
  public int pinnedBare() throws OrtException {
    try (OrtSession.Result result =
        session.run(rawInputs, Collections.emptySet(), rawPinned, options)) {
      return result.size();
    }
  }

  @Benchmark
  public void pinnedGraphRun() {
    run.run(token);
  }

  @Benchmark
  public int pinnedGraph() {
    try (Outputs outputs = loaded.run(inputs, Collections.emptySet(), pinned, token)) {
      return outputs.names().size();
    }
  }

  @Benchmark
  public int allocatedBare() throws OrtException {
    try (OrtSession.Result result = session.run(rawInputs, session.getOutputNames())) {
      return result.size();
    }
  }

  @Benchmark
  public void allocatedGraphRun() {
    allocating.run(token);
  }

  @Benchmark
  public int allocatedGraph() {
    try (Outputs outputs = loaded.run(inputs)) {
      return outputs.names().size();
    }
  }
}
