package dev.sampo.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.TensorShapeProto;
import dev.sampo.onnx.proto.TypeProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FineTuningTest {
  static {
    // All tests of the module share a process, and some need the library with training.
    dev.sampo.training.artifacts.NativeTraining.install();
  }

  private static final Path MODEL =
      Path.of(System.getProperty("sampo.home"), "exporter-specs/models/scripture-lstm");

  @TempDir Path folder;

  private FineTuning request(String out) throws Exception {
    Path data = folder.resolve("text.txt");
    Files.writeString(data, "And God said, Let there be light: and there was light. ".repeat(20));
    return FineTuning.of(MODEL, data)
        .options(o -> o.withBatch(2).withLength(16))
        .steps(6)
        .out(folder.resolve(out));
  }

  @Test
  void run_whenItEnds_givesAModelFolderAndTellsEachStep() throws Exception {
    List<Long> done = new ArrayList<>();
    FineTuned tuned =
        request("a")
            .progress(
                step -> {
                  done.add(step.done());
                  assertEquals(6, step.total());
                  assertTrue(step.loss() > 0);
                })
            .run();
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L, 6L), done);
    assertEquals(6, tuned.steps());
    assertEquals(6, tuned.timings().steps());
    assertTrue(tuned.validation().get("loss") > 0);
    assertEquals(
        ModelFolder.open(MODEL).family(), ModelFolder.open(assertNotNullPath(tuned)).family());
  }

  /** As torch 2.13 exports by default: dimensions of made-up names, and what forward() calls its arguments. */
  @Test
  void run_whenDimensionsAndNamesAreAutomatic_thenTrainsByPlaceAndMapping() throws Exception {
    Path source =
        Path.of(System.getProperty("sampo.home"))
            .resolve("sdk/core/src/test/resources/cases/torch-2.13/rnn_lstm_dyn_axes");
    Path model = Files.createDirectories(folder.resolve("torch"));
    ModelProto proto = Models.read(source.resolve("model.onnx"));
    Map<String, String> names =
        Map.of(
            "input_ids",
            "input",
            "h0",
            "hx",
            "c0",
            "cx",
            "logits",
            "linear",
            "hn",
            "getitem_1",
            "cn",
            "getitem_2",
            "batch",
            "s70",
            "time",
            "s18");
    Models.write(
        proto.toBuilder().setGraph(renamed(proto.getGraph(), names)).build(),
        model.resolve("model.onnx"));
    Files.writeString(
        model.resolve("sampo.json"),
        Files.readString(source.resolve("sampo.json"))
            .replace(
                "\"model.onnx\"",
                "\"model.onnx\", \"inputs\": {\"input_ids\": \"input\", \"h0\": \"hx\", \"c0\": \"cx\"}, \"outputs\":"
                    + " {\"logits\": \"linear\", \"hn\": \"getitem_1\", \"cn\": \"getitem_2\"}"));
    Path data = folder.resolve("letters.txt");
    Files.writeString(data, "abc abd fgh abc\n".repeat(40));
    FineTuned tuned =
        FineTuning.of(model, data)
            .options(o -> o.withBatch(4).withLength(12))
            .steps(4)
            .seed(1L)
            .out(folder.resolve("tuned"))
            .run();
    FineTuned plain =
        FineTuning.of(source, data)
            .options(o -> o.withBatch(4).withLength(12))
            .steps(4)
            .seed(1L)
            .out(folder.resolve("plain"))
            .run();
    assertEquals(plain.validation().get("loss"), tuned.validation().get("loss"));
    GenerationRequest request =
        GenerationRequest.builder()
            .prompt("abc")
            .config(GenerationConfig.builder().maxNewTokens(6).build())
            .build();
    try (TextGenerator one = TextGenerator.open(assertNotNullPath(tuned));
        TextGenerator other = TextGenerator.open(assertNotNullPath(plain))) {
      assertArrayEquals(
          other.generate(request).sequence().ids(), one.generate(request).sequence().ids());
    }
  }

  private static GraphProto renamed(GraphProto graph, Map<String, String> names) {
    GraphProto.Builder b =
        graph.toBuilder().clearNode().clearInput().clearOutput().clearValueInfo();
    for (NodeProto node : graph.getNodeList()) {
      NodeProto.Builder n = node.toBuilder().clearInput().clearOutput();
      node.getInputList().forEach(name -> n.addInput(names.getOrDefault(name, name)));
      node.getOutputList().forEach(name -> n.addOutput(names.getOrDefault(name, name)));
      b.addNode(n);
    }
    graph.getInputList().forEach(value -> b.addInput(renamed(value, names)));
    graph.getOutputList().forEach(value -> b.addOutput(renamed(value, names)));
    return b.build();
  }

  private static ValueInfoProto renamed(ValueInfoProto value, Map<String, String> names) {
    ValueInfoProto.Builder b = value.toBuilder();
    b.setName(names.getOrDefault(value.getName(), value.getName()));
    TensorShapeProto.Builder shape = b.getType().getTensorType().getShape().toBuilder();
    for (int i = 0; i < shape.getDimCount(); i++) {
      String symbol = shape.getDim(i).getDimParam();
      if (names.containsKey(symbol)) {
        shape.setDim(i, shape.getDim(i).toBuilder().setDimParam(names.get(symbol)));
      }
    }
    TypeProto type = b.getType();
    b.setType(
        type.toBuilder().setTensorType(type.getTensorType().toBuilder().setShape(shape)).build());
    return b.build();
  }

  private static Path assertNotNullPath(FineTuned tuned) {
    Path model = tuned.model();
    assertNotNull(model);
    return model;
  }

  @Test
  void run_whenCancelledAndAskedAgain_endsAsAnUndisturbedOne() throws Exception {
    CancellationToken token = new CancellationToken();
    FineTuning request = request("b");
    CancelledException e =
        assertThrows(
            CancelledException.class,
            () ->
                request
                    .cancellation(token)
                    .progress(
                        step -> {
                          if (step.done() == 2) {
                            token.cancel();
                          }
                        })
                    .run());
    FineTuned partial = e.partial(FineTuned.class);
    assertNotNull(partial);
    assertNull(partial.model());
    assertEquals(2, partial.steps());
    FineTuned resumed = request.run();
    assertEquals(partial.seed(), resumed.seed());
    assertEquals(4, resumed.timings().steps());
    FineTuned whole = request("c").seed(partial.seed()).run();
    assertArrayEquals(
        Files.readAllBytes(assertNotNullPath(whole).resolve("model.onnx")),
        Files.readAllBytes(assertNotNullPath(resumed).resolve("model.onnx")));
  }

  @Test
  void request_whenAnOptionIsWrong_namesIt() throws Exception {
    FineTuning request = request("d");
    assertEquals("steps", option(() -> request.steps(0)));
    assertEquals("lora", option(() -> request.lora(0)));
    assertEquals("checkpoints", option(() -> request.checkpoints(0, 1)));
    assertEquals("evaluation", option(() -> request.evaluation(1, -1)));
    assertEquals("out", option(() -> FineTuning.of(MODEL, folder).run()));
    assertEquals(6, request.steps());
    assertEquals(folder.resolve("d"), request.out());
    assertNull(request.seed());
  }

  private static String option(org.junit.jupiter.api.function.Executable executable) {
    return assertThrows(RequestException.class, executable).option();
  }
}
