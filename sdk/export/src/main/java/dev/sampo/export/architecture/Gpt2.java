package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.Net;
import java.util.List;
import java.util.Map;

/** GPT-2 (Radford et al. 2019) and DistilGPT-2: positions from a table, layer norms, weights stored as [in, out]. */
final class Gpt2 implements Architecture {
  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    int hidden = c.size("n_embd");
    int inner = c.integer("n_inner", 4 * hidden);
    int vocabulary = c.size("vocab_size");
    int positions = c.size("n_positions");
    double epsilon = c.number("layer_norm_epsilon", 1e-5);
    String act = c.text("activation_function", "gelu_new");
    String body = source.prefix("transformer.");
    c.require("add_cross_attention", false);
    // Only changes the order of the same operations in half precision.
    c.ignore("reorder_and_upcast_attn");
    boolean scaled = c.flag("scale_attn_weights", true);
    boolean byLayer = c.flag("scale_attn_by_inverse_layer_idx", false);

    int heads = c.size("n_head");
    Attention plain = Attention.of(c, heads, heads, hidden / heads);
    CausalNet text = new CausalNet(net, positions, plain.headSize());
    String table = body + "wte.weight";
    String x =
        net.residual(
            net.embedding(text.inputIds(), table, vocabulary, hidden),
            net.embedding(text.ids(), body + "wpe.weight", positions, hidden));
    for (int i = 0; i < c.size("n_layer"); i++) {
      String p = body + "h." + i + ".";
      double scale = (scaled ? plain.scale() : 1) / (byLayer ? i + 1 : 1);
      String h = net.layerNorm(x, p + "ln_1", hidden, epsilon, true);
      List<String> qkv =
          net.split(
              net.conv1d(h, p + "attn.c_attn", hidden, 3L * hidden), 2, hidden, hidden, hidden);
      h = text.attention(i, plain.withScale(scale), qkv.get(0), qkv.get(1), qkv.get(2), null);
      x = net.residual(x, net.conv1d(h, p + "attn.c_proj", hidden, hidden));
      h = net.layerNorm(x, p + "ln_2", hidden, epsilon, true);
      h = net.activation(act, net.conv1d(h, p + "mlp.c_fc", hidden, inner));
      x = net.residual(x, net.conv1d(h, p + "mlp.c_proj", inner, hidden));
    }
    x = net.layerNorm(x, body + "ln_f", hidden, epsilon, true);
    text.logits(text.scores(x, table, "lm_head.weight", vocabulary, hidden), vocabulary);
    return Map.of("model.onnx", net);
  }
}
