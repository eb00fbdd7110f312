package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.Net;
import java.util.Map;

/** Meta's OPT (Zhang et al. 2022, arXiv:2205.01068): positions from a table with an offset of 2, norms before or after each block. */
final class Opt implements Architecture {
  private static final int OFFSET = 2;
  private static final double EPSILON = 1e-5;

  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    int hidden = c.size("hidden_size");
    int inner = c.size("ffn_dim");
    int vocabulary = c.size("vocab_size");
    int positions = c.size("max_position_embeddings");
    int wordSize = c.integer("word_embed_proj_dim", hidden);
    boolean before = c.flag("do_layer_norm_before", true);
    boolean noLastNorm = c.flag("_remove_final_layer_norm", false);
    boolean bias = c.flag("enable_bias", true);
    boolean affine = c.flag("layer_norm_elementwise_affine", true);
    String act = c.text("activation_function", "relu");
    String body = source.prefix("model.") + "decoder.";
    if (!source.files().weights().hasPrefix(body)) {
      body = "";
    }

    int heads = c.size("num_attention_heads");
    Attention a = Attention.of(c, heads, heads, hidden / heads);
    CausalNet text = new CausalNet(net, positions, a.headSize());
    String table = body + "embed_tokens.weight";
    String x = net.embedding(text.inputIds(), table, vocabulary, wordSize);
    if (wordSize != hidden) {
      x = net.linear(x, body + "project_in", wordSize, hidden, false);
    }
    String at = net.add(text.ids(), net.longScalar(OFFSET));
    x =
        net.residual(
            x, net.embedding(at, body + "embed_positions.weight", positions + OFFSET, hidden));
    for (int i = 0; i < c.size("num_hidden_layers"); i++) {
      String p = body + "layers." + i + ".";
      String norm1 = p + "self_attn_layer_norm";
      String norm2 = p + "final_layer_norm";
      String h = before ? norm(net, x, norm1, hidden, affine) : x;
      String q = net.linear(h, p + "self_attn.q_proj", hidden, hidden, bias);
      String k = net.linear(h, p + "self_attn.k_proj", hidden, hidden, bias);
      String v = net.linear(h, p + "self_attn.v_proj", hidden, hidden, bias);
      h = text.attention(i, a, q, k, v, null);
      x = net.residual(x, net.linear(h, p + "self_attn.out_proj", hidden, hidden, bias));
      x = before ? x : norm(net, x, norm1, hidden, affine);
      h = before ? norm(net, x, norm2, hidden, affine) : x;
      h = net.activation(act, net.linear(h, p + "fc1", hidden, inner, bias));
      x = net.residual(x, net.linear(h, p + "fc2", inner, hidden, bias));
      x = before ? x : norm(net, x, norm2, hidden, affine);
    }
    if (before && !noLastNorm) {
      x = norm(net, x, body + "final_layer_norm", hidden, affine);
    }
    if (wordSize != hidden) {
      x = net.linear(x, body + "project_out", hidden, wordSize, false);
    }
    text.logits(text.scores(x, table, "lm_head.weight", vocabulary, wordSize), vocabulary);
    return Map.of("model.onnx", net);
  }

  private static String norm(Net net, String x, String prefix, int hidden, boolean affine) {
    return affine
        ? net.layerNorm(x, prefix, hidden, EPSILON, true)
        : net.bareLayerNorm(x, hidden, EPSILON);
  }
}
