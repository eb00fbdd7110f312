package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.CausalNet;
import dev.sampo.export.graph.DecoderNet;
import dev.sampo.export.graph.Net;
import dev.sampo.export.graph.SoundNet;
import dev.sampo.onnx.Attr;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whisper (Radford et al. 2022, arXiv:2212.04356): two convolutions over log-mel frames, the second halving them, then an encoder and a decoder
 * with norms before the blocks; keys have no bias.
 */
final class Whisper implements Architecture {
  private static final double EPSILON = 1e-5;

  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    // The reference reads scale_embedding and scales nothing by it.
    c.ignore(
        "scale_embedding",
        "apply_spec_augment",
        "mask_time_prob",
        "mask_time_length",
        "mask_time_min_masks",
        "mask_feature_prob",
        "mask_feature_length",
        "mask_feature_min_masks",
        "median_filter_width",
        "classifier_proj_size",
        "use_weighted_layer_sum",
        "num_hidden_layers",
        "is_decoder",
        "alignment_heads",
        "lang_ids",
        "forced_decoder_ids",
        "lang_to_id",
        "task_to_id");
    String body = source.prefix("model.");
    Map<String, Net> nets = new LinkedHashMap<>();
    nets.put("encoder_model.onnx", encoder(source.net(), c, body + "encoder."));
    nets.put("decoder_model.onnx", decoder(source.net(), c, body + "decoder.", false));
    nets.put("decoder_with_past_model.onnx", decoder(source.net(), c, body + "decoder.", true));
    return nets;
  }

  private static Net encoder(Net net, Config c, String p) {
    int width = c.size("d_model");
    int inner = c.size("encoder_ffn_dim");
    int bins = c.size("num_mel_bins");
    int frames = c.size("max_source_positions");
    int heads = c.size("encoder_attention_heads");
    Attention a = Attention.of(c, heads, heads, width / heads);
    String act = c.text("activation_function", "gelu");
    SoundNet sound = new SoundNet(net, bins, 2 * frames);
    String x = net.op("Gelu", convolution(net, sound.features(), p + "conv1", bins, width, 1));
    x = net.op("Gelu", convolution(net, x, p + "conv2", width, width, 2));
    x = net.transpose(x, 0, 2, 1);
    x = net.add(x, net.weight(p + "embed_positions.weight", frames, width));
    for (int i = 0; i < c.size("encoder_layers"); i++) {
      String l = p + "layers." + i + ".";
      String h = net.layerNorm(x, l + "self_attn_layer_norm", width, EPSILON, true);
      String q = net.linear(h, l + "self_attn.q_proj", width, width, true);
      String k = net.linear(h, l + "self_attn.k_proj", width, width, false);
      String v = net.linear(h, l + "self_attn.v_proj", width, width, true);
      h = sound.attention(a, q, k, v);
      x = net.residual(x, net.linear(h, l + "self_attn.out_proj", width, width, true));
      x = feedForward(net, x, l, width, inner, act);
    }
    sound.hidden(net.layerNorm(x, p + "layer_norm", width, EPSILON, true), frames, width);
    return net;
  }

  private static String convolution(Net net, String x, String prefix, int in, int out, int stride) {
    return net.op(
        "Conv",
        List.of(
            Attr.ints("kernel_shape", 3), Attr.ints("pads", 1, 1), Attr.ints("strides", stride)),
        x,
        net.weight(prefix + ".weight", out, in, 3),
        net.weight(prefix + ".bias", out));
  }

  private static Net decoder(Net net, Config c, String p, boolean later) {
    int width = c.size("d_model");
    int inner = c.size("decoder_ffn_dim");
    int vocabulary = c.size("vocab_size");
    int layers = c.size("decoder_layers");
    int heads = c.size("decoder_attention_heads");
    Attention a = Attention.of(c, heads, heads, width / heads);
    String act = c.text("activation_function", "gelu");
    DecoderNet text = new DecoderNet(net, later, false, width);
    text.caches(layers, a);
    String table = p + "embed_tokens.weight";
    String x = net.embedding(text.inputIds(), table, vocabulary, width);
    String places = p + "embed_positions.weight";
    x = net.add(x, net.embedding(text.positions(), places, c.size("max_target_positions"), width));
    for (int i = 0; i < layers; i++) {
      String l = p + "layers." + i + ".";
      String h = net.layerNorm(x, l + "self_attn_layer_norm", width, EPSILON, true);
      String q = net.linear(h, l + "self_attn.q_proj", width, width, true);
      String k = net.linear(h, l + "self_attn.k_proj", width, width, false);
      String v = net.linear(h, l + "self_attn.v_proj", width, width, true);
      h = text.selfAttention(i, a, q, k, v, null);
      x = net.residual(x, net.linear(h, l + "self_attn.out_proj", width, width, true));
      h = net.layerNorm(x, l + "encoder_attn_layer_norm", width, EPSILON, true);
      h =
          text.crossAttention(
              i,
              a,
              net.linear(h, l + "encoder_attn.q_proj", width, width, true),
              e -> net.linear(e, l + "encoder_attn.k_proj", width, width, false),
              e -> net.linear(e, l + "encoder_attn.v_proj", width, width, true));
      x = net.residual(x, net.linear(h, l + "encoder_attn.out_proj", width, width, true));
      x = feedForward(net, x, l, width, inner, act);
    }
    x = net.layerNorm(x, p + "layer_norm", width, EPSILON, true);
    String head = CausalNet.headTable(net, table, "proj_out.weight");
    text.logits(
        net.timesTransposed(x, net.headWeight(head, "proj_out.weight", vocabulary, width)),
        vocabulary);
    return net;
  }

  private static String feedForward(Net net, String x, String l, int width, int inner, String act) {
    String h = net.layerNorm(x, l + "final_layer_norm", width, EPSILON, true);
    h = net.activation(act, net.linear(h, l + "fc1", width, inner, true));
    return net.residual(x, net.linear(h, l + "fc2", inner, width, true));
  }
}
