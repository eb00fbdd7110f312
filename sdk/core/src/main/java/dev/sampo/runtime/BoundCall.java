package dev.sampo.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.RunOptions;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.spi.DeviceBinding;
import dev.sampo.runtime.spi.DeviceSession;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The bindings of a {@link GraphRun} as a {@link DeviceBinding} sees them. What is fed back goes from output to input in there and becomes
 * a tensor of Java's only when somebody asks for it: a decoder with 24 blocks would otherwise ask for 24 shapes a step.
 */
final class BoundCall {
  /** What a {@link GraphRun} wants from a run. */
  record Wanted(
      Map<String, OnnxTensor> inputs,
      Set<String> constants,
      Map<String, OnnxTensor> pinned,
      Set<String> outputs,
      Set<String> residents,
      Map<String, String> feedBacks) {}

  private final DeviceBinding binding;

  /** Inputs that hold an output of the last run, and which. */
  private final Map<String, String> held = new LinkedHashMap<>();

  private final Map<String, OnnxTensor> sent = new HashMap<>();
  private boolean outputsChanged = true;

  BoundCall(DeviceSession session) throws OrtException {
    this.binding = session.bind();
  }

  /** Another tensor is bound to the input, or it is to be sent anew. */
  void inputChanged(String name) {
    held.remove(name);
    sent.remove(name);
  }

  void outputsChanged() {
    outputsChanged = true;
  }

  /** Runs; the values of those outputs that are neither pinned nor fed back. */
  Map<String, OnnxTensor> run(Wanted wanted, RunOptions options) throws OrtException {
    for (Map.Entry<String, OnnxTensor> e : wanted.inputs().entrySet()) {
      // On a device the numbers were copied when the tensor was bound, so what may have been
      // rewritten is bound anew.
      boolean constant = wanted.constants().contains(e.getKey());
      if (!constant || sent.get(e.getKey()) != e.getValue()) {
        binding.input(e.getKey(), e.getValue());
        if (constant) {
          sent.put(e.getKey(), e.getValue());
        }
      }
    }
    if (outputsChanged) {
      binding.clearOutputs();
      for (Map.Entry<String, OnnxTensor> e : wanted.pinned().entrySet()) {
        binding.output(e.getKey(), e.getValue());
      }
      outputsChanged = false;
    }
    for (String name : wanted.outputs()) {
      binding.output(name, wanted.residents().contains(name));
    }
    binding.run(options);
    Map<String, OnnxTensor> made = new LinkedHashMap<>();
    for (String name : wanted.outputs()) {
      String input = wanted.feedBacks().get(name);
      if (input == null) {
        made.put(name, binding.take(name));
      } else {
        binding.feedBack(name, input);
        held.put(input, name);
      }
    }
    return made;
  }

  /** The output of the last run that an input holds, or null. */
  @Nullable String outputOf(String input) {
    return held.get(input);
  }

  /** Makes a tensor of Java's of what an input holds; null if it holds nothing. The input has to be bound to it. */
  @Nullable Tensor take(String input) {
    String output = held.get(input);
    if (output == null) {
      return null;
    }
    try {
      Tensor tensor = Tensor.ofResident(binding.take(output));
      held.remove(input);
      return tensor;
    } catch (OrtException e) {
      throw new SampoException(
          "Output '" + output + "' of the last run cannot be described: " + e.getMessage(), e);
    }
  }

  /** The input that an output of the last run was fed to, or null. */
  @Nullable String heldBy(String output) {
    for (Map.Entry<String, String> e : held.entrySet()) {
      if (e.getValue().equals(output)) {
        return e.getKey();
      }
    }
    return null;
  }

  /** The names, and those of inputs that are bound without a tensor of Java's. */
  Set<String> with(Set<String> inputs) {
    Set<String> all = new LinkedHashSet<>(inputs);
    all.addAll(held.keySet());
    return all;
  }

  void close() {
    binding.close();
  }
}
