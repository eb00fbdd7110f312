package dev.sampo.export.optimize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptimizerTest {
  @TempDir Path temporary;

  private List<NodeProto> nodes(Path folder, String type) throws IOException {
    List<NodeProto> found = new ArrayList<>();
    for (NodeProto node : GraphBuilder.of(Models.read(folder.resolve("model.onnx"))).nodes()) {
      if (node.getOpType().equals(type)) {
        found.add(node);
      }
    }
    return found;
  }

  @Test
  void optimize_whenOptimumGraph_thenAttentionNormsAndScoresAreFused() throws IOException {
    Path source = new OptimumLike().write(temporary.resolve("source"));
    Path target = temporary.resolve("target");
    OptimizeResult result = Optimizer.of(source).to(target);
    assertEquals(1, result.attentions());
    assertEquals(1, result.rotaries());
    assertEquals(3, result.norms());
    assertEquals(2, result.sums());
    assertTrue(result.lastScores());
    assertEquals(List.of(), result.left());
    assertTrue(result.nodesAfter() * 2 < result.nodesBefore(), result.toString());
    var inputs = GraphBuilder.of(Models.read(target.resolve("model.onnx"))).inputs().keySet();
    assertFalse(inputs.contains("position_ids"), "positions follow from the mask");
    assertTrue(inputs.contains("num_logits_to_keep"));
    assertEquals(2, nodes(target, "SkipSimplifiedLayerNormalization").size());
    assertTrue(nodes(target, "Expand").isEmpty() && nodes(target, "Softmax").isEmpty());
  }

  @Test
  void optimize_whenMaskIsAWindow_thenAttentionHasIt() throws IOException {
    Path source = new OptimumLike().window(7).write(temporary.resolve("source"));
    OptimizeResult result = Optimizer.of(source).to(temporary.resolve("target"));
    assertEquals(1, result.attentions());
    NodeProto attention = nodes(temporary.resolve("target"), "GroupQueryAttention").get(0);
    long window =
        attention.getAttributeList().stream()
            .filter(a -> a.getName().equals("local_window_size"))
            .mapToLong(a -> a.getI())
            .findFirst()
            .orElse(-1);
    assertEquals(7, window);
  }

  @Test
  void optimize_whenPairsAreTurned_thenRotaryStaysOutside() throws IOException {
    Path source = new OptimumLike().interleaved().write(temporary.resolve("source"));
    OptimizeResult result = Optimizer.of(source).to(temporary.resolve("target"));
    assertEquals(1, result.attentions());
    assertEquals(0, result.rotaries());
  }

  @Test
  void optimize_whenScoresAreBiased_thenAttentionIsLeftAndTold() throws IOException {
    Path source = new OptimumLike().biased().write(temporary.resolve("source"));
    OptimizeResult result = Optimizer.of(source).to(temporary.resolve("target"));
    assertEquals(0, result.attentions());
    assertEquals(3, result.norms());
    assertTrue(result.left().get(0).contains("the mask of"), result.left().toString());
  }

  @Test
  void optimize_whenThereIsNothingToDo_thenNothingIsWritten() throws IOException {
    Path source = new OptimumLike().write(temporary.resolve("source"));
    Path once = temporary.resolve("once");
    Optimizer.of(source).to(once);
    Path twice = temporary.resolve("twice");
    ModelException error = assertThrows(ModelException.class, () -> Optimizer.of(once).to(twice));
    assertTrue(error.getMessage().contains("stays as it is"), error.getMessage());
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(2, left.count(), "no part is left behind");
    }
    RequestException exists =
        assertThrows(RequestException.class, () -> Optimizer.of(source).to(once));
    assertTrue(exists.getMessage().contains("exists already"), exists.getMessage());
  }

  @Test
  void generate_whenPromptIsReadInPieces_thenSameIdsAsInOneRun() throws IOException {
    Path source = new OptimumLike().positions(640).write(temporary.resolve("source"));
    Path target = temporary.resolve("target");
    Optimizer.of(source).to(target);
    int[] prompt = new int[560];
    Arrays.setAll(prompt, i -> 1 + i * 7 % 59);
    GenerationRequest request =
        GenerationRequest.builder()
            .promptIds(prompt)
            .config(GenerationConfig.builder().doSample(false).maxNewTokens(12).build())
            .build();
    try (TextGenerator whole = TextGenerator.open(source);
        TextGenerator pieces = TextGenerator.open(target)) {
      assertArrayEquals(
          whole.generate(request).sequences()[0], pieces.generate(request).sequences()[0]);
    }
  }
}
