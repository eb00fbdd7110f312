package dev.sampo.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.SampoException;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Without the module {@code sampo-device} on the class path. */
@Tag("host-only")
class DevicesTest {
  @Test
  void load_whenModuleIsMissing_saysWhatToAdd() {
    SessionConfig config = SessionConfig.builder().deviceTensors(true).build();
    SampoException e =
        assertThrows(SampoException.class, () -> Graph.load(Graphs.path("add.onnx"), config));
    assertEquals(
        "deviceTensors was asked for, and the module that does it is not on the class path. Add"
            + " dev.sampo:sampo-device, or leave deviceTensors off.",
        e.getMessage());
  }

  @Test
  void runResident_whenNoDeviceTensors_isAnOrdinaryRun() {
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.ofFloats(Shape.of(1, 3), 1, 2, 3);
        Outputs outputs =
            graph.runResident(
                Map.of("a", a, "b", a), Set.of("sum"), Set.of("twice"), CancellationToken.none())) {
      assertFalse(graph.hasDeviceTensors());
      assertFalse(outputs.get("twice").isResident());
      assertArrayEquals(new float[] {2, 4, 6}, outputs.get("twice").toFloats());
      assertArrayEquals(new float[] {2, 4, 6}, outputs.get("sum").toFloats());
    }
  }

  @Test
  void constant_whenNoDeviceTensors_isAnInput() {
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.ofFloats(Shape.of(1, 3), 1, 2, 3);
        GraphRun run = graph.prepare()) {
      run.constant("a", a).constant("b", a).constant("a", a).resident("sum").run();
      assertArrayEquals(new float[] {2, 4, 6}, run.result("sum").toFloats());
    }
  }
}
