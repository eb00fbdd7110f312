package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.config.RotaryScaling;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.Net;
import java.util.List;
import java.util.Map;

/**
 * Microsoft's Phi-3, Phi-3.5 and Phi-4 (arXiv:2404.14219, arXiv:2412.08905): Llama's shape with queries, keys and values in one product, gate
 * and up projection in another, LongRoPE (arXiv:2402.13753) for long texts, a part of each head turned in Phi-4-mini.
 */
final class Phi3 implements Architecture {
  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    int hidden = c.size("hidden_size");
    int inner = c.size("intermediate_size");
    int vocabulary = c.size("vocab_size");
    double epsilon = c.number("rms_norm_eps", 1e-5);
    String act = c.text("hidden_act", "silu");
    String body = source.prefix("model.");
    c.ignore("original_max_position_embeddings");

    Attention a = Attention.of(c).withWindow(c.integer("sliding_window", 0));
    CausalNet text = new CausalNet(net, c.integer("max_position_embeddings", 4096), a.headSize());
    CausalNet.RotaryEmbedding rotary =
        text.rotary(RotaryScaling.of(c, a.headSize(), null, 10000, 1), a.headSize());
    String table = body + "embed_tokens.weight";
    String x = net.embedding(text.inputIds(), table, vocabulary, hidden);
    for (int i = 0; i < c.size("num_hidden_layers"); i++) {
      String p = body + "layers." + i + ".";
      String h = net.rmsNorm(x, p + "input_layernorm.weight", hidden, epsilon);
      long all = a.width() + 2L * a.kvWidth();
      List<String> qkv =
          net.split(
              net.linear(h, p + "self_attn.qkv_proj", hidden, all, false),
              2,
              a.width(),
              a.kvWidth(),
              a.kvWidth());
      h = text.attention(i, a, qkv.get(0), qkv.get(1), qkv.get(2), rotary);
      x = net.residual(x, net.linear(h, p + "self_attn.o_proj", a.width(), hidden, false));
      h = net.rmsNorm(x, p + "post_attention_layernorm.weight", hidden, epsilon);
      List<String> gateUp =
          net.split(
              net.linear(h, p + "mlp.gate_up_proj", hidden, 2L * inner, false), 2, inner, inner);
      h = net.mul(gateUp.get(1), net.activation(act, gateUp.get(0)));
      x = net.residual(x, net.linear(h, p + "mlp.down_proj", inner, hidden, false));
    }
    x = net.rmsNorm(x, body + "norm.weight", hidden, epsilon);
    text.logits(text.scores(x, table, "lm_head.weight", vocabulary, hidden), vocabulary);
    return Map.of("model.onnx", net);
  }
}
