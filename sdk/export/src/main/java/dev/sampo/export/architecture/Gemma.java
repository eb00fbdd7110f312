package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.config.RotaryScaling;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.Net;
import java.util.List;
import java.util.Map;

/**
 * Google's Gemma (arXiv:2403.08295), Gemma 2 (arXiv:2408.00118) and the text model of Gemma 3 (arXiv:2503.19786).
 *
 * <p>Embeddings times the root of the hidden size; norms by 1 + weight, before and, from Gemma 2 on, also after each block; a window on some
 * layers; capped scores in Gemma 2; norms of queries and keys and a rotary base for each kind of layer in Gemma 3.
 */
final class Gemma implements Architecture {
  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    boolean first = c.modelType().equals("gemma");
    boolean third = c.modelType().equals("gemma3_text");
    int hidden = c.size("hidden_size");
    int inner = c.size("intermediate_size");
    int vocabulary = c.size("vocab_size");
    double epsilon = c.number("rms_norm_eps", 1e-6);
    boolean bias = c.flag("attention_bias", false);
    String act = activation(c, first);
    String body = source.prefix("model.");
    c.require("use_bidirectional_attention", false);

    Attention full = attention(c, first);
    CausalNet text =
        new CausalNet(net, c.integer("max_position_embeddings", 8192), full.headSize());
    Attention near = first ? full : full.withWindow(c.integerOrNone("sliding_window", 4096));
    int size = full.headSize();
    CausalNet.RotaryEmbedding farRotary =
        text.rotary(
            RotaryScaling.of(c, size, third ? Kinds.FULL : null, third ? 1e6 : 10000, 1), size);
    CausalNet.RotaryEmbedding nearRotary =
        third ? text.rotary(nearScaling(c, size), size) : farRotary;
    String table = body + "embed_tokens.weight";
    String x = net.embedding(text.inputIds(), table, vocabulary, hidden);
    x = net.scale(x, Math.sqrt(hidden));
    for (int i = 0; i < c.size("num_hidden_layers"); i++) {
      boolean isFull = first || isFull(c, third, i);
      Attention a = isFull ? full : near;
      String p = body + "layers." + i + ".";
      String h = norm(net, x, p + "input_layernorm", hidden, epsilon);
      String q = net.linear(h, p + "self_attn.q_proj", hidden, a.width(), bias);
      String k = net.linear(h, p + "self_attn.k_proj", hidden, a.kvWidth(), bias);
      String v = net.linear(h, p + "self_attn.v_proj", hidden, a.kvWidth(), bias);
      if (third) {
        q = headNorm(net, q, p + "self_attn.q_norm", a.heads(), size, epsilon);
        k = headNorm(net, k, p + "self_attn.k_norm", a.kvHeads(), size, epsilon);
      }
      h = text.attention(i, a, q, k, v, isFull ? farRotary : nearRotary);
      h = net.linear(h, p + "self_attn.o_proj", a.width(), hidden, bias);
      if (first) {
        x = net.residual(x, h);
        h = norm(net, x, p + "post_attention_layernorm", hidden, epsilon);
        x = net.residual(x, net.gatedMlp(h, p + "mlp", hidden, inner, act, false));
      } else {
        x = net.residual(x, norm(net, h, p + "post_attention_layernorm", hidden, epsilon));
        h = norm(net, x, p + "pre_feedforward_layernorm", hidden, epsilon);
        h = net.gatedMlp(h, p + "mlp", hidden, inner, act, false);
        x = net.residual(x, norm(net, h, p + "post_feedforward_layernorm", hidden, epsilon));
      }
    }
    x = norm(net, x, body + "norm", hidden, epsilon);
    String scores = text.scores(x, table, "lm_head.weight", vocabulary, hidden);
    double cap = first ? 0 : c.numberOrNone("final_logit_softcapping", third ? 0 : 30);
    text.logits(net.softCap(scores, cap), vocabulary);
    return Map.of("model.onnx", net);
  }

  private static String norm(Net net, String x, String prefix, int hidden, double epsilon) {
    return net.rmsNormPlusOne(x, prefix + ".weight", hidden, epsilon);
  }

  private static String headNorm(
      Net net, String x, String prefix, int heads, int size, double epsilon) {
    String split = net.reshape(x, 0, 0, heads, size);
    return net.reshape(norm(net, split, prefix, size, epsilon), 0, 0, (long) heads * size);
  }

  /** "gelu" of the first releases always meant the tanh form. */
  private static String activation(Config c, boolean first) {
    String act = c.text("hidden_activation", first ? "" : "gelu_pytorch_tanh");
    String older = c.text("hidden_act", "gelu_pytorch_tanh");
    if (!first) {
      return act;
    }
    return older.equals("gelu") ? "gelu_pytorch_tanh" : older;
  }

  private static Attention attention(Config c, boolean first) {
    int heads = c.size("num_attention_heads");
    Attention a =
        Attention.of(c, heads, c.integer("num_key_value_heads", heads), c.integer("head_dim", 256));
    if (first) {
      return a;
    }
    boolean third = c.modelType().equals("gemma3_text");
    a = a.withScale(1 / Math.sqrt(c.number("query_pre_attn_scalar", 256)));
    double cap = c.numberOrNone("attn_logit_softcapping", third ? 0 : 50);
    // The reference reads the key for Gemma 3 and does not use it.
    return third ? a : a.withSoftCap(cap);
  }

  private static RotaryScaling nearScaling(Config c, int size) {
    double older = c.number("rope_local_base_freq", 10000);
    Config nested = c.part("rope_parameters");
    return nested != null && nested.has(Kinds.NEAR)
        ? RotaryScaling.of(c, size, Kinds.NEAR, 10000, 1)
        : RotaryScaling.standard(size, older, 1);
  }

  private static boolean isFull(Config c, boolean third, int layer) {
    List<String> kinds = c.texts("layer_types");
    int pattern = third ? c.integer("sliding_window_pattern", 6) : 2;
    return kinds == null ? (layer + 1) % pattern == 0 : Kinds.isFull(c, kinds, layer);
  }
}
