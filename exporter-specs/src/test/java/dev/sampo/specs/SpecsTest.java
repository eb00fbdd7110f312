package dev.sampo.specs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SpecsTest {
  private static final Set<String> TYPES =
      new HashSet<>(
          Arrays.asList("float32", "float16", "bfloat16", "float64", "int64", "int32", "bool"));

  @Test
  void names_areTheFilesOfTheFolder() throws IOException {
    try (Stream<Path> files = Files.list(Paths.get("specs"))) {
      Set<String> names =
          files
              .map(f -> f.getFileName().toString().replace(".json", ""))
              .collect(Collectors.toCollection(TreeSet::new));
      assertEquals(names, new TreeSet<>(Specs.names()));
    }
  }

  @Test
  void all_whenLoaded_areWellFormed() {
    for (Spec spec : Specs.all().values()) {
      assertTrue(!spec.layouts().isEmpty(), spec.name());
      for (GraphSpec graph : spec.graphs().values()) {
        assertTrue(!graph.files().isEmpty() && !graph.outputs().isEmpty(), graph.name());
        names(graph.inputs(), graph.outputs());
        for (TensorSpec tensor : graph.inputs()) {
          wellFormed(spec, graph, tensor);
        }
        for (TensorSpec tensor : graph.outputs()) {
          wellFormed(spec, graph, tensor);
        }
        for (String output : graph.oneOfOutputs()) {
          assertTrue(graph.outputs().stream().anyMatch(t -> t.name().equals(output)), output);
        }
      }
    }
  }

  private static void names(List<TensorSpec> inputs, List<TensorSpec> outputs) {
    Set<String> names = new HashSet<>();
    inputs.forEach(t -> assertTrue(names.add(t.name()), t.name()));
    outputs.forEach(t -> assertTrue(names.add(t.name()), t.name()));
  }

  private static void wellFormed(Spec spec, GraphSpec graph, TensorSpec tensor) {
    String where = spec.name() + " " + graph.name() + " " + tensor.name();
    assertTrue(!tensor.types().isEmpty() && TYPES.containsAll(tensor.types()), where);
    assertTrue(!tensor.description().isEmpty(), where);
    String with = tensor.with();
    if (with != null) {
      assertTrue(
          Stream.concat(graph.inputs().stream(), graph.outputs().stream())
              .anyMatch(t -> t.name().equals(with)),
          where);
    }
  }

  @Test
  void get_whenUnknown_listsTheKnown() {
    SpecException e = assertThrows(SpecException.class, () -> Specs.get("gann"));
    assertEquals("specs: unknown spec 'gann'. Known: " + Specs.names(), e.getMessage());
  }

  @Test
  void parse_whenKeyUnknown_namesIt() {
    SpecException e =
        assertThrows(
            SpecException.class, () -> Spec.parse("{\"spec\":\"x\",\"grafs\":{}}", "x.json"));
    assertEquals(
        "x.json: unknown key [grafs]; known: [spec, title, layout, description, layouts, shared, graphs, sampo_json]",
        e.getMessage());
  }

  @Test
  void indexOf_whenNameIsRepeated_readsTheNumber() {
    TensorSpec key =
        Specs.get("decoder-only").graph("model").inputs().stream()
            .filter(t -> t.name().equals("past_key_values.{N}.key"))
            .findFirst()
            .orElseThrow(AssertionError::new);
    assertEquals(0, key.indexOf("past_key_values.0.key"));
    assertEquals(31, key.indexOf("past_key_values.31.key"));
    assertEquals(-1, key.indexOf("past_key_values..key"));
    assertEquals(-1, key.indexOf("past_key_values.x.key"));
    assertEquals(-1, key.indexOf("past_key_values.0.value"));
    assertEquals(-1, key.indexOf("past_key_values.key"));
    assertEquals("past_key_values.7.key", key.name(7));
  }
}
