package dev.sampo.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.io.NpyArray;
import dev.sampo.training.graph.Backend;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.graph.FineTuner;
import dev.sampo.training.graph.Objective;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.Parameter;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.loss.DiffusionLoss;
import dev.sampo.training.loss.GanLosses;
import dev.sampo.training.loss.Losses;
import dev.sampo.training.loss.Terms;
import dev.sampo.training.run.FineTuners;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Loss curves over 50 steps against PyTorch's on the same weights, batches and order
 * ({@code src/test/python/make_curve_goldens.py}), for both back ends.
 */
class CurveGoldenTest {
  static {
    // All tests of the module share a process, and some need the library with training.
    dev.sampo.training.artifacts.NativeTraining.install();
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double TOLERANCE = 1e-4;

  @TestFactory
  Stream<DynamicTest> losses_overFiftySteps_equalPyTorchs() throws Exception {
    String root = System.getProperty("sampo.golden");
    Path folder =
        root == null || !Files.isDirectory(Path.of(root, "curves"))
            ? Path.of(CurveGoldenTest.class.getResource("/golden/curves").toURI())
            : Path.of(root, "curves");
    List<Path> cases;
    try (Stream<Path> files = Files.list(folder)) {
      cases = files.filter(Files::isDirectory).sorted().toList();
    }
    assertFalse(cases.isEmpty(), "no case under " + folder);
    List<DynamicTest> tests = new ArrayList<>();
    for (Path c : cases) {
      JsonNode golden = JSON.readTree(c.resolve("case.json").toFile());
      for (Backend backend : backends()) {
        String name = c.getFileName() + " " + backend;
        tests.add(DynamicTest.dynamicTest(name, () -> check(c, golden, backend)));
      }
    }
    return tests.stream();
  }

  private static List<Backend> backends() {
    return List.of(Backend.PLAIN, Backend.ORT_TRAINING);
  }

  private static void check(Path folder, JsonNode golden, Backend backend) throws Exception {
    Map<String, NpyArray> data = new LinkedHashMap<>();
    for (JsonNode name : golden.get("inputs")) {
      data.put(name.asText(), NpyArray.read(folder.resolve(name.asText() + ".npy")));
    }
    OptimizerConfig optimizer = optimizer(golden.get("optimizer"));
    double rate = golden.get("optimizer").get("lr").asDouble();
    List<Double> got = new ArrayList<>();
    Map<String, float[]> finals;
    Map<String, float[]> average;
    int batches = golden.get("batches").asInt();
    JsonNode wanted = golden.get("losses");
    if (golden.get("objective").get("kind").asText().equals("gan")) {
      finals = Map.of();
      average = Map.of();
      alternate(folder, golden, backend, optimizer, rate, data, got);
    } else {
      TrainingGraph graph =
          builder(folder, golden).objective(objective(golden.get("objective"))).build();
      try (FineTuner tuner = FineTuners.open(graph, optimizer, backend)) {
        for (int step = 0; step < wanted.size(); step++) {
          Batch batch = batch(graph, data, step % batches);
          got.add((double) tuner.step(batch, rate).loss());
        }
        finals = tuner.state().values();
        average = tuner.state().average();
      }
    }
    double worst = 0;
    for (int i = 0; i < wanted.size(); i++) {
      double a = wanted.get(i).asDouble();
      worst = Math.max(worst, Math.abs(a - got.get(i)) / Math.max(1e-3, Math.abs(a)));
    }
    System.out.printf(
        Locale.ROOT,
        "curve %s %s: worst relative difference %.2g%n",
        folder.getFileName(),
        backend,
        worst);
    for (int i = 0; i < wanted.size(); i++) {
      double a = wanted.get(i).asDouble();
      assertEquals(a, got.get(i), TOLERANCE * Math.max(1e-3, Math.abs(a)), "loss of step " + i);
    }
    checkValues(golden.path("final"), finals);
    checkValues(golden.path("average"), average);
  }

  private static void checkValues(JsonNode wanted, Map<String, float[]> got) {
    for (Map.Entry<String, JsonNode> entry : wanted.properties()) {
      float[] value = got.get(entry.getKey());
      for (int i = 0; i < value.length; i++) {
        double a = entry.getValue().get(i).asDouble();
        assertEquals(a, value[i], 1e-4 * Math.max(1, Math.abs(a)), entry.getKey() + " at " + i);
      }
    }
  }

  /** Discriminator and generator in turns, each with the other's newest weights. */
  private static void alternate(
      Path folder,
      JsonNode golden,
      Backend backend,
      OptimizerConfig optimizer,
      double rate,
      Map<String, NpyArray> data,
      List<Double> losses)
      throws Exception {
    GanLosses kind =
        switch (golden.get("objective").get("loss").asText()) {
          case "hinge" -> GanLosses.HINGE;
          case "wasserstein" -> GanLosses.WASSERSTEIN;
          default -> GanLosses.NON_SATURATING;
        };
    OptimizerConfig clipping =
        optimizer.withWeightClip(golden.get("objective").path("weightClip").asDouble());
    TrainingGraph d =
        builder(folder, golden).live("generator").objective(kind.discriminator()).build();
    TrainingGraph g =
        builder(folder, golden).live("discriminator").objective(kind.generator()).build();
    List<Parameter> ofG = d.live().get("generator");
    List<Parameter> ofD = g.live().get("discriminator");
    try (FineTuner critic = FineTuners.open(d, clipping, backend);
        FineTuner maker = FineTuners.open(g, optimizer, backend)) {
      for (int step = 0; losses.size() < golden.get("losses").size(); step++) {
        int i = step % golden.get("batches").asInt();
        float[] generator = maker.weights(ofG);
        Batch forD = batch(d, data, i).floats("generator.weights", generator, generator.length);
        losses.add((double) critic.step(forD, rate).loss());
        float[] discriminator = critic.weights(ofD);
        Batch forG =
            batch(g, data, i).floats("discriminator.weights", discriminator, discriminator.length);
        losses.add((double) maker.step(forG, rate).loss());
      }
    }
  }

  private static TrainingGraph.Builder builder(Path folder, JsonNode golden) throws Exception {
    TrainingGraph.Builder builder = TrainingGraph.builder();
    for (Map.Entry<String, JsonNode> model : golden.get("models").properties()) {
      builder.model(model.getKey(), folder.resolve(model.getValue().asText()));
    }
    golden.get("dims").properties().forEach(d -> builder.dim(d.getKey(), d.getValue().asLong()));
    return builder;
  }

  private static Objective objective(JsonNode o) {
    return switch (o.get("kind").asText()) {
      case "crossEntropy" ->
          Losses.crossEntropy(
              o.get("output").asText(), Terms.IGNORE_INDEX, o.path("smoothing").asDouble());
      case "languageModel" -> {
        Map<String, String> carry = new LinkedHashMap<>();
        o.path("carry").properties().forEach(e -> carry.put(e.getKey(), e.getValue().asText()));
        yield Losses.languageModel(o.get("output").asText(), carry);
      }
      case "seq2seq" -> Losses.sequenceToSequence(o.get("targetLength").asInt());
      case "mse" -> Losses.mse(o.get("output").asText());
      case "l1" -> Losses.l1(o.get("output").asText());
      case "huber" -> Losses.huber(o.get("output").asText(), o.get("delta").asDouble());
      case "bceWithLogits" -> Losses.bceWithLogits(o.get("output").asText());
      case "vae" -> Losses.vae(o.get("beta").asDouble(), false);
      case "diffusion" ->
          (o.get("prediction").asText().equals("v") ? DiffusionLoss.V : DiffusionLoss.EPSILON)
              .of("out_sample");
      default -> throw new IllegalArgumentException("objective " + o);
    };
  }

  private static OptimizerConfig optimizer(JsonNode o) {
    OptimizerConfig config =
        o.get("kind").asText().equals("sgd")
            ? OptimizerConfig.sgd().withMomentum(o.get("momentum").asDouble())
            : OptimizerConfig.adamW()
                .withBetas(o.get("betas").get(0).asDouble(), o.get("betas").get(1).asDouble());
    return config
        .withWeightDecay(o.get("weightDecay").asDouble())
        .withDecayVectors(o.path("decayVectors").asBoolean(true))
        .withMaxGradNorm(o.path("maxGradNorm").asDouble())
        .withAccumulation(o.path("accumulation").asInt(1))
        .withEmaDecay(o.path("emaDecay").asDouble())
        .withWeightClip(o.path("weightClip").asDouble());
  }

  static Batch batch(TrainingGraph graph, Map<String, NpyArray> data, int index) {
    Batch batch = new Batch();
    for (String name : graph.inputs().keySet()) {
      NpyArray all = data.get(name);
      if (all == null) {
        continue;
      }
      long[] shape = Arrays.copyOfRange(all.shape(), 1, all.shape().length);
      int size = all.size() / (int) all.shape()[0];
      if (graph.inputs().get(name).isFloat()) {
        batch.floats(
            name, Arrays.copyOfRange(all.toFloats(), index * size, (index + 1) * size), shape);
      } else {
        batch.longs(
            name, Arrays.copyOfRange(all.toLongs(), index * size, (index + 1) * size), shape);
      }
    }
    return batch;
  }
}
