package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import dev.sampo.export.graph.EncoderNet;
import dev.sampo.export.graph.Net;
import dev.sampo.export.graph.PictureNet;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * CLIP (Radford et al. 2021, arXiv:2103.00020), both towers or one. Texts attend to what came before and are read where they end; pictures
 * at a row of their own before the patches. Both are projected into one space.
 */
final class Clip implements Architecture {
  @Override
  public Map<String, Net> build(Source source) {
    Config c = source.config();
    c.ignore("logit_scale_init_value", "tie_word_embeddings");
    source.files().ignore("logit_scale");
    int projection = c.integer("projection_dim", 512);
    Map<String, Net> nets = new LinkedHashMap<>();
    String type = c.modelType();
    if (!type.equals("clip_vision_model")) {
      Config text = type.equals("clip") ? Parts.part(c, "text_config") : c;
      nets.put("text_model.onnx", text(source, text, projection));
    }
    if (!type.equals("clip_text_model")) {
      Config vision = type.equals("clip") ? Parts.part(c, "vision_config") : c;
      nets.put("vision_model.onnx", vision(source, vision, projection));
    }
    return nets;
  }

  private static Net text(Source source, Config c, int projection) {
    Net net = source.net();
    c.ignore("projection_dim", "tie_word_embeddings");
    String body = source.prefix("text_model.");
    Tower tower = Tower.of(net, c, body, 1e-5, "quick_gelu");
    int width = tower.width();
    EncoderNet text = new EncoderNet(net);
    String e = body + "embeddings.";
    String x =
        net.embedding(text.inputIds(), e + "token_embedding.weight", c.size("vocab_size"), width);
    String places = e + "position_embedding.weight";
    x =
        net.add(
            x,
            net.embedding(
                text.positions(), places, c.integer("max_position_embeddings", 77), width));
    x = tower.run(x, (a, q, k, v) -> text.attention(a, q, k, v, text.causal()));
    x = tower.norm(x, body + "final_layer_norm");
    String pooled = text.at(x, c.integer("eos_token_id", 49407));
    if (net.has("text_projection.weight")) {
      text.vector(
          net.linear(pooled, "text_projection", width, projection, false),
          "text_embeds",
          projection);
    }
    text.hidden(x, width);
    text.vector(pooled, "pooler_output", width);
    return net;
  }

  private static Net vision(Source source, Config c, int projection) {
    Net net = source.net();
    c.ignore("projection_dim", "tie_word_embeddings");
    String body = source.prefix("vision_model.");
    Tower tower = Tower.of(net, c, body, 1e-5, "quick_gelu");
    int width = tower.width();
    PictureNet picture =
        new PictureNet(
            net,
            c.integer("num_channels", 3),
            c.integer("image_size", 224),
            c.integer("patch_size", 32));
    String e = body + "embeddings.";
    int positions = picture.patches() + 1;
    String x =
        net.concat(
            1,
            picture.forEach(e + "class_embedding", width, width),
            picture.patches(e + "patch_embedding", width, false));
    x = net.add(x, net.weight(e + "position_embedding.weight", positions, width));
    x = tower.norm(x, body + "pre_layrnorm");
    x = tower.run(x, picture::attention);
    String pooled = net.gather(net.settled(x), net.longScalar(0), 1);
    pooled = tower.norm(pooled, body + "post_layernorm");
    if (net.has("visual_projection.weight")) {
      picture.vector(
          net.linear(pooled, "visual_projection", width, projection, false),
          "image_embeds",
          projection);
    }
    picture.hidden(x, positions, width);
    picture.vector(pooled, "pooler_output", width);
    return net;
  }
}
