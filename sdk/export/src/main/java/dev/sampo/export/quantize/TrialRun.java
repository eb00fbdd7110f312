package dev.sampo.export.quantize;

import dev.sampo.error.ModelException;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.runtime.TensorInfo;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Loads what was made, and runs the graphs of text models on a few ids. */
final class TrialRun {
  private static final int LENGTH = 3;

  private TrialRun() {}

  /**
   * Checks a folder.
   *
   * @throws ModelException if a graph cannot be loaded or gives numbers that are none
   */
  static void check(Path path) {
    ModelFolder folder = ModelFolder.open(path);
    for (String name : folder.graphs().keySet()) {
      try (Graph graph = folder.load(name, SessionConfig.defaults())) {
        if (folder.family() == Family.DECODER_ONLY || folder.family() == Family.ENCODER) {
          run(graph);
        }
      }
    }
  }

  private static void run(Graph graph) {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    try {
      graph.inputs().forEach((name, info) -> inputs.put(name, tensor(name, info)));
      try (Outputs outputs = graph.run(inputs)) {
        String first = graph.outputs().keySet().iterator().next();
        for (float value : outputs.get(first).toFloats()) {
          if (!Float.isFinite(value)) {
            throw new ModelException(
                graph.path(), "The quantised graph gives " + value + " in '" + first + "'.");
          }
        }
      }
    } finally {
      inputs.values().forEach(Tensor::close);
    }
  }

  private static Tensor tensor(String name, TensorInfo info) {
    boolean past = name.startsWith("past_key_values");
    long[] dims = new long[info.shape().rank()];
    for (int i = 0; i < dims.length; i++) {
      long fixed = info.shape().dim(i);
      dims[i] = fixed > 0 ? fixed : i == 0 ? 1 : past ? 0 : LENGTH;
    }
    Shape shape = Shape.of(dims);
    Tensor tensor = Tensor.allocate(info.type(), shape);
    switch (name) {
      case "input_ids", "attention_mask", "num_logits_to_keep", "logits_to_keep" -> {
        for (int i = 0; i < tensor.elementCount(); i++) {
          tensor.longBuffer().put(i, 1);
        }
      }
      case "position_ids" -> {
        for (int i = 0; i < tensor.elementCount(); i++) {
          tensor.longBuffer().put(i, i % LENGTH);
        }
      }
      default -> {}
    }
    return tensor;
  }
}
