package dev.sampo.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoraAdapter;
import ai.onnxruntime.OrtSession;
import dev.sampo.error.SampoException;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.training.autodiff.GradientRules;
import dev.sampo.training.autodiff.NoGradientException;
import dev.sampo.training.graph.Backend;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.graph.FineTuner;
import dev.sampo.training.graph.LoraConfig;
import dev.sampo.training.graph.NonFiniteLossException;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.SessionSetup;
import dev.sampo.training.graph.StepResult;
import dev.sampo.training.graph.Trainable;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.graph.TrainingState;
import dev.sampo.training.loss.Losses;
import dev.sampo.training.run.FineTuners;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FineTunerTest {
  static {
    // All tests of the module share a process, and some need the library with training.
    dev.sampo.training.artifacts.NativeTraining.install();
  }

  private static final SessionSetup ONE_THREAD = new SessionSetup(1);

  private static TrainingState trained(
      TrainingGraph graph,
      OptimizerConfig optimizer,
      Backend backend,
      TrainingState from,
      int steps) {
    try (FineTuner tuner = FineTuners.open(graph, optimizer, backend, from, ONE_THREAD)) {
      for (int i = 0; i < steps; i++) {
        tuner.step(TinyModels.batch(tuner.steps()), 0.01);
      }
      return tuner.state();
    }
  }

  /** Kernels of ONNX Runtime for the first two; the others need what its optimizers do not have. */
  private static List<OptimizerConfig> optimizers() {
    return List.of(
        OptimizerConfig.adamW(),
        OptimizerConfig.sgd(),
        OptimizerConfig.adamW().withEmaDecay(0.9).withMaxGradNorm(0.5),
        OptimizerConfig.adamW().withWeightDecay(0.3).withDecayVectors(false),
        OptimizerConfig.adamW().withWeightClip(0.5),
        OptimizerConfig.sgd().withMomentum(0.9).withWeightDecay(0.1));
  }

  @Test
  void state_savedAndReopened_goesOnBitForBit() {
    TrainingGraph graph = TinyModels.graph(Trainable.all());
    for (OptimizerConfig optimizer : optimizers()) {
      for (Backend backend : Backend.values()) {
        TrainingState start = TrainingState.initial(graph, optimizer);
        TrainingState whole = trained(graph, optimizer, backend, start, 20);
        TrainingState half = trained(graph, optimizer, backend, start, 7);
        assertStates(whole, trained(graph, optimizer, backend, half, 13), 0);
      }
    }
  }

  @Test
  void state_ofOneBackend_goesOnInTheOther() {
    TrainingGraph graph = TinyModels.graph(Trainable.all());
    for (OptimizerConfig optimizer : optimizers()) {
      TrainingState start = TrainingState.initial(graph, optimizer);
      TrainingState plain = trained(graph, optimizer, Backend.PLAIN, start, 20);
      TrainingState half = trained(graph, optimizer, Backend.PLAIN, start, 7);
      assertStates(plain, trained(graph, optimizer, Backend.ORT_TRAINING, half, 13), 1e-5f);
      TrainingState other = trained(graph, optimizer, Backend.ORT_TRAINING, start, 7);
      assertStates(plain, trained(graph, optimizer, Backend.PLAIN, other, 13), 1e-5f);
    }
  }

  @Test
  void step_withAccumulationAndClipping_tellsTheSameNormOnBothBackends() {
    TrainingGraph graph = TinyModels.graph(Trainable.all());
    for (OptimizerConfig base : optimizers()) {
      OptimizerConfig optimizer = base.withAccumulation(3).withMaxGradNorm(0.2);
      List<List<Double>> norms = new ArrayList<>();
      List<TrainingState> ends = new ArrayList<>();
      for (Backend backend : Backend.values()) {
        List<Double> seen = new ArrayList<>();
        try (FineTuner tuner = FineTuners.open(graph, optimizer, backend)) {
          for (int i = 0; i < 9; i++) {
            StepResult result = tuner.step(TinyModels.batch(i), 0.01);
            assertEquals(i % 3 == 2, result.updated());
            assertEquals(i % 3 == 2, Double.isFinite(result.gradNorm()));
            if (result.updated()) {
              seen.add(result.gradNorm());
            }
          }
          ends.add(tuner.state());
        }
        norms.add(seen);
      }
      for (int i = 0; i < 3; i++) {
        assertEquals(norms.get(0).get(i), norms.get(1).get(i), 1e-5);
      }
      assertStates(ends.get(0), ends.get(1), 1e-5f);
    }
  }

  @Test
  void step_withWeightClip_keepsEveryWeightInside() {
    TrainingGraph graph = TinyModels.graph(Trainable.all());
    OptimizerConfig clipped = OptimizerConfig.adamW().withWeightClip(0.25);
    for (Backend backend : Backend.values()) {
      TrainingState start = TrainingState.initial(graph, clipped);
      TrainingState end = trained(graph, clipped, backend, start, 1);
      for (float[] weight : end.values().values()) {
        for (float w : weight) {
          assertTrue(Math.abs(w) <= 0.25f, backend + ": " + w);
        }
      }
    }
  }

  private static void assertStates(TrainingState a, TrainingState b, float tolerance) {
    assertEquals(a.step(), b.step());
    assertEquals(a.values().keySet(), b.values().keySet());
    a.values().forEach((k, v) -> assertClose(v, b.values().get(k), tolerance, k));
    a.firstMoments().forEach((k, v) -> assertClose(v, b.firstMoments().get(k), tolerance, k));
    a.secondMoments().forEach((k, v) -> assertClose(v, b.secondMoments().get(k), tolerance, k));
    assertEquals(a.average().keySet(), b.average().keySet());
    a.average().forEach((k, v) -> assertClose(v, b.average().get(k), tolerance, k));
  }

  private static void assertClose(float[] wanted, float[] got, float tolerance, String name) {
    if (tolerance == 0) {
      assertArrayEquals(wanted, got, name);
    } else {
      assertArrayEquals(wanted, got, tolerance, name);
    }
  }

  @Test
  void evaluate_afterTraining_isBetterAndLeavesTheWeights() {
    TrainingGraph graph = TinyModels.graph(Trainable.all());
    try (FineTuner tuner = FineTuners.open(graph, OptimizerConfig.adamW(), Backend.PLAIN)) {
      float before = tuner.evaluate(TinyModels.batch(1000)).get("loss");
      for (int i = 0; i < 300; i++) {
        tuner.step(TinyModels.batch(i), 0.02);
      }
      float[] weights = tuner.state().values().get("w1");
      Map<String, Float> after = tuner.evaluate(TinyModels.batch(1000));
      assertTrue(after.get("loss") < before / 3, before + " -> " + after);
      assertTrue(after.get("accuracy") >= 0.75f, after.toString());
      assertArrayEquals(weights, tuner.state().values().get("w1"));
    }
  }

  @Test
  void trainable_matching_movesOnlyThoseWeights() {
    TrainingGraph graph = TinyModels.graph(Trainable.matching("2$"));
    assertEquals(Set.of("w2", "b2"), graph.parameters().keySet());
    TrainingState start = TrainingState.initial(graph, OptimizerConfig.adamW());
    TrainingState end = trained(graph, OptimizerConfig.adamW(), Backend.PLAIN, start, 3);
    ModelProto exported = graph.export("model", end.values());
    Map<String, float[]> before = weights(TinyModels.classifier());
    Map<String, float[]> after = weights(exported);
    assertArrayEquals(before.get("w1"), after.get("w1"));
    assertArrayEquals(end.values().get("w2"), after.get("w2"));
  }

  private static Map<String, float[]> weights(ModelProto model) {
    Map<String, float[]> result = new LinkedHashMap<>();
    model
        .getGraph()
        .getInitializerList()
        .forEach(t -> result.put(t.getName(), Tensors.toFloats(t)));
    return result;
  }

  private static TrainingGraph lora(ModelProto model) {
    return TrainingGraph.builder()
        .model("model", model)
        .trainable(Trainable.lora(LoraConfig.ofRank(2)))
        .objective(Losses.crossEntropy("logits"))
        .build();
  }

  @Test
  void lora_ofMatMulGemmAndConv_trainsPairsOnly() {
    assertEquals(
        Set.of("w1.lora_A", "w1.lora_B", "w2.lora_A", "w2.lora_B"),
        lora(TinyModels.classifier()).parameters().keySet());
    TrainingGraph conv = lora(TinyModels.convolutional());
    assertEquals(
        Set.of("kernel.lora_A", "kernel.lora_B", "head.lora_A", "head.lora_B"),
        conv.parameters().keySet());
    assertArrayEquals(new long[] {2, 2}, conv.parameters().get("kernel.lora_A").type().dims());
    assertArrayEquals(new long[] {4, 2}, conv.parameters().get("kernel.lora_B").type().dims());
  }

  @Test
  void lora_merged_givesTheLogitsThatWereTrained() throws Exception {
    for (ModelProto model : List.of(TinyModels.classifier(), TinyModels.convolutional())) {
      for (Backend backend : Backend.values()) {
        TrainingGraph graph = lora(model);
        OptimizerConfig optimizer = OptimizerConfig.adamW();
        TrainingState start = TrainingState.initial(graph, optimizer);
        Batch batch = TinyModels.batch(3);
        try (FineTuner tuner = FineTuners.open(graph, optimizer, backend, start, ONE_THREAD)) {
          float first = tuner.evaluate(batch).get("loss");
          for (int i = 0; i < 50; i++) {
            tuner.step(TinyModels.batch(i), 0.02);
          }
          float last = tuner.evaluate(batch).get("loss");
          assertTrue(last < first, first + " -> " + last);
          ModelProto merged = graph.export("model", tuner.state().values());
          TrainingGraph check =
              TrainingGraph.builder()
                  .model("model", merged)
                  .objective(Losses.crossEntropy("logits"))
                  .build();
          try (FineTuner same = FineTuners.open(check, optimizer, Backend.PLAIN)) {
            assertEquals(last, same.evaluate(batch).get("loss"), 1e-5);
          }
        }
      }
    }
  }

  @Test
  void lora_exportedAsAdapter_givesTheLogitsOfTheMergedModel() throws Exception {
    for (ModelProto model : List.of(TinyModels.classifier(), TinyModels.convolutional())) {
      TrainingGraph graph = lora(model);
      TrainingState start = TrainingState.initial(graph, OptimizerConfig.adamW());
      TrainingState end = trained(graph, OptimizerConfig.adamW(), Backend.PLAIN, start, 20);
      Path file = Files.createTempFile("adapter", ".onnx_adapter");
      graph.exportAdapter("model", end.values(), file);
      byte[] base = graph.exportForAdapters("model").toByteArray();
      float[][] merged = logits(graph.export("model", end.values()).toByteArray(), null);
      float[][] untouched = logits(model.toByteArray(), null);
      float[][] adapted = logits(base, file);
      float[][] plain = logits(base, null);
      Files.delete(file);
      for (int i = 0; i < 8; i++) {
        assertArrayEquals(merged[i], adapted[i], 1e-5f);
        assertArrayEquals(untouched[i], plain[i], 1e-6f);
      }
    }
  }

  private static float[][] logits(byte[] model, @Nullable Path adapter) throws Exception {
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    Batch.Value value = TinyModels.batch(9).value("x");
    try (OrtSession session = env.createSession(model);
        OrtSession.RunOptions options = new OrtSession.RunOptions();
        OrtLoraAdapter lora = adapter == null ? null : OrtLoraAdapter.create(adapter.toString());
        OnnxTensor x = OnnxTensor.createTensor(env, value.bytes().asFloatBuffer(), value.shape())) {
      if (lora != null) {
        options.addActiveLoraAdapter(lora);
      }
      try (OrtSession.Result result = session.run(Map.of("x", x), options)) {
        return (float[][]) result.get("logits").orElseThrow().getValue();
      }
    }
  }

  @Test
  void step_withNaN_namesStepAndGradientsAndKeepsTheWeights() {
    TrainingGraph graph = TinyModels.graph(Trainable.all());
    float[] x = new float[48];
    x[3] = Float.NaN;
    Batch bad = new Batch().floats("x", x, 8, 6).longs("labels", new long[8], 8);
    for (OptimizerConfig optimizer : optimizers()) {
      for (Backend backend : Backend.values()) {
        try (FineTuner tuner = FineTuners.open(graph, optimizer, backend)) {
          tuner.step(TinyModels.batch(0), 0.01);
          TrainingState before = tuner.state();
          NonFiniteLossException e =
              assertThrows(NonFiniteLossException.class, () -> tuner.step(bad, 0.01));
          assertEquals(1, e.step());
          assertEquals(3, e.largestGradients().size());
          assertTrue(
              e.getMessage().startsWith("The loss is NaN at step 1. Largest gradients: "),
              e.getMessage());
          assertStates(before, tuner.state(), 0);
          assertTrue(Float.isFinite(tuner.step(TinyModels.batch(1), 0.01).loss()));
        }
      }
    }
  }

  @Test
  void step_withInfiniteGradientOfAFiniteLoss_keepsTheWeights() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("x", TensorType.floats(2, 3));
    Value w = g.initializer(Tensors.ofFloats("w", new long[] {3, 3}, new float[9]));
    g.output(g.named(g.op("Sqrt", g.matMul(x, w)), "y", TensorType.floats(2, 3)));
    TrainingGraph graph =
        TrainingGraph.builder().model("model", g.model()).objective(Losses.l1("y")).build();
    float[] ones = {1, 1, 1, 1, 1, 1};
    Batch batch = new Batch().floats("x", ones, 2, 3).floats("target", ones, 2, 3);
    OptimizerConfig plain = OptimizerConfig.adamW().withMaxGradNorm(1);
    for (OptimizerConfig optimizer : List.of(plain, plain.withEmaDecay(0.5))) {
      for (Backend backend : Backend.values()) {
        try (FineTuner tuner = FineTuners.open(graph, optimizer, backend)) {
          NonFiniteLossException e =
              assertThrows(NonFiniteLossException.class, () -> tuner.step(batch, 0.01));
          assertTrue(
              e.getMessage()
                  .startsWith("The gradient is not finite at step 0 (the loss is 1.0). Largest"),
              e.getMessage());
          assertTrue(e.largestGradients().get(0).startsWith("w ("), e.getMessage());
          assertArrayEquals(new float[9], tuner.state().values().get("w"));
        }
      }
    }
  }

  @Test
  void step_withAnotherShape_saysWhatIsWanted() {
    TrainingGraph graph = TinyModels.graph(Trainable.all());
    Batch small = new Batch().floats("x", new float[12], 2, 6).longs("labels", new long[2], 2);
    for (Backend backend : Backend.values()) {
      try (FineTuner tuner = FineTuners.open(graph, OptimizerConfig.adamW(), backend)) {
        SampoException e = assertThrows(SampoException.class, () -> tuner.step(small, 0.01));
        assertEquals(
            "Input 'x' has shape [2, 6], wanted [8, 6]: a training graph is made for one batch size"
                + " and length.",
            e.getMessage());
      }
    }
  }

  @Test
  void build_withOperatorWithoutRule_namesTheNode() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("x", TensorType.floats(2, 3));
    Value w = g.initializer(Tensors.ofFloats("w", new long[] {3, 3}, new float[9]));
    g.node("", "Det", List.of(), List.of(g.matMul(w, w)), List.of("d"));
    Value sum = g.add(g.matMul(x, w), new Value("d"));
    g.output(g.named(sum, "logits", TensorType.floats(2, 3)));
    NoGradientException e =
        assertThrows(
            NoGradientException.class,
            () ->
                TrainingGraph.builder()
                    .model("model", g.model())
                    .objective(Losses.crossEntropy("logits"))
                    .build());
    assertEquals("Det", e.opType());
    assertTrue(e.getMessage().startsWith("Node 'd__"), e.getMessage());
    assertTrue(GradientRules.standard().supported().contains("Conv"));
  }

  @Test
  void lossGraph_ofAUser_isConnectedByNames() {
    GraphBuilder loss = new GraphBuilder();
    Value logits = loss.input("logits", TensorType.floats(8, 3));
    Value wanted = loss.input("goal", TensorType.floats(8, 3));
    Value value = loss.meanAll(loss.square(loss.sub(logits, wanted)));
    loss.setType(value.name(), TensorType.floats());
    loss.output(value);
    TrainingGraph graph =
        TrainingGraph.builder()
            .model("model", TinyModels.classifier())
            .objective(Losses.graph(loss.model()))
            .build();
    assertEquals(Set.of("x", "goal"), graph.inputs().keySet());
    float[] x = new float[48];
    float[] goal = new float[24];
    Batch batch = new Batch().floats("x", x, 8, 6).floats("goal", goal, 8, 3);
    try (FineTuner tuner = FineTuners.open(graph, OptimizerConfig.sgd(), Backend.PLAIN)) {
      float first = tuner.step(batch, 0.1).loss();
      float last = first;
      for (int i = 0; i < 30; i++) {
        last = tuner.step(batch, 0.1).loss();
      }
      assertTrue(last < first / 2, first + " -> " + last);
    }
  }

  @Test
  void export_runsInAnOrdinarySession() throws Exception {
    TrainingGraph graph = TinyModels.graph(Trainable.all());
    TrainingState start = TrainingState.initial(graph, OptimizerConfig.adamW());
    TrainingState end = trained(graph, OptimizerConfig.adamW(), Backend.PLAIN, start, 5);
    byte[] bytes = graph.export("model", end.values()).toByteArray();
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    try (OrtSession session = env.createSession(bytes);
        OnnxTensor x = OnnxTensor.createTensor(env, new float[8][6]);
        OrtSession.Result result = session.run(Map.of("x", x))) {
      assertArrayEquals(
          new long[] {8, 3},
          ((OnnxTensor) result.get("logits").orElseThrow()).getInfo().getShape());
    }
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void close_whileFourThreadsTrain_isSafe(Backend backend) throws Exception {
    TrainingGraph graph = TinyModels.graph(Trainable.all());
    var threads = java.util.concurrent.Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 10; round++) {
        FineTuner tuner = FineTuners.open(graph, OptimizerConfig.adamW(), backend);
        List<java.util.concurrent.Future<?>> users = new java.util.ArrayList<>();
        var started = new java.util.concurrent.CountDownLatch(1);
        for (int i = 0; i < 4; i++) {
          int way = i;
          users.add(
              threads.submit(
                  () -> {
                    try {
                      for (long n = 0; ; n++) {
                        if (way < 2) {
                          tuner.step(TinyModels.batch(n), 1e-3);
                        } else if (way == 2) {
                          tuner.evaluate(TinyModels.batch(n));
                        } else {
                          tuner.state();
                        }
                        started.countDown();
                      }
                    } catch (dev.sampo.error.ClosedException e) {
                      assertTrue(e.getMessage().contains("was closed"), e.getMessage());
                    }
                  }));
        }
        started.await();
        tuner.close();
        for (var user : users) {
          user.get();
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
