package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.DecoderNet;
import dev.sampo.export.graph.EncoderNet;
import dev.sampo.export.graph.Net;
import dev.sampo.export.graph.RelativePositions;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * T5 1.0 and 1.1, Flan-T5, mT5 (Raffel et al. 2019, arXiv:1910.10683) and UMT5 (arXiv:2304.09151): positions as biases of the scores, by
 * distance, from the first layer's table (in UMT5 from each layer's own); no scaling of the scores; no biases; a plain or a gated feed-forward net.
 */
final class T5 implements Architecture {
  private record Sizes(
      int vocabulary,
      int width,
      int inner,
      Attention attention,
      double epsilon,
      String act,
      boolean gated,
      boolean everyLayer,
      RelativePositions both,
      RelativePositions back) {}

  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    Sizes s = sizes(c);
    int layers = c.size("num_layers");
    int decoderLayers = c.integer("num_decoder_layers", layers);
    Map<String, Net> nets = new LinkedHashMap<>();
    nets.put("encoder_model.onnx", encoder(source.net(), s, layers));
    if (source.files().weights().hasPrefix("decoder.")) {
      double scale = scale(c, s.width());
      nets.put("decoder_model.onnx", decoder(source.net(), s, decoderLayers, scale, false));
      nets.put(
          "decoder_with_past_model.onnx", decoder(source.net(), s, decoderLayers, scale, true));
    }
    return nets;
  }

  private static Sizes sizes(Config c) {
    c.ignore("is_decoder", "classifier_dropout", "n_positions");
    String projection = c.text("feed_forward_proj", "relu");
    boolean gated = c.flag("is_gated_act", projection.startsWith("gated-"));
    String act =
        c.text(
            "dense_act_fn",
            projection.equals("gated-gelu")
                ? "gelu_new"
                : projection.substring(projection.indexOf('-') + 1));
    int heads = c.size("num_heads");
    Attention a = Attention.of(c, heads, heads, c.size("d_kv")).withScale(1);
    int buckets = c.integer("relative_attention_num_buckets", 32);
    int far = c.integer("relative_attention_max_distance", 128);
    return new Sizes(
        c.size("vocab_size"),
        c.size("d_model"),
        c.size("d_ff"),
        a,
        c.number("layer_norm_epsilon", 1e-6),
        act,
        gated,
        c.modelType().equals("umt5"),
        new RelativePositions(buckets, far, true),
        new RelativePositions(buckets, far, false));
  }

  /**
   * What scores by the embeddings' table are multiplied with; T5 1.1 and later, whose head was trained apart, have no factor. transformers 5
   * asks {@code scale_decoder_outputs} for T5, never scales mT5, and for UMT5 scales where the head is tied.
   */
  private static double scale(Config c, int width) {
    boolean tied = c.flag("tie_word_embeddings", true);
    boolean scaled = c.flag("scale_decoder_outputs", tied) && !c.modelType().equals("mt5");
    return scaled ? 1 / Math.sqrt(width) : 1;
  }

  private static Net encoder(Net net, Sizes s, int layers) {
    EncoderNet text = new EncoderNet(net);
    String x = net.embedding(text.inputIds(), "shared.weight", s.vocabulary(), s.width());
    String bias = null;
    for (int i = 0; i < layers; i++) {
      String p = "encoder.block." + i + ".layer.";
      if (bias == null || s.everyLayer()) {
        bias = bias(net, s.both(), s, p, text.positions(), text.positions());
      }
      String[] qkv = qkv(net, s, norm(net, s, x, p + "0."), p + "0.SelfAttention.");
      String h = text.attention(s.attention(), qkv[0], qkv[1], qkv[2], bias);
      x = net.residual(x, out(net, s, h, p + "0.SelfAttention.o"));
      x = net.residual(x, feedForward(net, s, norm(net, s, x, p + "1."), p + "1."));
    }
    x = net.rmsNorm(x, "encoder.final_layer_norm.weight", s.width(), s.epsilon());
    text.hidden(x, s.width());
    return net;
  }

  private static Net decoder(Net net, Sizes s, int layers, double scale, boolean later) {
    DecoderNet text = new DecoderNet(net, later, true, s.width());
    text.caches(layers, s.attention());
    String x = net.embedding(text.inputIds(), "shared.weight", s.vocabulary(), s.width());
    String bias = null;
    for (int i = 0; i < layers; i++) {
      String p = "decoder.block." + i + ".layer.";
      if (bias == null || s.everyLayer()) {
        bias = bias(net, s.back(), s, p, text.positions(), text.allPositions());
      }
      String[] qkv = qkv(net, s, norm(net, s, x, p + "0."), p + "0.SelfAttention.");
      String h = text.selfAttention(i, s.attention(), qkv[0], qkv[1], qkv[2], bias);
      x = net.residual(x, out(net, s, h, p + "0.SelfAttention.o"));
      String cross = p + "1.EncDecAttention.";
      String q = in(net, s, norm(net, s, x, p + "1."), cross + "q");
      h =
          text.crossAttention(
              i,
              s.attention(),
              q,
              e -> in(net, s, e, cross + "k"),
              e -> in(net, s, e, cross + "v"));
      x = net.residual(x, out(net, s, h, cross + "o"));
      x = net.residual(x, feedForward(net, s, norm(net, s, x, p + "2."), p + "2."));
    }
    x = net.rmsNorm(x, "decoder.final_layer_norm.weight", s.width(), s.epsilon());
    String table = CausalNet.headTable(net, "shared.weight", "lm_head.weight");
    x =
        net.timesTransposed(
            net.scale(x, scale),
            net.headWeight(table, "lm_head.weight", s.vocabulary(), s.width()));
    text.logits(x, s.vocabulary());
    return net;
  }

  private static @Nullable String bias(
      Net net, RelativePositions buckets, Sizes s, String p, String query, String key) {
    String weight = p + "0.SelfAttention.relative_attention_bias.weight";
    return buckets.bias(net, weight, s.attention().heads(), query, key);
  }

  private static String norm(Net net, Sizes s, String x, String prefix) {
    return net.rmsNorm(x, prefix + "layer_norm.weight", s.width(), s.epsilon());
  }

  private static String[] qkv(Net net, Sizes s, String h, String p) {
    return new String[] {in(net, s, h, p + "q"), in(net, s, h, p + "k"), in(net, s, h, p + "v")};
  }

  private static String in(Net net, Sizes s, String x, String name) {
    return net.linear(x, name, s.width(), s.attention().width(), false);
  }

  private static String out(Net net, Sizes s, String x, String name) {
    return net.linear(x, name, s.attention().width(), s.width(), false);
  }

  private static String feedForward(Net net, Sizes s, String x, String prefix) {
    String p = prefix + "DenseReluDense.";
    String h;
    if (s.gated()) {
      String gate = net.activation(s.act(), net.linear(x, p + "wi_0", s.width(), s.inner(), false));
      h = net.mul(gate, net.linear(x, p + "wi_1", s.width(), s.inner(), false));
    } else {
      h = net.activation(s.act(), net.linear(x, p + "wi", s.width(), s.inner(), false));
    }
    return net.linear(h, p + "wo", s.inner(), s.width(), false);
  }
}
