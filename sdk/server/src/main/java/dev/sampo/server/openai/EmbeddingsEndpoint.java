package dev.sampo.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.Model;
import dev.sampo.embedding.ClipModel;
import dev.sampo.embedding.EmbeddingRequest;
import dev.sampo.embedding.TextEncoder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.server.ServerConfig;
import dev.sampo.server.http.HttpCall;
import dev.sampo.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/embeddings}. */
final class EmbeddingsEndpoint implements Endpoint {
  private final Models models;
  private final Running running;
  private final ServerConfig config;
  private final Metrics metrics;

  EmbeddingsEndpoint(Models models, Running running, ServerConfig config, Metrics metrics) {
    this.models = models;
    this.running = running;
    this.config = config;
    this.metrics = metrics;
  }

  @Override
  public void answer(HttpCall call, Deadline deadline) throws IOException {
    Fields fields = new Fields(Json.read(call.body(config.maxBodyBytes())));
    Models.Host host = models.find(fields, "embed", TextEncoder.class, ClipModel.class);
    Tokenizer tokenizer = host.served().folder().tokenizer();
    List<String> texts = texts(fields.any("input"), tokenizer);
    String format = fields.string("encoding_format", "float");
    Integer dimensions = fields.integer("dimensions", 1, 1 << 20);
    fields.ignore("user");
    fields.finish();
    if (!format.equals("float") && !format.equals("base64")) {
      throw ApiException.badRequest(
          "encoding_format", "encoding_format is '" + format + "'; wanted float or base64.");
    }
    CancellationToken token = running.token();
    host.gate().enter(call, deadline);
    List<float[]> vectors;
    try {
      vectors = embed(host.served().model(), texts, dimensions, token);
    } finally {
      host.gate().leave();
      running.forget(token);
    }
    metrics.texts(host.id(), texts.size());
    call.answer(
        200,
        "application/json",
        Json.bytes(json(host.id(), vectors, format.equals("base64"), tokens(texts, tokenizer))));
  }

  private static List<float[]> embed(
      Model model, List<String> texts, @Nullable Integer dimensions, CancellationToken token) {
    if (model instanceof TextEncoder encoder) {
      return encoder
          .embed(
              EmbeddingRequest.builder(texts).truncateDim(dimensions).cancellation(token).build())
          .vectors();
    }
    if (dimensions != null) {
      throw ApiException.badRequest("dimensions", "This model has vectors of one size only.");
    }
    return ((ClipModel) model).embedTexts(texts);
  }

  /** Texts, or ids, which become texts again. */
  private List<String> texts(@Nullable JsonNode input, @Nullable Tokenizer tokenizer) {
    List<String> texts = new ArrayList<>();
    if (input != null && input.isTextual()) {
      texts.add(input.asText());
    } else if (input == null || !input.isArray() || input.isEmpty()) {
      throw wrong();
    } else if (input.get(0).isIntegralNumber()) {
      texts.add(text(input, tokenizer));
    } else {
      if (input.size() > config.maxTexts()) {
        throw ApiException.badRequest(
            "input", "At most " + config.maxTexts() + " texts in one request.");
      }
      for (JsonNode each : input) {
        texts.add(each.isTextual() ? each.asText() : text(each, tokenizer));
      }
    }
    if (texts.contains("")) {
      throw ApiException.badRequest("input", "A text of input is empty.");
    }
    return texts;
  }

  private static String text(JsonNode ids, @Nullable Tokenizer tokenizer) {
    if (!ids.isArray() || tokenizer == null) {
      throw wrong();
    }
    int[] all = new int[ids.size()];
    for (int i = 0; i < all.length; i++) {
      if (!ids.get(i).isInt()) {
        throw wrong();
      }
      all[i] = ids.get(i).asInt();
    }
    return tokenizer.decode(all);
  }

  private static ApiException wrong() {
    return ApiException.badRequest(
        "input", "input has to be a string, an array of strings, or token ids.");
  }

  private static int tokens(List<String> texts, @Nullable Tokenizer tokenizer) {
    int count = 0;
    for (String text : texts) {
      count += tokenizer == null ? 0 : tokenizer.encodeToIds(text).length;
    }
    return count;
  }

  private static ObjectNode json(
      String model, List<float[]> vectors, boolean base64, int tokenCount) {
    ObjectNode root = Json.object().put("object", "list");
    ArrayNode data = root.putArray("data");
    for (float[] vector : vectors) {
      ObjectNode one = data.addObject().put("object", "embedding").put("index", data.size() - 1);
      if (base64) {
        ByteBuffer bytes =
            ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        one.put("embedding", Base64.getEncoder().encodeToString(bytes.array()));
      } else {
        ArrayNode numbers = one.putArray("embedding");
        for (float value : vector) {
          numbers.add(value);
        }
      }
    }
    root.put("model", model);
    root.putObject("usage").put("prompt_tokens", tokenCount).put("total_tokens", tokenCount);
    return root;
  }
}
