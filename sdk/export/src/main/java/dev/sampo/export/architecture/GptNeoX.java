package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.config.RotaryScaling;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.Net;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * GPT-NeoX (Black et al. 2022, arXiv:2204.06745) and Pythia: a part of each head turned, queries, keys and values of a head side by side in one
 * product, attention and feed-forward net side by side or one after the other.
 */
final class GptNeoX implements Architecture {
  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    int hidden = c.size("hidden_size");
    int inner = c.size("intermediate_size");
    int vocabulary = c.size("vocab_size");
    double epsilon = c.number("layer_norm_eps", 1e-5);
    boolean parallel = c.flag("use_parallel_residual", true);
    boolean bias = c.flag("attention_bias", true);
    String act = c.text("hidden_act", "gelu");
    String body = source.prefix("gpt_neox.");
    c.ignore("is_decoder");

    Attention a = Attention.of(c);
    CausalNet text = new CausalNet(net, c.integer("max_position_embeddings", 2048), a.headSize());
    CausalNet.RotaryEmbedding rotary =
        text.rotary(
            RotaryScaling.of(
                c,
                a.headSize(),
                null,
                c.number("rotary_emb_base", 10000),
                c.number("rotary_pct", 0.25)),
            a.headSize());
    String table = body + "embed_in.weight";
    String x = net.embedding(text.inputIds(), table, vocabulary, hidden);
    for (int i = 0; i < c.size("num_hidden_layers"); i++) {
      String p = body + "layers." + i + ".";
      String h = net.layerNorm(x, p + "input_layernorm", hidden, epsilon, true);
      h = net.linear(h, p + "attention.query_key_value", hidden, 3L * hidden, bias);
      List<String> qkv = byHead(net, h, a);
      h = text.attention(i, a, qkv.get(0), qkv.get(1), qkv.get(2), rotary);
      String attended = net.linear(h, p + "attention.dense", hidden, hidden, bias);
      String sum = parallel ? x : net.residual(attended, x);
      h = net.layerNorm(sum, p + "post_attention_layernorm", hidden, epsilon, true);
      h = net.linear(h, p + "mlp.dense_h_to_4h", hidden, inner, true);
      h = net.linear(net.activation(act, h), p + "mlp.dense_4h_to_h", inner, hidden, true);
      x = parallel ? net.residual(net.add(h, attended), x) : net.residual(h, sum);
    }
    x = net.layerNorm(x, body + "final_layer_norm", hidden, epsilon, true);
    text.logits(text.scores(x, table, "embed_out.weight", vocabulary, hidden), vocabulary);
    return Map.of("model.onnx", net);
  }

  /** [.., heads * 3 * size] into three of [.., heads * size]. */
  private static List<String> byHead(Net net, String qkv, Attention a) {
    long size = a.headSize();
    List<String> parts =
        net.split(net.reshape(qkv, 0, 0, a.heads(), 3 * size), 3, size, size, size);
    List<String> flat = new ArrayList<>();
    for (String part : parts) {
      flat.add(net.reshape(part, 0, 0, a.width()));
    }
    return flat;
  }
}
