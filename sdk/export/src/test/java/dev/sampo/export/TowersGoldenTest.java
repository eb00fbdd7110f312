package dev.sampo.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The towers of CLIP and SigLIP; made by {@code exporter-specs/python/sampo_exporters/towers_goldens.py}. */
class TowersGoldenTest {
  private static final double TOLERANCE = 2e-4;

  @TempDir static Path temporary;

  private static Path root() throws URISyntaxException {
    String given = System.getProperty("sampo.golden");
    if (given != null && Files.isDirectory(Path.of(given).resolve("text/towers"))) {
      return Path.of(given).resolve("text/towers");
    }
    return Path.of(TowersGoldenTest.class.getResource("/golden/text/towers").toURI());
  }

  @TestFactory
  List<DynamicTest> export_whenTwoTowers_thenVectorsOfTransformers()
      throws IOException, URISyntaxException {
    List<DynamicTest> tests = new ArrayList<>();
    try (Stream<Path> all = Files.list(root())) {
      for (Path folder : all.filter(Files::isDirectory).sorted().toList()) {
        for (boolean plain : new boolean[] {false, true}) {
          String name = folder.getFileName() + (plain ? "_plain" : "_fast");
          tests.add(DynamicTest.dynamicTest(name, () -> check(folder, name, plain)));
        }
      }
    }
    assertFalse(tests.isEmpty());
    return tests;
  }

  private static void check(Path folder, String name, boolean plain) throws IOException {
    Path target = temporary.resolve(name);
    GraphExport.of(folder).plain(plain).to(target);
    ModelFolder model = ModelFolder.open(target);
    SessionConfig session = SessionConfig.builder().intraOpThreads(1).build();
    for (JsonNode line : WeightsGoldenTest.lines(folder.resolve("towers.jsonl"))) {
      int[][] ids = WeightsGoldenTest.matrix(line.get("input_ids"));
      int[][] mask = WeightsGoldenTest.matrix(line.get("attention_mask"));
      try (Graph graph = model.load("text_model", session);
          Tensor idTensor = ForwardRun.longs(ids);
          Tensor maskTensor = ForwardRun.longs(mask);
          Outputs out = graph.run(Map.of("input_ids", idTensor, "attention_mask", maskTensor))) {
        compare(line.get("text_embeds"), out.get("text_embeds"));
      }
      try (Graph graph = model.load("vision_model", session);
          Tensor pixels = pixels(line);
          Outputs out = graph.run(Map.of("pixel_values", pixels))) {
        compare(line.get("image_embeds"), out.get("image_embeds"));
      }
    }
  }

  private static Tensor pixels(JsonNode line) {
    JsonNode rows = line.get("pixel_values");
    JsonNode shape = line.get("pixel_shape");
    float[] values = new float[rows.size() * rows.get(0).size()];
    int at = 0;
    for (JsonNode row : rows) {
      for (JsonNode value : row) {
        values[at++] = (float) value.asDouble();
      }
    }
    return Tensor.ofFloats(
        Shape.of(rows.size(), shape.get(0).asInt(), shape.get(1).asInt(), shape.get(2).asInt()),
        values);
  }

  private static void compare(JsonNode expected, Tensor actual) {
    float[] values = actual.toFloats();
    int at = 0;
    for (JsonNode row : expected) {
      for (JsonNode value : row) {
        assertEquals(value.asDouble(), values[at++], TOLERANCE);
      }
    }
    assertEquals(values.length, at);
  }
}
