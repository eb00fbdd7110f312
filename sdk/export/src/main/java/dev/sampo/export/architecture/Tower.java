package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.Net;

/** The layers that the towers of CLIP and SigLIP share: norms before the blocks, biases everywhere. */
record Tower(
    Net net,
    String prefix,
    int layers,
    int width,
    int inner,
    Attention attention,
    double epsilon,
    String act) {

  static Tower of(Net net, Config c, String prefix, double epsilon, String act) {
    int width = c.size("hidden_size");
    int heads = c.size("num_attention_heads");
    return new Tower(
        net,
        prefix,
        c.size("num_hidden_layers"),
        width,
        c.size("intermediate_size"),
        Attention.of(c, heads, heads, width / heads),
        c.number("layer_norm_eps", epsilon),
        c.text("hidden_act", act));
  }

  /** How queries, keys and values meet. */
  @FunctionalInterface
  interface Meeting {
    String of(Attention attention, String q, String k, String v);
  }

  String run(String input, Meeting meeting) {
    String x = input;
    for (int i = 0; i < layers; i++) {
      String p = prefix + "encoder.layers." + i + ".";
      String h = norm(x, p + "layer_norm1");
      String q = square(h, p + "self_attn.q_proj");
      String k = square(h, p + "self_attn.k_proj");
      String v = square(h, p + "self_attn.v_proj");
      x = net.residual(x, square(meeting.of(attention, q, k, v), p + "self_attn.out_proj"));
      x = net.residual(x, mlp(norm(x, p + "layer_norm2"), p + "mlp."));
    }
    return x;
  }

  String mlp(String x, String p) {
    String h = net.activation(act, net.linear(x, p + "fc1", width, inner, true));
    return net.linear(h, p + "fc2", inner, width, true);
  }

  String norm(String x, String name) {
    return net.layerNorm(x, name, width, epsilon, true);
  }

  private String square(String x, String name) {
    return net.linear(x, name, width, width, true);
  }
}
