package dev.sampo.training.autodiff;

import dev.sampo.error.SampoException;
import dev.sampo.onnx.proto.NodeProto;

/** An operator on the way from a trainable weight to the loss cannot be differentiated. */
public final class NoGradientException extends SampoException {
  private static final long serialVersionUID = 1;
  private final String opType;
  private final String nodeName;

  NoGradientException(NodeProto node, String what) {
    super(
        "Node '"
            + node.getName()
            + "' ("
            + (node.getDomain().isEmpty() ? "" : node.getDomain() + ".")
            + node.getOpType()
            + " -> "
            + node.getOutputList()
            + ") "
            + what
            + ".");
    opType = node.getOpType();
    nodeName = node.getName();
  }

  public String opType() {
    return opType;
  }

  public String nodeName() {
    return nodeName;
  }
}
