package dev.sampo.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import java.util.LinkedHashSet;
import java.util.Set;

/** What is checked before ONNX Runtime sees a call, so that the message can name the file, the tensor and what is wanted. */
final class Checks {
  private Checks() {}

  static TensorInfo input(Session session, String name) {
    TensorInfo info = session.inputs.get(name);
    if (info == null) {
      throw new TensorException(
          name, session.name + " has no input '" + name + "'. It has " + session.inputs.values());
    }
    return info;
  }

  static TensorInfo input(Session session, String name, Tensor tensor) {
    TensorInfo info = input(session, name);
    check("Input", session, info, tensor);
    return info;
  }

  static TensorInfo output(Session session, String name) {
    TensorInfo info = session.outputs.get(name);
    if (info == null) {
      throw new TensorException(
          name, session.name + " has no output '" + name + "'. It has " + session.outputs.values());
    }
    if (info.type() == ElementType.OTHER) {
      throw new TensorException(
          name,
          "Output '"
              + name
              + "' of "
              + session.name
              + " cannot be read from Java: it is no tensor or its element type is"
              + " none of ElementType. Ask for other outputs only.");
    }
    return info;
  }

  static TensorInfo pinned(Session session, String name, Tensor tensor) {
    TensorInfo info = output(session, name);
    check("Output", session, info, tensor);
    if (!tensor.hasBuffer()) {
      throw new TensorException(
          name,
          "Output '"
              + name
              + "' of "
              + session.name
              + " can be pinned to a tensor with a buffer only; make it with Tensor.allocate");
    }
    return info;
  }

  private static void check(String kind, Session session, TensorInfo info, Tensor tensor) {
    if (info.type() == ElementType.OTHER) {
      throw new TensorException(
          info.name(),
          kind
              + " '"
              + info.name()
              + "' of "
              + session.name
              + " has an element type that cannot be given from Java: "
              + info);
    }
    // What a graph declares of its outputs is no promise: exporters write down the example's sizes.
    // Only the rank holds.
    boolean fits =
        kind.equals("Output")
            ? info.shape().rank() == tensor.shape().rank()
            : info.shape().accepts(tensor.shape());
    if (!fits) {
      throw new TensorException(
          info.name(),
          kind
              + " '"
              + info.name()
              + "' of "
              + session.name
              + " has shape "
              + tensor.shape()
              + ", wanted "
              + info.shape());
    }
  }

  static void sameShape(Session session, String name, Tensor made, Tensor wanted) {
    if (!made.shape().equals(wanted.shape())) {
      throw new TensorException(
          name,
          "Output '"
              + name
              + "' of "
              + session.name
              + " has shape "
              + made.shape()
              + ", its tensor "
              + wanted.shape());
    }
  }

  static void complete(
      Session session, Set<String> inputs, Set<String> wanted, Set<String> pinned) {
    if (wanted.isEmpty() && pinned.isEmpty()) {
      throw new TensorException(
          "No output of " + session.name + " was asked for. It has " + session.outputs.values());
    }
    Set<String> missing = new LinkedHashSet<>(session.inputs.keySet());
    missing.removeAll(inputs);
    if (!missing.isEmpty()) {
      String first = missing.iterator().next();
      throw new TensorException(
          first,
          "Input"
              + (missing.size() == 1 ? " '" + first + "'" : "s " + missing)
              + " of "
              + session.name
              + " not given. Wanted: "
              + session.inputs.values()
              + "; given: "
              + inputs);
    }
  }

  static Tensor result(Session session, String name, OnnxValue value) {
    if (value instanceof OnnxTensor) {
      return Tensor.ofResult((OnnxTensor) value);
    }
    value.close();
    throw new TensorException(
        name, "Output '" + name + "' of " + session.name + " is no tensor but " + value.getType());
  }

  static Set<String> union(Set<String> a, Set<String> b) {
    Set<String> all = new LinkedHashSet<>(a);
    all.addAll(b);
    return all;
  }
}
