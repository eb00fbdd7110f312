package dev.sampo.training.graph;

import dev.sampo.error.SampoException;
import dev.sampo.onnx.Dims;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.proto.ModelProto;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Adds scale A B to the weights that LoRA adapts. */
final class LoraMerge {
  private final @Nullable LoraConfig config;

  LoraMerge(@Nullable LoraConfig config) {
    this.config = config;
  }

  @Nullable LoraConfig config() {
    return config;
  }

  void merge(
      Map<String, Parameter> parameters,
      String prefix,
      String model,
      ModelProto original,
      Map<String, float[]> values) {
    if (config == null) {
      return;
    }
    Map<String, float[]> base = new HashMap<>();
    Map<String, long[]> dims = new HashMap<>();
    ModelWeights.forEach(
        original,
        tensor -> {
          if (values.containsKey(tensor.getName() + ".lora_A")) {
            base.put(tensor.getName(), Tensors.toFloats(tensor));
            dims.put(tensor.getName(), Tensors.dims(tensor));
          }
        });
    for (Parameter p : parameters.values()) {
      if (p.role() != Parameter.Role.LORA_A || !p.model().equals(model)) {
        continue;
      }
      String name = p.initializer();
      float[] a = values.remove(name + ".lora_A");
      float[] b = values.remove(name + ".lora_B");
      float[] weight = base.get(name);
      if (a == null || b == null || weight == null) {
        throw new SampoException("The values hold no LoRA pair for '" + prefix + name + "'.");
      }
      int rows = (int) p.matrixRows(dims.get(name));
      int columns = (int) (Dims.count(dims.get(name)) / rows);
      boolean inputsFirst = p.consumer().equals("MatMul");
      values.put(name, sum(weight, inputsFirst ? a : b, inputsFirst ? b : a, rows, columns));
    }
  }

  private float[] sum(float[] weight, float[] left, float[] right, int rows, int columns) {
    LoraConfig lora = java.util.Objects.requireNonNull(config);
    int rank = lora.rank();
    float[] result = weight.clone();
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        double dot = 0;
        for (int k = 0; k < rank; k++) {
          dot += (double) left[i * rank + k] * right[k * columns + j];
        }
        result[i * columns + j] += (float) (dot * lora.scale());
      }
    }
    return result;
  }
}
