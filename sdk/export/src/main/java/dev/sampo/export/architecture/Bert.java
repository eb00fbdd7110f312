package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.EncoderNet;
import dev.sampo.export.graph.Net;
import java.util.Map;

/**
 * BERT (Devlin et al. 2018, arXiv:1810.04805), and RoBERTa (arXiv:1907.11692), XLM-RoBERTa and CamemBERT, whose positions begin after the padding
 * id. Embeddings of words, places and types, norms after each block.
 */
final class Bert implements Architecture {
  private final boolean roberta;

  Bert(boolean roberta) {
    this.roberta = roberta;
  }

  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Net net = source.net();
    c.flag("tie_word_embeddings", true);
    c.require("position_embedding_type", "absolute");
    c.require("is_decoder", false).require("add_cross_attention", false);
    int hidden = c.size("hidden_size");
    int inner = c.size("intermediate_size");
    int vocabulary = c.size("vocab_size");
    int types = c.integer("type_vocab_size", 2);
    double epsilon = c.number("layer_norm_eps", 1e-12);
    int heads = c.size("num_attention_heads");
    Attention a = Attention.of(c, heads, heads, hidden / heads);
    String act = c.text("hidden_act", "gelu");
    String body = source.prefix(roberta ? "roberta." : "bert.");

    EncoderNet text = new EncoderNet(net);
    String e = body + "embeddings.";
    String x = net.embedding(text.inputIds(), e + "word_embeddings.weight", vocabulary, hidden);
    // One type needs no input: its row is the same for every token.
    String type =
        types == 1
            ? net.weight(e + "token_type_embeddings.weight", 1, hidden)
            : net.embedding(text.typeIds(), e + "token_type_embeddings.weight", types, hidden);
    x = net.add(x, type);
    String at = roberta ? text.positionsAfter(c.integer("pad_token_id", 1)) : text.positions();
    int places = c.size("max_position_embeddings");
    x = net.add(x, net.embedding(at, e + "position_embeddings.weight", places, hidden));
    x = net.layerNorm(x, e + "LayerNorm", hidden, epsilon, true);
    for (int i = 0; i < c.size("num_hidden_layers"); i++) {
      String p = body + "encoder.layer." + i + ".";
      String q = net.linear(x, p + "attention.self.query", hidden, hidden, true);
      String k = net.linear(x, p + "attention.self.key", hidden, hidden, true);
      String v = net.linear(x, p + "attention.self.value", hidden, hidden, true);
      String h = text.attention(a, q, k, v, null);
      h = net.linear(h, p + "attention.output.dense", hidden, hidden, true);
      x =
          net.layerNorm(
              net.residual(h, x), p + "attention.output.LayerNorm", hidden, epsilon, true);
      h = net.activation(act, net.linear(x, p + "intermediate.dense", hidden, inner, true));
      h = net.linear(h, p + "output.dense", inner, hidden, true);
      x = net.layerNorm(net.residual(h, x), p + "output.LayerNorm", hidden, epsilon, true);
    }
    text.hidden(x, hidden);
    if (net.has(body + "pooler.dense.weight")) {
      text.pooled(x, body + "pooler.dense", hidden);
    }
    heads(source, net, text, x, c, e + "word_embeddings.weight", hidden, vocabulary, epsilon);
    return Map.of("model.onnx", net);
  }

  /** The head of a masked language model, where there is one: a layer, a norm, the table of the embeddings, a bias. */
  private void heads(
      Source source,
      Net net,
      EncoderNet text,
      String x,
      Config c,
      String table,
      int hidden,
      int vocabulary,
      double epsilon) {
    String p = roberta ? "lm_head." : "cls.predictions.";
    String dense = roberta ? p + "dense" : p + "transform.dense";
    // The head for whether a sentence follows another has no use at run time.
    source
        .files()
        .ignore("cls.seq_relationship.weight", "cls.seq_relationship.bias", p + "decoder.bias");
    if (!net.has(dense + ".weight")) {
      return;
    }
    String act = roberta ? "gelu" : c.text("hidden_act", "gelu");
    String h = net.activation(act, net.linear(x, dense, hidden, hidden, true));
    String norm = roberta ? p + "layer_norm" : p + "transform.LayerNorm";
    h = net.layerNorm(h, norm, hidden, epsilon, true);
    String head = net.has(p + "decoder.weight") ? p + "decoder.weight" : table;
    String scores = net.timesTransposed(h, net.weight(head, vocabulary, hidden));
    text.logits(net.add(scores, net.weight(p + "bias", vocabulary)), vocabulary);
  }
}
