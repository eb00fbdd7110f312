package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.config.RotaryScaling;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.Net;
import java.util.Map;

/**
 * Microsoft's Phi 1, 1.5 and 2 (arXiv:2306.11644): attention and feed-forward net side by side after one norm, half of each head turned, biases
 * everywhere, the head's too.
 */
final class Phi implements Architecture {
  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    int hidden = c.size("hidden_size");
    int inner = c.size("intermediate_size");
    int vocabulary = c.size("vocab_size");
    double epsilon = c.number("layer_norm_eps", 1e-5);
    boolean headNorms = c.flag("qk_layernorm", false);
    String act = c.text("hidden_act", "gelu_new");
    String body = source.prefix("model.");

    Attention a = Attention.of(c);
    CausalNet text = new CausalNet(net, c.integer("max_position_embeddings", 2048), a.headSize());
    CausalNet.RotaryEmbedding rotary =
        text.rotary(RotaryScaling.of(c, a.headSize(), null, 10000, 0.5), a.headSize());
    String table = body + "embed_tokens.weight";
    String x = net.embedding(text.inputIds(), table, vocabulary, hidden);
    for (int i = 0; i < c.size("num_hidden_layers"); i++) {
      String p = body + "layers." + i + ".";
      String h = net.layerNorm(x, p + "input_layernorm", hidden, epsilon, true);
      String q = net.linear(h, p + "self_attn.q_proj", hidden, a.width(), true);
      String k = net.linear(h, p + "self_attn.k_proj", hidden, a.kvWidth(), true);
      String v = net.linear(h, p + "self_attn.v_proj", hidden, a.kvWidth(), true);
      if (headNorms) {
        q = headNorm(net, q, p + "self_attn.q_layernorm", a.heads(), a.headSize(), epsilon);
        k = headNorm(net, k, p + "self_attn.k_layernorm", a.kvHeads(), a.headSize(), epsilon);
      }
      String attended = text.attention(i, a, q, k, v, rotary);
      attended = net.linear(attended, p + "self_attn.dense", a.width(), hidden, true);
      String m = net.activation(act, net.linear(h, p + "mlp.fc1", hidden, inner, true));
      m = net.linear(m, p + "mlp.fc2", inner, hidden, true);
      x = net.residual(net.add(attended, m), x);
    }
    x = net.layerNorm(x, body + "final_layernorm", hidden, epsilon, true);
    String scores = text.scores(x, table, "lm_head.weight", vocabulary, hidden);
    text.logits(net.add(scores, net.weight("lm_head.bias", vocabulary)), vocabulary);
    return Map.of("model.onnx", net);
  }

  private static String headNorm(
      Net net, String x, String prefix, int heads, int size, double epsilon) {
    String normed = net.layerNorm(net.reshape(x, 0, 0, heads, size), prefix, size, epsilon, true);
    return net.reshape(normed, 0, 0, (long) heads * size);
  }
}
