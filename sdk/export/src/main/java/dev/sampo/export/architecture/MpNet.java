package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.EncoderNet;
import dev.sampo.export.graph.Net;
import dev.sampo.export.graph.RelativePositions;
import java.util.Map;

/** MPNet (Song et al. 2020, arXiv:2004.09297): BERT's shape with T5's biases by distance, one table for all layers, and places as well. */
final class MpNet implements Architecture {
  /** The reference counts places from here, whatever {@code pad_token_id} says. */
  private static final int PAD = 1;

  /** The reference has these buckets and this distance, whatever the settings say. */
  private static final RelativePositions DISTANCES = new RelativePositions(32, 128, true);

  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    c.flag("tie_word_embeddings", true);
    c.require("relative_attention_num_buckets", 32);
    int hidden = c.size("hidden_size");
    int inner = c.size("intermediate_size");
    int vocabulary = c.size("vocab_size");
    double epsilon = c.number("layer_norm_eps", 1e-12);
    int heads = c.size("num_attention_heads");
    Attention a = Attention.of(c, heads, heads, hidden / heads);
    String act = c.text("hidden_act", "gelu");
    String body = source.prefix("mpnet.");

    EncoderNet text = new EncoderNet(net);
    String e = body + "embeddings.";
    String words = e + "word_embeddings.weight";
    String x = net.embedding(text.inputIds(), words, vocabulary, hidden);
    int places = c.size("max_position_embeddings");
    String at = text.positionsAfter(PAD);
    x = net.add(x, net.embedding(at, e + "position_embeddings.weight", places, hidden));
    x = net.layerNorm(x, e + "LayerNorm", hidden, epsilon, true);
    String bias =
        DISTANCES.bias(
            net,
            body + "encoder.relative_attention_bias.weight",
            heads,
            text.positions(),
            text.positions());
    for (int i = 0; i < c.size("num_hidden_layers"); i++) {
      String p = body + "encoder.layer." + i + ".";
      String q = net.linear(x, p + "attention.attn.q", hidden, hidden, true);
      String k = net.linear(x, p + "attention.attn.k", hidden, hidden, true);
      String v = net.linear(x, p + "attention.attn.v", hidden, hidden, true);
      String h = text.attention(a, q, k, v, bias);
      h = net.linear(h, p + "attention.attn.o", hidden, hidden, true);
      x = net.layerNorm(net.residual(h, x), p + "attention.LayerNorm", hidden, epsilon, true);
      h = net.activation(act, net.linear(x, p + "intermediate.dense", hidden, inner, true));
      h = net.linear(h, p + "output.dense", inner, hidden, true);
      x = net.layerNorm(net.residual(h, x), p + "output.LayerNorm", hidden, epsilon, true);
    }
    text.hidden(x, hidden);
    if (net.has(body + "pooler.dense.weight")) {
      text.pooled(x, body + "pooler.dense", hidden);
    }
    source.files().ignore("lm_head.decoder.bias");
    if (net.has("lm_head.dense.weight")) {
      String h = net.activation("gelu", net.linear(x, "lm_head.dense", hidden, hidden, true));
      h = net.layerNorm(h, "lm_head.layer_norm", hidden, epsilon, true);
      String head = net.has("lm_head.decoder.weight") ? "lm_head.decoder.weight" : words;
      h = net.timesTransposed(h, net.weight(head, vocabulary, hidden));
      text.logits(net.add(h, net.weight("lm_head.bias", vocabulary)), vocabulary);
    }
    return Map.of("model.onnx", net);
  }
}
