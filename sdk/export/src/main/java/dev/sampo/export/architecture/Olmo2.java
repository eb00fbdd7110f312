package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.config.RotaryScaling;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.Net;
import java.util.Map;

/** OLMo 2 (arXiv:2501.00656): norms after attention and after the feed-forward net, and norms over all queries and all keys. */
final class Olmo2 implements Architecture {
  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    int hidden = c.size("hidden_size");
    int inner = c.size("intermediate_size");
    int vocabulary = c.size("vocab_size");
    double epsilon = c.number("rms_norm_eps", 1e-5);
    boolean bias = c.flag("attention_bias", false);
    String act = c.text("hidden_act", "silu");
    String body = source.prefix("model.");

    Attention a = Attention.of(c);
    CausalNet text = new CausalNet(net, c.integer("max_position_embeddings", 2048), a.headSize());
    CausalNet.RotaryEmbedding rotary =
        text.rotary(RotaryScaling.of(c, a.headSize(), null, 10000, 1), a.headSize());
    String table = body + "embed_tokens.weight";
    String x = net.embedding(text.inputIds(), table, vocabulary, hidden);
    for (int i = 0; i < c.size("num_hidden_layers"); i++) {
      String p = body + "layers." + i + ".";
      String q = net.linear(x, p + "self_attn.q_proj", hidden, a.width(), bias);
      String k = net.linear(x, p + "self_attn.k_proj", hidden, a.kvWidth(), bias);
      String v = net.linear(x, p + "self_attn.v_proj", hidden, a.kvWidth(), bias);
      q = net.rmsNorm(q, p + "self_attn.q_norm.weight", a.width(), epsilon);
      k = net.rmsNorm(k, p + "self_attn.k_norm.weight", a.kvWidth(), epsilon);
      String h = text.attention(i, a, q, k, v, rotary);
      h = net.linear(h, p + "self_attn.o_proj", a.width(), hidden, bias);
      x = net.add(x, net.rmsNorm(h, p + "post_attention_layernorm.weight", hidden, epsilon));
      h = net.gatedMlp(x, p + "mlp", hidden, inner, act, false);
      x = net.add(x, net.rmsNorm(h, p + "post_feedforward_layernorm.weight", hidden, epsilon));
    }
    x = net.rmsNorm(x, body + "norm.weight", hidden, epsilon);
    text.logits(text.scores(x, table, "lm_head.weight", vocabulary, hidden), vocabulary);
    return Map.of("model.onnx", net);
  }
}
