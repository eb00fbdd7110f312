package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.config.RotaryScaling;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.Net;
import java.util.Map;

/**
 * Llama 1 to 3 and what has its shape: SmolLM 1 and 2, TinyLlama, Yi and others. Touvron et al. 2023, arXiv:2307.09288.
 *
 * <p>Norm before attention and before the gated feed-forward net, rotary positions, grouped key-value heads.
 */
final class Llama implements Architecture {
  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    int hidden = c.size("hidden_size");
    int inner = c.size("intermediate_size");
    int vocabulary = c.size("vocab_size");
    double epsilon = c.number("rms_norm_eps", 1e-6);
    boolean attentionBias = c.flag("attention_bias", false);
    boolean mlpBias = c.flag("mlp_bias", false);
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
      String h = net.rmsNorm(x, p + "input_layernorm.weight", hidden, epsilon);
      String q = net.linear(h, p + "self_attn.q_proj", hidden, a.width(), attentionBias);
      String k = net.linear(h, p + "self_attn.k_proj", hidden, a.kvWidth(), attentionBias);
      String v = net.linear(h, p + "self_attn.v_proj", hidden, a.kvWidth(), attentionBias);
      h = text.attention(i, a, q, k, v, rotary);
      x = net.residual(x, net.linear(h, p + "self_attn.o_proj", a.width(), hidden, attentionBias));
      h = net.rmsNorm(x, p + "post_attention_layernorm.weight", hidden, epsilon);
      x = net.residual(x, net.gatedMlp(h, p + "mlp", hidden, inner, act, mlpBias));
    }
    x = net.rmsNorm(x, body + "norm.weight", hidden, epsilon);
    text.logits(text.scores(x, table, "lm_head.weight", vocabulary, hidden), vocabulary);
    return Map.of("model.onnx", net);
  }
}
