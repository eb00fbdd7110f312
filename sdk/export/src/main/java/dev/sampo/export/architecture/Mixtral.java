package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.config.RotaryScaling;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.Experts;
import dev.sampo.export.graph.Net;
import java.util.Map;

/** Mixtral (Jiang et al. 2024, arXiv:2401.04088): Mistral with experts, of which each token takes the best two. */
final class Mixtral implements Architecture {
  private static final Experts.Names NAMES = new Experts.Names("w1", "w3", "w2");

  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    int hidden = c.size("hidden_size");
    int vocabulary = c.size("vocab_size");
    double epsilon = c.number("rms_norm_eps", 1e-5);
    String body = source.prefix("model.");

    Attention a = Attention.of(c).withWindow(c.integer("sliding_window", 0));
    CausalNet text = new CausalNet(net, c.integer("max_position_embeddings", 131072), a.headSize());
    CausalNet.RotaryEmbedding rotary =
        text.rotary(RotaryScaling.of(c, a.headSize(), null, 1e6, 1), a.headSize());
    Experts experts =
        new Experts(
            net,
            c.integer("num_local_experts", 8),
            c.integer("num_experts_per_tok", 2),
            hidden,
            c.size("intermediate_size"),
            c.text("hidden_act", "silu"),
            true);
    String table = body + "embed_tokens.weight";
    String x = net.embedding(text.inputIds(), table, vocabulary, hidden);
    for (int i = 0; i < c.size("num_hidden_layers"); i++) {
      String p = body + "layers." + i + ".";
      String h = net.rmsNorm(x, p + "input_layernorm.weight", hidden, epsilon);
      String q = net.linear(h, p + "self_attn.q_proj", hidden, a.width(), false);
      String k = net.linear(h, p + "self_attn.k_proj", hidden, a.kvWidth(), false);
      String v = net.linear(h, p + "self_attn.v_proj", hidden, a.kvWidth(), false);
      h = text.attention(i, a, q, k, v, rotary);
      x = net.residual(x, net.linear(h, p + "self_attn.o_proj", a.width(), hidden, false));
      h = net.rmsNorm(x, p + "post_attention_layernorm.weight", hidden, epsilon);
      String m = p + "block_sparse_moe.";
      x = net.residual(x, experts.apply(h, m + "gate", m + "experts.", NAMES));
    }
    x = net.rmsNorm(x, body + "norm.weight", hidden, epsilon);
    text.logits(text.scores(x, table, "lm_head.weight", vocabulary, hidden), vocabulary);
    return Map.of("model.onnx", net);
  }
}
