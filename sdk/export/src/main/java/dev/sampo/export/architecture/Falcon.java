package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.config.RotaryScaling;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.Net;
import dev.sampo.onnx.proto.TensorProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Falcon (Almazrouei et al. 2023, arXiv:2311.16867): one key-value head for all, or some, or one each; attention and feed-forward net side by
 * side after one norm or two, or one after the other; rotary positions or ALiBi (arXiv:2108.12409).
 */
final class Falcon implements Architecture {
  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    int hidden = c.integer("hidden_size", c.integer("n_embed", 4544));
    int inner = c.integer("ffn_hidden_size", 4 * hidden);
    int vocabulary = c.size("vocab_size");
    double epsilon = c.number("layer_norm_epsilon", 1e-5);
    boolean bias = c.flag("bias", false);
    boolean newer = c.flag("new_decoder_architecture", false);
    boolean parallel = newer || c.flag("parallel_attn", true);
    boolean twoNorms = newer && c.integer("num_ln_in_parallel_attn", 2) == 2;
    c.ignore("parallel_attn", "num_ln_in_parallel_attn");
    String act = c.text("activation", "gelu");
    String body = source.prefix("transformer.");

    Attention a = attention(c, hidden, newer);
    CausalNet text = new CausalNet(net, c.integer("max_position_embeddings", 2048), a.headSize());
    boolean alibi = c.flag("alibi", false);
    CausalNet.RotaryEmbedding rotary =
        alibi ? null : text.rotary(RotaryScaling.of(c, a.headSize(), null, 10000, 1), a.headSize());
    c.ignore("rope_parameters", "rope_theta", "rope_scaling");
    String slopes = alibi ? alibi(net, text, a) : null;
    String table = body + "word_embeddings.weight";
    String x = net.embedding(text.inputIds(), table, vocabulary, hidden);
    for (int i = 0; i < c.size("num_hidden_layers"); i++) {
      String p = body + "h." + i + ".";
      String first = twoNorms ? "ln_attn" : "input_layernorm";
      String h = net.layerNorm(x, p + first, hidden, epsilon, true);
      String attended = attend(net, text, i, a, h, p, hidden, bias, rotary, slopes);
      String sum = parallel ? x : net.residual(attended, x);
      String m = h;
      if (twoNorms) {
        m = net.layerNorm(x, p + "ln_mlp", hidden, epsilon, true);
      } else if (!parallel) {
        m = net.layerNorm(sum, p + "post_attention_layernorm", hidden, epsilon, true);
      }
      m = net.activation(act, net.linear(m, p + "mlp.dense_h_to_4h", hidden, inner, bias));
      m = net.linear(m, p + "mlp.dense_4h_to_h", inner, hidden, bias);
      x = parallel ? net.residual(net.add(m, attended), x) : net.residual(m, sum);
    }
    x = net.layerNorm(x, body + "ln_f", hidden, epsilon, true);
    text.logits(text.scores(x, table, "lm_head.weight", vocabulary, hidden), vocabulary);
    return Map.of("model.onnx", net);
  }

  private static Attention attention(Config c, int hidden, boolean newer) {
    int heads = c.size("num_attention_heads");
    boolean shared = c.flag("multi_query", true);
    int given = c.integer("num_kv_heads", heads);
    int kvHeads = newer ? given : shared ? 1 : heads;
    return Attention.of(c, heads, kvHeads, hidden / heads);
  }

  private static String attend(
      Net net,
      CausalNet text,
      int layer,
      Attention a,
      String h,
      String p,
      int hidden,
      boolean bias,
      CausalNet.@Nullable RotaryEmbedding rotary,
      @Nullable String slopes) {
    long all = a.width() + 2L * a.kvWidth();
    String qkv = net.linear(h, p + "self_attention.query_key_value", hidden, all, bias);
    // A group is the query heads of one key-value head, then its key, then its value.
    long group = a.heads() / a.kvHeads();
    List<String> parts = new ArrayList<>();
    for (String part :
        net.split(net.reshape(qkv, 0, 0, a.kvHeads(), group + 2, a.headSize()), 3, group, 1, 1)) {
      parts.add(net.reshape(part, 0, 0, parts.isEmpty() ? a.width() : a.kvWidth()));
    }
    String mixed =
        text.attention(layer, a, parts.get(0), parts.get(1), parts.get(2), rotary, slopes);
    return net.linear(mixed, p + "self_attention.dense", hidden, hidden, bias);
  }

  /*
   * transformers 5.18 adds the bias twice where attention is "eager", in the mask and again in the attention; with "sdpa", its default, and in the
   * models' own code, once. Here once.
   */
  /** What is added to the scores [batch, heads, 1, total], in the reference's bfloat16 steps: slope times position. */
  private static String alibi(Net net, CausalNet text, Attention a) {
    String slopes = half(net, net.floats(new long[] {1, a.heads(), 1, 1}, slopes(a.heads())));
    String at = half(net, net.toFloat(net.unsqueeze(text.keyPositions(), 1, 2)));
    return net.scale(half(net, net.mul(slopes, at)), a.scale());
  }

  private static String half(Net net, String x) {
    return net.toFloat(net.cast(x, TensorProto.DataType.BFLOAT16));
  }

  private static float[] slopes(int heads) {
    int power = Integer.highestOneBit(heads);
    float[] slopes = new float[heads];
    double base = (float) Math.pow(2, -Math.pow(2, -(Math.log(power) / Math.log(2) - 3)));
    double extra = (float) Math.pow(2, -Math.pow(2, -(Math.log(2.0 * power) / Math.log(2) - 3)));
    for (int i = 0; i < heads; i++) {
      slopes[i] =
          (float) (i < power ? Math.pow(base, i + 1) : Math.pow(extra, 1 + 2 * (i - power)));
    }
    return slopes;
  }
}
