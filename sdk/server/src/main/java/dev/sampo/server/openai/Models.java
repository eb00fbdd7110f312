package dev.sampo.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.Model;
import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.embedding.ClipModel;
import dev.sampo.embedding.TextEncoder;
import dev.sampo.picture.LatentDecoder;
import dev.sampo.picture.PictureModel;
import dev.sampo.server.ServedModel;
import dev.sampo.server.ServerConfig;
import dev.sampo.server.http.HttpCall;
import dev.sampo.specs.ImageFormat;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The models of a server, and what each of them needs to work. */
final class Models implements AutoCloseable {
  private static final String ONE = "/v1/models/";

  private final Map<String, Host> hosts = new LinkedHashMap<>();
  private final List<String> notes = new ArrayList<>();

  /**
   * A model with its queue.
   *
   * @param text the queue of a text model; otherwise null
   * @param gate lets in whoever computes beside that queue
   */
  record Host(ServedModel served, @Nullable TextHost text, Gate gate) {
    String id() {
      return served.id();
    }
  }

  Models(ServerConfig config, List<ServedModel> served, Metrics metrics) {
    try {
      served.forEach(model -> add(model, config, metrics));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void add(ServedModel model, ServerConfig config, Metrics metrics) {
    TextHost text =
        model.model() instanceof TextGenerator ? new TextHost(model, config, metrics) : null;
    Gate gate = new Gate(1, config.maxQueue());
    hosts.put(model.id(), new Host(model, text, gate));
    if (text != null) {
      notes.addAll(text.notes());
    } else {
      metrics.gauge("sampo.queue", "Requests that wait", model.id(), gate::waiting);
    }
  }

  List<String> notes() {
    return notes;
  }

  /**
   * The model that a request names, as one of these families.
   *
   * @throws ApiException if there is none, or it is of another family
   */
  Host find(Fields fields, String does, Class<?>... families) {
    String id = fields.required("model");
    Host host = hosts.get(id);
    if (host == null) {
      throw ApiException.noModel(
          "The model '" + id + "' does not exist. This server has: " + String.join(", ", names()));
    }
    for (Class<?> family : families) {
      if (family.isInstance(host.served.model())) {
        return host;
      }
    }
    throw ApiException.badRequest(
        "model",
        "model_not_supported",
        "The model '" + id + "' (" + host.served.family().label() + ") does not " + does + ".");
  }

  private List<String> names() {
    return new ArrayList<>(hosts.keySet());
  }

  /** {@code GET /v1/models}. */
  void list(HttpCall call, Deadline deadline) throws IOException {
    ObjectNode root = Json.object().put("object", "list");
    ArrayNode data = root.putArray("data");
    hosts.values().forEach(host -> data.add(describe(host)));
    call.answer(200, "application/json", Json.bytes(root));
  }

  /** {@code GET /v1/models/ID}. */
  void one(HttpCall call, Deadline deadline) throws IOException {
    String id = call.path().substring(ONE.length());
    Host host = hosts.get(id);
    if (host == null) {
      throw ApiException.noModel("The model '" + id + "' does not exist.");
    }
    call.answer(200, "application/json", Json.bytes(describe(host)));
  }

  private static ObjectNode describe(Host host) {
    ServedModel served = host.served;
    ObjectNode json = Json.object();
    json.put("id", served.id());
    json.put("object", "model");
    json.put("created", created(served));
    json.put("owned_by", "sampo");
    ObjectNode more = json.putObject("sampo");
    more.put("family", served.family().label());
    Model model = served.model();
    ArrayNode does = more.putArray("does");
    if (host.text != null) {
      host.text.describe(more, does);
    } else if (model instanceof TextEncoder || model instanceof ClipModel) {
      does.add("embeddings");
    } else if (model instanceof DiffusionPipeline diffusion) {
      does.add("images");
      describe(diffusion, more);
    } else if (model instanceof PictureModel pictures) {
      does.add("images");
      describe(pictures, more, does);
    }
    return json;
  }

  private static void describe(DiffusionPipeline model, ObjectNode more) {
    more.put("takes_text", model.takesText());
    ArrayNode classes = more.putArray("classes");
    if (model.takesClasses()) {
      model.classes().forEach(classes::add);
    }
    more.put("size_multiple", model.sizeMultiplePx());
    more.put("steps", true);
  }

  private static void describe(PictureModel model, ObjectNode more, ArrayNode does) {
    more.put("takes_text", false);
    ArrayNode classes = more.putArray("classes");
    model.classes().forEach(classes::add);
    ImageFormat image = model.image();
    more.put("width", image.width());
    more.put("height", image.height());
    if (model instanceof LatentDecoder decoder) {
      does.add("latents");
      more.put("latent_size", decoder.latentSize());
      more.put("decodes_classes", decoder.decodesClasses());
    }
  }

  private static long created(ServedModel served) {
    try {
      return Files.getLastModifiedTime(served.folder().root()).toMillis() / 1000;
    } catch (IOException e) {
      return 0;
    }
  }

  @Override
  public void close() {
    for (Host host : hosts.values()) {
      if (host.text != null) {
        host.text.close();
      }
    }
  }
}
