package dev.sampo.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.picture.LatentDecoder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.server.ServerConfig;
import dev.sampo.server.http.HttpCall;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code POST /sampo/latents}: pictures of latents, for the sliders of the page. Not of OpenAI's. */
final class LatentsEndpoint implements Endpoint {
  private final Models models;
  private final ServerConfig config;

  LatentsEndpoint(Models models, ServerConfig config) {
    this.models = models;
    this.config = config;
  }

  @Override
  public void answer(HttpCall call, Deadline deadline) throws IOException {
    Fields fields = new Fields(Json.read(call.body(config.maxBodyBytes())));
    Models.Host host = models.find(fields, "decode latents", LatentDecoder.class);
    LatentDecoder model = (LatentDecoder) host.served().model();
    float[][] latents = latents(fields.any("latents"), model.latentSize());
    Integer label = fields.integer("class_label", 0, Integer.MAX_VALUE);
    fields.finish();
    List<Integer> labels = new ArrayList<>();
    if (label != null) {
      labels.add(label);
    }
    host.gate().enter(call, deadline);
    PictureBatch pictures;
    try {
      pictures = model.decode(latents, labels);
    } finally {
      host.gate().leave();
    }
    ObjectNode root = Json.object();
    ArrayNode data = root.putArray("data");
    for (int i = 0; i < pictures.count(); i++) {
      data.addObject().put("b64_json", Png.base64(pictures.pixels(i)));
    }
    call.answer(200, "application/json", Json.bytes(root));
  }

  private float[][] latents(@Nullable JsonNode json, int size) {
    if (json == null || !json.isArray() || json.isEmpty() || json.size() > config.maxPictures()) {
      throw ApiException.badRequest(
          "latents", "latents has to be an array of 1 to " + config.maxPictures() + " latents.");
    }
    float[][] latents = new float[json.size()][size];
    for (int i = 0; i < latents.length; i++) {
      JsonNode row = json.get(i);
      if (!row.isArray() || row.size() != size) {
        throw ApiException.badRequest(
            "latents", "A latent of this model has " + size + " numbers, got " + row.size() + ".");
      }
      for (int k = 0; k < size; k++) {
        latents[i][k] = (float) row.get(k).asDouble(Double.NaN);
        if (Float.isNaN(latents[i][k]) || Float.isInfinite(latents[i][k])) {
          throw ApiException.badRequest("latents", "A latent has what is no number.");
        }
      }
    }
    return latents;
  }
}
