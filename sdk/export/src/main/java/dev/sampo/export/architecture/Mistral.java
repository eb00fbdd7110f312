package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.config.RotaryScaling;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.Net;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Mistral (Jiang et al. 2023, arXiv:2310.06825), Ministral and Ministral 3: Llama's shape with a window on all layers or, by {@code
 * layer_types}, on some. Ministral 3 makes queries grow with their position, {@code 1 + beta ln(1 + floor(position / original length))}.
 */
final class Mistral implements Architecture {
  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    boolean third = c.modelType().equals("ministral3");
    int hidden = c.size("hidden_size");
    int inner = c.size("intermediate_size");
    int vocabulary = c.size("vocab_size");
    double epsilon = c.number("rms_norm_eps", third ? 1e-5 : 1e-6);
    String act = c.text("hidden_act", "silu");
    String body = source.prefix("model.");
    int layers = c.size("num_hidden_layers");

    Attention full = Attention.of(c);
    CausalNet text =
        new CausalNet(net, c.integer("max_position_embeddings", 131072), full.headSize());
    Attention near = full.withWindow(c.integerOrNone("sliding_window", third ? 0 : 4096));
    // Only Ministral has kinds of layers; for Mistral the key has no effect.
    List<String> kinds = c.texts("layer_types");
    boolean byLayer = c.modelType().equals("ministral") && kinds != null;
    CausalNet.RotaryEmbedding rotary =
        text.rotary(RotaryScaling.of(c, full.headSize(), null, 10000, 1), full.headSize());
    String growth = growth(c, net, text);
    String table = body + "embed_tokens.weight";
    String x = net.embedding(text.inputIds(), table, vocabulary, hidden);
    for (int i = 0; i < layers; i++) {
      Attention a = byLayer && Kinds.isFull(c, kinds, i) ? full : near;
      String p = body + "layers." + i + ".";
      String h = net.rmsNorm(x, p + "input_layernorm.weight", hidden, epsilon);
      String q = net.linear(h, p + "self_attn.q_proj", hidden, a.width(), false);
      String k = net.linear(h, p + "self_attn.k_proj", hidden, a.kvWidth(), false);
      String v = net.linear(h, p + "self_attn.v_proj", hidden, a.kvWidth(), false);
      h = text.attention(i, a, growth == null ? q : net.mul(q, growth), k, v, rotary);
      x = net.residual(x, net.linear(h, p + "self_attn.o_proj", a.width(), hidden, false));
      h = net.rmsNorm(x, p + "post_attention_layernorm.weight", hidden, epsilon);
      x = net.residual(x, net.gatedMlp(h, p + "mlp", hidden, inner, act, false));
    }
    x = net.rmsNorm(x, body + "norm.weight", hidden, epsilon);
    text.logits(text.scores(x, table, "lm_head.weight", vocabulary, hidden), vocabulary);
    return Map.of("model.onnx", net);
  }

  /** Factor of the queries [batch, sequence, 1]; turning does not change lengths, so it may come before. */
  private static @Nullable String growth(Config c, Net net, CausalNet text) {
    Config rope = c.part("rope_parameters");
    if (rope == null || !rope.has("llama_4_scaling_beta")) {
      return null;
    }
    rope.ignore("max_position_embeddings");
    double beta = rope.number("llama_4_scaling_beta", 0);
    double original = rope.size("original_max_position_embeddings");
    String turns = net.op("Floor", net.div(net.toFloat(text.ids()), net.scalar(original)));
    String growth = net.scale(net.op("Log", net.add(turns, net.scalar(1))), beta);
    return net.unsqueeze(net.add(growth, net.scalar(1)), 2);
  }
}
