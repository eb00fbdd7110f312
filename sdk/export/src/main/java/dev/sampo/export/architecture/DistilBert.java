package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.EncoderNet;
import dev.sampo.export.graph.Net;
import java.util.Map;

/** DistilBERT (Sanh et al. 2019, arXiv:1910.01108): BERT with half the layers, no types and no pooler. */
final class DistilBert implements Architecture {
  private static final double EPSILON = 1e-12;

  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    c.flag("tie_word_embeddings", true);
    // Sines or learned: either way the places are a table in the file.
    c.ignore("sinusoidal_pos_embds");
    int width = c.size("dim");
    int inner = c.size("hidden_dim");
    int vocabulary = c.size("vocab_size");
    int heads = c.size("n_heads");
    Attention a = Attention.of(c, heads, heads, width / heads);
    String act = c.text("activation", "gelu");
    String body = source.prefix("distilbert.");

    EncoderNet text = new EncoderNet(net);
    String e = body + "embeddings.";
    String words = e + "word_embeddings.weight";
    String x = net.embedding(text.inputIds(), words, vocabulary, width);
    int places = c.size("max_position_embeddings");
    x =
        net.add(
            x, net.embedding(text.positions(), e + "position_embeddings.weight", places, width));
    x = net.layerNorm(x, e + "LayerNorm", width, EPSILON, true);
    for (int i = 0; i < c.size("n_layers"); i++) {
      String p = body + "transformer.layer." + i + ".";
      String q = net.linear(x, p + "attention.q_lin", width, width, true);
      String k = net.linear(x, p + "attention.k_lin", width, width, true);
      String v = net.linear(x, p + "attention.v_lin", width, width, true);
      String h =
          net.linear(text.attention(a, q, k, v, null), p + "attention.out_lin", width, width, true);
      x = net.layerNorm(net.residual(h, x), p + "sa_layer_norm", width, EPSILON, true);
      h = net.activation(act, net.linear(x, p + "ffn.lin1", width, inner, true));
      h = net.linear(h, p + "ffn.lin2", inner, width, true);
      x = net.layerNorm(net.residual(h, x), p + "output_layer_norm", width, EPSILON, true);
    }
    text.hidden(x, width);
    if (net.has("vocab_transform.weight")) {
      String h = net.activation(act, net.linear(x, "vocab_transform", width, width, true));
      h = net.layerNorm(h, "vocab_layer_norm", width, EPSILON, true);
      String head = net.has("vocab_projector.weight") ? "vocab_projector.weight" : words;
      h = net.timesTransposed(h, net.weight(head, vocabulary, width));
      text.logits(net.add(h, net.weight("vocab_projector.bias", vocabulary)), vocabulary);
    }
    return Map.of("model.onnx", net);
  }
}
