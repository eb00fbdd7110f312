package dev.sampo.export.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.export.GraphExport;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizerTest {
  @TempDir Path temporary;

  private Path exported(String name, boolean plain) throws IOException, URISyntaxException {
    Path weights = Path.of(QuantizerTest.class.getResource("/golden/text/weights/" + name).toURI());
    Path target = temporary.resolve(name + plain);
    GraphExport.of(weights).plain(plain).to(target);
    return target;
  }

  /** Scores of a few ids, one row of them after the other. */
  private static float[] scores(Path folder, int rows) {
    try (Graph graph = ModelFolder.open(folder).load("model", SessionConfig.defaults())) {
      Map<String, Tensor> inputs = new HashMap<>();
      long[] ids = new long[rows * 5];
      long[] ones = new long[rows * 5];
      long[] positions = new long[rows * 5];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = 20 + 7L * i;
        ones[i] = 1;
        positions[i] = i % 5;
      }
      inputs.put("input_ids", Tensor.ofLongs(Shape.of(rows, 5), ids));
      inputs.put("attention_mask", Tensor.ofLongs(Shape.of(rows, 5), ones));
      inputs.put("position_ids", Tensor.ofLongs(Shape.of(rows, 5), positions));
      inputs.put("num_logits_to_keep", Tensor.ofLongs(Shape.scalar(), 5));
      graph
          .inputs()
          .forEach(
              (name, info) -> {
                if (name.startsWith("past")) {
                  Shape shape = Shape.of(rows, info.shape().dim(1), 0, info.shape().dim(3));
                  inputs.put(name, Tensor.allocate(info.type(), shape));
                }
              });
      List<Tensor> made = new ArrayList<>(inputs.values());
      inputs.keySet().retainAll(graph.inputs().keySet());
      try (Outputs outputs = graph.run(inputs)) {
        return outputs.get("logits").toFloats();
      } finally {
        made.forEach(Tensor::close);
      }
    }
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    double norm = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
      norm += a[i] * a[i];
    }
    return Math.sqrt(sum / norm);
  }

  @Test
  void to_whenEightBits_thenScoresStayAndTheFileShrinks() throws Exception {
    Path source = exported("llama_yarn", false);
    Path target = temporary.resolve("small");
    QuantizeResult result = Quantizer.of(source).bits(8).accuracyLevel(1).to(target);
    // 7 products a layer and the head, and the table of the embeddings.
    assertEquals(3 * 7 + 2, result.quantized());
    assertEquals(0, result.left());
    assertTrue(result.bytesAfter() < 0.45 * result.bytesBefore(), result.toString());
    double distance = distance(scores(source, 1), scores(target, 1));
    assertTrue(distance < 0.05, "distance " + distance);
    assertTrue(Files.exists(target.resolve("config.json")));
    assertFalse(Files.exists(target.resolve("model.safetensors")));
  }

  @Test
  void to_whenFastAndPlainForm_thenSameCodes() throws Exception {
    Path fast = temporary.resolve("fast");
    Path plain = temporary.resolve("plain");
    Quantizer.of(exported("llama_yarn", false)).symmetric(false).accuracyLevel(1).to(fast);
    Quantizer.of(exported("llama_yarn", true)).symmetric(false).accuracyLevel(1).to(plain);
    assertTrue(distance(scores(fast, 1), scores(plain, 1)) < 1e-4);
  }

  @Test
  void to_whenHeadAndEmbeddingsShareATable_thenItIsStoredOnce() throws Exception {
    Path source = exported("llama_rope_llama3_tied", false);
    Path target = temporary.resolve("tied");
    Quantizer.of(source).bits(8).block(16).accuracyLevel(1).to(target);
    // 320 x 48 codes once, and 3 layers of 48x48, 2 of 48x16, 48x48, 3 of 48x80, with a scale for
    // each 16.
    long weights = 320 * 48 + 3 * (2 * 48 * 48 + 2 * 48 * 16 + 3 * 48 * 80);
    long most = weights + 4 * weights / 16 + 20_000;
    long size = Files.size(target.resolve("model.onnx.data"));
    assertTrue(size < most, size + " bytes, wanted less than " + most);
    assertTrue(distance(scores(source, 1), scores(target, 1)) < 0.03);
  }

  @Test
  void to_whenSkipped_thenLeftAsItWas() throws Exception {
    Path target = temporary.resolve("skipped");
    QuantizeResult result =
        Quantizer.of(exported("llama_yarn", false)).skip("lm_head", "embed").to(target);
    assertEquals(3 * 7, result.quantized());
    assertEquals(1, result.left());
  }

  @Test
  void run_whenRowsOfABatch_thenEachIsAsAlone() throws Exception {
    Path target = temporary.resolve("rows");
    Quantizer.of(exported("llama_yarn", false)).bits(8).to(target);
    float[] both = scores(target, 2);
    float[] alone = scores(target, 1);
    for (int i = 0; i < alone.length; i++) {
      assertEquals(alone[i], both[i], 1e-5f);
    }
  }

  @Test
  void to_whenTargetExists_thenRefused() throws Exception {
    Path source = exported("llama_yarn", false);
    assertThrows(RequestException.class, () -> Quantizer.of(source).to(source));
  }

  @Test
  void to_whenThereIsNothing_thenNothingIsLeftBehind() throws Exception {
    Path source = exported("llama_yarn", false);
    Path target = temporary.resolve("nothing");
    assertThrows(ModelException.class, () -> Quantizer.of(source).skip("weight").to(target));
    assertFalse(Files.exists(target));
    try (Stream<Path> files = Files.list(temporary)) {
      assertTrue(files.noneMatch(f -> f.getFileName().toString().startsWith(".quantizing")));
    }
  }

  @Test
  void open_whenQuantised_thenItGenerates() throws Exception {
    Path target = temporary.resolve("generates");
    Quantizer.of(exported("llama_yarn", false)).bits(8).to(target);
    try (TextGenerator generator = TextGenerator.open(target)) {
      assertEquals(320, generator.vocabularySize());
    }
  }

  @Test
  void bits_whenNeitherFourNorEight_thenNamesTheOption() {
    RequestException e =
        assertThrows(RequestException.class, () -> Quantizer.of(temporary).bits(3));
    assertTrue(e.getMessage().contains("bits is 3"), e.getMessage());
  }

  @Test
  void quantize_whenInt8ByRow_thenRowsOfABatchAreThoseAlone()
      throws IOException, URISyntaxException {
    for (boolean exact : new boolean[] {false, true}) {
      Path model = exported("llama_yarn", exact);
      Path target = temporary.resolve("rows" + exact);
      Quantizer.of(model).bits(8).byRow(true).exact(exact).to(target);
      float[] alone = scores(target, 1);
      float[] together = scores(target, 3);
      for (int i = 0; i < alone.length; i++) {
        assertEquals(alone[i], together[i], 1e-5f, "score " + i + " of the first row");
      }
      double lost = distance(scores(model, 3), together);
      // Signed weights saturate where the processor's products do; those are for other processors.
      assertTrue(exact && !RowQuantizer.isExactHere() || lost < 0.08, exact + " loses " + lost);
    }
  }
}
