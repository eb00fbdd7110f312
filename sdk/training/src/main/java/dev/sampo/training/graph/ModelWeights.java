package dev.sampo.training.graph;

import dev.sampo.error.SampoException;
import dev.sampo.onnx.Dims;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.TensorProto;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The weights in a model file: initializers, or constants that stand for them. */
final class ModelWeights {
  private ModelWeights() {}

  static void forEach(ModelProto model, Consumer<TensorProto> consumer) {
    Map<String, TensorProto> initializers = new HashMap<>();
    for (TensorProto tensor : model.getGraph().getInitializerList()) {
      initializers.put(tensor.getName(), tensor);
      consumer.accept(tensor);
    }
    for (NodeProto node : model.getGraph().getNodeList()) {
      TensorProto same =
          node.getOpType().equals("Identity") ? initializers.get(node.getInput(0)) : null;
      if (same != null) {
        consumer.accept(same.toBuilder().setName(node.getOutput(0)).build());
      }
      AttributeProto value = constantValue(node);
      if (value != null) {
        consumer.accept(value.getT().toBuilder().setName(node.getOutput(0)).build());
      }
    }
  }

  /** The model with new values of the same shapes. */
  static ModelProto replace(ModelProto model, Map<String, float[]> values) {
    GraphProto.Builder graph = model.getGraph().toBuilder();
    separate(graph, values);
    for (int i = 0; i < graph.getInitializerCount(); i++) {
      TensorProto tensor = graph.getInitializer(i);
      float[] now = values.get(tensor.getName());
      if (now != null) {
        graph.setInitializer(i, replaced(tensor, now, tensor.getName()));
      }
    }
    for (int i = 0; i < graph.getNodeCount(); i++) {
      NodeProto node = graph.getNode(i);
      AttributeProto value = constantValue(node);
      float[] now = value == null ? null : values.get(node.getOutput(0));
      if (value != null && now != null) {
        TensorProto tensor = replaced(value.getT(), now, value.getT().getName());
        graph.setNode(i, node.toBuilder().setAttribute(0, value.toBuilder().setT(tensor)).build());
      }
    }
    return model.toBuilder().setGraph(graph).build();
  }

  /** Weights that were written as Identity of an equal one get an initializer of their own. */
  private static void separate(GraphProto.Builder graph, Map<String, float[]> values) {
    Map<String, TensorProto> initializers = new HashMap<>();
    graph.getInitializerList().forEach(t -> initializers.put(t.getName(), t));
    for (int i = graph.getNodeCount() - 1; i >= 0; i--) {
      NodeProto node = graph.getNode(i);
      TensorProto same =
          node.getOpType().equals("Identity") ? initializers.get(node.getInput(0)) : null;
      if (same != null && values.containsKey(node.getOutput(0))) {
        graph.addInitializer(same.toBuilder().setName(node.getOutput(0)));
        graph.removeNode(i);
      }
    }
  }

  private static TensorProto replaced(TensorProto old, float[] values, String name) {
    if (Dims.count(Tensors.dims(old)) != values.length) {
      throw new SampoException(
          "Weight '"
              + name
              + "' has "
              + Dims.count(Tensors.dims(old))
              + " elements, not "
              + values.length
              + ".");
    }
    return Tensors.ofFloats(old.getName(), Tensors.dims(old), values);
  }

  private static @Nullable AttributeProto constantValue(NodeProto node) {
    boolean constant =
        node.getOpType().equals("Constant")
            && node.getAttributeCount() == 1
            && node.getAttribute(0).getName().equals("value");
    return constant ? node.getAttribute(0) : null;
  }
}
