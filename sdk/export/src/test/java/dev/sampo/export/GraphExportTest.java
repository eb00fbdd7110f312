package dev.sampo.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.ModelException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraphExportTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temporary;
  private Path folder;
  private Path target;

  @BeforeEach
  void copy() throws IOException, URISyntaxException {
    folder = Files.createDirectory(temporary.resolve("weights"));
    target = temporary.resolve("graphs");
    copy("llama_yarn");
  }

  private void copy(String name) throws IOException, URISyntaxException {
    Path from = Path.of(GraphExportTest.class.getResource("/golden/text/weights/" + name).toURI());
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(
            file,
            folder.resolve(file.getFileName()),
            java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private void change(Consumer<ObjectNode> change) throws IOException {
    Path file = folder.resolve("config.json");
    ObjectNode config = (ObjectNode) JSON.readTree(file.toFile());
    change.accept(config);
    JSON.writeValue(file.toFile(), config);
  }

  private void refused(String... words) {
    ModelException e = assertThrows(ModelException.class, () -> GraphExport.of(folder).to(target));
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), e.getMessage());
    }
    assertFalse(Files.exists(target), "nothing may be written");
  }

  private void forward(boolean plain) throws IOException {
    try (ForwardRun run = ForwardRun.open(target, plain)) {
      for (JsonNode line : WeightsGoldenTest.lines(folder.resolve("forward.jsonl"))) {
        run.check(line);
      }
    }
  }

  @Test
  void export_whenOnAnotherDirectory_thenWeightsAreLinkedAndTheGraphIsSmall() throws IOException {
    ExportResult result = GraphExport.of(folder).to(target);
    assertEquals("llama", result.modelType());
    assertTrue(result.copied().isEmpty());
    assertTrue(Files.size(target.resolve("model.onnx")) < 40_000);
    assertEquals(
        Files.getAttribute(folder.resolve("model.safetensors"), "unix:ino"),
        Files.getAttribute(target.resolve("model.safetensors"), "unix:ino"));
    assertTrue(Files.exists(target.resolve("config.json")));
    forward(false);
  }

  @Test
  void export_whenIntoTheFolderItself_thenTheGraphLiesBeside() throws IOException {
    target = folder;
    GraphExport.of(folder).plain(true).to(folder);
    forward(true);
  }

  @Test
  void export_whenKeyIsUnknown_thenRefusedByName() throws IOException {
    change(config -> config.put("attention_sinks", 4));
    refused("attention_sinks");
  }

  @Test
  void export_whenUnknownKeyIsNull_thenItHasNoEffect() throws IOException {
    change(config -> config.putNull("attention_sinks"));
    GraphExport.of(folder).to(target);
    forward(false);
  }

  @Test
  void export_whenRotaryKeyIsUnknown_thenRefusedByName() throws IOException {
    change(config -> ((ObjectNode) config.get("rope_parameters")).put("twist", 0.5));
    refused("rope_parameters.twist");
  }

  @Test
  void export_whenArchitectureIsUnknown_thenRefusedByNameWithThoseThatAreKnown()
      throws IOException {
    change(config -> config.put("model_type", "hyena"));
    refused("'hyena'", "llama", "t5");
  }

  @Test
  void export_whenActivationIsUnknown_thenRefusedByName() throws IOException {
    change(config -> config.put("hidden_act", "snake"));
    refused("'snake'", "silu");
  }

  @Test
  void export_whenScalingIsUnknown_thenRefusedByName() throws IOException {
    change(config -> ((ObjectNode) config.get("rope_parameters")).put("rope_type", "spiral"));
    refused("'spiral'", "longrope");
  }

  @Test
  void export_whenWeightsAreOfAnotherShape_thenNamesTensorAndBothShapes() throws IOException {
    change(config -> config.put("intermediate_size", 96));
    refused("gate_proj.weight", "[80, 64]", "[96, 64]");
  }

  @Test
  void export_whenTensorsAreLeftOver_thenNamesThem() throws IOException {
    change(config -> config.put("num_hidden_layers", 2));
    refused("layers.2.", "no place");
  }

  @Test
  void export_whenQuantised_thenRefusedByTheKey() throws IOException {
    change(config -> config.putObject("quantization_config").put("quant_method", "gptq"));
    refused("quantization_config");
  }

  @Test
  void export_whenSpelledAsTransformers4Does_thenSameScores() throws IOException {
    change(
        config -> {
          ObjectNode rope = (ObjectNode) config.remove("rope_parameters");
          config.set("rope_theta", rope.remove("rope_theta"));
          rope.set("type", rope.remove("rope_type"));
          config.set("rope_scaling", rope);
          config.set("torch_dtype", config.remove("dtype"));
        });
    GraphExport.of(folder).to(target);
    forward(false);
  }

  @Test
  void export_whenThereAreNoWeights_thenSaysWhatWasLookedFor() throws IOException {
    Files.delete(folder.resolve("model.safetensors"));
    refused("model.safetensors.index.json");
  }
}
