package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.config.RotaryScaling;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.EncoderNet;
import dev.sampo.export.graph.Net;
import java.util.List;
import java.util.Map;

/**
 * ModernBERT (Warner et al. 2024, arXiv:2412.13663): norms before the blocks, rotary positions with two bases, gated feed-forward nets, a window
 * on most layers that reaches half of {@code local_attention} either way.
 */
final class ModernBert implements Architecture {
  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    c.flag("tie_word_embeddings", true);
    c.ignore(
        "reference_compile",
        "repad_logits_with_grad",
        "deterministic_flash_attn",
        "decoder_bias",
        "classifier_pooling",
        "classifier_bias",
        "classifier_activation",
        "sparse_prediction",
        "sparse_pred_ignore_index",
        "position_embedding_type",
        "layer_norm_eps");
    int hidden = c.size("hidden_size");
    int inner = c.size("intermediate_size");
    int vocabulary = c.size("vocab_size");
    double epsilon = c.number("norm_eps", 1e-5);
    boolean normBias = c.flag("norm_bias", false);
    boolean bias = c.flag("attention_bias", false);
    boolean mlpBias = c.flag("mlp_bias", false);
    String act = c.text("hidden_activation", "gelu");
    int heads = c.size("num_attention_heads");
    int size = hidden / heads;
    Attention full = Attention.of(c, heads, heads, size);
    Attention near = full.withWindow(c.integer("local_attention", 128) / 2);
    int every = c.integer("global_attn_every_n_layers", 3);
    List<String> kinds = c.texts("layer_types");
    String body = source.prefix("model.");

    EncoderNet text = new EncoderNet(net);
    double far = c.number("global_rope_theta", 160000);
    double close = c.number("local_rope_theta", 10000);
    c.integer("max_position_embeddings", 8192);
    EncoderNet.Turning fullTurn = text.rotary(RotaryScaling.of(c, size, Kinds.FULL, far, 1), size);
    EncoderNet.Turning nearTurn =
        text.rotary(RotaryScaling.of(c, size, Kinds.NEAR, close, 1), size);
    String e = body + "embeddings.";
    String words = e + "tok_embeddings.weight";
    String x = net.embedding(text.inputIds(), words, vocabulary, hidden);
    x = net.layerNorm(x, e + "norm", hidden, epsilon, normBias);
    for (int i = 0; i < c.size("num_hidden_layers"); i++) {
      boolean isFull = kinds == null ? i % every == 0 : Kinds.isFull(c, kinds, i);
      String p = body + "layers." + i + ".";
      String h = i == 0 ? x : net.layerNorm(x, p + "attn_norm", hidden, epsilon, normBias);
      List<String> qkv =
          net.split(
              net.linear(h, p + "attn.Wqkv", hidden, 3L * hidden, bias), 2, hidden, hidden, hidden);
      EncoderNet.Turning turning = isFull ? fullTurn : nearTurn;
      String q = turning.turn(qkv.get(0), heads);
      String k = turning.turn(qkv.get(1), heads);
      h = text.attention(isFull ? full : near, q, k, qkv.get(2), null);
      x = net.residual(x, net.linear(h, p + "attn.Wo", hidden, hidden, bias));
      h = net.layerNorm(x, p + "mlp_norm", hidden, epsilon, normBias);
      List<String> both =
          net.split(net.linear(h, p + "mlp.Wi", hidden, 2L * inner, mlpBias), 2, inner, inner);
      h = net.mul(net.activation(act, both.get(0)), both.get(1));
      x = net.residual(x, net.linear(h, p + "mlp.Wo", inner, hidden, mlpBias));
    }
    x = net.layerNorm(x, body + "final_norm", hidden, epsilon, normBias);
    text.hidden(x, hidden);
    if (net.has("head.dense.weight")) {
      boolean headBias = net.has("head.dense.bias");
      String h = net.activation(act, net.linear(x, "head.dense", hidden, hidden, headBias));
      h = net.layerNorm(h, "head.norm", hidden, epsilon, normBias);
      String head = net.has("decoder.weight") ? "decoder.weight" : words;
      h = net.timesTransposed(h, net.weight(head, vocabulary, hidden));
      h = net.has("decoder.bias") ? net.add(h, net.weight("decoder.bias", vocabulary)) : h;
      text.logits(h, vocabulary);
    }
    return Map.of("model.onnx", net);
  }
}
