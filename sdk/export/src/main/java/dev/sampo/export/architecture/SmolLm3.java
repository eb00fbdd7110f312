package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.config.RotaryScaling;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.Net;
import java.util.List;
import java.util.Map;

/** SmolLM3: Llama's shape, with every fourth layer without positions (NoPE, Yang et al. 2025, arXiv:2501.18795). */
final class SmolLm3 implements Architecture {
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
    int window = c.flag("use_sliding_window", false) ? c.integer("sliding_window", 0) : 0;
    c.ignore("sliding_window");
    double[] turning = c.numbers("no_rope_layers");
    int interval = c.integer("no_rope_layer_interval", 4);
    List<String> kinds = c.texts("layer_types");

    Attention full = Attention.of(c);
    CausalNet text =
        new CausalNet(net, c.integer("max_position_embeddings", 32768), full.headSize());
    CausalNet.RotaryEmbedding rotary =
        text.rotary(RotaryScaling.of(c, full.headSize(), null, 2e6, 1), full.headSize());
    String table = body + "embed_tokens.weight";
    String x = net.embedding(text.inputIds(), table, vocabulary, hidden);
    for (int i = 0; i < c.size("num_hidden_layers"); i++) {
      // "no_rope_layers" holds 1 for the layers that do turn.
      boolean turns =
          turning != null && turning.length > 0 ? turning[i] != 0 : (i + 1) % interval != 0;
      boolean near = kinds == null ? !turns : !Kinds.isFull(c, kinds, i);
      Attention a = near ? full.withWindow(window) : full;
      String p = body + "layers." + i + ".";
      String h = net.rmsNorm(x, p + "input_layernorm.weight", hidden, epsilon);
      String q = net.linear(h, p + "self_attn.q_proj", hidden, a.width(), attentionBias);
      String k = net.linear(h, p + "self_attn.k_proj", hidden, a.kvWidth(), attentionBias);
      String v = net.linear(h, p + "self_attn.v_proj", hidden, a.kvWidth(), attentionBias);
      h = text.attention(i, a, q, k, v, turns ? rotary : null);
      x = net.residual(x, net.linear(h, p + "self_attn.o_proj", a.width(), hidden, attentionBias));
      h = net.rmsNorm(x, p + "post_attention_layernorm.weight", hidden, epsilon);
      x = net.residual(x, net.gatedMlp(h, p + "mlp", hidden, inner, act, mlpBias));
    }
    x = net.rmsNorm(x, body + "norm.weight", hidden, epsilon);
    text.logits(text.scores(x, table, "lm_head.weight", vocabulary, hidden), vocabulary);
    return Map.of("model.onnx", net);
  }
}
