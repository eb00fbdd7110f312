package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.config.RotaryScaling;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.Experts;
import dev.sampo.export.graph.Net;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Qwen 2 and 2.5 (arXiv:2412.15115): Llama's shape with biases of queries, keys and values. Qwen 3 (arXiv:2505.09388): norms of each head's
 * query and key instead. Qwen 3 MoE: experts in the place of most feed-forward nets.
 */
final class Qwen implements Architecture {
  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    boolean third = c.modelType().startsWith("qwen3");
    boolean experts = c.modelType().equals("qwen3_moe");
    int hidden = c.size("hidden_size");
    int inner = c.size("intermediate_size");
    int vocabulary = c.size("vocab_size");
    double epsilon = c.number("rms_norm_eps", 1e-6);
    boolean bias = third ? c.flag("attention_bias", false) : true;
    boolean outBias = third && bias;
    String act = c.text("hidden_act", "silu");
    String body = source.prefix("model.");

    Attention full = attention(c, third && !experts);
    CausalNet text =
        new CausalNet(net, c.integer("max_position_embeddings", 32768), full.headSize());
    int window = c.flag("use_sliding_window", false) ? c.integerOrNone("sliding_window", 4096) : 0;
    int firstNear = experts ? 0 : c.integer("max_window_layers", 28);
    List<String> kinds = c.ignore("sliding_window", "max_window_layers").texts("layer_types");
    CausalNet.RotaryEmbedding rotary =
        text.rotary(RotaryScaling.of(c, full.headSize(), null, 10000, 1), full.headSize());
    String table = body + "embed_tokens.weight";
    String x = net.embedding(text.inputIds(), table, vocabulary, hidden);
    for (int i = 0; i < c.size("num_hidden_layers"); i++) {
      boolean near = kinds == null || experts ? i >= firstNear : !Kinds.isFull(c, kinds, i);
      Attention a = near ? full.withWindow(window) : full;
      String p = body + "layers." + i + ".";
      String h = net.rmsNorm(x, p + "input_layernorm.weight", hidden, epsilon);
      String q = net.linear(h, p + "self_attn.q_proj", hidden, a.width(), bias);
      String k = net.linear(h, p + "self_attn.k_proj", hidden, a.kvWidth(), bias);
      String v = net.linear(h, p + "self_attn.v_proj", hidden, a.kvWidth(), bias);
      if (third) {
        q = headNorm(net, q, p + "self_attn.q_norm.weight", a.heads(), a.headSize(), epsilon);
        k = headNorm(net, k, p + "self_attn.k_norm.weight", a.kvHeads(), a.headSize(), epsilon);
      }
      h = text.attention(i, a, q, k, v, rotary);
      x = net.residual(x, net.linear(h, p + "self_attn.o_proj", a.width(), hidden, outBias));
      h = net.rmsNorm(x, p + "post_attention_layernorm.weight", hidden, epsilon);
      h =
          experts && isSparse(c, i)
              ? experts(c, net, h, p + "mlp", hidden, act)
              : net.gatedMlp(h, p + "mlp", hidden, inner, act, false);
      x = net.residual(x, h);
    }
    x = net.rmsNorm(x, body + "norm.weight", hidden, epsilon);
    text.logits(text.scores(x, table, "lm_head.weight", vocabulary, hidden), vocabulary);
    return Map.of("model.onnx", net);
  }

  private static Attention attention(Config c, boolean third) {
    int heads = c.size("num_attention_heads");
    // The size of Qwen 3's heads stands apart: 128 where it is not said.
    int size = c.integer("head_dim", third ? 128 : c.size("hidden_size") / heads);
    return Attention.of(c, heads, c.integer("num_key_value_heads", heads), size);
  }

  private static String headNorm(
      Net net, String x, String weight, int heads, int size, double epsilon) {
    String split = net.reshape(x, 0, 0, heads, size);
    return net.reshape(net.rmsNorm(split, weight, size, epsilon), 0, 0, (long) heads * size);
  }

  private static boolean isSparse(Config c, int layer) {
    double[] dense = c.numbers("mlp_only_layers");
    boolean only = dense != null && Arrays.stream(dense).anyMatch(i -> i == layer);
    return !only
        && c.integer("num_experts", 128) > 0
        && (layer + 1) % c.integer("decoder_sparse_step", 1) == 0;
  }

  private static String experts(
      Config c, Net net, String x, String prefix, int hidden, String act) {
    int count = c.integer("num_experts", c.integer("num_local_experts", 128));
    c.ignore("num_local_experts");
    return new Experts(
            net,
            count,
            c.integer("num_experts_per_tok", 8),
            hidden,
            c.integer("moe_intermediate_size", 768),
            act,
            c.flag("norm_topk_prob", false))
        .apply(x, prefix + ".gate", prefix + ".experts.");
  }
}
