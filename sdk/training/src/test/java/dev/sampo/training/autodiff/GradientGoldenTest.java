package dev.sampo.training.autodiff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.GraphProbe;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.Value;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Gradients of every rule against PyTorch's, which were checked against finite differences when they were made
 * ({@code src/test/python/make_gradient_goldens.py}).
 */
class GradientGoldenTest {
  static {
    // All tests of the module share a process, and some need the library with training.
    dev.sampo.training.artifacts.NativeTraining.install();
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double TOLERANCE = 2e-5;

  /** Rules that give nothing back: there is no slope to compare. */
  private static final Set<String> FLAT =
      Set.of("Floor", "Ceil", "Round", "Sign", "ConstantOfShape");

  private static List<Path> cases() throws Exception {
    String root = System.getProperty("sampo.golden");
    Path folder =
        root == null || !Files.isDirectory(Path.of(root, "gradients"))
            ? Path.of(GradientGoldenTest.class.getResource("/golden/gradients").toURI())
            : Path.of(root, "gradients");
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> cases = files.filter(Files::isDirectory).sorted().toList();
      assertFalse(cases.isEmpty(), "no case under " + folder);
      return cases;
    }
  }

  @Test
  void everyRule_hasAGolden() throws Exception {
    TreeSet<String> rules = GradientRules.standard().supported();
    rules.removeAll(FLAT);
    for (Path folder : cases()) {
      for (var node : Models.read(folder.resolve("model.onnx")).getGraph().getNodeList()) {
        String domain = node.getDomain();
        rules.remove(domain.isEmpty() ? node.getOpType() : domain + "." + node.getOpType());
      }
    }
    assertEquals(Set.of(), rules, "rules without a golden");
  }

  @TestFactory
  Stream<DynamicTest> gradients_ofEveryRule_equalPyTorchs() throws Exception {
    return cases().stream()
        .map(c -> DynamicTest.dynamicTest(c.getFileName().toString(), () -> check(c)));
  }

  private static void check(Path folder) throws Exception {
    JsonNode golden = JSON.readTree(folder.resolve("case.json").toFile());
    GraphBuilder graph = GraphBuilder.of(Models.read(folder.resolve("model.onnx")));
    BatchNormTraining.apply(graph, new HashMap<>(), golden.path("expandBatchNorm").asBoolean());
    GraphProbe.probe(graph, Map.of());
    List<String> wanted = new ArrayList<>();
    golden.get("gradients").fieldNames().forEachRemaining(wanted::add);
    Value goal = new Value("loss");
    Map<String, Value> gradients =
        Autodiff.gradients(graph, goal, wanted, GradientRules.standard());
    graph.clearOutputs();
    graph.output(goal);
    gradients.values().stream().distinct().forEach(graph::output);
    graph.prune();

    OrtEnvironment env = OrtEnvironment.getEnvironment();
    try (OrtSession session = env.createSession(graph.model().toByteArray())) {
      Map<String, OnnxTensor> feed = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> input : golden.get("inputs").properties()) {
        if (graph.inputs().containsKey(input.getKey())) {
          feed.put(input.getKey(), tensor(env, input.getValue()));
        }
      }
      try (OrtSession.Result result = session.run(feed)) {
        float loss = ((OnnxTensor) result.get("loss").orElseThrow()).getFloatBuffer().get(0);
        double wantedLoss = golden.get("loss").asDouble();
        assertEquals(wantedLoss, loss, TOLERANCE * Math.max(1, Math.abs(wantedLoss)), "loss");
        for (String name : wanted) {
          OnnxTensor got = (OnnxTensor) result.get(gradients.get(name).name()).orElseThrow();
          compare(name, golden.get("gradients").get(name), got.getFloatBuffer());
        }
      } finally {
        feed.values().forEach(OnnxTensor::close);
      }
    }
  }

  private static void compare(String name, JsonNode wanted, FloatBuffer got) {
    assertEquals(wanted.size(), got.remaining(), "element count of the gradient of " + name);
    double largest = 1;
    for (JsonNode value : wanted) {
      largest = Math.max(largest, Math.abs(value.asDouble()));
    }
    for (int i = 0; i < wanted.size(); i++) {
      assertEquals(
          wanted.get(i).asDouble(),
          got.get(i),
          TOLERANCE * largest,
          "gradient of " + name + " at " + i);
    }
  }

  private static OnnxTensor tensor(OrtEnvironment env, JsonNode input) throws Exception {
    JsonNode values = input.get("values");
    long[] shape = JSON.convertValue(input.get("shape"), long[].class);
    switch (input.get("type").asText()) {
      case "float32" -> {
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
          floats[i] = (float) values.get(i).asDouble();
        }
        return OnnxTensor.createTensor(env, FloatBuffer.wrap(floats), shape);
      }
      case "int64" -> {
        long[] longs = JSON.convertValue(values, long[].class);
        return OnnxTensor.createTensor(env, LongBuffer.wrap(longs), shape);
      }
      case "bool" -> {
        java.nio.ByteBuffer bytes = java.nio.ByteBuffer.allocateDirect(values.size());
        values.forEach(v -> bytes.put((byte) (v.asBoolean() ? 1 : 0)));
        bytes.flip();
        return OnnxTensor.createTensor(env, bytes, shape, ai.onnxruntime.OnnxJavaType.BOOL);
      }
      default -> throw new IllegalArgumentException("type " + input.get("type"));
    }
  }
}
