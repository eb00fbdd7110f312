package dev.sampo.export.graph;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.proto.TensorProto;
import java.util.List;

/**
 * A mixture of experts (Shazeer et al. 2017, arXiv:1701.06538; Jiang et al. 2024, arXiv:2401.04088): a router gives each token to its best few
 * feed-forward nets and adds up what they say, weighted by the router's probabilities.
 *
 * <p>Each expert reads only the tokens that were given to it, so the work grows with the number of experts a token has and not with their
 * number.
 *
 * @param count number of experts
 * @param chosen experts a token
 * @param hidden size of a token
 * @param inner size within an expert
 * @param renormalise whether the chosen probabilities are scaled to add up to 1
 */
public record Experts(
    Net net, int count, int chosen, int hidden, int inner, String activation, boolean renormalise) {

  /** Names of an expert's gate, up and down projections. */
  public record Names(String gate, String up, String down) {}

  /** Experts named as Qwen does. */
  public String apply(String x, String router, String experts) {
    return apply(x, router, experts, new Names("gate_proj", "up_proj", "down_proj"));
  }

  /**
   * The experts' answer to x [batch, sequence, hidden].
   *
   * @param router prefix of the router's weight
   * @param experts prefix of the experts, before their numbers
   */
  public String apply(String x, String router, String experts, Names names) {
    String tokens = net.reshape(x, -1, hidden);
    String scores = net.linear(tokens, router, hidden, count, false);
    String probabilities = net.op("Softmax", List.of(Attr.of("axis", -1)), scores);
    List<String> top =
        net.node("", "TopK", List.of(), List.of(probabilities, net.longs(chosen)), 2);
    String weights = top.get(0); // [tokens, chosen]
    if (renormalise) {
      String sum = net.op("ReduceSum", List.of(Attr.of("keepdims", 1)), weights, net.longs(-1));
      weights = net.div(weights, sum);
    }
    String total = net.mul(tokens, net.scalar(0));
    for (int e = 0; e < count; e++) {
      String mine =
          net.toFloat(net.op("Equal", top.get(1), net.longScalar(e))); // [tokens, chosen], 0 or 1
      String weight =
          net.op(
              "ReduceSum", List.of(Attr.of("keepdims", 1)), net.mul(weights, mine), net.longs(1));
      String isMine =
          net.cast(
              net.op("ReduceMax", List.of(Attr.of("keepdims", 0)), mine, net.longs(1)),
              TensorProto.DataType.BOOL);
      String rows = net.transpose(net.op("NonZero", isMine), 1, 0); // [mine, 1]
      String which = net.op("Squeeze", rows, net.longs(1));
      String answer = expert(net.gather(tokens, which, 0), experts + e + ".", names);
      answer = net.mul(answer, net.gather(weight, which, 0));
      total = net.op("ScatterND", List.of(Attr.of("reduction", "add")), total, rows, answer);
    }
    return net.op("Reshape", total, net.op("Shape", x));
  }

  private String expert(String x, String prefix, Names names) {
    String gate = net.linear(x, prefix + names.gate(), hidden, inner, false);
    String up = net.linear(x, prefix + names.up(), hidden, inner, false);
    String both = net.mul(net.activation(activation, gate), up);
    return net.linear(both, prefix + names.down(), inner, hidden, false);
  }
}
