package dev.sampo.training.autodiff;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
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
  public static void apply(GraphBuilder g, Map<String, String> buffers, boolean train) {
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

  private static void rewrite(GraphBuilder g, NodeProto node, Map<String, String> buffers) {
    String x = node.getInput(0);
    float momentum = Attr.getFloat(node, "momentum", 0.9f);
    String rank = g.op("Size", g.op("Shape", x));
    String one = g.longScalar(1);
    // Axes 0, 2, 3, ...: all but the channels; the probe folds them.
    String axes = g.concat(0, List.of(g.longs(0), g.op("Range", g.longScalar(2), rank, one)));
    String mean = reduce(g, x, axes);
    String centred = g.sub(x, mean);
    String variance = reduce(g, g.square(centred), axes);
    String inv =
        g.op(
            "Reciprocal",
            g.op("Sqrt", g.add(variance, g.scalar(Attr.getFloat(node, "epsilon", 1e-5f)))));
    String channel = g.op("Shape", mean);
    String scale = g.op("Reshape", node.getInput(1), channel);
    String bias = g.op("Reshape", node.getInput(2), channel);
    String y = g.add(g.mul(g.mul(centred, inv), scale), bias);
    g.node("", "Identity", List.of(), List.of(y), List.of(node.getOutput(0)));
    String count = g.toFloat(g.op("Div", g.op("Size", x), g.op("Size", mean)));
    String unbiased = g.mul(variance, g.div(count, g.sub(count, g.scalar(1))));
    // ONNX's own outputs have the biased variance.
    output(g, node, 1, mix(g, node.getInput(3), mean, momentum));
    output(g, node, 2, mix(g, node.getInput(4), variance, momentum));
    running(g, buffers, node.getInput(3), mean, momentum);
    running(g, buffers, node.getInput(4), unbiased, momentum);
  }

  private static boolean isNorm(NodeProto node) {
    return node.getOpType().equals("BatchNormalization");
  }

  private static void output(GraphBuilder g, NodeProto node, int i, String value) {
    if (i < node.getOutputCount() && !node.getOutput(i).isEmpty()) {
      g.node("", "Identity", List.of(), List.of(value), List.of(node.getOutput(i)));
    }
  }

  private static String reduce(GraphBuilder g, String x, String axes) {
    return g.node("", "ReduceMean", List.of(Attr.of("keepdims", 1)), Arrays.asList(x, axes), 1)
        .get(0);
  }

  private static void running(
      GraphBuilder g, Map<String, String> buffers, String name, String now, float momentum) {
    buffers.put(name, mix(g, buffers.getOrDefault(name, name), now, momentum));
  }

  private static String mix(GraphBuilder g, String before, String now, float momentum) {
    String flat = g.reshape(now, -1);
    return g.add(g.mul(before, g.scalar(momentum)), g.mul(flat, g.scalar(1 - momentum)));
  }
}
