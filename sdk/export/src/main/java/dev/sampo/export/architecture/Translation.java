package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.DecoderNet;
import dev.sampo.export.graph.EncoderNet;
import dev.sampo.export.graph.Net;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The shape that BART's descendants share: layers with biases everywhere, norms before or after each block, positions added to the embeddings.
 * Each architecture says which.
 */
abstract class Translation implements Architecture {
  static final double EPSILON = 1e-5;

  /** Whether norms come before the blocks (and a last one after them), as in mBART and M2M-100. */
  abstract boolean normFirst();

  /** Whether the embeddings have a norm of their own. */
  abstract boolean embeddingNorm();

  /** Positions of a side, added to the embeddings [.., sequence, width]. */
  abstract String positions(Net net, Side side, String ids, String positions);

  /**
   * One side of a model.
   *
   * @param prefix of its weights, with a dot at the end
   * @param table of its embeddings
   */
  record Side(
      Config config,
      String prefix,
      String table,
      int vocabulary,
      int layers,
      Attention attention,
      int width,
      int inner,
      String act,
      double embeddingScale,
      int maxPositions,
      int pad) {

    static Side of(Config c, String body, String side, String table, int vocabulary) {
      int width = c.size("d_model");
      int heads = c.size(side + "_attention_heads");
      return new Side(
          c,
          body + side + ".",
          table,
          vocabulary,
          c.size(side + "_layers"),
          Attention.of(c, heads, heads, width / heads),
          width,
          c.size(side + "_ffn_dim"),
          c.text("activation_function", "gelu"),
          c.flag("scale_embedding", false) ? Math.sqrt(width) : 1,
          c.integer("max_position_embeddings", 1024),
          c.integer("pad_token_id", 1));
    }
  }

  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    c.ignore(
        "num_hidden_layers",
        "is_decoder",
        "normalize_before",
        "normalize_embedding",
        "extra_pos_embeddings",
        "static_position_embeddings",
        "add_bias_logits",
        "add_final_layer_norm",
        "share_encoder_decoder_embeddings",
        "decoder_vocab_size",
        "tie_word_embeddings");
    c.require("normalize_before", normFirst());
    String body = source.prefix("model.");
    boolean shared = c.flag("share_encoder_decoder_embeddings", true);
    int vocabulary = c.size("vocab_size");
    int target = c.integer("decoder_vocab_size", vocabulary);
    String both = body + "shared.weight";
    Side encoder =
        Side.of(
            c, body, "encoder", shared ? both : body + "encoder.embed_tokens.weight", vocabulary);
    Side decoder =
        Side.of(c, body, "decoder", shared ? both : body + "decoder.embed_tokens.weight", target);
    source
        .files()
        .ignore(body + "encoder.embed_tokens.weight", body + "decoder.embed_tokens.weight");
    Map<String, Net> nets = new LinkedHashMap<>();
    nets.put("encoder_model.onnx", encoder(source.net(), encoder));
    nets.put("decoder_model.onnx", decoder(source.net(), decoder, false));
    nets.put("decoder_with_past_model.onnx", decoder(source.net(), decoder, true));
    return nets;
  }

  private String embedded(Net net, Side s, String ids, String positions) {
    String x = net.embedding(ids, s.table(), s.vocabulary(), s.width());
    x = net.add(net.scale(x, s.embeddingScale()), positions(net, s, ids, positions));
    return embeddingNorm() ? norm(net, s, x, s.prefix() + "layernorm_embedding") : x;
  }

  private Net encoder(Net net, Side s) {
    EncoderNet text = new EncoderNet(net);
    String x = embedded(net, s, text.inputIds(), text.positions());
    for (int i = 0; i < s.layers(); i++) {
      String p = s.prefix() + "layers." + i + ".";
      String h = before(net, s, x, p + "self_attn_layer_norm");
      String q = square(net, s, h, p + "self_attn.q_proj");
      String k = square(net, s, h, p + "self_attn.k_proj");
      String v = square(net, s, h, p + "self_attn.v_proj");
      h = text.attention(s.attention(), q, k, v, null);
      x = net.residual(x, square(net, s, h, p + "self_attn.out_proj"));
      x = feedForward(net, s, after(net, s, x, p + "self_attn_layer_norm"), p);
    }
    text.hidden(normFirst() ? norm(net, s, x, s.prefix() + "layer_norm") : x, s.width());
    return net;
  }

  private Net decoder(Net net, Side s, boolean later) {
    DecoderNet text = new DecoderNet(net, later, true, s.width());
    text.caches(s.layers(), s.attention());
    String x = embedded(net, s, text.inputIds(), text.positions());
    for (int i = 0; i < s.layers(); i++) {
      String p = s.prefix() + "layers." + i + ".";
      String h = before(net, s, x, p + "self_attn_layer_norm");
      String q = square(net, s, h, p + "self_attn.q_proj");
      String k = square(net, s, h, p + "self_attn.k_proj");
      String v = square(net, s, h, p + "self_attn.v_proj");
      h = text.selfAttention(i, s.attention(), q, k, v, null);
      x = net.residual(x, square(net, s, h, p + "self_attn.out_proj"));
      x = after(net, s, x, p + "self_attn_layer_norm");
      h = before(net, s, x, p + "encoder_attn_layer_norm");
      h =
          text.crossAttention(
              i,
              s.attention(),
              square(net, s, h, p + "encoder_attn.q_proj"),
              e -> square(net, s, e, p + "encoder_attn.k_proj"),
              e -> square(net, s, e, p + "encoder_attn.v_proj"));
      x = net.residual(x, square(net, s, h, p + "encoder_attn.out_proj"));
      x = feedForward(net, s, after(net, s, x, p + "encoder_attn_layer_norm"), p);
    }
    x = normFirst() ? norm(net, s, x, s.prefix() + "layer_norm") : x;
    String table = CausalNet.headTable(net, s.table(), "lm_head.weight");
    String scores =
        net.timesTransposed(x, net.headWeight(table, "lm_head.weight", s.vocabulary(), s.width()));
    if (net.has("final_logits_bias")) {
      scores = net.add(scores, net.weight("final_logits_bias", 1, s.vocabulary()));
    }
    text.logits(scores, s.vocabulary());
    return net;
  }

  private String feedForward(Net net, Side s, String x, String p) {
    String h = before(net, s, x, p + "final_layer_norm");
    h = net.activation(s.act(), net.linear(h, p + "fc1", s.width(), s.inner(), true));
    String sum = net.residual(x, net.linear(h, p + "fc2", s.inner(), s.width(), true));
    return after(net, s, sum, p + "final_layer_norm");
  }

  private String before(Net net, Side s, String x, String prefix) {
    return normFirst() ? norm(net, s, x, prefix) : x;
  }

  private String after(Net net, Side s, String x, String prefix) {
    return normFirst() ? x : norm(net, s, x, prefix);
  }

  static String norm(Net net, Side s, String x, String prefix) {
    return net.layerNorm(x, prefix, s.width(), EPSILON, true);
  }

  static String square(Net net, Side s, String x, String prefix) {
    return net.linear(x, prefix, s.width(), s.width(), true);
  }

  /** {@code sin} of all angles, then {@code cos} of all: [.., width]; the frequencies are {@code exp(-i ln(10000) / divisor)}. */
  static String sinusoids(Net net, String positions, int width, double divisor) {
    float[] frequencies = new float[width / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.exp(-i * Math.log(10000) / divisor);
    }
    String angles =
        net.mul(
            net.unsqueeze(net.toFloat(positions), -1),
            net.floats(new long[] {frequencies.length}, frequencies));
    return net.concat(-1, net.op("Sin", angles), net.op("Cos", angles));
  }
}
