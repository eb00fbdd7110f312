package dev.sampo.training.plain;

import dev.sampo.error.SampoException;
import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.training.graph.Parameter;
import dev.sampo.training.graph.TrainingGraph;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Weights laid one after the other in one vector, so that a step passes few tensors and the optimizer's operators each
 * run once over all of them.
 */
public final class FlatGroup {
  private final String name;
  private final List<Parameter> parameters;
  private final boolean decays;
  private final int size;

  FlatGroup(String name, List<Parameter> parameters, boolean decays) {
    this.name = name;
    this.parameters = parameters;
    this.decays = decays;
    size = parameters.stream().mapToInt(Parameter::size).sum();
  }

  String name() {
    return name;
  }

  int size() {
    return size;
  }

  boolean decays() {
    return decays;
  }

  List<Parameter> parameters() {
    return parameters;
  }

  void write(float[] flat, Map<String, float[]> into) {
    int at = 0;
    for (Parameter p : parameters) {
      float[] value = new float[p.size()];
      System.arraycopy(flat, at, value, 0, value.length);
      into.put(p.name(), value);
      at += value.length;
    }
  }

  float[] read(Map<String, float[]> from) {
    float[] flat = new float[size];
    int at = 0;
    for (Parameter p : parameters) {
      float[] value = from.get(p.name());
      if (value == null || value.length != p.size()) {
        throw new SampoException(
            "The state has "
                + (value == null ? "no" : "a wrongly sized")
                + " '"
                + p.name()
                + "': it belongs to another model or another choice of trainable weights.");
      }
      System.arraycopy(value, 0, flat, at, value.length);
      at += value.length;
    }
    return flat;
  }

  /** Replaces initializers of the graph by pieces of one input. */
  void cut(GraphBuilder g) {
    cut(g, name, parameters, size);
  }

  /** Replaces the weights of live models by pieces of their inputs. */
  public static void cutLive(GraphBuilder g, TrainingGraph training) {
    training
        .live()
        .forEach(
            (model, parameters) ->
                cut(
                    g,
                    TrainingGraph.liveInput(model),
                    parameters,
                    parameters.stream().mapToInt(Parameter::size).sum()));
  }

  private static void cut(GraphBuilder g, String input, List<Parameter> parameters, int size) {
    g.input(input, TensorType.floats(size));
    if (parameters.size() == 1) {
      Parameter only = parameters.get(0);
      g.removeInitializer(only.name());
      g.prepend(Collections.singletonList(reshaped(g, input, only)));
      return;
    }
    List<NodeProto> nodes = new ArrayList<>();
    NodeProto.Builder split =
        NodeProto.newBuilder()
            .setOpType("Split")
            .setName(input + ".split")
            .addAttribute(Attr.of("axis", 0));
    long[] sizes = new long[parameters.size()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = parameters.get(i).size();
    }
    String sizesName = g.fresh("sizes");
    g.initializer(Tensors.ofLongs(sizesName, new long[] {sizes.length}, sizes));
    split.addInput(input).addInput(sizesName);
    List<NodeProto> reshapes = new ArrayList<>();
    for (Parameter p : parameters) {
      g.removeInitializer(p.name());
      String piece = g.fresh("piece");
      split.addOutput(piece);
      reshapes.add(reshaped(g, piece, p));
    }
    nodes.add(split.build());
    nodes.addAll(reshapes);
    g.prepend(nodes);
  }

  private static NodeProto reshaped(GraphBuilder g, String flat, Parameter p) {
    String shape = g.fresh("shape");
    long[] dims = p.type().dims();
    g.initializer(Tensors.ofLongs(shape, new long[] {dims.length}, dims));
    return NodeProto.newBuilder()
        .setOpType("Reshape")
        .setName(p.name() + ".reshape")
        .addInput(flat)
        .addInput(shape)
        .addOutput(p.name())
        .build();
  }

  /** The gradients of the group as one vector. */
  Value gradient(GraphBuilder g, Map<String, Value> gradients) {
    List<Value> flat = new ArrayList<>();
    for (Parameter p : parameters) {
      flat.add(g.reshape(gradients.get(p.name()), -1));
    }
    return g.concat(0, flat);
  }
}
