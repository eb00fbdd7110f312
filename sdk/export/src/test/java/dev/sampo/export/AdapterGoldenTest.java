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
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Adapters of peft, merged; made by {@code exporter-specs/python/sampo_exporters/adapters_goldens.py}. */
class AdapterGoldenTest {
  @TempDir static Path temporary;

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(AdapterGoldenTest.class.getResource("/golden/text/" + name).toURI());
  }

  private static List<Path> adapters() throws IOException, URISyntaxException {
    try (Stream<Path> all = Files.list(resource("adapters"))) {
      List<Path> found = all.filter(Files::isDirectory).sorted().toList();
      assertFalse(found.isEmpty());
      return found;
    }
  }

  @TestFactory
  List<DynamicTest> export_whenAdapter_thenScoresOfPeft() throws IOException, URISyntaxException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path adapter : adapters()) {
      for (boolean plain : new boolean[] {false, true}) {
        String name = adapter.getFileName() + (plain ? " plain" : " fast");
        tests.add(DynamicTest.dynamicTest(name, () -> check(adapter, name, plain)));
      }
    }
    return tests;
  }

  private static void check(Path adapter, String name, boolean plain) throws Exception {
    String base = Files.readString(adapter.resolve("base.txt")).strip();
    Path target = temporary.resolve(name.replace(' ', '_'));
    GraphExport.of(resource("weights/" + base)).plain(plain).adapter(adapter).to(target);
    try (ForwardRun run = ForwardRun.open(target, plain)) {
      for (JsonNode line : WeightsGoldenTest.lines(adapter.resolve("forward.jsonl"))) {
        run.check(line);
      }
    }
  }

  private Path changed(String key, Object value) throws Exception {
    Path copy = Files.createTempDirectory(temporary, "adapter");
    Path original = resource("adapters/llama");
    Files.copy(
        original.resolve("adapter_model.safetensors"), copy.resolve("adapter_model.safetensors"));
    ObjectMapper json = new ObjectMapper();
    ObjectNode config =
        (ObjectNode) json.readTree(original.resolve("adapter_config.json").toFile());
    config.set(key, json.valueToTree(value));
    json.writeValue(copy.resolve("adapter_config.json").toFile(), config);
    return copy;
  }

  private void refused(String key, Object value) throws Exception {
    Path adapter = changed(key, value);
    Path target = temporary.resolve("refused");
    ModelException e =
        assertThrows(
            ModelException.class,
            () -> GraphExport.of(resource("weights/llama_yarn")).adapter(adapter).to(target));
    assertTrue(e.getMessage().contains(key), e.getMessage());
    assertFalse(Files.exists(target));
  }

  @Test
  void export_whenDora_thenRefusedByName() throws Exception {
    refused("use_dora", true);
  }

  @Test
  void export_whenModulesWereSaved_thenRefusedByName() throws Exception {
    refused("modules_to_save", List.of("lm_head"));
  }

  @Test
  void export_whenBiasesWereTrained_thenRefusedByName() throws Exception {
    refused("bias", "all");
  }

  @Test
  void export_whenAdapterIsOfAnotherModel_thenNamesWhatHasNoPlace() throws Exception {
    Path adapter = resource("adapters/gpt2");
    ModelException e =
        assertThrows(
            ModelException.class,
            () ->
                GraphExport.of(resource("weights/llama_yarn"))
                    .adapter(adapter)
                    .to(temporary.resolve("other")));
    assertTrue(e.getMessage().contains("another model"), e.getMessage());
    assertEquals(adapter, e.path());
  }
}
