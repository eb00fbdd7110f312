package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.graph.Attention;
import dev.sampo.export.graph.EncoderNet;
import dev.sampo.export.graph.Net;
import dev.sampo.export.graph.PictureNet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * SigLIP (Zhai et al. 2023, arXiv:2303.15343), both towers or one. Texts, always of full length, are read at their last position; a picture is
 * what a learned query finds among its patches.
 */
final class Siglip implements Architecture {
  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    c.ignore("tie_word_embeddings");
    source.files().ignore("logit_scale", "logit_bias");
    Map<String, Net> nets = new LinkedHashMap<>();
    String type = c.modelType();
    if (!type.equals("siglip_vision_model")) {
      Config text = type.equals("siglip") ? Parts.part(c, "text_config") : c;
      nets.put("text_model.onnx", text(source, text));
    }
    if (!type.equals("siglip_text_model")) {
      Config vision = type.equals("siglip") ? Parts.part(c, "vision_config") : c;
      nets.put("vision_model.onnx", vision(source, vision));
    }
    return nets;
  }

  private static Net text(Source source, Config c) {
    Net net = source.net();
    c.ignore("tie_word_embeddings");
    String body = source.prefix("text_model.");
    Tower tower = Tower.of(net, c, body, 1e-6, "gelu_pytorch_tanh");
    int width = tower.width();
    int projection = c.integer("projection_size", width);
    EncoderNet text = new EncoderNet(net);
    String e = body + "embeddings.";
    int vocabulary = c.integer("vocab_size", 32000);
    String x = net.embedding(text.inputIds(), e + "token_embedding.weight", vocabulary, width);
    String places = e + "position_embedding.weight";
    x =
        net.add(
            x,
            net.embedding(
                text.positions(), places, c.integer("max_position_embeddings", 64), width));
    x = tower.run(x, (a, q, k, v) -> text.attention(a, q, k, v, null));
    x = tower.norm(x, body + "final_layer_norm");
    String last = net.gather(net.settled(x), net.longScalar(-1), 1);
    String pooled = net.linear(last, body + "head", width, projection, true);
    text.vector(pooled, "text_embeds", projection);
    text.hidden(x, width);
    return net;
  }

  private static Net vision(Source source, Config c) {
    Net net = source.net();
    c.ignore("tie_word_embeddings");
    String body = source.prefix("vision_model.");
    Tower tower = Tower.of(net, c, body, 1e-6, "gelu_pytorch_tanh");
    int width = tower.width();
    PictureNet picture =
        new PictureNet(
            net,
            c.integer("num_channels", 3),
            c.integer("image_size", 224),
            c.integer("patch_size", 16));
    String e = body + "embeddings.";
    String x = picture.patches(e + "patch_embedding", width, true);
    x = net.add(x, net.weight(e + "position_embedding.weight", picture.patches(), width));
    x = tower.run(x, picture::attention);
    x = tower.norm(x, body + "post_layernorm");
    if (c.flag("vision_use_head", true)) {
      picture.vector(head(net, tower, picture, x, body + "head."), "image_embeds", width);
    }
    picture.hidden(x, picture.patches(), width);
    return net;
  }

  /** Attention of one learned query over the patches, then a feed-forward net. */
  private static String head(Net net, Tower tower, PictureNet picture, String x, String p) {
    int width = tower.width();
    Attention a = tower.attention();
    String query = picture.forEach(p + "probe", width, 1, 1, width);
    List<String> weights =
        net.split(
            net.weight(p + "attention.in_proj_weight", 3L * width, width), 0, width, width, width);
    List<String> biases =
        net.split(net.weight(p + "attention.in_proj_bias", 3L * width), 0, width, width, width);
    String q = net.add(net.timesTransposed(query, weights.get(0)), biases.get(0));
    String k = net.add(net.timesTransposed(x, weights.get(1)), biases.get(1));
    String v = net.add(net.timesTransposed(x, weights.get(2)), biases.get(2));
    String found =
        net.linear(picture.attention(a, q, k, v), p + "attention.out_proj", width, width, true);
    String h = net.add(found, tower.mlp(tower.norm(found, p + "layernorm"), p + "mlp."));
    return net.gather(h, net.longScalar(0), 1);
  }
}
