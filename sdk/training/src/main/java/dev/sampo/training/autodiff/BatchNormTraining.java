package dev.sampo.training.autodiff;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Puts batch normalization into training mode: statistics of the batch, written with plain operators because stock ONNX
 * Runtime has no kernel for it, and running statistics that are handed from step to step as PyTorch does (momentum 0.9
 * of the old value, unbiased variance). A file that says {@code training_mode = 1} itself is treated alike.
 */
public final class BatchNormTraining {
  private BatchNormTraining() {}

  /** Rewrites the nodes; {@code buffers} gets running statistic -> its next value. */
  public static void apply(GraphBuilder g, Map<String, Value> buffers, boolean train) {
    if (!train || g.nodes().stream().noneMatch(BatchNormTraining::isNorm)) {
      return;
    }
    List<NodeProto> before = new ArrayList<>(g.nodes());
    g.nodes().clear();
    for (NodeProto node : before) {
      if (isNorm(node)) {
        rewrite(g, node, buffers);
      } else {
        g.nodes().add(node);
      }
    }
  }

  private static void rewrite(GraphBuilder g, NodeProto node, Map<String, Value> buffers) {
    Value x = input(node, 0);
    float momentum = Attr.getFloat(node, "momentum", 0.9f);
    Value rank = g.op("Size", g.op("Shape", x));
    Value one = g.longScalar(1);
    // Axes 0, 2, 3, ...: all but the channels; the probe folds them.
    Value axes = g.concat(0, List.of(g.longs(0), g.op("Range", g.longScalar(2), rank, one)));
    Value mean = reduce(g, x, axes);
    Value centred = g.sub(x, mean);
    Value variance = reduce(g, g.square(centred), axes);
    Value inv =
        g.op(
            "Reciprocal",
            g.op("Sqrt", g.add(variance, g.scalar(Attr.getFloat(node, "epsilon", 1e-5f)))));
    Value channel = g.op("Shape", mean);
    Value scale = g.op("Reshape", input(node, 1), channel);
    Value bias = g.op("Reshape", input(node, 2), channel);
    Value y = g.add(g.mul(g.mul(centred, inv), scale), bias);
    g.node("", "Identity", List.of(), List.of(y), List.of(node.getOutput(0)));
    Value count = g.toFloat(g.op("Div", g.op("Size", x), g.op("Size", mean)));
    Value unbiased = g.mul(variance, g.div(count, g.sub(count, g.scalar(1))));
    // ONNX's own outputs have the biased variance.
    output(g, node, 1, mix(g, input(node, 3), mean, momentum));
    output(g, node, 2, mix(g, input(node, 4), variance, momentum));
    running(g, buffers, input(node, 3), mean, momentum);
    running(g, buffers, input(node, 4), unbiased, momentum);
  }

  private static Value input(NodeProto node, int i) {
    return new Value(node.getInput(i));
  }

  private static boolean isNorm(NodeProto node) {
    return node.getOpType().equals("BatchNormalization");
  }

  private static void output(GraphBuilder g, NodeProto node, int i, Value value) {
    if (i < node.getOutputCount() && !node.getOutput(i).isEmpty()) {
      g.node("", "Identity", List.of(), List.of(value), List.of(node.getOutput(i)));
    }
  }

  private static Value reduce(GraphBuilder g, Value x, Value axes) {
    return g.node("", "ReduceMean", List.of(Attr.of("keepdims", 1)), Arrays.asList(x, axes), 1)
        .get(0);
  }

  private static void running(
      GraphBuilder g, Map<String, Value> buffers, Value statistic, Value now, float momentum) {
    Value before = buffers.getOrDefault(statistic.name(), statistic);
    buffers.put(statistic.name(), mix(g, before, now, momentum));
  }

  private static Value mix(GraphBuilder g, Value before, Value now, float momentum) {
    Value flat = g.reshape(now, -1);
    return g.add(g.mul(before, g.scalar(momentum)), g.mul(flat, g.scalar(1 - momentum)));
  }
}
