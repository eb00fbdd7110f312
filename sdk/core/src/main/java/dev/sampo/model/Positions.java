package dev.sampo.model;

import dev.sampo.specs.TensorDescription;
import dev.sampo.specs.TensorSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Finds which tensor of a graph is which of its spec where an exporter gave names of its own: torch's default calls inputs {@code input}
 * and outputs {@code getitem}, {@code getitem_1} or as the last operator. Such tensors are taken in their order, each as the first one of
 * the spec that is still missing and has its element type and number of dimensions. A name that somebody chose is never guessed at.
 */
final class Positions {
  /** Names that exporters make up: places, numbers, and torch's names of operators. */
  private static final Pattern AUTOMATIC =
      Pattern.compile(
          "((input|output|getitem|arg|args|result|x)([._]?[0-9]+)?|onnx::\\w+|[0-9]+"
              + "|(linear|addmm|matmul|conv2d|tanh|sigmoid|relu|softmax|log_softmax|view|reshape|permute"
              + "|transpose|squeeze|unsqueeze|mul|add|sub|div|clamp|cat|stack|slice|select|clone|lstm|gru)"
              + "(_[0-9]+)?)");

  private Positions() {}

  /**
   * Names in the graph by names in the spec.
   *
   * @param mapped what {@code sampo.json} says; it stays
   */
  static Map<String, String> names(
      List<TensorSpec> specs, Map<String, TensorDescription> actual, Map<String, String> mapped) {
    List<TensorSpec> missing = new ArrayList<>();
    for (TensorSpec spec : specs) {
      if (!spec.isRepeated()
          && !mapped.containsKey(spec.name())
          && !actual.containsKey(spec.name())) {
        missing.add(spec);
      }
    }
    Map<String, String> names = new LinkedHashMap<>(mapped);
    for (Map.Entry<String, TensorDescription> tensor : actual.entrySet()) {
      String name = tensor.getKey();
      if (!AUTOMATIC.matcher(name).matches()
          || isNamed(specs, name)
          || mapped.containsValue(name)) {
        continue;
      }
      for (TensorSpec spec : missing) {
        if (fits(spec, tensor.getValue())) {
          names.put(spec.name(), name);
          missing.remove(spec);
          break;
        }
      }
    }
    return names;
  }

  private static boolean isNamed(List<TensorSpec> specs, String name) {
    for (TensorSpec spec : specs) {
      if (spec.indexOf(name) >= 0) {
        return true;
      }
    }
    return false;
  }

  private static boolean fits(TensorSpec spec, TensorDescription tensor) {
    if (!spec.types().contains(tensor.type())) {
      return false;
    }
    for (List<String> shape : spec.shapes()) {
      if (shape.size() == tensor.dims().size()) {
        return true;
      }
    }
    return false;
  }
}
