package dev.sampo.training.autodiff;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.Dims;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.TensorProto;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One node during the backward pass. Gradients and values are of {@link #graph()}. */
public final class Backward {
  private final GraphBuilder graph;
  private final NodeProto node;
  private final Autodiff pass;

  Backward(GraphBuilder graph, NodeProto node, Autodiff pass) {
    this.graph = graph;
    this.node = node;
    this.pass = pass;
  }

  /** Where gradient nodes are emitted. */
  public GraphBuilder graph() {
    return graph;
  }

  public NodeProto node() {
    return node;
  }

  /** Whether input i is given at all. */
  public boolean has(int i) {
    return i < node.getInputCount() && !node.getInput(i).isEmpty();
  }

  public Value in(int i) {
    return new Value(node.getInput(i));
  }

  public int inCount() {
    return node.getInputCount();
  }

  /** Output i; an optional output that the node did not give is asked for. */
  public Value out(int i) {
    if (i < node.getOutputCount() && !node.getOutput(i).isEmpty()) {
      return new Value(node.getOutput(i));
    }
    return graph.ensureOutput(firstOutput(), i);
  }

  private String firstOutput() {
    for (String output : node.getOutputList()) {
      if (!output.isEmpty()) {
        return output;
      }
    }
    throw fail("has no output");
  }

  /** Whether the gradient of input i is wanted. */
  public boolean wants(int i) {
    return has(i) && pass.needsGradient(node.getInput(i));
  }

  /** The gradient of output 0. */
  public Value grad() {
    Value grad = gradOrNull(0);
    if (grad == null) {
      throw fail(
          "has no gradient on its first output, but on another; its rule does not allow that");
    }
    return grad;
  }

  /** The gradient of output i, null where the loss does not depend on it. */
  public @Nullable Value gradOrNull(int i) {
    return i < node.getOutputCount() ? pass.gradientOf(node.getOutput(i)) : null;
  }

  public int outCount() {
    return node.getOutputCount();
  }

  /** The gradient of output i, zeros where the loss does not depend on it. */
  public Value gradOrZeros(int i) {
    Value grad = gradOrNull(i);
    return grad != null ? grad : graph.zeros(outShape(i));
  }

  /** Adds a gradient of input i; it has the shape of the input. */
  public void give(int i, Value gradient) {
    if (wants(i)) {
      pass.add(node.getInput(i), gradient);
    }
  }

  /** Adds a gradient of input i that has the shape of output 0, summed over the axes that were broadcast. */
  public void giveReduced(int i, Value gradient) {
    if (wants(i)) {
      pass.add(node.getInput(i), sumTo(gradient, outShape(0), shape(i)));
    }
  }

  /** Sums a gradient over the axes along which {@code to} was broadcast to {@code from}. */
  public Value sumTo(Value gradient, long[] from, long[] to) {
    int lead = from.length - to.length;
    List<Long> axes = new ArrayList<>();
    boolean equal = lead == 0;
    for (int i = 0; i < from.length; i++) {
      if (i < lead || to[i - lead] == 1 && from[i] != 1) {
        axes.add((long) i);
        equal = false;
      }
    }
    if (equal) {
      return gradient;
    }
    Value sum = graph.reduceSum(gradient, axes.stream().mapToLong(Long::longValue).toArray(), true);
    return lead == 0 ? sum : graph.reshape(sum, to);
  }

  public long[] shape(int i) {
    return graph.requireType(node.getInput(i)).dims();
  }

  public TensorType type(int i) {
    return graph.requireType(node.getInput(i));
  }

  public long[] outShape(int i) {
    return graph.requireType(node.getOutput(i)).dims();
  }

  public int rank(int i) {
    return graph.requireType(node.getInput(i)).rank();
  }

  public long attr(String name, long fallback) {
    return Attr.getInt(node, name, fallback);
  }

  public float attr(String name, float fallback) {
    return Attr.getFloat(node, name, fallback);
  }

  public String attr(String name, String fallback) {
    return Attr.getString(node, name, fallback);
  }

  public long[] attr(String name, long[] fallback) {
    return Attr.getInts(node, name, fallback);
  }

  public boolean hasAttr(String name) {
    return Attr.find(node, name) != null;
  }

  /** Input i if it is a constant of the training graph, else null. */
  public @Nullable TensorProto constant(int i) {
    return graph.initializers().get(node.getInput(i));
  }

  /** The values of an integer input that is a constant of the training graph. */
  public long[] constantLongs(int i) {
    TensorProto tensor = constant(i);
    if (tensor == null) {
      throw fail("needs its input " + i + " ('" + node.getInput(i) + "') to be constant");
    }
    return Tensors.toLongs(tensor);
  }

  /** Constant integer input i, or a fall-back where it is not given. */
  public long[] constantLongs(int i, long[] fallback) {
    return has(i) ? constantLongs(i) : fallback;
  }

  /** All axes of input 0, or those that an axes input names. */
  public long[] axes(int input) {
    return Dims.normalize(constantLongs(input, Dims.range(rank(0))), rank(0));
  }

  /** An error that names the node. */
  public NoGradientException fail(String what) {
    return new NoGradientException(node, what);
  }
}
